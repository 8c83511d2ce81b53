"""Builds the C of ``firmware_bridge`` for the tests; one folder a test run."""

from __future__ import annotations

import atexit
import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).parents[2] / "firmware_bridge"
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-pedantic"]
SANITIZE = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
SMALL = ["-Os", "-s"]
LIBRARY = sorted((FIRMWARE / "src").glob("*.c"))
_UPDATE = FIRMWARE / "src" / "update"
UPDATE = sorted(_UPDATE.glob("*.c"))
_PORT = FIRMWARE / "ports" / "posix"
POSIX = [_PORT / name for name in ("hub_posix.c", "hub_posix_flash.c", "main.c")]


def build(out: Path, *sources: Path, compiler: str = "cc", flags: list[str] | None = None) -> Path:
    """Compile the sources into ``out``, every warning an error; skip where the compiler is not installed."""
    if shutil.which(compiler) is None:
        pytest.skip(f"not installed: {compiler}")
    command = [compiler, *STRICT, *(SANITIZE if flags is None else flags), f"-I{FIRMWARE / 'src'}"]
    done = subprocess.run(
        [*command, "-o", out, *sources], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return out


@functools.cache
def monocypher() -> tuple[Path, ...]:
    """Compile what others wrote once, without sanitizers: with them it takes ten seconds."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return tuple(
        build(folder / f"{source.stem}.o", source, flags=[*SMALL[:1], "-c"])
        for source in sorted((_UPDATE / "monocypher").glob("*.c"))
    )


def example(out: Path, name: str, flags: list[str] | None = None) -> Path:
    """Build one of the examples as a process."""
    source = FIRMWARE / "examples" / name / f"{name}.c"
    return build(out, *LIBRARY, *UPDATE, *monocypher(), *POSIX, source, flags=flags)


def boot_loader(out: Path) -> Path:
    """Build the boot loader of devices that are processes."""
    parts = [it for it in UPDATE if it.name != "hub_update.c"]
    parts += [_PORT / "hub_posix_flash.c", _PORT / "boot.c"]
    return build(out, *parts, *monocypher(), flags=SMALL)
