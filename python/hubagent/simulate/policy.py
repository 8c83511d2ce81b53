"""What people do when they did not get what they wanted, and how patient they are.

Shares as in the method sheet, section 9; they are parameters, not facts, so they differ from person
to person and from run to run.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random


class Move(enum.StrEnum):
    """What is done next after a failure."""

    REPEAT = "repeat"
    REPHRASE = "rephrase"
    CORRECT = "correct"
    """``no, I said ...``."""
    BY_HAND = "by_hand"
    GIVE_UP = "give_up"


@dataclass(frozen=True, slots=True)
class Policy:
    """One person's ways."""

    weights: tuple[float, float, float, float, float] = (0.25, 0.35, 0.10, 0.10, 0.20)
    """Of the moves, in their order."""
    patience: int = 3
    """Most attempts at one wish."""
    answers: float = 0.75
    """How often a question that offers the right thing is answered."""
    thanks: float = 0.05
    interrupts: float = 0.3
    """How often the hub is interrupted while it does something else than was wanted."""
    repairs: float = 0.7
    """How often what was wrongly moved is put back by hand."""

    def move(self, dice: random.Random) -> Move:
        """Draw what comes next."""
        return dice.choices(tuple(Move), self.weights)[0]


def draw_policy(dice: random.Random, spread: float = 0.4) -> Policy:
    """Draw one person's ways around the usual ones.

    Args:
        dice: Source of chance.
        spread: Each weight is multiplied by up to 1 +- this; 0 gives the usual ways.
    """
    usual = Policy()
    weights = [share * dice.uniform(1 - spread, 1 + spread) for share in usual.weights]
    total = sum(weights)
    repeat, rephrase, correct, by_hand, give_up = (share / total for share in weights)
    return Policy(
        (repeat, rephrase, correct, by_hand, give_up),
        patience=dice.choice((2, 3, 3, 4)),
        answers=dice.uniform(0.6, 0.9),
        thanks=dice.uniform(0.0, 0.12),
        interrupts=dice.uniform(0.1, 0.5),
        repairs=dice.uniform(0.5, 0.9),
    )
