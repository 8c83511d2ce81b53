"""By what announcements of one device, and of one entity, are known to belong together.

Pure functions over declarations: identifiers, connections and addresses of devices; unique ids of entities,
the places where their states and events are heard, and what exactly a command puts on the wire.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from hubagent.types import Role

if TYPE_CHECKING:
    from hubagent.types import Declaration, Device, Entity

_ADDRESS = re.compile(
    r"(?:(?![0-9a-f]{12})[a-z][a-z0-9]*(?:-[a-z0-9]{1,3})?[-_: ])?"
    r"(?:(?:0x)?(?P<ieee>[0-9a-f]{16})|(?P<mac>[0-9a-f]{2}(?:[:-]?[0-9a-f]{2}){5}))",
    re.IGNORECASE,
)
"""An identifier that is an address, at most behind a word for the kind of thing, and nothing after it: what
has more is as likely another device behind the one with the address."""
_REFERENCE = re.compile(
    r"""\bvalue(_json)?\b((?:\.[A-Za-z_]\w*|\[\s*(?:'[^']*'|"[^"]*"|\d+)\s*\])*)""", re.ASCII
)
_STEP = re.compile(r"""\.(\w+)|\[\s*(?:'([^']*)'|"([^"]*)"|(\d+))\s*\]""")


def identity(entity: Entity) -> str:
    """Return what an entity is known by for good: domain and unique id, else its source."""
    return f"{entity.domain} {entity.unique_id}" if entity.unique_id else entity.source


def device_keys(device: Device | None) -> set[str]:
    """Return what identifies a device across conventions."""
    if device is None:
        return set()
    keys = {f"id:{item}" for item in device.identifiers} | set(device.connections)
    for item in device.identifiers:
        found = _ADDRESS.fullmatch(item)
        if found and found["mac"]:
            digits = re.sub(r"[:-]", "", found["mac"].lower())
            keys.add("mac:" + ":".join(digits[at : at + 2] for at in range(0, 12, 2)))
        elif found:
            keys.add(f"ieee:{found['ieee'].lower()}")
    return keys


def place_keys(declaration: Declaration) -> set[str]:
    """Return the places where the entity's state or event is heard."""
    return {
        f"at:{item.topic} {' '.join(item.pointers) or item.template}"
        for item in declaration.bindings
        if item.role is Role.EVENT or (item.role is Role.ATTRIBUTE and item.attribute == "state")
    }


def near_keys(declaration: Declaration) -> set[str]:
    """Return the one value that the state is made of, whatever a template does with it."""
    found = set()
    for item in declaration.bindings:
        if item.role is not Role.ATTRIBUTE or item.attribute != "state" or len(item.pointers) > 1:
            continue
        path = _looked_at(item.template)
        if path is not None:
            path += "".join(item.pointers)
            found.add(f"near:{declaration.entity.domain} {item.topic} {path}")
    return found


@lru_cache(maxsize=4_096)
def _looked_at(template: str) -> str | None:
    """Return the path that a template looks at, as a pointer; ``None`` when it is more than one."""
    if not template:
        return ""
    paths = {
        "".join("/" + "".join(step.groups(default="")) for step in _STEP.finditer(found[2]))
        for found in _REFERENCE.finditer(template)
    }
    return paths.pop() if len(paths) == 1 else None


def command_keys(declaration: Declaration) -> set[str]:
    """Return what each command puts on the wire, to the letter."""
    return {
        f"to:{part.topic} {spec.command} {part.key} {part.field} {part.payload} {part.template}"
        for spec in declaration.commands
        for part in spec.parts
    }


def all_keys(declaration: Declaration) -> set[str]:
    """Return every key by which a declaration may belong together with another."""
    return (
        device_keys(declaration.device)
        | place_keys(declaration)
        | near_keys(declaration)
        | command_keys(declaration)
        | {f"is:{identity(declaration.entity)}"}
    )
