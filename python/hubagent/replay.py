"""Scenarios in, decisions out: ``hubagent replay``.

One scenario a line: a home, its state, and what is said. The hub is the real one: real adapters
discover simulated devices over a bus in memory, the real store keeps their states, the real model
reads the words. Only the clock is moved by hand. What comes out is what was decided and what the
devices truly became.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubagent.act.execute import Executor
from hubagent.act.schedule import Schedule
from hubagent.brain import Brain
from hubagent.clock import ManualClock, SystemClock
from hubagent.context.store import ContextStore
from hubagent.devices.conventions import adapters
from hubagent.devices.directory import Directory
from hubagent.errors import DataError, HubagentError
from hubagent.present import rewrite_document
from hubagent.simulate.bus import MemoryBus
from hubagent.simulate.home import HomeModel, load_home
from hubagent.simulate.world import SimulatedHome, join_bus, settle
from hubagent.types import AreaId, AsrResult, TurnId, TurnRecord, Utterance
from hubagent.understand import values
from hubagent.understand.understander import Understander

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from hubagent.pipeline import Pipeline
    from hubagent.ports import ChangeListener, Understand
    from hubagent.simulate.faults import Faults
    from hubagent.types import StateChange

START_S = 1_767_268_800.0
"""Wall clock of a scenario that names no time: noon on 1 January 2026, UTC."""
BETWEEN_TURNS_S = 10.0
"""Time between turns that name none."""
SETTLE_S = 120.0
"""Longest time that moving devices get to arrive after the last turn."""
_STEP_S = 0.1
_MOST_PUMPED = 100
"""Rounds of messages after which a home that never falls silent is left alone."""


class MemoryHub:
    """A hub and a simulated home on one bus, in one thread, without a socket or a sleep.

    Args:
        home: The home; its floors, areas and aliases are the owner's word to the hub.
        now_s: Wall clock at the start.
        faults: What goes wrong between the bus and the devices.

    Attributes:
        listeners: Told of every change, as those of the daemon's pump are.
    """

    def __init__(
        self, home: HomeModel, *, now_s: float = START_S, faults: Faults | None = None
    ) -> None:
        self.listeners: list[ChangeListener] = []
        self.clock = ManualClock(now_s)
        self.bus = MemoryBus(self.clock)
        self.world = SimulatedHome(home, self.clock, faults=faults)
        self.store = ContextStore(clock=self.clock)
        for floor in home.floors:
            self.store.set_floor(floor)
        for area in home.areas:
            self.store.set_area(area)
        self._directory = Directory(self.store, adapters())
        self._directory.start()
        self.client = self.bus.client("hub")
        self.client.subscribe("#")
        join_bus(self.world, self.bus)
        self.pump()
        for entity in home.entities:
            self.store.set_entity_facts(
                entity.entity_id, aliases=entity.aliases, area_id=entity.area_id
            )
        self.executor = Executor(self.store, self.client, clock=self.clock, wait=self.wait)

    def pump(self) -> None:
        """Take in all that has come over the bus, and what that brings about."""
        for _ in range(_MOST_PUMPED):
            messages = self.client.receive()
            if not messages:
                return
            report = self.store.ingest(messages)
            self._tell(report.changes)
            for adapter, index in report.watched:
                for request in self._directory.handle(adapter, messages[index]):
                    self.client.publish(request)

    def advance(self, seconds: float) -> None:
        """Let time pass for the devices and the store."""
        if seconds > 0:
            self.bus.advance(seconds)
            self.pump()
            self._tell(self.store.tick())

    def _tell(self, changes: Sequence[StateChange]) -> None:
        for listener in self.listeners:
            listener.changed(changes)

    def wait(self, until: Callable[[], bool], timeout_s: float) -> bool:
        """Move the clock until something holds; this is the executor's ``Wait``."""
        self.pump()
        waited_s = 0.0
        while not until():
            if waited_s >= timeout_s:
                return False
            self.advance(_STEP_S)
            waited_s += _STEP_S
        return True

    def settle(self) -> None:
        """Let moving devices arrive."""
        settle(self.world, self.bus, at_most_s=SETTLE_S)
        self.pump()


def replay_lines(
    lines: Iterable[str], *, understand: Understand | None = None
) -> Iterator[dict[str, Any]]:
    """Replay scenarios, one JSON object a line; yield one document each.

    A line that is wrong yields ``{"id", "error"}``, with ``id`` null when it has none, and does
    not stop the others. Empty lines are passed over.

    Args:
        lines: The scenarios.
        understand: Reads the words; ``None`` loads the released model.

    Raises:
        ModelError: If there is no good model.
    """
    reader = understand or Understander.load()
    for line in lines:
        if not line.strip():
            continue
        scenario_id = None
        try:
            scenario = json.loads(line)
            if not isinstance(scenario, dict):
                raise DataError("a scenario is an object")
            scenario_id = scenario.get("id")
            yield replay_scenario(scenario, reader)
        except (HubagentError, ValueError, RecursionError) as error:
            yield {"id": scenario_id, "error": str(error)}


def replay_scenario(scenario: Mapping[str, Any], understand: Understand) -> dict[str, Any]:
    """Run one scenario and return its document.

    Raises:
        DataError: If the scenario is not as ``docs/turn.md`` says.
    """
    home = _home(scenario.get("home")).with_setup(_mapping(scenario.get("setup"), "setup"))
    turns = scenario.get("turns") or []
    if not isinstance(turns, list):
        raise DataError("`turns` is not a list")
    hub = MemoryHub(home, now_s=_start(scenario.get("now")))
    brain = Brain(context=hub.store, understand=understand, clock=hub.clock)
    hub.listeners.append(brain)
    schedule = Schedule(hub.clock)
    pipeline = brain.pipeline(
        values=values,
        act=hub.executor,
        schedule=schedule,
        satellites={d.device_id: d.area_id for d in home.devices if d.area_id is not None},
    )
    brain.import_(_memory(scenario.get("memory")))
    scene = _Scene(hub, brain, pipeline, schedule)
    documents = [_turn(_mapping(turn, "turn"), number, scene) for number, turn in enumerate(turns)]
    hub.settle()
    return {"id": scenario.get("id"), "turns": documents, "state": hub.world.states()}


# --- reading --------------------------------------------------------------------------------------


def _home(given: object) -> HomeModel:
    if isinstance(given, str):
        return _home_file(Path(given))
    return load_home(_mapping(given, "home"))


@cache
def _home_file(path: Path) -> HomeModel:
    return load_home(path)


def _memory(given: object) -> Mapping[str, Any]:
    """Return what the hub has learned before the scenario: an object, or the path of a JSON file."""
    if isinstance(given, str):
        try:
            given = json.loads(Path(given).read_text(encoding="utf-8"))
        except OSError as error:
            raise DataError(f"`memory` cannot be read: {error.strerror}") from None
    return _mapping({} if given is None else given, "memory")


def _mapping(given: object, name: str) -> Mapping[str, Any]:
    if given is None and name == "setup":
        return {}
    if not isinstance(given, dict):
        raise DataError(f"`{name}` is not an object")
    return given


def _start(given: object) -> float:
    if given is None:
        return START_S
    if isinstance(given, int | float) and not isinstance(given, bool):
        return float(given)
    try:
        return datetime.fromisoformat(str(given)).timestamp()
    except (ValueError, OverflowError):
        raise DataError(f"`now` is `{given}`, expected an ISO time") from None


def _asr(given: object) -> AsrResult | None:
    if given is None:
        return None
    said = _mapping(given, "asr")
    nbest = said.get("nbest") or []
    if not isinstance(nbest, list) or not all(isinstance(item, dict) for item in nbest):
        raise DataError("`asr.nbest` is not a list of objects")
    return AsrResult(
        said.get("confidence"),
        tuple((str(item.get("text", "")), float(item.get("confidence") or 0.0)) for item in nbest),
    )


@dataclass(frozen=True, slots=True)
class _Scene:
    """What a scenario is played on."""

    hub: MemoryHub
    brain: Brain
    pipeline: Pipeline
    schedule: Schedule


# --- one turn -------------------------------------------------------------------------------------


def _turn(
    turn: Mapping[str, Any],
    number: int,
    scene: _Scene,
) -> dict[str, Any]:
    text = turn.get("text")
    if not isinstance(text, str):
        raise DataError(f"turn {number} has no `text`")
    at_s = turn.get("at")
    if at_s is None:
        at_s = scene.hub.clock.monotonic_s() + (BETWEEN_TURNS_S if number else 0.0)
    elif not isinstance(at_s, int | float) or isinstance(at_s, bool):
        raise DataError(f"`at` of turn {number} is `{at_s}`, expected seconds")
    due = list(_live(at_s, scene))
    events = turn.get("events") or []
    if not isinstance(events, list):
        raise DataError(f"`events` of turn {number} is not a list")
    for event in events:
        _happen(_mapping(event, "event"), scene)
    utterance = Utterance(
        turn_id=TurnId(f"turn-{number}"),
        text=text,
        heard_at_s=scene.hub.clock.now_s(),
        area_id=AreaId(str(turn["area"])) if turn.get("area") else None,
        device=str(turn["device"]) if turn.get("device") else None,
        asr=_asr(turn.get("asr")),
    )
    real = SystemClock()
    started_s = real.monotonic_s()
    record = scene.pipeline.run_turn(utterance)
    document = _document(record, (real.monotonic_s() - started_s) * 1000)
    return {**document, "due": due} if due else document


def _live(until_s: float, scene: _Scene) -> Iterator[dict[str, Any]]:
    """Let time pass up to a moment; yield what came due meanwhile, each at its time."""
    hub = scene.hub
    while True:
        left_s = until_s - hub.clock.monotonic_s()
        due_s = scene.schedule.next_due_s()
        due_in_s = left_s if due_s is None else due_s - hub.clock.now_s()
        hub.advance(min(left_s, due_in_s))
        scene.brain.tick()
        if due_s is None or due_in_s > left_s:
            return
        for record in scene.pipeline.run_due():
            yield _document(record, record.ms)


def _happen(event: Mapping[str, Any], scene: _Scene) -> None:
    """Let something happen before a turn, by hand or to the ear; other kinds are passed over."""
    entity_id = event.get("entity_id")
    if entity_id is None:
        scene.brain.event(str(event.get("kind", "")))
        return
    attributes = _mapping(event.get("attributes") or {}, "attributes")
    scene.hub.world.place(str(entity_id), event.get("state"), attributes)
    scene.hub.pump()


def _document(record: TurnRecord, ms: float) -> dict[str, Any]:
    return {
        "text": record.utterance.text,
        "decision": record.decision.value,
        "intent": record.intent,
        "slots": _slots(record),
        "response": record.response,
        "commands": [
            {
                "entity_id": outcome.command.entity_id,
                "command": outcome.command.command,
                "data": {
                    name: list(value) if isinstance(value, tuple) else value
                    for name, value in outcome.command.data.items()
                },
            }
            for outcome in record.outcomes
        ],
        "rewrite": rewrite_document(record.rewrite),
        "ms": round(ms, 2),
    }


def _slots(record: TurnRecord) -> dict[str, str]:
    """Return the slots of the reading that was taken, by name; the first of each."""
    clauses = record.understanding.clauses if record.understanding is not None else ()
    for clause in clauses:
        for reading in clause.hypotheses:
            if reading.intent == record.intent:
                found = dict(reading.implied)
                for slot in reversed(reading.slots):
                    found[slot.name] = slot.text
                return found
    return {}
