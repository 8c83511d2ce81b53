"""The main job, for real: broker, devices on it, the hub, the model, and what is said."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.broker, pytest.mark.slow]

HUBAGENT = [sys.executable, "-m", "hubagent"]


def _demo(tmp_path: Path, *lines: str) -> list[str]:
    script = tmp_path / "script.txt"
    script.write_text("\n".join(lines))
    done = subprocess.run(
        [*HUBAGENT, "demo", "--script", str(script)],
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    return done.stdout.splitlines()


def test_a_light_is_switched_over_the_broker_and_reports_it_itself(tmp_path: Path) -> None:
    printed = _demo(
        tmp_path,
        "turn on the kitchen light",
        "/devices",
        "is the kitchen light on?",
        "turn off the kitchen light",
        "/devices",
    )
    states = [line.split()[-1] for line in printed if line.startswith("Kitchen Light ")]
    assert states == ["on", "off"]
    answer = printed[printed.index("you> is the kitchen light on?") + 1]
    assert answer.lower().startswith("hub> yes")


def test_a_room_that_is_not_there_moves_nothing(tmp_path: Path) -> None:
    printed = _demo(
        tmp_path, "/devices", "turn off all lights in the sauna", "/devices", "/explain"
    )
    lights = [line for line in printed if "Light" in line and not line.startswith(("you>", "hub>"))]
    listed = [line for line in lights if line.split()[-1] in {"on", "off"}]
    assert len(listed) >= 10
    assert listed[: len(listed) // 2] == listed[len(listed) // 2 :]
    assert any("sauna" in line.lower() for line in printed if line.startswith("hub>"))


def test_parse_answers_each_line_with_its_id_and_survives_nonsense() -> None:
    lines = [
        json.dumps({"id": 1, "text": "turn off the lamp in the bedroom"}),
        "nonsense",
        json.dumps({"id": "x", "text": ""}),
    ]
    done = subprocess.run(
        [*HUBAGENT, "parse", "--labels", "slurp"],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    assert [document["id"] for document in documents] == [1, None, "x"]
    assert documents[0]["hypotheses"][0]["intent"] == "iot_hue_lightoff"
    slot = documents[0]["hypotheses"][0]["slots"][-1]
    assert "turn off the lamp in the bedroom"[slot["start"] : slot["end"]] == slot["value"]
    assert "error" in documents[1]
    assert documents[2]["hypotheses"] == []


@pytest.mark.parametrize("command", ["say", "devices", "explain"])
def test_without_a_hub_the_commands_say_how_to_start_one(tmp_path: Path, command: str) -> None:
    words = ["hello"] if command == "say" else []
    done = subprocess.run(
        [*HUBAGENT, command, *words, "--state-dir", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "no hub is running here" in done.stderr
    assert "hubagent run" in done.stderr


def test_the_weather_is_told_in_words(tmp_path: Path) -> None:
    printed = _demo(tmp_path, "what's the weather like")
    assert printed[-1].startswith("hub> Partly cloudy, ")


@pytest.mark.parametrize(
    ("first", "then", "name"),
    [
        ("turn on the cosy glow", "turn on the floor lamp", "Floor Lamp"),
        ("fire up the sofa glow", "turn on the floor lamp", "Floor Lamp"),
        ("turn on the big bertha", "turn on the coffee machine", "Coffee Machine"),
    ],
)
def test_what_is_refused_and_rephrased_works_the_next_time_and_can_be_taken_back(
    tmp_path: Path, first: str, then: str, name: str
) -> None:
    off = then.replace(" on ", " off ")
    printed = _demo(
        tmp_path, first, then, off, first, "/explain", "/devices", "/learned", "/forget", off, first
    )
    answers = [printed[at + 1] for at, line in enumerate(printed) if line == f"you> {first}"]
    assert then.lower() not in answers[0].lower()
    assert then in answers[1]  # it says what it took it for
    assert then not in answers[2]
    assert any("rewrite" in line and then in line for line in printed)  # the explanation
    (state,) = [line.split()[-1] for line in printed if line[:32].strip() == name]
    assert state == "on"
    assert any(line.startswith(f'"{first}" for "{then}"') for line in printed)
    assert f'forgot "{first}"' in printed
