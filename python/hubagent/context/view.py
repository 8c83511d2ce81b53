"""The home at one instant, as the dataclasses of ``hubagent.types``."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING

from hubagent.context.habits import Usual, doing
from hubagent.ports import NameMatch
from hubagent.types import (
    Area,
    AvailabilityMode,
    Capability,
    Device,
    Entity,
    EntityState,
    Floor,
    StateChange,
)

if TYPE_CHECKING:
    from hubagent import _core
    from hubagent.types import AreaId, EntityId, FloorId


class Home:
    """Floors, areas, devices and entities of one version, made once for all pictures of it."""

    def __init__(self, view: _core.View) -> None:
        self._view = view
        self._entities: dict[EntityId, Entity] = {}
        self.version = view.version

    @cached_property
    def floors(self) -> tuple[Floor, ...]:
        """All floors, by id."""
        return tuple(Floor(*row) for row in self._view.floors())

    @cached_property
    def areas(self) -> tuple[Area, ...]:
        """All areas, by id."""
        return tuple(Area(*row) for row in self._view.areas())

    @cached_property
    def devices(self) -> tuple[Device, ...]:
        """All devices, by id."""
        return tuple(Device(*row) for row in self._view.devices())

    @cached_property
    def entities(self) -> tuple[Entity, ...]:
        """All entities, by id."""
        return tuple(make_entity(row) for row in self._view.entities())

    def entity(self, entity_id: EntityId) -> Entity:
        """Return one entity; raise ``UnknownEntityError``."""
        found = self._entities.get(entity_id)
        if found is None:
            found = self._entities[entity_id] = make_entity(self._view.entity(entity_id))
        return found


def make_entity(row: _core._Entity) -> Entity:
    """Make the dataclass of a row."""
    capabilities, mode, expire_after_s, source = row[10:]
    return Entity(
        *row[:10],
        capabilities=tuple(Capability(*item) for item in capabilities),
        availability_mode=AvailabilityMode(mode),
        expire_after_s=expire_after_s,
        source=source,
    )


class ContextView:
    """Read-only picture of the home; implements :class:`hubagent.ports.ContextView`."""

    def __init__(self, view: _core.View, home: Home) -> None:
        self._view = view
        self._home = home

    @property
    def version(self) -> int:
        """Number that changes with every change of what there is and how it is called."""
        return self._home.version

    @property
    def now_s(self) -> float:
        """Wall clock of the picture."""
        return self._view.now_s

    def floors(self) -> tuple[Floor, ...]:
        """Return all floors, by id."""
        return self._home.floors

    def areas(self) -> tuple[Area, ...]:
        """Return all areas, by id."""
        return self._home.areas

    def devices(self) -> tuple[Device, ...]:
        """Return all devices, by id."""
        return self._home.devices

    def entities(self) -> tuple[Entity, ...]:
        """Return all entities, by id."""
        return self._home.entities

    def entity(self, entity_id: EntityId) -> Entity:
        """Return one entity; raise ``UnknownEntityError`` with the nearest id as hint."""
        return self._home.entity(entity_id)

    def announced(self, entity_id: EntityId) -> Entity:
        """Return one entity as it announced itself, without the owner's word over it."""
        return make_entity(self._view.announced(entity_id))

    def state(self, entity_id: EntityId) -> EntityState:
        """Return its last known state; raise ``UnknownEntityError``."""
        return EntityState(*self._view.state(entity_id))

    def area_of(self, entity_id: EntityId) -> AreaId | None:
        """Return the entity's own area, else its device's."""
        return self._view.area_of(entity_id)

    def commands_of(self, entity_id: EntityId) -> tuple[str, ...]:
        """Return the commands the entity has, sorted."""
        return self._view.commands_of(entity_id)

    def known_id(self, domain: str, unique_id: str) -> EntityId | None:
        """Return the entity id that a unique id has, or had before it was removed."""
        return self._view.known_id(domain, unique_id)

    def query(
        self,
        *,
        area_id: AreaId | None = None,
        floor_id: FloorId | None = None,
        domain: str | None = None,
        device_class: str | None = None,
        name: str | None = None,
        state: str | None = None,
        changed_since_s: float | None = None,
    ) -> tuple[EntityId, ...]:
        """Return ids of entities that meet every condition given, most recently changed first.

        ``name`` is a name or alias, compared after normalisation. Cost: one pass over the entities.
        """
        return self._view.query(
            area_id=area_id,
            floor_id=floor_id,
            domain=domain,
            device_class=device_class,
            name=name,
            state=state,
            changed_since_s=changed_since_s,
        )

    def history(
        self, entity_id: EntityId, attribute: str = "state", *, limit: int = 16
    ) -> tuple[StateChange, ...]:
        """Return the last changes of an attribute, newest first; at most 16 are kept."""
        rows = self._view.history(entity_id, attribute, limit=limit)
        return tuple(map(StateChange._make, rows))

    def match_names(self, words: str, *, limit: int = 8) -> tuple[NameMatch, ...]:
        """Return names of entities, devices, areas and floors nearest to ``words``, best first."""
        return tuple(NameMatch(*row) for row in self._view.match_names(words, limit=limit))

    def usual(self, entity_id: EntityId, command: str) -> Usual:
        """Return how usual it is that this entity gets this command now."""
        offset_s = time.localtime(self.now_s).tm_gmtoff
        return Usual(*self._view.usual(entity_id, doing(command), offset_s))

    def chosen(self, entity_id: EntityId, name: str) -> tuple[tuple[str, float], ...]:
        """Return what was chosen on an entity (``source``, ``media``) and how often, most first."""
        start = f"{name}="
        found = [
            (what.removeprefix(start), sum(cells.values()))
            for owner, what, _, cells, _ in self._view.habits()
            if owner == entity_id and what.startswith(start)
        ]
        return tuple(sorted(found, key=lambda item: (-item[1], item[0])))

    def stale(self, quiet_s: float) -> tuple[tuple[EntityId, float], ...]:
        """Return entities not heard for ``quiet_s`` and when they were, longest silence first.

        Entities that never said anything are not among them; see :meth:`ghosts`.
        """
        return tuple(self._view.stale(quiet_s))

    def ghosts(self, age_s: float) -> tuple[tuple[EntityId, float], ...]:
        """Return entities announced at least ``age_s`` ago, and when, that gave no sign of life.

        Their announcement is kept by the broker, but the device is most likely gone.
        """
        return tuple(self._view.ghosts(age_s))
