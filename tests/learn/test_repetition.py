"""Steps that recur on several days."""

from __future__ import annotations

from hubagent.learn.life import DAY_S
from hubagent.learn.markov import Visit
from hubagent.learn.repetition import strengthened

START_S = 1_767_268_800.0
LIGHT, OTHER = "hassturnon|light.kitchen|turn_on", "hassturnon|light.hall|turn_on"


def dialogue(
    day: float, *, words: str = "lumos", then: str = LIGHT, nothing: bool = True
) -> list[Visit]:
    state = f"UNH|{words}" if nothing else "x|y|z"
    at_s = START_S + day * DAY_S
    return [
        Visit(words, state, "", 0.9, 0.05, at_s),
        Visit("turn it on", then, "", 0.1, 0.0, at_s + 8),
    ]


def follow(dialogues: list[list[Visit]]) -> float:
    return strengthened(dialogues)[0][0].follow


def alone(day: float, state: str) -> list[Visit]:
    return [Visit("words", state, "", 0.1, 0.0, START_S + day * DAY_S)]


def test_each_further_day_makes_a_step_more_credible() -> None:
    seen = [follow([dialogue(day) for day in range(days)]) for days in (1, 2, 3, 4)]
    assert seen[0] == 0.05
    assert seen == sorted(seen)
    assert seen[2] > 0.8 > 0.6 > seen[0]


def test_a_day_counts_once_however_often_it_is_said() -> None:
    assert follow([dialogue(number / 1000) for number in range(500)]) == 0.05


def test_what_is_said_all_the_time_anyway_is_no_sign() -> None:
    usual = [alone(day / 10, LIGHT) for day in range(100)]
    rare = [alone(day / 10, OTHER) for day in range(100)]
    said = [dialogue(day) for day in range(3)]
    assert follow([*said, *usual]) < 0.15
    assert follow([*said, *rare]) > 0.9


def test_words_that_go_on_to_this_and_that_are_no_sign() -> None:
    said = [dialogue(day, then=f"hassturnon|light.{day // 2}|turn_on") for day in range(12)]
    assert follow(said) < follow([dialogue(0), dialogue(1)])


def test_only_words_that_came_to_nothing_are_raised() -> None:
    assert follow([dialogue(day, nothing=False) for day in range(5)]) == 0.05
    assert follow([dialogue(day, then="UNH|turn it on") for day in range(5)]) == 0.05
