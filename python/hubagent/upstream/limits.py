"""How often something may be done, for each who does it.

Source: the generic cell rate algorithm, ITU-T I.371 (2004), A.1: a leaky bucket that needs one number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubagent.clock import Clock

_TIDY_AT = 100_000


class RateLimit:
    """So many in an hour, and as many at once after an hour of rest."""

    def __init__(self, per_hour: int, clock: Clock) -> None:
        """Allow ``per_hour`` for each name."""
        self._between_s = 3600.0 / per_hour
        self._burst_s = 3600.0
        self._clock = clock
        self._free_at: dict[str, float] = {}
        self._tidy_at = _TIDY_AT

    def wait_s(self, name: str) -> float:
        """Take one if it may be had now and return 0, else return after how many seconds it may be."""
        now = self._clock.monotonic_s()
        free_at = max(self._free_at.get(name, now), now) + self._between_s
        if free_at > now + self._burst_s + 1e-6:
            return free_at - now - self._burst_s
        if len(self._free_at) >= self._tidy_at:
            self._free_at = {key: at for key, at in self._free_at.items() if at > now}
            self._tidy_at = max(_TIDY_AT, 2 * len(self._free_at))
        self._free_at[name] = free_at
        return 0.0
