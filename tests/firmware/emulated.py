"""The image for a Cortex-M3, run by qemu behind a pseudo-terminal."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from device import Noise, Port
from line import Line
from sizes import AN385, MPS2, build

QEMU = "qemu-system-arm"


def cortex_image(folder: Path) -> Path:
    """Build it; skip where its compiler or qemu is not installed."""
    if not AN385.is_here or shutil.which(QEMU) is None:
        pytest.skip(f"not installed: {AN385.tools}-gcc or {QEMU}")
    return build(AN385, MPS2, folder / "mps2.elf")


class Board:
    """A board in qemu, plugged into a port of the hub from its power on to its end."""

    def __init__(self, image: Path, folder: Path, noise: Noise | None = None) -> None:
        command = [QEMU, "-M", "mps2-an385", "-nographic", "-monitor", "none", "-serial", "pty"]
        self._process = subprocess.Popen(
            [*command, "-kernel", str(image)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert self._process.stdout is not None
        said = self._process.stdout.readline().decode()
        terminal = re.search(r"/dev/pts/\d+", said)
        assert terminal is not None, said
        self._port = Port(folder, "usb-bench")
        self.line = Line(Path(terminal[0]), self._port, noise)
        self.is_plugged_in = True

    def unplug(self) -> None:
        self.is_plugged_in = False
        self._process.kill()
        self._process.communicate()
        self.line.close()
        self._port.unplug()
