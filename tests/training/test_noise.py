"""Noise: what is learnt from recordings, and what is never spoilt."""

# ruff: noqa: S311 - repeatable draws, no secret

from __future__ import annotations

import random

import pytest
from hypothesis import given, strategies as st

from hubagent.training.examples import Example
from hubagent.training.noise import Confusions, sound, spoil, typo

PAIRS = [
    ("turn on the kitchen light", "turn on the chicken light"),
    ("turn off the den lamp", "turn off the then lamp"),
    ("play music please", "something quite other was heard here"),
    ("turn on the hall light", "turn off the hall light"),
]


def test_confusions_are_learnt_from_what_aligns() -> None:
    table = Confusions.learn(PAIRS).table
    assert table["kitchen"] == (("chicken",), (1,))
    assert table["den"] == (("then",), (1,))
    assert "music" not in table


def test_on_and_off_are_never_confused() -> None:
    confusions = Confusions.learn(PAIRS * 10)
    assert confusions.draw("on", random.Random(1)) is None
    toward = Confusions.learn([("turn the den lamp red", "turn the den lamp off")])
    assert toward.draw("red", random.Random(1)) is None
    example = Example("turn on the hall light", "light_on", ((12, 16, "area"),))
    for seed in range(200):
        text = spoil(
            example, confusions, random.Random(seed), heard=1.0, typed=1.0, dropped=0.0
        ).text
        assert text.split()[1] == "on"


@given(st.integers(0, 1000))
def test_spans_and_starts_follow_spoilt_words(seed: int) -> None:
    text = "turn on the kitchen light and close the den blinds"
    at = text.index("close")
    example = Example(text, None, ((12, 19, "area"), (40, 43, "area")), starts=(at,))
    confusions = Confusions.learn(PAIRS)
    spoilt = spoil(
        example, confusions, random.Random(seed), heard=0.9, typed=0.5, lost=0.0, dropped=0.0
    )
    assert spoilt.starts is not None
    assert spoilt.text[spoilt.starts[0] - 4 : spoilt.starts[0]] == "and "
    first, second = spoilt.spans
    assert spoilt.text[: first[0]].split()[1:] == ["on", "the"]
    assert spoilt.text[first[1]] == " "
    assert spoilt.text[second[0] - 1] == " "


@given(st.text("abcdefgh", min_size=1, max_size=9), st.integers(0, 99))
def test_a_typo_changes_at_most_one_place(word: str, seed: int) -> None:
    wrong = typo(word, random.Random(seed))
    assert abs(len(wrong) - len(word)) <= 1
    assert wrong[0] == word[0]
    if len(word) < 4:
        assert wrong == word


@pytest.mark.parametrize(
    ("said", "heard"),
    [("fairy", "ferry"), ("bistro", "pastry"), ("phone", "fan"), ("night", "nit")],
)
def test_words_that_sound_alike_are_one_sound(said: str, heard: str) -> None:
    assert sound(said) == sound(heard)


def test_a_word_that_no_recording_had_is_heard_as_one_like_it() -> None:
    confusions = Confusions.learn(PAIRS).with_sounds(["ferry", "fairy", "off", "of"])
    assert {confusions.draw("fairy", random.Random(seed)) for seed in range(9)} == {"ferry"}
    assert all(confusions.draw("off", random.Random(seed)) is None for seed in range(9))


@given(st.integers(0, 3000))
def test_lost_words_and_homophones_leave_the_slots_where_they_were(seed: int) -> None:
    text = "please turn off the kitchen lights"
    example = Example(text, "light_off", ((20, 27, "area"),), soft=(1.0,))
    spoilt = spoil(example, Confusions({}), random.Random(seed), heard=0.0, typed=0.0, lost=0.5)
    ((start, end, _),) = spoilt.spans
    assert spoilt.text[start:end] == "kitchen"
    assert spoilt.soft == (1.0,)
    assert " on " not in spoilt.text
