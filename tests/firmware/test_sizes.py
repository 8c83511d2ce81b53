"""What the library takes on small boards, where their compilers are installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sizes import AN385, AVR, CHIPS, CORE, MPS2, UNO, Chip, measure

if TYPE_CHECKING:
    from pathlib import Path


def _measure(chip: Chip, program: Path) -> tuple[int, int]:
    if not chip.is_here:
        pytest.skip(f"not installed: {chip.tools}-gcc (see firmware_bridge/README.md)")
    size = measure(chip, program)
    return size.flash, size.ram


def test_the_library_with_three_entities_suits_an_arduino_uno() -> None:
    flash, ram = _measure(AVR, CORE)
    assert 4000 < flash <= 8192
    assert 400 < ram <= 700


def test_a_whole_arduino_uno_leaves_two_thirds_of_its_memory() -> None:
    flash, ram = _measure(AVR, UNO)
    assert flash <= 32_768 / 3
    assert ram <= 700


@pytest.mark.parametrize("chip", CHIPS[1:], ids=lambda chip: chip.name)
def test_the_library_suits_a_small_cortex(chip: Chip) -> None:
    flash, ram = _measure(chip, CORE)
    assert flash <= 6144
    assert ram <= 1100


def test_a_whole_cortex_image_suits_a_small_part() -> None:
    flash, ram = _measure(AN385, MPS2)
    assert 4000 < flash <= 6144
    assert 400 < ram <= 1100
