"""A device process that takes updates: a boot loader, two slots, and a maker who signs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import sign_image
from compilers import SMALL, boot_loader, example
from make_vectors import BOARD, _key

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Workshop:
    """What the maker of the device has: programs, and a key."""

    boot: Path
    program: dict[str, bytes]
    """Of a relay, by version."""
    key: Path
    other_key: Path

    @classmethod
    def open(cls, folder: Path) -> Workshop:
        """Build it all; skip where openssl is not installed."""
        if shutil.which("openssl") is None:
            pytest.skip("openssl is not installed")
        made = {}
        for version in ("1.0.0", "2.0.0"):
            flags = [*SMALL, f'-DFIRMWARE_VERSION="{version}"']
            made[version] = example(folder / version, "relay", flags).read_bytes()
        return cls(boot_loader(folder / "boot"), made, _key(folder, 1), _key(folder, 2))

    @property
    def public(self) -> str:
        return sign_image.public_key(self.key).hex()

    def image(self, version: str, program: bytes | None = None, board: str = BOARD) -> bytes:
        content = self.program[version] if program is None else program
        return sign_image.image(content, board, version, self.key)


class Home:
    """A folder in which a device lives from start to start; version 1.0.0 is in its first slot."""

    def __init__(self, workshop: Workshop, folder: Path, link: Path) -> None:
        self.workshop, self.folder, self.link = workshop, folder, link
        folder.mkdir()
        link.parent.mkdir(exist_ok=True)
        (folder / "slot-a").write_bytes(workshop.image("1.0.0"))
        self._process: subprocess.Popen[bytes] | None = None

    def plug_in(self) -> None:
        key, folder = self.workshop.public, str(self.folder)
        command = [str(self.workshop.boot), folder, key]
        command += ["--pty", str(self.link), "--state", folder, "--key", key]
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                command, stdout=output, stderr=output, start_new_session=True
            )

    def cut(self) -> None:
        """Take the power from all of it at once."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
            self.link.unlink(missing_ok=True)

    @property
    def stored(self) -> int:
        """Bytes in the second slot."""
        slot = self.folder / "slot-b"
        return slot.stat().st_size if slot.exists() else 0

    def said(self) -> str:
        return (self.folder / "output").read_text()
