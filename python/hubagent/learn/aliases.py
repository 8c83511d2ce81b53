"""Other names of things: what people call a thing, learned from how they mended what failed.

In: words that came to nothing with those that worked instead, by day. Out: names for single things.
"Turn on the chopper" mended by "turn on the nursery fan", on several days and whatever the verb,
makes "chopper" a name of that fan: requests that were never said before are then understood too,
where a pair only knows its own words. The alignment of a failed request with its paraphrase by the
least difference is that of "Leveraging User Paraphrasing Behavior In Dialog Systems" (MARUPA; Falke
et al., 2020.coling-industry.3).
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from hubagent.errors import DataError
from hubagent.evidence import source_key
from hubagent.learn.beta import Beta
from hubagent.learn.life import DAY_S, out_of_date, tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from hubagent.learn.gather import End
    from hubagent.types import EntityId

LEAST_DAYS = 3
MOST_NEW = 3
"""Names that one pass may learn."""
MOST = 200
AGREEMENT = 0.8
"""Least part of the mendings, by days, that must mean the same thing ..."""
_HALF_LIFE_S = 14 * DAY_S
"""... where a day counts half after so long, as a name may come to mean another thing."""
FAILING = 0.4
"""Share of good ends of requests with a learned name below which it goes."""
UNUSED_S = 180 * DAY_S
WINDOW_S = 90 * DAY_S
"""So long it is known that a name is none any more: as long as there are turns from before."""
_MOST_WORDS = 3
_LEAST_LETTERS = 3
_ARTICLES = frozenset(
    [
        "the",
        "a",
        "an",
        "my",
        "our",
        "your",
        "his",
        "her",
        "their",
        "this",
        "that",
        "those",
        "these",
        "some",
        "any",
    ]
)
_NO_NAME = _ARTICLES | frozenset(
    ["it", "them", "one", "ones", "other", "both", "all", "every", "everything", "anything", "something", "thing", "things", "here", "there", "on", "off", "up", "down", "in", "at", "to", "for", "of", "by", "with", "and", "or", "not", "no", "yes", "now", "then", "please", "half", "full", "bit", "more", "less", "again", "first", "last", "next", "left", "right", "low", "high", "max", "minimum", "maximum", "percent", "degrees", "minutes", "hours", "seconds", "i", "me", "we", "us", "you", "who", "what", "which", "where", "when"]
)  # fmt: skip
"""Words of which no name is made, alone or among others."""


class Mending(NamedTuple):
    """Words that came to nothing, and what they meant."""

    words: str
    target: str
    state: str
    """What the target came to: ``intent|things|data``."""
    at_s: float


@dataclass(frozen=True, slots=True)
class Alias:
    """A learned name."""

    name: str
    entity_id: EntityId
    days: tuple[int, ...]
    """Days since 1970 on which people showed what they mean by it, at most the last 16."""
    since_s: float
    last_s: float
    gone_s: float = 0.0
    """When it ceased to be a name, kept so that what was shown before does not make it one again; 0: it is one."""


def learned(
    known: Sequence[Alias],
    mendings: Iterable[Mending],
    *,
    now_s: float,
    is_free: Callable[[str, EntityId], bool],
) -> list[Alias]:
    """Return the names known and new; at most :data:`MOST_NEW` are new.

    Args:
        known: Those learned before.
        mendings: Of the last 90 days.
        now_s: Wall clock.
        is_free: Whether words may be a name of a thing: they name nothing else, and it is nothing
            that must not be moved on a guess.
    """
    names = {alias.name: alias for alias in known}
    gone_s = {alias.name: alias.gone_s for alias in known}
    seen: dict[str, dict[EntityId, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
    for item in mendings:
        entity_id = one_thing(item.state)
        name = named_otherwise(item.words, item.target)
        if entity_id is not None and name and item.at_s > gone_s.get(name, 0.0):
            days = seen[name][entity_id]
            day = int(item.at_s // DAY_S)
            days[day] = max(days.get(day, 0.0), item.at_s)
    new = 0
    for name, things in sorted(seen.items(), key=lambda pair: -sum(map(len, pair[1].values()))):
        shown = {thing: _faded(days.values(), now_s) for thing, days in things.items()}
        entity_id = max(things, key=lambda thing: (shown[thing], thing))
        days, before = things[entity_id], names.get(name)
        if before is not None and not before.gone_s:
            if before.entity_id == entity_id:
                merged = tuple(sorted({*before.days, *days}))[-16:]
                last_s = max(before.last_s, *days.values())
                names[name] = replace(before, days=merged, last_s=last_s)
            continue
        sure = len(days) >= LEAST_DAYS and shown[entity_id] >= AGREEMENT * sum(shown.values())
        if sure and new < MOST_NEW and len(names) < MOST and is_free(name, entity_id):
            new += 1
            days_seen = tuple(sorted(days))[-16:]
            names[name] = Alias(name, entity_id, days_seen, now_s, max(days.values()))
    return [names[name] for name in sorted(names)]


def kept(known: Iterable[Alias], heard: Mapping[str, Sequence[End]], now_s: float) -> list[Alias]:
    """Return the names, those that serve no more as gone, and without what has been gone for long.

    Args:
        known: Learned names.
        heard: By words: how requests that were read as heard ended, and what they came to.
        now_s: The newest turn, to which counts are faded.
    """
    found = []
    for alias in known:
        if alias.gone_s:
            if now_s - alias.gone_s < WINDOW_S:
                found.append(alias)
            continue
        used = [
            (end.at_s, end.good)
            for words, ends in heard.items()
            if f" {alias.name} " in f" {words} "
            for end in ends
            if end.at_s >= alias.since_s and one_thing(end.state) == alias.entity_id
        ]
        last_s = max([alias.last_s, *(at_s for at_s, _ in used)])
        serves = Beta.of(tally(used, now_s), mean=0.7).mean >= FAILING and not out_of_date(used)
        if now_s - last_s < UNUSED_S:
            found.append(replace(alias, last_s=last_s, gone_s=0.0 if serves else now_s))
    return found


def named_otherwise(words: str, target: str) -> str:
    """Return the words that stand where the target has a name, all else being the same; or empty.

    Both have at least one word in common, as a request has a verb.
    """
    one, other = words.split(), source_key(target).split()
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    end = 0
    while end < min(len(one), len(other)) - start and one[-1 - end] == other[-1 - end]:
        end += 1
    name, meant = one[start : len(one) - end], other[start : len(other) - end]
    while name and name[0] in _ARTICLES:
        del name[0]
    if not start + end or not meant or not 0 < len(name) <= _MOST_WORDS:
        return ""
    plain = all(word.isalpha() or "'" in word for word in name)
    if not plain or _NO_NAME.intersection(name) or len("".join(name)) < _LEAST_LETTERS:
        return ""
    return " ".join(name)


def one_thing(state: str) -> EntityId | None:
    """Return the only thing that a state is about; ``None`` if it is about none or several."""
    intent, _, rest = state.partition("|")
    things = rest.partition("|")[0]
    if intent == "UNH" or ";" in state or "," in things or "." not in things:
        return None
    return things  # type: ignore[return-value] # ids are texts


def as_text(aliases: Sequence[Alias]) -> str:
    """Return names for the tables; empty for none."""
    return json.dumps([asdict(alias) for alias in aliases]) if aliases else ""


def from_rows(rows: object) -> list[Alias]:
    """Return names from plain data, such as an export; days may be left out.

    Raises:
        DataError: If it is no list of names.
    """
    if not isinstance(rows, list) or len(rows) > MOST:
        raise DataError(f"`aliases` is not a list of at most {MOST}")
    return [_from_row(row) for row in rows]


def _from_row(row: object) -> Alias:
    if not isinstance(row, dict):
        raise DataError("an alias is not an object")
    name, entity_id = row.get("name"), row.get("entity_id")
    if not isinstance(name, str) or not isinstance(entity_id, str) or not source_key(name):
        raise DataError("an alias has no `name` or no `entity_id`")
    days = row.get("days") or []
    try:
        seen = tuple(int(day) for day in days)[-16:]
        since_s, last_s, gone_s = (
            float(row.get(k) or 0.0) for k in ("since_s", "last_s", "gone_s")
        )
    except (TypeError, ValueError, OverflowError):
        raise DataError(f"the days of alias `{name}` are no numbers") from None
    return Alias(source_key(name), entity_id, seen, since_s, last_s, gone_s)  # type: ignore[arg-type]


def _faded(times_s: Iterable[float], now_s: float) -> float:
    """Return how many days were shown, each counting less the older it is."""
    return sum(float(0.5 ** (max(0.0, now_s - at_s) / _HALF_LIFE_S)) for at_s in times_s)
