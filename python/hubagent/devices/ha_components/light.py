"""The ``light`` component in its three schemas: basic, json, template."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubagent.devices import colour
from hubagent.devices.draft import MIRED, NUMBER, PLAIN, Reading, refusal, scaled, words
from hubagent.types import Convert, Kind

if TYPE_CHECKING:
    from hubagent.devices.draft import Draft, Writing
    from hubagent.devices.ha_payload import Config
    from hubagent.types import CommandPart

_NUMBERS = Convert(kind=Kind.NUMBERS)
_KELVIN = Convert(kind=Kind.NUMBER, integer=True)
_COLOURS = ("rgb", "hs", "xy", "rgbw", "rgbww")
_COLOUR_MODES = ("onoff", "brightness", "color_temp", "white", *_COLOURS)
_JSON_KEYS = {
    "rgb": (("r", "red"), ("g", "green"), ("b", "blue")),
    "hs": (("h", "hue"), ("s", "sat")),
    "xy": (("x", "x"), ("y", "y")),
}


def light(config: Config, draft: Draft) -> None:
    """Read a ``light``."""
    schema = config.choice("schema", ("basic", "json", "template"), "basic")
    {"basic": _basic, "json": _json, "template": _template}[schema](config, draft)


def can_colour(draft: Draft, taken: str) -> None:
    """Add the capabilities of a light whose own colours are ``rgb``, ``hs`` or ``xy``."""
    for kind in colour.commanded_as(taken):
        draft.can(f"{kind}_color")


def hear_colour(draft: Draft, kind: str, reading: Reading | None) -> None:
    """Bind a colour as the light reports it, and as ``rgb_color`` where that is another."""
    draft.hear(f"{kind}_color", reading, _NUMBERS)
    if reading and kind != "rgb" and not draft.hears("rgb_color"):
        draft.hear("rgb_color", colour.rgb_reading(kind, reading), _NUMBERS)


def _can_temperature(config: Config, draft: Draft) -> None:
    low, high = config.number("min_mireds", 153), config.number("max_mireds", 500)
    if low <= 0 or high <= 0:
        raise refusal("wrong value", "`min_mireds` and `max_mireds` must be positive")
    coldest = config.number("max_kelvin", round(1e6 / low))
    warmest = config.number("min_kelvin", round(1e6 / high))
    draft.can("color_temp_kelvin", warmest, coldest, 1, unit="K")


def _temperature(config: Config) -> Convert:
    return _KELVIN if config.flag("color_temp_kelvin") else MIRED


def _can_effect(config: Config, draft: Draft) -> None:
    draft.can("effect", options=config.words("effect_list"))


# --- basic ----------------------------------------------------------------------------------------


def _basic(config: Config, draft: Draft) -> None:
    writing = config.required_writing("command_topic", "")
    on, off = config.text("payload_on", "ON"), config.text("payload_off", "OFF")
    order = config.choice("on_command_type", ("last", "first", "brightness"), "last")
    state = config.reading(
        "state_topic",
        "state_value_template" if config.has("state_value_template") else "value_template",
    )
    draft.hear("state", state, words(((on, "on"), (off, "off"))))
    draft.hear("color_mode", config.reading("color_mode_state_topic", "color_mode_value_template"))
    style = _basic_brightness(config, draft) + _basic_temperature(config, draft)
    style += _basic_colour(config, draft)
    effect = config.writing("effect_command_topic", "effect_command_template")
    draft.hear("effect", config.reading("effect_state_topic", "effect_value_template"))
    if effect:
        _can_effect(config, draft)
        style.append(effect.part("effect"))
    switch_on = writing.part(payload=on)
    if order == "brightness":
        brightness = config.required_writing(
            "brightness_command_topic", "brightness_command_template"
        )
        full = f"{config.number('brightness_scale', 255):g}"
        style.append(brightness.part(payload=full, only_without=("brightness",)))
        draft.take("turn_on", *style)
    elif order == "first":
        draft.take("turn_on", switch_on, *style)
    else:
        draft.take("turn_on", *style, switch_on)
    draft.take("turn_off", writing.part(payload=off))


def _basic_brightness(config: Config, draft: Draft) -> list[CommandPart]:
    convert = scaled((0, config.number("brightness_scale", 255)), (0, 255))
    reading = config.reading("brightness_state_topic", "brightness_value_template")
    draft.hear("brightness", reading, convert)
    writing = config.writing("brightness_command_topic", "brightness_command_template")
    if writing is None:
        return []
    draft.can("brightness", 1, 255, 1)
    return [writing.part("brightness", convert=convert)]


def _basic_temperature(config: Config, draft: Draft) -> list[CommandPart]:
    convert = _temperature(config)
    reading = config.reading("color_temp_state_topic", "color_temp_value_template")
    draft.hear("color_temp_kelvin", reading, convert)
    writing = config.writing("color_temp_command_topic", "color_temp_command_template")
    if writing is None:
        return []
    _can_temperature(config, draft)
    return [writing.part("color_temp_kelvin", convert=convert)]


def _basic_colour(config: Config, draft: Draft) -> list[CommandPart]:
    """Use the first kind of colour that has a topic; the others say the same in other words."""
    for kind in _COLOURS:
        reading = config.reading(f"{kind}_state_topic", f"{kind}_value_template")
        hear_colour(draft, kind, reading)
    for kind in _COLOURS:
        writing = config.writing(f"{kind}_command_topic", f"{kind}_command_template")
        if writing is None:
            continue
        taken = "rgb" if kind.startswith("rgb") else kind
        can_colour(draft, taken)
        names = colour.VARIABLES[taken] + ("white",) * (kind == "rgbw")
        names += ("cold_white", "warm_white") * (kind == "rgbww")
        whites = "".join(f"{{% set {name} = 0 %}}" for name in names if name.endswith("white"))
        listed = ",".join(f"{{{{ {name} }}}}" for name in names)
        parts = []
        for commanded in colour.commanded_as(taken):
            before = colour.prelude(commanded, taken) + whites
            key = f"{commanded}_color"
            parts.append(writing.part(key, prelude=before, template=before + listed))
        return parts
    return []


# --- json -----------------------------------------------------------------------------------------


def _json(config: Config, draft: Draft) -> None:
    writing = config.required_writing("command_topic", "")
    reading = config.reading("state_topic", "")
    modes = _json_modes(config)
    if reading:
        draft.hear("state", reading.inside("/state"), words((("ON", "on"), ("OFF", "off"))))
    style = _json_brightness(config, draft, writing, reading, modes)
    if "color_temp" in modes:
        _can_temperature(config, draft)
        convert = _temperature(config)
        if reading:
            draft.hear("color_temp_kelvin", reading.inside("/color_temp"), convert)
        style.append(writing.at("color_temp").part("color_temp_kelvin", convert=convert))
    if reading and len(modes) > 1:
        draft.hear("color_mode", reading.inside("/color_mode"))
    style += _json_colour(draft, writing, reading, modes)
    if config.flag("effect") or config.has("effect_list"):
        _can_effect(config, draft)
        if reading:
            draft.hear("effect", reading.inside("/effect"))
        style.append(writing.at("effect").part("effect"))
    extras = []
    if config.flag("transition", default=True):
        draft.can("transition", 0, unit="s")
        extras.append(writing.at("transition").part("transition", convert=NUMBER))
    if config.flag("flash", default=True):
        times = tuple(
            (f"{config.number(f'flash_time_{word}', seconds):g}", word)
            for word, seconds in (("short", 2), ("long", 10))
        )
        draft.can("flash", options=("short", "long"))
        flash = Convert(kind=Kind.NUMBER, words=times, strict=True)
        extras.append(writing.at("flash").part("flash", convert=flash))
    draft.take("turn_on", writing.at("state").part(payload="ON"), *style, *extras)
    draft.take("turn_off", writing.at("state").part(payload="OFF"), *extras)


def _json_modes(config: Config) -> tuple[str, ...]:
    """Return the colour modes; older producers say them one by one."""
    modes = config.words("supported_color_modes")
    for mode in modes:
        if mode not in _COLOUR_MODES:
            raise refusal("wrong value", f"unknown colour mode `{mode}`")
    if modes:
        return modes
    flags = ("color_temp", "rgb", "hs", "xy")
    return tuple(flag for flag in flags if config.flag(flag)) or (
        ("brightness",) if config.flag("brightness") else ("onoff",)
    )


def _json_brightness(
    config: Config,
    draft: Draft,
    writing: Writing,
    reading: Reading | None,
    modes: tuple[str, ...],
) -> list[CommandPart]:
    if set(modes) <= {"onoff"} and not config.flag("brightness"):
        return []
    convert = scaled((0, config.number("brightness_scale", 255)), (0, 255))
    draft.can("brightness", 1, 255, 1)
    if reading:
        draft.hear("brightness", reading.inside("/brightness"), convert)
    return [writing.at("brightness").part("brightness", convert=convert)]


def _json_colour(
    draft: Draft, writing: Writing, reading: Reading | None, modes: tuple[str, ...]
) -> list[CommandPart]:
    kinds = [kind for kind in _COLOURS if kind in modes]
    if not kinds:
        return []
    for kind in kinds:
        keys = _JSON_KEYS.get(kind) or (*_JSON_KEYS["rgb"], *((letter, "") for letter in kind[3:]))
        if kind == "rgbww":
            keys = (*_JSON_KEYS["rgb"], ("c", ""), ("w", ""))
        if reading:
            pointers = (f"/color/{key}" for key, _ in keys)
            hear_colour(draft, kind, reading.inside(*pointers))
    taken = "rgb" if kinds[0].startswith("rgb") else kinds[0]
    can_colour(draft, taken)
    parts = []
    for commanded in colour.commanded_as(taken):
        before = colour.prelude(commanded, taken)
        parts += [
            writing.at(f"color.{key}").part(
                f"{commanded}_color", convert=_NUMBERS, template=before + f"{{{{ {name} }}}}"
            )
            for key, name in _JSON_KEYS[taken]
        ]
    return parts


# --- template -------------------------------------------------------------------------------------

_CHANNELS = ("red", "green", "blue")


def _template(config: Config, draft: Draft) -> None:
    """Read a light whose messages are its owner's templates; it can do what they mention."""
    for key in ("command_on_template", "command_off_template"):
        if not config.has(key):
            raise refusal("missing key", f"`{key}` is required")
    _hear_template(config, draft)
    switch_on = config.required_writing("command_topic", "command_on_template")
    switch_off = config.required_writing("command_topic", "command_off_template")
    variables = "{% set state = value %}"
    mentioned = set(re.findall(r"\w+", switch_on.template))
    if "brightness" in mentioned:
        draft.can("brightness", 1, 255, 1)
    if "color_temp" in mentioned:
        _can_temperature(config, draft)
        in_kelvin = config.flag("color_temp_kelvin")
        wire = "color_temp_kelvin" if in_kelvin else "(1000000 / color_temp_kelvin) | round | int"
        variables += f"{{% set color_temp = {wire} if color_temp_kelvin is defined %}}"
    if mentioned.issuperset(_CHANNELS):
        draft.can("rgb_color")
        for index, name in enumerate(_CHANNELS):
            variables += f"{{% set {name} = rgb_color[{index}] %}}"
    if {"hue", "sat"} <= mentioned:
        draft.can("hs_color")
        variables += "{% set hue = hs_color[0] %}{% set sat = hs_color[1] %}"
    if "effect" in mentioned:
        _can_effect(config, draft)
    if "transition" in mentioned:
        draft.can("transition", 0, unit="s")
    if "flash" in mentioned:
        draft.can("flash", options=("short", "long"))
    draft.take("turn_on", switch_on.part(payload="on", prelude=variables))
    draft.take("turn_off", switch_off.part(payload="off", prelude="{% set state = value %}"))


def _hear_template(config: Config, draft: Draft) -> None:
    draft.hear(
        "state",
        config.reading("state_topic", "state_template"),
        words((("on", "on"), ("off", "off"))),
    )
    for attribute, stem, convert in (
        ("brightness", "brightness", scaled((0, 255), (0, 255))),
        ("color_temp_kelvin", "color_temp", _temperature(config)),
        ("effect", "effect", PLAIN),
    ):
        if config.has(f"{stem}_template"):
            draft.hear(attribute, config.reading("state_topic", f"{stem}_template"), convert)
    channels = [config.reading("state_topic", f"{name}_template") for name in _CHANNELS]
    if all(config.has(f"{name}_template") for name in _CHANNELS):
        readings = [channel for channel in channels if channel]
        listed = ",".join(channel.as_template() for channel in readings)
        if readings:
            draft.hear("rgb_color", Reading(readings[0].topic, listed), _NUMBERS)
