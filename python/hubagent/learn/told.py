"""Dialogues as single steps: what was said after what, and where turns came to nothing.

In: the journal and who judges it. Out: transitions for the aggregate of many homes, still in this home's
own words (``sync/scrub.py`` takes those out), and counts. The steps are those of the chain of arXiv
1911.02557, as ``learn/gather.py`` takes them, with the signals that the aggregate asks for besides. Once a
home has learned what words mean nobody there says the other words any more; so a turn in which a pair of this
home was applied and went well is a step from the one to the other (the virtual step of arXiv 2205.00029).
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from hubagent.evidence import Request, SignalKind, Transition, source_key
from hubagent.learn.markov import LIKELY
from hubagent.learn.outcome import NOT_UNDERSTOOD, UNHANDLED, own_words, worked
from hubagent.learn.sessions import sessions
from hubagent.types import Arm, Decision, Layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hubagent.evidence import JournalTurn
    from hubagent.learn.gather import Judges
    from hubagent.learn.sessions import Session, Step
    from hubagent.ports import Journal


def transitions(
    journal: Journal, judges: Judges, *, since_s: float, until_s: float
) -> Iterator[Transition]:
    """Yield every step of the dialogues in [since, until), oldest dialogue first."""
    for session in sessions(journal.turns(since_s=since_s, until_s=until_s)):
        yield from _steps(session, journal, judges)


def failures(turns: Iterable[JournalTurn]) -> Mapping[str, int]:
    """Return how many turns came to nothing at which stage: ``understand``, ``resolve``, ``act``."""
    found: Counter[str] = Counter()
    for turn in turns:
        if turn.decision is Decision.REFUSE:
            found["understand" if turn.reason in NOT_UNDERSTOOD else "resolve"] += 1
        elif turn.decision is Decision.ACT and not worked(turn):
            found["act"] += 1
    return found


def _steps(session: Session, journal: Journal, judges: Judges) -> Iterator[Transition]:
    said = [turn.turn_id for step in session.steps for turn in step.turns]
    signals = journal.signals(said)
    for at, (step, following) in enumerate(pairwise([*session.steps, None])):
        assert step is not None  # noqa: S101 # only the last one is
        later = session.later(at)
        on_it = [signal for turn in step.turns for signal in signals.get(turn.turn_id, ())]
        wrong = max(
            judges.defect(turn, later, signals.get(turn.turn_id, ())) for turn in step.turns
        )
        after = None
        if following is not None:
            judged = judges.rephrase(step.turn, later, signals)
            if judged.rephrases[0] >= LIKELY:
                after = _request(following.turn, own_words(following.turn))
        if after is None and _is_applied(step.turn, Layer.PERSONAL):
            if wrong >= LIKELY:
                continue  # it tells neither of the words as heard nor of those in their place
            assert step.turn.rewrite is not None  # noqa: S101 # it is applied
            after = _request(step.turn, step.turn.rewrite.target)
        yield Transition(
            at_s=step.turn.at_s,
            source=_request(step.turn, step.turn.heard),
            after=after,
            good=1.0 - wrong,
            signals=frozenset(signal.kind for signal in on_it) | _repeat(step),
            rewritten=_is_applied(step.turn, Layer.GLOBAL),
        )


def _repeat(step: Step) -> frozenset[SignalKind]:
    return frozenset({SignalKind.REPEAT} if step.repeats else ())


def _request(turn: JournalTurn, words: str) -> Request:
    """Return words with every intent that they were taken for, also where it was refused."""
    intents = {turn.intent.casefold()} if turn.intent else set()
    if not turn.interpretation.startswith(UNHANDLED):
        intents |= {part.partition("|")[0] for part in turn.interpretation.split(";")}
    return Request(source_key(words), tuple(sorted(filter(None, intents))))


def _is_applied(turn: JournalTurn, layer: Layer) -> bool:
    rewrite = turn.rewrite
    return rewrite is not None and rewrite.arm is Arm.APPLIED and rewrite.layer is layer
