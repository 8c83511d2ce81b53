"""Text keeps its length, so that spans stay true."""

from __future__ import annotations

from hypothesis import given, strategies as st

from hubagent.understand.normalise import normalise


@given(st.text())
def test_no_character_moves(text: str) -> None:
    assert len(normalise(text)) == len(text)


@given(st.text())
def test_twice_is_the_same_as_once(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_quotes_and_case_become_plain() -> None:
    assert normalise("TURN ON Emma\u2019s\tlight") == "turn on emma's light"


def test_a_letter_whose_lower_case_is_longer_stays() -> None:
    assert normalise("\u0130stanbul") == "\u0130stanbul"


def test_a_zero_width_space_becomes_a_blank() -> None:
    assert normalise("turn\u200bon") == "turn on"
