"""The entities of one Shelly device of the second generation or later, by its components."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubagent.devices import colour
from hubagent.devices.draft import (
    INTEGER,
    NUMBER,
    Draft,
    Reading,
    Writing,
    full_name,
    scaled,
    slug,
    words,
)
from hubagent.types import Convert, EntityId, Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hubagent.types import CommandPart, Declaration, Device

REPLIES = "hubagent-rpc"
"""First level of the topics on which replies come: ``hubagent-rpc/<prefix>/<what>/rpc``."""
COMPONENT = re.compile(
    r"(switch|light|rgb|rgbw|cct|cover|input|temperature|humidity|devicepower|illuminance|smoke|flood"
    r"|em|em1|pm1):(\d{1,3})"
)
_METHODS = {"light": "Light", "rgb": "RGB", "rgbw": "RGBW", "cct": "CCT"}
_ON_OFF = words((("true", "on"), ("false", "off")))
_NUMBERS = Convert(kind=Kind.NUMBERS)
_PRESSES = ("single_push", "double_push", "triple_push", "long_push", "btn_down", "btn_up")
_SENSORS = {
    "/apower": ("power", "W", "Power"),
    "/act_power": ("power", "W", "Power"),
    "/total_act_power": ("power", "W", "Total power"),
    "/voltage": ("voltage", "V", "Voltage"),
    "/current": ("current", "A", "Current"),
    "/aenergy/total": ("energy", "Wh", "Energy"),
    "/ret_aenergy/total": ("energy", "Wh", "Returned energy"),
    "/freq": ("frequency", "Hz", "Frequency"),
    "/tC": ("temperature", "°C", "Temperature"),
    "/rh": ("humidity", "%", "Humidity"),
    "/lux": ("illuminance", "lx", "Illuminance"),
    "/battery/percent": ("battery", "%", "Battery"),
    "/temperature/tC": ("temperature", "°C", "Device temperature"),
}
_ALARMS = {"smoke": "smoke", "flood": "moisture"}


def declared(
    prefix: str,
    source: str,
    device: Device,
    names: Mapping[str, str],
    fields: Mapping[str, set[str]],
) -> Iterator[Declaration]:
    """Yield every entity of a device.

    Args:
        prefix: Topic prefix of the device.
        source: Beginning of the sources.
        device: The device.
        names: Names that components were given.
        fields: Pointers of the values heard of each component.
    """
    sleeps = any(component.startswith("devicepower:") for component in fields)
    kinds = [component.partition(":")[0] for component in fields]
    for component, heard in sorted(fields.items()):
        kind, number = component.split(":")
        alone = kinds.count(kind) == 1
        label = names.get(component, "" if alone else f"{kind.capitalize()} {int(number) + 1}")
        make = _Maker(prefix, source, device, component, label, sleeps=sleeps)
        if kind == "switch":
            yield _switch(make)
        elif kind in _METHODS:
            yield _light(make, kind)
        elif kind == "cover":
            yield _cover(make, heard)
        elif kind == "input":
            yield from _input(make, heard)
        elif kind in _ALARMS:
            draft = make.draft("binary_sensor", "alarm", kind.capitalize())
            draft.device_class = _ALARMS[kind]
            make.hear(draft, "state", "/alarm", _ON_OFF)
            yield draft.finish()
        for pointer in sorted(heard & _SENSORS.keys()):
            device_class, unit, words_ = _SENSORS[pointer]
            object_id = slug(pointer)
            draft = make.draft("sensor", object_id, words_)
            draft.device_class, draft.unit = device_class, unit
            if pointer == "/temperature/tC":
                draft.category = "diagnostic"
            make.hear(draft, "state", pointer, NUMBER)
            yield draft.finish()


class _Maker:
    """Begins the drafts of one component."""

    def __init__(
        self, prefix: str, source: str, device: Device, component: str, label: str, *, sleeps: bool
    ) -> None:
        self.prefix, self.component, self.label = prefix, component, label
        self.number = component.partition(":")[2]
        self._source, self._device, self._sleeps = source, device, sleeps
        # The reply to a request tells what was before: it goes where nobody listens for a state.
        self._answered = f"{REPLIES}/{prefix}/{component}/set"

    def draft(self, domain: str, object_id: str, label: str = "") -> Draft:
        """Return a draft with ids, names and availability."""
        own = " ".join(filter(None, (self.label, label)))
        name = full_name(self._device.name, own)
        draft = Draft(
            domain=domain,
            entity_id=EntityId(f"{domain}.{slug(name)}"),
            source=f"{self._source}{self.component}/{object_id}",
            name=name,
            unique_id=f"shelly_{self.prefix}_{self.component}_{object_id}",
            device=self._device,
        )
        if not self._sleeps:
            draft.hear_availability(Reading(f"{self.prefix}/online"), "true", "false")
        return draft

    def places(self, pointer: str) -> Iterator[Reading]:
        """Yield everywhere a value is told: notifications, statuses, replies."""
        yield Reading(f"{self.prefix}/events/rpc", pointers=(f"/params/{self.component}{pointer}",))
        yield Reading(f"{self.prefix}/status/{self.component}", pointers=(pointer,))
        yield Reading(
            f"{REPLIES}/{self.prefix}/status/rpc", pointers=(f"/result/{self.component}{pointer}",)
        )
        yield Reading(
            f"{REPLIES}/{self.prefix}/{self.component}/rpc", pointers=(f"/result{pointer}",)
        )

    def hear(self, draft: Draft, attribute: str, pointer: str, convert: Convert) -> None:
        """Bind an attribute to all places of a value."""
        for reading in self.places(pointer):
            draft.hear(attribute, reading, convert)

    def param(self, name: str) -> Writing:
        """Return the writing of one parameter of a request."""
        return Writing(f"{self.prefix}/rpc", field=f"params.{name}")

    def request(self, method: str, *params: CommandPart) -> tuple[CommandPart, ...]:
        """Return a request, and after it the question whose reply tells the outcome."""
        writing = Writing(f"{self.prefix}/rpc")
        return (
            writing.at("id").part(payload="1", convert=INTEGER),
            writing.at("src").part(payload=self._answered),
            writing.at("method").part(payload=method),
            self.param("id").part(payload=self.number, convert=INTEGER),
            *params,
            self.question(),
        )

    def written(self, method: str, params: str) -> CommandPart:
        """Return a request whose further parameters are a template, as JSON after a comma."""
        template = (
            f'{{"id":1,"src":"{self._answered}","method":"{method}",'
            f'"params":{{"id":{self.number},{params}}}}}'
        )
        return Writing(f"{self.prefix}/rpc").part(template=template)

    def question(self) -> CommandPart:
        """Return the question for the component's state."""
        src, kind = f"{REPLIES}/{self.prefix}/{self.component}", self.component.partition(":")[0]
        method = f"{_METHODS.get(kind, kind.capitalize())}.GetStatus"
        asked = f'{{"id":2,"src":"{src}","method":"{method}","params":{{"id":{self.number}}}}}'
        return Writing(f"{self.prefix}/rpc").part(payload=asked)

    def switched(self, method: str, value: str, *params: CommandPart) -> tuple[CommandPart, ...]:
        """Return a request with ``on``."""
        return self.request(method, self.param("on").part(payload=value), *params)


def _switch(make: _Maker) -> Declaration:
    draft = make.draft("switch", "switch")
    make.hear(draft, "state", "/output", _ON_OFF)
    draft.take("turn_on", *make.switched("Switch.Set", "true"))
    draft.take("turn_off", *make.switched("Switch.Set", "false"))
    draft.take("toggle", *make.request("Switch.Toggle"))
    return draft.finish()


def _light(make: _Maker, kind: str) -> Declaration:
    draft = make.draft("light", "light")
    method = f"{_METHODS[kind]}.Set"
    make.hear(draft, "state", "/output", _ON_OFF)
    make.hear(draft, "brightness", "/brightness", scaled((0, 100), (0, 255)))
    draft.can("brightness", 1, 255, 1)
    style = [
        '{% if brightness is defined %},"brightness":'
        "{{ [(brightness | float * 100 / 255) | round | int, 1] | max }}{% endif %}"
    ]
    if kind in ("rgb", "rgbw"):
        make.hear(draft, "rgb_color", "/rgb", _NUMBERS)
        for commanded in colour.commanded_as("rgb"):
            draft.can(f"{commanded}_color")
            style.append(
                f"{{% if {commanded}_color is defined %}}{{% set value = {commanded}_color %}}"
                f"{colour.prelude(commanded, 'rgb')}"
                ',"rgb":[{{ red }},{{ green }},{{ blue }}]{% endif %}'
            )
    if kind == "cct":
        make.hear(draft, "color_temp_kelvin", "/ct", NUMBER)
        draft.can("color_temp_kelvin", 2700, 6500, 1, unit="K")
        style.append(
            '{% if color_temp_kelvin is defined %},"ct":'
            "{{ color_temp_kelvin | float | round | int }}{% endif %}"
        )
    draft.can("transition", 0, unit="s")
    fade = (
        '{% if transition is defined %},"transition_duration":{{ transition | float }}{% endif %}'
    )
    for command, on, more in (("turn_on", "true", style), ("turn_off", "false", [])):
        params = f'"on":{on}' + "".join(more) + fade
        draft.take(command, make.written(method, params), make.question())
    draft.take("toggle", *make.request(f"{_METHODS[kind]}.Toggle"))
    return draft.finish()


def _cover(make: _Maker, heard: set[str]) -> Declaration:
    draft = make.draft("cover", "cover")
    states = [(word, word) for word in ("open", "opening", "closed", "closing", "stopped")]
    make.hear(draft, "state", "/state", words(states))
    make.hear(draft, "current_position", "/current_pos", NUMBER)
    draft.take("open_cover", *make.request("Cover.Open"))
    draft.take("close_cover", *make.request("Cover.Close"))
    draft.take("stop_cover", *make.request("Cover.Stop"))
    if heard & {"/current_pos", "/target_pos"}:
        draft.can("position", 0, 100, 1, unit="%")
        position = make.param("pos").part("position", convert=INTEGER)
        draft.take("set_cover_position", *make.request("Cover.GoToPosition", position))
    return draft.finish()


def _input(make: _Maker, heard: set[str]) -> Iterator[Declaration]:
    label = "" if make.label else "Input"
    if "/state" in heard:
        draft = make.draft("binary_sensor", "input", label)
        draft.category = "diagnostic"
        make.hear(draft, "state", "/state", _ON_OFF)
        yield draft.finish()
    draft = make.draft("event", "press", label)
    draft.device_class = "button"
    draft.can("event_type", options=_PRESSES)
    told = (
        "{% if value_json.method == 'NotifyEvent' %}{% for item in value_json.params.events %}"
        f"{{% if item.component == '{make.component}' %}}{{{{ item.event }}}}{{% endif %}}"
        "{% endfor %}{% endif %}"
    )
    reading = Reading(f"{make.prefix}/events/rpc", told)
    presses = words((word, word) for word in _PRESSES)
    draft.hear("event_type", reading, presses, role=Role.EVENT)
    yield draft.finish()
