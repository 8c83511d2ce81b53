"""Our own templates: every one can be drawn, and says what its class says."""

# ruff: noqa: S311 - repeatable draws, no secret

from __future__ import annotations

import random
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import hubagent
from hubagent.training.homes import Vocabulary, number_words
from hubagent.training.mixture import Names
from hubagent.training.sentences import Templates, published_label

if TYPE_CHECKING:
    from hubagent.training import grammar

FOLDER = Path(hubagent.__path__[0]) / "training"
WORDS = tomllib.loads((FOLDER / "vocabulary.toml").read_text())["lists"]


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return Templates(Vocabulary(WORDS, {}), tmp_path_factory.mktemp("no_data"))


def test_every_template_draws_and_its_spans_are_tags(templates: Templates) -> None:
    generator = random.Random(3)
    names = Names.load()
    assert set(templates.own) <= set(names.labels)
    for label in templates.own:
        for _ in range(60):
            example = templates.draw_own(label, generator)
            assert example.text == example.text.strip()
            assert {tag for _, _, tag in example.spans} <= set(names.tags)
            assert not re.search(r"[\[\]{}<>|]", example.text), example.text


OPPOSITES = [
    ("light_on", "light_off"), ("turn_on", "turn_off"), ("cover_open", "cover_close"), ("lock", "unlock"),
    ("valve_open", "valve_close"), ("volume_up", "volume_down"), ("light_up", "light_dim"),
    ("climate_up", "climate_down"), ("fan_up", "fan_down"), ("alarm_arm", "alarm_disarm"),
    ("volume_mute", "volume_unmute"), ("fan_oscillate_on", "fan_oscillate_off"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), OPPOSITES)
def test_no_words_are_drawn_for_two_opposite_classes(
    templates: Templates, one: str, other: str
) -> None:
    generator = random.Random(5)
    left = {templates.draw_own(one, generator).text for _ in range(1500)}
    right = {templates.draw_own(other, generator).text for _ in range(1500)}
    assert left & right == set()


def test_reasons_and_conditions_can_all_be_drawn(templates: Templates) -> None:
    generator = random.Random(4)
    assert all(templates.draw_reason(generator).strip() for _ in range(300))
    assert all(
        templates.draw_condition(generator).split()[0] in {"if", "unless"} for _ in range(300)
    )


def test_every_class_that_moves_a_device_has_something_to_learn_from(templates: Templates) -> None:
    names = Names.load()
    taught = set(templates.own) | set(names.slurp_labels.values())
    assert names.home - taught == set()


def test_what_is_outside_is_never_given_a_class(templates: Templates) -> None:
    example = templates.draw_outside(random.Random(1))
    assert (example.label, example.out_of_scope) == (None, True)


@pytest.mark.parametrize(
    ("intent", "domain", "text", "label"),
    [
        ("HassTurnOn", "cover", "open the blinds", "cover_open"),
        ("HassTurnOff", "cover", "close the blinds", "cover_close"),
        ("HassTurnOn", "lock", "lock the door", "lock"),
        ("HassTurnOff", "lock", "unlock the door", "unlock"),
        ("HassTurnOn", "light", "turn on the hall lamp", "light_on"),
        ("HassTurnOn", "light", "turn on the chandelier", "turn_on"),
        ("HassTurnOff", "fan", "turn off the fan", "turn_off"),
        ("HassLightSet", "light", "set the lamp to warm white", "light_color"),
        ("HassLightSet", "light", "dim the lamp to 20", "light_dim"),
        ("HassLightSet", "light", "set the lamp to 20", "light_brightness"),
        ("HassMediaPause", "", "stop", None),
        ("HassStartTimer", "", "in 5 minutes open the door", None),
    ],
)
def test_home_assistant_sentences_keep_their_polarity(
    intent: str, domain: str, text: str, label: str | None
) -> None:
    assert published_label(intent, domain, text) == label


def test_numbers_are_said_as_people_say_them() -> None:
    said = [number_words(number) for number in (0, 13, 40, 72, 105, 2700)]
    assert said == [
        "zero", "thirteen", "forty", "seventy two", "one hundred five", "two thousand seven hundred",
    ]  # fmt: skip


def test_a_vocabulary_draws_every_list(templates: Templates) -> None:
    generator = random.Random(9)
    draw: grammar.Draw = templates.vocabulary.draw
    assert all(function(generator).strip() for function in draw.values())
