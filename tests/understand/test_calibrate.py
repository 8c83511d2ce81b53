"""Temperatures and the calibration error."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from hubagent.understand.calibrate import (
    calibration_error,
    fit_temperature,
    negative_log_likelihood,
    sigmoid,
    softmax,
    sum_by_name,
)


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=8), st.floats(0.2, 5.0))
def test_probabilities_sum_to_one_and_keep_the_order(logits: list[float], heat: float) -> None:
    values = np.array(logits, dtype=np.float32)
    probabilities = softmax(values, heat)
    assert probabilities.sum() == pytest.approx(1.0)
    assert probabilities[int(values.argmax())] == probabilities.max()


@pytest.mark.parametrize("heat", [0.5, 1.0, 2.5])
def test_the_temperature_that_made_the_logits_is_found(heat: float) -> None:
    random = np.random.default_rng(7)
    honest = random.normal(scale=2.0, size=(4000, 5))
    truth = np.array([random.choice(5, p=softmax(row)) for row in honest.astype(np.float32)])
    fitted = fit_temperature((honest * heat).astype(np.float32), truth)
    assert fitted == pytest.approx(heat, rel=0.15)


def test_an_honest_model_has_no_error_and_a_boaster_has() -> None:
    sure = np.full(100, 0.8)
    right = np.arange(100) < 80
    assert calibration_error(sure, right) == pytest.approx(0.0)
    assert calibration_error(np.full(100, 0.99), right) == pytest.approx(0.19)
    assert calibration_error(np.zeros(0), np.zeros(0, dtype=np.bool_)) == 0.0


def test_a_logit_of_nought_is_even_odds() -> None:
    assert sigmoid(0.0) == 0.5
    assert sigmoid(-800.0) == pytest.approx(0.0)


def test_classes_of_one_public_name_are_judged_together() -> None:
    """Two classes that share a name and the doubt between them are no doubt about the name."""
    names = np.array([0, 0, 1, -1])
    logits = np.array([[3.0, 3.0, 0.0, 3.0]], dtype=np.float32)
    summed = sum_by_name(softmax(logits), names)
    assert summed.shape == (1, 2)
    assert 0.6 < summed[0, 0] < 0.7
    truth = np.array([0])
    together = negative_log_likelihood(logits, truth, 1.0, names)
    assert together == pytest.approx(-np.log(summed[0, 0]))
    assert together < negative_log_likelihood(logits, truth, 1.0)
