"""Who sent a row, told apart within an epoch and by nobody beyond it.

The id by which a hub enrolled goes in; a pseudonym of one epoch comes out, made with a key that is drawn
at random when the epoch opens and destroyed when it is closed: from then on nobody can say which
pseudonym was which hub, nor which pseudonyms of two epochs were one.

A batch's number is hidden in the same way, as numbers that go on from epoch to epoch would join them.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent.errors import HubagentError
from hubagent.upstream import keyfile

if TYPE_CHECKING:
    from pathlib import Path

_SUFFIX = ".key"


@dataclass(frozen=True, slots=True)
class Pseudonym:
    """A hub in one epoch."""

    hub: bytes
    """16 bytes, the same for all batches of the hub in the epoch."""
    _key: bytearray
    _hub_id: bytes

    def number(self, seq: int) -> int:
        """Return what stands for a batch's number (0 to 2^63 - 1), equal for equal numbers only.

        That two of one hub's numbers fall together has a chance of 2^-63 a pair.
        """
        digest = _digest(self._key, b"seq", self._hub_id, seq.to_bytes(8, "big"))
        return int.from_bytes(digest[:8], "big") >> 1


class EpochKeys:
    """The keys of the epochs that are open, one file each."""

    def __init__(self, folder: Path) -> None:
        """Use a folder; it is made when missing."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._keys: dict[int, bytearray] = {}

    def make(self, epoch: int) -> None:
        """Draw the key of an epoch unless there is one; it is on the disk on return."""
        keyfile.make(self._path(epoch))

    def pseudonym(self, epoch: int, hub_id: str) -> Pseudonym:
        """Return the pseudonym of a hub.

        Raises:
            HubagentError: If the epoch has no key, or one that is damaged.
        """
        key = self._keys.get(epoch)
        if key is None:
            key = self._keys[epoch] = self._read(epoch)
        name = hub_id.encode()
        return Pseudonym(_digest(key, b"hub", name)[:16], key, name)

    def destroy_before(self, epoch: int) -> list[int]:
        """Destroy the keys of earlier epochs; return which.

        The file is overwritten where it lies, then removed, and the copy in memory is overwritten too.
        Neither reaches what lies beneath: old blocks of an SSD or of a file system that copies on
        write, snapshots, swap. ``docs/upstream.md`` says where to keep the folder.
        """
        gone = []
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            if not path.stem.isdecimal() or int(path.stem) >= epoch:
                continue
            keyfile.destroy(path)
            key = self._keys.pop(int(path.stem), bytearray())
            key[:] = bytes(len(key))
            gone.append(int(path.stem))
        return gone

    def open_epochs(self) -> list[int]:
        """Return the epochs that have a key."""
        stems = (path.stem for path in self._folder.glob(f"*{_SUFFIX}"))
        return sorted(int(stem) for stem in stems if stem.isdecimal())

    def _read(self, epoch: int) -> bytearray:
        try:
            key = bytearray(self._path(epoch).read_bytes())
        except OSError as error:
            raise HubagentError(f"the key of epoch {epoch} cannot be read: {error}") from error
        if len(key) != keyfile.KEY_BYTES or not any(key):
            raise HubagentError(f"the key of epoch {epoch} is damaged")
        return key

    def _path(self, epoch: int) -> Path:
        return self._folder / f"{epoch}{_SUFFIX}"


def _digest(key: bytearray, *parts: bytes) -> bytes:
    """Return the HMAC-SHA256 of parts that cannot run into each other."""
    framed = b"".join(len(part).to_bytes(2, "big") + part for part in parts)
    return hmac.digest(key, framed, hashlib.sha256)
