"""The assembly on whole homes: say it, fail, say it otherwise, and say the first thing again."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hubagent.brain import Brain, Parts, is_learned_name
from hubagent.errors import DataError
from hubagent.evidence import Signal, SignalKind, Stage
from hubagent.feedback.defect import Judge
from hubagent.judging import EVERY_S, known_judge, relearned
from hubagent.learn.weights import STEP
from hubagent.replay import MemoryHub
from hubagent.rewrite import rank
from hubagent.rewrite.guardrail import Guardrail
from hubagent.rewrite.search import RankedSearch
from hubagent.simulate.demo import demo_home
from hubagent.simulate.home import HomeModel, load_home
from hubagent.types import (
    AreaId,
    Arm,
    Decision,
    EntityId,
    Layer,
    Rewrite,
    TurnId,
    TurnRecord,
    Utterance,
)  # fmt: skip
from hubagent.understand import values
from hubagent.understand.understander import Understander

if TYPE_CHECKING:
    from collections.abc import Callable

ALL = Parts()
COFFEE = EntityId("switch.coffee_machine")
HOMES = Path(__file__).parent.parent / "benchmarks" / "homes"


@pytest.fixture(scope="module")
def understand() -> Understander:
    return Understander.load()


class _Home:
    """A home in memory with everything that learns."""

    def __init__(
        self, home: HomeModel, understand: Understander, path: Path | None, parts: Parts
    ) -> None:
        self.understand = understand
        self.hub = MemoryHub(home)
        self.brain = Brain(
            context=self.hub.store,
            understand=understand,
            clock=self.hub.clock,
            state_dir=path,
            parts=parts,
        )
        self.hub.listeners.append(self.brain)
        self.pipeline = self.brain.pipeline(values=values, act=self.hub.executor)
        self.count = 0

    def say(self, text: str, *, after_s: float = 8.0, area: str | None = None) -> TurnRecord:
        for _ in range(int(after_s)):
            self.hub.advance(1.0)
            self.brain.tick()
        self.count += 1
        return self.pipeline.run_turn(
            Utterance(
                TurnId(f"turn-{self.count}"),
                text,
                self.hub.clock.now_s(),
                AreaId(area) if area else None,
            )
        )

    def state(self, entity_id: str) -> object:
        return self.hub.world.states()[entity_id]["state"]


@pytest.fixture
def live_in(understand: Understander) -> Callable[..., _Home]:
    def begin(home: str = "demo", path: Path | None = None, parts: Parts = ALL) -> _Home:
        model = demo_home() if home == "demo" else load_home(HOMES / f"{home}.yaml")
        return _Home(model, understand, path, parts)

    return begin


@pytest.mark.parametrize(
    ("home", "first", "then"),
    [
        ("demo", "turn on the reading nook", "turn on the floor lamp"),
        ("demo", "fire up the sofa glow", "turn on the floor lamp"),
        ("demo", "turn on the cosy glow", "turn on the kitchen light"),
        ("demo", "switch on the thinking spot", "turn on the desk lamp"),
        ("demo", "turn on the big bertha", "turn on the coffee machine"),
    ],
)
def test_what_failed_works_the_next_time_after_a_rephrase(
    live_in: Callable[..., _Home], home: str, first: str, then: str
) -> None:
    one = live_in(home)
    refused = one.say(first)
    assert refused.decision is Decision.REFUSE
    assert not refused.outcomes
    mended = one.say(then)
    assert mended.decision is Decision.ACT
    (wanted,) = [outcome.command for outcome in mended.outcomes]
    again = one.say(first, after_s=300)
    assert again.decision is Decision.ACT
    assert [outcome.command for outcome in again.outcomes] == [wanted]
    assert again.rewrite is not None
    assert (again.rewrite.arm, again.rewrite.target) == (Arm.APPLIED, then)
    assert then in again.response


def taught(
    one: _Home, first: str = "turn on the cosy glow", then: str = "turn on the kitchen light"
) -> None:
    """Let a trial pair come about."""
    one.say(first)
    one.say(then)
    assert [pair.stage for pair in one.brain.pairs()] == [Stage.TRIAL]


def test_a_no_right_after_it_unlearns_a_trial_pair(live_in: Callable[..., _Home]) -> None:
    one = live_in()
    taught(one)
    one.say("turn off the kitchen light", after_s=200)
    assert one.say("turn on the cosy glow", after_s=200).decision is Decision.ACT
    one.say("undo that", after_s=4)
    assert [pair.stage for pair in one.brain.pairs()] == [Stage.RETIRED]
    assert one.say("turn on the cosy glow", after_s=200).decision is Decision.REFUSE


def test_a_device_that_is_put_back_by_hand_unlearns_it_too(live_in: Callable[..., _Home]) -> None:
    one = live_in()
    taught(one)
    one.say("turn off the kitchen light", after_s=200)
    one.say("turn on the cosy glow", after_s=200)
    one.hub.advance(8.0)
    one.hub.world.place("light.kitchen_light", "off", {})
    one.hub.pump()
    for _ in range(40):
        one.hub.advance(1.0)
        one.brain.tick()
    assert [pair.stage for pair in one.brain.pairs()] == [Stage.RETIRED]


def test_an_interruption_right_after_it_unlearns_it(live_in: Callable[..., _Home]) -> None:
    one = live_in()
    taught(one)
    one.say("turn off the kitchen light", after_s=200)
    one.say("turn on the cosy glow", after_s=200)
    one.hub.advance(1.0)
    one.brain.event("barge_in")
    one.brain.tick()
    assert [pair.stage for pair in one.brain.pairs()] == [Stage.RETIRED]


def test_to_say_it_again_unlearns_it(live_in: Callable[..., _Home]) -> None:
    one = live_in()
    taught(one)
    one.say("turn off the kitchen light", after_s=200)
    assert one.say("turn on the cosy glow", after_s=200).decision is Decision.ACT
    one.say("turn on the cosy glow", after_s=6)
    assert [pair.stage for pair in one.brain.pairs()] == [Stage.RETIRED]
    assert one.say("turn on the cosy glow", after_s=6).decision is Decision.REFUSE


def test_to_forget_it_takes_it_out_of_everything(
    live_in: Callable[..., _Home], tmp_path: Path
) -> None:
    one = live_in(path=tmp_path)
    taught(one, first="turn on the quidditch")
    one.say("turn off the kitchen light", after_s=1000)
    one.brain.learn()
    assert one.brain.forget("turn on the quidditch") > 0
    assert one.brain.pairs() == ()
    assert one.say("turn on the quidditch", after_s=200).decision is Decision.REFUSE
    assert one.brain.forget("turn on the quidditch") > 0
    one.brain.learn()
    one.brain.close()
    assert one.brain.pairs() == ()
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"quidditch" not in left


@pytest.mark.parametrize("forgotten", ["quidditch", "turn on the quidditch"])
def test_what_is_forgotten_is_not_learned_again_by_a_later_pass(
    live_in: Callable[..., _Home], tmp_path: Path, forgotten: str
) -> None:
    """By its name alone, too: the turns from which a pass would learn it go with it."""
    one = live_in(path=tmp_path)
    for _ in range(3):
        one.say("turn on the quidditch", after_s=80_000)
        one.say("turn on the kitchen light")
        one.say("turn off the kitchen light", after_s=1000)
    one.hub.advance(1000)
    before = one.brain.export()
    assert one.brain.learn().new
    assert any("quidditch" in pair.source for pair in one.brain.pairs())
    assert one.brain.forget(forgotten) > 0
    one.brain.learn()
    assert one.brain.pairs() == ()
    assert one.say("turn on the quidditch", after_s=200).decision is Decision.REFUSE
    one.brain.forget(forgotten)
    one.brain.import_({**before, "pairs": [], "entries": []})
    one.brain.learn()
    one.brain.close()
    assert one.brain.pairs() == ()
    assert b"quidditch" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_learned_name_is_forgotten_with_every_turn_in_which_it_was_said(
    live_in: Callable[..., _Home], tmp_path: Path
) -> None:
    one = live_in(path=tmp_path)
    for _ in range(4):
        one.say("turn on the quidditch", after_s=80_000)
        one.say("turn on the kitchen light")
        one.say("turn off the kitchen light", after_s=1000)
        one.hub.advance(1000)
        one.brain.learn()
    assert is_learned_name(one.brain.store, "quidditch")
    assert one.say("is the quidditch on").decision is Decision.ANSWER
    one.brain.forget("quidditch")
    one.hub.advance(1000)
    one.brain.learn()
    assert not is_learned_name(one.brain.store, "quidditch")
    assert all("quidditch" not in turn.heard for turn in one.brain.journal.turns())
    assert any("kitchen light" in turn.heard for turn in one.brain.journal.turns())
    one.brain.close()
    assert b"quidditch" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_name_that_means_another_thing_now_is_learned_anew_at_once(
    live_in: Callable[..., _Home],
) -> None:
    one = live_in()
    for _ in range(4):
        one.say("turn on the quidditch", after_s=80_000)
        one.say("turn on the kitchen light")
        one.say("turn off the kitchen light", after_s=1000)
        one.hub.advance(1000)
        one.brain.learn()
    assert is_learned_name(one.brain.store, "quidditch")
    one.say("turn on the quidditch", after_s=200)
    assert one.state("light.kitchen_light") == "on"
    one.hub.advance(6.0)
    one.hub.world.place("light.kitchen_light", "off", {})
    one.hub.pump()
    one.say("turn on the floor lamp", after_s=2)
    one.say("turn off the floor lamp", after_s=400)
    again = one.say("turn on the quidditch", after_s=200)
    assert again.rewrite is not None
    assert again.rewrite.target == "turn on the floor lamp"
    assert one.state("light.kitchen_light") == "off"
    one.hub.advance(1000)
    one.brain.learn()
    off = one.say("turn off the quidditch", after_s=200)
    assert [str(it.command.entity_id) for it in off.outcomes] == ["light.floor_lamp"]


def test_two_wishes_one_after_the_other_unlearn_nothing_at_once(
    live_in: Callable[..., _Home],
) -> None:
    one = live_in()
    taught(one)
    one.say("turn off the kitchen light", after_s=200)
    one.say("turn on the cosy glow", after_s=200)
    one.say("turn on the floor lamp")
    assert [pair.stage for pair in one.brain.pairs()] == [Stage.TRIAL]


def test_what_was_learned_outlives_the_hub(live_in: Callable[..., _Home], tmp_path: Path) -> None:
    one = live_in(path=tmp_path)
    taught(one)
    one.say("turn off the kitchen light", after_s=1000)
    report = one.brain.learn()
    one.brain.close()
    other = live_in(path=tmp_path)
    last = other.brain.last_pass()
    assert last is not None
    assert last["new"] == report.new > 0
    assert other.say("turn on the cosy glow").decision is Decision.ACT


def test_it_leaves_as_a_document_and_comes_back_but_for_what_is_dangerous(
    live_in: Callable[..., _Home],
) -> None:
    one = live_in()
    taught(one)
    document = one.brain.export()
    document["pairs"].append({"source": "open sesame", "target": "unlock the front door"})
    other = live_in()
    taken = other.brain.import_(document)
    assert (taken.pairs, sum(taken.skipped.values())) == (1, 1)
    assert other.say("turn on the cosy glow").decision is Decision.ACT
    assert other.say("open sesame").decision is not Decision.ACT
    assert other.state("lock.front_door") == "locked"


def test_nothing_is_learned_that_would_move_something_sensitive(
    live_in: Callable[..., _Home],
) -> None:
    one = live_in()
    for day in range(6):
        one.say("let the cat in please", after_s=80_000 if day else 8)
        one.say("unlock the front door")
        one.say("yes", after_s=3)
        one.say("lock the front door", after_s=60)
        one.brain.learn()
    assert not [pair for pair in one.brain.pairs() if pair.stage in (Stage.TRIAL, Stage.LIVE)]
    assert one.say("let the cat in please", after_s=900).decision is not Decision.ACT
    assert one.state("lock.front_door") == "locked"


def test_parts_that_are_left_out_learn_nothing(live_in: Callable[..., _Home]) -> None:
    one = live_in(parts=Parts(chain=False, rephrases=False))
    for _ in range(3):
        one.say("turn on the cosy glow", after_s=90_000)
        one.say("turn on the kitchen light")
        one.say("turn off the kitchen light", after_s=1000)
        one.brain.learn()
    assert one.brain.pairs() == ()


def test_signals_of_satellites_reach_the_journal(live_in: Callable[..., _Home]) -> None:
    one = live_in()
    record = one.say("what is the temperature in the kitchen")
    one.brain.event("barge_in")
    one.say("turn on the kitchen light", after_s=100)
    signals = one.brain.journal.signals([record.utterance.turn_id])
    kinds = {signal.kind for signal in signals[record.utterance.turn_id]}
    assert SignalKind.BARGE_IN in kinds


def name_it(one: _Home, name: str, called: str) -> None:
    """Let people call a thing by a name of their own on three days."""
    one.say(f"turn on the {name}")
    one.say(f"turn on the {called}")
    for _ in range(2):
        one.say(f"turn off the {called}", after_s=40_000)
        one.say(f"turn on the {name}", after_s=46_400)
    one.say(f"turn off the {called}", after_s=1000)


def test_a_name_that_people_use_is_known_for_requests_never_said_before(
    live_in: Callable[..., _Home],
) -> None:
    one = live_in()
    name_it(one, "big bertha", "coffee machine")
    one.say("thanks", after_s=1000)
    report = one.brain.learn()
    assert any("big bertha" in text for text in report.learnt)
    one.say("turn on the coffee machine", after_s=100)
    off = one.say("switch off the big bertha", after_s=100)
    assert [outcome.command.entity_id for outcome in off.outcomes] == ["switch.coffee_machine"]
    other = live_in()
    other.brain.import_(one.brain.export())
    assert other.say("switch on the big bertha").decision is Decision.ACT
    one.brain.forget("big bertha")
    assert one.say("switch off the big bertha", after_s=100).decision is Decision.REFUSE


@pytest.mark.parametrize(
    ("name", "called"),
    [("kitchen light", "desk lamp"), ("sesame", "garage door"), ("heater", "extractor")],
)
def test_a_word_that_names_something_else_or_something_sensitive_becomes_no_name(
    live_in: Callable[..., _Home], name: str, called: str
) -> None:
    one = live_in()
    aliases = {"name": name, "entity_id": {"desk lamp": "light.desk_lamp", "garage door": "cover.garage_door",
               "extractor": "fan.extractor"}[called]}  # fmt: skip
    one.brain.import_({"aliases": [aliases]})
    assert not any(name in entity.aliases for entity in one.hub.store.view().entities())


def test_names_that_were_told_only_half_are_made_good(
    live_in: Callable[..., _Home], tmp_path: Path
) -> None:
    one = live_in(path=tmp_path)
    one.brain.import_({"aliases": [{"name": "big bertha", "entity_id": "switch.coffee_machine"}]})
    one.brain.close()
    other = live_in(path=tmp_path)
    other.brain.tick()
    assert "big bertha" in other.hub.store.view().entity(COFFEE).aliases
    other.brain.forget()
    other.brain.close()
    third = live_in(path=tmp_path)
    third.brain.tick()
    assert third.hub.store.view().entity(COFFEE).aliases == ()


def test_what_no_dialogue_alone_can_tell_is_learned_from_several_days(
    live_in: Callable[..., _Home],
) -> None:
    one = live_in()
    refused = one.say("lumos")
    day = 0
    while refused.decision is Decision.REFUSE and day < 4:
        day += 1
        one.say("turn on the kitchen light")
        one.say("turn off the kitchen light", after_s=1000)
        one.say("turn on the printer", after_s=1000)
        one.say("turn off the printer", after_s=1000)
        one.brain.learn()
        refused = one.say("lumos", after_s=80_000)
    assert 2 <= day <= 3
    assert [outcome.command.entity_id for outcome in refused.outcomes] == ["light.kitchen_light"]


def test_the_search_of_a_home_is_moved_by_how_its_rewrites_end_and_set_back(
    live_in: Callable[..., _Home],
) -> None:
    one = live_in()
    one.say("turn on the floor lamp")
    (turn,) = one.brain.journal.turns()
    for day in range(8):
        found = Rewrite("the lamp thing", "turn on the floor lamp", Layer.PERSONAL, True, Arm.APPLIED,
                        1.0, 0.9, 1, (("here", 1.0),))  # fmt: skip
        at_s = turn.at_s + 100 + day * 86_400.0
        said = replace(
            turn, turn_id=TurnId(f"x{day}"), at_s=at_s, heard="the lamp thing", rewrite=found
        )
        wrong = Signal(said.turn_id, SignalKind.CORRECTION, at_s + 5)
        one.brain.journal.append(said, [wrong])
    one.hub.clock.advance(8 * 86_400.0)
    report = one.brain.learn()
    shipped = rank.load().history["here"]
    moved = RankedSearch(one.brain.store, Guardrail(sensitive=lambda _: False)).weights.history[
        "here"
    ]
    assert shipped - STEP <= moved < shipped
    assert any("search" in text for text in report.learnt)
    one.brain.forget()
    assert (
        RankedSearch(one.brain.store, Guardrail(sensitive=lambda _: False)).weights == rank.load()
    )


def weeks_of_doubt(one: _Home, days: int, per_day: int = 10) -> None:
    """Fill the journal: here doubtful readings are wrong and corrected, sure ones are kept."""
    one.say("turn on the floor lamp")
    turn = list(one.brain.journal.turns())[-1]
    dice = random.Random(days)  # noqa: S311 - repeatable
    for number in range(days * per_day):
        wrong = number % 4 == 0
        sure = dice.uniform(0.5, 0.7) if wrong else dice.uniform(0.7, 0.95)
        at_s = turn.at_s + 1000 + number * 86_400.0 / per_day
        said = replace(
            turn, turn_id=TurnId(f"{days}-{number}"), at_s=at_s, heard=f"words number {number}",
            probability=sure, margin=sure,
        )  # fmt: skip
        kinds = (
            (SignalKind.BY_HAND, SignalKind.CORRECTION)
            if wrong
            else (SignalKind.KEPT, SignalKind.SILENCE)
        )
        one.brain.journal.append(said, [Signal(said.turn_id, kind, at_s + 20) for kind in kinds])
    one.hub.clock.advance(days * 86_400.0 + 3600)


def test_the_judge_of_a_home_is_learned_in_the_pass_kept_and_set_back(
    live_in: Callable[..., _Home], tmp_path: Path
) -> None:
    one = live_in(path=tmp_path)
    weeks_of_doubt(one, 3)
    one.brain.learn()
    assert known_judge(one.brain.store) == Judge.shipped(), "30 turns teach no judge"
    weeks_of_doubt(one, 40)
    one.brain.learn()
    judge = known_judge(one.brain.store)
    shipped = Judge.shipped()
    assert judge.pre != shipped.pre
    assert judge.labels != shipped.labels
    assert judge.post == shipped.post
    assert all(
        abs(own - usual) <= 0.75 + 1e-9
        for own, usual in zip(judge.pre.weights, shipped.pre.weights, strict=True)
    )
    version = one.brain.store.version
    one.brain.learn()
    assert one.brain.store.version == version, "a pass without new turns changes nothing"
    exported = one.brain.export()
    one.brain.close()

    again = live_in(path=tmp_path)
    assert known_judge(again.brain.store) == judge
    elsewhere = live_in()
    elsewhere.brain.import_(exported)
    assert known_judge(elsewhere.brain.store).pre == judge.pre
    again.brain.forget()
    assert known_judge(again.brain.store) == shipped
    again.brain.learn()
    assert known_judge(again.brain.store) == shipped
    again.brain.close()


def test_words_that_are_forgotten_leave_the_judge_too(live_in: Callable[..., _Home]) -> None:
    one = live_in()
    weeks_of_doubt(one, 20)
    one.brain.learn()
    assert known_judge(one.brain.store) != Judge.shipped()
    one.brain.forget("words number 3")
    assert known_judge(one.brain.store) == Judge.shipped()
    anew = relearned(one.brain.journal, one.brain.store, one.hub.clock.now_s())
    one.brain.learn()
    assert anew is not None
    assert known_judge(one.brain.store) == anew, "what is left teaches it again"
    assert relearned(one.brain.journal, one.brain.store, one.hub.clock.now_s()) is None
    later_s = one.hub.clock.now_s() + EVERY_S
    assert relearned(one.brain.journal, one.brain.store, later_s) is not None


def test_a_judge_that_is_none_is_not_taken_in(live_in: Callable[..., _Home]) -> None:
    one = live_in()
    with pytest.raises(DataError):
        one.brain.import_({**one.brain.export(), "judge": {"pre": "sure"}})
    assert known_judge(one.brain.store) == Judge.shipped()


def test_a_pass_that_is_refused_by_the_disk_leaves_the_judge_as_it_was(
    live_in: Callable[..., _Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = live_in()
    weeks_of_doubt(one, 20)
    with monkeypatch.context() as patch:
        patch.setattr(one.brain.store, "change", _refuses)
        with pytest.raises(OSError, match="full"):
            one.brain.learn()
    assert known_judge(one.brain.store) == Judge.shipped()
    one.brain.learn()
    assert known_judge(one.brain.store) != Judge.shipped()


def _refuses(_changes: object) -> int:
    raise OSError("the disk is full")


def test_a_turn_is_doubted_before_it_is_carried_out(live_in: Callable[..., _Home]) -> None:
    """What was put right day after day is looked at twice; what went well is not."""
    one = live_in()
    doubts: dict[str, float] = {}
    for _ in range(6):
        one.say("turn on the floor lamp", after_s=1000)
        one.say("no, the desk lamp")
        one.say("turn off the kitchen light", after_s=1000)
        one.hub.clock.advance(80_000.0)
    one.brain.learn()
    for text in ("turn on the floor lamp", "turn off the kitchen light"):
        read = one.pipeline.foresee(text)
        said = Utterance(TurnId("x"), text, one.hub.clock.now_s())
        understanding = one.understand.understand(text)
        doubts[text] = one.brain.likely_wrong(said, understanding, read)
    wrong, fine = doubts.values()
    assert fine < 0.2 < 0.5 < wrong
