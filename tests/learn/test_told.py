"""Dialogues as steps, with the signals on them and what was applied; and where turns came to nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hubagent.evidence import Done, Request, Signal, SignalKind
from hubagent.feedback.journal import Journal
from hubagent.learn.gather import Judges
from hubagent.learn.rephrase import Judgement
from hubagent.learn.told import failures, transitions
from hubagent.types import Arm, Decision, EntityId, Layer, OutcomeKind, Rewrite

LAMP = "turn on the floor lamp"


@pytest.fixture
def journal() -> Journal:
    return Journal(None)


def _judges(follows: float = 0.9, wrong: float = 0.2) -> Judges:
    return Judges(
        lambda _turn, later, _signals: Judgement(None, 0.0, (), tuple(follows for _ in later)),
        lambda _turn, _later, _on_it: wrong,
    )


def _told(journal: Journal, judges: Judges) -> list[Any]:
    return list(transitions(journal, judges, since_s=0.0, until_s=4e9))


def test_what_was_said_next_for_the_same_goal_follows(journal: Journal, make_turn: Any) -> None:
    first, then = make_turn("turn on the cosy glow", 0.0), make_turn(LAMP, 8.0)
    journal.append(first)
    journal.append(then, [Signal(first.turn_id, SignalKind.REPHRASE, first.at_s + 8.0)])
    step, last = _told(journal, _judges())
    assert step.source == Request("turn on the cosy glow", ("hassturnon",))
    assert step.after == Request(LAMP, ("hassturnon",))
    assert step.signals == {SignalKind.REPHRASE}
    assert step.good == pytest.approx(0.8)
    assert last.after is None
    assert not step.rewritten


def test_what_is_another_goal_ends_the_step(journal: Journal, make_turn: Any) -> None:
    for words, at_s in (("turn on the cosy glow", 0.0), (LAMP, 8.0)):
        journal.append(make_turn(words, at_s))
    assert [step.after for step in _told(journal, _judges(follows=0.1))] == [None, None]


def test_saying_it_again_is_a_sign_and_no_step(journal: Journal, make_turn: Any) -> None:
    for at_s in (0.0, 8.0):
        journal.append(make_turn("turn on the cosy glow", at_s))
    (step,) = _told(journal, _judges())
    assert step.signals == {SignalKind.REPEAT}


@pytest.mark.parametrize(("wrong", "told"), [(0.2, [LAMP]), (0.9, [])])
def test_what_the_home_has_learned_is_a_step_where_it_went_well(
    journal: Journal, make_turn: Any, wrong: float, told: list[str]
) -> None:
    journal.append(make_turn("turn on the cosy glow", 0.0, read=LAMP))
    steps = _told(journal, _judges(wrong=wrong))
    assert [step.after.words for step in steps] == told
    assert not any(step.rewritten for step in steps)


def test_what_was_said_after_a_rewrite_tells_more_than_the_rewrite(
    journal: Journal, make_turn: Any
) -> None:
    journal.append(make_turn("turn on the cosy glow", 0.0, read="turn on the desk lamp"))
    journal.append(make_turn(LAMP, 8.0))
    assert [step.after and step.after.words for step in _told(journal, _judges())] == [LAMP, None]


@pytest.mark.parametrize("layer", list(Layer))
@pytest.mark.parametrize("arm", list(Arm))
def test_only_a_rewrite_of_the_global_table_that_was_applied_counts_as_one(
    journal: Journal, make_turn: Any, layer: Layer, arm: Arm
) -> None:
    turn = make_turn("turn on the cosy glow", 0.0)
    rewrite = Rewrite("turn on the cosy glow", LAMP, layer, False, arm, 0.9, 0.8, 1)
    journal.append(replace(turn, rewrite=rewrite))
    (step,) = _told(journal, _judges())
    assert step.rewritten == (layer is Layer.GLOBAL and arm is Arm.APPLIED)


def test_every_intent_of_a_turn_is_told(journal: Journal, make_turn: Any) -> None:
    both = "hasslistadditem||;hassturnon|light.floor_lamp|turn_on"
    journal.append(
        make_turn("lamp on and milk on the list", 0.0, interpretation=both, intent="HassTurnOn")
    )
    (step,) = _told(journal, _judges())
    assert step.source.intents == ("hasslistadditem", "hassturnon")


def test_failures_are_counted_by_stage(make_turn: Any) -> None:
    silent = (Done(EntityId("light.floor_lamp"), "turn_on", {}, OutcomeKind.SILENT),)
    turns = [
        make_turn(LAMP, 0.0),
        make_turn(LAMP, 60.0, done=silent),
        make_turn("hmm", 120.0),
        make_turn("turn on the glow", 180.0, reason="unknown_name"),
        make_turn("who", 240.0, decision=Decision.ASK),
    ]
    assert failures(turns) == {"understand": 1, "resolve": 1, "act": 1}
