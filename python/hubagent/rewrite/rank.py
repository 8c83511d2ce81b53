"""How likely a candidate is what was meant: a logistic model over named features.

The second stage of search-based rewriting (personal: Cho et al., 2021.nlp4convai-1.17; fuzzy match joined
with metadata, method sheet section 3.3). One model for both layers, so that their scores are on one
scale; leaving the words as they are competes as the threshold. In: what was said and a candidate; out: a
probability, and the features for ``hubagent explain``.
"""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from hubagent.evidence import Tally
from hubagent.rewrite.index import likeness
from hubagent.rewrite.words import lexicon, singular, tokens
from hubagent.types import Layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_STEP_MOST = 1.0
"""How far a home may move a weight from the shipped one."""
_RECENT_S = 30 * 86_400.0
_MANY = 10.0
_NO_TURNS = Tally()


@dataclass(frozen=True, slots=True)
class Query:
    """What was said, and when and where."""

    text: str
    """As :func:`hubagent.evidence.source_key` makes it."""
    intent: str = ""
    """Of the best reading, empty if there was none."""
    out_of_scope: float = 0.0
    asr_confidence: float | None = None
    at_s: float = 0.0
    hour: int = 0
    place: str = ""
    failed_before: bool = False
    """Whether the turn before, here, was doubtful too."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Words that may have been meant."""

    text: str
    layer: Layer
    similarity: float
    """Cosine of the embeddings, 0 where one is missing."""
    sound: float
    interpretation: str = ""
    tally: Tally = _NO_TURNS
    last_s: float = 0.0
    hours: tuple[float, ...] = ()
    place: str = ""
    named: bool = False
    """Made by putting a name of the home into what was said."""
    followed: float = 0.0
    """Dialogues in which these words came right after those that were said."""


class Commonness:
    """How common words are in what is searched; a rare word tells more."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        """Count the words of all texts, each once a text."""
        self._counts: Counter[str] = Counter()
        self._texts = 0
        for text in texts:
            self._texts += 1
            self._counts.update(_words(text))

    def weight(self, word: str) -> float:
        """Return the weight of a word: 1 for one never seen, near 0 for one in every text."""
        small = 0.2 if word in lexicon().sets["small"] else 1.0
        return small * (
            1.0 - math.log1p(self._counts[word]) / math.log(2.0 + self._texts + self._counts[word])
        )


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights and thresholds; see ``rank.toml``."""

    bias: float
    least: float
    least_refused: float
    margin: float
    words: Mapping[str, float]
    history: Mapping[str, float]

    def probability(self, features: Mapping[str, float]) -> float:
        """Return how likely a candidate with these features is what was meant."""
        score = self.bias + sum(
            group.get(name, 0.0) * value
            for group in (self.words, self.history)
            for name, value in features.items()
        )
        return 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, score))))

    def gains(self, features: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
        """Return (name, value) of the features, the one that adds most first."""
        every = {**self.words, **self.history}
        return tuple(sorted(features.items(), key=lambda item: -every.get(item[0], 0.0) * item[1]))

    def moved(self, history: Mapping[str, float]) -> Weights:
        """Return weights with these of the home's own; each stays within 1 of the shipped one.

        Only what history adds can be moved: what the words say was trained on more than one home has.
        """
        shipped = load().history
        bounded = {
            name: min(max(value, shipped[name] - _STEP_MOST), shipped[name] + _STEP_MOST)
            for name, value in history.items()
            if name in shipped and math.isfinite(value)
        }
        return replace(self, history={**self.history, **bounded})


@cache
def load() -> Weights:
    """Return the weights of the package."""
    source = resources.files("hubagent.rewrite").joinpath("rank.toml")
    data = tomllib.loads(source.read_text(encoding="utf-8"))
    return Weights(**data)


def features(query: Query, candidate: Candidate, common: Commonness) -> dict[str, float]:
    """Return what the ranker sees, all in about [0, 1]."""
    return {
        **word_features(query, candidate, common),
        **_history_features(query, candidate),
    }


def word_features(query: Query, candidate: Candidate, common: Commonness) -> dict[str, float]:
    """Return what the words say: how like they are, and what is left over on either side."""
    said, meant = _words(query.text), _words(candidate.text)
    both = sum(common.weight(word) for word in said & meant)
    lost = sum(common.weight(word) for word in said - meant)
    gained = sum(common.weight(word) for word in meant - said)
    whole = both + lost + gained or 1.0
    spelling, sound = likeness(query.text, candidate.text)
    left, right = leftovers(query.text, candidate.text)
    left_spelling, left_sound = likeness(left, right) if left and right else (0.0, 0.0)
    if not left and not right:
        left_spelling = left_sound = 1.0
    longest = max(len(query.text), len(candidate.text), 1)
    confidence = query.asr_confidence
    return {
        "similarity": max(candidate.similarity, 0.0),
        "sound": max(sound, candidate.sound),
        "spelling": spelling,
        "leftover_sound": left_sound,
        "leftover_spelling": left_spelling,
        "contained": both / (both + lost or 1.0),
        "overlap": both / whole,
        "lost": lost / whole if not left_sound else (lost / whole) * (1.0 - left_sound),
        "gained": gained / whole if not left_sound else (gained / whole) * (1.0 - left_sound),
        "same_intent": _same_intent(query, candidate),
        "length": abs(len(query.text) - len(candidate.text)) / longest,
        "asr_doubt": 0.0 if confidence is None else 1.0 - min(max(confidence, 0.0), 1.0),
        "out_of_scope": query.out_of_scope,
    }


def _history_features(query: Query, candidate: Candidate) -> dict[str, float]:
    """Return what is known of how the candidate went, here and with others."""
    tally = candidate.tally
    around = (
        sum(candidate.hours[(query.hour + shift) % 24] for shift in (-1, 0, 1))
        if (candidate.hours)
        else 0.0
    )
    total = sum(candidate.hours) or 1.0
    age_s = max(query.at_s - candidate.last_s, 0.0)
    return {
        "success": (1.0 + tally.good) / (2.0 + tally.total),
        "often": min(math.log1p(tally.good) / math.log1p(_MANY), 1.0),
        "recent": math.exp(-age_s / _RECENT_S) if candidate.last_s else 0.0,
        "hour": around / total,
        "here": float(bool(query.place) and candidate.place == query.place),
        "failed_before": float(query.failed_before),
        "followed": min(candidate.followed, 1.0),
        "of_all": float(candidate.layer is Layer.GLOBAL),
        "named": float(candidate.named),
    }


def leftovers(said: str, meant: str) -> tuple[str, str]:
    """Return the content words that only one of two texts has, in order, as two texts.

    They are what a recogniser must have taken for each other: "gand elf" and "gandalf".
    """
    one, other = tokens(said), tokens(meant)
    there, here = set(map(singular, other)), set(map(singular, one))
    small = lexicon().sets["small"]
    left = [word for word in one if singular(word) not in there]
    right = [word for word in other if singular(word) not in here]
    telling = [word for word in left if word not in small], [w for w in right if w not in small]
    # Small words count where they stand for a telling one: "to the" for "tooth".
    return (
        " ".join(telling[0] or (left if telling[1] else [])),
        " ".join(telling[1] or (right if telling[0] else [])),
    )


def _words(text: str) -> set[str]:
    return set(map(singular, tokens(text)))


def _same_intent(query: Query, candidate: Candidate) -> float:
    """Return whether both ask for the same kind of thing; half where that is not known."""
    if not query.intent or not candidate.interpretation:
        return 0.5
    intent = candidate.interpretation.partition("|")[0]
    return float(intent.casefold() == query.intent.casefold())
