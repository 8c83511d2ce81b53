"""The arms of the experiment: which parts of learning a hub has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Learning:
    """Which parts are on; all off is a hub without any of it."""

    name: str
    listens: bool = False
    """It keeps a journal and learns nothing of it itself."""
    markov: bool = False
    """Pairs out of the absorbing Markov chain."""
    rephrase: bool = False
    """Pairs out of single rephrases that worked."""
    personal: bool = False
    """Search among the words and names of this home, and names of its own."""
    use_global: bool = False
    """Search in the global table."""
    table: Path | None = None
    """That table, once it is built."""
    self_aware: bool = True
    """``False``: the plain chain, and pairs built anew from its counts every night."""
    nearest: bool = False
    """The baseline instead: the nearest words, by letters, that worked here before."""

    @property
    def brain(self) -> bool:
        """Whether the hub has what a real one has to learn with."""
        return self.listens or self.markov or self.rephrase or self.personal or self.use_global


OFF = Learning("off")
LISTENS = Learning("listens", listens=True)
"""A hub that others learn of."""
ALL = Learning("all", markov=True, rephrase=True, personal=True, use_global=True)
ARMS = (
    OFF,
    Learning("markov", markov=True),
    Learning("rephrase", rephrase=True),
    Learning("global", use_global=True),
    Learning("global + personal", use_global=True, personal=True),
    ALL,
    Learning("markov, plain", markov=True, self_aware=False),
    Learning("nearest words", nearest=True),
)
