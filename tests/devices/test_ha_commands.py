"""What each component puts on the wire, through the real store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.errors import CapabilityError

if TYPE_CHECKING:
    from hubagent.types import Value

    House = Any

JSON_LIGHT = {"schema": "json", "cmd_t": "l/set", "stat_t": "l", "brightness": True}
ALARM = {"stat_t": "a", "cmd_t": "a/set"}
TEMPLATE_LIGHT = {
    "schema": "template",
    "cmd_t": "s/set",
    "cmd_on_tpl": "on,{{ brightness|d }},{{ red|d }}-{{ green|d }}-{{ blue|d }},{{ color_temp|d }}",
    "cmd_off_tpl": "off",
}

CASES: list[tuple[str, dict[str, Any], str, dict[str, Value], list[tuple[str, Any]]]] = [
    ("switch", {"cmd_t": "s/set", "pl_on": "1"}, "turn_on", {}, [("s/set", "1")]),
    (
        "switch",
        {"cmd_t": "s/set", "cmd_tpl": '{"relay": "{{ value | lower }}"}'},
        "turn_off",
        {},
        [("s/set", {"relay": "off"})],
    ),
    (
        "siren",
        {"cmd_t": "s/set", "av_tones": ["bell"]},
        "turn_on",
        {"tone": "bell", "duration": 3, "volume_level": 0.5},
        [("s/set", {"state": "ON", "tone": "bell", "duration": 3, "volume_level": 0.5})],
    ),
    ("siren", {"cmd_t": "s/set"}, "turn_off", {}, [("s/set", {"state": "OFF"})]),
    (
        "siren",
        {"cmd_t": "s", "cmd_tpl": "{{ value }}:{{ tone | default('beep') }}"},
        "turn_on",
        {"volume_level": 1},
        [("s", "ON:beep")],
    ),
    ("number", {"cmd_t": "n/set", "min": 0, "max": 9}, "set_value", {"value": 4}, [("n/set", "4")]),
    (
        "select",
        {"cmd_t": "s/set", "ops": ["a", "b"]},
        "select_option",
        {"option": "b"},
        [("s/set", "b")],
    ),
    ("text", {"cmd_t": "t/set"}, "set_value", {"value": "true"}, [("t/set", "true")]),
    ("button", {"cmd_t": "b/set"}, "press", {}, [("b/set", "PRESS")]),
    ("scene", {"cmd_t": "s/set", "pl_on": "3"}, "turn_on", {}, [("s/set", "3")]),
    ("notify", {"cmd_t": "n/set"}, "send_message", {"message": "hi"}, [("n/set", "hi")]),
    (
        "update",
        {"stat_t": "u", "cmd_t": "u/set", "pl_inst": "go"},
        "install",
        {},
        [("u/set", "go")],
    ),
    # light, basic
    (
        "light",
        {"cmd_t": "l/set", "bri_cmd_t": "l/bri", "bri_scl": 100},
        "turn_on",
        {"brightness": 128},
        [("l/bri", "50"), ("l/set", "ON")],
    ),
    (
        "light",
        {"cmd_t": "l/set", "bri_cmd_t": "l/bri", "on_cmd_type": "first"},
        "turn_on",
        {"brightness": 128},
        [("l/set", "ON"), ("l/bri", "128")],
    ),
    (
        "light",
        {"cmd_t": "l/set", "bri_cmd_t": "l/bri", "on_cmd_type": "brightness"},
        "turn_on",
        {"brightness": 7},
        [("l/bri", "7")],
    ),
    (
        "light",
        {"cmd_t": "l/set", "bri_cmd_t": "l/bri", "on_cmd_type": "brightness", "bri_scl": 100},
        "turn_on",
        {},
        [("l/bri", "100")],
    ),
    (
        "light",
        {"cmd_t": "l/set", "clr_temp_cmd_t": "l/ct"},
        "turn_on",
        {"color_temp_kelvin": 4000},
        [("l/ct", "250"), ("l/set", "ON")],
    ),
    (
        "light",
        {"cmd_t": "l/set", "clr_temp_cmd_t": "l/ct", "clr_temp_k": True},
        "turn_on",
        {"color_temp_kelvin": 4000},
        [("l/ct", "4000"), ("l/set", "ON")],
    ),
    (
        "light",
        {"cmd_t": "l/set", "rgb_cmd_t": "l/rgb"},
        "turn_on",
        {"rgb_color": (255, 0, 10)},
        [("l/rgb", "255,0,10"), ("l/set", "ON")],
    ),
    (
        "light",
        {"cmd_t": "l/set", "rgb_cmd_t": "l/rgb"},
        "turn_on",
        {"hs_color": (240, 100)},
        [("l/rgb", "0,0,255"), ("l/set", "ON")],
    ),
    (
        "light",
        {
            "cmd_t": "l/set",
            "rgb_cmd_t": "l/rgb",
            "rgb_cmd_tpl": "{{ '#%02x%02x%02x' | format(red, green, blue) }}",
        },
        "turn_on",
        {"rgb_color": (255, 16, 0)},
        [("l/rgb", "#ff1000"), ("l/set", "ON")],
    ),
    (
        "light",
        {"cmd_t": "l/set", "hs_cmd_t": "l/hs"},
        "turn_on",
        {"rgb_color": (0, 255, 0)},
        [("l/hs", "120.0,100.0"), ("l/set", "ON")],
    ),
    (
        "light",
        {"cmd_t": "l/set", "rgbw_cmd_t": "l/rgbw"},
        "turn_on",
        {"rgb_color": (1, 2, 3)},
        [("l/rgbw", "1,2,3,0"), ("l/set", "ON")],
    ),
    (
        "light",
        {"cmd_t": "l/set", "fx_cmd_t": "l/fx", "fx_list": ["rainbow"]},
        "turn_on",
        {"effect": "rainbow"},
        [("l/fx", "rainbow"), ("l/set", "ON")],
    ),
    # light, json
    (
        "light",
        {**JSON_LIGHT, "bri_scl": 254, "sup_clrm": ["color_temp", "rgb"]},
        "turn_on",
        {"brightness": 255, "color_temp_kelvin": 2500, "transition": 2},
        [("l/set", {"state": "ON", "brightness": 254, "color_temp": 400, "transition": 2})],
    ),
    (
        "light",
        {**JSON_LIGHT, "sup_clrm": ["rgb"]},
        "turn_on",
        {"hs_color": (0, 100)},
        [("l/set", {"state": "ON", "color": {"r": 255, "g": 0, "b": 0}})],
    ),
    (
        "light",
        {**JSON_LIGHT, "sup_clrm": ["hs"]},
        "turn_on",
        {"rgb_color": (0, 0, 255)},
        [("l/set", {"state": "ON", "color": {"h": 240.0, "s": 100.0}})],
    ),
    (
        "light",
        {**JSON_LIGHT, "sup_clrm": ["xy"]},
        "turn_on",
        {"xy_color": (0.3, 0.4)},
        [("l/set", {"state": "ON", "color": {"x": 0.3, "y": 0.4}})],
    ),
    (
        "light",
        {**JSON_LIGHT, "sup_clrm": ["xy"]},
        "turn_on",
        {"rgb_color": (255, 0, 0)},
        [("l/set", {"state": "ON", "color": {"x": 0.7006, "y": 0.2993}})],
    ),
    (
        "light",
        JSON_LIGHT,
        "turn_on",
        {"flash": "long"},
        [("l/set", {"state": "ON", "flash": 10})],
    ),
    (
        "light",
        JSON_LIGHT,
        "turn_off",
        {"transition": 1.5},
        [("l/set", '{"state":"OFF","transition":1.5}')],
    ),
    # light, template
    (
        "light",
        TEMPLATE_LIGHT,
        "turn_on",
        {"brightness": 9, "rgb_color": (1, 2, 3)},
        [("s/set", "on,9,1-2-3,")],
    ),
    ("light", TEMPLATE_LIGHT, "turn_on", {"color_temp_kelvin": 4000}, [("s/set", "on,,--,250")]),
    ("light", TEMPLATE_LIGHT, "turn_off", {}, [("s/set", "off")]),
    # climate
    (
        "climate",
        {"temp_cmd_t": "c/t", "mode_cmd_t": "c/m", "modes": ["off", "heat"]},
        "set_temperature",
        {"temperature": 21.5, "hvac_mode": "heat"},
        [("c/m", "heat"), ("c/t", "21.5")],
    ),
    (
        "climate",
        {"temp_lo_cmd_t": "c/lo", "temp_hi_cmd_t": "c/hi"},
        "set_temperature",
        {"target_temp_low": 19, "target_temp_high": 23},
        [("c/lo", "19"), ("c/hi", "23")],
    ),
    (
        "climate",
        {"temp_cmd_t": "c", "temp_cmd_tpl": '{"set": {{ value }} }'},
        "set_temperature",
        {"temperature": 20},
        [("c", {"set": 20})],
    ),
    (
        "climate",
        {"mode_cmd_t": "c/m", "modes": ["off", "dry", "heat"]},
        "turn_on",
        {},
        [("c/m", "heat")],
    ),
    ("climate", {"mode_cmd_t": "c/m", "modes": ["off", "heat"]}, "turn_off", {}, [("c/m", "off")]),
    ("climate", {"pow_cmd_t": "c/p", "mode_cmd_t": "c/m"}, "turn_off", {}, [("c/p", "OFF")]),
    ("climate", {"fan_mode_cmd_t": "c/f"}, "set_fan_mode", {"fan_mode": "low"}, [("c/f", "low")]),
    (
        "climate",
        {"pr_mode_cmd_t": "c/p", "pr_modes": ["eco"]},
        "set_preset_mode",
        {"preset_mode": "eco"},
        [("c/p", "eco")],
    ),
    (
        "water_heater",
        {"mode_cmd_t": "w/m", "temp_cmd_t": "w/t"},
        "set_operation_mode",
        {"operation_mode": "eco"},
        [("w/m", "eco")],
    ),
    # humidifier, fan
    (
        "humidifier",
        {"cmd_t": "h/set", "hum_cmd_t": "h/hum"},
        "set_humidity",
        {"humidity": 55},
        [("h/hum", "55")],
    ),
    (
        "fan",
        {"cmd_t": "f/set", "pct_cmd_t": "f/pct", "spd_rng_min": 1, "spd_rng_max": 4},
        "set_percentage",
        {"percentage": 26},
        [("f/pct", "2")],
    ),
    (
        "fan",
        {
            "cmd_t": "f/set",
            "pct_cmd_t": "f/pct",
            "pct_cmd_tpl": "{{ {0:'off', 1:'low', 2:'high'}[value] | default('') }}",
            "spd_rng_min": 1,
            "spd_rng_max": 2,
        },
        "set_percentage",
        {"percentage": 50},
        [("f/pct", "low")],
    ),
    (
        "fan",
        {"cmd_t": "f/set", "pct_cmd_t": "f/pct"},
        "set_percentage",
        {"percentage": 29},
        [("f/pct", "29")],
    ),
    (
        "fan",
        {"cmd_t": "f/set", "pct_cmd_t": "f/pct"},
        "turn_on",
        {"percentage": 0.5},
        [("f/set", "ON"), ("f/pct", "1")],
    ),
    (
        "fan",
        {"cmd_t": "f/set", "osc_cmd_t": "f/osc"},
        "oscillate",
        {"oscillating": True},
        [("f/osc", "oscillate_on")],
    ),
    (
        "fan",
        {"cmd_t": "f/set", "dir_cmd_t": "f/dir", "pl_dir_rev": "back"},
        "set_direction",
        {"direction": "reverse"},
        [("f/dir", "back")],
    ),
    # cover, valve, lock
    ("cover", {"cmd_t": "c/set"}, "stop_cover", {}, [("c/set", "STOP")]),
    (
        "cover",
        {"cmd_t": "c", "set_pos_t": "c/pos", "pos_open": 0, "pos_clsd": 255},
        "set_cover_position",
        {"position": 20},
        [("c/pos", "204")],
    ),
    (
        "cover",
        {"set_pos_t": "c/pos", "set_pos_tpl": '{ "position": {{ position }} }'},
        "set_cover_position",
        {"position": 20},
        [("c/pos", {"position": 20})],
    ),
    ("cover", {"set_pos_t": "c/pos", "pos_open": 8}, "open_cover", {}, [("c/pos", "8")]),
    (
        "cover",
        {"tilt_cmd_t": "c/tilt", "tilt_max": 180},
        "set_cover_tilt_position",
        {"tilt_position": 50},
        [("c/tilt", "90")],
    ),
    (
        "cover",
        {"tilt_cmd_t": "c/tilt", "tilt_opnd_val": 40},
        "open_cover_tilt",
        {},
        [("c/tilt", "40")],
    ),
    ("valve", {"cmd_t": "v/set"}, "open_valve", {}, [("v/set", "OPEN")]),
    ("valve", {"cmd_t": "v/set", "pos": True}, "close_valve", {}, [("v/set", "0")]),
    (
        "valve",
        {"cmd_t": "v/set", "pos": True, "pos_open": 10},
        "set_valve_position",
        {"position": 50},
        [("v/set", "5")],
    ),
    ("lock", {"cmd_t": "l/set"}, "unlock", {}, [("l/set", "UNLOCK")]),
    (
        "lock",
        {"cmd_t": "l/set", "cod_form": "^\\d{4}$", "cmd_tpl": "{{ value }} {{ code }}"},
        "unlock",
        {"code": "1234"},
        [("l/set", "UNLOCK 1234")],
    ),
    # robots
    ("vacuum", {"cmd_t": "v/c", "pl_ret": "HOME"}, "return_to_base", {}, [("v/c", "HOME")]),
    (
        "vacuum",
        {"set_fan_spd_t": "v/f", "fanspd_lst": ["max"], "sup_feat": ["fan_speed"]},
        "set_fan_speed",
        {"fan_speed": "max"},
        [("v/f", "max")],
    ),
    ("lawn_mower", {"dock_cmd_t": "m/dock"}, "dock", {}, [("m/dock", "dock")]),
    # alarm
    ("alarm_control_panel", ALARM, "alarm_arm_night", {}, [("a/set", "ARM_NIGHT")]),
    (
        "alarm_control_panel",
        {
            **ALARM,
            "code": "REMOTE_CODE",
            "cmd_tpl": '{"action": "{{ action }}", "code": "{{ code }}"}',
        },
        "alarm_disarm",
        {"code": "4321"},
        [("a/set", {"action": "DISARM", "code": "4321"})],
    ),
    (
        "alarm_control_panel",
        {**ALARM, "code": "4321"},
        "alarm_disarm",
        {"code": 4321},
        [("a/set", "DISARM")],
    ),
    (
        "alarm_control_panel",
        {**ALARM, "code": "4321", "cod_arm_req": False},
        "alarm_arm_away",
        {},
        [("a/set", "ARM_AWAY")],
    ),
    # extension
    (
        "media_player",
        {
            "stat_t": "tv",
            "cmd_t": "tv/set",
            "commands": {"volume_set": {"volume_level": {"min": 0, "max": 1}}},
        },
        "volume_set",
        {"volume_level": 0.5},
        [("tv/set", {"command": "volume_set", "data": {"volume_level": 0.5}})],
    ),
    (
        "todo",
        {"stat_t": "l", "cmd_t": "l/set", "commands": {"add_item": {"item": {}}}},
        "add_item",
        {"item": "oat milk"},
        [("l/set", {"command": "add_item", "data": {"item": "oat milk"}})],
    ),
]


@pytest.mark.parametrize(("component", "config", "command", "data", "expected"), CASES)
def test_a_command_has_the_payload_the_component_asks_for(
    house: House,
    component: str,
    config: dict[str, Any],
    command: str,
    data: dict[str, Value],
    expected: list[tuple[str, Any]],
) -> None:
    house.announce(component, config)
    found = house.command(command, data)
    assert [topic for topic, _ in found] == [topic for topic, _ in expected]
    for (_, payload), (_, wanted) in zip(found, expected, strict=True):
        assert (payload if isinstance(wanted, str) else json.loads(payload)) == wanted


@pytest.mark.parametrize("data", [{}, {"code": "1234"}, {"code": "43210"}])
def test_a_panel_with_a_code_is_not_disarmed_without_it(
    house: House, data: dict[str, Value]
) -> None:
    house.announce("alarm_control_panel", {**ALARM, "code": "4321"})
    with pytest.raises(CapabilityError) as refused:
        house.command("alarm_disarm", data)
    assert "4321" not in f"{refused.value} {refused.value.hint}".replace("43210", "")


@pytest.mark.parametrize(
    ("component", "config", "command", "data"),
    [
        ("switch", {"cmd_t": "a"}, "turn_on", {"brightness": 3}),
        ("switch", {"cmd_t": "a"}, "open_cover", {}),
        ("cover", {"cmd_t": "a", "pl_stop": None}, "stop_cover", {}),
        ("light", {"cmd_t": "a", "bri_cmd_t": "b"}, "turn_on", {"brightness": "lots"}),
        ("light", {**JSON_LIGHT, "sup_clrm": ["rgb"]}, "turn_on", {"rgb_color": "red"}),
        ("fan", {"cmd_t": "a", "dir_cmd_t": "b"}, "set_direction", {"direction": "up"}),
        ("vacuum", {"cmd_t": "a", "sup_feat": ["start"]}, "locate", {}),
    ],
)
def test_what_an_entity_cannot_do_is_refused(
    house: House,
    component: str,
    config: dict[str, Any],
    command: str,
    data: dict[str, Value],
) -> None:
    house.announce(component, config)
    with pytest.raises(CapabilityError):
        house.command(command, data)
