"""The network: MiniLM's transformer with four heads, and its batches. Needs torch.

One pass over the pieces of a sentence gives the logits of the class, of a BIO tag per piece, of
"a new request begins here" per piece, of "out of scope", and the embedding of the sentence.
The transformer is that of BERT (Devlin et al., arXiv:1810.04805), distilled as in Wang et al.,
arXiv:2002.10957.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WIDTH, ATTENTION_HEADS, INNER = 384, 12, 1536


class Layer(nn.Module):  # type: ignore[misc]  # untyped where torch is not installed
    """One transformer layer, normalised after each half (BERT's order)."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.query_key_value = nn.Linear(WIDTH, 3 * WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)
        self.norm_1 = nn.LayerNorm(WIDTH, eps=1e-12)
        self.inner = nn.Linear(WIDTH, INNER)
        self.outer = nn.Linear(INNER, WIDTH)
        self.norm_2 = nn.LayerNorm(WIDTH, eps=1e-12)
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """Args: states (batch, pieces, WIDTH); bias (batch, 1, 1, pieces), -inf at padding."""
        batch, length, _ = states.shape
        size = WIDTH // ATTENTION_HEADS
        mixed = self.query_key_value(states).view(batch, length, 3, ATTENTION_HEADS, size)
        query, key, value = mixed.permute(2, 0, 3, 1, 4).unbind(0)
        weights = query @ key.transpose(-1, -2) / size**0.5 + bias
        weights = self.dropout(weights.softmax(-1))
        seen = (weights @ value).transpose(1, 2).reshape(batch, length, WIDTH)
        states = self.norm_1(states + self.dropout(self.out(seen)))
        inner = self.outer(functional.gelu(self.inner(states)))
        return self.norm_2(states + self.dropout(inner))


class Encoder(nn.Module):  # type: ignore[misc]  # untyped where torch is not installed
    """Transformer and heads; see the module's docstring for what goes out."""

    def __init__(
        self, pieces: int, labels: int, tags: int, layers: int, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.words = nn.Embedding(pieces, WIDTH)
        self.positions = nn.Embedding(64, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer(dropout) for _ in range(layers))
        self.dropout = nn.Dropout(dropout)
        self.intent = nn.Linear(2 * WIDTH, labels)
        self.slot = nn.Linear(WIDTH, tags)
        self.start = nn.Linear(WIDTH, 1)
        self.scope = nn.Linear(2 * WIDTH, 1)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor
    ) -> tuple[torch.Tensor, ...]:
        """Run one batch.

        Args:
            input_ids: int64 (batch, pieces), with [CLS] and [SEP].
            attention_mask: int64 (batch, pieces), 0 at padding.

        Returns:
            intent (batch, labels), slots (batch, pieces, tags), starts (batch, pieces),
            scope (batch,), all logits; embedding (batch, WIDTH) of unit length.
        """
        length = input_ids.shape[1]
        states = self.norm(self.words(input_ids) + self.positions.weight[:length].unsqueeze(0))
        states = self.dropout(states)
        mask = attention_mask.to(states.dtype)
        bias = ((1.0 - mask) * -1e4).unsqueeze(1).unsqueeze(1)
        for layer in self.layers:
            states = layer(states, bias)
        weight = mask.unsqueeze(-1)
        mean = (states * weight).sum(1) / weight.sum(1)
        both = self.dropout(torch.cat((states[:, 0], mean), dim=-1))
        spread = self.dropout(states)
        embedding = mean / mean.pow(2).sum(-1, keepdim=True).sqrt()
        return (
            self.intent(both), self.slot(spread), self.start(spread).squeeze(-1),
            self.scope(both).squeeze(-1), embedding,
        )  # fmt: skip


def load_pretrained(encoder: Encoder, path: Path, kept: list[int]) -> None:
    """Copy MiniLM's weights (safetensors of BERT's names) for the kept pieces and first layers."""
    weights = load_file(str(path))
    prefix = "bert." if any(name.startswith("bert.") for name in weights) else ""

    def get(name: str) -> torch.Tensor:
        return weights[f"{prefix}{name}"].float()

    with torch.no_grad():
        encoder.words.weight.copy_(get("embeddings.word_embeddings.weight")[kept])
        kind = get("embeddings.token_type_embeddings.weight")[0]
        encoder.positions.weight.copy_(get("embeddings.position_embeddings.weight")[:64] + kind)
        _copy(encoder.norm, get, "embeddings.LayerNorm")
        for index, layer in enumerate(encoder.layers):
            base = f"encoder.layer.{index}"
            for part in ("weight", "bias"):
                names = (
                    f"{base}.attention.self.{name}.{part}" for name in ("query", "key", "value")
                )
                getattr(layer.query_key_value, part).copy_(torch.cat([get(name) for name in names]))
            _copy(layer.out, get, f"{base}.attention.output.dense")
            _copy(layer.norm_1, get, f"{base}.attention.output.LayerNorm")
            _copy(layer.inner, get, f"{base}.intermediate.dense")
            _copy(layer.outer, get, f"{base}.output.dense")
            _copy(layer.norm_2, get, f"{base}.output.LayerNorm")


def _copy(module: nn.Module, get: Callable[[str], torch.Tensor], name: str) -> None:
    module.weight.copy_(get(f"{name}.weight"))
    module.bias.copy_(get(f"{name}.bias"))


@dataclass(frozen=True, slots=True)
class Batch:
    """Numbers of one batch; a weight of 0 means that the head learns nothing there."""

    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    intent: torch.Tensor
    """float (batch, labels), rows sum to 1 or to 0 when unknown."""
    slots: torch.Tensor
    slot_weight: torch.Tensor
    starts: torch.Tensor
    start_weight: torch.Tensor
    scope: torch.Tensor
    scope_weight: torch.Tensor


def loss_of(encoder: nn.Module, batch: Batch, smoothing: float) -> torch.Tensor:
    """Return the sum of the four losses over what is known, with label smoothing for classes and tags."""
    intent, slots, starts, scope, _ = encoder(batch.input_ids, batch.attention_mask)
    labels = intent.shape[-1]
    known = batch.intent.sum(-1)
    target = batch.intent * (1 - smoothing) + known.unsqueeze(-1) * smoothing / labels
    total = -(target * intent.float().log_softmax(-1)).sum() / known.sum().clamp(min=1.0)
    per_piece = functional.cross_entropy(
        slots.float().flatten(0, 1),
        batch.slots.flatten(),
        reduction="none",
        label_smoothing=smoothing / 2,
    )
    total = total + _mean(per_piece, batch.slot_weight.flatten())
    per_start = functional.binary_cross_entropy_with_logits(
        starts.float(), batch.starts, reduction="none"
    )
    total = total + 0.5 * _mean(per_start, batch.start_weight)
    per_text = functional.binary_cross_entropy_with_logits(
        scope.float(), batch.scope, reduction="none"
    )
    return total + 0.3 * _mean(per_text, batch.scope_weight)


def _mean(values: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    return (values * weight).sum() / weight.sum().clamp(min=1.0)
