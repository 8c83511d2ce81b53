"""Which later turn says again, and better, what went wrong: the contextual rephrase detector.

In: a request and up to five turns after it, as the journal keeps them, and the signals on them. Out:
the turn that was the last rephrase that worked, or none, with a probability; and for every turn how
likely it is a rephrase at all.

After "Contextual Rephrase Detection for Reducing Friction in Dialogue Systems" (Wang, Gupta, Hao,
Fan, Li, Li, Guo; EMNLP 2021, 2021.emnlp-main.143): the rephrase is pointed at within the whole
dialogue, with the time between turns and what people did, and "none" is one of the answers. Theirs
points at tokens of a packed dialogue; a rephrase is always a whole turn, so this one points at turns,
and reads them by the embeddings that understanding has made already, so that it costs no pass of the
encoder: a layer a turn, one layer of attention over the turns, two heads.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hubagent.errors import ModelError
from hubagent.learn.picture import BLOCKS, COLUMNS, Floats, Picture, picture

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set as AbstractSet

    from hubagent.evidence import JournalTurn, Signal
    from hubagent.types import TurnId

WEIGHTS = Path(__file__).parent / "rephrase.npz"
RECORD = Path(__file__).parent / "rephrase.json"
HEADS = 4
_HINT = "reinstall hubagent, or train it with `python -m hubagent.training rephrase`"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is made of a request and the turns after it."""

    index: int | None
    """Of the later turn that is the last rephrase that worked; ``None`` for no such turn."""
    probability: float
    """Of ``index``, or of there being none."""
    chances: tuple[float, ...]
    """Of each later turn to be it; what is missing to 1 is for none."""
    rephrases: tuple[float, ...]
    """How likely each later turn says the request again, whether or not it worked."""


class Network:
    """The weights, and what they make of a picture. Both are plain arrays; see ``training``."""

    def __init__(self, weights: Mapping[str, Floats]) -> None:
        self._weights = {name: np.asarray(item, np.float32) for name, item in weights.items()}

    def __call__(self, seen: Picture) -> tuple[Floats, Floats]:
        """Return logits of (none, turn 1, ...) and of each later turn being a rephrase."""
        w = self._weights
        projected = seen.embeddings @ w["project"]
        before = np.vstack((np.zeros_like(projected[:1]), projected[:-1]))
        inputs = np.hstack((projected, projected * projected[0], projected * before, seen.rows))
        hidden = _relu(inputs @ w["in"] + w["in_bias"])
        hidden = hidden + self._attended(hidden)
        hidden = hidden + _relu(hidden @ w["mix"] + w["mix_bias"]) @ w["out"]
        pointed = hidden @ w["point"] + w["point_bias"]
        pointed[0] = hidden[0] @ w["none"] + w["none_bias"][0]
        return pointed * w["sharpness"][0], hidden[1:] @ w["again"] + w["again_bias"]

    def _attended(self, hidden: Floats) -> Floats:
        """Return what each turn takes from the others; nearness counts by a bias for each distance."""
        w = self._weights
        turns, width = hidden.shape
        query, key, value = (
            (hidden @ w[name]).reshape(turns, HEADS, -1).transpose(1, 0, 2)
            for name in ("query", "key", "value")
        )
        order = np.arange(turns)
        farthest = w["near"].shape[1] // 2
        distance = np.clip(order[None, :] - order[:, None], -farthest, farthest) + farthest
        scores = query @ key.transpose(0, 2, 1) * np.float32((HEADS / width) ** 0.5)
        taken = _softmax(scores + w["near"][:, distance]) @ value
        return np.asarray(taken.transpose(1, 0, 2).reshape(turns, width) @ w["join"])


class RephraseDetector:
    """Judges whether a request was said again, and by which turn it worked; safe in any thread."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @classmethod
    def load(cls, weights: Path = WEIGHTS, record: Path = RECORD) -> RephraseDetector:
        """Load trained weights.

        Raises:
            ModelError: If a file is missing, damaged, or not the one of the record.
        """
        return cls(Network(read_weights(weights, record)))

    def judge(
        self,
        source: JournalTurn,
        later: Sequence[JournalTurn],
        signals: Mapping[TurnId, Sequence[Signal]],
        names: AbstractSet[str] = frozenset(),
    ) -> Judgement:
        """Judge a request.

        Args:
            source: The request.
            later: Turns after it in its place, oldest first; the first five count.
            signals: What people did, by turn.
            names: Words of the names in the home, lower case; without them it is less sure.
        """
        if not later:
            return Judgement(None, 1.0, (), ())
        pointed, again = self._network(picture(source, later, signals, names))
        chances = _softmax(pointed)
        best = int(chances.argmax())
        return Judgement(
            best - 1 if best else None,
            float(chances[best]),
            tuple(chances[1:].tolist()),
            tuple((1.0 / (1.0 + np.exp(-again))).tolist()),
        )


def read_weights(weights: Path, record: Path) -> dict[str, Floats]:
    """Return the arrays of a file of weights after checking it against its record.

    Raises:
        ModelError: If a file is missing, damaged, or they do not belong together.
    """
    try:
        content = json.loads(record.read_text(encoding="utf-8"))
        data = weights.read_bytes()
        if hashlib.sha256(data).hexdigest() != content["sha256"]:
            raise ModelError(f"`{weights}` is not the released file", hint=_HINT)
        if content["blocks"] != block_sizes():
            raise ModelError(f"`{weights}` was trained on other features", hint=_HINT)
        with np.load(weights, allow_pickle=False) as arrays:
            return {name: arrays[name].astype(np.float32) for name in arrays.files}
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ModelError(f"cannot read `{weights}`: {error}", hint=_HINT) from error


def block_sizes() -> dict[str, int]:
    """Return how many columns each block of a picture has: what weights must fit."""
    sizes = {name: block.stop - block.start for name, block in BLOCKS.items()}
    return {**sizes, "all": COLUMNS}


def _relu(values: Floats) -> Floats:
    return np.maximum(values, np.float32(0.0))


def _softmax(scores: Floats) -> Floats:
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True))
