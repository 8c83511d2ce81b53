"""Idioms, exclusions and things spoken of by what they are on, said to the real hub in one small observatory."""

from __future__ import annotations

from typing import Any

import pytest

from hubagent.replay import replay_scenario
from hubagent.understand.understander import Understander


def _lamp(entity_id: str, name: str, area: str, state: str = "off", **more: Any) -> dict[str, Any]:
    return {"id": f"light.{entity_id}", "name": name, "area": area, "state": state,
            "attributes": {"supported_color_modes": ["brightness"], "brightness": 120}, **more}  # fmt: skip


def _cover(entity_id: str, name: str, area: str, kind: str, position: int) -> dict[str, Any]:
    return {"id": f"cover.{entity_id}", "name": name, "area": area, "state": "open" if position else "closed",
            "attributes": {"device_class": kind, "current_position": position,
                           "supported_features": ["open", "close", "stop", "set_position"]}}  # fmt: skip


HOME: dict[str, Any] = {
    "areas": [{"id": "dome", "name": "Dome"}, {"id": "annex", "name": "Annex"}, {"id": "cellar", "name": "Cellar"},
              {"id": "bunk", "name": "Bunk Room"}],
    "devices": [{"id": "cyclone", "name": "Cyclone", "area": "annex"}],
    "entities": [
        _lamp("red", "Red Glow", "dome", "on"), _lamp("spot", "Finder Spot", "dome", "on"),
        _lamp("desk", "Chart Desk", "dome"), _lamp("cans", "Can Lights", "cellar", "on"),
        _lamp("cyclone", "Cyclone Lamp", "annex", device="cyclone"),
        _lamp("ida", "Ida's Reading Lamp", "bunk", "on"), _lamp("max", "Max's Reading Lamp", "bunk", "on"),
        _lamp("track_1", "Track 1", "cellar", "on"), _lamp("track_2", "Track 2", "cellar", "on"),
        _lamp("fwd", "Forward Berth Light", "bunk"), _lamp("cot_l", "Cot Left", "bunk", "on"),
        _lamp("cot_r", "Cot Right", "bunk"), _lamp("yard_l", "Yard Left", "annex"),
        {"id": "sensor.pager", "name": "Pager Battery", "state": "14",
         "attributes": {"device_class": "battery", "unit_of_measurement": "%"}},
        {"id": "vacuum.scrub", "name": "Scrubbles", "area": "annex", "state": "cleaning",
         "attributes": {"battery_level": 31}},
        {"id": "valve.coolant", "name": "Coolant", "area": "cellar", "state": "open",
         "attributes": {"device_class": "water"}},
        {"id": "cover.east", "name": "East Roll Door", "area": "cellar", "state": "open",
         "attributes": {"device_class": "garage"}},
        {"id": "cover.west", "name": "West Roll Door", "area": "cellar", "state": "closed",
         "attributes": {"device_class": "garage"}},
        {"id": "alarm_control_panel.watch", "name": "Sentry", "area": "dome", "state": "disarmed",
         "attributes": {"supported_features": ["arm_home", "arm_away"], "code_arm_required": False}},
        {"id": "switch.horn", "name": "Fog Horn", "area": "annex", "state": "off"},
        {"id": "switch.immersion", "name": "Immersion", "area": "cellar", "state": "off"},
        {"id": "media_player.berth", "name": "Berth Speaker", "area": "annex", "state": "idle",
         "attributes": {"device_class": "speaker", "volume_level": 0.4}},
        {"id": "sensor.draught", "name": "Draught", "area": "dome", "state": "7.5",
         "attributes": {"device_class": "distance", "unit_of_measurement": "m"}},
        _lamp("tier_a", "Tier Light A", "cellar"), _lamp("tier_b", "Tier Light B", "cellar"),
        {"id": "fan.cyclone", "name": "Cyclone", "area": "annex", "device": "cyclone", "state": "on",
         "attributes": {"percentage": 50, "percentage_step": 10,
                        "supported_features": ["set_speed", "turn_on", "turn_off"]}},
        {"id": "light.panel", "name": "Star Panel", "area": "annex", "state": "on",
         "attributes": {"supported_color_modes": ["rgb"], "brightness": 90, "effect": "none",
                        "effect_list": ["none", "nebula", "comet"], "supported_features": ["effect"]}},
        _cover("shade", "Shade", "annex", "shade", 100), _cover("louvre", "Louvre", "bunk", "blind", 100),
        _cover("slit", "Slit Hatch", "dome", "window", 100),
        _cover("slit_shade", "Slit Shade", "dome", "shade", 0),
        {"id": "lock.cellar", "name": "Cellar Door", "area": "annex", "state": "unlocked"},
        {"id": "switch.mount", "name": "Mount Motor", "area": "dome", "state": "on"},
        {"id": "media_player.radio", "name": "Radio", "area": "annex", "state": "playing",
         "attributes": {"device_class": "speaker", "volume_level": 0.4, "is_volume_muted": False,
                        "media_title": "Whale Songs", "media_artist": "Nora Quill"}},
        {"id": "climate.bunk", "name": "Bunk Heater", "area": "bunk", "state": "heat",
         "attributes": {"hvac_modes": ["off", "heat"], "temperature": 18, "current_temperature": 17}},
        {"id": "climate.annex", "name": "Annex Convector", "area": "annex", "state": "off",
         "attributes": {"hvac_modes": ["off", "heat"], "temperature": 17, "current_temperature": 12}},
        {"id": "water_heater.urn", "name": "Tea Urn", "area": "annex", "state": "eco",
         "attributes": {"temperature": 140, "min_temp": 90, "max_temp": 190, "temperature_unit": "°F",
                        "operation_list": ["off", "eco"], "supported_features": ["target_temperature"]}},
        {"id": "humidifier.optics", "name": "Optics Dryer", "area": "dome", "state": "on",
         "attributes": {"humidity": 40, "min_humidity": 20, "max_humidity": 60}},
        {"id": "switch.dew", "name": "Dew Strap", "area": "dome", "state": "off"},
        {"id": "todo.plates", "name": "Plate Log", "state": 0, "attributes": {"items": []}},
        {"id": "light.console", "name": "Console Glow", "area": "annex", "state": "on",
         "attributes": {"supported_color_modes": ["color_temp"], "color_mode": "color_temp", "brightness": 120,
                        "color_temp_kelvin": 3500, "min_color_temp_kelvin": 2200, "max_color_temp_kelvin": 6500}},
        {"id": "cover.vane", "name": "Vane Blind", "area": "cellar", "state": "closed",
         "attributes": {"device_class": "blind", "current_position": 0, "current_tilt_position": 0,
                        "supported_features": ["open", "close", "stop", "set_position", "open_tilt",
                                               "close_tilt", "set_tilt_position"]}},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def understand() -> Understander:
    return Understander.load()


def _turns(understand: Understander, *lines: str, area: str = "dome") -> list[dict[str, Any]]:
    turns = [{"text": line, "area": area} for line in lines]
    found: list[dict[str, Any]] = replay_scenario(
        {"id": "i", "home": HOME, "turns": turns}, understand
    )["turns"]
    return found


def _sent(turn: dict[str, Any]) -> set[tuple[str, str]]:
    return {(item["entity_id"], item["command"]) for item in turn["commands"]}


@pytest.mark.parametrize(
    ("said", "area", "sent"),
    [
        ("make sure the cellar door is locked", "dome", {("lock.cellar", "lock")}),
        ("make sure the mount motor is switched off", "annex", {("switch.mount", "turn_off")}),
        ("somebody left the mount motor running, sort it out", "annex", {("switch.mount", "turn_off")}),
        ("did I leave the mount motor on? switch it off", "bunk", {("switch.mount", "turn_off")}),
        ("is the mount motor still on? off please", "bunk", {("switch.mount", "turn_off")}),
        ("no need to heat the bunk room any more", "dome", {("climate.bunk", "turn_off")}),
        ("we don't need the mount motor any longer", "annex", {("switch.mount", "turn_off")}),
        ("shut the radio up for a minute", "annex", {("media_player.radio", "volume_mute")}),
        ("shush the radio for a sec", "annex", {("media_player.radio", "volume_mute")}),
        ("the slit hatch is wide open, close it", "dome", {("cover.slit", "close_cover")}),
        ("open the shade on the slit", "annex", {("cover.slit_shade", "open_cover")}),
        ("turn the lamp on the fan on", "annex", {("light.cyclone", "turn_on")}),
        ("Max is asleep, turn his lamp off", "dome", {("light.max", "turn_off")}),
        ("tier a light on", "cellar", {("light.tier_a", "turn_on")}),
        ("cans off", "cellar", {("light.cans", "turn_off")}),
        ("do comet on the star panel", "annex", {("light.panel", "turn_on")}),
        ("Mount motor, sorry, off", "dome", {("switch.mount", "turn_off")}),
        ("chart desk ... sorry, mount motor off", "dome", {("switch.mount", "turn_off")}),
        ("make the whale songs stop", "dome", {("media_player.radio", "media_stop")}),
        ("take the chill off the annex", "dome",
         {("climate.annex", "set_hvac_mode"), ("climate.annex", "set_temperature")}),
        ("track one off", "annex", {("light.track_1", "turn_off")}),
        ("tracks off in the cellar", "annex", {("light.track_1", "turn_off"), ("light.track_2", "turn_off")}),
        ("forward berth light to fifty", "dome", {("light.fwd", "turn_on")}),
        ("sound the horn", "annex", {("switch.horn", "turn_on")}),
        ("stop Nora Quill", "cellar", {("media_player.radio", "media_stop")}),
        ("red glow and finder spot off, keep the chart desk", "dome",
         {("light.red", "turn_off"), ("light.spot", "turn_off")}),
        ("lights off but leave the red glow", "dome", {("light.spot", "turn_off"), ("light.desk", "turn_off")}),
        ("quiet the radio a tad", "annex", {("media_player.radio", "volume_set")}),
        ("did Max leave the dew strap on? shut it off", "annex", {("switch.dew", "turn_off")}),
        ("arm the Sentry, stay mode", "dome", {("alarm_control_panel.watch", "alarm_arm_home")}),
        ("louvre right down", "bunk", {("cover.louvre", "close_cover")}),
        ("heat the dew strap", "annex", {("switch.dew", "turn_on")}),
        ("tilt the vane blind open", "cellar", {("cover.vane", "open_cover_tilt")}),
        ("tier light a and tier light b on, cans off", "cellar",
         {("light.tier_a", "turn_on"), ("light.tier_b", "turn_on"), ("light.cans", "turn_off")}),
        ("both reading lamps off", "bunk", {("light.ida", "turn_off"), ("light.max", "turn_off")}),
        ("plate log: M31 and the Veil", "annex", {("todo.plates", "add_item")}),
        ("if the slit hatch is open turn the chart desk on in there", "annex", {("light.desk", "turn_on")}),
    ],
)  # fmt: skip
def test_an_idiom_does_what_it_stands_for(
    understand: Understander, said: str, area: str, sent: set[tuple[str, str]]
) -> None:
    (turn,) = _turns(understand, said, area=area)
    assert turn["decision"] == "act", turn["response"]
    assert _sent(turn) == sent


def test_everything_of_a_room_is_meant_behind_a_remark(understand: Understander) -> None:
    (turn,) = _turns(understand, "Max has gone to sleep, kill everything in the annex")
    assert ("fan.cyclone", "turn_off") in _sent(turn)
    assert {view for view, _ in _sent(turn)}.isdisjoint({"light.red", "lock.cellar"})


def test_a_verb_is_no_part_of_a_name_with_its_article(understand: Understander) -> None:
    (turn,) = _turns(understand, "pop the immersion on for an hour", area="cellar")
    assert _sent(turn) == {("switch.immersion", "turn_on")}


def test_the_other_one_of_a_pair_is_called_after_the_same_thing(understand: Understander) -> None:
    _, other = _turns(understand, "cot left off", "and the other one", area="bunk")
    assert _sent(other) == {("light.cot_r", "turn_off")}


def test_what_was_read_by_its_words_is_gone_on_from(understand: Understander) -> None:
    _, same = _turns(understand, "louvre halfway", "slit shade same", area="bunk")
    assert [(c["entity_id"], c["data"]) for c in same["commands"]] == [
        ("cover.slit_shade", {"position": 50})
    ]


def test_who_plays_and_how_deep_it_is_are_told(understand: Understander) -> None:
    who, deep = _turns(understand, "who is this by", "how deep is it here", area="annex")
    assert "Nora Quill" in who["response"]
    assert "7.5" in deep["response"]


@pytest.mark.parametrize(
    ("said", "on", "off"),
    [
        ("only the finder spot", {"light.spot"}, {"light.red"}),
        ("just the finder spot please", {"light.spot"}, {"light.red"}),
        ("just the chart desk and nothing else", {"light.desk"}, {"light.red", "light.spot"}),
        ("leave only the red glow on please", {"light.red"}, {"light.spot"}),
    ],
)
def test_one_light_alone_puts_the_others_of_its_room_out(
    understand: Understander, said: str, on: set[str], off: set[str]
) -> None:
    (turn,) = _turns(understand, said)
    wanted = {(i, "turn_on") for i in on} | {(i, "turn_off") for i in off}
    assert _sent(turn) == wanted


@pytest.mark.parametrize("said", ["only turn off the red glow", "just turn the red glow off"])
def test_only_before_something_else_to_do_puts_no_other_out(
    understand: Understander, said: str
) -> None:
    (turn,) = _turns(understand, said)
    assert _sent(turn) == {("light.red", "turn_off")}


def test_the_shade_of_the_room_is_the_blind_there(understand: Understander) -> None:
    (here,) = _turns(understand, "blind down", area="annex")
    assert [(c["entity_id"], c["command"]) for c in here["commands"]] == [
        ("cover.shade", "close_cover")
    ]
    (named,) = _turns(understand, "close the bunk room blind", area="annex")
    assert _sent(named) == {("cover.louvre", "close_cover")}


def test_what_was_asked_about_is_done(understand: Understander) -> None:
    asked, done = _turns(understand, "is the cellar door locked", "then do it")
    assert asked["decision"] == "answer"
    assert _sent(done) == {("lock.cellar", "lock")}


def test_all_but_one_is_never_that_one(understand: Understander) -> None:
    (turn,) = _turns(understand, "all lights off bar the red glow", area="dome")
    assert ("light.red", "turn_off") not in _sent(turn)
    assert ("light.spot", "turn_off") in _sent(turn)


@pytest.mark.parametrize(
    ("said", "area", "data"),
    [
        ("tea urn at 150", "annex", {"temperature": 150}),
        ("red glow down to like forty", "dome", {"brightness": 102}),
        ("humidity up ten in here", "dome", {"humidity": 50}),
        ("chart desk to four fifths", "dome", {"brightness": 205}),
    ],
)
def test_a_number_is_of_the_measure_of_the_thing(
    understand: Understander, said: str, area: str, data: dict[str, Any]
) -> None:
    (turn,) = _turns(understand, said, area=area)
    assert [item["data"] for item in turn["commands"]] == [data]


def test_a_tad_more_goes_on_with_what_was_changed(understand: Understander) -> None:
    first, second = _turns(understand, "console glow cooler", "a tad more", area="annex")
    before, after = first["commands"][0]["data"], second["commands"][0]["data"]
    assert set(after) == {"color_temp_kelvin"}
    assert after["color_temp_kelvin"] > before["color_temp_kelvin"] > 3500


def test_forget_that_and_leave_it_on_ends_what_was_arranged(understand: Understander) -> None:
    lines = ("red glow off at midnight", "forget that, leave it on")
    turns = [{"text": line, "area": "dome"} for line in lines]
    later = {"text": "is the red glow on", "area": "dome", "at": 90_000}
    document = replay_scenario({"id": "f", "home": HOME, "turns": [*turns, later]}, understand)
    assert document["state"]["light.red"]["state"] == "on"


def test_in_here_is_the_home_where_it_has_no_rooms(understand: Understander) -> None:
    air = {"id": "climate.van", "name": "Van Heater", "state": "heat",
           "attributes": {"hvac_modes": ["off", "heat"], "temperature": 19, "current_temperature": 16.5}}  # fmt: skip
    home = {"entities": [air]}
    turns = [{"text": "how warm is it in here"}, {"text": "what's the temperature inside"}]
    for turn in replay_scenario({"id": "v", "home": home, "turns": turns}, understand)["turns"]:
        assert "16.5" in turn["response"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("is the garage open", "East Roll Door"),
        ("pager battery", "14"),
        ("does Scrubbles need charging", "31"),
    ],
)
def test_one_of_several_open_and_a_mere_name_are_told(
    understand: Understander, said: str, told: str
) -> None:
    (turn,) = _turns(understand, said, area="annex")
    assert turn["decision"] == "answer"
    assert told in turn["response"]


def test_all_that_was_told_of_is_turned_off_but_for_a_valve(understand: Understander) -> None:
    asked, off = _turns(understand, "is anything on in the cellar", "turn it all off")
    assert asked["decision"] == "answer"
    assert ("light.cans", "turn_off") in _sent(off)
    assert not any(entity_id.startswith("valve.") for entity_id, _ in _sent(off))


def test_colours_are_no_slips_of_the_finger(understand: Understander) -> None:
    (turn,) = _turns(understand, "star panel to teal", area="annex")
    assert "rgb_color" in turn["commands"][0]["data"]
