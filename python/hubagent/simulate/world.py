"""The simulated home: its devices, who speaks for them, the time they need, and the truth.

In: a ``HomeModel`` and messages on command topics. Out: publications. It knows no transport: an
in-memory bus (``join_bus``) or a real broker (``simulate/client.py``) carries the messages.
"""

from __future__ import annotations

import heapq
import itertools
import logging
from typing import TYPE_CHECKING, Any

from hubagent.errors import UnknownEntityError
from hubagent.simulate.devices import make_device
from hubagent.simulate.faults import Faults
from hubagent.simulate.home import UNAVAILABLE
from hubagent.simulate.makers import make_nodes
from hubagent.simulate.makers.wire import STATUS_TOPIC, message
from hubagent.simulate.normalise import normalise_attributes, normalise_state
from hubagent.types import EntityId

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hubagent.clock import Clock
    from hubagent.simulate.bus import BusClient, MemoryBus
    from hubagent.simulate.devices.base import SimulatedDevice
    from hubagent.simulate.home import HomeModel
    from hubagent.simulate.makers.wire import Action
    from hubagent.types import Message, Publication, Value

_LOGGER = logging.getLogger(__name__)

STEP_S = 0.5
"""How often a moving device moves and reports."""

BIRTH_TOPIC = "homeassistant/status"


class SimulatedHome:
    """All devices of a home, speaking through a ``publish`` function.

    Args:
        home: The home.
        clock: Time of the devices; moved by hand on a bus, the machine's with a broker.
        faults: What goes wrong, nothing by default.
        maker: How devices speak whose home file does not say: ``device``, ``single``, ``topics``
            or ``zigbee2mqtt``. ``device`` loses nothing of Home Assistant's domain model.
    """

    def __init__(
        self,
        home: HomeModel,
        clock: Clock,
        *,
        faults: Faults | None = None,
        maker: str = "device",
    ) -> None:
        self.home = home
        self.clock = clock
        self.faults = faults or Faults()
        self.devices: dict[str, SimulatedDevice] = {
            entity.entity_id: make_device(entity, home.initial[entity.entity_id], clock)
            for entity in home.entities
        }
        self._gone = {id_ for id_ in self.devices if not home.initial[EntityId(id_)].available}
        """Entities that the hub knows to be gone."""
        self.faults.unreachable.update(self._gone)
        self._nodes = make_nodes(home, self.devices, maker)
        self._node_of = {id_: node for node, ids in self._nodes for id_ in ids}
        self._readers = {
            topic: (node, reader)
            for node, _ in self._nodes
            for topic, reader in node.topics().items()
        }
        self._publish: Callable[[Publication], None] | None = None
        self._sent: dict[str, bytes] = {}
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self._active: set[str] = set()
        self._stepped_s = clock.monotonic_s()
        self._under_way = 0
        self.strays = 0
        """Messages on topics that no device has."""

    # --- joining ----------------------------------------------------------------------------------

    def topics(self) -> tuple[str, ...]:
        """Return what it listens to: every command topic, and the birth of a hub."""
        return (BIRTH_TOPIC, *self._readers)

    def start(self, publish: Callable[[Publication], None]) -> None:
        """Announce everything and report every state."""
        self._publish = publish
        self._announce()
        for device in self.devices.values():
            self._watch_time(device)

    def _announce(self) -> None:
        self._send([message(STATUS_TOPIC, "online", qos=1)])
        for node, ids in self._nodes:
            # Who cannot be reached was announced before, and the broker kept that.
            self._send(node.announcements())
            self._send(node.presence([id_ for id_ in ids if id_ not in self._gone], online=True))
            self._send(node.presence([id_ for id_ in ids if id_ in self._gone], online=False))
            for entity_id in ids:
                if not self._is_cut_off(entity_id):
                    self._send(node.reports(self.devices[entity_id]))

    def stop(self) -> None:
        """Say that every device goes."""
        for node, ids in self._nodes:
            self._send(node.presence(ids, online=False))
        self._send([message(STATUS_TOPIC, "offline", qos=1)])
        self._publish = None

    def _send(self, publications: list[Publication], *, only_news: bool = False) -> None:
        for publication in publications:
            if only_news and self._sent.get(publication.topic) == publication.payload:
                continue
            self._sent[publication.topic] = publication.payload
            if self._publish is not None:
                self._publish(publication)

    # --- hearing ----------------------------------------------------------------------------------

    def handle(self, heard: Message) -> None:
        """Take a message from the transport; never raises for what is in it."""
        if heard.topic == BIRTH_TOPIC:
            if heard.payload == b"online":
                self.later(self.faults.latency_s, self._announce)
            return
        found = self._readers.get(heard.topic)
        if found is None:
            self.strays += 1
            return
        for action in found[1](heard.payload):
            if not self._is_cut_off(action.device.entity.entity_id) and not self.faults.lost():
                self._under_way += 1
                self.later(self.faults.latency_s, lambda action=action: self._act(action))  # type: ignore[misc]  # bound now

    def _act(self, action: Action) -> None:
        self._under_way -= 1
        device = action.device
        if self._is_cut_off(device.entity.entity_id):
            return
        if action.command is not None and not device.command(action.command, action.data or {}):
            _LOGGER.debug("%s ignores %s", device.entity.entity_id, action.command)
            return
        self._spread(device)
        self._report(device, only_news=False)

    def _spread(self, device: SimulatedDevice) -> None:
        """Let a scene or script have its effect."""
        for entity_id, wanted in device.effects().items():
            if entity_id in self.devices:
                self.place(entity_id, wanted.state, wanted.attributes)

    def _report(self, device: SimulatedDevice, *, only_news: bool) -> None:
        self._watch_time(device)
        entity_id = device.entity.entity_id
        said, device.said = device.said, None
        if self._is_cut_off(entity_id) or self.faults.lost():
            return
        node = self._node_of[entity_id]
        if said is not None:
            self._send(node.events(device, said))
        self._send(node.reports(device), only_news=only_news)

    # --- the world --------------------------------------------------------------------------------

    def place(
        self, entity_id: str, state: object = None, attributes: Mapping[str, object] | None = None
    ) -> None:
        """Move a device by hand: a wall switch, the weather, someone coming home.

        Args:
            entity_id: Which entity.
            state: As in a home file; ``None`` leaves it, ``unavailable`` makes the entity go, any
                other brings it back.
            attributes: As in a home file; those not given stay.

        Raises:
            UnknownEntityError: If there is no such entity.
        """
        device = self.device(entity_id)
        if state == UNAVAILABLE:
            self.cut_off(entity_id, noticed=True)
            return
        given, domain = attributes or {}, device.entity.domain
        device.place(normalise_state(domain, state, given), normalise_attributes(domain, given))
        if state is not None and entity_id in self._gone:
            self.bring_back(entity_id)
        self._report(device, only_news=True)

    def device(self, entity_id: str) -> SimulatedDevice:
        """Return a device; raise ``UnknownEntityError``."""
        try:
            return self.devices[entity_id]
        except KeyError:
            raise UnknownEntityError(entity_id) from None

    def _is_cut_off(self, entity_id: str) -> bool:
        cut = self.faults.unreachable
        device_id = self.devices[entity_id].entity.device_id
        return bool(cut) and (entity_id in cut or (device_id is not None and device_id in cut))

    def cut_off(self, *ids: str, noticed: bool = False) -> None:
        """Make entities or devices unreachable; ``noticed`` tells the hub so."""
        self.faults.unreachable.update(ids)
        if noticed:
            members = self._members(ids)
            self._gone.update(members)
            for node, own in self._nodes:
                self._send(node.presence([id_ for id_ in own if id_ in members], online=False))

    def bring_back(self, *ids: str) -> None:
        """Make them reachable; they say what they are now."""
        members = self._members(ids)
        self.faults.unreachable.difference_update(ids)
        self._gone.difference_update(members)
        for node, own in self._nodes:
            self._send(node.presence([id_ for id_ in own if id_ in members], online=True))
        for entity_id in members:
            self._report(self.devices[entity_id], only_news=False)

    def _members(self, ids: tuple[str, ...]) -> list[str]:
        """Return the entities meant by ids of entities or devices."""
        return [
            id_
            for id_, device in self.devices.items()
            if id_ in ids or device.entity.device_id in ids
        ]

    # --- time -------------------------------------------------------------------------------------

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something in a while; at once for 0."""
        if seconds <= 0:
            act()
            return
        due_s = self.clock.monotonic_s() + seconds
        heapq.heappush(self._later, (due_s, next(self._number), act))

    def _watch_time(self, device: SimulatedDevice) -> None:
        entity_id = device.entity.entity_id
        if device.needs_time and entity_id not in self._active:
            if not self._active:
                self._stepped_s = self.clock.monotonic_s()
            self._active.add(entity_id)

    @property
    def moving(self) -> bool:
        """Whether a command is under way or a device has not arrived yet."""
        return self._under_way > 0 or any(self.devices[id_].moving for id_ in self._active)

    @property
    def wake_s(self) -> float | None:
        """Monotonic time at which ``wake`` wants to be called, ``None`` while all is still."""
        times = [self._later[0][0]] if self._later else []
        if self._active:
            times.append(self._stepped_s + STEP_S)
        return min(times, default=None)

    def wake(self) -> None:
        """Do what is due: follow late commands, move what moves, report it."""
        now_s = self.clock.monotonic_s()
        while self._later and self._later[0][0] <= now_s:
            heapq.heappop(self._later)[2]()
        if not self._active:
            return
        passed_s, self._stepped_s = now_s - self._stepped_s, now_s
        for entity_id in sorted(self._active):
            device = self.devices[entity_id]
            device.advance(passed_s)
            if not device.needs_time:
                self._active.discard(entity_id)
            self._report(device, only_news=True)

    # --- truth ------------------------------------------------------------------------------------

    def states(self) -> dict[str, dict[str, Any]]:
        """Return what every entity truly is, as ``replay`` prints it.

        States are words, as in Home Assistant: ``unknown`` for none, ``unavailable`` for who is
        known to be gone, numbers as text. Attributes
        are those of the home file and those the device has, in Home Assistant's domain model.
        """
        return {
            entity_id: {
                "state": UNAVAILABLE if entity_id in self._gone else state_words(device.state),
                "attributes": _plain(device.truth),
            }
            for entity_id, device in self.devices.items()
        }

    @property
    def ignored(self) -> dict[str, int]:
        """Commands not followed, by entity; entities without any are left out."""
        return {id_: device.ignored for id_, device in self.devices.items() if device.ignored}


def state_words(state: Value) -> str:
    """Return a state as Home Assistant's text."""
    if state is None:
        return "unknown"
    if isinstance(state, float) and state.is_integer():
        return str(int(state))
    return str(state)


def _plain(attributes: Mapping[str, Value]) -> dict[str, Any]:
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in attributes.items()
    }


def join_bus(home: SimulatedHome, bus: MemoryBus) -> BusClient:
    """Connect a simulated home to an in-memory bus and announce it."""
    client = bus.client("home", home.handle)
    client.subscribe(*home.topics())
    home.start(client.publish)
    bus.drive(home)
    return client


def settle(home: SimulatedHome, bus: MemoryBus, *, at_most_s: float = 120.0) -> float:
    """Let time pass until nothing is under way any more; return how long that took."""
    start_s = bus.clock.monotonic_s()
    while home.moving and bus.clock.monotonic_s() - start_s < at_most_s:
        bus.advance(STEP_S)
    return bus.clock.monotonic_s() - start_s
