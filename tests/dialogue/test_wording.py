"""What is said on the way to a request, and the request without it."""

from __future__ import annotations

import pytest

from hubagent.dialogue import wording
from hubagent.understand import values


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("hmm, a touch brighter", "a touch brighter"),
        ("on second thought close it", "close it"),
        ("ok thanks, now the shed", "now the shed"),
        ("that's better, and the porch", "and the porch"),
        ("oi turn it off", "turn it off"),
        ("right lamp on", "right lamp on"),
        ("perfect, cheers", "perfect, cheers"),
        ("good night", "good night"),
    ],
)
def test_what_leads_up_to_a_request_is_left_out(said: str, meant: str) -> None:
    assert wording.without_preface(said) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("fan to forty, I mean sixty percent", "fan to sixty percent"),
        ("oven to 180, no wait, 200 degrees", "oven to 200 degrees"),
        ("brightness to ten percent, make that twenty", "brightness to twenty percent"),
        ("paint the strip green, sorry, purple", "paint the strip purple"),
        ("switch the pump on, no wait, off", "switch the pump off"),
        ("turn off the attic, I mean the cellar light", "turn off the cellar light"),
        ("set the den lamp to ten, sorry, the hall lamp", "set the hall lamp to ten"),
        ("dim the lamp in the den, I mean in the hall", "dim the lamp in the hall"),
        ("open the shutters, no wait, close them", "close them"),
        ("I meant the attic", "I meant the attic"),
        ("no, the other one", "no, the other one"),
    ],
)
def test_a_slip_put_right_in_mid_sentence_is_replaced_by_what_is_of_its_sort(
    said: str, meant: str
) -> None:
    assert wording.amended(said, values) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("the shutters, close them", "close the shutters"),
        ("what about the pump, is it running", "is the pump running"),
        ("pump, how warm is it", "how warm is the pump"),
        ("dinner, it's ready", "dinner, it's ready"),
    ],
)
def test_a_thing_said_first_stands_where_its_pronoun_was(said: str, meant: str) -> None:
    assert wording.in_place(said, lambda what: "shutters" in what or "pump" in what) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("and the green one", "and the green lamp"),
        ("my two small ones off", "my two small lamps off"),
        ("the other one", "the other one"),
        ("set it to one", "set it to one"),
        ("one more", "one more"),
    ],
)
def test_one_of_a_kind_is_called_by_the_kind(said: str, meant: str) -> None:
    assert wording.with_kind(said, "lamp") == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("shave ten percent off the radio", "turn the radio down by ten percent"),
        ("knock two degrees off the boiler", "turn the boiler down by two degrees"),
        ("take the cover off the pool", "take the cover off the pool"),
    ],
)
def test_so_much_taken_off_is_a_way_down(said: str, meant: str) -> None:
    assert wording.taken_off(said, values) == meant


def test_her_is_whom_the_words_named_last() -> None:
    said = "put Mia's fan on and turn her lamp off"
    assert (
        wording.with_owner(said, ["Mia's", "Ben's"]) == "put Mia's fan on and turn Mia's lamp off"
    )
    assert wording.with_owner("turn her lamp off", ["Mia's"]) == "turn her lamp off"
