"""Which transitions of a home leave it in an epoch: few, often said, and each once.

In: transitions in this home's words. Out: rows of a batch. A home tells of at most 20 distinct transitions
an epoch, which is what bounds its part in the counts (upstream sheet, 3: contribution bound). Of more,
which ones is drawn by lot, the likelier the more often they were said.
"""

from __future__ import annotations

import hashlib
import hmac
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubagent.evidence import SignalKind
from hubagent.wire import FAIL, MOST_TIMES, SUCCESS, Row, Sign, epoch_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from hubagent.evidence import Request, Transition

MOST_AN_EPOCH = 20
LEAST_TIMES, LEAST_DAYS = 2, 2
WINDOW_DAYS = 28
"""Days in which it must have been said so often."""
DAY_S = 86_400.0
_GOOD = 0.5
_SIGNS = {
    SignalKind.REPEAT: Sign.REPHRASE,
    SignalKind.REPHRASE: Sign.REPHRASE,
    SignalKind.CORRECTION: Sign.REPHRASE,
    SignalKind.BARGE_IN: Sign.BARGE_IN,
    SignalKind.CANCEL: Sign.TERMINATE,
    SignalKind.UNDO: Sign.TERMINATE,
    SignalKind.BY_HAND: Sign.TERMINATE,
    SignalKind.NO: Sign.TERMINATE,
    SignalKind.KEPT: Sign.ACCEPT,
    SignalKind.THANKS: Sign.ACCEPT,
    SignalKind.YES: Sign.ACCEPT,
}
Key = tuple[str, str | int, bool]


@dataclass(slots=True)
class _Seen:
    times: int = 0
    days: set[int] = field(default_factory=set)
    now: int = 0
    """Times in the epoch."""
    signs: Sign = field(default_factory=lambda: Sign(0))
    """In the epoch."""


def chosen(
    transitions: Iterable[Transition],
    scrub: Callable[[Request], str | None],
    *,
    epoch: int,
    sent: Collection[str],
    lot: bytes,
) -> tuple[Row, ...]:
    """Return the rows to send now.

    Args:
        transitions: Of the last :data:`WINDOW_DAYS`.
        scrub: What may leave of a request; ``None`` for nothing.
        epoch: The epoch that the rows are of.
        sent: Names (:func:`name_of`) of the rows that were sent in this epoch.
        lot: Secret of this home, so that drawing again draws the same and nobody else can.
    """
    seen: dict[Key, _Seen] = {}
    for transition in transitions:
        key = _key(transition, scrub)
        if key is not None:
            _count(seen.setdefault(key, _Seen()), transition, epoch)
    able = [
        Row(src, dst, min(it.now, MOST_TIMES), int(it.signs), rewritten)
        for (src, dst, rewritten), it in seen.items()
        if it.now and it.times >= LEAST_TIMES and len(it.days) >= LEAST_DAYS
    ]
    able = [row for row in able if name_of(row) not in sent]
    drawn = sorted(able, key=lambda row: _draw(row, epoch, lot), reverse=True)
    # In an order that tells nothing of when they were said.
    return tuple(sorted(drawn[: max(0, MOST_AN_EPOCH - len(sent))], key=name_of))


def name_of(row: Row) -> str:
    """Return a name of what a row is about, whatever it counts."""
    told = f"{row.src}\n{row.dst}\n{int(row.rewritten)}"
    return hashlib.sha256(told.encode()).hexdigest()


def _key(transition: Transition, scrub: Callable[[Request], str | None]) -> Key | None:
    src = scrub(transition.source)
    if src is None:
        return None
    if transition.after is None:
        return src, SUCCESS if transition.good >= _GOOD else FAIL, transition.rewritten
    dst = scrub(transition.after)
    return None if dst is None or dst == src else (src, dst, transition.rewritten)


def _count(it: _Seen, transition: Transition, epoch: int) -> None:
    it.times += 1
    it.days.add(int(transition.at_s // DAY_S))
    if epoch_of(transition.at_s) == epoch:
        it.now += 1
        for kind in transition.signals:
            it.signs |= _SIGNS.get(kind, Sign(0))


def _draw(row: Row, epoch: int, lot: bytes) -> float:
    """Return the lot of a row; weighted sampling without replacement (Efraimidis and Spirakis 2006)."""
    digest = hmac.digest(lot, f"{epoch}\n{name_of(row)}".encode(), "sha256")
    even = (int.from_bytes(digest[:8]) + 1) / (2**64 + 1)
    return math.log(even) / row.n
