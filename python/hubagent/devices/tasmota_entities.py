"""The entities of one Tasmota device: relays, lights, fans, shutters, switches, buttons, sensors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubagent.devices import colour
from hubagent.devices.draft import (
    MIRED,
    NUMBER,
    PLAIN,
    Draft,
    Reading,
    Writing,
    full_name,
    scaled,
    slug,
    words,
)
from hubagent.devices.quantities import quantity
from hubagent.types import Convert, EntityId, Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubagent.devices.ha_payload import JsonObject
    from hubagent.devices.tasmota import Node
    from hubagent.types import CommandPart, Declaration

_RELAY, _LIGHT, _SHUTTER = 1, 2, 3
"""Kinds of a relay in ``rl``."""
_DIMMER, _CCT, _RGB, _RGBW, _RGBCCT = 1, 2, 3, 4, 5
"""Kinds of a light in ``lt_st``."""
_NUMBERS = Convert(kind=Kind.NUMBERS)
_PERCENT = (0.0, 100.0)
_PRESSES = ("SINGLE", "DOUBLE", "TRIPLE", "QUAD", "PENTA", "HOLD")
_OWN_KEYS = re.compile(r"Time|Epoch|\w*Unit|Switch\d+|Shutter\d+|Zb\w+|Id|UID")
"""Parts of ``SENSOR`` that are no reading, or are entities of another kind."""
_MAX_SENSORS = 128
_FAN_SPEED = scaled((0, 3), _PERCENT)
_HS = (
    "{% if value_jsonINSIDE.HSBColor is defined %}"
    "{% set parts = value_jsonINSIDE.HSBColor.split(',') %}{{ parts[0] }},{{ parts[1] }}"
    "{% endif %}"
)


def declared(node: Node, source: str, readings: JsonObject) -> Iterator[Declaration]:
    """Yield everything the device has.

    Args:
        node: The device.
        source: Beginning of the sources, ``tasmota:<mac>/``.
        readings: A sample of its sensors, as on ``tele/.../SENSOR``.
    """
    make = _Maker(node, source)
    kinds = node.numbers("rl")
    relays = [index for index, kind in enumerate(kinds) if kind in (_RELAY, _LIGHT)]
    if node.config.flag("if"):
        # A ceiling fan: the first relay is its light, the others are its speeds.
        relays = relays[:1]
        yield _fan(make)
    for index in relays:
        is_light = kinds[index] == _LIGHT or node.option(30) or node.config.flag("if")
        yield make.light(index, dims=kinds[index] == _LIGHT) if is_light else make.switch(index)
    for number in range(1, 1 + kinds.count(_SHUTTER) // 2 + kinds.count(_SHUTTER) % 2):
        yield _shutter(make, number)
    for index, mode in enumerate(node.numbers("swc")):
        if mode >= 0:
            yield _switch_input(make, index)
    if node.option(73):
        for index, there in enumerate(node.numbers("btn")):
            if there:
                yield _button(make, index)
    for path, value in list(_leaves(readings, ()))[:_MAX_SENSORS]:
        yield _sensor(make, path, value, readings)


class _Maker:
    """Begins the drafts of one device."""

    def __init__(self, node: Node, source: str) -> None:
        self.node = node
        self._source = source
        kinds = node.numbers("rl")
        several = sum(bool(kind) for kind in kinds) > 1
        self._power = [f"POWER{index + 1}" if several else "POWER" for index in range(len(kinds))]
        self._several = several
        names = node.config.values.get("fn")
        listed = names if isinstance(names, list) else []
        self._names = [item if isinstance(item, str) else "" for item in listed]

    def draft(self, domain: str, object_id: str, label: str, *, named: str = "") -> Draft:
        """Return a draft with ids, names and availability; ``named`` is a whole name of its own."""
        name = named or full_name(self.node.device.name, label) or self.node.mac
        draft = Draft(
            domain=domain,
            entity_id=EntityId(f"{domain}.{slug(name)}"),
            source=f"{self._source}{object_id}",
            name=name,
            unique_id=f"{self.node.mac}_{object_id}",
            device=self.node.device,
        )
        config = self.node.config
        online, offline = config.text("onln", "Online"), config.text("ofln", "Offline")
        if not config.flag("dslp") and online != offline:
            # A device that sleeps between its messages is there all the same.
            draft.hear_availability(Reading(f"{self.node.telemetry}LWT"), online, offline)
        return draft

    def relay(self, domain: str, index: int) -> Draft:
        """Return the draft of a relay or light, which has a friendly name of its own."""
        own = self._names[index] if index < len(self._names) else ""
        if own.casefold() == "tasmota" and self.node.device.name:
            own = ""  # what it is called before anybody names it
        label = str(index + 1) if self._several else ""
        return self.draft(domain, f"{domain}_{index + 1}", label, named=own)

    def writing(self, command: str) -> Writing:
        """Return the writing of one command."""
        return Writing(self.node.command + command)

    def states(self, commands: tuple[str, ...], *pointers: str) -> Iterator[Reading]:
        """Yield everywhere a part of the state is told: answers, telemetry, and both asked for.

        With ``SetOption4`` an answer comes on the topic of its command instead of ``RESULT``.
        """
        node = self.node
        if node.option(4):
            answers = tuple(node.result + command.upper() for command in commands)
        else:
            answers = (f"{node.result}RESULT",)
        for topic in (*answers, f"{node.telemetry}STATE"):
            for pointer in pointers:
                yield Reading(topic, pointers=(pointer,))
        for pointer in pointers:
            yield Reading(f"{node.result}STATUS11", pointers=(f"/StatusSTS{pointer}",))

    def switch(self, index: int) -> Declaration:
        """Return a relay."""
        draft = self.relay("switch", index)
        self._on_off(draft, index)
        return draft.finish()

    def _on_off(self, draft: Draft, index: int, *more: CommandPart, style: str = "") -> None:
        node, power = self.node, self._power[index]
        known = words(((node.on, "on"), (node.off, "off")))
        # One relay is called POWER, with SetOption26 POWER1.
        pointers = (f"/{power}",) if self._several else ("/POWER", "/POWER1")
        commands = (power, *style.split())
        for reading in self.states(commands, *pointers):
            draft.hear("state", reading, known)
        if not node.option(4):
            draft.hear("state", Reading(f"{node.result}{power}"), known)
        setting = self.writing(power)
        draft.take("turn_on", *more, setting.part(payload=node.on))
        draft.take("turn_off", setting.part(payload=node.off))
        draft.take("toggle", setting.part(payload="TOGGLE"))

    def light(self, index: int, *, dims: bool) -> Declaration:
        """Return a light; one of several channels (``SetOption68``) has its own brightness only."""
        draft = self.relay("light", index)
        kind = int(self.node.config.number("lt_st", 0)) if dims else 0
        parts: list[CommandPart] = []
        if self.node.option(68) and dims:
            parts += self._brightness(draft, f"Channel{index + 1}", f"/Channel/{index}")
            self._on_off(draft, index, *parts, style=f"Channel{index + 1}")
            return draft.finish()
        if kind >= _DIMMER:
            parts += self._brightness(draft, "Dimmer", "/Dimmer")
        if kind in (_CCT, _RGBCCT):
            draft.can("color_temp_kelvin", 2000, 6535, 1, unit="K")
            for reading in self.states(("CT",), "/CT"):
                draft.hear("color_temp_kelvin", reading, MIRED)
            parts.append(self.writing("CT").part("color_temp_kelvin", convert=MIRED))
        if kind in (_RGB, _RGBW, _RGBCCT):
            parts += self._colour(draft)
        self._on_off(draft, index, *parts, style="Dimmer CT HSBColor1 HSBColor2 HSBColor")
        return draft.finish()

    def _brightness(self, draft: Draft, command: str, pointer: str) -> list[CommandPart]:
        convert = scaled(_PERCENT, (0, 255))
        draft.can("brightness", 1, 255, 1)
        for reading in self.states((command,), pointer):
            draft.hear("brightness", reading, convert)
        return [self.writing(command).part("brightness", convert=convert)]

    def _colour(self, draft: Draft) -> list[CommandPart]:
        """Declare hue and saturation; the brightness of a colour is that of the light."""
        commands = ("HSBColor", "HSBColor1", "HSBColor2")
        for told in self.states(commands, ""):
            inside = ".StatusSTS" if told.topic.endswith("STATUS11") else ""
            reading = Reading(told.topic, _HS.replace("INSIDE", inside))
            draft.hear("hs_color", reading, _NUMBERS)
            draft.hear("rgb_color", colour.rgb_reading("hs", reading), _NUMBERS)
        parts = []
        for commanded in colour.commanded_as("hs"):
            draft.can(f"{commanded}_color")
            before = colour.prelude(commanded, "hs")
            for command, variable in (("HSBColor1", "hue"), ("HSBColor2", "sat")):
                template = f"{before}{{{{ {variable} | round | int }}}}"
                part = self.writing(command).part(f"{commanded}_color", template=template)
                parts.append(part)
        return parts


def _fan(make: _Maker) -> Declaration:
    """Return the fan of an iFan: standing still, or one of three speeds."""
    draft = make.draft("fan", "fan", "Fan")
    setting = make.writing("FanSpeed")
    for reading in make.states(("FanSpeed",), "/FanSpeed"):
        draft.hear("state", reading, words((("0", "off"), ("1", "on"), ("2", "on"), ("3", "on"))))
        draft.hear("percentage", reading, _FAN_SPEED)
    draft.can("percentage", 0, 100, 33.33, unit="%")
    # A little wind is asked for with any percentage above 0: round up.
    template = "{{ (value * 3 / 100) | round(3) | round(0, 'ceil') | int }}"
    speed = setting.part("percentage", convert=NUMBER, template=template)
    draft.take("turn_on", speed, setting.part(payload="2", only_without=("percentage",)))
    draft.take("turn_off", setting.part(payload="0"))
    draft.take("set_percentage", speed)
    return draft.finish()


def _shutter(make: _Maker, number: int) -> Declaration:
    """Return a shutter: moving while it has a direction, else told by its position."""
    options = make.node.numbers("sho")
    inverted = number <= len(options) and bool(options[number - 1] & 1)
    draft = make.draft("cover", f"shutter_{number}", "" if number == 1 else f"Shutter {number}")
    draft.device_class = "shutter"
    convert = scaled((100, 0) if inverted else (0, 100), _PERCENT)
    opening, closing, shut = (-1, 1, 100) if inverted else (1, -1, 0)
    node, key = make.node, f"Shutter{number}"
    for topic, inside in (
        (f"{node.result}RESULT", ""),
        (f"{node.result}SHUTTER{number}" if node.option(4) else "", ""),
        (f"{node.telemetry}SENSOR", ""),
        (f"{node.result}STATUS10", "/StatusSNS"),
    ):
        if not topic:
            continue
        draft.hear(
            "current_position", Reading(topic, pointers=(f"{inside}/{key}/Position",)), convert
        )
        told = "value_json" + inside.replace("/", ".") + f".{key}"
        state = (
            f"{{% if {told}.Position is defined %}}"
            f"{{{{ 'opening' if {told}.Direction == {opening}"
            f" else 'closing' if {told}.Direction == {closing}"
            f" else 'closed' if {told}.Position == {shut} else 'open' }}}}{{% endif %}}"
        )
        draft.hear("state", Reading(topic, state))
    draft.can("position", 0, 100, 1, unit="%")
    for command, word in (
        ("open_cover", "ShutterOpen"),
        ("close_cover", "ShutterClose"),
        ("stop_cover", "ShutterStop"),
    ):
        draft.take(command, make.writing(f"{word}{number}").part())
    position = make.writing(f"ShutterPosition{number}").part("position", convert=convert)
    draft.take("set_cover_position", position)
    return draft.finish()


def _switch_input(make: _Maker, index: int) -> Declaration:
    """Return a switch that is wired to the device; detached from its relay it is spoken about."""
    node, key = make.node, f"Switch{index + 1}"
    names = node.config.values.get("swn")
    own = names[index] if isinstance(names, list) and index < len(names) else None
    draft = make.draft(
        "binary_sensor", f"switch_{index + 1}", own if isinstance(own, str) and own else key
    )
    draft.category = "" if node.option(114) else "diagnostic"
    known = words(((node.on, "on"), (node.off, "off")))
    for topic, pointer in (
        (f"{node.telemetry}SENSOR", f"/{key}"),
        (f"{node.result}STATUS10", f"/StatusSNS/{key}"),
        (
            f"{node.result}{key.upper()}" if node.option(4) else f"{node.result}RESULT",
            f"/{key}/Action",
        ),
    ):
        draft.hear("state", Reading(topic, pointers=(pointer,)), known)
    return draft.finish()


def _button(make: _Maker, index: int) -> Declaration:
    """Return a button whose presses are told and not used (``SetOption73``)."""
    node, key = make.node, f"Button{index + 1}"
    draft = make.draft("event", f"button_{index + 1}", f"Button {index + 1}")
    draft.device_class = "button"
    draft.can("event_type", options=tuple(word.lower() for word in _PRESSES))
    topic = f"{node.result}{key.upper()}" if node.option(4) else f"{node.result}RESULT"
    reading = Reading(topic, pointers=(f"/{key}/Action",))
    presses = words((word, word.lower()) for word in _PRESSES)
    draft.hear("event_type", reading, presses, role=Role.EVENT)
    return draft.finish()


# --- sensors --------------------------------------------------------------------------------------


def _leaves(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield the places of single values in a sample of ``SENSOR``, four levels down at most."""
    if isinstance(value, dict) and len(path) < 4:
        for key, inner in value.items():
            if not _OWN_KEYS.fullmatch(key):
                yield from _leaves(inner, (*path, key))
    elif isinstance(value, list) and path and len(path) < 4:
        for index, inner in enumerate(value[:8]):
            yield from _leaves(inner, (*path, str(index)))
    elif isinstance(value, str | int | float) and path:
        yield path, value


def _sensor(
    make: _Maker, path: tuple[str, ...], value: object, readings: JsonObject
) -> Declaration:
    node, spoken = make.node, [_words(step) for step in path]
    draft = make.draft("sensor", "sensor_" + "_".join(path), " ".join(spoken))
    measure = next(step for step in reversed(path) if not step.isdecimal())
    numeric = not isinstance(value, str)
    draft.device_class, draft.unit = _measured(path[0], measure, readings) if numeric else ("", "")
    if not numeric or path[0] in ("ESP32", "WIFI"):
        draft.category = "diagnostic"
    pointer = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path)
    for topic, inside in (
        (f"{node.telemetry}SENSOR", ""),
        (f"{node.result}STATUS10", "/StatusSNS"),
        (f"{node.result}STATUS8", "/StatusSNS"),
    ):
        reading = Reading(topic, pointers=(inside + pointer,))
        draft.hear("state", reading, NUMBER if numeric else PLAIN)
    return draft.finish()


def _measured(sensor: str, measure: str, readings: JsonObject) -> tuple[str, str]:
    """Return device class and unit; the units that can be set are told beside the readings."""
    if sensor == "ENERGY" and measure in ("Total", "Today", "Yesterday", "TotalTariff"):
        return "energy", "kWh"
    found = quantity(measure)
    units = {"temperature": ("TempUnit", "°"), "pressure": ("PressureUnit", "")}
    if found.device_class in units:
        key, before = units[found.device_class]
        told = readings.get(key)
        if isinstance(told, str) and told:
            return found.device_class, before + told
    return found.device_class, found.unit


def _words(step: str) -> str:
    """Return a key as it is spoken: ``ApparentPower`` is two words."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", step)
