"""The running hub: everything built, started, watched over and stopped.

Threads: ``mqtt`` (paho's and ours) fills the queue; ``pump`` empties it into the store; ``store``
lets time pass and writes; ``learning`` runs passes while nobody speaks; ``turns`` takes requests, so that waiting three seconds for a lamp never
keeps the hub from hearing; ``schedule`` does what has come due; ``broker`` minds the own broker,
``control`` the commands.
"""

from __future__ import annotations

import fcntl
import logging
import signal
import socket
import threading
from contextlib import suppress
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any

from hubagent.act.execute import ChangeSignal, Executor
from hubagent.act.schedule import Schedule
from hubagent.brain import Brain
from hubagent.clock import Clock, SystemClock
from hubagent.config import Config, MqttConfig, is_loopback, read_systemd
from hubagent.context.store import ContextStore
from hubagent.control import SOCKET_NAME, ControlServer
from hubagent.daemon.bridging import BridgeService
from hubagent.daemon.idle import IdleLearner, StoppedError
from hubagent.daemon.itself import Itself, LearningSwitch
from hubagent.daemon.loops import Loop, TurnWorker
from hubagent.daemon.mapping import MappingFile
from hubagent.daemon.owner import OwnersWord
from hubagent.daemon.requests import handlers
from hubagent.devices import conventions
from hubagent.devices.directory import Directory
from hubagent.devices.mapping import Mapped
from hubagent.errors import HubagentError, TransportError
from hubagent.mqtt.broker import EmbeddedBroker, Login
from hubagent.mqtt.client import MqttClient
from hubagent.mqtt.presence import Presence
from hubagent.mqtt.pump import Pump
from hubagent.mqtt.topics import EventKind, SpeechEvent, Topics, encode_response
from hubagent.pipeline import Pipeline
from hubagent.receiving import open_bundle
from hubagent.service import Notifier
from hubagent.sharing import HomeTelling, open_courier
from hubagent.types import AreaId
from hubagent.understand import values
from hubagent.understand.understander import Understander

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

    from hubagent.ports import Understand
    from hubagent.sync.bundle import Bundle
    from hubagent.sync.courier import Courier
    from hubagent.types import TurnRecord, Utterance

_LOGGER = logging.getLogger(__name__)

TICK_EVERY_S = 1.0
DUE_EVERY_S = 0.5
SHARE_EVERY_S = 5.0
BEAT_WITHIN_S = 10.0
"""A thread that did not come round for so long is stuck."""
SAY_TIMEOUT_S = 60.0


class Daemon:
    """One hub. Build, :meth:`start`, :meth:`say`, :meth:`stop`."""

    def __init__(
        self, config: Config, *, clock: Clock | None = None, understand: Understand | None = None
    ) -> None:
        """Build what needs no file and no network.

        Args:
            config: The settings.
            clock: ``None`` = the machine's.
            understand: ``None`` = the released model, loaded by :meth:`start`.
        """
        self.config = config
        self.clock = clock or SystemClock()
        self.store: ContextStore
        self.pipeline: Pipeline
        self.brain: Brain | None = None
        """Everything that learns; ``None`` when that is switched off."""
        self.learner: IdleLearner | None = None
        self._understand = understand
        self.reached = config.mqtt
        """How the broker is reached; with the password of our own where there is one."""
        self._topics = Topics(config.hub.name)
        self._signal = ChangeSignal()
        self._broker: EmbeddedBroker | None = None
        self._client: MqttClient | None = None
        self._control: ControlServer | None = None
        self.courier: Courier | None = None
        """Tells other homes what may leave; ``None`` when the settings name no service."""
        self.bundle: Bundle | None = None
        """Tables of other homes; ``None`` when the settings name no place of them."""
        self.bridge: BridgeService | None = None
        """Devices on lines; ``None`` when the settings name none."""
        self._loops: list[Loop] = []
        self._lock: IO[bytes] | None = None
        self._started_s = self.clock.monotonic_s()

    # --- life --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Open the store, start the broker if need be, the client and the threads.

        Returns without waiting for the broker (see :meth:`wait_connected`).

        Raises:
            TransportError: When another hub uses the state folder, or the own broker cannot start.
            ModelError: When the model cannot be loaded.
        """
        state_dir = self.config.hub.state_dir
        state_dir.mkdir(parents=True, exist_ok=True)
        self._lock = _take_lock(state_dir / "lock")
        try:
            self._build()
        except BaseException:
            self.stop()
            raise

    def _build(self) -> None:
        config, clock = self.config, self.clock
        understand = self._understand or Understander.load()
        self.store = ContextStore(
            config.hub.state_dir / "store", clock=clock, durability=config.store.durability
        )
        self._owner = OwnersWord(config.home, self.store)
        self._owner.apply_places()
        adapters = (Mapped(), *conventions.adapters())
        self.directory = Directory(self.store, adapters)
        self.directory.start()
        self._mapping = MappingFile(config.mqtt.mapping_file, self.directory, clock)
        self._owner.apply_entities()
        settings = self.reached = self._start_broker(config.mqtt)
        client = self._client = MqttClient(
            settings,
            hub=config.hub.name,
            clock=clock,
            precious=[
                self._topics.utterance,
                self._topics.event,
                self._topics.undo,
                self._topics.learning_set,
                *(name for adapter in adapters for name in adapter.filters()),
            ],
            only_311=self.only_311,
        )
        executor = Executor(
            self.store,
            client,
            clock=clock,
            wait=self._signal,
            confirm_timeout_s=config.act.confirm_timeout_s,
        )
        self._schedule = Schedule(clock, config.hub.state_dir / "schedule.json")
        if config.learning.enabled:
            self.brain = Brain(
                context=self.store,
                understand=understand,
                clock=clock,
                state_dir=config.hub.state_dir,
                settings=config.learning,
            )
        switch = None
        if self.brain is not None:
            switch = LearningSwitch(config.hub.state_dir / "learning.off", self.brain)
        self.pipeline = Pipeline(
            understand=understand,
            values=values,
            context=self.store,
            act=executor,
            clock=clock,
            schedule=self._schedule,
            satellites={name: AreaId(area) for name, area in config.home.satellites.items()},
            default_area=AreaId(config.hub.area) if config.hub.area else None,
            observer=switch,
            rewriter=self.brain.rewriter if self.brain is not None else None,
        )
        self._worker = TurnWorker(self.pipeline.run_turn, self._answer, clock)
        if self.brain is not None:
            self.brain.attach(self.pipeline)
            self.learner = IdleLearner(self.brain, clock, is_busy=self._is_busy)
        self._switch = switch
        self._itself = Itself(
            self._topics,
            client,
            clock,
            shown=config.mqtt.announce_itself,
            learning=switch,
            learned=None if self.brain is None else self.brain.store,
            turns=self.pipeline.turns,
            say=self._submit,
        )
        self._presence = Presence(config.mqtt.announce_as_ha, clock)
        self._pump = Pump(
            client,
            self.store,
            self.directory,
            topics=self._topics,
            presence=self._presence,
            clock=clock,
            listeners=[self._signal, *([switch] if switch is not None else [])],
            on_utterance=self._submit,
            on_event=self._on_event,
            on_command=self._itself.command,
        )
        self._tick_beat_s = clock.monotonic_s()
        self._ticker = Loop("store", self._tick)
        self._due = Loop("schedule", self._run_due)
        self._loops = [
            Loop("pump", self._pump_once),
            self._ticker,
            self._due,
            Loop("turns", self._worker.run_once),
        ]
        if self.learner is not None:
            self._loops.append(Loop("learning", self.learner.run_once))
        self._open_sharing(understand)
        if self.courier is not None or self.bundle is not None:
            self._sharing = Loop("sync", self._share)
            self._loops.append(self._sharing)
        for loop in self._loops:
            loop.start()
        client.start()
        if config.bridge.serial or config.bridge.listen:
            self.bridge = BridgeService(config, settings, clock, only_311=self.only_311)
            self.bridge.start()
        self._control = ControlServer(config.hub.state_dir / SOCKET_NAME, handlers(self))
        self._control.start()

    def _open_sharing(self, understand: Understand) -> None:
        """Open what goes to and comes from other homes; the hub runs without either as well."""
        settings, folder, brain, learner = (
            self.config.sync,
            self.config.hub.state_dir,
            self.brain,
            self.learner,
        )
        if brain is None or learner is None:
            return
        try:
            if settings.tables:
                self.bundle = open_bundle(
                    folder, settings, self.clock, brain, understand, pause=learner.pause
                )
            if settings.service:
                telling = HomeTelling(
                    brain, self.store.view, understand, self.clock, pause=learner.pause
                )
                self.courier = open_courier(
                    folder, settings, self.clock, telling=telling, table=self._table_version
                )
        except HubagentError as error:
            _LOGGER.warning("This hub does not learn with others: %s", error)

    def _table_version(self) -> int:
        return 0 if self.bundle is None else self.bundle.version

    def _start_broker(self, mqtt: MqttConfig) -> MqttConfig:
        """Start the own broker if the settings and the port say so; return how to reach it."""
        if mqtt.embedded == "never":
            return mqtt
        if mqtt.embedded == "auto" and (
            not is_loopback(mqtt.host) or mqtt.tls or _answers(mqtt.host, mqtt.port)
        ):
            return mqtt
        login = Login(mqtt.username, mqtt.password) if mqtt.password else None
        broker = EmbeddedBroker(
            self.config.hub.state_dir / "broker",
            clock=self.clock,
            port=mqtt.port,
            listen=mqtt.embedded_listen,
            login=login,
            autosave_s=mqtt.embedded_autosave_s,
        )
        broker.start()
        self._broker = broker
        if broker.login is None:
            return replace(mqtt, host=broker.address)
        if login is None:
            _LOGGER.info(
                "Devices reach the own broker as user %s with the password in %s",
                broker.login.username,
                self.config.hub.state_dir / "broker" / "password",
            )
        return replace(
            mqtt,
            host=broker.address,
            username=broker.login.username,
            password=broker.login.password,
        )

    def stop(self) -> None:
        """Stop everything, in the order in which it needs each other; may be called twice.

        The store writes its snapshot; the own broker goes last and keeps its retained messages.
        """
        if self._control is not None:
            self._control.stop()
            self._control = None
        if self.bridge is not None:
            self.bridge.stop()
            self.bridge = None
        if self.learner is not None:
            self.learner.stop()
        for loop in reversed(self._loops):
            loop.stop(self.config.act.confirm_timeout_s + 5.0)
        if self._client is not None:
            self._client.stop()
        if self.courier is not None:
            self.courier.close()
            self.courier = None
        self.bundle = None
        if self.brain is not None:
            self.brain.close()
            self.brain = self.learner = None
        if self._loops:
            self.store.close()
            self._loops = []
        if self._broker is not None:
            self._broker.stop()
            self._broker = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    # --- use ---------------------------------------------------------------------------------------

    def wait_connected(self, timeout_s: float) -> bool:
        """Wait until the broker is reached; return whether it is."""
        return self._client is not None and self._client.wait_connected(timeout_s)

    def say(self, utterance: Utterance) -> TurnRecord:
        """Take a turn, after those that wait; return its record.

        Raises:
            concurrent.futures.CancelledError: When it is not obeyed (see ``TurnWorker.submit``).
        """
        return self._submit(utterance).result(SAY_TIMEOUT_S)

    def _is_busy(self) -> bool:
        return self._worker.is_busy or (self._switch is not None and not self._switch.is_on)

    def _submit(self, utterance: Utterance) -> Future[TurnRecord]:
        if self.learner is not None:
            self.learner.spoken()
        return self._worker.submit(utterance)

    @property
    def only_311(self) -> bool:
        """Whether the broker is our own and speaks MQTT 3.1.1 only."""
        return self._broker is not None and self._broker.program == "amqtt"

    def is_well(self) -> bool:
        """Return whether the queue is being emptied and the store lives on."""
        now_s = self.clock.monotonic_s()
        beats = (self._pump.beat_s, self._tick_beat_s)
        return all(now_s - beat_s < BEAT_WITHIN_S for beat_s in beats)

    def health(self) -> dict[str, Any]:
        """Return how everything is, for ``doctor`` and the status line."""
        assert self._client is not None  # noqa: S101 - start() made it
        standing, store = self._client.standing(), self.store.counters()
        refused = {**self.directory.problems, **self._pump.refused()}
        return {
            "connected": standing.connected,
            "reason": standing.reason,
            "protocol": standing.protocol,
            "endpoint": f"{self.config.mqtt.host}:{self.config.mqtt.port}",
            "broker": None
            if self._broker is None
            else {"program": self._broker.program, "restarts": self._broker.restarts},
            "well": self.is_well(),
            "uptime_s": round(self.clock.monotonic_s() - self._started_s, 1),
            "entities": store["entities"],
            "turns": self._worker.counters()["turns"],
            "bridge": None if self.bridge is None else self.bridge.health(),
            "mapping": self._mapping.health(),
            "learning_off": self._switch is not None and not self._switch.is_on,
            "learning": None if self.brain is None else self.brain.health(),
            "sharing": self._sharing_health(),
            "home_assistant": self._presence.home_assistant_heard,
            "unknown_entities": list(self._owner.pending()),
            "refused": [
                {"source": f"{count} announcement(s) or request(s)", "reason": reason}
                for reason, count in sorted(refused.items())
            ],
            "retained_commands": list(self._client.retained_commands()),
            "faults": {loop.name: loop.failures for loop in self._loops},
            "counters": {
                "mqtt": self._client.counters(),
                "pump": self._pump.counters(),
                "turns": self._worker.counters(),
                "schedule": self._schedule.counters(),
                "store": store,
            },
        }

    def _sharing_health(self) -> dict[str, Any] | None:
        """Return whether the home has agreed, what waits, which table is in force, and what is wrong."""
        if self.courier is None and self.bundle is None:
            return None
        told = {} if self.courier is None else self.courier.status()
        taken = {} if self.bundle is None else self.bundle.status()
        errors = [(found.get("last") or {}).get("error") for found in (told, taken)]
        return {
            "agreed": told.get("agreed", False),
            "waiting": told.get("waiting", 0),
            "table": taken.get("table"),
            "errors": [error for error in errors if error],
        }

    def status_line(self) -> str:
        """Return one line for ``systemctl status``."""
        assert self._client is not None  # noqa: S101 - start() made it
        endpoint = f"{self.config.mqtt.host}:{self.config.mqtt.port}"
        where = "connected to" if self._client.standing().connected else "waiting for the broker at"
        return f"{self.store.counters()['entities']} entities, {where} {endpoint}"

    # --- steps of the threads ----------------------------------------------------------------------

    def _pump_once(self) -> None:
        self._mapping.apply()
        self._pump.run_once()
        self._owner.apply_entities()

    def _tick(self) -> None:
        self._ticker.wait(TICK_EVERY_S)
        changes = self.store.tick()
        self._signal.changed(changes)
        if self.brain is not None and self._switch is not None:
            self._switch.changed(changes)
            self.brain.tick()
        self._itself.run_once()
        self._tick_beat_s = self.clock.monotonic_s()

    def _share(self) -> None:
        self._sharing.wait(SHARE_EVERY_S)
        with suppress(StoppedError):
            if self.bundle is not None:
                self.bundle.run_once()
            if self.courier is not None:
                self.courier.run_once()

    def _run_due(self) -> None:
        self._due.wait(DUE_EVERY_S)
        if not self.wait_connected(0.0):
            return  # nobody could be told; what is too late by then will not be done
        for record in self.pipeline.run_due():
            try:
                self._answer(record)
            except TransportError as error:
                _LOGGER.warning("%s came due and could not be told: %s", record.intent, error)

    def _answer(self, record: TurnRecord) -> None:
        assert self._client is not None  # noqa: S101 - start() made it
        self._client.publish(encode_response(self._topics, record))

    def _on_event(self, event: SpeechEvent) -> None:
        if event.kind is EventKind.CANCEL:
            self._worker.cancel_waiting()
        if self.brain is not None:
            self.brain.event(event.kind.value, event.turn_id)


def run_daemon(config: Config) -> None:
    """Run a hub until SIGTERM or SIGINT, telling systemd how it is.

    Raises:
        TransportError: When another hub uses the state folder, or the own broker cannot start.
        ModelError: When the model cannot be loaded.
    """
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopping.set())
    clock = SystemClock()
    notifier = Notifier(read_systemd(), clock)
    daemon = Daemon(config, clock=clock)
    daemon.start()
    try:
        while not stopping.is_set() and not daemon.wait_connected(0.5):
            notifier.status(daemon.status_line())
        notifier.ready(daemon.status_line())
        _LOGGER.info("Started: %s", daemon.status_line())
        while not stopping.wait(1.0):
            notifier.status(daemon.status_line())
            notifier.feed_watchdog(well=daemon.is_well())
    finally:
        notifier.stopping()
        daemon.stop()
        _LOGGER.info("Stopped")


def _take_lock(path: Path) -> IO[bytes]:
    lock = path.open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise TransportError(str(path.parent), "another hub is running with this folder") from None
    return lock


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=2.0).close()
    except OSError:
        return False
    return True
