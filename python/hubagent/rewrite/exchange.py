"""What was learned as a document to take away, and back in: nothing that comes in is trusted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hubagent.errors import DataError
from hubagent.evidence import Changes, Stage
from hubagent.rewrite.documents import entry_document, pair_document, read_entry, read_pair
from hubagent.rewrite.guardrail import Chains

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.evidence import Entry, Pair
    from hubagent.ports import ContextView, Guard, PairStore
    from hubagent.types import Layer

MOST_ROWS = 20_000
"""Of either kind in one document; a hub keeps a quarter of it."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a document."""

    pairs: int
    entries: int
    skipped: Mapping[str, int] = field(default_factory=dict)
    """Why rows were left out -> how many."""


def exported(store: PairStore) -> dict[str, Any]:
    """Return all pairs and entries as JSON types, in a form that :func:`imported` reads."""
    return {
        "pairs": [pair_document(pair) for pair in store.pairs()],
        "entries": [entry_document(entry) for entry in store.entries()],
    }


def imported(
    store: PairStore, guard: Guard, view: ContextView | None, document: Mapping[str, Any]
) -> Imported:
    """Take in a document; rows that are wrong or refused are left out, counted and explained.

    Args:
        store: Where it goes, in one transaction.
        guard: Every pair that is not retired must pass it.
        view: The home; without it only the words of pairs are looked at (they are looked at again
            before they are used).
        document: ``{"pairs": [...], "entries": [...]}``, both optional.

    Raises:
        DataError: If the document is of another form altogether; nothing is changed then.
    """
    rows = {name: _rows(document, name) for name in ("pairs", "entries")}
    skipped: Counter[str] = Counter()
    chains = Chains(store.pairs())
    fresh: dict[tuple[Layer, str], Pair] = {}
    for row in rows["pairs"]:
        try:
            pair = read_pair(row)
        except DataError as error:
            skipped[f"pair: {error}"] += 1
            continue
        objection = None
        if pair.stage is not Stage.RETIRED:
            objection = guard.objection(pair.source, pair.target, view) or chains.objection(
                pair.source, pair.target
            )
        if objection is not None:
            skipped[f"pair: refused, {objection.rule.value}"] += 1
            continue
        fresh[pair.layer, pair.source] = pair
        if pair.stage in {Stage.TRIAL, Stage.LIVE}:
            chains.add(pair)
    entries: dict[str, Entry] = {}
    for row in rows["entries"]:
        try:
            entry = read_entry(row)
        except DataError as error:
            skipped[f"entry: {error}"] += 1
            continue
        entries[entry.text] = entry
    if fresh or entries:
        store.change(Changes(pairs=tuple(fresh.values()), entries=tuple(entries.values())))
    return Imported(len(fresh), len(entries), dict(skipped))


def _rows(document: Mapping[str, Any], name: str) -> list[object]:
    rows = document.get(name)
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise DataError(f"`{name}` is not a list")
    if len(rows) > MOST_ROWS:
        raise DataError(f"`{name}` has more than {MOST_ROWS} rows")
    return rows
