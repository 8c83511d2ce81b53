"""Streams for the rephrase detector by part: ``train``, ``dev`` to choose by, ``test`` to report.

No household is in two parts, and no sentence template of ``train`` is in the others. Of real
recordings, ids of even CRC-32 serve ``train`` and ``dev``, odd ones ``test``.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Literal, TypeAlias

from hubagent.training import datasets, noise
from hubagent.training.homes import load_vocabulary
from hubagent.training.rephrase_dialogues import live
from hubagent.training.rephrase_homes import Inventor
from hubagent.training.rephrase_recordings import recorded_streams
from hubagent.training.sentences import Templates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hubagent.ports import Understand
    from hubagent.training.rephrase_dialogues import Stream

Part: TypeAlias = Literal["train", "dev", "test"]
TURNS = 60
"""Of one household."""


class Streams:
    """Draws streams; the same part and number give the same household and the same words."""

    def __init__(self, data: Path, understand: Understand) -> None:
        """Read templates, names and recordings under ``data``."""
        self._understand = understand
        self._templates = Templates(load_vocabulary(data), data)
        self._rows = datasets.read_lines(data / "slurp/open_test_asr.jsonl")
        fitting = [row for row in self._rows if datasets.asr_is_for_fitting(row["id"])]
        self._confusions = noise.Confusions.learn((row["text"], row["asr"]) for row in fitting)

    def invented(self, part: Part, homes: int, seed: int = 1) -> Iterator[Stream]:
        """Yield one stream for each of so many invented households."""
        inventor = Inventor(self._templates, held_out=part != "train")
        for number in range(homes):
            dice = random.Random(f"{part} {seed} {number}")  # noqa: S311 - repeatable draws, no secret
            household = inventor.household(f"{part}-{seed}-{number}", dice)
            yield live(household, inventor, self._confusions, self._understand, TURNS, dice)

    def recorded(self, part: Part, homes: int, seed: int = 1) -> Iterator[Stream]:
        """Yield one stream of real recordings for each of so many homes."""
        even = part != "test"
        rows = [row for row in self._rows if datasets.asr_is_for_fitting(row["id"]) is even]
        return recorded_streams(rows, self._understand, homes, TURNS, f"recorded-{part}-{seed}-")
