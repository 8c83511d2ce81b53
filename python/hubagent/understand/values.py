"""From words to typed values: numbers, durations, colours, temperatures, times of day.

Plain functions of the words of a slot; each returns ``None`` when the words are no such value. The
module itself fits ``ports.Values``.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from hubagent.understand.colours import COLOURS, WHITES
from hubagent.understand.normalise import normalise

_ONES = {
    word: value
    for value, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
    )
}  # fmt: skip
_TENS = {
    word: 10 * value
    for value, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
} | {"fourty": 40}
_SCALES = {"hundred": 100.0, "thousand": 1000.0, "million": 1_000_000.0}
_LEVELS = {
    "max": 100.0, "maximum": 100.0, "full": 100.0, "highest": 100.0, "fullest": 100.0, "brightest": 100.0,
    "loudest": 100.0, "fastest": 100.0, "full power": 100.0, "full speed": 100.0, "full blast": 100.0,
    "all the way": 100.0, "all the way up": 100.0, "hundred percent": 100.0, "completely": 100.0,
    "high": 100.0, "medium": 66.0, "mid": 50.0, "middle": 50.0, "low": 33.0,
    "half": 50.0, "halfway": 50.0, "half way": 50.0, "half power": 50.0, "half speed": 50.0, "midway": 50.0,
    "quarter": 25.0, "a quarter": 25.0, "one quarter": 25.0, "a third": 33.0, "one third": 33.0,
    "two thirds": 67.0, "three quarters": 75.0, "min": 1.0, "minimum": 1.0, "lowest": 1.0, "dimmest": 1.0,
    "slowest": 1.0, "quietest": 1.0, "a crack": 10.0, "partially": 50.0, "partly": 50.0,
}  # fmt: skip
_LEAD = re.compile(r"^(?:(?:to|at|by|of|for|in|about|around|level|the|its|speed|exactly)\s+)+")
_COUPLE = re.compile(r"^(?:a )?couple(?: of)? ")
_UNIT = re.compile(
    r"\s*(?:%|per ?cent|°\s*[cf]?|degrees?(?:\s+(?:celsius|centigrade|fahrenheit|c|f))?|"
    r"celsius|fahrenheit|kelvin|k|levels?|points?|steps?|notch(?:es)?|brightness|volume|speed|power)$"
)
_DIGITS = re.compile(r"-?\d+(?:[.,]\d+)?")
_SECONDS = {
    "second": 1.0, "sec": 1.0, "s": 1.0, "minute": 60.0, "min": 60.0, "m": 60.0, "hour": 3600.0, "hr": 3600.0,
    "h": 3600.0, "day": 86400.0, "week": 604800.0,
}  # fmt: skip
_DURATION_WORD = re.compile(
    r"\s*(?P<count>.*?)\s*\b(?P<unit>seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|[hms])\b"
    r"(?P<half>\s+and\s+(?:a\s+)?(?P<part>half|quarter))?"
)
_CLOCK = re.compile(
    r"^(?P<hour>\d{1,2})(?:[:. ]?(?P<minute>\d{2}))?\s*(?P<half>a\.?\s?m\.?|p\.?\s?m\.?)?$"
)
_NAMED_TIMES = {"noon": 43200.0, "midday": 43200.0, "midnight": 0.0}
_DAY_S = 86400.0


def _tidy(words: str) -> str:
    return re.sub(r"\s+", " ", normalise(words)).strip(" .,!?")


def _spoken(words: str) -> float | None:
    """Read number words only: ``one hundred and five``, ``twenty-two point five``."""
    total, current, seen = 0.0, 0.0, False
    parts = words.replace("-", " ").split()
    for index, word in enumerate(parts):
        if word in _ONES or word in _TENS:
            value = _ONES.get(word, _TENS.get(word, 0))
            fits = (
                not seen or current % 100 == 0 or (value < 10 and current % 10 == 0 and value > 0)
            )
            if not fits:
                return None
            current, seen = current + value, True
        elif word in _SCALES and (seen or index == 0 or parts[index - 1] == "a"):
            current = (current if seen else 1.0) * _SCALES[word]
            seen = True
            if _SCALES[word] >= 1000.0:
                total, current = total + current, 0.0
        elif (word == "a" and index + 1 < len(parts) and parts[index + 1] in _SCALES) or (
            word == "and" and seen
        ):
            continue
        elif word == "point" and seen:
            digits = [_ONES.get(digit, -1) for digit in parts[index + 1 :]]
            if not digits or any(not 0 <= digit <= 9 for digit in digits):
                return None
            return total + current + float("0." + "".join(map(str, digits)))
        else:
            return None
    return total + current if seen else None


def number(words: str) -> float | None:
    """Read a number: ``twenty two point five``, ``50 %``, ``to fifty percent``, ``-3``, ``2,5``.

    Words for a level are read in percent: ``half`` is 50, ``max`` 100, ``low`` 33.
    """
    text = _COUPLE.sub("2 ", _LEAD.sub("", _tidy(words)).strip())
    if text in _LEVELS:
        return _LEVELS[text]
    bare = _UNIT.sub("", text).strip()
    if bare in _LEVELS and bare != text:
        return _LEVELS[bare]
    return _exact(bare)


def _exact(text: str) -> float | None:
    """Read digits or number words, nothing around them."""
    negative = re.match(r"(?:minus|negative)\s+", text)
    if negative:
        value = _exact(text[negative.end() :])
        return None if value is None else -value
    if _DIGITS.fullmatch(text):
        return float(text.replace(",", "."))
    half = re.fullmatch(r"(.+?) and (?:a )?(half|quarter)", text)
    if half:
        value = _exact(half[1])
        return None if value is None else value + (0.5 if half[2] == "half" else 0.25)
    return _spoken(text)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount as said: its number, its unit, and whether it is a change or a target."""

    value: float
    unit: Literal["", "%", "C", "F", "K"]
    relative: bool
    """Said with "by": a change; else a target or unknown."""


def amount(words: str) -> Amount | None:
    """Read an amount with its unit: ``by two degrees``, ``to 50 %``, ``3000 kelvin``."""
    value = number(words)
    if value is None:
        return None
    text = _tidy(words)
    unit: Literal["", "%", "C", "F", "K"] = ""
    if re.search(r"%|per ?cent", text):
        unit = "%"
    elif re.search(r"fahrenheit|(?:°|degrees) ?f\b", text):
        unit = "F"
    elif re.search(r"celsius|centigrade|(?:°|degrees) ?c\b", text):
        unit = "C"
    elif re.search(r"kelvin|\d ?k\b", text):
        unit = "K"
    elif _LEAD.sub("", text).strip() in _LEVELS:
        unit = "%"
    return Amount(value, unit, text.startswith("by "))


def temperature_c(words: str, *, fahrenheit: bool = False) -> float | None:
    """Read a temperature in degrees Celsius.

    Args:
        words: Such as ``to 22 degrees`` or ``seventy two fahrenheit``.
        fahrenheit: What a temperature without a unit is in.
    """
    said = amount(words)
    if said is None or said.unit in ("%", "K"):
        return None
    if said.unit == "F" or (said.unit == "" and fahrenheit):
        return (said.value - 32.0) * 5.0 / 9.0
    return said.value


@lru_cache(maxsize=8192)
def duration_s(words: str) -> float | None:
    """Read a length of time in seconds: ``an hour and a half``, ``2 min 30``, ``half an hour``."""
    text = re.sub(r"^(?:in|for|after|of|by|another)\s+", "", _tidy(words))
    text = re.sub(
        r"(\d)(secs?|mins?|hrs?|[hms])(?![a-z])", r"\1 \2 ", re.sub(r"(?<=\w)-(?=\w)", " ", text)
    ).strip()
    text = re.sub(r"\s+(?:from now|long|more|later)$", "", text)
    position, total, smallest = 0, 0.0, math.inf
    while position < len(text):
        rest = text[position:]
        match = _DURATION_WORD.match(rest)
        if match is None:
            value = _exact(re.sub(r"^\s*(?:and\s+)?", "", rest).strip())
            if value is None or not math.isfinite(smallest) or smallest <= 1.0:
                return None
            return total + value * smallest / 60.0
        count = _count(re.sub(r"^(?:,|and\b)\s*", "", match["count"].strip()))
        unit = _SECONDS.get(match["unit"]) or _SECONDS.get(match["unit"].rstrip("s"))
        if count is None or unit is None or unit >= smallest or count < 0:
            return None
        if match["part"]:
            count += 0.5 if match["part"] == "half" else 0.25
        total, smallest = total + count * unit, unit
        position += match.end()
    return total if math.isfinite(smallest) else None


def _count(text: str) -> float | None:
    """Read how many of a unit: ``an``, ``half an``, ``two and a half``, ``a couple of``."""
    fixed = {
        "a": 1.0, "an": 1.0, "half": 0.5, "half a": 0.5, "half an": 0.5, "a half": 0.5, "quarter of an": 0.25,
        "a quarter of an": 0.25, "quarter": 0.25, "three quarters of an": 0.75, "a couple": 2.0,
        "a couple of": 2.0, "couple of": 2.0, "a few": 3.0, "a dozen": 12.0, "one and a half": 1.5,
    }  # fmt: skip
    return fixed[text] if text in fixed else _exact(text)


def time_of_day_s(words: str) -> float | None:
    """Read a time of day in seconds since midnight: ``at 7 pm``, ``half past six``, ``18:30``."""
    text = re.sub(r"^(?:at|by|around|about|for|until|till)\s+", "", _tidy(words))
    text = re.sub(r"\s*o ?'? ?clock", "", text)
    evening = re.search(r"\s+(?:in the (evening|afternoon|morning)|(tonight))$", text)
    if evening:
        text = text[: evening.start()]
    if text in _NAMED_TIMES:
        return _NAMED_TIMES[text]
    value = _past(text)
    if value is None:
        value = _clock(text)
    if value is not None and evening and evening[1] != "morning" and value < _DAY_S / 2:
        value += _DAY_S / 2
    return value


def _past(text: str) -> float | None:
    """Read ``half past six``, ``half six``, ``quarter to nine``, ``ten past 7 pm``."""
    text = re.sub(r"^half (?!past\b)(?=\w+)", "half past ", text)  # British: half four is 4:30
    match = re.fullmatch(r"(?:a )?(.+?)(?: minutes)? (past|after|to|before|till) (.+)", text)
    if match is None:
        return None
    minutes = {"half": 30.0, "quarter": 15.0}.get(match[1])
    minutes = _exact(match[1]) if minutes is None else minutes
    base = _clock(match[3])
    if minutes is None or base is None or not 0 <= minutes < 60:
        return None
    signed = minutes if match[2] in ("past", "after") else -minutes
    return (base + signed * 60.0) % _DAY_S


def _clock(text: str) -> float | None:
    """Read ``7``, ``7 pm``, ``7:30``, ``seven thirty pm``, ``1830``."""
    half = re.search(r"\s*\b(a|p)\.?\s?m\.?$", text)
    digits = _CLOCK.match(text)
    if digits:
        hour, minute = int(digits["hour"]), int(digits["minute"] or 0)
    else:
        found = _spoken_clock(text[: half.start()] if half else text)
        if found is None:
            return None
        hour, minute = found
        digits = None
    marker = half[1] if half else (digits["half"][0] if digits and digits["half"] else "")
    if hour > 24 or minute > 59 or (marker and not 1 <= hour <= 12):
        return None
    if marker:
        hour = hour % 12 + (12 if marker == "p" else 0)
    return (hour * 3600.0 + minute * 60.0) % _DAY_S


def _spoken_clock(text: str) -> tuple[int, int] | None:
    """Read ``seven``, ``seven thirty``, ``twenty two fifteen``, ``seven oh five``."""
    words = text.replace("-", " ").replace(" oh ", " zero ").split()
    for cut in range(len(words), 0, -1):
        hour = _spoken(" ".join(words[:cut]))
        tail = words[cut:]
        minute = 0.0 if not tail else _spoken(" ".join(tail[1:] if tail[0] == "zero" else tail))
        if hour is not None and minute is not None and hour <= 24 and minute < 60:
            return int(hour), int(minute)
    return None


def colour(words: str) -> tuple[int, int, int] | None:
    """Read a colour name as red, green, blue in 0..255; whites by warmth are for ``kelvin``."""
    text = _LEAD.sub("", _tidy(words)).strip()
    text = re.sub(
        r"^(?:a|an)\s+|\s+(?:colou?red|colou?r|light|lights|ish|tone|hue|shade)$", "", text
    )
    for name in (text.replace(" ", "").replace("-", "").replace("grey", "gray"), *_stems(text)):
        if name in COLOURS:
            return COLOURS[name]
    return None


def _stems(text: str) -> tuple[str, ...]:
    """Return what a form such as ``redder`` or ``bluish`` comes from, if it is one."""
    return tuple(
        base
        for ending in ("ish", "er", "y", "der", "tish")
        if text.endswith(ending)
        for base in (text[: -len(ending)], text[: -len(ending)] + "e")
    )


def kelvin(words: str) -> int | None:
    """Read a colour temperature: ``warm white`` is 2700, ``4000 kelvin`` is 4000; 1000 to 20000."""
    text = _LEAD.sub("", _tidy(words)).strip()
    for name in (text, re.sub(r"\s+(?:white|light|lights|tone)$", "", text)):
        if name in WHITES:
            return WHITES[name]
    if not re.search(r"kelvin$|\dk$|\d k$|^\d{4,5}$|thousand|hundred", text):
        return None
    value = number(text)
    return int(value) if value is not None and 1000 <= value <= 20000 else None
