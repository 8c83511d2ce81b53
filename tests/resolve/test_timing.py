"""Times in requests, and the words that are none."""

from __future__ import annotations

import time

import pytest

from hubagent.resolve import timing
from hubagent.understand import values

NOW_S = time.mktime((2026, 1, 5, 18, 30, 0, 0, 0, -1))
"""A Monday, half past six in the evening, local time."""


def moments(text: str) -> list[str]:
    return [
        time.strftime("%d %H:%M:%S", time.localtime(item.at_s)) + (" until" if item.until else "")
        for item in timing.find(text, values, NOW_S)
    ]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("turn off the fan in ten minutes", "05 18:40:00"),
        ("in half an hour switch the heater off", "05 19:00:00"),
        ("fan off in an hour and a half please", "05 20:00:00"),
        ("my light off in fifteen minutes, I'm reading", "05 18:45:00"),
        ("lamp on in five minutes' time", "05 18:35:00"),
        ("lamp off two hours from now", "05 20:30:00"),
        ("fan on for 20 minutes", "05 18:50:00 until"),
        ("at seven turn on the lamp", "05 19:00:00"),
        ("turn on the lamp at six", "06 06:00:00"),
        ("turn on the lamp at 7 pm", "05 19:00:00"),
        ("turn on the lamp at 7 am", "06 07:00:00"),
        ("turn on the lamp at 18:15", "06 18:15:00"),
        ("lamp on at half past nine tonight", "05 21:30:00"),
        ("lamp on tonight at ten", "05 22:00:00"),
        ("lamp on tomorrow at seven", "06 07:00:00"),
        ("lamp on tomorrow evening at seven", "06 19:00:00"),
        ("tomorrow morning at 8, open the blinds", "06 08:00:00"),
        ("close the blinds by nine", "05 21:00:00"),
        ("leave the lamp on until midnight", "06 00:00:00 until"),
        ("set the thermostat to 21 at 6", "06 06:00:00"),
        ("turn off the fan on friday at 7", "09 07:00:00"),
        ("lamp on at eight on tuesday evening", "06 20:00:00"),
        ("lamp on monday at 6 pm", "12 18:00:00"),
        ("fan off at half ten", "05 22:30:00"),
    ],
)
def test_a_time_is_found(text: str, moment: str) -> None:
    assert moments(text) == [moment]


@pytest.mark.parametrize(
    "text",
    [
        "set the brightness at 50", "set the lamp at ten", "dim the lights at ten",
        "set the thermostat at twenty", "lamp on at ten percent", "turn it up by ten",
        "volume at 7", "set the colour temperature at 2000 kelvin", "turn on the light in the second bedroom",
        "turn on the lamp in room 5", "turn off the fan at", "in", "at at at", "for", "until", "",
        "in -5 minutes", "she ran a marathon in under four hours", "fan speed at 3",
    ],
)  # fmt: skip
def test_a_setting_or_nonsense_is_no_time(text: str) -> None:
    assert moments(text) == []


def test_only_the_time_is_taken_out_and_all_else_keeps_its_place() -> None:
    text = "turn off the fan in ten minutes, please"
    left = timing.blanked(text, timing.find(text, values, NOW_S))
    assert len(left) == len(text)
    assert left.split() == ["turn", "off", "the", "fan", "please"]
    assert left.index("please") == text.index("please")


@pytest.mark.parametrize(
    "text", ["in " * 500, "at 7 " * 300, "9" * 5000 + " minutes", "in " + "9" * 400 + " hours"]
)
def test_any_words_are_read_in_bounded_time(text: str) -> None:
    assert all(item.at_s >= NOW_S for item in timing.find(text, values, NOW_S))
