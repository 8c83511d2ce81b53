"""The ranker: a log-linear score over named features, with weights that are data."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
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
    usual: Mapping[str, float]
    usual_most: float
    ask_margin: float
    doubtful: float
    doubtful_securing: float

    def score(self, features: Mapping[str, float]) -> float:
        """Return the sum of weight x feature; a feature without a weight counts nothing."""
        usual = min(_sum(self.usual, features), self.usual_most)
        return self.explicit_score(features) + _sum(self.context, features) + usual

    def explicit_score(self, features: Mapping[str, float]) -> float:
        """Return the same without what the context adds: what the words alone say."""
        return _sum(self.explicit, features)

    def gains(self, features: Mapping[str, float]) -> dict[str, float]:
        """Return what each feature adds to the score: those of the bounded group share its bound."""
        usual = _sum(self.usual, features)
        share = min(1.0, self.usual_most / usual) if usual > 0 else 1.0
        return {
            name: self.of(name) * value * (share if name in self.usual else 1.0)
            for name, value in features.items()
        }

    def of(self, name: str) -> float:
        """Return the weight of a feature, whatever its group."""
        for group in (self.explicit, self.context, self.usual):
            if name in group:
                return group[name]
        return 0.0

    def without_context(self) -> Weights:
        """Return weights that look at the words alone."""
        return replace(self, context={}, usual={})


def _sum(weights: Mapping[str, float], features: Mapping[str, float]) -> float:
    return sum(weights.get(name, 0.0) * value for name, value in features.items())


@cache
def load() -> Weights:
    """Return the weights of the package."""
    source = resources.files("hubagent.resolve").joinpath("weights.toml")
    data = tomllib.loads(source.read_text(encoding="utf-8"))
    return Weights(
        explicit=data["explicit"],
        context=data["context"],
        usual=data["usual"],
        usual_most=data["usual_most"],
        ask_margin=data["ask_margin"],
        doubtful=data["doubtful"],
        doubtful_securing=data["doubtful_securing"],
    )
