"""Where a sentence falls into requests: by its words alone, then in a home."""

from __future__ import annotations

import pytest

from hubagent.resolve import coordination
from hubagent.understand import values


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        (
            "heater off and loft lamp at thirty percent",
            ["heater off", "loft lamp at thirty percent"],
        ),
        ("turn the heater off and the fan on", ["turn the heater off", "turn the fan on"]),
        (
            "shut the gate, porch light on, then start the pump",
            ["shut the gate", "porch light on", "start the pump"],
        ),
        (
            "close the blind and the curtain and turn off the fire",
            ["close the blind and the curtain", "turn off the fire"],
        ),
        ("dim the spots and mute the telly", ["dim the spots", "mute the telly"]),
        ("pie and a match: lamps down, telly on", ["lamps down", "telly on"]),
        ("ok we're leaving, fan off, lock the door", ["fan off", "lock the door"]),
        ("open the vent, it's roasting, and kill the lamp", ["open the vent", "kill the lamp"]),
        ("fan off but leave the lamp on", ["fan off", "turn the lamp on"]),
        ("den lamp twenty, radio fifteen", ["den lamp twenty", "radio fifteen"]),
        (
            "start the washer and is the hatch shut",
            ["start the washer", "is the hatch shut"],
        ),
        (
            "set the lamp to green and ninety percent, then play some jazz",
            ["set the lamp to green and ninety percent", "play some jazz"],
        ),
    ],
)
def test_a_sentence_falls_into_requests_that_can_stand_alone(said: str, parts: list[str]) -> None:
    assert list(coordination.parts(said, values)) == parts


@pytest.mark.parametrize(
    "said",
    [
        "turn off the attic and cellar lights",
        "turn the heater and the fan off",
        "set the lamp to green and ninety percent",
        "set the boiler to two and a half degrees",
        "everything off but the fridge and the freezer",
        "turn the lamp off in the attic and on the stairs",
        "the lamp on the piano and the one on the shelf off",
        "is it all closed and locked upstairs",
        "sockets one and two off",
        "turn on lamp one and lamp two",
        "any wind tonight, bring the awning in",
        "the dog ate my shoe and the cat slept",
    ],
)
def test_what_is_one_request_or_none_is_not_taken_apart(said: str) -> None:
    assert coordination.parts(said, values) == ()


def test_a_unit_said_once_may_be_of_both() -> None:
    said = ("put the attic on nineteen", "put the cellar on twelve degrees", "fan off")
    assert coordination.with_shared_unit(said, values) == {
        0: (1, "put the attic on nineteen degrees")
    }
