"""Noise: what is learnt from recordings, and what is never spoilt."""

# ruff: noqa: S311 - repeatable draws, no secret

from __future__ import annotations

import random

from hypothesis import given, strategies as st

from hubagent.training.examples import Example
from hubagent.training.noise import Confusions, spoil, typo

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
        text = spoil(example, confusions, random.Random(seed), heard=1.0, typed=1.0).text
        assert text.split()[1] == "on"


@given(st.integers(0, 1000))
def test_spans_and_starts_follow_spoilt_words(seed: int) -> None:
    text = "turn on the kitchen light and close the den blinds"
    at = text.index("close")
    example = Example(text, None, ((12, 19, "area"), (40, 43, "area")), starts=(at,))
    spoilt = spoil(example, Confusions.learn(PAIRS), random.Random(seed), heard=0.9, typed=0.5)
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
