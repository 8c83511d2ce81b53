"""From the amounts, colours and modes of a reading to the data of a command for one entity.

In: a ``Request``: a reading, an entity with its capabilities, its state. Out: a ``Command`` in Home
Assistant's service words, or why the entity cannot be set so. Ranges are the entity's own and never
clamped: a value outside is refused with the range. One module for each kind of thing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.resolve.amounts import Amounts
from hubagent.resolve.settings import air, light, lists, media, moving, power, robots, temperature
from hubagent.resolve.settings.request import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hubagent.ports import Values
    from hubagent.resolve.features import Failure
    from hubagent.resolve.lexicon import Lexicon
    from hubagent.types import Command

__all__ = ["Request", "Settings"]

_BUILDERS: Mapping[str, Callable[[Request, Amounts], Command | Failure]] = {
    "": lambda request, _: request.to(),
    "light": light.setting,
    "light_step": light.step,
    "switched_on": power.switched_on,
    "switched_off": power.switched_off,
    "toggled": power.toggled,
    "armed": power.armed,
    "opened": lambda request, _: moving.to_end(request, 100),
    "closed": lambda request, _: moving.to_end(request, 0),
    "position": moving.position,
    "fan_speed": air.speed,
    "fan_step": air.speed_step,
    "oscillating": lambda r, _: r.to({"oscillating": r.implied("oscillating") != "off"}),
    "direction": air.direction,
    "humidity": air.humidity,
    "mode": air.mode,
    "temperature": temperature.target,
    "temperature_step": temperature.step,
    "volume": media.volume,
    "volume_step": media.volume_step,
    "muted": lambda request, _: request.to({"is_volume_muted": True}),
    "unmuted": lambda request, _: request.to({"is_volume_muted": False}),
    "source": media.source,
    "media": media.play,
    "player": media.player,
    "item": lists.item,
    "cleaning_ended": robots.cleaning_ended,
}
"""By the ``setting`` of ``intents.toml``."""


class Settings:
    """Fills the data of commands."""

    def __init__(self, values: Values, lexicon: Lexicon) -> None:
        self._amounts = Amounts(values, lexicon)

    def command(self, request: Request) -> Command | Failure:
        """Return the command with its data, or why there is none."""
        return _BUILDERS[request.spec.setting](request, self._amounts)
