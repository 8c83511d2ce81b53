"""The learning pass: journal in, tables out, all of them or none."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.clock import ManualClock
from hubagent.evidence import (
    Affinity,
    Changes,
    Done,
    JournalTurn,
    Pair,
    Signal,
    SignalKind,
    Stage,
    source_key,
)  # fmt: skip
from hubagent.feedback.journal import Journal
from hubagent.feedback.labels import LabelModel
from hubagent.learn.gather import Gathered, Judges
from hubagent.learn.life import DAY_S
from hubagent.learn.quick import Reading
from hubagent.learn.rephrase import Judgement
from hubagent.learning import Report, Tools, learn
from hubagent.rewrite.pairs import LearnedStore
from hubagent.types import Arm, Decision, EntityId, Layer, OutcomeKind, Rewrite, TurnId

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

START_S = 1_767_268_800.0
MEANS = {
    "floor lamp on": "hassturnon|light.floor_lamp|turn_on",
    "turn on the floor lamp": "hassturnon|light.floor_lamp|turn_on",
    "turn on the desk lamp": "hassturnon|light.desk_lamp|turn_on",
}


LABELS = LabelModel()


def rephrase(
    turn: JournalTurn, later: Sequence[JournalTurn], _signals: Mapping[TurnId, Sequence[Signal]]
) -> Judgement:
    """Judge as the detector would: what comes right after words that failed is for the same goal."""
    failed = turn.interpretation.startswith("UNH|") or "floor lamp on" in turn.heard
    again = tuple(0.9 if failed else 0.05 for _ in later)
    return Judgement(0 if failed and later else None, 0.9, again, again)


def reads(words: str, _place: str = "") -> Reading:
    return Reading(MEANS.get(source_key(words), f"UNH|{source_key(words)}"), ())


class Household:
    """A journal that is written by hand, and passes over it."""

    def __init__(self, path: Path | None = None, **tools: Any) -> None:
        self.clock = ManualClock(START_S)
        self.journal = Journal(None)
        self.store = LearnedStore(path)
        self.gathered = Gathered()
        self.objections: dict[str, str] = {}
        self.tools = Tools(
            journal=self.journal,
            store=self.store,
            judges=Judges(
                rephrase, lambda turn, _later, signals: LABELS.probability(turn, signals)
            ),
            read=reads,
            objection=lambda _source, target, _commands: self.objections.get(
                source_key(target), ""
            ),
            **tools,
        )
        self.count = 0

    def say(self, heard: str, day: float, *, seconds: float = 0.0, signal: SignalKind | None = None,
            applied: str = "") -> JournalTurn:  # fmt: skip
        meant = reads(applied or heard).state
        failed = meant.startswith("UNH|")
        entity = EntityId(meant.split("|")[1])
        self.count += 1
        rewrite = None
        if applied:
            rewrite = Rewrite(
                source_key(heard), applied, Layer.PERSONAL, False, Arm.APPLIED, 0.9, 0.8, 1
            )
        turn = JournalTurn(
            turn_id=TurnId(f"t{self.count}"), at_s=START_S + day * DAY_S + seconds, place="office",
            speaker="", heard=heard, read=applied or heard, rewrite=rewrite,
            decision=Decision.REFUSE if failed else Decision.ACT, intent="HassTurnOn",
            reason="not_understood" if failed else "", interpretation=meant, probability=0.9,
            margin=0.8, out_of_scope=0.0, asr_confidence=None,
            done=() if failed else (Done(entity, "turn_on", {}, OutcomeKind.FOLLOWED),),
            response="OK.", ms=20.0, embedding=(0.6, -0.8),
        )  # fmt: skip
        kind = signal or (SignalKind.UNHANDLED if failed else SignalKind.KEPT)
        self.journal.append(turn, [Signal(turn.turn_id, kind, turn.at_s + 1)])
        return turn

    def mend(self, heard: str, target: str, day: float) -> None:
        self.say(heard, day)
        self.say(target, day, seconds=8)

    def learn(self, day: float) -> Report:
        self.clock.advance(START_S + day * DAY_S - self.clock.now_s())
        return learn(self.tools, self.gathered, self.clock)

    def pair(self, source: str) -> Pair:
        (pair,) = self.store.find(source)
        return pair


def test_one_rephrase_makes_a_trial_pair_and_many_days_a_live_one() -> None:
    home = Household()
    home.mend("the cosy thing", "turn on the floor lamp", 0)
    report = home.learn(0.5)
    assert home.pair("the cosy thing").stage is Stage.TRIAL
    assert any("the cosy thing" in text for text in report.learnt)
    for day in range(1, 8):
        home.mend("the cosy thing", "turn on the floor lamp", day)
    home.learn(8)
    pair = home.pair("the cosy thing")
    assert (pair.stage, pair.target) == (Stage.LIVE, "turn on the floor lamp")
    assert len(pair.days) >= 3


def test_a_pass_without_new_turns_changes_nothing() -> None:
    home = Household()
    for day in range(8):
        home.mend("the cosy thing", "turn on the floor lamp", day)
    home.learn(8)
    version, pairs = home.store.version, home.store.pairs()
    for later in (8.1, 9.0, 30.0):
        report = home.learn(later)
        assert (report.new, report.learnt, report.retired) == (0, [], [])
    assert (home.store.version, home.store.pairs()) == (version, pairs)


def test_learning_in_many_small_passes_or_in_one_comes_to_the_same() -> None:
    by_day, at_once = Household(), Household()
    dice = random.Random(4)  # noqa: S311 - repeatable
    said = [
        (dice.choice(["the cosy thing", "the glow", "turn on the desk lamp"]), day / 3)
        for day in range(40)
    ]
    for words, day in said:
        for home in (by_day, at_once):
            home.mend(words, "turn on the floor lamp", day)
        by_day.learn(day + 0.1)
    by_day.learn(14)
    at_once.learn(14)
    stages = [
        [(pair.source, pair.target, pair.on, pair.off) for pair in home.store.pairs()]
        for home in (by_day, at_once)
    ]
    assert stages[0] == stages[1]
    assert by_day.store.entries() == at_once.store.entries()


def test_what_has_not_settled_waits_with_its_dialogue() -> None:
    home = Household()
    home.mend("the cosy thing", "turn on the floor lamp", 0)
    assert home.learn(60 / DAY_S).new == 0
    assert home.learn(0.1).new == 2
    assert home.learn(0.2).new == 0


def test_a_trial_pair_that_fails_is_retired_and_not_learned_again_from_the_same() -> None:
    home = Household()
    home.mend("the cosy thing", "turn on the floor lamp", 0)
    home.learn(0.5)
    home.say("the cosy thing", 1, applied="turn on the floor lamp", signal=SignalKind.CORRECTION)
    report = home.learn(1.5)
    assert home.pair("the cosy thing").stage is Stage.RETIRED
    assert len(report.retired) == 1
    for later in (2, 3, 5):
        assert home.learn(later).learnt == []


def test_a_pair_that_helps_is_counted_and_goes_live() -> None:
    home = Household()
    home.mend("the cosy thing", "turn on the floor lamp", 0)
    for day in range(1, 6):
        home.learn(day - 0.5)
        home.say("the cosy thing", day, applied="turn on the floor lamp", signal=SignalKind.THANKS)
    home.learn(6)
    pair = home.pair("the cosy thing")
    assert pair.stage is Stage.LIVE
    assert pair.on.good > 3 > pair.on.bad


def test_the_guard_rails_have_the_last_word() -> None:
    home = Household()
    home.objections["turn on the floor lamp"] = "it is never moved on a guess"
    for day in range(8):
        home.mend("the cosy thing", "turn on the floor lamp", day)
    report = home.learn(8)
    assert home.store.pairs() == ()
    assert "never moved on a guess" in report.refused[0]


def test_a_target_that_became_dangerous_is_retired() -> None:
    home = Household()
    home.mend("the cosy thing", "turn on the floor lamp", 0)
    home.learn(0.5)
    home.objections["turn on the floor lamp"] = "it is a lock by now"
    home.learn(1)
    assert (home.pair("the cosy thing").stage, home.pair("the cosy thing").why) == (
        Stage.RETIRED, "it is a lock by now",
    )  # fmt: skip


def test_a_child_that_says_it_500_times_a_day_makes_no_live_pair() -> None:
    home = Household()
    for number in range(500):
        home.mend("the cosy thing", "turn on the floor lamp", number / 2000)
    home.learn(1)
    pair = home.pair("the cosy thing")
    assert pair.stage is Stage.TRIAL
    assert pair.off.total <= 2


def test_words_that_are_acted_on_need_the_full_evidence() -> None:
    home = Household()
    for day in range(3):
        home.say("floor lamp on", day, signal=SignalKind.CORRECTION)
        home.say("turn on the desk lamp", day, seconds=8)
    home.learn(3)
    assert all(pair.stage is Stage.SHADOW for pair in home.store.pairs())


def test_words_that_work_are_kept_with_how_often_and_when() -> None:
    home = Household()
    for day in range(3):
        home.say("floor lamp on", day)
    home.learn(4)
    (entry,) = home.store.entries()
    assert (entry.text, entry.affinity) == ("floor lamp on", Affinity.OWN)
    assert entry.tally.good > 2
    assert sum(entry.hours) > 2.8
    assert entry.embedding == bytes([76, 154])


def test_what_a_turn_teaches_during_a_pass_stands() -> None:
    home = Household()
    home.mend("the cosy thing", "turn on the floor lamp", 0)
    home.learn(0.5)
    pair = home.pair("the cosy thing")
    home.say("the cosy thing", 1, applied="turn on the floor lamp", signal=SignalKind.THANKS)
    retired = replace(pair, stage=Stage.RETIRED, until_s=START_S + 90 * DAY_S)

    calls: list[None] = []

    def pause() -> None:
        calls.append(None)
        if len(calls) > 1:  # the tables have been read by then
            home.store.put([retired])

    home.tools = replace(home.tools, pause=pause)
    home.learn(1.5)
    assert home.pair("the cosy thing") == retired


def test_a_pass_that_is_cut_off_leaves_the_old_tables_and_can_be_run_again() -> None:
    home = Household()
    for day in range(8):
        home.mend("the cosy thing", "turn on the floor lamp", day)
    whole = home.tools
    stops = 0

    class _StopError(Exception): ...

    for after in range(100):
        left = [after]

        def pause(left: list[int] = left) -> None:
            if not left[0]:
                raise _StopError
            left[0] -= 1

        home.tools, home.gathered = replace(whole, pause=pause), Gathered()
        try:
            home.learn(8)
        except _StopError:
            stops += 1
            assert home.store.pairs() == ()
        else:
            break
    assert stops > 5
    assert home.pair("the cosy thing").stage is Stage.LIVE


def test_pairs_nobody_needs_are_let_go_after_half_a_year() -> None:
    home = Household()
    home.mend("the cosy thing", "turn on the floor lamp", 0)
    home.learn(1)
    home.learn(100)
    assert home.store.pairs() != ()
    report = home.learn(190)
    assert home.store.pairs() == ()
    assert "let go" in report.retired[0]


@pytest.mark.parametrize("self_aware", [True, False])
def test_only_the_self_aware_pass_keeps_a_pair_that_nobody_has_to_rephrase(
    self_aware: bool,
) -> None:
    home = Household(self_aware=self_aware, rephrases=False)
    for day in range(8):
        home.mend("the cosy thing", "turn on the floor lamp", day)
    home.learn(8)
    assert home.pair("the cosy thing").stage is Stage.LIVE
    for day in range(9, 60):
        home.say("the cosy thing", day, applied="turn on the floor lamp")
    home.learn(60)
    assert home.pair("the cosy thing").stage is (Stage.LIVE if self_aware else Stage.SHADOW)


def test_the_store_takes_all_of_a_pass_in_one_change() -> None:
    home = Household()
    changes: list[Changes] = []

    class _Store(LearnedStore):
        def change(self, given: Changes) -> int:
            changes.append(given)
            return super().change(given)

    home.tools = replace(home.tools, store=_Store(None))
    for day in range(8):
        home.mend("the cosy thing", "turn on the floor lamp", day)
    home.learn(8)
    assert len(changes) == 1
    assert changes[0].pairs
    assert changes[0].entries
