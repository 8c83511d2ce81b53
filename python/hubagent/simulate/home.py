"""A home as data: floors, areas, devices, entities and their first states.

The format is that of Home Assistant's test homes: lists ``floors``, ``areas``, ``devices`` and
``entities``, as an object, a YAML or a JSON file (``docs/simulated-home.md``). Missing ids are made
from names. All problems of a home are told at once.
"""

from __future__ import annotations

import itertools
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from hubagent.errors import DataError
from hubagent.simulate.normalise import normalise_attributes, normalise_state
from hubagent.types import Area, AreaId, Device, DeviceId, Entity, EntityId, Floor, FloorId, Value

_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same loader in C where PyYAML was built with it: ten times faster."""
_ENTITY_ID = re.compile(r"[a-z0-9_]+\.[^\s.]+")
UNAVAILABLE = "unavailable"
_SPOKEN_ENDING = re.compile(r"\[([^\]|]*)[^\]]*\]")


@dataclass(frozen=True, slots=True)
class InitialState:
    """State and attributes an entity starts with, in Home Assistant's domain model."""

    state: Value = None
    attributes: Mapping[str, Value] = field(default_factory=dict)
    available: bool = True
    applies: Mapping[str, InitialState] = field(default_factory=dict)
    """What a scene or script makes of other entities, by their ids."""


@dataclass(frozen=True, slots=True)
class HomeModel:
    """Everything a home file says; entities carry no capabilities, their devices have them."""

    floors: tuple[Floor, ...]
    areas: tuple[Area, ...]
    devices: tuple[Device, ...]
    entities: tuple[Entity, ...]
    initial: Mapping[EntityId, InitialState]
    makers: Mapping[DeviceId, str] = field(default_factory=dict)
    """Who built a device, where the file says so; decides how it speaks."""

    def with_setup(self, setup: Mapping[str, object]) -> HomeModel:
        """Return the home with other first states, as a scenario's ``setup`` gives them.

        Raises:
            DataError: If an entity is unknown or an override is not ``{"state", "attributes"}``.
        """
        initial = dict(self.initial)
        domains = {entity.entity_id: entity.domain for entity in self.entities}
        problems = []
        for raw_id, override in setup.items():
            entity_id = EntityId(raw_id)
            if entity_id not in domains:
                problems.append(f"setup names an unknown entity `{raw_id}`")
            elif not isinstance(override, dict):
                problems.append(f"setup of `{raw_id}` is not an object")
            else:
                given = override.get("attributes") or {}
                before = initial[entity_id]
                state = normalise_state(domains[entity_id], override.get("state"), given)
                attributes = normalise_attributes(domains[entity_id], given)
                initial[entity_id] = replace(
                    before,
                    state=before.state if state is None and "state" not in override else state,
                    attributes={**before.attributes, **attributes},
                    available=override.get("state") != UNAVAILABLE,
                )
        _raise(problems)
        return HomeModel(self.floors, self.areas, self.devices, self.entities, initial, self.makers)


def slugify(name: str) -> str:
    """Return a name as Home Assistant makes ids of it: lower case, ``_`` between words."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_") or "unnamed"


def load_home(source: Mapping[str, Any] | Path | str) -> HomeModel:
    """Read a home from an object or from a YAML or JSON file.

    Raises:
        DataError: If the file cannot be read, or anything in it is wrong; all problems are named.
    """
    if isinstance(source, Mapping):
        return _Reader().read(source)
    path = Path(source)
    try:
        text = path.read_text(encoding="utf-8")
        data = json.loads(text) if path.suffix == ".json" else yaml.load(text, _LOADER)  # noqa: S506 - a safe loader
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise DataError(f"cannot read the home `{path}`: {error}") from error
    if not isinstance(data, Mapping):
        raise DataError(f"the home `{path}` is not an object of areas, devices and entities")
    return _Reader().read(data)


def _raise(problems: Sequence[str]) -> None:
    if problems:
        raise DataError("; ".join(problems), hint="see docs/simulated-home.md for the format")


def _texts(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(item) for item in value) if isinstance(value, list | tuple) else (str(value),)


def spoken_name(name: str) -> str:
    """Return a name without a sentence template's options: ``Trader Joe[']s`` has none."""
    return _SPOKEN_ENDING.sub(r"\1", name).strip()


def _category(raw: Mapping[str, Any]) -> str:
    """Return the category; what is not exposed to assistants is not spoken about either."""
    if raw.get("is_exposed") is False:
        return "diagnostic"
    return str(raw.get("category") or raw.get("entity_category") or "")


def _free(id_: str, taken: Mapping[Any, object]) -> str:
    """Return the id, numbered from 2 when it is taken, as Home Assistant does."""
    if id_ not in taken:
        return id_
    return next(made for n in itertools.count(2) if (made := f"{id_}_{n}") not in taken)


class _Reader:
    """Reads one home; floors before areas before devices before entities."""

    def __init__(self) -> None:
        self._problems: list[str] = []
        self._floors: dict[str, Floor] = {}
        self._areas: dict[str, Area] = {}
        self._devices: dict[str, Device] = {}
        self._entities: dict[EntityId, Entity] = {}
        self._initial: dict[EntityId, InitialState] = {}
        self._makers: dict[DeviceId, str] = {}
        self._same_id: dict[str, list[str]] = {}

    def read(self, data: Mapping[str, Any]) -> HomeModel:
        for raw in self._items(data, "floors"):
            self._floor(raw)
        for raw in self._items(data, "areas"):
            self._area(raw)
        for raw in self._items(data, "devices"):
            self._device(raw)
        for raw in self._items(data, "entities"):
            self._entity(raw)
        _raise(self._problems)
        return HomeModel(
            tuple(self._floors.values()),
            tuple(self._areas.values()),
            tuple(self._devices.values()),
            tuple(self._entities.values()),
            self._initial,
            self._makers,
        )

    def _items(self, data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
        raw = data.get(key) or []
        if not isinstance(raw, list):
            self._problems.append(f"`{key}` is not a list")
            return []
        items: list[Mapping[str, Any]] = []
        for number, item in enumerate(raw):
            if isinstance(item, str) and key in {"floors", "areas"}:
                items.append({"name": item})
            elif isinstance(item, Mapping):
                items.append(item)
            else:
                self._problems.append(f"{key}[{number}] is not an object")
        return items

    def _name_and_id(self, kind: str, raw: Mapping[str, Any]) -> tuple[str, str] | None:
        name, id_ = raw.get("name"), raw.get("id") or raw.get(f"{kind}_id")
        if not name and not id_:
            self._problems.append(f"a {kind} has neither `name` nor `id`")
            return None
        name = spoken_name(str(name or str(id_).replace("_", " ").title()))
        return name, str(id_ or slugify(name))

    def _floor(self, raw: Mapping[str, Any]) -> Floor | None:
        found = self._name_and_id("floor", raw)
        if found is None:
            return None
        name, id_ = found
        if id_ in self._floors:
            self._problems.append(f"floor `{id_}` is given twice")
        level = raw.get("level")
        floor = Floor(
            FloorId(id_), name, _texts(raw.get("aliases")), level if type(level) is int else None
        )
        self._floors[id_] = floor
        return floor

    def _area(self, raw: Mapping[str, Any]) -> None:
        found = self._name_and_id("area", raw)
        if found is None:
            return
        name, id_ = found
        if id_ in self._areas:
            self._problems.append(f"area `{id_}` is given twice")
        floor_id = self._floor_of(raw.get("floor") or raw.get("floor_id"))
        self._areas[id_] = Area(AreaId(id_), name, _texts(raw.get("aliases")), floor_id)

    def _floor_of(self, word: object) -> FloorId | None:
        """Find a floor by id or name; a floor named only here comes to be."""
        if not word:
            return None
        for floor in self._floors.values():
            if str(word) in {floor.floor_id, floor.name}:
                return floor.floor_id
        made = self._floor({"name": str(word)})
        return made.floor_id if made else None

    def _area_of(self, word: object, owner: str) -> AreaId | None:
        if not word:
            return None
        for area in self._areas.values():
            if str(word) in {area.area_id, area.name}:
                return area.area_id
        self._problems.append(f"{owner} is in an unknown area `{word}`")
        return None

    def _device(self, raw: Mapping[str, Any]) -> None:
        found = self._name_and_id("device", raw)
        if found is None:
            return
        name, id_ = found
        original, id_ = id_, _free(id_, self._devices)
        self._same_id.setdefault(original, []).append(id_)
        info = raw.get("info")
        if not isinstance(info, dict):
            info = {}
        self._devices[id_] = Device(
            DeviceId(id_),
            name,
            self._area_of(raw.get("area") or raw.get("area_id"), f"device `{id_}`"),
            identifiers=(id_,),
            manufacturer=str(info.get("manufacturer") or ""),
            model=str(info.get("model") or ""),
            sw_version=str(info.get("sw_version") or ""),
        )
        if raw.get("maker"):
            self._makers[DeviceId(id_)] = str(raw["maker"])

    def _device_of(self, word: object, area_id: AreaId | None, owner: str) -> DeviceId | None:
        """Find the device of an id; of several under one id, that in the entity's area."""
        if not word:
            return None
        same = self._same_id.get(str(word), [])
        if not same:
            self._problems.append(f"{owner} belongs to an unknown device `{word}`")
            return None
        near = [id_ for id_ in same if self._devices[id_].area_id == area_id]
        return self._devices[(near or same)[0]].device_id

    def _entity(self, raw: Mapping[str, Any]) -> None:
        raw_id = raw.get("entity_id") or raw.get("id")
        name = raw.get("name")
        if not raw_id and name and raw.get("domain"):
            raw_id = f"{raw['domain']}.{slugify(str(name))}"
        # Home Assistant would refuse these too; the one space in its own test home is a slip.
        entity_id = EntityId(str(raw_id or "").strip().lower().replace(" ", "_"))
        if not _ENTITY_ID.fullmatch(entity_id):
            self._problems.append(f"entity `{raw_id or name}` has no id like `light.kitchen`")
            return
        entity_id = EntityId(_free(entity_id, self._entities))
        owner = f"entity `{entity_id}`"
        domain, object_id = entity_id.split(".", 1)
        given = raw.get("attributes") or {}
        if not isinstance(given, Mapping):
            self._problems.append(f"attributes of {owner} are not an object")
            given = {}
        area_id = self._area_of(raw.get("area") or raw.get("area_id"), owner)
        device_id = self._device_of(raw.get("device") or raw.get("device_id"), area_id, owner)
        attributes = normalise_attributes(
            domain, {name: value for name, value in given.items() if name != "entities"}
        )
        self._entities[entity_id] = Entity(
            entity_id,
            domain,
            spoken_name(str(name)) if name else object_id.replace("_", " ").title(),
            unique_id=str(raw.get("unique_id") or entity_id.replace(".", "_")),
            device_id=device_id,
            area_id=area_id,
            aliases=_texts(raw.get("aliases")),
            device_class=str(attributes.get("device_class") or raw.get("device_class") or ""),
            unit=str(attributes.get("unit_of_measurement") or ""),
            category=_category(raw),
        )
        state = normalise_state(domain, raw.get("state"), given)
        applies = self._applied(given.get("entities") or raw.get("entities"), owner)
        available = raw.get("state") != UNAVAILABLE
        self._initial[entity_id] = InitialState(state, attributes, available, applies)

    def _applied(self, raw: object, owner: str) -> dict[str, InitialState]:
        """Read what a scene applies: id to a state word or to ``{"state", "attributes"}``."""
        if raw is None:
            return {}
        if not isinstance(raw, Mapping):
            self._problems.append(f"`entities` of {owner} is not an object")
            return {}
        found = {}
        for entity_id, wanted in raw.items():
            whole = wanted if isinstance(wanted, Mapping) else {"state": wanted}
            domain, given = str(entity_id).split(".", 1)[0], whole.get("attributes") or {}
            state = normalise_state(domain, whole.get("state"), given)
            found[str(entity_id)] = InitialState(state, normalise_attributes(domain, given))
        return found
