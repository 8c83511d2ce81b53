"""Compiled core of hubagent.

Rows are tuples of the fields of the dataclass of ``hubagent.types`` that they are named after, in
its order; ``hubagent.context`` makes the dataclasses of them. Times are seconds since 1970 and
always given by the caller.
"""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Literal, TypeAlias, final

from hubagent.types import (
    Area,
    AreaId,
    Declaration,
    DeviceId,
    EntityId,
    Floor,
    FloorId,
    Message,
    Value,
)

__all__ = [
    "FrameDecoder",
    "PhraseIndex",
    "Store",
    "View",
    "__debug_build__",
    "__version__",
    "encode_frame",
    "likeness",
    "solve_chain",
]

__version__: str
__debug_build__: bool
"""Whether it was compiled without optimisation; nothing timed is worth anything then."""

_Texts: TypeAlias = tuple[str, ...]
_Floor: TypeAlias = tuple[FloorId, str, _Texts, int | None]
_Area: TypeAlias = tuple[AreaId, str, _Texts, FloorId | None]
_Device: TypeAlias = tuple[DeviceId, str, AreaId | None, _Texts, _Texts, str, str, str]
_Capability: TypeAlias = tuple[str, float | None, float | None, float | None, str, _Texts]
_Entity: TypeAlias = tuple[
    EntityId,
    str,
    str,
    str,
    DeviceId | None,
    AreaId | None,
    _Texts,
    str,
    str,
    str,
    tuple[_Capability, ...],
    str,
    float | None,
    str,
]
_State: TypeAlias = tuple[EntityId, Value, dict[str, Value], bool, float, float]
_Change: TypeAlias = tuple[EntityId, str, Value, Value, float, str]
_Habit: TypeAlias = tuple[
    EntityId, str, float, dict[int, float], Sequence[tuple[EntityId, str, float]]
]
_Event: TypeAlias = tuple[EntityId, str, float, str]
_NameMatch: TypeAlias = tuple[
    Literal["entity", "device", "area", "floor"], str, str, bool, float, float
]

def likeness(one: str, other: str) -> tuple[float, float]:
    """Return how alike two texts are spelled and how alike they sound, both in [0, 1]."""

def solve_chain(
    states: int,
    edges: Sequence[tuple[int, int, float]],
    good: Sequence[float],
    bad: Sequence[float],
    pessimism: float,
    rows: Sequence[int],
    keep: int,
) -> list[tuple[int, float, list[tuple[int, float]]]]:
    """Solve rows of an absorbing Markov chain; see ``hubagent.learn.chain``.

    Returns (row, chance to end well, (last state, chance to end well there), best first).
    Raises ``ValueError`` for a number out of range.
    """

def encode_frame(
    kind: int, seq: int, node: int, body: Mapping[int, bool | int | float | str | bytes | None]
) -> bytes:
    """Return the bytes of one frame, closing zero included; see ``firmware_bridge/README.md``.

    Raises ``DataError`` when the body is too long, or holds what a device cannot.
    """

@final
class FrameDecoder:
    """Finds frames in a stream of bytes; holds 258 bytes at most, whatever is fed."""

    def __new__(cls) -> FrameDecoder:
        """Make one that has seen nothing."""
    def feed(
        self, bytes: bytes
    ) -> list[tuple[int, int, int, dict[int, bool | int | float | str | bytes | None]]]:
        """Return (kind, number, node, body) of the frames that ended in these bytes, in order."""
    def tally(self) -> tuple[int, int]:
        """Return how many frames were whole, and how many stretches between zeros were none."""

@final
class PhraseIndex:
    """Phrases nearest by meaning and by sound; see ``hubagent.rewrite.index``.

    Vectors are the bytes of ``float32`` numbers. Methods that take one raise ``ValueError`` when it
    has another width or no direction.
    """

    def __new__(cls, width: int) -> PhraseIndex:
        """Make an empty index; raise ``ValueError`` when it would be too wide."""
    @staticmethod
    def from_bytes(data: bytes) -> PhraseIndex:
        """Read what ``to_bytes`` wrote; raise ``DataError`` when it is anything else."""
    def to_bytes(self) -> bytes:
        """Return all of it as bytes."""
    @property
    def width(self) -> int:
        """Numbers of a vector."""
    def __len__(self) -> int:
        """Return the number of phrases."""
    def add(self, id: int, text: str, vector: bytes) -> None:
        """Add a phrase, in place of the one of the same id."""
    def remove(self, id: int) -> bool:
        """Remove a phrase; say whether it was there."""
    def nearest(self, text: str, vector: bytes, limit: int) -> list[tuple[int, float, float]]:
        """Return (id, similarity, sound) of the ``limit`` best of either measure, best first."""

@final
class View:
    """Read-only picture of the home; does not change while messages arrive.

    Methods that take an ``entity_id`` raise ``UnknownEntityError`` with the nearest id as hint.
    """

    @property
    def now_s(self) -> float:
        """Wall clock of the picture."""
    @property
    def version(self) -> int:
        """Number that grows with every change of floors, areas, devices, entities and names."""
    def floors(self) -> list[_Floor]:
        """Return all floors, by id."""
    def areas(self) -> list[_Area]:
        """Return all areas, by id."""
    def devices(self) -> list[_Device]:
        """Return all devices, by id."""
    def entities(self) -> list[_Entity]:
        """Return all entities, by id."""
    def entity(self, entity_id: str) -> _Entity:
        """Return one entity, the owner's word over what it announced."""
    def announced(self, entity_id: str) -> _Entity:
        """Return one entity as it announced itself."""
    def state(self, entity_id: str) -> _State:
        """Return its last known state."""
    def area_of(self, entity_id: str) -> AreaId | None:
        """Return the entity's own area, else its device's."""
    def commands_of(self, entity_id: str) -> _Texts:
        """Return the commands the entity has, sorted."""
    def known_id(self, domain: str, unique_id: str) -> EntityId | None:
        """Return the entity id that a unique id has, or had before it was removed."""
    def query(
        self,
        *,
        area_id: str | None = None,
        floor_id: str | None = None,
        domain: str | None = None,
        device_class: str | None = None,
        name: str | None = None,
        state: str | None = None,
        changed_since_s: float | None = None,
    ) -> tuple[EntityId, ...]:
        """Return ids of entities that meet every condition, most recently changed first."""
    def history(
        self, entity_id: str, attribute: str = "state", *, limit: int = 16
    ) -> list[_Change]:
        """Return the last changes of ``state``, ``available`` or an attribute, newest first."""
    def match_names(self, words: str, *, limit: int = 8) -> list[_NameMatch]:
        """Return (kind, id, name, exact, fuzzy, phonetic) of the names nearest to the words."""
    def usual(
        self, entity_id: str, what: str, utc_offset_s: int
    ) -> tuple[float, float, float, float]:
        """Return how usual a doing is now: by the hour, after what was just done, support, last time."""
    def habits(self) -> list[_Habit]:
        """Return all habits: entity, what, time, counts by hour and day type, what came before."""
    def stale(self, quiet_s: float) -> list[tuple[EntityId, float]]:
        """Return entities not heard for ``quiet_s`` and when they were, longest silence first."""
    def ghosts(self, age_s: float) -> list[tuple[EntityId, float]]:
        """Return entities announced ``age_s`` ago that never spoke, and when they were announced."""

@final
class Store:
    """The context store: messages in, changes out, everything kept.

    Methods that take the owner's word wait for the medium and return whether the word is on it;
    if not, persistence is suspended (see :meth:`suspended`) and the word holds until the end.
    """

    def __new__(
        cls,
        directory: str | PathLike[str] | None = None,
        *,
        now_s: float,
        durability: str = "normal",
        excluded: Sequence[str],
    ) -> Store:
        """Recover what the directory holds; ``None`` keeps everything in memory only.

        Args:
            directory: Made when absent. Never makes the start fail, see :meth:`recovery`.
            now_s: Wall clock.
            durability: ``relaxed``, ``normal`` or ``strict``.
            excluded: Payloads of topics that begin so are not kept for later declarations.

        Raises:
            ValueError: If there is no such durability.
        """
    def recovery(self) -> tuple[int | None, int, int, int, _Texts, str | None] | None:
        """Return what recovery found, ``None`` in memory.

        Sequence number of the snapshot, records read, bytes of log dropped, records not
        understood, files set aside, and what the system refused.
        """
    def declare(self, declaration: Declaration, now_s: float) -> list[_Change]:
        """Add or replace an entity; raise ``DataError`` when a binding does not compile."""
    def remove(self, entity_id: str, now_s: float) -> bool:
        """Forget an entity; say whether it was known."""
    def watch(self, name: str, filters: Sequence[str]) -> None:
        """Report messages on these topic filters from now on; raise ``DataError`` for a bad one."""
    def ingest(
        self, messages: Sequence[Message]
    ) -> tuple[
        list[_Change],
        list[_Event],
        tuple[tuple[str, int], ...],
        int,
        int,
        list[tuple[str, str]],
    ]:
        """Apply a batch.

        Returns changes, events, watched (name, index), number unclaimed, number failed, and
        (topic, beginning of the payload) of some that failed.
        """
    def view(self, now_s: float) -> View:
        """Return a picture of this instant."""
    def render(
        self, entity_id: str, command: str, data: Mapping[str, Value], now_s: float
    ) -> list[tuple[str, bytes, int]]:
        """Return (topic, payload, qos) of a command.

        Raises ``UnknownEntityError``, or ``CapabilityError`` with the reason as hint.
        """
    def is_optimistic(self, entity_id: str, command: str) -> bool:
        """Return whether the command itself is to be taken as the new state."""
    def assume(self, entity_id: str, values: Mapping[str, Value], now_s: float) -> list[_Change]:
        """Set state and attributes of an entity that does not report them."""
    def set_floor(self, floor: Floor, now_s: float) -> bool:
        """Add or replace a floor."""
    def set_area(self, area: Area, now_s: float) -> bool:
        """Add or replace an area."""
    def remove_floor(self, floor_id: str, now_s: float) -> bool:
        """Forget a floor; its areas stay."""
    def remove_area(self, area_id: str, now_s: float) -> bool:
        """Forget an area and the owner's placing of things in it."""
    def set_entity_facts(
        self,
        entity_id: str,
        now_s: float,
        *,
        name: str | None = None,
        area_id: str | None = None,
        aliases: Sequence[str] | None = None,
    ) -> bool:
        """Set what the owner says of an entity; ``None`` leaves what was said."""
    def set_device_facts(
        self, device_id: str, now_s: float, *, name: str | None = None, area_id: str | None = None
    ) -> bool:
        """Set what the owner says of a device; raise ``KeyError`` when it is unknown."""
    def clear_entity_facts(self, entity_id: str, now_s: float) -> bool:
        """Forget all the owner said of an entity."""
    def note(self, entity_id: str, what: str, at_s: float, utc_offset_s: int) -> None:
        """Count something done, by word or by hand."""
    def set_habit(self, habit: _Habit, now_s: float) -> bool:
        """Take a habit counted elsewhere; say whether it is sound."""
    def forget_habits(self, entity_id: str | None, now_s: float) -> bool:
        """Forget the habits of an entity, or all of them."""
    def tick(self, now_s: float, utc_offset_s: int) -> list[_Change]:
        """Let values expire, and write, sync or snapshot what is due; may wait for the medium."""
    def sync(self, now_s: float) -> bool:
        """Put everything worth it on the medium."""
    def close(self, now_s: float) -> bool:
        """Write a snapshot, for a clean stop; return whether one was written."""
    def counters(self) -> dict[str, int]:
        """Return what was counted since the start, by name."""
    def failed_by_topic(self) -> dict[str, int]:
        """Return failed messages by topic; those of too many topics under the empty name."""
    def suspended(self) -> str | None:
        """Return why persistence is suspended; ``None`` while it is not."""
