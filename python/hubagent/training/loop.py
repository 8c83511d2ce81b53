"""Train the encoder: epochs, moving average of the weights, checkpoints. Needs torch."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch.optim.lr_scheduler import OneCycleLR

from hubagent.training.batches import Batcher, word_pieces
from hubagent.training.encoder import Encoder, load_pretrained, loss_of
from hubagent.training.examples import Example
from hubagent.training.mixture import Mixture, Names, Shares
from hubagent.understand.decode import best_path, spans_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recipe:
    """Numbers of one training run."""

    layers: int = 6
    epochs: int = 6
    batch: int = 32
    rate: float = 3e-4
    smoothing: float = 0.05
    average: float = 0.998
    dropout: float = 0.1
    seed: int = 1
    threads: int = 2


@dataclass(frozen=True, slots=True)
class SoftExample(Example):
    """An example labelled by an earlier model: its whole distribution over classes is learnt."""

    soft: np.ndarray | None = None


def train(
    mixture: Mixture, out: Path, recipe: Recipe, pseudo: list[Example] | None, first: Path | None
) -> Path:
    """Train and return the path of the averaged weights.

    Resumes from ``out/checkpoint.pt`` when that is there.

    Args:
        mixture: Source of examples.
        out: Folder with ``tokenizer.json`` and ``kept.json``; weights go there too.
        recipe: Numbers of the run.
        pseudo: Examples of an earlier model, or ``None``.
        first: Weights to begin with: a MiniLM safetensors file, or an earlier run's ``.pt``.
    """
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    names = mixture.names
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
    shares = Shares()
    steps = len(mixture.epoch(shares, 0, pseudo)) // recipe.batch + 51
    decay = [p for p in encoder.parameters() if p.requires_grad and p.ndim > 1]
    plain = [p for p in encoder.parameters() if p.requires_grad and p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decay, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}],
        lr=recipe.rate,
    )
    schedule = OneCycleLR(optimizer, recipe.rate, total_steps=steps * recipe.epochs, pct_start=0.1)
    average = {name: value.clone() for name, value in encoder.state_dict().items()}
    begin = 0
    checkpoint = out / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        encoder.load_state_dict(saved["encoder"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        average, begin = saved["average"], saved["epoch"]
        _LOGGER.info("resumed after epoch %d", begin)
    for epoch in range(begin, recipe.epochs):
        encoder.train()
        total, count, started = 0.0, 0, time.perf_counter()
        for batch in batcher.batches(
            mixture.epoch(shares, recipe.seed * 1000 + epoch, pseudo), epoch
        ):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                loss = loss_of(encoder, batch, recipe.smoothing)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
            optimizer.step()
            if schedule.last_epoch + 1 < schedule.total_steps:
                schedule.step()
            with torch.no_grad():
                for name, value in encoder.state_dict().items():
                    if value.dtype.is_floating_point and name != "words.weight":
                        average[name].lerp_(value, 1 - recipe.average)
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
        judge = load_average(out, names, recipe.layers)
        figures = score(judge, batcher, mixture.dev, names)
        _LOGGER.info("epoch %d: loss %.3f, dev %s", epoch, total / count, figures)
    (out / "recipe.json").write_text(json.dumps(asdict(recipe)), encoding="utf-8")
    return out / "average.pt"


def load_average(out: Path, names: Names, layers: int) -> Encoder:
    """Return the averaged encoder of a run, ready to predict."""
    weights = torch.load(out / "average.pt", weights_only=True)
    encoder = Encoder(
        weights["words.weight"].shape[0], len(names.labels), 1 + 2 * len(names.tags), layers
    )
    encoder.load_state_dict(weights)
    encoder.eval()
    return encoder


def predict(
    encoder: Encoder, batcher: Batcher, texts: list[str]
) -> list[tuple[np.ndarray, list[tuple[int, int, int]]]]:
    """Return (class probabilities, spans) of each text."""
    results: dict[int, tuple[np.ndarray, list[tuple[int, int, int]]]] = {}
    encodings = batcher.tokenizer.encode_batch(texts)
    order = sorted(range(len(texts)), key=lambda index: len(encodings[index].ids))
    for at in range(0, len(order), 64):
        group = order[at : at + 64]
        batch = batcher.batch(
            [Example(texts[i], None) for i in group], [encodings[i] for i in group]
        )
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            intent, slots, *_ = encoder(batch.input_ids, batch.attention_mask)
        probabilities = intent.float().softmax(-1).numpy()
        scores = slots.float().log_softmax(-1).numpy()
        for row, index in enumerate(group):
            words = word_pieces(encodings[index])
            path = best_path(scores[row][[piece for piece, _, _ in words]])
            results[index] = (
                probabilities[row],
                spans_of(path, [(start, end) for _, start, end in words]),
            )
    return [results[index] for index in range(len(texts))]


def score(
    encoder: Encoder, batcher: Batcher, examples: list[Example], names: Names
) -> dict[str, float]:
    """Return intent accuracy and exact-span slot F1 in percent."""
    results = predict(encoder, batcher, [item.text for item in examples])
    right = found = wanted = both = 0
    for example, (probabilities, spans) in zip(examples, results, strict=True):
        right += names.labels[int(probabilities.argmax())] == example.label
        got = {(start, end, names.tags[tag]) for start, end, tag in spans}
        gold = {span for span in example.spans if span[2] != "item"}
        got = {span for span in got if span[2] != "item"}
        found, wanted, both = found + len(got), wanted + len(gold), both + len(got & gold)
    return {
        "intent": round(100 * right / max(1, len(examples)), 2),
        "slots_f1": round(200 * both / max(1, found + wanted), 2),
    }


def label_texts(
    encoder: Encoder, batcher: Batcher, texts: list[str], names: Names, sure: float
) -> list[Example]:
    """Return texts labelled by the encoder, those it is sure of.

    Args:
        encoder: A trained encoder.
        batcher: Its tokenizer.
        texts: Unlabelled sentences.
        names: Class and tag names.
        sure: Least probability of the best class.
    """
    result: list[Example] = []
    for text, (probabilities, spans) in zip(texts, predict(encoder, batcher, texts), strict=True):
        if probabilities.max() < sure:
            continue
        marked = tuple((start, end, names.tags[tag]) for start, end, tag in spans)
        base = Example(
            text,
            names.labels[int(probabilities.argmax())],
            marked,
            starts=None,
            source="unlabelled",
        )
        soft = SoftExample(
            **{key: getattr(base, key) for key in Example.__slots__}, soft=probabilities
        )
        result.append(replace(soft))
    return result
