"""What a Zigbee2MQTT device exposes, read from JSON into checked values.

Source: Zigbee2MQTT documentation, "Exposes"; the shape of ``definition.exposes`` in
``bridge/devices``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent.devices.draft import Reading, Writing, refusal, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hubagent.types import Convert

PUBLISHED, SETTABLE, GETTABLE = 1, 2, 4
"""Bits of ``access``."""

TYPED = ("light", "switch", "cover", "lock", "fan", "climate")
"""Exposes that group features into one entity."""

_MAX_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Expose:
    """One expose or one feature of one.

    ``prop`` is its key in the device's JSON, ``parent`` that of the composite it is in.
    """

    kind: str
    name: str
    prop: str
    access: int = 0
    endpoint: str = ""
    label: str = ""
    category: str = ""
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    value_on: str = ""
    value_off: str = ""
    value_toggle: str = ""
    values: tuple[str, ...] = ()
    features: tuple[Expose, ...] = ()

    @property
    def published(self) -> bool:
        """Whether its value is in the state messages."""
        return bool(self.access & PUBLISHED)

    @property
    def settable(self) -> bool:
        """Whether it can be set."""
        return bool(self.access & SETTABLE)

    @property
    def gettable(self) -> bool:
        """Whether it can be asked for."""
        return bool(self.access & GETTABLE)

    def feature(self, *names: str) -> Expose | None:
        """Return the first feature of one of these names, or ``None``."""
        return next((item for item in self.features if item.name in names), None)

    def on_off(self) -> Convert:
        """Return the conversion of a binary."""
        return words(((self.value_on, "on"), (self.value_off, "off")))


@dataclass(frozen=True, slots=True)
class Channel:
    """The two topics of one device or group."""

    state_topic: str

    def reading(self, *path: str) -> Reading:
        """Return where a key of the state message is heard."""
        steps = (step.replace("~", "~0").replace("/", "~1") for step in path)
        return Reading(self.state_topic, pointers=("/" + "/".join(steps),))

    def writing(self, prop: str = "") -> Writing:
        """Return where a key is set."""
        return Writing(f"{self.state_topic}/set", field=prop)


def read_exposes(raw: object, depth: int = 0) -> tuple[Expose, ...]:
    """Return the exposes in a JSON list; raise ``DataError`` when it is none.

    Composites and lists are kept only where an entity is made of them; what has no known form is
    passed over, as newer versions add forms.
    """
    if not isinstance(raw, list):
        raise refusal("wrong value", "`exposes` is not a list")
    if depth > _MAX_DEPTH:
        raise refusal("wrong value", "`exposes` is nested too deep")
    return tuple(_read(item, depth) for item in raw if isinstance(item, dict))


def _read(raw: dict[str, object], depth: int) -> Expose:
    kind = _text(raw.get("type"))
    name = _text(raw.get("name"))
    values = raw.get("values")
    return Expose(
        kind=kind,
        name=name,
        prop=_text(raw.get("property")) or name,
        access=_integer(raw.get("access")),
        endpoint=_text(raw.get("endpoint")),
        label=_text(raw.get("label")),
        category=_text(raw.get("category")),
        unit=_text(raw.get("unit")),
        minimum=_number(raw.get("value_min")),
        maximum=_number(raw.get("value_max")),
        step=_number(raw.get("value_step")),
        value_on=_word(raw.get("value_on")),
        value_off=_word(raw.get("value_off")),
        value_toggle=_word(raw.get("value_toggle")),
        values=tuple(map(_word, values)) if isinstance(values, list) else (),
        features=read_exposes(raw.get("features", []), depth + 1),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _word(value: object) -> str:
    """Return a value as it stands in JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""


def _number(value: object) -> float | None:
    """Return a number that a device can mean; JSON as Python reads it has NaN and worse."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) < 1e15 else None


def _integer(value: object) -> int:
    return value if isinstance(value, int) else 0


def flattened(exposes: Iterable[Expose]) -> Iterator[Expose]:
    """Yield exposes and, below them, their features."""
    for expose in exposes:
        yield expose
        yield from flattened(expose.features)


def common(exposes: Iterable[Expose]) -> Expose:
    """Return one typed expose that can do what any of the given ones can, for a group.

    Groups know no endpoints: properties are named by their feature alone.
    """
    listed = list(exposes)
    features: dict[str, Expose] = {}
    for item in flattened(listed):
        if item.kind in TYPED or not item.access:
            continue
        bare = item.prop.removesuffix(f"_{item.endpoint}") if item.endpoint else item.prop
        known = features.get(item.name)
        if known is None or (not known.features and item.features):
            features[item.name] = Expose(
                kind=item.kind,
                name=item.name,
                prop=bare,
                access=item.access,
                unit=item.unit,
                minimum=item.minimum,
                maximum=item.maximum,
                step=item.step,
                value_on=item.value_on,
                value_off=item.value_off,
                value_toggle=item.value_toggle,
                values=item.values,
                features=item.features,
            )
    return Expose(kind=listed[0].kind, name="", prop="", features=tuple(features.values()))
