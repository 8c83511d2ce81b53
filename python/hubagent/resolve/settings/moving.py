"""Positions of covers and valves."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubagent.resolve.amounts import Amounts
    from hubagent.resolve.features import Failure
    from hubagent.resolve.settings.request import Request
    from hubagent.types import Command

POSITION_STEP = 20.0
_DOWNWARD = frozenset({"down", "lower", "close", "shut", "less", "closed"})
_ALL_THE_WAY = frozenset({"up", "down"})
_SOME_OF_IT = frozenset({
    "bit", "little", "touch", "tad", "more", "less", "further", "another", "notch", "slightly", "some", "step",
    "smidge", "by", "too", "turn",
})  # fmt: skip
_FURTHER = frozenset({"wider", "another", "further", "more", "less", "higher", "lower"})


def to_end(request: Request, end: int) -> Command | Failure:
    """Open or close; a thing that only takes positions is sent to the end."""
    return request.to({"position": end} if request.command.endswith("_position") else {})


def position(request: Request, amounts: Amounts) -> Command | Failure:
    """Move to a position, or by some: "half", "75 % closed", "another twenty", "a bit higher"."""
    words = request.slot("position", "amount")
    downward = bool(request.words & _DOWNWARD)
    steps = None if words is None else amounts.steps(words)
    if steps is not None or request.words & _FURTHER:
        number = None if words is None or steps is not None else amounts.number(words)
        change = POSITION_STEP * (steps or 1.0) if number is None else abs(number)
        return _moved_by(request, -change if downward else change)
    value = None if words is None else amounts.within(words, 0, 100)
    if value is None or words is None:
        return request.missing("position")
    if not 0 <= value <= 100:
        return request.outside("position", 0, 100, "%")
    shut = bool(request.words & {"way", "closed"}) or request.free[-1:] == ("shut",)
    shut = shut or (amounts.part(words) is not None and request.free[-1:] == ("down",))
    if downward and shut:
        named_end = amounts.part(words) in {0.0, 1.0}
        value = value if named_end else 100 - value  # "a third of the way down"
    return request.to({"position": round(value)})


def tilt(request: Request, amounts: Amounts) -> Command | Failure:
    """Tilt the slats: to an end, a part, a percentage; half way when nothing is said."""
    free = request.free
    words = request.slot("position", "amount") or amounts.part_said(free) or amounts.said(free)
    value = None if words is None else amounts.within(words, 0, 100)
    if value is None:
        shut = bool(request.words & {"close", "closed", "shut", "down"})
        value = 0.0 if shut else 100.0 if request.words & {"open", "up"} else 50.0
    ends = {0.0: "close_cover_tilt", 100.0: "open_cover_tilt"}
    if ends.get(value) in request.commands:
        return request.to(command=ends[value])
    if not 0 <= value <= 100:
        return request.outside("tilt", 0, 100, "%")
    if "set_cover_tilt_position" not in request.commands:
        return request.unable("tilt")
    return request.to({"tilt_position": round(value)}, "set_cover_tilt_position")


def step(request: Request, amounts: Amounts) -> Command | Failure:
    """Move up or down by some."""
    words = request.slot("position", "amount")
    if words is None and request.words & _ALL_THE_WAY and not request.words & _SOME_OF_IT:
        return request.to({"position": 100 if request.up else 0})  # "the rollo down"
    change = amounts.change(words, POSITION_STEP)
    return _moved_by(request, change if request.up else -change)


def _moved_by(request: Request, change: float) -> Command | Failure:
    now = request.attribute("current_position")
    if now is None:
        return request.refused("no_target", what="position")
    return request.to({"position": round(min(max(now + change, 0), 100))})
