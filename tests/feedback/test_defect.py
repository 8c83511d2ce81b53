"""The defect models: what they may see, how they learn on a hub, and how far they may go."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from hubagent.errors import DataError
from hubagent.evidence import Done, Signal, SignalKind as K, Tally
from hubagent.feedback import defect
from hubagent.feedback.defect import (
    POST,
    PRE,
    Judge,
    Judged,
    Logistic,
    fit,
    post_features,
    pre_features,
)
from hubagent.feedback.labels import LabelModel
from hubagent.types import Decision, EntityId, OutcomeKind, TurnId

if TYPE_CHECKING:
    from hubagent.evidence import JournalTurn

JUDGE = Judge.shipped()
AT = {name: at for at, name in enumerate(POST)}


def later_of(turn: JournalTurn, heard: str, after_s: float = 6.0, **more: Any) -> JournalTurn:
    return replace(turn, turn_id=TurnId("t2"), heard=heard, at_s=turn.at_s + after_s, **more)


def refused(turn: JournalTurn, **more: Any) -> JournalTurn:
    return replace(
        turn, decision=Decision.REFUSE, done=(), reason="unknown_name", response="There is none.",
        interpretation=f"UNH|{turn.heard}", **more,
    )  # fmt: skip


# --- what they see --------------------------------------------------------------------------------


def test_before_the_turn_nothing_of_its_end_is_seen(make_turn: Any) -> None:
    turn = make_turn()
    done = Done(EntityId("light.desk"), "turn_on", {}, OutcomeKind.SILENT)
    for other in (refused(turn), replace(turn, done=(done,)), replace(turn, response="", ms=9.0)):
        assert pre_features(other) == pre_features(turn)
        assert JUDGE.before(other) == JUDGE.before(turn)


@given(
    probability=st.floats(0, 1), margin=st.floats(-1, 1), scope=st.floats(0, 1),
    asr=st.none() | st.floats(0, 1), heard=st.text(max_size=60), good=st.floats(0, 1e6),
    bad=st.floats(0, 1e6), kinds=st.lists(st.tuples(st.sampled_from(list(K)), st.floats(0, 1))),
)  # fmt: skip
def test_whatever_comes_is_a_probability(
    make_turn: Any, probability: float, margin: float, scope: float, asr: float | None, heard: str,
    good: float, bad: float, kinds: list[tuple[K, float]],
) -> None:  # fmt: skip
    turn = make_turn(
        heard=heard, probability=probability, margin=margin, out_of_scope=scope, asr_confidence=asr
    )
    said = [Signal(turn.turn_id, kind, 0.0, strength) for kind, strength in kinds]
    features = post_features(
        turn, [later_of(turn, heard)], said, LabelModel(), lambda _: Tally(good, bad)
    )
    assert all(map(math.isfinite, features))
    assert 0.0 < JUDGE.post.probability(features) < 1.0
    assert 0.0 < JUDGE.before(turn, lambda _: Tally(good, bad)) < 1.0


def test_words_that_failed_before_are_likelier_to_fail(make_turn: Any) -> None:
    turn = make_turn()
    bad, none, good = (
        JUDGE.before(turn, {"turn on the desk lamp": tally}.__getitem__)
        for tally in (Tally(0.0, 8.0), Tally(), Tally(8.0, 0.0))
    )
    assert bad > none > good


def test_a_doubtful_reading_is_likelier_to_fail(make_turn: Any) -> None:
    sure = JUDGE.before(make_turn(probability=0.99, margin=0.98))
    assert JUDGE.before(make_turn(probability=0.4, margin=0.1, out_of_scope=0.4)) > sure
    assert JUDGE.before(make_turn(probability=0.0, margin=0.2, out_of_scope=0.9)) > sure


def test_the_next_turn_counts_only_while_it_may_be_about_this_one(make_turn: Any) -> None:
    turn = make_turn("t1", "turn on the tess lamp")
    soon = post_features(turn, [later_of(turn, "turn on the desk lamp")], (), LabelModel())
    late = post_features(turn, [later_of(turn, "turn on the desk lamp", 90.0)], (), LabelModel())
    thanks = post_features(turn, [later_of(turn, "thanks")], (), LabelModel())
    assert (soon[AT["next"]], late[AT["next"]], thanks[AT["next"]]) == (1.0, 0.0, 0.0)
    assert soon[AT["next_alike"]] > 0.5
    assert soon[AT["next_same_things"]] == 1.0
    assert late == post_features(turn, [], (), LabelModel())


def test_what_followed_decides(make_turn: Any) -> None:
    turn = make_turn()
    wrong = Signal(turn.turn_id, K.BY_HAND, turn.at_s + 9)
    kept = [Signal(turn.turn_id, kind, turn.at_s + 300) for kind in (K.KEPT, K.SILENCE)]
    unhandled = Signal(turn.turn_id, K.UNHANDLED, turn.at_s)
    assert JUDGE(turn, (), kept) < 0.15
    other = later_of(
        turn, "no the hall lamp", done=(), interpretation="hassturnon|light.hall|turn_on"
    )
    corrected = Signal(turn.turn_id, K.CORRECTION, other.at_s)
    assert JUDGE(turn, (other,), [wrong, corrected]) > 0.85
    assert JUDGE(refused(turn), (later_of(turn, "turn on the desk light"),), [unhandled]) > 0.8
    assert JUDGE(turn, (), kept) < JUDGE(turn) < JUDGE(turn, (), [wrong])


# --- learning on a hub ----------------------------------------------------------------------------


def line(
    names: tuple[str, ...] = ("bias", "x"), weights: tuple[float, ...] = (0.0, 0.0)
) -> Logistic:
    return Logistic(names, weights)


def planted(weights: tuple[float, float], count: int, seed: int = 3) -> tuple[Any, Any]:
    dice = np.random.default_rng(seed)
    x = np.stack([np.ones(count), dice.normal(size=count)], axis=1)
    y = dice.random(count) < 1 / (1 + np.exp(-(x @ np.array(weights))))
    return x, y.astype(float)


def test_weights_move_towards_what_a_home_shows() -> None:
    x, y = planted((-0.5, 1.5), 4000)
    fitted = fit(line(), x, y, step=5.0)
    found = np.array(fitted.weights) * fitted.slope + np.array([fitted.offset, 0.0])
    assert found == pytest.approx([-0.5, 1.5], abs=0.25)
    assert fit(line(), x, y, step=5.0) == fitted


def test_a_step_is_bounded_whatever_the_labels_say() -> None:
    x, y = planted((4.0, -6.0), 3000)
    fitted = fit(line(), x, y)
    assert np.abs(np.array(fitted.weights)).max() <= 0.75 + 1e-9


def test_with_little_or_one_sided_evidence_nothing_moves() -> None:
    x, y = planted((-0.5, 1.5), 60)
    assert fit(line(), x, y) == line()
    x, y = planted((-0.5, 1.5), 500)
    assert fit(line(), x, np.zeros(500)) == line()


def test_what_is_no_better_on_unseen_turns_is_not_taken() -> None:
    right = line(weights=(-0.5, 1.5))
    x, y = planted((-0.5, 1.5), 2000)
    dice = np.random.default_rng(0)
    days = [f"day {at // 10}" for at in range(2000)]
    # the labels of the turns that are learned from are noise; those held out are true
    noisy = y.copy()
    for at, day in enumerate(days):
        if int(day.split()[1]) % 5:
            noisy[at] = dice.random()
    assert fit(right, x, noisy, days, step=5.0, pull=0.1) == right


def journal(make_turn: Any, days: int) -> list[Judged]:
    """Return turns of a home in which doubtful readings go wrong, and are switched back by hand."""
    found = []
    dice = np.random.default_rng(11)
    for at in range(days * 12):
        wrong = at % 4 == 0
        sure = float(dice.uniform(0.55, 0.75) if wrong else dice.uniform(0.7, 0.95))
        turn = make_turn(
            f"t{at}", f"words number {at}", at_s=1.8e9 + at * 7200.0, probability=sure, margin=sure
        )
        kinds = (K.BY_HAND, K.CORRECTION) if wrong else (K.KEPT, K.SILENCE)
        said = [Signal(turn.turn_id, kind, turn.at_s + 20.0) for kind in kinds]
        later = (later_of(turn, "no the other one"),) if wrong else ()
        found.append(Judged(turn, later, said))
    return found


def test_a_hub_learns_its_own_doubts_from_what_followed(make_turn: Any) -> None:
    judged = journal(make_turn, 40)
    learned = JUDGE.learned(judged)
    assert learned == JUDGE.learned(judged)
    assert learned.post == JUDGE.post
    assert learned.labels != JUDGE.labels
    wrong, right = (make_turn(heard="new", probability=p, margin=p) for p in (0.6, 0.9))
    gap = learned.before(wrong) - learned.before(right)
    assert gap > JUDGE.before(wrong) - JUDGE.before(right)
    assert JUDGE.learned(judged[:20]).pre == JUDGE.pre
    assert JUDGE.learned([]) == JUDGE
    assert JUDGE.learned(judged[:60]) == JUDGE


def test_a_label_model_that_foretells_unseen_days_worse_is_not_taken(make_turn: Any) -> None:
    """On every fifth day, those that are held out, signals are as shipped; on the others they are not."""
    found = []
    for at, item in enumerate(journal(make_turn, 60)):
        day = int(item.turn.at_s // defect.DAY_S) - int(1.8e9 // defect.DAY_S)
        odd = day % 5 != 0
        kinds = (K.THANKS, K.REPEAT, K.KEPT) if odd else (() if at % 5 else (K.CORRECTION,))
        said = [Signal(item.turn.turn_id, kind, item.turn.at_s + 5.0) for kind in kinds]
        found.append(Judged(item.turn, (), said))
    assert JUDGE.learned(found).labels == LabelModel()
    assert JUDGE.learned(journal(make_turn, 60)).labels != LabelModel()


def test_a_judge_is_plain_data_and_a_hostile_one_is_tamed() -> None:
    assert Judge.from_document(JUDGE.as_document()).pre == JUDGE.pre
    hostile = JUDGE.as_document()
    hostile["pre"] = {"weights": dict.fromkeys(PRE, -99.0), "slope": -5.0, "offset": -99.0}
    hostile["post"] = {"weights": dict.fromkeys(POST, -99.0), "slope": -5.0, "offset": -99.0}
    tamed = Judge.from_document(hostile)
    for name, value, origin in zip(PRE, tamed.pre.weights, JUDGE.pre.weights, strict=True):
        assert abs(value - origin) <= 0.75 + 1e-9, name
    assert tamed.pre.slope > 0
    assert tamed.post == JUDGE.post
    wrong: dict[str, Any]
    for wrong in ({}, {"labels": {}, "pre": {}}, {**JUDGE.as_document(), "pre": 3}):
        with pytest.raises(DataError):
            Judge.from_document(wrong)
    nan = JUDGE.as_document()
    nan["pre"] = {**nan["pre"], "slope": float("nan")}
    with pytest.raises(DataError):
        Judge.from_document(nan)


def test_the_shipped_models_have_a_weight_for_each_feature() -> None:
    pre, post = defect.shipped()
    assert (pre.names, post.names) == (PRE, POST)
    assert len(pre.weights) == len(PRE)
    assert all(map(math.isfinite, post.weights))
