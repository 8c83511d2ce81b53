"""What a question or a condition asks of the home, read from its words alone.

"Is there a window open", "it's above 23 outside", "whose bedroom is the warmest", "dryer still
tumbling". In: words. Out: an ``Inquiry``: a state or a quality, a bound it is held against, and the
words that are left, which say whose. Nothing is looked up in the home here, but its places are asked
which words are one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from hubagent.resolve import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.ports import Values
    from hubagent.resolve.lexicon import Lexicon, Quality
    from hubagent.resolve.places import Place
    from hubagent.types import Hypothesis

_SPOKEN = re.compile(r"[^\s,;!?]+")
_HOW_IS = re.compile(r"\b(how\s+\w+)['\u2019]s\b", re.IGNORECASE)
_PURPOSE = re.compile(r"\b(enough)\s+(?:to|for)\s+.*$", re.IGNORECASE)
"""What something is enough for is nobody's name: "warm enough to swim in"."""
_TAG = re.compile(
    r"[\s,]+(?:(?:is|are|was|were|has|have|had|does|do|did)(?:n['\u2019]?t)?\s+"
    r"(?:it|they|he|she|we|you|i|there)|or\s+(?:what|not|something)|innit|(?:,\s*)(?:right|yeah|yes|no|correct|huh|eh|true))\s*[?.!]*\s*$",
    re.IGNORECASE,
)
"""What makes a question of a statement: "the door's locked, isn't it"."""
_FRAME = re.compile(
    r"^\s*(?:\w+(?:\s+\w+)?,\s+)?(?:(?:hey|hi|ok|okay|so|um|oh|and|please|well|quick question)[,\s]+)*"
    r"(?:(?:can|could|would|will)\s+(?:you|i|we)\s+(?:please\s+|just\s+|quickly\s+)*)?(?:please\s+|just\s+)*"
    r"(?:(?P<soft>do\s+(?:you|we)\s+(?:happen\s+to\s+)?know|tell\s+me|let\s+me\s+know|(?:double[-\s])?check(?:\s+for\s+me)?"
    r"|find\s+out|confirm|remind\s+me(?:\s+of)?|(?:have\s+(?:you|we)\s+)?(?:got\s+)?any\s+idea|i(?:'d|\s+would)\s+like\s+to\s+know"
    r"|i\s+(?:want|need)\s+to\s+know|i\s+wonder|i(?:'m|\s+was|\s+am)\s+wondering|wondering|just\s+(?:checking|wondering)|give\s+me|report(?:\s+on)?"
    r"|(?:the\s+)?status\s+of|what\s+about|how\s+about|read\s+me|show\s+me|i\s+can'?t\s+remember|i\s+forget|i\s+forgot)"
    r"|(?:see|look|have\s+a\s+look|go\s+and\s+see)(?=\s+(?:if|whether)\b))"
    r"[,:]?\s+(?:(?P<whether>if|whether|that)\s+)?",
    re.IGNORECASE,
)
"""What stands before a question that is put as a wish to be told: "can you tell me if ..."."""
_TOLD = frozenset({"what", "whats", "which", "who", "whose", "how", "hows", "where", "wheres", "when", "is", "are"})  # fmt: skip
_IS = frozenset({"is", "are", "was", "were", "has", "have", "isnt", "arent"})
_SEES = frozenset({"see", "hear", "smell", "detect", "sense"})
_SUBJECT_FIRST = re.compile(r"\s*we['\u2019]re\b", re.IGNORECASE)
"""No "were", though their letters are the same."""
_SLOTS = ("name", "device", "area", "floor", "state")
_YES_NO = frozenset(
    [
        "is",
        "are",
        "was",
        "were",
        "isnt",
        "arent",
        "wasnt",
        "do",
        "does",
        "did",
        "didnt",
        "doesnt",
        "has",
        "have",
        "hasnt",
        "havent",
        "had",
        "am",
    ]
)
_DONE = frozenset({"did", "didnt", "has", "hasnt", "have", "havent"})
_WHICH = frozenset({"which", "whose", "who", "whos"})
_WHAT = frozenset({"what", "whats", "how", "hows", "where", "wheres"})
_OPENERS = frozenset(
    ["and", "so", "ok", "okay", "hey", "hi", "well", "oh", "hmm", "um", "er", "then", "but", "god", "gosh", "damn", "wait", "sorry", "no", "yes", "right", "now", "please", "quick", "hang", "ah", "crap"]
)  # fmt: skip
_STATEMENT = frozenset({"still", "yet", "alright", "okay"})
"""Words by which a sentence without a verb asks: "light still on in the coop"."""
_FINE = frozenset({"ok", "okay", "alright", "fine", "right", "properly", "normally", "yeah", "yes"})
"""Last words by which one does: "pump running ok"."""
_BLANK = "\u00a0"
"""Stands between the words of a name while states and qualities are looked for."""
_PLACED = frozenset({"in", "on", "at", "inside", "down", "up", "out", "over", "near"})
_SIDES = frozenset({"left", "right"})
_NOBODY = frozenset({"nobody", "nobodys", "none"})
_SOMEBODY = frozenset(
    {"anyone", "anybody", "someone", "somebody", "anyones", "anybodys", "someones", "somebodys"}
)
_ALL = frozenset({"all", "every", "everything", "everythings", "each", "both", "everyone"})
_ANY = frozenset({"any", "some", "anything", "something", "there", "theres", "a", "an"})
_NOT = frozenset({"not", "isnt", "arent", "wasnt", "hasnt", "havent", "no"})
_WISHES = frozenset({"can", "could", "would", "will", "please", "may", "shall", "lets"})
_OWNED = frozenset({"the", "my", "our", "a", "an", "his", "her", "this", "that"})
_HAPPENED = frozenset(
    ["been", "gone", "got", "done", "left", "shut", "gotten", "had", "begun", "stopped"]
)  # fmt: skip
"""Words behind "have the ..." by which it asks whether something happened."""
_FREEZING = {"freezing": 0.0, "zero": 0.0}
_SETS = frozenset(
    {"set", "change", "turn", "switch", "put", "make", "adjust", "bring", "move", "dim"}
)
"""First words of what asks for an extreme to be made, not told."""
_MOST_NUMBER_WORDS = 6
_SCALE = re.compile(r"fahrenheit|celsius|centigrade|\u00b0\s*[cf]", re.IGNORECASE)


class PlaceWords(Protocol):
    """Says whether words are a place of the home."""

    def find(self, said: str) -> Place:
        """Return the place that the words mean, perhaps an unknown one."""
        ...


@dataclass(frozen=True, slots=True)
class Bound:
    """A number that a value is held against: "above 23", "at most half"."""

    side: str
    """``above``, ``below``, ``least`` or ``most``."""
    value: float
    unit: str = ""
    """Words of the unit, if any were said."""

    def holds(self, value: float) -> bool:
        """Return whether a value is on that side."""
        if self.side == "above":
            return value > self.value
        if self.side == "below":
            return value < self.value
        return value >= self.value if self.side == "least" else value <= self.value


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question on the home, in words that are sorted but not yet looked up."""

    form: str
    """``is``, ``which``, ``many``, ``value``, ``most``, ``compare`` or ``statement``."""
    states: tuple[str, ...] = ()
    state_said: str = ""
    quality: Quality | None = None
    bound: Bound | None = None
    upward: bool = True
    """Of a comparison: whether more is what was asked for."""
    subject: tuple[str, ...] = ()
    """Words that say whose state it is, in order."""
    places: tuple[str, ...] = ()
    operands: tuple[str, ...] = ()
    """What is compared, in words."""
    all: bool = False
    any: bool = False
    negated: bool = False
    pronoun: bool = False
    somebody: bool = False
    ambient: bool = False
    """Said of a room or the air, not of a thing."""
    rooms: bool = False
    """Whether rooms are asked for, not what is in them."""
    closed: bool = False
    """Of a comparison: whether it is asked with yes or no: "is it colder outside than in here"."""

    @property
    def empty(self) -> bool:
        """Whether nothing was asked that a home could tell."""
        return not (self.states or self.quality or self.bound)


class CalledWords(Protocol):
    """Says where words are the name of a thing of the home."""

    def called(self, words: Sequence[str]) -> Sequence[tuple[int, int]]:
        """Return start and end of each name that stands in the words, in order."""
        ...


class Names(PlaceWords, CalledWords, Protocol):
    """What the words of a question are asked of the home."""

    def words(self) -> frozenset[str]:
        """Return every word of its names."""
        ...


def is_subject_first(said: str) -> bool:
    """Return whether words begin with "we're", which only looks like a question's "were"."""
    return _SUBJECT_FIRST.match(said) is not None


def without_tag(said: str) -> tuple[str, bool]:
    """Return what is said without a tag that makes it a question, and whether it had one."""
    found = _TAG.search(said)
    if found is None or not text.tokens(said[: found.start()])[1:]:
        return said, False
    return said[: found.start()], True


def without_frame(said: str, lexicon: Lexicon) -> tuple[str, str]:
    """Return a question without the words that ask to be told, and its form; no form if it is plain.

    "Can you tell me if the gate is shut" is "the gate is shut", asked with yes or no; "tell me a joke"
    is no question on a home, and "give me more light" none at all.
    """
    found = _FRAME.match(said)
    if found is None:
        return said, ""
    left = said[found.end() :]
    words = text.tokens(left)
    if not words:
        return said, ""
    form = form_of(words)
    if found["whether"]:
        return left, "is" if form == "statement" else form
    if words[0] in _TOLD:
        return left, "value" if form == "statement" else form
    states = any(lexicon.state_of(words[at : at + 1]) for at in range(len(words)))
    if found["soft"] and _IS & set(words) and states:
        return left, "is"
    measures = any(text.find(words, w) >= 0 for q in lexicon.qualities for w in q.words)
    nominal = words[0] in lexicon.skipped or measures
    if nominal and measures and not lexicon.requests & set(words) - {"on", "in", "level"}:
        return left, "value"
    return said, ""


class InquiryReader:
    """Sorts the words of questions and conditions."""

    def __init__(self, lexicon: Lexicon, values: Values) -> None:
        self._lexicon = lexicon
        self._values = values
        self._own_colours: frozenset[str] = frozenset()
        """Colours that are words of names in the home that is asked."""

    def read(self, said: str, names: Names, *, loose: bool = False) -> Inquiry:
        """Return what the words ask.

        Args:
            said: A question, or what stands behind "if".
            names: The places and things of the home.
            loose: Take words that do not tell what they are for a question: "nursery humidity".
        """
        said = _PURPOSE.sub(r"\1", _HOW_IS.sub(r"\1 is", said))
        self._own_colours = names.words() & frozenset(text.tokens(said))
        said, tagged = without_tag(said)
        said, framed = without_frame(said, self._lexicon)
        form = framed or form_of(text.tokens(said))
        if form == "statement" and (tagged or loose):
            form = "is" if tagged else "value"
        if is_subject_first(said):
            form = "statement"
        elif not framed and form == "statement" and self._is_verbless(said):
            form = "is"
        bound, left = self._bound(said)
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
        found, words = self._places(words, names)
        subject = tuple(part for word in self._content(words) for part in word.split(_BLANK))
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
        subject = tuple(w for words in things for w in self._content(list(text.tokens(words))))
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

    # -- bounds ------------------------------------------------------------------------------------

    def _bound(self, said: str) -> tuple[Bound | None, str]:
        """Return the bound said, and the words without it.

        Of "cooler on the balcony than twenty three", "cooler" is the side and "than" leads the number.
        """
        tokens = [(m.start(), m.end(), "".join(text.tokens(m[0]))) for m in _SPOKEN.finditer(said)]
        for index, (start, _, word) in enumerate(tokens):
            phrase, size = self._lexicon.side_at(tuple(t[2] for t in tokens[index : index + 4]))
            if not phrase:
                continue
            number = self._number(tokens[index + size :], said)
            if number is not None:
                value, end, unit = number
                return Bound(phrase, value, unit), f"{said[:start]} {said[end:]}"
            if word == "than":
                continue
        than = next((i for i, token in enumerate(tokens) if token[2] == "than"), None)
        if than is None:
            return None, said
        number = self._number(tokens[than + 1 :], said)
        if number is None:
            return None, said
        value, end, unit = number
        for start, stop, word in tokens[:than]:
            quality = self._lexicon.comparatives.get((word,))
            if quality is not None:
                side = "above" if quality[1] else "below"
                left = f"{said[:start]} {quality[0]} {said[stop : tokens[than][0]]} {said[end:]}"
                return Bound(side, value, unit), left
        return None, said

    def _number(
        self, tokens: Sequence[tuple[int, int, str]], said: str
    ) -> tuple[float, int, str] | None:
        """Return the number that the next words are, where it ends, and the words of its unit."""
        if tokens and tokens[0][2] in _FREEZING:
            return _FREEZING[tokens[0][2]], tokens[0][1], "celsius"
        for size in range(min(_MOST_NUMBER_WORDS, len(tokens)), 0, -1):
            words = said[tokens[0][0] : tokens[size - 1][1]].strip(" .")
            value = self._values.number(words)
            if value is not None:
                unit = next(
                    (t[2] for t in reversed(tokens[:size]) if t[2] in self._lexicon.units), ""
                )
                scale = _SCALE.search(words)
                after = tokens[size][2] if size < len(tokens) else ""
                end = tokens[size - 1][1]
                if not unit and after in self._lexicon.units:
                    unit, end = after, tokens[size][1]
                return value, end, scale[0] if scale else unit
        return None

    # -- states, qualities, comparisons ------------------------------------------------------------

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
                    subject = self._content(left)
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
        left = [w for w in (behind[:joint] or before) if self._is_content(w) or w.isdigit()]
        if not left:
            left = [w for w in before if self._is_content(w) or w.isdigit()]
        right = [w for w in behind[joint + 1 :] if self._is_content(w) or w.isdigit()]
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
            quality, _ = self._quality(
                words
            )  # "dry" is a state of a leak sensor and a quality of air
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
                is_place = part[-1] in _PLACED and behind and behind[0] in {"the", "my", "our"}
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

    # -- what is left ------------------------------------------------------------------------------

    def _places(self, words: list[str], places: PlaceWords) -> tuple[tuple[str, ...], list[str]]:
        """Return the places that stand behind "in" and the like, and the words without them."""
        found: list[str] = []
        left: list[str] = []
        index = 0
        while index < len(words):
            size = self._place_at(words, index, places)
            if size:
                found.append(" ".join(words[index : index + size]))
                index += size
            else:
                left.append(words[index])
                index += 1
        return tuple(found), left

    def _place_at(self, words: list[str], index: int, places: PlaceWords) -> int:
        leads = index > 0 and words[index - 1] in _PLACED
        if tuple(words[index : index + 2]) in {
            ("in", "here"),
            ("down", "there"),
            ("up", "there"),
            ("out", "there"),
        }:
            return 2
        if index and words[index:] == ["out"]:  # "how cold is it out"
            return 1
        for size in range(min(5, len(words) - index), 0, -1):
            part = tuple(words[index : index + size])
            if part in self._lexicon.outside or (part in self._lexicon.upper | self._lexicon.lower):
                return size
            if part[0] in {"the", "a"} and not leads:
                continue
            if leads and any(self._is_content(word) for word in part):
                place = places.find(" ".join(part))
                if not place.unknown and self._is_content(part[-1]):
                    return size
        return 0

    def _content(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return the words that say whose state is asked for; "left" where it is the left one."""
        found = []
        for index, word in enumerate(words):
            side = word in _SIDES and index > 0 and words[index - 1] in {"the", "my", "our"}
            if side or self._is_content(word):
                found.append(word)
        return tuple(found)

    def _is_content(self, word: str) -> bool:
        """Return whether a word may say whose state is asked for."""
        if (text.singular(word),) in self._lexicon.kind_words:
            return True
        if word in self._lexicon.fillers | self._lexicon.skipped:
            return False
        if self._values.colour(word) is not None and word not in self._own_colours:
            return False
        return word not in self._lexicon.carriers or (
            self._lexicon.is_own_word(word) and word not in _PLACED
        )


def form_of(words: tuple[str, ...]) -> str:
    """Return how a question is put; ``statement`` if its words do not tell that it is one."""
    while words and words[0] in _OPENERS:
        words = words[1:]
    words = words[1:] if words[:1] == ("the",) and words[1:3] == ("number", "of") else words
    if not words:
        return "statement"
    if ("how" in words and "many" in words) or words[:2] in {("number", "of"), ("count", "of")}:
        return "many"
    if words[0] in _WHICH:
        return "which"
    if (
        words[0] in {"what", "whats"}
        and len(words) > 2
        and (words[-1] in {"on", "off", "open"} or words[1] in {"rooms", "devices", "things"})
        and (text.singular(words[1]) != words[1])
    ):
        return "which"
    if words[0] in _WHAT or (words[0] == "when" and words[1:2] and words[1] in _YES_NO):
        return "value"  # "when it gets dark" asks nothing
    if is_causative(words):
        return "statement"
    if words[:2] in {("can", "you"), ("could", "you")} and words[2:3] and words[2] in _SEES:
        return "is"
    if words[0] in _YES_NO or words[0] in {"any", "anyone", "anybody", "anything"}:
        return "is"
    return "is" if _STATEMENT & set(words) else "statement"


def is_causative(words: tuple[str, ...]) -> bool:
    """Return whether words that begin like a question ask for something: "have the lamp come on".

    "Do the window in pink", and not "do we", "have the kids gone".
    """
    if len(words) < 3 or words[0] not in {"do", "have"} or words[1] not in _OWNED:
        return False
    return words[0] == "do" or not any(
        word in _HAPPENED or (word.endswith("ed") and len(word) > 4) for word in words[2:]
    )


def _joined(words: list[str], first: str, said: list[str]) -> bool:
    """Return whether "and" stands between two states."""
    behind = words[words.index(first) + 1 :]
    return bool(behind) and behind[0] == "and" and said[0].split()[0] in behind[1:2]
