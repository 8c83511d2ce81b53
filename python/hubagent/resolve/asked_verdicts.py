"""Facts of an answer from what things tell, and values as they are spoken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.resolve.colour_names import colour_name
from hubagent.resolve.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.resolve.lexicon import Quality
    from hubagent.resolve.tellers import Told
    from hubagent.types import Entity, Value

_RGB = 3


def names_of(entities: Sequence[Entity]) -> tuple[str, ...]:
    """Return the names of things."""
    return tuple(entity.name for entity in entities)


def told_verdict(told: tuple[Told, ...], quality: Quality | None) -> Verdict:
    """Return the answer that tells what was told, each with its unit."""
    facts: dict[str, Value] = {
        "what": quality.name if quality is not None else "state",
        "names": tuple(item.where or item.entity.name for item in told),
        "values": tuple(spoken(item.value) for item in told),
        "units": tuple(item.unit for item in told),
    }
    targets = tuple(item.entity.entity_id for item in told)
    return Verdict("value" if len(told) == 1 else "values", facts, targets)


def spoken(value: Value) -> str:
    """Return a value as it is spoken."""
    if value is None:
        return "unknown"
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    if isinstance(value, tuple) and len(value) == _RGB:
        parts = [part for part in value if isinstance(part, int)]
        if len(parts) == _RGB:
            return colour_name(*parts)
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    return str(value).replace("_", " ")
