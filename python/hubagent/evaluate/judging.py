"""One turn against what ought to come of it: right, or which kind of error.

In: a ``Turn`` and a ``Result`` (decision, response, commands, the home before and after). Out: one
of ``OUTCOMES``. Reads no file and runs nothing.
"""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.evaluate.households import Expectation, Home, State, Turn

OUTCOMES = (
    "right", "wrong device", "wrong action", "wrongly refused", "wrongly asked", "wrong words",
    "false trigger", "no result",
)  # fmt: skip
SETTABLE = {
    "climate": ("temperature", "target_temp_high", "target_temp_low", "humidity", "fan_mode",
                "preset_mode", "swing_mode"),
    "cover": ("current_position", "current_tilt_position"),
    "fan": ("percentage", "oscillating", "direction", "preset_mode"),
    "humidifier": ("humidity", "mode"),
    "light": ("brightness", "color_temp_kelvin", "hs_color", "rgb_color", "effect"),
    "media_player": ("volume_level", "is_volume_muted", "source", "media_content_id",
                     "media_title", "shuffle", "repeat"),
    "vacuum": ("fan_speed",),
    "valve": ("current_position",),
    "water_heater": ("temperature", "operation_mode", "away_mode"),
}  # fmt: skip
"""Attributes that a command sets; all others (measurements, batteries) move by themselves."""

READ_ONLY = frozenset({
    "binary_sensor", "camera", "device_tracker", "event", "image", "person", "sensor", "sun",
    "weather", "zone",
})  # fmt: skip
ON_ITS_WAY = {"opening": "open", "closing": "closed", "locking": "locked", "unlocking": "unlocked"}
FULL_SCALE = {"brightness": 255.0, "volume_level": 1.0}
HUES = {
    "red": (345, 15), "orange": (16, 44), "yellow": (45, 70), "green": (80, 160),
    "turquoise": (160, 195), "blue": (200, 255), "purple": (256, 300), "pink": (300, 350),
}  # fmt: skip
"""Degrees of hue that a person calls so; a range may pass through 0."""

_BOUNDS = re.compile(r"(?:(up|down)\b)?\s*(?:(-?[\d.]+?)(%?)(?:\.\.(-?[\d.]+)(%?))?)?")


def fits(spec: object, name: str, now: object, before: object) -> bool:
    """Return whether a value is as expected.

    Args:
        spec: A list (one of these), a number (to within 2 % of full scale for brightness and
            volume, else 0.5), or a word: ``40..60`` a range, ``50%`` of full scale, ``up`` or
            ``down`` against before, with ``up 1..3`` by how much.
        name: Name of the attribute, or ``state``.
        now: Value after the turn.
        before: Value before it; ``None`` counts as 0.
    """
    if isinstance(spec, list):
        return any(fits(item, name, now, before) for item in spec)
    if isinstance(spec, bool) or spec is None:
        return now is spec
    found = _BOUNDS.fullmatch(str(spec))
    if found is None or not str(spec):
        return str(ON_ITS_WAY.get(str(now), now)).casefold() == str(spec).casefold()
    value = _number(now)
    if value is None:
        return False
    way, low, low_unit, high, high_unit = found.groups()
    scale = FULL_SCALE.get(name, 100.0)
    slack = 0.02 * scale if name in FULL_SCALE else 0.5
    if way:
        value = (value - (_number(before) or 0.0)) * (1 if way == "up" else -1)
        if low is None:
            return value > 1e-6
    least = float(low) * (scale / 100 if low_unit else 1)
    most = least if high is None else float(high) * (scale / 100 if high_unit else 1)
    if high is not None:
        slack = slack if low_unit else 1e-6
    return least - slack <= value <= most + slack


def _number(value: object) -> float | None:
    """Return a number, also one told as text; ``None`` when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _hue_and_saturation(attributes: Mapping[str, Any]) -> tuple[float, float] | None:
    """Return a lamp's colour, hue in degrees and saturation in percent, from what it tells."""
    if hs := attributes.get("hs_color"):
        return float(hs[0]), float(hs[1])
    for name in ("rgb_color", "rgbw_color", "rgbww_color"):
        if rgb := attributes.get(name):
            red, green, blue = (float(part) for part in rgb[:3])
            top, low = max(red, green, blue), min(red, green, blue)
            if top == low:
                return 0.0, 0.0
            turn = {
                red: (green - blue) / (top - low),
                green: 2 + (blue - red) / (top - low),
                blue: 4 + (red - green) / (top - low),
            }[top]
            return turn * 60 % 360, 100 * (top - low) / top
    return None


def _is_colour(word: str, attributes: Mapping[str, Any]) -> bool:
    found = _hue_and_saturation(attributes)
    if word == "white":
        return attributes.get("color_mode") == "color_temp" or (found is not None and found[1] < 25)
    if found is None or found[1] < 35:
        return False
    low, high = HUES[word]
    return low <= found[0] <= high if low < high else found[0] >= low or found[0] <= high


@dataclass(frozen=True, slots=True)
class Result:
    """What the hub made of one turn."""

    decision: str
    response: str
    commands: tuple[Mapping[str, Any], ...]
    before: Home
    after: Home

    def touched(self) -> frozenset[str]:
        """Return all entities that were commanded, or that are not what they were."""
        commanded = {str(item["entity_id"]) for item in self.commands}
        changed = {
            key for key, now in self.after.items() if _differs(key, self.before.get(key, {}), now)
        }
        return frozenset(commanded | changed)


def _differs(entity_id: str, before: State, now: State) -> bool:
    domain = entity_id.split(".", 1)[0]
    if domain in READ_ONLY:
        return False
    return _settled(before, "state") != _settled(now, "state") or any(
        _settled(before, name) != _settled(now, name) for name in SETTABLE.get(domain, ())
    )


def _settled(state: State, name: str) -> object:
    value = state.get("state") if name == "state" else (state.get("attributes") or {}).get(name)
    if name == "state":
        return ON_ITS_WAY.get(str(value), value)
    return [round(part) for part in value] if isinstance(value, list) else value


def is_as_expected(entity_id: str, spec: object, result: Result) -> bool:
    """Return whether an entity is what it ought to be after a turn.

    Args:
        entity_id: The entity.
        spec: A state, or ``state`` and attributes; ``ran`` is a scene, script or button that was
            started; ``color`` names a colour; ``did`` a command that it was sent, ``sent`` a text
            within the data of one.
        result: The turn's result.
    """
    commands = [item for item in result.commands if item["entity_id"] == entity_id]
    now, before = result.after.get(entity_id, {}), result.before.get(entity_id, {})
    attributes, old = now.get("attributes") or {}, before.get("attributes") or {}
    if spec == "ran":
        starts = {"turn_on", "press", "trigger"}
        return any(item["command"] in starts or item["command"] == entity_id for item in commands)
    for name, wanted in (spec if isinstance(spec, dict) else {"state": spec}).items():
        if name == "sent":
            data = json.dumps([item.get("data") for item in commands], ensure_ascii=False)
            ok = any(str(word).casefold() in data.casefold() for word in _as_list(wanted))
        elif name == "did":
            ok = any(item["command"] in _as_list(wanted) for item in commands)
        elif name == "color":
            ok = any(_is_colour(word, attributes) for word in _as_list(wanted))
        elif name == "state":
            ok = fits(wanted, name, now.get("state"), before.get("state"))
        else:
            was_off = before.get("state") == "off"
            ok = fits(wanted, name, attributes.get(name), None if was_off else old.get(name))
        if not ok:
            return False
    return True


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def says(response: str, word: str) -> bool:
    """Return whether a word or number stands by itself in a response; ``22`` is in ``22.0 °C``."""
    plain = response.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    ending = r"(?:\.0+)?(?!\w|\.\d)" if word[-1:].isdigit() else r"(?:'?s)?(?!\w)"
    return re.search(rf"(?<![\w.]){re.escape(word.casefold())}{ending}", plain) is not None


def _words_fit(expected: Expectation, response: str) -> bool:
    return all(any(says(response, word) for word in group) for group in expected.says) and not any(
        says(response, word) for word in expected.never_says
    )


def judge(turn: Turn, result: Result | None) -> str:
    """Return the outcome of a turn, one of ``OUTCOMES``."""
    if result is None:
        return "no result"
    touched = result.touched()
    done = [item for item in turn.expect if _is_done(item, result, touched)]
    if any(_words_fit(item, result.response) for item in done):
        return "right"
    return "wrong words" if done else _kind_of_error(turn, result.decision, touched)


def _is_done(expected: Expectation, result: Result, touched: frozenset[str]) -> bool:
    """Return whether all is as this alternative wants it, but for the words."""
    allowed = {key: spec for key, spec in expected.may.items() if key in touched}
    return (
        expected.decision == result.decision
        and touched <= {*expected.becomes, *allowed}
        and all(
            is_as_expected(key, spec, result)
            for key, spec in {**expected.becomes, **allowed}.items()
        )
    )


def _kind_of_error(turn: Turn, decision: str, touched: frozenset[str]) -> str:
    targets = {key for item in turn.expect for key in (*item.becomes, *item.may)}
    if touched and not targets:
        return "false trigger"
    if touched - targets:
        return "wrong device"
    if touched:
        return "wrong action"
    return {
        "refuse": "wrongly refused",
        "ignore": "wrongly refused",
        "ask": "wrongly asked",
        "answer": "wrong words",
    }.get(decision, "wrong action")


def is_sensitive_guess(turn: Turn, result: Result | None, sensitive: frozenset[str]) -> bool:
    """Return whether a lock, garage or the like was touched, and not as it was asked."""
    if result is None:
        return False
    wanted: dict[str, list[Any]] = defaultdict(list)
    for item in turn.expect:
        for key, spec in (*item.becomes.items(), *item.may.items()):
            wanted[key].append(spec)
    return any(
        not any(is_as_expected(key, spec, result) for spec in wanted[key])
        for key in result.touched() & sensitive
    )


def wilson(right: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Return the 95 % interval of a share; (0, 1) when nothing was counted.

    Source: Wilson, Journal of the American Statistical Association 22, 1927.
    """
    if not total:
        return 0.0, 1.0
    share = right / total
    middle = share + z * z / (2 * total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)
