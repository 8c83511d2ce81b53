from __future__ import annotations

import pytest

from hubagent.clock import ManualClock
from hubagent.context.optimistic import assumed
from hubagent.context.store import ContextStore
from hubagent.types import (
    Capability,
    Command,
    CommandPart,
    CommandSpec,
    Declaration,
    Entity,
    EntityId,
    EntityState,
    StateChange,
    Value,
)


def state(value: Value) -> EntityState:
    return EntityState(EntityId("x.y"), value, {}, available=True, changed_at_s=0, heard_at_s=0)


@pytest.mark.parametrize(
    ("domain", "command", "data", "expected"),
    [
        (
            "light",
            "turn_on",
            {"brightness": 80, "transition": 2},
            {"state": "on", "brightness": 80},
        ),
        ("switch", "turn_off", {}, {"state": "off"}),
        ("switch", "toggle", {}, {"state": "off"}),
        ("lock", "unlock", {"code": "1234"}, {"state": "unlocked"}),
        (
            "cover",
            "set_cover_position",
            {"position": 0},
            {"state": "closed", "current_position": 0},
        ),
        ("cover", "set_cover_position", {"position": 9}, {"state": "open", "current_position": 9}),
        ("number", "set_value", {"value": 4.5}, {"state": 4.5}),
        ("select", "select_option", {"option": "eco"}, {"state": "eco"}),
        ("climate", "set_hvac_mode", {"hvac_mode": "heat"}, {"state": "heat"}),
        ("climate", "set_temperature", {"temperature": 21.5}, {"temperature": 21.5}),
        ("alarm_control_panel", "alarm_arm_home", {"code": "1"}, {"state": "armed_home"}),
        ("button", "press", {}, {}),
    ],
)
def test_a_command_tells_the_state_after_it(
    domain: str, command: str, data: dict[str, Value], expected: dict[str, Value]
) -> None:
    capabilities = tuple(map(Capability, ("brightness", "position", "temperature")))
    entity = Entity(EntityId("x.y"), domain, "X", capabilities=capabilities)
    assert assumed(entity, state("on"), Command(entity.entity_id, command, data)) == expected


def test_only_an_entity_that_never_reports_takes_the_command_for_its_state() -> None:
    clock = ManualClock()
    store = ContextStore(clock=clock)
    for name, optimistic in (("blind", True), ("seeing", False)):
        entity_id = EntityId(f"switch.{name}")
        part = CommandPart(f"{name}/set", payload="ON")
        spec = CommandSpec(entity_id, "turn_on", (part,), optimistic=optimistic)
        store.declare(Declaration(Entity(entity_id, "switch", name), None, (), (spec,)))
    blind = EntityId("switch.blind")
    assert store.assume(Command(blind, "turn_on")) == (
        StateChange(blind, "state", None, "on", clock.now_s(), "command"),
    )
    assert store.assume(Command(blind, "turn_on")) == (), "it is on already"
    assert store.assume(Command(EntityId("switch.seeing"), "turn_on")) == ()
    assert store.view().state(EntityId("switch.seeing")).state is None
