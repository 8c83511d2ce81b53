"""What was found to be so, for a sentence or a condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.types import EntityId, Value


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is so, as facts for a sentence."""

    reason: str
    facts: Mapping[str, Value]
    targets: tuple[EntityId, ...]
    holds: bool | None = None
    """Of a question that is answered with yes or no, and of a condition."""
