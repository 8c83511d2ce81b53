"""Pairs and entries as plain documents: what the store keeps, export writes and import reads.

Whatever comes in may be hostile or damaged: every field is checked, and what is wrong is named.
"""

from __future__ import annotations

import base64
import binascii
import math
import unicodedata
from typing import TYPE_CHECKING, Any, TypeVar

from hubagent.errors import DataError
from hubagent.evidence import Affinity, Entry, Pair, Stage, Tally, source_key
from hubagent.types import Layer

if TYPE_CHECKING:
    from collections.abc import Mapping

_Word = TypeVar("_Word", Layer, Stage, Affinity)

MOST_CHARACTERS = 200
"""Of a request that is worth keeping; people say some 40 to a home."""
_MOST_OTHER = 1000
_MOST_DAYS = 16
_MOST_COUNT = 1e6
_MOST_DIMENSIONS = 1024
_HOURS = 24
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that nobody says: controls, marks of direction, private and unassigned."""


def pair_document(pair: Pair) -> dict[str, Any]:
    """Return a pair as JSON types; nothing is lost."""
    return {
        "source": pair.source,
        "target": pair.target,
        "layer": pair.layer.value,
        "stage": pair.stage.value,
        "origin": pair.origin,
        "interpretation": pair.interpretation,
        "on": [pair.on.good, pair.on.bad],
        "off": [pair.off.good, pair.off.bad],
        "sessions": pair.sessions,
        "days": list(pair.days),
        "since": pair.since_s,
        "last": pair.last_s,
        "until": pair.until_s,
        "why": pair.why,
    }


def entry_document(entry: Entry) -> dict[str, Any]:
    """Return an entry as JSON types; nothing is lost."""
    return {
        "text": entry.text,
        "interpretation": entry.interpretation,
        "affinity": entry.affinity.value,
        "tally": [entry.tally.good, entry.tally.bad],
        "last": entry.last_s,
        "hours": list(entry.hours),
        "place": entry.place,
        "embedding": base64.b64encode(entry.embedding).decode("ascii"),
    }


def read_pair(document: object) -> Pair:
    """Return the pair of a document; fields that are left out are as for a new one.

    Raises:
        DataError: If anything in it is not as it must be, with the field's name.
    """
    row = _object(document, "a pair")
    return Pair(
        source=_key(row.get("source"), "source"),
        target=_words(row.get("target"), "target"),
        layer=_one_of(Layer, row.get("layer", "personal"), "layer"),
        stage=_one_of(Stage, row.get("stage", "live"), "stage"),
        origin=_text(row.get("origin", "import"), "origin"),
        interpretation=_text(row.get("interpretation", ""), "interpretation"),
        on=_tally(row.get("on", [0, 0]), "on"),
        off=_tally(row.get("off", [0, 0]), "off"),
        sessions=_number(row.get("sessions", 0.0), "sessions"),
        days=_days(row.get("days", [])),
        since_s=_number(row.get("since", 0.0), "since", most=math.inf),
        last_s=_number(row.get("last", 0.0), "last", most=math.inf),
        until_s=_number(row.get("until", 0.0), "until", most=math.inf),
        why=_text(row.get("why", ""), "why"),
    )


def read_entry(document: object) -> Entry:
    """Return the entry of a document.

    Raises:
        DataError: If anything in it is not as it must be, with the field's name.
    """
    row = _object(document, "an entry")
    hours = row.get("hours", [])
    if not isinstance(hours, list) or len(hours) not in {0, _HOURS}:
        raise DataError("`hours` is not a list of 24 numbers")
    return Entry(
        text=_key(row.get("text"), "text"),
        interpretation=_text(row.get("interpretation", ""), "interpretation"),
        affinity=_one_of(Affinity, row.get("affinity", "own"), "affinity"),
        tally=_tally(row.get("tally", [0, 0]), "tally"),
        last_s=_number(row.get("last", 0.0), "last", most=math.inf),
        hours=tuple(_number(hour, "hours") for hour in hours),
        place=_text(row.get("place", ""), "place"),
        embedding=_embedding(row.get("embedding", "")),
    )


def speakable(text: str) -> bool:
    """Return whether a text has no character that cannot be said or typed."""
    if text.isascii():
        return text.isprintable()
    return not any(unicodedata.category(character) in _HIDDEN for character in text)


def _object(document: object, what: str) -> Mapping[str, Any]:
    if not isinstance(document, dict):
        raise DataError(f"{what} is not an object")
    return document


def _text(value: object, name: str, most: int = _MOST_OTHER) -> str:
    if not isinstance(value, str):
        raise DataError(f"`{name}` is not a text")
    if len(value) > most:
        raise DataError(f"`{name}` has more than {most} characters")
    if not speakable(value):
        raise DataError(f"`{name}` has characters that cannot be said")
    return value


def _words(value: object, name: str) -> str:
    text = " ".join(_text(value, name, MOST_CHARACTERS).split())
    if not source_key(text):
        raise DataError(f"`{name}` has no words")
    return text


def _key(value: object, name: str) -> str:
    return source_key(_words(value, name))


def _one_of(kind: type[_Word], value: object, name: str) -> _Word:
    for item in kind:
        if value == item.value:
            return item
    raise DataError(f"`{name}` is none of {', '.join(item.value for item in kind)}")


def _number(value: object, name: str, most: float = _MOST_COUNT) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DataError(f"`{name}` is not a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number) or not 0 <= number <= most:
        raise DataError(f"`{name}` is out of range")
    return number


def _tally(value: object, name: str) -> Tally:
    if not isinstance(value, list) or len(value) != 2:
        raise DataError(f"`{name}` is not a pair of numbers")
    return Tally(_number(value[0], name), _number(value[1], name))


def _days(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) > _MOST_DAYS:
        raise DataError(f"`days` is not a list of at most {_MOST_DAYS} numbers")
    return tuple(int(_number(day, "days")) for day in value)


def _embedding(value: object) -> bytes:
    if not isinstance(value, str) or len(value) > 2 * _MOST_DIMENSIONS:
        raise DataError("`embedding` is not a short text")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise DataError("`embedding` is not base 64") from None
