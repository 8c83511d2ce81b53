"""Dialogues for the rephrase detector: households, what they say, and which turn put it right."""

# ruff: noqa: S311 - repeatable draws, no secret

from __future__ import annotations

import random
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import hubagent
from hubagent.learn.sessions import LATER, gap_s
from hubagent.training.homes import Vocabulary
from hubagent.training.noise import Confusions
from hubagent.training.rephrase_dialogues import Said, Stream, live
from hubagent.training.rephrase_examples import LONGEST_GAP_S, example, examples
from hubagent.training.rephrase_homes import VALUES, Inventor
from hubagent.training.rephrase_recordings import Recordings, recorded_streams
from hubagent.training.sentences import Templates
from hubagent.types import Decision
from hubagent.understand.understander import Understander

FOLDER = Path(hubagent.__path__[0]) / "training"
WORDS = tomllib.loads((FOLDER / "vocabulary.toml").read_text())["lists"]
MODEL = Understander.load()
HEARD = Confusions({}).with_sounds(
    ["lamp", "limp", "lump", "kitchen", "kitten", "bedroom", "study"]
)


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    return Templates(Vocabulary(WORDS, {}), tmp_path_factory.mktemp("no_data"))


@pytest.fixture(scope="module")
def stream(templates: Templates) -> Stream:
    dice = random.Random(4)
    inventor = Inventor(templates, held_out=False)
    return live(inventor.household("one", dice), inventor, HEARD, MODEL, 80, dice)


def test_a_sentence_says_all_of_its_goal(templates: Templates) -> None:
    dice = random.Random(7)
    inventor = Inventor(templates, held_out=False)
    household = inventor.household("one", dice)
    for _ in range(150):
        goal = inventor.goal(household, dice)
        text = inventor.say(goal, dice)
        assert goal.thing is None or goal.thing.name in text
        assert goal.label not in VALUES or goal.value in text
        near = inventor.near(goal, household, dice)
        assert near.plain  # there is a plainest way to say any goal


def test_held_out_sentences_come_from_templates_of_their_own(templates: Templates) -> None:
    train, test = (Inventor(templates, held_out=held_out) for held_out in (False, True))
    for label, nodes in test.nodes.items():
        assert nodes
        assert not {id(node) for node in nodes} & {id(node) for node in train.nodes[label]}


def test_a_life_has_what_goes_right_and_wrong_and_repeats_itself(
    stream: Stream, templates: Templates
) -> None:
    right = [said for said in stream.said if said.right and said.whole]
    wrong = [said for said in stream.said if not said.right]
    assert min(len(right), len(wrong)) >= 10
    assert any(stream.signals.values())
    for said in stream.said:
        if said.turn.done:
            assert said.turn.decision is Decision.ACT
    dice = random.Random(4)
    inventor = Inventor(templates, held_out=False)
    again = live(inventor.household("one", dice), inventor, HEARD, MODEL, 80, dice)
    assert [s.turn.heard for s in again.said] == [s.turn.heard for s in stream.said]


def test_what_is_pointed_at_is_the_last_rephrase_that_worked(stream: Stream) -> None:
    by_id = {said.turn.turn_id: (at, said) for at, said in enumerate(stream.said)}
    assert len(by_id) == len(stream.said)
    found = list(examples(stream, worked=1.0))
    assert any(item.answer for item in found)
    for item in found:
        assert 1 <= len(item.later) <= LATER
        assert len(item.again) == len(item.later) == len(item.seen.rows) - 1
        if item.kind == "worked":
            assert item.answer == 0
            assert not any(item.again)
        if item.answer:
            assert item.again[item.answer - 1]


def test_the_truth_of_an_example(stream: Stream) -> None:
    turns = [said.turn for said in stream.said[:5]]

    def made(at: int, words: str, episode: int, *, right: bool, whole: bool = True) -> Said:
        return Said(replace(turns[at], heard=words), episode, right, whole)

    wrong = made(0, "lamp on", 1, right=False)
    later = [
        made(1, "turn the lamp on", 1, right=False),
        made(2, "radio off", 2, right=True),
        made(3, "the lamp should be on", 1, right=True),
        made(4, "the hall one", 1, right=True, whole=False),
    ]
    found = example(stream, wrong, later, frozenset())
    assert (found.answer, found.again) == (3, (True, False, True, False))
    assert example(stream, wrong, later[:2], frozenset()).answer == 0
    assert example(stream, replace(wrong, right=True), later, frozenset()).answer == 0
    same = [made(1, "Lamp on!", 1, right=True)]
    assert example(stream, wrong, same, frozenset()).answer == 0


def test_shorter_views_end_earlier_and_hold_no_later_signal(stream: Stream) -> None:
    whole = list(examples(stream, worked=1.0))
    views = list(examples(stream, worked=1.0, shorter=True))
    assert len(whole) < len(views) <= 2 * len(whole)
    for before, after in zip(stream.said, stream.said[1:], strict=False):
        if gap_s(before.turn, after.turn) > LONGEST_GAP_S:
            assert (
                after.turn.heard
                not in [
                    text for item in whole if item.text == before.turn.heard for text in item.later
                ]
                or sum(said.turn.heard == after.turn.heard for said in stream.said) > 1
            )


ROWS = [
    {"id": 1, "text": "what time is it", "asr": heard, "intent": "datetime_query"}
    for heard in ("what time is it", "what tame as eat", " ")
] + [
    {"id": 2, "text": "set a timer for ten minutes", "asr": heard, "intent": "alarm_set"}
    for heard in ("set a timer for ten minutes", "set a tire for tin men")
]


def test_recordings_without_words_are_left_out() -> None:
    assert len(Recordings(ROWS).heard["what time is it"]) == 2


def test_recorded_people_say_only_what_was_recorded() -> None:
    (stream,) = recorded_streams(ROWS, MODEL, 1, 20, "x")
    said = {item.turn.heard for item in stream.said}
    assert said <= {row["asr"] for row in ROWS} | {"undo"}
    assert any(item.right for item in stream.said)
    assert any(not item.right for item in stream.said)


def test_the_trained_arrays_mean_the_same_without_torch(stream: Stream) -> None:
    torch = pytest.importorskip("torch")
    from hubagent.evaluate.rephrase_rivals import PAIRWISE, Pairwise
    from hubagent.learn.rephrase import Network
    from hubagent.training import rephrase

    found = list(examples(stream))
    batch = rephrase.Batch.of(found)
    torch.manual_seed(3)
    with torch.no_grad():
        detector = rephrase.Contextual(rephrase.Recipe()).eval()
        pointed, again = (item.numpy() for item in detector(batch))
        network = Network(rephrase.arrays(detector))
        for at, item in enumerate(found):
            here = network(item.seen)
            turns = len(item.seen.rows)
            assert np.allclose(here[0], pointed[at, :turns], atol=1e-4)
            assert np.allclose(here[1], again[at, 1:turns], atol=1e-4)
        for blocks in PAIRWISE.values():
            rival = rephrase.Pairwise(rephrase.Recipe(), blocks).eval()
            scores = rival(batch).numpy()
            plain = Pairwise(rephrase.arrays(rival), blocks)
            for at, item in enumerate(found):
                assert np.allclose(plain(item.seen), scores[at, 1 : len(item.seen.rows)], atol=1e-4)
