"""Reads what a question or a condition asks of the home from its words alone.

"Is there a window open", "it's above 23 outside", "whose bedroom is the warmest", "dryer still
tumbling". In: words. Out: an ``Inquiry``. Nothing is looked up in the home here, but its places are
asked which words are one.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.inquiry import Inquiry
from hubagent.resolve.inquiry_bounds import BoundReader
from hubagent.resolve.inquiry_content import PLACED, ContentWords
from hubagent.resolve.question_forms import (
    form_of,
    is_subject_first,
    without_frame,
    without_tag,
)

if TYPE_CHECKING:
    from hubagent.ports import Values
    from hubagent.resolve.inquiry import CalledWords, Names
    from hubagent.resolve.lexicon import Lexicon, Quality
    from hubagent.types import Hypothesis

_HOW_IS = re.compile(r"\b(how\s+\w+)['\u2019]s\b", re.IGNORECASE)
_PURPOSE = re.compile(r"\b(enough)\s+(?:to|for)\s+.*$", re.IGNORECASE)
"""What something is enough for is nobody's name: "warm enough to swim in"."""
_SLOTS = ("name", "device", "area", "floor", "state")
_DONE = frozenset({"did", "didnt", "has", "hasnt", "have", "havent"})
_FINE = frozenset({"ok", "okay", "alright", "fine", "right", "properly", "normally", "yeah", "yes"})
"""Last words by which one does: "pump running ok"."""
_BLANK = "\u00a0"
"""Stands between the words of a name while states and qualities are looked for."""
_NOBODY = frozenset({"nobody", "nobodys", "none"})
_SOMEBODY = frozenset(
    {"anyone", "anybody", "someone", "somebody", "anyones", "anybodys", "someones", "somebodys"}
)
_ALL = frozenset({"all", "every", "everything", "everythings", "each", "both", "everyone"})
_ANY = frozenset({"any", "some", "anything", "something", "there", "theres", "a", "an"})
_NOT = frozenset({"not", "isnt", "arent", "wasnt", "hasnt", "havent", "no"})
_WISHES = frozenset({"can", "could", "would", "will", "please", "may", "shall", "lets"})
_SETS = frozenset(
    {"set", "change", "turn", "switch", "put", "make", "adjust", "bring", "move", "dim"}
)
"""First words of what asks for an extreme to be made, not told."""


class InquiryReader:
    """Sorts the words of questions and conditions."""

    def __init__(self, lexicon: Lexicon, values: Values) -> None:
        self._lexicon = lexicon
        self._bounds = BoundReader(lexicon, values)
        self._words = ContentWords(lexicon, values)

    def read(self, said: str, names: Names, *, loose: bool = False) -> Inquiry:
        """Return what the words ask.

        Args:
            said: A question, or what stands behind "if".
            names: The places and things of the home.
            loose: Take words that do not tell what they are for a question: "nursery humidity".
        """
        said = _PURPOSE.sub(r"\1", _HOW_IS.sub(r"\1 is", said))
        self._words.own_colours = names.words() & frozenset(text.tokens(said))
        said, tagged = without_tag(said)
        said, framed = without_frame(said, self._lexicon)
        form = framed or form_of(text.tokens(said))
        if form == "statement" and (tagged or loose):
            form = "is" if tagged else "value"
        if is_subject_first(said):
            form = "statement"
        elif not framed and form == "statement" and self._is_verbless(said):
            form = "is"
        bound, left = self._bounds.read(said)
        words = list(text.tokens(left))
        if words and words[0] in _DONE:  # "did anyone lock the door"
            words = ["locked" if word == "lock" else word for word in words]
        inquiry = Inquiry(
            form,
            bound=bound,
            all=bool(_ALL & set(words)),
            any=bool((_ANY | _SOMEBODY) & set(words)),
            negated=bool((_NOT | _NOBODY) & set(words)) or "no one" in said.casefold(),
            somebody=bool((_SOMEBODY | _NOBODY) & set(words)) or "no one" in said.casefold(),
        )
        compared = self._compared(inquiry, words, left)
        if compared is not None:
            return compared
        words = self._joined_names(words, names)
        inquiry, words = self._asked(inquiry, words)
        if inquiry.form == "which" and {"room", "rooms"} & set(words[:3]):
            words = [word for word in words if word not in {"room", "rooms"}]
            inquiry = replace(inquiry, rooms=True)
        found, words = self._words.places(words, names)
        subject = tuple(part for word in self._words.content(words) for part in word.split(_BLANK))
        pronoun = not subject and any(
            word in self._lexicon.pronouns or word == "its" for word in words
        )
        return replace(inquiry, subject=subject, places=found, pronoun=pronoun)

    def with_slots(self, inquiry: Inquiry, reading: Hypothesis) -> Inquiry:
        """Return what is asked, its thing, place and state as a reading of the model has found them."""
        slots = {name: [s.text for s in reading.slots if s.name == name] for name in _SLOTS}
        states, state_said, quality = inquiry.states, inquiry.state_said, inquiry.quality
        if not states and slots["state"] and (quality is None or inquiry.form == "is"):
            state = self._lexicon.state(slots["state"][0])
            states, state_said = ((state,), slots["state"][0]) if state else ((), "")
            quality = None if states else quality
        if quality is None and reading.intent == "HassClimateGetTemperature":
            states, state_said = (), ""
            quality = self._lexicon.quality("temperature")
        things = [*slots["name"], *slots["device"]]
        subject = tuple(
            w for words in things for w in self._words.content(list(text.tokens(words)))
        )
        places = (*slots["area"], *slots["floor"]) or inquiry.places
        form = "is" if states and inquiry.form == "value" else inquiry.form
        everything = text.tokens(" ".join(things)) in self._lexicon.everything
        return replace(
            inquiry,
            form=form,
            states=states,
            state_said=state_said,
            quality=quality,
            subject=() if everything else subject,
            places=tuple(dict.fromkeys(places)),
        )

    def _joined_names(self, words: list[str], names: CalledWords) -> list[str]:
        """Return the words with a name as one word, where part of it would be asked for by itself.

        "Are we in guest mode" asks for no mode, "is the open sign on" for nothing open. What a sensor
        measures is part of its name and asked for all the same: "the vat temperature".
        """
        asks = {
            w for quality in self._lexicon.qualities for phrase in quality.words for w in phrase
        }
        for start, end in reversed(names.called(words)):
            own = [
                self._lexicon.state_of((word,)) is not None or word in asks
                for word in words[start:end]
            ]
            own = [
                found or word in self._lexicon.noun_states
                for found, word in zip(own, words[start:end], strict=True)
            ]
            inner = own[:-1] if words[end - 1] not in {"mode", "level"} else own
            if any(inner) and not all(own):
                words = [*words[:start], _BLANK.join(words[start:end]), *words[end:]]
        return words

    def _is_verbless(self, said: str) -> bool:
        """Return whether words without a verb ask: "freezer ok?", "nursery warm enough"."""
        words = text.tokens(said)
        if not words or words[0] in self._lexicon.pronouns | {"thats", "its"}:
            return False
        running = [word for word in words[1:] if word not in _FINE]
        goes_on = bool(running) and running[-1].endswith("ing")
        goes_on = goes_on and not {"to", "into", "on", "for"} & set(running[-2:-1])
        asks = said.rstrip().endswith("?") or words[-1] == "enough" or words[-1] in _FINE
        asks = asks or (goes_on and self._lexicon.state_of((running[-1],)) is not None)
        verbs = {w for w in words[1:] if self._lexicon.state_of((w,)) is None} | {words[0]}
        return asks and not verbs & (self._lexicon.requests | _WISHES)

    def _compared(self, inquiry: Inquiry, words: list[str], said: str) -> Inquiry | None:
        """Return the inquiry as a comparison of things, if it is one."""
        sets = inquiry.form == "statement" and words and words[0] in _SETS
        if inquiry.bound is not None or sets:  # "set the brightness to the lowest"
            return None
        for table, form in (
            (self._lexicon.superlatives, "most"),
            (self._lexicon.comparatives, "compare"),
        ):
            for phrase, (name, upward) in table.items():
                at = text.find(tuple(words), phrase)
                if at < 0:
                    continue
                quality = self._lexicon.quality(name)
                left = [*words[:at], *words[at + len(phrase) :]]
                if form == "most":
                    if quality is None:
                        quality, left = self._quality(left)
                    subject = self._words.content(left)
                    if quality is None:
                        return None
                    return replace(
                        inquiry, form=form, quality=quality, upward=upward, subject=subject
                    )
                operands = self._operands(said, phrase)
                if len(operands) > 1 and quality is not None:
                    return replace(
                        inquiry,
                        form=form,
                        quality=quality,
                        upward=upward,
                        operands=operands,
                        closed=inquiry.form == "is" and "than" in words,
                    )
        return None

    def _operands(self, said: str, phrase: tuple[str, ...]) -> tuple[str, ...]:
        """Return what is compared: "greenhouse one more humid than two" -> both in full."""
        words = text.tokens(said)
        at = text.find(words, phrase)
        before, behind = words[:at], words[at + len(phrase) :]
        joint = next((i for i, word in enumerate(behind) if word in {"or", "than"}), None)
        if joint is None:
            return ()
        left = [w for w in (behind[:joint] or before) if self._words.is_content(w) or w.isdigit()]
        if not left:
            left = [w for w in before if self._words.is_content(w) or w.isdigit()]
        right = [w for w in behind[joint + 1 :] if self._words.is_content(w) or w.isdigit()]
        if not left and behind[joint + 1 :]:
            left = ["here"]
        if not right and "here" in behind[joint + 1 :]:
            right = ["here"]
        if not right:
            return ()
        if len(right) == 1 and right[0].isdigit() and left[-1].isdigit():
            right = [*left[:-1], *right]
        return " ".join(left), " ".join(right)

    def _asked(self, inquiry: Inquiry, words: list[str]) -> tuple[Inquiry, list[str]]:
        """Return the inquiry with its state or quality, and the words without them."""
        if inquiry.bound is not None or inquiry.form == "value":
            quality, left = self._quality(words)
            states, state_said, other = self._states(words) if quality is None else ((), "", words)
            open_ended = len(words) > 1 and words[0] in {"what", "whats"}
            open_ended = open_ended and words[1] not in self._lexicon.skipped - {"on"}
            if inquiry.bound is None and states and open_ended:  # "what's still on downstairs"
                return replace(inquiry, form="which", states=states, state_said=state_said), other
            return replace(inquiry, quality=quality), left
        states, state_said, left = self._states(words)
        if states:
            # "Dry" is a state of a leak sensor and a quality of air; "need charging" is a charge.
            quality, without = self._quality(words)
            if quality is not None and quality.name == "battery" and "need" in "".join(words):
                return replace(inquiry, quality=quality), without
            return replace(inquiry, states=states, state_said=state_said, quality=quality), left
        quality, left = self._quality(words)
        if quality is not None:
            return replace(inquiry, quality=quality), left
        for size in (2, 1):
            for index in range(len(words) - size + 1):
                state = self._lexicon.noun_states.get(" ".join(words[index : index + size]))
                if state is not None and not (index and words[index - 1] == "of"):
                    rest = [*words[:index], *words[index + size :]]
                    return replace(inquiry, states=(state,), state_said=state), rest
        if inquiry.somebody:
            return replace(inquiry, states=("occupied",), state_said="occupied"), words
        return inquiry, words

    def _states(self, words: list[str]) -> tuple[tuple[str, ...], str, list[str]]:
        """Return the states asked about, the last first, their words, and what is left.

        "Shut and locked" are two; the "on" of "on the balcony" is none.
        """
        found: list[str] = []
        said: list[str] = []
        left = list(words)
        for size in (3, 2, 1):
            for start in range(len(left) - size, -1, -1):
                part = left[start : start + size]
                state = self._lexicon.state_of(tuple(part))
                behind = left[start + size : start + size + 1]
                is_place = part[-1] in PLACED and behind and behind[0] in {"the", "my", "our"}
                loose = part[-1] in {"up", "down"} and behind  # "up in the loft" is a place
                if (
                    state is None
                    or is_place
                    or loose
                    or (start == 0 and size == 1 and len(left) > 1)
                ):
                    continue
                if found and (len(found) > 1 or not _joined(words, part[0], said)):
                    continue
                found.append(state)
                said.insert(0, " ".join(part))
                left[start : start + size] = [","]
        return tuple(dict.fromkeys(found)), " and ".join(said), [w for w in left if w != ","]

    def _quality(self, words: list[str]) -> tuple[Quality | None, list[str]]:
        best: tuple[int, int, Quality] | None = None
        said = tuple(words)
        for quality in self._lexicon.qualities:
            for phrase in quality.words:
                if phrase[0] not in said:
                    continue  # nearly always, so this is quick
                at = text.find(said, phrase)
                if at >= 0 and (best is None or len(phrase) > best[0]):
                    best = (len(phrase), at, quality)
        if best is None and "set" in words and words[-1] in {"to", "at"}:
            # "what did I set the oven to"
            return self._lexicon.quality("target"), [w for w in words if w != "set"]
        if best is None:
            return None, words
        size, at, quality = best
        left = [*words[:at], *words[at + size :]]
        if quality.name == "temperature" and "set" in left:
            return self._lexicon.quality("target"), [word for word in left if word != "set"]
        return quality, left


def _joined(words: list[str], first: str, said: list[str]) -> bool:
    """Return whether "and" stands between two states."""
    behind = words[words.index(first) + 1 :]
    return bool(behind) and behind[0] == "and" and said[0].split()[0] in behind[1:2]
