"""What a reading measures, by the name that devices give it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Quantity(NamedTuple):
    """Device class and unit of a reading."""

    device_class: str
    unit: str = ""


_BY_NAME: Mapping[str, Quantity] = {
    "apparentpower": Quantity("apparent_power", "VA"),
    "apower": Quantity("power", "W"),
    "battery": Quantity("battery", "%"),
    "batt": Quantity("battery", "%"),
    "carbondioxide": Quantity("carbon_dioxide", "ppm"),
    "co2": Quantity("carbon_dioxide", "ppm"),
    "current": Quantity("current", "A"),
    "dewpoint": Quantity("temperature", "°C"),
    "distance": Quantity("distance", "cm"),
    "eco2": Quantity("carbon_dioxide", "ppm"),
    "factor": Quantity("power_factor"),
    "frequency": Quantity("frequency", "Hz"),
    "hum": Quantity("humidity", "%"),
    "humidity": Quantity("humidity", "%"),
    "illuminance": Quantity("illuminance", "lx"),
    "lux": Quantity("illuminance", "lx"),
    "pf": Quantity("power_factor"),
    "pm10": Quantity("pm10", "µg/m³"),
    "pm25": Quantity("pm25", "µg/m³"),
    "pm2.5": Quantity("pm25", "µg/m³"),
    "power": Quantity("power", "W"),
    "pres": Quantity("pressure", "hPa"),
    "pressure": Quantity("pressure", "hPa"),
    "reactivepower": Quantity("reactive_power", "var"),
    "rssi": Quantity("signal_strength", "dBm"),
    "seapressure": Quantity("pressure", "hPa"),
    "tempc": Quantity("temperature", "°C"),
    "temperature": Quantity("temperature", "°C"),
    "tvoc": Quantity("volatile_organic_compounds_parts", "ppb"),
    "volt": Quantity("voltage", "V"),
    "voltage": Quantity("voltage", "V"),
}
_NOTHING = Quantity("")


def quantity(name: str) -> Quantity:
    """Return what a reading of that name measures; no class and no unit when nobody knows."""
    return _BY_NAME.get(name.lower().replace("_", ""), _NOTHING)
