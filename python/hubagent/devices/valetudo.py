"""Vacuum robots that run Valetudo, by what they publish themselves.

In: ``<prefix>/<robot>/<capability or attribute>/<property>``, retained, one value a topic, and the ``$format``
of a choice. Out: the vacuum, its settings and readings. A source is ``valetudo:<prefix>/<robot>/<place>``. A
command goes to ``.../set``; the robot's status confirms it. Maps and events are left alone.
Topics: valetudo.cloud, Integrations, MQTT.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hubagent.devices.draft import INTEGER, NUMBER, PLAIN, Reading, Writing, scaled, words
from hubagent.devices.parts import Parts, begin, device_named, spoken
from hubagent.devices.topics import publishable
from hubagent.types import Discovery, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubagent.devices.draft import Draft
    from hubagent.types import Convert, Declaration, Device, Message


class _Kind(NamedTuple):
    """What one place is: its domain, name and unit."""

    domain: str
    label: str
    device_class: str = ""
    unit: str = ""
    category: str = ""
    convert: Convert = PLAIN


_AREA = scaled((0, 1e12), (0, 1e8), integer=False)
"""Square centimetres to square metres."""
_ON_OFF = words((("ON", "on"), ("OFF", "off")))
_TRUE = words((("true", "on"), ("false", "off")))


def _setting(domain: str, label: str, convert: Convert = PLAIN) -> _Kind:
    return _Kind(domain, label, category="config", convert=convert)


def _told(label: str, device_class: str = "", unit: str = "", convert: Convert = PLAIN) -> _Kind:
    return _Kind("sensor", label, device_class, unit, "diagnostic", convert)


_STATUS = "StatusStateAttribute/status"
_FAN = "FanSpeedControlCapability/preset"
_CONSUMABLES = "ConsumableMonitoringCapability"
_KINDS = {
    "BatteryStateAttribute/level": _Kind("sensor", "Battery", "battery", "%", convert=NUMBER),
    "BatteryStateAttribute/status": _told("Battery status"),
    "StatusStateAttribute/error_description": _Kind("sensor", "Error"),
    "StatusStateAttribute/flag": _told("Status flag"),
    "DockStatusStateAttribute/status": _told("Dock status"),
    "CurrentStatisticsCapability/area": _Kind(
        "sensor", "Cleaned area", "area", "m²", convert=_AREA
    ),
    "CurrentStatisticsCapability/time": _Kind(
        "sensor", "Cleaning time", "duration", "s", convert=NUMBER
    ),
    "TotalStatisticsCapability/area": _told("Total cleaned area", "area", "m²", _AREA),
    "TotalStatisticsCapability/time": _told("Total cleaning time", "duration", "s", NUMBER),
    "TotalStatisticsCapability/count": _told("Total cleanings", convert=NUMBER),
    "WifiConfigurationCapability/signal": _told("Wi-Fi signal", "signal_strength", "dBm", NUMBER),
    "WaterUsageControlCapability/preset": _setting("select", "Water"),
    "OperationModeControlCapability/preset": _setting("select", "Mode"),
    "CarpetSensorModeControlCapability/mode": _setting("select", "Carpet sensor mode"),
    "SpeakerVolumeControlCapability/value": _setting("number", "Speaker volume", INTEGER),
    "KeyLockCapability/enabled": _setting("switch", "Key lock", _ON_OFF),
    "CarpetModeControlCapability/enabled": _setting("switch", "Carpet mode", _ON_OFF),
    "ObstacleAvoidanceControlCapability/enabled": _setting("switch", "Obstacle avoidance", _ON_OFF),
    "PetObstacleAvoidanceControlCapability/enabled": _setting(
        "switch", "Pet obstacle avoidance", _ON_OFF
    ),
    **{
        f"AttachmentStateAttribute/{item}": _Kind(
            "binary_sensor", label, category="diagnostic", convert=_TRUE
        )
        for item, label in (("dustbin", "Dust bin"), ("mop", "Mop"), ("watertank", "Water tank"))
    },
}
_BY_NODE = {
    # Which properties there are depends on the robot.
    _CONSUMABLES: _told("", convert=NUMBER),
    "DockComponentStateAttribute": _told("Dock"),
}
_STATES = words(
    (
        *((word, word) for word in ("cleaning", "docked", "idle", "paused", "returning", "error")),
        ("moving", "cleaning"),
        ("manual_control", "cleaning"),
    )
)
_STANDING = "$state"
_THERE = words(
    (
        *((word, "online") for word in ("ready", "alert")),
        *((word, "offline") for word in ("init", "sleeping", "disconnected", "lost")),
    )
)
_MAX_OPTIONS = 32
_OPTIONS = {
    # As documented; what a robot really has is in its `$format`.
    _FAN: ("off", "min", "low", "medium", "high", "turbo", "max"),
    "WaterUsageControlCapability/preset": ("off", "min", "low", "medium", "high", "max"),
    "OperationModeControlCapability/preset": (
        "mop", "vacuum", "vacuum_and_mop", "vacuum_then_mop",
    ),
    "CarpetSensorModeControlCapability/mode": ("off", "avoid", "lift", "detach"),
}  # fmt: skip
_OPERATIONS = (("start", "START"), ("pause", "PAUSE"), ("stop", "STOP"), ("return_to_base", "HOME"))


class Valetudo:
    """Adapter of Valetudo."""

    name = "valetudo"

    def __init__(self) -> None:
        self._parts = Parts(self.name)
        self._options: dict[str, tuple[str, ...]] = {}
        """Options by topic, where a robot lists its own."""

    def filters(self) -> tuple[str, ...]:
        """Return the topic filters; the first level is the owner's to choose."""
        return (
            *(f"+/+/{place}" for place in (_STATUS, _FAN, *_KINDS)),
            *(f"+/+/{node}/+" for node in _BY_NODE),
            *(f"+/+/{place}/$format" for place in _OPTIONS),
            f"+/+/{_STANDING}",
        )

    def handle(self, message: Message) -> Discovery:
        """Read one message; raise ``DataError`` when it must be refused."""
        prefix, robot, place = message.topic.split("/", 2)
        root = publishable(f"{prefix}/{robot}")
        if not message.payload:
            return Discovery()
        place, listed, _ = place.partition("/$format")
        news = self._parts.add(root, place)
        if listed:
            options = tuple(message.payload.decode(errors="replace").split(",")[:_MAX_OPTIONS])
            news = self._options.get(f"{root}/{place}") != options
            self._options[f"{root}/{place}"] = options
        if not news or self._parts[root] == {_STANDING}:
            return Discovery()  # any Homie device says whether it is there
        return Discovery(tuple(self._declared(root)))

    def _declared(self, root: str) -> Iterator[Declaration]:
        """Yield every entity of a robot."""
        robot = root.rpartition("/")[2]
        device = device_named(robot, spoken(robot), maker="Valetudo")
        for place in sorted(self._parts[root]):
            node, _, item = place.partition("/")
            kind = _KINDS.get(place)
            if kind is None and node in _BY_NODE:
                kind = _BY_NODE[node]._replace(label=f"{_BY_NODE[node].label} {spoken(item)}")
            if place == _STATUS:
                yield self._vacuum(root, device)
            elif kind is not None:
                yield self._plain(root, device, place, kind)

    def _begin(self, root: str, device: Device, place: str, kind: _Kind) -> Draft:
        robot = root.rpartition("/")[2]
        name = "vacuum" if place == _STATUS else place.replace("/", "_")
        draft = begin(
            kind.domain,
            device,
            kind.label.strip(),
            source=f"{self.name}:{root}/{place}",
            unique_id=f"{robot}_{name}",
            category=kind.category,
        )
        draft.device_class, draft.unit = kind.device_class, kind.unit
        if _STANDING in self._parts[root]:
            draft.hear("0", Reading(f"{root}/{_STANDING}"), _THERE, role=Role.AVAILABILITY)
        return draft

    def _vacuum(self, root: str, device: Device) -> Declaration:
        draft = self._begin(root, device, _STATUS, _Kind("vacuum", ""))
        draft.hear("state", Reading(f"{root}/{_STATUS}"), _STATES)
        draft.hear("battery_level", Reading(f"{root}/BatteryStateAttribute/level"), NUMBER)
        operation = Writing(f"{root}/BasicControlCapability/operation/set")
        for command, word in _OPERATIONS:
            draft.take(command, operation.part(payload=word))
        locate = Writing(f"{root}/LocateCapability/locate/set")
        draft.take("locate", locate.part(payload="PERFORM"))
        if _FAN in self._parts[root]:
            draft.hear("fan_speed", Reading(f"{root}/{_FAN}"))
            draft.can("fan_speed", options=self._choice(root, _FAN))
            draft.take("set_fan_speed", Writing(f"{root}/{_FAN}/set").part("fan_speed"))
        return draft.finish()

    def _choice(self, root: str, place: str) -> tuple[str, ...]:
        return self._options.get(f"{root}/{place}", _OPTIONS[place])

    def _plain(self, root: str, device: Device, place: str, kind: _Kind) -> Declaration:
        """Return a setting or a reading: one value on one topic."""
        draft = self._begin(root, device, place, kind)
        topic = f"{root}/{place}"
        draft.hear("state", Reading(topic), kind.convert)
        setting = Writing(f"{topic}/set")
        if kind.domain == "switch":
            draft.take("turn_on", setting.part(payload="ON"))
            draft.take("turn_off", setting.part(payload="OFF"))
        elif kind.domain == "number":
            draft.can("value", 0, 100, 1, unit="%")
            draft.take("set_value", setting.part("value", convert=INTEGER))
        elif kind.domain == "select":
            options = self._choice(root, place)
            draft.can("option", options=options)
            draft.take("select_option", setting.part("option"))
        return draft.finish()
