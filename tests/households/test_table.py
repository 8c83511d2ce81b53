from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.households.arms import ALONE
from hubagent.households.life import Life
from hubagent.households.population import Setting, crowd, household_of
from hubagent.households.reading import reader
from hubagent.households.table import LEAST_HOMES, Learned, build_table, learned_by, pooled
from hubagent.resolve.text import tokens
from hubagent.rewrite.table import GlobalTable

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SETTING = Setting(homes=4, days=4, seed=2, people="test train")


def _rewrites(*targets: str) -> list[Learned]:
    """Return what one home learned of the words ``pep it``, which stand for each of these."""
    return [Learned("pep it", target, 2.0, 0.5) for target in ("", *targets)]


def test_what_too_few_homes_say_stays_with_them() -> None:
    home = [Learned("lights on", "lights on", 3.0, 0.0)]
    assert pooled([home] * (LEAST_HOMES - 1)) == []
    (row,) = pooled([home] * LEAST_HOMES)
    assert row.is_request
    assert (row.good, row.homes) == (9.0, 3)


def test_words_that_mean_one_thing_here_and_another_there_are_no_rewrite() -> None:
    agreed = [_rewrites("lights on")] * 3 + [_rewrites("fan on")]
    split = [_rewrites("lights on")] * 3 + [_rewrites("fan on")] * 3
    assert [row.target for row in pooled(agreed)] == ["lights on"]
    assert pooled(split) == []


def test_of_several_targets_the_one_that_most_homes_have_is_taken() -> None:
    homes = [_rewrites("lights on", "lamps on")] * 3 + [_rewrites("lamps on")]
    assert [row.target for row in pooled(homes)] == ["lamps on"]


def test_nothing_with_a_name_of_the_home_leaves_it() -> None:
    life = Life(household_of(SETTING, 0), reader(), ALONE)
    list(life.live(6))
    learned = learned_by(life.mind)
    assert learned
    own = {"moon", "salt", "luna", "gandalf", "betty", "firefly", "pixel", "zeppelin", "spots"}
    said = {word for item in learned for word in tokens(f"{item.source} {item.target}")}
    assert said.isdisjoint(own)


def test_the_table_of_the_experiment_is_one_that_a_hub_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hubagent.households.table.LEAST_HOMES", 1)
    path = tmp_path / "table"
    with crowd(1) as here:
        count = build_table(SETTING, here, path)
    table = GlobalTable(path)
    assert len(table) == count > 0
