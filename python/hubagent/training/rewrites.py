"""Weights of the ranker of rewrites, from what recognisers really heard.

In: recordings of sentences (even ids only) and invented requests spoiled by the word confusions of the same
recordings. Out: the weights of ``[words]`` and the thresholds of ``rewrite/rank.toml``. Each household has
an index of words that worked; half or more of what is said in it is *not* in its index, so that leaving
words alone is learnt too (method sheet, section 3.4). Households are split, and with them the sentences:
some to fit, some to choose thresholds by, some only to report on.
"""

from __future__ import annotations

import random
import re
import zlib
from dataclasses import dataclass, replace
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from hubagent.evidence import Tally, source_key
from hubagent.rewrite import rank
from hubagent.rewrite.guardrail import Guardrail
from hubagent.rewrite.index import PhraseIndex
from hubagent.rewrite.rank import Candidate, Commonness, Query, Weights
from hubagent.rewrite.search import is_like
from hubagent.training.datasets import asr_is_for_fitting, read_lines, unlabelled
from hubagent.training.homes import load_vocabulary
from hubagent.training.noise import Confusions
from hubagent.types import Layer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

Embed: TypeAlias = "Callable[[str], tuple[str, float, Sequence[float]]]"

_HOUSEHOLDS = 45
_OTHERS = 150
"""Sentences in an index that nobody means."""
_FRAMES = (
    "turn on the {}", "turn off the {}", "switch the {} on", "switch off the {}", "set the {} to 20 percent",
    "dim the {}", "make the {} brighter", "is the {} on", "turn the {} down", "start the {}",
)  # fmt: skip
_NAMES = ("light", "light", "fan_name", "switch_name", "media_name", "cover_name", "climate_name")
_PRECISION = 0.95


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing said in a household, with the candidates that its index has for it."""

    part: str
    """``fit``, ``choose`` or ``report``."""
    kind: str
    """``recorded`` or ``invented``."""
    features: tuple[dict[str, float], ...]
    right: tuple[bool, ...]
    allowed: tuple[bool, ...]
    """Whether the guard-rails let the candidate through."""
    known: bool
    """Whether what was meant is in the index."""


@dataclass(frozen=True, slots=True)
class _Said:
    heard: str
    meant: str


def collected(data: Path, embed: Embed, seed: int = 1) -> list[Asked]:
    """Return what is said in all households.

    Args:
        data: Folder of the data sets.
        embed: Text -> (intent, out of scope, embedding).
        seed: Of all chance.
    """
    dice = random.Random(seed)  # noqa: S311 # no secret
    rows = [row for row in read_lines(data / "slurp/open_test_asr.jsonl")
            if asr_is_for_fitting(row["id"]) and row["asr"].strip()]  # fmt: skip
    confusions = Confusions.learn((row["text"], row["asr"]) for row in rows)
    others = unlabelled(data)
    found: list[Asked] = []
    for number in range(_HOUSEHOLDS):
        part = ("fit", "fit", "choose", "report", "report")[number % 5]
        own = [row for row in rows if _bucket(row["id"]) == number]
        recorded = [_Said(row["asr"], row["text"]) for row in own]
        filler = dice.sample(others[number::_HOUSEHOLDS], _OTHERS)
        for kind, said in (
            ("recorded", recorded),
            ("invented", _invented(data, confusions, dice)),
        ):
            found += _household(part, kind, said, filler, embed, dice)
    return found


def _bucket(identifier: int) -> int:
    return zlib.crc32(f"household {identifier}".encode()) % _HOUSEHOLDS


def _invented(data: Path, confusions: Confusions, dice: random.Random) -> list[_Said]:
    """Return requests to an invented home, each as it was said and with some words misheard."""
    vocabulary = load_vocabulary(data)
    names = {vocabulary.draw[dice.choice(_NAMES)](dice).lower() for _ in range(16)}
    said = []
    for name in sorted(names):
        for frame in dice.sample(_FRAMES, 3):
            words = frame.format(name).split()
            heard = [
                (confusions.draw(word, dice) or word) if dice.random() < 0.35 else word
                for word in words
            ]
            said.append(_Said(" ".join(heard), " ".join(words)))
    return said


def _household(
    part: str, kind: str, said: Sequence[_Said], filler: Sequence[str], embed: Embed, dice: random.Random
) -> Iterator[Asked]:  # fmt: skip
    meant = sorted({source_key(item.meant) for item in said})
    inside = set(dice.sample(meant, len(meant) // 2))
    entries = sorted({*inside, *map(source_key, filler)})
    intents = {text: embed(text)[0] for text in entries}
    index = PhraseIndex(len(embed(entries[0])[2]))
    for number, text in enumerate(entries):
        index.add(number, text, np.asarray(embed(text)[2], dtype=np.float32))
    common = Commonness(entries)
    guard = Guardrail(sensitive=lambda _entity: False)
    for item in said:
        key, wanted = source_key(item.heard), source_key(item.meant)
        if not key or (key == wanted and wanted in inside):
            continue
        intent, out_of_scope, vector = embed(key)
        query = Query(text=key, intent=intent, out_of_scope=out_of_scope, at_s=1e9)
        features, right, allowed = [], [], []
        for near in index.nearest(key, np.asarray(vector, dtype=np.float32)):
            text = entries[near.id]
            if text == key:
                continue
            candidate = Candidate(
                text=text, layer=Layer.PERSONAL, similarity=near.similarity, sound=near.sound,
                interpretation=f"{intents[text]}|", tally=Tally(dice.choice((2.0, 3.0, 6.0)), 0.2),
                last_s=1e9 - dice.random() * 2e6,
            )  # fmt: skip
            seen = rank.features(query, candidate, common)
            if is_like(seen):
                features.append(seen)
                right.append(text == wanted)
                allowed.append(guard.objection(key, text, None) is None)
        yield Asked(part, kind, tuple(features), tuple(right), tuple(allowed), wanted in inside)


def fit(asked: Iterable[Asked], start: Weights, *, strength: float = 1e-3, steps: int = 2000) -> Weights:  # fmt: skip
    """Return weights of the words that tell right candidates from wrong ones; history stays.

    Logistic loss with a small pull to nothing. Weights keep the sign that they start with: one that
    turns has learnt an accident.
    """
    names = list(start.words)
    items = [
        (seen, right) for one in asked for seen, right in zip(one.features, one.right, strict=True)
    ]
    table = np.array([[seen.get(name, 0.0) for name in names] for seen, _ in items])
    wanted = np.array([float(right) for _, right in items])
    history = replace(start, bias=0.0, words={})
    offset = np.array([_logit(history.probability(seen)) for seen, _ in items])
    signs = np.sign([start.words[name] for name in names])
    vector, bias = np.zeros(len(names)), start.bias
    mean, square = np.zeros(len(names) + 1), np.zeros(len(names) + 1)
    for step in range(1, steps + 1):
        chance = 1.0 / (1.0 + np.exp(-(table @ vector + bias + offset)))
        error = (chance - wanted) / len(items)
        slope = np.append(table.T @ error + strength * vector, error.sum())
        mean = 0.9 * mean + 0.1 * slope  # Adam
        square = 0.999 * square + 0.001 * slope**2
        move = 0.05 * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        vector, bias = vector - move[:-1], bias - float(move[-1])
        vector = np.where(signs == 0, vector, np.where(vector * signs < 0, 0.0, vector))
    trained = {name: round(float(value), 3) for name, value in zip(names, vector, strict=True)}
    return replace(start, bias=round(bias, 3), words=trained)


def thresholds(asked: Sequence[Asked], weights: Weights) -> Weights:
    """Return the thresholds that find most where at least 95 of 100 rewrites of each kind are right."""
    kinds = [[one for one in asked if one.kind == kind] for kind in ("recorded", "invented")]
    best, found = replace(weights, least=0.99, margin=0.5), -1
    for least in np.arange(0.3, 1.0, 0.02):
        for margin in (0.1, 0.2, 0.3, 0.4, 0.5):  # of two as near, neither
            tried = replace(weights, least=round(float(least), 2), margin=margin)
            figures = [scores(part, tried) for part in kinds]
            right = sum(each["right"] for each in figures)
            if min(each["precision"] for each in figures) >= _PRECISION and right > found:
                best, found = tried, right
    return best


def scores(asked: Sequence[Asked], weights: Weights) -> dict[str, Any]:
    """Return how often a rewrite is found, is right, and is made where none should be."""
    right = wrong = false = 0
    for one in asked:
        chosen = _chosen(one, weights)
        if chosen is not None:
            right += one.right[chosen]
            wrong += not one.right[chosen]
            false += not one.known
    known = sum(one.known for one in asked)
    unknown = len(asked) - known
    return {
        "said": len(asked),
        "known": known,
        "right": right,
        "wrong": wrong,
        "precision": right / (right + wrong) if right + wrong else 1.0,
        "found": right / known if known else 0.0,
        "false_triggers": false / unknown if unknown else 0.0,
    }


def _chosen(one: Asked, weights: Weights) -> int | None:
    ranked = sorted(
        (
            (weights.probability(seen), at)
            for at, seen in enumerate(one.features)
            if one.allowed[at]
        ),
        reverse=True,
    )
    if not ranked or ranked[0][0] < weights.least:
        return None
    second = ranked[1][0] if len(ranked) > 1 else 0.0
    return ranked[0][1] if ranked[0][0] - second >= weights.margin else None


def report(asked: Sequence[Asked], weights: Weights) -> dict[str, Any]:
    """Return the scores by part and kind."""
    return {
        f"{part}/{kind}": scores([o for o in asked if (o.part, o.kind) == (part, kind)], weights)
        for part in ("choose", "report")
        for kind in ("recorded", "invented")
    }


def as_toml(weights: Weights) -> str:
    """Return ``rank.toml`` with these weights, its comments as they are."""
    text = resources.files("hubagent.rewrite").joinpath("rank.toml").read_text(encoding="utf-8")
    named = {
        "bias": weights.bias, "least": weights.least, "margin": weights.margin, **weights.words,
    }  # fmt: skip
    for name, value in named.items():
        text = re.sub(rf"(?m)^({name} *= )\S+", rf"\g<1>{value}", text, count=1)
    return text


def _logit(chance: float) -> float:
    return float(np.log(chance / (1.0 - chance)))
