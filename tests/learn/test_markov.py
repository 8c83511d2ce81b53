"""Pairs out of dialogues: the selection rule, and what self-awareness is for."""

from __future__ import annotations

import random

import pytest

from hubagent.evidence import Tally
from hubagent.learn.beta import Beta, better
from hubagent.learn.life import DAY_S
from hubagent.learn.markov import Found, Visit, propose

START_S = 1_767_268_800.0
MEANS = {"turn on the lamp": "light|on|lamp", "lamp on": "light|on|lamp", "play jazz": "media|jazz",
         "close the blind": "cover|close|blind"}  # fmt: skip
"""What today's understanding makes of words."""


def reads(words: str) -> str:
    return MEANS.get(words, f"UNH|{words}")


def visit(words: str, day: float, *, good: bool, follow: float = 0.0, applied: str = "") -> Visit:
    state = reads(applied or words)
    return Visit(words, state, applied, 0.05 if good else 0.95, follow, START_S + day * DAY_S)


def mended(words: str, target: str, day: float) -> list[Visit]:
    return [visit(words, day, good=False, follow=0.9), visit(target, day, good=True)]


def chosen(dialogues: list[list[Visit]], now_day: float = 10, **more: object) -> dict[str, str]:
    found = propose(dialogues, now_s=START_S + now_day * DAY_S, reads=reads, **more)  # type: ignore[arg-type]
    return {item.source: item.target for item in found if item.chosen}


def test_words_that_fail_get_the_words_that_people_go_on_to() -> None:
    dialogues = [mended("cosy time", "turn on the lamp", day) for day in range(8)]
    assert chosen(dialogues) == {"cosy time": "turn on the lamp"}


def test_the_last_of_several_rephrases_is_the_target() -> None:
    dialogues = [
        [
            visit("cosy time", day, good=False, follow=0.9),
            visit("cosy light", day, good=False, follow=0.9),
            visit("turn on the lamp", day, good=True),
        ]
        for day in range(8)
    ]
    assert chosen(dialogues)["cosy time"] == "turn on the lamp"
    assert chosen(dialogues)["cosy light"] == "turn on the lamp"


def test_words_that_go_on_to_many_things_get_none() -> None:
    goals = ["turn on the lamp", "play jazz", "close the blind"]
    dialogues = [mended("do the thing", goals[day % 3], day) for day in range(18)]
    assert chosen(dialogues, 20) == {}


def test_words_that_succeed_are_left_alone_whatever_follows() -> None:
    dialogues = [
        [visit("play jazz", day, good=True, follow=0.05), visit("turn on the lamp", day, good=True)]
        for day in range(10)
    ]
    assert chosen(dialogues) == {}


@pytest.mark.parametrize("days", [[0] * 8, [0, 0, 0, 0, 1, 1, 1, 1], [0, 1, 2, 3]])
def test_thin_support_chooses_nothing(days: list[int]) -> None:
    dialogues = [mended("cosy time", "turn on the lamp", day) for day in days]
    found = propose(dialogues, now_s=START_S + 9 * DAY_S, reads=reads)
    assert [item.source for item in found] == ["cosy time"]
    assert not found[0].chosen


def test_a_clear_proposal_is_noted_from_its_second_day_on() -> None:
    dialogues = [mended("cosy time", "turn on the lamp", day) for day in (0, 0, 1)]
    for shown, noted in ((2, False), (3, True)):
        (found,) = propose(dialogues[:shown], now_s=START_S + 9 * DAY_S, reads=reads)
        assert (found.noted, found.chosen, found.from_nothing) == (noted, False, True)


def test_words_that_were_only_ever_rewritten_to_something_have_no_row_of_their_own() -> None:
    dialogues = [
        [
            visit("cosy time", day, good=False, follow=0.9, applied="play jazz"),
            visit("turn on the lamp", day, good=True),
        ]
        for day in range(3)
    ]
    (found,) = propose(dialogues, now_s=START_S + 4 * DAY_S, reads=reads)
    assert found.target == "turn on the lamp"


def test_saying_it_500_times_in_a_day_adds_two_dialogues() -> None:
    dialogues = [mended("cosy time", "turn on the lamp", 0) for _ in range(500)]
    (found,) = propose(dialogues, now_s=START_S + DAY_S, reads=reads)
    assert (found.sessions, found.chosen) == (2.0, False)


def test_a_target_that_is_no_longer_read_so_is_none() -> None:
    dialogues = [mended("cosy time", "the big lamp", day) for day in range(8)]
    assert chosen(dialogues) == {}


def test_what_is_understood_by_now_needs_no_rewrite() -> None:
    dialogues = [
        [
            Visit("lamp on", "UNH|lamp on", "", 0.95, 0.9, START_S + day * DAY_S),
            visit("turn on the lamp", day, good=True),
        ]
        for day in range(8)
    ]
    assert chosen(dialogues) == {}


def test_old_dialogues_fade() -> None:
    dialogues = [mended("cosy time", "turn on the lamp", day) for day in range(8)]
    assert chosen(dialogues, 400) == {}


# --- weekly rebuilds (method sheet 1.9, item 5) ---------------------------------------------------

WEEKS, PER_WEEK, CONTROL = 26, 14, 0.1


class _Home:
    """People who say ``source``, and what they do; one rebuild of the pairs a week."""

    def __init__(self, seed: int, *, self_aware: bool) -> None:
        self.random = random.Random(seed)  # noqa: S311 - repeatable
        self.self_aware = self_aware
        self.dialogues: list[list[Visit]] = []
        self.live: dict[str, str] = {}
        self.ends: dict[tuple[str, str], list[tuple[bool, bool]]] = {}
        """(with it, good) of each pair that has ever been live."""

    def happens(self, probability: float) -> bool:
        return self.random.random() < probability

    def say(self, words: str, day: float, success: dict[str, float], then: str) -> None:
        """Say words; when they fail go on to ``then``. ``success`` is by words, or by pair."""
        target = self.live.get(words, "")
        held_back = self.self_aware and self.happens(CONTROL)
        applied = "" if held_back else target
        good = self.happens(success.get(f"{words}>{applied}" if applied else words, 0.0))
        for (source, goal), seen in self.ends.items():
            if source == words and applied in ("", goal):
                seen.append((bool(applied), good))
        first = visit(words, day, good=good, follow=0.9, applied=applied)
        if good:
            self.dialogues.append([first._replace(follow=0.0)])
        elif self.happens(0.8):
            self.dialogues.append([first, visit(then, day, good=self.happens(success[then]))])
        else:
            self.dialogues.append([first._replace(follow=0.0)])

    def rebuild(self, day: float) -> list[Found]:
        found = [
            item
            for item in propose(
                self.dialogues,
                now_s=START_S + day * DAY_S,
                reads=reads,
                better={pair: self._better(pair) for pair in self.ends},
                self_aware=self.self_aware,
            )
            if item.chosen
        ]
        self.live = {item.source: item.target for item in found}
        for item in found:
            self.ends.setdefault((item.source, item.target), [])
        return found

    def _better(self, pair: tuple[str, str]) -> float:
        def tally(arm: bool) -> Tally:
            ends = [good for with_it, good in self.ends[pair] if with_it is arm]
            return Tally(sum(ends), len(ends) - sum(ends))

        return better(Beta.of(tally(True)), Beta.of(tally(False), mean=0.2, strength=4.0))


def _weeks_live(seed: int, *, self_aware: bool) -> float:
    """Return the part of weeks, after the first time, in which a good pair is live."""
    home = _Home(seed, self_aware=self_aware)
    success = {"cosy time": 0.1, "turn on the lamp": 0.95, "cosy time>turn on the lamp": 0.9}
    live = []
    for week in range(WEEKS):
        for number in range(PER_WEEK):
            day = 7 * week + 7 * number / PER_WEEK
            home.say("cosy time", day, success, "turn on the lamp")
        home.rebuild(7.0 * (week + 1))
        live.append("cosy time" in home.live)
    return sum(live[live.index(True) :]) / len(live[live.index(True) :])


def test_the_self_aware_chain_keeps_the_good_pair_that_the_plain_one_unlearns() -> None:
    aware = [_weeks_live(seed, self_aware=True) for seed in range(4)]
    plain = [_weeks_live(seed, self_aware=False) for seed in range(4)]
    assert min(aware) == 1.0
    assert max(plain) < 0.8


def _after_a_bad_pair(seed: int, *, self_aware: bool) -> list[str]:
    """Let a pair go live by chance that then fails, so that people go on to a third request.

    Return the target of the source after each of the twelve weekly rebuilds that follow.
    """
    home = _Home(seed, self_aware=self_aware)
    success = {
        "cosy time": 0.05, "cosy time>play jazz": 0.1, "cosy time>turn on the lamp": 0.9,
        "play jazz": 0.95, "turn on the lamp": 0.95,
    }  # fmt: skip
    home.dialogues = [mended("cosy time", "play jazz", day) for day in range(14)]
    home.rebuild(14)
    assert home.live == {"cosy time": "play jazz"}
    targets = []
    for week in range(2, 14):
        for number in range(PER_WEEK):
            day = 7 * week + 7 * number / PER_WEEK
            home.say("cosy time", day, success, "turn on the lamp")
            if number % 4 == 0:
                home.say("play jazz", day, success, "turn on the lamp")
        home.rebuild(7.0 * (week + 1))
        assert "play jazz" not in home.live  # its own people are served well by it
        targets.append(home.live.get("cosy time", ""))
    return targets


def test_the_failures_of_a_bad_pair_lead_on_to_the_third_request() -> None:
    aware = [_after_a_bad_pair(seed, self_aware=True) for seed in range(4)]
    plain = [_after_a_bad_pair(seed, self_aware=False) for seed in range(4)]
    assert not any("play jazz" in targets for targets in aware)
    assert all(set(targets[3:]) == {"turn on the lamp"} for targets in aware)
    assert any("play jazz" in targets for targets in plain)  # takes the bad one up again
    assert all("" in targets[3:] for targets in plain)  # and loses the good one again and again
