"""Scenes, scripts and buttons called by their name, whatever the model takes the words for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent.types import Decision

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubagent.types import Resolution

    House = Callable[..., Resolution]

HOME: dict[str, Any] = {
    "areas": [{"id": "snug", "name": "Snug"}],
    "entities": [
        {"id": "media_player.telly", "name": "Telly", "area": "snug", "state": "playing",
         "attributes": {"device_class": "tv", "volume_level": 0.4}},
        {"id": "light.reading", "name": "Reading Lamp", "area": "snug", "state": "off",
         "attributes": {"supported_color_modes": ["brightness"]}},
        {"id": "scene.western", "name": "Western Evening"},
        {"id": "scene.reading", "name": "Reading Hour"},
        {"id": "scene.relax", "name": "Relax"},
        {"id": "script.bedtime", "name": "Bedtime Story", "aliases": ["sandman"]},
        {"id": "button.crumbs", "name": "Crumb Tray", "area": "snug"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def home(house_of: Callable[[dict[str, Any]], House]) -> House:
    """Return the home."""
    return house_of(HOME)


@pytest.mark.parametrize(
    ("sentence", "intent", "started"),
    [
        ("kick off the {search_query:western evening}", "HassTurnOff", "scene.western"),
        ("start {audiobook:bedtime story}", "HubPlayAudiobook", "script.bedtime"),
        ("it's time for the bedtime story", "HassGetCurrentTime", "script.bedtime"),
        ("let's have a western evening please", "HassMediaSearchAndPlay", "scene.western"),
        ("run sandman", "HassVacuumStart", "script.bedtime"),
        ("press the crumb tray", "HassTurnOn", "button.crumbs"),
        ("relax mode", "HubClimateSetPreset", "scene.relax"),
    ],
)
def test_what_is_called_by_its_name_is_started(
    home: House, sentence: str, intent: str, started: str
) -> None:
    found = home(sentence, intent, area="snug")
    assert found.decision is Decision.ACT
    assert found.targets == (started,)


def test_a_name_cut_short_is_asked_about(home: House) -> None:
    found = home("start the {search_query:western}", "HassMediaSearchAndPlay", area="snug")
    assert (found.decision, found.targets) == (Decision.ASK, ("scene.western",))
    assert found.reason == "confirm"


@pytest.mark.parametrize(
    ("sentence", "intent"),
    [
        ("stop the {name:bedtime story}", "HassTurnOff"),
        ("that was a lovely western evening", "HassMediaSearchAndPlay"),
        ("turn on the {name:reading lamp}", "HassTurnOn"),
        ("switch on {name:reading}", "HassTurnOn"),
        ("no western evening today", "HassMediaPause"),
        ("dim the lights for the bedtime story", "HassLightSet"),
        ("i need to relax", "HubGreeting"),
    ],
)
def test_nothing_is_started_by_the_way(home: House, sentence: str, intent: str) -> None:
    found = home(sentence, intent, area="snug")
    started = {i for i in found.targets if i.partition(".")[0] in {"scene", "script", "button"}}
    assert not started or all(c.command == "turn_off" for c in found.commands)
