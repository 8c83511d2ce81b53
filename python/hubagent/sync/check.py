"""A table from outside, row by row: what may be used here, whatever its signature says.

In: rows. Out: those that are in public words, come from enough homes and pass the guard-rails of rewriting,
and why the others do not. A table of which too many rows would do harm is not used at all: whoever made
it was careless, or somebody else made it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubagent.errors import DataError
from hubagent.evidence import Rule
from hubagent.sync.scrub import GAPS, public_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hubagent.wire import Rewrite

LEAST_SUPPORT = 4
"""Logarithm of the least number of homes, 16: no release rule goes below 20."""
LEAST_P = 128
MOST_TARGETS = 4
MOST_HARMFUL = 0.1
"""Part of a table's rows that would do harm from which none of it is believed."""
HARMFUL = frozenset({Rule.TEXT, Rule.SENSITIVE, Rule.HEAT})
NOT_PUBLIC = "a word that is not public"
NOT_SAID = "a target with a name that was not said"
USABLE_GAPS = frozenset({"{name}", "{area}", "{n}"})
"""Gaps that this version can fill."""
UNUSABLE = "a gap that cannot be filled"


@dataclass(frozen=True, slots=True)
class Checked:
    """What is left of a table."""

    rows: tuple[Rewrite, ...]
    refused: Mapping[str, int] = field(default_factory=dict)
    """Why rows were left out -> how many."""


def checked(rows: Iterable[Rewrite], objection: Callable[[str, str], str]) -> Checked:
    """Return the rows that may be used.

    Args:
        rows: As they came.
        objection: Source, target -> the rule by which the one must not stand for the other, or ``""``.

    Raises:
        DataError: If more than one row in ten would do harm.
    """
    given = list(rows)
    refused: Counter[str] = Counter()
    able = []
    for row in given:
        why = _wrong(row) or (objection(row.src, row.dst) if row.src != row.dst else "")
        if why:
            refused[why] += 1
        else:
            able.append(row)
    kept = list(_unchained(able, refused))
    harmful = sum(refused[why] for why in (*HARMFUL, NOT_PUBLIC, NOT_SAID))
    if harmful > MOST_HARMFUL * len(given):
        raise DataError(f"{harmful} of its {len(given)} rows would do harm: {_told(refused)}")
    return Checked(tuple(kept), dict(refused))


def _wrong(row: Rewrite) -> str:
    """Return what is wrong with a row by itself."""
    source, target = row.src.split(), row.dst.split()
    for word in (*source, *target):
        if word not in GAPS and word not in public_words():
            return NOT_PUBLIC
    gaps = [word for word in source if word in GAPS]
    if not USABLE_GAPS.issuperset(gaps):
        return UNUSABLE
    if len(set(gaps)) < len(gaps) or len(gaps) == len(source) or len(target) > len(set(target)) + 3:
        return "a source or target of nothing but gaps or repeats"
    if not set(gaps).issuperset(word for word in target if word in GAPS):
        return NOT_SAID
    if row.support < LEAST_SUPPORT:
        return "too few homes"
    return "" if row.src == row.dst or row.p >= LEAST_P else "likelier to fail than to do"


def _unchained(rows: Iterable[Rewrite], refused: Counter[str]) -> Iterator[Rewrite]:
    """Yield rows of which no target is rewritten itself, the best few of each source."""
    by_source: dict[str, list[Rewrite]] = defaultdict(list)
    for row in rows:
        by_source[row.src].append(row)
    rewritten = {src for src, each in by_source.items() if any(row.dst != src for row in each)}
    for src, each in by_source.items():
        fits = [row for row in each if row.dst == src or row.dst not in rewritten]
        refused["a target that stands for something else"] += len(each) - len(fits)
        asks = [row for row in fits if row.dst == src][:1]
        best = sorted((row for row in fits if row.dst != src), key=lambda row: (-row.p, row.dst))
        refused["too many targets"] += max(0, len(fits) - len(asks) - len(best[:MOST_TARGETS]))
        yield from (*asks, *best[:MOST_TARGETS])
    for why in [why for why, count in refused.items() if not count]:
        del refused[why]


def _told(refused: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {why}" for why, count in sorted(refused.items()))
