"""What is played and what is on a list is told by the home, on whole turns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent.replay import replay_scenario
from hubagent.understand.understander import Understander

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAYS = ["play", "pause", "stop", "play_media", "volume_set"]
HOME: dict[str, Any] = {
    "areas": [{"id": "snug", "name": "Snug"}, {"id": "scullery", "name": "Scullery"}],
    "entities": [
        {"id": "media_player.tv", "name": "Projector", "area": "snug", "state": "idle",
         "attributes": {"device_class": "tv", "supported_features": PLAYS}},
        {"id": "media_player.pod", "name": "Scullery Pod", "area": "scullery", "state": "idle",
         "attributes": {"device_class": "speaker", "supported_features": PLAYS}},
        {"id": "todo.errands", "name": "Errands", "state": 2,
         "attributes": {"items": ["return the ladder", "paint the gate"]}},
        {"id": "todo.shopping", "name": "Shopping List", "state": 1, "attributes": {"items": ["flour"]}},
    ],
}  # fmt: skip
NO_SCREEN = HOME | {"entities": [e for e in HOME["entities"] if e["id"] != "media_player.tv"]}


@pytest.fixture(scope="module")
def understand() -> Understander:
    return Understander.load()


def said(
    understand: Understander, text: str, home: Mapping[str, Any] = HOME, area: str | None = None
) -> dict[str, Any]:
    scenario = {"home": home, "turns": [{"text": text, "area": area}]}
    (turn,) = replay_scenario(scenario, understand)["turns"]
    return dict(turn)


def test_a_title_is_shown_where_there_is_a_screen_and_heard_where_there_is_none(
    understand: Understander,
) -> None:
    (shown,) = said(understand, "play Hunger Games")["commands"]
    assert shown["entity_id"] == "media_player.tv"
    assert shown["data"]["media_content_type"] == "movie"
    (heard,) = said(understand, "play Hunger Games", NO_SCREEN)["commands"]
    assert heard["entity_id"] == "media_player.pod"
    assert heard["data"]["media_content_type"] != "movie"
    assert "hunger games" in heard["data"]["media_content_id"].lower()


def test_what_is_plainly_an_audiobook_is_heard(understand: Understander) -> None:
    (heard,) = said(understand, "play the audiobook Watership Down")["commands"]
    assert heard["entity_id"] == "media_player.pod"
    assert heard["data"] == {
        "media_content_id": "Watership Down",
        "media_content_type": "audiobook",
    }


@pytest.mark.parametrize(
    ("text", "entity_id", "command", "items"),
    [
        ("stick bin bags and a sponge on the shopping list", "todo.shopping", "add_item", ["bin bags", "a sponge"]),
        ("pop new gloves on the errands", "todo.errands", "add_item", ["new gloves"]),
        ("the gate is painted, mark it done", "todo.errands", "update_item", ["paint the gate"]),
        ("cross the ladder off the errands", "todo.errands", "update_item", ["return the ladder"]),
    ],
)  # fmt: skip
def test_lists_and_their_items_are_known_by_name(
    understand: Understander, text: str, entity_id: str, command: str, items: list[str]
) -> None:
    commands = said(understand, text)["commands"]
    assert {c["entity_id"] for c in commands} == {entity_id}
    assert {c["command"] for c in commands} == {command}
    assert [c["data"]["item"] for c in commands] == items


def test_what_is_on_no_list_is_not_ticked_off(understand: Understander) -> None:
    turn = said(understand, "cross the piano off the errands")
    assert (turn["decision"], turn["commands"]) == ("refuse", [])


ROOMS: dict[str, Any] = {
    "areas": [{"id": "snug", "name": "Snug"}, {"id": "scullery", "name": "Scullery"}],
    "entities": [
        {"id": f"light.{name.lower()}", "name": name, "area": area, "state": "on",
         "attributes": {"supported_color_modes": ["onoff"]}}
        for name, area in (("Lantern", "snug"), ("Sconce", "snug"), ("Pendant", "scullery"))
    ] + [{"id": "fan.snug", "name": "Snug Fan", "area": "snug", "state": "on"}],
}  # fmt: skip


def moved(turn: Mapping[str, Any]) -> dict[str, str]:
    return {item["entity_id"]: item["command"] for item in turn["commands"]}


def test_what_is_left_out_does_not_take_the_place_with_it(understand: Understander) -> None:
    turn = said(understand, "everything but the lantern off in the snug", ROOMS, "scullery")
    assert moved(turn) == {"light.sconce": "turn_off", "fan.snug": "turn_off"}


def test_a_verb_holds_for_what_follows_without_one(understand: Understander) -> None:
    turn = said(understand, "switch off the snug fan and both snug lights", ROOMS)
    assert set(moved(turn).values()) <= {"turn_off"}
    assert "fan.snug" in moved(turn)
