"""What two sentences have in common."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from hubagent.learn.words import WORD_FEATURES, compare, said

NAMES = frozenset({"kitchen", "hall", "light", "reading", "lamp"})


def features(before: str, after: str, names: frozenset[str] = NAMES) -> dict[str, float]:
    return dict(zip(WORD_FEATURES, compare(before, after, names), strict=True))


def test_a_name_misheard_is_near_by_sound_and_unknown() -> None:
    found = features("turn on the kitten light", "turn on the kitchen light")
    assert found["new_names_sound"] > 0.6
    assert (found["lost_unknown"], found["names_swapped"]) == (0.25, 0.0)


def test_another_room_is_a_name_for_a_name() -> None:
    found = features("turn on the kitchen light", "turn on the hall light")
    assert found["names_swapped"] == 1.0
    assert found["lost_unknown"] == 0.0


def test_without_names_nothing_is_said_of_them() -> None:
    found = features("turn on the kitten light", "turn on the kitchen light", frozenset())
    assert not any(value for name, value in found.items() if "name" in name or "unknown" in name)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("set it to twenty five", {25}),
        ("set it to 25 %", {25}),
        ("two lamps to forty", {2, 40}),
        ("half", {50}),
        ("turn it on", set()),
        ("call 12345678901", set()),
    ],
)
def test_numbers_are_read_as_words_and_as_digits(text: str, numbers: set[int]) -> None:
    assert said(text).numbers == numbers


@pytest.mark.parametrize(
    ("before", "after", "opposite", "same"),
    [
        ("turn on the lamp", "switch the lamp off", 1.0, 0.0),
        ("open the blind", "raise the blind", 0.0, 1.0),
        ("lock the door", "unlock the door", 1.0, 0.0),
        ("turn on the lamp", "lamp to red", 0.0, 0.0),
    ],
)
def test_opposites(before: str, after: str, opposite: float, same: float) -> None:
    found = features(before, after)
    assert (found["opposite"], found["way_same"]) == (opposite, same)


def test_a_correction_and_a_taking_back_are_told_from_requests() -> None:
    assert said("no i said the hall lamp").corrects
    assert said("undo that").takes_back
    assert not said("turn the lamp back on in the hall").takes_back
    assert not said("turn on the lamp").corrects


@given(st.text(max_size=60), st.text(max_size=60), st.frozensets(st.text(max_size=8), max_size=4))
def test_features_are_bounded_and_of_one_length(
    before: str, after: str, names: frozenset[str]
) -> None:
    found = compare(before, after, names)
    assert len(found) == len(WORD_FEATURES)
    assert all(0.0 <= value <= 1.0 for value in found)


@given(st.text(max_size=60))
def test_a_sentence_is_like_itself(text: str) -> None:
    found = features(text, text)
    assert found["same"] == found["nothing_lost"] == found["nothing_new"] == 1.0
    assert found["opposite"] == found["numbers_differ"] == 0.0 or len(said(text).sides) > 1
