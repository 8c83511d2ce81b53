"""Training of the rephrase detector, and of the pairwise classifiers it is compared with (torch).

In: examples. Out: weights as plain arrays, for ``learn.rephrase.Network`` and
``evaluate.rephrase.Pairwise``. Every detector is trained with the same recipe and keeps the epoch
that is best on held-out households for choosing, never on those that are reported.
"""

from __future__ import annotations

import copy
import hashlib
import json
import logging
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from hubagent.evaluate.rephrase_rivals import (
    CONTEXTUAL,
    OWN,
    PAIRWISE,
    SIMILARITY,
    Choice,
    choose,
    similarity,
)
from hubagent.learn.picture import BLOCKS, COLUMNS, WIDTH, Floats
from hubagent.learn.rephrase import HEADS, block_sizes
from hubagent.learn.sessions import LATER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from hubagent.training.rephrase_examples import Example

_LOGGER = logging.getLogger("hubagent.training")
_TURNS = LATER + 1
_FAR = -1e9


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a detector is trained."""

    projected: int = 32
    width: int = 64
    epochs: int = 16
    batch: int = 128
    rate: float = 2e-3
    decay: float = 0.02
    dropout: float = 0.15
    again: float = 0.5
    """Weight of the second head."""
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples as arrays, padded to six turns."""

    embeddings: torch.Tensor
    rows: torch.Tensor
    there: torch.Tensor
    """bool (examples, 6): which turns there are."""
    answer: torch.Tensor
    again: torch.Tensor

    @classmethod
    def of(cls, examples: Sequence[Example]) -> Batch:
        """Pad examples."""
        count = len(examples)
        embeddings = np.zeros((count, _TURNS, WIDTH), np.float32)
        rows = np.zeros((count, _TURNS, COLUMNS), np.float32)
        there = np.zeros((count, _TURNS), bool)
        again = np.zeros((count, _TURNS), np.float32)
        for at, example in enumerate(examples):
            turns = len(example.seen.rows)
            embeddings[at, :turns], rows[at, :turns] = example.seen.embeddings, example.seen.rows
            there[at, :turns] = True
            again[at, 1:turns] = example.again
        answer = torch.tensor([example.answer for example in examples])
        return cls(torch.from_numpy(embeddings), torch.from_numpy(rows), torch.from_numpy(there),
                   answer, torch.from_numpy(again))  # fmt: skip

    def take(self, which: torch.Tensor) -> Batch:
        """Return some of the examples."""
        return Batch(self.embeddings[which], self.rows[which], self.there[which],
                     self.answer[which], self.again[which])  # fmt: skip


class Contextual(nn.Module):  # type: ignore[misc] # no types for torch
    """``learn.rephrase.Network`` with gradients; parameters have the same names and shapes."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        projected, width = recipe.projected, recipe.width
        shapes: dict[str, tuple[int, ...]] = {
            "project": (WIDTH, projected), "in": (3 * projected + COLUMNS, width), "in_bias": (width,),
            "query": (width, width), "key": (width, width), "value": (width, width),
            "join": (width, width), "near": (HEADS, 2 * LATER + 1), "mix": (width, 2 * width),
            "mix_bias": (2 * width,), "out": (2 * width, width), "point": (width,), "point_bias": (1,),
            "none": (width,), "none_bias": (1,), "again": (width,), "again_bias": (1,),
            "sharpness": (1,),
        }  # fmt: skip
        self.arrays = nn.ParameterDict({name: _begun(shape) for name, shape in shapes.items()})
        self.arrays["sharpness"] = nn.Parameter(torch.ones(1), requires_grad=False)
        self._dropout = nn.Dropout(recipe.dropout)

    def forward(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits (examples, 6) of the answer and (examples, 6) of being a rephrase."""
        w = self.arrays
        projected = self._dropout(batch.embeddings) @ w["project"]
        before = functional.pad(projected[:, :-1], (0, 0, 1, 0))
        inputs = torch.cat(
            (projected, projected * projected[:, :1], projected * before, batch.rows), -1
        )
        hidden = torch.relu(self._dropout(inputs) @ w["in"] + w["in_bias"])
        hidden = hidden + self._attended(hidden, batch.there)
        mixed = torch.relu(hidden @ w["mix"] + w["mix_bias"])
        hidden = hidden + self._dropout(mixed) @ w["out"]
        pointed = hidden @ w["point"] + w["point_bias"]
        none = hidden[:, 0] @ w["none"] + w["none_bias"]
        pointed = torch.cat((none[:, None], pointed[:, 1:]), 1)
        again = hidden @ w["again"] + w["again_bias"]
        return pointed.masked_fill(~batch.there, _FAR), again

    def _attended(self, hidden: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        w = self.arrays
        count, turns, width = hidden.shape
        query, key, value = (
            (hidden @ w[name]).reshape(count, turns, HEADS, -1).transpose(1, 2)
            for name in ("query", "key", "value")
        )
        order = torch.arange(turns)
        near = w["near"][:, order[None, :] - order[:, None] + LATER]
        scores = query @ key.transpose(-1, -2) / (width / HEADS) ** 0.5 + near
        scores = scores.masked_fill(~there[:, None, None, :], _FAR)
        taken = torch.softmax(scores, -1) @ value
        return taken.transpose(1, 2).reshape(count, turns, width) @ w["join"]

    def loss(self, batch: Batch, recipe: Recipe) -> torch.Tensor:
        """Return what is minimised: the pointer's and the second head's cross entropy."""
        pointed, again = self(batch)
        later = batch.there.clone()
        later[:, 0] = False
        second = functional.binary_cross_entropy_with_logits(again[later], batch.again[later])
        return functional.cross_entropy(pointed, batch.answer) + recipe.again * second


class Pairwise(nn.Module):  # type: ignore[misc] # no types for torch
    """Scores a request and one later turn, and sees no other; ``evaluate.rephrase.Pairwise``.

    Each pair is an example of its own: the later turn is the answer, or it is not.
    """

    def __init__(self, recipe: Recipe, blocks: Sequence[str]) -> None:
        super().__init__()
        projected, width = recipe.projected, recipe.width
        columns = sum(BLOCKS[name].stop - BLOCKS[name].start for name in blocks)
        own = sum(BLOCKS[name].stop - BLOCKS[name].start for name in blocks if name in OWN)
        shapes: dict[str, tuple[int, ...]] = {
            "project": (WIDTH, projected), "in": (3 * projected + columns + own, 2 * width),
            "in_bias": (2 * width,), "mix": (2 * width, width), "mix_bias": (width,),
            "point": (width,), "point_bias": (1,),
        }  # fmt: skip
        self.arrays = nn.ParameterDict({name: _begun(shape) for name, shape in shapes.items()})
        self._dropout = nn.Dropout(recipe.dropout)
        self._blocks = tuple(blocks)

    def forward(self, batch: Batch) -> torch.Tensor:
        """Return logits (examples, 6); the first is of no meaning."""
        w = self.arrays
        projected = self._dropout(batch.embeddings) @ w["project"]
        source = projected[:, :1].expand_as(projected)
        parts = [source, projected, source * projected]
        for name in self._blocks:
            rows = batch.rows[..., BLOCKS[name]]
            parts.append(rows)
            if name in OWN:
                parts.append(rows[:, :1].expand_as(rows))
        hidden = torch.relu(self._dropout(torch.cat(parts, -1)) @ w["in"] + w["in_bias"])
        hidden = torch.relu(self._dropout(hidden) @ w["mix"] + w["mix_bias"])
        return hidden @ w["point"] + w["point_bias"]

    def loss(self, batch: Batch, recipe: Recipe) -> torch.Tensor:  # noqa: ARG002 - as the other's
        """Return the mean cross entropy over pairs."""
        later = batch.there.clone()
        later[:, 0] = False
        right = functional.one_hot(batch.answer, _TURNS).float()
        return functional.binary_cross_entropy_with_logits(self(batch)[later], right[later])


def _begun(shape: tuple[int, ...]) -> nn.Parameter:
    if len(shape) == 1 or shape[0] == HEADS:
        return nn.Parameter(
            torch.zeros(shape) if shape[0] in (1, HEADS) else torch.randn(shape) * 0.05
        )
    return nn.Parameter(torch.randn(shape) * (1.0 / shape[0]) ** 0.5)


def fit(
    model: Contextual | Pairwise, train: Sequence[Example], dev: Sequence[Example], recipe: Recipe
) -> float:
    """Train in place, keep the epoch with the least loss on ``dev``, and return that loss."""
    generator = torch.Generator().manual_seed(recipe.seed)
    data, held = Batch.of(train), Batch.of(dev)
    optimiser = torch.optim.AdamW(
        [item for item in model.parameters() if item.requires_grad], recipe.rate,
        weight_decay=recipe.decay,
    )  # fmt: skip
    steps = recipe.epochs * -(-len(train) // recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=steps)
    best, kept = float("inf"), copy.deepcopy(model.state_dict())
    for epoch in range(recipe.epochs):
        model.train()
        for which in torch.randperm(len(train), generator=generator).split(recipe.batch):
            optimiser.zero_grad()
            model.loss(data.take(which), recipe).backward()
            optimiser.step()
            schedule.step()
        model.eval()
        with torch.no_grad():
            loss = float(model.loss(held, recipe))
        if loss < best:
            best, kept = loss, copy.deepcopy(model.state_dict())
        _LOGGER.debug("epoch %d: %.4f", epoch, loss)
    model.load_state_dict(kept)
    model.eval()
    return best


def sharpen(model: Contextual, dev: Sequence[Example]) -> None:
    """Set the sharpness of the pointer so that its probabilities hold on ``dev``.

    Source: temperature scaling, "On Calibration of Modern Neural Networks" (arXiv 1706.04599).
    """
    batch = Batch.of(dev)
    with torch.no_grad():
        pointed, _ = model(batch)
        tried = torch.linspace(0.3, 2.0, 86)
        losses = [float(functional.cross_entropy(pointed * by, batch.answer)) for by in tried]
        model.arrays["sharpness"].fill_(float(tried[int(np.argmin(losses))]))


def arrays(model: Contextual | Pairwise) -> dict[str, Floats]:
    """Return the parameters by name."""
    return {name: item.detach().numpy().copy() for name, item in model.arrays.items()}


def train_all(
    train: Sequence[Example], dev: Sequence[Example], seeds: Sequence[int], out: Path
) -> dict[str, Any]:
    """Train every detector with every seed, write the files of a release, return their record.

    Written are ``rephrase.npz`` (the detector with the least loss on ``dev``; for ``learn``) and
    ``rephrase_rivals.npz`` (all of them; for ``evaluate``), each with its record beside it.
    """
    truth = np.array([example.answer for example in dev])
    everything: dict[str, Floats] = {}
    losses: dict[str, list[float]] = {}
    choices: dict[str, list[Choice]] = {name: [] for name in PAIRWISE}
    choices[SIMILARITY] = [choose(truth, [similarity(example.seen) for example in dev])]
    best, shipped = float("inf"), dict[str, Floats]()
    for seed in seeds:
        recipe = Recipe(seed=seed)
        torch.manual_seed(seed)
        detector = Contextual(recipe)
        losses.setdefault(CONTEXTUAL, []).append(loss := fit(detector, train, dev, recipe))
        sharpen(detector, dev)
        found = arrays(detector)
        everything |= {f"{CONTEXTUAL}/{seed}/{name}": array for name, array in found.items()}
        if loss < best:
            best, shipped = loss, found
        for kind, blocks in PAIRWISE.items():
            rival = Pairwise(recipe, blocks)
            losses.setdefault(kind, []).append(fit(rival, train, dev, recipe))
            with torch.no_grad():
                scores = rival(Batch.of(dev)).numpy()
            choices[kind].append(
                choose(
                    truth,
                    [row[1 : len(item.seen.rows)] for row, item in zip(scores, dev, strict=True)],
                )
            )
            everything |= {f"{kind}/{seed}/{name}": array for name, array in arrays(rival).items()}
        _LOGGER.info(
            "seed %d: loss on dev %s", seed, {k: round(v[-1], 4) for k, v in losses.items()}
        )
    record = {
        "blocks": block_sizes(), "recipe": asdict(Recipe()), "seeds": list(seeds),
        "examples": {"train": len(train), "dev": len(dev)}, "loss_dev": losses,
    }  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    _write(out, "rephrase", shipped, record)
    chosen = {
        kind: [[item.threshold, item.last] for item in some] for kind, some in choices.items()
    }
    _write(out, "rephrase_rivals", everything, {**record, "choices": chosen})
    return record


def _write(out: Path, name: str, weights: Mapping[str, Floats], record: Mapping[str, Any]) -> None:
    path = out / f"{name}.npz"
    small: dict[str, Any] = {key: item.astype(np.float16) for key, item in weights.items()}
    np.savez_compressed(path, **small)
    written = {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), **record}
    (out / f"{name}.json").write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
