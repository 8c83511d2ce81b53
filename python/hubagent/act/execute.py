"""Commands onto the wire, and the wait for each device's own word.

In: commands in order. Out: one ``Outcome`` each. Commands to different devices go out together;
two commands to one device follow each other. Nothing is retained, and what a broker could not
deliver within ten seconds must never arrive.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from hubagent.act.expect import can_confirm, expectation
from hubagent.errors import CapabilityError, DataError, TransportError, UnknownEntityError
from hubagent.types import Outcome, OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubagent.clock import Clock
    from hubagent.ports import Context, Transport
    from hubagent.types import Command, EntityState, StateChange

_LOGGER = logging.getLogger(__name__)

CONFIRM_TIMEOUT_S = 3.0
EXPIRY_S = 10
"""Life of a command in a broker: a light that goes on an hour late is a fault."""


class Wait(Protocol):
    """How to let time pass until something holds; the real one sleeps, a simulated one does not."""

    def __call__(self, until: Callable[[], bool], timeout_s: float) -> bool:
        """Return whether ``until`` came to hold within the time."""
        ...


class ChangeSignal:
    """Wakes the executor at every change of the home; both a change listener and a ``Wait``."""

    def __init__(self) -> None:
        self._changed = threading.Condition()

    def changed(self, changes: Sequence[StateChange]) -> None:
        """Wake whoever waits."""
        if changes:
            with self._changed:
                self._changed.notify_all()

    def __call__(self, until: Callable[[], bool], timeout_s: float) -> bool:
        """Sleep until a change makes ``until`` hold, or the time is over."""
        with self._changed:
            return self._changed.wait_for(until, timeout_s)


@dataclass(slots=True)
class _Sent:
    command: Command
    confirmed: Callable[[EntityState], bool]
    kind: OutcomeKind | None = None
    waited_s: float = 0.0


class Executor:
    """Publishes commands and says what happened to each."""

    def __init__(
        self,
        context: Context,
        transport: Transport,
        *,
        clock: Clock,
        wait: Wait,
        confirm_timeout_s: float = CONFIRM_TIMEOUT_S,
    ) -> None:
        self._context = context
        self._transport = transport
        self._clock = clock
        self._wait = wait
        self._confirm_timeout_s = confirm_timeout_s

    def execute(self, commands: Sequence[Command]) -> tuple[Outcome, ...]:
        """Publish in order, wait for the state echoes, say what happened to each command."""
        outcomes: list[Outcome] = []
        for batch in _batches(commands):
            sent = [self._send(command) for command in batch]
            self._confirm([item for item in sent if item.kind is None])
            outcomes += [
                Outcome(item.command, item.kind or OutcomeKind.SILENT, item.waited_s)
                for item in sent
            ]
        return tuple(outcomes)

    def _send(self, command: Command) -> _Sent:
        try:
            before = self._context.view().state(command.entity_id)
            publications = self._context.render(command)
            sent = _Sent(command, expectation(command, before))
            if can_confirm(command) and sent.confirmed(before):
                sent.kind = OutcomeKind.ALREADY
            elif not can_confirm(command):
                sent.kind = OutcomeKind.SENT
            for publication in publications:
                self._transport.publish(replace(publication, retain=False, expiry_s=EXPIRY_S))
            self._context.assume(command)
        except (UnknownEntityError, CapabilityError, DataError, TransportError) as error:
            _LOGGER.warning(
                "Could not send %s to %s: %s", command.command, command.entity_id, error
            )
            return _Sent(command, lambda _: False, OutcomeKind.FAILED)
        return sent

    def _confirm(self, waiting: list[_Sent]) -> None:
        """Wait until every command is confirmed or the time is over."""
        started_s = self._clock.monotonic_s()

        def all_confirmed() -> bool:
            for item in waiting:
                if item.kind is None and self._is_confirmed(item):
                    item.kind = OutcomeKind.FOLLOWED
                    item.waited_s = self._clock.monotonic_s() - started_s
            return all(item.kind is not None for item in waiting)

        if waiting and not all_confirmed():
            self._wait(all_confirmed, self._confirm_timeout_s)
        for item in waiting:
            if item.kind is None:
                item.waited_s = self._clock.monotonic_s() - started_s

    def _is_confirmed(self, item: _Sent) -> bool:
        try:
            return item.confirmed(self._context.view().state(item.command.entity_id))
        except UnknownEntityError:  # it was removed meanwhile
            return False


def _batches(commands: Sequence[Command]) -> list[list[Command]]:
    """Split the commands so that each batch has at most one for each entity."""
    batches: list[list[Command]] = []
    for command in commands:
        if not batches or any(command.entity_id == other.entity_id for other in batches[-1]):
            batches.append([])
        batches[-1].append(command)
    return batches
