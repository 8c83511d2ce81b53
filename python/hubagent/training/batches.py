"""From examples to the numbers of batches. Needs torch."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import torch
from tokenizers import Tokenizer

from hubagent.training.encoder import Batch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tokenizers import Encoding

    from hubagent.training.examples import Example
    from hubagent.training.mixture import Names

MAX_PIECES = 64


def pruned_tokenizer(source: Path, kept: list[int], target: Path) -> None:
    """Write the tokenizer with only the kept pieces, renumbered in their order."""
    content = json.loads(source.read_text(encoding="utf-8"))
    vocabulary = content["model"]["vocab"]
    pieces = {index: piece for piece, index in vocabulary.items()}
    number = {pieces[old]: new for new, old in enumerate(kept)}
    content["model"]["vocab"] = number
    for token in content["added_tokens"]:
        token["id"] = number[token["content"]]
    for name, special in content["post_processor"].get("special_tokens", {}).items():
        special["ids"] = [number[name]]
    for key in ("sep", "cls"):
        if key in content["post_processor"]:
            content["post_processor"][key][1] = number[content["post_processor"][key][0]]
    content["truncation"], content["padding"] = None, None
    target.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def word_pieces(encoding: Encoding) -> list[tuple[int, int, int]]:
    """Return (first piece, start, end) of every word of a tokenizer's encoding."""
    words: list[tuple[int, int, int]] = []
    last = None
    for piece, (word, (start, end)) in enumerate(
        zip(encoding.word_ids, encoding.offsets, strict=True)
    ):
        if word is None:
            continue
        if word == last:
            words[-1] = (words[-1][0], words[-1][1], end)
        else:
            words.append((piece, start, end))
        last = word
    return words


class Batcher:
    """Cuts examples into batches of like length."""

    def __init__(self, tokenizer: Path, names: Names, size: int) -> None:
        self.tokenizer = Tokenizer.from_file(str(tokenizer))
        self.tokenizer.enable_truncation(MAX_PIECES)
        self.label = {name: index for index, name in enumerate(names.labels)}
        self.tag = {name: index for index, name in enumerate(names.tags)}
        self.size = size

    def batches(self, examples: Sequence[Example], seed: int) -> Iterator[Batch]:
        """Yield all examples once, in an order that the seed fixes."""
        generator = random.Random(seed)  # noqa: S311 - repeatable draws, no secret
        encodings = self.tokenizer.encode_batch([item.text for item in examples])
        order = list(range(len(examples)))
        generator.shuffle(order)
        chunk = self.size * 50
        groups = []
        for at in range(0, len(order), chunk):
            part = sorted(order[at : at + chunk], key=lambda index: len(encodings[index].ids))
            groups += [part[i : i + self.size] for i in range(0, len(part), self.size)]
        generator.shuffle(groups)
        for group in groups:
            yield self.batch([examples[i] for i in group], [encodings[i] for i in group])

    def batch(self, examples: Sequence[Example], encodings: Sequence[Encoding]) -> Batch:
        """Return one batch, padded to its longest."""
        rows, width = len(examples), max(len(item.ids) for item in encodings)
        ids = torch.zeros((rows, width), dtype=torch.int64)
        mask = torch.zeros((rows, width), dtype=torch.int64)
        intent = torch.zeros((rows, len(self.label)))
        slots = torch.zeros((rows, width), dtype=torch.int64)
        slot_weight, starts, start_weight = (torch.zeros((rows, width)) for _ in range(3))
        scope, scope_weight = torch.zeros(rows), torch.zeros(rows)
        for row, (example, encoding) in enumerate(zip(examples, encodings, strict=True)):
            ids[row, : len(encoding.ids)] = torch.tensor(encoding.ids)
            mask[row, : len(encoding.ids)] = 1
            if example.soft is not None:
                intent[row] = torch.tensor(example.soft)
            elif example.label is not None:
                intent[row, self.label[example.label]] = 1
            if example.out_of_scope is not None:
                scope[row], scope_weight[row] = float(example.out_of_scope), 1
            for piece, start, end in word_pieces(encoding):
                slot_weight[row, piece] = float(example.slots_known)
                for first, last, tag in example.spans:
                    if start >= first and end <= last:
                        slots[row, piece] = 1 + 2 * self.tag[tag] + (start > first)
                if example.starts is not None:
                    start_weight[row, piece] = 1
                    starts[row, piece] = float(start in example.starts)
        return Batch(
            ids, mask, intent, slots, slot_weight, starts, start_weight, scope, scope_weight
        )
