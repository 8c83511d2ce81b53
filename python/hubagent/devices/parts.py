"""What is shared by conventions without a description: a device has what it was heard to say.

A part is declared with its first message, and again with every further part of its device, so the
outcome does not depend on the order of messages.
"""

from __future__ import annotations

from hubagent.devices.draft import Draft, full_name, refusal, slug
from hubagent.types import Device, DeviceId, EntityId

MAX_DEVICES = 512
MAX_PARTS = 512


class Parts:
    """The parts heard of each device, by its name; of neither more than fits a home."""

    def __init__(self, of_what: str) -> None:
        self._of_what = of_what
        self._known: dict[str, frozenset[str]] = {}

    def __getitem__(self, device: str) -> frozenset[str]:
        """Return the parts of a device, none of one that was not heard of."""
        return self._known.get(device, frozenset())

    def devices(self) -> tuple[str, ...]:
        """Return the devices heard of."""
        return tuple(self._known)

    def add(self, device: str, *parts: str) -> bool:
        """Add parts; return whether any was new.

        Raises:
            DataError: There are too many devices, or parts of this one.
        """
        known = self[device]
        if known.issuperset(parts):
            return False
        if device not in self._known and len(self._known) >= MAX_DEVICES:
            raise refusal("too many", f"more than {MAX_DEVICES} devices of {self._of_what}")
        if len(known) + len(parts) > MAX_PARTS:
            raise refusal("too many", f"more than {MAX_PARTS} parts of `{device}`")
        self._known[device] = known.union(parts)
        return True


def device_named(identifier: str, name: str, *, maker: str = "", model: str = "") -> Device:
    """Return a device known by one identifier."""
    return Device(
        device_id=DeviceId(slug(identifier)),
        name=name,
        identifiers=(identifier,),
        manufacturer=maker,
        model=model,
    )


def begin(
    domain: str, device: Device, label: str, *, source: str, unique_id: str, category: str = ""
) -> Draft:
    """Return the draft of an entity that is named after its device and its label."""
    name = full_name(device.name, label)
    return Draft(
        domain=domain,
        entity_id=EntityId(f"{domain}.{slug(name)}"),
        source=source,
        name=name,
        unique_id=unique_id,
        device=device,
        category=category,
    )


def spoken(text: str) -> str:
    """Return what a topic level or a key is called: ``front_door`` is ``Front door``."""
    return " ".join(text.replace("_", " ").replace("-", " ").split()).capitalize()
