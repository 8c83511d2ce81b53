"""The only place that reads a clock, so that tests and replays can move time by hand."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Wall clock for records, monotonic clock for durations; never mixed."""

    def now_s(self) -> float:
        """Return seconds since 1970, UTC."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds since an unknown moment; never goes back."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now_s(self) -> float:
        """Return seconds since 1970, UTC."""
        return time.time()

    def monotonic_s(self) -> float:
        """Return seconds since an unknown moment; never goes back."""
        return time.monotonic()


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now_s: float = 1_700_000_000.0) -> None:
        self._now_s = now_s
        self._monotonic_s = 0.0

    def now_s(self) -> float:
        """Return seconds since 1970, UTC."""
        return self._now_s

    def monotonic_s(self) -> float:
        """Return seconds moved since the start."""
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        """Move both clocks forward."""
        self._now_s += seconds
        self._monotonic_s += seconds
