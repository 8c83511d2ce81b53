"""What one turn teaches at once: a trial pair, or a loss."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.evidence import Pair, Signal, SignalKind, Stage, Tally, source_key
from hubagent.learn.moved import said_otherwise
from hubagent.learn.quick import Quick, Reading
from hubagent.types import Arm, Decision, Layer, OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hubagent.evidence import JournalTurn

SAID, MEANT = "the thinking spot please", "turn on the desk lamp"


@dataclass
class _Judged:
    index: int | None
    probability: float


def _quick(
    *pairs: Pair,
    judge: Callable[[int], _Judged] = lambda later: _Judged(later - 1, 0.95),
    objection: str = "",
    state: str = "hassturnon|light.desk_lamp|turn_on",
) -> Quick:
    return Quick(
        judge=lambda _turn, later, _signals: judge(len(later)),  # type: ignore[arg-type,return-value]
        read=lambda _words, _place: Reading(state, ()),
        objection=lambda _source, _target, _commands: objection,
        find=lambda words: tuple(pair for pair in pairs if pair.source == words),
    )


def _pair(stage: Stage, **more: Any) -> Pair:
    return Pair(
        source=source_key(SAID), target=MEANT, layer=Layer.PERSONAL, stage=stage, origin="rephrase",
        interpretation="hassturnon|light.desk_lamp|turn_on", **more,
    )  # fmt: skip


def taught(quick: Quick, turn: JournalTurn, before: Sequence[JournalTurn]) -> list[Pair]:
    return list(quick.taught(turn, before, {}))


def test_a_rephrase_that_worked_makes_a_trial_pair_of_what_came_to_nothing(make_turn: Any) -> None:
    (pair,) = taught(_quick(), make_turn(MEANT, 8), [make_turn(SAID, 0)])
    assert (pair.source, pair.target, pair.stage) == (source_key(SAID), MEANT, Stage.TRIAL)
    assert pair.origin == "rephrase"
    assert MEANT in pair.why


def test_each_of_several_failed_attempts_learns_the_one_that_worked(make_turn: Any) -> None:
    before = [make_turn("thinking spot", 0), make_turn("light the thinking spot", 9)]
    found = taught(_quick(), make_turn(MEANT, 18), before)
    assert [pair.source for pair in found] == ["thinking spot", "light the thinking spot"]


@pytest.mark.parametrize(
    ("earlier", "why"),
    [
        ({"at_s": -60}, "too long ago"),
        ({"place": "kitchen"}, "elsewhere"),
        ({"decision": Decision.ASK}, "was asked about"),
        ({"reason": "unreachable"}, "was understood"),
        ({"decision": Decision.ACT, "interpretation": "x|light.x|turn_on"}, "did something"),
    ],
)
def test_nothing_is_learned_of_words_that(make_turn: Any, earlier: Any, why: str) -> None:
    first = make_turn(SAID, **{"at_s": 0, **earlier})
    assert taught(_quick(), make_turn(MEANT, 8), [first]) == [], why


def test_nothing_is_learned_unless_the_turn_worked_as_it_was_heard(make_turn: Any) -> None:
    before = [make_turn(SAID, 0)]
    assert taught(_quick(), make_turn("who knows", 8), before) == []
    assert taught(_quick(), make_turn("lamp thing", 8, read=MEANT), before) == []


def test_another_person_in_the_same_room_teaches_nothing(make_turn: Any) -> None:
    first = make_turn(SAID, 0, speaker="ann")
    assert taught(_quick(), make_turn(MEANT, 8, speaker="ben"), [first]) == []


def test_nothing_is_learned_on_a_guess_or_against_a_guard_rail(make_turn: Any) -> None:
    turn, before = make_turn(MEANT, 8), [make_turn(SAID, 0)]
    assert taught(_quick(judge=lambda _: _Judged(0, 0.4)), turn, before) == []
    assert taught(_quick(judge=lambda _: _Judged(None, 0.9)), turn, before) == []
    assert taught(_quick(objection="it is a lock"), turn, before) == []
    assert (
        taught(_quick(state="UNH|turn on it"), turn, before) == []
    )  # leans on what was said before


@pytest.mark.parametrize("stage", [Stage.TRIAL, Stage.LIVE])
def test_what_is_known_or_barred_is_left_alone(make_turn: Any, stage: Stage) -> None:
    turn, before = make_turn(MEANT, 8), [make_turn(SAID, 0)]
    assert taught(_quick(_pair(stage)), turn, before) == []
    barred = _pair(Stage.RETIRED, until_s=turn.at_s + 1)
    assert taught(_quick(barred), turn, before) == []
    assert len(taught(_quick(replace(barred, until_s=turn.at_s)), turn, before)) == 1
    other = replace(barred, interpretation="hassturnon|light.floor_lamp|turn_on")
    assert len(taught(_quick(other), turn, before)) == 1  # another target is barred


@pytest.mark.parametrize(
    "kind",
    [
        SignalKind.NO,
        SignalKind.UNDO,
        SignalKind.CORRECTION,
        SignalKind.BY_HAND,
        SignalKind.REPEAT,
        SignalKind.BARGE_IN,
    ],
)
def test_a_no_within_twenty_seconds_retires_a_trial_pair(make_turn: Any, kind: SignalKind) -> None:
    turn = make_turn(SAID, 0, read=MEANT)
    signal = Signal(turn.turn_id, kind, turn.at_s + 15)
    (pair,) = _quick(_pair(Stage.TRIAL)).lost(turn, [signal])
    assert pair.stage is Stage.RETIRED
    assert pair.until_s > turn.at_s


def test_one_no_does_not_retire_a_pair_that_has_helped(make_turn: Any) -> None:
    turn = make_turn(SAID, 0, read=MEANT)
    helped = _pair(Stage.LIVE, on=Tally(9, 0), off=Tally(0, 4))
    (pair,) = _quick(helped).lost(turn, [Signal(turn.turn_id, SignalKind.NO, turn.at_s + 5)])
    assert (pair.stage, pair.on.bad) == (Stage.LIVE, 1.0)


@pytest.mark.parametrize("kind", [SignalKind.REPEAT, SignalKind.BARGE_IN])
def test_impatience_is_no_loss_where_the_device_did_not_follow(
    make_turn: Any, kind: SignalKind
) -> None:
    turn = make_turn(SAID, 0, read=MEANT)
    silent = replace(turn, done=tuple(replace(it, outcome=OutcomeKind.SILENT) for it in turn.done))
    again = Signal(turn.turn_id, kind, turn.at_s + 5)
    assert turn.done
    assert not list(_quick(_pair(Stage.TRIAL)).lost(silent, [again]))


def test_to_cut_the_end_of_a_long_answer_is_no_loss(make_turn: Any) -> None:
    turn = make_turn(SAID, 0, read=MEANT)
    late = Signal(turn.turn_id, SignalKind.BARGE_IN, turn.at_s + 4, 0.3)
    assert not list(_quick(_pair(Stage.TRIAL)).lost(turn, [late]))


def test_a_loss_with_a_name_is_one_of_the_pair_it_is_known_by(make_turn: Any) -> None:
    turn = make_turn("dim the cosy glow", 0, read="dim the desk lamp")
    rewrite = replace(turn.rewrite, source=source_key(SAID), online=True)
    no = Signal(turn.turn_id, SignalKind.NO, turn.at_s + 5)
    (pair,) = _quick(_pair(Stage.TRIAL)).lost(replace(turn, rewrite=rewrite), [no])
    assert (pair.source, pair.stage) == (source_key(SAID), Stage.RETIRED)
    searched = replace(rewrite, features=(("sound", 0.9),))
    assert not list(_quick(_pair(Stage.TRIAL)).lost(replace(turn, rewrite=searched), [no]))


def test_no_loss_without_a_rewrite_too_late_or_of_another_kind(make_turn: Any) -> None:
    turn = make_turn(SAID, 0, read=MEANT)
    quick = _quick(_pair(Stage.TRIAL))
    assert not list(quick.lost(turn, [Signal(turn.turn_id, SignalKind.NO, turn.at_s + 60)]))
    assert not list(quick.lost(turn, [Signal(turn.turn_id, SignalKind.THANKS, turn.at_s + 5)]))
    assert turn.rewrite is not None
    held_back = replace(turn, rewrite=replace(turn.rewrite, arm=Arm.WITHHELD))
    assert not list(quick.lost(held_back, [Signal(turn.turn_id, SignalKind.NO, turn.at_s + 5)]))


def test_the_words_of_a_correction_are_learned_without_it(make_turn: Any) -> None:
    turn = replace(make_turn(MEANT, 8), heard=f"no i meant {MEANT}", read=MEANT)
    (pair,) = taught(_quick(), turn, [make_turn(SAID, 0)])
    assert pair.target == MEANT


def test_what_brighter_comes_to_need_not_be_the_same_value_again(make_turn: Any) -> None:
    meant = "hublightsetrelative|light.desk_lamp|turn_on brightness="
    turn = replace(make_turn(MEANT, 8), interpretation=f"{meant}102")
    assert len(taught(_quick(state=f"{meant}51"), turn, [make_turn(SAID, 0)])) == 1
    other = "hublightsetrelative|light.hall|turn_on brightness=51"
    assert taught(_quick(state=other), turn, [make_turn(SAID, 0)]) == []


def test_who_takes_it_back_and_names_another_thing_means_that_now(make_turn: Any) -> None:
    source = make_turn(SAID, 0, read="turn on the floor lamp")
    turn, quick = make_turn(MEANT, 9), _quick()
    back = {source.turn_id: [Signal(source.turn_id, SignalKind.BY_HAND, source.at_s + 5)]}
    assert list(quick.moved(turn, [source], back)) == [source]
    assert list(quick.moved(turn, [source], {})) == []  # maybe a second wish
    assert list(quick.moved(make_turn(MEANT, 90), [source], back)) == []
    plain = make_turn("turn on the floor lamp", 0)
    back = {plain.turn_id: [Signal(plain.turn_id, SignalKind.BY_HAND, plain.at_s + 5)]}
    assert list(quick.moved(turn, [plain], back)) == []  # nothing was learned of those words
    named = replace(quick, has_name=lambda words: "floor" in words)
    assert list(named.moved(turn, [plain], back)) == [plain]
    assert list(replace(quick, has_name=lambda _words: True).moved(turn, [plain], back)) == []


def test_the_same_of_another_thing_is_what_counts(make_turn: Any) -> None:
    one, other = make_turn("turn on the floor lamp", 0), make_turn(MEANT, 9)
    assert said_otherwise(one, other)
    assert not said_otherwise(one, one)
    assert not said_otherwise(one, make_turn("gibberish", 9))
    dimmed = replace(other, interpretation="hasslightset|light.desk_lamp|turn_on brightness=128")
    assert not said_otherwise(one, dimmed)
