"""What stages need of each other, as protocols; the wiring gives each stage the others.

Imports only ``types`` and ``evidence``. A stage never imports another stage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from hubagent.evidence import (
        Changes,
        Entry,
        JournalTurn,
        Objection,
        Pair,
        Request,
        Signal,
        Transition,
    )
    from hubagent.types import (
        Area,
        AreaId,
        Command,
        Declaration,
        Device,
        DeviceEvent,
        Discovery,
        Entity,
        EntityId,
        EntityState,
        Floor,
        FloorId,
        Message,
        Outcome,
        Publication,
        Rewrite,
        StateChange,
        TurnId,
        TurnRecord,
        Understanding,
        Utterance,
    )


class NameMatch(NamedTuple):
    """How well words fit a name of the home.

    ``fuzzy`` and ``phonetic`` are similarities in [0, 1]; ``exact`` means equal after
    normalisation (case, punctuation, articles, plural ``s``).
    """

    kind: Literal["entity", "device", "area", "floor"]
    id: str
    name: str
    """The name or alias that fitted."""
    exact: bool
    fuzzy: float
    phonetic: float


class Usual(Protocol):
    """How usual it is that an entity gets a command at a moment; counts fade in three weeks."""

    @property
    def hour(self) -> float:
        """How much more than by chance at this hour of such a day, 0..1."""
        ...

    @property
    def followed(self) -> float:
        """How surely after what was done in the last quarter of an hour, 0..1."""
        ...

    @property
    def support(self) -> float:
        """How often it was seen, by word or by hand."""
        ...

    @property
    def at_s(self) -> float:
        """Wall clock of the last time; 0 for never."""
        ...


class ContextView(Protocol):
    """Read-only picture of the home at one instant; does not change while messages arrive."""

    @property
    def now_s(self) -> float:
        """Wall clock of the picture."""
        ...

    @property
    def version(self) -> int:
        """Number that changes with every change of what there is and how it is called."""
        ...

    def floors(self) -> tuple[Floor, ...]:
        """Return all floors, by id."""
        ...

    def areas(self) -> tuple[Area, ...]:
        """Return all areas, by id."""
        ...

    def devices(self) -> tuple[Device, ...]:
        """Return all devices, by id."""
        ...

    def entities(self) -> tuple[Entity, ...]:
        """Return all entities, by id."""
        ...

    def entity(self, entity_id: EntityId) -> Entity:
        """Return one entity; raise ``UnknownEntityError`` with the nearest id as hint."""
        ...

    def state(self, entity_id: EntityId) -> EntityState:
        """Return its last known state; raise ``UnknownEntityError``."""
        ...

    def area_of(self, entity_id: EntityId) -> AreaId | None:
        """Return the entity's own area, else its device's."""
        ...

    def commands_of(self, entity_id: EntityId) -> tuple[str, ...]:
        """Return the commands the entity has, sorted."""
        ...

    def query(
        self,
        *,
        area_id: AreaId | None = None,
        floor_id: FloorId | None = None,
        domain: str | None = None,
        device_class: str | None = None,
        name: str | None = None,
        state: str | None = None,
        changed_since_s: float | None = None,
    ) -> tuple[EntityId, ...]:
        """Return ids of entities that meet every condition given, most recently changed first."""
        ...

    def history(
        self, entity_id: EntityId, attribute: str = "state", *, limit: int = 16
    ) -> tuple[StateChange, ...]:
        """Return the last changes of an attribute, newest first."""
        ...

    def usual(self, entity_id: EntityId, command: str) -> Usual:
        """Return how usual it is that this entity gets this command now."""
        ...

    def chosen(self, entity_id: EntityId, name: str) -> tuple[tuple[str, float], ...]:
        """Return what was chosen on an entity (``source``, ``media``) and how often, most first."""
        ...

    def match_names(self, words: str, *, limit: int = 8) -> tuple[NameMatch, ...]:
        """Return names of entities, devices, areas and floors nearest to ``words``, best first."""
        ...


class IngestReport(NamedTuple):
    """What one batch of messages did."""

    changes: tuple[StateChange, ...]
    events: tuple[DeviceEvent, ...]
    watched: tuple[tuple[str, int], ...]
    """(watch name, index of the message in the batch) for every watched topic."""
    unclaimed: int
    """Messages that no binding and no watch wanted."""
    failed: int
    """Messages that a binding wanted and could not read."""


class Context(Protocol):
    """The context store, as adapters and the daemon see it."""

    def declare(self, declaration: Declaration) -> tuple[StateChange, ...]:
        """Add or replace an entity, its device, bindings and commands.

        Payloads heard earlier on its topics are applied, so that the order of state and discovery
        does not matter. Raises ``DataError`` when a template or pointer does not compile.
        """
        ...

    def remove(self, entity_id: EntityId) -> None:
        """Forget an entity with its bindings, commands and history; unknown ids are fine."""
        ...

    def watch(self, name: str, filters: Sequence[str]) -> None:
        """Report messages on these topic filters in ``IngestReport.watched``."""
        ...

    def ingest(self, messages: Sequence[Message]) -> IngestReport:
        """Apply a batch: match, extract, compare, store. Never raises for a bad payload."""
        ...

    def view(self) -> ContextView:
        """Return a picture of this instant, in microseconds."""
        ...

    def render(self, command: Command) -> tuple[Publication, ...]:
        """Put a command on paper; raise ``UnknownEntityError`` or ``CapabilityError``."""
        ...

    def assume(self, command: Command) -> tuple[StateChange, ...]:
        """Take the command as the new state, for entities that never report (optimistic)."""
        ...

    def done(self, commands: Sequence[Command]) -> None:
        """Count commands that were asked for and carried out as habits of the home."""
        ...

    def noted(self, name: str, what: str) -> None:
        """Count something that is no entity's doing but that others follow: an alarm that rang."""
        ...


class Adapter(Protocol):
    """One device convention: reads announcements, declares; never executes."""

    @property
    def name(self) -> str:
        """Name of the convention, such as ``home_assistant``."""
        ...

    def filters(self) -> tuple[str, ...]:
        """Return the topic filters of its announcements."""
        ...

    def handle(self, message: Message) -> Discovery:
        """Read one announcement; raise ``DataError`` when it must be refused."""
        ...


class Transport(Protocol):
    """Sends messages to devices."""

    def publish(self, publication: Publication) -> None:
        """Hand a message over; raise ``TransportError`` when there is no connection."""
        ...


class Standing(Protocol):
    """How a connection to the broker is."""

    @property
    def connected(self) -> bool:
        """Whether there is one."""
        ...

    @property
    def connects(self) -> int:
        """Connections made since the start."""
        ...


class BrokerLink(Protocol):
    """A connection to the broker for one who needs to know what has arrived there."""

    def deliver(self, publication: Publication) -> Callable[[], bool]:
        """Publish; return what tells whether it is confirmed. Raise ``TransportError``."""
        ...

    def drain(self, max_messages: int, max_wait_s: float) -> list[Message]:
        """Return what was heard, in order."""
        ...

    def standing(self) -> Standing:
        """Return how the connection is."""
        ...


class Understand(Protocol):
    """Words to readings."""

    def understand(self, text: str) -> Understanding:
        """Return clauses with their hypotheses; never raises for any text."""
        ...

    def is_word(self, word: str) -> bool:
        """Return whether a word in lower case is a usual one, so no slip of the finger."""
        ...


class Values(Protocol):
    """Words to typed values; each returns ``None`` when the words are not such a value."""

    def number(self, words: str) -> float | None:
        """Read ``twenty two point five``, ``50 %``, ``half``."""
        ...

    def duration_s(self, words: str) -> float | None:
        """Read ``an hour and a half`` as seconds."""
        ...

    def time_of_day_s(self, words: str) -> float | None:
        """Read ``half past six`` or ``7 pm`` as seconds since midnight."""
        ...

    def colour(self, words: str) -> tuple[int, int, int] | None:
        """Read a colour name as red, green, blue in 0..255."""
        ...

    def kelvin(self, words: str) -> int | None:
        """Read ``warm white`` or ``4000 kelvin`` as a colour temperature."""
        ...


class Act(Protocol):
    """Sends commands and waits for the devices' own word."""

    def execute(self, commands: Sequence[Command]) -> tuple[Outcome, ...]:
        """Publish, wait for the state echo, say what happened to each."""
        ...


class ChangeListener(Protocol):
    """Told of every change, on the thread that ingests; must be quick and must not raise."""

    def changed(self, changes: Sequence[StateChange]) -> None:
        """Take note of changes."""
        ...


class TurnObserver(Protocol):
    """Told of every turn when it is over, before its answer goes out; must not wait."""

    def turn_over(self, record: TurnRecord, *, took_back: Sequence[TurnId] = ()) -> object:
        """Take note of a turn that was said, and of the turns it undid or corrected."""
        ...

    def came_due(self, record: TurnRecord) -> object:
        """Take note of what was done for a turn whose time had come; it has that turn's id."""
        ...


class Rewriter(Protocol):
    """Other words for what was said, where experience says that they are what was meant."""

    @property
    def muted(self) -> bool:
        """Whether the answer is not to say that other words were taken."""
        ...

    def known(self, utterance: Utterance, view: ContextView) -> Rewrite | None:
        """Look up a pair for the words as heard before they are understood.

        Costs microseconds where there is none. The rewrite's ``arm`` says whether it is to be
        applied; a pair that is not live yet is in the arm ``shadow``.
        """
        ...

    def online(
        self,
        utterance: Utterance,
        understanding: Understanding,
        view: ContextView,
        *,
        doubt: float,
        acceptable: Callable[[Rewrite], bool],
    ) -> Rewrite | None:
        """Search for what may have been meant, after a doubtful reading of the words.

        Args:
            utterance: The words as heard.
            understanding: What they were read as.
            view: The home.
            doubt: Probability that carrying out that reading goes wrong; 1 if it was refused.
            acceptable: Understands and resolves the target and says whether this home could do it
                at once, without a question; asked once, of the best candidate.
        """
        ...

    def effect(self, commands: Sequence[Command], view: ContextView) -> Objection | None:
        """Return why these commands must not come from a rewrite, or ``None``."""
        ...


class Guard(Protocol):
    """The guard-rails of rewriting; asked when a pair is learned, promoted and applied."""

    def objection(
        self,
        source: str,
        target: str,
        view: ContextView | None,
        *,
        commands: Sequence[Command] = (),
    ) -> Objection | None:
        """Return why the target must not stand for the source, or ``None``.

        ``commands`` are what the target would do in this home now, if that is known; without a view
        only the words are looked at.
        """
        ...

    def effect(self, commands: Sequence[Command], view: ContextView) -> Objection | None:
        """Return why these commands must not come from a rewrite, or ``None``."""
        ...


class Journal(Protocol):
    """Every turn and the feedback on it, as far back as the bounds allow."""

    def append(self, turn: JournalTurn | None, signals: Sequence[Signal] = ()) -> None:
        """Keep a turn and the signals found meanwhile, in one transaction."""
        ...

    def turns(self, *, since_s: float = 0.0, until_s: float | None = None) -> Iterator[JournalTurn]:
        """Yield turns heard in [since, until), oldest first."""
        ...

    def signals(self, turn_ids: Sequence[TurnId]) -> dict[TurnId, tuple[Signal, ...]]:
        """Return the signals on these turns, oldest first; turns without any are left out."""
        ...


class PairStore(Protocol):
    """The learned tables, durable; readers see either the old or the new ones, never half."""

    @property
    def version(self) -> int:
        """Number that grows with every change."""
        ...

    def pairs(self) -> tuple[Pair, ...]:
        """Return all pairs of both layers, by layer and source."""
        ...

    def find(self, source: str) -> tuple[Pair, ...]:
        """Return the pairs of these words, the personal one first, in microseconds.

        ``source`` is in the form of :func:`hubagent.evidence.source_key`.
        """
        ...

    def entries(self) -> tuple[Entry, ...]:
        """Return the words that work in this home, by text."""
        ...

    def setting(self, name: str, default: str = "") -> str:
        """Return a setting that the owner changed by word or command, such as ``muted``."""
        ...

    def put(self, pairs: Sequence[Pair]) -> int:
        """Add or replace pairs in one transaction; return the new version."""
        ...

    def change(self, changes: Changes) -> int:
        """Make all changes in one transaction; return the new version.

        What was forgotten is gone from the files on disk too, not only from the tables.
        """
        ...


class Telling(Protocol):
    """What a home could tell others, and how its names are taken out of that."""

    def transitions(self, since_s: float) -> Iterable[Transition]:
        """Yield what was said after what since a moment, of dialogues that have settled."""
        ...

    def failures(self, since_s: float) -> Mapping[str, int]:
        """Return how many turns since a moment came to nothing, by stage."""
        ...

    def scrub(self, request: Request) -> str | None:
        """Return what may leave of a request, ``None`` for nothing."""
        ...
