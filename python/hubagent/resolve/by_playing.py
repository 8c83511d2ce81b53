"""Requests that name what is playing: "stop Rod Stewart", "carry on with New Order".

In: a clause and the home. Out: a reading whose name is the title or artist, which the grounding finds on the
player that has it. It is tried where every reading of the model came to nothing, for a title may be any words;
all of it must be said, and beside it only what to do with it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.types import Hypothesis, Slot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubagent.ports import ContextView
    from hubagent.types import Clause

PROBABILITY = 0.6
"""How surely such a request is understood."""
TITLES = ("media_title", "media_artist", "media_album_name")
HEARD = frozenset({"playing", "paused", "buffering"})
_DEEDS: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), intent, way)
    for pattern, intent, way in (
        (r"\bpause\b|\bhold\b", "HassMediaPause", ""),
        (r"\b(?:carry|go|keep) on\b|\bresume\b|\bcontinue\b|\bunpause\b|\bback on\b", "HassMediaUnpause", ""),
        (r"\bskip\b|\bnext\b", "HassMediaNext", ""),
        (r"\bstop\b|\bend\b|\bkill\b|\boff\b|\benough\b|\bno more\b|\bsilence\b", "HubMediaStop", ""),
        (r"\bup\b|\blouder\b", "HassSetVolumeRelative", "up"),
        (r"\bdown\b|\bquieter\b|\bsofter\b", "HassSetVolumeRelative", "down"),
    )
)  # fmt: skip
_SMALL = frozenset(["stop", "end", "kill", "turn", "switch", "off", "enough", "of", "no", "more", "that", "thats", "the", "this", "please", "now", "then", "with", "on", "go", "carry", "keep", "resume", "continue", "unpause", "back", "skip", "next", "pause", "hold", "up", "down", "louder", "quieter", "softer", "a", "bit", "little", "again", "can", "could", "you", "for", "love", "god", "sake", "goodness", "heaven", "silence", "some", "just", "make"])  # fmt: skip


def playing(clause: Clause, utterance: str, view: ContextView) -> Hypothesis | None:
    """Return the reading of a clause about what is playing; ``None`` if no title of it is said."""
    said = utterance[clause.start : clause.end]
    for title in _titles(view):
        found = re.search(rf"\b{re.escape(title)}(?!\w)", said, re.IGNORECASE)
        if found is None:
            continue
        around = f"{said[: found.start()]} {said[found.end() :]}"
        deed = next(((intent, way) for p, intent, way in _DEEDS if p.search(around)), None)
        if deed is None or not _SMALL.issuperset(text.tokens(around)):
            continue
        start = clause.start + found.start()
        slot = Slot("name", start, start + len(found[0]), found[0])
        implied = (("domain", "media_player"), ("direction", deed[1]))
        return Hypothesis(deed[0], PROBABILITY, (slot,), tuple(i for i in implied if i[1]))
    return None


def _titles(view: ContextView) -> Iterator[str]:
    for entity_id in view.query(domain="media_player"):
        state = view.state(entity_id)
        if state.state in HEARD:
            yield from filter(None, (str(state.attributes.get(name) or "") for name in TITLES))
