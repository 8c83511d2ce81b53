"""A run is whole: parts, figures, a table of what was not right, and a comparison with an earlier one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.errors import DataError
from hubagent.evaluate.report import Figure, compared, read_figures, stored
from hubagent.evaluate.run import run

if TYPE_CHECKING:
    from pathlib import Path

HOME = """
split: report
home:
  floors: []
  areas: [{id: den, name: Den}]
  devices: []
  entities:
    - {id: light.den, name: Den Light, area: den, state: off, attributes: {supported_color_modes: [onoff], color_mode: onoff}}
scenarios:
  - {id: on, area: den, category: act, text: "turn on the den light", expect: {act: {light.den: on}}}
  - {id: never, area: den, category: refuse, text: "turn on the den light", expect: {refuse: []}}
"""
ROWS = [
    {"id": 1, "text": "turn on the den light", "scenario": "calendar", "intent": "x", "slots": []},
    {"id": 2, "text": "what is the capital of peru", "scenario": "qa", "intent": "x", "slots": []},
    {"id": 3, "text": "turn off the den light", "scenario": "music", "intent": "x", "slots": []},
    {"id": 4, "text": "turn on the den light", "scenario": "iot", "intent": "x", "slots": []},
]


@pytest.fixture
def homes(tmp_path: Path) -> Path:
    (tmp_path / "homes").mkdir()
    (tmp_path / "homes/den.yaml").write_text(HOME)
    return tmp_path / "homes"


def test_a_home_is_scored_and_what_was_not_right_is_told(homes: Path) -> None:
    report = run("home", None, homes, "report")
    assert report.as_json()["home"]["groups"]["all"]["all"]["right"] == 1
    _, *rows = report.not_right()["home: not right"]
    assert [row[0] for row in rows] == ["den/never#1"]
    figures = {figure.name: figure for figure in report.figures()}
    assert figures["home: all right %"] == Figure("home: all right %", 50.0, 2)
    assert run("home", None, homes, "tune").as_json()["home"]["groups"]["all"]["all"]["turns"] == 0


def test_what_moves_a_device_from_elsewhere_is_counted_apart_from_music(
    homes: Path, tmp_path: Path
) -> None:
    (tmp_path / "slurp").mkdir()
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    (tmp_path / "slurp/open_test.jsonl").write_text(lines)
    found = run("elsewhere", tmp_path, homes, "report").as_json()["elsewhere"]
    assert found["turns"] == 4  # two sentences, with and without a room; those of `iot` are none
    assert [item["text"] for item in found["moved"]] == ["turn on the den light"] * 2
    assert (found["player_turns"], found["player_moved"]) == (2, 2)


def test_what_is_missing_is_said(homes: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="needs the public data"):
        run("all", None, homes, "report")
    with pytest.raises(DataError, match="no homes"):
        run("home", None, tmp_path, "report")
    (homes / "den.yaml").write_text("split: report\nhome: {entities: []}\n")
    with pytest.raises(DataError, match=r"den\.yaml"):
        run("home", None, homes, "report")


def test_a_difference_is_judged_by_its_standard_error() -> None:
    before = [
        Figure("a", 80.0, 100),
        Figure("b", 80.0, 10_000),
        Figure("c", 3.0, higher_is_better=False),
    ]
    now = [
        Figure("a", 82.0, 100),
        Figure("b", 82.0, 10_000),
        Figure("c", 4.0, higher_is_better=False),
    ]
    _, *rows = compared(now, read_figures({"figures": stored(before)}))
    assert [row[3] for row in rows] == ["+2.00", "+2.00", "+1.00"]
    assert rows[0][4].startswith("within chance")
    assert [row[4] for row in rows[1:]] == ["better", "worse"]
    assert compared([Figure("new", 1.0)], {})[1:] == []


@pytest.mark.parametrize(
    "document", [{}, {"figures": 3}, {"figures": [{"value": 1}]}, {"figures": [None]}]
)
def test_a_document_that_is_no_run_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="earlier run"):
        read_figures(document)
