"""What is said: true to the outcomes, with plurals and lists right."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.act.plan import plan
from hubagent.act.respond import Responder
from hubagent.act.wording import definite, is_plural, listed
from hubagent.types import (
    Candidate,
    Command,
    Decision,
    EntityId,
    Outcome,
    OutcomeKind,
    Resolution,
    Value,
)

if TYPE_CHECKING:
    from hubagent.replay import MemoryHub

FOLLOWED, ALREADY, SILENT, FAILED = (
    OutcomeKind.FOLLOWED,
    OutcomeKind.ALREADY,
    OutcomeKind.SILENT,
    OutcomeKind.FAILED,
)


def outcome(entity_id: str, command: str, kind: OutcomeKind = FOLLOWED, **data: Value) -> Outcome:
    return Outcome(Command(EntityId(entity_id), command, data), kind)


def say(hub: MemoryHub, *outcomes: Outcome, seed: str = "a") -> str:
    commands = tuple(item.command for item in outcomes)
    resolution = Resolution(Decision.ACT, "HassTurnOn", commands=commands)
    return Responder().respond(
        plan([resolution]), [resolution], outcomes, hub.store.view(), seed=seed
    )


def either(hub: MemoryHub, *outcomes: Outcome) -> set[str]:
    """Return all that may be said, over some turns."""
    return {say(hub, *outcomes, seed=str(number)) for number in range(20)}


def test_what_followed_is_told(hub: MemoryHub) -> None:
    assert either(hub, outcome("light.kitchen", "turn_on")) == {
        "Turned on the Kitchen Light.", "The Kitchen Light is on now.",
    }  # fmt: skip


def test_the_same_turn_says_the_same(hub: MemoryHub) -> None:
    told = outcome("light.kitchen", "turn_on")
    assert say(hub, told, seed="x") == say(hub, told, seed="x")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (outcome("light.kitchen", "turn_on", brightness=128), "50 %"),
        (outcome("climate.hall", "set_temperature", temperature=21.5), "21.5 °C"),
        (outcome("climate.hall", "set_temperature", temperature=21.0), "21 °C"),
        (outcome("cover.blind", "set_cover_position", position=40), "40 %"),
        (outcome("media_player.radio", "volume_set", volume_level=0.25), "25 %"),
        (outcome("climate.hall", "set_hvac_mode", hvac_mode="heat_cool"), "heat cool"),
        (outcome("scene.movie", "turn_on", OutcomeKind.SENT), "Movie Night"),
        (outcome("light.kitchen", "turn_off", ALREADY), "already"),
        (outcome("light.kitchen", "turn_on", SILENT), "no confirmation"),
        (outcome("light.kitchen", "turn_on", FAILED), "could not reach"),
    ],
)
def test_numbers_and_outcomes_are_spoken_plainly(hub: MemoryHub, told: Outcome, words: str) -> None:
    for sentence in either(hub, told):
        assert words in sentence
        assert sentence.endswith(".")


def test_several_things_are_a_list_and_a_plural(hub: MemoryHub) -> None:
    both = outcome("light.kitchen", "turn_on"), outcome("light.counter", "turn_on")
    assert either(hub, *both) == {
        "Turned on the Kitchen Light and the Counter.",
        "The Kitchen Light and the Counter are on now.",
    }


def test_each_outcome_has_its_own_sentence(hub: MemoryHub) -> None:
    said = say(
        hub, outcome("light.kitchen", "turn_on"), outcome("light.counter", "turn_on", SILENT)
    )
    done, silent = said.split(". ", 1)
    assert "Kitchen Light" in done
    assert "Counter" in silent
    assert "no confirmation" in silent


def test_a_question_names_what_it_is_about(hub: MemoryHub) -> None:
    candidates = tuple(
        Candidate("HassTurnOn", (EntityId(i),), 1.0, (), (Command(EntityId(i), "turn_on"),))
        for i in ("light.kitchen", "light.counter")
    )
    asked = Resolution(Decision.ASK, "HassTurnOn", candidates=candidates, reason="which")
    said = Responder().respond(plan([asked]), [asked], (), hub.store.view(), seed="a")
    assert "the Kitchen Light or the Counter?" in said


def test_a_confirmation_says_what_would_be_done(hub: MemoryHub) -> None:
    told = Command(EntityId("lock.front"), "unlock")
    best = Candidate("HubUnlock", (told.entity_id,), 1.0, (), (told,))
    asked = Resolution(Decision.ASK, "HubUnlock", candidates=(best,), reason="confirm")
    said = Responder().respond(plan([asked]), [asked], (), hub.store.view(), seed="a")
    assert "unlock the Front Door?" in said


def test_what_is_refused_holds_back_the_rest_and_is_named(hub: MemoryHub) -> None:
    refused = Resolution(
        Decision.REFUSE, "HassTurnOn", reason="unknown_area", facts={"area": "attic"}
    )
    done = Resolution(Decision.ACT, "HassTurnOn")
    said = Responder().respond(
        plan([done, refused]), [done, refused], (), hub.store.view(), seed="a"
    )
    assert "attic" in said


def _facts() -> dict[str, Any]:
    """Return facts that fill any sentence."""
    return {
        "area": "attic", "name": "Lamp", "names": ("Lamp",), "kind": "fan", "what": "speed",
        "value": "7", "minimum": 1, "maximum": 5, "unit": "%", "state": "on", "yes": ("Lamp",),
        "no": ("Fan",), "count": 1, "total": 2, "values": ("7",), "units": ("%",), "items": ("milk",),
        "condition": "rainy", "temperature": "5", "time": "10:00", "date": "Monday", "timer": "tea",
        "when": "at 10:00", "options": "a or b", "intent": "X", "item": "milk", "at_s": 60.0, "now_s": 90.0,
    }  # fmt: skip


def _reasons(table: str) -> list[str]:
    source = resources.files("hubagent.act").joinpath("responses.toml")
    return list(tomllib.loads(source.read_text(encoding="utf-8"))[table])


@pytest.mark.parametrize("table", ["answers", "refusals"])
def test_every_sentence_can_be_filled(hub: MemoryHub, table: str) -> None:
    decision = Decision.ANSWER if table == "answers" else Decision.REFUSE
    for reason in _reasons(table):
        found = Resolution(decision, "X", reason=reason, facts=_facts())
        for seed in "abcdef":
            said = Responder().respond(plan([found]), [found], (), hub.store.view(), seed=seed)
            assert said, reason
            assert "{" not in said


def test_lists_and_names() -> None:
    assert [listed("abc"[:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert definite("Kettle") == "the Kettle"
    assert definite("Emma's Lamp") == "Emma's Lamp"
    assert [is_plural(n) for n in ("Beam Lights", "Curtains", "Glass", "Gas", "Lamp")] == [
        True, True, False, False, False,
    ]  # fmt: skip
