"""What people say when they want something: our own phrasings, or the sentences of a file.

A phrase is a sentence with gaps: ``{room}``, ``{name}``, ``{value}``. In comes ``phrases.toml``, or
rows ``{"id", "text", "intent", "slots"}`` as in SLURP's files, whose places and colours become gaps.
"""

from __future__ import annotations

import json
import re
import tomllib
import zlib
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from hubagent.simulate.wishes import ELSEWHERE, HUES, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOM, NAME, VALUE = "{room}", "{name}", "{value}"
INTENTS = {
    "iot_hue_lighton": "light_on", "iot_hue_lightoff": "light_off", "iot_hue_lightdim": "light_dim",
    "iot_hue_lightup": "light_up", "iot_hue_lightchange": "light_colour", "iot_wemo_on": "plug_on",
    "iot_wemo_off": "plug_off", "iot_coffee": "coffee", "iot_cleaning": "vacuum_start",
    "audio_volume_up": "volume_up", "audio_volume_down": "volume_down", "audio_volume_mute": "mute",
}  # fmt: skip
"""Intents of SLURP that say what is wanted of a home; sentences of the others want nothing of it."""
_MAY_MOVE = frozenset({
    "play_music", "play_radio", "play_podcasts", "play_audiobook", "play_game", "music_settings",
    "music_likeness", "music_dislikeness", "audio_volume_other", "general_commandstop",
    "general_affirm", "general_negate", "general_confirm", "general_repeat",
})  # fmt: skip
"""Intents by which a home may rightly move, or which answer something: neither a wish nor idle talk."""
_GAPS = {"house_place": ROOM, "color_type": VALUE}
_KEPT_SLOTS = frozenset({"device_type", "change_amount"})
_HERE = frozenset({"room", "this room", "the room", "here"})
_WHOLE = re.compile(r"\b(?:all|every|everything|everywhere|house|home|whole|entire|each)\b")
_LATER = re.compile(
    r"\b(?:at|in|for|until|after|when) (?:\w+ )?(?:hours?|minutes?|o'clock|am|pm|night)\b"
)
_PIECES = re.compile(r"\s+('s|n't|'m|'d|'re|'ll|'ve)\b")
_UNKNOWN = re.compile(r"@@unknown@@|<\s*unk\s*>")


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to put a wish."""

    text: str
    """With gaps."""
    original: str
    """The sentence as it stood in the file; equal to ``text`` when it has no gaps."""
    room: str = ""
    """What stood in the gap ``{room}``, so that the sentence itself can be said where it fits."""
    value: str = ""

    @property
    def scope(self) -> str:
        """``name``, ``room``, or ``here`` for what is said in the room itself."""
        return "name" if NAME in self.text else "room" if ROOM in self.text else "here"


@dataclass(frozen=True, slots=True)
class Phrases:
    """All phrases by kind of wish."""

    by_kind: Mapping[str, tuple[Phrase, ...]]
    own_names: Mapping[str, tuple[str, ...]]
    skipped: Mapping[str, int]
    """Rows of a file that were not used, by why."""

    def of(self, kind: str, scope: str) -> tuple[Phrase, ...]:
        """Return the phrases of a kind for a scope."""
        return tuple(item for item in self.by_kind.get(kind, ()) if item.scope == scope)

    def half(self, which: int) -> Phrases:
        """Return one half of the sentences, by a hash of each; what has only the other is said so all the same.

        Args:
            which: 0 or 1.
        """
        by_kind = {}
        for kind, items in self.by_kind.items():
            kept = [item for item in items if zlib.crc32(item.original.encode()) % 2 == which]
            scopes = {item.scope for item in kept}
            by_kind[kind] = (*kept, *(item for item in items if item.scope not in scopes))
        return replace(self, by_kind=by_kind)


def spoken(text: str) -> str:
    """Return a sentence as a recogniser writes it: lower case, one blank, no mark of what it missed."""
    plain = _UNKNOWN.sub(" ", _PIECES.sub(r"\1", text.casefold().replace("do n't", "don't")))
    return " ".join(re.sub(r"[^\w'%.:°-]", " ", plain).split())


@cache
def own_phrases() -> Phrases:
    """Return the phrases of the package."""
    data = _data()
    return Phrases(
        {kind: tuple(Phrase(text, text) for text in texts) for kind, texts in data["phrases"].items()},
        {domain: tuple(names) for domain, names in data["own_names"].items()},
        {},
    )  # fmt: skip


def own_misheard() -> dict[str, tuple[str, ...]]:
    """Return what words are heard as when no recordings are given."""
    return {word: tuple(heard) for word, heard in _data()["misheard"].items()}


@cache
def _data() -> dict[str, Any]:
    text = files("hubagent.simulate").joinpath("phrases.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def read_phrases(lines: Iterable[str]) -> Phrases:
    """Read sentences; kinds that the file does not have, and those with names, stay ours.

    Args:
        lines: One JSON object a line: ``text``, ``intent``, and, if known, ``slots`` with
            ``slot``, ``start``, ``end``. Lines that are none, or cannot be used, are counted.
    """
    found: dict[str, list[Phrase]] = {}
    skipped: Counter[str] = Counter()
    for line in lines:
        row = read_row(line, "text", "intent")
        if row is None:
            skipped["not a row" if line.strip() else "empty"] += 1
            continue
        kind = INTENTS.get(row["intent"], ELSEWHERE)
        if row["intent"] in _MAY_MOVE:
            skipped["neither a wish nor idle talk"] += 1
        elif kind == ELSEWHERE:
            text = spoken(row["text"])
            found.setdefault(kind, []).append(Phrase(text, text))
        elif (phrase := _phrase(row, kind)) is None:
            skipped["no clear wish"] += 1
        else:
            if kind == "light_off" and _WHOLE.search(phrase.original):
                kind = "lights_all_off"
            found.setdefault(kind, []).append(phrase)
    ours = own_phrases()
    by_kind = {}
    for kind in {**ours.by_kind, **found}:
        theirs = tuple(dict.fromkeys(found.get(kind, ())))
        scopes = {item.scope for item in theirs}
        by_kind[kind] = theirs + tuple(
            item for item in ours.by_kind.get(kind, ()) if not theirs or item.scope not in scopes
        )
    return Phrases(by_kind, ours.own_names, dict(skipped))


def read_row(line: str, *needed: str) -> dict[str, Any] | None:
    """Return a JSON object with these keys as non-empty text, or ``None``."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict):
        return None
    good = all(isinstance(row.get(key), str) and row[key].strip() for key in needed)
    return row if good else None


def _phrase(row: Mapping[str, Any], kind: str) -> Phrase | None:
    """Return a row of a home's intent as a phrase; ``None`` where the wish is not clear from it."""
    text, filled = row["text"], {ROOM: "", VALUE: ""}
    slots = row.get("slots") or []
    if not isinstance(slots, list) or not all(_is_slot(item, text) for item in slots):
        return None
    for item in sorted(slots, key=lambda item: -item["start"]):
        words = spoken(text[item["start"] : item["end"]])
        gap = _GAPS.get(item["slot"])
        if gap is None and item["slot"] not in _KEPT_SLOTS:
            return None
        if gap is None or words in _HERE or (gap == ROOM and _WHOLE.search(words)):
            continue
        if filled[gap]:
            return None
        filled[gap] = words
        text = f"{text[: item['start']]}{gap}{text[item['end'] :]}"
    if (kind == "light_colour") != bool(filled[VALUE]):
        return None
    if filled[VALUE] and filled[VALUE] not in HUES:
        return None
    whole = bool(_WHOLE.search(spoken(row["text"])))
    if _LATER.search(spoken(row["text"])) or (whole and kind not in {"light_off", "vacuum_start"}):
        return None
    if filled[ROOM] and not KINDS[kind].room:
        return None
    plain = spoken(text.replace(ROOM, "xroomx").replace(VALUE, "xvaluex"))
    plain = plain.replace("xroomx", ROOM).replace("xvaluex", VALUE)
    return Phrase(plain, spoken(row["text"]), filled[ROOM], filled[VALUE])


def _is_slot(item: object, text: str) -> bool:
    return (
        isinstance(item, dict)
        and isinstance(item.get("slot"), str)
        and isinstance(item.get("start"), int)
        and isinstance(item.get("end"), int)
        and 0 <= item["start"] < item["end"] <= len(text)
    )
