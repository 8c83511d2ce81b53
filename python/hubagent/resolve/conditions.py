"""Requests on a condition: decided now, from the confirmed state, or not carried out at all.

In: an ``Understanding``. Out: resolutions as those of the resolver behind it. "Turn the heating off if
there's a window open" is a question on state and a request; the condition is taken out of the words,
what is left is understood again as a plain request. What lies in the future ("when it gets dark") is
never for now.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent.resolve import lexicon, text
from hubagent.resolve.asked import Asked
from hubagent.resolve.compound import CompoundResolver
from hubagent.resolve.coordination import verb_of
from hubagent.resolve.ground import Grounder
from hubagent.resolve.inquiry import without_frame
from hubagent.types import Decision, Resolution

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubagent.ports import ContextView, Understand, Values
    from hubagent.resolve.verdict import Verdict
    from hubagent.types import AreaId, EntityId, Understanding

_IF = re.compile(
    r"[,;]?\s*\b(?:(?:but|and|then)\s+)?(?:only\s+)?(?P<word>if|unless|provided(?:\s+that)?|providing|assuming|as\s+long\s+as"
    r"|so\s+long\s+as)\b(?!\s+(?:i|we|you)\s+(?:say|could|can|would|may|might|don'?t\s+mind)\b|\s+possible\b|\s+not\b"
    r"|\s+so\b)",
    re.IGNORECASE,
)
_FUTURE = re.compile(
    r"\b(?:gets?|becomes?|goes|turns?|starts?|comes?|reaches|drops|falls|rises|climbs|leaves?|arrives?|will|"
    r"later|tomorrow|tonight|ever|happens)\b",
    re.IGNORECASE,
)
"""Words of what is not yet so: "if it gets dark", "if anyone comes"."""
_ELSE = re.compile(r"[,;.]?\s*\b(?:otherwise|or\s+else|if\s+not)\b,?\s*", re.IGNORECASE)
_CUT = re.compile(r"\s*[,;]\s*(?:then\s+)?|\s+then\s+|\s+", re.IGNORECASE)
_LEAD = re.compile(r"^(?:please\s+|then\s+|and\s+|,\s*)*", re.IGNORECASE)
_IF_NOT = re.compile(
    r"[,;.?]?\s*\b(?:and\s+)?if\s+(?P<so>not|so|it\s+isn'?t|they\s+aren'?t|it\s+is|they\s+are)\b,?\s*(?:then\s+)?",
    re.IGNORECASE,
)
"""What makes a question a condition: "did anyone lock the door, if not do it"."""
_DO_IT = re.compile(r"^(?:please\s+)?do\s+(?:it|so|that)\b[\s,.!]*(?:please)?$", re.IGNORECASE)
_WAS_DONE = re.compile(
    r"^(?:did|has|have)(?:n'?t)?\s+(?:anyone|anybody|someone|somebody|we|i|you|he|she|they|\w+)\s+",
    re.IGNORECASE,
)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Split:
    """An utterance taken apart."""

    before: str
    """What stands before a condition and does not depend on it."""
    condition: str
    request: str
    otherwise: str = ""
    negated: bool = False


class ConditionalResolver:
    """The resolver for requests with and without a condition, and with and without a time."""

    def __init__(self, understand: Understand, values: Values) -> None:
        self._understand = understand
        self._plain = CompoundResolver(understand, values)
        self._lexicon = lexicon.load()
        self._asked = Asked(self._lexicon, values)

    def resolve(
        self,
        understanding: Understanding,
        view: ContextView,
        *,
        speaker_area: AreaId | None = None,
        antecedents: Sequence[EntityId] = (),
        domains: frozenset[str] = frozenset(),
        timer_names: Sequence[str] = (),
    ) -> tuple[Resolution, ...]:
        """Return what each clause comes to; as ``CompoundResolver.resolve``, and with conditions."""

        def plain(
            what: Understanding, things: Sequence[EntityId] = antecedents
        ) -> tuple[Resolution, ...]:
            return self._plain.resolve(
                what,
                view,
                speaker_area=speaker_area,
                antecedents=things,
                domains=domains,
                timer_names=timer_names,
            )

        said = understanding.text
        found, questioned = _IF.search(said), _IF_NOT.search(said)
        if (found is None and questioned is None) or without_frame(said, self._lexicon)[1]:
            return plain(understanding)  # "tell me if the gate is open" asks
        grounder = Grounder(
            view, self._lexicon, speaker_area=speaker_area, antecedents=tuple(antecedents)
        )
        decided = None
        if found is not None:
            decided = self._decided(said, found, grounder)
        elif questioned is not None:
            split = _of_question(said, questioned)
            decided = split, self._asked.answer(split.condition, grounder)
        if decided is None:
            whole = plain(understanding)
            if any(resolution.decision is Decision.ACT for resolution in whole):
                return (_refused("conditional"),)
            return whole
        split, verdict = decided
        if verdict is None:
            return (_refused("conditional_unknown", condition=split.condition),)
        holds = bool(verdict.holds) is not split.negated
        wanted = split.request if holds else split.otherwise
        left = ", ".join(part for part in (split.before, wanted) if part)
        if not left:
            return (_left_alone(verdict),)
        things = verdict.targets or tuple(antecedents)
        resolved = plain(self._understand.understand(left), things)
        if wanted:
            return resolved
        if any(r.decision in (Decision.ASK, Decision.REFUSE) for r in resolved):
            return resolved
        return (*resolved, _left_alone(verdict))

    def _decided(
        self, said: str, found: re.Match[str], grounder: Grounder
    ) -> tuple[_Split, Verdict | None] | None:
        """Return the condition and whether it holds; no verdict where it cannot be measured."""
        first: _Split | None = None
        for split in _splits(said, found):
            if not _LEAD.sub("", split.request).strip(" ,.!"):
                continue
            first = first or split
            if _FUTURE.search(split.condition):
                return None
            verdict = self._verdict(split, grounder)
            if verdict is not None:
                return split, verdict
        return (first, None) if first is not None else None

    def _verdict(self, split: _Split, grounder: Grounder) -> Verdict | None:
        whole = self._asked.condition(split.condition, split.request, grounder)
        if whole is not None:
            return whole
        parts = _AND.split(split.condition)
        if len(parts) < 2:
            return None
        verdicts = [self._asked.condition(part, split.request, grounder) for part in parts]
        if any(verdict is None for verdict in verdicts):
            return None
        known = [verdict for verdict in verdicts if verdict is not None]
        return next((verdict for verdict in known if not verdict.holds), known[0])


def _splits(said: str, found: re.Match[str]) -> Iterator[_Split]:
    """Yield how the words may fall into a condition and a request, the likeliest first."""
    negated = found["word"].casefold() == "unless"
    before = said[: found.start()].strip(" ,;.")
    behind = said[found.end() :].strip(" .!?")
    other = _ELSE.search(behind)
    otherwise = ""
    if other is not None:
        behind, otherwise = behind[: other.start()].strip(" ,"), behind[other.end() :].strip()
    joined = re.search(r"(?:,|\band|\bthen)\s*$", said[: found.start()], re.IGNORECASE) or (
        re.match(r"[,;]?\s*(?:and|then)\b", found[0], re.IGNORECASE)
    )
    if before and not joined:
        yield _Split("", behind, before, otherwise, negated)
    cuts = list(_CUT.finditer(behind))
    cuts.sort(key=lambda cut: "," not in cut[0] and ";" not in cut[0] and "then" not in cut[0])
    for cut in cuts:
        condition, request = behind[: cut.start()], behind[cut.end() :]
        if cut[0].strip() or verb_of(text.tokens(request)):
            leading = before if not before or joined else ""
            if before and not joined:
                continue
            yield _Split(leading, condition, request, otherwise, negated)
    if before:
        yield _Split("", behind, before, otherwise, negated)


def _of_question(said: str, found: re.Match[str]) -> _Split:
    """Return a question and what is to be done if the answer is no, or yes.

    "Do it" is what the question asks whether it was done: "lock the mudroom".
    """
    question, request = said[: found.start()].strip(), said[found.end() :].strip(" .!")
    if _DO_IT.match(request):
        request = _WAS_DONE.sub("", question)
    negated = re.search(r"not|n'?t$", found["so"], re.IGNORECASE) is not None
    return _Split("", question, request, negated=negated)


def _left_alone(verdict: Verdict) -> Resolution:
    """Return the answer that a condition does not hold, with what is so."""
    reason = "condition_value" if "values" in verdict.facts else "condition_state"
    return Resolution(
        Decision.ANSWER,
        "HassGetState",
        targets=verdict.targets,
        reason=reason,
        facts=verdict.facts,
    )


def _refused(reason: str, **facts: str) -> Resolution:
    return Resolution(Decision.REFUSE, "", reason=reason, facts=facts)
