"""The judge of turns that a home has made of its own turns: when it is learned, and how it is kept.

In: the journal. Out: a setting of the tables that goes into the transaction of a learning pass. What a
judge is and how far it may go from the shipped one is in ``feedback.defect``.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.errors import DataError
from hubagent.feedback.defect import LEAST_TURNS, Judge, Judged
from hubagent.learn.gather import SETTLED_S, WINDOW_S
from hubagent.learn.life import DAY_S
from hubagent.learn.sessions import sessions

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubagent.ports import Journal, PairStore

JUDGE = "judge"
"""Setting of the tables that holds the judge of the home and when it was learned; empty: the shipped."""
EVERY_S = 7 * DAY_S
"""A judge is learned anew after so long: some fifty turns a day change little in less."""
MOST_TURNS = 3000
"""The newest turns that are learned from: two months of a usual home, two seconds of one core."""


def known_judge(store: PairStore) -> Judge:
    """Return the judge of the home; the shipped one where none is kept, or what is kept is none."""
    return _kept(store)[0]


def relearned(
    journal: Journal,
    store: PairStore,
    now_s: float,
    *,
    pause: Callable[[], None] = lambda: None,
) -> Judge | None:
    """Return the judge that the journal teaches now; ``None`` if it is not due, or too little was said.

    Args:
        journal: What was said and what followed.
        store: Tells when it was learned last.
        now_s: Wall clock.
        pause: Called between dialogues.
    """
    if now_s - _kept(store)[1] < EVERY_S:
        return None
    judged: list[Judged] = []
    turns = journal.turns(since_s=now_s - WINDOW_S, until_s=now_s - SETTLED_S)
    for session in sessions(replace(turn, embedding=(), stages=()) for turn in turns):
        said = [turn for step in session.steps for turn in step.turns]
        signals = journal.signals([turn.turn_id for turn in said])
        judged += [
            Judged(turn, said[at + 1 :], signals.get(turn.turn_id, ()))
            for at, turn in enumerate(said)
        ]
        del judged[:-MOST_TURNS]
        pause()
    return Judge.shipped().learned(judged) if len(judged) >= LEAST_TURNS else None


def as_setting(judge: Judge, at_s: float) -> tuple[str, str]:
    """Return a judge as a setting of the tables, learned at some time; 0 for one from elsewhere."""
    return JUDGE, json.dumps({**judge.as_document(), "at_s": at_s})


def _kept(store: PairStore) -> tuple[Judge, float]:
    """Return the judge that is kept, and when it was learned."""
    try:
        document = json.loads(store.setting(JUDGE))
        return Judge.from_document(document), float(document["at_s"])
    except (DataError, ValueError, KeyError, TypeError):
        return Judge.shipped(), 0.0
