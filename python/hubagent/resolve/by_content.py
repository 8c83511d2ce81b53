"""Requests to play something by its title, where the home tells what plays it: "play Hunger Games".

In: a clause. Out: readings with the title in a slot: what may be a film is shown on a screen if one
is to be had, and is heard (an audiobook, music) where there is none; what is plainly music prefers
things that only sound.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubagent.resolve import intents, text
from hubagent.types import Hypothesis, Slot

if TYPE_CHECKING:
    from hubagent.ports import ContextView
    from hubagent.types import Clause

INTENT = "HassMediaSearchAndPlay"
_LEAST, _MOST, _SECOND = 0.5, 0.79, 0.92
_PLAY = re.compile(
    r"^\W*(?:(?:please|can you|could you|hey|ok|okay|now|and|then|just|let'?s|i want to|i'd like to|go on)\s+)*"
    r"(?:(?P<watch>watch)|(?P<show>show(?: me| us)?)|(?P<listen>listen to)|play(?: me| us)?|(?P<put>put on|stick on|whack on)"
    r"|(?:put|stick)(?=\s.*\b(?:film|movie|episode|audio\s?book|album|song|playlist)\b.*\son\b))\s+",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"\s+(?:on|in|from|over|through|at|for)\s+(?:the|my|our|all|every|this|here)\b.*$|\s+(?:please|now|again|next|on)\s*$|[\s.!?]+$",
    re.IGNORECASE,
)
_FILM = re.compile(r"\b(?:(?:the|a)\s+)?(?:film|movie|episode|series|tv show)\b", re.IGNORECASE)
_BOOK = re.compile(r"\b(?:(?:the|a)\s+)?(?:audio\s?book|book|story)\b", re.IGNORECASE)
_MUSIC = re.compile(
    r"\b(?:music|song|songs|album|playlist|tune|tunes|track|radio)\b", re.IGNORECASE
)
_SOME = re.compile(
    r"^(?:some|a bit of|a little|something by|anything by|something from)\s+", re.IGNORECASE
)
_NOTHING = frozenset({"it", "this", "that", "music", "something", "anything", "song", "songs", "tunes", "some", "a", "the", "more", "game", "games"})  # fmt: skip
_MUSICAL = frozenset({"artist", "song", "album", "playlist", "music_genre", "music_descriptor"})
_NOT_HERE = frozenset(
    {"game_type", "player_setting", "radio_name", "podcast", "podcast_descriptor"}
)


class ByContent:
    """Reads what is to be played where it stands behind the verb."""

    def readings(self, clause: Clause, utterance: str, view: ContextView) -> list[Hypothesis]:
        """Return the readings of a clause in which something is played, the likelier first."""
        said = utterance[clause.start : clause.end]
        verb = _PLAY.match(said)
        if verb is None or not view.query(domain="media_player"):
            return []
        slots = clause.hypotheses[0].slots if clause.hypotheses else ()
        if any(slot.name in _NOT_HERE for slot in slots):
            return []
        musical = any(slot.name in _MUSICAL for slot in slots)
        if verb["show"] and not (musical or _is_media(clause)):
            return []  # "show me my meetings"
        if verb["put"] and not (musical or _is_media(clause)):
            return []  # "put on the kettle"
        end = clause.start + len(said)
        title = said[verb.end() :]
        before = None
        while title != before:
            before, title = title, _TAIL.sub("", title)
        title = _SOME.sub("", title)
        if set(text.tokens(title)) <= _NOTHING:
            return []
        start = clause.start + said.index(title, verb.end())
        behind = start + len(title)
        kept = tuple(
            slot
            for slot in slots
            if slot.start >= behind
            and slot.end <= end
            and slot.name in {"name", "device", "area", "floor"}
        )
        moving = sum(h.probability for h in clause.hypotheses if h.intent in intents.load())
        probability = min(max(moving, _LEAST), _MOST)
        content = Slot("search_query", start, behind, _bare(title))
        return [
            Hypothesis(INTENT, probability * share, (content, *kept), implied)
            for share, implied in _kinds(
                said,
                title,
                musical=musical,
                watched=bool(verb["watch"] or verb["show"]),
                heard=bool(verb["listen"]),
            )
        ]


def _is_media(clause: Clause) -> bool:
    """Return whether the likeliest reading plays something."""
    return bool(clause.hypotheses) and clause.hypotheses[0].intent == INTENT


def _kinds(
    said: str, title: str, *, musical: bool, watched: bool, heard: bool
) -> list[tuple[float, tuple[tuple[str, str], ...]]]:
    """Return what the title may be, each with its share: kind of media, and on a screen or not."""
    player = ("domain", "media_player")
    film = (player, ("media_class", "movie"), ("screen", "yes"))
    if watched or _FILM.search(title):
        return [(1.0, film)]
    kind = "audiobook" if _BOOK.search(title) else "music"
    sound = (player, ("media_class", kind), ("screen", "no"))
    anywhere = (player, ("media_class", kind))
    if musical or heard or kind == "audiobook" or _MUSIC.search(said):
        return [(1.0, sound), (_SECOND, anywhere)]
    return [(1.0, film), (_SECOND, sound), (_SECOND**2, anywhere)]


def _bare(title: str) -> str:
    """Return a title without the word for what it is: "the film Casablanca"."""
    for pattern in (_FILM, _BOOK):
        found = pattern.match(title)
        if found is not None and title[found.end() :].strip():
            return title[found.end() :].strip()
    return title
