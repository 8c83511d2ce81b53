"""Entities that Zigbee2MQTT groups by itself: light, switch, cover, lock, fan, climate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.devices.colour import rgb_reading
from hubagent.devices.draft import MIRED, NUMBER, Reading, scaled, words
from hubagent.types import Convert, Kind

if TYPE_CHECKING:
    from hubagent.devices.draft import Draft
    from hubagent.devices.z2m_exposes import Channel, Expose
    from hubagent.types import CommandPart

_NUMBERS = Convert(kind=Kind.NUMBERS)
_PERCENT = (0.0, 100.0)
_COLOURS: dict[str, tuple[str, tuple[str, ...]]] = {
    "color_xy": ("xy_color", ("x", "y")),
    "color_hs": ("hs_color", ("hue", "saturation")),
}
_HVAC_MODES = ("off", "auto", "heat", "cool", "heat_cool", "dry", "fan_only")
_HVAC_ACTIONS = (
    ("idle", "idle"),
    ("heat", "heating"),
    ("cool", "cooling"),
    ("fan_only", "fan"),
    ("off", "off"),
)
USED = frozenset(
    [
        "state",
        "brightness",
        "color_temp",
        "color_xy",
        "color_hs",
        "position",
        "tilt",
        "mode",
        "speed",
        "local_temperature",
        "occupied_heating_setpoint",
        "current_heating_setpoint",
        "occupied_cooling_setpoint",
        "current_cooling_setpoint",
        "system_mode",
        "running_state",
        "preset",
        "fan_mode",
        "swing_mode",
    ]
)
"""Features that become part of their entity; each of the others becomes one of its own."""
_SPEEDS = ("low", "medium", "high", "on")
"""Fan modes that are speeds, slowest first; the others are presets."""


def light(expose: Expose, draft: Draft, channel: Channel, effect: Expose | None = None) -> None:
    """Declare a light; ``effect`` is the device's expose of that name, if it has one."""
    if (state := expose.feature("state")) is None:
        return
    suffix = f"_{expose.endpoint}" if expose.endpoint else ""
    draft.hear("state", channel.reading(state.prop), state.on_off())
    parts = []
    if brightness := expose.feature("brightness"):
        convert = scaled((0, brightness.maximum or 254), (0, 255))
        draft.can("brightness", 1, 255, 1)
        draft.hear("brightness", channel.reading(brightness.prop), convert)
        parts.append(channel.writing(brightness.prop).part("brightness", convert=convert))
    if temperature := expose.feature("color_temp"):
        coldest, warmest = _mireds(temperature)
        draft.can("color_temp_kelvin", round(1e6 / warmest), round(1e6 / coldest), 1, unit="K")
        draft.hear("color_temp_kelvin", channel.reading(temperature.prop), MIRED)
        parts.append(channel.writing(temperature.prop).part("color_temp_kelvin", convert=MIRED))
    colours = _light_colours(expose, draft, channel)
    parts += colours
    if colours and expose.feature("color_temp"):
        draft.hear("color_mode", channel.reading(f"color_mode{suffix}"))
    if effect and effect.settable:
        draft.can("effect", options=effect.values)
        if effect.published:
            draft.hear("effect", channel.reading(effect.prop))
        parts.append(channel.writing(effect.prop).part("effect"))
    transition = []
    if expose.feature("brightness"):
        draft.can("transition", 0, unit="s")
        transition.append(channel.writing("transition").part("transition", convert=NUMBER))
    setting = channel.writing(state.prop)
    draft.take("turn_on", setting.part(payload=state.value_on), *parts, *transition)
    draft.take("turn_off", setting.part(payload=state.value_off), *transition)
    if state.value_toggle:
        draft.take("toggle", setting.part(payload=state.value_toggle), *transition)


def _mireds(temperature: Expose) -> tuple[float, float]:
    """Return the limits in mired, those of most lamps where the device's make no sense."""
    low, high = temperature.minimum or 0, temperature.maximum or 0
    return (low, high) if 50 <= low < high <= 2000 else (153, 500)


def _light_colours(expose: Expose, draft: Draft, channel: Channel) -> list[CommandPart]:
    colours = [item for item in expose.features if item.name in _COLOURS]
    for colour in colours:
        attribute, keys = _COLOURS[colour.name]
        pointers = (f"/{key}" for key in keys)
        reading = channel.reading(colour.prop).inside(*pointers)
        draft.hear(attribute, reading, _NUMBERS)
        if not draft.hears("rgb_color"):
            kind = attribute.removesuffix("_color")
            draft.hear("rgb_color", rgb_reading(kind, reading), _NUMBERS)
    if not colours:
        return []
    parts = []
    # Zigbee2MQTT converts between kinds of colour itself.
    taken = (("rgb_color", ("r", "g", "b")), *_COLOURS.values())
    for attribute, keys in taken:
        draft.can(attribute)
        parts += [
            channel.writing(f"{colours[0].prop}.{key}").part(
                attribute, convert=_NUMBERS, template=f"{{{{ value[{index}] }}}}"
            )
            for index, key in enumerate(keys)
        ]
    return parts


def switch(expose: Expose, draft: Draft, channel: Channel) -> None:
    """Declare a switch."""
    if (state := expose.feature("state")) is None:
        return
    if state.published:
        draft.hear("state", channel.reading(state.prop), state.on_off())
    setting = channel.writing(state.prop)
    draft.take("turn_on", setting.part(payload=state.value_on))
    draft.take("turn_off", setting.part(payload=state.value_off))
    if state.value_toggle:
        draft.take("toggle", setting.part(payload=state.value_toggle))


def cover(expose: Expose, draft: Draft, channel: Channel) -> None:
    """Declare a cover; what it says while it is stopped between is told by its position."""
    if state := expose.feature("state"):
        states = words((("OPEN", "open"), ("CLOSE", "closed")))
        draft.hear("state", channel.reading(state.prop), states)
        setting = channel.writing(state.prop)
        for command, word in (
            ("open_cover", "OPEN"),
            ("close_cover", "CLOSE"),
            ("stop_cover", "STOP"),
        ):
            if word in state.values:
                draft.take(command, setting.part(payload=word))
    for feature, attribute, key, command in (
        ("position", "current_position", "position", "set_cover_position"),
        ("tilt", "current_tilt_position", "tilt_position", "set_cover_tilt_position"),
    ):
        if found := expose.feature(feature):
            draft.hear(attribute, channel.reading(found.prop), NUMBER)
            draft.can(key, 0, 100, 1, unit="%")
            draft.take(command, channel.writing(found.prop).part(key, convert=NUMBER))
    if tilt := expose.feature("tilt"):
        setting = channel.writing(tilt.prop)
        draft.take("open_cover_tilt", setting.part(payload="100", convert=NUMBER))
        draft.take("close_cover_tilt", setting.part(payload="0", convert=NUMBER))


def lock(expose: Expose, draft: Draft, channel: Channel) -> None:
    """Declare a lock."""
    if (state := expose.feature("state")) is None:
        return
    states = words(((state.value_on, "locked"), (state.value_off, "unlocked")))
    draft.hear("state", channel.reading(state.prop), states)
    setting = channel.writing(state.prop)
    draft.take("lock", setting.part(payload=state.value_on))
    draft.take("unlock", setting.part(payload=state.value_off))


def fan(expose: Expose, draft: Draft, channel: Channel) -> None:
    """Declare a fan, driven by a speed or by named modes."""
    state, mode, speed = (expose.feature(name) for name in ("state", "mode", "speed"))
    style: list[CommandPart] = []
    if speed:
        style.append(_fan_speed(speed, draft, channel))
    if mode:
        style += _fan_modes(mode, draft, channel, with_speeds=speed is None)
    if state:
        draft.hear("state", channel.reading(state.prop), state.on_off())
        switch_on = channel.writing(state.prop).part(payload=state.value_on)
        switch_off = channel.writing(state.prop).part(payload=state.value_off)
    elif mode:
        known = ((value, "off" if value == "off" else "on") for value in mode.values)
        draft.hear("state", channel.reading(mode.prop), words(known))
        moving = [
            value for value in ("on", *mode.values) if value in mode.values and value != "off"
        ]
        switch_on = channel.writing(mode.prop).part(
            payload=moving[0] if moving else "on", only_without=("percentage", "preset_mode")
        )
        switch_off = channel.writing(mode.prop).part(payload="off")
    else:
        return
    draft.take("turn_on", switch_on, *style)
    draft.take("turn_off", switch_off)


def _fan_speed(speed: Expose, draft: Draft, channel: Channel) -> CommandPart:
    # The step below the lowest speed is standing still.
    convert = scaled(((speed.minimum or 1) - 1, speed.maximum or 254), _PERCENT)
    draft.can("percentage", 0, 100, 1, unit="%")
    draft.hear("percentage", channel.reading(speed.prop), convert)
    part = channel.writing(speed.prop).part("percentage", convert=convert)
    draft.take("set_percentage", part)
    return part


def _fan_modes(
    mode: Expose, draft: Draft, channel: Channel, *, with_speeds: bool
) -> list[CommandPart]:
    """Declare named speeds as percentages, and the other names as presets."""
    parts = []
    reading, writing = channel.reading(mode.prop), channel.writing(mode.prop)
    speeds = [value for value in _SPEEDS if value in mode.values]
    if speeds and with_speeds:
        shares = {speed: 100 * (place + 1) / len(speeds) for place, speed in enumerate(speeds)}
        heard = words((speed, f"{share:.0f}") for speed, share in (("off", 0), *shares.items()))
        draft.hear("percentage", reading, replace(heard, kind=Kind.NUMBER))
        draft.can("percentage", 0, 100, round(100 / len(speeds), 2), unit="%")
        # A little wind is asked for with any percentage above 0: round up.
        place = f"(value * {len(speeds)} / 100) | round(3) | round(0, 'ceil') | int"
        part = writing.part(
            "percentage", convert=NUMBER, template=f"{{{{ {['off', *speeds]!r}[{place}] }}}}"
        )
        parts.append(part)
        draft.take("set_percentage", part)
    presets = tuple(value for value in mode.values if value not in (*_SPEEDS, "off"))
    if presets:
        known = f"value_json[{mode.prop!r}]"
        draft.hear(
            "preset_mode",
            Reading(
                channel.state_topic,
                f"{{{{ {known} if {known} in {list(presets)!r} else 'None' if {known} is defined }}}}",
            ),
        )
        draft.can("preset_mode", options=presets)
        parts.append(writing.part("preset_mode"))
        draft.take("set_preset_mode", parts[-1])
    return parts


def climate(expose: Expose, draft: Draft, channel: Channel) -> None:
    """Declare a climate; its state is the system mode."""
    if local := expose.feature("local_temperature"):
        draft.hear("current_temperature", channel.reading(local.prop), NUMBER)
    if running := expose.feature("running_state"):
        draft.hear("hvac_action", channel.reading(running.prop), words(_HVAC_ACTIONS))
    mode_part = _climate_modes(expose.feature("system_mode"), draft, channel)
    _climate_setpoints(expose, mode_part, draft, channel)
    for name, attribute in (
        ("preset", "preset_mode"),
        ("fan_mode", "fan_mode"),
        ("swing_mode", "swing_mode"),
    ):
        if found := expose.feature(name):
            draft.hear(attribute, channel.reading(found.prop))
            if found.settable:
                draft.can(attribute, options=found.values)
                draft.take(f"set_{attribute}", channel.writing(found.prop).part(attribute))


def _climate_modes(mode: Expose | None, draft: Draft, channel: Channel) -> CommandPart | None:
    if mode is None:
        return None
    modes = tuple(value for value in mode.values if value in _HVAC_MODES)
    draft.hear("state", channel.reading(mode.prop), words((value, value) for value in modes))
    if not mode.settable:
        return None
    writing = channel.writing(mode.prop)
    part = writing.part("hvac_mode")
    draft.can("hvac_mode", options=modes)
    draft.take("set_hvac_mode", part)
    preferred = [item for item in ("heat_cool", "heat", "cool", "auto", *modes) if item in modes]
    moving = [item for item in preferred if item != "off"]
    if "off" in modes:
        draft.take("turn_off", writing.part(payload="off"))
    if moving:
        draft.take("turn_on", writing.part(payload=moving[0]))
    return part


def _climate_setpoints(
    expose: Expose, mode_part: CommandPart | None, draft: Draft, channel: Channel
) -> None:
    """Declare one target temperature, or two where heating and cooling have their own."""
    heating = expose.feature("occupied_heating_setpoint", "current_heating_setpoint")
    cooling = expose.feature("occupied_cooling_setpoint", "current_cooling_setpoint")
    targets = (
        (("target_temp_low", heating), ("target_temp_high", cooling))
        if heating and cooling
        else (("temperature", heating or cooling),)
    )
    parts = []
    for key, setpoint in targets:
        if setpoint is None:
            continue
        draft.hear(key, channel.reading(setpoint.prop), NUMBER)
        if setpoint.settable:
            limits = (setpoint.minimum, setpoint.maximum, setpoint.step)
            draft.can(key, *limits, unit=setpoint.unit or "°C")
            parts.append(channel.writing(setpoint.prop).part(key, convert=NUMBER))
    if parts:
        draft.take("set_temperature", mode_part, *parts)
