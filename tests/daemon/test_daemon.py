from __future__ import annotations

import json
import os
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hubagent import control
from hubagent.config import AreaConfig, Config, EntityConfig, FloorConfig, HomeConfig
from hubagent.daemon import Daemon
from hubagent.errors import DataError, TransportError
from hubagent.mqtt.client import MqttClient
from hubagent.types import (
    AreaId,
    Decision,
    EntityId,
    Message,
    OutcomeKind,
    Publication,
    TurnRecord,
)

if TYPE_CHECKING:
    from hubagent.mqtt.broker import EmbeddedBroker

pytestmark = pytest.mark.broker

Say = Callable[[Daemon, str], TurnRecord]
StateOf = Callable[[Daemon, EntityId], object]
WaitUntil = Callable[..., None]
DrainUntil = Callable[[MqttClient, Callable[[list[Message]], bool]], list[Message]]
Maker = Callable[..., Any]

LAMP = EntityId("light.desk_lamp")


def broker_of(daemon: Daemon) -> EmbeddedBroker:
    assert daemon._broker is not None
    return daemon._broker


def kill_broker(daemon: Daemon) -> None:
    pid = broker_of(daemon).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def test_words_switch_a_lamp_over_the_broker_and_its_own_state_confirms(
    make_daemon: Maker, make_lamp: Maker, say: Say, state_of: StateOf, wait_until: WaitUntil
) -> None:
    daemon = make_daemon()
    lamp = make_lamp()
    wait_until(lambda: state_of(daemon, LAMP) == "off")
    record = say(daemon, "turn on the desk lamp")
    assert record.decision is Decision.ACT
    assert [outcome.kind for outcome in record.outcomes] == [OutcomeKind.FOLLOWED]
    assert lamp.commands == [b"ON"]
    assert state_of(daemon, LAMP) == "on"


def test_a_request_over_mqtt_is_answered_there(
    make_daemon: Maker,
    make_lamp: Maker,
    make_client: Maker,
    drain_until: DrainUntil,
    state_of: StateOf,
    wait_until: WaitUntil,
) -> None:
    daemon = make_daemon()
    make_lamp()
    wait_until(lambda: state_of(daemon, LAMP) == "off")
    satellite = make_client("satellite")
    request = json.dumps({"id": "q1", "text": "turn on the desk lamp"}).encode()
    for _ in range(2):
        satellite.publish(Publication("hubagent/test/utterance", request))
    satellite.publish(Publication("hubagent/test/utterance", b'{"id": "q2"}'))
    satellite.publish(Publication("hubagent/test/event", b"\x81\xff"))
    satellite.publish(Publication("hubagent/test/utterance", request, retain=True))
    answers = [
        message
        for message in drain_until(
            satellite, lambda found: any(m.topic == "hubagent/test/response" for m in found)
        )
        if message.topic == "hubagent/test/response"
    ]
    assert len(answers) == 1
    body = json.loads(answers[0].payload)
    assert (body["id"], body["decision"], body["listen"]) == ("q1", "act", False)
    assert body["commands"][0]["entity_id"] == LAMP
    wait_until(lambda: len(daemon.health()["refused"]) >= 2)
    assert daemon.health()["turns"] == 1
    assert daemon.health()["counters"]["turns"]["repeated"] >= 1


def test_waiting_for_a_silent_lamp_does_not_keep_the_hub_from_hearing(
    make_daemon: Maker,
    make_lamp: Maker,
    config: Config,
    say: Say,
    state_of: StateOf,
    wait_until: WaitUntil,
) -> None:
    daemon = make_daemon(replace(config, act=replace(config.act, confirm_timeout_s=2.0)))
    lamp, other = make_lamp(), make_lamp("Hall Light", "hall")
    lamp.silent = True
    wait_until(lambda: state_of(daemon, LAMP) == "off" == state_of(daemon, other.entity_id))
    records: list[TurnRecord] = []
    turn = threading.Thread(target=lambda: records.append(say(daemon, "turn on the desk lamp")))
    turn.start()
    wait_until(lambda: lamp.commands == [b"ON"])
    other.report("ON")
    wait_until(lambda: state_of(daemon, other.entity_id) == "on", 1.0)
    assert records == []
    turn.join()
    assert records[0].outcomes[0].kind is OutcomeKind.SILENT
    assert state_of(daemon, LAMP) == "off"


def test_nothing_said_while_the_broker_is_gone_is_executed_late(
    make_daemon: Maker, make_lamp: Maker, say: Say, state_of: StateOf, wait_until: WaitUntil
) -> None:
    daemon = make_daemon()
    lamp = make_lamp()
    wait_until(lambda: state_of(daemon, LAMP) == "off")
    broker = broker_of(daemon)
    broker.stop()
    wait_until(lambda: not daemon.health()["connected"])
    record = say(daemon, "turn on the desk lamp")
    assert [outcome.kind for outcome in record.outcomes] == [OutcomeKind.FAILED]
    broker.start()
    assert daemon.wait_connected(30.0)
    wait_until(lambda: lamp.client.standing().connected, 30.0)
    threading.Event().wait(1.0)
    assert lamp.commands == []
    assert state_of(daemon, LAMP) == "off"


def test_a_broker_that_is_killed_and_forgets_everything_costs_neither_registry_nor_state(
    make_daemon: Maker,
    make_lamp: Maker,
    config: Config,
    say: Say,
    state_of: StateOf,
    wait_until: WaitUntil,
) -> None:
    daemon = make_daemon()
    lamp = make_lamp()
    wait_until(lambda: state_of(daemon, LAMP) == "off")
    lamp.report("ON")
    wait_until(lambda: state_of(daemon, LAMP) == "on")
    for round_number in range(1, 4):
        broker = broker_of(daemon)
        broker.stop()
        for name in ("retained.db", "retained.sqlite"):
            (config.hub.state_dir / "broker" / name).unlink(missing_ok=True)
        broker.start()
        assert daemon.wait_connected(30.0)
        kill_broker(daemon)
        wait_until(lambda n=round_number: broker_of(daemon).restarts == n, 20.0)
        wait_until(lambda: daemon.health()["connected"], 30.0)
        assert state_of(daemon, LAMP) == "on"
    wait_until(lambda: lamp.client.standing().connected, 30.0)
    record = say(daemon, "turn off the desk lamp")
    assert [outcome.kind for outcome in record.outcomes] == [OutcomeKind.FOLLOWED]
    assert daemon.health()["faults"] == {
        "pump": 0,
        "store": 0,
        "schedule": 0,
        "turns": 0,
        "learning": 0,
    }


def test_the_home_is_known_again_after_a_restart_before_anything_is_heard(
    make_daemon: Maker, make_lamp: Maker, config: Config, state_of: StateOf, wait_until: WaitUntil
) -> None:
    daemon = make_daemon()
    lamp = make_lamp()
    lamp.report("ON")
    wait_until(lambda: state_of(daemon, LAMP) == "on")
    daemon.stop()
    unreachable = replace(config, mqtt=replace(config.mqtt, embedded="never"))
    again = make_daemon(unreachable, wait=False)
    assert state_of(again, LAMP) == "on"
    assert not again.health()["connected"]


def test_places_and_names_of_the_settings_reach_the_home(
    make_daemon: Maker, make_lamp: Maker, config: Config, say: Say, wait_until: WaitUntil
) -> None:
    home = HomeConfig(
        floors={"up": FloorConfig(name="Upstairs")},
        areas={"attic": AreaConfig(name="Attic", floor="up")},
        entities={
            "light.desk_lamp": EntityConfig(area="attic", aliases=("reading light",)),
            "light.never_seen": EntityConfig(area="attic"),
        },
        satellites={"box": "attic"},
    )
    settings = replace(config, home=home)
    daemon = make_daemon(settings)
    lamp = make_lamp()
    wait_until(lambda: daemon.health()["unknown_entities"] == ["light.never_seen"])
    view = daemon.store.view()
    assert view.area_of(LAMP) == "attic"
    assert "Upstairs" in [floor.name for floor in view.floors()]
    assert say(daemon, "turn on the reading light").decision is Decision.ACT
    assert lamp.commands == [b"ON"]
    # Told again to the same store, nothing is written anew.
    daemon.stop()
    again = make_daemon(settings)
    assert again.store.view().area_of(LAMP) == AreaId("attic")
    assert again.health()["unknown_entities"] == ["light.never_seen"]


def test_a_broker_that_answers_is_used_and_none_is_started(
    make_daemon: Maker, make_broker: Maker
) -> None:
    make_broker()
    assert make_daemon().health()["broker"] is None


def test_without_mosquitto_amqtt_serves(
    make_daemon: Maker,
    make_lamp: Maker,
    say: Say,
    state_of: StateOf,
    wait_until: WaitUntil,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hubagent.mqtt.broker.find_mosquitto", lambda: None)
    daemon = make_daemon()
    assert daemon.health()["broker"]["program"] == "amqtt"
    assert daemon.health()["protocol"] == "3.1.1"
    lamp = make_lamp(only_311=True)
    wait_until(lambda: state_of(daemon, LAMP) == "off")
    assert say(daemon, "turn on the desk lamp").outcomes[0].kind is OutcomeKind.FOLLOWED
    assert lamp.commands == [b"ON"]


def test_a_taken_port_with_embedded_always_stops_the_start_and_leaves_nothing_behind(
    make_daemon: Maker, config: Config, port: int
) -> None:
    settings = replace(config, mqtt=replace(config.mqtt, embedded="always"))
    with socket.create_server(("127.0.0.1", port)), pytest.raises(TransportError, match="in use"):
        make_daemon(settings)
    assert make_daemon(settings).health()["connected"]


def test_two_hubs_do_not_share_a_state_folder(make_daemon: Maker) -> None:
    make_daemon()
    with pytest.raises(TransportError, match="another hub is running"):
        make_daemon(wait=False)


def test_the_commands_of_this_machine_are_answered(
    make_daemon: Maker, make_lamp: Maker, config: Config, state_of: StateOf, wait_until: WaitUntil
) -> None:
    daemon = make_daemon()
    make_lamp()
    wait_until(lambda: state_of(daemon, LAMP) == "off")
    path = config.hub.state_dir / control.SOCKET_NAME

    def ask(method: str, **params: object) -> dict[str, Any]:
        return next(control.call(path, method, params))

    assert ask("status")["entities"] == 1
    assert [row["entity_id"] for row in ask("devices")["entities"]] == [LAMP]
    said = ask("say", text="turn on the desk lamp", area=None)
    assert said["decision"] == "act"
    told = ask("explain", turn="1")
    assert told["turn"]["id"] == said["id"]
    assert "turn on the desk lamp" in told["text"]
    for method, params in (
        ("say", {}),
        ("say", {"text": 1}),
        ("say", {"text": "a", "area": 3}),
        ("explain", {"turn": "99"}),
        ("explain", {"turn": "nonsense"}),
    ):
        with pytest.raises(DataError):
            ask(method, **params)


def test_watching_devices_shows_a_change(
    make_daemon: Maker,
    make_lamp: Maker,
    config: Config,
    state_of: StateOf,
    wait_until: WaitUntil,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hubagent.daemon.requests.WATCH_EVERY_S", 0.05)
    daemon = make_daemon()
    lamp = make_lamp()
    wait_until(lambda: state_of(daemon, LAMP) == "off")
    snapshots = control.call(
        config.hub.state_dir / control.SOCKET_NAME, "devices", {"watch": True}, timeout_s=10.0
    )
    assert next(snapshots)["entities"][0]["state"] == "off"
    lamp.report("ON")
    assert any(
        row["entities"][0]["state"] == "on" for _, row in zip(range(40), snapshots, strict=False)
    )


def test_a_pump_that_hangs_is_not_well(
    make_daemon: Maker,
    make_lamp: Maker,
    state_of: StateOf,
    wait_until: WaitUntil,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hubagent.daemon.BEAT_WITHIN_S", 2.0)
    daemon, release = make_daemon(), threading.Event()
    lamp = make_lamp()
    wait_until(lambda: state_of(daemon, LAMP) == "off")
    assert daemon.is_well()
    monkeypatch.setattr(daemon._signal, "changed", lambda _changes: release.wait(30))
    lamp.report("ON")
    wait_until(lambda: not daemon.is_well())
    release.set()
    wait_until(daemon.is_well)


def test_a_fault_in_the_pump_is_survived(
    make_daemon: Maker,
    make_lamp: Maker,
    state_of: StateOf,
    wait_until: WaitUntil,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    daemon = make_daemon()
    real = daemon.directory.handle
    faults: list[str] = []

    def fail_once(adapter: str, message: Message) -> Any:
        if not faults:
            faults.append(message.topic)
            raise RuntimeError("a bug")
        return real(adapter, message)

    monkeypatch.setattr(daemon.directory, "handle", fail_once)
    lamp = make_lamp()
    wait_until(lambda: daemon.health()["faults"]["pump"] == 1)
    lamp.announce()
    wait_until(lambda: state_of(daemon, LAMP) == "off")
    assert "Fault 1 in the pump thread" in caplog.text


def test_stopping_twice_is_fine_and_the_status_says_offline(
    make_daemon: Maker, make_client: Maker, drain_until: DrainUntil, make_broker: Maker
) -> None:
    make_broker()
    daemon = make_daemon()
    watcher = make_client("watcher")
    daemon.stop()
    daemon.stop()
    drain_until(
        watcher,
        lambda found: any(
            m.topic == "hubagent/test/status" and b"offline" in m.payload for m in found
        ),
    )
