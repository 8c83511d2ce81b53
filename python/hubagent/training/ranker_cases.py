"""Requests with a known target, put to the real resolver: examples for the ranker.

In: generated homes with drawn requests, published homes with their sentences, and the homes of the
tuning half. Out: ``ranker.Example``. The resolver gets weights with an endless margin, so it asks
about every request that has rivals and its question names them all.
"""

from __future__ import annotations

import math
import random
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import yaml

from hubagent.evaluate.households import load_all
from hubagent.replay import START_S, MemoryHub
from hubagent.resolve import rank
from hubagent.resolve.resolver import Resolver
from hubagent.resolve.situation import Situation
from hubagent.simulate.generate import generate_home
from hubagent.simulate.home import load_home
from hubagent.training.ranker import Example
from hubagent.types import AreaId, EntityId
from hubagent.understand import values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hubagent.ports import ContextView, Understand
    from hubagent.simulate.home import HomeModel
    from hubagent.types import Entity

_ACTIONS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "light": (("turn on the {}", "off", "on"), ("switch the {} off", "on", "off")),
    "switch": (("switch on the {}", "off", "on"), ("turn off the {}", "on", "off")),
    "fan": (("start the {}", "off", "on"), ("turn the {} off", "on", "off")),
    "cover": (("open the {}", "closed", "open"), ("close the {}", "open", "closed")),
    "media_player": (("pause the {}", "playing", "paused"), ("resume the {}", "paused", "playing")),
}
"""By domain: words, the state in which they are said, and the one that they ask for."""
_PLURAL = {"light": "lights", "cover": "blinds", "fan": "fans"}
_SLIP, _AWAY, _ODD_STATE = 0.2, 0.3, 0.1


@dataclass(frozen=True, slots=True)
class _Case:
    """One thing said in one place, and the sets of entities that may have been meant."""

    text: str
    area: AreaId | None
    meant: frozenset[frozenset[EntityId]]


class Collector:
    """Turns requests into examples by the real model and the real resolver."""

    def __init__(self, understand: Understand) -> None:
        self._understand = understand
        self._resolver = Resolver(values, replace(rank.load(), ask_margin=math.inf))

    def generated(self, homes: int, requests: int, seed: int = 1) -> Iterator[Example]:
        """Yield examples of invented homes of 20 to 90 entities."""
        for number in range(homes):
            dice = random.Random(f"{seed} {number}")  # noqa: S311 - no secret
            home = generate_home(dice.randrange(20, 90), seed * 1000 + number)
            able = [entity for entity in home.entities if entity.domain in _ACTIONS]
            for _ in range(requests if able else 0):
                case, setup = _draw(home, dice.choice(able), dice)
                hub = MemoryHub(home.with_setup(setup))
                yield from self._example(f"generated/{number}", case, hub.store.view())

    def published(self, data: Path) -> Iterator[Example]:
        """Yield examples of the tuning half of the homes of Home Assistant's data sets."""
        root = data / "home_assistant_datasets"
        fixtures = sorted((root / "device-actions-v2-fixtures").glob("*/_fixtures.yaml"))
        for path in fixtures[::2]:
            home = load_home(path)
            view = MemoryHub(home).store.view()
            meant: dict[tuple[str, AreaId], set[frozenset[EntityId]]] = defaultdict(set)
            for file in sorted((root / "device-actions-v2" / path.parent.name).glob("*.yaml")):
                document = yaml.safe_load(file.read_text(encoding="utf-8"))
                for said, entity_id in _published(home, document):
                    meant[said].add(frozenset({entity_id}))
            for (text, area), sets in meant.items():
                case = _Case(text, area, frozenset(sets))
                yield from self._example(f"published/{path.parent.name}", case, view)

    def households(self, folder: Path | None) -> Iterator[Example]:
        """Yield examples of first turns of the tuning half that may move one set of things only."""
        for household in load_all("tune", folder):
            home = load_home(household.home)
            for scenario in household.scenarios:
                turn = scenario.turns[0]
                acts = [item.becomes for item in turn.expect]
                if len(acts) != 1 or turn.expect[0].decision != "act":
                    continue
                now_s = (
                    datetime.fromisoformat(scenario.now).timestamp() if scenario.now else START_S
                )
                hub = MemoryHub(home.with_setup(scenario.setup), now_s=now_s)
                for event in turn.said["events"]:
                    if "entity_id" in event:
                        hub.world.place(event["entity_id"], event["state"], event["attributes"])
                hub.pump()
                area = str(turn.said.get("area") or "").casefold()
                room = next(
                    (a.area_id for a in home.areas if area in (a.area_id, a.name.casefold())), None
                )
                meant = frozenset({frozenset(map(EntityId, acts[0]))})
                case = _Case(turn.said["text"], room, meant)
                yield from self._example(f"tune/{household.name}", case, hub.store.view())

    def _example(self, home: str, case: _Case, view: ContextView) -> Iterator[Example]:
        """Yield the candidates of a request, if there are several and just one may be meant."""
        understood = self._understand.understand(case.text)
        for resolution in self._resolver.resolve(understood, Situation(view, case.area)):
            sets = [frozenset(item.entity_ids) for item in resolution.candidates]
            right = [index for index, ids in enumerate(sets) if ids in case.meant]
            if len(sets) > 1 and len(right) == 1:
                features = tuple(dict(item.features) for item in resolution.candidates)
                yield Example(home, features, right[0])


def _published(
    home: HomeModel, document: dict[str, Any]
) -> Iterator[tuple[tuple[str, AreaId], EntityId]]:
    """Yield the sentences about one device with its room, and each entity of the device."""
    device = document["device"]
    place, name = str(device["area"]).casefold(), str(device["name"]).casefold()
    areas = {area.area_id for area in home.areas if area.name.casefold() == place}
    rooms = {
        item.device_id: item.area_id
        for item in home.devices
        if item.area_id in areas and item.name.casefold() == name
    }
    for action in document["actions"]["actions"]:
        for text in dict.fromkeys(map(str, action["sentences"])):
            for entity in home.entities:
                room = rooms.get(entity.device_id) if entity.device_id is not None else None
                if room is not None and "[" not in text:  # else a template that was not filled in
                    yield (text, room), entity.entity_id


def _draw(
    home: HomeModel, target: Entity, dice: random.Random
) -> tuple[_Case, dict[str, dict[str, Any]]]:
    """Draw what is said of a thing, where, and how the home is then.

    What is called by its whole name or with its room is often asked for from elsewhere; what is
    called by less is in the speaker's room, or is the only one in the state that the words change.
    """
    words, before, after = dice.choice(_ACTIONS[target.domain])
    room = target.area_id
    rooms = {area.area_id: area.name for area in home.areas}
    name = target.name
    bare = name.removeprefix(rooms.get(room, "") if room else "").strip() or name
    alike = [entity for entity in home.entities if entity.domain == target.domain]
    setup: dict[str, dict[str, Any]] = {
        entity.entity_id: {"state": dice.choice((before, after))} for entity in alike
    }
    setup[target.entity_id] = {"state": after if dice.random() < _ODD_STATE else before}
    meant, here, way = (
        frozenset({target.entity_id}),
        room,
        dice.choice(("full", "bare", "some", "state")),
    )
    if way == "some" and room and target.domain in _PLURAL:
        plural = _PLURAL[target.domain]
        meant = frozenset(e.entity_id for e in alike if e.area_id == room)
        said = plural if dice.random() < 0.5 else f"{rooms[room].lower()} {plural}"
        here = room if said == plural or dice.random() > _AWAY else _elsewhere(rooms, room, dice)
    elif way == "state":
        said, here = bare.lower(), None
        for entity in alike:
            if entity is not target:
                setup[entity.entity_id] = {"state": after}
        setup[target.entity_id] = {"state": before}
    elif way == "bare":
        said = bare.lower()
    else:
        said = name.lower()
        here = room if dice.random() > _AWAY else _elsewhere(rooms, room, dice)
    text = words.format(_slip(said, dice) if dice.random() < _SLIP else said)
    return _Case(text, here, frozenset({meant})), setup


def _elsewhere(rooms: dict[AreaId, str], room: AreaId | None, dice: random.Random) -> AreaId | None:
    others: Sequence[AreaId] = [area for area in rooms if area != room]
    return dice.choice(others) if others else None


def _slip(said: str, dice: random.Random) -> str:
    """Return words with two neighbouring letters changed about in the longest of them."""
    word = max(said.split(), key=len)
    if len(word) < 5:
        return said
    at = dice.randrange(1, len(word) - 2)
    return said.replace(word, word[:at] + word[at + 1] + word[at] + word[at + 2 :], 1)
