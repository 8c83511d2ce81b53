"""Follow-ups: shortened requests that go on from the last turn about things.

In: the words and the turns of this place. Out: a ``Heard`` with the readings to be tried before and after the
plain one; ``None`` where the words are a request of their own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.dialogue import words as known
from hubagent.dialogue.called_here import is_named
from hubagent.dialogue.carry import carried, is_place, named
from hubagent.dialogue.compose import compose, option_of
from hubagent.dialogue.heard import Attempt, Heard
from hubagent.dialogue.others import companions, others
from hubagent.dialogue.shorthand import Short, parse
from hubagent.dialogue.undo import acting
from hubagent.types import Decision

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubagent.dialogue.memory import Memory, Past
    from hubagent.dialogue.undo import Sensitive
    from hubagent.ports import ContextView, Values
    from hubagent.types import EntityId, Utterance

_MOST_NAMING = 7
"""Words that can name a thing; more are talk."""
_FOR_WHAT_IT_NAMED = frozenset(
    {"unknown_name", "unknown_area", "no_such_device", "no_capability", "unreachable", "is_off"}
)
"""Refusals after which another name is one for the same request."""
_PAIR = 2
_OPENS = frozenset({"HassOpenCover", "HassCloseCover"})
_OPENED = frozenset({"cover", "valve", "lock"})
"""What can go on being opened and closed: after the blinds no printer."""


class GoingOn:
    """Hears what goes on from what was said and done before."""

    def __init__(
        self,
        memory: Memory,
        values: Values,
        *,
        is_home_word: Callable[[str], bool],
        sensitive: Sensitive,
    ) -> None:
        """Work on the turns of a memory; the arguments are those of ``Dialogue``."""
        self._memory = memory
        self._values = values
        self._is_home_word = is_home_word
        self._sensitive = sensitive
        self._words = known.load()

    def plain(self, utterance: Utterance, view: ContextView) -> Heard:
        """Return the words as a request of their own, with what "it" and "there" are."""
        past = self._memory.spoken_of(utterance)
        if past is None:
            return Heard(utterance.text)
        text, ids = utterance.text, self.spoken(past, utterance.text)
        there = self._words.patterns["there"]
        areas = {view.area_of(i) for i in past.targets}
        name = next((a.name for a in view.areas() if {a.area_id} == areas), "")
        if name and there.search(text.casefold()):
            text = there.sub(f"in the {name}", text.casefold(), count=1)
        return Heard(text, ids=ids, before=past, note=f"a new request; it: {_listed(ids)}")

    def spoken(self, past: Past, text: str) -> tuple[EntityId, ...]:
        """Return what pronouns mean: those of one turn, or of all that it went on from.

        After an answer that listed several things, "it" is none of them in particular.
        """
        several = self._words.plural_pronouns | {"both", "all"}
        if several.intersection(known.tokens(text)):
            return past.group
        listed = past.last.decision is Decision.ANSWER and len(past.targets) > 1
        return () if listed else past.targets

    def heard(self, utterance: Utterance, said: str, view: ContextView) -> Heard | None:
        """Return what the words go on from and with what; ``None`` if with nothing."""
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
        heard = replace(self.plain(utterance, view), note="a follow-up")
        about = same is not None and same[0].endswith("about")
        if short.other and (
            about or (leading is not None and utterance.text.rstrip().endswith("?"))
        ):
            heard = replace(heard, text=f"what is the state of {rest}")  # if it cannot be done
        other = self.other(rest, past, view)
        if other is not None:
            return replace(heard, first=other)
        if short.full or len(short.other.split()) > _MOST_NAMING:
            return None
        if same is not None and not short.other and (not short.says or short.bare_number):
            return self._same(utterance, short, past, view)
        if short.other and short.says:
            return replace(heard, last=self.composed(short, past, view))
        if short.other and not short.quality:
            marked = leading is not None or same is not None
            return self._carried_on(heard, short.other, past, view, marked=marked)
        if short.says:
            return replace(heard, first=self.composed(short, past, view), bare=short.only_level)
        return None

    def _carried_on(
        self, heard: Heard, said: str, past: Past, view: ContextView, *, marked: bool
    ) -> Heard:
        """Do the last request for what is named, or set what was spoken of to an option of its own."""
        option = option_of(said, past.targets, view)
        if option is not None:
            attempt = Attempt(option.understood(it=True), past.targets)
            return replace(heard, first=(attempt,), bare=True)
        is_name = is_named(said, view)
        if marked or is_name:
            return replace(heard, first=self.carried(past, said, view), bare=is_name)
        return heard

    def _same(
        self, utterance: Utterance, short: Short, past: Past, view: ContextView
    ) -> Heard | None:
        """Do the last request for what was spoken of since: "is the fan on", "that one too then".

        A number alone is that of another thing of the name: "and number two as well".
        """
        request = self._memory.requested(utterance) or past
        if short.bare_number:
            found = self.carried(request, short.amount, view)
            return Heard(utterance.text, first=found, before=past, bare=True, note="a follow-up")
        pronoun = self._words.pronouns.intersection(short.words)
        if not pronoun and "same" not in known.tokens(utterance.text):
            return None  # "you too"
        things = self.spoken(past, " ".join(short.words)) if pronoun else request.targets
        return self._repeated(utterance, request, things, view)

    def _in_that_place(
        self, utterance: Utterance, said: str, asked: Past, view: ContextView
    ) -> Heard | None:
        """Answer "which?" with a place that was not offered: "upstairs"."""
        words = known.POLITE.sub("", said)
        if not is_place(words, view):
            return None
        found = self.carried(asked, words, view)
        note = f"turn {asked.turn_id}, in that place"
        return Heard(utterance.text, first=found, before=asked, bare=True, note=note)

    def _instead(
        self, utterance: Utterance, said: str, refused: Past, view: ContextView
    ) -> Heard | None:
        """Do for something else what could not be done: "the fairy lights then"."""
        match = self._words.patterns["instead"].match(said)
        short = parse(match["what"] if match is not None else said, self._values)
        if match is None or short.full or short.says or not is_named(short.other, view):
            return None
        found = self.carried(refused, short.other, view)
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

    def carried(self, past: Past, said: str, view: ContextView) -> tuple[Attempt, ...]:
        """Return the last request with another target; of the same kind first."""
        domains = frozenset(view.entity(i).domain for i in past.targets)
        found = tuple(carried(past, said, view, self._is_home_word))
        within = [Attempt(reading, domains=domains) for reading in found] if domains else []
        able = _OPENED if past.last.intent in _OPENS else frozenset()
        return (*within, *(Attempt(reading, domains=able) for reading in found[-1:]))

    def composed(self, short: Short, past: Past, view: ContextView) -> tuple[Attempt, ...]:
        """Return the readings of a shortened request about what was spoken of, or what it names."""
        ids = self.spoken(past, " ".join(short.words))
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

    def other(self, rest: str, past: Past, view: ContextView) -> tuple[Attempt, ...] | None:
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


def _have_lights(ids: Sequence[EntityId], view: ContextView) -> bool:
    return any(view.entity(i).domain == "light" for i in ids)


def _listed(ids: Sequence[EntityId]) -> str:
    return ", ".join(ids[:3]) + (" and more" if len(ids) > 3 else "")
