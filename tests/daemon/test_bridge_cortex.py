"""The image for a Cortex-M3, in qemu, with the whole hub: found with no configuration, obeys, survives."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from device import Noise
from emulated import Board, cortex_image

from hubagent.clock import SystemClock
from hubagent.config import BridgeConfig, Config
from hubagent.errors import UnknownEntityError
from hubagent.types import Decision, EntityId, TurnId, Utterance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hubagent.daemon import Daemon

LAMP = EntityId("light.bench_lamp")
COUNT = EntityId("sensor.bench_lamp_switched")


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cortex_image(tmp_path_factory.mktemp("cortex"))


@pytest.fixture
def plug(image: Path, tmp_path: Path) -> Iterator[Callable[..., Board]]:
    made: list[Board] = []

    def make(noise: Noise | None = None) -> Board:
        made.append(Board(image, tmp_path / "by-id", noise))
        return made[-1]

    yield make
    for board in made:
        if board.is_plugged_in:
            board.unplug()


def _state(hub: Daemon, entity: EntityId) -> object:
    try:
        state = hub.store.view().state(entity)
    except UnknownEntityError:
        return None
    return state.state if state.available else None


def _switched(hub: Daemon) -> int:
    """Return how often the board was told to switch since it started, by its own count."""
    return int(float(str(_state(hub, COUNT))))


def _say(hub: Daemon, text: str) -> Decision:
    return hub.say(Utterance(TurnId(uuid.uuid4().hex), text, SystemClock().now_s())).decision


@pytest.mark.slow
def test_a_cortex_board_obeys_and_survives(
    config: Config,
    make_broker: Any,
    make_daemon: Any,
    wait_until: Callable[..., None],
    tmp_path: Path,
    plug: Callable[..., Board],
) -> None:
    make_broker()
    settings = replace(config, bridge=BridgeConfig(serial=(str(tmp_path / "by-id" / "*"),)))
    hub = make_daemon(settings)
    board = plug()
    wait_until(lambda: _state(hub, LAMP) == "off", 20)
    assert _say(hub, "turn on the bench lamp") is Decision.ACT
    assert _state(hub, LAMP) == "on"
    wait_until(lambda: _switched(hub) == 1)
    board.unplug()
    wait_until(lambda: _state(hub, LAMP) is None, 20)
    assert _say(hub, "turn off the bench lamp") is Decision.REFUSE
    # Plugged in again, in the noise: it is as it was, and nothing is done that was said meanwhile.
    board = plug(Noise(flip=0.01, drop=0.03, double=0.1))
    wait_until(lambda: _state(hub, LAMP) == "on", 40)
    wait_until(lambda: _switched(hub) == 1)
    acted = 0
    for turn in range(6):
        word = ("off", "on")[turn % 2]
        acted += _say(hub, f"turn {word} the bench lamp") is Decision.ACT
    assert acted >= 3
    hub.stop()
    hub = make_daemon(settings)
    board.line.noise = Noise()
    wait_until(lambda: _state(hub, LAMP) in ("on", "off"), 40)
    wait_until(lambda: _state(hub, COUNT) is not None)
    assert acted <= _switched(hub) - 1 <= 6, "a command was lost, or done twice"
    assert _say(hub, "turn on the bench lamp") in (Decision.ACT, Decision.ANSWER)
    wait_until(lambda: _state(hub, LAMP) == "on")
