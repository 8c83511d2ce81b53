"""The question that is open, and what answers it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent.dialogue.clarify import ANSWER_WITHIN_S, Clarification
from hubagent.replay import MemoryHub
from hubagent.simulate.home import load_home
from hubagent.types import (
    AreaId,
    Candidate,
    Command,
    Decision,
    EntityId,
    Resolution,
    TurnId,
    Utterance,
)

if TYPE_CHECKING:
    from hubagent.ports import ContextView

HOME: dict[str, Any] = {
    "areas": [{"id": "bedroom", "name": "Bedroom"}, {"id": "kitchen", "name": "Kitchen"}],
    "entities": [
        {"id": "light.bed", "name": "Ceiling Light", "area": "bedroom", "state": "off"},
        {"id": "light.kitchen", "name": "Ceiling Light", "area": "kitchen", "state": "off"},
        {"id": "light.counter", "name": "Counter", "area": "kitchen", "state": "off"},
        {"id": "lock.front", "name": "Front Door", "state": "locked"},
    ],
}


@pytest.fixture(scope="module")
def view() -> ContextView:
    return MemoryHub(load_home(HOME)).store.view()


def said(text: str, at_s: float = 5.0, area: str | None = "kitchen") -> Utterance:
    return Utterance(TurnId("t"), text, at_s, area_id=AreaId(area) if area else None)


def candidate(entity_id: str, command: str = "turn_on") -> Candidate:
    told = Command(EntityId(entity_id), command)
    return Candidate("HassTurnOn", (told.entity_id,), 1.0, (), (told,))


WHICH = Resolution(
    Decision.ASK,
    "HassTurnOn",
    candidates=(candidate("light.bed"), candidate("light.kitchen"), candidate("light.counter")),
    reason="which",
)
CONFIRM = Resolution(
    Decision.ASK, "HubUnlock", candidates=(candidate("lock.front", "unlock"),), reason="confirm"
)


def answered(
    view: ContextView, text: str, question: Resolution, **when: Any
) -> tuple[Resolution, ...] | None:
    clarification = Clarification()
    clarification.ask(said("turn on the light", 0.0), [question], 0)
    return clarification.answer(said(text, **when), view)


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("the bedroom one", {"light.bed"}),
        ("bedroom", {"light.bed"}),
        ("the one in the bedroom please", {"light.bed"}),
        ("counter", {"light.counter"}),
        ("I meant the counter", {"light.counter"}),
        ("the first one", {"light.bed"}),
        ("the second", {"light.kitchen"}),
        ("the last one", {"light.counter"}),
        ("all of them", {"light.bed", "light.kitchen", "light.counter"}),
    ],
)
def test_an_answer_finishes_the_request(view: ContextView, text: str, chosen: set[str]) -> None:
    found = answered(view, text, WHICH)
    assert found is not None
    assert found[0].decision is Decision.ACT
    assert {command.entity_id for command in found[0].commands} == chosen


@pytest.mark.parametrize("text", ["yes", "Yes please", "go ahead", "sure, do it"])
def test_yes_confirms(view: ContextView, text: str) -> None:
    found = answered(view, text, CONFIRM)
    assert found is not None
    assert found[0].commands == (Command(EntityId("lock.front"), "unlock"),)


@pytest.mark.parametrize("text", ["no", "No, never mind", "cancel", "neither of them", "nope"])
@pytest.mark.parametrize("question", [WHICH, CONFIRM], ids=["which", "confirm"])
def test_no_ends_it_and_nothing_is_done(view: ContextView, text: str, question: Resolution) -> None:
    found = answered(view, text, question)
    assert found is not None
    assert (found[0].decision, found[0].commands) == (Decision.ANSWER, ())


@pytest.mark.parametrize(
    "text",
    ["yes", "the bathroom one", "turn off the counter", "what time is it", "please", ""],
)
def test_words_that_choose_nothing_are_a_new_request(view: ContextView, text: str) -> None:
    assert answered(view, text, WHICH) is None


def test_a_lock_is_not_unlocked_by_any_word_but_yes(view: ContextView) -> None:
    for text in ("please", "the door", "it", "of course not", "front door", "ok no"):
        found = answered(view, text, CONFIRM)
        assert found is None or not found[0].commands, text


def test_a_question_is_forgotten_in_time(view: ContextView) -> None:
    assert answered(view, "counter", WHICH, at_s=ANSWER_WITHIN_S + 1) is None


def test_only_the_place_that_was_asked_may_answer(view: ContextView) -> None:
    assert answered(view, "counter", WHICH, area="bedroom") is None


def test_a_question_is_answered_once(view: ContextView) -> None:
    clarification = Clarification()
    clarification.ask(said("turn on the light", 0.0), [WHICH], 0)
    assert clarification.answer(said("counter"), view) is not None
    assert clarification.answer(said("counter"), view) is None


def test_the_other_clauses_of_the_request_are_kept(view: ContextView) -> None:
    other = Resolution(Decision.ACT, "HubLock", commands=(Command(EntityId("lock.front"), "lock"),))
    clarification = Clarification()
    clarification.ask(said("lock up and turn on the light", 0.0), [other, WHICH], 1)
    found = clarification.answer(said("counter"), view)
    assert found is not None
    assert [command.entity_id for r in found for command in r.commands] == [
        "lock.front", "light.counter",
    ]  # fmt: skip


def test_an_answer_that_leaves_two_is_asked_about_once_more(view: ContextView) -> None:
    clarification = Clarification()
    clarification.ask(said("turn on the light", 0.0), [WHICH], 0)
    found = clarification.answer(said("kitchen"), view)
    assert found is not None
    assert found[0].decision is Decision.ASK
    assert {i for c in found[0].candidates for i in c.entity_ids} == {
        "light.kitchen", "light.counter",
    }  # fmt: skip
    found = clarification.answer(said("the counter", 9.0), view)
    assert found is not None
    assert [command.entity_id for command in found[0].commands] == ["light.counter"]


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("uh the bedroom one I think", {"light.bed"}),
        ("the one by the counter please", {"light.counter"}),
        ("turn on the counter one", {"light.counter"}),
        ("the countre", {"light.counter"}),
        ("no, the bedroom", {"light.bed"}),
        ("number two", {"light.kitchen"}),
        ("either is fine", {"light.bed"}),
    ],
)
def test_an_answer_may_be_long_or_misheard(view: ContextView, text: str, chosen: set[str]) -> None:
    found = answered(view, text, WHICH)
    assert found is not None
    assert {command.entity_id for command in found[0].commands} == chosen
