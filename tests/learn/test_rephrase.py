"""The shipped detector on dialogues whose answer leaves no doubt, and its arithmetic."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from hubagent.errors import ModelError
from hubagent.evidence import Done, JournalTurn, Signal, SignalKind
from hubagent.learn.picture import BLOCKS, COLUMNS, GAPS_S, WIDTH, gap_bucket, picture
from hubagent.learn.rephrase import RECORD, WEIGHTS, RephraseDetector
from hubagent.types import Decision, EntityId, OutcomeKind, TurnId
from hubagent.understand.understander import Understander

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DETECTOR = RephraseDetector.load()
MODEL = Understander.load()
NAMES = frozenset("kitchen hall office reading lamp light speaker".split())  # noqa: SIM905
COUNT = iter(range(10_000))


def turn(
    at_s: float, heard: str, things: Sequence[str] = (), command: str = "turn_on", *,
    reason: str = "", asked: bool = False, speaker: str = "",
) -> JournalTurn:  # fmt: skip
    """Return a turn: one that moved ``things``, asked, or was refused."""
    found = MODEL.understand(heard)
    reading = found.clauses[0].hypotheses[0]
    decision = Decision.ASK if asked else Decision.ACT if things else Decision.REFUSE
    return JournalTurn(
        turn_id=TurnId(f"t{next(COUNT)}"), at_s=at_s, place="den", speaker=speaker, heard=heard,
        read=heard, rewrite=None, decision=decision, intent=reading.intent,
        reason="" if things or asked else reason or "unknown_name",
        interpretation=f"{reading.intent}|{','.join(things)}|{command}" if things else f"UNH|{heard}",
        probability=reading.probability, margin=reading.probability, out_of_scope=found.out_of_scope,
        asr_confidence=None,
        done=tuple(Done(EntityId(item), command, {}, OutcomeKind.FOLLOWED) for item in things),
        response="Done." if things else "I don't know a device called that.", ms=30.0,
        embedding=found.embedding,
    )  # fmt: skip


MISHEARD = turn(0, "turn on the kitten light")
RIGHT = turn(8, "turn on the kitchen light", ["light.kitchen"])


def judged(*turns: JournalTurn, **signals: SignalKind) -> int | None:
    """Return the index of the later turn that put the first one right."""
    given = {turns[0].turn_id: [Signal(turns[0].turn_id, kind, 1.0) for kind in signals.values()]}
    return DETECTOR.judge(turns[0], turns[1:], given, NAMES).index


def test_the_same_said_again_and_heard_right() -> None:
    judgement = DETECTOR.judge(MISHEARD, [RIGHT], {}, NAMES)
    assert judgement.index == 0
    assert judgement.probability > 0.8
    assert judgement.rephrases[0] > 0.8


def test_the_last_that_worked_is_taken_and_all_are_rephrases() -> None:
    again = turn(7, "turn on the kitchen night")
    works = turn(14, "switch the kitchen light on", ["light.kitchen"])
    judgement = DETECTOR.judge(MISHEARD, [again, works], {}, NAMES)
    assert judgement.index == 1
    assert min(judgement.rephrases) > 0.5


def test_another_wish_after_a_failure_is_no_rephrase() -> None:
    assert judged(MISHEARD, turn(40, "pause the office speaker", ["media_player.office"])) is None


def test_another_room_after_one_that_worked_is_no_rephrase() -> None:
    assert judged(RIGHT, turn(16, "turn on the hall light", ["light.hall"])) is None


def test_the_same_again_after_it_worked_is_no_rephrase() -> None:
    assert judged(RIGHT, turn(16, "turn on the kitchen light", ["light.kitchen"])) is None


def test_more_of_the_same_is_no_rephrase() -> None:
    louder = turn(0, "turn up the office speaker", ["media_player.office"], "volume_set")
    assert judged(louder, turn(8, "make the office speaker louder", ["media_player.office"], "volume_set")) is None  # fmt: skip


def test_refinement_of_what_worked_is_no_rephrase() -> None:
    on = turn(0, "turn on the reading lamp", ["light.reading"])
    assert judged(on, turn(12, "set the reading lamp to fifty percent", ["light.reading"])) is None


def test_nothing_later_is_no_rephrase() -> None:
    assert DETECTOR.judge(MISHEARD, [], {}, NAMES).index is None


WORDS = st.sampled_from(["turn on the kitchen light", "no the hall", "louder", "undo", "what", ""])
SAID = st.tuples(WORDS, st.floats(0.0, 500.0), st.booleans(), st.sampled_from(list(SignalKind)))


@settings(deadline=None)
@given(st.lists(SAID, min_size=1, max_size=8))
def test_chances_are_chances_whatever_was_said(
    drawn: list[tuple[str, float, bool, SignalKind]],
) -> None:
    at_s, turns, signals = 0.0, [], {}
    for heard, after_s, works, kind in drawn:
        at_s += after_s
        made = turn(at_s, heard, ["light.x"] if works else []) if heard else MISHEARD
        turns.append(made)
        signals[made.turn_id] = [Signal(made.turn_id, kind, at_s)]
    judgement = DETECTOR.judge(turns[0], turns[1:], signals, NAMES)
    later = min(len(turns) - 1, 5)
    assert len(judgement.chances) == len(judgement.rephrases) == later
    assert sum(judgement.chances) <= 1.0 + 1e-5
    none = 1.0 - sum(judgement.chances)
    best = none if judgement.index is None else judgement.chances[judgement.index]
    assert judgement.probability == pytest.approx(best, abs=1e-4)
    assert judgement.probability >= max((*judgement.chances, none)) - 1e-4


def test_signals_that_are_made_of_the_judgement_are_not_looked_at() -> None:
    made = [Signal(MISHEARD.turn_id, SignalKind.REPHRASE, 8.0)]
    with_it = picture(MISHEARD, [RIGHT], {MISHEARD.turn_id: made}, NAMES)
    without = picture(MISHEARD, [RIGHT], {}, NAMES)
    assert np.array_equal(with_it.rows, without.rows)


def test_a_picture_has_its_blocks_and_no_more_than_five_later_turns() -> None:
    seen = picture(MISHEARD, [RIGHT] * 9, {}, NAMES)
    assert seen.rows.shape == (6, COLUMNS)
    assert seen.embeddings.shape == (6, WIDTH)
    assert not seen.rows[0, BLOCKS["words"]].any()
    assert np.abs(seen.rows).max() <= 1.0
    assert np.allclose(seen.rows[1, BLOCKS["words"]], seen.rows[1, BLOCKS["before"]])


def test_words_that_the_model_did_not_read_have_no_embedding() -> None:
    unread = JournalTurn(
        **{name: getattr(RIGHT, name) for name in RIGHT.__slots__} | {"embedding": ()}
    )
    assert not picture(MISHEARD, [unread], {}, NAMES).embeddings[1].any()


def test_buckets_of_silence() -> None:
    assert [gap_bucket(end) for end in GAPS_S] == [0, 1, 2, 3, 4, 5]
    assert (gap_bucket(0.0), gap_bucket(1e9)) == (0, 6)


def test_damaged_weights_are_refused_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "rephrase.npz").write_bytes(WEIGHTS.read_bytes()[:-1])
    with pytest.raises(ModelError, match="released file") as caught:
        RephraseDetector.load(tmp_path / "rephrase.npz", RECORD)
    assert caught.value.hint
    with pytest.raises(ModelError, match="cannot read"):
        RephraseDetector.load(tmp_path / "none.npz", RECORD)


def test_weights_for_other_features_are_refused(tmp_path: Path) -> None:
    record = json.loads(RECORD.read_text())
    record["blocks"]["words"] += 1
    (tmp_path / "rephrase.json").write_text(json.dumps(record))
    with pytest.raises(ModelError, match="other features"):
        RephraseDetector.load(WEIGHTS, tmp_path / "rephrase.json")
