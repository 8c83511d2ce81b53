"""When the hub learns: while nobody speaks, at night if it can be, once a day.

A pass never stands in the way of a turn: it waits between its steps for as long as one is under way.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from typing import TYPE_CHECKING, Any

from hubagent.errors import DataError, HubagentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hubagent.brain import Brain
    from hubagent.clock import Clock
    from hubagent.learning import Report

_LOGGER = logging.getLogger(__name__)

QUIET_S = 300.0
"""Silence after which nobody is taken to be about to speak."""
EVERY_S = 20 * 3600.0
AT_LATEST_S = 30 * 3600.0
"""So long after the last pass any quiet time will do."""
NIGHT = range(2, 6)
"""Hours of the local day in which nobody minds."""
LOOK_EVERY_S = 1.0
_YIELD_S = 0.02


class StoppedError(HubagentError):
    """The hub is stopping; the pass is given up, and the old tables stay."""


class IdleLearner:
    """Runs the learning passes of a hub."""

    def __init__(self, brain: Brain, clock: Clock, *, is_busy: Callable[[], bool]) -> None:
        """Keep what is asked.

        Args:
            brain: What learns.
            clock: Tells the hour.
            is_busy: Whether a turn is under way or waits.
        """
        self._brain = brain
        self._clock = clock
        self._is_busy = is_busy
        self._stopping = threading.Event()
        self._spoken_s = clock.now_s()
        last = brain.last_pass()
        self._passed_s = float(last["at"]) if last is not None else clock.now_s()

    def spoken(self) -> None:
        """Take note that somebody is speaking."""
        self._spoken_s = self._clock.now_s()

    def run_once(self) -> None:
        """Learn if it is time to; else wait a moment."""
        self._stopping.wait(LOOK_EVERY_S)
        if self._is_due() and not self._stopping.is_set():
            try:
                report = self.learn()
            except StoppedError:
                return
            if report.learnt or report.retired:
                _LOGGER.info("Learnt %d, retired %d", len(report.learnt), len(report.retired))

    def learn(self, progress: Callable[[str, int, int], None] | None = None) -> Report:
        """Run a pass now, behind every turn.

        Raises:
            StoppedError: If the hub is stopped meanwhile.
            HubagentError: If the disk refuses the new tables.
        """
        self._passed_s = self._clock.now_s()
        return self._brain.learn(progress=progress, pause=self.pause)

    def told(self) -> Iterator[dict[str, Any]]:
        """Run a pass; yield ``{"step", "done", "total"}`` as it goes, and last its report."""
        told: queue.SimpleQueue[dict[str, Any] | HubagentError] = queue.SimpleQueue()

        def work() -> None:
            try:
                report = self.learn(
                    lambda what, done, total: told.put({"step": what, "done": done, "total": total})
                )
            except HubagentError as error:
                told.put(error)
            except Exception:
                _LOGGER.exception("The learning pass failed")
                told.put(DataError("the learning pass failed", hint="see the log of the hub"))
            else:
                told.put({"report": report.document()})

        threading.Thread(target=work, name="learn-now", daemon=True).start()
        while True:
            item = told.get()
            if isinstance(item, HubagentError):
                raise item
            yield item
            if "report" in item:
                return

    def stop(self) -> None:
        """Let a pass that is under way end at its next step."""
        self._stopping.set()

    def _is_due(self) -> bool:
        now_s = self._clock.now_s()
        since_s = now_s - self._passed_s
        if self._is_busy() or now_s - self._spoken_s < QUIET_S or since_s < EVERY_S:
            return False
        return since_s >= AT_LATEST_S or time.localtime(now_s).tm_hour in NIGHT

    def pause(self) -> None:
        """Return when no turn is under way.

        Raises:
            StoppedError: If the hub is stopped meanwhile.
        """
        while self._is_busy() and not self._stopping.is_set():
            self._stopping.wait(_YIELD_S)
        if self._stopping.is_set():
            raise StoppedError("the hub is stopping")
