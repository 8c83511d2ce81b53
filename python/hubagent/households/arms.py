"""The arms of the experiment: which parts of learning a hub has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Learning:
    """Which parts are on; all off is a hub without any of it."""

    name: str
    markov: bool = False
    """Pairs out of the absorbing Markov chain."""
    rephrase: bool = False
    """Pairs out of single rephrases that worked."""
    self_aware: bool = True
    nearest: bool = False
    """The baseline instead: the nearest words, by letters, that worked here before."""

    @property
    def brain(self) -> bool:
        """Whether the hub has what a real one has to learn with."""
        return self.markov or self.rephrase


OFF = Learning("off")
ALL = Learning("all", markov=True, rephrase=True)
ARMS = (
    OFF,
    Learning("markov", markov=True),
    Learning("rephrase", rephrase=True),
    ALL,
    Learning("all, plain chain", markov=True, rephrase=True, self_aware=False),
    Learning("nearest words", nearest=True),
)
