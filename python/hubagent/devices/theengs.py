"""Sensors that openMQTTGateway and Theengs gateways hear by Bluetooth or radio.

In: ``<base>/<gateway>/BTtoMQTT/<MAC>`` and ``<base>/<gateway>/RTL_433toMQTT/<model>/...``, JSON. Out: one
entity per reading, heard from whichever gateway hears it. A source is ``theengs:<place>/<key>``. There are no
commands. Keys: decoder.theengs.io, Properties, and the JSON keys of rtl_433 (docs/DATA_FORMAT.md there).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from hubagent.devices.draft import NUMBER, Reading, words
from hubagent.devices.ha_payload import read_object
from hubagent.devices.parts import Parts, begin, device_named
from hubagent.devices.topics import colons, publishable
from hubagent.types import Discovery

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubagent.devices.ha_payload import JsonObject
    from hubagent.types import Declaration, Message


class _Reading(NamedTuple):
    label: str
    device_class: str = ""
    unit: str = ""


_NUMBERS = {
    "tempc": _Reading("Temperature", "temperature", "°C"),
    "temperature_C": _Reading("Temperature", "temperature", "°C"),
    **{
        key.format(number): _Reading(f"Temperature {number}", "temperature", "°C")
        for key in ("tempc{}", "temperature_{}_C")
        for number in range(1, 7)
    },
    "hum": _Reading("Humidity", "humidity", "%"),
    "humidity": _Reading("Humidity", "humidity", "%"),
    "batt": _Reading("Battery", "battery", "%"),
    "moi": _Reading("Soil moisture", "moisture", "%"),
    "moisture": _Reading("Soil moisture", "moisture", "%"),
    "fer": _Reading("Soil conductivity", "conductivity", "µS/cm"),
    "lux": _Reading("Illuminance", "illuminance", "lx"),
    "light_lux": _Reading("Illuminance", "illuminance", "lx"),
    "pres": _Reading("Pressure", "pressure", "hPa"),
    "pressure_hPa": _Reading("Pressure", "pressure", "hPa"),
    "volt": _Reading("Voltage", "voltage", "V"),
    "co2": _Reading("Carbon dioxide", "carbon_dioxide", "ppm"),
    "for": _Reading("Formaldehyde", "", "mg/m³"),
    "pm25": _Reading("PM 2.5", "pm25", "µg/m³"),
    "pm10": _Reading("PM 10", "pm10", "µg/m³"),
    "weight": _Reading("Weight", "weight", "kg"),
    "wind_avg_km_h": _Reading("Wind", "wind_speed", "km/h"),
    "wind_max_km_h": _Reading("Gusts", "wind_speed", "km/h"),
    "rain_mm": _Reading("Rain", "precipitation", "mm"),
    "power_W": _Reading("Power", "power", "W"),
}
_FLAGS = {
    "open": _Reading("Contact", "opening"),
    "motion": _Reading("Motion", "motion"),
    "presence": _Reading("Presence", "occupancy"),
    "leak": _Reading("Leak", "moisture"),
    "lowbatt": _Reading("Battery low", "battery"),
}
_TRUE = words((("true", "on"), ("false", "off")))
_MAC = re.compile(r"[0-9A-F]{12}", re.IGNORECASE)


class Theengs:
    """Adapter of openMQTTGateway and Theengs Gateway."""

    name = "theengs"

    def __init__(self) -> None:
        self._parts = Parts(self.name)
        self._models: dict[str, tuple[str, str]] = {}

    def filters(self) -> tuple[str, ...]:
        """Return the topic filters."""
        return ("+/+/BTtoMQTT/+", "+/+/RTL_433toMQTT/#")

    def handle(self, message: Message) -> Discovery:
        """Read one message; raise ``DataError`` when it must be refused."""
        base, _, kind, *rest = message.topic.split("/")
        if not rest or not message.payload:
            return Discovery()
        said = read_object(message.payload)
        found = [
            key
            for key, value in said.items()
            if (key in _FLAGS and isinstance(value, bool))
            or (key in _NUMBERS and isinstance(value, int | float) and not isinstance(value, bool))
        ]
        if not found:
            return Discovery()  # a beacon or a phone passing by
        address = "/".join(rest)
        # Several gateways hear one sensor.
        place = f"{base}/+/{kind}/{address}"
        publishable(f"{base}/{kind}/{address}")
        named = (_text(said, "brand"), _text(said, "model"))
        if not self._parts.add(place, *found) and self._models[place] == named:
            return Discovery()
        self._models[place] = named
        return Discovery(tuple(self._declared(place, address)))

    def _declared(self, place: str, address: str) -> Iterator[Declaration]:
        """Yield every reading of a sensor."""
        brand, model = self._models[place]
        identifier = colons(address) if _MAC.fullmatch(address) else address
        name = model or address.replace("/", " ")
        device = device_named(identifier, name, maker=brand, model=model)
        for key in sorted(self._parts[place]):
            flag = key in _FLAGS
            label, device_class, unit = (_FLAGS if flag else _NUMBERS)[key]
            draft = begin(
                "binary_sensor" if flag else "sensor",
                device,
                label,
                source=f"{self.name}:{place}/{key}",
                unique_id=f"{address}-{key}",
            )
            draft.device_class, draft.unit = device_class, unit
            draft.hear("state", Reading(place, pointers=(f"/{key}",)), _TRUE if flag else NUMBER)
            yield draft.finish()


def _text(said: JsonObject, key: str) -> str:
    value = said.get(key)
    return value if isinstance(value, str) else ""
