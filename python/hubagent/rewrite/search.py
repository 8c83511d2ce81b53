"""Search for what may have been meant: the personal and the global index, ranked on one scale.

Both layers as in Fan et al. (DeMaL at WWW 2021, global) and Cho et al. (2021.nlp4convai-1.17, personal):
retrieval by embedding and by sound, then ranking. The global layer guards the personal one: what is known
to go well everywhere is left as it was said.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hubagent.evidence import Stage, source_key
from hubagent.rewrite import rank
from hubagent.rewrite.personal import PersonalIndex
from hubagent.rewrite.rank import Candidate, Query
from hubagent.rewrite.template import Templates
from hubagent.types import Arm, Rewrite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubagent.ports import ContextView, Guard, PairStore
    from hubagent.rewrite.rank import Weights
    from hubagent.rewrite.table import GlobalTable
    from hubagent.types import Understanding, Utterance

WEIGHTS_SETTING = "ranker"
"""Setting of the store that holds the home's own weights, as a JSON object."""
_FAILED_WITHIN_S = 45.0
_LOOKED_AT = 12
"""Candidates, the best first, that the guard-rails are asked about."""
_LIKE = 0.6
"""How like in spelling or sound the words, or what differs in them, must be (method sheet, 3.5)."""
_SAME_MEANING = 0.85
"""Cosine from which unlike words of the same intent will do as well."""


class RankedSearch:
    """Implements :class:`hubagent.rewrite.decide.Search`."""

    def __init__(
        self,
        store: PairStore,
        guard: Guard,
        table: GlobalTable | None = None,
        *,
        personal: bool = True,
    ) -> None:
        """Keep what is searched.

        Args:
            store: Words that work in this home, and its own weights.
            guard: Candidates that it objects to are passed over.
            table: What works in many homes; ``None`` for nothing.
            personal: ``False`` leaves the words and names of this home out, for comparison.
        """
        self._store = store
        self._guard = guard
        self._table = table
        self._personal = PersonalIndex(store)
        self._asks_personal = personal
        self._templates = Templates()
        self._doubtful_at_s: dict[str, float] = {}
        self._own_weights = ("", rank.load())

    @property
    def weights(self) -> Weights:
        """The weights in force: the shipped ones, moved within bounds by the home's own."""
        given = self._store.setting(WEIGHTS_SETTING)
        if given != self._own_weights[0]:
            self._own_weights = (given, rank.load().moved(_own_weights(given)))
        return self._own_weights[1]

    def best(
        self, utterance: Utterance, understanding: Understanding, view: ContextView, doubt: float
    ) -> Rewrite | None:
        """Return the best candidate if it is likelier than that nothing is to be rewritten.

        Args:
            utterance: The words as heard.
            understanding: What they were read as.
            view: The home.
            doubt: How likely that reading is wrong.
        """
        query = self._query(utterance, understanding)
        if self._table is not None and self._table.goes_well(
            self._templates.of(query.text, view).text
        ):
            return None
        scored = self._scored(query, understanding.embedding, view)
        weights = self.weights
        passed: list[tuple[float, Candidate, dict[str, float]]] = []
        for item in scored[:_LOOKED_AT]:
            if passed and _is_same(item[1], passed[0][1]):
                continue
            if self._guard.objection(query.text, item[1].text, view) is None:
                passed.append(item)
            if len(passed) == 2:
                break
        if not passed:
            return None
        score, best, seen = passed[0]
        second = passed[1][0] if len(passed) > 1 else 0.0
        least = weights.least_refused if doubt >= 1.0 else max(weights.least, 1.0 - doubt)
        if score < least or score - second < weights.margin:
            return None
        return Rewrite(
            source=query.text,
            target=best.text,
            layer=best.layer,
            online=True,
            arm=Arm.APPLIED,
            propensity=1.0,
            score=score,
            table=self._store.version,
            features=weights.gains(seen),
        )

    def _query(self, utterance: Utterance, understanding: Understanding) -> Query:
        place = str(utterance.area_id or utterance.device or "")
        at_s = utterance.heard_at_s
        before_s = self._doubtful_at_s.get(place)
        self._doubtful_at_s[place] = at_s
        readings = [clause.hypotheses[0] for clause in understanding.clauses if clause.hypotheses]
        return Query(
            text=source_key(utterance.text),
            intent=readings[0].intent if readings else "",
            out_of_scope=understanding.out_of_scope,
            asr_confidence=utterance.asr.confidence if utterance.asr is not None else None,
            at_s=at_s,
            hour=time.localtime(at_s).tm_hour,
            place=place,
            failed_before=before_s is not None and 0 <= at_s - before_s <= _FAILED_WITHIN_S,
        )

    def _scored(
        self, query: Query, embedding: Sequence[float], view: ContextView
    ) -> list[tuple[float, Candidate, dict[str, float]]]:
        vector = np.asarray(embedding, dtype=np.float32) if len(embedding) else None
        if vector is not None and not vector.any():
            vector = None
        found = self._followed(query)
        if self._asks_personal:
            found = [*self._personal.near(query.text, vector, view), *found]
        common = self._personal.common
        if self._table is not None:
            said = self._templates.of(query.text, view)
            for candidate in self._table.near(said.text, vector):
                text = said.filled(candidate.text)
                found += [] if text is None else [replace(candidate, text=text)]
            common = self._table.common if len(self._table) else common
        weights = self.weights
        scored = []
        for candidate in found:
            if source_key(candidate.text) == query.text:
                continue
            seen = rank.features(query, candidate, common)
            if is_like(seen):
                scored.append((weights.probability(seen), candidate, seen))
        return sorted(scored, key=lambda item: (-item[0], item[1].text))

    def _followed(self, query: Query) -> list[Candidate]:
        """Return what was said right after these words before, and is not trusted alone yet."""
        return [
            Candidate(
                pair.target,
                pair.layer,
                similarity=0.0,
                sound=0.0,
                interpretation=pair.interpretation,
                tally=pair.on,
                last_s=pair.last_s,
                followed=pair.sessions,
            )
            for pair in self._store.find(query.text)
            if pair.stage is Stage.SHADOW
        ]


def is_like(seen: Mapping[str, float]) -> bool:
    """Return whether a candidate is near enough to what was said to be thought of at all."""
    near = max(seen["spelling"], seen["sound"]) >= _LIKE
    left = max(seen["leftover_spelling"], seen["leftover_sound"]) >= _LIKE
    same = seen["same_intent"] == 1 and seen["similarity"] >= _SAME_MEANING
    return (near and left) or same or seen["followed"] > 0


def _is_same(one: Candidate, other: Candidate) -> bool:
    """Return whether two candidates come to the same, so that they are no rivals."""
    if one.interpretation and one.interpretation == other.interpretation:
        return True
    return source_key(one.text) == source_key(other.text)


def _own_weights(given: str) -> dict[str, float]:
    """Return weights out of a setting; what is not a number is left out."""
    try:
        document = json.loads(given) if given else {}
    except (ValueError, RecursionError):
        return {}
    if not isinstance(document, dict):
        return {}
    return {
        str(name): float(value)
        for name, value in document.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
