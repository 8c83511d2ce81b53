"""Sound and picture: volume, source, what to play."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.resolve.settings.request import nearest, option, said_option

if TYPE_CHECKING:
    from hubagent.resolve.amounts import Amounts
    from hubagent.resolve.features import Failure
    from hubagent.resolve.settings.request import Request
    from hubagent.types import Command

VOLUME_STEP = 10.0
"""Percentage points of one step louder or quieter."""
_SEARCHED = ("search_query", "song", "artist", "album", "playlist", "radio_name", "podcast",
             "audiobook", "movie", "music_genre", "music_descriptor", "media_class")  # fmt: skip
_SKIPS = (
    (frozenset({"next", "skip", "skipped"}), "media_next_track"),
    (frozenset({"previous", "back"}), "media_previous_track"),
)
_ALL_TRACKS = frozenset({"all", "everything", "album", "playlist", "queue", "list"})
_NOT = frozenset({"off", "stop", "disable", "no", "dont"})


def volume(request: Request, amounts: Amounts) -> Command | Failure:
    """Set a volume in percent, as Home Assistant reads it: "volume 5" is 5 %."""
    words = request.slot("volume_level", "amount")
    percent = None if words is None else amounts.within(words, 0, 100)
    if percent is None:
        return request.missing("volume")
    if not 0 <= percent <= 100:
        return request.outside("volume", 0, 100, "%")
    return request.to({"volume_level": round(percent / 100, 2)})


def volume_step(request: Request, amounts: Amounts) -> Command | Failure:
    """Make it louder or quieter."""
    words = request.slot("volume_step", "volume_level", "amount")
    if words and (part := amounts.part(words)) is not None:
        return request.to({"volume_level": round(part, 2)})
    now = request.attribute("volume_level")
    if now is None:
        return request.refused("no_target", what="volume")
    change = amounts.change(words, VOLUME_STEP) / 100
    level = min(max(now + (change if request.up else -change), 0), 1)
    return request.to({"volume_level": round(level, 2)})


def source(request: Request, _amounts: Amounts) -> Command | Failure:
    """Switch to one of its sources."""
    limits = request.capability("source")
    words = request.slot("source", "mode")
    if words is None and limits is not None:
        words = said_option(request, limits.options)
    if words is None:
        return request.missing("source")
    return option(request, "source", words, "select_source")


def play(request: Request, _amounts: Amounts) -> Command | Failure:
    """Play what was named; go on with what it has when nothing was."""
    words = [found for name in _SEARCHED if (found := request.reading.slot(name))]
    if not words:
        if (skipped := _skipped(request)) is not None:
            return skipped
        if "media_play" in request.commands:
            return request.to(command="media_play")
        return request.missing("title")
    sources = request.capability("source")
    found = nearest(" ".join(words), sources.options) if sources is not None else None
    if found is not None and "select_source" in request.commands:
        return request.to({"source": found}, "select_source")
    screen = request.entity.device_class == "tv"
    wanted = request.implied("screen")
    if "play_media" not in request.commands or (wanted and screen != (wanted == "yes")):
        return request.unable("play_media")
    kind = request.implied("media_class") or "music"
    return request.to({"media_content_id": " ".join(words), "media_content_type": kind})


def player(request: Request, _amounts: Amounts) -> Command | Failure:
    """Shuffle or repeat, or stop doing so; skip, where that is what was said."""
    off = bool(request.words & _NOT)
    if (skipped := _skipped(request)) is not None:
        return skipped
    stems = {word[:6] for word in request.words}
    if stems & {"shuffl", "random"} and "shuffle_set" in request.commands:
        return request.to({"shuffle": not off}, "shuffle_set")
    if stems & {"repeat", "loop", "again"} and "repeat_set" in request.commands:
        wanted = "all" if request.words & _ALL_TRACKS else "one"
        return request.to({"repeat": "off" if off else wanted}, "repeat_set")
    return request.unable("shuffle or repeat")


def _skipped(request: Request) -> Command | None:
    """Return the way to another track, where the words ask for one."""
    for words, command in _SKIPS:
        if request.words & words and command in request.commands:
            return request.to(command=command)
    return None
