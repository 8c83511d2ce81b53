"""A poisoned table with a valid signature: no row of it does harm."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from hubagent.errors import DataError
from hubagent.receiving import objection
from hubagent.sync.check import MOST_TARGETS, UNUSABLE, checked
from hubagent.sync.scrub import public_words
from hubagent.wire import Rewrite

GOOD = Rewrite("put on the {name}", "turn on the {name}", 240, 7)
MANY = tuple(
    Rewrite(f"{verb} on the {thing}", f"turn on the {thing}", 240, 7)
    for verb in ("put", "flip", "get")
    for thing in ("heater", "tv", "fan", "radio", "kettle", "vacuum", "speaker", "fans")
)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (replace(GOOD, dst="turn off the {name}"), "polarity"),
        (replace(GOOD, dst="unlock the front door"), "sensitive"),
        (replace(GOOD, dst="open the garage door"), "sensitive"),
        (replace(GOOD, src="good night {name}", dst="disarm the alarm {name}"), "sensitive"),
        (replace(GOOD, dst="turn on marlene"), "a word that is not public"),
        (replace(GOOD, src="put on marlene"), "a word that is not public"),
        (replace(GOOD, src="put on the {x}"), UNUSABLE),
        (replace(GOOD, src="put on {media}", dst="play {media}"), UNUSABLE),
        (replace(GOOD, dst="turn the {name} to {n}"), "a target with a name that was not said"),
        (
            replace(GOOD, dst="turn on the {name} in the {area}"),
            "a target with a name that was not said",
        ),
        (replace(GOOD, dst="turn on the {x}"), "a target with a name that was not said"),
        (replace(GOOD, src="{name} {area}"), "a source or target of nothing but gaps or repeats"),
        (
            replace(GOOD, src="{name} and {name} on"),
            "a source or target of nothing but gaps or repeats",
        ),
        (replace(GOOD, support=3), "too few homes"),
        (replace(GOOD, p=100), "likelier to fail than to do"),
        (
            replace(GOOD, dst="turn on on on on on on {name}"),
            "a source or target of nothing but gaps or repeats",
        ),
    ],
)
def test_a_row_that_must_not_be_used_is_left_out_with_its_reason(row: Rewrite, why: str) -> None:
    found = checked((*MANY, row), objection)
    assert found.refused == {why: 1}
    assert set(found.rows) == set(MANY)


def test_a_table_that_would_do_harm_is_not_used_at_all() -> None:
    evil = [replace(row, dst="unlock the front door") for row in MANY[:4]]
    with pytest.raises(DataError, match="would do harm"):
        checked((*MANY, *evil), objection)


def test_requests_as_such_are_kept_and_lead_to_no_rewrite() -> None:
    asks = Rewrite("turn on the {name}", "turn on the {name}", 100, 9)
    assert set(checked((GOOD, asks), objection).rows) == {GOOD, asks}


def test_no_row_leads_to_another() -> None:
    second = Rewrite("turn on the {name}", "switch on the {name}", 240, 7)
    found = checked((GOOD, second), objection)
    assert found.rows == (second,)
    circle = Rewrite("turn on the {name}", "put on the {name}", 240, 7)
    assert checked((GOOD, circle), objection).rows == ()


def test_of_many_targets_the_likeliest_stay() -> None:
    verbs = ("turn", "switch", "start", "bring", "power", "get")
    rows = [
        Rewrite("put on the {name}", f"{verb} on the {{name}}", 200 + n, 7)
        for n, verb in enumerate(verbs)
    ]
    found = checked(rows, lambda _source, _target: "")
    assert [row.p for row in found.rows] == [205, 204, 203, 202]
    assert found.refused == {"too many targets": len(verbs) - MOST_TARGETS}


@given(
    st.lists(
        st.builds(
            Rewrite,
            st.lists(st.sampled_from([*sorted(public_words()), "{name}", "{x}", "zoltan"]), min_size=1, max_size=5).map(" ".join),
            st.lists(st.sampled_from(["unlock", "the", "door", "turn", "off", "{area}", "{name}"]), min_size=1, max_size=5).map(" ".join),
            st.integers(0, 255),
            st.integers(0, 255),
        ),
        max_size=30,
    )
)  # fmt: skip
def test_whatever_comes_every_row_that_stays_is_harmless(rows: list[Rewrite]) -> None:
    try:
        found = checked(rows, objection)
    except DataError:
        return
    sources = {row.src for row in found.rows if row.dst != row.src}
    for row in found.rows:
        assert row.src == row.dst or not objection(row.src, row.dst)
        assert row.src == row.dst or row.dst not in sources
        assert "zoltan" not in row.src
        assert {gap for gap in row.dst.split() if gap[0] == "{"} <= set(row.src.split())
