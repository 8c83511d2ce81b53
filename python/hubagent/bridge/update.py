"""An update on its way to a device: the signed image file, and the host's half of the transfer.

See ``firmware_bridge/README.md``, "Updates". The hub checks that a file is whole; only the device,
which holds its maker's key, can tell whether it is signed, and it does so before it writes a byte.
"""

from __future__ import annotations

import enum
import hashlib
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent.bridge.described import Image
from hubagent.bridge.frames import Kind
from hubagent.errors import DataError

if TYPE_CHECKING:
    from hubagent.bridge.described import Hello
    from hubagent.bridge.frames import Body

MAGIC = b"HUBIMG1\0"
MAX_IMAGE_BYTES = 64 << 20
_HEADER = struct.Struct("<8sI32s32s32s64s")
_SAID = slice(8, 76)

BLOCK_BYTES = 192
_AROUND_A_BLOCK = 40
"""Bytes of an `ota_data` frame beside the block, at most."""
REPEAT_AFTER_MS = 250
MAX_REPEATS = 40
CONFIRM_WITHIN_MS = 360_000
"""A little longer than a device may try its new image."""


@dataclass(frozen=True, slots=True)
class ImageFile:
    """A signed image."""

    board: str
    version: str
    digest: bytes
    signature: bytes
    content: bytes


def read_image(data: bytes) -> ImageFile:
    """Read an image file.

    Raises:
        DataError: When it is no image, or not whole.
    """
    hint = "make one with firmware_bridge/tools/sign_image.py"
    if len(data) < _HEADER.size or not data.startswith(MAGIC):
        raise DataError("not a signed image", hint=hint)
    _, size, board, version, digest, signature = _HEADER.unpack_from(data)
    content = data[_HEADER.size :]
    if len(content) != size:
        raise DataError(f"the image is cut: it has {len(content)} of {size} bytes", hint=hint)
    if hashlib.sha256(data[_SAID] + content).digest() != digest:
        raise DataError("the image is damaged: its digest does not fit", hint=hint)
    try:
        texts = [text.rstrip(b"\0").decode() for text in (board, version)]
    except UnicodeDecodeError as error:
        raise DataError("board or version of the image is not UTF-8", hint=hint) from error
    return ImageFile(texts[0], texts[1], digest, signature, content)


class Answer(enum.IntEnum):
    """Codes of `ota_state`, and how an update can end."""

    SEND = 0
    WHOLE = 1
    NO_TRANSFER = 2
    WRONG_SIGNATURE = 3
    OTHER_BOARD = 4
    TOO_LARGE = 5
    WRONG_DIGEST = 6
    NO_UPDATES = 7
    NOT_NOW = 8
    OLDER = 9


WORDS = {
    Answer.NO_TRANSFER: "the transfer was broken off",
    Answer.WRONG_SIGNATURE: "the device does not trust the signature",
    Answer.OTHER_BOARD: "the image is for another board",
    Answer.TOO_LARGE: "the image is too large for the device",
    Answer.WRONG_DIGEST: "what arrived is not what was signed",
    Answer.NO_UPDATES: "the device takes no updates",
    Answer.NOT_NOW: "the device cannot be updated now",
    Answer.OLDER: "the image is older than what the device runs",
}


class Transfer:
    """The host's half: says what to send now, and how it stands."""

    def __init__(self, image: ImageFile, hello: Hello) -> None:
        """Build for a device as it said ``hello`` last."""
        self.image = image
        self.id = int.from_bytes(image.digest[:4], "little")
        self.offset = 0
        self.outcome: str | None = None
        """``None`` while it is under way; empty when the device confirmed it; else why not."""
        self._boot = hello.boot
        self._block = min(BLOCK_BYTES, hello.frame_bytes - _AROUND_A_BLOCK)
        self._begun = False
        self._aborting = False
        self._restarts = 0
        self._sent_ms: int | None = None
        self._repeats = 0
        self._whole = False
        self._whole_ms: int | None = None

    @property
    def is_running(self) -> bool:
        """Whether it may still succeed."""
        return self.outcome is None and not self._aborting

    @property
    def phase(self) -> str:
        """What is going on, in a word."""
        return "trying" if self._whole else "sending"

    def due(self, now_ms: int) -> tuple[Kind, Body] | None:
        """Return the message to send now, if it is time; gives up after ``MAX_REPEATS``."""
        if self.outcome is not None:
            return None
        if self._whole:
            self._whole_ms = self._whole_ms or now_ms
            if now_ms - self._whole_ms > CONFIRM_WITHIN_MS:
                self.outcome = "the device did not come back with the new image"
            return None
        if self._sent_ms is not None and now_ms - self._sent_ms < REPEAT_AFTER_MS:
            return None
        self._repeats += 1
        if self._repeats > MAX_REPEATS:
            self.outcome = "the device does not answer; the same command goes on where it stopped"
            return None
        self._sent_ms = now_ms
        return self._message()

    def _message(self) -> tuple[Kind, Body]:
        content = self.image.content
        if self._aborting:
            return Kind.OTA_ABORT, {0: self.id}
        if not self._begun:
            return Kind.OTA_BEGIN, {
                0: self.id,
                1: len(content),
                2: self.image.digest,
                3: self.image.signature,
                4: self.image.board,
                5: self.image.version,
            }
        if self.offset < len(content):
            block = content[self.offset : self.offset + self._block]
            return Kind.OTA_DATA, {0: self.id, 1: self.offset, 2: block, 3: zlib.crc32(block)}
        return Kind.OTA_END, {0: self.id}

    def answered(self, body: Body) -> None:
        """Take an `ota_state` of the device; one of another transfer or without sense is nothing."""
        offset, code = body.get(1), body.get(2)
        if body.get(0) != self.id or self.outcome is not None or self._whole:
            return
        if self._aborting:
            if code == Answer.NO_TRANSFER:
                self.outcome = "called off"
            return
        if code == Answer.WHOLE:
            # Only the end of a transfer that was sent in full can be that.
            self._whole = self._begun and self.offset == len(self.image.content)
        elif code == Answer.NO_TRANSFER and self._restarts < 3:
            # The device restarted meanwhile: begin again.
            self._restarts += 1
            self._begun = False
            self._next(0)
        elif code == Answer.SEND:
            if isinstance(offset, int) and 0 <= offset <= len(self.image.content):
                begun, self._begun = self._begun, True
                if not begun or offset != self.offset:
                    self._next(offset)
        elif isinstance(code, int) and code in WORDS:
            why = body.get(3)
            said = f" ({why[:64]})" if isinstance(why, str) and why.isprintable() else ""
            self.outcome = WORDS[Answer(code)] + said

    def hello(self, hello: Hello) -> None:
        """Take what the device says of itself: whether it runs the new image, and for good."""
        if hello.boot == self._boot and not self._whole:
            return
        if hello.boot != self._boot and self._begun and self.offset == len(self.image.content):
            self._whole = True  # Its answer to the end was lost, not its restart.
        if not self._whole or hello.boot == self._boot:
            return
        if hello.image is Image.WENT_BACK:
            self.outcome = "the new image did not prove itself; the device runs the one before"
        elif hello.image is Image.CONFIRMED:
            right = hello.firmware == self.image.version
            self.outcome = "" if right else f"the device came back with {hello.firmware}"

    def line_lost(self) -> None:
        """Begin again when the device is back: it says how far it came."""
        if self._begun and self.offset == len(self.image.content):
            return  # Perhaps it restarts into what it got.
        self._begun = False
        self._next(self.offset)

    def abort(self) -> None:
        """Tell the device to forget what it has."""
        self._aborting = True
        self._next(self.offset)

    def _next(self, offset: int) -> None:
        self.offset, self._sent_ms, self._repeats = offset, None, 0
