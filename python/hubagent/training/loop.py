"""Train the encoder: epochs, moving average of the weights, checkpoints. Needs torch."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.optim.lr_scheduler import OneCycleLR

from hubagent.training.batches import Batcher, word_pieces
from hubagent.training.encoder import Encoder, load_pretrained, loss_of
from hubagent.training.examples import Example
from hubagent.understand.decode import best_path, spans_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hubagent.training.mixture import Names

_LOGGER = logging.getLogger(__name__)
_SURE_TAG = 0.4
"""Least probability of every tag of a sentence for its spans to be taken from a teacher."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Numbers of one training run."""

    layers: int = 6
    epochs: int = 6
    batch: int = 64
    rate: float = 4e-4
    smoothing: float = 0.05
    average: float = 0.996
    dropout: float = 0.1
    seed: int = 1
    threads: int = 2


def train(
    epoch_of: Callable[[int], list[Example]],
    dev: list[Example],
    names: Names,
    out: Path,
    recipe: Recipe,
    first: Path | None,
) -> Path:
    """Train and return the path of the averaged weights.

    Resumes from ``out/checkpoint.pt`` when that is there.

    Args:
        epoch_of: Epoch number -> its examples, all epochs of about the same length.
        dev: Sentences kept apart, scored after each epoch.
        names: Class and tag names.
        out: Folder with ``tokenizer.json`` and ``kept.json``; weights go there too.
        recipe: Numbers of the run.
        first: Weights to begin with: a MiniLM safetensors file, or an earlier run's ``.pt``.
    """
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    kept = json.loads((out / "kept.json").read_text(encoding="utf-8"))
    encoder = Encoder(
        len(kept), len(names.labels), 1 + 2 * len(names.tags), recipe.layers, recipe.dropout
    )
    if first is not None and first.suffix == ".pt":
        encoder.load_state_dict(torch.load(first, weights_only=True), strict=False)
    elif first is not None:
        load_pretrained(encoder, first, kept)
    encoder.words.weight.requires_grad_(False)
    batcher = Batcher(out / "tokenizer.json", names, recipe.batch)
    steps = len(epoch_of(0)) // recipe.batch + 51
    decay = [p for p in encoder.parameters() if p.requires_grad and p.ndim > 1]
    plain = [p for p in encoder.parameters() if p.requires_grad and p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}],
        lr=recipe.rate,
        fused=True,
    )
    schedule = OneCycleLR(optimizer, recipe.rate, total_steps=steps * recipe.epochs, pct_start=0.1)
    average = {name: value.clone() for name, value in encoder.state_dict().items()}
    moving = [
        (average[name], value) for name, value in encoder.named_parameters() if value.requires_grad
    ]
    begin = 0
    checkpoint = out / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        encoder.load_state_dict(saved["encoder"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        for name, value in saved["average"].items():
            average[name].copy_(value)
        begin = saved["epoch"]
        _LOGGER.info("resumed after epoch %d", begin)
    for epoch in range(begin, recipe.epochs):
        encoder.train()
        total, count, started = 0.0, 0, time.perf_counter()
        for batch in batcher.batches(epoch_of(recipe.seed * 1000 + epoch), epoch):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                loss = loss_of(encoder, batch, recipe.smoothing)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
            optimizer.step()
            if schedule.last_epoch + 1 < schedule.total_steps:
                schedule.step()
            with torch.no_grad():
                torch._foreach_lerp_(
                    [value for value, _ in moving],
                    [value for _, value in moving],
                    1 - recipe.average,
                )
            total, count = total + loss.item(), count + 1
            if count % 100 == 0:
                seconds = (time.perf_counter() - started) / count
                _LOGGER.info(
                    "epoch %d step %d loss %.3f, %.0f ms a step",
                    epoch,
                    count,
                    total / count,
                    seconds * 1e3,
                )
        torch.save(average, out / "average.pt")
        torch.save(
            {"encoder": encoder.state_dict(), "optimizer": optimizer.state_dict(),
             "schedule": schedule.state_dict(), "average": average, "epoch": epoch + 1}, checkpoint,
        )  # fmt: skip
        judge = load_average(out, names)
        figures = score(judge, batcher, dev, names)
        _LOGGER.info("epoch %d: loss %.3f, dev %s", epoch, total / count, figures)
    (out / "recipe.json").write_text(json.dumps(asdict(recipe)), encoding="utf-8")
    return out / "average.pt"


def load_average(out: Path, names: Names) -> Encoder:
    """Return the averaged encoder of a run, ready to predict."""
    weights = torch.load(out / "average.pt", weights_only=True)
    layers = 1 + max(int(name.split(".")[1]) for name in weights if name.startswith("layers."))
    encoder = Encoder(
        weights["words.weight"].shape[0], len(names.labels), 1 + 2 * len(names.tags), layers
    )
    encoder.load_state_dict(weights)
    encoder.eval()
    return encoder


@dataclass(frozen=True, slots=True)
class Guess:
    """What encoders say of one text."""

    probabilities: np.ndarray
    """float32 (classes,), mean of the encoders."""
    spans: list[tuple[int, int, int]]
    """(start, end, tag number) of the best path."""
    surest: float
    """Probability of the least sure tag on that path."""


def predict(encoders: Sequence[Encoder], batcher: Batcher, texts: Sequence[str]) -> list[Guess]:
    """Return what the encoders, averaged, say of each text."""
    results: dict[int, Guess] = {}
    encodings = batcher.tokenizer.encode_batch(list(texts))
    order = sorted(range(len(texts)), key=lambda index: len(encodings[index].ids))
    for at in range(0, len(order), 64):
        group = order[at : at + 64]
        batch = batcher.batch(
            [Example(texts[i], None) for i in group], [encodings[i] for i in group]
        )
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            outputs = [encoder(batch.input_ids, batch.attention_mask) for encoder in encoders]
        intents = torch.stack([output[0].float().softmax(-1) for output in outputs]).mean(0).numpy()
        tags = torch.stack([output[1].float().softmax(-1) for output in outputs]).mean(0).numpy()
        for row, index in enumerate(group):
            words = word_pieces(encodings[index])
            scores = tags[row][[piece for piece, _, _ in words]]
            path = best_path(np.log(scores + 1e-9))
            sure = min((float(scores[i, state]) for i, state in enumerate(path)), default=1.0)
            spans = spans_of(path, [(start, end) for _, start, end in words])
            results[index] = Guess(intents[row], spans, sure)
    return [results[index] for index in range(len(texts))]


def score(
    encoder: Encoder, batcher: Batcher, examples: list[Example], names: Names
) -> dict[str, float]:
    """Return intent accuracy and exact-span slot F1 in percent."""
    results = predict([encoder], batcher, [item.text for item in examples])
    right = found = wanted = both = 0
    for example, guess in zip(examples, results, strict=True):
        right += names.labels[int(guess.probabilities.argmax())] == example.label
        got = {(start, end, names.tags[tag]) for start, end, tag in guess.spans}
        gold = {span for span in example.spans if span[2] != "item"}
        got = {span for span in got if span[2] != "item"}
        found, wanted, both = found + len(got), wanted + len(gold), both + len(got & gold)
    return {
        "intent": round(100 * right / max(1, len(examples)), 2),
        "slots_f1": round(200 * both / max(1, found + wanted), 2),
    }


def label_texts(
    encoders: Sequence[Encoder], batcher: Batcher, texts: Sequence[str], names: Names
) -> list[Example]:
    """Return texts as the encoders label them: the whole distribution over classes, and spans.

    Where they are in doubt of a span, the tag head learns nothing.
    """
    result: list[Example] = []
    for text, guess in zip(texts, predict(encoders, batcher, texts), strict=True):
        marked = tuple((start, end, names.tags[tag]) for start, end, tag in guess.spans)
        best = names.labels[int(guess.probabilities.argmax())]
        soft = tuple(guess.probabilities.tolist())
        known = guess.surest >= _SURE_TAG
        result.append(Example(text, best, marked, starts=None, source="unlabelled",
                              slots_known=known, soft=soft))  # fmt: skip
    return result
