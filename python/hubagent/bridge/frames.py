"""Frames of devices: kinds of messages and what their keys mean. See ``firmware_bridge/README.md``."""

from __future__ import annotations

from enum import IntEnum
from typing import TypeAlias

from hubagent._core import FrameDecoder, encode_frame

__all__ = ["Body", "FrameDecoder", "Kind", "encode_frame"]

# What stands under the keys of one message.
Body: TypeAlias = dict[int, bool | int | float | str | bytes | None]


class Kind(IntEnum):
    """What a frame is."""

    HELLO = 1
    DESCRIBE = 2
    STATE = 3
    EVENT = 4
    COMMAND = 5
    RESULT = 6
    PING = 7
    TIME = 8
    LOG = 9
    ACK = 10
    OTA_BEGIN = 16
    OTA_DATA = 17
    OTA_END = 18
    OTA_ABORT = 19
    OTA_STATE = 20
