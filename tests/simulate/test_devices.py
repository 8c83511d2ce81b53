"""Each kind of device, commanded over the wire in its maker's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent.types import Publication

if TYPE_CHECKING:
    from collections.abc import Callable

Case = tuple[str, object, dict[str, Any], list[tuple[str, object]], str, dict[str, Any]]

CASES: dict[str, Case] = {
    # domain, first state, attributes, [(topic below the entity's, payload)], state, attributes
    "a lamp comes back as bright as it was": (
        "light", "on", {"brightness": 40},
        [("light", {"state": "OFF"}), ("light", {"state": "ON"})],
        "on", {"brightness": 40, "color_mode": "brightness"},
    ),
    "a lamp that is off shows no light": (
        "light", "on", {"brightness": 40},
        [("light", {"state": "OFF"})],
        "off", {"brightness": None, "color_mode": None},
    ),
    "brightness 0 is off": (
        "light", "on", {"brightness": 40}, [("light", {"state": "ON", "brightness": 0})], "off", {},
    ),
    "brightness alone switches on": (
        "light", "off", {"supported_color_modes": ["brightness"]},
        [("light", {"brightness": 200, "transition": 2})], "on", {"brightness": 200},
    ),
    "a lamp that cannot be dimmed is only switched on": (
        "light", "off", {"supported_color_modes": ["onoff"]},
        [("light", {"state": "ON", "brightness": 3})], "on", {"color_mode": "onoff"},
    ),
    "white takes the colour away": (
        "light", "on", {"supported_color_modes": ["color_temp", "hs"], "hs_color": [120, 100]},
        [("light", {"state": "ON", "color_temp": 3000})],
        "on", {"color_mode": "color_temp", "color_temp_kelvin": 3000,
         "rgb_color": [255, 177, 110]},
    ),
    "a colour is known in every notation": (
        "light", "on", {"supported_color_modes": ["color_temp", "hs"]},
        [("light", {"state": "ON", "color": {"h": 240, "s": 100}})],
        "on",
        {"color_mode": "hs", "hs_color": [240, 100], "rgb_color": [0, 0, 255],
         "xy_color": [0.1355, 0.0399], "color_temp_kelvin": None},
    ),
    "a colour may be given as red, green, blue": (
        "light", "on", {"supported_color_modes": ["hs"]},
        [("light", {"color": {"r": 255, "g": 0, "b": 0}})],
        "on", {"hs_color": [0, 100], "rgb_color": [255, 0, 0]},
    ),
    "white leds have their own numbers": (
        "light", "on", {"supported_color_modes": ["rgbw"], "rgbw_color": [0, 0, 0, 0]},
        [("light", {"color": {"r": 255, "g": 0, "b": 0, "w": 9}})],
        "on", {"rgbw_color": [255, 0, 0, 9], "color_mode": "rgbw"},
    ),
    "an effect is one of the lamp's own": (
        "light", "on", {"supported_color_modes": ["hs"], "effect_list": ["fire"]},
        [("light", {"effect": "fire"})], "on", {"effect": "fire"},
    ),
    "a switch": ("switch", "off", {}, [("state", "ON")], "on", {}),
    "a siren falls silent after its time": (
        "siren", "off", {"available_tones": ["fire"]},
        [("state", {"state": "ON", "tone": "fire", "duration": 5, "volume_level": 0.5})], "on", {},
    ),
    "a fan comes back as fast as it was": (
        "fan", "on", {"percentage": 30, "supported_features": 1},
        [("state", "OFF"), ("state", "ON")], "on", {"percentage": 30},
    ),
    "a fan that stands has no speed": (
        "fan", "on", {"percentage": 30}, [("percentage", "0")], "off", {"percentage": 0},
    ),
    "a fan in three steps": (
        "fan", "off", {"percentage_step": 100 / 3}, [("percentage", "2")],
        "on", {"percentage": 66.6667},
    ),
    "a fan swings and turns": (
        "fan", "on", {}, [("oscillation", "oscillate_on"), ("direction", "reverse")],
        "on", {"oscillating": True, "direction": "reverse"},
    ),
    "a fan in a preset mode": (
        "fan", "off", {"preset_modes": ["auto", "eco"]}, [("preset_mode", "eco")],
        "on", {"preset_mode": "eco"},
    ),
    "a cover": (
        "cover", "closed", {}, [("state", "OPEN")], "open", {"current_position": 100},
    ),
    "a cover at a position": (
        "cover", "open", {}, [("position", "25")], "open", {"current_position": 25},
    ),
    "slats": (
        "cover", "closed", {"device_class": "blind"}, [("tilt", "60")],
        "closed", {"current_position": 0, "current_tilt_position": 60},
    ),
    "a garage door knows no position": (
        "cover", "closed", {"device_class": "garage", "supported_features": 3},
        [("state", "OPEN")], "open", {},
    ),
    "a valve": ("valve", "open", {}, [("state", "CLOSE")], "closed", {}),
    "a valve at a position": (
        "valve", "closed", {"current_position": 0}, [("state", "40")],
        "open", {"current_position": 40},
    ),
    "a lock": ("lock", "locked", {}, [("state", "UNLOCK")], "unlocked", {}),
    "a lock with the right code": (
        "lock", "locked", {"code": "1234"}, [("state", {"action": "UNLOCK", "code": "1234"})],
        "unlocked", {},
    ),
    "a panel arms after a while": (
        "alarm_control_panel", "disarmed", {}, [("state", "ARM_AWAY")], "armed_away", {},
    ),
    "a panel disarms with its code": (
        "alarm_control_panel", "armed_home", {"code": "1234"},
        [("state", {"action": "DISARM", "code": "1234"})], "disarmed", {},
    ),
    "a thermostat heats when it is too cold": (
        "climate", "heat", {"current_temperature": 19, "temperature": 18},
        [("temperature", "21.5")], "heat", {"temperature": 21.5, "hvac_action": "heating"},
    ),
    "a thermostat goes back to its last mode": (
        "climate", "cool", {"hvac_modes": ["off", "heat", "cool"]},
        [("power", "OFF"), ("power", "ON")], "cool", {},
    ),
    "a thermostat that is off does nothing": (
        "climate", "cool", {"hvac_modes": ["off", "heat", "cool"]},
        [("mode", "off")], "off", {"hvac_action": "off"},
    ),
    "both ends of a range": (
        "climate", "auto", {"target_temp_low": 18, "target_temp_high": 24},
        [("target_temp_low", "19"), ("target_temp_high", "23")],
        "auto", {"target_temp_low": 19, "target_temp_high": 23},
    ),
    "settings of an air conditioner": (
        "climate", "cool",
        {"fan_modes": ["low", "high"], "swing_modes": ["on", "off"],
         "preset_modes": ["none", "eco"], "humidity": 40},
        [("fan_mode", "high"), ("swing_mode", "off"), ("preset_mode", "eco"), ("humidity", "55")],
        "cool",
        {"fan_mode": "high", "swing_mode": "off", "preset_mode": "eco", "humidity": 55},
    ),
    "a humidifier": (
        "humidifier", "off", {"current_humidity": 30, "available_modes": ["auto", "night"]},
        [("state", "ON"), ("humidity", "60"), ("mode", "night")],
        "on", {"humidity": 60, "mode": "night", "action": "humidifying"},
    ),
    "a water heater": (
        "water_heater", "eco", {}, [("temperature", "55"), ("mode", "performance")],
        "performance", {"temperature": 55},
    ),
    "a vacuum works": ("vacuum", "docked", {}, [("state", "start")], "cleaning", {}),
    "a vacuum drives home": (
        "vacuum", "cleaning", {}, [("state", "return_to_base")], "docked", {},
    ),
    "a vacuum's suction": (
        "vacuum", "docked", {}, [("fan_speed", "turbo")], "docked", {"fan_speed": "turbo"},
    ),
    "a mower works": ("lawn_mower", "docked", {}, [("start_mowing", "start_mowing")], "mowing", {}),
    "a mower drives home": ("lawn_mower", "mowing", {}, [("dock", "dock")], "docked", {}),
    "a number": ("number", 5, {"min": 0, "max": 10, "step": 0.5}, [("state", "7.5")], "7.5", {}),
    "a choice": ("select", "a", {"options": ["a", "b"]}, [("state", "b")], "b", {}),
    "a text": ("text", "", {}, [("state", "hello")], "hello", {}),
    "an update": (
        "update", "on", {"installed_version": "1", "latest_version": "2"}, [("state", "INSTALL")],
        "off", {"installed_version": "2", "in_progress": False},
    ),
    "a player pauses": (
        "media_player", "playing", {}, [("whole", {"command": "media_pause"})], "paused", {},
    ),
    "a player's sound": (
        "media_player", "playing", {},
        [("whole", {"command": "volume_set", "data": {"volume_level": 0.3}}),
         ("whole", {"command": "volume_up"}),
         ("whole", {"command": "volume_mute", "data": {"is_volume_muted": True}})],
        "playing", {"volume_level": 0.4, "is_volume_muted": True},
    ),
    "a player's next track": (
        "media_player", "playing", {}, [("whole", {"command": "media_next_track"})],
        "playing", {"media_track": 2, "media_title": "Paper Boats"},
    ),
    "a player plays what is asked for": (
        "media_player", "off", {},
        [("whole", {"command": "play_media",
                    "data": {"media_content_id": "Queen", "media_content_type": "music"}})],
        "playing", {"media_title": "Queen"},
    ),
    "a player's source, shuffle and repeat": (
        "media_player", "playing", {"source_list": ["TV", "Radio"]},
        [("whole", {"command": "select_source", "data": {"source": "Radio"}}),
         ("whole", {"command": "shuffle_set", "data": {"shuffle": True}}),
         ("whole", {"command": "repeat_set", "data": {"repeat": "one"}}),
         ("whole", {"command": "media_seek", "data": {"seek_position": 30}})],
        "playing", {"source": "Radio", "shuffle": True, "repeat": "one", "media_position": 30},
    ),
    "a player stops and is switched off": (
        "media_player", "playing", {},
        [("whole", {"command": "media_stop"}), ("whole", {"command": "turn_off"})], "off", {},
    ),
    "a list counts its open items": (
        "todo", None, {"items": ["milk", "bread"]},
        [("whole", {"command": "add_item", "data": {"item": "tea"}}),
         ("whole", {"command": "update_item", "data": {"item": "Milk", "status": "completed"}}),
         ("whole", {"command": "remove_item", "data": {"item": "bread"}})],
        "1", {"items": ["tea"], "completed": ["milk"]},
    ),
    "a list is tidied up": (
        "todo", None, {"items": [{"summary": "a", "status": "completed"}, "b"]},
        [("whole", {"command": "remove_completed_items"}),
         ("whole", {"command": "update_item", "data": {"item": "b", "rename": "c"}})],
        "1", {"items": ["c"], "completed": []},
    ),
    "a timer": (
        "timer", "idle", {},
        [("whole", {"command": "start", "data": {"duration": "0:05:00"}}),
         ("whole", {"command": "pause"})],
        "paused", {"duration": "0:05:00", "remaining": "0:05:00"},
    ),
    "a calendar": (
        "calendar", "off", {},
        [("whole", {"command": "create_event",
                    "data": {"summary": "Dentist", "start_date_time": "2026-01-02 10:00:00"}})],
        "off", {"message": "Dentist", "start_time": "2026-01-02 10:00:00", "events": ["Dentist"]},
    ),
    "a remote": (
        "remote", "off", {"activity_list": ["Film"]},
        [("whole", {"command": "turn_on", "data": {"activity": "Film"}})],
        "on", {"current_activity": "Film"},
    ),
    "a camera": (
        "camera", "off", {},
        [("whole", {"command": "turn_on"}), ("whole", {"command": "enable_motion_detection"})],
        "idle", {"motion_detection": True},
    ),
    "a helper that is on": (
        "input_boolean", "off", {}, [("whole", {"command": "toggle"})], "on", {},
    ),
    "a helper that counts": (
        "counter", 3, {}, [("whole", {"command": "increment"})], "4", {},
    ),
    "a helper with a number": (
        "input_number", 3, {"min": 0, "max": 4},
        [("whole", {"command": "increment"}), ("whole", {"command": "increment"})], "4", {},
    ),
    "a helper with a choice": (
        "input_select", "b", {"options": ["a", "b"]},
        [("whole", {"command": "select_next"})], "a", {},
    ),
    "a helper with a date": (
        "input_datetime", None, {},
        [("whole", {"command": "set_datetime", "data": {"date": "2026-01-02", "time": "10:00"}})],
        "2026-01-02 10:00", {},
    ),
    "an automation": (
        "automation", "on", {}, [("whole", {"command": "turn_off"})], "off", {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_device_follows(bench: Callable[..., Any], case: Case) -> None:
    domain, first, given, steps, state, attributes = case
    home = bench({"entities": [{"id": f"{domain}.x", "state": first, "attributes": given}]})
    for channel, payload in steps:
        answers = home.send(f"things/{domain}_x/{domain}/x/{channel}/set", payload)
        assert any(topic.endswith("/state") for topic in answers), f"{channel} is not answered"
    home.settle()
    assert home.world.ignored == {}
    assert home.world.strays == 0
    assert home.state(f"{domain}.x") == state
    found = home.attributes(f"{domain}.x")
    assert {name: found[name] for name in attributes} == attributes


IGNORED: dict[str, tuple[str, object, dict[str, Any], str, object]] = {
    "too bright": ("light", "on", {"brightness": 40}, "light", {"brightness": 300}),
    "no number": ("light", "on", {"brightness": 40}, "light", {"brightness": "much"}),
    "too cold a white": (
        "light", "on", {"color_temp_kelvin": 3000}, "light", {"color_temp": 20000},
    ),
    "no colour": (
        "light", "on", {"hs_color": [1, 2]}, "light", {"color": {"h": "red", "s": 100}},
    ),
    "a colour beyond the wheel": (
        "light", "on", {"hs_color": [1, 2]}, "light", {"color": {"h": 400, "s": 100}},
    ),
    "more red than there is": (
        "light", "on", {"hs_color": [1, 2]}, "light", {"color": {"r": 256, "g": 0, "b": 0}},
    ),
    "not json": ("light", "on", {"brightness": 40}, "light", "[[["),
    "a deep hole": ("light", "on", {}, "light", "[" * 100_000),
    "no such effect": ("light", "on", {"effect_list": ["fire"]}, "light", {"effect": "ice"}),
    "no such word": ("switch", "on", {}, "state", "MAYBE"),
    "too fast": ("fan", "on", {}, "percentage", "101"),
    "no preset": ("fan", "on", {"preset_modes": ["a"]}, "preset_mode", "b"),
    "no oscillation": ("fan", "on", {}, "oscillation", "wild"),
    "beyond the end": ("cover", "open", {}, "position", "120"),
    "stop where there is no stop": (
        "cover", "open", {"supported_features": 3}, "state", "STOP",
    ),
    "a position it does not know": ("valve", "open", {}, "state", "40"),
    "a wrong code": ("lock", "locked", {"code": 1}, "state", {"action": "UNLOCK", "code": "2"}),
    "no code": ("alarm_control_panel", "armed_away", {"code": 1}, "state", "DISARM"),
    "too hot": ("climate", "heat", {"temperature": 20}, "temperature", "72"),
    "a mode it does not have": (
        "climate", "heat", {"hvac_modes": ["off", "heat"]}, "mode", "cool",
    ),
    "a range upside down": (
        "climate", "auto", {"target_temp_low": 18, "target_temp_high": 22},
        "target_temp_low", "25",
    ),
    "too damp": ("humidifier", "on", {}, "humidity", "95"),
    "too hot water": ("water_heater", "eco", {}, "temperature", "95"),
    "a pause at the dock": ("vacuum", "docked", {}, "state", "pause"),
    "a pause of the mower at the dock": ("lawn_mower", "docked", {}, "pause", "pause"),
    "too big a number": ("number", 5, {"min": 0, "max": 10}, "state", "11"),
    "no option": ("select", "a", {"options": ["a"]}, "state", "z"),
    "too long a text": ("text", "", {"max": 3}, "state", "hello"),
    "nothing to install": ("update", "off", {}, "state", "INSTALL"),
    "too loud": (
        "media_player", "on", {}, "whole",
        {"command": "volume_set", "data": {"volume_level": 11}},
    ),
    "a player that is off": ("media_player", "off", {}, "whole", {"command": "media_pause"}),
    "a command it never heard of": ("media_player", "on", {}, "whole", {"command": "fly"}),
    "no command": ("media_player", "on", {}, "whole", {"data": {}}),
    "data that is no object": (
        "media_player", "on", {}, "whole", {"command": "turn_off", "data": []},
    ),
    "an item that is not on the list": (
        "todo", None, {}, "whole", {"command": "remove_item", "data": {"item": "x"}},
    ),
    "a nameless item": ("todo", None, {}, "whole", {"command": "add_item", "data": {"item": " "}}),
    "no time": ("timer", "idle", {}, "whole", {"command": "start", "data": {"duration": "soon"}}),
    "a pause of nothing": ("timer", "idle", {}, "whole", {"command": "pause"}),
}  # fmt: skip


@pytest.mark.parametrize("case", IGNORED.values(), ids=IGNORED.keys())
def test_a_device_ignores_and_counts(
    bench: Callable[..., Any], case: tuple[str, object, dict[str, Any], str, object]
) -> None:
    domain, first, given, channel, payload = case
    home = bench({"entities": [{"id": f"{domain}.x", "state": first, "attributes": given}]})
    before = home.world.states()
    home.send(f"things/{domain}_x/{domain}/x/{channel}/set", payload)
    home.settle()
    assert home.world.states() == before
    assert home.world.ignored == {f"{domain}.x": 1}


def test_bytes_that_are_no_text_are_ignored(bench: Callable[..., Any]) -> None:
    home = bench({"entities": [{"id": "switch.x"}]})
    home.hub.publish(Publication("things/switch_x/switch/x/state/set", b"\xff\xfe\x00"))
    assert home.world.ignored == {"switch.x": 1}


def test_a_cover_takes_its_time_and_says_where_it_is(bench: Callable[..., Any]) -> None:
    home = bench(
        {
            "entities": [
                {"id": "cover.x", "state": "closed", "attributes": {"device_class": "blind"}}
            ]
        }
    )
    topic = "things/cover_x/cover/x/state"
    home.send(f"{topic}/set", "OPEN")
    assert home.heard[topic]["state"] == "opening"
    home.bus.advance(6)
    home.listen()
    assert home.heard[topic]["state"] == "opening"
    assert home.heard[topic]["position"] == 50
    home.send(f"{topic}/set", "STOP")
    home.bus.advance(10)
    home.listen()
    assert home.heard[topic] == {"state": "open", "position": 50, "tilt": 0}
    home.send("things/cover_x/cover/x/position/set", "25")
    assert home.settle() == pytest.approx(3, abs=0.6)
    assert home.heard[topic]["position"] == 25


def test_a_timer_runs_down_with_the_clock(bench: Callable[..., Any]) -> None:
    home = bench({"entities": [{"id": "timer.x"}]})
    topic = "things/timer_x/timer/x/whole"
    home.send(f"{topic}/set", {"command": "start", "data": {"duration": 90}})
    assert home.heard[f"{topic}/state"]["state"] == "active"
    home.bus.advance(60)
    home.send(f"{topic}/set", {"command": "pause"})
    assert home.heard[f"{topic}/state"]["attributes"]["remaining"] == "0:00:30"
    home.bus.advance(100)
    home.send(f"{topic}/set", {"command": "start"})
    home.bus.advance(29)
    assert home.state("timer.x") == "active"
    home.bus.advance(2)
    home.listen()
    assert home.heard[f"{topic}/state"]["state"] == "idle"


def test_a_siren_with_a_duration_falls_silent(bench: Callable[..., Any]) -> None:
    home = bench({"entities": [{"id": "siren.x"}]})
    home.send("things/siren_x/siren/x/state/set", {"state": "ON", "duration": 5})
    home.bus.advance(4)
    assert home.state("siren.x") == "on"
    home.bus.advance(2)
    assert home.state("siren.x") == "off"


def test_a_scene_moves_other_devices_and_they_say_so(bench: Callable[..., Any]) -> None:
    home = bench(
        {
            "entities": [
                {"id": "light.a", "state": "on", "attributes": {"brightness": 9}},
                {"id": "cover.b", "state": "open"},
                {
                    "id": "scene.film",
                    "attributes": {
                        "entities": {
                            "light.a": {"state": "on", "attributes": {"brightness": 77}},
                            "cover.b": "closed",
                        }
                    },
                },
            ]
        }
    )
    home.send("things/scene_film/scene/film/start/set", "ON")
    assert home.heard["things/light_a/light/a/light/state"]["brightness"] == 77
    assert home.heard["things/cover_b/cover/b/state"]["state"] == "closed"


def test_a_button_press_is_said_once_and_never_kept(bench: Callable[..., Any]) -> None:
    home = bench({"entities": [{"id": "event.x", "attributes": {"event_types": ["a", "b"]}}]})
    home.world.place("event.x", None, {"event_type": "b"})
    assert home.listen() == ["things/event_x/event/x/event/state"]
    assert home.heard["things/event_x/event/x/event/state"] == {"event_type": "b"}
    assert home.bus.retained("things/event_x/event/#") == ()
