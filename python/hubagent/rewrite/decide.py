"""Whether other words are taken for those that were heard, and which.

Known pairs are looked up before anything is understood; after a doubtful reading pairs on trial come
first. Every live pair has a control arm: with a small probability it is left out, and the arm and its
probability are noted, so that what follows can be credited to the right cause (self-aware learning:
Ponnusamy et al., arXiv 2205.00029; method sheet, section 1.9).
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from hubagent.evidence import Objection, Rule, Stage, source_key
from hubagent.rewrite.names import TrialNames
from hubagent.rewrite.template import Templates
from hubagent.types import Arm, Layer, Rewrite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hubagent.evidence import Pair
    from hubagent.ports import ContextView, Guard, PairStore
    from hubagent.rewrite.template import Template
    from hubagent.types import Command, TurnId, Understanding, Utterance

WITHHELD_NEW = 0.10
WITHHELD_MATURE = 0.02
MATURE = 20.0
"""Turns, faded, in both arms together, from which a pair counts as mature."""
_OWNERS_WORD = frozenset({"taught", "import"})
"""Origins that are the owner's own wish: nothing to try out."""


class Search(Protocol):
    """Looks for what may have been meant in all that is known to work."""

    def best(
        self, utterance: Utterance, understanding: Understanding, view: ContextView, doubt: float
    ) -> Rewrite | None:
        """Return the best candidate if it is good enough, else ``None``."""
        ...


class Everywhere(Protocol):
    """What many homes say and mean, in templates; see :class:`hubagent.rewrite.table.GlobalTable`."""

    def goes_well(self, source: str) -> bool:
        """Return whether these words are known to go well everywhere as they are said."""
        ...

    def pairs(self, source: str) -> tuple[Pair, ...]:
        """Return what these words are taken for elsewhere, as pairs of the global layer."""
        ...


class LearnedRewriter:
    """Implements :class:`hubagent.ports.Rewriter`."""

    def __init__(
        self,
        pairs: PairStore,
        guard: Guard,
        search: Search | None = None,
        everywhere: Everywhere | None = None,
    ) -> None:
        """Keep what is asked.

        Args:
            pairs: The learned pairs.
            guard: Asked again whenever a pair is about to be used.
            search: Where no pair is known; ``None`` leaves it at pairs.
            everywhere: What is known of many homes; ``None`` for nothing.
        """
        self._pairs = pairs
        self._guard = guard
        self._search = search
        self._everywhere = everywhere
        self._names = TrialNames(pairs)
        self._templates = Templates()

    @property
    def muted(self) -> bool:
        """Whether the answer is not to say that other words were taken."""
        return self._pairs.setting("muted") == "yes"

    def known(self, utterance: Utterance, view: ContextView) -> Rewrite | None:
        """Return the live pair of these words with the arm drawn, else one that is only noted."""
        key = source_key(utterance.text)
        pairs = self._standing(key, view)
        for stage, arm in (
            (Stage.LIVE, None),
            (Stage.TRIAL, Arm.SHADOW),
            (Stage.SHADOW, Arm.SHADOW),
        ):
            for pair in pairs:
                if pair.stage is stage and not self._refused(pair, view):
                    if arm is not None:
                        return self._rewrite(pair, arm, 1.0)
                    self._adopt(pair)
                    return self._rewrite(pair, *drawn(pair, utterance.turn_id))
        return None

    def online(
        self,
        utterance: Utterance,
        understanding: Understanding,
        view: ContextView,
        *,
        doubt: float,
        acceptable: Callable[[Rewrite], bool],
    ) -> Rewrite | None:
        """Return the best of what may have been meant, if it is good enough and acceptable.

        A pair on trial, or a name that pairs speak of, is used only where the words as heard were
        refused, so that there is nothing to lose.
        """
        if doubt >= 1.0:
            for pair in self._standing(source_key(utterance.text), view):
                if pair.stage is Stage.TRIAL and not self._refused(pair, view):
                    rewrite = self._rewrite(pair, Arm.APPLIED, 1.0, online=True)
                    if not acceptable(rewrite):
                        return None
                    self._adopt(pair)
                    return rewrite
            named = self._named(source_key(utterance.text), understanding, view)
            if named is not None:
                return named if acceptable(named) else None
        if self._search is None:
            return None
        found = self._search.best(utterance, understanding, view, doubt)
        if found is None or self._is_retired(found):
            return None
        if self._guard.objection(found.source, found.target, view) is not None:
            return None
        return found if acceptable(found) else None

    def effect(self, commands: Sequence[Command], view: ContextView) -> Objection | None:
        """Return why these commands must not come from a rewrite, or ``None``."""
        return self._guard.effect(commands, view)

    def _standing(self, key: str, view: ContextView) -> tuple[Pair, ...]:
        """Return the pairs of a source, the personal one first, without what was retired here.

        What goes well everywhere as it is said is left so, but for the owner's own word.
        """
        pairs = self._pairs.find(key)
        if self._everywhere is not None:
            if not any(pair.layer is Layer.GLOBAL for pair in pairs):
                pairs = (*pairs, *self._from_elsewhere(key, view))
            if pairs and self._goes_well(key, view):
                pairs = tuple(pair for pair in pairs if pair.origin in _OWNERS_WORD)
        gone = {source_key(pair.target) for pair in pairs if pair.stage is Stage.RETIRED}
        return tuple(
            pair
            for pair in pairs
            if pair.stage is not Stage.RETIRED and source_key(pair.target) not in gone
        )

    def _from_elsewhere(self, key: str, view: ContextView) -> Iterator[Pair]:
        """Yield what other homes take such words for, with the names of this one."""
        assert self._everywhere is not None  # noqa: S101 # who asks has looked
        for said in self._forms(key, view):
            for pair in self._everywhere.pairs(said.text):
                target = said.filled(pair.target)
                if target is not None and source_key(target) != key:
                    yield replace(pair, source=key, target=target)

    def _forms(self, key: str, view: ContextView) -> tuple[Template, ...]:
        """Return the templates by which words may be known elsewhere: with their number, and with any."""
        said = self._templates.of(key, view)
        numbered = said.with_number()
        return (said,) if numbered is said else (said, numbered)

    def _goes_well(self, key: str, view: ContextView) -> bool:
        """Return whether such words are known to go well everywhere as they are said."""
        everywhere = self._everywhere
        return everywhere is not None and any(
            everywhere.goes_well(said.text) for said in self._forms(key, view)
        )

    def _named(self, key: str, understanding: Understanding, view: ContextView) -> Rewrite | None:
        """Return the words with names on trial put in, if nothing is against that.

        It is credited to the pair that the (first) name is known by: its source stands for the words.
        """
        found = self._names.put_in(key, understanding, view)
        if found is None or self._goes_well(key, view):
            return None
        rewrite = replace(
            self._rewrite(found.pairs[0], Arm.APPLIED, 1.0, online=True), target=found.text
        )
        if (
            any(self._refused(pair, view) for pair in found.pairs)
            or _any_live(self._pairs.find(found.text))
            or self._is_retired(replace(rewrite, source=key))
        ):
            return None
        return rewrite if self._may_be_named(key, found.text, view) else None

    def _may_be_named(self, said: str, meant: str, view: ContextView) -> bool:
        """Return whether no guard-rail objects to names put into words.

        Another thing beside it ("... and the TV") makes the thing one that was not spoken of. Then each
        request is looked at by itself.
        """
        found = self._guard.objection(said, meant, view)
        if found is None or found.rule is not Rule.ENTITY:
            return found is None
        parts, others = said.split(" and "), meant.split(" and ")
        return len(parts) == len(others) > 1 and all(
            one == other or self._guard.objection(one, other, view) is None
            for one, other in zip(parts, others, strict=True)
        )

    def _adopt(self, pair: Pair) -> None:
        """Keep a pair from elsewhere at its first use: from now on this home's experience counts."""
        if pair.layer is Layer.GLOBAL and pair not in self._pairs.find(pair.source):
            self._pairs.put([pair])

    def _is_retired(self, found: Rewrite) -> bool:
        """Return whether the home has unlearned exactly this."""
        wanted = source_key(found.target)
        return any(
            pair.stage is Stage.RETIRED and source_key(pair.target) == wanted
            for pair in self._pairs.find(found.source)
        )

    def _refused(self, pair: Pair, view: ContextView) -> bool:
        """Return whether a guard-rail stands against a pair now, or it would lead to another one."""
        if self._guard.objection(pair.source, pair.target, view) is not None:
            return True
        return _any_live(self._pairs.find(source_key(pair.target)))

    def _rewrite(self, pair: Pair, arm: Arm, propensity: float, *, online: bool = False) -> Rewrite:
        return Rewrite(
            source=pair.source,
            target=pair.target,
            layer=pair.layer,
            online=online,
            arm=arm,
            propensity=propensity,
            score=(1.0 + pair.on.good) / (2.0 + pair.on.total),
            table=self._pairs.version,
        )


def drawn(pair: Pair, turn_id: TurnId) -> tuple[Arm, float]:
    """Return the arm of a live pair in a turn and the probability that it got that arm.

    By a hash of the turn and the pair, so that a replay draws the same.
    """
    if pair.origin in _OWNERS_WORD:
        return Arm.APPLIED, 1.0
    mature = pair.on.total + pair.off.total >= MATURE
    withheld = WITHHELD_MATURE if mature else WITHHELD_NEW
    if zlib.crc32(f"{turn_id}\n{pair.source}".encode()) / 2**32 < withheld:
        return Arm.WITHHELD, withheld
    return Arm.APPLIED, 1.0 - withheld


def _any_live(pairs: Iterable[Pair]) -> bool:
    return any(pair.stage is Stage.LIVE for pair in pairs)
