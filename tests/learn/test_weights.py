"""The ranker's weights of a home: the contract of every learner."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from hubagent.learn.life import DAY_S
from hubagent.learn.weights import BOUND, STEP, Used, moved

START_S = 1_767_268_800.0
SHIPPED = {"success": 0.5, "here": 0.2, "followed": 1.5}


def used(good: float, day: float = 0.0, **features: float) -> Used:
    return Used(f"words {day}", START_S + day * DAY_S, good, features, 0.8)


def after_passes(count: int, seen: list[Used], day: float = 20.0) -> dict[str, float]:
    own: dict[str, float] = {}
    for _ in range(count):
        own = moved(SHIPPED, own, seen, START_S + day * DAY_S)
    return own


GOOD_HERE = [used(1.0, day, here=1.0) for day in range(20)] + [
    used(0.0, day + 0.5) for day in range(20)
]
BAD_HERE = [used(0.0, day, here=1.0) for day in range(20)]


def test_what_goes_with_good_ends_counts_more_and_what_with_bad_ones_less() -> None:
    assert after_passes(30, GOOD_HERE)["here"] > SHIPPED["here"]
    assert after_passes(30, BAD_HERE)["here"] < SHIPPED["here"] - 0.3
    assert "followed" not in after_passes(30, GOOD_HERE)


@given(
    st.lists(
        st.builds(
            used, st.floats(0, 1), st.floats(0, 80), here=st.floats(-1, 1), success=st.floats(-1, 1)
        ),
        max_size=30,
    ),
    st.dictionaries(st.sampled_from(sorted(SHIPPED)), st.floats(-50, 50)),
)
def test_a_pass_goes_a_small_step_and_never_far(seen: list[Used], own: dict[str, float]) -> None:
    after = moved(SHIPPED, own, seen, START_S + 80 * DAY_S)
    for name, shipped in SHIPPED.items():
        before = min(max(own.get(name, shipped), shipped - BOUND), shipped + BOUND)
        value = after.get(name, shipped)
        assert abs(value - before) <= STEP + 1e-3
        assert abs(value - shipped) <= BOUND + 1e-3


def test_without_evidence_they_go_back_to_the_shipped_ones() -> None:
    own = after_passes(30, BAD_HERE)
    for _ in range(30):
        own = moved(SHIPPED, own, [], START_S)
    assert own == {}
    assert abs(after_passes(30, BAD_HERE, day=400.0).get("here", 0.2) - 0.2) < 0.05  # faded


def test_in_the_end_they_stay_where_the_evidence_has_them() -> None:
    assert after_passes(60, BAD_HERE)["here"] == pytest.approx(
        after_passes(30, BAD_HERE)["here"], abs=0.02
    )


def test_a_child_that_says_it_500_times_in_a_day_moves_little() -> None:
    shouted = [used(0.0, 0.0, here=1.0) for _ in range(500)]
    assert after_passes(30, shouted, day=0.5).get("here", 0.2) > SHIPPED["here"] - 0.4
