"""The hub's own threads: a step again and again, and one turn after another.

Here is the one place that survives any error: it logs, counts and goes on.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING

from hubagent.errors import TransportError
from hubagent.types import Decision, TurnRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubagent.clock import Clock
    from hubagent.types import TurnId, Utterance

_LOGGER = logging.getLogger(__name__)

MAX_WAITING_TURNS = 16
STALE_AFTER_S = 30.0
"""A request that waited longer than this for its turn is not obeyed any more."""
REMEMBERED_IDS = 256
SORRY = "Sorry, something went wrong in the hub."


class Loop:
    """Calls a step again and again in a thread, whatever it raises."""

    def __init__(self, name: str, step: Callable[[], None]) -> None:
        """Build.

        Args:
            name: Of the thread, and in the log.
            step: Must wait by itself when there is nothing to do, a second at most.
        """
        self.name = name
        self._step = step
        self._failures = 0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def failures(self) -> int:
        """How often the step raised."""
        return self._failures

    def start(self) -> None:
        """Start the thread."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Let the step in progress end, and wait for that."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
            if self._thread.is_alive():
                _LOGGER.error("The %s thread does not stop", self.name)
            self._thread = None

    def wait(self, seconds: float) -> None:
        """Pause inside the step, shorter when it is to stop."""
        self._stopping.wait(seconds)

    def _run(self) -> None:
        in_a_row = 0
        while not self._stopping.is_set():
            try:
                self._step()
                in_a_row = 0
            except Exception:
                self._failures += 1
                in_a_row += 1
                # The first ones in full, then fewer and fewer: a fault may come with every message.
                if self._failures & (self._failures - 1) == 0:
                    _LOGGER.exception("Fault %d in the %s thread", self._failures, self.name)
                self._stopping.wait(min(5.0, 0.01 * 2**in_a_row))


class TurnWorker:
    """Takes requests in order, each to its end; what is asked meanwhile waits."""

    def __init__(
        self,
        run_turn: Callable[[Utterance], TurnRecord],
        answer: Callable[[TurnRecord], None],
        clock: Clock,
    ) -> None:
        """Build.

        Args:
            run_turn: Runs one turn; may take seconds.
            answer: Tells the record to whoever asked over MQTT.
            clock: Tells how long a request has waited.
        """
        self._run_turn = run_turn
        self._answer = answer
        self._clock = clock
        self._waiting: queue.Queue[tuple[Utterance, Future[TurnRecord]]] = queue.Queue(
            MAX_WAITING_TURNS
        )
        self._seen: deque[TurnId] = deque(maxlen=REMEMBERED_IDS)
        self._running = False
        self._counts = dict.fromkeys(("turns", "repeated", "busy", "stale", "cancelled"), 0)

    def submit(self, utterance: Utterance) -> Future[TurnRecord]:
        """Queue a request; return at once.

        The future is cancelled when the request is not obeyed: said before with the same id (MQTT
        delivers at least once), too many waiting, waited too long, or called off.
        """
        future: Future[TurnRecord] = Future()
        if utterance.turn_id in self._seen:
            return self._drop(future, "repeated")
        self._seen.append(utterance.turn_id)
        try:
            self._waiting.put_nowait((utterance, future))
        except queue.Full:
            _LOGGER.warning("Request %s dropped: %d wait", utterance.turn_id, MAX_WAITING_TURNS)
            return self._drop(future, "busy")
        return future

    def cancel_waiting(self) -> None:
        """Call off every request that has not begun."""
        while True:
            try:
                _, future = self._waiting.get_nowait()
            except queue.Empty:
                return
            self._drop(future, "cancelled")

    def run_once(self) -> None:
        """Take the next request, if one comes within half a second, and answer it."""
        try:
            utterance, future = self._waiting.get(timeout=0.5)
        except queue.Empty:
            return
        if self._clock.now_s() - utterance.heard_at_s > STALE_AFTER_S:
            self._drop(future, "stale")
            return
        self._counts["turns"] += 1
        self._running = True
        try:
            record = self._run_turn(utterance)
        except BaseException as error:
            future.set_exception(error)
            self._tell(_failed(utterance))
            raise
        finally:
            self._running = False
        self._tell(record)
        future.set_result(record)

    @property
    def is_busy(self) -> bool:
        """Whether a turn is under way or waits."""
        return self._running or not self._waiting.empty()

    def counters(self) -> dict[str, int]:
        """Return what was counted since the start."""
        return {**self._counts, "waiting": self._waiting.qsize()}

    def _tell(self, record: TurnRecord) -> None:
        try:
            self._answer(record)
        except TransportError as error:
            _LOGGER.warning("Answer to %s not sent: %s", record.utterance.turn_id, error)

    def _drop(self, future: Future[TurnRecord], why: str) -> Future[TurnRecord]:
        self._counts[why] += 1
        future.cancel()
        return future


def _failed(utterance: Utterance) -> TurnRecord:
    return TurnRecord(utterance, None, (), (), Decision.REFUSE, "", SORRY, False, (), 0.0)
