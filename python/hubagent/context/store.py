"""The context store: what devices say, kept; implements :class:`hubagent.ports.Context`."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from itertools import starmap
from typing import TYPE_CHECKING

from hubagent import _core
from hubagent.context import habits
from hubagent.context.optimistic import assumed
from hubagent.context.view import ContextView, Home
from hubagent.errors import DataError
from hubagent.ports import IngestReport
from hubagent.types import DeviceEvent, Publication, StateChange

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from hubagent.clock import Clock
    from hubagent.types import (
        Area,
        AreaId,
        Command,
        Declaration,
        DeviceId,
        EntityId,
        Floor,
        FloorId,
        Message,
    )

_LOGGER = logging.getLogger(__name__)

_MAX_NAMED = 256
"""Topics whose first bad payload is logged; those of further ones are only counted."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """What the store found on the disk at its start, and what it had to drop."""

    snapshot: int | None
    """Sequence number of the snapshot it began with; ``None`` when there was none, or no good one."""
    records: int
    """Records read, from snapshot and log."""
    dropped_bytes: int
    """Bytes of log dropped behind a damaged or missing record."""
    unread: int
    """Good records that this version does not understand."""
    set_aside: tuple[str, ...]
    """Damaged files, by the names they now have."""
    refused: str | None
    """What the system refused, if anything."""

    @property
    def is_complete(self) -> bool:
        """Return whether nothing at all was lost."""
        return not (self.dropped_bytes or self.unread or self.set_aside or self.refused)


def _changes(rows: Iterable[_core._Change]) -> tuple[StateChange, ...]:
    return tuple(map(StateChange._make, rows))


def _offset_s(at_s: float) -> int:
    return time.localtime(at_s).tm_gmtoff


class ContextStore:
    """Registry, state and history of the home; every method may be called from any thread."""

    def __init__(
        self,
        directory: Path | None = None,
        *,
        clock: Clock,
        durability: str = "normal",
        excluded: Sequence[str] = ("$SYS/",),
    ) -> None:
        """Recover what the directory holds; never fails because of what is in it.

        Args:
            directory: Where to keep everything; ``None`` keeps it in memory only.
            clock: Time of everything that no message brings.
            durability: How much a power cut may take of what devices said: ``relaxed`` (minutes),
                ``normal`` (30 s) or ``strict`` (since the last tick). What the owner says is
                always safe at once.
            excluded: Payloads of topics that begin so are not kept for later declarations.
        """
        self._clock = clock
        self._core = _core.Store(
            directory, now_s=clock.now_s(), durability=durability, excluded=excluded
        )
        self._home = Home(self._core.view(clock.now_s()))
        self._by_hand = habits.ByHand()
        self._named: set[str] = set()
        self._suspended: str | None = None
        row = self._core.recovery()
        self.recovery = None if row is None else Recovery(*row)
        """What was found at the start; ``None`` in memory."""
        if self.recovery is not None and not self.recovery.is_complete:
            _LOGGER.warning("The stored state of the home was damaged: %s", self.recovery)
        self._watch_persistence()

    # --- devices ---------------------------------------------------------------------------------

    def declare(self, declaration: Declaration) -> tuple[StateChange, ...]:
        """Add or replace an entity, its device, bindings and commands.

        The last payload of every topic is applied, also when it was heard before. An area that the
        declaration suggests is looked up by name or made.

        Raises:
            DataError: If a binding or command does not compile; nothing is changed then.
        """
        return _changes(self._core.declare(declaration, self._clock.now_s()))

    def remove(self, entity_id: EntityId) -> None:
        """Forget an entity with its bindings, commands and history; unknown ids are fine.

        What the owner said of it stays, for the day it comes back.
        """
        self._core.remove(entity_id, self._clock.now_s())

    # --- messages --------------------------------------------------------------------------------

    def watch(self, name: str, filters: Sequence[str]) -> None:
        """Report messages on these topic filters in ``IngestReport.watched`` from now on.

        Raises:
            DataError: If one of them is no topic filter.
        """
        self._core.watch(name, list(filters))

    def ingest(self, messages: Sequence[Message]) -> IngestReport:
        """Apply a batch: match, extract, compare, store. Never raises for a bad payload."""
        changes, events, watched, unclaimed, failed, failures = self._core.ingest(messages)
        for topic, payload in failures:
            self._name_failure(topic, payload)
        found = _changes(changes)
        for entity_id, what, at_s in self._by_hand.doings(found, messages):
            self._core.note(entity_id, what, at_s, _offset_s(at_s))
        return IngestReport(
            changes=found,
            events=tuple(starmap(DeviceEvent, events)),
            watched=watched,
            unclaimed=unclaimed,
            failed=failed,
        )

    def _name_failure(self, topic: str, payload: str) -> None:
        if topic not in self._named and len(self._named) < _MAX_NAMED:
            self._named.add(topic)
            _LOGGER.warning("Payload on %s cannot be read; further ones are only counted", topic)
            _LOGGER.debug("It begins with %r", payload)

    # --- reading ---------------------------------------------------------------------------------

    def view(self) -> ContextView:
        """Return a picture of this instant, in microseconds."""
        view = self._core.view(self._clock.now_s())
        home = self._home
        if home.version != view.version:
            home = self._home = Home(view)
        return ContextView(view, home)

    # --- commands --------------------------------------------------------------------------------

    def render(self, command: Command) -> tuple[Publication, ...]:
        """Put a command on paper.

        Raises:
            UnknownEntityError: If there is no such entity.
            CapabilityError: If it cannot do that; the reason is the hint.
        """
        now_s = self._clock.now_s()
        rows = self._core.render(command.entity_id, command.command, command.data, now_s)
        self._by_hand.commanded(command.entity_id, now_s)
        return tuple(Publication(topic, payload, qos) for topic, payload, qos in rows)

    def assume(self, command: Command) -> tuple[StateChange, ...]:
        """Take the command as the new state, for entities that never report (optimistic).

        Does nothing for the others. The origin of the changes is ``command``.
        """
        if not self._core.is_optimistic(command.entity_id, command.command):
            return ()
        view = self.view()
        entity, state = view.entity(command.entity_id), view.state(command.entity_id)
        values = assumed(entity, state, command)
        rows = self._core.assume(command.entity_id, values, self._clock.now_s())
        return _changes(rows)

    # --- habits ----------------------------------------------------------------------------------

    def done(self, commands: Sequence[Command]) -> None:
        """Count commands that were asked for and carried out as habits of the home."""
        now_s = self._clock.now_s()
        for command in commands:
            for what in habits.doings(command):
                self._core.note(command.entity_id, what, now_s, _offset_s(now_s))

    def noted(self, name: str, what: str) -> None:
        """Count something that is no entity's doing but that others follow: an alarm that rang."""
        now_s = self._clock.now_s()
        self._core.note(name, what, now_s, _offset_s(now_s))

    def export_habits(self) -> list[dict[str, object]]:
        """Return all habits as plain data."""
        return habits.exported(self._core.view(self._clock.now_s()).habits())

    def import_habits(self, exported: object) -> None:
        """Take habits that were exported; each replaces what is known of the same doing.

        Raises:
            DataError: If they are not as they were exported.
        """
        now_s = self._clock.now_s()
        for row in tuple(habits.restored(exported, now_s)):
            if not self._core.set_habit(row, now_s):
                raise DataError(f"counts of `{row[0]}` are no counts")

    def forget_habits(self, entity_id: EntityId | None = None) -> bool:
        """Forget the habits of an entity, or all; return whether that is on the disk."""
        return self._core.forget_habits(entity_id, self._clock.now_s())

    # --- the owner's word ------------------------------------------------------------------------
    # Each is on the disk when the method returns True. False: persistence is suspended, or there
    # is none; the word holds until the end of the program.

    def set_floor(self, floor: Floor) -> bool:
        """Add or replace a floor; return whether it is on the disk."""
        return self._core.set_floor(floor, self._clock.now_s())

    def set_area(self, area: Area) -> bool:
        """Add or replace an area; return whether it is on the disk."""
        return self._core.set_area(area, self._clock.now_s())

    def remove_floor(self, floor_id: FloorId) -> bool:
        """Forget a floor; its areas stay. Return whether that is on the disk."""
        return self._core.remove_floor(floor_id, self._clock.now_s())

    def remove_area(self, area_id: AreaId) -> bool:
        """Forget an area and the owner's placing of things in it; return whether it is on disk."""
        return self._core.remove_area(area_id, self._clock.now_s())

    def set_entity_facts(
        self,
        entity_id: EntityId,
        *,
        name: str | None = None,
        area_id: AreaId | None = None,
        aliases: Sequence[str] | None = None,
    ) -> bool:
        """Say how an entity is called and where it stands, whatever it announces of itself.

        Args:
            entity_id: Which entity.
            name: Its spoken name.
            area_id: Its area.
            aliases: All its other names, in place of those known so far.

        ``None`` leaves what was said before.

        Returns:
            Whether it is on the disk.

        Raises:
            UnknownEntityError: If there is no such entity.
        """
        return self._core.set_entity_facts(
            entity_id, self._clock.now_s(), name=name, area_id=area_id, aliases=aliases
        )

    def set_device_facts(
        self, device_id: DeviceId, *, name: str | None = None, area_id: AreaId | None = None
    ) -> bool:
        """Say how a device is called and where it stands; ``None`` leaves what was said before.

        Raises:
            KeyError: If there is no such device.
        """
        return self._core.set_device_facts(
            device_id, self._clock.now_s(), name=name, area_id=area_id
        )

    def clear_entity_facts(self, entity_id: EntityId) -> bool:
        """Forget all that was said of an entity: it is as it announces itself."""
        return self._core.clear_entity_facts(entity_id, self._clock.now_s())

    # --- time ------------------------------------------------------------------------------------

    def tick(self) -> tuple[StateChange, ...]:
        """Let values expire and put on the disk what is due; to be called about once a second.

        May wait for the disk; other calls go on meanwhile.
        """
        now_s = self._clock.now_s()
        rows = self._core.tick(now_s, _offset_s(now_s))
        self._watch_persistence()
        return _changes(rows)

    def sync(self) -> bool:
        """Put everything worth it on the disk; return whether it is."""
        return self._core.sync(self._clock.now_s())

    def close(self) -> None:
        """Write a snapshot, so that the next start is quick; the store can still be used."""
        self._core.close(self._clock.now_s())
        self._watch_persistence()

    def _watch_persistence(self) -> None:
        reason = self._core.suspended()
        if reason is not None and self._suspended is None:
            _LOGGER.warning("The state of the home is not being stored: %s", reason)
        elif reason is None and self._suspended is not None:
            _LOGGER.info("The state of the home is being stored again")
        self._suspended = reason

    # --- health ----------------------------------------------------------------------------------

    def counters(self) -> dict[str, int]:
        """Return how many entities there are and what was counted since the start, by name."""
        return self._core.counters()

    def failed_by_topic(self) -> dict[str, int]:
        """Return unreadable messages by topic; those of too many topics under the empty name."""
        return self._core.failed_by_topic()

    def suspended(self) -> str | None:
        """Return why nothing is being stored; ``None`` while all is well, or in memory."""
        return self._core.suspended()
