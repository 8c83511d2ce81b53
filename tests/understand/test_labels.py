"""The contract of ``hubagent parse``."""

from __future__ import annotations

from typing import get_args

import pytest

from hubagent.errors import DataError
from hubagent.understand.labels import LabelSet, parse_line
from hubagent.understand.understander import Understander

KEYS = {"id", "text", "hypotheses", "out_of_scope", "clauses", "ms"}


@pytest.fixture(scope="module")
def understander() -> Understander:
    return Understander.load()


@pytest.mark.parametrize("labels", get_args(LabelSet))
def test_a_line_has_exactly_the_promised_shape(
    understander: Understander, labels: LabelSet
) -> None:
    text = "Turn off the Kitchen lights"
    line = parse_line(understander, {"id": 7, "text": text}, labels)
    assert set(line) == KEYS
    assert (line["id"], line["text"]) == (7, text)
    assert line["clauses"] == [[0, len(text)]]
    assert line["ms"] > 0
    chances = [item["probability"] for item in line["hypotheses"]]
    assert chances == sorted(chances, reverse=True)
    assert sum(chances) <= 1.001
    for item in line["hypotheses"]:
        assert set(item) == {"intent", "probability", "slots"}
        for slot in item["slots"]:
            assert set(slot) == {"slot", "start", "end", "value"}
            assert text[slot["start"] : slot["end"]] == slot["value"]


def test_names_are_those_that_were_asked_for(understander: Understander) -> None:
    record = {"id": "a", "text": "turn off the lights in the kitchen"}
    found = {}
    for labels in get_args(LabelSet):
        best = parse_line(understander, record, labels)["hypotheses"][0]
        found[labels] = (best["intent"], [slot["slot"] for slot in best["slots"]])
    assert found == {
        "catalogue": ("HassTurnOff", ["area"]),
        "slurp": ("iot_hue_lightoff", ["house_place"]),
        "home-assistant": ("HassTurnOff", ["area"]),
    }


def test_chances_of_classes_with_one_name_are_added(understander: Understander) -> None:
    record = {"id": 1, "text": "turn on the lamp"}
    own = parse_line(understander, record, "catalogue")["hypotheses"]
    names = [item["intent"] for item in own]
    assert len(names) == len(set(names))
    assert own[0]["intent"] == "HassTurnOn"
    assert own[0]["probability"] > 0.9


@pytest.mark.parametrize("text", ["", "   ", "?!", "a" * 201, "na " * 66])
def test_text_not_worth_a_reading_has_none(understander: Understander, text: str) -> None:
    line = parse_line(understander, {"id": 1, "text": text})
    assert line["hypotheses"] == []
    assert line["clauses"] == []
    assert line["out_of_scope"] == 1.0


@pytest.mark.parametrize("record", [{}, {"text": None}, {"text": 5}, {"id": 1, "text": ["a"]}])
def test_a_record_without_text_is_refused(
    understander: Understander, record: dict[str, object]
) -> None:
    with pytest.raises(DataError):
        parse_line(understander, record)
