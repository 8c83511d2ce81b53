"""Turns of a journal, made as the hub makes them but for what is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from hubagent.evidence import Done, JournalTurn, source_key
from hubagent.types import Arm, Decision, EntityId, Layer, OutcomeKind, Rewrite, TurnId

START_S = 1_767_268_800.0
MEANS = {
    "turn on the floor lamp": "hassturnon|light.floor_lamp|turn_on",
    "turn on the desk lamp": "hassturnon|light.desk_lamp|turn_on",
}
"""What today's understanding makes of words."""


@pytest.fixture
def make_turn() -> Any:
    """Return a function (words, seconds, ...) -> a turn; what is in no table came to nothing."""

    def make(heard: str, at_s: float, *, read: str = "", **more: Any) -> JournalTurn:
        meant = MEANS.get(source_key(read or heard), "")
        entity = EntityId(meant.split("|")[1] if meant else "")
        rewrite = None
        if read:
            rewrite = Rewrite(
                source_key(heard), read, Layer.PERSONAL, False, Arm.APPLIED, 0.9, 0.8, 1
            )
        given: dict[str, Any] = {
            "place": "office", "speaker": "", "read": read or heard, "rewrite": rewrite,
            "decision": Decision.ACT if meant else Decision.REFUSE, "intent": "HassTurnOn",
            "reason": "" if meant else "not_understood",
            "interpretation": meant or f"UNH|{source_key(heard)}",
            "probability": 0.9, "margin": 0.8, "out_of_scope": 0.0, "asr_confidence": None,
            "done": (Done(entity, "turn_on", {}, OutcomeKind.FOLLOWED),) if meant else (),
            "response": "OK.", "ms": 20.0,
        }  # fmt: skip
        turn_id = TurnId(f"{heard}@{at_s}")
        return JournalTurn(turn_id, at_s=START_S + at_s, heard=heard, **{**given, **more})

    return make
