"""Amounts, colours and modes become data that the entity can take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent.types import Decision

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubagent.types import Resolution

    House = Callable[..., Resolution]

UP, DOWN = {"direction": "up"}, {"direction": "down"}


def sent(found: Resolution) -> tuple[str, dict[str, Any]]:
    (command,) = found.commands
    return command.command, dict(command.data)


@pytest.mark.parametrize(
    ("sentence", "intent", "implied", "expected"),
    [
        ("set {name:counter} to {brightness:50%}", "HassLightSet", {}, ("turn_on", {"brightness": 128})),
        ("set {name:counter} to {brightness:max}", "HassLightSet", {}, ("turn_on", {"brightness": 255})),
        ("set {name:counter} to {brightness:half}", "HassLightSet", {}, ("turn_on", {"brightness": 129})),
        ("set {name:counter} to {brightness:minimum}", "HassLightSet", {}, ("turn_on", {"brightness": 3})),
        ("set {name:counter} to {brightness:0%}", "HassLightSet", {}, ("turn_off", {})),
        ("{name:kitchen ceiling} {color:warm white}", "HassLightSet", {},
         ("turn_on", {"color_temp_kelvin": 2700})),
        ("{name:kitchen ceiling} {color:red}", "HassLightSet", {}, ("turn_on", {"rgb_color": (255, 0, 0)})),
        ("brighten {name:counter}", "HubLightSetRelative", UP, ("turn_on", {"brightness": 51})),
        ("toggle {name:counter}", "HassToggle", {}, ("turn_on", {})),
        ("set {name:kitchen blind} to {position:a quarter}", "HassSetPosition", {},
         ("set_cover_position", {"position": 25})),
        ("{name:kitchen blind} {position:30 percent} closed", "HassSetPosition", {},
         ("set_cover_position", {"position": 70})),
        ("{name:kitchen blind} {position:a bit} lower", "HassSetPosition", {},
         ("set_cover_position", {"position": 90})),
        ("lower {name:kitchen blind} another {position:twenty}", "HassSetPosition", {},
         ("set_cover_position", {"position": 80})),
        ("set {name:thermostat} to {temperature:22 degrees}", "HassClimateSetTemperature", {},
         ("set_temperature", {"temperature": 22})),
        ("set {name:thermostat} to {temperature:72 F}", "HassClimateSetTemperature", {},
         ("set_temperature", {"temperature": 22})),
        ("set {name:thermostat} to {temperature:72}", "HassClimateSetTemperature", {},
         ("set_temperature", {"temperature": 22})),
        ("{name:thermostat} warmer", "HubClimateSetTemperatureRelative", UP,
         ("set_temperature", {"temperature": 21})),
        ("{name:thermostat} down {temperature:two degrees}", "HubClimateSetTemperatureRelative", DOWN,
         ("set_temperature", {"temperature": 18})),
        ("{name:thermostat} to {mode:cooling}", "HubClimateSetMode", {},
         ("set_hvac_mode", {"hvac_mode": "cool"})),
        ("{name:bedroom fan} to {percentage:60 percent}", "HassFanSetSpeed", {},
         ("set_percentage", {"percentage": 50})),
        ("{name:bedroom fan} to {percentage:high}", "HassFanSetSpeed", {},
         ("set_percentage", {"percentage": 100})),
        ("volume of {name:TV} {volume_level:20}", "HassSetVolume", {}, ("volume_set", {"volume_level": 0.2})),
        ("{name:TV} louder", "HassSetVolumeRelative", UP, ("volume_set", {"volume_level": 0.4})),
        ("{name:TV} {volume_step:a lot} quieter", "HassSetVolumeRelative", DOWN,
         ("volume_set", {"volume_level": 0.1})),
        ("mute the {name:TV}", "HassMediaPlayerMute", {}, ("volume_mute", {"is_volume_muted": True})),
        ("{name:TV} to {source:netflix}", "HubMediaSelectSource", {},
         ("select_source", {"source": "Netflix"})),
        ("stop {name:Rosie}", "HubVacuumPause", {}, ("return_to_base", {})),
        ("pause {name:Rosie}", "HubVacuumPause", {}, ("pause", {})),
        ("put {item:oat milk} on the {list_name:shopping list}", "HassListAddItem", {},
         ("add_item", {"item": "oat milk"})),
    ],
)  # fmt: skip
def test_words_become_data(
    house: House, sentence: str, intent: str, implied: dict[str, str], expected: tuple[str, Any]
) -> None:
    assert sent(house(sentence, intent, **implied)) == expected


@pytest.mark.parametrize(
    ("sentence", "intent", "reason", "facts"),
    [
        ("set {name:thermostat} to {temperature:40 degrees celsius}", "HassClimateSetTemperature",
         "out_of_range", {"minimum": 10, "maximum": 30, "unit": "°C"}),
        ("set {name:counter} to {brightness:150%}", "HassLightSet", "out_of_range", {"maximum": 100}),
        ("{name:counter} {color:red}", "HassLightSet", "no_capability", {"what": "color"}),
        ("{name:kitchen ceiling} {color:flurple}", "HassLightSet", "unknown_value", {"value": "flurple"}),
        ("set the {name:thermostat}", "HassClimateSetTemperature", "missing_value",
         {"what": "temperature"}),
        ("{name:TV} to {source:playstation}", "HubMediaSelectSource", "unknown_value",
         {"value": "playstation"}),
        ("dim {name:counter}", "HubLightSetRelative", "is_off", {"name": "Counter"}),
    ],
)  # fmt: skip
def test_what_cannot_be_set_is_refused_with_the_reason(
    house: House, sentence: str, intent: str, reason: str, facts: dict[str, Any]
) -> None:
    found = house(sentence, intent, direction="down")
    assert (found.decision, found.reason) == (Decision.REFUSE, reason)
    assert facts.items() <= found.facts.items()


def test_only_lamps_that_are_on_are_dimmed(house: Any) -> None:
    house.place("light.floor_lamp", "on", brightness=200)
    found = house("dim the {device:lights}", "HubLightSetRelative", area="living", direction="down")
    assert sent(found) == ("turn_on", {"brightness": 149})
