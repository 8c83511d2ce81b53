"""Tasmota's native discovery: what a device says of its relays, lights, shutters and sensors.

In: retained ``tasmota/discovery/<mac>/config`` and ``.../sensors``, and ``LWT`` of devices that come
back. Out: declarations, and requests for the state. A source is ``tasmota:<mac>/<object>``. Topics are
those that the device announces (``ft``, ``tp``, ``t``), never guessed; a command is confirmed by the
``RESULT`` that Tasmota answers with. Keys: github.com/tasmota/docs (MQTT, SetOptions, Blinds and
Shutters) and the announcements themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent.devices.draft import refusal, slug
from hubagent.devices.ha_payload import Config, read_object
from hubagent.devices.tasmota_entities import declared
from hubagent.devices.topics import colons, publishable
from hubagent.types import Device, DeviceId, Discovery, Publication

if TYPE_CHECKING:
    from hubagent.devices.ha_payload import JsonObject
    from hubagent.types import Message

_MAC = re.compile(r"[0-9A-F]{12}")
_MAX_DEVICES = 4096


@dataclass(frozen=True, slots=True)
class Node:
    """One Tasmota device, as it announced itself."""

    mac: str
    config: Config
    device: Device
    command: str
    """Topic prefix of commands, ending in a slash; likewise the next two."""
    result: str
    telemetry: str
    off: str
    on: str

    def option(self, number: int) -> bool:
        """Return whether a ``SetOption`` is on."""
        options = self.config.values.get("so")
        return isinstance(options, dict) and options.get(str(number)) in (1, True)

    def numbers(self, key: str) -> list[int]:
        """Return a list of small numbers; what is none counts as 0."""
        listed = self.config.values.get(key)
        found = listed if isinstance(listed, list) else []
        return [item if isinstance(item, int) and abs(item) < 256 else 0 for item in found[:32]]


class Tasmota:
    """Adapter of Tasmota's native discovery."""

    name = "tasmota"

    def __init__(self) -> None:
        self._nodes: dict[str, Node] = {}
        self._sensors: dict[str, JsonObject] = {}

    def filters(self) -> tuple[str, ...]:
        """Return the topic filters of its announcements."""
        return (
            "tasmota/discovery/+/config",
            "tasmota/discovery/+/sensors",
            "tele/+/LWT",
            "+/tele/LWT",
        )

    def handle(self, message: Message) -> Discovery:
        """Read one announcement; raise ``DataError`` when it must be refused."""
        levels = message.topic.split("/")
        if levels[-1] == "LWT":
            return self._back(message)
        mac, kind = levels[-2], levels[-1]
        if not _MAC.fullmatch(mac):
            raise refusal("bad topic", f"`{mac}` is no MAC address")
        known = self._nodes if kind == "config" else self._sensors
        if not message.payload.strip():
            known.pop(mac, None)
            return self._everything(mac)
        values = read_object(message.payload)
        if mac not in known and len(known) >= _MAX_DEVICES:
            raise refusal("too many", f"more than {_MAX_DEVICES} Tasmota devices")
        if kind == "sensors":
            readings = values.get("sn")
            if not isinstance(readings, dict):
                raise refusal("missing key", "`sn` is not an object")
            self._sensors[mac] = readings
            return self._everything(mac)
        self._nodes[mac] = _read(mac, Config(values))
        return self._everything(mac, requests=_ask(self._nodes[mac]))

    def _everything(self, mac: str, requests: tuple[Publication, ...] = ()) -> Discovery:
        """Declare all that the device has; nothing before its ``config`` is there."""
        source = f"{self.name}:{mac}/"
        node = self._nodes.get(mac)
        if node is None:
            return Discovery(complete=(source,))
        found = tuple(declared(node, source, self._sensors.get(mac, {})))
        return Discovery(declared=found, complete=(source,), requests=requests)

    def _back(self, message: Message) -> Discovery:
        """Ask a device that came back for its state, which it does not keep on the broker."""
        for node in self._nodes.values():
            if message.topic == f"{node.telemetry}LWT" and not message.retained:
                back = message.payload.decode(errors="replace") == node.config.text("onln")
                return Discovery(requests=_ask(node) if back else ())
        return Discovery()


def _read(mac: str, config: Config) -> Node:
    """Return the device of a ``config`` message."""
    if config.text("mac").upper() != mac:
        raise refusal("wrong value", f"`mac` is `{config.text('mac')}` on the topic of {mac}")
    full, topic, prefixes = config.text("ft"), config.text("t"), config.words("tp")
    if "%prefix%" not in full or "%topic%" not in full or not topic or len(prefixes) != 3:
        raise refusal("wrong value", "`ft`, `t` and `tp` make no topics")
    command, result, telemetry = (
        publishable(
            full.replace("%prefix%", prefix)
            .replace("%topic%", topic)
            .replace("%hostname%", config.text("hn"))
            .replace("%id%", mac[-6:])
            .rstrip("/")
        )
        + "/"
        for prefix in prefixes
    )
    states = config.words("state", ("OFF", "ON"))
    if len(states) < 2 or states[0] == states[1]:
        raise refusal("wrong value", "`state` does not name two states")
    device = Device(
        device_id=DeviceId(slug(mac)),
        name=config.text("dn"),
        identifiers=(mac,),
        connections=(f"mac:{colons(mac)}",),
        manufacturer="Tasmota",
        model=config.text("md"),
        sw_version=config.text("sw"),
    )
    return Node(mac, config, device, command, result, telemetry, states[0], states[1])


def _ask(node: Node) -> tuple[Publication, ...]:
    """Return the requests for states (11) and sensors (10)."""
    return tuple(Publication(f"{node.command}STATUS", number, qos=0) for number in (b"11", b"10"))
