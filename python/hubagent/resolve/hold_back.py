"""Requests that must not be carried out now: for later, on a condition, or not at all.

A time that ``later`` could read is no longer in the words; what is left of that sort ("in a bit", "if
it gets dark") is refused with the reason, for acting at once would be a fault. Words are looked at,
not only slots, because a missed slot must not switch anything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubagent.types import Hypothesis

_TIME_SLOTS = frozenset({"time", "date", "duration", "frequency"})
_UNIT = r"(?:seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?)"
_COUNT = r"(?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty)"
_MINUTES = r"(?:5|10|15|20|30|five|ten|fifteen|twenty|thirty)"
_LATER = re.compile(
    rf"\b(?:in|after|for|within|every|another|wait|give it|give me)\s+(?:[\w-]+\s+){{1,5}}?{_UNIT}\b"
    rf"|\b(?:an?|half an?)\s+hour\b"
    r"|\b(?:at|by|until|till|before|after|from)\s+(?:noon|midday|midnight|sunset|sunrise|dusk|dawn|dark)\b"
    r"|\b\d{1,2}(?:[:.]\d{2})?\s*(?:a\.?m\.?|p\.?m\.?|o'?\s?clock)(?!\w)"
    r"|\b(?:half|quarter) (?:past|to)\b"
    r"|\bfrom now\b|\bnext (?:day|week|weekend|month|year)\b"
    r"|\bon the hour\b|\b(?:nightly|daily|hourly|weekly)\b"
    r"|\b(?:in|during|through) the (?:night|morning|evening|afternoon)\b(?!\s+room)"
    r"|\bthis (?:morning|evening|afternoon)\b|\b(?:on|at) (?:the )?week(?:day|end)s?\b"
    rf"|\b(?:after {_COUNT}|{_COUNT}ish)\b"
    rf"|\bin {_MINUTES}(?=[\s,.!]*$|,|\s+(?:please|turn|switch|close|open|set|make|dim)\b)"
    rf"|^(?:please )?in {_MINUTES}\b"
    r"|\bat (?:1[3-9]|2[0-3])[0-5]\d\b(?!\s*k)"
    r"|\bin a (?:little )?(?:bit|while|moment|jiffy)\b|\bsoon\b"
    r"|\b(?:at|before|after|until) (?:bed|breakfast|lunch|dinner|supper|tea|work|school|night)(?:\s?time)?\b"
    r"|\b(?:tomorrow|later|tonight|every (?:day|night|morning|evening|week))\b"
    r"|\b(?:on|next|every) (?:mon|tues|wednes|thurs|fri|satur|sun)days?\b",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"\b(?:if|unless|whenever|once|as soon as|in case|until)\b|\bwhen(?:ever)?\b(?!\s+i say)",
    re.IGNORECASE,
)
_NOT = re.compile(r"\b(?:do not|don'?t|don\u2019t|never|no need to|stop asking)\b", re.IGNORECASE)
_YET_DO = re.compile(
    r"\b(?:don'?t|don\u2019t|do not|never) forget\b|\bwhy (?:don'?t|don\u2019t|do not) (?:you|we)\b",
    re.IGNORECASE,
)


_TIMELY = re.compile(
    rf"\d|\b(?:{_COUNT}|twenty|thirty|forty|fifty|half|quarter)\b|{_UNIT}\b|\b(?:noon|midday|midnight|night|tonight|today|tomorrow|"
    r"later|soon|sunset|sunrise|dusk|dawn|dark|morning|evening|afternoon|weekends?|weekdays?|month|year|hourly|daily|"
    r"nightly|weekly|breakfast|lunch|dinner|supper|bed|bedtime|work|school)\b|\b\w+day\b|\bevery\b",
    re.IGNORECASE,
)
"""Words of a time; a slot without any is something else that the model took for one."""
_ASIDE = re.compile(
    r"\bbefore (?:judge?ment|the end of the|dooms) ?\w*\b|\bwhile (?:i|we|they|he|she|you)\b.*$"
    r"|,\s*(?:nobody|no one|everyone|everybody|we|i|they|he|she|guests?|visitors?|it)(?:['\u2019]s|['\u2019]re|['\u2019]m|['\u2019]ll| is| are| am|\b)"
    r"(?=.*\b(?:home|away|out|back|gone|here|asleep|coming|arriving|leaving)\b).*$"
    r"|\b(?:an?|half an?) (?:sec|tick|mo)\b(?!\w)",
    re.IGNORECASE,
)
"""Reasons and asides, whose time is none of the command's: "nobody's home till tonight"."""


_WHY = re.compile(
    r"(?<=\w)\s*(?:[,;.!]\s*|\b(?:because|cause|cos|as|since)\s+)(?:because\s+|cos\s+|as\s+|since\s+)?"
    r"(?:i|we|he|she|they|it|the\s+\w+|\w+)\s+(?:really\s+|just\s+)?(?:do(?:es)?\s+not|do(?:es)?n['\u2019]?t|never)\s+"
    r"(?!want\s+(?:you\s+to|that|this|it|them)\b|(?:do|touch|move|change)\b).*$",
    re.IGNORECASE,
)
"""A reason behind a request, whose "not" is none of the command's: "I don't want them to look in"."""


def reason_to_hold_back(utterance: str, clause: str, reading: Hypothesis) -> str:
    """Return why a command must not be carried out now; empty if nothing speaks against it.

    Args:
        utterance: All that was said: a condition in one clause holds for the others.
        clause: The words of this request.
        reading: Its slots.
    """
    asked = _WHY.sub("", clause)
    if _NOT.search(asked) and not _YET_DO.search(clause):
        return "not_to_do"
    if _CONDITION.search(utterance):
        return "conditional"
    aside = _ASIDE.search(utterance)
    left = _ASIDE.sub(" ", utterance)
    timely = any(
        slot.name in _TIME_SLOTS
        and _TIMELY.search(slot.text)
        and not (aside is not None and aside.start() <= slot.start < aside.end())
        for slot in reading.slots
    )
    if timely or _LATER.search(left):
        return "later"
    return ""
