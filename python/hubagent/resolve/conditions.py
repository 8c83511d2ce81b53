"""Requests on a condition: decided now, from the confirmed state, or not carried out at all.

In: an ``Understanding``. Out: resolutions as those of the resolver behind it. "Turn the heating off if
there's a window open" is a question on state and a request; the condition is taken out of the words,
what is left is understood again as a plain request. What lies in the future ("when it gets dark") is
never for now.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubagent.resolve import lexicon, text
from hubagent.resolve.asked import Asked
from hubagent.resolve.compound import CompoundResolver
from hubagent.resolve.coordination import verb_of
from hubagent.resolve.ground import Grounder
from hubagent.resolve.question_forms import form_of, without_frame
from hubagent.types import Decision, Resolution

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hubagent.ports import ContextView, Understand, Values
    from hubagent.resolve.situation import Situation
    from hubagent.resolve.verdict import Verdict
    from hubagent.types import EntityId, Understanding

    Meant = Callable[[str], tuple[EntityId, ...]]
    """Which things a request is about: what "it" of its condition may be."""

_IF = re.compile(
    r"[,;]?\s*\b(?:(?:but|and|then)\s+)?(?:only\s+)?(?P<word>if|unless|provided(?:\s+that)?|providing|assuming|as\s+long\s+as"
    r"|so\s+long\s+as)\b(?!\s+(?:i|we|you)\s+(?:say|could|can|would|may|might|don'?t\s+mind)\b|\s+possible\b|\s+not\b"
    r"|\s+so\b)",
    re.IGNORECASE,
)
_REPORTED = re.compile(
    r"\b(?:(?:tell|show|remind)\s+(?:me|us)|let\s+(?:me|us)\s+know|check|see|ask|say|know|wonder)\s*$",
    re.IGNORECASE,
)
"""Words behind which "if" is "whether"."""
_FUTURE = re.compile(
    r"\b(?:gets?|becomes?|goes|turns?|starts?|comes?|reaches|drops|falls|rises|climbs|leaves?|arrives?|will|"
    r"later|tomorrow|tonight|ever|happens)\b",
    re.IGNORECASE,
)
"""Words of what is not yet so: "if it gets dark", "if anyone comes"."""
_ELSE = re.compile(
    r"[,;.]?\s*\b(?:(?:or\s+|and\s+)?(?:otherwise|else)|if\s+not)\b,?\s*(?:then\s+)?",
    re.IGNORECASE,
)
_LEAVE_IT = re.compile(
    r"^(?:just\s+)?(?:leave|keep|do)\s+(?:it|them|that|things|everything|nothing)\b", re.IGNORECASE
)
"""What is said for the other case and asks for nothing."""
_IS = re.compile(
    r"\b(?P<who>[^\W\d_]+)['\u2019]s(?=\s+(?:in|on|at|not|no|under|over|above|below|past|still|open|closed|shut|off|"
    r"locked|unlocked|home|here|there|out|outside|inside|away|empty|dark|playing|running|warmer|colder|hotter|"
    r"cooler|already|more|less|too|around|about|up|down|somebody|someone|nobody|anybody|anyone)\b)",
    re.IGNORECASE,
)
""""'s" for "is", by the word behind it: "if nobody's in", but "if Anna's lamp"."""
_NOT_YET = re.compile(
    r"^(?:it|that|they|those)\s*(?:isn['\u2019]?t|aren['\u2019]?t|hasn['\u2019]?t|haven['\u2019]?t|is\s+not|are\s+not|"
    r"['\u2019]s\s+not|['\u2019]re\s+not)(?:\s+(?:been|so|yet|already|done))*$",
    re.IGNORECASE,
)
""""Lock it if it isn't already": so it will be when that is done."""
_CUT = re.compile(r"\s*[,;]\s*(?:then\s+)?|\s+then\s+|\s+", re.IGNORECASE)
_LEAD = re.compile(r"^(?:please\s+|then\s+|and\s+|,\s*)*", re.IGNORECASE)
_IF_NOT = re.compile(
    r"[,;.?]?\s*\b(?:and\s+)?if\s+(?P<so>not|so|it\s+isn'?t|they\s+aren'?t|it\s+is|they\s+are)\b,?\s*(?:then\s+)?",
    re.IGNORECASE,
)
"""What makes a question a condition: "did anyone lock the door, if not do it"."""
_DO_IT = re.compile(r"^(?:please\s+)?do\s+(?:it|so|that)\b[\s,.!]*(?:please)?$", re.IGNORECASE)
_THEN_DO = re.compile(
    r"^(?P<question>(?:is|are|has|have|any|anyone|anybody|no\s+one|nobody)\b[^?]*?)\s*[?,;]\s*(?:well\s+)?then\s+(?P<request>.+)$",
    re.IGNORECASE,
)
"""A question that what follows hangs on: "anyone in the hall? then turn the light on"."""
_LINK = re.compile(r"(?:\s+and|\s+then|[\s,;.?!])+$", re.IGNORECASE)
_WAS_DONE = re.compile(
    r"^(?:did|has|have)(?:n'?t)?\s+(?:anyone|anybody|someone|somebody|we|i|you|he|she|they|\w+)\s+",
    re.IGNORECASE,
)
_MADE_SO = {
    "locked": "lock {thing}", "closed": "close {thing}", "shut": "close {thing}",
    "open": "open {thing}", "on": "turn {thing} on", "off": "turn {thing} off",
}  # fmt: skip
_IS_SO = re.compile(
    rf"^(?:is|are)\s+(?P<thing>.+?)\s+(?P<state>{'|'.join(_MADE_SO)})[\s,?.!]*$", re.IGNORECASE
)
_IN_THERE = re.compile(
    r"\b(?:(?:in|over|up|down|out)\s+)?there\b(?!\s+(?:is|are|was))", re.IGNORECASE
)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_BOUND_FIRST = re.compile(
    r"^(?:over|under|above|below|more than|less than|at least|at most|hotter|colder|warmer|cooler|higher|lower)\b",
    re.IGNORECASE,
)
"""A bound whose "it is" was left out."""


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

    def resolve(self, understanding: Understanding, situation: Situation) -> tuple[Resolution, ...]:
        """Return what each clause comes to; as ``CompoundResolver.resolve``, and with conditions."""
        said = understanding.text
        marked = _condition(said) or _IF_NOT.search(said) or _THEN_DO.match(said)
        if not marked or without_frame(said, self._lexicon)[1]:
            return self._plain.resolve(
                understanding, situation
            )  # "tell me if the gate is open" asks

        def meant(request: str) -> tuple[EntityId, ...]:
            resolved = self._read(request, situation)
            return tuple(i for item in resolved for i in item.targets)

        grounder = Grounder(
            situation.view,
            self._lexicon,
            speaker_area=situation.speaker_area,
            antecedents=situation.antecedents,
        )
        decided = self._taken_apart(understanding.text, grounder, meant)
        if decided is None:
            whole = self._plain.resolve(understanding, situation)
            if any(resolution.decision is Decision.ACT for resolution in whole):
                return (_refused("conditional"),)
            return whole
        split, verdict = decided
        if _NOT_YET.match(split.condition):
            return self._read(split.request, situation)
        if verdict is None:
            return (_refused("conditional_unknown", condition=split.condition),)
        holds = bool(verdict.holds) is not split.negated
        wanted = split.request if holds else split.otherwise
        left = ", ".join(part for part in (split.before, wanted) if part)
        left = _there(left, verdict, situation.view)
        if not left:
            return (_left_alone(verdict),)
        things = verdict.targets or situation.antecedents
        resolved = self._read(left, situation.about(things))
        held_back = any(r.decision in (Decision.ASK, Decision.REFUSE) for r in resolved)
        return resolved if wanted or held_back else (*resolved, _left_alone(verdict))

    def _read(self, request: str, situation: Situation) -> tuple[Resolution, ...]:
        return self._plain.resolve(self._understand.understand(request), situation)

    def _taken_apart(
        self, said: str, grounder: Grounder, meant: Meant
    ) -> tuple[_Split, Verdict | None] | None:
        """Return a condition or a question with its request, and what is so."""
        found, questioned = _condition(said), _IF_NOT.search(said)
        if questioned is not None:
            asked = form_of(text.tokens(said[: questioned.start()])) != "statement"
            if found is None or asked:  # "is it on, if it is turn it off"
                split = _of_question(said, questioned)
                return split, self._asked.answer(split.condition, grounder)
        then = _THEN_DO.match(said)
        if found is None and then is not None:
            split = _Split("", then["question"], then["request"])
            return split, self._asked.answer(split.condition, grounder)
        if found is None:
            return None
        decided = self._decided(said, found, grounder, meant)
        full = _IS.sub(r"\g<who> is", said)
        again = _condition(full)
        if again is not None and full != said and (decided is None or decided[1] is None):
            decided = self._decided(full, again, grounder, meant) or decided
        return decided

    def _decided(
        self, said: str, found: re.Match[str], grounder: Grounder, meant: Meant
    ) -> tuple[_Split, Verdict | None] | None:
        """Return the condition and whether it holds; no verdict where it cannot be measured."""
        first: _Split | None = None
        ahead = False
        for split in _splits(said, found):
            if not _LEAD.sub("", split.request).strip(" ,.!"):
                continue
            first = first or split
            if _NOT_YET.match(split.condition):
                return split, None
            if _FUTURE.search(split.condition):
                ahead = True
                continue
            verdict = self._verdict(split, grounder, meant)
            if verdict is not None:
                return split, verdict
        return (first, None) if first is not None and not ahead else None

    def _verdict(self, split: _Split, grounder: Grounder, meant: Meant) -> Verdict | None:
        if _BOUND_FIRST.match(split.condition):  # "rig off if over 300 W"
            split = replace(split, condition=f"it is {split.condition}")
        whole = self._asked.condition(split.condition, split.request, grounder)
        if whole is None and self._lexicon.pronouns & set(text.tokens(split.condition)[:1]):
            about = grounder.about(meant(split.request))
            whole = self._asked.condition(split.condition, split.request, about)
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


def _condition(said: str) -> re.Match[str] | None:
    """Return where a condition begins; "tell me if it's raining" has none."""
    return next((m for m in _IF.finditer(said) if not _REPORTED.search(said[: m.start()])), None)


def _splits(said: str, found: re.Match[str]) -> Iterator[_Split]:
    """Yield how the words may fall into a condition and a request, the likeliest first."""
    negated = found["word"].casefold() == "unless"
    before = said[: found.start()].strip(" ,;.")
    behind = said[found.end() :].strip(" .!?")
    other = _ELSE.search(behind)
    otherwise = ""
    if other is not None:
        behind, otherwise = behind[: other.start()].strip(" ,"), behind[other.end() :].strip()
        otherwise = "" if _LEAVE_IT.match(otherwise) else otherwise
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
    question, request = said[: found.start()].strip(), said[found.end() :].strip(" .!?")
    for cut in () if request else _CUT.finditer(question):
        if verb_of(text.tokens(question[cut.end() :])):  # "is it on and start it if not"
            ends = _LINK.sub("", question[: cut.start()])
            question, request = ends, question[cut.end() :]
            break
    if _DO_IT.match(request):
        request = _doing(question)
    negated = re.search(r"not|n'?t$", found["so"], re.IGNORECASE) is not None
    return _Split("", question, request, negated=negated)


def _doing(question: str) -> str:
    """Return what makes the answer a yes: "lock the door" of "is the door locked"."""
    asked = _IS_SO.match(question)
    if asked is None:
        return _WAS_DONE.sub("", question)
    return _MADE_SO[asked["state"].casefold()].format(thing=asked["thing"])


def _there(request: str, verdict: Verdict, view: ContextView) -> str:
    """Return the request with the room of what its condition is about for "in there"."""
    rooms = {view.area_of(i) for i in verdict.targets}
    name = next((a.name for a in view.areas() if {a.area_id} == rooms), "")
    return _IN_THERE.sub(f"in the {name}", request) if name else request


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
