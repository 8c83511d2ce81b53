"""The library as the Arduino IDE lays it out: the sketch is built with the core of Arduino's own AVR boards."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from compilers import FIRMWARE

AVR = Path("/usr/share/arduino/hardware/arduino/avr")
"""Where Debian's arduino-core-avr has it."""
CHIP = ["-mmcu=atmega328p", "-DF_CPU=16000000L", "-DARDUINO=10819", "-DARDUINO_ARCH_AVR", "-Os"]
LEAN = ["-ffunction-sections", "-fdata-sections"]
# Debian's avr-g++ does not name DECIMAL_DIG in C++; the core wants it.
CPP = [
    "-DDECIMAL_DIG=__DECIMAL_DIG__",
    "-std=gnu++11",
    "-fno-exceptions",
    "-fno-threadsafe-statics",
    "-fpermissive",
    "-w",
]


def _run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(
    not AVR.is_dir() or shutil.which("avr-g++") is None,
    reason="not installed: arduino-core-avr or gcc-avr",
)
def test_the_sketch_fits_an_arduino_uno(tmp_path: Path) -> None:
    core = AVR / "cores" / "arduino"
    folders = [core, AVR / "variants" / "standard", AVR / "libraries" / "EEPROM" / "src"]
    common = [*CHIP, *LEAN, *(f"-I{folder}" for folder in [*folders, FIRMWARE / "src"])]
    core_files = [*core.glob("*.c"), *core.glob("*.cpp"), *core.glob("*.S")]
    library = sorted((FIRMWARE / "src").rglob("*.c"))  # As the IDE: all that lies under src.
    sketch = FIRMWARE / "examples" / "arduino_relay" / "arduino_relay.ino"
    objects: list[Path] = []
    for source in [*core_files, *library, sketch]:
        tool, flags = "avr-gcc", ["-std=gnu11", "-w"]
        if source.suffix == ".S":
            flags = ["-x", "assembler-with-cpp"]
        elif source.suffix != ".c":
            tool, flags = "avr-g++", [*CPP, "-x", "c++"]
        if source == sketch:
            flags += ["-include", "Arduino.h"]
        objects.append(tmp_path / f"{len(objects)}.o")
        _run(tool, *common, *flags, "-c", source, "-o", objects[-1])
    image = tmp_path / "sketch.elf"
    _run("avr-gcc", CHIP[0], "-Os", "-Wl,--gc-sections", "-o", image, *objects, "-lm")
    rows = (row.split() for row in _run("avr-size", "-A", image).splitlines())
    section = {row[0]: int(row[1]) for row in rows if len(row) == 3 and row[1].isdigit()}
    assert 4000 < section[".text"] + section[".data"] <= 32_256 / 2
    assert section[".data"] + section[".bss"] <= 1024


def test_the_library_is_described_as_arduino_wants_it() -> None:
    said = dict(
        line.split("=", 1) for line in (FIRMWARE / "library.properties").read_text().splitlines()
    )
    wanted = {"name", "version", "author", "maintainer", "sentence", "paragraph", "category"}
    assert wanted <= set(said)
    assert (FIRMWARE / "src" / said["includes"]).is_file()
