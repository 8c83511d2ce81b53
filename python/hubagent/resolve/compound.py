"""Several requests in one breath, where the clauses of the model fall short.

"Ceiling off, corner lamp orange, TV to Netflix", "all the lights and the telly off". In: an
``Understanding``. Out: resolutions as those of the resolver behind it. The words are taken apart
anew only where every part can be carried out alone and together they do more than the whole did:
"kitchen and hall lights off" stays one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.inquiry import form_of
from hubagent.resolve.later import TimedResolver
from hubagent.types import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hubagent.ports import ContextView, Understand, Values
    from hubagent.types import AreaId, EntityId, Resolution, Understanding

_JOINT = re.compile(
    r"\s*[,;:.]\s+(?:and\s+|then\s+)*|\s+(?:and\s+)?then\s+|\s+and\s+", re.IGNORECASE
)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_EXCEPT = re.compile(r"\b(?:but|except|excluding|apart|besides|other than|not)\b", re.IGNORECASE)
_ASKS = frozenset(
    ["on", "off", "up", "down", "open", "close", "shut", "lock", "unlock", "start", "stop", "play", "pause", "dim", "brighten", "mute", "unmute", "add", "remove", "kill", "run", "arm", "disarm", "percent", "half", "full", "max", "to", "out"]
)  # fmt: skip
"""Words that say what is to be done; a part without any belongs to the part beside it."""
_VERBS = frozenset(
    [
        "turn",
        "switch",
        "put",
        "set",
        "make",
        "bring",
        "get",
        "kill",
        "cut",
        "dim",
        "shut",
        "close",
        "open",
        "lock",
    ]
)
_PREDICATE = re.compile(
    r"\s+(?:(?:on|off|up|down)(?:\s+to\s+.+|\s+at\s+.+)?|(?:to|at)\s+.+)(?:\s+please)?[.!]?$",
    re.IGNORECASE,
)
_MOST_PARTS = 5


class CompoundResolver:
    """The resolver for one request and for several."""

    def __init__(self, understand: Understand, values: Values) -> None:
        self._understand = understand
        self._values = values
        self._timed = TimedResolver(understand, values)

    def resolve(
        self,
        understanding: Understanding,
        view: ContextView,
        *,
        speaker_area: AreaId | None = None,
        antecedents: Sequence[EntityId] = (),
        domains: frozenset[str] = frozenset(),
        timer_names: Sequence[str] = (),
    ) -> tuple[Resolution, ...]:
        """Return what each clause comes to; as ``TimedResolver.resolve``."""

        def plain(what: Understanding, things: Sequence[EntityId]) -> tuple[Resolution, ...]:
            return self._timed.resolve(
                what,
                view,
                speaker_area=speaker_area,
                antecedents=things,
                domains=domains,
                timer_names=timer_names,
            )

        whole = plain(understanding, antecedents)
        said = understanding.text
        if not _JOINT.search(said) or _EXCEPT.search(said) or not _may_fall_short(whole):
            return whole
        moved = {command.entity_id for item in whole for command in item.commands}
        for parts, shares in self._ways(said):
            found: list[Resolution] = []
            things = tuple(antecedents)
            for part in parts:
                resolved = plain(self._understand.understand(part), things)
                if not all(_is_done(item, part) for item in resolved):
                    break
                found.extend(resolved)
                things = next((item.targets for item in resolved if item.targets), things)
            else:
                more = {command.entity_id for item in found for command in item.commands}
                if moved < more or (shares and moved == more):
                    return tuple(found)
        return whole

    def _ways(self, said: str) -> Iterator[tuple[tuple[str, ...], bool]]:
        """Yield how the words may be taken apart, and whether the parts share what is to be done."""
        parts = self._parts(said)
        if 1 < len(parts) <= _MOST_PARTS and not _is_one_question(said, parts):
            yield parts, False
        for joint in _AND.finditer(said):
            shared = self._shared(said[: joint.start()], said[joint.end() :])
            if shared is not None:
                yield shared, True

    def _parts(self, said: str) -> tuple[str, ...]:
        """Return the parts that each ask for something, without talk before the first."""
        cuts = list(_JOINT.finditer(said))
        bounds = [0, *(cut.end() for cut in cuts)]
        ends = [*(cut.start() for cut in cuts), len(said)]
        parts: list[str] = []
        waiting: int | None = None
        for start, end in zip(bounds, ends, strict=True):
            first = start if waiting is None else waiting
            if self._asks(said[start:end]):
                parts.append(said[first:end].strip(" ,;:.!"))
                waiting = None
            elif said[end : end + 1] in {":", ","} and not parts:
                waiting = None  # talk: "pizza and a movie: ..."
            else:
                waiting = first
        return tuple(parts) if waiting is None else ()

    def _shared(self, left: str, right: str) -> tuple[str, str] | None:
        """Return both requests of "turn A and B down to fifty" and "A and B off", each in full."""
        predicate = _PREDICATE.search(right)
        thing = left.rpartition(",")[2].strip()
        words = text.tokens(thing)
        if predicate is None or not words or _ASKS & set(words):
            return None
        verb = f"{thing.split()[0]} " if words[0] in _VERBS else ""
        other = right[: predicate.start()]
        if self._is_number(thing.split()[-1]) or self._is_number(other.strip()):
            return None  # "lamps one and two off"
        return f"{thing}{predicate[0]}", f"{verb}{right}"

    def _is_number(self, words: str) -> bool:
        return self._values.number(words) is not None

    def _asks(self, part: str) -> bool:
        words = text.tokens(part)
        if words and self._is_number(words[0]):
            return False  # a value of what was said before
        return len(words) > 1 and (
            bool(_ASKS & set(words))
            or "%" in part
            or any(self._values.colour(word) is not None for word in words)
        )


def _is_one_question(said: str, parts: Sequence[str]) -> bool:
    """Return whether a question only goes on: "is it all shut and locked down there" locks nothing."""
    if form_of(text.tokens(said)) == "statement":
        return False
    return not all(text.tokens(part)[0] in _ASKS | _VERBS for part in parts[1:])


def _may_fall_short(whole: Sequence[Resolution]) -> bool:
    """Return whether other clauses might do more: nothing is asked, nothing has a time."""
    return not any(
        item.decision is Decision.ASK or item.due_s is not None or item.timer is not None
        for item in whole
    )


def _is_done(item: Resolution, part: str) -> bool:
    """Return whether a part is carried out, or is a question and is answered."""
    if item.decision is Decision.ACT:
        return item.due_s is None
    asked = form_of(text.tokens(part)) != "statement"
    return item.decision is Decision.ANSWER and asked
