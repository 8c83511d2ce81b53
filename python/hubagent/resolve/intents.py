"""What each intent does to things of each domain: ``intents.toml``, read once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class IntentSpec:
    """One intent as data; the fields are explained at the top of ``intents.toml``."""

    intent: str
    commands: Mapping[str, tuple[str, ...]]
    setting: str = ""
    alone: tuple[str, ...] = ()
    everything: tuple[str, ...] = ()
    prefer: str = ""
    anywhere: bool = False
    confirm: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def within(self, domains: frozenset[str]) -> IntentSpec:
        """Return the same for things of these domains only, if it does anything to them."""
        commands = {domain: names for domain, names in self.commands.items() if domain in domains}
        if not commands:
            return self
        alone = tuple(domain for domain in commands if domain in (*self.alone, *self.everything))
        return replace(
            self, commands=commands, alone=alone or tuple(commands), everything=tuple(commands)
        )


@cache
def load() -> Mapping[str, IntentSpec]:
    """Return the specification of every intent that moves something, by intent."""
    source = resources.files("hubagent.resolve").joinpath("intents.toml")
    tables = tomllib.loads(source.read_text(encoding="utf-8"))
    return {
        intent: IntentSpec(
            intent=intent,
            commands={domain: tuple(names) for domain, names in table["commands"].items()},
            setting=table.get("setting", ""),
            alone=tuple(table.get("alone", ())),
            everything=tuple(table.get("everything", ())),
            prefer=table.get("prefer", ""),
            anywhere=table.get("anywhere", False),
            confirm=tuple(table.get("confirm", ())),
            words=tuple(table.get("words", ())),
        )
        for intent, table in tables.items()
    }
