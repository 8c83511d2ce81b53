from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError

import pytest

from hubagent.clock import ManualClock
from hubagent.daemon.loops import MAX_WAITING_TURNS, SORRY, STALE_AFTER_S, Loop, TurnWorker
from hubagent.errors import TransportError
from hubagent.types import Decision, TurnId, TurnRecord, Utterance

WaitUntil = Callable[..., None]


def utterance(turn_id: str, heard_at_s: float = 1_700_000_000.0) -> Utterance:
    return Utterance(TurnId(turn_id), f"words of {turn_id}", heard_at_s)


def record_of(said: Utterance) -> TurnRecord:
    return TurnRecord(said, None, (), (), Decision.ANSWER, "", said.text.upper(), False, (), 1.0)


def test_a_step_that_raises_is_counted_and_called_again(
    wait_until: WaitUntil, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[int] = []

    def step() -> None:
        calls.append(1)
        if len(calls) <= 5:
            raise RuntimeError("a bug")
        threading.Event().wait(0.01)

    loop = Loop("test", step)
    loop.start()
    wait_until(lambda: len(calls) > 10)
    loop.stop()
    assert loop.failures == 5
    logged = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.args for record in logged] == [(1, "test"), (2, "test"), (4, "test")]
    assert logged[0].exc_info


def test_a_step_that_hangs_is_said_at_the_stop(caplog: pytest.LogCaptureFixture) -> None:
    release = threading.Event()
    loop = Loop("stuck", lambda: void(release.wait(30)))
    loop.start()
    loop.stop(0.05)
    assert "The stuck thread does not stop" in caplog.text
    release.set()


def void(_: object) -> None:
    return None


def make(
    run_turn: Callable[[Utterance], TurnRecord] = record_of,
) -> tuple[TurnWorker, list[TurnRecord], ManualClock]:
    clock, answered = ManualClock(), list[TurnRecord]()
    return TurnWorker(run_turn, answered.append, clock), answered, clock


def test_turns_are_taken_in_order_and_answered() -> None:
    worker, answered, _ = make()
    futures = [worker.submit(utterance(name)) for name in ("a", "b", "c")]
    for _ in futures:
        worker.run_once()
    assert [record.response for record in answered] == ["WORDS OF A", "WORDS OF B", "WORDS OF C"]
    assert [future.result(0).utterance.turn_id for future in futures] == ["a", "b", "c"]


def test_a_request_delivered_twice_is_obeyed_once() -> None:
    worker, answered, _ = make()
    worker.submit(utterance("a"))
    again = worker.submit(utterance("a"))
    worker.run_once()
    assert again.cancelled()
    assert len(answered) == 1
    assert worker.counters()["repeated"] == 1


def test_a_request_that_waited_too_long_is_not_obeyed() -> None:
    worker, answered, clock = make()
    late = worker.submit(utterance("a", clock.now_s()))
    clock.advance(STALE_AFTER_S + 1)
    fresh = worker.submit(utterance("b", clock.now_s()))
    worker.run_once()
    worker.run_once()
    with pytest.raises(CancelledError):
        late.result(0)
    assert fresh.done()
    assert [record.utterance.turn_id for record in answered] == ["b"]


def test_more_requests_than_can_wait_are_dropped_at_once() -> None:
    worker, _, _ = make()
    futures = [worker.submit(utterance(str(number))) for number in range(MAX_WAITING_TURNS + 3)]
    assert sum(future.cancelled() for future in futures) == 3
    assert worker.counters()["busy"] == 3


def test_cancel_calls_off_what_waits() -> None:
    worker, answered, _ = make()
    futures = [worker.submit(utterance(name)) for name in "abc"]
    worker.cancel_waiting()
    worker.run_once()
    assert all(future.cancelled() for future in futures)
    assert answered == []


def test_a_turn_that_fails_is_apologised_for_and_raised_to_the_supervisor() -> None:
    def fail(_: Utterance) -> TurnRecord:
        raise ZeroDivisionError

    worker, answered, _ = make(fail)
    future = worker.submit(utterance("a"))
    with pytest.raises(ZeroDivisionError):
        worker.run_once()
    with pytest.raises(ZeroDivisionError):
        future.result(0)
    assert (answered[0].response, answered[0].decision) == (SORRY, Decision.REFUSE)


def test_an_answer_that_cannot_be_sent_does_not_lose_the_turn() -> None:
    def refuse(_: TurnRecord) -> None:
        raise TransportError("broker", "gone")

    worker = TurnWorker(record_of, refuse, ManualClock())
    future = worker.submit(utterance("a"))
    worker.run_once()
    assert future.result(0).response == "WORDS OF A"
