"""What of the year's privacy is spent: a file of one line a release, written before the noise is drawn.

Costs of releases about the same hubs add up in zero-concentrated differential privacy (Bun, Steinke,
arXiv 1605.02065, lemma 1.7); the thresholds' deltas add up besides. A release that would go beyond what was
promised for any year is refused. What was written and never used counts as spent: nobody can know.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from hubagent.errors import DataError, HubagentError
from hubagent.upstream.rule import cost_of, epsilon_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from hubagent.upstream.rule import Private

FILE_NAME = "budget.jsonl"
YEAR_EPOCHS = 52
DELTA = 1e-8
"""At which a year's epsilon is told, beside the deltas of its thresholds."""


@dataclass(frozen=True, slots=True)
class Spent:
    """One line."""

    epoch: int
    rho: float
    delta: float
    scale: float
    threshold: int
    bound: int
    at: int
    """When, s since 1970."""


@dataclass(frozen=True, slots=True)
class Total:
    """What several releases cost together."""

    releases: int = 0
    rho: float = 0.0
    epsilon: float = 0.0
    delta: float = 0.0


class Ledger:
    """The file; every method may be called by several processes at once."""

    def __init__(self, path: Path, *, most_epsilon: float) -> None:
        """Keep where it is, and what the releases of 52 successive epochs may cost."""
        self._path, self._most = path, most_epsilon

    def spend(self, epoch: int, rule: Private, at_s: float) -> Total:
        """Note a release that is about to be made; return the year's total with it.

        Raises:
            HubagentError: If a year would cost more than promised; nothing is noted then.
            DataError: If the file cannot be read: it must not be taken for an empty one.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            rho, delta = cost_of(rule.scale, rule.threshold, rule.bound)
            now = Spent(epoch, rho, delta, rule.scale, rule.threshold, rule.bound, int(at_s))
            spent = [*self.spent(), now]
            # Every year that this epoch is part of, also one that has later epochs in it already.
            worst = max(
                (total_of(_within(spent, last)) for last in {item.epoch for item in spent}),
                key=lambda total: total.rho,
            )
            if worst.epsilon > self._most:
                raise HubagentError(
                    f"releasing epoch {epoch} would bring a year to epsilon {worst.epsilon:.2f}, of"
                    f" {self._most:g} that it may cost",
                    hint="wait until older releases are a year past; `hubagent upstream budget`"
                    " lists them, upstream.year_epsilon is what was promised",
                )
            file.write(json.dumps(asdict(now)) + "\n")
            file.flush()
            os.fsync(file.fileno())
            return total_of(_within(spent, max(item.epoch for item in spent)))

    def spent(self) -> list[Spent]:
        """Return all lines; none if there is no file.

        Raises:
            DataError: If a line is not as it was written.
        """
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
            return [Spent(**json.loads(line)) for line in lines]
        except FileNotFoundError:
            return []
        except (ValueError, TypeError) as error:
            raise DataError(
                f"`{self._path}` cannot be read: {error}",
                hint="restore it from a backup: without it nobody knows what was spent",
            ) from error

    def year(self, epoch: int) -> Total:
        """Return what the 52 epochs up to this one cost."""
        return total_of(_within(self.spent(), epoch))


def total_of(spent: Iterable[Spent]) -> Total:
    """Return what releases cost together."""
    each = list(spent)
    rho = sum(item.rho for item in each)
    if not each:
        return Total()
    return Total(len(each), rho, epsilon_of(rho, DELTA), DELTA + sum(item.delta for item in each))


def _within(spent: Iterable[Spent], last: int) -> list[Spent]:
    return [item for item in spent if last - YEAR_EPOCHS < item.epoch <= last]
