"""The owner's mapping file beside the running hub: read again when it changes, and proposals for it."""

from __future__ import annotations

import logging
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hubagent.devices.ha_payload import valid_filter
from hubagent.devices.mapping import NAME, Mapping
from hubagent.devices.propose import as_toml, propose, watched
from hubagent.errors import DataError, TransportError
from hubagent.mapping import load_mapping
from hubagent.mqtt.client import MqttClient

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hubagent.clock import Clock
    from hubagent.config import MqttConfig
    from hubagent.devices.directory import Directory
    from hubagent.types import Message

_LOGGER = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0
CONNECT_TIMEOUT_S = 10.0
MAX_WATCH_S = 600.0
MAX_HEARD = 20_000


class MappingFile:
    """Keeps the directory as the file says; used by the thread that feeds the directory."""

    def __init__(self, path: Path | None, directory: Directory, clock: Clock) -> None:
        """Build.

        Args:
            path: The file, which may come and go; ``None`` = there never is one.
            directory: Is told.
            clock: Says when it is time to look again.
        """
        self._path = path
        self._directory = directory
        self._clock = clock
        self._looked_s: float | None = None
        self._seen: tuple[int, int] | None = None
        self._missing = 1
        self._entities = 0
        self._problems: tuple[str, ...] = ()

    def apply(self) -> None:
        """Look whether the file has changed, now and then, and tell the directory what it says."""
        now_s = self._clock.monotonic_s()
        if self._looked_s is not None and now_s - self._looked_s < LOOK_EVERY_S:
            return
        first, self._looked_s = self._looked_s is None, now_s
        stamp = self._stamp()
        if stamp is None:
            # An editor may take the file away for a moment while it saves.
            self._missing += 1
            if self._missing == 2:
                self._tell(Mapping((), ()))
        elif stamp != self._seen or first:
            self._missing = 0
            self._read()
        else:
            self._missing = 0
        self._seen = stamp

    def health(self) -> dict[str, Any] | None:
        """Return the file, how many entities it has and what is wrong; ``None`` when there is none."""
        if self._path is None or self._missing:
            return None
        return {
            "file": str(self._path),
            "entities": self._entities,
            "problems": list(self._problems),
        }

    def _stamp(self) -> tuple[int, int] | None:
        if self._path is None:
            return None
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size

    def _read(self) -> None:
        assert self._path is not None  # noqa: S101 - it has a stamp
        try:
            mapping = load_mapping(self._path)
        except DataError as error:
            # What it said before holds until it can be read again.
            self._problems = (str(error),)
            _LOGGER.warning("%s %s", self._path, error)
            return
        self._tell(mapping)

    def _tell(self, mapping: Mapping) -> None:
        self._entities, self._problems = len(mapping.declared), mapping.problems
        self._directory.take(NAME, mapping.discovery(), str(self._path), self._clock.now_s())
        for problem in mapping.problems:
            _LOGGER.warning("%s: %s", self._path, problem)


def watch(
    settings: MqttConfig,
    hub: str,
    clock: Clock,
    directory: Directory,
    topic: str,
    seconds: float,
    *,
    only_311: bool,
) -> Iterator[dict[str, Any]]:
    """Listen on a topic with a connection of its own, so that retained messages come again.

    Yields ``{"waited_s", "messages"}`` about every second, at last what was heard, what it may be and the
    entities that hear it already.

    Raises:
        DataError: The topic is none.
        TransportError: The broker does not answer.
    """
    if not valid_filter(topic):
        raise DataError(f"`{topic}` is no topic", hint="such as garden/pond/state or garden/#")
    if not 0 < seconds <= MAX_WATCH_S:
        raise DataError(f"`seconds`: expected up to {MAX_WATCH_S:.0f}")
    client = MqttClient(
        replace(settings, excluded_prefixes=()),
        hub=f"{hub}-map-{uuid.uuid4().hex[:8]}",
        clock=clock,
        filters=((watched(topic), 0),),
        only_311=only_311,
        tells_status=False,
    )
    heard: list[Message] = []
    client.start()
    try:
        if not client.wait_connected(CONNECT_TIMEOUT_S):
            raise TransportError(f"{settings.host}:{settings.port}", client.standing().reason)
        began_s = told_s = clock.monotonic_s()
        while (now_s := clock.monotonic_s()) - began_s < seconds:
            heard += client.drain(256, 0.1)[: MAX_HEARD - len(heard)]
            if now_s - told_s >= 1.0:
                told_s = now_s
                yield {"waited_s": round(now_s - began_s, 1), "messages": len(heard)}
    finally:
        client.stop()
    proposals = propose(topic, heard)
    topics = sorted({item.topic for item in heard})
    yield {
        "heard": [
            {
                "topic": name,
                "messages": sum(item.topic == name for item in heard),
                "last": _shown(next(item for item in reversed(heard) if item.topic == name)),
            }
            for name in topics
        ],
        "known": {name: list(ids) for name in topics if (ids := directory.heard_on(name))},
        "entities": [proposal.document() for proposal in proposals],
        "text": as_toml(proposals),
    }


def _shown(message: Message) -> str:
    return message.payload[:200].decode(errors="replace")
