"""Readings that go the other way than the words do, turned round: "pull the curtains to" opens none.

In: a clause with its readings. Out: the same, with each reading of the wrong way turned into its opposite.
A model knows "on" and "off" by their company, and may take the usual way for the one said. Only words that
can mean nothing else count, and only where none of the other way is said; words are data
(``polarity.toml``). What lets somebody in is never surer for it than a question needs.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from hubagent.resolve import text

if TYPE_CHECKING:
    from hubagent.types import Clause, Hypothesis

_VERBS = frozenset(
    ["turn", "switch", "put", "pop", "flick", "flip", "pull", "push", "draw", "roll", "wind", "swing", "knock", "go", "get", "bring", "move"]
)  # fmt: skip
_DETERMINERS = frozenset(
    {"the", "my", "our", "a", "an", "it", "them", "all", "that", "this", "please"}
)
_POLITE = frozenset(
    ["please", "now", "again", "thanks", "for", "me", "us", "would", "will", "could", "can", "you"]
)
_UNSURE = 0.5


@dataclass(frozen=True, slots=True)
class _Axis:
    intents: tuple[str, ...]
    plus: frozenset[str]
    minus: frozenset[str]
    behind_plus: frozenset[str]
    behind_minus: frozenset[str]
    sensitive: frozenset[str]
    direction: bool


def put_right(clause: Clause, said: str) -> Clause:
    """Return the clause with every reading going the way that its words go.

    Args:
        clause: A clause with its readings.
        said: Its words.
    """
    words = text.tokens(said)
    readings = tuple(_turned(reading, words) for reading in clause.hypotheses)
    return clause if readings == clause.hypotheses else replace(clause, hypotheses=readings)


def _turned(reading: Hypothesis, words: tuple[str, ...]) -> Hypothesis:
    direction = dict(reading.implied).get("direction")
    for axis in _axes():
        if axis.direction and direction in {"up", "down"}:
            way = _way(axis, words)
            if way and way != direction:
                implied = tuple(
                    (name, way if name == "direction" else value) for name, value in reading.implied
                )
                return replace(reading, implied=implied)
        elif reading.intent in axis.intents:
            way = _way(axis, words)
            meant = axis.intents[0 if way == "up" else 1] if way else reading.intent
            if meant != reading.intent:
                sure = min(reading.probability, _UNSURE if meant in axis.sensitive else 1.0)
                return replace(reading, intent=meant, probability=sure)
    return reading


def _way(axis: _Axis, words: tuple[str, ...]) -> str:
    """Return ``up`` or ``down`` for the side of which words are said, if of one only."""
    plus = bool(axis.plus & set(words)) or _stands_behind(axis.behind_plus, words)
    minus = bool(axis.minus & set(words)) or _stands_behind(axis.behind_minus, words)
    return "" if plus == minus else "up" if plus else "down"


def _stands_behind(small: frozenset[str], words: tuple[str, ...]) -> bool:
    """Return whether a small word says which way: "put out the lamp", "pull the curtains to"."""
    left = words
    while left and left[-1] in _POLITE:
        left = left[:-1]
    if left and left[-1] in small and bool(_VERBS & set(left[:-1])):
        return True
    return any(
        words[at] in _VERBS and words[at + 1] in small and words[at + 2] in _DETERMINERS
        for at in range(len(words) - 2)
    )


@cache
def _axes() -> tuple[_Axis, ...]:
    source = resources.files("hubagent.resolve").joinpath("polarity.toml")
    table = tomllib.loads(source.read_text(encoding="utf-8"))
    return tuple(
        _Axis(
            intents=tuple(item.get("intents", ())),
            plus=frozenset(item["plus"]),
            minus=frozenset(item["minus"]),
            behind_plus=frozenset(item.get("behind_plus", ())),
            behind_minus=frozenset(item.get("behind_minus", ())),
            sensitive=frozenset(item.get("sensitive", ())),
            direction=item.get("direction", False),
        )
        for item in table["axes"]
    )
