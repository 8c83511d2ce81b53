"""A turn of the journal as a row of its table, and as a plain document.

In and out: ``JournalTurn`` and ``Signal``. A row is small, for an SD card: the embedding as one byte a
component (its direction is kept to within 0.5 degrees), the stages as compressed JSON. A document is what an
owner exports: plain JSON, in which nothing is packed.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hubagent.errors import DataError
from hubagent.evidence import Done, JournalTurn, Signal, SignalKind, source_key
from hubagent.types import Arm, Decision, EntityId, Layer, OutcomeKind, Rewrite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLUMNS = tuple(item.name for item in fields(JournalTurn))
"""Columns of the table, in the order of the fields of a turn."""
_TEXTS = ("turn_id", "place", "speaker", "heard", "read", "intent", "reason", "interpretation", "response")  # fmt: skip
_LEVELS = 127
_STAGE_WORDS = (
    b'[["dialogue","a new request; it: ","an answer to the open question","undo of turn "],["understand",'
    b'"HassLightSet HubUndo HassTurnOff HassTurnOn 0.99 name=\' area=\' | ","nothing, out of scope 0.9"],'
    b'["resolve"," + ","refuse unknown_name no_such_device not_understood"],["schedule","act light.",'
    b'"act media_player."],["plan","act: turn_off light.","act: turn_on light. brightness="],["act",'
    b'"no command","nothing sent","1 followed"],["respond","1 followed","Turned on the "]]'
)
"""What stages often say, so that a short text compresses at all (a preset dictionary of zlib)."""


def to_row(turn: JournalTurn) -> tuple[Any, ...]:
    """Return the values of a turn in the order of ``COLUMNS``."""
    done = [[it.entity_id, it.command, dict(it.data), it.outcome.value] for it in turn.done]
    return (
        turn.turn_id,
        turn.at_s,
        turn.place,
        turn.speaker,
        turn.heard,
        turn.read,
        _json(rewrite_document(turn.rewrite)) if turn.rewrite is not None else None,
        turn.decision.value,
        turn.intent,
        turn.reason,
        turn.interpretation,
        turn.probability,
        turn.margin,
        turn.out_of_scope,
        turn.asr_confidence,
        _json(done),
        turn.response,
        turn.ms,
        pack_embedding(turn.embedding),
        _deflated(_json(turn.stages)),
    )


def from_row(row: Sequence[Any]) -> JournalTurn:
    """Return the turn of a row.

    Raises:
        DataError: If a value is none of those that :func:`to_row` writes.
    """
    values = dict(zip(COLUMNS, row, strict=True))
    try:
        values["rewrite"] = _rewrite(json.loads(values["rewrite"])) if values["rewrite"] else None
        values["decision"] = Decision(values["decision"])
        values["done"] = _done(json.loads(values["done"]))
        values["embedding"] = unpack_embedding(values["embedding"])
        values["stages"] = tuple(
            (str(a), str(b), str(c)) for a, b, c in _inflated(values["stages"])
        )
        return JournalTurn(**values)
    except (KeyError, TypeError, ValueError, AttributeError, zlib.error) as error:
        raise DataError(f"a turn of the journal cannot be read: {error!r}") from None


def to_document(turn: JournalTurn, signals: Sequence[Signal] = ()) -> dict[str, Any]:
    """Return a turn with the feedback on it as plain data that JSON can hold."""
    document = {name: getattr(turn, name) for name in COLUMNS}
    document["decision"] = turn.decision.value
    document["rewrite"] = None if turn.rewrite is None else rewrite_document(turn.rewrite)
    document["done"] = [
        {"entity_id": it.entity_id, "command": it.command, "data": dict(it.data), "outcome": it.outcome.value}
        for it in turn.done
    ]  # fmt: skip
    document["embedding"] = [round(value, 4) for value in turn.embedding]
    document["stages"] = [list(stage) for stage in turn.stages]
    document["signals"] = [
        {"kind": it.kind.value, "at_s": it.at_s, "strength": it.strength, "detail": it.detail}
        for it in signals
    ]
    return document


def from_document(document: Mapping[str, Any]) -> tuple[JournalTurn, tuple[Signal, ...]]:
    """Return the turn and signals of a document, as :func:`to_document` writes it.

    Raises:
        DataError: If it is no such document.
    """
    try:
        values = {name: document[name] for name in COLUMNS}
        for name in _TEXTS:
            values[name] = _text(values[name])
        for name in ("at_s", "probability", "margin", "out_of_scope", "ms"):
            values[name] = _number(values[name])
        asr = values["asr_confidence"]
        values["asr_confidence"] = None if asr is None else _number(asr)
        values["decision"] = Decision(values["decision"])
        values["rewrite"] = None if document["rewrite"] is None else _rewrite(document["rewrite"])
        values["done"] = _done(
            [it["entity_id"], it["command"], it["data"], it["outcome"]] for it in document["done"]
        )
        values["embedding"] = tuple(_number(value) for value in document["embedding"])
        values["stages"] = tuple((str(a), str(b), str(c)) for a, b, c in document["stages"])
        turn = JournalTurn(**values)
        signals = tuple(
            Signal(
                turn.turn_id,
                SignalKind(it["kind"]),
                _number(it["at_s"]),
                min(1.0, max(0.0, _number(it["strength"]))),
                str(it["detail"]),
            )
            for it in document["signals"]
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(f"this is no turn of a journal: {error!r}") from None
    return turn, signals


def keys_of(turn: JournalTurn) -> frozenset[str]:
    """Return all words by which a turn is found when they are to be forgotten."""
    words = [turn.heard, turn.read]
    if turn.rewrite is not None:
        words += [turn.rewrite.source, turn.rewrite.target]
    return frozenset(source_key(text) for text in words)


def pack_embedding(embedding: Sequence[float]) -> bytes:
    """Return a direction as int8, one byte a component; nothing for no direction."""
    vector = np.asarray(embedding, dtype=np.float32)
    largest = float(np.abs(vector).max(initial=0.0))
    if not 0.0 < largest < float("inf"):
        return b""
    return bytes(np.rint(vector * (_LEVELS / largest)).astype(np.int8))


def unpack_embedding(packed: bytes) -> tuple[float, ...]:
    """Return the direction of :func:`pack_embedding`, of unit length."""
    vector = np.frombuffer(packed, dtype=np.int8).astype(np.float32)
    return tuple((vector / np.linalg.norm(vector)).tolist()) if vector.any() else ()


def rewrite_document(rewrite: Rewrite) -> dict[str, Any]:
    """Return a rewrite as plain data."""
    names = [item.name for item in fields(rewrite)]
    document = {name: getattr(rewrite, name) for name in names}
    return {**document, "layer": rewrite.layer.value, "arm": rewrite.arm.value,
            "features": [list(pair) for pair in rewrite.features]}  # fmt: skip


def _rewrite(document: Mapping[str, Any]) -> Rewrite:
    rewrite = Rewrite(**document)
    return replace(
        rewrite,
        layer=Layer(rewrite.layer),
        arm=Arm(rewrite.arm),
        features=tuple((str(name), float(value)) for name, value in rewrite.features),
    )


def _done(rows: Any) -> tuple[Done, ...]:  # noqa: ANN401 - JSON
    return tuple(
        Done(EntityId(entity_id), str(command), dict(data), OutcomeKind(outcome))
        for entity_id, command, data, outcome in rows
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e15:
        raise TypeError(f"{value!r} is no number")
    return float(value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _deflated(text: str) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=_STAGE_WORDS)
    return packer.compress(text.encode()) + packer.flush()


def _inflated(packed: bytes) -> list[list[str]]:
    unpacker = zlib.decompressobj(-15, zdict=_STAGE_WORDS)
    found = json.loads(unpacker.decompress(packed) + unpacker.flush())
    if not isinstance(found, list):
        raise TypeError("the stages are no list")
    return found
