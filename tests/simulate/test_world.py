"""The whole home: faults, time, births, life."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.errors import UnknownEntityError
from hubagent.simulate.demo import demo_home
from hubagent.simulate.faults import Faults
from hubagent.simulate.life import Life

if TYPE_CHECKING:
    from collections.abc import Callable

SWITCHES: dict[str, Any] = {
    "devices": [{"name": "Strip"}],
    "entities": [
        {"id": "switch.strip", "name": "Strip", "device": "strip"},
        {"id": "switch.strip_2", "name": "Strip 2", "device": "strip"},
        {"id": "switch.other", "name": "Other"},
    ],
}
TOPIC = "things/strip/switch/strip/state"
OTHER = "things/switch_other/switch/other/state"


def test_latency_holds_a_command_back(bench: Callable[..., Any]) -> None:
    home = bench(SWITCHES, faults=Faults(latency_s=0.4))
    assert home.send(f"{TOPIC}/set", "ON") == []
    assert home.world.moving
    home.bus.advance(0.39)
    assert home.listen() == []
    home.bus.advance(0.02)
    assert home.listen() == ["things/strip/switch/strip/state"]
    assert home.state("switch.strip") == "on"
    assert not home.world.moving


def test_loss_takes_its_share_of_commands_and_reports(bench: Callable[..., Any]) -> None:
    home = bench(SWITCHES, faults=Faults(loss=0.3, seed=7))
    heard = followed = 0
    for turn in range(400):
        word = "ON" if turn % 2 == 0 else "OFF"
        heard += bool(home.send(f"{TOPIC}/set", word))
        followed += home.state("switch.strip") == word.lower()
        home.world.place("switch.strip", "off" if turn % 2 == 1 else "on")
        home.listen()
    assert 0.6 * 400 < followed < 0.8 * 400
    assert 0.39 * 400 < heard < 0.59 * 400


def test_the_same_seed_loses_the_same_messages(bench: Callable[..., Any]) -> None:
    def outcome(seed: int) -> list[bool]:
        home = bench(SWITCHES, faults=Faults(loss=0.5, seed=seed))
        return [bool(home.send(f"{TOPIC}/set", "ON")) for _ in range(40)]

    assert outcome(1) == outcome(1)
    assert outcome(1) != outcome(2)


def test_who_cannot_be_reached_neither_hears_nor_speaks(bench: Callable[..., Any]) -> None:
    home = bench(SWITCHES, faults=Faults(unreachable={"strip"}))
    assert TOPIC not in home.heard
    assert home.send(f"{TOPIC}/set", "ON") == []
    home.world.place("switch.strip_2", "on")
    assert home.listen() == []
    assert home.state("switch.strip") == "off"
    assert home.send(f"{OTHER}/set", "ON") == [OTHER]


def test_who_comes_back_says_what_it_is(bench: Callable[..., Any]) -> None:
    home = bench(SWITCHES)
    home.world.cut_off("strip", noticed=True)
    assert home.listen() == ["things/strip/status"]
    assert home.heard["things/strip/status"] == "offline"
    home.world.place("switch.strip", "on")
    home.world.bring_back("strip")
    home.listen()
    assert home.heard["things/strip/status"] == "online"
    assert home.heard[TOPIC] == {"state": "on".upper()}


def test_a_device_that_goes_while_a_command_is_under_way_does_not_follow(
    bench: Callable[..., Any],
) -> None:
    home = bench(SWITCHES, faults=Faults(latency_s=1))
    home.send(f"{TOPIC}/set", "ON")
    home.world.cut_off("strip")
    home.bus.advance(2)
    assert home.state("switch.strip") == "off"
    assert not home.world.moving


def test_all_is_announced_anew_when_a_hub_is_born(bench: Callable[..., Any]) -> None:
    home = bench(SWITCHES)
    topics = home.send("homeassistant/status", "online")
    assert "homeassistant/device/strip/config" in topics
    assert TOPIC in topics
    assert home.send("homeassistant/status", "offline") == []


def test_states_are_retained_for_a_hub_that_comes_late(bench: Callable[..., Any]) -> None:
    home = bench(SWITCHES)
    home.send(f"{TOPIC}/set", "ON")
    late = home.bus.client("late")
    late.subscribe("#")
    found = {message.topic: message for message in late.receive()}
    assert found[TOPIC].retained
    assert json.loads(found[TOPIC].payload) == {"state": "ON"}


def test_a_home_that_stops_says_so(bench: Callable[..., Any]) -> None:
    home = bench(SWITCHES)
    home.world.stop()
    home.listen()
    assert home.heard["things/strip/status"] == home.heard["things/status"] == "offline"


def test_a_wall_switch_is_reported_once_and_only_when_it_changes_something(
    bench: Callable[..., Any],
) -> None:
    home = bench(SWITCHES)
    home.world.place("switch.strip", "on")
    assert home.listen() == [TOPIC]
    home.world.place("switch.strip", "on")
    assert home.listen() == []


def test_an_unknown_entity_cannot_be_moved(bench: Callable[..., Any]) -> None:
    with pytest.raises(UnknownEntityError, match=r"`switch\.none`"):
        bench(SWITCHES).world.place("switch.none", "on")


def test_states_are_words_as_home_assistant_has_them(bench: Callable[..., Any]) -> None:
    home = bench(
        {
            "entities": [
                {"id": "sensor.a", "state": None, "attributes": {"unit_of_measurement": "W"}},
                {"id": "sensor.b", "state": 21.0},
                {"id": "sensor.c", "state": "21.50"},
                {"id": "todo.d", "attributes": {"items": ["x", "y"]}},
            ]
        }
    )
    states = {id_: item["state"] for id_, item in home.world.states().items()}
    assert states == {"sensor.a": "unknown", "sensor.b": "21", "sensor.c": "21.5", "todo.d": "2"}
    assert json.loads(json.dumps(home.world.states())) == home.world.states()


def test_what_is_still_stays_still_however_long_one_waits(bench: Callable[..., Any]) -> None:
    home = bench(demo_home())
    before = home.world.states()
    home.bus.advance(3600)
    assert home.world.states() == before
    assert home.listen() == []


def test_life_moves_readings_within_reason_and_the_same_by_seed(bench: Callable[..., Any]) -> None:
    def live(seed: int) -> Any:
        home = bench(demo_home())
        Life(home.world, seed=seed).start()
        home.bus.advance(600)
        assert not home.world.moving
        assert len(home.listen()) > 200
        return home

    home = live(1)
    assert home.world.states() == live(1).world.states()
    assert home.world.states() != live(2).world.states()
    assert 5 < float(home.state("sensor.outdoor_temperature")) < 25
    assert float(home.state("sensor.meter_energy")) > 10480.2
    warmed = home.attributes("climate.thermostat")["current_temperature"]
    assert 20.3 < warmed <= 21.05
    assert home.state("light.ceiling_light") == "on"


@pytest.mark.parametrize("maker", ["device", "zigbee2mqtt"])
def test_who_is_unavailable_from_the_start_is_known_and_said_to_be_gone(
    bench: Callable[..., Any], maker: str
) -> None:
    strip, other, third = SWITCHES["entities"]
    home = bench({**SWITCHES, "entities": [strip, {**other, "state": "unavailable"}, third]}, maker)
    states = {id_: item["state"] for id_, item in home.world.states().items()}
    assert states == {"switch.strip": "off", "switch.strip_2": "unavailable", "switch.other": "off"}
    gone = [topic for topic, payload in home.heard.items() if "offline" in str(payload)]
    assert len(gone) == 1
    assert "strip" in gone[0].lower()
    assert home.send("things/switch_strip_2/switch/strip_2/state/set", "ON") == []
    home.world.bring_back("switch.strip_2")
    home.listen()
    assert not any("offline" in str(payload) for payload in home.heard.values())
    assert home.state("switch.strip_2") == "off"


def test_an_event_of_a_scenario_is_read_like_a_home_file(bench: Callable[..., Any]) -> None:
    home = bench(
        {"entities": [{"id": "light.x", "attributes": {"rgb_color": [1, 2, 3]}}, {"id": "lock.y"}]}
    )
    home.world.place("light.x", True, {"rgb_color": [255, 0, 0], "brightness": "9"})
    assert home.attributes("light.x")["hs_color"] == [0, 100]
    assert home.attributes("light.x")["brightness"] == 9
    home.world.place("lock.y", "unavailable")
    assert home.state("lock.y") == "unavailable"
    home.world.place("lock.y", "jammed")
    assert home.state("lock.y") == "jammed"
    home.listen()
    assert home.heard["things/lock_y/status"] == "online"
    assert home.heard["things/lock_y/lock/y/state"] == {"state": "JAMMED"}
