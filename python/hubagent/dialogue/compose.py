"""From a shortened request and what was spoken of before to a reading that the resolver takes.

In: the parts of the request and the last turn about things. Out: a text of the closed words it
needs with a hypothesis over it, as the model would have read it in full; the resolver then says
whether those things can do it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent.dialogue.words import Quality, load, tokens
from hubagent.types import Clause, Hypothesis, Slot, Understanding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubagent.dialogue.memory import Past
    from hubagent.dialogue.shorthand import Short
    from hubagent.ports import ContextView
    from hubagent.types import Command, EntityId, EntityState

_OPENING = {"open": "up", "close": "down"}
_POSITIONED = frozenset({"cover", "valve"})
_OPPOSITE = {"up": "down", "down": "up"}
_UPWARD = frozenset({"turn_on", "open_cover", "open_valve", "volume_up", "media_play"})
_DOWNWARD = frozenset({"turn_off", "close_cover", "close_valve", "volume_down"})
_LEVELS: Mapping[str, str] = {"position": "current_position"}
"""Key of a command's data -> attribute it changes, where they differ."""
_SIZES = {"small": "a bit", "large": "a lot"}
_MIREDS = {"": 60, "small": 35, "large": 110}
"""How much warmer or cooler a white gets, in mired: 60 is from 3000 to 3700 kelvin."""
_WARMEST, _COOLEST = 2000.0, 6500.0
_OPTION = "HubSetOption"
_ENDS = {"up": "maximum", "down": "minimum"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A reading made of parts: an intent, the words that its settings read, which is its value."""

    intent: str
    text: str
    slot: str = ""
    value: str = ""
    domain: str = ""
    direction: str = ""

    def understood(self, *, target: str = "", place: str = "", it: bool = False) -> Understanding:
        """Return it as the understanding of a sentence that names a target, a place, or "it"."""
        text, slots = self.text, []
        if self.slot and self.value:
            start = text.index(self.value)
            slots.append(Slot(self.slot, start, start + len(self.value), self.value))
        targets = (
            ("name", target, " the "),
            ("area", place, " in the "),
            ("name", "it" if it else "", " "),
        )
        for name, said, before in targets:
            if said:
                text += before
                slots.append(Slot(name, len(text), len(text) + len(said), said))
                text += said
        implied = (("domain", self.domain), ("direction", self.direction))
        reading = Hypothesis(
            self.intent, 1.0, tuple(slots), tuple(item for item in implied if item[1]), "dialogue"
        )
        return Understanding(text, (Clause(0, len(text), (reading,)),), 0.0)


def compose(
    short: Short, ids: Sequence[EntityId], past: Past, view: ContextView
) -> tuple[Wanted, ...]:
    """Return the readings of a shortened request about these things, the likeliest first."""
    domains = tuple(dict.fromkeys(view.entity(entity_id).domain for entity_id in ids))
    if short.polarity in _OPENING and short.size and not short.way and set(domains) <= _POSITIONED:
        short.polarity, short.way = "", _OPENING[short.polarity]  # "open them a little"
    if short.polarity and not (short.amount or short.part or short.way or short.colour):
        return _switched(short.polarity, domains)
    if "softer" in short.words and set(domains) == {"light"}:
        short.quality = "brightness"  # of a lamp; a player is quieter
    if short.colour:
        if "light" not in domains:
            return ()
        return (Wanted("HassLightSet", short.colour, "color", short.colour, "light"),)
    tint = "" if short.quality or short.amount or short.part else _last_tint(past)
    if tint and (short.way in {"more", "back"} or (short.size and not short.way)):
        short.quality, short.way = "warmth", _OPPOSITE[tint] if short.way == "back" else tint
    if short.quality == "warmth":
        if "light" in domains:
            return _whiter(short, ids, view)
        short.quality = "temperature"
    found = []
    for domain in domains:
        quality = load().quality_of(domain)
        if quality is not None and short.quality in {"", quality.name}:
            wanted = _level(short, quality, domain, past)
            found += [wanted] if wanted else []
    return tuple(found)


def doing(said: str, ids: Sequence[EntityId], view: ContextView) -> Wanted | None:
    """Return the reading of "stop", "carry on" and the like about things that are at work, or can be.

    Args:
        said: The words, without politeness.
        ids: What was spoken of.
        view: The home.
    """
    for known in load().doings:
        if said not in known.said:
            continue
        intents = {
            known.intents[view.entity(i).domain]
            for i in ids
            if view.entity(i).domain in known.intents and view.state(i).state in known.states
        }
        if len(intents) == 1:
            return Wanted(intents.pop(), said)
    return None


def option_of(said: str, ids: Sequence[EntityId], view: ContextView) -> Wanted | None:
    """Return the reading that sets an option of what was spoken of: "bluetooth", "quietly".

    Args:
        said: What is left of the words; it must be the option and nothing else.
        ids: What was spoken of.
        view: The home.
    """
    words = tokens(said)
    manner = (words[0].removesuffix("ly"),) if len(words) == 1 else words
    for entity_id in ids:
        for limits in view.entity(entity_id).capabilities:
            for option in limits.options:
                if tokens(option.replace("_", " ")) in {words, manner}:
                    return Wanted(_OPTION, f"set to {option} mode", "mode", option)
    return None


def _switched(polarity: str, domains: Sequence[str]) -> tuple[Wanted, ...]:
    intent = load().switching[polarity]
    if "light" in domains and polarity in {"open", "close"} and len(domains) == 1:
        intent = load().switching["on" if polarity == "open" else "off"]
    return (Wanted(intent, polarity, domain=domains[0] if len(domains) == 1 else ""),)


def _level(short: Short, quality: Quality, domain: str, past: Past) -> Wanted | None:
    """Return the reading that sets or changes a level."""
    way = _way(short, past)
    if short.part == "end":
        end = _ENDS.get(way or _last_way(past), "maximum")
        if quality.name == "position":
            polarity = "open" if end == "maximum" else "close"
            return Wanted(load().switching[polarity], polarity, domain=domain)
        return Wanted(quality.set, end, quality.slot, end, domain)
    value = short.part or short.amount
    relative = bool(way) and not short.absolute and not short.part
    if value and not relative:
        return Wanted(quality.set, value, quality.slot, value, domain)
    if not quality.step or not (way or short.size):
        return None
    way = way or _last_way(past) or "up"
    amount = short.amount or _SIZES.get(short.size, "")
    if quality.name == "position":
        text = f"{way} further {amount}".strip() if short.amount else f"{way} {amount or 'more'}"
        return Wanted(quality.step, text, quality.slot, amount or "more", domain)
    return Wanted(quality.step, f"{way} {amount}".strip(), quality.slot, amount, domain, way)


def _way(short: Short, past: Past) -> str:
    """Return up, down or nothing; "more" goes on as before, and "too much" the other way."""
    if short.way == "more":
        return _last_way(past) if _was_step(past) else "up"
    if short.way == "back":
        return _OPPOSITE.get(_last_way(past), "down")
    return short.way


def _was_step(past: Past) -> bool:
    return "Relative" in past.last.intent


def _last_way(past: Past) -> str:
    """Return which way the last commands went, judged by the state before them."""
    for command in past.commands:
        way = way_of(command, past.view.state(command.entity_id))
        if way:
            return way
    return ""


def way_of(command: Command, before: EntityState) -> str:
    """Return ``up`` or ``down`` for a command that went there, else nothing."""
    for key, value in command.data.items():
        was = before.attributes.get(_LEVELS.get(key, key))
        numbers = isinstance(value, int | float) and isinstance(was, int | float)
        if numbers and value != was:
            return "up" if value > was else "down"  # type: ignore[operator]  # both are numbers
    if command.command in _UPWARD:
        return "up"
    return "down" if command.command in _DOWNWARD else ""


def _last_tint(past: Past) -> str:
    """Return which way the white of lights went: ``up`` for warmer; nothing if it was something else."""
    for command in past.commands:
        now = command.data.get("color_temp_kelvin")
        was = past.view.state(command.entity_id).attributes.get("color_temp_kelvin")
        numbers = isinstance(now, int | float) and isinstance(was, int | float)
        if numbers and now != was and "brightness" not in command.data:
            return "up" if now < was else "down"  # type: ignore[operator]  # both are numbers
    return ""


def _whiter(short: Short, ids: Sequence[EntityId], view: ContextView) -> tuple[Wanted, ...]:
    """Return the reading that makes the white of lights warmer or cooler than it is."""
    for entity_id in ids:
        limits = view.entity(entity_id).capability("color_temp_kelvin")
        if limits is None:
            continue
        now = view.state(entity_id).attributes.get("color_temp_kelvin")
        kelvin = now if isinstance(now, int | float) and now > 0 else 3500.0
        mireds = _MIREDS[short.size] if short.way == "up" else -_MIREDS[short.size]
        low, high = limits.minimum or _WARMEST, limits.maximum or _COOLEST
        wanted = min(max(1e6 / (1e6 / kelvin + mireds), low), high)
        said = f"{round(wanted)} kelvin"
        return (Wanted("HassLightSet", said, "color", said, "light"),)
    return ()
