"""Whatever a thing can be set to is set, also when the reading is of another kind of thing.

Readings are those of the released model, good and bad: what the home has decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent.types import Decision

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubagent.types import Resolution

    House = Callable[..., Resolution]
    Sent = list[tuple[str, dict[str, Any]]]

UP, DOWN = {"direction": "up"}, {"direction": "down"}


def sent(found: Resolution) -> tuple[set[str], Sent]:
    commands = [(command.command, dict(command.data)) for command in found.commands]
    return {str(command.entity_id) for command in found.commands}, commands


@pytest.mark.parametrize(
    ("sentence", "intent", "entity_id", "expected"),
    [
        ("set {name:pixie} to the {name:fireplace} effect", "HassTurnOn", "light.pixie",
         [("turn_on", {"effect": "Fireplace"})]),
        ("{name:ocean wave} on {name:pixie}", "HassTurnOn", "light.pixie",
         [("turn_on", {"effect": "Ocean Wave"})]),
        ("put {name:netflix} on", "HassTurnOn", "media_player.screen",
         [("turn_on", {}), ("select_source", {"source": "Netflix"})]),
        ("stick {radio_name:jazz fm} on the {name:hifi}", "HubPlayRadio", "media_player.hifi",
         [("select_source", {"source": "Jazz FM"})]),
        ("{name:hifi} to {name:bass boost}", "HassLightSet", "media_player.hifi",
         [("select_sound_mode", {"sound_mode": "bass boost"})]),
        ("{name:dustin} on {name:turbo suction}", "HassTurnOn", "vacuum.dustin",
         [("set_fan_speed", {"fan_speed": "turbo"})]),
        ("switch {name:misty} to {mode:night} mode", "HubClimateSetMode", "humidifier.cellar",
         [("turn_on", {}), ("set_mode", {"mode": "night"})]),
        ("{name:lounge thermostat} on {mode:eco}", "HubClimateSetPreset", "climate.lounge",
         [("set_preset_mode", {"preset_mode": "eco"})]),
        ("{name:yeti} {device:fan} {percentage:on low}", "HassFanSetSpeed", "climate.studio",
         [("set_fan_mode", {"fan_mode": "low"})]),
        ("{name:yeti} swing on", "HassTurnOn", "climate.studio",
         [("set_swing_mode", {"swing_mode": "on"})]),
        ("put {name:yeti} on dry", "HassTurnOn", "climate.studio",
         [("set_hvac_mode", {"hvac_mode": "dry"})]),
        ("{name:boiler} to performance", "HassTurnOn", "water_heater.boiler",
         [("set_operation_mode", {"operation_mode": "performance"})]),
        ("{name:whirly} on {name:breeze}", "HassTurnOn", "fan.bedroom",
         [("turn_on", {}), ("set_preset_mode", {"preset_mode": "breeze"})]),
    ],
)  # fmt: skip
def test_an_option_that_is_said_is_chosen(
    well_equipped: House, sentence: str, intent: str, entity_id: str, expected: Sent
) -> None:
    assert sent(well_equipped(sentence, intent)) == ({entity_id}, expected)


@pytest.mark.parametrize(
    ("sentence", "intent"),
    [
        ("turn {name:pixie} off, no more fireplace", "HassTurnOff"),
        ("turn on the {device:tv}", "HassTurnOn"),
        ("what is on {name:netflix}", "HassGetState"),
        ("{search_query:thriller} on {name:netflix}", "HassMediaSearchAndPlay"),
        ("we watched {name:netflix} all night", "HassTurnOn"),
    ],
)
def test_words_that_ask_for_no_option_choose_none(
    well_equipped: House, sentence: str, intent: str
) -> None:
    commands = {command.command for command in well_equipped(sentence, intent).commands}
    assert not commands & {"select_source", "select_sound_mode"}
    assert not any("effect" in c.data for c in well_equipped(sentence, intent).commands)


@pytest.mark.parametrize(
    ("sentence", "intent", "entity_id", "expected"),
    [
        ("{name:yeti} to cool at {temperature:twenty two}", "HassClimateSetTemperature",
         "climate.studio",
         [("set_hvac_mode", {"hvac_mode": "cool"}), ("set_temperature", {"temperature": 22})]),
        ("{name:yeti} to {mode:cool} at twenty two", "HubClimateSetMode", "climate.studio",
         [("set_hvac_mode", {"hvac_mode": "cool"}), ("set_temperature", {"temperature": 22})]),
        ("{name:misty} to {humidity:60 percent} in night mode", "HassHumidifierSetpoint",
         "humidifier.cellar",
         [("turn_on", {}), ("set_mode", {"mode": "night"}), ("set_humidity", {"humidity": 60})]),
        ("{name:pixie} {color:red} at 30 percent", "HassLightSet", "light.pixie",
         [("turn_on", {"rgb_color": (255, 0, 0), "brightness": 76})]),
        ("{name:pixie} to {brightness:half} and {color:warm white}", "HassLightSet", "light.pixie",
         [("turn_on", {"color_temp_kelvin": 2700, "brightness": 129})]),
        ("{name:big screen} to {source:netflix} at volume 20 percent", "HubMediaSelectSource",
         "media_player.screen",
         [("turn_on", {}), ("select_source", {"source": "Netflix"}),
          ("volume_set", {"volume_level": 0.2})]),
        ("heat the {area:lounge} to {temperature:twenty one}", "HassClimateSetTemperature",
         "climate.lounge",
         [("set_hvac_mode", {"hvac_mode": "heat"}), ("set_temperature", {"temperature": 21})]),
        ("set {name:lounge thermostat} to {temperature:19}", "HassClimateSetTemperature",
         "climate.lounge",
         [("set_hvac_mode", {"hvac_mode": "heat"}), ("set_temperature", {"temperature": 19})]),
        ("set {name:yeti} to {temperature:19}", "HassClimateSetTemperature", "climate.studio",
         [("set_temperature", {"temperature": 19})]),
        ("{name:misty} on, {brightness:sixty percent}", "HassLightSet", "humidifier.cellar",
         [("turn_on", {}), ("set_humidity", {"humidity": 60})]),
    ],
)  # fmt: skip
def test_all_that_is_said_is_set_the_mode_first(
    well_equipped: House, sentence: str, intent: str, entity_id: str, expected: Sent
) -> None:
    assert sent(well_equipped(sentence, intent)) == ({entity_id}, expected)


def test_a_target_leaves_the_mode_of_what_runs(well_equipped: Any) -> None:
    well_equipped.place("climate.studio", "cool")
    said = "set {name:yeti} to {temperature:20}"
    assert sent(well_equipped(said, "HassClimateSetTemperature"))[1] == [
        ("set_temperature", {"temperature": 20})
    ]
    said = "heat the {area:studio} to {temperature:20}"
    assert sent(well_equipped(said, "HassClimateSetTemperature"))[1] == [
        ("set_hvac_mode", {"hvac_mode": "heat"}),
        ("set_temperature", {"temperature": 20}),
    ]


@pytest.mark.parametrize(
    ("sentence", "intent", "implied", "expected"),
    [
        ("{name:roller} {position:a} third of the way down", "HassSetPosition", {},
         ("set_cover_position", {"position": 67})),
        ("{name:roller two thirds} open", "HassOpenCover", {},
         ("set_cover_position", {"position": 67})),
        ("{name:roller} down by half", "HassCloseCover", {},
         ("set_cover_position", {"position": 40})),
        ("{name:roller} halfway", "HassSetPosition", {}, ("set_cover_position", {"position": 50})),
        ("tilt the {name:slats} to {position:30 percent}", "HassSetPosition", {},
         ("set_cover_tilt_position", {"tilt_position": 30})),
        ("close the {name:slats} {name:tilt}", "HassCloseCover", {}, ("close_cover_tilt", {})),
        ("{name:hifi} down {volume_step:by half}", "HassSetVolumeRelative", DOWN,
         ("volume_set", {"volume_level": 0.2})),
        ("{name:desk lamp} up a couple of notches", "HubLightSetRelative", UP,
         ("turn_on", {"brightness": 255})),
        ("ease off the {name:desk lamp} a bit", "HassTurnOff", {}, ("turn_on", {"brightness": 174})),
        ("{name:whirly} flat out", "HassFanSetSpeed", {}, ("set_percentage", {"percentage": 100})),
        ("turn up {name:yeti}", "HassSetVolumeRelative", UP, ("set_temperature", {"temperature": 25})),
        ("make {name:pixie} {temperature:a bit} cooler", "HubClimateSetTemperatureRelative", DOWN,
         ("turn_on", {"color_temp_kelvin": 4400})),
        ("{name:pixie} warmer white", "HassLightSet", {}, ("turn_on", {"color_temp_kelvin": 3200})),
        ("warm the {area:lounge} up a couple of degrees", "HubClimateSetTemperatureRelative", UP,
         ("set_temperature", {"temperature": 20})),
        ("set {name:misty} at {brightness:70 percent}", "HassHumidifierSetpoint", {},
         ("set_humidity", {"humidity": 70})),
        ("next one please", "HubPlayPodcast", {}, ("media_next_track", {})),
        ("not this song again, next", "HubMusicSettings", {}, ("media_next_track", {})),
        ("stop shuffling", "HubMusicSettings", {}, ("shuffle_set", {"shuffle": False})),
        ("{name:whirly} in reverse", "HubFanSetDirection", {}, ("set_direction", {"direction": "reverse"})),
    ],
)  # fmt: skip
def test_amounts_are_of_the_thing_that_is_meant(
    well_equipped: Any,
    sentence: str,
    intent: str,
    implied: dict[str, str],
    expected: tuple[str, dict[str, Any]],
) -> None:
    well_equipped.place("humidifier.cellar", "on")
    found = well_equipped(sentence, intent, area="studio", **implied)
    assert found.decision is Decision.ACT, found
    assert sent(found)[1] == [expected]


@pytest.mark.parametrize(
    ("sentence", "intent", "entity_id", "expected"),
    [
        ("tilt the {name:slats} {position:halfway}", "HassSetPosition", "cover.slats",
         [("set_cover_tilt_position", {"tilt_position": 50})]),
        ("send {name:dustin} out on {name:turbo}", "HassTurnOn", "vacuum.dustin",
         [("set_fan_speed", {"fan_speed": "turbo"}), ("start", {})]),
        ("bump the {name:lounge thermostat} up {temperature:two degrees}",
         "HassClimateSetTemperature", "climate.lounge",
         [("set_temperature", {"temperature": 20})]),
        ("drop the {name:lounge thermostat} down by {temperature:three degrees}",
         "HassClimateSetTemperature", "climate.lounge",
         [("set_temperature", {"temperature": 15})]),
    ],
)  # fmt: skip
def test_the_words_beside_an_amount_tell_what_it_is_of(
    well_equipped: House, sentence: str, intent: str, entity_id: str, expected: Sent
) -> None:
    assert sent(well_equipped(sentence, intent)) == ({entity_id}, expected)


def test_a_number_that_is_too_hot_is_no_number_of_the_other_scale(well_equipped: House) -> None:
    hot = well_equipped(
        "set the {name:lounge thermostat} to {temperature:45}", "HassClimateSetTemperature"
    )
    assert (hot.decision, hot.reason) == (Decision.REFUSE, "out_of_range")
    other = well_equipped(
        "set the {name:lounge thermostat} to {temperature:72}", "HassClimateSetTemperature"
    )
    assert dict(other.commands[-1].data) == {"temperature": 22}


def test_what_nobody_named_is_not_unlocked_and_what_is_off_grows_no_brighter(
    well_equipped: House,
) -> None:
    asked = well_equipped("let them in", "HubUnlock", domain="lock")
    assert (asked.decision, asked.reason) == (Decision.ASK, "confirm")
    lit = well_equipped(
        "everything {brightness:a bit} brighter", "HubLightSetRelative", domain="light", **UP
    )
    assert sent(lit)[0] == {"light.pixie", "light.desk"}  # the strip is off


@pytest.mark.parametrize(
    ("sentence", "intent", "area", "entity_id", "kind"),
    [
        ("play {game:hunger} games", "HubPlayGame", "lounge", "screen", "movie"),
        ("play {game:hunger} games", "HubPlayGame", "bedroom", "puck", "music"),
        ("put the film casablanca on", "HassMediaSearchAndPlay", None, "screen", "movie"),
        ("play the audiobook emma", "HubPlayAudiobook", "bedroom", "puck", "audiobook"),
        ("put on some {artist:mozart}", "HassMediaSearchAndPlay", "bedroom", "puck", "music"),
    ],
)
def test_a_title_is_shown_where_there_is_a_screen_and_heard_elsewhere(
    well_equipped: House, sentence: str, intent: str, area: str | None, entity_id: str, kind: str
) -> None:
    ids, commands = sent(well_equipped(sentence, intent, area=area))
    assert ids == {f"media_player.{entity_id}"}
    assert [data["media_content_type"] for _, data in commands] == [kind]


@pytest.mark.parametrize(
    ("sentence", "intent", "expected"),
    [
        ("stick {item:sharpen} the {name:mower blade} on the odd jobs", "HassLawnMowerDock",
         [("add_item", {"item": "sharpen the mower blade"})]),
        ("add {item:milk,} eggs and butter to {list_name:groceries}", "HassListAddItem",
         [("add_item", {"item": "milk"}), ("add_item", {"item": "eggs"}),
          ("add_item", {"item": "butter"})]),
        ("put {item:salt and pepper} on the {list_name:groceries}", "HassListAddItem",
         [("add_item", {"item": "salt and pepper"})]),
        ("the {name:fence} is painted, mark it done", "HassListCompleteItem",
         [("update_item", {"item": "paint the fence", "status": "completed"})]),
        ("cross oat milk off the groceries", "HassTurnOff",
         [("update_item", {"item": "oat milk", "status": "completed"})]),
        ("tick off {food_type:brown bread}", "HassListCompleteItem",
         [("update_item", {"item": "brown bread", "status": "completed"})]),
        ("remove the oat milk and brown bread from groceries", "HassListRemoveItem",
         [("remove_item", {"item": "oat milk"}), ("remove_item", {"item": "brown bread"})]),
    ],
)  # fmt: skip
def test_items_go_to_the_list_that_is_named_or_has_them(
    well_equipped: House, sentence: str, intent: str, expected: Sent
) -> None:
    assert sent(well_equipped(sentence, intent))[1] == expected


def test_what_is_on_no_list_is_not_ticked_off(well_equipped: House) -> None:
    found = well_equipped("tick off {item:rye flour}", "HassListCompleteItem")
    assert (found.decision, found.commands) == (Decision.REFUSE, ())


@pytest.mark.parametrize(
    ("sentence", "intent", "entity_id"),
    [
        ("cosy evening please", "HubGreet", "scene.cosy"),
        ("let's have a cosy evening", "HubQuirky", "scene.cosy"),
        ("kick off {name:leaving home}", "HassTurnOff", "script.leave"),
    ],
)
def test_a_scene_or_script_is_started_by_its_name(
    well_equipped: House, sentence: str, intent: str, entity_id: str
) -> None:
    assert sent(well_equipped(sentence, intent)) == ({entity_id}, [("turn_on", {})])


@pytest.mark.parametrize(
    ("sentence", "entity_id", "expected"),
    [
        ("bring {name:pixie} to half of what it is", "light.pixie",
         [("turn_on", {"brightness": 64})]),
        ("{name:hifi} a quarter of what it is now", "media_player.hifi",
         [("volume_set", {"volume_level": 0.1})]),
        ("{name:pixie} barely on", "light.pixie", [("turn_on", {"brightness": 15})]),
        ("{name:slats} three quarters shut", "cover.slats",
         [("set_cover_position", {"position": 25})]),
    ],
)  # fmt: skip
def test_a_part_is_of_what_the_words_around_it_say(
    well_equipped: House, sentence: str, entity_id: str, expected: Sent
) -> None:
    assert sent(well_equipped(sentence, "HubSetMeasure")) == ({entity_id}, expected)
