from __future__ import annotations

import contextlib
import json
from typing import Any

import msgpack
import pytest
from hypothesis import given, strategies as st

from hubagent.errors import DataError
from hubagent.mqtt.topics import (
    EventKind,
    Topics,
    decode_event,
    decode_utterance,
    encode_response,
)
from hubagent.types import (
    AsrResult,
    Command,
    Decision,
    EntityId,
    Message,
    Resolution,
    TurnId,
    TurnRecord,
    Utterance,
)

NOW_S = 1_700_000_000.0


def message(payload: bytes, *, retained: bool = False) -> Message:
    return Message("hubagent/home/utterance", payload, retained, NOW_S)


def in_json(body: object) -> Message:
    return message(json.dumps(body).encode())


FULL: dict[str, Any] = {
    "id": "t1",
    "text": "turn on the light",
    "area": "kitchen",
    "device": "box-1",
    "speaker": "ann",
    "asr": {"confidence": 0.9, "nbest": [{"text": "turn on the light", "confidence": 0.9}]},
    "wake": {"score": 0.7},
    "heard_at": NOW_S - 1,
}


@pytest.mark.parametrize("encode", [lambda body: json.dumps(body).encode(), msgpack.packb])
def test_a_full_request_is_read_in_both_encodings(encode: Any) -> None:
    utterance = decode_utterance(message(encode(FULL)))
    assert utterance == Utterance(
        turn_id=TurnId("t1"),
        text="turn on the light",
        heard_at_s=NOW_S,
        area_id="kitchen",  # type: ignore[arg-type] # equal to its NewType
        device="box-1",
        speaker="ann",
        asr=AsrResult(0.9, (("turn on the light", 0.9),)),
    )


def test_words_alone_are_enough_and_get_an_id() -> None:
    one, other = (decode_utterance(in_json({"text": "stop"})) for _ in range(2))
    assert one.turn_id
    assert one.turn_id != other.turn_id
    assert (one.area_id, one.device, one.speaker, one.asr) == (None, None, None, None)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "`text`: expected what was said"),
        ({"text": "  "}, "`text`: expected what was said"),
        ({"text": 3}, "`text`: expected a text, found int"),
        ({"text": "x" * 1_001}, "`text`: expected at most 1000 characters"),
        ({"text": "a", "area": ["kitchen"]}, "`area`: expected a text"),
        ({"text": "a", "id": "x" * 129}, "`id`: expected at most 128"),
        ({"text": "a", "asr": 1}, "`asr`: expected a map"),
        ({"text": "a", "asr": {"nbest": {}}}, None),
        ({"text": "a", "asr": {"nbest": "no"}}, "`asr.nbest`: expected a list of maps"),
        ({"text": "a", "asr": {"nbest": [1]}}, "`asr.nbest`: expected a list of maps"),
        ({"text": "a", "asr": {"nbest": [{}] * 21}}, "`asr.nbest`: expected at most 20"),
        ({"text": "a", "asr": {"confidence": "high"}}, "`confidence`: expected a number"),
        ({"text": "a", "asr": {"confidence": True}}, "`confidence`: expected a number"),
        ({"text": "a", "heard_at": float("nan")}, "`heard_at`: expected a finite number"),
        ({"text": "a", "heard_at": 10**400}, "`heard_at`: expected a finite number"),
        ({"text": "a", "heard_at": NOW_S - 31}, "the request is too old: 31 s"),
        ({"text": "a", "heard_at": NOW_S + 3_600}, None),
        ({"text": "half \ud800"}, "half a character"),
        ([], "expected a map, found list"),
        ("turn on", "expected a map, found str"),
    ],
)
def test_a_wrong_request_is_refused_with_the_reason(body: object, says: str | None) -> None:
    if says is None:
        decode_utterance(in_json(body))
    else:
        with pytest.raises(DataError, match=says.replace("(", r"\(")):
            decode_utterance(in_json(body))


def test_a_retained_request_is_never_obeyed() -> None:
    with pytest.raises(DataError, match="retained"):
        decode_utterance(message(json.dumps(FULL).encode(), retained=True))


@pytest.mark.parametrize("kind", list(EventKind))
def test_events_are_read(kind: EventKind) -> None:
    event = decode_event(in_json({"kind": kind.value, "id": "t1"}))
    assert (event.kind, event.turn_id, event.at_s) == (kind, "t1", NOW_S)


@pytest.mark.parametrize("body", [{}, {"kind": "explode"}, {"kind": ["cancel"]}, {"kind": None}])
def test_an_unknown_event_is_refused(body: object) -> None:
    with pytest.raises(DataError, match="expected one of barge_in, cancel, button"):
        decode_event(in_json(body))


def test_every_cut_of_a_msgpack_request_is_refused() -> None:
    payload = msgpack.packb(FULL)
    for end in range(len(payload)):
        with pytest.raises(DataError):
            decode_utterance(message(payload[:end]))


@given(st.binary(max_size=64))
def test_any_bytes_are_read_or_refused(payload: bytes) -> None:
    for decode in (decode_utterance, decode_event):
        with contextlib.suppress(DataError):
            decode(message(payload))


@given(st.binary(max_size=64), st.sampled_from([0x80, 0x81, 0x8F, 0xDE, 0xDF]))
def test_any_bytes_behind_a_msgpack_map_are_read_or_refused(payload: bytes, first: int) -> None:
    with contextlib.suppress(DataError):
        decode_utterance(message(bytes([first]) + payload))


def test_deep_nesting_is_refused() -> None:
    for payload in (b"[" * 100_000, b'{"a":' * 100_000, b"\x81\xa1a" * 100_000):
        with pytest.raises(DataError):
            decode_utterance(message(payload))


def test_the_answer_has_the_shape_promised() -> None:
    utterance = decode_utterance(in_json(FULL))
    command = Command(EntityId("light.kitchen"), "turn_on", {"brightness": 128})
    record = TurnRecord(
        utterance=utterance,
        understanding=None,
        resolutions=(Resolution(Decision.ACT, "HassTurnOn", (command,)),),
        outcomes=(),
        decision=Decision.ACT,
        intent="HassTurnOn",
        response="Turned on the café light",
        listen=False,
        notes=(),
        ms=1.0,
    )
    publication = encode_response(Topics("home"), record)
    assert publication.topic == "hubagent/home/response"
    assert not publication.retain
    assert json.loads(publication.payload) == {
        "id": "t1",
        "text": "Turned on the café light",
        "decision": "act",
        "intent": "HassTurnOn",
        "commands": [
            {"entity_id": "light.kitchen", "command": "turn_on", "data": {"brightness": 128}}
        ],
        "listen": False,
    }
