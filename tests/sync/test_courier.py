"""One batch a day, until it is acknowledged; nothing without an agreement."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.clock import ManualClock
from hubagent.errors import HubagentError
from hubagent.evidence import Request, Transition
from hubagent.sync.client import Client
from hubagent.sync.courier import LONGEST_WAIT_S, Courier, Service
from hubagent.sync.outbox import FILE_NAME, Outbox
from hubagent.wire import epoch_of, epoch_starts_s, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

DAY_S = 86_400.0
START_S = epoch_starts_s(2900)
Scripted = Any


@dataclass
class Told:
    """A home that says the same few things every day since it was built; implements ``Telling``."""

    clock: ManualClock
    words: tuple[str, ...] = ("lights of",)
    failed: dict[str, int] = field(default_factory=dict)

    def transitions(self, since_s: float) -> Iterable[Transition]:
        at_s = START_S + 60.0
        while at_s < self.clock.now_s():
            if at_s >= since_s:
                for words in self.words:
                    yield Transition(at_s, Request(words), None, 0.1, frozenset(), False)
            at_s += DAY_S

    def failures(self, since_s: float) -> Mapping[str, int]:
        return self.failed if since_s < self.clock.now_s() else {}

    def scrub(self, request: Request) -> str | None:
        return request.words


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START_S)


@pytest.fixture
def telling(clock: ManualClock) -> Told:
    return Told(clock)


@pytest.fixture
def make(
    tmp_path: Path, clock: ManualClock, telling: Told, scripted: Scripted
) -> Iterator[Callable[..., Courier]]:
    made: list[Courier] = []

    def begin(url: str = "") -> Courier:
        for one in made:
            one.close()
        service = Service(url or scripted.url, "sesame")
        made.append(Courier(Outbox(tmp_path / FILE_NAME), service, clock, telling=telling))
        return made[-1]

    yield begin
    for one in made:
        one.close()


def _live(courier: Courier, clock: ManualClock, days: float, *, step_s: float = 600.0) -> None:
    for _ in range(int(days * DAY_S / step_s)):
        clock.advance(step_s)
        courier.run_once()


def _sent(scripted: Scripted) -> list[Any]:
    return [unpack(body) for method, path, _, body in scripted.asked if path == "/v1/batch"]


def test_nothing_is_kept_or_sent_before_somebody_agrees(
    make: Callable[..., Courier], clock: ManualClock, scripted: Scripted
) -> None:
    courier = make()
    _live(courier, clock, 5.0)
    assert scripted.asked == []
    assert courier.status()["waiting"] == 0
    with pytest.raises(HubagentError, match="agreed"):
        courier.now()


def test_a_batch_a_day_and_a_sentence_once_a_week(
    make: Callable[..., Courier], clock: ManualClock, scripted: Scripted, telling: Told
) -> None:
    telling.failed = {"act": 300}
    courier = make()
    courier.agree()
    _live(courier, clock, 21.0)
    batches = _sent(scripted)
    assert 19 <= len(batches) <= 22
    by_week: dict[int, list[str]] = {}
    for batch in batches:
        by_week.setdefault(batch.epoch, []).extend(row.src for row in batch.rows)
    assert by_week == {week: ["lights of"] for week in (2900, 2901, 2902)}
    assert {pair for batch in batches for pair in batch.failures} == {("act", 255)}
    assert [(b.epoch, b.seq) for b in batches] == sorted({(b.epoch, b.seq) for b in batches})


def test_the_moment_of_the_day_is_drawn_anew(
    make: Callable[..., Courier], clock: ManualClock, telling: Told
) -> None:
    telling.failed = {"act": 1}
    courier = make()
    courier.agree()
    moments = set()
    for _ in range(12):
        _live(courier, clock, 1.0)
        due_s = courier.status()["due_at"]
        assert clock.now_s() < due_s <= clock.now_s() + 2 * DAY_S
        moments.add(round(due_s % DAY_S / 3600))
    assert len(moments) > 3


def test_a_new_text_or_another_service_asks_again(
    make: Callable[..., Courier],
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    scripted: Scripted,
) -> None:
    make().agree()
    assert make().status()["agreed"]
    assert not make("https://elsewhere.invalid").status()["agreed"]
    monkeypatch.setattr("hubagent.sync.consent.TEXT", "All of it, {service}.")
    changed = make()
    assert changed.status()["text_changed"]
    _live(changed, clock, 3.0)
    assert scripted.asked == []
    changed.agree()
    assert changed.status()["agreed"]


def test_what_cannot_be_delivered_waits_longer_and_longer(
    make: Callable[..., Courier], clock: ManualClock, scripted: Scripted
) -> None:
    scripted.answers["/v1/batch"] = [(503, {"error": "down"}, {})]
    courier = make()
    courier.agree()
    _live(courier, clock, 3.0)
    tries = scripted.paths().count("/v1/batch")
    assert 4 <= tries <= 30
    assert courier.status()["waiting"] == 1
    assert "503 down" in courier.status()["last"]["error"]
    _live(courier, clock, 1.0)
    assert scripted.paths().count("/v1/batch") - tries <= DAY_S / (LONGEST_WAIT_S / 2) + 1
    scripted.answers["/v1/batch"] = [(202, {}, {})]
    _live(courier, clock, 0.5)
    assert courier.status()["waiting"] == 0
    assert len({body for _, path, _, body in scripted.asked if path == "/v1/batch"}) == 1


def test_a_service_that_names_a_time_is_not_asked_before(
    make: Callable[..., Courier], clock: ManualClock, scripted: Scripted
) -> None:
    courier = make()
    courier.agree()
    scripted.answers["/v1/batch"] = [
        (429, {"error": "slow"}, {"Retry-After": "7200"}),
        (202, {}, {}),
    ]
    clock.advance(1.5 * DAY_S)
    assert courier.now()["error"]
    asked = len(scripted.asked)
    _live(courier, clock, 7100 / DAY_S, step_s=100.0)
    assert len(scripted.asked) == asked
    _live(courier, clock, 300 / DAY_S, step_s=100.0)
    assert courier.status()["waiting"] == 0


@pytest.mark.parametrize("status", [400, 409, 413, 415, 422])
def test_what_will_never_be_taken_is_given_up_and_counted(
    make: Callable[..., Courier], clock: ManualClock, scripted: Scripted, status: int
) -> None:
    scripted.answers["/v1/batch"] = [(status, {"error": "no"}, {})]
    courier = make()
    courier.agree()
    _live(courier, clock, 3.0)
    assert courier.status()["waiting"] == 0
    assert courier.status()["counts"] == {"refused: no": 1}


@pytest.mark.parametrize("status", [401, 403, 404])
def test_who_we_are_is_no_fault_of_the_batch(
    make: Callable[..., Courier], clock: ManualClock, scripted: Scripted, status: int
) -> None:
    scripted.answers["/v1/batch"] = [(status, {"error": "who"}, {})]
    courier = make()
    courier.agree()
    _live(courier, clock, 3.0)
    assert courier.status()["waiting"] == 1


def test_a_hub_that_was_killed_after_sending_sends_the_same_again(
    make: Callable[..., Courier],
    clock: ManualClock,
    scripted: Scripted,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    courier = make()
    courier.agree()
    clock.advance(2 * DAY_S)
    with monkeypatch.context() as patched:
        patched.setattr(Outbox, "done", lambda *_: None)  # the acknowledgement is never written
        courier.now()
    make().run_once()
    first, second = _sent(scripted)
    assert first == second
    assert make().status()["counts"] == {"sent": 1}
    identities = {body for _, path, _, body in scripted.asked if path == "/v1/enrol"}
    assert len(identities) == 1


def test_who_agrees_no_more_leaves_nothing_behind(
    make: Callable[..., Courier], clock: ManualClock, scripted: Scripted
) -> None:
    courier = make()
    courier.agree()
    clock.advance(2 * DAY_S)
    courier.now()
    week = epoch_of(clock.now_s())
    scripted.answers[f"/v1/epoch/{week}"] = [
        (503, {"error": "down"}, {}),
        (200, {"deleted": 1}, {}),
    ]
    gone = courier.refuse(erase=True)
    assert (gone["agreed"], gone["erased"]) == (False, False)
    assert make().status()["erasing"]
    later = make()
    _live(later, clock, 0.5)
    assert scripted.paths().count(f"/v1/epoch/{week}") == 2
    status = later.status()
    assert not status["erasing"]
    assert not status["agreed"]
    assert status["counts"] == {}
    _live(later, clock, 8.0)
    assert scripted.paths().count("/v1/batch") == 1


def test_who_agrees_no_more_need_not_wait_for_what_is_being_sent(
    make: Callable[..., Courier],
    clock: ManualClock,
    scripted: Scripted,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    courier = make()
    courier.agree()
    clock.advance(8 * DAY_S)  # two weeks: two batches
    send = Client.send

    def slowly(self: Client, body: bytes) -> bool:
        refusing = threading.Thread(target=courier.refuse)
        refusing.start()
        refusing.join(10.0)
        assert not refusing.is_alive()
        return send(self, body)

    monkeypatch.setattr(Client, "send", slowly)
    courier.now()
    assert scripted.paths().count("/v1/batch") == 1
    assert courier.status()["waiting"] == 0


def test_without_erasing_nothing_is_asked_of_the_service(
    make: Callable[..., Courier], clock: ManualClock, scripted: Scripted
) -> None:
    courier = make()
    courier.agree()
    courier.refuse()
    _live(courier, clock, 3.0)
    assert scripted.asked == []


def test_the_last_day_of_a_week_is_told_in_the_next(
    make: Callable[..., Courier], clock: ManualClock, scripted: Scripted, telling: Told
) -> None:
    courier = make()
    courier.agree()
    clock.advance(5.5 * DAY_S)
    courier.now()
    telling.words = ("lights of", "new words")
    clock.advance(2 * DAY_S)
    courier.now()
    assert [(batch.epoch, {row.src for row in batch.rows}) for batch in _sent(scripted)] == [
        (2900, {"lights of"}),
        (2900, {"new words"}),
        (2901, {"lights of", "new words"}),
    ]


def test_a_clock_that_was_far_ahead_does_not_silence_the_hub_for_ever(
    make: Callable[..., Courier], clock: ManualClock, scripted: Scripted
) -> None:
    courier = make()
    clock.advance(4000 * DAY_S)
    courier.agree()
    clock.advance(-4000 * DAY_S + 3 * DAY_S)
    courier.run_once()
    assert courier.status()["due_at"] <= clock.now_s() + 2 * DAY_S
