"""Things that hold one value: numbers, choices, texts, dates, counters, and plain switches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.simulate.devices.base import OnOff, SimulatedDevice, as_float, neat
from hubagent.types import Capability, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.simulate.devices.base import Commands

TEXT_LIMIT = 255


class Siren(OnOff):
    """A siren with tones and volume, as its features say."""

    def assumed_features(self) -> frozenset[str]:
        """Assume tones only where the file lists some."""
        found = super().assumed_features()
        return found if self.words("available_tones") else found - {"tones"}

    def prepare(self) -> None:
        """Be silent after a while when a duration was given."""
        self._left_s: float | None = None

    def commands(self) -> Commands:
        """Return on with tone, volume and duration, and off."""
        fields = []
        if self.has("tones") and self.words("available_tones"):
            fields.append(Capability("tone", options=self.words("available_tones")))
        if self.has("volume_set"):
            fields.append(Capability("volume_level", 0, 1, 0.01))
        if self.has("duration"):
            fields.append(Capability("duration", 0, 3600, 1, "s"))
        return dict(super().commands()) | {"turn_on": tuple(fields)}

    def do_turn_on(self, data: Mapping[str, Value]) -> bool | None:
        """Wail, for a while if told."""
        self._left_s = as_float(data["duration"]) if "duration" in data else None
        return super().do_turn_on(data)

    @property
    def needs_time(self) -> bool:
        """Whether its time is running."""
        return self.is_on and self._left_s is not None

    def advance(self, seconds: float) -> None:
        """Fall silent when its time is over."""
        if self._left_s is None or not self.is_on:
            return
        self._left_s -= seconds
        if self._left_s <= 1e-9:
            self.do_turn_off({})


class Number(SimulatedDevice):
    """A number in a range."""

    def prepare(self) -> None:
        """Find the range; start at its low end."""
        self.low, self.high = self.number("min", 0), self.number("max", 100)
        self.step = self.number("step", 1)
        self._state = _number(self._state, self.low)

    def commands(self) -> Commands:
        """Return the setter, and steps for a helper."""
        value = Capability("value", self.low, self.high, self.step, self.entity.unit)
        found: dict[str, tuple[Capability, ...]] = {"set_value": (value,)}
        if self.entity.domain == "input_number":
            found |= {"increment": (), "decrement": ()}
        return found

    def do_set_value(self, data: Mapping[str, Value]) -> bool | None:
        """Take a number."""
        if "value" not in data:
            return False
        self._state = neat(as_float(data["value"]))
        return None

    def _by(self, change: float) -> None:
        here = as_float(self._state)
        self._state = neat(min(self.high, max(self.low, here + change)))

    def do_increment(self, _data: Mapping[str, Value]) -> None:
        """Go one step up."""
        self._by(self.step)

    def do_decrement(self, _data: Mapping[str, Value]) -> None:
        """Go one step down."""
        self._by(-self.step)


class Counter(Number):
    """A whole number that counts."""

    def prepare(self) -> None:
        """Find the range; it may be open."""
        self.low = self.number("minimum", -1e9)
        self.high = self.number("maximum", 1e9)
        self.step = self.number("step", 1)
        self.start = self.number("initial", 0)
        self._state = _number(self._state, self.start)

    def commands(self) -> Commands:
        """Return count up, down and from the start."""
        value = Capability("value", self.low, self.high, 1)
        return {"increment": (), "decrement": (), "reset": (), "set_value": (value,)}

    def do_reset(self, _data: Mapping[str, Value]) -> None:
        """Start again."""
        self._state = neat(self.start)


def _number(state: Value, default: float) -> Value:
    try:
        return neat(float(str(state)))
    except ValueError:
        return neat(default)


class Select(SimulatedDevice):
    """One of several options."""

    def prepare(self) -> None:
        """Start with the first option."""
        options = self.words("options")
        if self._state is not None and str(self._state) not in options:
            options = (*options, str(self._state))
        self.options = options
        if self._state is None and options:
            self._state = options[0]

    def commands(self) -> Commands:
        """Return the setter, and steps."""
        steps: dict[str, tuple[Capability, ...]] = {
            f"select_{step}": () for step in ("next", "previous", "first", "last")
        }
        if not self.options:
            return {}
        return {"select_option": (Capability("option", options=self.options),), **steps}

    def do_select_option(self, data: Mapping[str, Value]) -> bool | None:
        """Take an option."""
        if "option" not in data:
            return False
        self._state = data["option"]
        return None

    def _step(self, by: int) -> None:
        here = self.options.index(str(self._state)) if str(self._state) in self.options else 0
        self._state = self.options[(here + by) % len(self.options)]

    def do_select_next(self, _data: Mapping[str, Value]) -> None:
        """Take the next, after the last the first."""
        self._step(1)

    def do_select_previous(self, _data: Mapping[str, Value]) -> None:
        """Take the one before."""
        self._step(-1)

    def do_select_first(self, _data: Mapping[str, Value]) -> None:
        """Take the first."""
        self._state = self.options[0]

    def do_select_last(self, _data: Mapping[str, Value]) -> None:
        """Take the last."""
        self._state = self.options[-1]


class Text(SimulatedDevice):
    """A text of limited length."""

    DEFAULT_STATE = ""

    def prepare(self) -> None:
        """Find the limits."""
        self.shortest = round(self.number("min", 0))
        self.longest = round(self.number("max", TEXT_LIMIT))

    def commands(self) -> Commands:
        """Return the setter."""
        return {"set_value": (Capability("value"),)}

    def do_set_value(self, data: Mapping[str, Value]) -> bool | None:
        """Take a text that is neither too short nor too long."""
        value = str(data.get("value", ""))
        if "value" not in data or not self.shortest <= len(value) <= self.longest:
            return False
        self._state = value
        return None


class Moment(SimulatedDevice):
    """A date, a time, or both."""

    def commands(self) -> Commands:
        """Return the setter, by the name that its domain has for it."""
        if self.entity.domain == "input_datetime":
            return {"set_datetime": tuple(map(Capability, ("date", "time", "datetime")))}
        return {"set_value": (Capability(self.entity.domain),)}

    def do_set_datetime(self, data: Mapping[str, Value]) -> bool | None:
        """Take a date, a time, or both."""
        parts = [str(data[name]) for name in ("datetime", "date", "time") if name in data]
        if not parts:
            return False
        self._state = " ".join(parts)
        return None

    def do_set_value(self, data: Mapping[str, Value]) -> bool | None:
        """Take a value."""
        if self.entity.domain not in data:
            return False
        self._state = str(data[self.entity.domain])
        return None
