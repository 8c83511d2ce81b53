"""From the amounts, colours and modes of a reading to the data of a command for one entity.

In: a ``Request``: a reading, an entity with its capabilities, its state. Out: ``Command``s in
Home Assistant's service words, or why the entity cannot be set so. Ranges are the entity's own and never
clamped: a value outside is refused with the range. One module for each kind of thing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubagent.resolve.amounts import Amounts
from hubagent.resolve.features import Failure
from hubagent.resolve.settings import air, lists, measure, media, moving, power, robots
from hubagent.resolve.settings.beside import beside, options_only
from hubagent.resolve.settings.request import Built, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hubagent.ports import Values
    from hubagent.resolve.lexicon import Lexicon
    from hubagent.types import Command

__all__ = ["Request", "Settings"]

_BUILDERS: Mapping[str, Callable[[Request, Amounts], Built]] = {
    "": lambda request, _: request.to(),
    "option": options_only,
    "measure": measure.target,
    "tilt": moving.tilt,
    "light": measure.target,
    "light_step": measure.step,
    "switched_on": power.switched_on,
    "switched_off": power.switched_off,
    "toggled": power.toggled,
    "armed": power.armed,
    "opened": lambda request, _: moving.to_end(request, 100),
    "closed": lambda request, _: moving.to_end(request, 0),
    "position": measure.target,
    "fan_speed": lambda r, a: (
        air.speed(r, a) if r.command == "set_fan_mode" else measure.target(r, a)
    ),
    "fan_step": measure.step,
    "oscillating": lambda r, _: r.to({"oscillating": r.implied("oscillating") != "off"}),
    "direction": air.direction,
    "humidity": lambda r, a: (
        air.humidity(r, a) if r.entity.domain == "climate" else measure.target(r, a)
    ),
    "mode": air.mode,
    "temperature": measure.target,
    "temperature_step": measure.step,
    "volume": measure.target,
    "volume_step": measure.step,
    "muted": lambda request, _: request.to({"is_volume_muted": True}),
    "unmuted": lambda request, _: request.to({"is_volume_muted": False}),
    "source": media.source,
    "media": media.play,
    "player": media.player,
    "item": lists.item,
    "cleaning_ended": robots.cleaning_ended,
}
"""By the ``setting`` of ``intents.toml``."""


_WITH_MORE = frozenset({
    "option", "measure", "light", "switched_on", "fan_speed", "oscillating", "direction", "humidity", "mode",
    "temperature", "source", "volume", "cleaning",
})  # fmt: skip
"""Settings that may be said together with others of the same thing."""


_OPEN_END = re.compile(r"\b(?:to|at)[\s.,!?]*$", re.IGNORECASE)
_ASKED_FOR = {
    "light": "brightness", "media_player": "volume", "climate": "temperature", "fan": "speed",
    "water_heater": "temperature", "humidifier": "humidity",
}  # fmt: skip
"""What is missing where the words break off before it: "dim the lamp to", but "push the door to"."""


class Settings:
    """Fills the data of commands."""

    def __init__(self, values: Values, lexicon: Lexicon) -> None:
        self._amounts = Amounts(values, lexicon)

    def commands(self, request: Request) -> tuple[Command, ...] | Failure:
        """Return the commands with their data, in order, or why there are none."""
        setting = request.spec.setting
        if request.entity.domain in _ASKED_FOR and _OPEN_END.search(request.said):
            return request.missing(_ASKED_FOR[request.entity.domain])
        built = _BUILDERS[setting](request, self._amounts)
        if isinstance(built, Failure):
            return built
        commands = built if isinstance(built, tuple) else (built,)
        if setting in _WITH_MORE and all(c.command != "turn_off" for c in commands):
            more = beside(request, self._amounts, commands)
            return more if isinstance(more, Failure | tuple) else (more,)
        return commands
