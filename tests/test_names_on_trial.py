"""A name that was understood once is understood in every request: whole homes, the real model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.brain import Brain
from hubagent.evidence import Pair, Stage
from hubagent.replay import MemoryHub, replay_lines
from hubagent.simulate.home import load_home
from hubagent.types import Arm, Decision, EntityId, Layer, TurnId, TurnRecord, Utterance
from hubagent.understand import values
from hubagent.understand.understander import Understander

if TYPE_CHECKING:
    from collections.abc import Callable

DIM = {"supported_color_modes": ["brightness"]}
FLAT: dict[str, Any] = {
    "areas": [{"id": "lounge", "name": "Lounge"}, {"id": "study", "name": "Study"}],
    "entities": [
        {"id": "light.arc", "name": "Arc Lamp", "area": "lounge", "state": "off", "attributes": DIM},
        {"id": "light.study", "name": "Study Light", "area": "study", "state": "off",
         "attributes": DIM},
        {"id": "media_player.tv", "name": "Television", "area": "lounge", "state": "on"},
        {"id": "switch.printer", "name": "Printer", "area": "study", "state": "on"},
    ],
}  # fmt: skip
HOUSE: dict[str, Any] = {
    "areas": [{"id": "nursery", "name": "Nursery"}, {"id": "cellar", "name": "Cellar"},
              {"id": "garage", "name": "Garage"}],
    "entities": [
        {"id": "fan.nursery", "name": "Nursery Fan", "area": "nursery", "state": "off",
         "attributes": {"percentage": 0}},
        {"id": "light.nursery", "name": "Nursery Lamp", "area": "nursery", "state": "off",
         "attributes": DIM},
        {"id": "switch.pump", "name": "Boiler Pump", "area": "cellar", "state": "off"},
        {"id": "switch.freezer", "name": "Freezer", "area": "cellar", "state": "on"},
        {"id": "cover.garage", "name": "Garage Door", "area": "garage", "state": "closed",
         "attributes": {"device_class": "garage"}},
        {"id": "lock.back", "name": "Back Door", "area": "cellar", "state": "locked"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def understand() -> Understander:
    return Understander.load()


class _Home:
    """A home in memory with everything that learns."""

    def __init__(self, home: dict[str, Any], understand: Understander) -> None:
        self.hub = MemoryHub(load_home(home))
        self.brain = Brain(context=self.hub.store, understand=understand, clock=self.hub.clock)
        self.hub.listeners.append(self.brain)
        self.pipeline = self.brain.pipeline(values=values, act=self.hub.executor)
        self.count = 0

    def say(self, text: str, *, after_s: float = 8.0) -> TurnRecord:
        for _ in range(int(after_s)):
            self.hub.advance(1.0)
            self.brain.tick()
        self.count += 1
        return self.pipeline.run_turn(
            Utterance(TurnId(f"turn-{self.count}"), text, self.hub.clock.now_s())
        )

    def state(self, entity_id: str) -> object:
        return self.hub.world.device(entity_id).state


@pytest.fixture
def live_in(understand: Understander) -> Callable[..., _Home]:
    def begin(home: dict[str, Any], first: str = "", then: str = "") -> _Home:
        one = _Home(home, understand)
        if first:
            assert one.say(first).decision is Decision.REFUSE
            assert one.say(then).decision is Decision.ACT
            assert [pair.stage for pair in one.brain.pairs()] == [Stage.TRIAL]
        return one

    return begin


@pytest.mark.parametrize(
    ("home", "first", "then", "later", "did"),
    [
        (FLAT, "turn on the cosy glow", "turn on the arc lamp",
         ["turn off the cosy glow", "set the cosy glow to 30 percent", "dim the cosy glow",
          "could you switch the cosy glow off please", "cosy glow on"], "light.arc"),
        (FLAT, "switch on gandalf", "turn on the study light",
         ["switch gandalf off", "put gandalf at 40 percent"], "light.study"),
        (FLAT, "kill the beast", "turn off the printer", ["turn on the beast"], "switch.printer"),
        (HOUSE, "turn on the chopper", "turn on the nursery fan",
         ["turn off the chopper", "set the chopper to 50 percent"], "fan.nursery"),
        (HOUSE, "start big bertha", "start the boiler pump", ["turn off big bertha"], "switch.pump"),
    ],
)  # fmt: skip
def test_a_name_is_known_at_once_in_other_requests(
    understand: Understander,
    home: dict[str, Any],
    first: str,
    then: str,
    later: list[str],
    did: str,
) -> None:
    turns = [{"text": text, "at": 10 + 8 * at} for at, text in enumerate([first, then])]
    turns += [{"text": text, "at": 300 + 200 * at} for at, text in enumerate(later)]
    (document,) = replay_lines(
        [json.dumps({"id": "s", "home": home, "turns": turns})], understand=understand
    )
    for text, turn in zip(later, document["turns"][2:], strict=True):
        assert turn["decision"] == "act", text
        assert [command["entity_id"] for command in turn["commands"]] == [did], text
        assert turn["rewrite"]["arm"] == "applied"
        assert turn["rewrite"]["target"] in turn["response"]
    (without,) = replay_lines(
        [json.dumps({"id": "s", "home": home, "turns": turns[2:]})], understand=understand
    )
    assert [turn["decision"] for turn in without["turns"]] == ["refuse"] * len(later)


def test_it_is_known_in_questions_and_beside_other_things(live_in: Callable[..., _Home]) -> None:
    one = live_in(FLAT, "turn on the cosy glow", "turn on the arc lamp")
    asked = one.say("is the cosy glow on", after_s=100)
    assert asked.decision is Decision.ANSWER
    assert "yes" in asked.response.lower()
    both = one.say("turn off the cosy glow and the television", after_s=100)
    moved = [outcome.command.entity_id for outcome in both.outcomes]
    assert sorted(moved) == ["light.arc", "media_player.tv"]
    assert (one.state("light.arc"), one.state("media_player.tv")) == ("off", "off")
    assert one.say("turn on the cosy glow worm", after_s=100).decision is Decision.REFUSE
    assert one.say("who sang the cosy glow", after_s=100).decision is Decision.REFUSE
    assert one.say("turn on the cozy grow", after_s=100).decision is Decision.REFUSE


def test_two_names_in_one_request(live_in: Callable[..., _Home]) -> None:
    one = live_in(HOUSE, "turn on the chopper", "turn on the nursery fan")
    one.say("turn on the sparkler", after_s=300)
    one.say("turn on the nursery lamp")
    record = one.say("turn off the chopper and the sparkler", after_s=300)
    moved = [outcome.command.entity_id for outcome in record.outcomes]
    assert sorted(moved) == ["fan.nursery", "light.nursery"]


@pytest.mark.parametrize(
    ("first", "then", "later"),
    [
        ("open the drawbridge", "open the garage door", "close the drawbridge"),
        ("lock the fort", "lock the back door", "unlock the fort"),
    ],
)
def test_nothing_sensitive_gets_a_name(
    live_in: Callable[..., _Home], first: str, then: str, later: str
) -> None:
    one = live_in(HOUSE)
    one.say(first)
    one.say(then)
    one.say("yes", after_s=3)
    assert one.say(later, after_s=300).rewrite is None
    before = one.hub.world.states()
    # Nor if such a pair gets into the tables some other way.
    one.brain.store.put(
        [Pair(first, then, Layer.PERSONAL, Stage.TRIAL, origin="import", interpretation="")]
    )
    record = one.say(later, after_s=300)
    assert (record.rewrite, record.outcomes) == (None, ())
    assert one.hub.world.states() == before


def test_a_loss_with_the_name_retires_the_pair_it_is_known_by(
    live_in: Callable[..., _Home],
) -> None:
    one = live_in(FLAT, "turn on the cosy glow", "turn on the arc lamp")
    record = one.say("dim the cosy glow", after_s=200)
    assert record.rewrite is not None
    assert (record.rewrite.arm, record.rewrite.source) == (Arm.APPLIED, "turn on the cosy glow")
    one.say("undo that", after_s=4)
    assert [pair.stage for pair in one.brain.pairs()] == [Stage.RETIRED]
    for text in ("turn off the cosy glow", "turn on the cosy glow", "dim the cosy glow"):
        assert one.say(text, after_s=200).decision is Decision.REFUSE


def test_the_name_itself_can_be_forgotten(live_in: Callable[..., _Home]) -> None:
    one = live_in(FLAT, "turn on the cosy glow", "turn on the arc lamp")
    assert one.brain.forget("cosy glow") > 0
    assert one.brain.pairs() == ()
    assert one.say("turn off the cosy glow", after_s=200).decision is Decision.REFUSE


def test_to_forget_the_pair_is_to_forget_the_name(live_in: Callable[..., _Home]) -> None:
    one = live_in(FLAT, "turn on the cosy glow", "turn on the arc lamp")
    record = one.say("turn off the cosy glow", after_s=200)
    assert record.decision is Decision.ACT
    assert [pair.source for pair in one.brain.pairs()] == ["turn on the cosy glow"]
    one.brain.forget("turn on the cosy glow")
    assert record.utterance.turn_id not in {turn.turn_id for turn in one.brain.journal.turns()}
    assert one.say("turn off the cosy glow", after_s=200).decision is Decision.REFUSE


def test_a_real_thing_of_that_name_wins(live_in: Callable[..., _Home]) -> None:
    one = live_in(FLAT, "turn on the cosy glow", "turn on the arc lamp")
    one.hub.store.set_entity_facts(EntityId("switch.printer"), aliases=("Cosy Glow",))
    record = one.say("turn off the cosy glow", after_s=200)
    assert record.rewrite is None
    assert [outcome.command.entity_id for outcome in record.outcomes] == ["switch.printer"]
    assert one.state("light.arc") == "on"
    # Nor is it put in where that thing cannot do what is asked for.
    assert one.say("set the cosy glow to 30 percent", after_s=200).rewrite is None
