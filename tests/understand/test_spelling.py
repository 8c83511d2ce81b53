"""Slips in closed-class words are put right; words that are some, and opposites, never."""

from __future__ import annotations

import pytest

from hubagent.understand.spelling import repaired
from hubagent.understand.understander import Understander


@pytest.fixture(scope="module")
def understander() -> Understander:
    return Understander.load()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("trun the ligths off", "turn the lights off"),
        ("cancl the pizza tiemr", "cancel the pizza timer"),
        ("inccrease the brihgtness by 10%", "increase the brightness by 10%"),
        ("opne the currtain", "open the curtain"),
        ("unlok the front doro", "unlock the front door"),
    ],
)
def test_one_slip_is_put_right(typed: str, meant: str, understander: Understander) -> None:
    assert repaired(typed, understander.is_word) == meant


@pytest.mark.parametrize(
    "said",
    [
        "turn the form on",  # "form" is a word, though "from" is near
        "tun the lamp on in the den",
        "the nlock is on",  # as near to a lock as to its opposite
        "nmute the radio",
        "turn off grandma's fyn",  # too short to tell
    ],
)
def test_words_and_opposites_are_left_alone(said: str, understander: Understander) -> None:
    assert repaired(said, understander.is_word) == said


def test_a_name_of_the_home_is_no_slip() -> None:
    assert repaired("lampo on", lambda word: word == "lampo") == "lampo on"
    assert repaired("lampo on", lambda word: False) == "lamp on"
