"""Reading the data sets: what becomes of a row, and what is kept out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.training import datasets
from hubagent.training.mixture import Names
from hubagent.training.piles import marked

if TYPE_CHECKING:
    from pathlib import Path

    from hubagent.training.examples import Example

NAMES = Names.load()


def row(text: str, intent: str, **slots: str) -> dict[str, Any]:
    marks = [
        {"slot": name, "start": text.index(words), "end": text.index(words) + len(words)}
        for name, words in slots.items()
    ]
    return {"text": text, "intent": intent, "slots": marks}


def read(text: str, intent: str, **slots: str) -> Example:
    return datasets.from_slurp(
        row(text, intent, **slots), NAMES.slurp_labels, NAMES.slurp_tags, "test"
    )


@pytest.mark.parametrize(
    ("text", "intent", "slots", "label"),
    [
        ("turn on the plug", "iot_wemo_on", {"device_type": "plug"}, "turn_on"),
        ("clean the kitchen", "iot_cleaning", {"house_place": "kitchen"}, "vacuum_clean_area"),
        ("clean the house", "iot_cleaning", {"house_place": "house"}, "vacuum_start"),
        ("what day is it", "datetime_query", {}, "date_query"),
        ("what time is it", "datetime_query", {}, "time_query"),
        ("start a new list", "lists_createoradd", {}, "list_create"),
        ("set a timer for five minutes", "alarm_set", {"time": "five minutes"}, "timer_start"),
        ("wake me at six", "alarm_set", {"time": "six"}, "alarm_set"),
    ],
)
def test_a_row_gets_the_finest_class(
    text: str, intent: str, slots: dict[str, str], label: str
) -> None:
    assert read(text, intent, **slots).label == label


def test_items_of_lists_are_marked_although_slurp_does_not() -> None:
    example = read("add oat milk to my grocery list", "lists_createoradd", list_name="grocery")
    assert ("oat milk", "item") in [(example.text[s:e], tag) for s, e, tag in example.spans]


def test_every_slurp_label_has_a_class_of_its_own_name_set() -> None:
    for intent, label in NAMES.slurp_labels.items():
        assert label in NAMES.labels, intent


def test_a_home_row_with_two_requests_teaches_nothing_of_boundaries() -> None:
    assert read("lights off and play music", "iot_hue_lightoff").starts is None
    assert read("lights off", "iot_hue_lightoff").starts == ()


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(item) + "\n" for item in rows))


def test_no_test_sentence_is_trained_on_and_dev_stays_apart(tmp_path: Path) -> None:
    dev_id = next(number for number in range(99) if datasets.is_dev(number))
    train_id = next(number for number in range(99) if not datasets.is_dev(number))
    write(tmp_path / "slurp/open_test.jsonl", [row("Lights on!", "iot_hue_lighton")])
    write(
        tmp_path / "slurp/devel.jsonl",
        [
            row("make coffee", "iot_coffee") | {"id": dev_id},
            row("brew coffee", "iot_coffee") | {"id": train_id},
            row("lights on", "iot_hue_lighton") | {"id": train_id},
        ],
    )
    write(
        tmp_path / "hwu64/utterances.jsonl",
        [
            row("lights, on", "iot_hue_lighton"),
            row("Make coffee.", "iot_coffee"),
            row("dim the hall", "iot_hue_lightdim"),
        ],
    )
    (tmp_path / "slurp/unlabelled.txt").write_text("lights on\nmore light\n\n")
    train, dev = datasets.slurp_and_hwu(tmp_path, NAMES.slurp_labels, NAMES.slurp_tags)
    assert [item.text for item in train] == ["brew coffee", "dim the hall"]
    assert [item.text for item in dev] == ["make coffee"]
    assert datasets.unlabelled(tmp_path) == ["more light"]


def test_the_halves_of_the_recordings_do_not_meet() -> None:
    fitting = [number for number in range(2000) if datasets.asr_is_for_fitting(number)]
    assert 900 < len(fitting) < 1100


def test_rooms_devices_and_amounts_are_found_by_their_words() -> None:
    example = marked("Set the Kitchen thermostat to 72 degrees.", "climate_set", ["kitchen"], "x")
    found = [(example.text[start:end], tag) for start, end, tag in example.spans]
    assert found == [("kitchen", "area"), ("thermostat", "name"), ("to 72 degrees", "amount")]
