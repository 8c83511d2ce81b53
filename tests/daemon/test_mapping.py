"""A device that no convention covers, on a whole hub with a real broker."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hubagent import control
from hubagent.errors import DataError
from hubagent.mapping import add
from hubagent.types import Decision, EntityId, OutcomeKind, Publication

if TYPE_CHECKING:
    from pathlib import Path

    from hubagent.config import Config

pytestmark = pytest.mark.broker

Maker = Callable[..., Any]
PUMP = EntityId("switch.garden_pump")
TOPIC = "garden/pump/state"


def test_a_topic_is_watched_written_down_and_obeys_words(
    make_daemon: Maker,
    make_client: Maker,
    config: Config,
    say: Maker,
    state_of: Maker,
    wait_until: Maker,
    tmp_path: Path,
) -> None:
    path = tmp_path / "mapping.toml"
    daemon = make_daemon(replace(config, mqtt=replace(config.mqtt, mapping_file=path)))
    device, app = make_client("device"), make_client("app")
    device.publish(Publication(TOPIC, b"OFF", retain=True))
    stopping = threading.Event()

    def live() -> None:
        while not stopping.is_set():
            for item in device.drain(64, 0.02):
                if item.topic == "garden/pump/set":
                    device.publish(Publication(TOPIC, item.payload, retain=True))

    thread = threading.Thread(target=live)
    thread.start()
    try:
        answers = control.call(
            config.hub.state_dir / control.SOCKET_NAME,
            "map",
            {"topic": TOPIC, "seconds": 2.5},
            timeout_s=30.0,
        )
        assert next(answers)["messages"] == 1  # the retained one
        app.publish(Publication("garden/pump/set", b"ON"))
        *_, found = answers
        assert [item["entity_id"] for item in found["entities"]] == [PUMP]
        assert found["known"] == {}
        add(path, found["entities"])
        wait_until(lambda: state_of(daemon, PUMP) == "on")
        assert daemon.directory.heard_on(TOPIC) == (PUMP,)
        record = say(daemon, "turn off the garden pump")
        assert record.decision is Decision.ACT
        assert [item.kind for item in record.outcomes] == [OutcomeKind.FOLLOWED]
        assert state_of(daemon, PUMP) == "off"
    finally:
        stopping.set()
        thread.join()


def test_a_damaged_file_changes_nothing_until_it_is_mended(
    make_daemon: Maker, config: Config, wait_until: Maker, tmp_path: Path
) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text('[switch.a]\ncommand_topic = "a"\n[switch.b]\ncommand_topic = "b"\n')
    daemon = make_daemon(replace(config, mqtt=replace(config.mqtt, mapping_file=path)))

    def ids() -> list[str]:
        return [item.entity_id for item in daemon.store.view().entities()]

    wait_until(lambda: ids() == ["switch.a", "switch.b"])
    path.write_text("[switch.a")
    wait_until(lambda: daemon.health()["mapping"]["problems"])
    assert ids() == ["switch.a", "switch.b"]
    path.write_text('[switch.a]\ncommand_topic = "a"\n[switch.b]\n')
    wait_until(lambda: ids() == ["switch.a"])
    assert daemon.health()["mapping"]["problems"] == [
        "`switch.b`: missing key: `command_topic` is required"
    ]
    path.unlink()
    wait_until(lambda: ids() == [])
    assert daemon.health()["mapping"] is None


def test_who_only_listens_leaves_no_status_behind(
    make_daemon: Maker, make_client: Maker, config: Config, drain_until: Maker
) -> None:
    make_daemon()
    socket = config.hub.state_dir / control.SOCKET_NAME
    list(control.call(socket, "map", {"topic": "nothing/here", "seconds": 0.2}, timeout_s=30.0))
    late = make_client("late")
    late.publish(Publication("end", json.dumps({}).encode(), retain=True))
    late.stop()
    heard = drain_until(
        make_client("later"), lambda found: any(item.topic == "end" for item in found)
    )
    assert not [item for item in heard if "-map-" in item.topic]


@pytest.mark.parametrize("params", [{"topic": "a/#/b", "seconds": 1}, {"topic": "a", "seconds": 0}])
def test_what_cannot_be_watched_is_refused(
    make_daemon: Maker, config: Config, params: dict[str, Any]
) -> None:
    make_daemon()
    with pytest.raises(DataError):
        list(control.call(config.hub.state_dir / control.SOCKET_NAME, "map", params))
