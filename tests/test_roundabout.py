"""Requests that are put in a roundabout or a very short way come to what they mean, or to nothing."""

from __future__ import annotations

import pytest

from hubagent.dialogue.wording import without_courtesy, without_preface
from hubagent.resolve import timing
from hubagent.resolve.hold_back import reason_to_hold_back
from hubagent.types import Hypothesis
from hubagent.understand import values

READING = Hypothesis("HassCloseCover", 0.9, ())


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("I wonder if you might put the urn on", "put the urn on"),
        ("would you be a dear and pop the urn on", "pop the urn on"),
        ("well lock it", "lock it"),
        ("well lamp on", "well lamp on"),  # may be the lamp of the well
    ],
)
def test_what_leads_up_to_a_request_is_left_out(said: str, plain: str) -> None:
    assert without_preface(said) == plain


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("a touch more if you would", "a touch more"),
        ("close the gate if you don't mind", "close the gate"),
        ("close the gate if you are cold", "close the gate if you are cold"),
    ],
)
def test_a_politeness_behind_it_is_no_condition(said: str, plain: str) -> None:
    assert without_courtesy(said) == plain


def test_by_how_much_warmer_is_no_time() -> None:
    assert timing.find("warmer by 2", values, 0.0) == ()
    assert timing.find("lamp off by 2", values, 0.0) != ()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("shut the blind, they don't like the sun", ""),
        ("shut the blind, no, don't do it", "not_to_do"),
        ("shut the blind, I don't want you to touch the lamp", "not_to_do"),
        ("don't shut the blind", "not_to_do"),
    ],
)
def test_the_not_of_a_reason_is_none_of_the_request(said: str, reason: str) -> None:
    assert reason_to_hold_back(said, said, READING) == reason
