"""Words to numbers, durations, times, colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, strategies as st

from hubagent.understand import values

if TYPE_CHECKING:
    from hubagent.ports import Values

ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
ONES += [
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def spoken(number: int) -> str:
    if number < 20:
        return ONES[number]
    if number < 100:
        return TENS[number // 10] + (f" {ONES[number % 10]}" if number % 10 else "")
    if number < 1000:
        rest = f" and {spoken(number % 100)}" if number % 100 else ""
        return f"{spoken(number // 100)} hundred{rest}"
    rest = f" {spoken(number % 1000)}" if number % 1000 else ""
    return f"{spoken(number // 1000)} thousand{rest}"


def test_the_module_fits_the_port() -> None:
    port: Values = values
    assert port.number("50 %") == 50.0


@given(st.integers(0, 99_999))
def test_every_spoken_number_is_read(number: int) -> None:
    assert values.number(spoken(number)) == number
    assert values.number(f"to {number}") == number


@given(st.integers(0, 99), st.integers(1, 9))
def test_a_decimal_is_read_spoken_and_written(whole: int, tenth: int) -> None:
    wanted = pytest.approx(whole + tenth / 10)
    assert values.number(f"{spoken(whole)} point {spoken(tenth)}") == wanted
    assert values.number(f"{whole}.{tenth} degrees") == wanted


@given(st.text(max_size=30))
def test_nothing_raises_for_any_words(text: str) -> None:
    for read in (
        values.number, values.duration_s, values.time_of_day_s, values.colour, values.kelvin,
        values.amount, values.temperature_c,
    ):  # fmt: skip
        read(text)


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("to fifty percent", 50), ("at 70%", 70), ("half", 50), ("max", 100), ("to full power", 100),
        ("a hundred", 100), ("minus three", -3), ("by two levels", 2), ("two and a half", 2.5),
        ("to the minimum", 1), ("seventy-two degrees fahrenheit", 72), ("2,5", 2.5), ("twenty%", 20),
        ("banana", None), ("", None), ("twenty twenty", None), ("five apples", None), ("a", None),
    ],
)  # fmt: skip
def test_numbers(words: str, wanted: float | None) -> None:
    assert values.number(words) == wanted


@given(st.integers(0, 11), st.integers(1, 59))
def test_hours_and_minutes_are_read(hours: int, minutes: int) -> None:
    wanted = hours * 3600 + minutes * 60
    said = f"{spoken(hours)} hours and {spoken(minutes)} minutes"
    assert values.duration_s(said) == wanted
    assert values.duration_s(f"{hours}h {minutes}m") == wanted


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("an hour and a half", 5400), ("half an hour", 1800), ("2 min 30", 150), ("90s", 90),
        ("in ten minutes", 600), ("two and a half minutes", 150), ("a quarter of an hour", 900),
        ("1h30m", 5400), ("5-minute", 300), ("a couple of minutes", 120), ("twenty-five minutes", 1500),
        ("ten", None), ("minutes", None), ("tomorrow", None), ("2 minutes 3 hours", None),
    ],
)  # fmt: skip
def test_durations(words: str, wanted: float | None) -> None:
    assert values.duration_s(words) == wanted


@given(st.integers(0, 23), st.integers(0, 59))
def test_a_time_of_day_is_read_in_both_notations(hour: int, minute: int) -> None:
    wanted = hour * 3600 + minute * 60
    assert values.time_of_day_s(f"{hour}:{minute:02d}") == wanted
    half = "am" if hour < 12 else "pm"
    assert values.time_of_day_s(f"at {hour % 12 or 12}:{minute:02d} {half}") == wanted


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("half past six", 23400), ("quarter to nine", 31500), ("noon", 43200), ("midnight", 0),
        ("seven thirty pm", 70200), ("at nine in the evening", 75600), ("five o'clock", 18000),
        ("seven oh five", 25500), ("25:00", None), ("13 pm", None), ("banana", None),
    ],
)  # fmt: skip
def test_times_of_day(words: str, wanted: float | None) -> None:
    assert values.time_of_day_s(words) == wanted


def test_an_amount_keeps_its_unit_and_whether_it_is_a_change() -> None:
    assert values.amount("by two degrees") == values.Amount(2.0, "", relative=True)
    assert values.amount("to 50 %") == values.Amount(50.0, "%", relative=False)
    assert values.amount("half") == values.Amount(50.0, "%", relative=False)
    assert values.temperature_c("to 72 fahrenheit") == pytest.approx(22.222, abs=0.01)
    assert values.temperature_c("72", fahrenheit=True) == pytest.approx(22.222, abs=0.01)
    assert values.temperature_c("50 %") is None


@pytest.mark.parametrize(
    ("words", "rgb", "kelvin"),
    [
        ("red", (255, 0, 0), None), ("Light Blue", (173, 216, 230), None), ("grey", (128, 128, 128), None),
        ("redder", (255, 0, 0), None), ("yellowish", (255, 255, 0), None), ("warm white", None, 2700),
        ("4000 kelvin", None, 4000), ("2700k", None, 2700), ("daylight", None, 6500),
        ("three thousand kelvin", None, 3000), ("colourless", None, None), ("50", None, None),
    ],
)  # fmt: skip
def test_colours_and_whites(
    words: str, rgb: tuple[int, int, int] | None, kelvin: int | None
) -> None:
    assert values.colour(words) == rgb
    assert values.kelvin(words) == kelvin
