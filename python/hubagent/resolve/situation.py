"""What an utterance is resolved in besides its words: the home, the speaker, what was spoken of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.ports import ContextView
    from hubagent.types import AreaId, EntityId


@dataclass(frozen=True, slots=True)
class Situation:
    """The same for every reading and every part of one utterance, but for what "it" means."""

    view: ContextView
    """The home at this instant."""
    speaker_area: AreaId | None = None
    """Where the speaker is; ``None`` if unknown."""
    antecedents: tuple[EntityId, ...] = ()
    """Things that "it" and "them" may mean, besides those of earlier clauses."""
    domains: frozenset[str] = frozenset()
    """Kinds of thing that the request goes on about; empty for any."""
    timer_names: tuple[str, ...] = ()
    """Names of the timers there are, which may be spoken of by name only."""

    def about(self, things: Sequence[EntityId]) -> Situation:
        """Return the same where "it" and "them" mean these things."""
        return replace(self, antecedents=tuple(things))
