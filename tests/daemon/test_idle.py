"""When the hub learns, and that a pass never stands in the way of a turn."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.clock import ManualClock
from hubagent.daemon import idle
from hubagent.daemon.idle import AT_LATEST_S, QUIET_S, IdleLearner, StoppedError
from hubagent.errors import DataError
from hubagent.learning import Report

if TYPE_CHECKING:
    from collections.abc import Callable

WaitUntil = Any
NOON_S = 1_767_268_800.0


class _Brain:
    """Counts passes; each has three steps."""

    def __init__(self, last_s: float | None = None, fails: Exception | None = None) -> None:
        self.passes = 0
        self.last_s = last_s
        self.fails = fails

    def last_pass(self) -> dict[str, Any] | None:
        return None if self.last_s is None else {"at": self.last_s}

    def learn(self, *, progress: Any, pause: Callable[[], None]) -> Report:
        for step in range(3):
            pause()
            if progress is not None:
                progress("turns", step, 3)
        if self.fails is not None:
            raise self.fails
        self.passes += 1
        return Report(NOON_S, learnt=["something"])


def learner(
    brain: _Brain, clock: ManualClock, busy: Callable[[], bool] = lambda: False
) -> IdleLearner:
    return IdleLearner(brain, clock, is_busy=busy)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle, "LOOK_EVERY_S", 0.0)


def _until_hour(hour: int, from_s: float) -> float:
    """Return the seconds from a moment to the next full local hour of the day."""
    return next(s for s in range(0, 90_000, 60) if time.localtime(from_s + s).tm_hour == hour)


def test_it_learns_once_a_night_when_nobody_speaks() -> None:
    clock = ManualClock(NOON_S)
    clock.advance(_until_hour(3, NOON_S))
    brain = _Brain(last_s=clock.now_s())
    one = learner(brain, clock)
    for hour, passes in ((22, 0), (3, 1), (4, 1), (22, 1), (3, 2)):
        clock.advance(_until_hour(hour, clock.now_s()))
        one.run_once()
        assert brain.passes == passes, hour


def test_a_house_that_never_sleeps_learns_in_any_quiet_five_minutes() -> None:
    clock = ManualClock(NOON_S)
    brain = _Brain(last_s=NOON_S)
    one = learner(brain, clock)
    clock.advance(AT_LATEST_S + 1)
    one.spoken()
    one.run_once()
    assert brain.passes == 0
    clock.advance(QUIET_S)
    one.run_once()
    assert brain.passes == 1


def test_a_new_hub_waits_for_something_to_learn_from() -> None:
    clock = ManualClock(NOON_S)
    brain = _Brain()
    one = learner(brain, clock)
    clock.advance(QUIET_S)
    one.run_once()
    assert brain.passes == 0


def test_a_pass_waits_while_a_turn_is_under_way(wait_until: WaitUntil) -> None:
    busy = threading.Event()
    busy.set()
    brain = _Brain()
    one = learner(brain, ManualClock(NOON_S), busy.is_set)
    work = threading.Thread(target=one.learn)
    work.start()
    work.join(0.1)
    assert brain.passes == 0
    busy.clear()
    work.join(10)
    assert brain.passes == 1


def test_a_pass_ends_when_the_hub_stops() -> None:
    brain = _Brain()
    one = learner(brain, ManualClock(NOON_S))
    one.stop()
    with pytest.raises(StoppedError):
        one.learn()
    assert brain.passes == 0


def test_whoever_asks_for_a_pass_is_told_how_it_goes() -> None:
    told = list(learner(_Brain(), ManualClock(NOON_S)).told())
    assert [item.get("done") for item in told[:-1]] == [0, 1, 2]
    assert told[-1]["report"]["learnt"] == ["something"]


@pytest.mark.parametrize("fault", [DataError("the disk is full"), RuntimeError("a bug")])
def test_whoever_asks_is_told_what_went_wrong(fault: Exception) -> None:
    with pytest.raises(DataError):
        list(learner(_Brain(fails=fault), ManualClock(NOON_S)).told())
