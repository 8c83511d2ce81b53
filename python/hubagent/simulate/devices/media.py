"""Media players: speakers and televisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.simulate.devices.base import SimulatedDevice, as_float
from hubagent.types import Capability, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.simulate.devices.base import Commands

TRACKS = (
    "Morning Light", "Paper Boats", "Northbound", "Low Tide", "Glass Garden", "Second Summer",
    "Lanterns", "Slow Train", "Harbour", "Cloud Atlas Street", "Quiet Engine", "Home Again",
)  # fmt: skip
"""Invented titles; what a player has when nothing else was asked for."""

VOLUME_STEP = 0.1
_OFF_STATES = frozenset({"off", "standby"})
_COMMANDS_OF = {
    "play": ("media_play",),
    "pause": ("media_pause",),
    "stop": ("media_stop",),
    "next_track": ("media_next_track",),
    "previous_track": ("media_previous_track",),
    "turn_on": ("turn_on",),
    "turn_off": ("turn_off",),
    "volume_step": ("volume_up", "volume_down"),
    "clear_playlist": ("clear_playlist",),
}

_BY = ("media_artist", "media_album_name", "media_series_title", "media_channel", "app_name")
"""What a player tells of what it plays besides the title, where the home file says it."""


class MediaPlayer(SimulatedDevice):
    """A player: switched on, it goes on with what it played last.

    Who plays it is known of what the home file says, and of nothing that is played after that.
    """

    DEFAULT_STATE = "off"
    REPORTED = ("volume_level", "is_volume_muted", "media_title", "media_content_type")

    def assumed_features(self) -> frozenset[str]:
        """Assume everything but sources and sound modes that the file does not list."""
        found = super().assumed_features() - {"browse_media", "grouping"}
        if not self.words("source_list"):
            found -= {"select_source"}
        if not self.words("sound_mode_list"):
            found -= {"select_sound_mode"}
        return found

    def reported(self) -> tuple[str, ...]:
        """Report sound and title, and what its features add."""
        names = [*self.REPORTED, *(name for name in _BY if name in self._given)]
        if self.has("next_track"):
            names.append("media_track")
        for feature, name in (
            ("seek", "media_position"),
            ("select_source", "source"),
            ("select_sound_mode", "sound_mode"),
            ("shuffle_set", "shuffle"),
            ("repeat_set", "repeat"),
        ):
            if self.has(feature):
                names.append(name)
        return tuple(names)

    def prepare(self) -> None:
        """Fill in volume, source and what plays."""
        now = self._attributes
        self.sources = self.words("source_list")
        self.sound_modes = self.words("sound_mode_list")
        now.setdefault("volume_level", 0.5)
        now["is_volume_muted"] = bool(now.get("is_volume_muted"))
        usual: dict[str, Value] = {
            "media_position": 0,
            "shuffle": False,
            "repeat": "off",
            "source": self.sources[0] if self.sources else None,
            "sound_mode": self.sound_modes[0] if self.sound_modes else None,
        }
        for name in self.reported():
            if now.get(name) is None and name in usual:
                now[name] = usual[name]
        self._track = int(self.number("media_track", 1))
        if self._state not in _OFF_STATES and self._state != "idle" and self.has("next_track"):
            now.setdefault("media_title", TRACKS[(self._track - 1) % len(TRACKS)])
            now.setdefault("media_track", self._track)
            now.setdefault("media_content_type", "music")

    def commands(self) -> Commands:
        """Return what its features allow."""
        found: dict[str, tuple[Capability, ...]] = {
            command: ()
            for feature, commands in _COMMANDS_OF.items()
            if self.has(feature)
            for command in commands
        }
        if self.has("play") or self.has("pause"):
            found["media_play_pause"] = ()
            # A television that can be paused can be let run on.
            found["media_play"] = ()
        if self.has("turn_on", "turn_off"):
            found["toggle"] = ()
        if self.has("volume_set"):
            found["volume_set"] = (Capability("volume_level", 0, 1, 0.01),)
        if self.has("volume_mute"):
            found["volume_mute"] = (Capability("is_volume_muted"),)
        if self.has("seek"):
            found["media_seek"] = (Capability("seek_position", 0, 86_400, 1, "s"),)
        if self.has("play_media"):
            found["play_media"] = (Capability("media_content_id"), Capability("media_content_type"))
        if self.has("shuffle_set"):
            found["shuffle_set"] = (Capability("shuffle"),)
        if self.has("repeat_set"):
            found["repeat_set"] = (Capability("repeat", options=("off", "all", "one")),)
        if self.sources and self.has("select_source"):
            found["select_source"] = (Capability("source", options=self.sources),)
        if self.sound_modes and self.has("select_sound_mode"):
            found["select_sound_mode"] = (Capability("sound_mode", options=self.sound_modes),)
        return found

    def _is_off(self) -> bool:
        return self._state in _OFF_STATES

    def _to_track(self, number: int) -> None:
        self._track = (number - 1) % len(TRACKS) + 1
        self._attributes |= {
            "media_track": self._track,
            "media_title": TRACKS[self._track - 1],
            "media_content_type": "music",
        }
        self._by_nobody()
        if "media_position" in self._attributes:
            self._attributes["media_position"] = 0

    def do_turn_on(self, _data: Mapping[str, Value]) -> None:
        """Switch on, and play."""
        if self._is_off():
            self._state = "playing"
            if self.has("next_track") and not self._attributes.get("media_title"):
                self._to_track(self._track)

    def do_turn_off(self, _data: Mapping[str, Value]) -> None:
        """Switch off."""
        self._state = "off"

    def do_toggle(self, _data: Mapping[str, Value]) -> None:
        """Switch to the other."""
        if self._is_off():
            self.do_turn_on({})
        else:
            self.do_turn_off({})

    def do_media_play(self, _data: Mapping[str, Value]) -> None:
        """Play what it has, switching itself on."""
        self._state = "playing"
        if self.has("next_track") and not self._attributes.get("media_title"):
            self._to_track(self._track)

    def do_media_pause(self, _data: Mapping[str, Value]) -> bool | None:
        """Hold on; a player that is off has nothing to pause."""
        if self._is_off():
            return False
        self._state = "paused"
        return None

    def do_media_play_pause(self, _data: Mapping[str, Value]) -> None:
        """Play or hold on."""
        if self._state == "playing":
            self._state = "paused"
        else:
            self.do_media_play({})

    def do_media_stop(self, _data: Mapping[str, Value]) -> bool | None:
        """Stop; the player stays on."""
        if self._is_off():
            return False
        self._state = "idle"
        return None

    def do_media_next_track(self, _data: Mapping[str, Value]) -> bool | None:
        """Go to the next track and play it."""
        if self._is_off():
            return False
        self._to_track(self._track + 1)
        self._state = "playing"
        return None

    def do_media_previous_track(self, _data: Mapping[str, Value]) -> bool | None:
        """Go to the track before and play it."""
        if self._is_off():
            return False
        self._to_track(self._track - 1)
        self._state = "playing"
        return None

    def do_media_seek(self, data: Mapping[str, Value]) -> bool | None:
        """Go to a second of the track."""
        if self._is_off() or "seek_position" not in data:
            return False
        self._attributes["media_position"] = int(as_float(data["seek_position"]))
        return None

    def do_play_media(self, data: Mapping[str, Value]) -> bool | None:
        """Play something by its name or address."""
        if not isinstance(data.get("media_content_id"), str):
            return False
        self._state = "playing"
        self._attributes |= {
            "media_title": data["media_content_id"],
            "media_content_type": data.get("media_content_type", "music"),
        }
        self._by_nobody()
        return None

    def do_clear_playlist(self, _data: Mapping[str, Value]) -> None:
        """Forget what was to be played."""
        self._state = "idle"
        self._attributes["media_title"] = None
        self._by_nobody()

    def _by_nobody(self) -> None:
        self._attributes |= {name: None for name in _BY if name in self._attributes}

    def _volume(self, level: float) -> None:
        self._attributes["volume_level"] = round(min(1.0, max(0.0, level)), 4)

    def do_volume_set(self, data: Mapping[str, Value]) -> bool | None:
        """Set the volume."""
        if "volume_level" not in data:
            return False
        self._volume(as_float(data["volume_level"]))
        return None

    def do_volume_up(self, _data: Mapping[str, Value]) -> None:
        """Turn it up a step."""
        self._volume(self.number("volume_level", 0) + VOLUME_STEP)

    def do_volume_down(self, _data: Mapping[str, Value]) -> None:
        """Turn it down a step."""
        self._volume(self.number("volume_level", 0) - VOLUME_STEP)

    def _set(self, data: Mapping[str, Value], name: str, kind: type) -> bool | None:
        if not isinstance(data.get(name), kind):
            return False
        self._attributes[name] = data[name]
        return None

    def do_volume_mute(self, data: Mapping[str, Value]) -> bool | None:
        """Mute or unmute."""
        return self._set(data, "is_volume_muted", bool)

    def do_shuffle_set(self, data: Mapping[str, Value]) -> bool | None:
        """Shuffle or not."""
        return self._set(data, "shuffle", bool)

    def do_repeat_set(self, data: Mapping[str, Value]) -> bool | None:
        """Repeat nothing, all or one."""
        return self._set(data, "repeat", str)

    def do_select_source(self, data: Mapping[str, Value]) -> bool | None:
        """Change the input, switching itself on."""
        if self._set(data, "source", str) is False:
            return False
        if self._is_off():
            self._state = "playing"
        return None

    def do_select_sound_mode(self, data: Mapping[str, Value]) -> bool | None:
        """Change the sound."""
        return self._set(data, "sound_mode", str)
