"""Tokens, singular forms, likeness."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from hubagent.resolve import lexicon, text


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Kid\u2019s Room 2", ("kids", "room", "2")),
        ("the Café light", ("the", "cafe", "light")),
        ("bedroom two", ("bedroom", "2")),
        ("22.5 degrees", ("22.5", "degrees")),
    ],
)
def test_words_lose_case_accents_and_apostrophes(said: str, expected: tuple[str, ...]) -> None:
    assert text.tokens(said) == expected


@pytest.mark.parametrize(
    ("plural", "one"),
    [("lights", "light"), ("switches", "switch"), ("batteries", "battery"), ("gas", "gas"),
     ("glass", "glass"), ("us", "us"), ("shelves", "shelve")],
)  # fmt: skip
def test_the_plural_ending_is_taken_off(plural: str, one: str) -> None:
    assert text.singular(plural) == one


@given(st.text(), st.text())
def test_likeness_is_symmetric_enough_and_bounded(said: str, known: str) -> None:
    assert 0.0 <= text.likeness(said, known) <= 1.0
    assert text.likeness(said, said) == 1.0


def test_a_bathroom_is_no_misspelt_bedroom() -> None:
    words = lexicon.load()
    assert words.same("bathroom", "bedroom") == 0.0
    assert words.same("bedrom", "bedroom") > 0.78
    assert words.same("bedrooms", "bedroom") == 1.0


def test_a_number_is_never_a_misspelt_number() -> None:
    words = lexicon.load()
    assert words.same("room1", "room2") == 0.0
    assert words.same("1", "2") == 0.0


@pytest.mark.parametrize(
    ("said", "kind", "plural"),
    [("kitchen lights", "light", True), ("garage door", "garage_door", False),
     ("front door", "door", False), ("living room tv", "tv", False), ("bedside lamp", "light", False),
     ("robot vacuum cleaner", "vacuum", False), ("blinds", "blind", True)],
)  # fmt: skip
def test_the_last_words_name_the_kind(said: str, kind: str, plural: bool) -> None:
    found = lexicon.load().kinds_of(text.tokens(said))[0]
    assert (found.kind.name, found.plural) == (kind, plural)


def test_words_that_name_no_kind_name_none() -> None:
    assert lexicon.load().kinds_of(("coffee", "machine")) == ()
    assert lexicon.load().kinds_of(()) == ()


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("on", "on"),
        ("turned off", "off"),
        ("shut", "closed"),
        ("at home", "home"),
        ("purple", None),
    ],
)
def test_states_have_several_words(said: str, state: str | None) -> None:
    assert lexicon.load().state(said) == state
