"""The scenario files: homes with what is said in them and what ought to come of it.

In: a folder of YAML files (format in ``benchmarks/homes/README.md``). Out: frozen values in which
every short form is written out. Judges nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from hubagent.errors import DataError

HOMES = Path(__file__).parents[3] / "benchmarks" / "homes"
"""The homes beside the sources; an installed package has none."""
SPLITS = ("tune", "report")
CATEGORIES = (
    "act", "ask", "refuse", "answer", "follow_up", "undo", "compound", "relative", "condition",
    "context", "not_home",
)  # fmt: skip
TAGS = ("polite", "indirect", "misheard", "sensitive", "group", "delayed", "list", "timer")
DECISIONS = ("act", "answer", "ask", "refuse", "ignore")
TURN_KEYS = ("text", "area", "device", "at", "asr", "events")
SECONDS_BETWEEN_TURNS = 12
SENSITIVE_DOMAINS = frozenset({"lock", "alarm_control_panel", "valve"})
SENSITIVE_CLASSES = frozenset({"door", "garage", "gate"})

State: TypeAlias = Mapping[str, Any]
"""One entity: ``{"state", "attributes"}``."""
Home: TypeAlias = Mapping[str, State]


class _Loader(yaml.SafeLoader):
    """YAML in which ``on``, ``off``, ``19:30`` and dates are words, as they are in a home."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag.rsplit(":", 1)[1] in {"null", "merge", "value"}
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("int", r"[-+]?\d+", "-+0123456789"),
    ("float", r"[-+]?\d+\.\d+", "-+0123456789"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first)
    )


@dataclass(frozen=True, slots=True)
class Expectation:
    """One acceptable result of a turn."""

    decision: str
    becomes: Mapping[str, Any] = field(default_factory=dict)
    """What each of these entities is afterwards; it may have been so before."""
    may: Mapping[str, Any] = field(default_factory=dict)
    """Entities that may be touched, and what they are then; no other may."""
    says: tuple[tuple[str, ...], ...] = ()
    """Groups of words; one of each group is in the response."""
    never_says: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing said, and what ought to come of it."""

    said: Mapping[str, Any]
    """The turn in the terms of ``hubagent replay``."""
    category: str
    tags: tuple[str, ...]
    pair: str | None
    expect: tuple[Expectation, ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Turns of one dialogue in one home."""

    id: str
    setup: Mapping[str, State]
    now: str | None
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Household:
    """One file: a home, its half of the split, and its scenarios."""

    name: str
    split: str
    home: Mapping[str, Any]
    sensitive: frozenset[str]
    scenarios: tuple[Scenario, ...]


def load_household(path: Path) -> Household:
    """Read one file; short forms are written out.

    Raises:
        ValueError: If a key or a decision is unknown; the sentence names the scenario.
        TypeError: If an expectation is neither ``nothing`` nor a mapping.
    """
    data = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  # a SafeLoader
    entities = data["home"]["entities"]
    sensitive = {item["id"] for item in entities if _is_sensitive(item)}
    return Household(
        path.stem,
        data["split"],
        data["home"],
        frozenset(sensitive) | frozenset(data.get("sensitive") or ()),
        tuple(_scenario(raw, data.get("now")) for raw in data["scenarios"]),
    )


def load_all(split: str = "all", folder: Path | None = None) -> tuple[Household, ...]:
    """Read the homes of one half (``tune``, ``report``) or of both (``all``).

    Args:
        split: Which half.
        folder: Where the files are; ``None`` means those beside the sources.

    Raises:
        DataError: If there are none, or a file cannot be read; the sentence names it.
    """
    paths = sorted((folder or HOMES).glob("*.yaml"))
    if not paths:
        raise DataError(
            f"there are no homes in `{folder or HOMES}`",
            hint="name a folder of homes with --homes; the sources have one in benchmarks/homes",
        )
    found = []
    for path in paths:
        try:
            found.append(load_household(path))
        except (OSError, ValueError, TypeError, KeyError, yaml.YAMLError) as error:
            raise DataError(f"cannot read the home `{path}`: {error}") from error
    return tuple(item for item in found if split in {"all", item.split})


def _is_sensitive(entity: Mapping[str, Any]) -> bool:
    device_class = (entity.get("attributes") or {}).get("device_class")
    domain = str(entity["id"]).split(".", 1)[0]
    return domain in SENSITIVE_DOMAINS or (domain == "cover" and device_class in SENSITIVE_CLASSES)


def _scenario(raw: Mapping[str, Any], now: str | None) -> Scenario:
    shared = {"id", "setup", "now", "turns"}
    whole = {key: value for key, value in raw.items() if key not in shared}
    turns: list[Turn] = []
    at = 0
    for own in raw.get("turns") or [{}]:
        item = {**whole, **own}
        unknown = set(item) - {*TURN_KEYS, "category", "tags", "pair", "expect"}
        if unknown:
            raise ValueError(f"scenario `{raw['id']}` has unknown keys {sorted(unknown)}")
        at = item.get("at", at + SECONDS_BETWEEN_TURNS if turns else 0)
        said = {key: item[key] for key in TURN_KEYS if key in item} | {"at": at}
        said["events"] = [_nested(dict(event)) for event in item.get("events") or ()]
        turns.append(
            Turn(
                said,
                item["category"],
                tuple(dict.fromkeys((*(raw.get("tags") or ()), *(own.get("tags") or ())))),
                item.get("pair"),
                tuple(_expectations(item["expect"], str(raw["id"]))),
            )
        )
    setup = {key: _nested(value) for key, value in (raw.get("setup") or {}).items()}
    return Scenario(str(raw["id"]), setup, raw.get("now", now), tuple(turns))


def _nested(flat: object) -> dict[str, Any]:
    """Return ``{state, brightness: 5}`` or a bare state as ``{state, attributes: {...}}``."""
    if not isinstance(flat, dict):
        return {"state": flat}
    plain = {key: flat[key] for key in ("entity_id", "state") if key in flat}
    return plain | {"attributes": {key: flat[key] for key in flat if key not in plain}}


def _expectations(raw: object, owner: str) -> Iterator[Expectation]:
    """Write out ``{act: {...}, ask: [...], says: [...]}``: each decision is one alternative."""
    if raw == "nothing":
        yield from (Expectation(decision) for decision in ("ignore", "refuse", "answer"))
        return
    if not isinstance(raw, dict):
        raise TypeError(f"scenario `{owner}` expects `{raw}`, neither `nothing` nor decisions")
    may, due = (_one_by_one(raw.get(key) or {}) for key in ("may", "due"))
    says, never = _groups(raw.get("says")), tuple(str(word) for word in raw.get("never_says") or ())
    for decision, wanted in raw.items():
        if decision in {"may", "due", "says", "never_says"}:
            continue
        if decision not in DECISIONS:
            raise ValueError(f"scenario `{owner}` expects an unknown `{decision}`")
        if decision == "act":
            for becomes in wanted if isinstance(wanted, list) else [wanted]:
                yield Expectation("act", _one_by_one(becomes or {}) | due, may, says, never)
        else:
            yield Expectation(decision, due, {}, says + _groups(wanted), never)


def _one_by_one(becomes: Mapping[str, Any]) -> dict[str, Any]:
    """Write out keys that name several entities, with blanks between."""
    return {entity_id: spec for key, spec in becomes.items() for entity_id in key.split()}


def _groups(raw: object) -> tuple[tuple[str, ...], ...]:
    items = raw if isinstance(raw, list) else [] if raw is None else [raw]
    return tuple(
        tuple(str(word) for word in item) if isinstance(item, list) else (str(item),)
        for item in items
    )
