"""A request with talk around it: "it's blowing a gale, go to storm watch", "telly off, I'm on the phone".

In: an ``Understanding``. Out: resolutions as those of the resolver behind it. Only where the whole came to
nothing, and exactly one part between pauses asks for something, that part is understood again alone.
What others said, what is not to be done and what is sensitive is no aside's: then the whole stands.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubagent.resolve import choose, forms, lexicon, text
from hubagent.resolve.conditions import ConditionalResolver
from hubagent.resolve.features import is_sensitive
from hubagent.resolve.forms import Form
from hubagent.resolve.question_forms import form_of
from hubagent.types import Decision

if TYPE_CHECKING:
    from hubagent.ports import Understand, Values
    from hubagent.resolve.situation import Situation
    from hubagent.types import Resolution, Understanding

_PAUSE = re.compile(
    r"\s*[,;:.!?\u2013\u2014]+\s+|\s+-\s+|\s+(?:because|cos|coz|cause|since|so that|so)\s+",
    re.IGNORECASE,
)
_NOT_AN_ASIDE = frozenset(
    ["not", "dont", "never", "no", "stop", "wait", "if", "when", "whenever", "unless", "until", "said", "says", "say", "told", "tells", "asked", "asks", "shouted", "thinks", "wrote", "sang", "sings", "called", "except", "but", "or", "and", "then"]
)  # fmt: skip
_NOTHING = frozenset({
    "not_understood", "not_for_me", "unsupported", "unknown_name", "unknown_area", "no_such_device",
    "no_capability", "missing_value", "unknown_value", "unclear_thing", "no_value",
})  # fmt: skip
"""Refusals that may come of the talk around a request."""


class AsideResolver:
    """The resolver for all that is said, with or without talk around it."""

    def __init__(self, understand: Understand, values: Values) -> None:
        self._understand = understand
        self._plain = ConditionalResolver(understand, values)
        self._lexicon = lexicon.load()
        self._forms = forms.load(self._lexicon)

    def resolve(self, understanding: Understanding, situation: Situation) -> tuple[Resolution, ...]:
        """Return what each clause comes to; as ``ConditionalResolver.resolve``."""
        view = situation.view
        whole = self._plain.resolve(understanding, situation)
        if any(item.decision in {Decision.ASK, Decision.ANSWER} for item in whole):
            return whole
        refused = [item.reason for item in whole if item.decision is Decision.REFUSE]
        if not refused or not _NOTHING.issuperset(refused):
            return whole
        part = self._request(understanding.text)
        if not part:
            return whole
        alone = self._plain.resolve(self._understand.understand(part), situation)
        moved = [i for item in alone for i in item.targets]
        good = moved and all(_is_meant(item) for item in alone)
        bold = any(is_sensitive(view.entity(i)) for i in moved) and not all(
            choose.is_securing(item.candidates[0]) for item in alone if item.candidates
        )
        return whole if bold or not good else alone

    def _request(self, said: str) -> str:
        """Return the one part that asks for something, where all others only talk."""
        parts = [part for part in _PAUSE.split(said) if part.strip()]
        if len(parts) < 2:
            return ""
        asking = [part for part in parts if self._asks(part)]
        rest = [part for part in parts if part not in asking]
        if len(asking) != 1 or not rest:
            return ""
        aside = all(
            not _NOT_AN_ASIDE & set(text.tokens(part))
            and (form_of(text.tokens(part)) == "statement" or self._tells(part))
            for part in rest
        )
        return asking[0] if aside else ""

    def _tells(self, part: str) -> bool:
        """Return whether a part tells how it is: "still sticky in here"."""
        return self._forms.form(part) is Form.REMARK and bool(self._forms.wish(part))

    def _asks(self, part: str) -> bool:
        words = text.tokens(part)
        asks = self._lexicon.requests & set(words) or self._forms.is_imperative(words)
        return len(words) > 1 and bool(asks) and self._forms.form(part) is Form.REQUEST


def _is_meant(item: Resolution) -> bool:
    """Return whether a part is carried out on something that it names: "kill me now" names nothing."""
    if item.decision not in {Decision.ACT, Decision.ASK} or not item.candidates:
        return False
    features = dict(item.candidates[0].features)
    here = features.get("here") == 1.0 and "Relative" in item.intent  # "cooler please"
    placed = features.get("place") == 1.0
    named = bool(features.get("named_fully")) or features.get("kind", 0.0) == 1.0
    return here or placed or named
