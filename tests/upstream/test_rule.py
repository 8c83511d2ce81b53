"""What is let out: nothing of too few homes, no more about one hub than promised, and never beyond the budget."""

from __future__ import annotations

import math
from statistics import fmean, pstdev
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st
from landed import EPOCH, SUCCESS, Told, land

from hubagent.errors import DataError, HubagentError
from hubagent.upstream.engines import DuckEngine, sql_of
from hubagent.upstream.ledger import DELTA, Ledger, Spent, total_of
from hubagent.upstream.rule import Plain, Private, cost_of, epsilon_of

if TYPE_CHECKING:
    from pathlib import Path

    from hubagent.upstream.rule import Rule

PRIVATE = Private()
DAY = EPOCH * 7


def counts(*rows: tuple[str, int, int]) -> pa.Table:
    """Return counts of (source, hubs, days)."""
    columns = [
        {"locale": "en", "src": src, "dst": SUCCESS, "rewritten": 0, "hubs": hubs, "first_day": DAY, "last_day": DAY + days - 1}
        for src, hubs, days in rows
    ]  # fmt: skip
    return pa.Table.from_pylist(columns)


def told(root: Path, rule: Rule) -> dict[str, int]:
    engine = DuckEngine(root, EPOCH)
    table = rule.let_out(engine.counts(sql_of(EPOCH, rule.bound), floor=rule.floor))
    return dict(zip(table["src"].to_pylist(), table["hubs"].to_pylist(), strict=True))


def homes(words: str, number: int, first: int = 0) -> list[Told]:
    return [
        Told(f"{first + home:032x}", home, words, SUCCESS, day=DAY + home % 2)
        for home in range(number)
    ]


def test_plain_lets_out_what_enough_homes_said_on_enough_days(tmp_path: Path) -> None:
    one_day = [row._replace(day=DAY) for row in homes("on one day", 50)]
    land(tmp_path, [*homes("of nineteen", 19), *homes("of twenty", 20), *one_day])
    assert told(tmp_path, Plain()) == {"of twenty": 20}


def test_one_home_that_sends_again_and_again_is_one(tmp_path: Path) -> None:
    again = [Told("f" * 32, seq, "of nineteen", SUCCESS, 3, day=DAY + seq % 7) for seq in range(99)]
    land(tmp_path, [*homes("of nineteen", 18), *again])
    assert told(tmp_path, Plain()) == {}


@pytest.mark.parametrize("rule", [Plain(), PRIVATE])
def test_sybils_push_no_more_than_the_bound_allows(tmp_path: Path, rule: Rule) -> None:
    """Each enrolled hub moves twenty keys by one: to plant more takes more hubs."""
    few = rule.unseen // 4
    sybils = [
        Told(f"{hub:032x}", seq, f"planted {seq}", "unlock", 3, day=DAY + seq % 2)
        for hub in range(few)
        for seq in range(80)
    ]
    land(tmp_path, sybils)
    assert told(tmp_path, rule) == {}


def test_the_noise_is_what_was_promised() -> None:
    """Mean nothing, deviation the scale: 4,000 draws, bounds of five standard errors."""
    many = 4000
    table = counts(*((f"words {number}", 10_000, 1) for number in range(many)))
    noise = [hubs - 10_000 for hubs in PRIVATE.let_out(table)["hubs"].to_pylist()]
    assert len(noise) == many
    assert abs(fmean(noise)) < 5 * PRIVATE.scale / math.sqrt(many)
    assert abs(pstdev(noise) / PRIVATE.scale - 1) < 5 / math.sqrt(2 * many)


def test_on_neighbouring_inputs_no_outcome_tells_more_than_epsilon() -> None:
    """For events of the outcome: P(with) <= e^eps P(without) + delta, both ways, at five standard errors.

    The worst that one hub can do is to add one to each of its twenty keys; the sum of what is told of
    them is the statistic that tells it best. An implementation with a twentieth of the noise fails this.
    """
    rule = PRIVATE
    runs, base = 1500, 10_000
    sums: list[list[int]] = []
    for more in (0, 1):
        table = counts(*((f"{run}-{key}", base + more, 1) for run in range(runs) for key in range(rule.bound)))  # fmt: skip
        out = rule.let_out(table)
        by_run = dict.fromkeys(range(runs), 0)
        for src, hubs in zip(out["src"].to_pylist(), out["hubs"].to_pylist(), strict=True):
            by_run[int(src.partition("-")[0])] += hubs - base
        sums.append(list(by_run.values()))
    for cut in range(-200, 201, 20):
        without, with_it = (sum(value >= cut for value in each) / runs for each in sums)
        for one, other in ((with_it, without), (without, with_it), (1 - with_it, 1 - without), (1 - without, 1 - with_it)):  # fmt: skip
            error = 5 * math.sqrt(max(one, 1 / runs) / runs) * (1 + math.exp(rule.epsilon))
            assert one <= math.exp(rule.epsilon) * other + rule.delta + error
    # And the test sees what it is about: the means differ by what one hub adds.
    assert abs(fmean(sums[1]) - fmean(sums[0]) - rule.bound) < 5 * rule.scale * math.sqrt(2 * rule.bound / runs)  # fmt: skip


def test_a_key_of_few_homes_shows_no_more_often_than_delta() -> None:
    """Of 30,000 keys: as many times a twentieth of delta is none."""
    table = counts(*((f"words {number}", 2, 1) for number in range(30_000)))
    assert PRIVATE.let_out(table).num_rows == 0


@settings(max_examples=20, deadline=None)
@given(st.floats(0.2, 8.0), st.sampled_from([1e-6, 1e-8, 1e-10]), st.integers(1, 60))
def test_a_rule_costs_what_it_says(epsilon: float, delta: float, bound: int) -> None:
    rule = Private(epsilon, delta, bound)
    rho, of_threshold = cost_of(rule.scale, rule.threshold, bound)
    assert rho == pytest.approx(rule.rho)
    assert epsilon_of(rho, delta / 2) <= epsilon
    assert of_threshold <= delta / 2
    assert epsilon_of(bound / (2 * (rule.scale - 0.1) ** 2), delta / 2) > epsilon
    assert cost_of(rule.scale, rule.threshold - 2, bound)[1] > delta / 2


def test_the_budget_of_a_year_is_not_overspent(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "budget.jsonl", most_epsilon=4.0)
    year: list[float] = []

    def spend_all() -> None:
        for epoch in range(2900, 2952):
            year.append(ledger.spend(epoch, PRIVATE, 0.0).epsilon)  # noqa: PERF401 # ends by the error

    with pytest.raises(HubagentError, match="would bring a year to epsilon"):
        spend_all()
    assert year == sorted(year)
    assert year[0] < 1.0 < 3.0 < year[-1] <= 4.0
    assert len(ledger.spent()) == len(year)
    with pytest.raises(HubagentError):  # nor by a release of an epoch between
        ledger.spend(2905, PRIVATE, 0.0)
    assert ledger.spend(2952, PRIVATE, 0.0).epsilon <= 4.0  # a year after the first one
    assert ledger.year(3100).releases == 0


def test_an_epoch_that_is_released_again_is_spent_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "budget.jsonl", most_epsilon=9.0)
    once, twice = (ledger.spend(2900, PRIVATE, 0.0) for _ in range(2))
    assert twice.rho == pytest.approx(2 * once.rho)
    assert twice.delta == pytest.approx(2 * once.delta - DELTA)


def test_a_ledger_that_cannot_be_read_is_no_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "budget.jsonl"
    path.write_text('{"epoch": 1}\n')
    with pytest.raises(DataError, match="cannot be read"):
        Ledger(path, most_epsilon=9.0).spend(2900, PRIVATE, 0.0)
    assert path.read_text() == '{"epoch": 1}\n'


def test_a_year_of_releases_costs_what_the_documents_say() -> None:
    rho, delta = cost_of(PRIVATE.scale, PRIVATE.threshold, PRIVATE.bound)
    one = Spent(0, rho, delta, PRIVATE.scale, PRIVATE.threshold, PRIVATE.bound, 0)
    total = total_of([one] * 52)
    assert total.epsilon == pytest.approx(8.2, abs=0.05)
    assert total.delta < 3e-7
