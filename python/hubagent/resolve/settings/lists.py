"""Items of to-do lists."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubagent.resolve import text

if TYPE_CHECKING:
    from hubagent.resolve.amounts import Amounts
    from hubagent.resolve.settings.request import Built, Request
    from hubagent.types import Command

_AND = re.compile(r"\s*,\s*(?:and\s+)?|\s+and\s+", re.IGNORECASE)
_PAIRS = re.compile(
    r"\b(?:salt and pepper|fish and chips|mac(?:aroni)? and cheese|bread and butter|gin and tonic"
    r"|cream and sugar|pork and beans|head and shoulders)\b",
    re.IGNORECASE,
)
"""What is one item though it has an "and"."""


def item(request: Request, _amounts: Amounts) -> Built:
    """Add, tick off or take off items; what is to go must be on the list, if that tells its items."""
    said = request.slot("item")
    if said is None:
        return request.missing("item")
    known = request.state.attributes.get("items")
    commands: list[Command] = []
    for words in _split(said):
        if request.command == "add_item":
            commands.append(request.to({"item": words}))
            continue
        found = _on_list(words, known) if isinstance(known, tuple) else words
        if found is None:
            return request.refused("unknown_value", what="item", value=words)
        done = {"status": "completed"} if request.command == "update_item" else {}
        commands.append(request.to({"item": found, **done}))
    return tuple(commands)


def _split(words: str) -> list[str]:
    """Return each item said: "milk, eggs and butter" is three."""
    kept = _PAIRS.sub(lambda match: re.sub(r"\s+", "\0", match[0]), words)
    parts = (part.replace("\0", " ").strip(" ,.!?") for part in _AND.split(kept))
    return [part for part in parts if part]


def _on_list(words: str, known: tuple[object, ...]) -> str | None:
    """Return the item of the list that the words name: equal, else the only one that has them all."""
    said = set(text.singulars(text.tokens(words))) - {"the", "a", "an", "some"}
    items = {str(item): set(text.singulars(text.tokens(str(item)))) for item in known}
    equal = [item for item, tokens in items.items() if tokens - {"the", "a", "an"} == said]
    having = equal or [item for item, tokens in items.items() if said and said <= tokens]
    return having[0] if len(having) == 1 or equal else None
