"""Shelly devices of the first generation: one topic per value.

In: ``shellies/announce`` and the topics of relays, rollers, lights, meters and sensors. Out: declarations of
every part that was heard of, and a request to announce. There is no discovery: what a device has is known by
what it says. Its id may have several levels. A source is ``shelly_gen1:<id>/<part>/<object>``. The device's own
topics confirm a command. Presses are left out: a device repeats the last one with every update. Topics: shelly-api-docs.shelly.cloud, Gen1, MQTT.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.devices import colour
from hubagent.devices.draft import (
    INTEGER,
    NUMBER,
    Draft,
    Reading,
    Writing,
    refusal,
    scaled,
    words,
)
from hubagent.devices.ha_payload import Config, read_object
from hubagent.devices.parts import Parts, begin, device_named
from hubagent.devices.topics import colons, publishable
from hubagent.types import Convert, Discovery, Kind, Publication

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubagent.types import Declaration, Device, Message

_PART = re.compile(
    r"shellies/(?P<id>.+?)/(?P<part>relay/\d+(?:/(?:power|energy))?|roller/0(?:/(?:pos|power|energy))?"
    r"|(?:light|color|white)/\d+(?:/(?:status|power|energy))?|input/\d+"
    r"|ext_(?:temperature|humidity)/\d+"
    r"|emeter/\d+/(?:power|voltage|current|pf|total|total_returned)"
    r"|sensor/(?:temperature|humidity|battery|state|lux|motion|vibration|flood|smoke|gas)|temperature)"
)
_MAC = re.compile(r"[0-9A-F]{12}", re.IGNORECASE)
_ON_OFF = words((("on", "on"), ("off", "off"), ("overpower", "off")))
_TRUE = words((("true", "on"), ("false", "off"), ("1", "on"), ("0", "off")))
_DETECTION = replace(_TRUE, words=(*_TRUE.words, ("mild", "on"), ("heavy", "on"), ("none", "off")))
"""A gas sensor says how much there is."""
_MEASURED = replace(NUMBER, words=(("999", ""), ("999.0", ""), ("-1", "")))
"""What stands for a broken probe or an unknown position says nothing."""
_READINGS = {
    "power": ("power", "W", "Power"),
    "voltage": ("voltage", "V", "Voltage"),
    "current": ("current", "A", "Current"),
    "pf": ("power_factor", "", "Power factor"),
    "total": ("energy", "Wh", "Energy"),
    "total_returned": ("energy", "Wh", "Returned energy"),
    "temperature": ("temperature", "°C", "Temperature"),
    "humidity": ("humidity", "%", "Humidity"),
    "ext_temperature": ("temperature", "°C", "Temperature"),
    "ext_humidity": ("humidity", "%", "Humidity"),
    "battery": ("battery", "%", "Battery"),
    "lux": ("illuminance", "lx", "Illuminance"),
}
_DETECTED = {
    "motion": "motion",
    "vibration": "vibration",
    "flood": "moisture",
    "smoke": "smoke",
    "gas": "gas",
}


class ShellyGen1:
    """Adapter of Shelly Gen1."""

    name = "shelly_gen1"

    def __init__(self) -> None:
        self._parts = Parts(self.name)
        self._devices: dict[str, Device] = {}

    def filters(self) -> tuple[str, ...]:
        """Return the topic filters; an id may hold slashes, so all below is looked at."""
        return ("shellies/#",)

    def handle(self, message: Message) -> Discovery:
        """Read one message; raise ``DataError`` when it must be refused."""
        if message.topic.endswith("/announce"):
            return self._announced(message)
        found = _PART.fullmatch(message.topic)
        if found is None or not message.payload:
            return self._met(message)
        ident, part = publishable(found["id"]), found["part"]
        # What a lamp can do shows in its status alone.
        white = part.endswith("/status") and b'"temp"' in message.payload
        heard = (part, part.replace("/status", "/temp")) if white else (part,)
        return self._everything(ident) if self._parts.add(ident, *heard) else Discovery()

    def _met(self, message: Message) -> Discovery:
        """Ask a device that is there and did not say yet who it is; it announces itself once only."""
        ident = message.topic.removeprefix("shellies/").removesuffix("/online")
        if not message.topic.endswith("/online") or not self._parts.add(ident, "online"):
            return Discovery()
        request = Publication(publishable(f"shellies/{ident}/command"), b"announce", qos=0)
        ask = message.payload == b"true" and ident not in self._devices
        return Discovery(self._everything(ident).declared, requests=(request,) if ask else ())

    def _announced(self, message: Message) -> Discovery:
        said = Config(read_object(message.payload))
        ident, mac = said.text("id"), said.text("mac")
        if not ident or not _MAC.fullmatch(mac):
            raise refusal("wrong value", "`id` and `mac` do not name a device")
        publishable(ident)
        self._parts.add(ident, "announce")  # of no more devices than others
        self._devices[ident] = replace(
            _device(ident),
            connections=(f"mac:{colons(mac)}",),
            model=said.text("model"),
            sw_version=said.text("fw_ver"),
        )
        # All it has, once; it says so itself only when it changes.
        request = Publication(f"shellies/{ident}/command", b"update", qos=0)
        fresh = message.topic == "shellies/announce" and not message.retained
        found = self._everything(ident)
        return Discovery(found.declared, requests=(request,) if fresh else ())

    def _everything(self, ident: str) -> Discovery:
        device = self._devices.get(ident) or _device(ident)
        make = _Maker(self.name, ident, device, self._parts[ident])
        return Discovery(tuple(make.declared()))


def _device(ident: str) -> Device:
    return device_named(f"shelly_{ident}", ident.rpartition("/")[2], maker="Shelly")


class _Maker:
    """Makes the entities of one device."""

    def __init__(self, adapter: str, ident: str, device: Device, parts: frozenset[str]) -> None:
        self._adapter, self._ident, self._device, self._parts = adapter, ident, device, parts
        self._base = f"shellies/{ident}"

    def declared(self) -> Iterator[Declaration]:
        """Yield every entity; a roller's relays are the roller."""
        rolls = any(part.startswith("roller/") for part in self._parts)
        mains: set[str] = set()
        for part in sorted(self._parts):
            levels = part.split("/")
            main = "/".join(levels[:2])
            kind = levels[0]
            if kind in ("relay", "roller", "light", "color", "white") and main not in mains:
                mains.add(main)
                if kind == "roller":
                    yield self._roller()
                elif kind != "relay":
                    yield self._light(main)
                elif not rolls:
                    yield self._relay(main)
            if kind == "input":
                yield self._binary(part, f"Input {levels[1]}", _TRUE, category="diagnostic")
            elif kind == "sensor" and levels[1] == "state":
                yield self._binary(part, "", words((("open", "on"), ("close", "off"))), "opening")
            elif kind == "sensor" and levels[1] in _DETECTED:
                label = levels[1].capitalize()
                yield self._binary(part, label, _DETECTION, _DETECTED[levels[1]])
            elif levels[-1] == "energy":
                # Counted in watt-minutes.
                yield self._sensor(
                    part, "energy", "Wh", "Energy", scaled((0, 6e12), (0, 1e11), integer=False)
                )
            elif kind.startswith("ext_"):
                yield self._sensor(part, *_READINGS[kind], _MEASURED)
            elif levels[-1] in _READINGS:
                yield self._sensor(part, *_READINGS[levels[-1]], _MEASURED)

    def _draft(self, domain: str, part: str, label: str) -> Draft:
        number = part.split("/")[1] if "/" in part else ""
        kind = part.split("/", maxsplit=1)[0]
        numbers = {item.split("/")[1] for item in self._parts if item.startswith(f"{kind}/")}
        alone = numbers == {number}
        if number.isdecimal() and not alone and not label.endswith(number):
            label = f"{kind.capitalize()} {int(number) + 1} {label}".strip()
        draft = begin(
            domain,
            self._device,
            label,
            source=f"{self._adapter}:{self._ident}/{part}/{domain}",
            unique_id=f"shelly_{self._ident}_{part}",
        )
        # One with a battery sleeps between its messages.
        if "online" in self._parts and "sensor/battery" not in self._parts:
            draft.hear_availability(Reading(f"{self._base}/online"), "true", "false")
        return draft

    def _relay(self, main: str) -> Declaration:
        draft = self._draft("switch", main, "")
        draft.hear("state", Reading(f"{self._base}/{main}"), _ON_OFF)
        writing = Writing(f"{self._base}/{main}/command")
        for command, payload in (("turn_on", "on"), ("turn_off", "off"), ("toggle", "toggle")):
            draft.take(command, writing.part(payload=payload))
        return draft.finish()

    def _roller(self) -> Declaration:
        draft = self._draft("cover", "roller/0", "")
        draft.device_class = "shutter"
        moves = words((("open", "opening"), ("close", "closing"), ("stop", "stopped")))
        draft.hear("state", Reading(f"{self._base}/roller/0"), moves)
        draft.hear("current_position", Reading(f"{self._base}/roller/0/pos"), _MEASURED)
        writing = Writing(f"{self._base}/roller/0/command")
        for command, payload in (
            ("open_cover", "open"),
            ("close_cover", "close"),
            ("stop_cover", "stop"),
        ):
            draft.take(command, writing.part(payload=payload))
        if "roller/0/pos" in self._parts:
            draft.can("position", 0, 100, 1, unit="%")
            setting = Writing(f"{self._base}/roller/0/command/pos")
            draft.take("set_cover_position", setting.part("position", convert=INTEGER))
        return draft.finish()

    def _light(self, main: str) -> Declaration:
        """Return a dimmer, a lamp of one white or of many, or a coloured light.

        A light that can do both says in ``mode`` which it does; its level is the gain in colour.
        """
        draft = self._draft("light", main, "")
        coloured, tunable = main.startswith("color"), f"{main}/temp" in self._parts
        told = Reading(f"{self._base}/{main}/status", pointers=("",))
        share = scaled((0, 100), (0, 255))
        writing = Writing(f"{self._base}/{main}/set")
        draft.hear("state", told.inside("/ison"), _TRUE)
        draft.hear("state", Reading(f"{self._base}/{main}"), _ON_OFF)
        levels = ("gain", "brightness") if coloured and tunable else ("gain",)
        level = "{{ value_json.brightness if value_json.mode == 'white' else value_json.gain }}"
        if not coloured:
            levels = ("brightness",)
        one = told.inside(f"/{levels[0]}")
        draft.hear("brightness", one if len(levels) == 1 else Reading(told.topic, level), share)
        draft.can("brightness", 1, 255, 1)
        style = [writing.at(name).part("brightness", convert=share) for name in levels]
        modes = []
        if coloured:
            numbers = Convert(kind=Kind.NUMBERS)
            draft.hear("rgb_color", told.inside("/red", "/green", "/blue"), numbers)
            for commanded in colour.commanded_as("rgb"):
                key = f"{commanded}_color"
                draft.can(key)
                before = colour.prelude(commanded, "rgb")
                modes.append(writing.at("mode").part(key, template="color"))
                style += [
                    writing.at(name).part(
                        key, convert=numbers, template=f"{before}{{{{ {name} }}}}"
                    )
                    for name in colour.VARIABLES["rgb"]
                ]
        if tunable:
            draft.hear("color_temp_kelvin", told.inside("/temp"), NUMBER)
            draft.can("color_temp_kelvin", 3000 if coloured else 2700, 6500, 1, unit="K")
            style.append(writing.at("temp").part("color_temp_kelvin", convert=INTEGER))
            if coloured:
                modes.append(writing.at("mode").part("color_temp_kelvin", template="white"))
        for command, word in (("turn_on", "on"), ("turn_off", "off"), ("toggle", "toggle")):
            more = [*modes, *style] if word == "on" else []
            draft.take(command, writing.at("turn").part(payload=word), *more)
        return draft.finish()

    def _binary(
        self, part: str, label: str, convert: Convert, device_class: str = "", *, category: str = ""
    ) -> Declaration:
        draft = self._draft("binary_sensor", part, label)
        draft.device_class, draft.category = device_class, category
        draft.hear("state", Reading(f"{self._base}/{part}"), convert)
        return draft.finish()

    def _sensor(
        self, part: str, device_class: str, unit: str, label: str, convert: Convert
    ) -> Declaration:
        draft = self._draft("sensor", part, label)
        draft.device_class, draft.unit = device_class, unit
        if part == "temperature":
            draft.category = "diagnostic"
        draft.hear("state", Reading(f"{self._base}/{part}"), convert)
        return draft.finish()
