"""Examples: spans follow the words through every operation."""

# ruff: noqa: S311 - repeatable draws, no secret

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from hubagent.training.examples import (
    Example,
    beside,
    compound,
    drop_texts,
    durations,
    plain,
    politeness,
    tidy_spans,
    widen_amounts,
)

LIGHT = Example("turn on the kitchen light", "light_on", ((12, 19, "area"),))
BLIND = Example("close the blinds", "cover_close", ((10, 16, "name"),))


def words(example: Example) -> list[tuple[str, str]]:
    return [(example.text[start:end], tag) for start, end, tag in example.spans]


def test_equal_texts_are_equal_whatever_their_marks() -> None:
    assert plain("What's  on,  TV?") == plain("whats on tv")


def test_forbidden_texts_are_dropped_in_any_spelling() -> None:
    kept = drop_texts([LIGHT, BLIND], frozenset({plain("Close the blinds!")}))
    assert kept == [LIGHT]


@given(st.integers(0, 500))
def test_politeness_moves_the_spans(seed: int) -> None:
    assert words(politeness(LIGHT, random.Random(seed))) == [("kitchen", "area")]


@given(st.integers(0, 500))
def test_words_beside_a_request_are_no_request(seed: int) -> None:
    said = beside(LIGHT, "the soup is done", random.Random(seed))
    assert words(said) == [("kitchen", "area")]
    assert said.starts == ()
    assert LIGHT.text in said.text
    assert "the soup is done" in said.text


@given(st.integers(0, 500))
def test_what_a_teacher_saw_stays_with_the_words(seed: int) -> None:
    taught = replace(LIGHT, soft=(0.25, 0.75))
    assert beside(taught, "well", random.Random(seed)).soft == (0.25, 0.75)
    assert politeness(taught, random.Random(seed)).soft == (0.25, 0.75)


@given(st.integers(0, 500))
def test_a_compound_knows_where_each_request_begins(seed: int) -> None:
    joined = compound([LIGHT, BLIND, LIGHT], random.Random(seed))
    assert words(joined) == [("kitchen", "area"), ("blinds", "name"), ("kitchen", "area")]
    assert joined.label is None
    assert joined.starts is not None
    assert [joined.text[at:].split()[0] for at in joined.starts] == ["close", "turn"]


@pytest.mark.parametrize(
    ("text", "number", "wanted"),
    [
        ("dim to 50 percent now", "50", "to 50 percent"),
        ("set it at 21 degrees celsius", "21", "at 21 degrees celsius"),
        ("volume 30%", "30", "30%"),
        ("turn up by 5", "5", "by 5"),
    ],
)
def test_amounts_take_in_their_preposition_and_unit(text: str, number: str, wanted: str) -> None:
    at = text.index(number)
    ((start, end, _),) = widen_amounts(text, [(at, at + len(number), "amount")])
    assert text[start:end] == wanted


def test_of_two_spans_that_overlap_the_longer_stays() -> None:
    spans = [(0, 4, "area"), (2, 9, "name"), (10, 12, "time"), (12, 12, "date")]
    assert tidy_spans(spans) == ((2, 9, "name"), (10, 12, "time"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("set a timer for an hour and a half", ["an hour and a half"]),
        ("take 5 minutes off the 20-minute timer", ["5 minutes", "20-minute"]),
        ("timer one hour and twenty minutes please", ["one hour and twenty minutes"]),
        ("half an hour timer", ["half an hour"]),
        ("pause the pizza timer", []),
    ],
)
def test_durations_are_found(text: str, wanted: list[str]) -> None:
    assert [text[start:end] for start, end, _ in durations(text)] == wanted
