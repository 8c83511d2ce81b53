"""Readers of Home Assistant's MQTT components: each turns one ``Config`` into a filled ``Draft``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.devices.ha_components import (
    alarm,
    climate,
    extension,
    light,
    opening,
    robots,
    sensors,
    simple,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hubagent.devices.draft import Draft
    from hubagent.devices.ha_payload import Config

READERS: Mapping[str, Callable[[Config, Draft], None]] = {
    "alarm_control_panel": alarm.alarm_control_panel,
    "binary_sensor": sensors.binary_sensor,
    "button": simple.button,
    "camera": sensors.picture,
    "climate": climate.climate,
    "cover": opening.cover,
    "device_automation": sensors.device_automation,
    "device_tracker": sensors.device_tracker,
    "event": sensors.event,
    "fan": climate.fan,
    "humidifier": climate.humidifier,
    "image": sensors.picture,
    "lawn_mower": robots.lawn_mower,
    "light": light.light,
    "lock": opening.lock,
    "notify": simple.notify,
    "number": simple.number,
    "scene": simple.scene,
    "select": simple.select,
    "sensor": sensors.sensor,
    "siren": simple.siren,
    "switch": simple.switch,
    "tag": sensors.tag,
    "text": simple.text,
    "update": sensors.update,
    "vacuum": robots.vacuum,
    "valve": opening.valve,
    "water_heater": climate.water_heater,
    **dict.fromkeys(extension.DOMAINS, extension.extension),
}
"""Reader of each component, Home Assistant's and the extension's."""
