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
from hubagent.dialogue.carry import carried, is_place, kind_of, named
from hubagent.dialogue.clarify import Clarification
from hubagent.dialogue.compose import compose, doing, option_of
from hubagent.dialogue.heard import Attempt, Heard
from hubagent.dialogue.memory import UNDO, Memory, Past
from hubagent.dialogue.others import companions, others
from hubagent.dialogue.paraphrase import plainly
from hubagent.dialogue.settle import asking, settle
from hubagent.dialogue.shorthand import Short, parse
from hubagent.dialogue.undo import acting, meant, undo
from hubagent.types import Decision, Resolution

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubagent.dialogue.undo import Sensitive
    from hubagent.ports import ContextView, Values
    from hubagent.types import EntityId, Utterance

_MOST_NAMING = 7
"""Words that can name a thing; more are talk."""
_BEFORE_A_VALUE = frozenset({"for", "to", "uh", "um", "er", "make", "it", "please", "oh"})
_BREAKS_OFF = re.compile(r"\s+(?:to|at|for)[\s.,!?]*$", re.IGNORECASE)
_FOR_WHAT_IT_NAMED = frozenset(
    {"unknown_name", "unknown_area", "no_such_device", "no_capability", "unreachable", "is_off"}
)
"""Refusals after which another name is one for the same request."""
_POLITE = re.compile(
    r"(?: ,)?(?: (?:please|now|then|thanks|thank you|altogether|completely|entirely))+$|^(?:(?:ok|okay|please|now|just|no|wait|hang on|hold on|alright)(?: ,)? )+"
)
_POSSESSIVE = re.compile(r"(?:['\u2019]s|s['\u2019])$")
_COUNTS = {"both": 2, "two": 2, "2": 2, "couple": 2, "three": 3, "3": 3, "four": 4, "4": 4}
_PAIR = 2
_OPENS = frozenset({"HassOpenCover", "HassCloseCover"})
_OPENED = frozenset({"cover", "valve", "lock"})
"""What can go on being opened and closed: after the blinds no printer."""
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
            self._undo(utterance, said, view)
            or self._completed(utterance, said)
            or self._at_work(utterance, said, view)
            or self._done_so(utterance, said)
            or self._correction(utterance, said, view)
            or self._follow_up(utterance, said, view)
            or self._plain(utterance, view)
        )

    def _in_full(self, utterance: Utterance, view: ContextView) -> Utterance:
        """Return the utterance as it would have been said at once, without the way there."""
        text = plainly(utterance.text, lambda said: _is_named(said, view))
        text = wording.amended(wording.without_preface(text), self._values)
        text = wording.listed(text, _lists(view))
        text = wording.in_place(text, lambda said: _is_named(said, view))
        spoken_of = self._memory.spoken_of(utterance)
        text = attached(text, view, utterance.area_id, spoken_of.targets if spoken_of else ())
        text = wording.with_owner(wording.taken_off(text, self._values), _owners(view))
        past = self._memory.newest(utterance)
        kind = wording.kind_before_one(text, self._words.kinds)
        if not kind and past is not None:
            kind = kind_of(past, self._is_home_word)
        return replace(utterance, text=wording.with_kind(text, kind) if kind else text)

    def _plain(self, utterance: Utterance, view: ContextView) -> Heard:
        past = self._memory.spoken_of(utterance)
        if past is None:
            return Heard(utterance.text)
        text, ids = utterance.text, self._spoken(past, utterance.text)
        there = self._words.patterns["there"]
        areas = {view.area_of(i) for i in past.targets}
        name = next((a.name for a in view.areas() if {a.area_id} == areas), "")
        if name and there.search(text.casefold()):
            text = there.sub(f"in the {name}", text.casefold(), count=1)
        return Heard(text, ids=ids, before=past, note=f"a new request; it: {_listed(ids)}")

    def _spoken(self, past: Past, text: str) -> tuple[EntityId, ...]:
        """Return what pronouns mean: those of one turn, or of all that it went on from.

        After an answer that listed several things, "it" is none of them in particular.
        """
        several = self._words.plural_pronouns | {"both", "all"}
        if several.intersection(known.tokens(text)):
            return past.group
        listed = past.last.decision is Decision.ANSWER and len(past.targets) > 1
        return () if listed else past.targets

    # -- undo --------------------------------------------------------------------------------------

    def _undo(self, utterance: Utterance, said: str, view: ContextView) -> Heard | None:
        pasts = self._memory.undoable(utterance)
        newest = self._memory.newest(utterance)
        rest, asked = said, False
        for pattern in self._words.undo:
            asked = asked or pattern.search(rest) is not None
            rest = pattern.sub(" ", rest)
        if newest is not None and newest.took_back:
            asked = asked or self._words.patterns["once_more"].match(said) is not None
        put_back = self._words.patterns["put_back"].search(said)
        if put_back is not None and not asked:
            naming = [w for w in known.tokens(put_back["what"]) if w not in self._words.fillers]
            asked = bool(naming) and meant(pasts, naming) is not None
            rest = put_back["what"]
        if not asked:
            return None
        if not pasts:
            if self._words.undo[0].search(said) is None:
                return None
            nothing = Resolution(Decision.REFUSE, UNDO, reason="nothing_to_undo")
            return Heard(utterance.text, resolutions=(nothing,), note="undo, but nothing was done")
        extra = [word for word in known.tokens(rest) if word not in self._words.fillers]
        extra = [word for word in extra if word not in {"no", "wait", "last", "one", "did", "what"}]
        count = next((_COUNTS[word] for word in extra if word in _COUNTS), 1)
        if self._words.patterns["from_the_start"].search(said) is not None:
            count = _about_the_same(pasts)
        if count > 1 and len(pasts) > 1:
            return self._undo_several(utterance, pasts[:count], view)
        past, only = meant(pasts, extra) or (pasts[0], frozenset())
        taken_back = undo(past, view, self._sensitive, only)
        return Heard(
            utterance.text,
            resolutions=taken_back.resolutions,
            undone=taken_back.turns,
            note=f"undo of turn {past.turn_id}",
        )

    def _undo_several(
        self, utterance: Utterance, pasts: Sequence[Past], view: ContextView
    ) -> Heard:
        """Take the last turns back, the newest first; each thing is as it was before the oldest."""
        found: tuple[Resolution, ...] = ()
        for number, past in enumerate(pasts):
            older = {c.entity_id for other in pasts[number + 1 :] for c in other.commands}
            only = frozenset(c.entity_id for c in past.commands) - older
            if only or not past.commands:
                found = (*found, *undo(past, view, self._sensitive, only).resolutions)
        note = f"undo of turns {', '.join(past.turn_id for past in pasts)}"
        return Heard(utterance.text, resolutions=found, undone=tuple(pasts), note=note)

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
        rest = _POLITE.sub("", said).rpartition(" , ")
        wanted = doing("".join(rest), past.targets, view)
        if wanted is None and parse(rest[0], self._values).complaint:
            wanted = doing(_POLITE.sub("", rest[2]), past.targets, view)  # "too noisy, stop"
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
        other = self._other(rest, past, view)
        if other is not None:
            return replace(heard, first=other)
        if short.full or (short.says and short.other):
            return replace(heard, last=self._composed(short, past, view) if short.other else ())
        option = option_of(short.other, past.targets, view)
        if option is not None:
            attempt = Attempt(option.understood(it=True), past.targets)
            return replace(heard, first=(attempt,), wrong=None, bare=True)
        if short.other:
            return replace(heard, text=utterance.text, first=self._carried(past, short.other, view))
        return replace(heard, first=self._composed(short, past, view), wrong=None)

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

    # -- follow-ups --------------------------------------------------------------------------------

    def _follow_up(self, utterance: Utterance, said: str, view: ContextView) -> Heard | None:
        refused = self._memory.newest(utterance)
        if refused is not None and refused.last.reason in _FOR_WHAT_IT_NAMED:
            instead = self._instead(utterance, said, refused, view)
            if instead is not None:
                return instead
        if refused is not None and refused.last.decision is Decision.ASK:
            placed = self._in_that_place(utterance, said, refused, view)
            if placed is not None:
                return placed
        past = self._memory.spoken_of(utterance)
        if past is None:
            return None
        if self._words.patterns["repeat"].match(said):
            return self._repeated(utterance, past, past.targets, view)
        return self._gone_on(utterance, said, past, view)

    def _gone_on(
        self, utterance: Utterance, said: str, past: Past, view: ContextView
    ) -> Heard | None:
        """Return what a shortened request comes to after the last turn about things."""
        leading = self._words.patterns["leading"].match(said)
        rest = said[leading.end() :] if leading else said
        same = self._words.patterns["same"].search(rest)
        rest = self._words.patterns["same"].sub(" ", rest).replace(",", " ").strip()
        if self._words.questions.intersection(known.tokens(rest)[:1]):
            return None  # "is the other one locked too": that locks nothing
        short = parse(rest, self._values)
        if short.colour and not short.other and not _have_lights(past.targets, view):
            short.other, short.colour = short.colour, ""  # "and lemon": a room, after the fans
        heard = replace(self._plain(utterance, view), note="a follow-up")
        about = same is not None and same[0].endswith("about")
        if short.other and (
            about or (leading is not None and utterance.text.rstrip().endswith("?"))
        ):
            heard = replace(heard, text=f"what is the state of {rest}")  # if it cannot be done
        other = self._other(rest, past, view)
        if other is not None:
            return replace(heard, first=other)
        if short.full or len(short.other.split()) > _MOST_NAMING:
            return None
        if same is not None and not short.other and (not short.says or short.bare_number):
            return self._same(utterance, short, past, view)
        if short.other and short.says:
            return replace(heard, last=self._composed(short, past, view))
        if short.other and not short.quality:
            marked = leading is not None or same is not None
            return self._carried_on(heard, short.other, past, view, marked=marked)
        if short.says:
            return replace(heard, first=self._composed(short, past, view), bare=short.only_level)
        return None

    def _carried_on(
        self, heard: Heard, said: str, past: Past, view: ContextView, *, marked: bool
    ) -> Heard:
        """Do the last request for what is named, or set what was spoken of to an option of its own."""
        option = option_of(said, past.targets, view)
        if option is not None:
            attempt = Attempt(option.understood(it=True), past.targets)
            return replace(heard, first=(attempt,), bare=True)
        is_name = _is_named(said, view)
        if marked or is_name:
            return replace(heard, first=self._carried(past, said, view), bare=is_name)
        return heard

    def _same(
        self, utterance: Utterance, short: Short, past: Past, view: ContextView
    ) -> Heard | None:
        """Do the last request for what was spoken of since: "is the fan on", "that one too then".

        A number alone is that of another thing of the name: "and number two as well".
        """
        request = self._memory.requested(utterance) or past
        if short.bare_number:
            found = self._carried(request, short.amount, view)
            return Heard(utterance.text, first=found, before=past, bare=True, note="a follow-up")
        pronoun = self._words.pronouns.intersection(short.words)
        if not pronoun and "same" not in known.tokens(utterance.text):
            return None  # "you too"
        things = self._spoken(past, " ".join(short.words)) if pronoun else request.targets
        return self._repeated(utterance, request, things, view)

    def _in_that_place(
        self, utterance: Utterance, said: str, asked: Past, view: ContextView
    ) -> Heard | None:
        """Answer "which?" with a place that was not offered: "upstairs"."""
        words = _POLITE.sub("", said)
        if not is_place(words, view):
            return None
        found = self._carried(asked, words, view)
        note = f"turn {asked.turn_id}, in that place"
        return Heard(utterance.text, first=found, before=asked, bare=True, note=note)

    def _instead(
        self, utterance: Utterance, said: str, refused: Past, view: ContextView
    ) -> Heard | None:
        """Do for something else what could not be done: "the fairy lights then"."""
        match = self._words.patterns["instead"].match(said)
        short = parse(match["what"] if match is not None else said, self._values)
        if match is None or short.full or short.says or not _is_named(short.other, view):
            return None
        found = self._carried(refused, short.other, view)
        note = f"turn {refused.turn_id}, for something else"
        return Heard(utterance.text, first=found, before=refused, bare=True, note=note)

    def _repeated(
        self, utterance: Utterance, past: Past, things: tuple[EntityId, ...], view: ContextView
    ) -> Heard | None:
        """Do a request once more for these things, from where it has led to."""
        note = "the last request once more"
        attempts = tuple(
            Attempt(reading, things) for reading in carried(past, "it", view, self._is_home_word)
        )
        if attempts:
            return Heard(utterance.text, first=attempts, before=past, note=note)
        if not past.commands or things != past.targets:
            return None
        again = acting(past.last.intent, past.commands, view, self._sensitive)
        return Heard(utterance.text, resolutions=(again,), before=past, note=note)

    def _carried(self, past: Past, said: str, view: ContextView) -> tuple[Attempt, ...]:
        """Return the last request with another target; of the same kind first."""
        domains = frozenset(view.entity(i).domain for i in past.targets)
        found = tuple(carried(past, said, view, self._is_home_word))
        within = [Attempt(reading, domains=domains) for reading in found] if domains else []
        able = _OPENED if past.last.intent in _OPENS else frozenset()
        return (*within, *(Attempt(reading, domains=able) for reading in found[-1:]))

    def _composed(self, short: Short, past: Past, view: ContextView) -> tuple[Attempt, ...]:
        """Return the readings of a shortened request about what was spoken of, or what it names."""
        ids = self._spoken(past, " ".join(short.words))
        if not short.other:
            return tuple(
                Attempt(wanted.understood(it=True), ids)
                for wanted in compose(short, ids, past, view)
            )
        place = is_place(short.other, view)
        return tuple(
            Attempt(
                wanted.understood(
                    target="" if place else named(short.other),
                    place=named(short.other) if place else "",
                ),
                domains=frozenset({wanted.domain} - {""}),
            )
            for wanted in compose(short, ids, past, view)
        )

    def _other(self, rest: str, past: Past, view: ContextView) -> tuple[Attempt, ...] | None:
        """Return readings about "the other one" or "both"; ``None`` if neither was said."""
        other = self._words.patterns["other"].search(rest)
        match = other or self._words.patterns["both"].search(rest)
        if match is None:
            return None
        pair = len(past.group) == _PAIR and match[0].startswith("both")
        if other is None and len(past.group) > 1 and not pair:
            return None
        if other is not None:
            ids = others(past, view, other["count"] or "one")
        else:
            ids = past.group if pair else companions(past, view)
        if not ids:
            return None
        left = parse(match.re.sub(" ", rest), self._values)
        if left.full or left.other:
            return None
        if left.says:
            return tuple(
                Attempt(wanted.understood(it=True), ids)
                for wanted in compose(left, ids, past, view)
            )
        return tuple(
            Attempt(reading, ids) for reading in carried(past, "it", view, self._is_home_word)
        )

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


def _lists(view: ContextView) -> tuple[str, ...]:
    """Return the names of the lists there are."""
    lists = (view.entity(i) for i in view.query(domain="todo"))
    return tuple(name for item in lists for name in (item.name, *item.aliases))


def _about_the_same(pasts: Sequence[Past]) -> int:
    """Return how many of the last turns moved the same things, one after the other."""
    moved = [frozenset(command.entity_id for command in past.commands) for past in pasts]
    return next((n for n, ids in enumerate(moved) if not ids or ids != moved[0]), len(moved))


def _have_lights(ids: Sequence[EntityId], view: ContextView) -> bool:
    return any(view.entity(i).domain == "light" for i in ids)


def _owners(view: ContextView) -> tuple[str, ...]:
    """Return whose things and rooms there are: "Nan's"."""
    names = [entity.name for entity in view.entities()] + [area.name for area in view.areas()]
    names += [alias for entity in view.entities() for alias in entity.aliases]
    first = (name.split()[0] for name in names if name.strip())
    return tuple(dict.fromkeys(word for word in first if _POSSESSIVE.search(word)))


def _is_named(said: str, view: ContextView) -> bool:
    """Return whether each word said is, letter for letter, one of a name of the home."""
    if is_place(said, view):
        return True
    words = known.tokens(named(said))
    return bool(words) and all(
        any(
            {word, word.removesuffix("s")} & set(known.tokens(match.name))
            for match in view.match_names(word, limit=4)
        )
        for word in words
    )


def _listed(ids: Sequence[EntityId]) -> str:
    return ", ".join(ids[:3]) + (" and more" if len(ids) > 3 else "")
