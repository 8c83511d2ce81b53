"""The resolver's words (``words.toml``): kinds of device, amounts, steps, states, small words."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hubagent.resolve import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hubagent.types import Entity

_ONE = re.compile(r"\bones\s*$", re.IGNORECASE)
FITS = 1.0
CALLED = 0.8
"""Its own name has the word: a switch called "porch light" is a light to its owner."""
ALIKE = 0.75
"""People call it so, too: the shade of a window is a blind where no other is."""
NEAR = 0.5
SAME = 0.95
"""How surely two words for the same thing are the same: "telly" and "tv"."""
_ONLY_SWITCH = frozenset({"switch", "input_boolean"})


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of device as people name it."""

    name: str
    words: tuple[tuple[str, ...], ...]
    """Each as singular tokens; the first is the general one."""
    fits: Mapping[str, tuple[str, ...]]
    near: tuple[str, ...]
    together: bool
    alike: tuple[str, ...] = ()
    strict: bool = False
    """Whether a near class counts only for what is called so: no other door is the garage door."""

    def fit(self, entity: Entity) -> float:
        """Return how well the entity is of this kind: 1, 0.75, 0.5 or 0."""
        classes = self.fits.get(entity.domain)
        if classes is None:
            return 0.0
        if not classes or entity.device_class in classes:
            return FITS
        if entity.device_class in self.alike:
            return ALIKE
        return NEAR if not entity.device_class or entity.device_class in self.near else 0.0


@dataclass(frozen=True, slots=True)
class Said:
    """A kind found in a mention: which, by which words, where, and whether in the plural."""

    kind: Kind
    words: tuple[str, ...]
    start: int
    plural: bool

    @property
    def general(self) -> bool:
        """Whether the general word of the kind was used ("light", not "lamp")."""
        return self.words == self.kind.words[0]


@dataclass(frozen=True, slots=True)
class Quality:
    """Something that can be asked of a thing, such as its temperature."""

    name: str
    words: tuple[tuple[str, ...], ...]
    classes: tuple[str, ...]
    attributes: Mapping[str, str]


class Lexicon:
    """Look-ups over the words; every text is compared as tokens."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.kinds = tuple(_kind(name, table) for name, table in data["kinds"].items())
        self.own_kinds = frozenset(
            text.singulars(text.tokens(words))
            for table in data["kinds"].values()
            for words in table.get("own", ())
        )
        small = data["small"]
        self.requests = _words(small["requests"])
        self.skipped = _words(small["skipped"])
        self.weak = _words(small["weak"])
        self.all = _words(small["all"])
        self.both = _words(small["both"])
        self.pronouns = _words(small["pronouns"])
        self.everything = _phrases(small["everything"])
        self.here = _phrases(small["here"])
        self.everywhere = _phrases(small["everywhere"])
        self.upper = _phrases(small["upper"])
        self.lower = _phrases(small["lower"])
        launch = data["launch"]
        self.launch = frozenset(text.singulars(text.tokens(words)) for words in launch["starts"])
        self.launch_small = frozenset(text.singulars(text.tokens(launch["small"])))
        doings = data["doings"]
        self.doing_ends = _words(doings["ends"])
        self.doings = {verb: frozenset(names) for verb, names in doings["verbs"].items()}
        things = data["things"]
        self.main_light = _words(things["main_light"])
        self.same_things = tuple(
            frozenset(text.singulars(text.tokens(words)) for words in group)
            for group in things["same"]
        )
        rooms = data["rooms"]
        self.same_rooms = tuple(_phrases(group) for group in rooms["same"])
        self.spoken_places = {text.tokens(w): how for w, how in rooms["spoken"].items()}
        self.outdoor_sides = {
            side: (frozenset(table["called"]), frozenset(table["usual"]))
            for side, table in rooms["sides"].items()
        }
        self.outside = _phrases(rooms["outside"])
        self.inside = _phrases(rooms["inside"])
        self.outdoor = _words(rooms["outdoor"])
        self.amounts = {text.tokens(words): value for words, value in data["amounts"].items()}
        self.steps = {text.tokens(words): value for words, value in data["steps"].items()}
        self.states: Mapping[str, Mapping[str, list[str]]] = {
            **data["states"],
            **data["asked_states"],
        }
        self._state_words = {text.tokens(w): state for w, state in data["state_words"].items()}
        self._asked_words = {text.tokens(w): state for w, state in data["asked_words"].items()}
        self.qualities = tuple(_quality(name, item) for name, item in data["qualities"].items())
        self.noun_states: Mapping[str, str] = data["noun_states"]
        self.comparatives = _degrees(data["comparatives"])
        self.superlatives = _degrees(data["superlatives"])
        self.spoken_states: Mapping[str, Mapping[str, str]] = data["spoken_states"]
        self._sides = {text.tokens(w): side for side, ws in data["sides"].items() for w in ws}
        self.units = frozenset(data["units"]["words"])
        self.fillers = _words(data["fillers"]["words"].split())
        self.kind_words = {words for kind in self.kinds for words in kind.words}
        kind_words = {word for kind in self.kinds for words in kind.words for word in words}
        state_words = _words([*data["states"], *data["state_words"]])
        nouns = {words[0] for words in self.kind_words if len(words) == 1}
        self.carriers = _words(data["carriers"]["words"].split()) | (state_words - nouns)
        self._own = frozenset(text.singular(word) for word in {*small["places"], *kind_words})
        self._by_words: dict[tuple[str, ...], list[Kind]] = {}
        for kind in self.kinds:
            for words in kind.words:
                self._by_words.setdefault(words, []).append(kind)
        self._longest = max(map(len, self._by_words))
        self._same_words: Mapping[str, str] = {
            word: group[0] for group in data["things"]["same_words"] for word in group
        }
        self._ordinals: Mapping[str, str] = data["things"]["ordinals"]
        self._known = frozenset(_words_within(data))

    def knows(self, word: str) -> bool:
        """Return whether a word is one of those that requests and questions are read by."""
        return word in self._known

    def plain(self, word: str) -> str:
        """Return a word in the singular, and the usual one of those that say the same: "tv"."""
        single = text.singular(word)
        return self._same_words.get(single, single)

    def is_own_word(self, word: str) -> bool:
        """Return whether it is a common word of homes, so never a misspelling of another."""
        return text.singular(word) in self._own

    def same(self, said: str, known: str) -> float:
        """Return how surely two words are the same; common words of homes must be equal."""
        if text.singular(said) == text.singular(known):
            return 1.0
        if self.plain(said) == self.plain(known):
            return SAME
        if known.isdigit():
            return SAME if self._ordinals.get(said) == known else 0.0
        if self.is_own_word(said) or (self.is_own_word(known) and said[:1] != known[:1]):
            return 0.0  # "night" is no slip of "light"
        return text.likeness(said, known)

    def weight(self, word: str) -> float:
        """Return how much a word tells which thing is meant: a kind or a weak word tells little."""
        if word in self.weak:
            return 0.3
        return 0.4 if (text.singular(word),) in self.kind_words else 1.0

    def headed_otherwise(self, name: tuple[str, ...], kind: Kind) -> bool:
        """Return whether a name ends in another kind of thing: a fan heater is a heater, no fan.

        What only switches something may be called after it: the Fan Plug is the fan's.
        """
        head = self._by_words.get((text.singular(name[-1]),), ()) if name else ()
        return bool(head) and not any(
            item is kind or item.fits.keys() <= _ONLY_SWITCH for item in head
        )

    def content(self, words: str) -> tuple[str, ...]:
        """Return the tokens that name something, without articles, quantifiers and the like."""
        small = self.skipped | self.all | self.both
        spoken = text.tokens(words)
        numbering = {
            n
            for n, (word, behind) in enumerate(pairwise(spoken))
            if word == "number" and behind.isdigit()
        }
        found = tuple(w for n, w in enumerate(spoken) if w not in small and n not in numbering)
        # "The bedroom one" is no thing with a number; "heater one" may be.
        return found[:-1] if _ONE.search(words) and len(found) > 1 else found

    def kinds_of(self, words: tuple[str, ...]) -> tuple[Said, ...]:
        """Return the kinds that the last words may name, the longest first."""
        singulars = text.singulars(words)
        plural = bool(words) and words[-1] != singulars[-1]
        sizes = range(min(self._longest, len(words)), 0, -1)
        return tuple(
            Said(kind, singulars[-size:], len(words) - size, plural)
            for size in sizes
            for kind in self._by_words.get(singulars[-size:], ())
        )

    def kind_named(self, domain: str, device_class: str = "") -> Kind:
        """Return the kind for a domain and class that the understanding itself fixed."""
        return Kind(
            name=device_class or domain,
            words=((device_class or domain,),),
            fits={domain: (device_class,) if device_class else ()},
            near=(),
            together=domain in {"light", "cover"},
        )

    def may_be(self, kind: Kind, entity: Entity) -> bool:
        """Return whether a thing without a class may be of a kind: no Bedroom Curtains are an awning."""
        name = text.singulars(text.tokens(entity.name))
        others = {
            device_class
            for words in {name[-size:] for size in range(1, self._longest + 1)}
            for other in self._by_words.get(words, ())
            for device_class in other.fits.get(entity.domain, ())
        }
        return not others or not others.isdisjoint(
            {*kind.fits[entity.domain], *kind.near, *kind.alike}
        )

    def called(self, kind: Said, entity: Entity) -> bool:
        """Return whether the entity's own name or an alias has the words of the kind."""
        return any(
            text.find(text.singulars(name), kind.words) >= 0
            and not self.headed_otherwise(name, kind.kind)
            for name in map(text.tokens, (entity.name, *entity.aliases))
        )

    def state(self, words: str) -> str | None:
        """Return the state that the words ask about, such as ``open``."""
        said = tuple(
            word for word in text.tokens(words) if word not in self.skipped or word == "on"
        )
        plain = " ".join(said)
        return plain if plain in self.states else self._state_words.get(said)

    def state_of(self, words: tuple[str, ...]) -> str | None:
        """Return the state that exactly these words are."""
        plain = " ".join(words)
        if plain in self.states:
            return plain
        return self._state_words.get(words) or self._asked_words.get(words)

    def side_at(self, words: tuple[str, ...]) -> tuple[str, int]:
        """Return the side of a number that the first words say, and how many they are."""
        for size in range(len(words), 0, -1):
            side = self._sides.get(words[:size])
            if side is not None:
                return side, size
        return "", 0

    def quality(self, name: str) -> Quality | None:
        """Return the quality of that name."""
        return next((quality for quality in self.qualities if quality.name == name), None)

    def can_be(self, entity: Entity, state: str) -> bool:
        """Return whether the entity is a thing that can be in that state."""
        able = self.states[state].get("of")
        whole = f"{entity.domain}.{entity.device_class}"
        named = self.states[state].get("named")
        if named and entity.domain == "binary_sensor":
            return whole in (able or ()) and bool({*named} & {*text.tokens(entity.name)})
        return able is None or entity.domain in able or whole in able

    def is_in_state(self, entity: Entity, value: object, state: str) -> bool:
        """Return whether the entity's state is one that ``state`` means for it."""
        table = self.states[state]
        return value in table.get(entity.domain, table.get("*", []))


def _words(words: list[str]) -> frozenset[str]:
    return frozenset(token for item in words for token in text.tokens(item))


def _words_within(data: object) -> Iterator[str]:
    """Yield every word of a table, of its keys and of what stands in them."""
    if isinstance(data, str):
        yield from text.tokens(data)
    elif isinstance(data, dict):
        for key, value in data.items():
            yield from _words_within(key)
            yield from _words_within(value)
    elif isinstance(data, list):
        for value in data:
            yield from _words_within(value)


def _phrases(words: list[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(text.tokens(item) for item in words)


def _degrees(table: Mapping[str, str]) -> dict[tuple[str, ...], tuple[str, bool]]:
    """Return words -> quality (empty if the words do not say which) and whether more is meant."""
    return {text.tokens(words): (said[:-1], said[-1] == "+") for words, said in table.items()}


def _kind(name: str, table: Mapping[str, Any]) -> Kind:
    return Kind(
        name=name,
        words=tuple(text.singulars(text.tokens(words)) for words in table["words"]),
        fits={domain: tuple(classes) for domain, classes in table["fits"].items()},
        near=tuple(table.get("near", ())),
        alike=tuple(table.get("alike", ())),
        together=table.get("together", False),
        strict=table.get("strict", False),
    )


def _quality(name: str, table: Mapping[str, Any]) -> Quality:
    return Quality(
        name=name,
        words=tuple(text.tokens(words) for words in table["words"]),
        classes=tuple(table["classes"]),
        attributes=table["attributes"],
    )


@cache
def load() -> Lexicon:
    """Return the lexicon of the package, read once."""
    source = resources.files("hubagent.resolve").joinpath("words.toml")
    return Lexicon(tomllib.loads(source.read_text(encoding="utf-8")))
