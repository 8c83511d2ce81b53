"""Questions on when something happened: "when did the back door last open", "how long has the fan been on".

In: the words of a question, the things it is about and the home. Out: a ``Verdict`` with the last
change that the hub saw; what was so before it began to watch, it cannot tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.resolve.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.ports import ContextView
    from hubagent.resolve.lexicon import Lexicon
    from hubagent.types import Entity, Value

_OPENERS = frozenset({"and", "so", "ok", "okay", "hey", "well", "oh", "um", "er"})
_DID = frozenset({"did", "was", "were", "has", "have", "is", "does"})
_HAPPENED = {
    "opened": "open", "open": "open", "closed": "closed", "shut": "closed", "close": "closed",
    "locked": "locked", "lock": "locked", "unlocked": "unlocked", "unlock": "unlocked",
    "armed": "armed", "set": "armed", "disarmed": "disarmed", "started": "running", "start": "running",
    "run": "running", "ran": "running", "running": "running", "used": "running", "clean": "cleaning",
    "cleaned": "cleaning", "stopped": "off", "stop": "off", "finished": "finished", "finish": "finished",
    "triggered": "detected", "detected": "detected", "move": "moving", "movement": "moving",
    "motion": "moving", "home": "home", "away": "away", "on": "on", "off": "off",
}  # fmt: skip
"""What happened -> the state that something is in since."""


def asks_when(words: Sequence[str]) -> str:
    """Return ``when`` or ``since`` for a question on the time of a change, else nothing."""
    left = list(words)
    while left and left[0] in _OPENERS:
        left.pop(0)
    if left[:1] == ["when"] and left[1:2] and left[1] in _DID:
        return "when"  # "when it gets dark" asks nothing
    if left[:2] == ["how", "long"] and not {"left", "take", "until", "till"} & set(left):
        return "since"
    return "when" if left[:2] in (["what", "time"], ["how", "recently"]) and "last" in left else ""


def last_change(
    words: Sequence[str], things: Sequence[Entity], view: ContextView, lexicon: Lexicon
) -> Verdict | None:
    """Return when one of the things last came into the state spoken of; its own, if none was.

    Args:
        words: Tokens of the question.
        things: What it is about; the one that can be in the state is taken.
        view: The home.
        lexicon: The resolver's words.
    """
    asked = [state for word in reversed(words) if (state := _HAPPENED.get(word)) is not None]
    able = [e for e in things if any(lexicon.can_be(e, state) for state in asked)]
    for thing in able or things:
        states = [state for state in asked if lexicon.can_be(thing, state)]
        wanted = states[0] if states else None
        changes = [
            change
            for change in view.history(thing.entity_id)
            if change.before is not None
            and (wanted is None or lexicon.is_in_state(thing, change.after, wanted))
        ]
        facts: dict[str, Value] = {"name": thing.name, "state": wanted or "changed"}
        if not changes:
            return Verdict("when_unknown", facts, (thing.entity_id,))
        facts |= {"at_s": changes[0].at_s, "now_s": view.now_s}
        return Verdict("when", facts, (thing.entity_id,))
    return None
