"""What the owner wrote into the settings about the home, told to the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.errors import UnknownEntityError

if TYPE_CHECKING:
    from hubagent.config import HomeConfig
    from hubagent.context.store import ContextStore
    from hubagent.types import EntityId


class OwnersWord:
    """Places and other names of the settings, applied as soon as the thing is known."""

    def __init__(self, home: HomeConfig, store: ContextStore) -> None:
        self._home = home
        self._store = store
        self._pending: set[EntityId] = {*home.entity_areas(), *home.entity_aliases()}

    def apply_places(self) -> None:
        """Tell floors and areas that the store does not know so yet; each is written at once."""
        view = self._store.view()
        for floor in self._home.floor_values():
            if floor not in view.floors():
                self._store.set_floor(floor)
        for area in self._home.area_values():
            if area not in view.areas():
                self._store.set_area(area)

    def apply_entities(self) -> None:
        """Tell what is said of entities that are known by now; cheap when none is left."""
        if not self._pending:
            return
        view = self._store.view()
        areas, aliases = self._home.entity_areas(), self._home.entity_aliases()
        for entity_id in sorted(self._pending):
            area_id, others = areas.get(entity_id), aliases.get(entity_id)
            try:
                entity = view.entity(entity_id)
                known = area_id in (None, view.area_of(entity_id)) and others in (
                    None,
                    entity.aliases,
                )
                if not known:
                    self._store.set_entity_facts(entity_id, area_id=area_id, aliases=others)
            except UnknownEntityError:
                continue
            self._pending.discard(entity_id)

    def pending(self) -> tuple[EntityId, ...]:
        """Return entities of the settings that nothing announced yet, sorted."""
        return tuple(sorted(self._pending))
