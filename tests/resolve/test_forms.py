"""Requests, questions and mere talk, told apart by their words alone."""

from __future__ import annotations

import pytest

from hubagent.resolve import forms, lexicon
from hubagent.resolve.forms import Form


@pytest.mark.parametrize(
    ("said", "form"),
    [
        ("porch light off", Form.REQUEST),
        ("left shutter a bit higher", Form.REQUEST),
        ("Nina's lamp off and mine on", Form.REQUEST),
        ("it is like an oven in here, get the fan going", Form.REQUEST),
        ("dinner's ready, hob off", Form.REQUEST),
        ("could you open the gate", Form.REQUEST),
        ("the door needs locking", Form.REQUEST),
        ("is the pump on", Form.QUESTION),
        ("who opened the window", Form.QUESTION),
        ("it's gloomy in the study", Form.REMARK),
        ("we're freezing up here", Form.REMARK),
        ("the music's too loud", Form.REMARK),
        ("the pipe outside has frozen", Form.REPORT),
        ("the dog opened the gate last night", Form.REPORT),
        ("lights were on all night over there", Form.REPORT),
        ("he left the iron on once", Form.REPORT),
    ],
)
def test_a_clause_has_a_form(said: str, form: Form) -> None:
    assert forms.load(lexicon.load()).form(said) is form
