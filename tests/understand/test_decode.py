"""Best paths, spans and clauses."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, strategies as st

from hubagent.understand.decode import best_path, clause_spans, spans_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


def words_of(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each word; commas are words of their own."""
    spans, position = [], 0
    for word in text.replace(",", " ,").split():
        start = text.index(word, position)
        position = start + len(word)
        spans.append((start, position))
    return spans


def allowed(path: tuple[int, ...]) -> bool:
    """Whether every I follows its own B or I."""
    before = (0, *path)
    return all(
        state == 0 or state % 2 == 1 or before[index] in (state, state - 1)
        for index, state in enumerate(path)
    )


@given(st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_the_path_is_the_best_of_all_allowed_ones(words: int, seed: int) -> None:
    scores = np.random.default_rng(seed).normal(size=(words, 5)).astype(np.float32)
    path = best_path(scores)

    def total(states: tuple[int, ...]) -> float:
        return float(sum(scores[index, state] for index, state in enumerate(states)))

    best = max(filter(allowed, itertools.product(range(5), repeat=words)), key=total)
    assert allowed(tuple(path))
    assert total(tuple(path)) == pytest.approx(total(best), abs=1e-5)


def test_no_words_have_no_path() -> None:
    assert best_path(np.zeros((0, 5), dtype=np.float32)) == []


def one_hot(*states: int) -> NDArray[np.float32]:
    scores = np.zeros((len(states), 7), dtype=np.float32)
    scores[range(len(states)), states] = 9.0
    return scores


def test_two_slots_of_one_tag_side_by_side_stay_two() -> None:
    words = [(0, 3), (4, 7), (8, 11)]
    assert spans_of(best_path(one_hot(1, 1, 2)), words) == [(0, 3, 0), (4, 11, 0)]


def test_an_inside_without_a_beginning_is_not_believed() -> None:
    path = best_path(one_hot(0, 4, 4))
    assert path[1] != 4 or path[0] == 3


def test_linking_words_belong_to_no_clause() -> None:
    text = "lights on, and then close the blinds"
    words = words_of(text)
    starts = [0.0] * len(words)
    starts[words.index((text.index("close"), text.index("close") + 5))] = 0.9
    spans = clause_spans(text, words, starts, 0.5)
    assert [text[start:end] for start, end in spans] == ["lights on", "close the blinds"]


def test_a_start_at_the_link_gives_the_same_clauses() -> None:
    text = "lights on and close the blinds"
    words = words_of(text)
    starts = [0.0, 0.0, 0.9, 0.0, 0.0, 0.0]
    spans = clause_spans(text, words, starts, 0.5)
    assert [text[start:end] for start, end in spans] == ["lights on", "close the blinds"]


def test_only_links_make_no_clause() -> None:
    assert clause_spans("and then", [(0, 3), (4, 8)], [0.0, 0.9], 0.5) == []
    assert clause_spans("", [], [], 0.5) == []


@pytest.mark.parametrize(
    ("text", "seen", "clauses"),
    [
        ("den lamp off and hall lamp on", (), ["den lamp off", "hall lamp on"]),
        ("blinds down , fan off , tv on", (), ["blinds down", "fan off", "tv on"]),
        ("turn off the hall and kitchen lights", (5,), ["turn off the hall and kitchen lights"]),
        (
            "is the gate shut and locked down there",
            (5,),
            ["is the gate shut and locked down there"],
        ),
        ("lock the gate and the lamp on", (5,), ["lock the gate", "the lamp on"]),
        ("is it on and what time is it", (4,), ["is it on", "what time is it"]),
    ],
)
def test_where_the_words_make_it_plain_no_guess_decides(
    text: str, seen: tuple[int, ...], clauses: list[str]
) -> None:
    words = [(match.start(), match.end()) for match in re.finditer(r"\S+", text)]
    starts = [0.9 if index in seen else 0.1 for index in range(len(words))]
    found = clause_spans(text, words, starts, 0.5)
    assert [text[start:end] for start, end in found] == clauses
