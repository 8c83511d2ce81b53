"""Weights of the ranker of rewrites, on examples whose answer is known."""

from __future__ import annotations

import random
import tomllib
from dataclasses import replace

from hubagent.rewrite import rank
from hubagent.training.rewrites import Asked, as_toml, fit, scores, thresholds


def examples(part: str = "fit", seed: int = 1) -> list[Asked]:
    """Return examples in which only the sound tells right from wrong."""
    dice = random.Random(seed)  # noqa: S311 # no secret
    found = []
    for number in range(120):
        known = number % 2 == 0
        sounds = [dice.uniform(0.1, 0.5) for _ in range(3)] + [0.95 if known else 0.3]
        features = tuple({"sound": sound, "spelling": dice.random()} for sound in sounds)
        right = (False, False, False, known)
        kind = ("recorded", "invented")[number % 4 // 2]
        found.append(Asked(part, kind, features, right, (True,) * 4, known))
    return found


def test_what_tells_apart_is_learnt_and_what_does_not_is_not() -> None:
    trained = fit(examples(), rank.load())
    assert trained.words["sound"] > 5 * trained.words["spelling"]
    assert trained.history == rank.load().history


def test_signs_are_kept_whatever_the_examples_say() -> None:
    turned = [replace(one, right=tuple(not right for right in one.right)) for one in examples()]
    trained = fit(turned, rank.load())
    assert trained.words["sound"] == 0.0


def test_thresholds_keep_what_is_not_known_from_being_rewritten() -> None:
    trained = thresholds(examples("choose", 2), fit(examples(), rank.load()))
    figures = scores(examples("report", 3), trained)
    assert figures["precision"] >= 0.95
    assert figures["found"] > 0.9
    assert figures["false_triggers"] < 0.05
    assert trained.margin > 0


def test_what_a_guard_rail_refuses_is_not_chosen() -> None:
    held = [replace(one, allowed=(False,) * 4) for one in examples()]
    assert scores(held, fit(examples(), rank.load()))["right"] == 0


def test_the_file_has_the_trained_weights_and_keeps_the_rest() -> None:
    changed = replace(rank.load(), bias=-1.25, words={**rank.load().words, "sound": 7.5})
    data = tomllib.loads(as_toml(changed))
    assert (data["bias"], data["words"]["sound"]) == (-1.25, 7.5)
    assert data["history"] == rank.load().history
