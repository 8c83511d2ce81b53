"""Several requests in one breath, where the clauses of the model fall short.

"Ceiling off, corner lamp orange, TV to Netflix", "all the lights and the telly off". In: an
``Understanding``. Out: resolutions as those of the resolver behind it. The words are taken apart anew
(``coordination``); each part is read alone, so that no value of one goes to the thing of another. The
parts are taken only where every one of them can be carried out and together they say no less than the
whole did: "kitchen and hall lights off" stays one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubagent.resolve import coordination, text
from hubagent.resolve.exclusive import ExclusiveResolver
from hubagent.resolve.question_forms import form_of
from hubagent.types import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubagent.ports import Understand, Values
    from hubagent.resolve.situation import Situation
    from hubagent.types import Command, EntityId, Resolution, Understanding

_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_PAUSE = re.compile(r"\s*[,;.]\s+(?:and\s+|then\s+)*")
_EXCEPT = re.compile(r"\b(?:but|except|excluding|apart|besides|other than|not)\b", re.IGNORECASE)
_PREDICATE = re.compile(
    r"\s+(?:(?:on|off|up|down)(?:\s+to\s+.+|\s+at\s+.+)?|(?:to|at)\s+.+)(?:\s+please)?[.!]?$",
    re.IGNORECASE,
)


_ASKED = frozenset({"is", "are"})


class CompoundResolver:
    """The resolver for one request and for several."""

    def __init__(self, understand: Understand, values: Values) -> None:
        self._understand = understand
        self._values = values
        self._one = ExclusiveResolver(understand, values)

    def resolve(self, understanding: Understanding, situation: Situation) -> tuple[Resolution, ...]:
        """Return what each clause comes to; as ``ExclusiveResolver.resolve``."""
        whole = self._one.resolve(understanding, situation)
        said = understanding.text
        if not coordination.joined(said) or not _may_fall_short(whole):
            return whole
        parts = coordination.parts(said, self._values)
        if parts:
            found = self._each(parts, situation)
            if found is not None and _says_no_less(found, whole):
                return found
            left_out = self._left_out(parts, situation, whole) if found is None else ()
            if left_out:
                return left_out
        moved = set(_moved(whole))
        for shared in () if _EXCEPT.search(said) else self._sharing(said):
            found = self._each(shared, situation)
            # "Would you be a dear and pop the kettle on" puts no dear on.
            named = found is not None and all(_is_named(item) for item in found if item.commands)
            if found is not None and named and moved <= set(_moved(found)):
                return found
        return whole

    def _each(self, parts: Sequence[str], situation: Situation) -> tuple[Resolution, ...] | None:
        """Return what the parts come to, one by one; ``None`` unless each can be carried out.

        "It" of a part is what the part before it is about.
        """
        found: list[tuple[Resolution, ...]] = []
        things = situation.antecedents
        asked = False
        for part in parts:
            resolved = self._read(part, situation.about(things))
            if not all(_is_done(item, part) for item in resolved):
                return None
            # "Is the fan on and the lamp on": the end of a question switches nothing.
            words = text.tokens(part)
            if (
                asked
                and not coordination.verb_of(words)
                and any(item.commands for item in resolved)
            ):
                return None
            asked = words[:1] != () and words[0] in _ASKED
            found.append(resolved)
            things = next((item.targets for item in resolved if item.targets), things)
        for number, (like, said) in coordination.with_shared_unit(parts, self._values).items():
            resolved = self._read(said, situation)
            done = all(_is_done(item, said) for item in resolved)
            if done and _domains(resolved) == _domains(found[like]):
                found[number] = resolved
        return tuple(item for resolved in found for item in resolved)

    def _read(self, part: str, situation: Situation) -> tuple[Resolution, ...]:
        return self._one.resolve(self._understand.understand(part), situation)

    def _left_out(
        self,
        parts: Sequence[str],
        situation: Situation,
        whole: Sequence[Resolution],
    ) -> tuple[Resolution, ...]:
        """Return all parts where the whole would carry out some and pass over one that cannot be done.

        "Niche one red and niche two off", and the first has no colours: all of it or nothing.
        """
        if not all(item.decision is Decision.ACT for item in whole):
            return ()
        found = [self._read(part, situation) for part in parts]
        done = [
            items
            for items, part in zip(found, parts, strict=True)
            if all(_is_done(i, part) for i in items)
        ]
        unable = [i for items in found for i in items if i.reason in _UNABLE]
        moved = {entity_id for items in done for entity_id in _moved(items)}
        if not done or len(unable) != len(parts) - len(done) or not set(_moved(whole)) <= moved:
            return ()
        return tuple(item for items in found for item in items)

    def _sharing(self, said: str) -> Iterator[tuple[str, ...]]:
        """Yield both requests of "turn A and B down to fifty" and "A and B off", each in full.

        What follows behind a pause is one more.
        """
        for joint in _AND.finditer(said):
            left, right = said[: joint.start()], said[joint.end() :]
            pause = _PAUSE.search(right)
            rest = (right[pause.end() :],) if pause else ()
            right = right[: pause.start()] if pause else right
            predicate = _PREDICATE.search(right)
            thing = left.rpartition(",")[2].strip()
            words = text.tokens(thing)
            if predicate is None or not words:
                continue
            if coordination.has_predicate(words, self._values):
                continue  # what is to be done was said of it
            asked = words[0] in _ASKED  # "are the spots and the lamp on"
            spoken = asked or words[0] in coordination.words_of("verbs")
            verb = f"{thing.split()[0]} " if spoken else ""
            other = right[: predicate.start()]
            if self._is_number(thing.split()[-1]) or self._is_number(other.strip()):
                continue  # "lamps one and two off"
            yield (f"{thing}{predicate[0]}", f"{verb}{right}", *rest)

    def _is_number(self, words: str) -> bool:
        return self._values.number(words) is not None


def _says_no_less(found: Sequence[Resolution], whole: Sequence[Resolution]) -> bool:
    """Return whether parts that can all be carried out are to be taken for the whole.

    They are, unless the whole moves more; where each moves something else, what is named decides.
    """
    if any(item.decision in {Decision.REFUSE, Decision.ASK} for item in whole):
        return True
    before, now = set(_moved(whole)), set(_moved(found))
    if before <= now:
        return before != now or _commands(found) != _commands(whole)
    return not now < before and all(_is_named(item) for item in found if item.commands)


def _moved(resolutions: Sequence[Resolution]) -> Iterator[EntityId]:
    return (command.entity_id for item in resolutions for command in item.commands)


def _commands(resolutions: Sequence[Resolution]) -> set[tuple[EntityId, str, str]]:
    def key(command: Command) -> tuple[EntityId, str, str]:
        return command.entity_id, command.command, repr(sorted(command.data.items()))

    return {key(command) for item in resolutions for command in item.commands}


def _domains(resolutions: Sequence[Resolution]) -> set[str]:
    return {entity_id.split(".")[0] for entity_id in _moved(resolutions)}


def _is_named(item: Resolution) -> bool:
    """Return whether a thing, a kind or a place was said, by the features of what was chosen."""
    features = dict(item.candidates[0].features) if item.candidates else {}
    return any(features.get(name, 0.0) > 0.5 for name in ("name", "place", "kind"))


def _may_fall_short(whole: Sequence[Resolution]) -> bool:
    """Return whether parts might do better: nothing has a time."""
    return not any(item.due_s is not None or item.timer is not None for item in whole)


def _is_done(item: Resolution, part: str) -> bool:
    """Return whether a part is carried out, or is a question and is answered."""
    if item.decision is Decision.ACT:
        return item.due_s is None
    words = text.tokens(part)
    asked = form_of(words) != "statement" or bool(_TELL & set(words))
    return item.decision is Decision.ANSWER and asked


_UNABLE = frozenset({"no_capability", "out_of_range", "unknown_value", "unreachable", "is_off"})
"""Refusals of what was understood and is of this home."""
_TELL = frozenset({"tell", "check", "read", "say"})
"""Verbs of questions that are put as requests."""
