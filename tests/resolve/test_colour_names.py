"""Colours by their everyday words."""

from __future__ import annotations

import pytest

from hubagent.resolve.colour_names import colour_name


@pytest.mark.parametrize(
    ("rgb", "word"),
    [((255, 0, 0), "red"), ((255, 0, 40), "red"), ((255, 140, 0), "orange"), ((250, 250, 10), "yellow"),
     ((0, 200, 30), "green"), ((0, 220, 210), "turquoise"), ((20, 40, 255), "blue"),
     ((179, 25, 255), "purple"), ((255, 105, 180), "pink"), ((255, 244, 229), "white"),
     ((0, 0, 0), "white")],
)  # fmt: skip
def test_a_colour_has_a_word(rgb: tuple[int, int, int], word: str) -> None:
    assert colour_name(*rgb) == word
