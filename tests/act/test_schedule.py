"""What waits for its time: bounded, durable, never late, never twice."""

from __future__ import annotations

import json
import math
import threading
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.act.plan import plan
from hubagent.act.schedule import LATE_LIMIT_S, MOST_COMMANDS, MOST_DELAYED, Schedule
from hubagent.act.timers import MOST_TIMERS
from hubagent.clock import ManualClock
from hubagent.replay import MemoryHub
from hubagent.simulate.home import load_home
from hubagent.types import (
    Command,
    Decision,
    EntityId,
    Resolution,
    TimerAction,
    TimerRequest,
    TurnId,
    Utterance,
)

if TYPE_CHECKING:
    from pathlib import Path

    from hubagent.ports import ContextView

LAMP = Command(EntityId("light.lamp"), "turn_on", {"rgb_color": (255, 0, 10)})
HOME: dict[str, Any] = {
    "areas": [{"id": "study", "name": "Study"}],
    "entities": [{"id": "light.lamp", "name": "Lamp", "area": "study", "state": "off",
                  "attributes": {"supported_color_modes": ["rgb"]}}],
}  # fmt: skip


@pytest.fixture(scope="module")
def view() -> ContextView:
    return MemoryHub(load_home(HOME)).store.view()


def said(number: int = 0) -> Utterance:
    return Utterance(TurnId(f"turn-{number}"), "", 0.0)


def later(due_s: float, *commands: Command) -> Resolution:
    return Resolution(Decision.ACT, "HassTurnOn", commands=commands or (LAMP,), due_s=due_s)


def timer(action: TimerAction, **more: Any) -> Resolution:
    return Resolution(Decision.ACT, "HassStartTimer", timer=TimerRequest(action, **more))


def ask(schedule: Schedule, resolution: Resolution) -> Resolution:
    (told,) = schedule.arrange((resolution,), said())
    return told


def test_a_command_waits_for_its_time_and_is_given_once(view: ContextView) -> None:
    clock = ManualClock()
    schedule = Schedule(clock)
    (told,) = schedule.arrange((later(clock.now_s() + 600.0),), said(7))
    assert (told.reason, told.facts["when"]) == ("later", "in 10 minutes")
    assert plan((told,)).commands == ()
    clock.advance(599.0)
    assert schedule.next_due(view) is None
    clock.advance(1.0)
    due = schedule.next_due(view)
    assert due is not None
    assert (due.turn_id, due.resolution.commands) == ("turn-7", (LAMP,))
    assert plan((due.resolution,)).commands == (LAMP,)
    assert schedule.next_due(view) is None


def test_what_is_due_comes_in_the_order_of_time(view: ContextView) -> None:
    clock = ManualClock()
    schedule = Schedule(clock)
    for number, seconds in enumerate((30.0, 10.0, 20.0)):
        schedule.arrange((later(clock.now_s() + seconds),), said(number))
    assert schedule.next_due_s() == clock.now_s() + 10.0
    clock.advance(40.0)
    order = [due.turn_id for _ in range(3) if (due := schedule.next_due(view))]
    assert order == ["turn-1", "turn-2", "turn-0"]


def test_a_restart_loses_nothing(view: ContextView, tmp_path: Path) -> None:
    clock = ManualClock()
    path = tmp_path / "schedule.json"
    schedule = Schedule(clock, path)
    schedule.arrange((later(clock.now_s() + 60.0),), said(1))
    schedule.arrange((timer(TimerAction.START, name="pasta", seconds=120.0),), said(2))
    ask(schedule, timer(TimerAction.START, name="pizza", seconds=300.0))
    ask(schedule, timer(TimerAction.PAUSE, name="pizza"))
    clock.advance(60.0)
    again = Schedule(clock, path)
    due = again.next_due(view)
    assert due is not None
    assert due.resolution.commands == (LAMP,)
    assert isinstance(due.resolution.commands[0].data["rgb_color"], tuple)
    standing = ask(again, timer(TimerAction.STATUS)).facts["what"]
    assert standing == (
        "the pasta timer has 1 minute left and the pizza timer is paused with 5 minutes left"
    )
    assert Schedule(clock, path).next_due(view) is None, "it is taken out of the file first"


def test_what_came_due_while_the_hub_was_off_is_told_and_not_done(
    view: ContextView, tmp_path: Path
) -> None:
    clock = ManualClock()
    path = tmp_path / "schedule.json"
    first = Schedule(clock, path)
    first.arrange((later(clock.now_s() + 60.0),), said(1))
    ask(first, timer(TimerAction.START, name="tea", seconds=60.0))
    clock.advance(60.0 + LATE_LIMIT_S + 1.0)
    again = Schedule(clock, path)
    told = [due.resolution for _ in range(2) if (due := again.next_due(view))]
    assert [item.reason for item in told] == ["too_late", "timer_over_late"]
    assert not any(item.commands for item in told)
    assert again.counters()["late"] == 1


def test_a_thing_that_left_the_home_is_not_commanded() -> None:
    clock = ManualClock()
    hub = MemoryHub(load_home(HOME))
    schedule = Schedule(clock)
    schedule.arrange((later(clock.now_s() + 5.0),), said())
    hub.store.remove(LAMP.entity_id)
    clock.advance(5.0)
    due = schedule.next_due(hub.store.view())
    assert due is not None
    assert (due.resolution.decision, due.resolution.reason) == (Decision.REFUSE, "gone")


@pytest.mark.parametrize(
    "damaged",
    [
        b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"format": 99}', b'{"format": 1, "delayed": 3}',
        b"[" * 100_000,
        b'{"format": 1, "timers": [{}, 1, null, {"turn": 1}], "delayed": [{"turn": "a", "due": NaN}]}',
        b'{"format": 1, "delayed": [{"turn": "a", "due": 1, "intent": "x", "commands": [[]]}, []]}',
    ],
)  # fmt: skip
def test_a_damaged_file_is_left_out_and_the_hub_goes_on(
    damaged: bytes, view: ContextView, tmp_path: Path
) -> None:
    path = tmp_path / "schedule.json"
    path.write_bytes(damaged)
    clock = ManualClock()
    schedule = Schedule(clock, path)
    assert schedule.next_due(view) is None
    schedule.arrange((later(clock.now_s() + 1.0),), said())
    assert Schedule(clock, path).counters()["delayed"] == 1


def test_one_wrong_entry_does_not_cost_the_others(tmp_path: Path) -> None:
    path = tmp_path / "schedule.json"
    clock = ManualClock()
    schedule = Schedule(clock, path)
    ask(schedule, timer(TimerAction.START, seconds=60.0))
    document = json.loads(path.read_bytes())
    document["timers"].insert(0, {"turn": "x", "name": 3})
    path.write_text(json.dumps(document))
    assert Schedule(clock, path).counters()["timers"] == 1


def test_a_full_disk_costs_persistence_and_not_the_hub(view: ContextView, tmp_path: Path) -> None:
    clock = ManualClock()
    schedule = Schedule(clock, tmp_path / "no such folder" / "schedule.json")
    ask(schedule, later(clock.now_s() + 1.0))
    clock.advance(1.0)
    assert schedule.next_due(view) is not None
    assert schedule.counters()["unsaved"] == 2


def test_thousands_of_timers_are_bounded_and_said_so() -> None:
    schedule = Schedule(ManualClock())
    told = [ask(schedule, timer(TimerAction.START, seconds=60.0 + n)) for n in range(3000)]
    assert [item.decision for item in told].count(Decision.ACT) == MOST_TIMERS
    assert told[-1].reason == "too_many_timers"
    assert ask(schedule, timer(TimerAction.CANCEL_ALL)).facts["what"] == f"{MOST_TIMERS} timers"
    assert schedule.counters()["timers"] == 0


def test_thousands_of_delayed_commands_are_bounded_and_said_so() -> None:
    clock = ManualClock()
    schedule = Schedule(clock)
    told = [ask(schedule, later(clock.now_s() + 60.0)) for _ in range(2000)]
    assert [item.decision for item in told].count(Decision.ACT) == MOST_DELAYED
    assert told[-1].reason == "too_many_later"
    many = (LAMP,) * (MOST_COMMANDS + 1)
    assert ask(Schedule(clock), later(clock.now_s() + 60.0, *many)).reason == "too_many_later"


@pytest.mark.parametrize("seconds", [1e9 * 60, math.inf, math.nan, -5.0, 0.0])
def test_a_length_that_no_timer_has_is_refused(seconds: float) -> None:
    schedule = Schedule(ManualClock())
    told = ask(schedule, timer(TimerAction.START, seconds=seconds))
    assert told.decision is Decision.REFUSE
    assert schedule.counters()["timers"] == 0


def test_a_turn_is_arranged_whole_or_not_at_all() -> None:
    clock = ManualClock()
    schedule = Schedule(clock)
    none = timer(TimerAction.CANCEL, name="pasta")
    told = schedule.arrange((later(clock.now_s() + 5.0), none), said())
    assert [item.decision for item in told] == [Decision.ACT, Decision.REFUSE]
    refused = Resolution(Decision.REFUSE, "HassTurnOn", reason="unknown_name")
    schedule.arrange((later(clock.now_s() + 5.0), refused), said())
    assert schedule.counters()["delayed"] == 0
    assert plan(told).commands == ()


def test_a_timer_pauses_goes_on_grows_and_shrinks(view: ContextView) -> None:
    clock = ManualClock()
    schedule = Schedule(clock)
    ask(schedule, timer(TimerAction.START, seconds=600.0))
    clock.advance(100.0)
    assert ask(schedule, timer(TimerAction.PAUSE)).facts["time"] == "8 minutes and 20 seconds"
    clock.advance(5000.0)
    assert schedule.next_due(view) is None
    assert ask(schedule, timer(TimerAction.PAUSE)).reason == "no_timer"
    ask(schedule, timer(TimerAction.RESUME))
    ask(schedule, timer(TimerAction.INCREASE, seconds=300.0))
    told = ask(schedule, timer(TimerAction.DECREASE, seconds=60.0))
    assert told.facts["time"] == "12 minutes and 20 seconds"
    clock.advance(12 * 60 + 19.0)
    assert schedule.next_due(view) is None
    clock.advance(1.0)
    due = schedule.next_due(view)
    assert due is not None
    assert (due.turn_id, due.resolution.reason) == ("turn-0", "timer_over")
    assert ask(schedule, timer(TimerAction.INCREASE, seconds=60.0)).reason == "no_timer"


def test_one_of_several_timers_is_meant_by_its_name_or_length() -> None:
    schedule = Schedule(ManualClock())
    ask(schedule, timer(TimerAction.START, name="pasta", seconds=600.0))
    ask(schedule, timer(TimerAction.START, seconds=300.0))
    which = ask(schedule, timer(TimerAction.CANCEL))
    assert (which.reason, which.facts["options"]) == (
        "which_timer", "the 5 minute timer or the pasta timer",
    )  # fmt: skip
    assert ask(schedule, timer(TimerAction.CANCEL, seconds=300.0)).reason == "timer_cancelled"
    assert ask(schedule, timer(TimerAction.CANCEL, name="tea")).reason == "no_timer"
    assert (
        ask(schedule, timer(TimerAction.CANCEL, name="Pasta")).facts["timer"] == "the pasta timer"
    )


def test_the_schedule_is_whole_under_many_threads(view: ContextView) -> None:
    clock = ManualClock()
    schedule = Schedule(clock)
    for number in range(MOST_DELAYED):
        schedule.arrange((later(clock.now_s()),), said(number))
    given: list[str] = []

    def take() -> None:
        while (due := schedule.next_due(view)) is not None:
            given.append(due.turn_id)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == sorted(f"turn-{n}" for n in range(MOST_DELAYED))
