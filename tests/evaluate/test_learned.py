from __future__ import annotations

import random
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, strategies as st

from hubagent.evaluate.chart import Line, chart
from hubagent.evaluate.learned import arm_figures, recovery, was_good, win_loss
from hubagent.evaluate.resample import cut, difference, ratio
from hubagent.households.life import Truth
from hubagent.households.population import Lived
from hubagent.simulate.wishes import Verdict
from hubagent.types import Decision, TurnId

DONE, ASKED, NOTHING, WRONG = Verdict.DONE, Verdict.ASKED, Verdict.NOTHING, Verdict.WRONG


def _turn(
    verdict: Verdict,
    without: Verdict | None = None,
    *,
    day: int = 0,
    goal: str = "lamp",
    changed: bool = False,
) -> Truth:
    return Truth(
        TurnId("1"), "errand", 0, day, "light_on", goal, "said", "heard", verdict, Decision.ACT, changed,
        rewrite="" if without is None else "personal", without=without,
    )  # fmt: skip


def _lived(*households: list[Truth]) -> list[Lived]:
    return [Lived(number, tuple(turns)) for number, turns in enumerate(households)]


@pytest.mark.parametrize(
    ("with_it", "without", "win", "loss"),
    [
        (DONE, NOTHING, True, False),
        (DONE, WRONG, True, False),
        (DONE, ASKED, False, False),
        (DONE, DONE, False, False),
        (ASKED, NOTHING, False, False),
        (ASKED, DONE, False, True),
        (WRONG, NOTHING, False, True),
        (WRONG, DONE, False, True),
        (NOTHING, NOTHING, False, False),
    ],
)
def test_a_rewrite_is_judged_beside_the_same_turn_without_it(
    with_it: Verdict, without: Verdict, *, win: bool, loss: bool
) -> None:
    turn = _turn(with_it, without)
    assert (turn.is_win, turn.is_loss) == (win, loss)


def test_a_turn_without_a_rewrite_neither_wins_nor_loses() -> None:
    for verdict in Verdict:
        turn = _turn(verdict)
        assert not turn.is_win
        assert not turn.is_loss
        assert was_good(turn) is not verdict.defect


def test_the_figures_of_an_arm_are_counted_over_its_turns() -> None:
    control = _lived([_turn(NOTHING), _turn(NOTHING), _turn(DONE), _turn(DONE)] * 2)
    lived = _lived([_turn(DONE, NOTHING), _turn(NOTHING), _turn(DONE), _turn(WRONG, DONE)] * 2)
    figures = arm_figures(lived, control)
    assert figures["defects"]["value"] == 50.0
    assert figures["fewer_defects"]["value"] == 0.0
    assert (figures["wins"], figures["losses"], figures["triggered"]) == (2, 2, 4)
    assert figures["triggered_defects"]["value"] == 50.0
    assert figures["triggered_defects_without"]["value"] == 50.0
    assert figures["false_triggers"]["value"] == 50.0
    assert figures["harmed"]["value"] == 50.0
    assert figures["win_loss"]["value"] is None


def test_weeks_are_counted_apart() -> None:
    lived = _lived([_turn(NOTHING, day=day) for day in (0, 6)] + [_turn(DONE, day=7)])
    figures = arm_figures(lived, lived)
    assert [week["value"] for week in figures["defects_by_week"]] == [100.0, 0.0]


def test_a_changed_name_recovers_on_the_first_day_that_it_works() -> None:
    good = [_turn(WRONG, NOTHING, day=28, changed=True), _turn(DONE, day=31, changed=True)]
    never = [_turn(NOTHING, day=30, goal="other", changed=True)]
    found = recovery(_lived([*good, *never]))
    assert (found["changed_wishes"], found["recovered"], found["median_days"]) == (2, 1, 3)
    assert found["wrong_by_rewrite"] == 1


def test_without_a_loss_there_is_a_bound_and_no_ratio() -> None:
    found = win_loss([10.0, 20.0], [0.0, 0.0])
    assert found.value is None
    assert found.low is not None
    assert 7 < found.low < 9
    assert win_loss([2.0], [1.0]).value is None


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    dice = random.Random(5)  # noqa: S311 - a test, no secret
    inside = 0
    for _ in range(60):
        part = [float(sum(dice.random() < 0.3 for _ in range(20))) for _ in range(40)]
        found = ratio(part, [20.0] * 40, scale=100)
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= 30 <= found.high
    assert inside >= 51


def test_a_cut_and_a_difference_are_in_per_cent() -> None:
    half, whole = ([5.0, 5.0], [10.0, 10.0]), ([10.0, 10.0], [10.0, 10.0])
    assert cut(half, whole).value == 50.0
    assert difference(half, whole, whole).value == 50.0
    assert ratio([], []).value is None
    assert ratio([1.0], [0.0]).value is None


@given(
    st.lists(st.lists(st.one_of(st.none(), st.floats(0, 1e6)), min_size=1, max_size=60), max_size=9)
)
def test_any_curves_make_a_well_formed_chart(rows: list[list[float | None]]) -> None:
    lines = [Line(f"<{number}>", row, row, row) for number, row in enumerate(rows)]
    root = ET.fromstring(chart("a & b", lines, x_name="week", y_name="%"))  # noqa: S314 - our own text
    assert len([item for item in root if item.tag.endswith("polyline")]) == len(lines)
