"""The entities of one Homie device, out of the nodes and properties it describes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent.devices import colour
from hubagent.devices.draft import (
    NUMBER,
    PLAIN,
    Draft,
    Reading,
    Writing,
    full_name,
    refusal,
    scaled,
    slug,
    words,
)
from hubagent.devices.quantities import quantity
from hubagent.types import Convert, Device, DeviceId, EntityId, Kind, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubagent.devices.ha_payload import JsonObject
    from hubagent.types import CommandPart, Declaration

_ID = re.compile(r"[a-z0-9][a-z0-9-]*", re.IGNORECASE)
_NUMBERS = Convert(kind=Kind.NUMBERS)
_ON_OFF = words((("true", "on"), ("false", "off")))
_POWER = ("power", "on", "state", "switch", "onoff", "on-off")
_BRIGHTNESS = ("brightness", "dimmer", "dim", "level", "intensity")
_MAX_PROPERTIES = 512
_MOST = 1e15
_SENSITIVE = {
    "door": "door",
    "garage": "garage",
    "gas": "gas",
    "gate": "gate",
    "lock": "door",
    "oven": "oven",
    "valve": "water",
    "water": "water",
}
"""Words in the id of a switch that make it one never commanded on a guess, and its device class."""


@dataclass(frozen=True, slots=True)
class _Property:
    node: str
    node_name: str
    id: str
    name: str
    datatype: str
    format: str
    unit: str
    settable: bool

    def limits(self) -> tuple[float | None, float | None, float | None]:
        """Return least, most and step of a number's ``format``, as far as it gives them."""
        low, high, step = (_number(part) for part in [*self.format.split(":"), "", "", ""][:3])
        if low is not None and high is not None and low >= high:
            return None, None, step
        return low, high, step

    def is_one_of(self, names: tuple[str, ...], *datatypes: str) -> bool:
        return self.id.lower() in names and self.datatype in datatypes


def declared(
    root: str, above: str, source: str, described: JsonObject, refused: list[str]
) -> Iterator[Declaration]:
    """Yield every entity of a device.

    Args:
        root: Topic of the device.
        above: Topic of the device whose will speaks for it, empty when its own does.
        source: Beginning of the sources.
        described: Its description, as in version 5.
        refused: Takes why properties are left out.
    """
    make = _Maker(root, above, source, described)
    nodes = described.get("nodes")
    if nodes is None:
        return
    if not isinstance(nodes, dict):
        raise refusal("wrong value", "`nodes` is not an object")
    count = 0
    for node, raw in nodes.items():
        properties = []
        for item in _properties(node, raw, refused):
            count += 1
            if count <= _MAX_PROPERTIES:
                properties.append(item)
        power = next((item for item in properties if item.is_one_of(_POWER, "boolean")), None)
        style = [
            item
            for item in properties
            if item.datatype == "color" or item.is_one_of(_BRIGHTNESS, "integer", "float")
        ]
        if power and power.settable and style and all(item.settable for item in style):
            yield _light(make, power, style)
            properties = [item for item in properties if item is not power and item not in style]
        for item in properties:
            yield _entity(make, item)


def _properties(node: str, raw: object, refused: list[str]) -> Iterator[_Property]:
    """Yield the properties of a node that are as they should be."""
    listed = raw.get("properties") if isinstance(raw, dict) else None
    if not _ID.fullmatch(node) or not isinstance(raw, dict) or not isinstance(listed or {}, dict):
        refused.append(f"wrong value: node `{node}`")
        return
    for name, given in (listed or {}).items():
        if not _ID.fullmatch(name) or not isinstance(given, dict):
            refused.append(f"wrong value: property `{node}/{name}`")
            continue

        def text(key: str, given: JsonObject = given) -> str:
            value = given.get(key)
            return value if isinstance(value, str) else ""

        if text("datatype") in (
            "integer",
            "float",
            "boolean",
            "string",
            "enum",
            "color",
            "percent",
            "datetime",
            "duration",
            "json",
        ):
            yield _Property(
                node,
                _name(raw) or node,
                name,
                text("name") or name,
                text("datatype"),
                text("format"),
                text("unit"),
                given.get("settable") is True,
            )
        else:
            refused.append(f"wrong value: `datatype` of `{node}/{name}`")


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < _MOST else None


def _name(raw: JsonObject) -> str:
    name = raw.get("name")
    return name if isinstance(name, str) else ""


class _Maker:
    """Begins the drafts of one device."""

    def __init__(self, root: str, above: str, source: str, described: JsonObject) -> None:
        self._root, self._above, self._source = root, above, source
        identifier = f"homie_{root}"
        self._device = Device(
            device_id=DeviceId(slug(identifier)),
            name=_name(described) or root.rpartition("/")[2],
            identifiers=(identifier,),
        )

    def draft(self, domain: str, item: _Property, label: str) -> Draft:
        """Return a draft with ids, names and availability."""
        name = full_name(self._device.name, label)
        draft = Draft(
            domain=domain,
            entity_id=EntityId(f"{domain}.{slug(name)}"),
            source=f"{self._source}{item.node}/{item.id}",
            name=name,
            unique_id=f"{self._root}/{item.node}/{item.id}",
            device=self._device,
        )
        reading = Reading(f"{self._above or self._root}/$state")
        states = words(
            (
                *((word, "online") for word in ("ready", "sleeping", "alert")),
                *((word, "offline") for word in ("init", "disconnected", "lost")),
            )
        )
        draft.hear("0", reading, states, role=Role.AVAILABILITY)
        return draft

    def reading(self, item: _Property) -> Reading:
        return Reading(f"{self._root}/{item.node}/{item.id}")

    def writing(self, item: _Property) -> Writing:
        return Writing(f"{self._root}/{item.node}/{item.id}/set")


def _light(make: _Maker, power: _Property, style: list[_Property]) -> Declaration:
    """Return the light that a switch with brightness or colour in one node is."""
    draft = make.draft("light", power, power.node_name)
    draft.hear("state", make.reading(power), _ON_OFF)
    parts: list[CommandPart] = []
    for item in style:
        if item.datatype == "color":
            parts += _colour(make, draft, item)
            continue
        low, high, _ = item.limits()
        span = (low or 0, 100 if high is None else high)
        convert = scaled(span, (0, 255), integer=item.datatype == "integer")
        draft.hear("brightness", make.reading(item), convert)
        draft.can("brightness", 1, 255, 1)
        parts.append(make.writing(item).part("brightness", convert=convert))
    setting = make.writing(power)
    draft.take("turn_on", *parts, setting.part(payload="true"))
    draft.take("turn_off", setting.part(payload="false"))
    return draft.finish()


def _colour(make: _Maker, draft: Draft, item: _Property) -> list[CommandPart]:
    """Declare a colour; version 5 puts the kind before the numbers (``rgb,255,0,0``)."""
    listed = [kind.strip() for kind in item.format.split(",")]
    kind = "rgb" if "rgb" in listed or "hsv" not in listed else "hs"
    told = make.reading(item).then("{{ heard | regex_replace('^(rgb|hsv),', '') }}")
    prefix = ("rgb," if kind == "rgb" else "hsv,") if "/5/" in told.topic else ""
    cut = (
        told
        if kind == "rgb"
        else told.then("{% set parts = heard.split(',') %}{{ parts[0] }},{{ parts[1] }}")
    )
    draft.hear(f"{kind}_color", cut, _NUMBERS)
    if kind == "hs":
        draft.hear("rgb_color", colour.rgb_reading("hs", cut), _NUMBERS)
    names = colour.VARIABLES[kind]
    numbers = ",".join(f"{{{{ {name} | round | int }}}}" for name in names)
    tail = "" if kind == "rgb" else ",100"
    parts = []
    for commanded in colour.commanded_as(kind):
        draft.can(f"{commanded}_color")
        template = colour.prelude(commanded, kind) + prefix + numbers + tail
        parts.append(make.writing(item).part(f"{commanded}_color", template=template))
    return parts


def _entity(make: _Maker, item: _Property) -> Declaration:
    """Return the entity of one property by itself."""
    label = item.name
    if item.settable and item.datatype in _SETTABLE:
        domain = _SETTABLE[item.datatype]
    else:
        domain = "binary_sensor" if item.datatype == "boolean" else "sensor"
    draft = make.draft(domain, item, label)
    reading, writing = make.reading(item), make.writing(item)
    numeric = item.datatype in ("integer", "float", "percent")
    if domain in ("sensor", "number") and numeric:
        measured = quantity(item.id)
        draft.device_class = measured.device_class
    if domain == "sensor":
        draft.unit = item.unit
        draft.hear("state", reading, NUMBER if numeric else PLAIN)
        draft.category = "diagnostic" if item.datatype == "json" else ""
    elif domain == "binary_sensor":
        draft.hear("state", reading, _ON_OFF)
    elif domain == "switch":
        spoken = set(re.split(r"[^a-z]+", f"{item.node} {item.id}".lower()))
        draft.device_class = next(
            (_SENSITIVE[word] for word in sorted(spoken & _SENSITIVE.keys())), ""
        )
        draft.hear("state", reading, _ON_OFF)
        draft.take("turn_on", writing.part(payload="true"))
        draft.take("turn_off", writing.part(payload="false"))
    elif domain == "number":
        draft.unit = item.unit
        draft.hear("state", reading, NUMBER)
        draft.can("value", *item.limits(), unit=item.unit)
        whole = Convert(kind=Kind.NUMBER, integer=item.datatype == "integer")
        draft.take("set_value", writing.part("value", convert=whole))
    elif domain == "select":
        options = tuple(filter(None, (part.strip() for part in item.format.split(","))))
        draft.hear("state", reading, words((option, option) for option in options))
        draft.can("option", options=options)
        draft.take("select_option", writing.part("option"))
    else:
        draft.hear("state", reading)
        draft.can("value")
        draft.take("set_value", writing.part("value"))
    return draft.finish()


_SETTABLE = {
    "boolean": "switch",
    "integer": "number",
    "float": "number",
    "percent": "number",
    "enum": "select",
    "string": "text",
}
"""Domain of a property that can be set, by its datatype."""
