"""Topics that come out of announcements, checked before anything is heard or sent there."""

from __future__ import annotations

from hubagent.devices.draft import refusal
from hubagent.devices.ha_payload import valid_filter


def publishable(topic: str) -> str:
    """Return ``topic`` when a command may be sent there; raise ``DataError`` for any other."""
    if not valid_filter(topic) or any(letter in topic for letter in "+#") or topic.startswith("$"):
        raise refusal("wrong value", f"`{topic}` is no topic to publish on")
    return topic


def colons(mac: str) -> str:
    """Return a MAC address of twelve hexadecimal digits as ``aa:bb:cc:dd:ee:ff``."""
    lower = mac.lower()
    return ":".join(lower[at : at + 2] for at in range(0, 12, 2))
