"""Zigbee2MQTT's own convention: one bridge that tells what each device exposes.

States are not retained, as is the default there: a hub asks with ``/get``. Kinds that Zigbee2MQTT
would expose otherwise than Home Assistant's model has them are left to other makers.
Source: zigbee2mqtt.io, pages on MQTT topics and exposes.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from hubagent.simulate.home import slugify
from hubagent.simulate.makers.light_wire import ZIGBEE, json_state, mired, read_json
from hubagent.simulate.makers.wire import (
    Action,
    Asked,
    Thing,
    message,
    object_of,
    text_of,
    to_json,
    value_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from hubagent.simulate.devices.base import SimulatedDevice
    from hubagent.simulate.makers.wire import Reader
    from hubagent.types import Publication

BASE = "zigbee2mqtt"
READ, READ_SET_GET = 1, 7
_BINARY = {
    "battery": ("battery_low", True),
    "door": ("contact", False),
    "gas": ("gas", True),
    "moisture": ("water_leak", True),
    "motion": ("occupancy", True),
    "occupancy": ("occupancy", True),
    "opening": ("contact", False),
    "presence": ("presence", True),
    "smoke": ("smoke", True),
    "tamper": ("tamper", True),
    "vibration": ("vibration", True),
    "window": ("contact", False),
}
"""Device class to property, and the value that means on: an open contact is no contact."""
_NUMERIC = frozenset({
    "battery", "current", "energy", "humidity", "illuminance", "power", "pressure", "temperature",
    "voltage",
})  # fmt: skip
_SYSTEM_MODES = frozenset({"off", "heat", "cool", "auto"})
_RUNNING = {"heating": "heat", "cooling": "cool"}


def _numeric(name: str, access: int, **limits: object) -> dict[str, object]:
    feature = {"type": "numeric", "name": name, "property": name, "access": access, **limits}
    return {key: value for key, value in feature.items() if value is not None}


def _power() -> dict[str, object]:
    return {
        "type": "binary", "name": "state", "property": "state", "access": READ_SET_GET,
        "value_on": "ON", "value_off": "OFF", "value_toggle": "TOGGLE",
    }  # fmt: skip


def _enum(name: str, access: int, values: Sequence[str]) -> dict[str, object]:
    return {
        "type": "enum", "name": name, "property": name, "access": access, "values": list(values),
    }  # fmt: skip


def _exposes(device: SimulatedDevice) -> dict[str, object]:
    """Return what one entity exposes."""
    entity = device.entity
    if entity.domain == "light":
        return {"type": "light", "features": _light_features(device)}
    if entity.domain == "switch":
        return {"type": "switch", "features": [_power()]}
    if entity.domain == "cover":
        features = [_enum("state", READ_SET_GET, ("OPEN", "CLOSE", "STOP"))]
        if "current_position" in device.reported():
            limits = {"value_min": 0, "value_max": 100, "unit": "%"}
            features.append(_numeric("position", READ_SET_GET, **limits))
        return {"type": "cover", "features": features}
    if entity.domain == "lock":
        power = _power() | {"value_on": "LOCK", "value_off": "UNLOCK"}
        del power["value_toggle"]
        bolt = _enum("lock_state", READ, ("not_fully_locked", "locked", "unlocked"))
        return {"type": "lock", "features": [power, bolt]}
    if entity.domain == "climate":
        return {"type": "climate", "features": _climate_features(device)}
    if entity.domain == "binary_sensor":
        name, on = _BINARY[entity.device_class]
        return {
            "type": "binary", "name": name, "property": name, "access": READ,
            "value_on": on, "value_off": not on,
        }  # fmt: skip
    return _numeric(entity.device_class, READ, unit=entity.unit)


def _usual_id(thing: Thing, device: SimulatedDevice) -> str:
    """Return the id that a hub gives to what a thing exposes."""
    kind = device.entity.device_class
    domain = device.entity.domain
    if domain == "binary_sensor" and kind in _BINARY:
        return f"{domain}.{slugify(f'{thing.name} {_BINARY[kind][0]}')}"
    return f"{domain}.{slugify(f'{thing.name} {kind}' if domain == 'sensor' else thing.name)}"


def _light_features(device: SimulatedDevice) -> list[dict[str, object]]:
    fields = {item.name: item for item in device.commands()["turn_on"]}
    features = [_power()]
    if "brightness" in fields:
        features.append(_numeric("brightness", READ_SET_GET, value_min=0, value_max=254))
    if "color_temp_kelvin" in fields:
        field = fields["color_temp_kelvin"]
        limits = {"value_min": mired(field.maximum), "value_max": mired(field.minimum)}
        features.append(_numeric("color_temp", READ_SET_GET, unit="mired", **limits))
    for name, keys in (("color_xy", ("x", "y")), ("color_hs", ("hue", "saturation"))):
        if "hs_color" in fields:
            parts = [_numeric(key, READ_SET_GET) for key in keys]
            features.append(
                {"type": "composite", "name": name, "property": "color",
                 "access": READ_SET_GET, "features": parts}
            )  # fmt: skip
    return features


def _climate_features(device: SimulatedDevice) -> list[dict[str, object]]:
    commands = device.commands()
    setpoint = commands["set_temperature"][0]
    unit = setpoint.unit
    limits = {"value_min": setpoint.minimum, "value_max": setpoint.maximum}
    return [
        _numeric(
            "occupied_heating_setpoint", READ_SET_GET, value_step=setpoint.step, unit=unit, **limits
        ),
        _numeric("local_temperature", 5, unit=unit),
        _enum("system_mode", READ_SET_GET, commands["set_hvac_mode"][0].options),
        _enum("running_state", 5, ("idle", "heat", "cool")),
    ]


def _properties(device: SimulatedDevice) -> dict[str, object]:
    """Return an entity's part of its device's state object."""
    entity, now = device.entity, device.attributes
    if entity.domain == "light":
        found = json_state(device, ZIGBEE)
        if isinstance(now.get("hs_color"), tuple):
            colour = found["color"]
            assert isinstance(colour, dict)  # noqa: S101 - a coloured lamp has a colour object
            found["color"] = {
                "x": colour["x"], "y": colour["y"],
                "hue": colour["h"], "saturation": colour["s"],
            }  # fmt: skip
        return found
    if entity.domain == "switch":
        return {"state": "ON" if device.state == "on" else "OFF"}
    if entity.domain == "cover":
        position = now.get("current_position")
        state: dict[str, object] = {"state": "CLOSE" if device.state == "closed" else "OPEN"}
        return state if position is None else {**state, "position": position}
    if entity.domain == "lock":
        locked = device.state == "locked"
        return {
            "state": "LOCK" if locked else "UNLOCK",
            "lock_state": "locked" if locked else "unlocked",
        }
    if entity.domain == "climate":
        return {
            "occupied_heating_setpoint": now.get("temperature"),
            "local_temperature": now.get("current_temperature"),
            "system_mode": device.state,
            "running_state": _RUNNING.get(str(now.get("hvac_action")), "idle"),
        }
    if entity.domain == "binary_sensor":
        name, on = _BINARY[entity.device_class]
        return {name: None if device.state is None else on is (device.state == "on")}
    return {entity.device_class: device.state}


def _read(device: SimulatedDevice, asked: dict[str, object]) -> list[Asked]:
    """Return what a set object asks of one entity; keys that are not its own are passed over."""
    domain = device.entity.domain
    if domain == "light":
        return _read_light(asked)
    if domain in {"switch", "lock", "cover"}:
        found: list[Asked] = []
        words = _WORDS[domain]
        if str(asked.get("state")) in words:
            found.append((words[str(asked["state"])], {}))
        if domain == "cover" and "position" in asked:
            found.append(("set_cover_position", {"position": value_of(asked["position"])}))
        return found
    if domain == "climate":
        pairs = (
            ("system_mode", "set_hvac_mode", "hvac_mode"),
            ("occupied_heating_setpoint", "set_temperature", "temperature"),
        )
        return [
            (command, {key: value_of(asked[name])}) for name, command, key in pairs if name in asked
        ]
    return []


_WORDS = {
    "switch": {"ON": "turn_on", "OFF": "turn_off", "TOGGLE": "toggle"},
    "lock": {"LOCK": "lock", "UNLOCK": "unlock"},
    "cover": {"OPEN": "open_cover", "CLOSE": "close_cover", "STOP": "stop_cover"},
}
_LIGHT_KEYS = frozenset({"state", "brightness", "color", "color_temp", "effect"})


def _read_light(asked: dict[str, object]) -> list[Asked]:
    if not _LIGHT_KEYS & asked.keys():
        return []
    colour = asked.get("color")
    if isinstance(colour, dict):
        renamed = {"hue": "h", "saturation": "s"}
        asked = asked | {"color": {renamed.get(key, key): colour[key] for key in colour}}
    found = read_json(to_json(asked), ZIGBEE)
    return [found] if found else []


class Zigbee2MqttBridge:
    """The bridge: one node for all its devices.

    Args:
        things: Physical things with their entities.
    """

    def __init__(self, things: Sequence[tuple[Thing, Sequence[SimulatedDevice]]]) -> None:
        self._things = list(things)
        self._thing_of: dict[str, Thing] = {
            device.entity.entity_id: thing for thing, members in things for device in members
        }
        self._members = {thing.id: list(members) for thing, members in things}

    @staticmethod
    def can_speak_for(thing: Thing, device: SimulatedDevice) -> bool:
        """Return whether Zigbee2MQTT has this kind of entity, with all it can do.

        Entity ids cannot be announced there, hubs make them of the thing's name and the property;
        an entity with another id in the home is not for this maker.
        """
        entity = device.entity
        if entity.entity_id != _usual_id(thing, device):
            return False
        if entity.domain == "light":
            return set(device.words("supported_color_modes")) <= {
                "onoff", "brightness", "color_temp", "hs", "xy",
            } and "effect" not in device.reported()  # fmt: skip
        if entity.domain == "switch":
            return True
        if entity.domain == "cover":
            return "current_tilt_position" not in device.reported()
        if entity.domain == "lock":
            return device.code is None
        if entity.domain == "climate":
            modes = device.commands()["set_hvac_mode"][0].options
            settings = {"fan_mode", "target_temp_low", "humidity", "preset_mode", "swing_mode"}
            return _SYSTEM_MODES.issuperset(modes) and not settings & set(device.reported())
        if entity.domain == "binary_sensor":
            return entity.device_class in _BINARY
        return entity.domain == "sensor" and entity.device_class in _NUMERIC

    def announcements(self) -> list[Publication]:
        """Return the list of devices, retained."""
        listing: list[dict[str, object]] = [
            {
                "ieee_address": "0x00124b0000000000", "type": "Coordinator",
                "friendly_name": "Coordinator", "supported": True, "disabled": False,
                "definition": None,
            }
        ]  # fmt: skip
        listing += [self._described(thing, members) for thing, members in self._things]
        return [message(f"{BASE}/bridge/devices", listing, qos=1)]

    def _described(self, thing: Thing, members: Sequence[SimulatedDevice]) -> dict[str, object]:
        battery = any(device.entity.device_class == "battery" for device in members)
        return {
            "ieee_address": "0x" + hashlib.sha256(thing.id.encode()).hexdigest()[:16],
            "type": "EndDevice" if battery else "Router",
            "friendly_name": thing.name,
            "supported": True,
            "disabled": False,
            "interview_state": "SUCCESSFUL",
            "power_source": "Battery" if battery else "Mains (single phase)",
            "manufacturer": thing.manufacturer,
            "model_id": thing.model,
            "software_build_id": thing.sw_version,
            "definition": {
                "model": thing.model or "SIM",
                "vendor": thing.manufacturer or "hubagent",
                "description": thing.name,
                "exposes": [_exposes(device) for device in members],
                "options": [],
            },
        }

    def presence(self, ids: Collection[str], *, online: bool) -> list[Publication]:
        """Return availability, retained; that of the bridge too when it is about all devices."""
        payload = {"state": "online" if online else "offline"}
        topics = [f"{BASE}/bridge/state"] if len(ids) == len(self._thing_of) else []
        names = {self._thing_of[id_].name for id_ in ids}
        topics += [f"{BASE}/{name}/availability" for name in sorted(names)]
        return [message(topic, payload, qos=1) for topic in topics]

    def reports(self, device: SimulatedDevice) -> list[Publication]:
        """Return the state object of the whole thing that the entity belongs to."""
        thing = self._thing_of[device.entity.entity_id]
        payload: dict[str, object] = {"linkquality": 120}
        for member in self._members[thing.id]:
            payload |= _properties(member)
        return [message(f"{BASE}/{thing.name}", payload, retain=False)]

    def events(self, device: SimulatedDevice, event_type: str) -> list[Publication]:
        """Return an action, never retained; no entity that it speaks for has any."""
        thing = self._thing_of[device.entity.entity_id]
        return [message(f"{BASE}/{thing.name}", {"action": event_type}, retain=False)]

    def topics(self) -> dict[str, Reader]:
        """Return ``/get``, ``/set`` and ``/set/<property>`` of each thing."""
        found: dict[str, Reader] = {}
        for thing, members in self._things:
            root = f"{BASE}/{thing.name}"
            found[f"{root}/get"] = lambda _payload, member=members[0]: [Action(member)]  # type: ignore[misc]  # bound now
            found[f"{root}/set"] = _set_reader(members)
            for key in sorted({key for member in members for key in _properties(member)}):
                found[f"{root}/set/{key}"] = _key_reader(members, key)
        return found


def _actions(members: Sequence[SimulatedDevice], asked: dict[str, object]) -> list[Action]:
    found = [
        Action(member, command, data)
        for member in members
        for command, data in _read(member, asked)
    ]
    if not found:
        members[0].ignored += 1
    return found


def _set_reader(members: Sequence[SimulatedDevice]) -> Callable[[bytes], list[Action]]:
    return lambda payload: _actions(members, object_of(text_of(payload)) or {})


def _key_reader(members: Sequence[SimulatedDevice], key: str) -> Callable[[bytes], list[Action]]:
    def read(payload: bytes) -> list[Action]:
        text = text_of(payload)
        whole = object_of(f'{{"value": {text}}}')
        return _actions(members, {key: whole["value"] if whole else text})

    return read
