"""The catalogue covers what others name, and says what is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

import hubagent
from hubagent.errors import ModelError
from hubagent.understand.catalogue import Catalogue

PATH = Path(hubagent.__path__[0]) / "models" / "catalogue.toml"

HOME_ASSISTANT = [
    "HassBroadcast",
    "HassCancelAllTimers",
    "HassCancelTimer",
    "HassClimateGetTemperature",
    "HassClimateSetTemperature",
    "HassDecreaseTimer",
    "HassFanSetSpeed",
    "HassGetCurrentDate",
    "HassGetCurrentTime",
    "HassGetState",
    "HassGetWeather",
    "HassIncreaseTimer",
    "HassLawnMowerDock",
    "HassLawnMowerStartMowing",
    "HassLightSet",
    "HassListAddItem",
    "HassListCompleteItem",
    "HassListRemoveItem",
    "HassMediaNext",
    "HassMediaPause",
    "HassMediaPlayerMute",
    "HassMediaPlayerUnmute",
    "HassMediaPrevious",
    "HassMediaSearchAndPlay",
    "HassMediaUnpause",
    "HassNevermind",
    "HassPauseTimer",
    "HassRespond",
    "HassSetPosition",
    "HassSetVolume",
    "HassSetVolumeRelative",
    "HassShoppingListAddItem",
    "HassShoppingListCompleteItem",
    "HassStartTimer",
    "HassTimerStatus",
    "HassTurnOff",
    "HassTurnOn",
    "HassUnpauseTimer",
    "HassVacuumCleanArea",
    "HassVacuumReturnToBase",
    "HassVacuumStart",
    "HassToggle",
]

SLURP = [
    "alarm_query",
    "alarm_remove",
    "alarm_set",
    "audio_volume_down",
    "audio_volume_mute",
    "audio_volume_other",
    "audio_volume_up",
    "calendar_query",
    "calendar_remove",
    "calendar_set",
    "cooking_query",
    "cooking_recipe",
    "datetime_convert",
    "datetime_query",
    "email_addcontact",
    "email_query",
    "email_querycontact",
    "email_sendemail",
    "general_affirm",
    "general_commandstop",
    "general_confirm",
    "general_dontcare",
    "general_explain",
    "general_greet",
    "general_joke",
    "general_negate",
    "general_praise",
    "general_quirky",
    "general_repeat",
    "iot_cleaning",
    "iot_coffee",
    "iot_hue_lightchange",
    "iot_hue_lightdim",
    "iot_hue_lightoff",
    "iot_hue_lighton",
    "iot_hue_lightup",
    "iot_wemo_off",
    "iot_wemo_on",
    "lists_createoradd",
    "lists_query",
    "lists_remove",
    "music_dislikeness",
    "music_likeness",
    "music_query",
    "music_settings",
    "news_query",
    "play_audiobook",
    "play_game",
    "play_music",
    "play_podcasts",
    "play_radio",
    "qa_currency",
    "qa_definition",
    "qa_factoid",
    "qa_maths",
    "qa_stock",
    "recommendation_events",
    "recommendation_locations",
    "recommendation_movies",
    "social_post",
    "social_query",
    "takeaway_order",
    "takeaway_query",
    "transport_query",
    "transport_taxi",
    "transport_ticket",
    "transport_traffic",
    "weather_query",
]

SLURP_SLOTS = [
    "alarm_type",
    "app_name",
    "artist_name",
    "audiobook_author",
    "audiobook_name",
    "business_name",
    "business_type",
    "change_amount",
    "coffee_type",
    "color_type",
    "cooking_type",
    "currency_name",
    "date",
    "definition_word",
    "device_type",
    "drink_type",
    "email_address",
    "email_folder",
    "event_name",
    "food_type",
    "game_name",
    "game_type",
    "general_frequency",
    "house_place",
    "ingredient",
    "joke_type",
    "list_name",
    "meal_type",
    "media_type",
    "movie_name",
    "movie_type",
    "music_album",
    "music_descriptor",
    "music_genre",
    "news_topic",
    "order_type",
    "person",
    "personal_info",
    "place_name",
    "player_setting",
    "playlist_name",
    "podcast_descriptor",
    "podcast_name",
    "radio_name",
    "relation",
    "song_name",
    "sport_type",
    "time",
    "time_zone",
    "timeofday",
    "transport_agency",
    "transport_descriptor",
    "transport_name",
    "transport_type",
    "weather_descriptor",
]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load(PATH)


def test_every_intent_of_home_assistant_is_reached(catalogue: Catalogue) -> None:
    reached = {entry.home_assistant for entry in catalogue.classes}
    reached |= {entry.shopping for entry in catalogue.classes}
    assert set(HOME_ASSISTANT) - reached == set()


def test_every_label_and_slot_of_slurp_is_reached(catalogue: Catalogue) -> None:
    assert set(SLURP) - {entry.slurp for entry in catalogue.classes} == set()
    assert set(SLURP_SLOTS) - {name for _, name in catalogue.tags} == set()


def test_no_name_of_another_system_is_made_up(catalogue: Catalogue) -> None:
    known = {"", *SLURP}
    assert {entry.slurp for entry in catalogue.classes} - known == set()
    assert {name for _, name in catalogue.tags} - {"", *SLURP_SLOTS} == set()


def test_opposites_never_share_what_the_resolver_sees(catalogue: Catalogue) -> None:
    opposites = [
        ("light_on", "light_off"), ("turn_on", "turn_off"), ("light_up", "light_dim"), ("lock", "unlock"),
        ("cover_open", "cover_close"), ("valve_open", "valve_close"), ("alarm_arm", "alarm_disarm"),
        ("fan_up", "fan_down"), ("climate_up", "climate_down"), ("volume_up", "volume_down"),
        ("volume_mute", "volume_unmute"), ("fan_oscillate_on", "fan_oscillate_off"),
        ("vacuum_start", "vacuum_dock"), ("media_pause", "media_resume"), ("timer_pause", "timer_resume"),
    ]  # fmt: skip
    for one, other in opposites:
        left, right = catalogue.by_label(one), catalogue.by_label(other)
        assert (left.intent, left.implied) != (right.intent, right.implied)


def test_up_to_an_amount_is_absolute_and_up_by_is_not(catalogue: Catalogue) -> None:
    volume = catalogue.by_label("volume_up")
    assert catalogue.meant(volume, {"amount": "to 40"}).intent == "HassSetVolume"
    assert catalogue.meant(volume, {"amount": "by 40"}).intent == "HassSetVolumeRelative"
    assert catalogue.meant(volume, {}) is volume


def test_every_absolute_class_exists_and_says_no_direction(catalogue: Catalogue) -> None:
    for entry in catalogue.classes:
        if entry.absolute:
            target = catalogue.by_label(entry.absolute)
            assert "direction" not in dict(target.implied)


def test_the_shopping_list_has_its_own_intents(catalogue: Catalogue) -> None:
    add = catalogue.by_label("list_add")
    assert catalogue.home_assistant(add, {"list_name": "Grocery"}) == "HassShoppingListAddItem"
    assert catalogue.home_assistant(add, {"list_name": "chores"}) == "HassListAddItem"


def test_slots_are_named_by_class_and_words(catalogue: Catalogue) -> None:
    turn_on = catalogue.by_label("turn_on")
    assert catalogue.slot_name(turn_on, "name", "the blinds") == "device"
    assert catalogue.slot_name(turn_on, "name", "bedside lamp") == "name"
    assert catalogue.slot_name(turn_on, "area", "first floor") == "floor"
    assert catalogue.slot_name(turn_on, "area", "kitchen") == "area"
    timer = catalogue.by_label("timer_start")
    assert catalogue.slot_name(timer, "time", "ten minutes") == "duration"


def test_kinds_of_devices_are_told_by_their_words(catalogue: Catalogue) -> None:
    assert catalogue.device_word("all the Blinds") == ("cover", "blind")
    assert catalogue.device_word("tv") == ("media_player", "tv")
    assert catalogue.device_word("emma's lamp") is None


def test_what_cannot_move_a_device_is_not_of_the_home_group(catalogue: Catalogue) -> None:
    assert all(entry.home for entry in catalogue.classes if entry.group == "home")
    assert not any(entry.home for entry in catalogue.classes if entry.group in ("info", "list"))


@pytest.mark.parametrize("text", ["", "schema = 7\n", "schema = 1\n", "[classes\n"])
def test_a_bad_catalogue_is_a_model_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_text(text)
    with pytest.raises(ModelError):
        Catalogue.load(path)
