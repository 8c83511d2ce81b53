"""Other names of things: which words are one, and the contract of every learner."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from hubagent.errors import DataError
from hubagent.learn.aliases import (
    MOST_NEW,
    Alias,
    Mending,
    as_text,
    from_rows,
    kept,
    learned,
    named_otherwise,
    one_thing,
)  # fmt: skip
from hubagent.learn.gather import End
from hubagent.learn.life import DAY_S
from hubagent.types import EntityId

START_S = 1_767_268_800.0
FAN, LAMP = EntityId("fan.nursery"), EntityId("light.desk")


def mending(name: str, thing: EntityId, day: float, verb: str = "turn on") -> Mending:
    called = {FAN: "nursery fan", LAMP: "desk lamp"}[thing]
    return Mending(
        f"{verb} the {name}", f"{verb} the {called}", f"hassturnon|{thing}|x", START_S + day * DAY_S
    )


def names(
    mendings: list[Mending], known: list[Alias] | None = None, free: bool = True
) -> dict[str, str]:
    found = learned(known or [], mendings, now_s=START_S, is_free=lambda _name, _thing: free)
    return {alias.name: alias.entity_id for alias in found}


@pytest.mark.parametrize(
    ("words", "target", "name"),
    [
        ("turn on the chopper", "turn on the nursery fan", "chopper"),
        ("set the big bertha to 40 percent", "set the desk lamp to 40 percent", "big bertha"),
        ("chopper off", "nursery fan off", "chopper"),
        ("turn on my reading nook", "turn on the floor lamp", "reading nook"),
        ("lumos", "turn on the kitchen light", ""),
        ("turn on it", "turn on the lamp", ""),
        ("turn on the other one", "turn on the lamp", ""),
        ("turn the lamp on", "turn the lamp off", ""),
        ("turn on number 5", "turn on the lamp", ""),
        ("turn on the very long thing over there", "turn on the lamp", ""),
        ("kill the chopper", "turn off the nursery fan", ""),
        ("turn on the fan", "turn on the fan", ""),
        ("turn on", "turn on the fan", ""),
    ],
)
def test_a_name_is_what_stands_where_the_other_request_has_one(
    words: str, target: str, name: str
) -> None:
    assert named_otherwise(words, target) == name


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_two_texts_can_be_laid_side_by_side(one: str, other: str) -> None:
    assert isinstance(named_otherwise(one, other), str)


@pytest.mark.parametrize(
    ("state", "thing"),
    [
        ("hassturnon|light.desk|turn_on", "light.desk"),
        ("hassturnon|light.desk,light.hall|turn_on", None),
        ("hassturnon|light.a|x;hassturnon|light.b|x", None),
        ("UNH|turn on the thing", None),
        ("hassgetcurrenttime||", None),
    ],
)
def test_a_name_is_of_one_thing(state: str, thing: str | None) -> None:
    assert one_thing(state) == thing


def test_three_days_make_a_name_whatever_the_verb() -> None:
    said = [mending("chopper", FAN, 0), mending("chopper", FAN, 1, "turn off")]
    assert names(said) == {}
    assert names([*said, *said, mending("chopper", FAN, 1.1)]) == {}  # the same two days
    assert names([*said, mending("chopper", FAN, 2, "stop")]) == {"chopper": FAN}


def test_a_child_that_says_it_500_times_in_a_day_makes_none() -> None:
    assert names([mending("chopper", FAN, number / 1000) for number in range(500)]) == {}


def test_words_for_several_things_are_a_name_of_none() -> None:
    said = [mending("gizmo", FAN, day) for day in range(3)]
    said += [mending("gizmo", LAMP, day) for day in range(3, 5)]
    assert names(said) == {}


def test_what_is_taken_or_sensitive_becomes_no_name() -> None:
    assert names([mending("chopper", FAN, day) for day in range(5)], free=False) == {}


def test_a_pass_learns_few_names_at_once() -> None:
    said = [mending(f"name{letter}", FAN, day) for letter in "abcdefgh" for day in range(4)]
    assert len(names(said)) == MOST_NEW


def _alias(name: str = "chopper") -> Alias:
    return Alias(name, FAN, (1, 2, 3), START_S, START_S)


def _ends(good: float, count: int = 4) -> dict[str, list[End]]:
    state = f"hassturnon|{FAN}|turn_on"
    return {
        "turn on the chopper": [End(START_S + day * DAY_S, good, state) for day in range(count)]
    }


def test_a_name_that_serves_stays_and_one_that_fails_goes() -> None:
    now_s = START_S + 5 * DAY_S
    (alias,) = kept([_alias()], _ends(0.95), now_s)
    assert alias.last_s > START_S
    (gone,) = kept([_alias()], _ends(0.05), now_s)
    assert gone.gone_s == now_s
    assert kept([gone], {}, now_s + 89 * DAY_S) == [gone]
    assert kept([gone], {}, now_s + 91 * DAY_S) == []


def test_a_name_that_served_for_weeks_goes_when_it_fails_twice() -> None:
    ends = _ends(0.95, 30)["turn on the chopper"]
    for number, end in enumerate(ends[-2:]):
        (alias,) = kept([_alias()], {"turn on the chopper": ends}, START_S + 31 * DAY_S)
        assert not alias.gone_s, number
        ends[ends.index(end)] = end._replace(good=0.1)
    (alias,) = kept([_alias()], {"turn on the chopper": ends}, START_S + 31 * DAY_S)
    assert alias.gone_s


def test_what_was_shown_before_a_name_went_does_not_bring_it_back() -> None:
    gone = replace(_alias(), gone_s=START_S + 4.5 * DAY_S)
    before = [mending("chopper", FAN, day) for day in range(5)]
    assert names(before, [gone]) == {"chopper": FAN}
    found = learned([gone], before, now_s=gone.gone_s, is_free=lambda _name, _thing: True)
    assert found == [gone]
    (again,) = learned(
        found,
        [*before, *(mending("chopper", LAMP, day) for day in (5, 6, 7))],
        now_s=START_S + 8 * DAY_S,
        is_free=lambda _name, _thing: True,
    )
    assert (again.entity_id, again.gone_s) == (LAMP, 0.0)


def test_what_is_meant_now_counts_more_than_what_was_meant_long_ago() -> None:
    old = [mending("gizmo", FAN, day) for day in range(4)]
    now = [mending("gizmo", LAMP, 60 + day) for day in range(3)]
    found = learned([], [*old, *now], now_s=START_S + 63 * DAY_S, is_free=lambda _name, _t: True)
    assert {alias.name: alias.entity_id for alias in found} == {"gizmo": LAMP}


def test_a_name_nobody_uses_is_forgotten_after_half_a_year() -> None:
    assert kept([_alias()], {}, START_S + 179 * DAY_S) != []
    assert kept([_alias()], {}, START_S + 181 * DAY_S) == []


def test_names_leave_and_come_back_as_they_were() -> None:
    assert from_rows(json.loads(as_text([_alias(), _alias("whirly")]))) == [
        _alias(),
        _alias("whirly"),
    ]
    assert as_text([]) == ""


@pytest.mark.parametrize(
    "rows", [3, ["x"], [{}], [{"name": "x"}], [{"name": "?", "entity_id": "a.b"}],
             [{"name": "x", "entity_id": "a.b", "days": "ab"}], [{}] * 1000],
)  # fmt: skip
def test_what_is_no_list_of_names_is_refused(rows: object) -> None:
    with pytest.raises(DataError):
        from_rows(rows)
