"""The file of the schedule: what it holds, read leniently and written whole or not at all."""

from __future__ import annotations

import json
import logging
import math
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hubagent.types import Command, EntityId, TurnId

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hubagent.types import Scalar, Value

_LOGGER = logging.getLogger(__name__)

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Delayed:
    """Commands that wait for their time."""

    turn_id: TurnId
    due_s: float
    intent: str
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer; it runs while ``due_s`` is set, and keeps ``left_s`` while it is paused."""

    turn_id: TurnId
    name: str
    alarm: bool
    length_s: float
    due_s: float | None
    left_s: float = 0.0


@dataclass(slots=True)
class Book:
    """All that is arranged."""

    delayed: list[Delayed] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)

    def copy(self) -> Book:
        """Return a book of its own with the same entries."""
        return Book(list(self.delayed), list(self.timers))


def read_book(path: Path) -> Book:
    """Read a schedule; entries and files that are wrong are left out and logged, never fatal."""
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return Book()
    except (OSError, ValueError, RecursionError) as error:
        _LOGGER.warning("The schedule in %s cannot be read and is left out: %s", path, error)
        return Book()
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        _LOGGER.error("The schedule in %s is of another format and is left out", path)
        return Book()
    book = Book()
    wrong = 0
    for row in _rows(document.get("delayed")):
        try:
            book.delayed.append(_delayed(row))
        except (KeyError, TypeError, ValueError, AttributeError):
            wrong += 1
    for row in _rows(document.get("timers")):
        try:
            book.timers.append(_timer(row))
        except (KeyError, TypeError, ValueError):
            wrong += 1
    if wrong:
        _LOGGER.error("%d entries of the schedule in %s are left out", wrong, path)
    return book


def write_book(path: Path, book: Book) -> None:
    """Write a schedule beside the old one and put it in its place.

    Raises:
        OSError: When it cannot be written; the old one is still there then.
    """
    document = {
        "format": FORMAT,
        "delayed": [
            {
                "turn": item.turn_id,
                "due": item.due_s,
                "intent": item.intent,
                "commands": [
                    {"entity_id": c.entity_id, "command": c.command, "data": dict(c.data)}
                    for c in item.commands
                ],
            }
            for item in book.delayed
        ],
        "timers": [
            {
                "turn": item.turn_id,
                "name": item.name,
                "alarm": item.alarm,
                "length": item.length_s,
                "due": item.due_s,
                "left": item.left_s,
            }
            for item in book.timers
        ],
    }
    beside = path.with_suffix(".new")
    with beside.open("w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _rows(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _delayed(row: Mapping[str, Any]) -> Delayed:
    commands = tuple(
        Command(
            EntityId(_text(c["entity_id"])),
            _text(c["command"]),
            {_text(name): _value(value) for name, value in c["data"].items()},
        )
        for c in row["commands"]
    )
    return Delayed(TurnId(_text(row["turn"])), _number(row["due"]), _text(row["intent"]), commands)


def _timer(row: Mapping[str, Any]) -> Timer:
    due = row["due"]
    return Timer(
        TurnId(_text(row["turn"])),
        _text(row["name"]),
        bool(row["alarm"]),
        _number(row["length"]),
        None if due is None else _number(due),
        _number(row["left"]),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError
    return float(value)


def _value(value: object) -> Value:
    if isinstance(value, list):
        return tuple(_scalar(item) for item in value)
    return _scalar(value)


def _scalar(value: object) -> Scalar:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError
