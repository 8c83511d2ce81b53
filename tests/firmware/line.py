"""The line between a device and the port that the hub sees; it may spoil what it carries."""

from __future__ import annotations

import os
import select
import threading
from typing import TYPE_CHECKING

from device import Noise

if TYPE_CHECKING:
    from pathlib import Path

    from device import Port


class Line:
    """Carries frames both ways between a pseudo-terminal of a device and a port, until it is closed."""

    def __init__(self, terminal: Path, port: Port, noise: Noise | None = None) -> None:
        self.noise = noise or Noise()
        self._port = port.fd
        self._device = os.open(terminal, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        os.set_blocking(port.fd, False)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def _carry(self) -> None:
        ways = {self._device: self._port, self._port: self._device}
        held = dict.fromkeys(ways, b"")
        while not self._stopping.is_set():
            for source in select.select(list(ways), [], [], 0.01)[0]:
                try:
                    *frames, held[source] = (held[source] + os.read(source, 4096)).split(b"\0")
                    for frame in frames:
                        os.write(ways[source], self.noise.spoil(frame + b"\0"))
                except OSError:
                    self._stopping.wait(0.02)

    def close(self) -> None:
        self._stopping.set()
        self._thread.join()
        os.close(self._device)
