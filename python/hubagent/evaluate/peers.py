"""Other engines, to be measured in the same run: hassil, and hassil followed by gazetteer-matcher.

That pair is what Home Assistant runs. Both are driven as Home Assistant drives them, with its published
English intents; neither is needed on a hub, so they are imported only here and only when asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from hubagent.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HASSIL = "hassil"
GAZETTEER = "hassil -> gazetteer"


@dataclass(frozen=True, slots=True)
class PeerHome:
    """A home as the other engines know it: names only."""

    areas: tuple[str, ...]
    floors: tuple[str, ...]
    entities: tuple[tuple[str, str, str], ...]
    """(name, domain, area or "")."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What an engine understood: Home Assistant's intent, and slots as names of the home."""

    intent: str
    slots: Mapping[str, str]


Engine: TypeAlias = "Callable[[str], Recognised | None]"


def hassil_engine(home: PeerHome, *, room: str = "") -> Engine:
    """Return a function from text to what sentence templates alone recognise.

    Args:
        home: The names it knows.
        room: Area in which everything is said, empty when not known.

    Raises:
        DataError: If hassil or Home Assistant's intents are not installed.
    """
    try:
        from hassil import Intents, recognize_best
        from hassil.intents import SlotList, TextSlotList
        from home_assistant_intents import get_intents
    except ImportError as error:
        raise _missing(error) from error
    intents = Intents.from_dict(get_intents("en") or {})
    names = [(name, name, {"domain": domain}) for name, domain, _ in home.entities]
    lists: dict[str, SlotList] = {
        "name": TextSlotList.from_tuples(names, name="name"),
        "area": TextSlotList.from_tuples([(area, area) for area in home.areas], name="area"),
        "floor": TextSlotList.from_tuples([(floor, floor) for floor in home.floors], name="floor"),
    }

    def recognise(text: str) -> Recognised | None:
        result = recognize_best(
            text,
            intents,
            slot_lists=lists,
            best_slot_name="name",
            intent_context={"area": room} if room else None,
        )
        if result is None:
            return None
        slots = {name: str(entity.value) for name, entity in result.entities.items()}
        return Recognised(str(result.intent.name), slots)

    return recognise


def gazetteer_engine(home: PeerHome, *, room: str = "") -> Engine:
    """Return a function from text to what templates, then the matcher by names, recognise.

    Args:
        home: The names it knows.
        room: Area in which everything is said, empty when not known.

    Raises:
        DataError: If one of them is not installed.
    """
    try:
        from gazetteer_matcher import GazetteerMatcher
    except ImportError as error:
        raise _missing(error) from error
    strict = hassil_engine(home, room=room)
    key = {name: name.lower().replace(" ", "_") for name in (*home.areas, *home.floors)}
    entities = {}
    for number, (name, domain, area) in enumerate(home.entities):
        entities[f"{domain}.e{number}"] = {"name": name, "domain": domain} | (
            {"area": key[area]} if area else {}
        )
    matcher = GazetteerMatcher(
        home={
            "areas": {key[area]: {"name": area} for area in home.areas},
            "floors": {key[floor]: {"name": floor} for floor in home.floors},
            "entities": entities,
        }
    )
    spoken = {key[name]: name for name in key} | {i: e["name"] for i, e in entities.items()}

    def recognise(text: str) -> Recognised | None:
        found = strict(text)
        if found is not None:
            return found
        result = matcher.interpret(text, context_area=key[room] if room else None)
        if not result.accepted or not result.frames:
            return None
        frame = result.frames[0]
        slots = {name: spoken.get(str(value), str(value)) for name, value in frame.slots.items()}
        return Recognised(frame.intent, slots)

    return recognise


def _missing(error: ImportError) -> DataError:
    return DataError(
        f"the other engines are not installed: {error}",
        hint="pip install hassil home-assistant-intents gazetteer-matcher",
    )
