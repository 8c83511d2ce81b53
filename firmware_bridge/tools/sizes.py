"""Builds images for small boards and prints what they take of flash and RAM.

    python firmware_bridge/tools/sizes.py

Flash is code, constants and what initialises RAM; RAM is what is taken before the stack. A board whose
compiler is not installed is left out.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

FIRMWARE = Path(__file__).parents[1]
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Wshadow", "-Werror"]
LEAN = ["-Os", "-flto", "-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"]
"""As the Arduino IDE builds for AVR."""


@dataclass(frozen=True)
class Chip:
    """A compiler and what it needs to know."""

    name: str
    tools: str
    flags: tuple[str, ...]

    @property
    def is_here(self) -> bool:
        """Whether its compiler is installed."""
        return shutil.which(f"{self.tools}-gcc") is not None


@dataclass(frozen=True)
class Size:
    """Bytes that an image takes."""

    flash: int
    ram: int


MPS2 = FIRMWARE / "boards" / "mps2" / "mps2.c"
_PLAIN_ARM = ("-mthumb", "--specs=picolibc.specs", "-nostartfiles", "-Wl,--entry=main")
AVR = Chip("ATmega328P", "avr", ("-mmcu=atmega328p",))
CHIPS = (
    AVR,
    Chip("Cortex-M0", "arm-none-eabi", ("-mcpu=cortex-m0", *_PLAIN_ARM)),
    Chip("Cortex-M3", "arm-none-eabi", ("-mcpu=cortex-m3", *_PLAIN_ARM)),
)
CORE = FIRMWARE / "boards" / "bare" / "bare.c"
UNO = FIRMWARE / "boards" / "uno" / "uno.c"
AN385 = Chip(
    "Cortex-M3",
    "arm-none-eabi",
    ("-mcpu=cortex-m3", *_PLAIN_ARM[:3], f"-T{MPS2.with_suffix('.ld')}"),
)


def build(chip: Chip, main: Path, out: Path) -> Path:
    """Build a program with the library for a chip.

    Raises:
        RuntimeError: When the compiler has anything to say.
    """
    library = sorted((FIRMWARE / "src").glob("*.c"))
    command = [f"{chip.tools}-gcc", *STRICT, *LEAN, *chip.flags, f"-I{FIRMWARE / 'src'}"]
    done = subprocess.run(
        [*command, "-o", out, main, *library], capture_output=True, text=True, check=False
    )
    if done.returncode != 0 or done.stderr:
        raise RuntimeError(done.stderr)
    return out


def measure(chip: Chip, main: Path) -> Size:
    """Build a program and say what it takes."""
    with tempfile.TemporaryDirectory() as folder:
        image = build(chip, main, Path(folder) / "image.elf")
        said = subprocess.run(
            [f"{chip.tools}-size", "-A", image], capture_output=True, text=True, check=True
        ).stdout
    rows = (row.split() for row in said.splitlines())
    section = {row[0]: int(row[1]) for row in rows if len(row) == 3 and row[1].isdigit()}
    return Size(section[".text"] + section[".data"], section[".data"] + section[".bss"])


def main() -> int:
    """Print the table."""
    print("| image | chip | flash, bytes | RAM, bytes |\n| --- | --- | --- | --- |")
    wanted = [("library and three entities", CORE, chip) for chip in CHIPS]
    wanted.append(("`boards/uno`, all of it", UNO, AVR))
    wanted.append(("`boards/mps2`, all of it", MPS2, AN385))
    for name, source, chip in wanted:
        if chip.is_here:
            size = measure(chip, source)
            print(f"| {name} | {chip.name} | {size.flash:,} | {size.ram:,} |")
        else:
            print(f"not installed: {chip.tools}-gcc ({chip.name})", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
