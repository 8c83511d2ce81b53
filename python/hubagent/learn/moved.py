"""What people call a thing may come to mean another: how that shows in what they say next.

"Turn on the disco" is taken for the lamp that was called so, and "put the mushroom lamp on" is said right
after, and works. Of things called by their own names that is a second wish; of a name that was learned it is
a doubt, and where the first was taken back besides, it is said plainly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.learn.aliases import one_thing
from hubagent.learn.outcome import is_rewritten, worked

if TYPE_CHECKING:
    from hubagent.evidence import JournalTurn

DOUBTED = 0.2
"""Greatest probability of a good end of words with a learned name, if the same was wanted of another
thing right after."""


def said_otherwise(turn: JournalTurn, later: JournalTurn) -> bool:
    """Return whether a turn did to one thing what was then wanted of another, and done."""
    one, other = one_thing(turn.interpretation), one_thing(later.interpretation)
    if one is None or other is None or one == other:
        return False
    same = wish(turn.interpretation) == wish(later.interpretation)
    return same and worked(turn) and worked(later) and not is_rewritten(later)


def wish(state: str) -> tuple[str, str]:
    """Return what a state wants, whatever of."""
    intent, _, rest = state.partition("|")
    return intent, rest.partition("|")[2]
