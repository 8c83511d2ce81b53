"""Devices that no convention covers, as their owner wrote them down.

In: the text of the mapping file, TOML: one table an entity, ``[switch.pond_pump]``, with the keys of Home
Assistant's MQTT integration of that domain (home-assistant.io, Integrations, MQTT), so that an example found
anywhere fits. Out: declarations, and one sentence for everything that is wrong. A source is
``mapping:<entity id>``.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from hubagent.devices import abbreviations
from hubagent.devices.draft import refusal, slug
from hubagent.devices.ha_components import READERS
from hubagent.devices.ha_payload import Config, DiscoveryTopic, expand
from hubagent.devices.home_assistant import declare
from hubagent.devices.parts import spoken
from hubagent.errors import DataError
from hubagent.types import Discovery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hubagent.types import Declaration, Message

NAME = "mapping"
MAX_ENTITIES = 1_000
_DOMAINS = tuple(sorted(READERS.keys() - {"device_automation", "tag"}))
_KEY = re.compile(r"[a-z0-9_]+")
_UNUSED = frozenset(
    {"encoding", "entity_picture", "force_update", "icon", "off_delay", "platform", "qos", "retain"}
)
"""Keys of Home Assistant that change nothing here and are no mistake."""
_OURS = ("area", "device")


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a mapping file says."""

    declared: tuple[Declaration, ...]
    problems: tuple[str, ...]
    """What is wrong, one sentence each; an entity that is wrong is not declared."""

    def discovery(self) -> Discovery:
        """Return it as everything that is mapped: what is not in it is gone."""
        return Discovery(self.declared, complete=(f"{NAME}:",))


class Mapped:
    """The place of the mapping among the adapters; the file says everything, no message does."""

    name = NAME

    def filters(self) -> tuple[str, ...]:
        """Return no filter."""
        return ()

    def handle(self, message: Message) -> Discovery:
        """Refuse any message."""
        raise refusal("bad topic", f"`{message.topic}` is no announcement")


class _Noted(dict[str, object]):
    """Keys of a table, and which of them were looked for."""

    def __init__(self, values: dict[str, object]) -> None:
        super().__init__(values)
        self.sought: set[str] = set()

    def get(self, key: str, default: object = None, /) -> object:
        self.sought.add(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.sought.add(str(key))
        return super().__contains__(key)

    def __getitem__(self, key: str) -> object:
        self.sought.add(key)
        return super().__getitem__(key)


def read_mapping(text: str, check: Callable[[Declaration], object]) -> Mapping:
    """Read a mapping file; what is wrong in one entity leaves the others alone.

    Args:
        text: The file.
        check: Raises ``DataError`` for a declaration that does not compile, such as one with a
            template that is none.

    Raises:
        DataError: The text is not TOML at all.
    """
    try:
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise refusal("not TOML", str(error)) from error
    declared: list[Declaration] = []
    problems: list[str] = []
    for entity_id, table in _tables(raw, problems):
        if len(declared) >= MAX_ENTITIES:
            problems.append(f"`{entity_id}`: there are more than {MAX_ENTITIES} entities")
            break
        try:
            declaration = _read_entity(entity_id, table)
            check(declaration)
        except DataError as error:
            problems.append(f"`{entity_id}`: {error}")
        else:
            declared.append(declaration)
    return Mapping(tuple(declared), tuple(problems))


def _tables(raw: dict[str, object], problems: list[str]) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield each entity's id and table; note what has another form."""
    for domain, entities in raw.items():
        if domain not in _DOMAINS:
            problems.append(f"`{domain}` is no kind of entity{_nearest(domain, _DOMAINS)}")
            continue
        if not isinstance(entities, dict):
            problems.append(f"`{domain}`: expected tables such as `[{domain}.pond]`")
            continue
        for key, table in entities.items():
            if not isinstance(table, dict):
                problems.append(
                    f"`{domain}.{key}`: expected a table; write `[{domain}.NAME]` above its keys"
                )
            elif not _KEY.fullmatch(key):
                problems.append(
                    f"`{domain}.{key}`: expected small letters, digits and `_`, such as"
                    f" `{domain}.{slug(key)}`"
                )
            else:
                yield f"{domain}.{key}", table


def _read_entity(entity_id: str, table: dict[str, object]) -> Declaration:
    domain, _, key = entity_id.partition(".")
    values = _Noted(
        {
            "name": spoken(key),
            "unique_id": entity_id,
            **expand(table),
            "default_entity_id": entity_id,
        }
    )
    values["device"] = _device(key, values)
    declaration = declare(
        domain, DiscoveryTopic(domain, key, key), f"{NAME}:{entity_id}", Config(values)
    )
    surplus = [item for item in values if item not in values.sought | _UNUSED | {*_OURS}]
    if surplus:
        raise refusal("unknown key", "; ".join(_useless(item, domain, values) for item in surplus))
    return declaration


def _device(key: str, values: _Noted) -> object:
    """Return the device as Home Assistant writes one; here its name is enough, and may be missing."""
    named, area = values.get("device"), values.get("area", "")
    if isinstance(named, dict):
        return named if "area" not in values else {**named, "suggested_area": area}
    if not isinstance(named, str | None):
        raise refusal("wrong value", "`device` must be a name")
    name = values["name"] if named is None else named
    return {
        "identifiers": [f"{NAME}_{slug(named or key)}"],
        "name": name,
        "suggested_area": area,
    }


def _useless(key: str, domain: str, values: _Noted) -> str:
    known = (*_OURS, *abbreviations.ENTITY.values())
    if key in known:
        return f"`{key}` has no effect on this {domain}"
    return f"`{key}` is no key of a {domain}{_nearest(key, tuple(values.sought))}"


def _nearest(word: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(word, known, n=1)
    return f"; nearest is `{near[0]}`" if near else ""
