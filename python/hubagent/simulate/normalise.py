"""From what a home file says of an entity to Home Assistant's domain model.

Home files are written by hand or dumped from code: enumerations come qualified
(``light.ColorMode.HS``), numbers quoted, booleans where a word belongs, and attributes under the
name they have inside an integration (``native_value``). Nothing here raises.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from hubagent.simulate.features import read_features

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.types import Scalar, Value

RENAMED: dict[str, dict[str, str]] = {
    "climate": {
        "target_temperature": "temperature",
        "target_temperature_high": "target_temp_high",
        "target_temperature_low": "target_temp_low",
        "target_temperature_step": "target_temp_step",
        "target_humidity": "humidity",
        "unit_of_measurement": "temperature_unit",
    },
    "cover": {
        "position": "current_position",
        "current_cover_position": "current_position",
        "tilt_position": "current_tilt_position",
        "current_cover_tilt_position": "current_tilt_position",
    },
    "humidifier": {"target_humidity": "humidity"},
    "number": {
        "native_unit_of_measurement": "unit_of_measurement",
        "native_min_value": "min",
        "native_max_value": "max",
        "native_step": "step",
    },
    "sensor": {"native_unit_of_measurement": "unit_of_measurement"},
    "todo": {"todo_items": "items"},
    "valve": {"position": "current_position", "current_valve_position": "current_position"},
    "water_heater": {
        "target_temperature": "temperature",
        "unit_of_measurement": "temperature_unit",
    },
    "weather": {
        f"native_{name}": name
        for name in ("temperature", "temperature_unit", "pressure", "pressure_unit",
                     "wind_speed", "wind_speed_unit", "visibility", "dew_point")
    },
}  # fmt: skip

STATE_ATTRIBUTES = {
    "climate": "hvac_mode",
    "media_player": "state",
    "number": "native_value",
    "sensor": "native_value",
    "water_heater": "current_operation",
    "weather": "condition",
}
"""Attribute that holds the state when the file gives none."""

BOOLEAN_STATES = {
    "cover": ("closed", "open"),
    "valve": ("closed", "open"),
    "lock": ("unlocked", "locked"),
    "person": ("not_home", "home"),
    "device_tracker": ("not_home", "home"),
}
"""Words for false and true where they are not ``off`` and ``on``."""

_QUALIFIED = re.compile(r"[a-z_]+\.[A-Z][A-Za-z]+\.([A-Z0-9_]+)")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_WORDED = frozenset({"installed_version", "latest_version", "title", "unit_of_measurement"})


def scalar(value: object) -> Scalar:
    """Return a plain value: enumerations by their word, dates and the rest as text.

    A number without end is unknown.
    """
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    found = _QUALIFIED.fullmatch(text)
    return found[1].lower() if found else text


def _attribute(name: str, value: object) -> Value:
    if isinstance(value, list | tuple | set):
        return tuple(_attribute_scalar(name, item) for item in value)
    return _attribute_scalar(name, value)


def _attribute_scalar(name: str, value: object) -> Scalar:
    plain = scalar(value)
    if isinstance(plain, str) and name not in _WORDED and _NUMBER.fullmatch(plain):
        return float(plain) if "." in plain else int(plain)
    return plain


def normalise_attributes(domain: str, given: Mapping[str, object]) -> dict[str, Value]:
    """Return attributes by Home Assistant's names, numbers as numbers, lists flat.

    An attribute that only repeats the state is left out.
    """
    renamed = RENAMED.get(domain, {})
    found: dict[str, Value] = {}
    for raw_name, raw in given.items():
        name = renamed.get(raw_name, raw_name)
        if name == STATE_ATTRIBUTES.get(domain):
            continue
        if name == "supported_features":
            found[name] = tuple(sorted(read_features(domain, raw) or ()))
        elif name == "items" and domain == "todo" and isinstance(raw, list | tuple):
            found.update(_todo_items(raw))
        elif isinstance(raw, dict):
            found[name] = str(raw)
        else:
            found[name] = _attribute(name, raw)
    volume = found.get("volume_level")
    if domain == "media_player" and isinstance(volume, int | float) and volume > 1:
        found["volume_level"] = round(volume / 100, 4)
    return found


def _todo_items(raw: list[object] | tuple[object, ...]) -> dict[str, Value]:
    """Split to-do items, as words or ``{"summary", "status"}``, into open and completed ones."""
    split: dict[bool, list[Scalar]] = {False: [], True: []}
    for item in raw:
        if isinstance(item, dict):
            done = item.get("status") == "completed"
            split[done].append(str(item.get("summary") or item.get("name") or ""))
        else:
            split[False].append(str(item))
    return {"items": tuple(split[False]), "completed": tuple(split[True])}


def normalise_state(domain: str, given: object, attributes: Mapping[str, object]) -> Value:
    """Return the state word or number; ``None`` when the file does not tell.

    Args:
        domain: The entity's domain.
        given: State in the file; a ``{"in", "out"}`` pair of Home Assistant's test homes counts by
            its ``out``.
        attributes: Attributes as given; some hold the state under an integration's name.
    """
    if isinstance(given, dict):
        given = given.get("out")
    if given is None or given == "":
        given = attributes.get(STATE_ATTRIBUTES.get(domain, ""))
    if domain == "light" and given is None and attributes.get("brightness"):
        return "on"
    state = scalar(given)
    if isinstance(state, bool):
        return BOOLEAN_STATES.get(domain, ("off", "on"))[state]
    return None if state in {"", "unknown", "unavailable"} else state
