"""The life of a pair: thresholds of the method sheet, and the three laws."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from hubagent.evidence import Pair, Stage, Tally
from hubagent.learn import life
from hubagent.learn.beta import Beta, better, lower, upper
from hubagent.types import Layer

NOW_S = 1_767_268_800.0
ORDER = [Stage.RETIRED, Stage.SHADOW, Stage.TRIAL, Stage.LIVE]
COUNTS = st.floats(0.0, 40.0)
TALLIES = st.builds(Tally, COUNTS, COUNTS)


def _pair(stage: Stage = Stage.TRIAL, **more: object) -> Pair:
    values = {
        "source": "make it cosy", "target": "turn on the lamp", "layer": Layer.PERSONAL,
        "stage": stage, "origin": "rephrase", "interpretation": "light|HassTurnOn|name=lamp",
        "days": (1, 2, 3), "since_s": NOW_S - 100.0, "last_s": NOW_S - 1.0,
    }  # fmt: skip
    return Pair(**{**values, **more})  # type: ignore[arg-type]


def test_the_anchors_of_the_method_sheet_come_out() -> None:
    assert better(Beta(1 + 6.8, 1 + 1.2), Beta(1 + 2.8, 1 + 5.2)) == pytest.approx(0.97, abs=0.01)
    assert better(Beta(1 + 8, 1 + 12), Beta(1 + 12, 1 + 8)) == pytest.approx(0.11, abs=0.01)
    assert better(Beta(1 + 16, 1 + 24), Beta(1 + 24, 1 + 16)) == pytest.approx(0.04, abs=0.01)


def test_bounds_are_those_of_the_beta_distribution() -> None:
    assert upper(Beta(1, 6)) == pytest.approx(1 - 0.05 ** (1 / 6), abs=0.01)
    assert lower(Beta(6, 1)) == pytest.approx(0.05 ** (1 / 6), abs=0.01)
    assert lower(Beta(0.2, 3)) < 1e-4


@given(st.floats(0.2, 300), st.floats(0.2, 300), st.floats(0.2, 300), st.floats(0.2, 300))
def test_one_of_two_is_better(a: float, b: float, c: float, d: float) -> None:
    one, other = Beta(a, b), Beta(c, d)
    assert better(one, other) + better(other, one) == pytest.approx(1.0, abs=1e-9)


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 12), st.integers(1, 12))
def test_better_agrees_with_the_closed_form_for_whole_counts(
    a: int, b: int, c: int, d: int
) -> None:
    def log_beta(x: float, y: float) -> float:
        return math.lgamma(x) + math.lgamma(y) - math.lgamma(x + y)

    exact = sum(
        math.exp(log_beta(c + i, b + d) - math.log(b + i) - log_beta(1 + i, b) - log_beta(c, d))
        for i in range(a)
    )
    assert better(Beta(a, b), Beta(c, d)) == pytest.approx(exact, abs=1e-4)


def test_a_pair_goes_its_way_from_shadow_to_live_by_evidence() -> None:
    shadow = _pair(Stage.SHADOW, days=(1,), off=Tally(0, 1), since_s=0.0)
    trial = life.advance(shadow, NOW_S, supports=Stage.TRIAL)
    assert trial.stage is Stage.TRIAL
    assert trial.why
    helped = replace(trial, on=Tally(4, 0), off=Tally(0, 3), last_s=NOW_S + 1)
    assert life.advance(helped, NOW_S + 2, usual=0.2).stage is Stage.TRIAL  # all on one day
    assert life.advance(replace(helped, days=(1, 2, 3)), NOW_S + 2, usual=0.2).stage is Stage.LIVE


def test_a_trial_pair_retires_on_its_first_unopposed_loss() -> None:
    lost = life.advance(_pair(on=Tally(0, 1), off=Tally(0, 3)), NOW_S)
    assert lost.stage is Stage.RETIRED
    assert lost.until_s > NOW_S
    assert life.advance(_pair(on=Tally(2, 1), off=Tally(0, 3)), NOW_S).stage is not Stage.RETIRED


def test_a_live_pair_that_does_harm_is_put_aside_then_barred_for_90_days() -> None:
    doubtful = life.advance(_pair(Stage.LIVE, on=Tally(8, 12), off=Tally(12, 8)), NOW_S)
    assert doubtful.stage is Stage.SHADOW
    harmful = life.advance(_pair(Stage.LIVE, on=Tally(16, 30), off=Tally(24, 16)), NOW_S)
    assert harmful.stage is Stage.RETIRED
    assert harmful.until_s == NOW_S + 90 * life.DAY_S


@given(TALLIES, TALLIES, st.sampled_from(ORDER), st.floats(0.0, 89.0))
def test_who_is_barred_stays_barred(on: Tally, off: Tally, supports: Stage, days: float) -> None:
    barred = _pair(Stage.RETIRED, on=on, off=off, until_s=NOW_S + 90 * life.DAY_S)
    later_s = NOW_S + days * life.DAY_S
    asked = replace(barred, last_s=later_s)
    assert life.advance(asked, later_s, supports=supports) == asked


@given(
    TALLIES, TALLIES, COUNTS, COUNTS, st.floats(0, 1), st.sampled_from(ORDER[1:]),
    st.sampled_from(ORDER[1:]), st.integers(0, 4), st.integers(0, 4),
)  # fmt: skip
def test_better_evidence_never_leads_lower(
    on: Tally,
    off: Tally,
    wins: float,
    failures: float,
    usual: float,
    stage: Stage,
    supports: Stage,
    days: int,
    more_days: int,
) -> None:
    worse = _pair(stage, on=on, off=off, days=tuple(range(days)))
    finer = replace(
        worse,
        on=Tally(on.good + wins, on.bad),
        off=Tally(off.good, off.bad + failures),
        days=tuple(range(days + more_days)),
    )
    low = life.advance(worse, NOW_S, usual=usual, supports=supports)
    high = life.advance(finer, NOW_S, usual=usual, supports=supports)
    assert ORDER.index(high.stage) >= ORDER.index(low.stage)


@given(TALLIES, TALLIES, st.floats(0, 1), st.sampled_from(ORDER), st.sampled_from(ORDER[1:]))
def test_what_was_moved_stays_until_there_is_new_evidence(
    on: Tally, off: Tally, usual: float, stage: Stage, supports: Stage
) -> None:
    once = life.advance(_pair(stage, on=on, off=off), NOW_S, usual=usual, supports=supports)
    later_s = NOW_S
    for _ in range(4):
        later_s += 50 * life.DAY_S
        assert life.advance(once, later_s, usual=usual, supports=supports) == once


def test_five_hundred_times_in_a_day_count_as_two() -> None:
    shouted = life.tally([(NOW_S + i, 1.0) for i in range(500)], NOW_S)
    assert shouted.total <= life.PER_DAY
    child = _pair(on=shouted, off=Tally(0, 0.5), days=(int(NOW_S // life.DAY_S),))
    assert life.advance(child, NOW_S, supports=Stage.LIVE).stage is Stage.TRIAL


def test_counts_fade_by_half_in_thirty_days() -> None:
    now = life.tally([(NOW_S, 1.0)], NOW_S).good
    then = life.tally([(NOW_S, 1.0)], NOW_S + life.HALF_LIFE_S).good
    assert then == pytest.approx(now / 2, rel=0.02)


def test_the_pooled_prior_leans_on_the_domain_and_all_together() -> None:
    pairs = [_pair(off=Tally(1, 9)), _pair(interpretation="media|HassMediaPause", off=Tally(9, 1))]
    usual = life.usual_success(pairs)
    assert usual["light"] < usual[""] < usual["media"]
    assert life.usual_success([])[""] == 0.5


def test_the_last_two_occasions_count_by_themselves() -> None:
    good = [(day * life.DAY_S, 0.95) for day in range(20)]
    bad = [((20 + day) * life.DAY_S, 0.1) for day in range(2)]
    assert not life.out_of_date(good)
    assert not life.out_of_date([*good, bad[0]])
    assert life.out_of_date([*good, *bad])
    assert not life.out_of_date([*good, *bad, (22 * life.DAY_S, 0.9)])
    in_a_row = [(20 * life.DAY_S + second, 0.1) for second in (0, 20, 60)]
    assert not life.out_of_date([*good, *in_a_row])  # one errand that failed
    assert not life.out_of_date([])


@pytest.mark.parametrize("stage", [Stage.TRIAL, Stage.LIVE])
def test_a_pair_that_is_out_of_date_goes_whatever_it_did_before(stage: Stage) -> None:
    pair = _pair(stage, on=Tally(12.0, 1.5), off=Tally(0.0, 4.0), since_s=50.0, last_s=100.0)
    assert life.advance(pair, 200.0).stage is not Stage.RETIRED
    gone = life.advance(pair, 200.0, stale=True)
    assert (gone.stage, gone.until_s) == (Stage.RETIRED, 200.0 + life.SETBACK_S)
    assert life.advance(replace(pair, since_s=150.0), 200.0, stale=True).stage is stage
