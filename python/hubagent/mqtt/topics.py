"""The hub's own topics: requests and events in, answers out, as ARCHITECTURE section 4 has them.

Payloads are JSON, or msgpack where the first byte is that of a msgpack map. What comes in is from
anyone on the broker: every field is checked, and a wrong one refuses the message.
"""

from __future__ import annotations

import enum
import json
import math
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgpack

from hubagent.errors import DataError
from hubagent.types import AreaId, AsrResult, Publication, TurnId, Utterance

if TYPE_CHECKING:
    from hubagent.types import Message, TurnRecord

MAX_TEXT_CHARS = 1_000
MAX_ID_CHARS = 128
MAX_NBEST = 20
STALE_AFTER_S = 30.0
"""A request that says it was heard longer ago is not obeyed: who spoke has given up on it."""


class EventKind(enum.StrEnum):
    """What a satellite may tell beside words."""

    BARGE_IN = "barge_in"
    CANCEL = "cancel"
    BUTTON = "button"


@dataclass(frozen=True, slots=True)
class SpeechEvent:
    """What a satellite noticed beside words."""

    kind: EventKind
    turn_id: TurnId | None
    at_s: float


@dataclass(frozen=True, slots=True)
class Topics:
    """Names of one hub's topics."""

    hub: str

    @property
    def utterance(self) -> str:
        """Requests to the hub."""
        return f"hubagent/{self.hub}/utterance"

    @property
    def event(self) -> str:
        """Events beside requests."""
        return f"hubagent/{self.hub}/event"

    @property
    def response(self) -> str:
        """Answers of the hub."""
        return f"hubagent/{self.hub}/response"

    @property
    def undo(self) -> str:
        """Takes back the last thing done; our button in Home Assistant."""
        return f"hubagent/{self.hub}/undo"

    @property
    def learned(self) -> str:
        """How many learned pairs are in use; retained."""
        return f"hubagent/{self.hub}/learned"

    @property
    def learning(self) -> str:
        """Whether the hub learns; retained."""
        return f"hubagent/{self.hub}/learning"

    @property
    def learning_set(self) -> str:
        """Switches learning on and off."""
        return f"hubagent/{self.hub}/learning/set"

    @property
    def status(self) -> str:
        """Whether the hub is there; retained."""
        return f"hubagent/{self.hub}/status"


def decode_utterance(message: Message) -> Utterance:
    """Read a request.

    Raises:
        DataError: When a field is missing or wrong, the message was retained, or it is older than
            ``STALE_AFTER_S`` by its own account.
    """
    if message.retained:
        raise DataError("a retained request is not obeyed", hint="publish requests without retain")
    body = _read_map(message.payload)
    text = _text(body, "text", MAX_TEXT_CHARS)
    if text is None or not text.strip():
        raise DataError("`text`: expected what was said, found nothing")
    heard_at_s = _number(body, "heard_at")
    if heard_at_s is not None and message.heard_at_s - heard_at_s > STALE_AFTER_S:
        raise DataError(f"the request is too old: {message.heard_at_s - heard_at_s:.0f} s")
    area = _text(body, "area", MAX_ID_CHARS)
    return Utterance(
        turn_id=TurnId(_text(body, "id", MAX_ID_CHARS) or uuid.uuid4().hex),
        text=text,
        heard_at_s=message.heard_at_s,
        area_id=AreaId(area) if area else None,
        device=_text(body, "device", MAX_ID_CHARS) or None,
        speaker=_text(body, "speaker", MAX_ID_CHARS) or None,
        asr=_asr(body.get("asr")),
    )


def decode_event(message: Message) -> SpeechEvent:
    """Read an event.

    Raises:
        DataError: When a field is missing or wrong, or the message was retained.
    """
    if message.retained:
        raise DataError("a retained event is not obeyed")
    body = _read_map(message.payload)
    kind = next((item for item in EventKind if item.value == body.get("kind")), None)
    if kind is None:
        raise DataError("`kind`: expected one of " + ", ".join(EventKind))
    turn_id = _text(body, "id", MAX_ID_CHARS)
    return SpeechEvent(kind, TurnId(turn_id) if turn_id else None, message.heard_at_s)


def encode_response(topics: Topics, record: TurnRecord) -> Publication:
    """Put the answer of a turn on paper."""
    commands = [
        {
            "entity_id": command.entity_id,
            "command": command.command,
            "data": dict(command.data),
        }
        for resolution in record.resolutions
        if resolution.due_s is None
        for command in resolution.commands
    ]
    body = {
        "id": record.utterance.turn_id,
        "text": record.response,
        "decision": record.decision.value,
        "intent": record.intent,
        "commands": commands,
        "listen": record.listen,
    }
    payload = json.dumps(body, ensure_ascii=False).encode()
    return Publication(topics.response, payload, qos=1, expiry_s=60)


def _read_map(payload: bytes) -> dict[str, Any]:
    first = payload[:1]
    try:
        # fixmap, map 16 and map 32; no JSON text begins with these bytes.
        if first and (0x80 <= first[0] <= 0x8F or first[0] in (0xDE, 0xDF)):
            body = msgpack.unpackb(payload, strict_map_key=False)
        else:
            body = json.loads(payload)
    except (ValueError, RecursionError, msgpack.UnpackException) as error:
        raise DataError(f"neither JSON nor msgpack: {type(error).__name__}") from error
    if not isinstance(body, dict):
        raise DataError(f"expected a map, found {type(body).__name__}")
    return body


def _text(body: dict[str, Any], key: str, max_chars: int) -> str | None:
    value = body.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise DataError(f"`{key}`: expected a text, found {type(value).__name__}")
    if len(value) > max_chars:
        raise DataError(f"`{key}`: expected at most {max_chars} characters, found {len(value)}")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"`{key}`: holds half a character") from error
    return value


def _number(body: dict[str, Any], key: str) -> float | None:
    value = body.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise DataError(f"`{key}`: expected a number, found {type(value).__name__}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise DataError(f"`{key}`: expected a finite number")
    return number


def _asr(value: object) -> AsrResult | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise DataError(f"`asr`: expected a map, found {type(value).__name__}")
    nbest = value.get("nbest") or []
    if not isinstance(nbest, list) or not all(isinstance(item, dict) for item in nbest):
        raise DataError("`asr.nbest`: expected a list of maps")
    if len(nbest) > MAX_NBEST:
        raise DataError(f"`asr.nbest`: expected at most {MAX_NBEST}, found {len(nbest)}")
    return AsrResult(
        confidence=_number(value, "confidence"),
        nbest=tuple(
            (_text(item, "text", MAX_TEXT_CHARS) or "", _number(item, "confidence") or 0.0)
            for item in nbest
        ),
    )
