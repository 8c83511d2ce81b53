"""What systemd is told: ready, stopping, alive. Without systemd nothing is said and nothing fails.

Protocol: sd_notify(3), one datagram to the socket systemd names; no library needed.
"""

from __future__ import annotations

import logging
import socket
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubagent.clock import Clock
    from hubagent.config import Systemd

_LOGGER = logging.getLogger(__name__)

PACKAGED_PROGRAM = "/opt/hubagent/bin/hubagent"


class Notifier:
    """Speaks to systemd, and feeds its watchdog while the hub is well."""

    def __init__(self, systemd: Systemd, clock: Clock) -> None:
        self._path = systemd.notify_socket
        self._clock = clock
        self._interval_s = systemd.watchdog_s / 2
        self._fed_at_s = clock.monotonic_s()
        self._status = ""

    def ready(self, status: str) -> None:
        """Say that the start is complete."""
        self._status = status
        self._send(f"READY=1\nSTATUS={status}")

    def status(self, text: str) -> None:
        """Say in one line how things are; said again only when it changes."""
        if text != self._status:
            self._status = text
            self._send(f"STATUS={text}")

    def stopping(self) -> None:
        """Say that a clean stop has begun."""
        self._send("STOPPING=1\nSTATUS=stopping")

    def feed_watchdog(self, *, well: bool) -> None:
        """Feed the watchdog at half its time, if the hub is well; call often."""
        now_s = self._clock.monotonic_s()
        if self._interval_s and well and now_s - self._fed_at_s >= self._interval_s:
            self._fed_at_s = now_s
            self._send("WATCHDOG=1")

    def _send(self, text: str) -> None:
        if not self._path:
            return
        # A leading @ names a socket of the abstract kind, which has no file.
        address = f"\0{self._path[1:]}" if self._path.startswith("@") else self._path
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notify:
                notify.setblocking(False)
                notify.sendto(text.encode(), address)
        except OSError as error:
            _LOGGER.debug("systemd not told: %s", error)


def unit_text(program: str = PACKAGED_PROGRAM) -> str:
    """Return the systemd unit ``hubagent.service`` that runs ``program``, an absolute path."""
    unit = resources.files("hubagent").joinpath("hubagent.service").read_text(encoding="utf-8")
    return unit.replace(PACKAGED_PROGRAM, program)
