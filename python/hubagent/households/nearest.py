# ruff: noqa: ARG002 - parameters of the protocols
"""The baseline to beat: the nearest words, by letters, that worked in this home before.

The same hook as learned rewrites, asked only where the words as heard were refused, and no evidence: a
word edit away from what worked is taken for it (the baseline of arXiv 1911.02557, section 5).
"""

from __future__ import annotations

import difflib
from collections import OrderedDict
from typing import TYPE_CHECKING

from hubagent.evidence import source_key
from hubagent.types import Arm, Decision, Layer, OutcomeKind, Rewrite

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubagent.evidence import Objection
    from hubagent.ports import ContextView
    from hubagent.types import Command, TurnId, TurnRecord, Understanding, Utterance

_LEAST = 0.75
"""Least likeness by letters, 0..1."""
_MOST = 1000
_DID = frozenset({OutcomeKind.FOLLOWED, OutcomeKind.ALREADY, OutcomeKind.SENT})


class NearestWords:
    """Implements ``ports.Rewriter`` and ``ports.TurnObserver``."""

    muted = False

    def __init__(self) -> None:
        self._worked: OrderedDict[str, None] = OrderedDict()

    def turn_over(self, record: TurnRecord, *, took_back: Sequence[TurnId] = ()) -> None:
        """Keep words that the hub took for a success."""
        good = record.decision is Decision.ANSWER or (
            record.decision is Decision.ACT and all(o.kind in _DID for o in record.outcomes)
        )
        if good and record.rewrite is None:
            self._worked[source_key(record.utterance.text)] = None
            if len(self._worked) > _MOST:
                self._worked.popitem(last=False)

    def came_due(self, record: TurnRecord) -> None:
        """Learn nothing from what the schedule does."""

    def known(self, utterance: Utterance, view: ContextView) -> Rewrite | None:
        """Know nothing in advance."""
        return None

    def online(
        self,
        utterance: Utterance,
        understanding: Understanding,
        view: ContextView,
        *,
        doubt: float,
        acceptable: Callable[[Rewrite], bool],
    ) -> Rewrite | None:
        """Return the nearest words that worked, where those heard were refused."""
        heard = source_key(utterance.text)
        if doubt < 1.0 or heard in self._worked:
            return None
        near = difflib.get_close_matches(heard, self._worked, n=1, cutoff=_LEAST)
        if not near:
            return None
        likeness = difflib.SequenceMatcher(a=heard, b=near[0]).ratio()
        found = Rewrite(heard, near[0], Layer.PERSONAL, True, Arm.APPLIED, 1.0, likeness, 0)
        return found if acceptable(found) else None

    def effect(self, commands: Sequence[Command], view: ContextView) -> Objection | None:
        """Object to nothing."""
        return None
