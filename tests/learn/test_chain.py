"""The absorbing chain against the formula of the paper, computed densely."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from hubagent.learn.chain import solve

WEIGHTS = st.floats(0, 30)
Edges = list[tuple[int, int, float]]


@st.composite
def chains(draw: st.DrawFn) -> tuple[Edges, list[float], list[float], float]:
    states = draw(st.integers(1, 7))
    state = st.integers(0, states - 1)
    ends = st.lists(WEIGHTS, min_size=states, max_size=states)
    edges = draw(st.lists(st.tuples(state, state, WEIGHTS), max_size=20))
    return edges, draw(ends), draw(ends), draw(st.floats(1, 5))


@settings(max_examples=60, deadline=None)
@given(chains())
def test_rows_are_those_of_the_fundamental_matrix(
    chain: tuple[Edges, list[float], list[float], float],
) -> None:
    edges, good, bad, pessimism = chain
    states = len(good)
    counts = np.zeros((states, states))
    for source, target, count in edges:
        counts[source, target] += count
    leaving = counts.sum(1) + good + bad + pessimism
    visits = np.linalg.inv(np.eye(states) - counts / leaving[:, None])
    exact = visits * (np.array(good) / leaving)
    rows = range(states)
    for outlook in solve(edges, good, bad, rows=rows, pessimism=pessimism, keep=states):
        found = [outlook.chance(target) for target in range(states)]
        np.testing.assert_allclose(found, exact[outlook.state], atol=2e-6)
        assert outlook.success == pytest.approx(exact[outlook.state].sum(), abs=2e-6)


def test_the_second_wording_is_where_the_first_one_ends() -> None:
    # "play maj and dragons" fails; people then say "play imagine dragons", which works.
    maj, imagine, weather = range(3)
    good, bad = [0.0, 20.0, 30.0], [2.0, 1.0, 0.0]
    edges = [(maj, imagine, 9.0), (maj, weather, 1.0)]
    (outlook,) = solve(edges, good, bad, rows=[maj], keep=2)
    assert outlook.targets[0][0] == imagine
    assert outlook.chance(imagine) / outlook.success > 0.8
    assert outlook.chance(maj) == 0


def test_who_is_seldom_seen_promises_little() -> None:
    thin, thick = solve([], [1.0, 100.0], [0.0, 0.0], rows=[0, 1])
    assert thin.success == pytest.approx(0.5)
    assert thick.success == pytest.approx(100 / 101)
    doubtful, _ = solve([], [1.0, 100.0], [0.0, 0.0], rows=[0, 1], pessimism=4.0)
    assert doubtful.success == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("edges", "good", "rows", "pessimism"),
    [
        ([(0, 2, 1.0)], [1.0, 1.0], [0], 1.0),
        ([(-1, 1, 1.0)], [1.0, 1.0], [0], 1.0),
        ([(0, 1, -1.0)], [1.0, 1.0], [0], 1.0),
        ([(0, 1, math.nan)], [1.0, 1.0], [0], 1.0),
        ([], [1.0, math.inf], [0], 1.0),
        ([], [1.0, 1.0], [2], 1.0),
        ([], [1.0, 1.0], [-1], 1.0),
        ([], [1.0, 1.0], [0], 0.5),
        ([], [1.0], [0], 1.0),
    ],
)
def test_what_is_no_chain_is_refused(
    edges: Edges, good: list[float], rows: list[int], pessimism: float
) -> None:
    with pytest.raises(ValueError, match=r"state|pessimism"):
        solve(edges, good, [0.0, 0.0], rows=rows, pessimism=pessimism)
