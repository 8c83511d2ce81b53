"""The label model: laws that hold for any signals, and accuracies that were planted."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from hubagent.errors import DataError
from hubagent.evidence import JournalTurn, Signal, SignalKind as K
from hubagent.feedback.labels import FUNCTIONS, LabelModel, votes
from hubagent.types import Decision, TurnId

AGAINST = [K.REPHRASE, K.BARGE_IN, K.REPEAT, K.CORRECTION, K.CANCEL, K.UNDO, K.BY_HAND]
FOR = [K.KEPT, K.THANKS, K.SILENCE]
MODEL = LabelModel()


def signal(kind: K, strength: float = 1.0) -> Signal:
    return Signal(TurnId("t"), kind, 0.0, strength)


signals = st.lists(st.builds(signal, st.sampled_from(list(K)), st.floats(0.0, 1.0)), max_size=8)


@pytest.fixture(scope="module")
def turn(make_turn: Any) -> JournalTurn:
    made: JournalTurn = make_turn()
    return made


@given(found=signals, data=st.data())
def test_the_order_of_signals_does_not_matter(
    turn: JournalTurn, found: list[Signal], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(found))
    assert MODEL.probability(turn, found) == MODEL.probability(turn, shuffled)


@given(found=signals, kind=st.sampled_from(AGAINST), strength=st.floats(0.0, 1.0))
def test_more_against_a_turn_never_makes_it_better(
    turn: JournalTurn, found: list[Signal], kind: K, strength: float
) -> None:
    more = [*found, signal(kind, strength)]
    assert MODEL.probability(turn, more) >= MODEL.probability(turn, found) - 1e-12


@given(found=signals, kind=st.sampled_from(FOR), strength=st.floats(0.0, 1.0))
def test_more_for_a_turn_never_makes_it_worse(
    turn: JournalTurn, found: list[Signal], kind: K, strength: float
) -> None:
    more = [*found, signal(kind, strength)]
    assert MODEL.probability(turn, more) <= MODEL.probability(turn, found) + 1e-12


@given(found=signals)
def test_a_soft_label_is_a_probability_and_never_sure(
    turn: JournalTurn, found: list[Signal]
) -> None:
    assert 0.0 < MODEL.probability(turn, found) < 1.0


def test_the_weights_start_as_the_sheet_says() -> None:
    strengths = {item.name: item.strength for item in FUNCTIONS}
    assert strengths["correction"] > strengths["by_hand"] > strengths["broken_off"]
    for function, (wrong, right) in zip(FUNCTIONS, MODEL.rates, strict=True):
        accuracy = max(wrong, right) / (wrong + right)
        assert accuracy == pytest.approx((1 + function.strength) / 2)
        assert (wrong > right) is function.against


def test_interruption_and_rephrase_count_once(turn: JournalTurn) -> None:
    both = MODEL.probability(turn, [signal(K.BARGE_IN), signal(K.REPHRASE)])
    assert both == MODEL.probability(turn, [signal(K.REPHRASE)])
    assert both > MODEL.probability(turn, [signal(K.BARGE_IN)])


# --- traps ----------------------------------------------------------------------------------------


def unchanged(turn: JournalTurn, *kinds: K) -> bool:
    return all(
        MODEL.probability(turn, [signal(kind)]) == MODEL.probability(turn, []) for kind in kinds
    )


def test_signs_that_mean_nothing_on_such_a_turn(make_turn: Any) -> None:
    music = make_turn(intent="HassMediaSearchAndPlay")
    assert unchanged(music, K.BARGE_IN, K.CANCEL)
    assert not unchanged(music, K.REPHRASE)
    assert unchanged(make_turn(intent="HassSetVolumeRelative"), K.REPEAT)
    asked = make_turn(decision=Decision.ASK, done=())
    assert unchanged(asked, K.BARGE_IN, K.SILENCE, K.THANKS)
    assert not unchanged(asked, K.NO, K.YES)
    refused = make_turn(decision=Decision.REFUSE, done=(), reason="not_understood")
    assert unchanged(refused, K.SILENCE, K.THANKS, K.KEPT, K.BY_HAND, K.NO, K.YES)
    assert not unchanged(refused, K.UNHANDLED, K.REPEAT, K.REPHRASE)
    assert unchanged(make_turn(), K.YES, K.NO)


def test_what_is_sure_is_sure(make_turn: Any) -> None:
    turn = make_turn()
    assert MODEL.probability(turn, []) < 0.35
    assert MODEL.probability(turn, [signal(K.KEPT), signal(K.SILENCE)]) < 0.1
    assert MODEL.probability(turn, [signal(K.CORRECTION)]) > 0.8
    assert MODEL.probability(turn, [signal(K.BY_HAND), signal(K.REPHRASE)]) > 0.9
    refused = make_turn(decision=Decision.REFUSE, done=(), reason="unknown_name")
    assert MODEL.probability(refused, [signal(K.UNHANDLED)]) > 0.8


# --- EM -------------------------------------------------------------------------------------------


def planted(rates: dict[str, tuple[float, float]], prior: float, count: int) -> tuple[Any, Any]:
    """Return truth and votes of turns made with known rates."""
    dice = np.random.default_rng(7)
    wrong = dice.random(count) < prior
    rows = []
    for truth in wrong:
        row = []
        for function in FUNCTIONS:
            rate = rates.get(function.name, function.rates())[0 if truth else 1]
            row.append(float(dice.random() < rate))
        rows.append(tuple(row))
    return wrong, rows


def test_planted_accuracies_are_recovered() -> None:
    rates = {
        "broken_off": (0.60, 0.12),
        "repeat": (0.35, 0.11),
        "by_hand": (0.40, 0.02),
        "kept": (0.20, 0.80),
        "silence": (0.25, 0.60),
    }
    truth, rows = planted(rates, 0.3, 6000)
    fitted = LabelModel().fit(rows)
    assert fitted.prior == pytest.approx(0.3, abs=0.03)
    found = dict(zip((item.name for item in FUNCTIONS), fitted.rates, strict=True))
    for name, (wrong, right) in rates.items():
        assert found[name][0] == pytest.approx(wrong, abs=0.05), name
        assert found[name][1] == pytest.approx(right, abs=0.05), name
    before, after = (
        np.mean([(1 / (1 + math.exp(-(math.log(m.prior / (1 - m.prior)) + m.evidence(row)))) - y) ** 2
                 for row, y in zip(rows, truth, strict=True)])
        for m in (LabelModel(), fitted)
    )  # fmt: skip
    assert after < before


def test_no_journal_is_the_sheet_and_a_small_one_hardly_moves_it() -> None:
    assert LabelModel().fit([]) == LabelModel()
    _, rows = planted({"by_hand": (0.9, 0.01)}, 0.2, 12)
    moved = LabelModel().fit(rows)
    for one, other in zip(LabelModel().rates, moved.rates, strict=True):
        assert one == pytest.approx(other, abs=0.15)


def test_a_poisoned_journal_cannot_turn_a_sign_round() -> None:
    speaks = {item.name: (0.01, 0.9) if item.against else (0.9, 0.01) for item in FUNCTIONS}
    _, rows = planted(speaks, 0.5, 3000)
    for function, (wrong, right) in zip(FUNCTIONS, LabelModel().fit(rows).rates, strict=True):
        weight = math.log(wrong / right)
        assert weight * function.weight > 0
        assert 0.5 - 1e-9 <= weight / function.weight <= 2 + 1e-9


def test_a_function_that_does_not_apply_says_nothing(make_turn: Any) -> None:
    spoken = votes(make_turn(decision=Decision.REFUSE, done=(), reason="not_understood"), [])
    by_name = dict(zip((item.name for item in FUNCTIONS), spoken, strict=True))
    assert by_name["kept"] is None
    assert by_name["unhandled"] == 0.0


def test_a_model_is_plain_data_and_bad_data_is_refused() -> None:
    _, rows = planted({}, 0.2, 500)
    fitted = LabelModel().fit(rows)
    again = LabelModel.from_document(fitted.as_document())
    assert again.prior == fitted.prior
    for one, other in zip(again.rates, fitted.rates, strict=True):
        assert one == pytest.approx(other)
    for bad in (
        {},
        {"prior": "x", "rates": {}},
        {"prior": 0.2, "rates": {"kept": [1]}},
        {"prior": 0.1, "rates": 3},
    ):
        with pytest.raises(DataError):
            LabelModel.from_document(bad)
    hostile = LabelModel.from_document({"prior": 9.0, "rates": {"kept": [0.9, 0.0]}})
    assert hostile.prior <= 0.6
    assert hostile.rates[8][0] < hostile.rates[8][1]
