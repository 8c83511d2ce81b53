"""The bridge, wired: its own connection to the broker, its thread, and the socket for its commands.

Part of `hubagent run` when the settings name a line, or alone as `hubagent bridge`, perhaps on another
machine that has the serial ports.
"""

from __future__ import annotations

import logging
import queue
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubagent.bridge.bridge import FILTERS, Bridge
from hubagent.bridge.update import Transfer, read_image
from hubagent.clock import SystemClock
from hubagent.control import BRIDGE_SOCKET_NAME, ControlServer
from hubagent.daemon.loops import Loop
from hubagent.errors import ConfigError, DataError, HubagentError, TransportError
from hubagent.mqtt.client import MqttClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hubagent.clock import Clock
    from hubagent.config import Config, MqttConfig
    from hubagent.control import Handler

_LOGGER = logging.getLogger(__name__)

_ANSWER_WITHIN_S = 10.0
_LOOK_EVERY_S = 0.25
_GIVE_UP_S = 600.0
"""A device may be away so long in the midst of an update."""


class BridgeService:
    """A bridge with its thread and its connections. Build, :meth:`start`, :meth:`stop`."""

    def __init__(
        self, config: Config, mqtt: MqttConfig, clock: Clock, *, only_311: bool = False
    ) -> None:
        """Build.

        Args:
            config: The settings.
            mqtt: How the broker is reached.
            clock: Time.
            only_311: The broker is known to speak MQTT 3.1.1 only.

        Raises:
            TransportError: When it is to listen on an address that cannot be used.
        """
        self._clock = clock
        name = f"{config.hub.name}-bridge"
        self._client = MqttClient(mqtt, hub=name, clock=clock, filters=FILTERS, only_311=only_311)
        listen = (config.bridge.listen, config.bridge.port) if config.bridge.listen else None
        self.bridge = Bridge(
            self._client,
            clock,
            bridge_status=f"hubagent/{name}/status",
            serial=config.bridge.serial,
            listen=listen,
        )
        self._loop = Loop("bridge", self.bridge.run_once)
        handlers: Mapping[str, Handler] = {
            "status": lambda _params: [self._ask(self.bridge.document)],
            "ota": self._update,
        }
        self._control = ControlServer(config.hub.state_dir / BRIDGE_SOCKET_NAME, handlers)

    def start(self) -> None:
        """Begin to connect; return at once.

        Raises:
            TransportError: When another bridge runs with this state folder.
        """
        self._control.start()
        self._client.start()
        self._loop.start()

    def stop(self) -> None:
        """Say that the devices are gone, close the lines, disconnect."""
        self._control.stop()
        self._loop.stop()
        self.bridge.close()
        self._client.stop()

    def health(self) -> dict[str, Any]:
        """Return how lines and devices stand."""
        return {**self.bridge.document(), "faults": self._loop.failures}

    def _ask(self, what: Callable[[], Any]) -> Any:  # noqa: ANN401 # what it returns
        """Let the bridge's thread do something and return its result."""
        answers: queue.Queue[Any] = queue.Queue()

        def do() -> None:
            try:
                answers.put(what())
            except HubagentError as error:
                answers.put(error)

        self.bridge.call(do)
        try:
            answer = answers.get(timeout=_ANSWER_WITHIN_S)
        except queue.Empty:
            raise TransportError("bridge", "it does not answer") from None
        if isinstance(answer, HubagentError):
            raise answer
        return answer

    def _update(self, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Send an image to a device; yield how far it is, then what became of it."""
        device, path = params.get("device"), params.get("file")
        if not isinstance(device, str) or not isinstance(path, str):
            raise DataError("`device` and `file`: expected texts")
        try:
            image = read_image(Path(path).read_bytes())
        except OSError as error:
            raise DataError(f"cannot read `{path}`: {error.strerror}") from error
        before, since_s = (0, ""), self._clock.monotonic_s()
        transfer: Transfer = self._ask(lambda: self.bridge.update(device, image))
        try:
            while transfer.outcome is None:
                total = len(image.content)
                stands = (transfer.offset, transfer.phase)
                if stands != before:
                    before, since_s = stands, self._clock.monotonic_s()
                if self._clock.monotonic_s() - since_s > _GIVE_UP_S:
                    raise TransportError(device, "it does not go on", hint="is it still there?")
                yield {"phase": transfer.phase, "done": transfer.offset, "total": total}
                time.sleep(_LOOK_EVERY_S)
        finally:
            if transfer.outcome is None:  # Whoever asked is gone.
                self.bridge.call(transfer.abort)
        if transfer.outcome:
            raise DataError(f"`{device}` was not updated: {transfer.outcome}")
        yield {"device": device, "version": image.version, "board": image.board}


def run_alone(config: Config) -> None:
    """Run a bridge alone until SIGTERM or SIGINT.

    Raises:
        ConfigError: When the settings name no line.
        TransportError: When another bridge runs with this state folder, or an address is taken.
    """
    if not config.bridge.serial and not config.bridge.listen:
        raise ConfigError("settings", ("`bridge.serial` or `bridge.listen`: expected one of them",))
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    config.hub.state_dir.mkdir(parents=True, exist_ok=True)
    service = BridgeService(config, config.mqtt, SystemClock())
    service.start()
    try:
        stopping.wait()
    finally:
        service.stop()
