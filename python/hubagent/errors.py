"""One error tree; children are named by what the caller can do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class HubagentError(Exception):
    """Root of every error the package raises on purpose.

    Attributes:
        hint: What to do about it, shown on a line of its own; empty when there is nothing to add.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class ConfigError(HubagentError):
    """Settings are wrong; ``problems`` holds all of them, one sentence each."""

    def __init__(self, path: Path | str, problems: tuple[str, ...]) -> None:
        super().__init__(f"{path}: " + "; ".join(problems))
        self.path = str(path)
        self.problems = problems


class DataError(HubagentError):
    """Bytes from outside are wrong: skip the message and count it."""


class UnknownVersionError(DataError):
    """Bytes of a version that this software does not read: update one side."""


class UnknownEntityError(HubagentError, KeyError):
    """No entity of that id is registered."""

    def __init__(self, entity_id: str, *, hint: str = "") -> None:
        super().__init__(f"unknown entity `{entity_id}`", hint=hint)
        self.entity_id = entity_id

    def __str__(self) -> str:
        """Return the sentence; ``KeyError`` alone would show its repr."""
        return str(self.args[0])


class CapabilityError(HubagentError):
    """The entity exists and cannot do that."""

    def __init__(self, entity_id: str, command: str, *, hint: str = "") -> None:
        super().__init__(f"`{entity_id}` has no command `{command}`", hint=hint)
        self.entity_id = entity_id
        self.command = command


class TransportError(HubagentError):
    """The broker cannot be reached or said no: try again later."""

    def __init__(self, endpoint: str, message: str, *, hint: str = "") -> None:
        super().__init__(f"{endpoint}: {message}", hint=hint)
        self.endpoint = endpoint


class ModelError(HubagentError):
    """The model's files are missing, damaged, or do not fit this version."""


class GuardrailError(HubagentError):
    """Refused on purpose by the rule named."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


class InternalError(HubagentError):
    """A bug of ours; please report it."""
