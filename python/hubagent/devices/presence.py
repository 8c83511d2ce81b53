"""Who is in which room, by ESPresense, room-assistant and whatever speaks like ``mqtt_room``.

In: ``espresense/devices/<id>/<room>`` and ``room_presence/<room>`` (JSON with a distance in metres), several
times a second from every room, and ``room-assistant/entity/.../<id>``, whose state is the room. Out: one
``device_tracker`` per device, whose state is the room it is nearest to. A source is
``presence:<convention>/<id>``. Another room takes over when it is nearer by a margin, or when the room it was in has not
heard it for a while: ESPresense, src/BleFingerprint.cpp; Home Assistant, mqtt_room; room-assistant, docs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubagent.devices.draft import NUMBER, PLAIN, Reading, refusal
from hubagent.devices.ha_payload import read_object
from hubagent.devices.parts import Parts, begin, device_named
from hubagent.devices.topics import publishable
from hubagent.types import Discovery

if TYPE_CHECKING:
    from hubagent.devices.ha_payload import JsonObject
    from hubagent.types import Declaration, Message

MARGIN_M = 0.5
"""A room that is nearer by less than this does not take over: distances by radio are rough."""
STALE_S = 30
"""A room that has been silent for so long is given up for any other."""
GONE_S = 300.0
_ROOM = re.compile(r"[\w .-]+")
_DISTANCE_STEP_M = 0.5
_ASSISTANT = "room-assistant"


class Presence:
    """Adapter of presence by rooms."""

    name = "presence"

    def __init__(self) -> None:
        self._parts = Parts(self.name)
        self._names: dict[str, str] = {}

    def filters(self) -> tuple[str, ...]:
        """Return the topic filters."""
        return ("espresense/devices/+/+", "room_presence/+", f"{_ASSISTANT}/entity/+/+/+")

    def handle(self, message: Message) -> Discovery:
        """Read one message; raise ``DataError`` when it must be refused."""
        convention, *levels = message.topic.split("/")
        room = levels[-1]
        if convention == "espresense" and room in self._parts[f"{convention}/{levels[1]}"]:
            return Discovery()  # the common case, many times a second
        if not message.payload:
            return Discovery()
        said = read_object(message.payload)
        if convention == _ASSISTANT:
            entity = said.get("entity")
            return self._assistant(
                message.topic, levels, entity if isinstance(entity, dict) else {}
            )
        ident = levels[1] if convention == "espresense" else _text(said, "id")
        if not ident or not _is_distance(said.get("distance")):
            raise refusal("wrong value", "`id` and `distance` do not say who is how far")
        if not _ROOM.fullmatch(room):
            raise refusal("bad topic", f"`{room}` is no room")
        publishable(message.topic)
        device = f"{convention}/{ident}"
        if not self._parts.add(device, room):
            return Discovery()
        self._names.setdefault(device, _text(said, "name") or ident)
        return Discovery((self._near(device, convention, ident),))

    def _near(self, device: str, convention: str, ident: str) -> Declaration:
        """Return a tracker whose room is the nearest one."""
        draft = begin(
            "device_tracker",
            device_named(f"{convention}_{ident}", self._names[device]),
            "",
            source=f"{self.name}:{device}",
            unique_id=f"{convention}_{ident}",
        )
        draft.expire_after_s = GONE_S
        for room in sorted(self._parts[device]):
            mine, topic = "", f"espresense/devices/{ident}/{room}"
            if convention != "espresense":
                mine, topic = f"value_json.id == {ident!r} and ", f"{convention}/{room}"
            wins = (
                f"{{% if {mine}value_json.distance is number and (this.state == {room!r}"
                f" or as_timestamp(now()) - this.attributes.seen_at | default(0, true) > {STALE_S}"
                f" or value_json.distance + {MARGIN_M} < this.attributes.distance"
                " | default(0, true)) %}"
            )
            step = _DISTANCE_STEP_M
            # All three are read before any of them changes; in steps, as each change is told on.
            for attribute, shown in (
                ("state", room),
                ("distance", f"{{{{ (value_json.distance / {step}) | round * {step} }}}}"),
                ("seen_at", "{{ (as_timestamp(now()) / 10) | int * 10 }}"),
            ):
                convert = PLAIN if attribute == "state" else NUMBER
                draft.hear(attribute, Reading(topic, f"{wins}{shown}{{% endif %}}"), convert)
        return draft.finish()

    def _assistant(self, topic: str, levels: list[str], entity: JsonObject) -> Discovery:
        """Return the tracker of a room-assistant entity, which has chosen the room itself."""
        kind, ident = levels[-2:]
        if not kind.endswith("presence-sensor") or not _text(entity, "state"):
            return Discovery()
        publishable(topic)
        device = f"{_ASSISTANT}/{ident}"
        if not self._parts.add(device, kind):
            return Discovery()
        name = _text(entity, "name").removesuffix(" Room Presence") or ident
        draft = begin(
            "device_tracker",
            device_named(f"{_ASSISTANT}_{ident}", name),
            "",
            source=f"{self.name}:{device}",
            unique_id=f"{_ASSISTANT}_{ident}",
        )
        reading = Reading(f"{_ASSISTANT}/entity/+/{kind}/{ident}", pointers=("/entity/state",))
        draft.hear("state", reading)
        return Discovery((draft.finish(),))


def _text(said: JsonObject, key: str) -> str:
    value = said.get(key)
    return value if isinstance(value, str) else ""


def _is_distance(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
