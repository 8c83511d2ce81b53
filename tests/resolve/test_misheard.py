"""Names misheard, names that the home lacks, and numbers in names, on a home of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent.types import Decision

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubagent.types import Resolution

    House = Callable[..., Resolution]


def light(entity_id: str, name: str, area: str) -> dict[str, Any]:
    attributes = {"supported_color_modes": ["brightness"]}
    return {"id": f"light.{entity_id}", "name": name, "area": area, "state": "off",
            "attributes": attributes}  # fmt: skip


HOME: dict[str, Any] = {
    "areas": [
        {"id": "lounge", "name": "Lounge"},
        {"id": "snug", "name": "Snug"},
        {"id": "shed", "name": "Machine Shed"},
    ],
    "entities": [
        light("fairy", "Fairy Lights", "lounge"),
        light("ceiling", "Ceiling Light", "lounge"),
        light("lantern", "Lantern", "snug"),
        light("bedroom", "Bedroom Light", "snug"),
        light("shed", "Shed Light", "shed"),
        light("granary", "Granary Light", "shed"),
        light("bulb_1", "Bulb 1", "snug"),
        light("bulb_2", "Bulb 2", "snug"),
        light("bulb_3", "Bulb 3", "snug"),
        {"id": "switch.tree", "name": "Christmas Tree", "area": "lounge", "state": "off"},
        {"id": "switch.toaster", "name": "Toaster Oven", "area": "lounge", "state": "off"},
        {"id": "lock.shutter", "name": "Cellar Lock", "area": "snug", "state": "locked"},
    ],
}


@pytest.fixture(scope="module")
def home(house_of: Callable[[dict[str, Any]], House]) -> House:
    """Return the home."""
    return house_of(HOME)


@pytest.mark.parametrize(
    ("sentence", "meant"),
    [
        ("turn on the {area:ferry} {device:lights}", {"fairy"}),
        ("{name:christmas three} on", {"tree"}),
        ("turn on the {name:lan turn}", {"lantern"}),
    ],
)
def test_a_name_misheard_is_found(
    home: House, targets: Callable[[Resolution], set[str]], sentence: str, meant: set[str]
) -> None:
    found = home(sentence, "HassTurnOn")
    assert found.decision is Decision.ACT
    assert targets(found) == meant
    assert dict(found.candidates[0].features)["phonetic"] > 0.8


def test_what_only_resembles_a_name_is_asked_about(home: House) -> None:
    found = home("turn on the {area:granny} {device:light}", "HassTurnOn")
    assert (found.decision, found.reason) == (Decision.ASK, "confirm")
    assert found.commands == ()


@pytest.mark.parametrize(
    ("sentence", "intent"),
    [
        ("unlock the {name:seller lock}", "HassUnlock"),
        ("turn on the {name:toasted of an}", "HassTurnOn"),
    ],
)
def test_a_sensitive_thing_misheard_never_moves(home: House, sentence: str, intent: str) -> None:
    assert home(sentence, intent).decision is not Decision.ACT


@pytest.mark.parametrize(
    "sentence",
    [
        "turn on the {area:bathroom} {device:light}",
        "dungeon light on",
        "turn on the boot room lights",
        "turn on the dolls house light",
        "yoda on",
        "turn on the telescope",
        "{name:popcorn machine} on",
    ],
)
def test_what_the_home_lacks_is_refused(home: House, sentence: str) -> None:
    """Words that nothing is called by are never dropped to move what stands near the speaker."""
    for intent in ("HassTurnOn", "HassLightSet"):
        found = home(sentence, intent, area="lounge", domain="light")
        assert found.decision is Decision.REFUSE


@pytest.mark.parametrize(
    "sentence",
    [
        "{device:bulbs} {brightness:one and two at half}",
        "{name:bulbs one and two} at {brightness:half}",
        "{name:bulbs 1, 2} at {brightness:half}",
    ],
)
def test_a_list_of_numbers_is_one_thing_each(
    home: House, targets: Callable[[Resolution], set[str]], sentence: str
) -> None:
    found = home(sentence, "HassLightSet", domain="light")
    assert targets(found) == {"bulb_1", "bulb_2"}
    assert {command.data["brightness"] for command in found.commands} <= {127, 128, 129}
