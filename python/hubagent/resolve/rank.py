"""The ranker: a log-linear score over named features, with weights that are data."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights by feature; see ``weights.toml``."""

    explicit: Mapping[str, float]
    context: Mapping[str, float]
    ask_margin: float
    doubtful: float
    doubtful_securing: float

    def score(self, features: Mapping[str, float]) -> float:
        """Return the sum of weight x feature; a feature without a weight counts nothing."""
        return self.explicit_score(features) + sum(
            self.context.get(name, 0.0) * value for name, value in features.items()
        )

    def explicit_score(self, features: Mapping[str, float]) -> float:
        """Return the same without what the context adds: what the words alone say."""
        return sum(self.explicit.get(name, 0.0) * value for name, value in features.items())


@cache
def load() -> Weights:
    """Return the weights of the package."""
    source = resources.files("hubagent.resolve").joinpath("weights.toml")
    data = tomllib.loads(source.read_text(encoding="utf-8"))
    return Weights(
        explicit=data["explicit"],
        context=data["context"],
        ask_margin=data["ask_margin"],
        doubtful=data["doubtful"],
        doubtful_securing=data["doubtful_securing"],
    )
