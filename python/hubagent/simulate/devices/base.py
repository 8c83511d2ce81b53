"""What all simulated devices share: features, checked commands, counted refusals.

A device is one entity as its maker's firmware keeps it. It knows nothing of MQTT: makers
(``simulate/makers``) carry commands to it and its reports away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hubagent.simulate.features import all_features
from hubagent.types import Capability, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hubagent.clock import Clock
    from hubagent.simulate.home import InitialState
    from hubagent.types import Entity, Scalar

    Commands = Mapping[str, tuple[Capability, ...]]
    Effects = Mapping[str, InitialState]

TRANSITION = Capability("transition", 0, 3600, 0.1, "s")


class SimulatedDevice:
    """One entity that can be read, commanded, moved by hand, and that moves by itself.

    Attributes:
        entity: Who it is.
        ignored: Commands it did not follow because it has no such command, or because a value
            was missing or out of range.
        said: Event type to be reported once, for buttons.
        code: What it wants to hear with a command; ``None`` for most.
    """

    REPORTED: ClassVar[tuple[str, ...]] = ()
    """Attributes that change and are reported, beside the state."""
    DEFAULT_STATE: ClassVar[Value] = None

    def __init__(self, entity: Entity, initial: InitialState, clock: Clock) -> None:
        self.entity = entity
        self.clock = clock
        self.ignored = 0
        self.said: str | None = None
        self.code: str | None = None
        self.applies = initial.applies
        self._given = dict(initial.attributes)
        features = self._given.get("supported_features")
        self.said_features = isinstance(features, tuple)
        self.features: frozenset[str] = (
            frozenset(str(item) for item in features)
            if isinstance(features, tuple)
            else self.assumed_features()
        )
        self._state: Value = self.DEFAULT_STATE if initial.state is None else initial.state
        self._attributes: dict[str, Value] = {
            name: self._given[name] for name in self.reported() if name in self._given
        }
        self.prepare()
        self._attributes = {
            name: self._attributes.get(name) for name in self.reported()
        } | self._attributes
        self._commands = self.commands()

    # --- what a kind of device says of itself -----------------------------------------------------

    def assumed_features(self) -> frozenset[str]:
        """Return the features of a device whose home file names none: all of its domain."""
        return all_features(self.entity.domain)

    def reported(self) -> tuple[str, ...]:
        """Return names of attributes that this very device reports."""
        return self.REPORTED

    def prepare(self) -> None:
        """Fill in what the home file left out."""

    def commands(self) -> Commands:
        """Return the commands it follows, each with its data fields and their ranges."""
        return {}

    # --- reading ----------------------------------------------------------------------------------

    @property
    def state(self) -> Value:
        """The state in Home Assistant's words; ``None`` is unknown."""
        return self._state

    @property
    def attributes(self) -> dict[str, Value]:
        """What the device reports now, by Home Assistant's names."""
        return dict(self._attributes)

    @property
    def truth(self) -> dict[str, Value]:
        """All attributes in Home Assistant's domain model: what was given, and what it is now."""
        return self._given | self.attributes

    @property
    def moving(self) -> bool:
        """Whether it is on its way to what it was told, and will be there soon."""
        return False

    @property
    def needs_time(self) -> bool:
        """Whether ``advance`` may change it."""
        return self.moving

    # --- acting -----------------------------------------------------------------------------------

    def command(self, name: str, data: Mapping[str, Value]) -> bool:
        """Follow a command as the firmware would.

        Args:
            name: Home Assistant's service name without its domain.
            data: Its data; unknown keys are passed over.

        Returns:
            Whether it was followed; refusals are counted in ``ignored``.
        """
        fields = self._commands.get(name)
        if fields is None:
            self.ignored += 1
            return False
        known = {item.name: data[item.name] for item in fields if item.name in data}
        if not all(_fits(known[item.name], item) for item in fields if item.name in known):
            self.ignored += 1
            return False
        action: Callable[[Mapping[str, Value]], bool | None] = getattr(self, f"do_{name}")
        if action(known) is False:
            self.ignored += 1
            return False
        return True

    def place(self, state: Value, attributes: Mapping[str, Value]) -> None:
        """Move it by hand or by the world: what is given becomes so, unchecked and at once.

        ``None`` as state leaves the state alone.
        """
        if state is not None:
            self._state = state
        self._attributes.update(attributes)

    def advance(self, seconds: float) -> None:
        """Let time pass for it."""

    def effects(self) -> Effects:
        """Return what it just did to other entities, once after each time."""
        return {}

    # --- help for subclasses ----------------------------------------------------------------------

    def number(self, name: str, default: float) -> float:
        """Return a given or current attribute as a number."""
        value = self._attributes.get(name, self._given.get(name))
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return value if is_number else default  # type: ignore[return-value]  # checked above

    def words(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return a given list of words, such as ``hvac_modes``; an empty one counts as none."""
        value = self._given.get(name)
        return tuple(str(item) for item in value) if isinstance(value, tuple) and value else default

    def has(self, *features: str) -> bool:
        """Return whether it has every feature named."""
        return self.features.issuperset(features)


def _fits(value: Value, field: Capability) -> bool:
    """Return whether a value is one the firmware takes for this field."""
    if field.options:
        return isinstance(value, str) and value in field.options
    if field.minimum is None and field.maximum is None:
        return value is not None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    low = -float("inf") if field.minimum is None else field.minimum
    high = float("inf") if field.maximum is None else field.maximum
    return low <= value <= high


def numbers(value: Value, size: int) -> tuple[float, ...] | None:
    """Return a list of so many numbers, or ``None`` when it is not one."""
    if not isinstance(value, tuple) or len(value) != size:
        return None
    if any(isinstance(part, bool) or not isinstance(part, int | float) for part in value):
        return None
    return tuple(part for part in value if isinstance(part, int | float))


def as_float(value: Value) -> float:
    """Return a checked number; only for fields with a range."""
    return float(value)  # type: ignore[arg-type]  # `_fits` let only numbers through


def neat(value: float) -> Scalar:
    """Return a whole number as an integer, others rounded to four places."""
    return int(value) if float(value).is_integer() else round(value, 4)


class OnOff(SimulatedDevice):
    """Anything that is on or off."""

    DEFAULT_STATE = "off"

    def commands(self) -> Commands:
        """Return the commands of a switch."""
        return {"turn_on": (), "turn_off": (), "toggle": ()}

    @property
    def is_on(self) -> bool:
        """Whether it is on."""
        return self.state == "on"

    def do_turn_on(self, _data: Mapping[str, Value]) -> bool | None:
        """Switch on."""
        self._state = "on"
        return None

    def do_turn_off(self, _data: Mapping[str, Value]) -> bool | None:
        """Switch off."""
        self._state = "off"
        return None

    def do_toggle(self, data: Mapping[str, Value]) -> bool | None:
        """Switch to the other."""
        return self.do_turn_off({}) if self.is_on else self.do_turn_on(data)
