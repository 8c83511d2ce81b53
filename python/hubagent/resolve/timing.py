"""When something is to be done: the words of a time in a request, and the moment they mean.

In: the words of a request, the readers of values, and what the model took them for. Out: spans of
characters with a wall clock each. "in ten minutes", "at half past six tomorrow", "until noon" and
"for an hour" are times; "set the brightness at 50" is none. Times of day are local time.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubagent.ports import Values
    from hubagent.types import Slot

_TOKEN = re.compile(r"[^\s,;!?]+")
_MOST_TOKENS = 9
"""Longest time in words: "at a quarter to seven in the evening"."""
_IN = frozenset({"in", "after", "for"})
_AT = frozenset({"at", "around", "about", "by", "until", "till", "'til", "til"})
_UNTIL = frozenset({"for", "until", "till", "'til", "til"})
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = (
    rf"(?:on\s+)?(?P<day>tomorrow|today|tonight|this|{'|'.join(_WEEKDAYS)})"
    r"(?:\s+(?P<part>morning|afternoon|evening|night))?"
)
_DAY_BEFORE = re.compile(rf"\b{_DAY},?\s*$", re.IGNORECASE)
_DAY_AFTER = re.compile(rf"^,?\s*{_DAY}\b", re.IGNORECASE)
_FROM_NOW = re.compile(r"\s+from\s+now\b", re.IGNORECASE)
_ITS_TIME = re.compile(r"^['\u2019]?\s+time\b", re.IGNORECASE)
_SURELY_A_TIME = re.compile(
    r"[ap]\.?\s?m\b|:|o'?\s?clock|\bpast\b|\bto\b|\bhalf\b|\bnoon\b|\bmid(?:day|night)\b"
    r"|\bmorning\b|\bafternoon\b|\bevening\b|\btonight\b",
    re.IGNORECASE,
)
_HALF_KNOWN = re.compile(
    r"[ap]\.?\s?m\b|\bnoon\b|\bmid(?:day|night)\b|\bmorning\b|\bafternoon\b|\bevening\b|\btonight\b"
    r"|^\D*0\d",
    re.IGNORECASE,
)
"""Words that say which half of the day is meant."""
_UNIT_NEXT = re.compile(
    r"^\s*(?:%|per\s?cent|degrees?|\u00b0|kelvin|k\b|lumens?|volume|brightness|speed|level|points?)",
    re.IGNORECASE,
)
_SETTING = re.compile(
    r"\b(?:set|dim|brighten|brightness|volume|temperature|thermostat|degrees?|speed|level|intensity|"
    r"raise|lower|increase|decrease|change|adjust)\b",
    re.IGNORECASE,
)
_VALUE_SAID = re.compile(r"\bto\s+(?:\d|\w+\s+(?:percent|degrees))|%", re.IGNORECASE)
_TIME_SLOTS = frozenset({"time", "date", "duration"})
_SETTING_BY = re.compile(
    r"\b(?:up|down|warmer|hotter|cooler|colder|brighter|dimmer|darker|lighter|louder|quieter|softer|"
    r"faster|slower|higher|lower|raise|increase|decrease|reduce|drop|more|less)\b.*\bby\s+$"
    r"|\bup\s+(?:to|at)\s+$",
    re.IGNORECASE,
)
_BARE_HUNDREDS = re.compile(r"[1-9]\d\d")
"""Three digits that are no time where the model took them for a value: "the boiler at 130"."""
_HALF_DAY_S, _DAY_S = 43_200.0, 86_400.0
_FIRST_MORNING_HOUR_S = 6 * 3600.0
"""Of "tomorrow at seven" and "tomorrow at three", the first is in the morning."""


@dataclass(frozen=True, slots=True)
class Timing:
    """A time that was said; ``start`` and ``end`` are characters of the request."""

    start: int
    end: int
    at_s: float
    """The moment, wall clock."""
    until: bool = False
    """Said with "for" or "until": a state holds till then."""
    clock: bool = False
    """Said as a time of day."""


def find(
    text: str, values: Values, now_s: float, *, slots: Sequence[Slot] = ()
) -> tuple[Timing, ...]:
    """Return the times said in a request, in order.

    Args:
        text: The request.
        values: Readers of durations and times of day.
        now_s: Wall clock of the request.
        slots: What the model took its words for: decides where a bare number follows "at".
    """
    tokens = [(match.start(), match.end()) for match in _TOKEN.finditer(text)]
    found: list[Timing] = []
    index = 0
    while index < len(tokens):
        timing = _beginning_at(index, tokens, text, values, now_s, slots)
        if timing is None:
            index += 1
            continue
        found.append(timing)
        while index < len(tokens) and tokens[index][0] < timing.end:
            index += 1
    return tuple(found)


def blanked(text: str, timings: Sequence[Timing]) -> str:
    """Return the request with spaces for its times, so that all else keeps its place."""
    for timing in timings:
        text = text[: timing.start] + " " * (timing.end - timing.start) + text[timing.end :]
    return text


def longest_duration_s(text: str, values: Values) -> float | None:
    """Return the length of time said anywhere in a text, ``None`` if there is none."""
    tokens = [(match.start(), match.end()) for match in _TOKEN.finditer(text)]
    for index in range(len(tokens)):
        for start, end in _spans(index, tokens):
            seconds = values.duration_s(text[start:end])
            if seconds is not None:
                return seconds
    return None


def moment_s(words: str, values: Values, now_s: float, *, morning: bool = False) -> float | None:
    """Return the next moment of a time of day, ``None`` if the words are none.

    Args:
        words: Such as ``half past six``, ``tomorrow at 7``, ``7 pm``.
        values: Reader of times of day.
        now_s: Wall clock.
        morning: Take the morning where nothing says which half of the day is meant.
    """
    before, after = _DAY_BEFORE.search(words), re.search(rf"\b{_DAY}\b", words, re.IGNORECASE)
    day = before or after
    plain = (words[: day.start()] + words[day.end() :]).strip(" ,") if day else words
    seconds = values.time_of_day_s(plain)
    if seconds is None:
        return None
    return _next_s(seconds, plain, day, now_s, morning=morning)


def _beginning_at(
    index: int,
    tokens: Sequence[tuple[int, int]],
    text: str,
    values: Values,
    now_s: float,
    slots: Sequence[Slot],
) -> Timing | None:
    lead_start, lead_end = tokens[index]
    lead = text[lead_start:lead_end].casefold()
    if lead in _IN:
        for start, end in _spans(index + 1, tokens):
            seconds = values.duration_s(text[start:end].rstrip("'\u2019"))
            if seconds is not None:
                its_time = _ITS_TIME.match(text[end:])
                ends = end + its_time.end() if its_time else end
                until = lead in _UNTIL and its_time is None
                return Timing(lead_start, _with_comma(text, ends), now_s + seconds, until)
    elif lead in _AT:
        for start, end in _spans(index + 1, tokens):
            seconds = values.time_of_day_s(text[start:end].rstrip("."))
            if seconds is not None and _is_a_time(text, lead_start, start, end, seconds, slots):
                return _of_day(text, lead_start, start, end, seconds, now_s, until=lead in _UNTIL)
    else:
        for start, end in _spans(index, tokens):
            from_now = _FROM_NOW.match(text[end:])
            seconds = values.duration_s(text[start:end]) if from_now else None
            if seconds is not None and from_now is not None:
                return Timing(start, _with_comma(text, end + from_now.end()), now_s + seconds)
    return None


def _spans(index: int, tokens: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the characters of some words from a place on, the longest span first."""
    for last in range(min(len(tokens), index + _MOST_TOKENS) - 1, index - 1, -1):
        yield tokens[index][0], tokens[last][1]


def _is_a_time(
    text: str, lead_start: int, start: int, end: int, hour_s: float, slots: Sequence[Slot]
) -> bool:
    """Return whether what follows "at" is a time of day and not a setting.

    "Open the blinds at ten" is a time; "set the blinds at ten" and "the heating on at twenty" are not.
    """
    words = text[start:end]
    if _SURELY_A_TIME.search(words):
        return True
    if _UNIT_NEXT.match(text[end:]):
        return False
    if _DAY_AFTER.match(text[end:]) or _DAY_BEFORE.search(text[:lead_start]):
        return True
    taken_for = {slot.name for slot in slots if slot.start < end and start < slot.end}
    if taken_for & _TIME_SLOTS:
        return True
    if _SETTING_BY.search(text[:start]) or (taken_for and _BARE_HUNDREDS.fullmatch(words)):
        return False
    if _SETTING.search(text):
        return bool(_VALUE_SAID.search(text))
    return hour_s <= _HALF_DAY_S or not taken_for


def _of_day(
    text: str,
    lead_start: int,
    start: int,
    end: int,
    seconds: float,
    now_s: float,
    *,
    until: bool,
) -> Timing:
    words = text[start:end]
    before, after = _DAY_BEFORE.search(text[:lead_start]), _DAY_AFTER.match(text[end:])
    if before is not None:
        lead_start = before.start()
    elif after is not None:
        end += after.end()
    at_s = _next_s(seconds, words, before or after, now_s)
    return Timing(lead_start, _with_comma(text, end), at_s, until, clock=True)


def _with_comma(text: str, end: int) -> int:
    return end + 1 if text[end : end + 1] == "," else end


def _next_s(
    seconds: float, words: str, day: re.Match[str] | None, now_s: float, *, morning: bool = False
) -> float:
    """Return the next moment at which a local clock shows a time.

    Args:
        seconds: Since midnight, as read.
        words: What was read; may say which half of the day.
        day: Words of the day, if any were said.
        now_s: Wall clock.
        morning: Take the morning where nothing says otherwise.
    """
    said = day[0].casefold() if day is not None else ""
    name = day["day"].casefold() if day is not None else ""
    other_day = name == "tomorrow" or name in _WEEKDAYS
    late = name == "tonight" or any(p in said for p in ("afternoon", "evening", "night"))
    if late and seconds < _HALF_DAY_S:
        times = [seconds + _HALF_DAY_S]
    elif (
        seconds > _HALF_DAY_S or _HALF_KNOWN.search(words) or "morning" in said or seconds < 3600.0
    ):
        times = [seconds]
    elif morning:
        times = [seconds % _HALF_DAY_S if seconds < _HALF_DAY_S else seconds]
    elif other_day:
        times = [seconds if seconds >= _FIRST_MORNING_HOUR_S else seconds + _HALF_DAY_S]
    else:
        times = [seconds, (seconds + _HALF_DAY_S) % _DAY_S]
    days: tuple[int, ...] = (1,) if other_day else (0, 1)
    if name in _WEEKDAYS:
        ahead = (_WEEKDAYS.index(name) - time.localtime(now_s).tm_wday) % 7
        days = (ahead, ahead + 7)
    moments = [_local_s(now_s, shift, item) for shift in days for item in times]
    return min(moment for moment in moments if moment > now_s)


def _local_s(now_s: float, days: int, seconds: float) -> float:
    """Return the wall clock of a local time of day, some days on; changes of the hour counted."""
    today = time.localtime(now_s)
    whole = int(seconds)
    return time.mktime(
        (
            today.tm_year,
            today.tm_mon,
            today.tm_mday + days,
            whole // 3600,
            whole % 3600 // 60,
            whole % 60,
            0,
            0,
            -1,
        )
    )
