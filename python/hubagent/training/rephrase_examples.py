"""Examples for the rephrase detector: requests, the turns after them, and which one put it right.

In: streams of ``Said`` with the truth beside each turn. Out: ``Example``. A later turn is a rephrase
if it wants the same at the same time, in words of its own, after a request that went wrong; the one
to point at is the last of them that worked. What went right has no rephrase, whatever follows.
"""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent.evidence import source_key
from hubagent.learn.picture import Picture, gap_bucket, picture
from hubagent.learn.sessions import LATER, ended_s, gap_s

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubagent.training.rephrase_dialogues import Said, Stream

LONGEST_GAP_S = 180.0
"""Silence after which nothing is looked at any more: well beyond that of a dialogue."""
_BLIND = 0.15
"""Share of the examples that are seen without the names of the home."""


@dataclass(frozen=True, slots=True)
class Example:
    """One request with what came after it."""

    household: str
    text: str
    later: tuple[str, ...]
    seen: Picture
    answer: int
    """0 for none, else the later turn, from 1, that is the last rephrase that worked."""
    again: tuple[bool, ...]
    """Which later turns are rephrases."""
    bucket: int
    """Of the silence before the answer, else before the next turn."""
    kind: str
    """``failed`` or ``worked``: what became of the request."""


def examples(stream: Stream, *, worked: float = 0.35, shorter: bool = False) -> Iterator[Example]:
    """Yield the requests of a stream.

    Args:
        stream: What was said in one household.
        worked: Share of the requests that went right which is kept, so that none is not the answer
            to nearly all.
        shorter: Also yield each request as seen before all later turns were said.
    """
    for index, source in enumerate(stream.said):
        dice = random.Random(zlib.crc32(source.turn.turn_id.encode()))  # noqa: S311 - no secret
        if not source.whole or (source.right and dice.random() > worked):
            continue
        later = _later(stream.said, index)
        if not later:
            continue
        lengths = {len(later)}
        if shorter and len(later) > 1:
            lengths.add(dice.randrange(1, len(later)))
        names = frozenset() if dice.random() < _BLIND else stream.words
        for length in sorted(lengths):
            yield example(stream, source, later[:length], names)


def _later(said: Sequence[Said], index: int) -> tuple[Said, ...]:
    found = []
    for before, after in zip(
        said[index : index + LATER], said[index + 1 : index + 1 + LATER], strict=False
    ):
        if gap_s(before.turn, after.turn) > LONGEST_GAP_S:
            break
        found.append(after)
    return tuple(found)


def example(stream: Stream, source: Said, later: Sequence[Said], names: frozenset[str]) -> Example:
    """Return one request as an example, with the signals that are known after the last turn."""
    key = source_key(source.turn.heard)
    again = tuple(
        not source.right
        and item.episode == source.episode
        and item.whole
        and source_key(item.turn.heard) != key
        for item in later
    )
    answer = max(
        (at for at, item in enumerate(later, 1) if again[at - 1] and item.right), default=0
    )
    at = max(answer - 1, 0)
    before = source if at == 0 else later[at - 1]
    known_s = ended_s(later[-1].turn)
    signals = {
        turn_id: tuple(
            signal for signal in stream.signals.get(turn_id, ()) if signal.at_s <= known_s
        )
        for turn_id in (item.turn.turn_id for item in (source, *later))
    }
    return Example(
        stream.household, source.turn.heard, tuple(item.turn.heard for item in later),
        picture(source.turn, [item.turn for item in later], signals, names),
        answer, again, gap_bucket(gap_s(before.turn, later[at].turn)),
        "worked" if source.right else "failed",
    )  # fmt: skip
