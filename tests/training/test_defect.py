"""Training of the defect models: from real lives to weights, in the small."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest

from hubagent.feedback.defect import POST, PRE
from hubagent.households.population import Setting
from hubagent.training import defect


@pytest.fixture(scope="module")
def homes() -> list[tuple[defect.Case, ...]]:
    return list(defect.collect(Setting(6, 3, 5, people="defect-tests")))


def test_lives_give_turns_with_truth_and_signals(homes: list[tuple[defect.Case, ...]]) -> None:
    cases = [case for home in homes for case in home]
    assert {case.home for case in cases} == set(range(6))
    assert {True, False} <= {case.wrong for case in cases}
    kinds = {signal.kind.value for case in cases for signal in case.signals}
    assert {"silence", "kept", "unhandled"} <= kinds


def test_weights_come_out_and_tell_right_from_wrong(homes: list[tuple[defect.Case, ...]]) -> None:
    found = defect.rows(homes, close=0.0, unheard=0.0, seed=1)
    assert found.pre.shape == (len(found.wrong), len(PRE))
    assert found.post.shape == (len(found.wrong), len(POST))
    pre, post = defect.train(found)
    figures = defect.report(found, pre, post)
    assert figures["post"]["auc"] > figures["pre"]["auc"] > 0.5
    table = tomllib.loads(defect.as_toml(pre, post))
    assert list(table["post"]["weights"]) == list(POST)


def test_what_is_moved_close_is_heard_as_the_next_turn(
    homes: list[tuple[defect.Case, ...]],
) -> None:
    at = POST.index("next")
    apart, close = (defect.rows(homes, close=share, unheard=1.0, seed=1) for share in (0.0, 1.0))
    assert close.post[:, at].mean() > apart.post[:, at].mean() + 0.3
    assert close.pre[:, PRE.index("no_confidence")].all()


def test_measures_on_known_scores() -> None:
    wrong = np.array([0.0, 1.0] * 50)
    right = defect.measure(np.where(wrong == 1, 0.99, 0.01), wrong)
    assert (right["auc"], right["pr_auc"]) == (1.0, 1.0)
    assert right["ece"] == pytest.approx(0.01)
    assert defect.measure(np.full(100, 0.5), wrong)["auc"] == 0.5
    assert defect.measure(np.full(100, 0.5), wrong)["ece"] == pytest.approx(0.0, abs=1e-9)
