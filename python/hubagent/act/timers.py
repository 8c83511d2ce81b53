"""Timers and alarm clocks: what a request does to those that run, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.act.schedule_file import Timer
from hubagent.act.wording import listed, spoken_duration, spoken_moment
from hubagent.types import Decision, Resolution, TimerAction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.types import TimerRequest, TurnId, Value

MOST_TIMERS = 50
MOST_LENGTH_S = 7 * 86_400.0
MOST_NAME_CHARS = 60
_LATE_S = 60.0
"""A timer that rings later than this says when it was over."""
_TOLD = 4
_SAME_LENGTH_S = 0.5


def take(resolution: Resolution, turn_id: TurnId, timers: list[Timer], now_s: float) -> Resolution:
    """Do what is asked of timers, in the list; return what came of it, or why not."""
    request = resolution.timer
    assert request is not None  # noqa: S101 - the caller looked
    if request.action is TimerAction.START:
        return _start(resolution, request, turn_id, timers, now_s)
    if request.action is TimerAction.CANCEL_ALL:
        meant = _of_kind(request, timers)
        if not meant:
            return _none(resolution, request)
        timers[:] = [timer for timer in timers if timer not in meant]
        return _told(resolution, "cancelled_all", what=_counted(meant))
    meant = _meant(request, timers)
    if not meant:
        return _none(resolution, request)
    if request.action is TimerAction.STATUS:
        told = [_standing(timer, now_s) for timer in meant[:_TOLD]]
        more = [f"{len(meant) - _TOLD} more"] if len(meant) > _TOLD else []
        answer = replace(resolution, decision=Decision.ANSWER)
        return _told(answer, "status", what=listed([*told, *more]))
    if len(meant) > 1:
        names = listed([_called(timer) for timer in meant[:_TOLD]], "or")
        return _refused(resolution, "which_timer", count=len(meant), options=names)
    return _change(resolution, request, timers, timers.index(meant[0]), now_s)


def over(timer: Timer, now_s: float) -> Resolution:
    """Return what is told when a timer is over."""
    late = timer.due_s is not None and now_s - timer.due_s > _LATE_S
    reason = "over_late" if late else "ringing" if timer.alarm else "over"
    facts: dict[str, Value] = {"timer": _called(timer)}
    if timer.due_s is not None:
        facts["when"] = spoken_moment(timer.due_s, now_s, clock=True)
    intent = "HubAlarmSet" if timer.alarm else "HassStartTimer"
    return Resolution(Decision.ANSWER, intent, reason=f"timer_{reason}", facts=facts)


def _start(
    resolution: Resolution,
    request: TimerRequest,
    turn_id: TurnId,
    timers: list[Timer],
    now_s: float,
) -> Resolution:
    at_s = request.at_s
    seconds = at_s - now_s if at_s is not None else (request.seconds or 0.0)
    if not 0 < seconds <= MOST_LENGTH_S:
        return _refused(resolution, "too_far" if seconds > 0 else "odd_length")
    if len(timers) >= MOST_TIMERS:
        return _refused(resolution, "too_many_timers", count=MOST_TIMERS)
    due_s = now_s + seconds
    timer = Timer(turn_id, request.name[:MOST_NAME_CHARS], request.alarm, seconds, due_s)
    timers.append(timer)
    if request.alarm:
        when = spoken_moment(due_s, now_s, clock=True)
        return _told(resolution, "alarm_set", timer=_called(timer), when=when)
    called = _called(timer) if timer.name else "the timer"
    return _told(resolution, "started", timer=called, time=spoken_duration(seconds))


def _change(
    resolution: Resolution, request: TimerRequest, timers: list[Timer], index: int, now_s: float
) -> Resolution:
    timer = timers[index]
    left_s = _left_s(timer, now_s)
    action = request.action
    if action is TimerAction.CANCEL:
        del timers[index]
        return _told(resolution, "cancelled", timer=_called(timer))
    if action is TimerAction.PAUSE:
        timers[index] = replace(timer, due_s=None, left_s=left_s)
        return _told(resolution, "paused", timer=_called(timer), time=spoken_duration(left_s))
    if action is TimerAction.RESUME:
        timers[index] = replace(timer, due_s=now_s + left_s, left_s=0.0)
        return _told(resolution, "resumed", timer=_called(timer), time=spoken_duration(left_s))
    change_s = (request.seconds or 0.0) * (1 if action is TimerAction.INCREASE else -1)
    left_s = max(0.0, left_s + change_s)
    if not left_s <= MOST_LENGTH_S:
        return _refused(resolution, "too_far")
    length_s = timer.length_s + change_s
    if timer.due_s is None:
        timers[index] = replace(timer, left_s=left_s, length_s=length_s)
    else:
        timers[index] = replace(timer, due_s=now_s + left_s, length_s=length_s)
    return _told(resolution, "changed", timer=_called(timer), time=spoken_duration(left_s))


def _of_kind(request: TimerRequest, timers: Sequence[Timer]) -> list[Timer]:
    """Return alarms when an alarm was said and there is one, timers otherwise; else all."""
    same = [timer for timer in timers if timer.alarm == request.alarm]
    return same or list(timers)


def _meant(request: TimerRequest, timers: Sequence[Timer]) -> list[Timer]:
    """Return the timers that a request means, those that run out first first."""
    meant = _of_kind(request, timers)
    if request.name:
        said = _words(request.name)
        meant = [timer for timer in timers if said <= _words(timer.name)]
    by_length = request.action not in {TimerAction.INCREASE, TimerAction.DECREASE}
    if by_length and request.seconds is not None:
        seconds = request.seconds
        meant = [timer for timer in meant if abs(timer.length_s - seconds) < _SAME_LENGTH_S]
    if request.at_s is not None:
        at_s = request.at_s
        meant = [t for t in meant if t.due_s is not None and abs(t.due_s - at_s) % 43_200.0 < 60.0]
    if request.action in {TimerAction.PAUSE, TimerAction.RESUME}:
        paused = request.action is TimerAction.RESUME
        meant = [timer for timer in meant if (timer.due_s is None) == paused]
    return sorted(meant, key=lambda timer: timer.due_s or float("inf"))


def _words(name: str) -> frozenset[str]:
    return frozenset(word.removesuffix("s") for word in name.casefold().split())


def _left_s(timer: Timer, now_s: float) -> float:
    return timer.left_s if timer.due_s is None else max(0.0, timer.due_s - now_s)


def _called(timer: Timer) -> str:
    kind = "alarm" if timer.alarm else "timer"
    if timer.name:
        return f"the {timer.name} {kind}"
    return "the alarm" if timer.alarm else f"the {spoken_duration(timer.length_s, each=True)} timer"


def _standing(timer: Timer, now_s: float) -> str:
    if timer.due_s is None:
        return f"{_called(timer)} is paused with {spoken_duration(timer.left_s)} left"
    if timer.alarm:
        return f"{_called(timer)} is set for {spoken_moment(timer.due_s, now_s, clock=True)}"
    return f"{_called(timer)} has {spoken_duration(_left_s(timer, now_s))} left"


def _counted(meant: Sequence[Timer]) -> str:
    kind = "alarm" if all(timer.alarm for timer in meant) else "timer"
    return _called(meant[0]) if len(meant) == 1 else f"{len(meant)} {kind}s"


def _none(resolution: Resolution, request: TimerRequest) -> Resolution:
    kind = "alarm" if request.alarm else "timer"
    called = f"{request.name} {kind}" if request.name else kind
    if request.action is TimerAction.STATUS:
        return _told(replace(resolution, decision=Decision.ANSWER), "none", timer=called)
    if request.action in {TimerAction.PAUSE, TimerAction.RESUME}:
        called = f"{called} to {request.action.value}"
    return _refused(resolution, "no_timer", timer=called)


def _told(resolution: Resolution, reason: str, **facts: Value) -> Resolution:
    return replace(resolution, reason=f"timer_{reason}", facts=facts)


def _refused(resolution: Resolution, reason: str, **facts: Value) -> Resolution:
    return Resolution(Decision.REFUSE, resolution.intent, reason=reason, facts=facts)
