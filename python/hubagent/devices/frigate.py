"""Frigate: what its cameras see, as counts, and which of its detectors run.

In: ``frigate/<camera or zone>/<object>`` (a count), ``.../motion``, ``.../<detector>/state``, ``frigate/available``.
Out: a count of every kind of object, occupancy by people, motion, switches of detection, recording and so
on. A source is ``frigate:<camera>/<place>``. A command goes to ``<detector>/set``; ``state`` confirms it.
Pictures, events and statistics are left alone. Topics: docs.frigate.video, Integrations, MQTT.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubagent.devices.draft import INTEGER, Reading, Writing, words
from hubagent.devices.parts import Parts, begin, device_named, spoken
from hubagent.devices.topics import publishable
from hubagent.types import Discovery, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubagent.devices.draft import Draft
    from hubagent.types import Declaration, Device, Message

_COUNT = re.compile(rb"\d{1,4}")
_ON_OFF = words((("ON", "on"), ("OFF", "off")))
_RUNS = words((("online", "online"), ("stopped", "offline"), ("offline", "offline")))
_OBJECT = re.compile(r"[a-z][a-z0-9_ -]*", re.IGNORECASE)
_DETECTORS = (
    "audio",
    "detect",
    "enabled",
    "improve_contrast",
    "motion",
    "ptz_autotracker",
    "recordings",
    "review_alerts",
    "review_detections",
    "snapshots",
)
_WITHOUT_COUNT = frozenset({"motion", "ptz", "review_status"})


class Frigate:
    """Adapter of Frigate."""

    name = "frigate"

    def __init__(self) -> None:
        self._parts = Parts(self.name)
        self._told = False

    def filters(self) -> tuple[str, ...]:
        """Return the topic filters; no picture is below them."""
        return (
            "frigate/available",
            "frigate/+/+",
            *(f"frigate/+/{name}/state" for name in _DETECTORS),
        )

    def handle(self, message: Message) -> Discovery:
        """Read one message; raise ``DataError`` when it must be refused."""
        _, camera, *rest = message.topic.split("/")
        if not rest:
            # Whoever was declared before it said whether it runs is declared again.
            again = () if self._told else self._parts.devices()
            self._told = True
            return Discovery(tuple(item for camera in again for item in self._declared(camera)))
        place = "/".join(rest)
        publishable(message.topic)
        if not self._is_ours(place, message.payload) or not self._parts.add(camera, place):
            return Discovery()
        return Discovery(tuple(self._declared(camera)))

    def _is_ours(self, place: str, payload: bytes) -> bool:
        if place == "motion" or place.endswith("/state"):
            return payload in (b"ON", b"OFF")
        named = _OBJECT.fullmatch(place) and place not in _WITHOUT_COUNT
        return bool(named) and bool(_COUNT.fullmatch(payload))

    def _declared(self, camera: str) -> Iterator[Declaration]:
        """Yield every entity of a camera or zone."""
        device = device_named(f"frigate_{camera}", spoken(camera), maker="Frigate")
        root = f"frigate/{camera}"
        for place in sorted(self._parts[camera]):
            reading = Reading(f"{root}/{place}")
            if place == "motion":
                draft = self._begin("binary_sensor", device, camera, place, "Motion")
                draft.device_class = "motion"
                draft.hear("state", reading, _ON_OFF)
                yield draft.finish()
            elif place.endswith("/state"):
                name = place.removesuffix("/state")
                label = "Camera" if name == "enabled" else spoken(name)
                if name == "motion":
                    label = "Motion detection"
                draft = self._begin("switch", device, camera, name, label, "config")
                draft.hear("state", reading, _ON_OFF)
                setting = Writing(f"{root}/{name}/set")
                draft.take("turn_on", setting.part(payload="ON"))
                draft.take("turn_off", setting.part(payload="OFF"))
                yield draft.finish()
            else:
                draft = self._begin("sensor", device, camera, place, f"{spoken(place)} count")
                draft.hear("state", reading, INTEGER)
                yield draft.finish()
                if place == "person":
                    draft = self._begin("binary_sensor", device, camera, place, "Person")
                    draft.device_class = "occupancy"
                    some = reading.then("{{ 'on' if heard | int > 0 else 'off' }}")
                    draft.hear("state", some, words((("on", "on"), ("off", "off"))))
                    yield draft.finish()

    def _begin(
        self, domain: str, device: Device, camera: str, place: str, label: str, category: str = ""
    ) -> Draft:
        draft = begin(
            domain,
            device,
            label,
            source=f"{self.name}:{camera}/{place}/{domain}",
            unique_id=f"frigate_{camera}_{place}_{domain}",
            category=category,
        )
        if self._told:
            draft.hear("0", Reading("frigate/available"), _RUNS, role=Role.AVAILABILITY)
        return draft
