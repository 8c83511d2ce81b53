"""The device library in a process behind a pseudo-terminal: what it promises, with sanitizers on."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

import pytest
import reference
from compilers import example
from host import COMMAND, DESCRIBE, EVENT, HELLO, PING, RESULT, STATE, Device

if TYPE_CHECKING:
    from pathlib import Path

Start = Callable[..., Device]


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("programs")
    return {name: example(folder / name, name) for name in ("relay", "temperature", "blind")}


@pytest.fixture
def start(programs: dict[str, Path], tmp_path: Path) -> Iterator[Start]:
    running: list[Device] = []

    def start(name: str) -> Device:
        running.append(Device(programs[name], tmp_path))
        return running[-1]

    yield start
    for device in running:
        if device.process.poll() is None:
            device.stop()


def ready(device: Device) -> Device:
    """Wait until all was said and the clocks are in step."""
    host = device.host
    host.until(lambda: host.states and host.of(PING))
    host.listen(0.05)
    return device


def codes(device: Device) -> dict[reference.Scalar, reference.Scalar]:
    return {body[0]: body[1] for body in device.host.of(RESULT)}


def done(device: Device, id_: int) -> bool:
    return id_ in codes(device)


def test_a_device_says_what_it_is_in_order(start: Start) -> None:
    host = ready(start("blind")).host
    said = [(kind, body) for kind, _, body in host.heard if kind in (HELLO, DESCRIBE, STATE)]
    assert [kind for kind, _ in said] == [HELLO, DESCRIBE, DESCRIBE, DESCRIBE, STATE]
    assert said[0][1] == {0: "blind-1", 1: "1.0.0", 2: "Bedroom Blind", 3: 1, 4: 3, 6: "blind-1"}
    assert said[2][1] == {
        0: 1,
        1: "number",
        2: "speed",
        3: "Speed",
        4: "%/s",
        6: 5,
        7: 100,
        8: 5,
        9: True,
    }
    assert said[3][1] == {0: 2, 1: "event", 2: "arrival", 3: "Arrival", 10: "reached"}
    assert host.states == {0: 0, 1: 20.0}


def test_nothing_else_is_said_before_the_hello_is_acknowledged(start: Start) -> None:
    device = start("relay")
    device.host.acknowledges = False
    device.host.until(lambda: len(device.host.of(HELLO)) >= 3 and device.host.of(PING))
    kinds = {kind for kind, _, _ in device.host.heard}
    assert kinds == {HELLO, PING}
    assert len({seq for kind, seq, _ in device.host.heard if kind == HELLO}) == 1
    device.host.acknowledges = True
    device.host.until(lambda: device.host.states)


def test_a_command_is_done_once_however_often_it_comes(start: Start) -> None:
    device = ready(start("relay"))
    device.host.command(71, 0, True, times=3)
    device.host.until(lambda: device.host.states[0] is True)
    device.host.command(71, 0, True)
    device.host.until(lambda: len(device.host.of(RESULT)) == 4)
    assert set(codes(device).items()) == {(71, 0)}
    assert device.pins() == ["pin 0 off", "pin 0 on"]


def test_an_early_command_is_not_done_again_after_many_others(start: Start) -> None:
    device = ready(start("relay"))
    deadline = (device.host.now() + 60_000) % 2**32
    first: dict[int, reference.Scalar] = {
        0: 1,
        1: deadline,
        2: 0,
        3: True,
        4: device.host.boot,
    }
    device.host.say(COMMAND, first)
    for id_ in range(2, 12):
        device.host.command(id_, 0, False, within=70_000)
        device.host.until(partial(done, device, id_))
    device.host.heard = [heard for heard in device.host.heard if heard[0] == HELLO]
    device.host.say(COMMAND, first)
    device.host.until(lambda: codes(device) == {1: 2})
    assert device.pins().count("pin 0 on") == 1


@pytest.mark.parametrize(
    ("how", "code"),
    [({"within": -1}, 2), ({"boot": 99}, 4)],
    ids=["too late", "another boot"],
)
def test_a_command_out_of_its_time_is_refused(start: Start, how: dict[str, int], code: int) -> None:
    device = ready(start("relay"))
    device.host.command(5, 0, True, **how)
    device.host.until(lambda: codes(device) == {5: code})
    assert device.pins() == ["pin 0 off"]


def test_not_even_a_millisecond_too_late(start: Start) -> None:
    host = (device := ready(start("relay"))).host
    for turn in range(40):  # each with another part of a millisecond between the clocks
        host.heard = [heard for heard in host.heard if heard[0] == HELLO]
        host.say(HELLO, {})
        host.until(lambda: host.of(PING) and host.of(STATE))
        host.listen(0.01)
        for id_ in range(10 * turn, 10 * turn + 10):
            host.command(id_, 0, True, within=-1)
            host.until(partial(done, device, id_))
        assert set(codes(device).values()) == {2}


def test_without_a_clock_nothing_is_done(start: Start) -> None:
    device = start("relay")
    device.host.tells_time = False
    device.host.until(lambda: device.host.states)
    device.host.command(5, 0, True)
    device.host.until(lambda: codes(device) == {5: 5})
    device.host.tells_time = True
    pings = len(device.host.of(PING))
    device.host.until(lambda: len(device.host.of(PING)) > pings)
    device.host.listen(0.05)
    device.host.command(5, 0, True)
    device.host.until(lambda: codes(device) == {5: 0})


@pytest.mark.parametrize(
    ("entity", "value"),
    [(7, True), (0, 101), (0, -1), (0, "open"), (0, None), (1, 4), (1, 100.5), (1, "5"), (2, True)],
)
def test_what_does_not_suit_is_refused(start: Start, entity: int, value: reference.Scalar) -> None:
    device = ready(start("blind"))
    device.host.command(9, entity, value)
    device.host.until(lambda: codes(device) == {9: 3})


def test_a_blind_moves_stops_and_tells(start: Start) -> None:
    device = ready(start("blind"))
    host = device.host
    host.command(1, 1, 100)
    host.command(2, 0, 100)
    host.until(lambda: int(host.states[0] or 0) > 10)
    host.command(3, 0, "stop")
    host.until(lambda: codes(device) == {1: 0, 2: 0, 3: 0})
    stopped = host.states[0]
    assert stopped != 100
    host.command(4, 0, 0)
    host.until(lambda: host.states[0] == 0 and host.of(EVENT))
    assert host.of(EVENT) == [{0: 2, 1: "reached", 2: 0}]


def test_an_event_is_repeated_with_its_number_until_it_is_kept(start: Start) -> None:
    device = ready(start("blind"))
    host = device.host
    host.command(1, 1, 100)
    host.command(2, 0, 3)
    host.until(lambda: host.states[0] == 3)
    host.until(lambda: len(host.of(EVENT)) == 1)
    host.acknowledges = False
    host.command(3, 0, 1)
    host.until(lambda: codes(device).get(3) == 0)
    host.until(lambda: len(host.of(EVENT)) + len(host.of(STATE)) > 6, 15)
    host.acknowledges = True
    host.until(lambda: host.states[0] == 1 and host.of(EVENT)[-1][2] == 1)


def test_the_newest_value_arrives_though_the_line_was_deaf(start: Start, tmp_path: Path) -> None:
    device = ready(start("temperature"))
    host = device.host
    assert host.states == {0: 21.5, 1: False}
    host.acknowledges = False
    (tmp_path / "celsius").write_text("3.5")
    host.until(lambda: {0: 3.5} in host.of(STATE))
    (tmp_path / "celsius").write_text("-2.25")
    host.until(lambda: {0: -2.25, 1: True} in host.of(STATE))
    numbers = {seq for kind, seq, body in host.heard if kind == STATE and body.get(0) != 21.5}
    assert len(numbers) == 2
    host.acknowledges = True
    host.until(lambda: host.states == {0: -2.25, 1: True})


def test_what_is_no_number_is_not_known(start: Start, tmp_path: Path) -> None:
    (tmp_path / "celsius").write_text("nan")
    assert ready(start("temperature")).host.states[0] is None


def test_all_is_said_again_when_the_host_asks(start: Start) -> None:
    device = ready(start("relay"))
    before = len(device.host.heard)
    device.host.say(HELLO, {})
    device.host.until(lambda: len(device.host.of(STATE)) == 2)
    again = [kind for kind, _, _ in device.host.heard[before:]]
    assert [kind for kind in again if kind != PING] == [HELLO, DESCRIBE, STATE]
    assert PING in again


def test_a_boot_is_counted_and_the_commands_of_the_last_are_refused(start: Start) -> None:
    device = ready(start("relay"))
    assert device.host.boot == 1
    device.stop()
    device = ready(start("relay"))
    assert device.host.boot == 2
    device.host.command(5, 0, True, boot=1)
    device.host.until(lambda: codes(device) == {5: 4})


def test_a_noisy_line_loses_doubles_and_invents_nothing(start: Start) -> None:
    """One byte in a hundred flipped, frames dropped and doubled; the host repeats as it promises to."""
    device = ready(start("relay"))
    host = device.host
    dice = random.Random(3)  # noqa: S311
    for id_ in range(100, 140):
        deadline = (host.now() + 20_000) % 2**32
        wanted = id_ % 2 == 0
        while id_ not in codes(device):
            line = bytearray(
                reference.encode(
                    COMMAND, 0, 0, {0: id_, 1: deadline, 2: 0, 3: wanted, 4: host.boot}
                )
            )
            for place in range(len(line)):
                if dice.random() < 0.01:
                    line[place] ^= 1 << dice.randrange(8)
            os.write(host.line, line * dice.choice((0, 1, 1, 2)))
            host.listen(0.05)
    host.until(lambda: host.states[0] is False)
    assert set(codes(device).values()) == {0}
    assert device.pins() == ["pin 0 off", *(f"pin 0 {'off' if n % 2 else 'on'}" for n in range(40))]
