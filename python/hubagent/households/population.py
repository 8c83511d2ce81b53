"""Many households: invented from a seed, lived side by side on all cores, in order in the result.

Same seed, same truth, whatever the number of processes: a household shares nothing with another but
the understanding of words, and that is a function of the words.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from hubagent.errors import DataError
from hubagent.households.arms import OFF, Learning
from hubagent.households.life import Life
from hubagent.households.pooling import told_by
from hubagent.households.reading import reader
from hubagent.simulate.dwelling import invent_dwelling
from hubagent.simulate.people import Household
from hubagent.simulate.phrases import own_phrases, read_phrases
from hubagent.simulate.recogniser import own_recogniser, read_recogniser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from hubagent.households.life import Truth
    from hubagent.households.mind import PairLife
    from hubagent.households.pooling import Dialogue
    from hubagent.simulate.phrases import Phrases
    from hubagent.simulate.recogniser import Recogniser


@dataclass(frozen=True, slots=True)
class Setting:
    """What is simulated."""

    homes: int
    days: int
    seed: int
    utterances: Path | None = None
    """Sentences in the format of SLURP's files; ``None`` = ours."""
    asr: Path | None = None
    """Recordings of sentences; ``None`` = mistakes of our list."""
    errands_a_day: float = 10.0
    keeps_journal: bool = False
    pools: bool = False
    """Whether what is learned is pooled with others'."""
    half: int | None = None
    """Half of the sentences that is said, 0 or 1; ``None`` = all."""
    people: str = "report"
    """Name of the crowd: other names, other homes and people at the same seed."""

    @property
    def spoken(self) -> tuple[Path | None, Path | None, int | None]:
        """What the words depend on."""
        return self.utterances, self.asr, self.half


@dataclass(frozen=True, slots=True)
class Lived:
    """What came of one household."""

    household: int
    truth: tuple[Truth, ...]
    pairs: tuple[PairLife, ...] = ()
    signals: Mapping[str, int] = field(default_factory=dict)
    dialogues: tuple[Dialogue, ...] = ()
    """In words and states of no home, for a global table."""
    journal: tuple[Mapping[str, Any], ...] = ()
    """As the hub exports it, where it was asked for."""


def household_of(setting: Setting, number: int) -> Household:
    """Return one household of a setting."""
    phrases, recogniser = words_of(*setting.spoken)
    seed = f"{setting.people} {setting.seed}.{number}"
    return Household(
        invent_dwelling(seed), phrases, recogniser, seed, errands_a_day=setting.errands_a_day
    )


@cache
def words_of(
    utterances: Path | None, asr: Path | None, half: int | None
) -> tuple[Phrases, Recogniser]:
    """Return what people can say and what can be heard.

    Raises:
        DataError: If a file cannot be read.
    """
    phrases = own_phrases() if utterances is None else read_phrases(_lines(utterances))
    recogniser = own_recogniser() if asr is None else read_recogniser(_lines(asr))
    return phrases if half is None else phrases.half(half), recogniser


def skipped_of(setting: Setting) -> dict[str, Mapping[str, int]]:
    """Return how many rows of each file were passed over, by why."""
    phrases, recogniser = words_of(*setting.spoken)
    return {"utterances": phrases.skipped, "asr": recogniser.skipped}


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise DataError(f"cannot read `{path}`: {error.strerror}") from error


def live_one(setting: Setting, arms: Sequence[Learning], number: int) -> tuple[Lived, ...]:
    """Live one household from the first day to the last, anew in each arm.

    The arms come one after the other in one process, as they mostly say the same words, and those are
    understood once.
    """
    household = household_of(setting, number)
    return tuple(_live(setting, household, arm, number) for arm in arms)


def _live(setting: Setting, household: Household, arm: Learning, number: int) -> Lived:
    life = Life(household, reader(), arm)
    truth = tuple(life.live(setting.days))
    journal = tuple(life.mind.journal()) if setting.keeps_journal else ()
    return Lived(
        number,
        truth,
        life.mind.pairs(),
        life.mind.signals(),
        told_by(life.mind) if setting.pools else (),
        journal,
    )


class Crowd:
    """Lives households, on several processes when there is more than one core."""

    def __init__(self, pool: ProcessPoolExecutor | None) -> None:
        self._pool = pool

    def live(
        self,
        setting: Setting,
        arms: Sequence[Learning] = (OFF,),
        *,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[list[Lived]]:
        """Return what came of every household, a list an arm, by number in each.

        Args:
            setting: What is simulated.
            arms: What the hubs learn; the same households live in each.
            progress: Called with (households done, of how many).
        """
        work = partial(live_one, setting, arms)
        numbers = range(setting.homes)
        each = map(work, numbers) if self._pool is None else self._pool.map(work, numbers)
        found: list[list[Lived]] = [[] for _ in arms]
        for done, lived in enumerate(each, 1):
            for arm, one in zip(found, lived, strict=True):
                arm.append(one)
            if progress is not None:
                progress(done, setting.homes)
        return found


@contextmanager
def crowd(jobs: int | None = None) -> Iterator[Crowd]:
    """Open so many processes; ``None`` = one a core, one = this very process."""
    count = jobs or os.cpu_count() or 1
    if count == 1:
        yield Crowd(None)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context) as pool:
        yield Crowd(pool)
