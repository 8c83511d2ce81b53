"""What the library takes on small boards, where their compilers are installed."""

from __future__ import annotations

import pytest
from sizes import AVR, CHIPS, CORE, UNO, Chip, measure


def _measure(chip: Chip, program: str) -> tuple[int, int]:
    if not chip.is_here:
        pytest.skip(f"not installed: {chip.tools}-gcc (see firmware_bridge/README.md)")
    size = measure(chip, CORE if program == "core" else UNO)
    return size.flash, size.ram


def test_the_library_with_three_entities_suits_an_arduino_uno() -> None:
    flash, ram = _measure(AVR, "core")
    assert 4000 < flash <= 8192
    assert 400 < ram <= 700


def test_a_whole_arduino_uno_leaves_two_thirds_of_its_memory() -> None:
    flash, ram = _measure(AVR, "uno")
    assert flash <= 32_768 / 3
    assert ram <= 700


@pytest.mark.parametrize("chip", CHIPS[1:], ids=lambda chip: chip.name)
def test_the_library_suits_a_small_cortex(chip: Chip) -> None:
    flash, ram = _measure(chip, "core")
    assert flash <= 6144
    assert ram <= 1100
