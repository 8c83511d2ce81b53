from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.households.arms import LISTENS
from hubagent.households.life import Life
from hubagent.households.pooling import told_by
from hubagent.households.population import Setting, crowd, household_of
from hubagent.households.reading import reader
from hubagent.households.table import LEAST_HOMES, build_table, pooled
from hubagent.learn.life import DAY_S
from hubagent.learn.markov import Visit
from hubagent.resolve.text import tokens
from hubagent.rewrite.table import GlobalTable
from hubagent.rewrite.template import GAPS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pytest

    from hubagent.households.pooling import Dialogue
    from hubagent.rewrite.table import Row

SETTING = Setting(homes=4, days=4, seed=2, people="test train")
LIGHTS, FAN = "hassturnon|light@here|turn_on", "hassturnon|fan@here|turn_on"


def meant(source: str, target: str, state: str = LIGHTS, *, day: int = 1) -> Dialogue:
    """Return a dialogue in which words that come to nothing are said otherwise, and that works."""
    return (
        Visit(source, f"UNH|{source}", "", 0.8, 0.9, day * DAY_S),
        Visit(target, state, "", 0.05, 0.0, day * DAY_S + 9),
    )


def rewrites(homes: Iterable[list[Dialogue]]) -> list[tuple[str, str]]:
    return [(row.source, row.target) for row in pooled(homes) if not row.is_request]


def test_what_too_few_homes_say_stays_with_them() -> None:
    home = [meant("pep it", "lights on")]
    assert pooled([home] * (LEAST_HOMES - 1)) == []
    rows: dict[bool, Row] = {row.is_request: row for row in pooled([home] * LEAST_HOMES)}
    assert (rows[True].source, rows[True].homes) == ("lights on", LEAST_HOMES)
    assert (rows[False].source, rows[False].target) == ("pep it", "lights on")


def test_words_that_mean_one_thing_here_and_another_there_are_no_rewrite() -> None:
    lights, fan = [meant("pep it", "lights on")], [meant("pep it", "fan on", FAN)]
    assert rewrites([lights] * 6 + [fan]) == [("pep it", "lights on")]
    assert rewrites([lights] * 4 + [fan] * 4) == []


def test_a_gap_of_the_target_is_one_of_the_source() -> None:
    gone = [
        meant("witch on the {name}", "turn on the {name}"),
        meant("pep it", "turn on the {name}"),
    ]
    assert rewrites([gone] * 4) == [("witch on the {name}", "turn on the {name}")]


def test_words_that_are_no_words_stay_where_they_are() -> None:
    home = [meant("pep {x}", "lights on"), meant("pep it", "{x} on")]
    rows = pooled([home] * 4)
    assert {row.source for row in rows} == {"lights on", "pep it"}
    assert not any("{x}" in row.target for row in rows)


def test_idle_talk_is_not_taken_for_what_followed_it_now_and_then() -> None:
    alone = (Visit("who is that", "UNH|who is that", "", 0.3, 0.0, DAY_S),)
    assert rewrites([[*[alone] * 20, meant("who is that", "lights on")]] * 4) == []


def test_nothing_with_a_name_of_the_home_leaves_it() -> None:
    household = household_of(SETTING, 0)
    life = Life(household, reader(), LISTENS)
    list(life.live(6))
    told = [visit for dialogue in told_by(life.mind) for visit in dialogue]
    assert any(GAPS.intersection(visit.words.split()) for visit in told)
    said = {f" {' '.join(tokens(visit.words))} " for visit in told}
    ids = " ".join(visit.state for visit in told)
    for entity in household.home.entities:
        assert entity.entity_id not in ids
        if len(entity.name.split()) > 1:
            name = " ".join(tokens(entity.name))
            assert not any(f" {name} " in words for words in said)


def test_the_table_of_the_experiment_is_one_that_a_hub_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hubagent.households.table.LEAST_HOMES", 1)
    path = tmp_path / "table"
    with crowd(1) as here:
        count = build_table(SETTING, here, path)
    table = GlobalTable(path)
    assert len(table) == count > 0
