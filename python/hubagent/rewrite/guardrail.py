"""What no learning may overrule: the guard-rails of rewriting, all of them, in one place.

Words in, an objection or ``None`` out; pure. Asked when a pair is learned, imported and promoted, and
again each time before it is applied, as a home changes and a target may have become dangerous.
After the method sheet, sections 1.7 and 3.5: Ponnusamy et al. (arXiv 1911.02557) block sensitive and
worse rewrites, the collaborative rewriting of Chen et al. (arXiv 2305.14449) has guard-rail features;
which rules there are, and that they are rules and no features, is of our own design. A rule that cannot
tell objects: a pair refused costs a rephrase, a wrong one moves the wrong thing.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from hubagent.errors import UnknownEntityError
from hubagent.evidence import Objection, Rule, Stage, source_key
from hubagent.rewrite.documents import MOST_CHARACTERS, speakable
from hubagent.rewrite.home import HomeWords
from hubagent.rewrite.opposites import near_poles, poles, signs
from hubagent.rewrite.senses import (
    corrects,
    is_another_noun,
    is_question,
    is_time,
    kinds_of,
    sounds_alike,
)
from hubagent.rewrite.words import is_one_script, lexicon, numbers, singular, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hubagent.evidence import Pair
    from hubagent.ports import ContextView
    from hubagent.rewrite.words import Axis
    from hubagent.types import Command, Entity

_MOST_WORDS = 25
_LONGER = 3
"""A target has at most so many times the words of its source, and six more."""
_HOTTEST_C, _HOTTEST_F = 30.0, 86.0
"""As in the resolver: a room is never made hotter without a question."""
_SURELY_F = 50.0
"""Numbers from here to the hottest in Fahrenheit are a mild room in that scale."""
_STARTED = frozenset({"script", "scene", "button", "automation", "input_button"})


class Guardrail:
    """Implements :class:`hubagent.ports.Guard`."""

    def __init__(self, *, sensitive: Callable[[Entity], bool]) -> None:
        """Keep how to tell what is sensitive.

        Args:
            sensitive: Whether a thing is never moved on a guess; the resolver's own rule.
        """
        self._sensitive = sensitive
        self._home: tuple[ContextView, HomeWords] | None = None
        self._rules: tuple[Callable[[_Both], Objection | None], ...] = (
            _text, _length, _sensitive_words, _heat, _generic, _question, _negation, _numbers,
            _times, _polarity, _entities,
        )  # fmt: skip

    def objection(
        self,
        source: str,
        target: str,
        view: ContextView | None,
        *,
        commands: Sequence[Command] = (),
    ) -> Objection | None:
        """Return why these words must not stand for those, or ``None``.

        Args:
            source: What is heard.
            target: What would be understood instead.
            view: The home now; without it only the words are looked at.
            commands: What the target would do now, if that is known.
        """
        both = _Both(source, target, self._words_of(view) if view is not None else None)
        for rule in self._rules:
            found = rule(both)
            if found is not None:
                return found
        return self.effect(commands, view) if view is not None else None

    def _words_of(self, view: ContextView) -> HomeWords:
        """Return the names of a view; those of the last one are kept, as many candidates are one turn's."""
        kept = self._home
        if kept is None or kept[0] is not view:
            self._home = kept = (view, HomeWords.of(view, self._sensitive))
        return kept[1]

    def effect(self, commands: Sequence[Command], view: ContextView) -> Objection | None:
        """Return why these commands must not come from a rewrite, or ``None``."""
        for command in commands:
            try:
                entity = view.entity(command.entity_id)
            except UnknownEntityError:
                return Objection(Rule.GONE, f"`{command.entity_id}` is not in this home any more")
            if self._sensitive(entity) or _is_called_sensitive(entity):
                return Objection(
                    Rule.SENSITIVE, f"it would move {entity.name}, which is never moved on a guess"
                )
            warm = command.data.get("temperature")
            hottest = _HOTTEST_F if "F" in entity.unit else _HOTTEST_C
            if isinstance(warm, int | float) and warm > hottest and entity.domain == "climate":
                return Objection(Rule.HEAT, f"it would set {entity.name} to {warm:g} degrees")
        return None


class Chains:
    """Which words are taken for which, to keep pairs from making a chain or a circle."""

    def __init__(self, pairs: Iterable[Pair] = ()) -> None:
        """Take in the pairs that are in force."""
        self._onward: dict[str, dict[str, None]] = {}
        self._from: dict[str, dict[str, None]] = {}
        for pair in _in_force(pairs):
            self.add(pair)

    def add(self, pair: Pair) -> None:
        """Take in one more pair, which is in force."""
        self._onward.setdefault(pair.source, {})[pair.target] = None
        self._from.setdefault(source_key(pair.target), {})[pair.source] = None

    def objection(self, source: str, target: str) -> Objection | None:
        """Return why a pair would make a chain or a circle with those in force, or ``None``."""
        key = source_key(target)
        if key != source:
            for further in self._onward.get(key, ()):
                return Objection(Rule.CHAIN, f'"{key}" is itself taken for "{further}"')
        for earlier in self._from.get(source, ()):
            if earlier != source:
                return Objection(Rule.CHAIN, f'"{earlier}" is already taken for "{source}"')
        return None


def chained(source: str, target: str, pairs: Iterable[Pair]) -> Objection | None:
    """Return why a pair would make a chain or a circle with those in force, or ``None``."""
    return Chains(pairs).objection(source, target)


def final_target(source: str, target: str, pairs: Iterable[Pair]) -> str | None:
    """Return where a chain of pairs in force ends; ``None`` if it is a circle."""
    onward = {pair.source: pair.target for pair in _in_force(pairs)}
    seen = {source}
    while (key := source_key(target)) in onward or key in seen:
        if key in seen:
            return None
        seen.add(key)
        target = onward[key]
    return target


def _in_force(pairs: Iterable[Pair]) -> Iterator[Pair]:
    return (pair for pair in pairs if pair.stage in {Stage.TRIAL, Stage.LIVE})


class _Both:
    """Source and target side by side."""

    def __init__(self, source: str, target: str, home: HomeWords | None) -> None:
        self.source_text, self.target_text, self.home = source, target, home
        self.source, self.target = tokens(source), tokens(target)
        self.source_numbers, source_used = numbers(self.source)
        self.target_numbers, target_used = numbers(self.target)
        self.source_content = _content(self.source, source_used)
        self.target_content = _content(self.target, target_used)

    def adds_nothing_else(self) -> bool:
        """Return whether the target names nothing that the source does not."""
        known = lexicon().poles
        said = {*map(_plain, self.source), *_joined(self.source)}
        return all(_plain(w) in said for w in self.target_content if w not in known)


# --- the rules ------------------------------------------------------------------------------------


def _text(both: _Both) -> Objection | None:
    for text in (both.source_text, both.target_text):
        if not speakable(text) or not is_one_script(text):
            return Objection(Rule.TEXT, "it has characters that look like others or cannot be said")
        if len(text) > MOST_CHARACTERS:
            return Objection(Rule.LENGTH, f"it has more than {MOST_CHARACTERS} characters")
    if not both.source or not both.target:
        return Objection(Rule.TEXT, "it has no words")
    if source_key(both.source_text) == source_key(both.target_text):
        return Objection(Rule.SAME, "both are the same words")
    return None


def _length(both: _Both) -> Objection | None:
    if len(both.target) > min(_MOST_WORDS, _LONGER * len(both.source) + 6):
        return Objection(Rule.LENGTH, "the target is much longer than what was said")
    return None


def _generic(both: _Both) -> Objection | None:
    known = lexicon()
    pronouns, generic = known.sets["pronouns"], known.sets["generic"]
    names = both.home.names_anything if both.home is not None else _names_nothing
    for words in (both.source, both.target):
        telling = [word for word in words if word not in known.sets["small"]] or words
        is_control = all(word in generic or word in pronouns for word in telling)
        if is_control and not names(words) and not (words is both.target and _is_misheard(both)):
            return Objection(
                Rule.GENERIC,
                f'"{" ".join(words)}" is a control that says nothing of what it is for',
            )
    leans = pronouns.intersection(both.target) - known.sets["determiners"]
    if leans and not leans.intersection(both.source):
        return Objection(
            Rule.GENERIC, f'"{min(leans)}" in the target means what was spoken of before'
        )
    return None


def _is_misheard(both: _Both) -> bool:
    """Return whether the source is the same words, of a kind of thing, misheard: "witch on the nights"."""
    near, kinds = lexicon().near, lexicon().kinds
    return (
        len(both.source) == len(both.target)
        and any(word in kinds for word in both.target)
        and all(
            said == meant
            or (said in near and near[said] == lexicon().poles.get(meant))
            or sounds_alike(said, meant)
            for said, meant in zip(both.source, both.target, strict=True)
        )
    )


def _names_nothing(_words: tuple[str, ...]) -> bool:
    return False


def _question(both: _Both) -> Objection | None:
    asked, wanted = (is_question(words) for words in (both.source, both.target))
    if asked == wanted:
        return None
    return Objection(Rule.QUESTION, "one is a question and the other is none")


def _negation(both: _Both) -> Objection | None:
    said, meant = (
        sorted(
            word
            for at, word in enumerate(words)
            if word in lexicon().sets["negation"] and not (at == 0 and corrects(words))
        )
        for words in (both.source, both.target)
    )
    if len(said) == len(meant):
        return None
    return Objection(Rule.POLARITY, f'"{(said or meant)[0]}" is in one of them only')


def _polarity(both: _Both) -> Objection | None:
    said, meant = poles(both.source), poles(both.target)
    for axis in said:
        if axis in meant and said[axis] != meant[axis]:
            return Objection(Rule.POLARITY, f"they say the opposite ({axis.name})")
    signs_said, signs_meant = signs(said), signs(meant)
    if signs_said and signs_meant and signs_said != signs_meant:
        return Objection(Rule.POLARITY, "they go opposite ways")
    pinned = bool(both.target_numbers) and both.source_numbers == both.target_numbers
    misheard = near_poles(both.target, both.source)  # "the lamp own" may be what worked
    lost = [
        axis
        for axis in said
        if axis.signed and axis not in meant and misheard.get(axis) != said[axis]
    ]
    if lost and not signs_meant and not (pinned and all(axis.value for axis in lost)):
        return Objection(Rule.POLARITY, f"what was said of {lost[0].name} is lost")
    return _gained_pole(both, said, meant)


def _gained_pole(
    both: _Both, said: dict[Axis, set[int]], meant: dict[Axis, set[int]]
) -> Objection | None:
    """Object to an "on" that the words may not have said: "turn of" and "lights" alone."""
    near = near_poles(both.source, both.target)
    for axis, wanted in meant.items():
        if axis in said:
            continue
        heard = near.get(axis, set())
        if heard and not heard & wanted:
            return Objection(Rule.POLARITY, f"it sounds like the opposite ({axis.name})")
        if axis.signed and not heard and not signs(said) and both.adds_nothing_else():
            return Objection(Rule.POLARITY, f"the words do not say which ({axis.name})")
    return None


def _numbers(both: _Both) -> Objection | None:
    if both.source_numbers == both.target_numbers:
        return _same_units(both)
    if both.source_numbers or both.adds_nothing_else():
        return Objection(Rule.NUMBER, "the numbers are not the same")
    return None


def _same_units(both: _Both) -> Objection | None:
    units = lexicon().units
    said, meant = ({units[w] for w in words if w in units} for words in (both.source, both.target))
    if both.source_numbers and said and meant and said != meant:
        return Objection(Rule.NUMBER, "the units are not the same")
    return None


def _times(both: _Both) -> Objection | None:
    named = both.home.words if both.home is not None else frozenset()
    times = lexicon().sets["times"] - named
    said, meant = (
        sorted({w for at, w in enumerate(words) if w in times and is_time(words, at)})
        for words in (both.source, both.target)
    )
    if said == meant:
        return None
    return Objection(Rule.NUMBER, f'"{(said or meant)[0]}" is in one of them only')


def _sensitive_words(both: _Both) -> Objection | None:
    known = lexicon()
    verbs = known.sensitive_verbs.intersection(both.target)
    if verbs:
        return Objection(Rule.SENSITIVE, f'"{min(verbs)}" is never done on a guess')
    named = both.home.sensitive_in(both.target) if both.home is not None else ""
    if named:
        return Objection(Rule.SENSITIVE, f"{named} is never moved on a guess")
    places = both.home.places_in(both.target) if both.home is not None else frozenset()
    word = _sensitive_noun(both.target, places)
    return Objection(Rule.SENSITIVE, f'"{word}" may be something sensitive') if word else None


def _sensitive_noun(words: Sequence[str], places: frozenset[int] = frozenset()) -> str:
    """Return a noun that names something sensitive here, empty for none.

    "Garage light" and "the lights in the garage" do not; ``places`` are where words of an area stand.
    """
    known = lexicon()
    for at, word in enumerate(words):
        if word not in known.sensitive_nouns:
            continue
        behind = words[at + 1] if at + 1 < len(words) else ""
        before = [w for w in words[max(0, at - 3) : at] if w not in known.sets["determiners"]]
        inside = at in places and bool(before) and before[-1] in known.sets["prepositions"]
        if behind not in known.harmless and not inside:
            return word
    return ""


def _is_called_sensitive(entity: Entity) -> bool:
    """Return whether a thing is called after something sensitive: a script "Open the garage"."""
    known = lexicon()
    if entity.domain in known.harmless_domains:
        return False
    for name in (entity.name, *entity.aliases):
        words = tokens(name)
        if _sensitive_noun(words):
            return True
        if entity.domain in _STARTED and known.sensitive_verbs.intersection(words):
            return True
    return False


def _heat(both: _Both) -> Objection | None:
    if not lexicon().sets["hot"].intersection(both.target):
        return None
    for number in both.target_numbers:
        try:
            value = float(number)
        except ValueError:
            continue
        if _HOTTEST_C < value < _SURELY_F or value > _HOTTEST_F:
            return Objection(Rule.HEAT, f"{number} degrees are never set on a guess")
    return None


def _entities(both: _Both) -> Objection | None:
    """Object where a thing or place of the home that was said is lost, changed or joined by another."""
    kinds = lexicon().kinds
    said, meant = (kinds_of(words, both.home) for words in (both.source, both.target))
    added = sorted(kind for kind in meant - said if not _may_be_heard(kind, both))
    if said and added:
        return Objection(Rule.ENTITY, f'"{added[0]}" is another kind of thing')
    if both.home is None:
        return None
    there = {*map(_plain, both.target), *_joined(both.target)}
    whole = set(_joined(both.source)) & there
    for word in both.source_content:
        kept = _plain(word) in there or any(word in joined for joined in whole)
        if kept or word in kinds or is_another_noun(word, both.source, both.home):
            continue
        if both.home.has_word(word):
            return Objection(Rule.ENTITY, f'"{word}" names something of this home and is lost')
    other = both.home.added(both.source, both.target, heard=lambda word: _may_be_heard(word, both))
    return Objection(Rule.ENTITY, f"{other} was not spoken of") if other else None


def _may_be_heard(word: str, both: _Both) -> bool:
    """Return whether a word that only the source has may be this one, misheard: "lite"."""
    kinds = lexicon().kinds
    words = {word, *(other for other in both.target if kinds.get(other) == word)}
    return any(
        sounds_alike(said, wanted)
        for said in both.source
        if said not in kinds and said not in both.target
        for wanted in words
    )


# --- words ----------------------------------------------------------------------------------------


def _content(words: tuple[str, ...], used: frozenset[int]) -> tuple[str, ...]:
    small = lexicon().sets["small"]
    return tuple(word for at, word in enumerate(words) if at not in used and word not in small)


def _plain(word: str) -> str:
    """Return the word that stands for one and its like."""
    return lexicon().kinds.get(word) or singular(word)


def _joined(words: tuple[str, ...]) -> list[str]:
    """Return neighbours as one word: "bed room" is a bedroom."""
    return [singular(left + right) for left, right in itertools.pairwise(words)]
