"""Learning with other homes, assembled: what the brain knows, scrubbed, and the courier that tells it.

Also what the owner may ask of it: over the control socket while the hub runs, else of the file in its state
folder, which knows what was agreed to and what waits.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from hubagent import control
from hubagent.errors import DataError, HubagentError
from hubagent.learn.gather import SETTLED_S
from hubagent.learn.told import failures
from hubagent.rewrite.template import Templates
from hubagent.sync.consent import text_for
from hubagent.sync.outbox import FILE_NAME, Outbox
from hubagent.sync.scrub import Said, Scrub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from hubagent.brain import Brain
    from hubagent.clock import Clock
    from hubagent.config import SyncConfig
    from hubagent.evidence import Request, Transition
    from hubagent.ports import ContextView, Telling, Understand
    from hubagent.sync.bundle import Bundle
    from hubagent.sync.courier import Courier

__all__ = ["HomeTelling", "answer", "ask", "open_courier", "text_for"]

_PEOPLE = frozenset({"person", "device_tracker"})
"""Domains of things that are called after somebody."""
_READ = 0.5
"""Probability from which words were surely for something."""


class HomeTelling:
    """Implements :class:`hubagent.ports.Telling` for a hub."""

    def __init__(
        self,
        brain: Brain,
        view: Callable[[], ContextView],
        understand: Understand,
        clock: Clock,
        *,
        pause: Callable[[], None] = lambda: None,
    ) -> None:
        """Keep what is asked.

        Args:
            brain: Knows what was said and how it went.
            view: The home now.
            understand: Reads words, to see which parts of them are personal.
            clock: Wall clock.
            pause: Called between steps, so that a turn goes first.
        """
        self._brain, self._view, self._understand = brain, view, understand
        self._clock, self._pause = clock, pause
        self._known: dict[Request, str | None] = {}
        self._scrub: Scrub | None = None

    def transitions(self, since_s: float) -> Iterator[Transition]:
        """Yield what was said after what since a moment, of dialogues that have settled."""
        self._known, self._scrub = {}, None
        for transition in self._brain.transitions(since_s, self._clock.now_s() - SETTLED_S):
            self._pause()
            yield transition

    def failures(self, since_s: float) -> Mapping[str, int]:
        """Return how many turns since a moment came to nothing, by stage."""
        return failures(self._brain.journal.turns(since_s=since_s))

    def scrub(self, request: Request) -> str | None:
        """Return what may leave of a request, ``None`` for nothing."""
        if request not in self._known:
            self._pause()
            self._known[request] = self._scrubbed(request)
        return self._known[request]

    def _scrubbed(self, request: Request) -> str | None:
        if self._scrub is None:
            self._scrub = _scrub_of(self._view(), self._brain.journal.speakers())
        read = self._understand.understand(request.words)
        if not request.intents and read.out_of_scope >= _READ:
            return None  # talk that was not meant for the hub
        best = [clause.hypotheses[0] for clause in read.clauses if clause.hypotheses]
        intents = [item.intent for item in best if item.probability >= _READ]
        slots = tuple((slot.name, slot.text) for item in best for slot in item.slots)
        return self._scrub.scrub(Said(request.words, (*request.intents, *intents), slots))


def open_courier(
    state_dir: Path,
    settings: SyncConfig,
    clock: Clock,
    *,
    telling: Telling | None = None,
    table: Callable[[], int] = lambda: 0,
) -> Courier:
    """Return the courier of a hub.

    Args:
        state_dir: State folder of the hub.
        settings: Where it goes.
        clock: Wall clock.
        telling: What the home could tell; ``None`` while the hub does not run.
        table: Returns the version of the table of other homes in force, 0 for none.

    Raises:
        HubagentError: If packages are missing, or a file cannot be read.
    """
    try:
        from hubagent.sync.courier import Courier, Service
    except ImportError as error:
        raise HubagentError(
            f"learning with other homes needs a package that is not there: {error.name}",
            hint="pip install 'hubagent[sync]'",
        ) from error
    service = Service(settings.service, _first_line(settings.secret_file), settings.ca_file)
    try:
        outbox = Outbox(state_dir / FILE_NAME)
    except (sqlite3.Error, OSError) as error:
        raise HubagentError(
            f"`{state_dir / FILE_NAME}` cannot be opened: {error}",
            hint="make room on the disk; if it is damaged, remove it and agree again",
        ) from error
    return Courier(outbox, service, clock, telling=telling, table=table)


def ask(
    state_dir: Path, settings: SyncConfig, clock: Clock, do: str, params: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the answer of the running hub, else of its file.

    Args:
        state_dir: State folder of the hub.
        settings: Where it goes.
        clock: Wall clock.
        do: ``status``, ``preview``, ``now``, ``on`` or ``off``.
        params: ``erase`` for ``off``.

    Raises:
        HubagentError: If it is refused.
    """
    socket = state_dir / control.SOCKET_NAME
    if control.is_running(socket):
        return next(iter(control.call(socket, "sync", {"do": do, **params}, timeout_s=600.0)))
    if not state_dir.is_dir():
        raise DataError(
            f"`{state_dir}` is no folder", hint="name the hub's with --state-dir or --config"
        )
    courier = open_courier(state_dir, settings, clock)
    try:
        return {**answer(courier, {"do": do, **params}), "running": False}
    finally:
        courier.close()


def answer(
    courier: Courier | None, params: Mapping[str, Any], bundle: Bundle | None = None
) -> dict[str, Any]:
    """Return what is asked as JSON types.

    Args:
        courier: Of a hub that may tell; ``None`` for one that has no service.
        params: ``do``: ``status``, ``preview``, ``now``, ``on`` or ``off``; ``erase``.
        bundle: Of a hub that fetches tables.

    Raises:
        HubagentError: If it is refused.
    """
    do = params.get("do")
    tables = {} if bundle is None else {"tables": bundle.now() if do == "now" else bundle.status()}
    if courier is None and tables and do in ("status", "now"):
        return tables
    if courier is None:
        raise HubagentError(
            "this hub tells other homes nothing",
            hint="set sync.service and learning.enabled = true, restart the hub; its log says more",
        )
    match do:
        case "status":
            return {**courier.status(), **tables}
        case "preview":
            return courier.preview()
        case "now":
            agreed = courier.consent() is not None or not tables
            return {**(courier.now() if agreed else {}), **tables}
        case "on":
            courier.agree()
            return courier.status()
        case "off":
            return courier.refuse(erase=bool(params.get("erase")))
    raise DataError(f"`do`: `{do}` is none of status, preview, now, on, off")


def _scrub_of(view: ContextView, speakers: frozenset[str]) -> Scrub:
    templates = Templates()

    def blank(key: str) -> str | None:
        template = templates.of(key, view)
        return template.text if template.is_clear else None

    named = (
        name
        for entity in view.entities()
        if entity.domain in _PEOPLE
        for name in (entity.name, *entity.aliases)
    )
    return Scrub(blank, [*named, *speakers])


def _first_line(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise HubagentError(
            f"cannot read `{path}`: {error}", hint="set sync.secret_file"
        ) from error
