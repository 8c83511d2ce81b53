"""Things called by a part of their name, by their owner's, or by what the model took for a place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent.resolve.situation import Situation
from hubagent.types import AreaId, Clause, Decision, Hypothesis, Slot, Understanding

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubagent.types import Resolution

    House = Callable[..., Resolution]


def light(entity_id: str, name: str, area: str) -> dict[str, Any]:
    attributes = {"supported_color_modes": ["brightness"]}
    return {"id": f"light.{entity_id}", "name": name, "area": area, "state": "on",
            "attributes": attributes}  # fmt: skip


def speaker(entity_id: str, name: str, area: str) -> dict[str, Any]:
    attributes = {"device_class": "speaker", "volume_level": 0.4}
    return {"id": f"media_player.{entity_id}", "name": name, "area": area, "state": "playing",
            "attributes": attributes}  # fmt: skip


HOME: dict[str, Any] = {
    "areas": [
        {"id": "barn", "name": "Studio Barn"},
        {"id": "ida", "name": "Ida's Room"},
    ],
    "entities": [
        light("barn", "Barn Spots", "barn"),
        light("ida_main", "Main Light", "ida"),
        light("ida_desk", "Desk Lamp", "ida"),
        light("ida_night", "Night Light", "ida"),
        light("owls", "Owl Lights", "barn"),
        speaker("barn", "Barn Speaker", "barn"),
        speaker("ida", "Pill", "ida"),
        {"id": "switch.kiln", "name": "Pottery Kiln", "area": "barn", "state": "on"},
        {"id": "switch.santa", "name": "Santa", "area": "barn", "state": "off"},
        {"id": "vacuum.dot", "name": "Dot", "area": "barn", "state": "docked"},
        {"id": "lawn_mower.mo", "name": "Mo-tilda", "area": "barn", "state": "docked"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def home(house_of: Callable[[dict[str, Any]], House]) -> House:
    """Return the home."""
    return house_of(HOME)


@pytest.mark.parametrize(
    ("sentence", "intent", "implied", "meant"),
    [
        ("put the kiln flat out", "HassTurnOff", "light", {"switch.kiln"}),
        ("{area:santa} and the {area:owls} on", "HassTurnOn", "light",
         {"switch.santa", "light.owls"}),
        ("turn Ida's music down", "HassSetVolumeRelative", "", {"media_player.ida"}),
        ("mute {artist:Ida}'s music", "HassMediaPlayerMute", "", {"media_player.ida"}),
        ("Ida's lamp off", "HassTurnOff", "light", {"light.ida_desk"}),
        ("start the {device:robot} hoover", "HassVacuumStart", "vacuum", {"vacuum.dot"}),
        ("motilda can do the grass", "HassLawnMowerStartMowing", "lawn_mower", {"lawn_mower.mo"}),
    ],
)  # fmt: skip
def test_what_was_called_is_meant(
    home: House, sentence: str, intent: str, implied: str, meant: set[str]
) -> None:
    said = {"domain": implied} if implied else {"direction": "down"}
    found = home(sentence, intent, area="barn", **said)
    assert found.decision is Decision.ACT
    assert set(found.targets) == meant


def test_a_small_word_may_lead_a_name(home: House) -> None:
    found = home("put {area:Ida's} night light off", "HassTurnOff", domain="light")
    assert {command.entity_id for command in found.commands} == {"light.ida_night"}


def test_an_owner_of_no_room_is_not_made_one(home: House) -> None:
    found = home("turn off Ada's {device:lamp}", "HassTurnOff", area="barn", domain="light")
    assert found.decision is Decision.REFUSE


APPLIANCES: dict[str, Any] = {
    "areas": [{"id": "galley", "name": "Galley"}, {"id": "cabin", "name": "Cabin"}],
    "entities": [
        {"id": "switch.kayak", "name": "Kayak Charger", "area": "cabin", "state": "on"},
        {"id": "switch.hob", "name": "Induction Hob", "area": "galley", "state": "on"},
        {"id": "switch.hood", "name": "Range Hood", "area": "galley", "state": "off"},
        {"id": "switch.box", "name": "Refrigerator", "area": "galley", "state": "on"},
        light("pendant", "Ceiling Pendant", "galley"),
        light("strip", "Shelf Strip", "galley"),
        light("berth", "Berth Light", "cabin"),
        light("chart", "Chart Light", "cabin"),
    ],
}


@pytest.fixture(scope="module")
def boat(house_of: Callable[[dict[str, Any]], House]) -> House:
    """Return a home of appliances."""
    return house_of(APPLIANCES)


@pytest.mark.parametrize(
    ("sentence", "intent", "area", "decision", "meant"),
    [
        ("turn off the {name:stove}", "HassTurnOff", "galley", Decision.ACT, {"switch.hob"}),
        ("turn on the {name:stove}", "HassTurnOn", "galley", Decision.ASK, {"switch.hob"}),
        ("turn on the {name:extractor}", "HassTurnOn", "galley", Decision.ACT, {"switch.hood"}),
        ("turn off the {name:fridge}", "HassTurnOff", "galley", Decision.ACT, {"switch.box"}),
        ("{name:big light} off", "HassTurnOff", "galley", Decision.ACT, {"light.pendant"}),
        ("{name:big light} off in the {area:galley}", "HassTurnOff", "cabin", Decision.ACT,
         {"light.pendant"}),
    ],
)  # fmt: skip
def test_a_thing_may_be_called_otherwise_or_described(
    boat: House, sentence: str, intent: str, area: str, decision: Decision, meant: set[str]
) -> None:
    found = boat(sentence, intent, area=area)
    assert (found.decision, set(found.targets)) == (decision, meant)


@pytest.mark.parametrize("sentence", ["turn off the {name:rice cooker}", "{name:big light} off"])
def test_what_is_only_like_it_is_not_moved(boat: House, sentence: str) -> None:
    found = boat(sentence, "HassTurnOff", area="cabin")
    assert found.decision is not Decision.ACT


@pytest.mark.parametrize(
    ("sentence", "command"),
    [("start charging the kayak", "turn_on"), ("charge the kayak", "turn_on"),
     ("please stop charging the kayak", "turn_off")],
)  # fmt: skip
def test_what_a_thing_does_names_it(boat: House, sentence: str, command: str) -> None:
    found = boat(sentence, "HassVacuumReturnToBase", area="cabin")
    assert [(c.entity_id, c.command) for c in found.commands] == [("switch.kayak", command)]


@pytest.mark.parametrize("sentence", ["charge my phone", "dont charge the kayak", "charge"])
def test_what_nothing_does_moves_nothing(boat: House, sentence: str) -> None:
    found = boat(sentence, "HassVacuumReturnToBase", area="cabin")
    assert not found.commands


def test_what_is_no_request_takes_no_verb_from_the_clause_before(home: Any) -> None:
    text = "switch off the kiln and call mum"
    off = Hypothesis("HassTurnOff", 0.97, (Slot("name", 15, 19, "kiln"),))
    call = Hypothesis("HubEmailSend", 0.9, (Slot("person", 29, 32, "mum"),))
    understanding = Understanding(text, (Clause(0, 19, (off,)), Clause(24, 32, (call,))), 0.0)
    first, second = home.resolver.resolve(
        understanding, Situation(home.hub.store.view(), AreaId("ida"))
    )
    assert {command.entity_id for command in first.commands} == {"switch.kiln"}
    assert (second.decision, second.commands) == (Decision.REFUSE, ())


HEADS: dict[str, Any] = {
    "areas": [{"id": "attic", "name": "Attic"}, {"id": "porch", "name": "Porch"}],
    "entities": [
        {"id": "switch.warm", "name": "Fan Heater", "area": "attic", "state": "off"},
        {"id": "switch.blow", "name": "Fan Plug", "area": "porch", "state": "off"},
        light("blow", "Fan Light", "porch"),
    ],
}


@pytest.fixture(scope="module")
def heads(house_of: Callable[[dict[str, Any]], House]) -> House:
    """Return a home in which a kind only describes what other things are."""
    return house_of(HEADS)


@pytest.mark.parametrize("area", ["porch", "attic"])
def test_what_a_name_ends_in_is_what_it_is(heads: House, area: str) -> None:
    found = heads("turn on the {device:fan}", "HassTurnOn", area=area)
    assert "switch.warm" not in found.targets
    assert {command.entity_id for command in found.commands} <= {"switch.blow"}


def test_the_whole_name_is_still_the_thing(heads: House) -> None:
    found = heads("turn on the {name:fan light}", "HassTurnOn", area="porch")
    assert {command.entity_id for command in found.commands} == {"light.blow"}
