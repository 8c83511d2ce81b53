"""The mapping file on the disk: read and compiled, and added to."""

from __future__ import annotations

import os
import tempfile
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hubagent.clock import ManualClock
from hubagent.context.store import ContextStore
from hubagent.devices.mapping import Mapping, read_mapping
from hubagent.errors import DataError, HubagentError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def load_mapping(path: Path) -> Mapping:
    """Read a mapping file and compile what it declares.

    Raises:
        DataError: It cannot be read, or is not TOML.
    """
    return _compiled(_text(path))


def _compiled(text: str) -> Mapping:
    return read_mapping(text, ContextStore(clock=ManualClock()).declare)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class Added:
    """What was added to a mapping file, and what was in it before, as entity ids."""

    written: tuple[str, ...]
    known: tuple[str, ...]


def add(path: Path, entities: Sequence[dict[str, Any]]) -> Added:
    """Add proposed entities to a mapping file, which is made when there is none.

    What is in the file stays as it is, letter for letter. An entity is left out when its id, or its
    topic and template, are in the file already.

    Args:
        path: The file.
        entities: Documents of proposals.

    Raises:
        HubagentError: The file has problems that must be mended first, or cannot be written.
    """
    before = _text(path) if path.exists() else ""
    try:
        problems = _compiled(before).problems
    except DataError as error:
        problems = (str(error),)
    if problems:
        raise HubagentError(f"{path}: {problems[0]}", hint="mend the file first")
    tables = tomllib.loads(before)
    ids = {f"{domain}.{key}" for domain, found in tables.items() for key in found}
    places = {
        (table.get("state_topic"), table.get("value_template"))
        for found in tables.values()
        for table in found.values()
    }
    new = [
        item
        for item in entities
        if item["entity_id"] not in ids
        and (item["state_topic"], item.get("value_template")) not in places
    ]
    text = "\n".join([*([before.rstrip("\n") + "\n"] if before else []), *(i["toml"] for i in new)])
    if problems := _compiled(text).problems:
        raise HubagentError(f"what was proposed does not compile: {problems[0]}")
    if new:
        _replace(path, text)
    written = tuple(item["entity_id"] for item in new)
    return Added(written, tuple(i["entity_id"] for i in entities if i["entity_id"] not in written))


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all; it keeps its rights."""
    try:
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, mode)  # noqa: PTH101 - the name is all there is
            os.replace(name, path)  # noqa: PTH105
        except BaseException:
            os.unlink(name)  # noqa: PTH108
            raise
    except OSError as error:
        raise HubagentError(
            f"`{path}` cannot be written: {error}", hint="run with the rights of its owner"
        ) from error
