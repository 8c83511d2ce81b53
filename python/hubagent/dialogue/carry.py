"""The last request once more, with something else in the place of what it was about.

In: the words and the reading of the last request, and the words for the new thing or place. Out:
readings to try, the fullest name first: "turn on the bedroom lamp", then "the kitchen" is the
kitchen lamp, else what the kitchen has of that kind.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubagent.dialogue.undo import called
from hubagent.dialogue.words import load, tokens
from hubagent.types import Clause, Hypothesis, Slot, Understanding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hubagent.dialogue.memory import Past
    from hubagent.ports import ContextView

_TARGETS = frozenset({"name", "device", "area", "floor"})
_SPOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?|\d+(?:\.\d+)?%?")
_SMALL = frozenset({"the", "my", "your", "our", "a", "an", "that", "this", "in", "on", "at", "of",
                    "one", "ones", "for", "and", "it", "out", "over", "by"})  # fmt: skip
_IN = re.compile(r"\s+(?:in|on|at|by|of)\s+(?:the\s+|my\s+)?", re.IGNORECASE)
_NUMBERED = re.compile(
    r"^(?:(?:number|no)\s+)?(\d+|one|two|three|four|five|six|seven|eight|nine|ten)$"
)
_OWNER = re.compile(r"['\u2019]s$|s['\u2019]$")


def is_place(said: str, view: ContextView) -> bool:
    """Return whether words are the name of a room, floor or other place of the home."""
    words = tuple(word for word in tokens(said) if word not in _SMALL) or tokens(said)
    if set(words) <= load().places:
        return True
    names = [n for area in view.areas() for n in (area.name, *area.aliases)]
    names += [n for floor in view.floors() for n in (floor.name, *floor.aliases)]
    known = {tuple(w for w in tokens(name) if w not in _SMALL) for name in names}
    return words in known or any(words == name[:-1] for name in known if name[-1:] == ("room",))


def named(said: str) -> str:
    """Return the words that name something, without small words around them."""
    words = said.split()
    while words and words[0].casefold() in _SMALL:
        words.pop(0)
    while words and words[-1].casefold() in {"one", "ones", "the"} and len(words) > 1:
        words.pop()
    return " ".join(words)


def kind_of(past: Past, is_home_word: Callable[[str], bool]) -> str:
    """Return the noun for what a turn was about, in the singular; empty if no word says it.

    That is the last word of a kind that was said, else what things of that domain are called.
    """
    places = {w for area in past.view.areas() for w in tokens(f"{area.name} {area.area_id}")}
    said = past.understanding.text if past.understanding is not None else ""
    spoken = [w for w in tokens(said) if is_home_word(w) and not {w, w.removesuffix("s")} & places]
    nouns = {noun for nouns in load().kinds.values() for noun in nouns}
    for word in reversed(spoken):
        if word.removesuffix("s") in nouns:
            return word.removesuffix("s")
    kinds = {load().kinds.get(past.view.entity(i).domain, ("",))[0] for i in past.targets}
    return kinds.pop() if len(kinds) == 1 else ""


def carried(
    past: Past, said: str, view: ContextView, is_home_word: Callable[[str], bool]
) -> Iterator[Understanding]:
    """Yield readings of the last request with new targets.

    Args:
        past: The turn that is gone on from.
        said: Words for the new target; a pronoun for things that the resolver is told of.
        view: The home.
        is_home_word: Whether a word is a common one of rooms and kinds of device.
    """
    last = past.reading()
    if last is None:
        return
    text, reading = last
    frame = _Frame(text, reading, past, is_home_word)
    if said in load().pronouns:
        yield frame.filled((("name", said),))
        return
    said = named(said)
    if not said:
        return
    if is_place(said, view):
        if frame.thing:
            yield frame.filled((("area", said), ("name", frame.thing)))
        yield frame.filled((("area", said),))
        return
    number = _NUMBERED.fullmatch(said.casefold())
    if number is not None:
        yield frame.filled((("name", f"{frame.kind or frame.thing} {number[1]}"),))
        return
    parts = [part for part in re.split(r"\s*,?\s+and\s+(?:the\s+)?", said) if part]
    if len(parts) == 1:
        if not any(is_home_word(word) for word in tokens(said)):
            owner = _OWNER.search(parts[0]) is not None or parts[0].endswith("s")
            order = (frame.kind, frame.thing) if owner else (frame.thing, frame.kind)
            for kept in dict.fromkeys(order):
                if kept and not set(tokens(kept)) <= set(tokens(said)):
                    yield frame.filled((("name", f"{said} {kept}"),))
        halves = _IN.split(said, maxsplit=1)
        if len(halves) == 2 and is_place(halves[1], view):
            yield frame.filled((("name", named(halves[0])), ("area", halves[1])))
    yield frame.filled(
        tuple(("area" if is_place(part, view) else "name", named(part)) for part in parts)
    )


class _Frame:
    """The last request with a gap where its targets stood."""

    def __init__(
        self, text: str, reading: Hypothesis, past: Past, is_home_word: Callable[[str], bool]
    ) -> None:
        self._reading = reading
        self._pieces: list[tuple[str, str]] = []
        """(slot or nothing, words) in order; the gap has no words."""
        own = {word for i in past.targets for word in called(past.view, i)}
        places = {w for area in past.view.areas() for w in tokens(area.name)}
        thing: list[str] = []
        gap = False
        for match in _SPOKEN.finditer(text):
            slot = next(
                (s for s in reading.slots if s.start < match.end() and match.start() < s.end), None
            )
            word = match[0]
            spoken = tokens(word)
            free = slot is None and any(is_home_word(w) or w in own for w in spoken)
            if (slot is not None and slot.name in _TARGETS) or (
                free and word.casefold() not in _SMALL | set(load().polarity)
            ):
                if not gap:
                    self._pieces.append(("", ""))
                    gap = True
                is_name = slot is None or slot.name in {"name", "device"}
                is_kind = any(is_home_word(w) and w not in places for w in spoken)
                owner = _OWNER.search(word) is not None
                in_place = any(w in places for w in spoken) and not is_kind
                if is_name and not owner and not in_place and word.casefold() not in _SMALL:
                    thing.append(word)
                continue
            if slot is not None and self._pieces and self._pieces[-1][0] == slot.name:
                name, words = self._pieces.pop()
                self._pieces.append((name, f"{words} {word}"))
            else:
                self._pieces.append((slot.name if slot is not None else "", word))
        if not gap:
            self._pieces.append(("", ""))
        self.thing = " ".join(thing)
        self.kind = " ".join(word for word in thing if is_home_word(tokens(word)[0]))

    def filled(self, targets: Sequence[tuple[str, str]]) -> Understanding:
        """Return the request with (slot, words) in the gap."""
        text = ""
        slots: list[Slot] = []
        for name, words in self._pieces:
            given = [(name, words)] if words else list(targets)
            for number, (slot, said) in enumerate(given):
                if not words:
                    text += " and the " if number and slot == "name" == given[0][0] else " the "
                text = f"{text} " if text and not text.endswith(" ") else text
                if slot:
                    slots.append(Slot(slot, len(text), len(text) + len(said), said))
                text += said
        reading = Hypothesis(
            self._reading.intent, 1.0, tuple(slots), self._reading.implied, "dialogue"
        )
        return Understanding(text, (Clause(0, len(text), (reading,)),), 0.0)
