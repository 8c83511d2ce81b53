"""What the adapters announce, as one home: devices merged, ids given, the context told.

In: messages of the adapters' topics. Out: ``declare`` and ``remove`` on the context, only for what
changed, and the messages that adapters want sent. Refused messages are counted by reason, logged
once per topic, and change nothing.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.devices.entity_ids import EntityIds
from hubagent.devices.keys import all_keys, identity
from hubagent.devices.merge import Announced, merged
from hubagent.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hubagent.ports import Adapter, Context
    from hubagent.types import Declaration, Discovery, EntityId, Message, Publication

_LOGGER = logging.getLogger(__name__)


class Directory:
    """The register of all announcements.

    Args:
        context: The store that is told.
        adapters: The conventions, the preferred first: where two announce the same thing, the
            first one's bindings and commands are used.
    """

    def __init__(self, context: Context, adapters: Sequence[Adapter]) -> None:
        self._context = context
        self._adapters = {adapter.name: adapter for adapter in adapters}
        self._ranks = {adapter.name: rank for rank, adapter in enumerate(adapters)}
        self._announced: dict[str, Announced] = {}
        self._sources_by_key: dict[str, set[str]] = {}
        self._identity_of: dict[str, str] = {}
        self._merged: dict[str, Declaration] = {}
        self._told: dict[str, Declaration] = {}
        self._holders: dict[EntityId, str] = {}
        self._problems: Counter[str] = Counter()
        self._logged: set[str] = set()
        entities = context.view().entities()
        self._ids = EntityIds({identity(entity): entity.entity_id for entity in entities})
        self._former = {entity.source: entity.entity_id for entity in entities}
        """Entities of a former run that were not announced again yet."""

    def start(self) -> None:
        """Ask the context to report messages on the adapters' topics."""
        for adapter in self._adapters.values():
            self._context.watch(adapter.name, adapter.filters())

    @property
    def problems(self) -> Mapping[str, int]:
        """How many messages, or parts of them, were refused, by reason."""
        return dict(self._problems)

    def handle(self, adapter: str, message: Message) -> tuple[Publication, ...]:
        """Take in one announcement of the adapter of that name; return what it wants sent."""
        try:
            found = self._adapters[adapter].handle(message)
        except DataError as error:
            self._refuse(message.topic, str(error))
            return ()
        return self.take(adapter, found, message.topic, message.heard_at_s)

    def take(
        self, adapter: str, found: Discovery, place: str, now_s: float
    ) -> tuple[Publication, ...]:
        """Take in what the adapter of that name has found in a place; return what it wants sent."""
        for reason in found.refused:
            self._refuse(place, reason)
        declared = {item.entity.source: item for item in found.declared}
        gone = set(found.removed) - declared.keys()
        for known in (self._announced.keys() | self._former.keys()) if found.complete else ():
            if known.startswith(found.complete) and known not in declared:
                gone.add(known)
        touched = self._take_in(self._ranks[adapter], declared, gone)
        # What some devices are recognised by is their states, most of which say nothing new.
        if touched:
            self._settle(touched, now_s)
        self._forget_former(gone)
        return found.requests

    def heard_on(self, topic: str) -> tuple[EntityId, ...]:
        """Return the entities that hear something on exactly this topic, sorted."""
        return tuple(
            sorted(
                item.entity.entity_id
                for item in list(self._told.values())
                if any(binding.topic == topic for binding in item.bindings)
            )
        )

    def _refuse(self, topic: str, reason: str) -> None:
        self._problems[reason.partition(":")[0]] += 1
        if topic not in self._logged:
            self._logged.add(topic)
            _LOGGER.warning("announcement on %s refused: %s", topic, reason)

    # --- which announcements are touched ----------------------------------------------------------

    def _take_in(
        self, rank: int, declared: Mapping[str, Declaration], gone: Iterable[str]
    ) -> set[str]:
        """Record what came and went; return all sources whose merging may change by it."""
        changed = {
            source: item
            for source, item in declared.items()
            if source not in self._announced or self._announced[source].declaration != item
        }
        leaving = {source for source in gone if source in self._announced}
        touched = self._connected(leaving | (changed.keys() & self._announced.keys()))
        for source in leaving | (changed.keys() & self._announced.keys()):
            for key in all_keys(self._announced.pop(source).declaration):
                self._sources_by_key[key].discard(source)
                if not self._sources_by_key[key]:
                    del self._sources_by_key[key]
        for source, item in changed.items():
            self._announced[source] = Announced(rank, item)
            for key in all_keys(item):
                self._sources_by_key.setdefault(key, set()).add(source)
        for source in declared:
            self._former.pop(source, None)
        return touched | self._connected(changed.keys())

    def _connected(self, sources: Iterable[str]) -> set[str]:
        """Return the sources that share keys with these, directly or through others."""
        found = set(sources)
        waiting = list(found)
        while waiting:
            for key in all_keys(self._announced[waiting.pop()].declaration):
                for source in self._sources_by_key[key] - found:
                    found.add(source)
                    waiting.append(source)
        return found

    # --- what the context is told -----------------------------------------------------------------

    def _settle(self, touched: set[str], now_s: float) -> None:
        """Merge the touched announcements anew and tell the context what that changes."""
        before = {self._identity_of.pop(source, "") for source in touched} - {""}
        present = {source for source in touched if source in self._announced}
        after: dict[str, Declaration] = {}
        while present:
            together = self._connected({present.pop()})
            present -= together
            for item in merged([self._announced[source] for source in together]):
                after[identity(item.entity)] = item
        for known in before - after.keys():
            self._ids.release(known)
            del self._merged[known]
        for known, item in after.items():
            self._ids.claim(known, item.entity.entity_id, now_s)
            self._merged[known] = item
            self._identity_of[item.entity.source] = known
        moved = self._ids.settle(now_s)
        changed = sorted(before | after.keys() | moved.keys())
        for known in changed:
            if known not in self._merged:
                self._remove(known)
        for known in changed:
            if known in self._merged:
                self._declare(known, _with_id(self._merged[known], self._ids[known]))

    def _remove(self, known: str) -> None:
        declaration = self._told.pop(known, None)
        if declaration is not None:
            del self._holders[declaration.entity.entity_id]
            self._context.remove(declaration.entity.entity_id)

    def _declare(self, known: str, declaration: Declaration) -> None:
        """Tell the context; when it refuses, what it was told before still holds."""
        entity_id = declaration.entity.entity_id
        before = self._told.get(known)
        if before == declaration:
            return
        if self._holders.get(entity_id, known) != known:
            # The other one has another id by now, and will be declared in its turn.
            self._remove(self._holders[entity_id])
        try:
            self._context.declare(declaration)
        except DataError as error:
            self._refuse(declaration.entity.source, f"does not compile: {error}")
            return
        if before is not None and before.entity.entity_id != entity_id:
            self._remove(known)
        self._told[known] = declaration
        self._holders[entity_id] = known

    def _forget_former(self, gone: Iterable[str]) -> None:
        """Remove entities of a former run that a message says are gone."""
        for source in gone:
            entity_id = self._former.pop(source, None)
            if entity_id is not None and entity_id not in self._holders:
                self._context.remove(entity_id)


def _with_id(declaration: Declaration, entity_id: EntityId) -> Declaration:
    if declaration.entity.entity_id == entity_id:
        return declaration
    return replace(
        declaration,
        entity=replace(declaration.entity, entity_id=entity_id),
        bindings=tuple(replace(item, entity_id=entity_id) for item in declaration.bindings),
        commands=tuple(replace(item, entity_id=entity_id) for item in declaration.commands),
    )
