"""Values that pass between feedback, learning and rewriting: a turn, what came of it, what it taught.

Frozen, small, without behaviour. The journal stores them, ``feedback`` and ``learn`` judge them,
``rewrite`` applies them. Like ``types`` this imports nothing of the package above ``types``.
"""

from __future__ import annotations

import enum
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.types import Decision, EntityId, Layer, OutcomeKind, Rewrite, TurnId


class SignalKind(enum.StrEnum):
    """What a person did next, or what the hub saw of itself (method sheet, section 4.1)."""

    BARGE_IN = "barge_in"
    REPEAT = "repeat"
    """The same words again."""
    REPHRASE = "rephrase"
    """Other words for the same goal."""
    CORRECTION = "correction"
    """``no, I said ...``."""
    CANCEL = "cancel"
    """``never mind``, or the cancel event."""
    UNDO = "undo"
    """Taken back by word."""
    UNHANDLED = "unhandled"
    """Not understood, nothing found, or the device did not follow."""
    BY_HAND = "by_hand"
    """Switched back at the thing itself, or by another app."""
    KEPT = "kept"
    """What was done was left so."""
    THANKS = "thanks"
    YES = "yes"
    NO = "no"
    SILENCE = "silence"
    """Nothing followed."""


class Signal(NamedTuple):
    """One piece of feedback on one turn."""

    turn_id: TurnId
    kind: SignalKind
    at_s: float
    strength: float = 1.0
    """How sure the detector is that it happened, 0..1; not how bad it is."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """One command of a turn and what came of it."""

    entity_id: EntityId
    command: str
    data: Mapping[str, object]
    outcome: OutcomeKind


@dataclass(frozen=True, slots=True)
class JournalTurn:
    """One turn as the journal keeps it."""

    turn_id: TurnId
    at_s: float
    """Wall clock at which the words were heard."""
    place: str
    """Satellite, else area, else empty: where one dialogue happens."""
    speaker: str
    heard: str
    """The words as they came."""
    read: str
    """The words that were understood: after spelling, dialogue and rewriting."""
    rewrite: Rewrite | None
    decision: Decision
    intent: str
    reason: str
    """Key of the answer; empty when nothing was refused."""
    interpretation: str
    """Canonical form of what was done: the state of the Markov chain. See ``feedback.canonical``."""
    probability: float
    """Of the reading that was taken; 0 when there was none."""
    margin: float
    """To the next reading."""
    out_of_scope: float
    asr_confidence: float | None
    done: tuple[Done, ...]
    response: str
    ms: float
    embedding: tuple[float, ...] = field(default=(), repr=False)
    """Of the words as heard, unit length; empty if they were not read by the model."""
    stages: tuple[tuple[str, str, str], ...] = field(default=(), repr=False)
    """(stage, saw, chose)."""


class Stage(enum.StrEnum):
    """The life of a learned pair: evidence moves it on or back."""

    SHADOW = "shadow"
    """Only noted."""
    TRIAL = "trial"
    """Used only where the words as heard come to nothing."""
    LIVE = "live"
    """Used before understanding, with a control arm."""
    RETIRED = "retired"
    """Did worse than no rewrite, or its target is gone; kept so that it is not learned again."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Soft, fading counts of how turns ended."""

    good: float = 0.0
    bad: float = 0.0

    @property
    def total(self) -> float:
        """All that was counted."""
        return self.good + self.bad


@dataclass(frozen=True, slots=True)
class Pair:
    """A learned rewrite: these words mean those."""

    source: str
    """As :func:`source_key` makes it; unique within a layer."""
    target: str
    layer: Layer
    stage: Stage
    origin: str
    """``rephrase``, ``chain``, ``taught``, ``global`` or ``import``."""
    interpretation: str
    """What the target came to when it was learned."""
    on: Tally = Tally()
    """How turns ended in which it was used ..."""
    off: Tally = Tally()
    """... and in which the source was read as heard."""
    sessions: float = 0.0
    """Dialogues that spoke for it, faded."""
    days: tuple[int, ...] = ()
    """Days since 1970 on which they were, at most the last 16."""
    since_s: float = 0.0
    last_s: float = 0.0
    until_s: float = 0.0
    """Retired at least until then; 0 = no bar."""
    why: str = ""
    """One sentence for ``hubagent memory show``."""


class Affinity(enum.StrEnum):
    """Why something is in the personal index (method sheet, section 3.3)."""

    OWN = "own"
    """Words of this home that worked."""
    NAME = "name"
    """A thing of the home that can be switched."""
    PREFERENCE = "preference"
    """What was said to be preferred."""
    MEDIA = "media"
    """What is played here."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Words that work in this home: what a doubtful request may have meant."""

    text: str
    """As :func:`source_key` makes it; unique."""
    interpretation: str
    affinity: Affinity = Affinity.OWN
    tally: Tally = Tally()
    """How turns with these words ended, faded up to ``last_s``."""
    last_s: float = 0.0
    hours: tuple[float, ...] = ()
    """How often in each hour of the local day, faded like the tally; 24 numbers or none."""
    place: str = ""
    """Where they were said last."""
    embedding: bytes = field(default=b"", repr=False)
    """Of the words, as signed bytes, -127..127 for -1..1; empty if never read by the model."""


@dataclass(frozen=True, slots=True)
class Request:
    """Words with what they were taken for."""

    words: str
    """As :func:`source_key` makes it."""
    intents: tuple[str, ...] = ()
    """In lower case; empty where they came to nothing."""


@dataclass(frozen=True, slots=True)
class Transition:
    """What was said after what for the same goal, or how a dialogue ended there."""

    at_s: float
    source: Request
    after: Request | None
    """``None`` where nothing followed."""
    good: float
    """Probability that the source was carried out as it was meant."""
    signals: frozenset[SignalKind]
    """On the source."""
    rewritten: bool
    """Whether a rewrite of the global table was applied to the source."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What one learning step changes in the tables, all of it or nothing."""

    pairs: tuple[Pair, ...] = ()
    """Added, or put in the place of the pair of the same layer and source."""
    entries: tuple[Entry, ...] = ()
    forget_pairs: tuple[tuple[Layer, str], ...] = ()
    """(layer, source)."""
    forget_entries: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    """(name, value); an empty value removes it."""


class Rule(enum.StrEnum):
    """The guard-rails of rewriting, see :mod:`hubagent.rewrite.guardrail`."""

    TEXT = "text"
    """Nothing to say, or letters that are not what they look like."""
    SAME = "same"
    LENGTH = "length"
    GENERIC = "generic"
    """A control such as "stop", or words that lean on what was said before."""
    QUESTION = "question"
    POLARITY = "polarity"
    NUMBER = "number"
    """Numbers, units and times."""
    SENSITIVE = "sensitive"
    HEAT = "heat"
    ENTITY = "entity"
    """A thing or place that was said is lost or another."""
    GONE = "gone"
    """The target is not in the home any more."""
    CHAIN = "chain"


class Objection(NamedTuple):
    """Why words must not stand for others."""

    rule: Rule
    why: str
    """One sentence, without a full stop."""


@lru_cache(maxsize=8192)
def source_key(text: str) -> str:
    """Return words as pairs are looked up by: lower case, without punctuation, single blanks.

    Digits keep their decimal point and sign of per cent: ``20.5 %`` is another wish than ``205``.
    The key of a key is itself.
    """
    plain = unicodedata.normalize("NFKC", text.casefold()).casefold()
    kept = (
        character
        if character.isalnum() or character in "'%°" or _is_mark(character) or _is_point(plain, at)
        else " "
        for at, character in enumerate(plain)
    )
    return " ".join("".join(kept).split())


def _is_mark(character: str) -> bool:
    """Return whether it belongs to the letter before it, as vowels do in many scripts."""
    return unicodedata.category(character)[0] == "M"


def _is_point(text: str, at: int) -> bool:
    return (
        text[at] in ".:,"
        and 0 < at < len(text) - 1
        and text[at - 1].isdigit()
        and text[at + 1].isdigit()
    )
