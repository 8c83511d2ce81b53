"""The global table of the experiment: what training households learned, pooled.

Other households than those that are measured: other homes, people, voices, words drawn. Only what several
homes say is kept, so nothing that is of one home gets in; success is what those hubs believed, by their
own signals, never the truth. The table is that of ``rewrite/table.py``, and is used by its rules.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from hubagent.evidence import Affinity, Stage, source_key
from hubagent.households.arms import ALONE
from hubagent.households.reading import reader
from hubagent.resolve import lexicon
from hubagent.resolve.text import tokens
from hubagent.rewrite.table import Row, write_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from hubagent.households.mind import Mind
    from hubagent.households.population import Crowd, Setting
    from hubagent.ports import ContextView

LEAST_HOMES = 3
"""Homes that must have learned the same words; the K of the method sheet, section 8, at this size."""
AGREED = 0.6
"""Least part of the homes in which words mean something else that agree on what."""
_SUCCESSES = 1.5
"""Turns that ended well, faded, before words are offered to others."""


class Learned(NamedTuple):
    """What one home has learned of words, free of anything else about the home."""

    source: str
    target: str
    """The source itself where it tells how the words go as they are said; empty where it says only
    that they mean something else here."""
    good: float
    bad: float


def learned_by(mind: Mind) -> tuple[Learned, ...]:
    """Return what other homes could use of what a hub has learned.

    Words with anything of the home's own names in them are left out. What stands for a source is every
    request that works here and would move the same things the same way, said in the same place: the
    words with which a state is reached, P(u|h) of arXiv 1911.02557, by asking the home.
    """
    brain = mind.brain
    if brain is None:
        return ()
    private = _private_words(mind.view())
    found = [
        Learned(entry.text, entry.text, entry.tally.good, entry.tally.bad)
        for entry in brain.store.entries()
        if entry.affinity is Affinity.OWN and private.isdisjoint(entry.text.split())
    ]
    works = [item.source for item in found if item.good >= _SUCCESSES]
    places = {source_key(turn.heard): turn.place for turn in brain.journal.turns()}
    for pair in brain.pairs():
        if pair.stage not in {Stage.TRIAL, Stage.LIVE} or not private.isdisjoint(
            pair.source.split()
        ):
            continue
        place = places.get(pair.source, "")
        wanted = mind.effect_of(pair.target, place)
        good, bad = max(1.0, pair.on.good), pair.on.bad
        found.append(Learned(pair.source, "", good, bad))
        found += [
            Learned(pair.source, words, good, bad)
            for words in works
            if wanted and words != pair.source and mind.effect_of(words, place) == wanted
        ]
    return tuple(found)


def _private_words(view: ContextView) -> frozenset[str]:
    """Return the words of the home's names that are no words of requests in general."""
    known = lexicon.load()
    names = [
        *(name for entity in view.entities() for name in (entity.name, *entity.aliases)),
        *(name for area in view.areas() for name in (area.name, *area.aliases)),
    ]
    return frozenset(word for name in names for word in tokens(name) if not known.is_own_word(word))


def build_table(
    training: Setting,
    many: Crowd,
    path: Path,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Let training households live, pool what they learned, write it; return the number of rows.

    Args:
        training: Those households.
        many: Lives them.
        path: Where the table goes.
        progress: Called with (households done, of how many).
    """
    (lived,) = many.live(replace(training, pools=True), (ALONE,), progress=progress)
    rows = pooled([one.learned for one in lived])
    understand = reader().understand
    return write_table(path, rows, embed=lambda text: understand(text).embedding)


def pooled(homes: Iterable[Sequence[Learned]]) -> list[Row]:
    """Return what at least :data:`LEAST_HOMES` homes have learned.

    A request is a row of its own. A source gets the one target on which most homes agree, if
    :data:`AGREED` of those in which it means something else do.
    """
    sums: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for home in homes:
        for item in home:
            total = sums[item.source, item.target]
            total[0] += item.good
            total[1] += item.bad
            total[2] += 1
    rows: dict[str, Row] = {}
    requests = []
    for (source, target), (good, bad, count) in sorted(sums.items()):
        row = Row(source, target, round(good, 3), round(bad, 3), int(count))
        if count < LEAST_HOMES or not target:
            continue
        if row.is_request:
            requests.append(row)
        elif count >= AGREED * sums[source, ""][2]:
            best = rows.get(source)
            if best is None or (row.homes, row.good) > (best.homes, best.good):
                rows[source] = row
    return [*requests, *rows.values()]
