"""Scenes, scripts and buttons that a clause calls by their name: "kick off the movie marathon".

In: the words of a clause and the home. Out: the start of the one whose name was said, or nothing. No
reading of the model is asked, for it knows no names: it takes "story time" for an audiobook and "kick
off" for "off". Around the name only words that start something may stand (``words.toml``, ``launch``),
so "dim the lights for movie night" and "stop story time" start none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent.resolve import choose, text
from hubagent.resolve.once import Once
from hubagent.types import Candidate, Command, Decision, EntityId, Resolution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.ports import ContextView
    from hubagent.resolve.lexicon import Lexicon
    from hubagent.types import Entity

_STARTED = {
    "scene": ("HubActivateScene", "turn_on"),
    "script": ("HubRunScript", "turn_on"),
    "button": ("HubPressButton", "press"),
    "input_button": ("HubPressButton", "press"),
}
"""Intent and command by domain."""
_BEHIND = frozenset({("time",), ("please",), ("mode",), ("mode", "please"), ("scene",)})
"""What may follow a name of one word that is started."""
_NAME = ""
"""Stands where the name was said, so that no two words around it are taken for one phrase."""
_LEAST_SHARE = 0.5
"""Least share of a name's words that may stand for the whole when nothing else has them."""


@dataclass(frozen=True, slots=True)
class _Title:
    words: tuple[str, ...]
    entity_id: EntityId
    domain: str


@Once
def _titles(entities: tuple[Entity, ...]) -> tuple[_Title, ...]:
    """Return the names of all that can be started, in the singular, the longest first."""
    found = (
        _Title(text.singulars(text.tokens(name)), entity.entity_id, entity.domain)
        for entity in entities
        if entity.domain in _STARTED and not entity.category
        for name in (entity.name, *entity.aliases)
    )
    return tuple(sorted(found, key=lambda title: -len(title.words)))


def started(said: str, view: ContextView, lexicon: Lexicon) -> Resolution | None:
    """Return what starts the thing whose name was said; a question if two are, or it was cut short."""
    titles = _titles(view.entities())
    if not titles:
        return None
    words = text.singulars(text.tokens(said))
    whole = [title for title in titles if _says(words, title.words, lexicon)]
    if whole:
        longest = [title for title in whole if len(title.words) == len(whole[0].words)]
        return _start(longest, Decision.ACT if len(longest) == 1 else Decision.ASK, "which")
    rest = _unlaunched(words, lexicon)
    if not rest or rest == words:
        return None
    near = [title for title in titles if _is_short_for(rest, title, view, lexicon)]
    return _start(near, Decision.ASK, "confirm") if len(near) == 1 else None


def _says(words: tuple[str, ...], name: tuple[str, ...], lexicon: Lexicon) -> bool:
    """Return whether the words are the name, or start it.

    A name of one word may be any word ("relax"), so a word that starts things must be beside it.
    """
    if words == name or "".join(words) == "".join(name):
        return True
    at = text.find(words, name)
    if at < 0:
        return False
    if at == 0 and words[len(name) :] in _BEHIND:
        return True  # "sundowner time"
    around = (*words[:at], _NAME, *words[at + len(name) :])
    small = lexicon.launch_small.issuperset({*words[:at], *words[at + len(name) :]})
    return len(name) > 1 if small else _unlaunched(around, lexicon) == (_NAME,)


def _unlaunched(words: tuple[str, ...], lexicon: Lexicon) -> tuple[str, ...]:
    """Return the words without those that start something; all of them if none does."""
    left: list[str] = []
    index, starts = 0, False
    while index < len(words):
        sizes = range(len(words) - index, 0, -1)
        size = next((n for n in sizes if words[index : index + n] in lexicon.launch), 0)
        if size:
            starts = True
        elif words[index] not in lexicon.launch_small:
            left.append(words[index])
        index += size or 1
    return tuple(left) if starts else words


def _is_short_for(
    said: tuple[str, ...], title: _Title, view: ContextView, lexicon: Lexicon
) -> bool:
    """Return whether the words are the telling part of a name, and of that one only."""
    if title.domain not in {"scene", "script"} or not set(said) <= set(title.words):
        return False
    if len(said) < _LEAST_SHARE * len(title.words) or all(map(lexicon.is_own_word, said)):
        return False
    others = view.match_names(" ".join(said), limit=8)
    return not any(
        match.kind != "device"
        and match.id != title.entity_id
        and set(said) <= set(text.singulars(text.tokens(match.name)))
        for match in others
    )


def _start(titles: Sequence[_Title], decision: Decision, reason: str) -> Resolution:
    found = {}
    for title in titles:
        intent, command = _STARTED[title.domain]
        found[title.entity_id] = Candidate(
            intent,
            (title.entity_id,),
            0.0,
            (("named_fully", 1.0),),
            (Command(title.entity_id, command),),
        )
    candidates = tuple(found.values())
    if len(candidates) == 1 and reason == "which":
        decision = Decision.ACT
    asked = reason if decision is Decision.ASK else ""
    return choose.resolution(decision, candidates[0], candidates, reason=asked)
