"""Shelly devices of the second generation and later, over RPC on MQTT.

In: ``<prefix>/online``, ``<prefix>/events/rpc``, ``<prefix>/status/<component>`` and the replies to what the
adapter asks. Out: declarations of every component that was heard of, and questions to a device met for
the first time. A source is ``shelly_rpc:<prefix>/<component>/<object>``. A command is an RPC request,
followed by a question for the state, whose reply confirms it also where a device notifies nobody.
Methods and fields: shelly-api-docs.shelly.cloud, Gen2+.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubagent.devices.draft import refusal, slug
from hubagent.devices.ha_payload import read_object
from hubagent.devices.shelly_components import COMPONENT, REPLIES, declared
from hubagent.devices.topics import colons, publishable
from hubagent.types import Device, DeviceId, Discovery, Publication

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.types import Message

_ID = re.compile(r"shelly[a-z0-9]*-([0-9a-f]{12})", re.IGNORECASE)
_MAX_DEVICES = 1024
_MAX_COMPONENTS = 64
_MAX_FIELDS = 64
_QUESTIONS = (
    ("info", "Shelly.GetDeviceInfo"),
    ("config", "Shelly.GetConfig"),
    ("status", "Shelly.GetStatus"),
)


@dataclass(slots=True)
class _Known:
    """What was heard of one device."""

    id: str = ""
    info: Mapping[str, object] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """Component to the name its owner gave it."""
    fields: dict[str, set[str]] = field(default_factory=dict)
    """Component to the pointers of the single values heard in it."""
    asked: bool = False


class ShellyRpc:
    """Adapter of Shelly Gen2, Gen3 and Gen4."""

    name = "shelly_rpc"

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def filters(self) -> tuple[str, ...]:
        """Return the topic filters; a device's prefix has one level, or two."""
        return tuple(
            f"{before}{prefix}/{tail}"
            for prefix in ("+", "+/+")
            for before, tail in (
                ("", "online"),
                ("", "events/rpc"),
                ("", "status/+"),
                (f"{REPLIES}/", "info/rpc"),
                (f"{REPLIES}/", "config/rpc"),
                (f"{REPLIES}/", "status/rpc"),
            )
        )

    def handle(self, message: Message) -> Discovery:
        """Read one message; raise ``DataError`` when it must be refused."""
        head, _, last = message.topic.rpartition("/")
        if last == "online":
            return self._online(head, message)
        if message.topic.startswith(f"{REPLIES}/"):
            prefix, _, question = head.removeprefix(f"{REPLIES}/").rpartition("/")
            return self._reply(prefix, question, message)
        prefix, _, kind = head.rpartition("/")
        if kind == "status":
            if not COMPONENT.fullmatch(last) or not message.payload.startswith(b"{"):
                return Discovery()  # somebody else's topic
            values = read_object(message.payload)
            if values.get("id") != int(last.partition(":")[2]):
                return Discovery()
            return self._heard(prefix, {last: values})
        prefix = head.removesuffix("/events")
        values = read_object(message.payload)
        src, params = values.get("src"), values.get("params")
        if not isinstance(src, str) or not _ID.fullmatch(src):
            raise refusal("wrong value", "`src` is no Shelly device")
        return self._heard(prefix, params if isinstance(params, dict) else {}, src)

    def _online(self, prefix: str, message: Message) -> Discovery:
        """Ask a device that is there: one by its name, or one that was heard of."""
        if message.payload != b"true":
            return Discovery()
        known = self._known.get(prefix)
        if known is None and not _ID.fullmatch(prefix.rpartition("/")[2]):
            return Discovery()
        known = known or self._device(prefix)
        if not message.retained:
            known.asked = False  # it came back, and may have become another
        return Discovery(requests=self._ask(prefix, known))

    def _reply(self, prefix: str, question: str, message: Message) -> Discovery:
        known = self._known.get(prefix)
        result = read_object(message.payload).get("result")
        if known is None or not isinstance(result, dict):
            return Discovery()
        if question == "info":
            known.info = result
            ident = result.get("id")
            return self._heard(prefix, {}, ident if isinstance(ident, str) else "")
        if question == "config":
            for component, config in result.items():
                name = config.get("name") if isinstance(config, dict) else None
                if COMPONENT.fullmatch(component) and isinstance(name, str) and name:
                    known.names[component] = name
            return self._heard(prefix, {}, again=True)
        return self._heard(prefix, result)

    def _device(self, prefix: str) -> _Known:
        if prefix not in self._known and len(self._known) >= _MAX_DEVICES:
            raise refusal("too many", f"more than {_MAX_DEVICES} Shelly devices")
        publishable(prefix)
        return self._known.setdefault(prefix, _Known())

    def _heard(
        self, prefix: str, components: Mapping[str, object], src: str = "", *, again: bool = False
    ) -> Discovery:
        """Take in what is new of a device; declare all of it when there is anything new."""
        known = self._device(prefix)
        news = again or bool(known.info)
        if _ID.fullmatch(src) and src.lower() != known.id:
            known.id, news = src.lower(), True
        before = sum(map(len, known.fields.values()))
        for component, values in components.items():
            if not COMPONENT.fullmatch(component) or not isinstance(values, dict):
                continue
            if component in known.fields or len(known.fields) < _MAX_COMPONENTS:
                seen = known.fields.setdefault(component, set())
                for pointer in _pointers(values):
                    if len(seen) < _MAX_FIELDS:
                        seen.add(pointer)
        news = news or before != sum(map(len, known.fields.values()))
        requests = self._ask(prefix, known)
        if not news:
            return Discovery(requests=requests)
        source = f"{self.name}:{prefix}/"
        device = _device_of(prefix, known)
        found = declared(prefix, source, device, known.names, known.fields)
        return Discovery(tuple(found), requests=requests)

    def _ask(self, prefix: str, known: _Known) -> tuple[Publication, ...]:
        """Return the questions to a device not asked yet; one that sleeps lets them pass."""
        if known.asked:
            return ()
        known.asked = True
        return tuple(
            Publication(
                f"{prefix}/rpc",
                json.dumps(
                    {"id": number, "src": f"{REPLIES}/{prefix}/{question}", "method": method}
                ).encode(),
                qos=1,
            )
            for number, (question, method) in enumerate(_QUESTIONS, 1)
        )


def _pointers(values: Mapping[str, object]) -> list[str]:
    """Return the pointers of single values, one level into objects."""
    found = []
    for key, value in values.items():
        if isinstance(value, dict):
            found += [f"/{key}/{inner}" for inner in value]
        else:
            found.append(f"/{key}")
    return found


def _device_of(prefix: str, known: _Known) -> Device:
    def text(key: str) -> str:
        value = known.info.get(key)
        return value if isinstance(value, str) else ""

    ident = _ID.fullmatch(known.id)
    identifier = f"shelly_{prefix}"
    return Device(
        device_id=DeviceId(slug(identifier)),
        name=text("name") or prefix.rpartition("/")[2],
        identifiers=(identifier,),
        connections=(f"mac:{colons(ident[1])}",) if ident else (),
        manufacturer="Shelly",
        model=text("model"),
        sw_version=text("ver"),
    )
