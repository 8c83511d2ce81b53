"""Which transitions leave: seen twice on two days, at most 20 an epoch, none twice."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, strategies as st

from hubagent.evidence import Request, SignalKind, Transition
from hubagent.sync.choose import DAY_S, MOST_AN_EPOCH, chosen, name_of
from hubagent.wire import FAIL, SUCCESS, Row, Sign, epoch_of, epoch_starts_s

EPOCH = 2900
MONDAY_S = epoch_starts_s(EPOCH)
LOT = bytes(32)
STEP = Transition(
    MONDAY_S,
    Request("lights of"),
    Request("lights off"),
    0.1,
    frozenset({SignalKind.REPHRASE}),
    False,
)


def _choose(
    *transitions: Transition,
    sent: frozenset[str] = frozenset(),
    epoch: int = EPOCH,
    lot: bytes = LOT,
) -> tuple[Row, ...]:
    return chosen(transitions, lambda request: request.words, epoch=epoch, sent=sent, lot=lot)


def _on(day: float, step: Transition = STEP) -> Transition:
    return replace(step, at_s=MONDAY_S + day * DAY_S)


def test_once_or_on_one_day_is_not_enough() -> None:
    assert _choose(_on(0)) == ()
    assert _choose(_on(0.1), _on(0.2), _on(0.3)) == ()
    assert _choose(_on(0.1), _on(1.1)) == (Row("lights of", "lights off", 2, Sign.REPHRASE),)


def test_earlier_weeks_make_it_usual_but_only_this_one_counts() -> None:
    assert _choose(_on(-9), _on(0.5)) == (Row("lights of", "lights off", 1, Sign.REPHRASE),)
    assert _choose(_on(-9), _on(-8)) == ()
    assert _choose(_on(-6), _on(-5), epoch=EPOCH - 1) == (
        Row("lights of", "lights off", 2, Sign.REPHRASE),
    )


def test_what_is_often_said_counts_three_times_at_most() -> None:
    assert _choose(*(_on(day / 10) for day in range(40)))[0].n == 3


def test_a_dialogue_that_ends_ends_well_or_badly() -> None:
    last = replace(STEP, after=None, signals=frozenset({SignalKind.CANCEL, SignalKind.BARGE_IN}))
    assert _choose(_on(0, last), _on(1, last)) == (
        Row("lights of", FAIL, 2, Sign.TERMINATE | Sign.BARGE_IN),
    )
    kept = replace(last, good=0.9, signals=frozenset({SignalKind.KEPT}))
    assert _choose(_on(0, kept), _on(1, kept)) == (Row("lights of", SUCCESS, 2, Sign.ACCEPT),)


def test_a_turn_of_the_global_table_is_told_apart() -> None:
    used = replace(STEP, after=None, rewritten=True)
    assert _choose(_on(0, used), _on(1, used), _on(0), _on(1)) != ()
    assert {row.rewritten for row in _choose(_on(0, used), _on(1, used), _on(0), _on(1))} == {
        True,
        False,
    }


def test_what_must_not_leave_takes_its_transition_with_it() -> None:
    both = [_on(0), _on(1)]
    for secret in ("lights of", "lights off"):
        rows = chosen(
            both,
            lambda request, secret=secret: None if request.words == secret else request.words,  # type: ignore[misc]
            epoch=EPOCH,
            sent=frozenset(),
            lot=LOT,
        )
        assert rows == ()


def test_words_that_become_the_same_are_no_transition() -> None:
    rows = chosen([_on(0), _on(1)], lambda _: "lights {x}", epoch=EPOCH, sent=frozenset(), lot=LOT)
    assert rows == ()


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 6)), max_size=400),
    st.binary(min_size=32, max_size=32),
)
def test_a_home_tells_at_most_twenty_in_an_epoch_and_none_twice(
    said: list[tuple[int, int]], lot: bytes
) -> None:
    told: set[str] = set()
    for today in range(7):
        steps = [
            _on(day, replace(STEP, source=Request(f"words {number}")))
            for number, day in said
            if day <= today
        ]
        rows = _choose(*steps, sent=frozenset(told), lot=lot)
        assert rows == _choose(*steps, sent=frozenset(told), lot=lot)
        names = {name_of(row) for row in rows}
        assert len(names) == len(rows)
        assert not names & told
        told |= names
        for row in rows:
            days = {day for number, day in said if row.src == f"words {number}" and day <= today}
            assert len(days) >= 2
    assert len(told) <= MOST_AN_EPOCH


def test_of_many_the_lot_decides_and_what_is_often_said_is_likelier() -> None:
    often = [
        _on(d / 2, replace(STEP, source=Request(f"often {n}"))) for n in range(30) for d in range(4)
    ]
    seldom = [
        _on(d, replace(STEP, source=Request(f"seldom {n}"))) for n in range(30) for d in (-9, 1)
    ]
    drawn = [
        row.src.split()[0]
        for number in range(40)
        for row in _choose(*often, *seldom, lot=number.to_bytes(32))
    ]
    assert len(drawn) == 40 * MOST_AN_EPOCH
    assert drawn.count("seldom") > 0
    assert drawn.count("often") > 2 * drawn.count("seldom")


def test_weeks_of_rows_are_those_of_the_wire() -> None:
    assert epoch_of(MONDAY_S) == EPOCH
