"""Scores are counted as they are defined."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.errors import DataError
from hubagent.evaluate import NluReport, NluScores, PeerScores, read_rows, run_nlu, slot_f1
from hubagent.evaluate.beside import SIZES, run_peers
from hubagent.evaluate.peers import GAZETTEER, HASSIL

if TYPE_CHECKING:
    from pathlib import Path

TYPED: list[dict[str, Any]] = [
    {
        "id": 1,
        "text": "turn off the lights in the kitchen",
        "intent": "iot_hue_lightoff",
        "scenario": "iot",
        "slots": [{"slot": "house_place", "start": 27, "end": 34, "value": "kitchen"}],
    },
    {
        "id": 2,
        "text": "what time is it",
        "intent": "weather_query",
        "scenario": "weather",
        "slots": [],
    },
]
HEARD: list[dict[str, Any]] = [
    {"id": number, "text": "", "asr": "turn off the lights", "headset": number % 4 < 2, "intent": "iot_hue_lightoff"}
    for number in range(20)
]  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "slurp").mkdir()
    for name, rows in (("open_test", TYPED), ("open_test_asr", HEARD)):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (tmp_path / "slurp" / f"{name}.jsonl").write_text(lines)
    return tmp_path


def line(*slots: tuple[str, int, int]) -> dict[str, Any]:
    marks = [{"slot": name, "start": start, "end": end} for name, start, end in slots]
    return {"hypotheses": [{"slots": marks}]}


def test_a_span_counts_only_when_name_and_both_ends_are_right() -> None:
    gold = {
        "slots": [{"slot": "date", "start": 0, "end": 5}, {"slot": "time", "start": 6, "end": 9}]
    }
    assert slot_f1([(gold, line(("date", 0, 5), ("time", 6, 9)))]) == 100.0
    assert slot_f1([(gold, line(("date", 0, 5), ("time", 6, 8)))]) == 50.0
    assert slot_f1([(gold, line(("time", 0, 5)))]) == 0.0
    assert slot_f1([({"slots": []}, line())]) == 100.0
    assert slot_f1([({"slots": None}, line())]) is None


def test_the_report_keeps_right_wrong_and_refused_apart(data: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    report = run_nlu(data, progress=lambda *step: seen.append(step))
    scores = {item.name: item for item in report.scores}
    typed = scores["typed"]
    assert (typed.sentences, typed.intent, typed.slots_f1) == (2, 50.0, 100.0)
    assert typed.right + typed.wrong + typed.refused == pytest.approx(100.0)
    assert scores["typed, smart home"].right == 100.0
    heard = scores["recognised, headset"].sentences + scores["recognised, far"].sentences
    assert 0 < heard < len(HEARD)
    assert seen[-1][1] == seen[-1][2]
    assert report.misses == (("what time is it", "weather_query", "datetime_query"),)
    assert json.loads(json.dumps(report.as_json()))["version"] == report.version


def test_tables_are_rectangles(data: Path) -> None:
    peers = (PeerScores("other", 20, 1, 0.0, 0.0, 100.0, 1.0, 2.0),)
    report = run_nlu(data, peer_runner=lambda model, rows: peers)
    for rows in report.tables().values():
        assert len({len(row) for row in rows}) == 1
    assert len(report.tables()) == 3


def test_the_other_engines_run_on_the_same_rows(data: Path) -> None:
    report = run_nlu(data, peer_runner=run_peers)
    assert [(item.engine, item.entities) for item in report.peers] == [
        (engine, size) for size in SIZES for engine in (HASSIL, GAZETTEER, "hubagent")
    ]
    assert {item.sentences for item in report.peers} == {1}
    assert all(item.right == 100.0 for item in report.peers)  # "turn off the lights in the kitchen"


def test_an_empty_set_has_a_row_too() -> None:
    score = NluScores("none", 0, 0.0, 0.0, 0.0, 0.0, None, 0.0)
    report = NluReport((score,), 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, "1")
    assert "-" in report.tables()["understanding"][1]


@pytest.mark.parametrize("text", ["not json\n", "5\n"])
def test_bad_data_say_where_they_should_be(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rows.jsonl"
    with pytest.raises(DataError, match="cannot read"):
        read_rows(path)
    path.write_text(text)
    with pytest.raises(DataError):
        read_rows(path)
