"""Context breaks ties, and explicit words win: the examples of the article, on whole turns.

Each home is as small as its example; the model, the store and the devices' protocol are real.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent.replay import replay_scenario
from hubagent.resolve import rank
from hubagent.understand.understander import Understander

if TYPE_CHECKING:
    from hubagent.resolve.rank import Weights

MORNING, EVENING = "2026-03-04T07:10:00+00:00", "2026-03-04T21:10:00+00:00"

HOUSE: dict[str, Any] = {
    "floors": [{"id": "ground", "name": "Ground Floor"}, {"id": "top", "name": "Top Floor"}],
    "areas": [
        {"id": "hall", "name": "Hall", "floor": "ground"},
        {"id": "kitchen", "name": "Kitchen", "floor": "ground"},
        {"id": "attic", "name": "Attic", "floor": "top"},
    ],
    "entities": [
        {"id": "light.hall", "name": "Lantern", "area": "hall", "state": "off"},
        {"id": "light.kitchen", "name": "Pendant", "area": "kitchen", "state": "off"},
        {"id": "light.attic", "name": "Batten", "area": "attic", "state": "off"},
        {"id": "binary_sensor.hall_motion", "name": "Hall Motion", "area": "hall", "state": "off",
         "attributes": {"device_class": "motion"}},
    ],
}  # fmt: skip

PLAYERS: dict[str, Any] = {
    "areas": [{"id": "den", "name": "Den"}, {"id": "loft", "name": "Loft"}],
    "entities": [
        {"id": "media_player.den", "name": "Den Speaker", "area": "den", "state": "idle",
         "attributes": {"device_class": "speaker"}},
        {"id": "media_player.loft", "name": "Loft Speaker", "area": "loft", "state": "idle",
         "attributes": {"device_class": "speaker"}},
    ],
}  # fmt: skip


def used(entity_id: str, what: str, hour: int, times: float = 12.0, **more: Any) -> dict[str, Any]:
    days = {"weekday": {str(hour): times}}
    return {"entity_id": entity_id, "what": what, "hours": days, **more}


@pytest.fixture(scope="module")
def understand() -> Understander:
    return Understander.load()


def turn(
    understand: Understander,
    text: str,
    home: dict[str, Any] = HOUSE,
    *,
    habits: list[dict[str, Any]] | None = None,
    now: str = MORNING,
    **said: Any,
) -> dict[str, Any]:
    document = replay_scenario(
        {
            "home": home,
            "now": now,
            "memory": {"habits": habits or []},
            "turns": [{"text": text, **said}],
        },
        understand,
    )
    found: dict[str, Any] = document["turns"][0]
    return found


def moved(document: dict[str, Any]) -> set[str]:
    return {command["entity_id"] for command in document["commands"]}


def test_without_context_the_words_are_asked_about(understand: Understander) -> None:
    assert turn(understand, "turn on the light")["decision"] == "ask"


def test_the_speakers_room(understand: Understander) -> None:
    assert moved(turn(understand, "turn on the light", area="attic")) == {"light.attic"}


@pytest.mark.parametrize(("now", "light"), [(MORNING, "light.kitchen"), (EVENING, "light.attic")])
def test_the_time_of_day(understand: Understander, now: str, light: str) -> None:
    habits = [used("light.kitchen", "on", 7), used("light.attic", "on", 21)]
    assert moved(turn(understand, "turn on the light", habits=habits, now=now)) == {light}


def test_a_sensor_that_has_just_changed(understand: Understander) -> None:
    event = {"entity_id": "binary_sensor.hall_motion", "state": "on"}
    found = turn(understand, "turn on the light", events=[event])
    assert moved(found) == {"light.hall"}


COFFEE: dict[str, Any] = {
    "areas": [{"id": "kitchen", "name": "Kitchen"}, {"id": "bar", "name": "Bar"},
              {"id": "bedroom", "name": "Bedroom"}],
    "entities": [
        {"id": "switch.filter", "name": "Filter Coffee Machine", "area": "kitchen", "state": "off"},
        {"id": "switch.espresso", "name": "Espresso Coffee Machine", "area": "bar", "state": "off"},
        {"id": "binary_sensor.alarm_clock", "name": "Bedside Alarm", "area": "bedroom",
         "state": "off", "attributes": {"device_class": "sound"}},
    ],
}  # fmt: skip


def coffee_after(name: str, what: str) -> list[dict[str, Any]]:
    after = [{"entity_id": name, "what": what, "count": 12.0}]
    return [used("switch.filter", "on", 12, after=after), used(name, what, 12)]


@pytest.mark.parametrize("words", ["start brewing", "turn on the coffee machine"])
def test_coffee_after_the_alarm(understand: Understander, words: str) -> None:
    habits = coffee_after("binary_sensor.alarm_clock", "on")
    ring = {"entity_id": "binary_sensor.alarm_clock", "state": "on"}
    assert not moved(turn(understand, words, COFFEE, habits=habits))
    rang = turn(understand, words, COFFEE, habits=habits, events=[ring])
    assert moved(rang) == {"switch.filter"}


def test_coffee_after_the_hubs_own_alarm(understand: Understander) -> None:
    scenario = {
        "home": COFFEE,
        "now": MORNING,
        "memory": {"habits": coffee_after("hub.alarm", "rang")},
        "turns": [
            {"text": "wake me up in 20 minutes", "at": 0},
            {"text": "turn on the coffee machine", "at": 1260},
        ],
    }
    alarm, coffee = replay_scenario(scenario, understand)["turns"]
    assert alarm["decision"] == "act"
    assert coffee["due"]
    assert moved(coffee) == {"switch.filter"}


def test_a_jazz_listener(understand: Understander) -> None:
    habits = [used("media_player.den", "playing", 20), used("media_player.den", "media=jazz", 20)]
    found = turn(understand, "play some music", PLAYERS, habits=habits, area="den")
    assert moved(found) == {"media_player.den"}
    assert found["commands"][0]["data"]["media_content_id"] == "jazz"
    plain = turn(understand, "play some music", PLAYERS, area="den")
    assert plain["commands"][0]["data"].get("media_content_id") != "jazz"


def test_the_player_that_is_used(understand: Understander) -> None:
    habits = [used("media_player.loft", "playing", 20, 30.0)]
    assert turn(understand, "play some jazz", PLAYERS)["decision"] == "ask"
    found = turn(understand, "play some jazz", PLAYERS, habits=habits)
    assert moved(found) == {"media_player.loft"}


@pytest.mark.parametrize("context", [True, False])
@pytest.mark.parametrize(
    ("words", "light"),
    [
        ("turn on the attic light", "light.attic"),
        ("turn on the light in the kitchen", "light.kitchen"),
        ("turn on the batten", "light.attic"),
    ],
)
def test_explicit_words_win_with_context_and_without(
    understand: Understander,
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    light: str,
    *,
    context: bool,
) -> None:
    weights: Weights = rank.load()
    if not context:
        monkeypatch.setattr(rank, "load", weights.without_context)
    habits = [used("light.hall", "on", 7, 60.0)]
    event = {"entity_id": "binary_sensor.hall_motion", "state": "on"}
    found = turn(understand, words, habits=habits, area="hall", events=[event])
    assert moved(found) == {light}


def test_what_is_usual_weighs_less_than_the_room_and_that_less_than_a_place() -> None:
    weights = rank.load()
    assert all(weight > 0 for weight in (*weights.context.values(), *weights.usual.values()))
    assert weights.usual_most < weights.context["here"] < weights.explicit["place"]
    assert weights.explicit["place"] < weights.explicit["name"]


KITCHEN: dict[str, Any] = {
    "areas": [{"id": "kitchen", "name": "Kitchen"}, {"id": "den", "name": "Den"},
              {"id": "patio", "name": "Patio"}],
    "entities": [
        {"id": "sensor.kitchen", "name": "Kitchen Air", "area": "kitchen", "state": 21.5,
         "attributes": {"device_class": "temperature", "unit_of_measurement": "°C"}},
        {"id": "sensor.den", "name": "Den Air", "area": "den", "state": 19,
         "attributes": {"device_class": "temperature", "unit_of_measurement": "°C"}},
        {"id": "sensor.patio", "name": "Patio Air", "area": "patio", "state": 8,
         "attributes": {"device_class": "temperature", "unit_of_measurement": "°C"}},
    ],
}  # fmt: skip
OVEN_WITH_A_PROBE = [
    {"id": "switch.oven", "name": "Oven", "area": "kitchen", "state": "on"},
    {"id": "sensor.oven", "name": "Oven Temperature", "area": "kitchen", "state": 181,
     "attributes": {"device_class": "temperature", "unit_of_measurement": "°C"}},
]  # fmt: skip
OVEN_AS_A_THERMOSTAT = [
    {"id": "climate.oven", "name": "Oven", "area": "kitchen", "state": "heat",
     "attributes": {"hvac_modes": ["off", "heat"], "temperature": 200, "max_temp": 250,
                    "temperature_unit": "°C", "current_temperature": 181}},
]  # fmt: skip


@pytest.mark.parametrize("oven", [OVEN_WITH_A_PROBE, OVEN_AS_A_THERMOSTAT])
@pytest.mark.parametrize(
    ("words", "area", "told"),
    [
        ("what is the temperature?", "kitchen", "181"),
        ("what is the temperature?", None, "181"),
        ("what is the temperature?", "den", "19"),
        ("what is the temperature outside?", "kitchen", "8 "),
        ("what is the temperature in the kitchen?", "kitchen", "21.5"),
        ("what is the temperature in here?", "kitchen", "21.5"),
    ],
)
def test_the_temperature_is_the_ovens_while_it_is_on(
    understand: Understander, oven: list[dict[str, Any]], words: str, area: str | None, told: str
) -> None:
    home = {**KITCHEN, "entities": [*KITCHEN["entities"], *oven]}
    assert f"is {told}" in turn(understand, words, home, area=area)["response"]


@pytest.mark.parametrize("oven", [OVEN_WITH_A_PROBE, OVEN_AS_A_THERMOSTAT])
def test_an_oven_that_is_off_and_cold_is_not_meant(
    understand: Understander, oven: list[dict[str, Any]]
) -> None:
    cold = [
        {**item, "state": 22 if item["id"].startswith("sensor") else "off",
         "attributes": {**item.get("attributes", {}), "current_temperature": 22}}
        for item in oven
    ]  # fmt: skip
    home = {**KITCHEN, "entities": [*KITCHEN["entities"], *cold]}
    found = turn(understand, "what is the temperature?", home, area="kitchen")
    assert "is 21.5" in found["response"]


TELLY = {"id": "media_player.telly", "name": "Telly", "area": "den", "state": "idle",
         "attributes": {"device_class": "tv"}}  # fmt: skip
SCREEN: dict[str, Any] = {**PLAYERS, "entities": [*PLAYERS["entities"], TELLY]}


@pytest.mark.parametrize("title", ["Hunger Games", "The Maltese Falcon"])
@pytest.mark.parametrize(
    ("home", "area", "player", "kinds"),
    [
        (SCREEN, "den", "media_player.telly", {"movie", "video"}),
        (SCREEN, None, "media_player.telly", {"movie", "video"}),
        (SCREEN, "loft", "media_player.loft", {"audiobook", "music"}),
        (PLAYERS, "den", "media_player.den", {"audiobook", "music"}),
    ],
)
def test_a_title_is_a_film_where_there_is_a_screen(
    understand: Understander,
    title: str,
    home: dict[str, Any],
    area: str | None,
    player: str,
    kinds: set[str],
) -> None:
    found = turn(understand, f"play {title}", home, area=area)
    assert moved(found) == {player}
    assert found["commands"][0]["data"]["media_content_id"].lower() == title.lower()
    assert found["commands"][0]["data"]["media_content_type"] in kinds


@pytest.mark.parametrize(
    ("words", "player"),
    [
        ("play the audiobook Hunger Games", "media_player.den"),
        ("play Hunger Games on the loft speaker", "media_player.loft"),
    ],
)
def test_words_tell_what_is_played_and_where_before_the_screen_does(
    understand: Understander, words: str, player: str
) -> None:
    found = turn(understand, words, SCREEN, area="den")
    assert moved(found) == {player}
    assert found["commands"][0]["data"]["media_content_type"] in {"audiobook", "music"}
