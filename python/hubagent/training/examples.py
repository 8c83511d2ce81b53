"""One training example, and the few pure operations that every source needs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

_NOT_WORD = re.compile(r"[^a-z0-9]+")
_AMOUNT_LEFT = re.compile(r"(?:\b(?:to|by|at|of)\s)(?:the\s|about\s|around\s)?$")
_AMOUNT_RIGHT = re.compile(
    r"^\s?(?:%|percent\b|degrees?(?: celsius| fahrenheit)?\b|°\s?[cf]?\b|°|level\b)"
)
_KELVIN_RIGHT = re.compile(r"^\s?(?:kelvin|k)\b")
_COUNT = (
    r"(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty"
    r"|thirteen|fourteen|sixteen|seventeen|eighteen|nineteen|thirty|forty|fifty|sixty|seventy|eighty"
    r"|ninety|half(?: an?)?|quarter(?: of)?(?: an?)?)"
)
_DURATION = re.compile(
    rf"{_COUNT}(?:[ -]{_COUNT})*(?: and (?:a )?(?:half|\d/\d))?[ -](?:hours?|minutes?|seconds?)"
    rf"(?:(?: and|,)? (?:{_COUNT}[ -])+(?:hours?|minutes?|seconds?)| and a half)*\b"
)


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence with what the model shall say about it.

    ``None`` means unknown: that head learns nothing from the example.
    """

    text: str
    label: str | None
    spans: tuple[tuple[int, int, str], ...] = ()
    """(start, end, tag), characters in ``text``, sorted, not overlapping."""
    out_of_scope: bool | None = False
    starts: tuple[int, ...] | None = ()
    """Characters at which a second, third, ... request begins."""
    source: str = ""
    slots_known: bool = field(default=True)
    soft: tuple[float, ...] | None = field(default=None)
    """Share of each class as an earlier model sees it; learnt in place of ``label``."""


def plain(text: str) -> str:
    """Return letters and digits only, single spaces: what makes two texts the same text."""
    return _NOT_WORD.sub(" ", text.lower().replace("'", "")).strip()


def drop_texts(examples: Iterable[Example], forbidden: frozenset[str]) -> list[Example]:
    """Return the examples whose normalised text is not in ``forbidden`` (normalised too)."""
    return [item for item in examples if plain(item.text) not in forbidden]


def tidy_spans(spans: Iterable[tuple[int, int, str]]) -> tuple[tuple[int, int, str], ...]:
    """Return sorted spans; of two that overlap the longer stays."""
    kept: list[tuple[int, int, str]] = []
    for start, end, tag in sorted(spans, key=lambda span: (span[0] - span[1], span[0])):
        if end > start and all(end <= other[0] or start >= other[1] for other in kept):
            kept.append((start, end, tag))
    return tuple(sorted(kept))


def widen_amounts(text: str, spans: Iterable[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Return spans in which amounts take in "to", "by" and the unit, as SLURP marks them, modes "mode"."""
    result = []
    for start, end, tag in spans:
        left, right = start, end
        if tag == "amount":
            before = _AMOUNT_LEFT.search(text[:start])
            left = before.start() if before else start
            after = _AMOUNT_RIGHT.search(text[end:])
            right = end + (after.end() if after else 0)
        elif tag == "color":
            after = _KELVIN_RIGHT.search(text[end:])
            right = end + (after.end() if after else 0)
        elif tag == "mode" and text[end:].startswith(" mode"):
            right = end + len(" mode")
        result.append((left, right, tag))
    return result


def durations(text: str) -> list[tuple[int, int, str]]:
    """Return the spans of durations in a timer sentence."""
    return [(match.start(), match.end(), "time") for match in _DURATION.finditer(text)]


def surround(example: Example, before: str, after: str) -> Example:
    """Return the example with words put before and after; offsets follow."""
    shift = len(before)
    return replace(
        example,
        text=f"{before}{example.text}{after}",
        spans=tuple((start + shift, end + shift, tag) for start, end, tag in example.spans),
        starts=None if example.starts is None else tuple(at + shift for at in example.starts),
    )


_BEFORE = (
    "please ", "can you ", "could you ", "could you please ", "can you please ", "hey ", "olly ",
    "would you ", "i want you to ", "i'd like you to ", "hey olly ", "okay ", "ok ", "alexa ",
    "hey google ", "computer ", "jarvis ", "now ", "go ahead and ", "just ", "will you ", "hi ",
    "i need you to ", "kindly ", "um ", "so ", "would you mind to ", "please can you ",
)  # fmt: skip
_CALLS = (
    "please ",
    "hey ",
    "olly ",
    "okay ",
    "alexa ",
    "hey google ",
    "computer ",
    "um ",
    "so ",
    "hi ",
)
_QUESTION = re.compile(
    r"(?:what|whats|how|is|are|who|where|when|which|did|do|does|will|can|could|i|we|it|it's|i'm|the"
    r"|has|have|was|hello|hi|hey|tell me|that|someone|good|this|whose|why)\b"
)
_AFTER = (
    " please", " now", " for me", " thanks", " right now", " for me please", " would you",
    " immediately", " okay", " thank you", " will you", " already", " olly", " if you can",
)  # fmt: skip


def beside(example: Example, words: str, generator: random.Random) -> Example:
    """Return the example with a reason, an address or a condition before or after the request."""
    link = generator.choice((", ", ", ", " "))
    if generator.random() < 0.5:
        return surround(example, f"{words}{generator.choice((link, link, ': '))}", "")
    return surround(example, "", f"{link}{words}")


def politeness(example: Example, generator: random.Random) -> Example:
    """Return the example as people say it: with a please, a name, a thank-you, at times."""
    asks = example.source == "spoken" or _QUESTION.match(example.text) is not None
    openings = _CALLS if asks else _BEFORE
    before = generator.choice(openings) if generator.random() < (0.15 if asks else 0.35) else ""
    after = generator.choice(_AFTER) if generator.random() < 0.2 else ""
    return surround(example, before, after)


_LINKS = (
    " and ", " and ", " and then ", " then ", ", ", ", and ", " and also ", ", then ", " also ", ". ",
)  # fmt: skip


def compound(parts: list[Example], generator: random.Random) -> Example:
    """Return one sentence of several requests; its label is unknown, its boundaries are known."""
    text = parts[0].text
    spans = list(parts[0].spans)
    starts = []
    for part in parts[1:]:
        text += generator.choice(_LINKS)
        starts.append(len(text))
        spans += [(start + len(text), end + len(text), tag) for start, end, tag in part.spans]
        text += part.text
    return Example(text, None, tuple(spans), starts=tuple(starts), source="compound")
