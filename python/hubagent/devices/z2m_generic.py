"""Entities of Zigbee2MQTT's generic exposes, one each: sensors, settings, events, sirens, updates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.devices.draft import NUMBER, PLAIN, Writing, words
from hubagent.types import Role

if TYPE_CHECKING:
    from hubagent.devices.draft import Draft
    from hubagent.devices.z2m_exposes import Channel, Expose

BINARY_CLASSES = {
    "battery_low": "battery",
    "carbon_monoxide": "carbon_monoxide",
    "contact": "door",
    "gas": "gas",
    "motion": "motion",
    "moving": "moving",
    "occupancy": "occupancy",
    "presence": "occupancy",
    "rain": "moisture",
    "smoke": "smoke",
    "sos": "safety",
    "tamper": "tamper",
    "vibration": "vibration",
    "water_leak": "moisture",
    "window": "window",
    "window_open": "window",
}
"""Home Assistant's device class of a binary, by its name."""

NUMERIC_CLASSES = {
    "ac_frequency": "frequency",
    "battery": "battery",
    "co": "carbon_monoxide",
    "co2": "carbon_dioxide",
    "current": "current",
    "current_phase_b": "current",
    "current_phase_c": "current",
    "device_temperature": "temperature",
    "distance": "distance",
    "energy": "energy",
    "external_temperature": "temperature",
    "external_temperature_input": "temperature",
    "humidity": "humidity",
    "illuminance": "illuminance",
    "illuminance_lux": "illuminance",
    "local_temperature": "temperature",
    "moisture": "moisture",
    "noise": "sound_pressure",
    "no2": "nitrogen_dioxide",
    "pm1": "pm1",
    "pm10": "pm10",
    "pm25": "pm25",
    "power": "power",
    "power_apparent": "apparent_power",
    "power_factor": "power_factor",
    "power_phase_b": "power",
    "power_phase_c": "power",
    "power_reactive": "reactive_power",
    "pressure": "atmospheric_pressure",
    "produced_energy": "energy",
    "soil_moisture": "moisture",
    "temperature": "temperature",
    "voc": "volatile_organic_compounds",
    "voc_parts": "volatile_organic_compounds_parts",
    "voltage": "voltage",
    "voltage_phase_b": "voltage",
    "voltage_phase_c": "voltage",
    "water_consumed": "water",
    "wind_speed": "wind_speed",
}
"""Home Assistant's device class of a number, by its name."""

DIAGNOSTIC = frozenset(
    [
        "action_duration",
        "battery",
        "battery_low",
        "battery_voltage",
        "device_temperature",
        "last_seen",
        "linkquality",
        "power_outage_count",
        "tamper",
        "update_available",
        "voltage",
    ]
)
"""Names that are diagnostic where the device's own version does not say categories."""


def domain_of(expose: Expose) -> str:
    """Return the domain of a generic expose; empty when no entity is made of it."""
    if expose.name == "action" and expose.kind == "enum":
        return "event"
    if expose.name == "warning" and expose.kind == "composite" and expose.settable:
        return "siren"
    if not expose.settable:
        reported = {"binary": "binary_sensor", "numeric": "sensor", "enum": "sensor"}
        return reported.get(expose.kind, "sensor" if expose.kind == "text" else "")
    if expose.kind == "enum" and not expose.published and len(expose.values) == 1:
        return "button"
    settings = {"binary": "switch", "numeric": "number", "enum": "select", "text": "text"}
    return settings.get(expose.kind, "")


def generic(expose: Expose, draft: Draft, channel: Channel) -> None:
    """Fill the draft, whose domain is that of ``domain_of``."""
    reading, writing = channel.reading(expose.prop), channel.writing(expose.prop)
    heard = reading if expose.published else None
    name = expose.name.removesuffix(f"_{expose.endpoint}")
    match draft.domain:
        case "binary_sensor":
            draft.device_class = BINARY_CLASSES.get(name, "")
            draft.hear("state", heard, expose.on_off())
        case "switch":
            draft.hear("state", heard, expose.on_off())
            draft.take("turn_on", writing.part(payload=expose.value_on))
            draft.take("turn_off", writing.part(payload=expose.value_off))
        case "sensor":
            numeric = expose.kind == "numeric"
            draft.device_class = NUMERIC_CLASSES.get(name, "") if numeric else ""
            draft.hear("state", heard, NUMBER if numeric else PLAIN)
            if expose.values:
                draft.can("state", options=expose.values)
        case "number":
            draft.device_class = NUMERIC_CLASSES.get(name, "")
            draft.hear("state", heard, NUMBER)
            limits = (expose.minimum, expose.maximum, expose.step)
            draft.can("value", *limits, unit=expose.unit)
            draft.take("set_value", writing.part("value", convert=NUMBER))
        case "select":
            draft.hear("state", heard, words((value, value) for value in expose.values))
            draft.can("option", options=expose.values)
            draft.take("select_option", writing.part("option"))
        case "text":
            draft.hear("state", heard)
            draft.can("value")
            draft.take("set_value", writing.part("value"))
        case "button":
            draft.take("press", writing.part(payload=expose.values[0]))
        case "event":
            draft.can("event_type", options=expose.values)
            # Some remotes announce patterns (`recall_*`) instead of every word.
            strict = all("*" not in value for value in expose.values)
            known = words(((value, value) for value in expose.values), strict=strict)
            draft.hear("event_type", reading, known, role=Role.EVENT)
        case "siren":
            _siren(expose, draft, channel)


def _siren(expose: Expose, draft: Draft, channel: Channel) -> None:
    """Declare a siren: mode, level and duration go out together, as the device wants them."""

    def at(name: str) -> str:
        return f"{expose.prop}.{name}"

    mode = expose.feature("mode")
    tones = tuple(value for value in mode.values if value != "stop") if mode else ("emergency",)
    draft.can("tone", options=tones)
    parts = [
        channel.writing(at("mode")).part("tone"),
        channel.writing(at("mode")).part(payload=tones[0], only_without=("tone",)),
    ]
    if expose.feature("level"):
        draft.can("volume_level", 0, 1, 0.25)
        place = "[(value * 4) | round(3) | round(0, 'ceil') | int - 1, 0] | max"
        levels = ["low", "medium", "high", "very_high"]
        parts += [
            channel.writing(at("level")).part(
                "volume_level", convert=PLAIN, template=f"{{{{ {levels!r}[{place}] }}}}"
            ),
            channel.writing(at("level")).part(payload="medium", only_without=("volume_level",)),
        ]
    if expose.feature("duration"):
        draft.can("duration", 0, None, 1, unit="s")
        parts += [
            channel.writing(at("duration")).part("duration", convert=NUMBER),
            channel.writing(at("duration")).part(
                payload="10", convert=NUMBER, only_without=("duration",)
            ),
        ]
    draft.take("turn_on", *parts)
    draft.take("turn_off", channel.writing(at("mode")).part(payload="stop"))


def update(draft: Draft, channel: Channel, base: str, ieee: str) -> None:
    """Declare the firmware of a device that can be updated over the air."""
    states = (
        ("available", "on"),
        ("scheduled", "on"),
        ("updating", "on"),
        ("idle", "off"),
    )
    draft.device_class = "firmware"
    draft.category = "config"
    draft.hear("state", channel.reading("update", "state"), words(states))
    draft.hear("installed_version", channel.reading("update", "installed_version"))
    draft.hear("latest_version", channel.reading("update", "latest_version"))
    draft.hear("update_percentage", channel.reading("update", "progress"), NUMBER)
    request = Writing(f"{base}/bridge/request/device/ota_update/update", field="id")
    draft.take("install", request.part(payload=ieee))
