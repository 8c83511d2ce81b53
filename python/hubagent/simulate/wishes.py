"""What people truly want of a home, and whether they got it: judged by the devices, not by the hub.

A wish is one of a few kinds (``KINDS``), for certain entities, with a value where the kind has one.
States are those of ``SimulatedHome.states``: ``{"state", "attributes"}`` by entity.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hubagent.types import AreaId, Decision, EntityId

States = dict[str, dict[str, Any]]
"""State of a whole home."""


class Verdict(enum.IntEnum):
    """What a turn was to the person who spoke; the higher the better."""

    WRONG = 0
    """Something was done, or told, that was not wanted."""
    NOTHING = 1
    """Refused, or a question that leads nowhere."""
    ASKED = 2
    """A question that offers what was meant."""
    DONE = 3

    @property
    def defect(self) -> bool:
        """Whether the person has to try again."""
        return self <= Verdict.NOTHING


@dataclass(frozen=True, slots=True)
class Wish:
    """One true goal."""

    kind: str
    targets: tuple[EntityId, ...] = ()
    area: AreaId | None = None
    """Room of the targets; ``None`` for the whole home, or where it does not matter."""
    value: str = ""
    """Colour, per cent or degrees, as a word or number."""
    named: bool = False
    """One thing, called by its name; else what a room has of a kind."""

    @property
    def key(self) -> str:
        """Text that is the same for the same wish."""
        return "|".join((self.kind, *self.targets, self.value, "name" if self.named else ""))


class Seen(NamedTuple):
    """One target before and after a turn, and the value wished for."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    value: str


class Thing(NamedTuple):
    """One entity of a home: its name in lower case and what it starts with."""

    name: str
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """How wishes of a kind are found in a home, made sensible, and judged."""

    domain: str
    before: tuple[str, Mapping[str, Any]] | None
    """What the targets are before, so that there is something to wish for; ``None`` for questions."""
    done: Callable[[Seen], bool] | None
    """Whether one target is as wished; ``None`` for questions."""
    fits: Callable[[Thing], bool] = lambda _: True
    """Whether a thing of the domain can be meant."""
    values: tuple[str, ...] = ()
    room: bool = True
    """Whether it can be asked of a room ("the kitchen lights")."""
    by_name: bool = True


def _is(*states: str) -> Callable[[Seen], bool]:
    return lambda seen: seen.after["state"] in states


def _moved(name: str, sign: int) -> Callable[[Seen], bool]:
    def test(seen: Seen) -> bool:
        was, now = (state["attributes"].get(name) for state in (seen.before, seen.after))
        return was is not None and now is not None and (now - was) * sign > 0

    return test


def _percent(seen: Seen) -> bool:
    level = seen.after["attributes"].get("brightness")
    if seen.after["state"] != "on" or level is None:
        return False
    return abs(float(level) / 2.55 - float(seen.value)) <= 3


def _coloured(seen: Seen) -> bool:
    hue = (seen.after["attributes"].get("hs_color") or (None,))[0]
    if seen.after["state"] != "on" or hue is None:
        return False
    distance = abs(float(hue) - HUES[seen.value]) % 360
    return min(distance, 360 - distance) <= 25


def _silent(seen: Seen) -> bool:
    attributes = seen.after["attributes"]
    return (
        seen.after["state"] in {"paused", "idle", "off"}
        or attributes.get("is_volume_muted") is True
        or attributes.get("volume_level") == 0
    )


HUES = {
    "red": 0.0, "orange": 30.0, "amber": 45.0, "yellow": 60.0, "green": 120.0, "blue": 240.0,
    "purple": 285.0, "pink": 340.0,
}  # fmt: skip
"""Colours that can be wished for, as degrees of hue."""
_BRIGHT, _HALF, _LOW = {"brightness": 240}, {"brightness": 140}, {"brightness": 70}
_PLAYING = {"volume_level": 0.4, "is_volume_muted": False}


def _dims(thing: Thing) -> bool:
    return "onoff" not in (thing.attributes.get("supported_color_modes") or ())


def _has_colour(thing: Thing) -> bool:
    return bool({"hs", "rgb", "xy"} & set(thing.attributes.get("supported_color_modes") or ()))


def _is_plug(thing: Thing) -> bool:
    return thing.name.rstrip("0123456789 ").endswith(("plug", "socket"))


def _is_coffee(thing: Thing) -> bool:
    return "coffee" in thing.name


KINDS: dict[str, Kind] = {
    "light_on": Kind("light", ("off", {}), _is("on")),
    "light_off": Kind("light", ("on", {}), _is("off")),
    "lights_all_off": Kind("light", ("on", {}), _is("off"), room=False, by_name=False),
    "light_dim": Kind("light", ("on", _HALF), _moved("brightness", -1), _dims),
    "light_up": Kind("light", ("on", _LOW), _moved("brightness", 1), _dims),
    "light_level": Kind("light", ("on", _BRIGHT), _percent, _dims, ("20", "30", "50", "60")),
    "light_colour": Kind("light", ("on", _HALF), _coloured, _has_colour, tuple(HUES)),
    "plug_on": Kind("switch", ("off", {}), _is("on"), _is_plug),
    "plug_off": Kind("switch", ("on", {}), _is("off"), _is_plug),
    "switch_on": Kind("switch", ("off", {}), _is("on"), room=False),
    "switch_off": Kind("switch", ("on", {}), _is("off"), room=False),
    "coffee": Kind("switch", ("off", {}), _is("on"), _is_coffee, by_name=False),
    "vacuum_start": Kind("vacuum", ("docked", {}), _is("cleaning"), by_name=False),
    "vacuum_dock": Kind("vacuum", ("cleaning", {}), _is("returning", "docked"), by_name=False),
    "cover_open": Kind("cover", ("closed", {"current_position": 0}), _is("open", "opening")),
    "cover_close": Kind("cover", ("open", {"current_position": 100}), _is("closed", "closing")),
    "fan_on": Kind("fan", ("off", {}), _is("on")),
    "fan_off": Kind("fan", ("on", {}), _is("off")),
    "climate_set": Kind(
        "climate", ("heat", {"temperature": 16}),
        lambda seen: seen.after["attributes"].get("temperature") == float(seen.value),
        values=("18", "19", "20", "21", "22"), by_name=False,
    ),
    "volume_up": Kind("media_player", ("playing", _PLAYING), _moved("volume_level", 1), by_name=False),
    "volume_down": Kind("media_player", ("playing", _PLAYING), _moved("volume_level", -1), by_name=False),
    "mute": Kind("media_player", ("playing", _PLAYING), _silent, by_name=False),
    "pause": Kind("media_player", ("playing", _PLAYING), _is("paused", "idle"), by_name=False),
    "lock": Kind("lock", ("unlocked", {}), _is("locked"), room=False),
    "ask_temperature": Kind("sensor", None, None, by_name=False),
    "ask_light": Kind("light", None, None),
}  # fmt: skip
"""Kinds of wishes; ``elsewhere`` is what is not for a home and must do nothing."""
ELSEWHERE = "elsewhere"


def judge(
    wish: Wish,
    before: States,
    after: States,
    *,
    decision: Decision,
    told: frozenset[str],
    offered: frozenset[str],
) -> Verdict:
    """Return what a turn came to.

    Args:
        wish: What was truly wanted.
        before: State of every entity before the turn.
        after: The same when all that it moved has come to rest.
        decision: ``act``, ``answer``, ``ask``, ... as the hub decided.
        told: Entities that an answer was about.
        offered: Entities that a question offers.
    """
    moved = {id_ for id_, state in after.items() if state != before[id_]}
    kind = KINDS.get(wish.kind)
    if kind is None:
        return Verdict.WRONG if moved or decision == "act" else Verdict.DONE
    if moved - set(wish.targets):
        return Verdict.WRONG
    if kind.done is None:
        if moved:
            return Verdict.WRONG
        if decision == "answer":
            return Verdict.DONE if told and told <= set(wish.targets) else Verdict.WRONG
    elif all(kind.done(Seen(before[id_], after[id_], wish.value)) for id_ in wish.targets):
        return Verdict.DONE
    elif moved or decision == "act":
        return Verdict.WRONG
    if decision == "ask" and offered and set(wish.targets) <= offered:
        return Verdict.ASKED
    return Verdict.NOTHING
