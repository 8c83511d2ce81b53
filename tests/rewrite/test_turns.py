"""Turns with what was learned: used, held back, guarded, said, explained, undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent import explain
from hubagent.evidence import Changes, Entry, Pair, Stage, Tally, source_key
from hubagent.pipeline import Pipeline
from hubagent.replay import MemoryHub
from hubagent.resolve.features import is_sensitive
from hubagent.rewrite.decide import WITHHELD_MATURE, WITHHELD_NEW, LearnedRewriter, drawn
from hubagent.rewrite.guardrail import Guardrail
from hubagent.rewrite.pairs import LearnedStore
from hubagent.rewrite.search import RankedSearch
from hubagent.rewrite.table import GlobalTable, Row
from hubagent.simulate.home import load_home
from hubagent.types import AreaId, Arm, Decision, Layer, TurnId, Utterance
from hubagent.understand import values
from hubagent.understand.understander import Understander

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.types import TurnRecord

HOME: dict[str, Any] = {
    "areas": [{"id": "kitchen", "name": "Kitchen"}, {"id": "living", "name": "Living Room"}],
    "entities": [
        {"id": "light.kitchen", "name": "Kitchen Light", "area": "kitchen", "state": "off"},
        {"id": "light.gandalf", "name": "Gandalf", "area": "living", "state": "off"},
        {"id": "cover.hatch", "name": "Awning", "area": "living", "state": "closed"},
        {"id": "lock.front", "name": "Front Door", "area": "living", "state": "locked"},
    ],
}
ODD = "flimber the gorgle"
"""Words that come to nothing."""


class Turns:
    """A pipeline with learned pairs on a simulated home."""

    def __init__(
        self,
        understand: Understander,
        home: dict[str, Any] = HOME,
        rows: Sequence[Row] = (),
        doubt: float = 0.0,
    ) -> None:
        self.hub = MemoryHub(load_home(home))
        self.store = LearnedStore()
        guard, table = Guardrail(sensitive=is_sensitive), GlobalTable(rows=rows)
        self.search = search = RankedSearch(self.store, guard, table)
        self.pipeline = Pipeline(
            understand=understand,
            values=values,
            context=self.hub.store,
            act=self.hub.executor,
            clock=self.hub.clock,
            rewriter=LearnedRewriter(self.store, guard, search, table),
            defect=lambda *_: doubt,
        )
        self.count = 0

    def learned(self, source: str, target: str, stage: Stage = Stage.LIVE, **more: Any) -> Pair:
        fields: dict[str, Any] = {"layer": Layer.PERSONAL, "origin": "taught"} | more
        pair = Pair(source_key(source), target, stage=stage, interpretation="", **fields)
        self.store.put([pair])
        return pair

    def __call__(self, text: str, turn_id: str = "") -> TurnRecord:
        self.count += 1
        self.hub.advance(5.0)
        return self.pipeline.run_turn(
            Utterance(
                TurnId(turn_id or f"t{self.count}"),
                text,
                self.hub.clock.now_s(),
                area_id=AreaId("living"),
            )
        )

    def state(self, entity_id: str) -> object:
        return self.hub.world.device(entity_id).state


@pytest.fixture(scope="module")
def understand() -> Understander:
    return Understander.load()


@pytest.fixture
def turns(understand: Understander) -> Turns:
    return Turns(understand)


def test_words_that_are_nothing_are_refused_without_a_pair(turns: Turns) -> None:
    record = turns(ODD)
    assert (record.decision, record.rewrite) == (Decision.REFUSE, None)


def test_a_live_pair_is_used_and_said(turns: Turns) -> None:
    turns.learned(ODD, "turn on Gandalf")
    record = turns("Flimber the gorgle!")
    assert record.decision is Decision.ACT
    assert turns.state("light.gandalf") == "on"
    assert record.rewrite is not None
    assert (record.rewrite.source, record.rewrite.arm) == (ODD, Arm.APPLIED)
    assert not record.rewrite.online
    assert record.utterance.text == "Flimber the gorgle!"
    assert "aken as “turn on Gandalf”" in record.response or "took that as" in record.response
    shown = explain.render(record)
    assert '"turn on Gandalf"' in shown
    assert "known, personal" in shown
    assert len(shown.splitlines()) <= 24


def test_it_can_be_muted(turns: Turns) -> None:
    turns.learned(ODD, "turn on Gandalf")
    turns.store.change(Changes(settings=(("muted", "yes"),)))
    assert "Gandalf" in turns(ODD).response
    assert "“" not in turns(ODD).response


def test_a_pair_on_trial_is_used_only_where_the_words_come_to_nothing(turns: Turns) -> None:
    turns.learned(ODD, "turn on Gandalf", Stage.TRIAL)
    turns.learned("turn on the kitchen light", "turn on gandalf", Stage.TRIAL)
    record = turns(ODD)
    assert record.decision is Decision.ACT
    assert record.rewrite is not None
    assert record.rewrite.online
    assert turns.state("light.gandalf") == "on"
    turns("turn off gandalf")
    assert turns("turn on the kitchen light").rewrite is None  # guarded: another thing
    assert turns.state("light.gandalf") == "off"


def test_a_pair_in_the_shadow_is_only_noted(turns: Turns) -> None:
    turns.learned(ODD, "turn on Gandalf", Stage.SHADOW)
    record = turns(ODD)
    assert record.decision is Decision.REFUSE
    assert record.rewrite is not None
    assert record.rewrite.arm is Arm.SHADOW
    assert "only noted" in explain.render(record)


def test_what_was_retired_here_is_not_applied_from_elsewhere(turns: Turns) -> None:
    turns.learned(ODD, "turn on Gandalf", layer=Layer.GLOBAL)
    assert turns(ODD).decision is Decision.ACT
    turns.learned(ODD, "turn on gandalf", Stage.RETIRED)
    record = turns(ODD)
    assert (record.decision, record.rewrite) == (Decision.REFUSE, None)


def test_nothing_sensitive_is_reached(turns: Turns) -> None:
    for stage in (Stage.LIVE, Stage.TRIAL):
        turns.learned("let me in", "unlock the front door", stage)
        record = turns("let me in")
        assert record.rewrite is None
        assert turns.state("lock.front") == "locked"


def test_a_target_that_became_a_garage_door_is_not_opened(understand: Understander) -> None:
    for device_class, moves in (("awning", True), ("garage", False)):
        entities = [
            {**item, "device_class": device_class} if item["id"] == "cover.hatch" else item
            for item in HOME["entities"]
        ]
        turns = Turns(understand, {**HOME, "entities": entities})
        turns.learned(ODD, "open the awning")
        record = turns(ODD)
        assert (record.rewrite is not None) is moves
        assert bool(record.outcomes) is moves


def test_a_target_that_is_gone_leaves_the_words_as_heard(turns: Turns) -> None:
    turns.learned("turn on the kitchen light", "turn on the kitchen light of saruman")
    turns.learned("kitchen light on", "kitchen light on in the tower")
    for words in ("turn on the kitchen light", "kitchen light on"):
        record = turns(words)
        assert record.decision is Decision.ACT
        assert record.rewrite is None
        assert turns.state("light.kitchen") == "on"


def test_undo_after_a_rewrite_takes_it_back(turns: Turns) -> None:
    turns.learned(ODD, "turn on Gandalf")
    turns(ODD)
    assert turns.state("light.gandalf") == "on"
    record = turns("undo")
    assert record.rewrite is None
    assert turns.state("light.gandalf") == "off"


def test_the_dialogue_goes_on_from_the_other_words(turns: Turns) -> None:
    turns.learned(ODD, "turn on Gandalf")
    turns(ODD)
    turns("turn it off")
    assert turns.state("light.gandalf") == "off"


def test_answers_and_undos_are_never_rewritten(turns: Turns) -> None:
    for words in ("the kitchen one", "undo", "never mind"):
        turns.learned(words, "turn on Gandalf now")
    turns("turn on the kitchen light")
    assert turns("undo").rewrite is None
    assert turns("never mind").rewrite is None
    assert turns.state("light.gandalf") == "off"


def test_a_chain_is_not_followed(turns: Turns) -> None:
    turns.learned(ODD, "zorble the wumpus")
    turns.learned("zorble the wumpus", "turn on Gandalf")
    assert turns(ODD).rewrite is None
    assert turns("zorble the wumpus").decision is Decision.ACT


def test_the_control_arm_is_drawn_by_turn_and_noted(turns: Turns) -> None:
    pair = turns.learned(ODD, "turn on Gandalf", origin="chain")
    ids = [TurnId(f"x{number}") for number in range(4000)]
    share = sum(drawn(pair, turn_id)[0] is Arm.WITHHELD for turn_id in ids) / len(ids)
    assert share == pytest.approx(WITHHELD_NEW, abs=0.02)
    mature = turns.learned("a b", "turn on Gandalf", origin="chain", on=Tally(15, 5))
    share = sum(drawn(mature, turn_id)[0] is Arm.WITHHELD for turn_id in ids) / len(ids)
    assert share == pytest.approx(WITHHELD_MATURE, abs=0.01)
    left_out = next(i for i in ids if drawn(pair, i)[0] is Arm.WITHHELD)
    record = turns(ODD, left_out)
    assert record.decision is Decision.REFUSE
    assert record.rewrite is not None
    assert (record.rewrite.arm, record.rewrite.propensity) == (Arm.WITHHELD, WITHHELD_NEW)
    assert "left out as a control" in explain.render(record)


def test_what_words_would_come_to_can_be_foreseen(turns: Turns) -> None:
    (foreseen,) = turns.pipeline.foresee("turn on gandalf")
    assert [str(command.entity_id) for command in foreseen.commands] == ["light.gandalf"]
    assert turns.state("light.gandalf") == "off"
    assert turns.pipeline.turns() == ()


# --- what is known of many homes ------------------------------------------------------------------


def test_what_many_homes_say_is_used_and_then_judged_here(understand: Understander) -> None:
    turns = Turns(understand, rows=[Row(ODD, "turn on Gandalf", 40.0, 1.0, 12)])
    record = turns(ODD, "a turn in which it is applied")
    assert record.rewrite is not None
    assert record.rewrite.layer is Layer.GLOBAL
    assert turns.state("light.gandalf") == "on"
    (kept,) = turns.store.find(ODD)
    assert (kept.layer, kept.stage) == (Layer.GLOBAL, Stage.LIVE)
    turns.learned(ODD, "turn on gandalf", Stage.RETIRED)
    assert turns(ODD).rewrite is None


def test_what_few_homes_say_is_on_trial(understand: Understander) -> None:
    turns = Turns(understand, rows=[Row(ODD, "turn on Gandalf", 4.0, 0.0, 2)])
    record = turns(ODD)
    assert record.rewrite is not None
    assert record.rewrite.online
    assert turns.store.find(ODD)[0].stage is Stage.TRIAL


def test_what_goes_well_everywhere_is_left_as_it_is(understand: Understander) -> None:
    turns = Turns(understand, rows=[Row(ODD, ODD, 90.0, 1.0, 30)])
    turns.learned(ODD, "turn on Gandalf", origin="chain")
    assert turns(ODD, "a turn in which it would be applied").rewrite is None
    turns.learned(ODD, "turn on Gandalf", origin="taught")
    assert turns(ODD).rewrite is not None


def test_a_hostile_table_opens_nothing(understand: Understander) -> None:
    said = [ODD, "turn on the light", "good night", "lock the front door"]
    turns = Turns(
        understand, rows=[Row(words, "unlock the front door", 1e9, 0.0, 999) for words in said]
    )
    for words in said:
        turns(words)
        assert turns.state("lock.front") == "locked"


def _often_said(turns: Turns, understand: Understander, text: str, interpretation: str) -> None:
    """Let words have gone well here eight times."""
    read = understand.understand(text)
    vector = bytes(round(127 * value) % 256 for value in read.embedding)
    words = Entry(text, interpretation, tally=Tally(8.0, 0.0),
                  last_s=turns.hub.clock.now_s(), embedding=vector)  # fmt: skip
    turns.store.change(Changes(entries=(words,)))


def test_what_comes_to_the_same_needs_no_other_words(understand: Understander) -> None:
    turns = Turns(understand, doubt=0.95)
    _often_said(turns, understand, "turn on gandalf", "hassturnon|light.gandalf")
    for heard in ("turn on the gandalf", "turn on gandalf now"):
        record = turns(heard)
        assert record.decision is Decision.ACT
        assert record.rewrite is None
    # Not because nothing was found:
    found = turns.search.best(
        Utterance(TurnId("x"), "turn on the gandalf", turns.hub.clock.now_s()),
        understand.understand("turn on the gandalf"),
        turns.hub.store.view(),
        0.95,
    )
    assert found is not None
    assert found.target == "turn on gandalf"


def test_own_words_are_found_when_misheard(understand: Understander, turns: Turns) -> None:
    _often_said(turns, understand, "turn on gandalf", "hassturnon|light.gandalf")
    for heard in ("turn on can dalf", "turn on gun dolph", "turn on kandalf please"):
        record = turns(heard)
        if record.rewrite is not None:
            assert record.rewrite.online
            assert "gandalf" in record.rewrite.target
        assert record.decision is not Decision.ACT or turns.state("light.gandalf") == "on"
        turns("turn off gandalf")


def test_what_others_say_of_their_things_holds_of_ours(understand: Understander) -> None:
    turns = Turns(understand, rows=[Row("pep {name} up", "turn on {name}", 40.0, 1.0, 12)])
    record = turns("pep gandalf up")
    assert record.rewrite is not None
    assert (record.rewrite.source, record.rewrite.target) == ("pep gandalf up", "turn on gandalf")
    assert turns.state("light.gandalf") == "on"
    assert turns("pep the sofa up").rewrite is None


def test_of_several_words_for_it_the_first_that_is_allowed_here_is_taken(
    understand: Understander,
) -> None:
    turns = Turns(
        understand,
        rows=[
            Row(ODD, "unlock the front door", 40.0, 1.0, 12),
            Row(ODD, "turn on Gandalf", 30.0, 1.0, 12),
        ],
    )
    record = turns(ODD)
    assert record.rewrite is not None
    assert record.rewrite.target == "turn on Gandalf"
    assert turns.state("lock.front") == "locked"
