"""Builder of one declaration, shared by all adapters.

An adapter says where a value is heard (``Reading``) and where one is sent (``Writing``); the draft
keeps bindings, commands and capabilities together and freezes them at the end.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hubagent.errors import DataError
from hubagent.types import (
    AvailabilityMode,
    Binding,
    Capability,
    Codec,
    CommandPart,
    CommandSpec,
    Convert,
    Declaration,
    Device,
    Entity,
    EntityId,
    Kind,
    Role,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

NUMBER = Convert(kind=Kind.NUMBER)
INTEGER = Convert(kind=Kind.INTEGER)
MIRED = Convert(kind=Kind.NUMBER, reciprocal=True, integer=True)
PLAIN = Convert()

HEARD_JSON = r"heard is match('\\s*\\{')"
"""Test, after ``Reading.then``, whether what was heard is a JSON object."""

NUMERIC_DEVICE_CLASSES = frozenset(
    [
        "apparent_power",
        "aqi",
        "area",
        "atmospheric_pressure",
        "battery",
        "blood_glucose_concentration",
        "carbon_dioxide",
        "carbon_monoxide",
        "conductivity",
        "current",
        "data_rate",
        "data_size",
        "distance",
        "duration",
        "energy",
        "energy_distance",
        "energy_storage",
        "frequency",
        "gas",
        "humidity",
        "illuminance",
        "irradiance",
        "moisture",
        "monetary",
        "nitrogen_dioxide",
        "nitrogen_monoxide",
        "nitrous_oxide",
        "ozone",
        "ph",
        "pm1",
        "pm10",
        "pm25",
        "pm4",
        "power",
        "power_factor",
        "precipitation",
        "precipitation_intensity",
        "pressure",
        "reactive_energy",
        "reactive_power",
        "signal_strength",
        "sound_pressure",
        "speed",
        "sulphur_dioxide",
        "temperature",
        "volatile_organic_compounds",
        "volatile_organic_compounds_parts",
        "voltage",
        "volume",
        "volume_flow_rate",
        "volume_storage",
        "water",
        "weight",
        "wind_direction",
        "wind_speed",
    ]
)
"""Sensor classes whose state is a number."""


def refusal(reason: str, detail: str) -> DataError:
    """Return the error for a message that must be refused; ``reason`` is what is counted."""
    return DataError(f"{reason}: {detail}")


def slug(text: str) -> str:
    """Return ``text`` as an id: lower case ASCII letters, digits and single underscores."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore")
    return re.sub(r"[^a-z0-9]+", "_", plain.decode().lower()).strip("_") or "unnamed"


def full_name(device: str, name: str) -> str:
    """Return the entity's spoken name: its own after that of its device, never said twice."""
    if not device or not name:
        return name or device
    said, own = name.casefold(), device.casefold()
    if said.startswith(own) and not said[len(own) : len(own) + 1].isalnum():
        return name
    return f"{device} {name}"


def either_case(word: str) -> tuple[str, ...]:
    """Return the spellings of ``word`` on the wire; JSON and Python write booleans differently."""
    if word.lower() in ("true", "false"):
        return (word.lower(), word.capitalize())
    return (word,)


def words(pairs: Iterable[tuple[str, str]], *, strict: bool = True) -> Convert:
    """Return the conversion between (device's word, home's word) pairs."""
    return Convert(
        words=tuple((spelling, home) for device, home in pairs for spelling in either_case(device)),
        strict=strict,
    )


def scaled(
    device: tuple[float, float], home: tuple[float, float], *, integer: bool = True
) -> Convert:
    """Return the linear conversion between two ranges, plain when they are equal."""
    return Convert(
        kind=Kind.NUMBER, scale=None if device == home else (*device, *home), integer=integer
    )


def subscripts(pointer: str) -> str:
    """Return a JSON pointer as a template writes it: ``["a"][0]``."""
    steps = (step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])
    return "".join(f"[{step if step.isdecimal() else repr(step)}]" for step in steps)


@dataclass(frozen=True, slots=True)
class Reading:
    """Where one value is heard: a topic, a template, pointers into the JSON of it or of the payload."""

    topic: str
    template: str = ""
    pointers: tuple[str, ...] = ()

    def as_template(self) -> str:
        """Return a template that yields the same text, to build others upon."""
        if self.template:
            return self.template
        if not self.pointers:
            return "{{ value }}"
        return f"{{{{ value_json{subscripts(self.pointers[0])} }}}}"

    def then(self, template: str) -> Reading:
        """Return a reading that puts the text heard, as variable ``heard``, through a template."""
        inner = "{% set heard %}" + self.as_template() + "{% endset %}"
        return Reading(self.topic, inner + template)

    def inside(self, *pointers: str) -> Reading:
        """Return a reading of parts of the JSON heard, each given as ``/key``."""
        base = self.pointers[0] if self.pointers else ""
        return replace(self, pointers=tuple(base + pointer for pointer in pointers))


@dataclass(frozen=True, slots=True)
class Writing:
    """Where values are sent: a topic, an owner's template, or a key of one JSON message."""

    topic: str
    template: str = ""
    field: str = ""
    qos: int = 1

    def part(
        self,
        key: str = "",
        *,
        payload: str = "",
        convert: Convert = PLAIN,
        prelude: str = "",
        template: str = "",
        uses: tuple[str, ...] = (),
        only_without: tuple[str, ...] = (),
    ) -> CommandPart:
        """Return one part of a command.

        ``prelude`` sets the variables that the owner's template expects; ``template`` is what is
        sent when the owner gave none.
        """
        return CommandPart(
            topic=self.topic,
            key=key,
            payload=payload,
            template=prelude + self.template if self.template else template,
            convert=convert,
            field=self.field,
            uses=uses,
            only_without=only_without,
            qos=self.qos,
        )

    def at(self, name: str) -> Writing:
        """Return the writing of one key of the JSON message."""
        return replace(self, field=name)


@dataclass(slots=True)
class Draft:
    """One declaration in the making."""

    domain: str
    entity_id: EntityId
    source: str
    name: str
    unique_id: str = ""
    device: Device | None = None
    suggested_area: str = ""
    device_class: str = ""
    unit: str = ""
    category: str = ""
    availability_mode: AvailabilityMode = AvailabilityMode.LATEST
    expire_after_s: float | None = None
    bindings: list[Binding] = field(default_factory=list)
    commands: list[CommandSpec] = field(default_factory=list)
    capabilities: list[Capability] = field(default_factory=list)
    optimistic: bool = False
    sources_of_availability: int = 0

    def hear(
        self,
        attribute: str,
        reading: Reading | None,
        convert: Convert = PLAIN,
        *,
        role: Role = Role.ATTRIBUTE,
    ) -> None:
        """Bind an attribute to where it is heard; nothing when it is heard nowhere."""
        if reading is None:
            return
        self.bindings.append(
            Binding(
                entity_id=self.entity_id,
                topic=reading.topic,
                attribute=attribute,
                role=role,
                codec=Codec.JSON if reading.pointers and not reading.template else Codec.TEXT,
                pointers=reading.pointers,
                template=reading.template,
                convert=convert,
            )
        )

    def hear_availability(self, reading: Reading, available: str, not_available: str) -> None:
        """Add one source of availability."""
        pairs = ((available, "online"), (not_available, "offline"))
        number = str(self.sources_of_availability)
        self.hear(number, reading, words(pairs), role=Role.AVAILABILITY)
        self.sources_of_availability += 1

    def hears(self, attribute: str) -> bool:
        """Return whether the attribute is heard anywhere."""
        return any(
            item.attribute == attribute and item.role is Role.ATTRIBUTE for item in self.bindings
        )

    def take(self, command: str, *parts: CommandPart | None) -> None:
        """Add a command made of the parts that exist; nothing when none does."""
        present = tuple(part for part in parts if part is not None)
        if present:
            self.commands.append(CommandSpec(self.entity_id, command, present))

    def can(
        self,
        name: str,
        minimum: float | None = None,
        maximum: float | None = None,
        step: float | None = None,
        *,
        unit: str = "",
        options: tuple[str, ...] = (),
    ) -> None:
        """Add a capability."""
        self.capabilities.append(Capability(name, minimum, maximum, step, unit, options))

    def finish(self) -> Declaration:
        """Return the declaration; commands are optimistic where nothing reports the state."""
        optimistic = self.optimistic or not self.hears("state")
        return Declaration(
            entity=Entity(
                entity_id=self.entity_id,
                domain=self.domain,
                name=self.name,
                unique_id=self.unique_id,
                device_id=self.device.device_id if self.device else None,
                device_class=self.device_class,
                unit=self.unit,
                category=self.category,
                capabilities=tuple(self.capabilities),
                availability_mode=self.availability_mode,
                expire_after_s=self.expire_after_s,
                source=self.source,
            ),
            device=self.device,
            bindings=tuple(self.bindings),
            commands=tuple(replace(spec, optimistic=optimistic) for spec in self.commands),
            suggested_area=self.suggested_area,
        )
