"""From the amounts, colours and modes of a reading to the data of a command for one entity.

In: a reading, an entity with its capabilities, its state. Out: a ``Command`` in Home Assistant's
service words, or why the entity cannot be set so. Ranges are the entity's own and never clamped: a
value outside is refused with the range.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.amounts import Amounts, converted, unit_said
from hubagent.resolve.features import Failure
from hubagent.types import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hubagent.ports import Values
    from hubagent.resolve.intents import IntentSpec
    from hubagent.resolve.lexicon import Lexicon
    from hubagent.types import Capability, Entity, EntityState, Hypothesis, Value

    Data = Mapping[str, Value]

BRIGHTNESS_STEP = 20.0
"""Percentage points of one step brighter or dimmer."""
VOLUME_STEP = 0.1
POSITION_STEP = 20.0
SPEED_STEP = 20.0
LEAST_LIKE = 0.75
"""Least likeness of a mode or source said to one the entity has."""
_RANGES = {"°C": (7.0, 35.0), "°F": (45.0, 95.0)}
"""Target temperatures of a thermostat that names no range, as in Home Assistant."""
_ON_MODES = ("heat_cool", "auto", "heat", "cool")
_MODE_WORDS = {
    "heating": "heat", "warm": "heat", "cooling": "cool", "ac": "cool", "air conditioning": "cool",
    "automatic": "auto", "fan": "fan_only", "fan only": "fan_only", "heat cool": "heat_cool",
    "heat and cool": "heat_cool", "drying": "dry", "dehumidify": "dry", "economy": "eco",
    "energy saving": "eco", "holiday": "away", "vacation": "away", "night": "sleep",
}  # fmt: skip
_DOWNWARD = frozenset({"down", "lower", "close", "shut", "less", "closed"})
_FURTHER = frozenset({"another", "further", "more", "less", "higher", "lower"})
_WAY = frozenset({"way"})
_MODE_VERBS = frozenset({"heat", "cool", "dry", "dehumidify"})
_ENDED = frozenset({"stop", "done", "finish", "finished", "enough", "end", "quit"})
_SEARCHED = ("search_query", "song", "artist", "album", "playlist", "radio_name", "podcast",
             "audiobook", "movie", "music_genre", "music_descriptor", "media_class")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Request:
    """What one entity is asked for."""

    reading: Hypothesis
    said: str
    """Text of the clause."""
    spec: IntentSpec
    command: str
    entity: Entity
    state: EntityState
    commands: tuple[str, ...]
    """All commands the entity has."""

    def capability(self, name: str) -> Capability | None:
        """Return the entity's capability of that name."""
        return self.entity.capability(name)

    def slot(self, *names: str) -> str | None:
        """Return the words of the first of these slots that was filled."""
        return next((words for name in names if (words := self.reading.slot(name))), None)

    def implied(self, name: str) -> str:
        """Return what the reading itself fixes, empty for nothing."""
        return dict(self.reading.implied).get(name, "")

    def attribute(self, name: str) -> float | None:
        """Return a current attribute as a number."""
        value = self.state.attributes.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        return None

    def to(self, data: Data | None = None, command: str = "") -> Command:
        """Return the command with this data."""
        return Command(self.entity.entity_id, command or self.command, dict(data or {}))

    def refused(self, reason: str, **facts: Value) -> Failure:
        """Return why the entity cannot do it."""
        return Failure(reason, {"name": self.entity.name, **facts})

    def unable(self, what: str) -> Failure:
        """Return that the entity lacks a capability."""
        return self.refused("no_capability", intent=self.spec.intent, what=what)


class Settings:
    """Fills the data of commands."""

    def __init__(self, values: Values, lexicon: Lexicon) -> None:
        self._values = values
        self._amounts = Amounts(values, lexicon)
        self._builders: Mapping[str, Callable[[Request], Command | Failure]] = {
            "": Request.to,
            "light": self._light,
            "light_step": self._light_step,
            "switched_on": self._switched_on,
            "switched_off": self._switched_off,
            "toggled": self._toggled,
            "opened": lambda request: self._moved(request, 100),
            "closed": lambda request: self._moved(request, 0),
            "position": self._position,
            "fan_speed": self._fan_speed,
            "fan_step": self._fan_step,
            "oscillating": lambda r: r.to({"oscillating": r.implied("oscillating") != "off"}),
            "direction": self._direction,
            "temperature": self._temperature,
            "temperature_step": self._temperature_step,
            "mode": self._mode,
            "humidity": self._humidity,
            "volume": self._volume,
            "volume_step": self._volume_step,
            "muted": lambda request: request.to({"is_volume_muted": True}),
            "unmuted": lambda request: request.to({"is_volume_muted": False}),
            "source": self._source,
            "media": self._media,
            "player": self._player,
            "item": self._item,
            "armed": self._armed,
            "cleaning_ended": self._cleaning_ended,
        }

    def command(self, request: Request) -> Command | Failure:
        """Return the command with its data, or why there is none."""
        return self._builders[request.spec.setting](request)

    # -- lights ------------------------------------------------------------------------------------

    def _light(self, request: Request) -> Command | Failure:
        data: dict[str, Value] = {}
        if colour := request.slot("color", "temperature"):
            painted = self._colour(request, colour)
            if isinstance(painted, Failure):
                return painted
            data.update(painted)
        if amount := request.slot("brightness", "amount"):
            percent = self._amounts.within(amount, 1, 100)
            if percent is None and not data:
                return request.refused("missing_value", what="brightness")
            if percent is not None:
                if request.capability("brightness") is None:
                    return request.unable("brightness")
                if not 0 <= percent <= 100:
                    return request.refused(
                        "out_of_range", what="brightness", minimum=0, maximum=100, unit="%"
                    )
                if percent == 0:
                    return request.to(command="turn_off")
                data["brightness"] = max(1, round(percent * 255 / 100))
        if (effect := request.slot("mode", "effect")) and not data:
            return self._option(request, "effect", effect, "turn_on")
        if not data:
            return request.refused("missing_value", what="brightness")
        return request.to(data)

    def _colour(self, request: Request, words: str) -> Data | Failure:
        entity = request.entity
        kelvin, rgb = self._values.kelvin(words), self._values.colour(words)
        limits = entity.capability("color_temp_kelvin")
        if kelvin is not None and limits is not None:
            low, high = limits.minimum or 1000, limits.maximum or 12000
            if any(char.isdigit() for char in words) and not low <= kelvin <= high:
                return request.refused(
                    "out_of_range", what="color temperature", minimum=low, maximum=high, unit="K"
                )
            return {"color_temp_kelvin": round(min(max(kelvin, low), high))}
        if rgb is None:
            if kelvin is not None:
                return request.unable("color temperature")
            return request.refused("unknown_value", what="color", value=words)
        if entity.capability("rgb_color") is not None:
            return {"rgb_color": rgb}
        if entity.capability("hs_color") is not None:
            hue, saturation, _ = colorsys.rgb_to_hsv(*(part / 255 for part in rgb))
            return {"hs_color": (round(hue * 360, 1), round(saturation * 100, 1))}
        return request.unable("color")

    def _light_step(self, request: Request) -> Command | Failure:
        if request.capability("brightness") is None:
            return request.unable("brightness")
        up = request.implied("direction") != "down"
        words = request.slot("brightness", "amount")
        if words and (part := self._amounts.part(words)) is not None:
            return request.to({"brightness": max(1, round(255 * part))})
        change = self._change(words, BRIGHTNESS_STEP)
        level = request.attribute("brightness")
        if request.state.state != "on":
            if not up:
                return request.refused("is_off")
            level = 0.0
        percent = (128.0 if level is None else level) * 100 / 255 + (change if up else -change)
        return request.to({"brightness": round(min(max(percent, 1), 100) * 255 / 100)})

    def _change(self, words: str | None, step: float) -> float:
        """Return the size of a relative change: a number said, or so many steps."""
        steps = self._amounts.steps(words)
        if steps is not None:
            return steps * step
        number = self._amounts.number(words or "")
        return abs(number) if number is not None else step

    # -- on, off, open, closed ---------------------------------------------------------------------

    def _switched_on(self, request: Request) -> Command | Failure:
        if request.entity.domain == "light" and request.slot("brightness", "color"):
            return self._light(request)
        modes = request.capability("hvac_mode") or request.capability("operation_mode")
        if request.command in {"set_hvac_mode", "set_operation_mode"} and modes is not None:
            able = [mode for mode in modes.options if mode != "off"]
            best = next((mode for mode in _ON_MODES if mode in able), able[0] if able else "")
            return request.to({modes.name: best}) if best else request.unable("on")
        return request.to()

    def _switched_off(self, request: Request) -> Command | Failure:
        if request.command == "set_hvac_mode":
            return request.to({"hvac_mode": "off"})
        if request.command == "set_operation_mode":
            return request.to({"operation_mode": "off"})
        return request.to()

    def _toggled(self, request: Request) -> Command | Failure:
        on = request.state.state in {"on", "open", "opening", "playing", "heat", "cool", "auto"}
        command = request.spec.commands[request.entity.domain][1 if on else 0]
        return request.to(command=command) if command in request.commands else request.unable("")

    def _moved(self, request: Request, position: int) -> Command | Failure:
        if request.command.endswith("_position"):
            return request.to({"position": position})
        return request.to()

    def _position(self, request: Request) -> Command | Failure:
        words = request.slot("position", "amount")
        said = set(text.tokens(request.said))
        downward = bool(said & _DOWNWARD)
        steps = None if words is None else self._amounts.steps(words)
        if steps is not None or said & _FURTHER:
            number = None if words is None or steps is not None else self._amounts.number(words)
            change = POSITION_STEP * (steps or 1.0) if number is None else abs(number)
            return self._position_step(request, -change if downward else change)
        value = None if words is None else self._amounts.within(words, 0, 100)
        if value is not None and words is not None and said & _WAY and downward:
            value = 100 - value  # "a third of the way down" leaves it two thirds open
        if value is None:
            return request.refused("missing_value", what="position")
        if not 0 <= value <= 100:
            return request.refused(
                "out_of_range", what="position", minimum=0, maximum=100, unit="%"
            )
        if (
            words is not None
            and "closed" in text.tokens(words)
            and self._amounts.part(words) is None
        ):
            value = 100 - value
        return request.to({"position": round(value)})

    def _position_step(self, request: Request, change: float) -> Command | Failure:
        now = request.attribute("current_position")
        if now is None:
            return request.refused("no_target", what="position")
        return request.to({"position": round(min(max(now + change, 0), 100))})

    # -- air ---------------------------------------------------------------------------------------

    def _fan_speed(self, request: Request) -> Command | Failure:
        words = request.slot("percentage", "amount", "mode")
        if words is None:
            return request.refused("missing_value", what="speed")
        for name, command in (("preset_mode", "set_preset_mode"), ("fan_mode", "set_fan_mode")):
            limits = request.capability(name)
            if limits is not None and command in request.commands:
                found = _nearest(words, limits.options)
                if found is not None:
                    return request.to({name: found}, command)
        if "set_percentage" not in request.commands:
            return request.unable("speed")
        percent = self._amounts.within(words, 0, 100)
        if percent is None:
            return request.refused("unknown_value", what="speed", value=words)
        if not 0 <= percent <= 100:
            return request.refused("out_of_range", what="speed", minimum=0, maximum=100, unit="%")
        return request.to({"percentage": self._to_speed(request, percent)}, "set_percentage")

    def _fan_step(self, request: Request) -> Command | Failure:
        limits = request.capability("percentage")
        step = max(SPEED_STEP, (limits.step or 0.0) if limits is not None else 0.0)
        words = request.slot("percentage", "amount")
        if words and (part := self._amounts.part(words)) is not None:
            return request.to({"percentage": self._to_speed(request, part * 100)})
        change = self._change(words, step)
        up = request.implied("direction") != "down"
        now = request.attribute("percentage")
        if now is None:
            now = 0.0 if request.state.state == "off" else 50.0
        percent = min(max(now + (change if up else -change), 0), 100)
        return request.to({"percentage": self._to_speed(request, percent)})

    def _to_speed(self, request: Request, percent: float) -> int:
        """Return the nearest of the fan's speeds, never off for a speed above 0."""
        limits = request.capability("percentage")
        step = (limits.step if limits is not None else None) or 1.0
        steps = max(1, round(percent / step)) if percent > 0 else 0
        return round(min(100.0, steps * step))

    def _direction(self, request: Request) -> Command | Failure:
        words = request.slot("mode", "direction") or request.said
        backwards = bool({"reverse", "backward", "backwards"} & set(text.tokens(words)))
        if not backwards and request.slot("mode", "direction") is None:
            backwards = request.state.attributes.get("direction") == "forward"
        return request.to({"direction": "reverse" if backwards else "forward"})

    def _temperature(self, request: Request) -> Command | Failure:
        words = request.slot("temperature", "amount")
        unit, low, high = self._range_of(request)
        value = None if words is None else self._amounts.within(words, low, high)
        if words is None or value is None:
            return request.refused("missing_value", what="temperature")
        said = unit_said(words) or unit_said(request.said)
        value = converted(value, said or unit, unit)
        other = "°C" if unit == "°F" else "°F"
        if not said and not low <= value <= high and low <= converted(value, other, unit) <= high:
            value = converted(value, other, unit)  # nobody heats a room to 72 °C
        return self._within_range(request, value, low, high, unit)

    def _temperature_step(self, request: Request) -> Command | Failure:
        unit, low, high = self._range_of(request)
        words = request.slot("temperature", "amount")
        now = request.attribute("temperature")
        if now is None:
            now = request.attribute("current_temperature")
        if now is None:
            return request.refused("no_target", what="temperature")
        change = self._change(words, 1.0)
        if words and unit_said(words) not in {"", unit}:
            change = change * 9 / 5 if unit == "°F" else change * 5 / 9
        value = now + (change if request.implied("direction") != "down" else -change)
        return self._within_range(request, value, low, high, unit)

    def _range_of(self, request: Request) -> tuple[str, float, float]:
        limits = request.capability("temperature")
        unit = (limits.unit if limits is not None else "") or request.entity.unit
        if not unit:
            unit = str(request.state.attributes.get("temperature_unit") or "°C")
        unit = "°F" if unit.endswith("F") else "°C"
        low, high = _RANGES[unit]
        if limits is not None:
            low = low if limits.minimum is None else limits.minimum
            high = high if limits.maximum is None else limits.maximum
        return unit, low, high

    def _within_range(
        self, request: Request, value: float, low: float, high: float, unit: str
    ) -> Command | Failure:
        if not low - 1e-6 <= value <= high + 1e-6:
            return request.refused(
                "out_of_range", what="temperature", minimum=low, maximum=high, unit=unit
            )
        limits = request.capability("temperature")
        step = (limits.step if limits is not None else None) or 0.1
        return request.to({"temperature": _neat(round(round(value / step) * step, 2))})

    def _humidity(self, request: Request) -> Command | Failure:
        words = request.slot("humidity", "amount")
        limits = request.capability("humidity")
        low = 0.0 if limits is None or limits.minimum is None else limits.minimum
        high = 100.0 if limits is None or limits.maximum is None else limits.maximum
        value = None if words is None else self._amounts.within(words, low, high)
        if value is None:
            return request.refused("missing_value", what="humidity")
        if not low <= value <= high:
            return request.refused(
                "out_of_range", what="humidity", minimum=low, maximum=high, unit="%"
            )
        return request.to({"humidity": round(value)})

    def _mode(self, request: Request) -> Command | Failure:
        words = request.slot("mode", "preset_mode", "hvac_mode") or next(
            (word for word in text.tokens(request.said) if word in _MODE_VERBS), None
        )
        if words is None:
            return request.refused("missing_value", what="mode")
        for command in request.spec.commands[request.entity.domain]:
            name = "mode" if command == "set_mode" else command.removeprefix("set_")
            limits = request.capability(name)
            if command in request.commands and limits is not None:
                found = _nearest(words, limits.options)
                if found is not None:
                    return request.to({name: found}, command)
        return request.refused("unknown_value", what="mode", value=words)

    # -- sound and picture -------------------------------------------------------------------------

    def _volume(self, request: Request) -> Command | Failure:
        words = request.slot("volume_level", "amount")
        percent = None if words is None else self._amounts.within(words, 0, 100)
        if percent is None:
            return request.refused("missing_value", what="volume")
        if not 0 <= percent <= 100:
            return request.refused("out_of_range", what="volume", minimum=0, maximum=100, unit="%")
        return request.to({"volume_level": round(percent / 100, 2)})

    def _volume_step(self, request: Request) -> Command | Failure:
        words = request.slot("volume_step", "volume_level", "amount")
        if words and (part := self._amounts.part(words)) is not None:
            return request.to({"volume_level": round(part, 2)})
        change = self._change(words, VOLUME_STEP * 100) / 100
        up = request.implied("direction") != "down"
        now = request.attribute("volume_level")
        if now is None:
            return request.refused("no_target", what="volume")
        return request.to(
            {"volume_level": round(min(max(now + (change if up else -change), 0), 1), 2)}
        )

    def _source(self, request: Request) -> Command | Failure:
        words = request.slot("source", "mode")
        if words is None:
            return request.refused("missing_value", what="source")
        return self._option(request, "source", words, "select_source")

    def _option(self, request: Request, name: str, words: str, command: str) -> Command | Failure:
        limits = request.capability(name)
        if limits is None:
            return request.unable(name)
        found = _nearest(words, limits.options)
        if found is None:
            return request.refused("unknown_value", what=name, value=words)
        return request.to({name: found}, command)

    def _media(self, request: Request) -> Command | Failure:
        words = [found for name in _SEARCHED if (found := request.reading.slot(name))]
        if not words:
            if "media_play" in request.commands:
                return request.to(command="media_play")
            return request.refused("missing_value", what="title")
        if "play_media" not in request.commands:
            return request.unable("play_media")
        kind = request.implied("media_class") or "music"
        return request.to({"media_content_id": " ".join(words), "media_content_type": kind})

    def _player(self, request: Request) -> Command | Failure:
        said = set(text.tokens(request.said))
        off = bool(said & {"off", "stop", "disable", "no", "dont"})
        if said & {"shuffle", "random"} and "shuffle_set" in request.commands:
            return request.to({"shuffle": not off}, "shuffle_set")
        if said & {"repeat", "loop", "again"} and "repeat_set" in request.commands:
            return request.to({"repeat": "off" if off else "one"}, "repeat_set")
        return request.unable("player")

    # -- the rest ----------------------------------------------------------------------------------

    def _item(self, request: Request) -> Command | Failure:
        item = request.slot("item")
        if item is None:
            return request.refused("missing_value", what="item")
        if request.command == "update_item":
            return request.to({"item": item, "status": "completed"})
        return request.to({"item": item})

    def _cleaning_ended(self, request: Request) -> Command | Failure:
        """Send a robot that is to stop for good home; one that is to pause stays where it is."""
        ended = _ENDED & set(text.tokens(request.said))
        if ended and "return_to_base" in request.commands:
            return request.to(command="return_to_base")
        return request.to()

    def _armed(self, request: Request) -> Command | Failure:
        words = set(text.tokens(f"{request.slot('mode') or ''} {request.said}"))
        for said, command in (
            ({"home", "stay"}, "alarm_arm_home"),
            ({"night", "sleep", "bed"}, "alarm_arm_night"),
            ({"vacation", "holiday"}, "alarm_arm_vacation"),
        ):
            if words & said and command in request.commands:
                return request.to(command=command)
        return request.to()


def _nearest(words: str, options: tuple[str, ...]) -> str | None:
    """Return the option that the words mean, ``None`` if none is near."""
    said = " ".join(word for word in text.tokens(words) if word not in {"mode", "the", "to"})
    said = _MODE_WORDS.get(said, said).replace("_", " ")
    best, best_likeness = None, LEAST_LIKE
    for option in options:
        known = " ".join(text.tokens(option.replace("_", " ")))
        if known == said or "".join(known.split()) == "".join(said.split()):
            return option
        likeness = SequenceMatcher(None, said, known, autojunk=False).ratio()
        if likeness > best_likeness:
            best, best_likeness = option, likeness
    return best


def _neat(value: float) -> float | int:
    return int(value) if value == int(value) else value
