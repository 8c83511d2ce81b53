"""Turns of a journal, made as the hub makes them but for what is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent.evidence import Done, JournalTurn
from hubagent.types import Arm, Decision, EntityId, Layer, OutcomeKind, Rewrite, TurnId

if TYPE_CHECKING:
    from collections.abc import Callable


def made_turn(
    turn_id: str = "t1", heard: str = "turn on the desk lamp", **more: Any
) -> JournalTurn:
    given: dict[str, Any] = {
        "at_s": 1_800_000_000.0,
        "place": "kitchen",
        "speaker": "",
        "read": heard,
        "rewrite": None,
        "decision": Decision.ACT,
        "intent": "HassTurnOn",
        "reason": "",
        "interpretation": "hassturnon|light.desk|turn_on",
        "probability": 0.97,
        "margin": 0.95,
        "out_of_scope": 0.01,
        "asr_confidence": None,
        "done": (Done(EntityId("light.desk"), "turn_on", {}, OutcomeKind.FOLLOWED),),
        "response": "Turned on the Desk Lamp.",
        "ms": 21.5,
        "embedding": (),
        "stages": (("understand", heard, "HassTurnOn 0.97"),),
    }
    return JournalTurn(TurnId(turn_id), heard=heard, **{**given, **more})


@pytest.fixture(scope="session")
def make_turn() -> Callable[..., JournalTurn]:
    return made_turn


@pytest.fixture(scope="session")
def rewrite() -> Rewrite:
    return Rewrite(
        source="turn on the tess lamp",
        target="turn on the desk lamp",
        layer=Layer.PERSONAL,
        online=True,
        arm=Arm.APPLIED,
        propensity=0.9,
        score=0.83,
        table=7,
        features=(("sound", 0.9), ("support", 3.0)),
    )
