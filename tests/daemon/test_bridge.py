"""A device on a pseudo-terminal and the whole hub: found with no configuration, obeys what is said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from device import Device, Flash, Port

from hubagent.clock import SystemClock
from hubagent.config import BridgeConfig, Config
from hubagent.errors import UnknownEntityError
from hubagent.types import Decision, EntityId, TurnId, Utterance

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hubagent.daemon import Daemon

LAMP: list[dict[int, Any]] = [{0: 0, 1: "light", 2: "lamp", 3: "Desk Lamp", 9: True}]
ENTITY = EntityId("light.desk_lamp")


def _state(hub: Daemon) -> object:
    try:
        state = hub.store.view().state(ENTITY)
    except UnknownEntityError:
        return None
    return state.state if state.available else None


def test_a_spoken_request_reaches_the_device_and_survives_a_restart(
    config: Config,
    make_broker: Any,
    make_daemon: Any,
    wait_until: Callable[..., None],
    tmp_path: Path,
) -> None:
    make_broker()
    settings = replace(config, bridge=BridgeConfig(serial=(str(tmp_path / "by-id" / "*"),)))
    device = Device("desk-lamp", LAMP, {0: False}, Flash())
    line = Port(tmp_path / "by-id", "usb-lamp")
    device.start(line.fd)
    try:
        hub = make_daemon(settings)
        wait_until(lambda: _state(hub) == "off", 20)
        said = Utterance(TurnId("1"), "turn on the desk lamp", SystemClock().now_s())
        record = hub.say(said)
        assert record.decision is Decision.ACT, record
        assert device.states == {0: True}
        assert [value for _, _, value in device.done] == [True]
        assert _state(hub) == "on"
        hub.stop()
        hub = make_daemon(settings)
        wait_until(lambda: _state(hub) == "on", 30)
        said = Utterance(TurnId("2"), "turn off the desk lamp", SystemClock().now_s())
        assert hub.say(said).decision is Decision.ACT
        assert device.states == {0: False}
        assert len(device.done) == 2
    finally:
        device.stop()
        line.unplug()
