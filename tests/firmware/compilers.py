"""Builds the C of ``firmware_bridge`` for the tests; one folder a test run."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

FIRMWARE = Path(__file__).parents[2] / "firmware_bridge"
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-pedantic"]
SANITIZE = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
LIBRARY = sorted((FIRMWARE / "src").glob("*.c"))
POSIX = [FIRMWARE / "ports" / "posix" / name for name in ("hub_posix.c", "main.c")]


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


def example(out: Path, name: str, **how: str) -> Path:
    """Build one of the examples as a process."""
    return build(out, *LIBRARY, *POSIX, FIRMWARE / "examples" / name / f"{name}.c", **how)  # type: ignore[arg-type]
