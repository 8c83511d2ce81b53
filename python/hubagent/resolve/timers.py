"""Requests about timers and alarm clocks, from the model's reading to what is wanted.

In: a reading and its clause. Out: a ``Resolution`` with a ``TimerRequest``; the schedule knows which
timers there are and says whether it can be done.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubagent.resolve import text, timing
from hubagent.types import Decision, Hypothesis, Resolution, TimerAction, TimerRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.ports import Values

_ACTIONS = {
    "HassStartTimer": TimerAction.START,
    "HassCancelTimer": TimerAction.CANCEL,
    "HassCancelAllTimers": TimerAction.CANCEL_ALL,
    "HassIncreaseTimer": TimerAction.INCREASE,
    "HassDecreaseTimer": TimerAction.DECREASE,
    "HassPauseTimer": TimerAction.PAUSE,
    "HassUnpauseTimer": TimerAction.RESUME,
    "HassTimerStatus": TimerAction.STATUS,
    "HubAlarmSet": TimerAction.START,
    "HubAlarmQuery": TimerAction.STATUS,
    "HubAlarmRemove": TimerAction.CANCEL,
}
_NEED_LENGTH = frozenset({TimerAction.START, TimerAction.INCREASE, TimerAction.DECREASE})
_TIME_SLOTS = ("time", "duration")
_NO_NAME = re.compile(
    r"\b(?:an?|the|my|our|timers?|alarms?(?:\s+clock)?|one|for|called|named)\b|^\W+|\W+$",
    re.IGNORECASE,
)
_WAKE_ME = re.compile(
    r"\b(?:wake|get) (?:me|us)(?: up)? (?:at|in|for|by|tomorrow)\b", re.IGNORECASE
)
_ABOUT = (
    (TimerAction.STATUS, re.compile(r"\b(?:how (?:long|much)|what)\b|\bleft\b", re.IGNORECASE)),
    (TimerAction.CANCEL, re.compile(r"\b(?:cancel|stop|delete|remove|forget)\b", re.IGNORECASE)),
    (TimerAction.PAUSE, re.compile(r"\b(?:pause|hold)\b", re.IGNORECASE)),
    (TimerAction.RESUME, re.compile(r"\b(?:resume|continue|unpause)\b", re.IGNORECASE)),
)
"""What words do to a timer that is called by its name only: "how long on the cookies"."""
_ANOTHER = re.compile(
    r"\b(?:one|another)\b(?:.*\bfor (?:the |my )?(?P<name>[a-z]+)\s*[.!]?$)?", re.IGNORECASE
)
_THE_ONE = re.compile(r"\bone\b(?!\s+(?:hour|minute|second))", re.IGNORECASE)
_ALL = re.compile(r"\ball\b|\bevery\b|\balarms\b|\btimers\b", re.IGNORECASE)
_WAKE = re.compile(r"\b(?:wake|get)\b.*\bup\b|\bwake\b|\bmorning\b", re.IGNORECASE)
_AGAIN = re.compile(
    r"\b(?:every|each|daily)\b|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days\b|\bweek(?:day|end)s?\b",
    re.IGNORECASE,
)


def is_about_timers(reading: Hypothesis) -> bool:
    """Return whether a reading is a request about timers or alarm clocks."""
    return reading.intent in _ACTIONS


def read(reading: Hypothesis, clause: str, values: Values, now_s: float) -> Resolution:
    """Return what is wanted of timers; refused when a length is needed and none was said."""
    action, alarm = _ACTIONS[reading.intent], reading.intent.startswith("HubAlarm")
    if action is TimerAction.CANCEL and _ALL.search(clause):
        action = TimerAction.CANCEL_ALL
    if action is TimerAction.START and _AGAIN.search(clause):
        return _refused(reading, "again_later")
    seconds = timing.longest_duration_s(clause, values)
    at_s = None
    if seconds is None and action in {TimerAction.START, TimerAction.CANCEL}:
        at_s = _moment_s(reading, clause, values, now_s)
    if action in _NEED_LENGTH and seconds is None and at_s is None:
        return _refused(reading, "odd_length" if re.search(r"\d", clause) else "no_length")
    name = _NO_NAME.sub(" ", reading.slot("timer_name") or "")
    name = " ".join(name.split())
    if values.duration_s(name) is not None or values.number(name) is not None:
        name = ""
    request = TimerRequest(action, name, alarm or at_s is not None, seconds, at_s)
    return Resolution(Decision.ACT, reading.intent, timer=request)


def wake(clause: str, values: Values, now_s: float) -> Resolution | None:
    """Return the alarm that "wake me at six" asks for, ``None`` if that is not said."""
    if not _WAKE_ME.search(clause):
        return None
    found = read(Hypothesis("HubAlarmSet", 1.0), clause, values, now_s)
    return found if found.decision is Decision.ACT else None


def follow_up(said: str, names: Sequence[str], values: Values) -> Resolution | None:
    """Return what is wanted of timers that run, said without the word; ``None`` if nothing is.

    Args:
        said: The request.
        names: Names of the timers that there are.
        values: Reader of durations.
    """
    words = text.tokens(said)
    for name in filter(None, names):
        if all(any(w.startswith(part) for w in words) for part in text.tokens(name)):
            for action, pattern in _ABOUT:
                if pattern.search(said):
                    return _wanted(TimerRequest(action, name))
    another = _ANOTHER.search(said)
    seconds = timing.longest_duration_s(_THE_ONE.sub(" ", said), values)
    if names and another and seconds is not None:
        name = another["name"] or ""
        return _wanted(TimerRequest(TimerAction.START, name, seconds=seconds))
    return None


def _wanted(request: TimerRequest) -> Resolution:
    intent = next(i for i, action in _ACTIONS.items() if action is request.action)
    return Resolution(Decision.ACT, intent, timer=request)


def _moment_s(reading: Hypothesis, clause: str, values: Values, now_s: float) -> float | None:
    morning = bool(_WAKE.search(clause))
    for name in _TIME_SLOTS:
        words = reading.slot(name)
        moment = words and timing.moment_s(_with_day(words, clause), values, now_s, morning=morning)
        if moment:
            return moment
    tail = re.search(r"\b(?:at|for|to)\s+(.+)$", clause, re.IGNORECASE)
    return timing.moment_s(tail[1], values, now_s, morning=morning) if tail else None


def _with_day(words: str, clause: str) -> str:
    """Return the words of a time with the day of the clause, which may be a slot of its own."""
    day = re.search(
        r"\b(?:tomorrow(?:\s+(?:morning|afternoon|evening|night))?|tonight"
        r"|this\s+(?:morning|afternoon|evening)|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
        clause,
        re.IGNORECASE,
    )
    return f"{words} {day[0]}" if day and day[0] not in words else words


def _refused(reading: Hypothesis, reason: str) -> Resolution:
    return Resolution(Decision.REFUSE, reading.intent, reason=reason)
