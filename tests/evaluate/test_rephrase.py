"""The comparison of the rephrase detector with its rivals: scores, choices, and a whole report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, strategies as st

from hubagent.evaluate.rephrase import RephraseReport, compare
from hubagent.evaluate.rephrase_rivals import Choice, Rivals, choose, score
from hubagent.evaluate.report import read_figures
from hubagent.evaluate.run import Report
from hubagent.learn.picture import COLUMNS, WIDTH, Picture
from hubagent.training.rephrase_examples import Example

if TYPE_CHECKING:
    from numpy.typing import NDArray

ANSWERS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=40)


def answers(pairs: list[tuple[int, int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    both = np.array(pairs)
    return both[:, 0], both[:, 1]


def test_a_wrong_turn_costs_precision_and_recall() -> None:
    found = score(np.array([0, 0, 2, 1, 3]), np.array([0, 1, 2, 2, 0]))
    assert (found.precision, found.recall) == pytest.approx((1 / 3, 1 / 3))
    assert found.exact == pytest.approx(2 / 5)
    assert (found.none_precision, found.none_recall) == (0.5, 0.5)


@given(ANSWERS)
def test_scores_are_shares_and_f1_is_the_harmonic_mean(pairs: list[tuple[int, int]]) -> None:
    found = score(*answers(pairs))
    shares = (found.f1, found.precision, found.recall, found.exact, found.none_precision)
    assert all(0.0 <= share <= 1.0 for share in shares)
    if found.precision + found.recall:
        mean = 2 * found.precision * found.recall / (found.precision + found.recall)
        assert found.f1 == pytest.approx(mean)


@given(ANSWERS)
def test_the_right_answers_are_perfect(pairs: list[tuple[int, int]]) -> None:
    truth, _ = answers(pairs)
    assert score(truth, truth).exact == 1.0


def test_a_choice_takes_the_best_or_the_last_above_its_threshold() -> None:
    scores = np.array([0.9, 0.1, 0.7], np.float32)
    assert Choice(0.5, last=False).of(scores) == 1
    assert Choice(0.5, last=True).of(scores) == 3
    assert Choice(0.95, last=True).of(scores) == 0


def test_what_is_chosen_is_at_least_as_good_as_any_simple_threshold() -> None:
    dice = np.random.default_rng(2)
    truth = dice.integers(0, 4, 60)
    scores = [dice.random(3).astype(np.float32) + (np.arange(1, 4) == answer) * 0.4
              for answer in truth]  # fmt: skip
    chosen = choose(truth, scores)
    best = score(truth, np.array([chosen.of(item) for item in scores])).f1
    for threshold in (0.3, 0.6, 0.9):
        other = score(truth, np.array([Choice(threshold, last=False).of(s) for s in scores])).f1
        assert best >= other - 0.02


def made(household: str, answer: int, dice: np.random.Generator) -> Example:
    embeddings = dice.normal(size=(4, WIDTH)).astype(np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    seen = Picture(embeddings, dice.random((4, COLUMNS)).astype(np.float32))
    return Example(
        household, "a", ("b", "c", "d"), seen, answer, (False,) * 3, answer + 1, "failed"
    )


def test_a_report_is_whole() -> None:
    rivals = Rivals.load()
    dice = np.random.default_rng(1)
    found = [made(f"home {at % 4}", at % 3, dice) for at in range(24)]
    part = compare("drawn", found, rivals)
    assert part.requests == 24
    assert part.none == pytest.approx(1 / 3)
    assert len(part.seeds["contextual"]) == len(part.seeds["pairwise"]) >= 3
    assert part.gain[1] <= part.gain[0] <= part.gain[2]
    report = RephraseReport((part,), (100.0, 200.0))
    for heads, *rows in report.tables().values():
        assert {len(row) for row in rows} == {len(heads)}
    run = Report({"rephrase": report})
    assert read_figures(run.as_json())["rephrase: a judgement us"].value == 100.0
    assert len(report.not_right()[0]) == 4
