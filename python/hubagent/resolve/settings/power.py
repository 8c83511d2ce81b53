"""On, off, the other one, armed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.resolve.settings import light, measure

if TYPE_CHECKING:
    from hubagent.resolve.amounts import Amounts
    from hubagent.resolve.features import Failure
    from hubagent.resolve.settings.request import Built, Request
    from hubagent.types import Command

_ON_MODES = ("heat_cool", "auto", "heat", "cool")
"""Mode taken when something is switched on that only has modes, the first it has."""
_RUNNING = frozenset({"on", "open", "opening", "playing", "heat", "cool", "heat_cool", "auto"})
_ARMED = (
    ({"home", "stay"}, "alarm_arm_home"),
    ({"night", "sleep", "bed"}, "alarm_arm_night"),
    ({"vacation", "holiday"}, "alarm_arm_vacation"),
)


def switched_on(request: Request, amounts: Amounts) -> Command | Failure:
    """Switch on, a light as bright and coloured as was said."""
    if request.entity.domain == "light" and request.slot("brightness", "color"):
        return light.setting(request, amounts)
    modes = request.capability("hvac_mode") or request.capability("operation_mode")
    if request.command in {"set_hvac_mode", "set_operation_mode"} and modes is not None:
        able = [mode for mode in modes.options if mode != "off"]
        best = next((mode for mode in _ON_MODES if mode in able), able[0] if able else "")
        return request.to({modes.name: best}) if best else request.unable("on")
    return request.to()


def switched_off(request: Request, amounts: Amounts) -> Built:
    """Switch off; "ease off a bit" is no more than a step down."""
    gentle = amounts.steps_said(request.free)
    if gentle and (amounts.steps(gentle) or 1.0) < 1.0 and request.entity.domain in measure.STEPS:
        implied = (*request.reading.implied, ("direction", "down"))
        return measure.step(
            replace(request, reading=replace(request.reading, implied=implied)), amounts
        )
    if request.command in {"set_hvac_mode", "set_operation_mode"}:
        return request.to({request.command.removeprefix("set_"): "off"})
    return request.to()


def toggled(request: Request, _amounts: Amounts) -> Command | Failure:
    """Send what its state is not: a command whose effect can be confirmed."""
    on, off = request.spec.commands[request.entity.domain]
    command = off if request.state.state in _RUNNING else on
    return request.to(command=command) if command in request.commands else request.unable("")


def armed(request: Request, _amounts: Amounts) -> Command | Failure:
    """Arm in the mode that was said, else for away."""
    for said, command in _ARMED:
        if request.words & said and command in request.commands:
            return request.to(command=command)
    return request.to()
