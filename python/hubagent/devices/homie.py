"""Homie 4 and 5: devices that describe themselves as nodes with typed properties.

In: version 5: ``<domain>/5/<device>/$state`` and ``$description``; version 4: ``<domain>/<device>/$...``,
one retained topic per attribute. Out: declarations, one entity per property that means something by
itself; a node with a switch and a brightness is one light. A source is ``homie:<root>/<node>/<object>``.
Nothing is declared before a device says that it is ready. A command goes to ``.../set``; the device
confirms it with the property itself or, while it is on its way there, ``$target``, which is no state.
Convention: github.com/homieiot/convention (CC-BY-4.0).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubagent.devices.draft import refusal
from hubagent.devices.ha_payload import read_object
from hubagent.devices.homie_entities import declared
from hubagent.errors import DataError
from hubagent.types import Discovery

if TYPE_CHECKING:
    from hubagent.devices.ha_payload import JsonObject
    from hubagent.types import Message

_ID = re.compile(r"[a-z0-9][a-z0-9-]*", re.IGNORECASE)
_MAX_ROOTS = 1024
_MAX_ATTRIBUTES = 4096
_THERE = ("ready", "sleeping", "alert", "disconnected", "lost")
"""States of a device whose description holds; ``init`` is on its way to one."""


@dataclass(slots=True)
class _Root:
    """What is known of one device of either version."""

    state: str = ""
    described: JsonObject | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    """Version 4: attribute by its place below the device, such as ``light/power/$datatype``."""


class Homie:
    """Adapter of Homie 4 and 5."""

    name = "homie"

    def __init__(self) -> None:
        self._roots: dict[str, _Root] = {}

    def filters(self) -> tuple[str, ...]:
        """Return the topic filters: all of version 4's attributes are below ``homie``."""
        attributes = (
            "$name",
            "$nodes",
            "$properties",
            "$datatype",
            "$format",
            "$unit",
            "$settable",
        )
        return (
            "+/5/+/$state",
            "+/5/+/$description",
            *(f"homie/+/{name}" for name in ("$homie", "$state", "$name", "$nodes")),
            *(f"homie/+/+/{name}" for name in ("$name", "$properties")),
            *(f"homie/+/+/+/{name}" for name in ("$name", *attributes[3:])),
        )

    def handle(self, message: Message) -> Discovery:
        """Read one announcement; raise ``DataError`` when it must be refused."""
        levels = message.topic.split("/")
        version_5 = len(levels) == 4 and levels[1] == "5"
        depth = 3 if version_5 else 2
        root = "/".join(levels[:depth])
        place = "/".join(levels[depth:])
        for level in levels[depth - 1 : -1]:
            if not _ID.fullmatch(level):
                raise refusal("bad topic", f"`{level}` is no Homie id")
        try:
            text = message.payload.decode()
        except UnicodeDecodeError as error:
            raise refusal("not text", str(error)) from error
        known = self._known(root)
        if place == "$state":
            known.state = text
        elif place == "$description":
            known.described = read_object(message.payload) if text.strip() else None
        elif text:
            if place not in known.attributes and len(known.attributes) >= _MAX_ATTRIBUTES:
                raise refusal("too many", f"more than {_MAX_ATTRIBUTES} attributes")
            known.attributes[place] = text
        else:
            known.attributes.pop(place, None)
        return self._everything(root, known)

    def _known(self, root: str) -> _Root:
        if root not in self._roots and len(self._roots) >= _MAX_ROOTS:
            raise refusal("too many", f"more than {_MAX_ROOTS} Homie devices")
        return self._roots.setdefault(root, _Root())

    def _everything(self, root: str, known: _Root) -> Discovery:
        """Declare what a device has; nothing while it is on its way to describe itself."""
        source = f"{self.name}:{root}/"
        if not known.state:
            gone = known.described is None and not known.attributes
            if gone:
                del self._roots[root]
            return Discovery(complete=(source,))
        if known.state not in _THERE:
            return Discovery()
        described = known.described or _described(known.attributes)
        if described is None:
            return Discovery(complete=(source,))
        parent = described.get("root")
        above = ""
        if isinstance(parent, str) and _ID.fullmatch(parent) and "/5/" in root:
            # A child is lost with its root, which alone has a will.
            above = f"{root.rpartition('/')[0]}/{parent}"
        refused: list[str] = []
        found = []
        try:
            found = list(declared(root, above, source, described, refused))
        except DataError as error:
            refused.append(str(error))
        return Discovery(tuple(found), complete=(source,), refused=tuple(refused))


def _described(attributes: dict[str, str]) -> JsonObject | None:
    """Return version 4's attributes in the shape of version 5's description, once all are there."""
    if not attributes.get("$homie", "").startswith(("3.", "4.")) or "$nodes" not in attributes:
        return None
    nodes: JsonObject = {}
    for node in filter(None, (item.strip() for item in attributes["$nodes"].split(","))):
        properties: JsonObject = {}
        listed = attributes.get(f"{node}/$properties", "")
        for name in filter(None, (item.strip() for item in listed.split(","))):
            at = f"{node}/{name}/$"
            if datatype := attributes.get(f"{at}datatype"):
                properties[name] = {
                    "name": attributes.get(f"{at}name", ""),
                    "datatype": datatype,
                    "format": attributes.get(f"{at}format", ""),
                    "unit": attributes.get(f"{at}unit", ""),
                    "settable": attributes.get(f"{at}settable") == "true",
                }
        nodes[node] = {"name": attributes.get(f"{node}/$name", ""), "properties": properties}
    return {"name": attributes.get("$name", ""), "homie": "4", "nodes": nodes}
