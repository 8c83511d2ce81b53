"""What words mean in the light of what was said before: answers, follow-ups, corrections, undo.

In: an utterance and the home. Out: a ``Heard``: what is decided already, else which readings are
to be tried before and after the plain one, and what "it" is. After the readings are resolved,
``settle`` gives the turn its last form, and ``remember`` keeps it for the next one.

An utterance is decided by its closed words ("too", "again", "no, I meant"), not by what the model
makes of half a sentence; what remains of it must name something in the home, or say a value.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.dialogue import wording, words as known
from hubagent.dialogue.attached import attached
from hubagent.dialogue.called_here import is_named, lists, owners
from hubagent.dialogue.carry import kind_of
from hubagent.dialogue.clarify import Clarification
from hubagent.dialogue.compose import doing, option_of
from hubagent.dialogue.going_on import GoingOn
from hubagent.dialogue.heard import Attempt, Heard
from hubagent.dialogue.memory import Memory, Past
from hubagent.dialogue.paraphrase import plainly
from hubagent.dialogue.settle import asking, settle
from hubagent.dialogue.shorthand import parse
from hubagent.dialogue.taking_back import TakingBack
from hubagent.dialogue.undo import undo
from hubagent.types import Decision, Resolution

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubagent.dialogue.undo import Sensitive
    from hubagent.ports import ContextView, Values
    from hubagent.types import Utterance

_BEFORE_A_VALUE = frozenset({"for", "to", "uh", "um", "er", "make", "it", "please", "oh"})
_BREAKS_OFF = re.compile(r"\s+(?:to|at|for)[\s.,!?]*$", re.IGNORECASE)
_TALK = frozenset({"HubGreet", "HubPraise", "HubAffirm", "HubConfirm", "HubNegate", "HubDontCare"})


class Dialogue:
    """Keeps what was said and asked, by place, and hears words in its light."""

    def __init__(
        self, values: Values, *, is_home_word: Callable[[str], bool], sensitive: Sensitive
    ) -> None:
        """Start without a past.

        Args:
            values: Reads numbers and colours.
            is_home_word: Whether a word is a common one of rooms and kinds of device.
            sensitive: Whether a thing is never moved on a guess.
        """
        self._values = values
        self._is_home_word = is_home_word
        self._sensitive = sensitive
        self._words = known.load()
        self._memory = Memory()
        self._clarification = Clarification()
        self._taking_back = TakingBack(self._memory, sensitive)
        self._going_on = GoingOn(
            self._memory, values, is_home_word=is_home_word, sensitive=sensitive
        )
        self._asked: dict[str, Heard] = {}

    # -- before the readings -----------------------------------------------------------------------

    def hear(self, utterance: Utterance, view: ContextView) -> Heard:
        """Return what the words are: an answer, an undo, a correction, a follow-up, or none of it."""
        question = self._clarification.question(utterance)
        answered = self._clarification.answer(utterance, view)
        if question is not None and answered is not None:
            options = (
                i for c in question.resolutions[question.asked].candidates for i in c.entity_ids
            )
            return replace(
                question.heard or Heard(utterance.text),
                text=utterance.text,
                note="an answer to the open question",
                resolutions=answered,
                understanding=question.understanding,
                asked=tuple(dict.fromkeys(options)),
            )
        utterance = self._in_full(utterance, view)
        said = known.plain(utterance.text)
        match = self._words.patterns["nevermind"].match(said)
        rest = said[match.end() :].strip(" ,") if match is not None else ""
        if match is not None and self._words.patterns["left_so"].match(rest):
            utterance, said = replace(utterance, text=match[0].strip(" ,")), match[0].strip(" ,")
        elif parse(rest, self._values).says:
            utterance, said = replace(utterance, text=rest), rest
        return (
            self._taking_back.heard(utterance, said, view)
            or self._completed(utterance, said)
            or self._at_work(utterance, said, view)
            or self._done_so(utterance, said)
            or self._correction(utterance, said, view)
            or self._going_on.heard(utterance, said, view)
            or self._going_on.plain(utterance, view)
        )

    def _in_full(self, utterance: Utterance, view: ContextView) -> Utterance:
        """Return the utterance as it would have been said at once, without the way there."""
        text = plainly(utterance.text, lambda said: is_named(said, view))
        text = wording.without_courtesy(wording.without_preface(text))
        text = wording.amended(text, self._values)
        text = wording.listed(text, lists(view))
        text = wording.in_place(text, lambda said: is_named(said, view))
        spoken_of = self._memory.spoken_of(utterance)
        text = attached(text, view, utterance.area_id, spoken_of.targets if spoken_of else ())
        text = wording.with_owner(wording.taken_off(text, self._values), owners(view))
        past = self._memory.newest(utterance)
        kind = wording.kind_before_one(text, self._words.kinds)
        if not kind and past is not None:
            kind = kind_of(past, self._is_home_word)
        return replace(utterance, text=wording.with_kind(text, kind) if kind else text)

    # -- what was missing --------------------------------------------------------------------------

    def _completed(self, utterance: Utterance, said: str) -> Heard | None:
        """Return the request that lacked a value with it: "set a timer", "ten minutes"."""
        past = self._memory.newest(utterance)
        if past is None or past.understanding is None:
            return None
        missing = next((r.reason for r in past.resolutions if r.decision is Decision.ASK), "")
        words = " ".join(word for word in known.tokens(said) if word not in _BEFORE_A_VALUE)
        asked = _BREAKS_OFF.sub("", past.understanding.text)
        if missing == "no_length" and self._values.duration_s(words) is not None:
            text = f"{asked} for {words}"
        elif missing == "missing_value" and self._is_value(words):
            text = f"{asked} to {words}"
        else:
            return None
        return Heard(text, note=f"what was missing: {text}")

    def _is_value(self, words: str) -> bool:
        read = (self._values.number, self._values.colour, self._values.kelvin)
        return parse(words, self._values).part != "" or any(
            value(words) is not None for value in read
        )

    def _at_work(self, utterance: Utterance, said: str, view: ContextView) -> Heard | None:
        """Return what "stop that" and "carry on" are said to."""
        past = self._memory.spoken_of(utterance)
        if past is None:
            return None
        rest = known.POLITE.sub("", said).rpartition(" , ")
        wanted = doing("".join(rest), past.targets, view)
        if wanted is None and parse(rest[0], self._values).complaint:
            wanted = doing(known.POLITE.sub("", rest[2]), past.targets, view)  # "too noisy, stop"
        if wanted is None:
            return None
        attempt = Attempt(wanted.understood(it=True), past.targets)
        return Heard(utterance.text, first=(attempt,), before=past, note="what is at work")

    def _done_so(self, utterance: Utterance, said: str) -> Heard | None:
        """Return what makes the last answer a yes: "is the door locked", "then do it"."""
        past = self._memory.newest(utterance)
        if past is None or past.understanding is None or past.last.decision is not Decision.ANSWER:
            return None
        if not self._words.patterns["do_it"].match(said):
            return None
        text = f"{past.understanding.text.rstrip(' ?.!')}, if not do it"
        return Heard(text, note="what was asked about is to be done")

    # -- corrections -------------------------------------------------------------------------------

    def _correction(self, utterance: Utterance, said: str, view: ContextView) -> Heard | None:
        past = self._memory.newest(utterance)
        if past is None or past.took_back or past.last.intent in _TALK:
            return None
        rest = self._without_marks(said)
        if rest is None and not said.startswith("not "):
            return None
        rest = said if rest is None else rest
        undoable = self._memory.undoable(utterance)
        wrong = undoable[0] if undoable and undoable[0].turn_id == past.turn_id else None
        short = parse(rest, self._values)
        if rest.startswith("not ") and short.way and not short.other:
            return None  # "not so bright" takes nothing back
        rejected = rest.startswith("not ") or {"not", "wrong"}.intersection(known.tokens(said))
        if rest.startswith("not ") or not (short.says or short.other):
            return self._rejected(utterance, wrong, view) if wrong and rejected else None
        heard = Heard(rest, ids=past.targets, wrong=wrong, before=past, note="a correction")
        other = self._going_on.other(rest, past, view)
        if other is not None:
            return replace(heard, first=other)
        if short.full or (short.says and short.other):
            return replace(
                heard, last=self._going_on.composed(short, past, view) if short.other else ()
            )
        option = option_of(short.other, past.targets, view)
        if option is not None:
            attempt = Attempt(option.understood(it=True), past.targets)
            return replace(heard, first=(attempt,), wrong=None, bare=True)
        if short.other:
            return replace(
                heard, text=utterance.text, first=self._going_on.carried(past, short.other, view)
            )
        return replace(heard, first=self._going_on.composed(short, past, view), wrong=None)

    def _rejected(self, utterance: Utterance, wrong: Past, view: ContextView) -> Heard:
        """Take back what was not meant, where nothing is named instead."""
        taken_back = undo(wrong, view, self._sensitive, frozenset())
        return Heard(
            utterance.text,
            resolutions=taken_back.resolutions,
            undone=taken_back.turns,
            note=f"not that: undo of turn {wrong.turn_id}",
        )

    def _without_marks(self, said: str) -> str | None:
        """Return what is left of a correction; ``None`` if the words are none."""
        patterns = self._words.patterns
        rest, marked = said, False
        for name in ("correction", "not_this"):
            match = patterns[name].match(rest)
            if match is not None:
                rest, marked = rest[match.end() :].strip(" ,"), True
        match = patterns["trailing"].search(rest)
        if match is not None:
            marked = marked or " i " in match[0] or match[0].strip(" ,") in {"instead", "rather"}
            rest = rest[: match.start()].strip(" ,")
        return rest if marked else None

    # -- after the readings ------------------------------------------------------------------------

    def settle(
        self,
        heard: Heard,
        resolutions: Sequence[Resolution],
        view: ContextView,
        *,
        by: Attempt | None,
    ) -> tuple[Resolution, ...]:
        """Return the resolutions of the turn; ``by`` is the attempt they are from."""
        return settle(heard, resolutions, view, by=by, sensitive=self._sensitive)

    def asking(self, resolutions: Sequence[Resolution]) -> tuple[Resolution, ...]:
        """Return the resolutions of a turn, a value that is missing asked for."""
        return asking(resolutions)

    def remember(
        self,
        utterance: Utterance,
        heard: Heard,
        past: Past,
        decision: Decision,
        *,
        asked: int,
        by: Attempt | None,
    ) -> None:
        """Keep a turn that is over, and the question that it asks.

        Args:
            utterance: Its words.
            heard: What the dialogue made of them.
            past: What came of it.
            decision: The decision of the turn as a whole.
            asked: Position of the resolution that is asked about, when it asks.
            by: The attempt that was taken; ``None`` for the plain reading.
        """
        if decision is Decision.ASK:
            self._clarification.ask(
                utterance, past.resolutions, asked, understanding=past.understanding, heard=heard
            )
        undone = heard.undone or ((heard.wrong,) if heard.wrong is not None else ())
        done = decision is Decision.ACT or decision is Decision.ANSWER
        went_on = by is not None and heard.before is not None and heard.wrong is None
        group = (*heard.before.group, *past.targets) if went_on and heard.before else past.targets
        self._memory.keep(
            utterance,
            replace(
                past,
                group=tuple(dict.fromkeys(group)),
                asked=heard.asked,
                took_back=bool(heard.undone) and done,
            ),
            undone=undone if done else (),
        )
