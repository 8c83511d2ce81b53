"""What counts as a habit, and what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent.context.store import ContextStore
from hubagent.errors import DataError
from hubagent.replay import MemoryHub
from hubagent.simulate.home import load_home
from hubagent.types import Command, EntityId

if TYPE_CHECKING:
    from pathlib import Path

LAMP = EntityId("light.desk")
HOME: dict[str, Any] = {
    "areas": [{"id": "study", "name": "Study"}],
    "entities": [
        {"id": LAMP, "name": "Desk Lamp", "area": "study", "state": "off"},
        {"id": "switch.kettle", "name": "Kettle", "area": "study", "state": "off"},
    ],
}


@pytest.fixture
def hub() -> MemoryHub:
    return MemoryHub(load_home(HOME))


def habits(hub: MemoryHub) -> dict[tuple[object, object], float]:
    return {
        (row["entity_id"], row["what"]): sum(
            count
            for day in row["hours"].values()  # type: ignore[attr-defined]
            for count in day.values()
        )
        for row in hub.store.export_habits()
    }


def by_hand(hub: MemoryHub, state: str) -> None:
    hub.world.place(LAMP, state, {})
    hub.pump()


def test_discovery_is_no_habit(hub: MemoryHub) -> None:
    assert habits(hub) == {}


def test_a_switch_by_hand_counts_as_one_by_word(hub: MemoryHub) -> None:
    by_hand(hub, "on")
    assert habits(hub) == {(LAMP, "on"): 1}
    hub.advance(5.0)
    hub.store.done([Command(LAMP, "turn_on")])
    assert habits(hub)[LAMP, "on"] == pytest.approx(2, abs=0.01)


def test_the_echo_of_a_command_is_not_counted_beside_it(hub: MemoryHub) -> None:
    hub.executor.execute([Command(LAMP, "turn_on")])
    assert hub.store.view().state(LAMP).state == "on"
    assert habits(hub) == {}
    hub.advance(60.0)
    by_hand(hub, "off")
    assert habits(hub) == {(LAMP, "off"): 1}


def test_what_follows_is_usual_then(hub: MemoryHub) -> None:
    for _ in range(6):
        hub.store.noted("hub.alarm", "rang")
        hub.advance(60.0)
        hub.store.done([Command(EntityId("switch.kettle"), "turn_on")])
        hub.advance(7200.0)
    usual = hub.store.view().usual(EntityId("switch.kettle"), "turn_on")
    assert usual.followed == 0
    assert usual.support == pytest.approx(6, abs=0.1)
    hub.store.noted("hub.alarm", "rang")
    assert hub.store.view().usual(EntityId("switch.kettle"), "turn_on").followed > 0.5
    assert hub.store.view().usual(EntityId("switch.kettle"), "turn_off").followed == 0


def test_what_was_chosen_is_told_most_first(hub: MemoryHub) -> None:
    for media in ("jazz", "news", "Jazz"):
        hub.store.done([Command(LAMP, "play_media", {"media_content_id": media})])
    chosen = hub.store.view().chosen(LAMP, "media")
    assert [what for what, _ in chosen] == ["jazz", "news"]


def test_habits_leave_come_back_and_are_forgotten(hub: MemoryHub) -> None:
    by_hand(hub, "on")
    hub.store.done([Command(EntityId("switch.kettle"), "turn_on")])
    exported = hub.store.export_habits()
    assert exported[1]["after"] == [{"entity_id": LAMP, "what": "on", "count": 1.0}]
    other = MemoryHub(load_home(HOME))
    other.store.import_habits(exported)
    assert other.store.export_habits() == exported
    other.store.forget_habits(LAMP)
    assert [row["entity_id"] for row in other.store.export_habits()] == ["switch.kettle"]
    assert other.store.export_habits()[0]["after"] == []
    other.store.forget_habits()
    assert other.store.export_habits() == []


@pytest.mark.parametrize(
    "wrong",
    [
        3,
        [3],
        [{"entity_id": LAMP}],
        [{"entity_id": LAMP, "what": "on", "hours": {"monday": {"7": 1}}}],
        [{"entity_id": LAMP, "what": "on", "hours": {"weekday": {"24": 1}}}],
        [{"entity_id": LAMP, "what": "on", "hours": {"weekday": {"7": -1}}}],
        [{"entity_id": LAMP, "what": "on", "at": "teatime"}],
    ],
    ids=str,
)
def test_what_is_no_export_is_refused(hub: MemoryHub, wrong: object) -> None:
    with pytest.raises(DataError):
        hub.store.import_habits(wrong)
    assert hub.store.export_habits() == []


def test_habits_outlive_a_restart(hub: MemoryHub, tmp_path: Path) -> None:
    store = ContextStore(tmp_path, clock=hub.clock)
    store.done([Command(LAMP, "turn_on")])
    store.close()
    again = ContextStore(tmp_path, clock=hub.clock)
    assert again.export_habits() == store.export_habits() != []
