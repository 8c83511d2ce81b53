"""Invented households live with the hub; what they would tell has nothing of theirs in it, and is of use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubagent.config import SyncConfig
from hubagent.evidence import source_key
from hubagent.households.arms import LISTENS
from hubagent.households.life import Life
from hubagent.households.population import Setting, household_of
from hubagent.households.reading import reader
from hubagent.sharing import HomeTelling, open_courier
from hubagent.sync.scrub import GAPS, public_words
from hubagent.wire import Batch, unpack

if TYPE_CHECKING:
    from pathlib import Path

SETTING = Setting(homes=4, days=11, seed=3, people="sync")


@pytest.fixture(scope="module", params=range(SETTING.homes))
def lived(request: pytest.FixtureRequest) -> Life:
    life = Life(household_of(SETTING, request.param), reader(), LISTENS)
    list(life.live(SETTING.days))
    return life


def _told(life: Life, folder: Path) -> list[Batch]:
    assert life.mind.brain is not None
    clock = life.mind.clock
    telling = HomeTelling(life.mind.brain, life.mind.view, reader(), clock)
    settings = SyncConfig(service="https://fleet.invalid")
    courier = open_courier(folder, settings, clock, telling=telling)
    try:
        batches = [bytes.fromhex(batch["hex"]) for batch in courier.preview()["next"]]
    finally:
        courier.close()
    assert all(len(batch) < 1024 for batch in batches)
    return [unpack(batch) for batch in batches]


def test_no_name_of_a_household_is_in_what_it_tells(lived: Life, tmp_path: Path) -> None:
    view = lived.mind.view()
    named = [(it.name, *it.aliases) for it in view.entities()]
    named += [(it.name, *it.aliases) for it in view.areas()]
    names = {source_key(name) for each in named for name in each}
    private = {word for name in names for word in name.split()} - public_words()
    assert private
    words = {
        word
        for batch in _told(lived, tmp_path)
        for row in batch.rows
        for text in (row.src, row.dst)
        if isinstance(text, str)
        for word in text.split()
    }
    assert words
    assert not words & private
    assert words <= public_words() | GAPS


def test_most_requests_may_be_told_and_idle_talk_may_not(lived: Life) -> None:
    assert lived.mind.brain is not None
    telling = HomeTelling(lived.mind.brain, lived.mind.view, reader(), lived.mind.clock)
    told = [telling.scrub(step.source) is not None for step in telling.transitions(0.0)]
    assert 0.6 < sum(told) / len(told) < 0.97
