"""``hubagent replay``: the contract, on the real hub and the released model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.replay import replay_lines
from hubagent.understand.understander import Understander

if TYPE_CHECKING:
    from pathlib import Path

HOME: dict[str, Any] = {
    "areas": [
        {"id": "kitchen", "name": "Kitchen"},
        {"id": "bedroom", "name": "Bedroom", "aliases": ["den"]},
    ],
    "devices": [{"id": "puck", "name": "Puck", "area": "bedroom"}],
    "entities": [
        {"id": "light.kitchen", "name": "Kitchen Light", "area": "kitchen", "state": "off",
         "attributes": {"supported_color_modes": ["brightness"]}},
        {"id": "light.bedroom", "name": "Bedside Lamp", "area": "bedroom", "state": "off",
         "attributes": {"supported_color_modes": ["brightness"]}},
        {"id": "cover.blind", "name": "Kitchen Blind", "area": "kitchen", "state": "closed",
         "attributes": {"device_class": "blind", "current_position": 0}},
        {"id": "lock.front", "name": "Front Door", "area": "kitchen", "state": "locked"},
        {"id": "sensor.t", "name": "Kitchen Temperature", "area": "kitchen", "state": "21.5",
         "attributes": {"device_class": "temperature", "unit_of_measurement": "°C"}},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def understand() -> Understander:
    return Understander.load()


def run(understand: Understander, *scenarios: object) -> list[dict[str, Any]]:
    lines = [item if isinstance(item, str) else json.dumps(item) for item in scenarios]
    return list(replay_lines(lines, understand=understand))


def scenario(*turns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "s", "home": HOME, "turns": list(turns), **more}


def test_a_light_is_switched_and_confirmed(understand: Understander) -> None:
    (document,) = run(understand, scenario({"text": "turn on the kitchen light"}))
    assert set(document) == {"id", "turns", "state"}
    (turn,) = document["turns"]
    assert set(turn) == {
        "text", "decision", "intent", "slots", "response", "commands", "rewrite", "ms",
    }  # fmt: skip
    assert (turn["decision"], turn["intent"], turn["rewrite"]) == ("act", "HassTurnOn", None)
    assert turn["commands"] == [{"entity_id": "light.kitchen", "command": "turn_on", "data": {}}]
    assert "Kitchen Light" in turn["response"]
    assert document["state"]["light.kitchen"]["state"] == "on"
    assert document["state"]["light.bedroom"]["state"] == "off"
    assert set(document["state"]) == {entity["id"] for entity in HOME["entities"]}
    json.dumps(document)


def test_the_room_comes_with_the_words_or_from_the_satellite(understand: Understander) -> None:
    for where in ({"area": "bedroom"}, {"device": "puck"}, {"area": "Bedroom"}):
        (document,) = run(understand, scenario({"text": "turn on the light", **where}))
        (command,) = document["turns"][0]["commands"]
        assert command["entity_id"] == "light.bedroom"


def test_moving_things_have_arrived_in_the_end(understand: Understander) -> None:
    (document,) = run(understand, scenario({"text": "open the kitchen blind"}))
    blind = document["state"]["cover.blind"]
    assert (blind["state"], blind["attributes"]["current_position"]) == ("open", 100)


def test_setup_and_events_come_before_the_words(understand: Understander) -> None:
    off = {"entity_id": "light.kitchen", "state": "off"}
    (document,) = run(
        understand,
        scenario(
            {"text": "which lights are on"},
            {"text": "which lights are on", "at": 60, "events": [off, {"kind": "barge_in"}]},
            setup={"light.kitchen": {"state": "on", "attributes": {"brightness": 40}}},
        ),
    )
    assert "Kitchen Light" in document["turns"][0]["response"]
    assert "Kitchen Light" not in document["turns"][1]["response"]


def test_a_question_is_answered_in_the_next_turn(understand: Understander) -> None:
    first, second = run(
        understand, scenario({"text": "turn on the light"}, {"text": "the bedroom one", "at": 4})
    )[0]["turns"]
    assert first["decision"] == "ask"
    assert "Kitchen Light" in first["response"]
    assert [command["entity_id"] for command in second["commands"]] == ["light.bedroom"]


def test_all_of_a_compound_request_or_nothing(understand: Understander) -> None:
    (good, bad) = run(
        understand,
        scenario({"text": "turn on the kitchen light and open the kitchen blind"}),
        scenario({"text": "turn on the kitchen light and turn on the bathroom light"}),
    )
    assert [command["entity_id"] for command in good["turns"][0]["commands"]] == [
        "light.kitchen", "cover.blind",
    ]  # fmt: skip
    assert bad["turns"][0]["decision"] == "refuse"
    assert "bathroom" in bad["turns"][0]["response"]
    assert bad["state"]["light.kitchen"]["state"] == "off"


def test_a_home_may_be_a_file(understand: Understander, tmp_path: Path) -> None:
    file = tmp_path / "home.json"
    file.write_text(json.dumps(HOME))
    document = run(understand, {"id": 1, "home": str(file), "turns": []})[0]
    assert document["turns"] == []
    assert document["state"]["lock.front"]["state"] == "locked"


def test_the_same_scenario_gives_the_same_document(understand: Understander) -> None:
    said = scenario({"text": "turn on the kitchen light", "area": "kitchen"})
    first, second = run(understand, said, said)
    for document in (first, second):
        document["turns"][0].pop("ms")
    assert first == second


@pytest.mark.parametrize(
    ("line", "id_"),
    [
        ("{", None),
        ("[]", None),
        ({"id": "x"}, "x"),
        ({"id": "x", "home": "/nowhere.yaml", "turns": []}, "x"),
        ({"id": "x", "home": {"areas": 3}, "turns": []}, "x"),
        ({"id": "x", "home": HOME, "turns": 3}, "x"),
        ({"id": "x", "home": HOME, "turns": [3]}, "x"),
        ({"id": "x", "home": HOME, "turns": [{"text": None}]}, "x"),
        ({"id": "x", "home": HOME, "turns": [{"text": "hi", "at": "soon"}]}, "x"),
        ({"id": "x", "home": HOME, "turns": [{"text": "hi", "asr": 3}]}, "x"),
        ({"id": "x", "home": HOME, "turns": [{"text": "hi", "events": 3}]}, "x"),
        (
            {"id": "x", "home": HOME, "turns": [{"text": "hi", "events": [{"entity_id": "a.b"}]}]},
            "x",
        ),
        ({"id": "x", "home": HOME, "now": "teatime", "turns": []}, "x"),
        ({"id": "x", "home": HOME, "setup": {"light.gone": {"state": "on"}}, "turns": []}, "x"),
        ({"id": "x", "home": HOME, "memory": "file", "turns": []}, "x"),
    ],
    ids=str,
)
def test_a_wrong_line_is_told_and_does_not_stop_the_others(
    understand: Understander, line: object, id_: str | None
) -> None:
    good = {"id": "good", "home": HOME, "turns": []}
    wrong, right = run(understand, line, "", good)
    assert set(wrong) == {"id", "error"}
    assert wrong["id"] == id_
    assert wrong["error"]
    assert right["id"] == "good"


@pytest.mark.parametrize(
    "text", ["", "   ", "?!", "x" * 500, "\x00\n", "turn on the \U0001f4a1", "a " * 300]
)
def test_any_text_is_a_turn(understand: Understander, text: str) -> None:
    (document,) = run(understand, scenario({"text": text}))
    assert document["turns"][0]["commands"] == []
    assert document["turns"][0]["decision"] in {"ignore", "refuse", "ask", "answer"}


@pytest.mark.parametrize(
    ("first", "then", "entity"),
    [
        ("turn on the cosy glow", "turn on the bedside lamp", "light.bedroom"),
        ("turn on the cooking corner", "turn on the kitchen light", "light.kitchen"),
        ("close the snoozer", "close the kitchen blind", "cover.blind"),
    ],
)
def test_what_is_rephrased_is_known_the_next_time(
    understand: Understander, first: str, then: str, entity: str
) -> None:
    said = scenario(
        {"text": first}, {"text": then}, {"text": "thanks", "at": 60}, {"text": first, "at": 600},
        setup={"cover.blind": {"state": "open"}},
    )  # fmt: skip
    refused, mended, _, again = run(understand, said)[0]["turns"]
    assert (refused["decision"], refused["commands"]) == ("refuse", [])
    assert [command["entity_id"] for command in mended["commands"]] == [entity]
    assert again["commands"] == mended["commands"]
    assert then in again["response"]


def test_memory_of_pairs_is_taken_in_but_for_what_is_dangerous(understand: Understander) -> None:
    pairs = [
        {"source": "lumos", "target": "turn on the kitchen light"},
        {"source": "abracadabra", "target": "unlock the front door"},
        "nonsense",
    ]
    said = scenario({"text": "lumos"}, {"text": "abracadabra"}, memory={"pairs": pairs})
    known, dangerous = run(understand, said)[0]["turns"]
    assert [command["entity_id"] for command in known["commands"]] == ["light.kitchen"]
    assert dangerous["commands"] == []
