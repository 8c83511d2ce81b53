"""What can be said: classes of the model, their intents, and the names other systems use.

In comes ``catalogue.toml``, out go look-ups. The order of classes and tags is that of the model's
outputs.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hubagent.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

_SCHEMA = 1
_SHOPPING = frozenset(("shopping", "grocery", "groceries", "shopping list", "grocery list"))
_ABSOLUTE = ("to ", "at ")


@dataclass(frozen=True, slots=True)
class IntentClass:
    """One class of the model; the fields are explained at the top of ``catalogue.toml``."""

    label: str
    intent: str
    home_assistant: str
    slurp: str
    group: str
    home: bool
    implied: tuple[tuple[str, str], ...]
    rename: tuple[tuple[str, str], ...]
    absolute: str
    shopping: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All classes, tags and the words that tell kinds of devices and places."""

    classes: tuple[IntentClass, ...]
    tags: tuple[tuple[str, str], ...]
    """(tag, SLURP's slot name or empty), in the order of the model's outputs."""
    device_words: dict[str, tuple[str, str]]
    """Word for a kind of device -> (domain, device class or empty)."""
    floor_words: frozenset[str]
    everywhere_words: frozenset[str]

    @classmethod
    def load(cls, path: Path) -> Catalogue:
        """Read the catalogue.

        Raises:
            ModelError: If the file is missing, damaged or of another schema.
        """
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
            if content["schema"] != _SCHEMA:
                raise ModelError(
                    f"catalogue of schema {content['schema']}, expected {_SCHEMA}",
                    hint="install the model that belongs to this version",
                )
            classes = tuple(_entry(label, fields) for label, fields in content["classes"].items())
            words: dict[str, tuple[str, str]] = {}
            for kind, (names, device_class) in content["devices"].items():
                words |= dict.fromkeys(names, (kind.split(".")[0], device_class))
            return cls(
                classes, tuple(content["slots"].items()), words,
                frozenset(content["words"]["floor"]), frozenset(content["words"]["everywhere"]),
            )  # fmt: skip
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"cannot read the catalogue `{path}`: {error}", hint="reinstall hubagent"
            ) from error

    def by_label(self, label: str) -> IntentClass:
        """Return the class of that name.

        Raises:
            KeyError: If there is none.
        """
        for entry in self.classes:
            if entry.label == label:
                return entry
        raise KeyError(label)

    def device_word(self, words: str) -> tuple[str, str] | None:
        """Return (domain, device class) if the words only say a kind of device, else ``None``."""
        bare = words.lower().strip()
        for article in ("all the ", "all of the ", "all ", "the ", "every ", "my "):
            bare = bare.removeprefix(article)
        return self.device_words.get(bare)

    def meant(self, entry: IntentClass, slots: dict[str, str]) -> IntentClass:
        """Return the class that holds with these slots (tag -> text): "up to 50 %" is absolute."""
        if entry.absolute and slots.get("amount", "").lower().startswith(_ABSOLUTE):
            return self.by_label(entry.absolute)
        return entry

    def home_assistant(self, entry: IntentClass, slots: dict[str, str]) -> str:
        """Return Home Assistant's intent for a class with these slots (tag -> text), or empty."""
        if entry.shopping and slots.get("list_name", "").lower() in _SHOPPING:
            return entry.shopping
        return entry.home_assistant

    def slot_name(self, entry: IntentClass, tag: str, text: str) -> str:
        """Return the public name of a slot of this class.

        A device mention is ``device`` when it only says a kind ("the blinds"), else ``name``;
        a place is ``floor`` when its words say so, else ``area``.
        """
        if tag == "name" and self.device_word(text) is not None:
            return "device"
        if tag == "area" and not self.floor_words.isdisjoint(text.lower().split()):
            return "floor"
        return dict(entry.rename).get(tag, tag)


def _entry(label: str, fields: dict[str, Any]) -> IntentClass:
    return IntentClass(
        label=label,
        intent=fields["intent"],
        home_assistant=fields["home_assistant"],
        slurp=fields["slurp"],
        group=fields["group"],
        home=fields["home"],
        implied=tuple(fields.get("implied", {}).items()),
        rename=tuple(fields.get("rename", {}).items()),
        absolute=fields.get("absolute", ""),
        shopping=fields.get("shopping", ""),
    )
