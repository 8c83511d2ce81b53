"""Values that pass between stages: frozen, small, without behaviour beyond look-ups.

Names follow the glossary in ``docs/glossary.md``. Nothing here imports anything of the package.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, NewType

if TYPE_CHECKING:
    from collections.abc import Mapping

AreaId = NewType("AreaId", str)
FloorId = NewType("FloorId", str)
DeviceId = NewType("DeviceId", str)
EntityId = NewType("EntityId", str)
TurnId = NewType("TurnId", str)

Scalar = None | bool | int | float | str
"""One value as a device knows it; ``None`` means the attribute exists and its value is unknown."""

Value = Scalar | tuple[Scalar, ...]
"""A scalar, or a flat list such as ``hs_color``."""

SENSITIVE_DOMAINS = frozenset({"lock", "alarm_control_panel", "valve"})
"""Domains never commanded on a guess."""

SENSITIVE_DEVICE_CLASSES = frozenset({"door", "garage", "gate", "gas", "water", "oven"})
"""Device classes never commanded on a guess, whatever their domain."""


# --- the home -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Floor:
    """A storey of the home."""

    floor_id: FloorId
    name: str
    aliases: tuple[str, ...] = ()
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """A room, or a place that people name like one."""

    area_id: AreaId
    name: str
    aliases: tuple[str, ...] = ()
    floor_id: FloorId | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """A physical thing; it owns entities.

    ``identifiers`` and ``connections`` (such as ``mac:aa:bb:..``) say when two announcements
    are about the same thing: any one in common makes them one device.
    """

    device_id: DeviceId
    name: str
    area_id: AreaId | None = None
    identifiers: tuple[str, ...] = ()
    connections: tuple[str, ...] = ()
    manufacturer: str = ""
    model: str = ""
    sw_version: str = ""


@dataclass(frozen=True, slots=True)
class Capability:
    """Something an entity can be asked for beyond its plain state, with its range.

    ``name`` is the attribute or command data key of Home Assistant's domain model
    (``brightness``, ``color_temp_kelvin``, ``position``, ``temperature``, ``percentage``, ...).
    ``options`` lists the words of an enumeration, empty for numbers.
    """

    name: str
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    unit: str = ""
    options: tuple[str, ...] = ()


class AvailabilityMode(enum.StrEnum):
    """How several availability topics combine (Home Assistant MQTT)."""

    LATEST = "latest"
    ALL = "all"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing in the home that can be read or commanded."""

    entity_id: EntityId
    domain: str
    name: str
    unique_id: str = ""
    device_id: DeviceId | None = None
    area_id: AreaId | None = None
    """The entity's own area; ``None`` means that of its device."""
    aliases: tuple[str, ...] = ()
    device_class: str = ""
    unit: str = ""
    category: str = ""
    """``config``, ``diagnostic`` or empty; only empty ones are spoken about."""
    capabilities: tuple[Capability, ...] = ()
    availability_mode: AvailabilityMode = AvailabilityMode.LATEST
    expire_after_s: float | None = None
    source: str = ""
    """Adapter and discovery key that announced it, such as ``home_assistant:light/0x01 light``."""

    def capability(self, name: str) -> Capability | None:
        """Return the capability of that name, or ``None``."""
        return next((item for item in self.capabilities if item.name == name), None)


@dataclass(frozen=True, slots=True)
class EntityState:
    """Last known state of one entity."""

    entity_id: EntityId
    state: Value
    """Home Assistant's state word or number; ``None`` before anything was heard."""
    attributes: Mapping[str, Value]
    available: bool
    changed_at_s: float
    """Wall clock of the last change, 0 if it never changed."""
    heard_at_s: float
    """Wall clock of the last message, 0 if nothing was heard."""


class StateChange(NamedTuple):
    """One attribute of one entity took another value.

    A named tuple, as one is made for every change in every message: a quarter of the cost.
    """

    entity_id: EntityId
    attribute: str
    """``state``, ``available`` or an attribute name."""
    before: Value
    after: Value
    at_s: float
    origin: str
    """Topic the value came from, or ``restore`` / ``expire`` / ``registry`` / ``command``."""


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """A thing that happened and is over: a button press. Never stored as state."""

    entity_id: EntityId
    event_type: str
    at_s: float
    origin: str


# --- what an adapter declares ---------------------------------------------------------------------


class Codec(enum.StrEnum):
    """How a payload is read."""

    TEXT = "text"
    JSON = "json"
    MSGPACK = "msgpack"


class Role(enum.StrEnum):
    """What an extracted value is for."""

    ATTRIBUTE = "attribute"
    AVAILABILITY = "availability"
    """Converts to ``online`` or ``offline``."""
    EVENT = "event"
    """Converts to the event's type."""


class Kind(enum.StrEnum):
    """Type an extracted or sent value is brought to."""

    ANY = "any"
    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    NUMBERS = "numbers"
    """A flat list of numbers: a JSON array, or text split at commas."""
    BOOLEAN = "boolean"
    """``true``, ``on``, ``yes``, ``1`` and their opposites in any case; else unknown."""


@dataclass(frozen=True, slots=True)
class Convert:
    """From a device's value to the home's; the other way round for a command.

    Applied in this order: ``words`` (exact match on the text of the value), ``kind``,
    ``scale`` (linear, clamped to the target range), ``reciprocal`` (``1e6 / x``: mired <-> kelvin),
    ``offset`` is covered by ``scale``.
    """

    kind: Kind = Kind.ANY
    words: tuple[tuple[str, str], ...] = ()
    """(device's word, home's word) pairs; case-sensitive."""
    strict: bool = False
    """With ``words``: a value in none of the pairs is ignored instead of passed on."""
    scale: tuple[float, float, float, float] | None = None
    """(device low, device high, home low, home high)."""
    reciprocal: bool = False
    integer: bool = False
    """Round to the nearest integer after all else."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Where one attribute of one entity is heard.

    ``template`` when set, then ``pointers`` into the payload or the JSON that the template prints:
    none = all of it, one = the value there, several = a flat list of the values there (all must be
    present).
    A pointer that is absent from the payload leaves the attribute alone (partial updates merge);
    JSON null makes it unknown.
    """

    entity_id: EntityId
    topic: str
    """Topic filter; wildcards allowed."""
    attribute: str
    """``state``, an attribute name, an availability source number, or the event's name."""
    role: Role = Role.ATTRIBUTE
    codec: Codec = Codec.TEXT
    pointers: tuple[str, ...] = ()
    """RFC 6901 JSON pointers; for msgpack the same over its maps and arrays."""
    template: str = ""
    convert: Convert = Convert()


@dataclass(frozen=True, slots=True)
class CommandPart:
    """One piece of what is published for a command.

    A part is used when ``key`` is empty or present in the command's data; it consumes that key, and
    those that its template mentions.
    The payload is the converted value of ``key`` (or ``payload`` when ``key`` is empty), put through
    ``template`` with ``value`` and all data keys as variables when that is set. Parts of the same
    topic with ``field`` set are merged, in order, into one JSON object published once.
    """

    topic: str
    key: str = ""
    payload: str = ""
    template: str = ""
    convert: Convert = Convert()
    field: str = ""
    """JSON key in the merged object, dots for nested (``color.x``); empty = raw payload.

    Text becomes a JSON number where ``convert.kind`` is one of numbers, and ``true`` and ``false`` of
    kind any become booleans; all other text stays text.
    """
    uses: tuple[str, ...] = ()
    """Further data keys that may be given and are consumed although the template mentions them not."""
    only_without: tuple[str, ...] = ()
    """Leave this part out when any of these data keys is given."""
    qos: int = 1


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """How a command (a Home Assistant service name without its domain) is put on the wire."""

    entity_id: EntityId
    command: str
    parts: tuple[CommandPart, ...]
    optimistic: bool = False
    """No state topic exists: the command itself is taken as the new state."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """Everything one discovery message says about one entity; replaces what it said before."""

    entity: Entity
    device: Device | None
    bindings: tuple[Binding, ...]
    commands: tuple[CommandSpec, ...]
    suggested_area: str = ""


@dataclass(frozen=True, slots=True)
class Discovery:
    """What an adapter makes of one message."""

    declared: tuple[Declaration, ...] = ()
    removed: tuple[str, ...] = ()
    """Sources (``Entity.source``) that are gone."""
    complete: tuple[str, ...] = ()
    """Prefixes of sources of which ``declared`` is everything: others that start so are gone."""
    refused: tuple[str, ...] = ()
    """Why parts of the message were left out, one sentence each."""
    requests: tuple[Publication, ...] = ()
    """Messages the adapter wants sent, such as a ``/get`` for the state."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One message for the wire. Commands are never retained."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    expiry_s: int | None = None


class Message(NamedTuple):
    """One message from the wire; a named tuple for the same reason as :class:`StateChange`."""

    topic: str
    payload: bytes
    retained: bool
    heard_at_s: float


# --- the turn -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AsrResult:
    """What the speech recogniser says of itself."""

    confidence: float | None = None
    nbest: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Utterance:
    """The words of one request, and where and when they were said."""

    turn_id: TurnId
    text: str
    heard_at_s: float
    area_id: AreaId | None = None
    device: str | None = None
    """Satellite that heard it."""
    speaker: str | None = None
    asr: AsrResult | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A named part of the intent; ``start`` and ``end`` are characters in the utterance."""

    name: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One reading of an utterance, or of one clause of it."""

    intent: str
    probability: float
    slots: tuple[Slot, ...] = ()
    implied: tuple[tuple[str, str], ...] = ()
    """Slots the intent's class itself fixes, such as ``("domain", "light")``."""
    label: str = ""
    """Class of the model behind ``intent``."""

    def slot(self, name: str) -> str | None:
        """Return the text of the first slot of that name, or ``None``."""
        return next((item.text for item in self.slots if item.name == name), None)


@dataclass(frozen=True, slots=True)
class Clause:
    """One request within an utterance: its characters and its readings, best first."""

    start: int
    end: int
    hypotheses: tuple[Hypothesis, ...]


@dataclass(frozen=True, slots=True)
class Understanding:
    """Everything the model says about one utterance.

    ``embedding`` is float32, unit length, one per utterance; empty when not asked for.
    """

    text: str
    clauses: tuple[Clause, ...]
    out_of_scope: float
    embedding: tuple[float, ...] = ()


class Decision(enum.StrEnum):
    """What became of a turn."""

    ACT = "act"
    ANSWER = "answer"
    ASK = "ask"
    REFUSE = "refuse"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Command:
    """One request to one entity, in Home Assistant's service words."""

    entity_id: EntityId
    command: str
    data: Mapping[str, Value] = field(default_factory=dict)


class OutcomeKind(enum.StrEnum):
    """What happened to a command."""

    FOLLOWED = "followed"
    """The device's own state confirms it."""
    ALREADY = "already"
    """The state was so before; nothing contradicted it."""
    SILENT = "silent"
    """Sent, but no confirmation came in time."""
    FAILED = "failed"
    """Could not be sent."""
    SENT = "sent"
    """Sent, and nothing could confirm it: a button, a scene, a locate beep."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One command and what happened to it."""

    command: Command
    kind: OutcomeKind
    waited_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to read the turn on this home, with why."""

    intent: str
    entity_ids: tuple[EntityId, ...]
    score: float
    features: tuple[tuple[str, float], ...] = ()
    commands: tuple[Command, ...] = ()
    """What would be sent if this one were taken."""
    unreachable: tuple[str, ...] = ()
    """Names of those of its entities that are unavailable and would be left out."""


class TimerAction(enum.StrEnum):
    """What is wanted of a timer."""

    START = "start"
    CANCEL = "cancel"
    CANCEL_ALL = "cancel_all"
    INCREASE = "increase"
    DECREASE = "decrease"
    PAUSE = "pause"
    RESUME = "resume"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class TimerRequest:
    """What is asked of timers, as said; which one that means is for the schedule to find."""

    action: TimerAction
    name: str = ""
    """Name said, empty if none."""
    alarm: bool = False
    """An alarm clock: a timer that was set to a time of day."""
    seconds: float | None = None
    """Length said: of a new timer, of a change, or of the timer that is meant."""
    at_s: float | None = None
    """Wall clock said for a new one, instead of a length."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What was chosen for one clause.

    ``reason`` is a key of the response catalogue (``unknown_name``, ``no_capability``, ...);
    ``facts`` fill its sentence.
    """

    decision: Decision
    intent: str
    commands: tuple[Command, ...] = ()
    targets: tuple[EntityId, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    reason: str = ""
    facts: Mapping[str, Value] = field(default_factory=dict)
    due_s: float | None = None
    """Wall clock at which the commands are to be sent; ``None`` = in this turn."""
    timer: TimerRequest | None = None
    reading: Hypothesis | None = None
    """The reading that was taken, where its own words were resolved; slots count in those."""


class Layer(enum.StrEnum):
    """Where a rewrite comes from."""

    PERSONAL = "personal"
    GLOBAL = "global"


class Arm(enum.StrEnum):
    """Which arm of the standing experiment a turn was in."""

    APPLIED = "applied"
    WITHHELD = "withheld"
    """The pair was known and left out on purpose, as the control."""
    SHADOW = "shadow"
    """The pair was known and is not trusted yet: what it would have done is noted."""


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What rewriting did, or held back, in one turn."""

    source: str
    """The words as heard, in the form that pairs are looked up by; those of the pair that a name on
    trial is known by, where only that name was put in (:mod:`hubagent.rewrite.names`)."""
    target: str
    layer: Layer
    online: bool
    """Found by retrieval and ranking after a doubtful understanding; else a known pair."""
    arm: Arm
    propensity: float
    """Probability that the turn got this arm."""
    score: float
    """Probability that the target is what was meant."""
    table: int
    """Version of the learned tables."""
    features: tuple[tuple[str, float], ...] = ()
    """What the ranker saw; empty for a known pair."""


@dataclass(frozen=True, slots=True)
class StageNote:
    """One line of an explanation: a stage, what it saw, what it chose, how long it took."""

    stage: str
    saw: str
    chose: str
    ms: float


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One turn, complete: what ``hubagent explain`` and the journal show."""

    utterance: Utterance
    understanding: Understanding | None
    resolutions: tuple[Resolution, ...]
    outcomes: tuple[Outcome, ...]
    decision: Decision
    intent: str
    response: str
    listen: bool
    notes: tuple[StageNote, ...]
    ms: float
    rewrite: Rewrite | None = None
