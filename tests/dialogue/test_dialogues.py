"""Conversations with the whole hub: what later words mean in the light of earlier ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent import explain
from hubagent.pipeline import Pipeline
from hubagent.replay import MemoryHub
from hubagent.simulate.home import load_home
from hubagent.types import AreaId, Decision, EntityId, TurnId, Utterance
from hubagent.understand import values
from hubagent.understand.understander import Understander

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubagent.types import TurnRecord, Value

HOME: dict[str, Any] = {
    "areas": [
        {"id": "loft", "name": "Loft"},
        {"id": "kitchen", "name": "Kitchen"},
        {"id": "hall", "name": "Hall"},
        {"id": "drive", "name": "Driveway"},
    ],
    "entities": [
        {
            "id": "light.loft",
            "name": "Loft Lamp",
            "area": "loft",
            "state": "off",
            "attributes": {
                "supported_color_modes": ["color_temp", "rgb"],
                "brightness": 128,
                "color_temp_kelvin": 3000,
                "color_mode": "color_temp",
            },
        },
        {
            "id": "light.kitchen",
            "name": "Kitchen Lamp",
            "area": "kitchen",
            "state": "on",
            "attributes": {"supported_color_modes": ["brightness"], "brightness": 200},
        },
        {
            "id": "cover.loft",
            "name": "Loft Blind",
            "area": "loft",
            "state": "open",
            "attributes": {"current_position": 70, "device_class": "blind"},
        },
        {
            "id": "climate.hall",
            "name": "Hall Radiator",
            "area": "hall",
            "state": "heat",
            "attributes": {
                "temperature": 19,
                "current_temperature": 18,
                "min_temp": 7,
                "max_temp": 30,
                "hvac_modes": ["off", "heat"],
            },
        },
        {
            "id": "media_player.kitchen",
            "name": "Kitchen Radio",
            "area": "kitchen",
            "state": "playing",
            "attributes": {"volume_level": 0.4},
        },
        {"id": "lock.front", "name": "Front Door", "area": "hall", "state": "unlocked"},
        {"id": "lock.back", "name": "Back Door", "area": "kitchen", "state": "locked"},
        {"id": "switch.kettle", "name": "Kettle", "area": "kitchen", "state": "off"},
        {"id": "button.bell", "name": "Door Bell", "area": "drive"},
    ],
}


class Talk:
    """A conversation with a hub in a home; answers what things are."""

    def __init__(self, understand: Understander) -> None:
        self.hub = MemoryHub(load_home(HOME))
        self.pipeline = Pipeline(
            understand=understand,
            values=values,
            context=self.hub.store,
            act=self.hub.executor,
            clock=self.hub.clock,
        )
        self.count = 0

    def __call__(self, *lines: str, after_s: float = 8.0, area: str = "") -> TurnRecord:
        *before, last = lines
        for line in before:
            self.say(line, after_s, area)
        record = self.say(last, after_s, area)
        self.hub.settle()
        return record

    def say(self, line: str, after_s: float, area: str) -> TurnRecord:
        self.count += 1
        self.hub.advance(after_s)
        return self.pipeline.run_turn(
            Utterance(
                TurnId(f"t{self.count}"),
                line,
                self.hub.clock.now_s(),
                area_id=AreaId(area) if area else None,
            )
        )

    def state(self, entity_id: str) -> Value:
        return self.hub.store.view().state(EntityId(entity_id)).state

    def level(self, entity_id: str, attribute: str) -> Value:
        return self.hub.store.view().state(EntityId(entity_id)).attributes.get(attribute)


@pytest.fixture(scope="module")
def understand() -> Understander:
    return Understander.load()


@pytest.fixture
def talk(understand: Understander) -> Talk:
    return Talk(understand)


def moved(record: TurnRecord) -> set[str]:
    return {outcome.command.entity_id for outcome in record.outcomes}


# -- follow-ups ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "then", "entity_id", "attribute", "fits"),
    [
        ("turn on the loft lamp", "make it thirty", "light.loft", "brightness", 76),
        ("turn on the loft lamp", "a bit less", "light.loft", "brightness", 102),
        ("turn on the loft lamp", "all the way", "light.loft", "brightness", 255),
        ("turn on the loft lamp", "too bright", "light.loft", "brightness", 77),
        ("turn on the loft lamp", "not so bright", "light.loft", "brightness", 77),
        ("set the loft blind to 100", "halfway is enough", "cover.loft", "current_position", 50),
        ("set the hall radiator to 20", "two degrees more", "climate.hall", "temperature", 22),
        ("set the hall radiator to 20", "hmm a degree less", "climate.hall", "temperature", 19),
        ("set the hall radiator to 20", "drop it to eighteen", "climate.hall", "temperature", 18),
        ("pause the kitchen radio", "down to twenty", "media_player.kitchen", "volume_level", 0.2),
        ("set the loft blind to 50", "all the way down", "cover.loft", "current_position", 0),
        ("set the loft blind to 50", "to forty please", "cover.loft", "current_position", 40),
    ],
)
def test_a_level_is_that_of_what_was_spoken_of(
    talk: Talk, first: str, then: str, entity_id: str, attribute: str, fits: float
) -> None:
    record = talk(first, then)
    assert moved(record) == {entity_id}
    assert talk.level(entity_id, attribute) == pytest.approx(fits, abs=1)


def test_warmer_is_the_white_of_a_lamp_and_the_degrees_of_a_radiator(talk: Talk) -> None:
    talk("turn on the loft lamp", "warmer")
    assert talk.level("light.loft", "color_temp_kelvin") < 3000  # type: ignore[operator]  # a number
    talk("set the hall radiator to 20", "warmer")
    assert talk.level("climate.hall", "temperature") == 21


@pytest.mark.parametrize("then", ["and the loft", "the loft lamp too", "same for the loft"])
def test_the_last_request_is_done_for_something_else(talk: Talk, then: str) -> None:
    record = talk("dim the kitchen lamp to 20%", then)
    assert moved(record) == {"light.loft"}
    assert talk.level("light.loft", "brightness") == 51


@pytest.mark.parametrize("then", ["turn it off", "off again please"])
def test_what_was_asked_about_is_spoken_of(talk: Talk, then: str) -> None:
    talk("is the kitchen lamp on?", then)
    assert talk.state("light.kitchen") == "off"


def test_what_is_named_wins_over_what_was_spoken_of(talk: Talk) -> None:
    assert moved(talk("turn on the loft lamp", "turn off the kitchen lamp")) == {"light.kitchen"}


def test_it_is_none_of_several_that_an_answer_listed(talk: Talk) -> None:
    talk("turn on the loft lamp")
    assert len(talk("are the lights on?").resolutions[0].targets) > 1
    assert not {"light.loft", "light.kitchen"} & moved(talk("make it thirty"))
    assert moved(talk("are the lights on?", "turn them off")) == {"light.loft", "light.kitchen"}


def test_a_length_that_was_missing_completes_the_request(talk: Talk) -> None:
    asked = talk("set a timer")
    assert asked.decision is Decision.ASK
    assert asked.listen
    record = talk("uh ten minutes")
    assert record.resolutions[0].timer is not None
    assert record.resolutions[0].timer.seconds == 600


@pytest.mark.parametrize(
    ("lines", "entity_id", "state"),
    [
        (("turn on the loft lamp", "is the kettle on", "that one too"), "switch.kettle", "on"),
        (("lock the front door", "is the back door locked", "turn off the kitchen lamp",
          "hmm, put that back on"), "light.kitchen", "on"),
        (("turn off the kettle", "the loft one on"), "light.loft", "on"),
        (("pause the kitchen radio", "carry on"), "media_player.kitchen", "playing"),
        (("turn on the kettle", "stop that"), "switch.kettle", "off"),
        (("make the kettle blue", "the loft lamp then"), "light.loft", "on"),
        (("turn on the conservatory lamp", "ok the loft lamp then"), "light.loft", "on"),
        (("the kettle, turn it on",), "switch.kettle", "on"),
    ],
)  # fmt: skip
def test_short_words_go_on_from_what_was_said(
    talk: Talk, lines: tuple[str, ...], entity_id: str, state: str
) -> None:
    talk(*lines)
    assert talk.state(entity_id) == state


def test_a_complaint_with_a_number_sets_it(talk: Talk) -> None:
    talk("set the hall radiator to 24", "nah too much, twenty one")
    assert talk.level("climate.hall", "temperature") == 21


def test_a_level_is_of_nothing_else_than_what_was_spoken_of(talk: Talk) -> None:
    record = talk("set the hall radiator to 24", "no, ninety nine")
    assert record.decision is Decision.REFUSE
    assert talk.level("light.kitchen", "brightness") == 200


def test_both_is_the_one_and_the_other(talk: Talk) -> None:
    talk("turn on the loft lamp", "and the kitchen one", "both off")
    assert (talk.state("light.loft"), talk.state("light.kitchen")) == ("off", "off")


def test_once_more_goes_on_from_where_it_led(talk: Talk) -> None:
    talk("set the hall radiator to 20", "a degree more", "again")
    assert talk.level("climate.hall", "temperature") == 22


def test_a_follow_up_is_forgotten_in_time(talk: Talk) -> None:
    talk("turn on the loft lamp")
    assert "light.loft" not in moved(talk("make it thirty", after_s=400.0))


def test_another_place_has_its_own_past(talk: Talk) -> None:
    talk("turn on the loft lamp", area="loft")
    assert "light.loft" not in moved(talk("a bit less", area="kitchen"))


def test_a_capability_is_asked_of_follow_ups_too(talk: Talk) -> None:
    assert "switch.kettle" not in moved(talk("turn on the kettle", "make it thirty"))


# -- corrections -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "then",
    ["no, the kitchen one", "no I meant the kitchen", "not that one, the kitchen lamp",
     "sorry, kitchen lamp I said"],
)  # fmt: skip
def test_a_correction_leaves_one_done(talk: Talk, then: str) -> None:
    talk("turn off the kitchen lamp", after_s=1.0)
    record = talk("turn on the loft lamp", then)
    assert record.decision is Decision.ACT
    assert (talk.state("light.loft"), talk.state("light.kitchen")) == ("off", "on")


def test_a_correction_of_the_value_is_about_the_same_thing(talk: Talk) -> None:
    assert moved(talk("turn on the loft lamp", "sorry, I meant off")) == {"light.loft"}
    assert talk.state("light.loft") == "off"


def test_a_correction_to_nothing_known_undoes_nothing(talk: Talk) -> None:
    record = talk("turn on the loft lamp", "no, I meant the conservatory")
    assert (record.decision, record.outcomes) == (Decision.REFUSE, ())
    assert talk.state("light.loft") == "on"


def test_a_correction_opens_no_lock(talk: Talk) -> None:
    talk("lock the front door", "no, the back door")
    assert (talk.state("lock.front"), talk.state("lock.back")) == ("locked", "locked")


# -- undo ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "then",
    ["undo that", "undo", "no wait, put it back", "scratch that", "change it back",
     "leave it how it was", "put it back as it was please", "take that back", "go back",
     "oops I didn't mean to do that", "wait, go back one", "scrap that", "I changed my mind", "it was better before", "hmm, roll that back"],
)  # fmt: skip
def test_undo_restores_what_was(talk: Talk, then: str) -> None:
    record = talk("dim the kitchen lamp to 20%", then)
    assert record.decision is Decision.ACT
    assert talk.level("light.kitchen", "brightness") == 200


def test_undo_twice_is_the_turn_before(talk: Talk) -> None:
    talk("set the hall radiator to 21", "set it to 23", "undo")
    assert talk.level("climate.hall", "temperature") == 21
    talk("and once more")
    assert talk.level("climate.hall", "temperature") == 19
    assert talk("undo").decision is Decision.REFUSE


def test_undo_brings_a_colour_back(talk: Talk) -> None:
    talk("turn on the loft lamp", "set it to red", "warmer", "revert that")
    assert talk.level("light.loft", "rgb_color") == (255, 0, 0)


def test_what_was_not_meant_is_undone(talk: Talk) -> None:
    talk("dim the kitchen lamp to 20%", "and the loft", "no not the loft")
    assert talk.state("light.loft") == "off"
    assert talk.level("light.kitchen", "brightness") == 51


def test_a_question_may_ask_about_it(talk: Talk) -> None:
    record = talk("lock the front door", "is it locked now")
    assert (record.decision, record.resolutions[0].targets) == (Decision.ANSWER, ("lock.front",))


def test_undo_of_both_is_of_two_turns(talk: Talk) -> None:
    talk("dim the kitchen lamp to 20%", "turn on the loft lamp", "undo both")
    assert talk.level("light.kitchen", "brightness") == 200
    assert talk.state("light.loft") == "off"


def test_undo_of_several_brings_each_thing_to_before_the_first(talk: Talk) -> None:
    talk("dim the kitchen lamp to 20%", "turn on the loft lamp", "set the kitchen lamp to 50%")
    talk("undo the last three things")
    assert talk.level("light.kitchen", "brightness") == 200
    assert talk.state("light.loft") == "off"


@pytest.mark.parametrize("then", ["is the back one locked too", "is it locked", "and is it open"])
def test_a_question_goes_on_with_no_request(talk: Talk, then: str) -> None:
    assert talk("lock the front door", then).outcomes == ()


def test_a_name_alone_takes_the_last_request(talk: Talk) -> None:
    record = talk("dim the kitchen lamp to 20%", "now the loft one")
    assert moved(record) == {"light.loft"}
    assert talk.level("light.loft", "brightness") == 51


def test_undo_of_a_named_thing(talk: Talk) -> None:
    talk(
        "dim the kitchen lamp to 20%", "turn on the loft lamp", "leave the kitchen lamp how it was"
    )
    assert talk.level("light.kitchen", "brightness") == 200
    assert talk.state("light.loft") == "on"


def test_undo_of_locking_is_confirmed_first(talk: Talk) -> None:
    record = talk("lock the front door", "undo that")
    assert (record.decision, record.listen, record.outcomes) == (Decision.ASK, True, ())
    talk("yes")
    assert talk.state("lock.front") == "unlocked"


def test_undo_of_what_waits_cancels_it(talk: Talk) -> None:
    talk("turn on the kettle in ten minutes", "undo that")
    talk("", after_s=700.0)
    assert list(talk.pipeline.run_due()) == []


def test_undo_of_a_press_is_said_to_be_impossible(talk: Talk) -> None:
    record = talk("press the door bell", "undo that")
    assert (record.decision, record.outcomes) == (Decision.REFUSE, ())


def test_nothing_was_done_yet(talk: Talk) -> None:
    assert talk("undo that").outcomes == ()


def test_never_mind_and_a_request_is_that_request(talk: Talk) -> None:
    talk("turn on the loft lamp", "never mind, off")
    assert talk.state("light.loft") == "off"


# -- what stays as it is ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "then",
    ["thanks, that's lovely", "and the dog ate my homework again", "no worries",
     "it was so much better before they changed the recipe", "you too", "and the garden shed"],
)  # fmt: skip
def test_talk_after_a_request_moves_nothing(talk: Talk, then: str) -> None:
    assert talk("turn on the loft lamp", then).outcomes == ()


def test_an_explanation_tells_what_it_was_taken_for(talk: Talk) -> None:
    shown: Callable[[TurnRecord], str] = explain.render
    assert "a follow-up" in shown(talk("turn on the loft lamp", "make it thirty"))
    assert "undo of turn" in shown(talk("undo"))


def test_a_time_of_day_is_no_amount(talk: Talk) -> None:
    record = talk("turn on the loft lamp", "and turn it off at eleven")
    assert record.resolutions[0].due_s is not None
    assert talk.state("light.loft") == "on"


def test_both_are_the_two_that_were_spoken_of(talk: Talk) -> None:
    record = talk("turn on the loft lamp", "no, I meant the kitchen lamp", "now both")
    assert moved(record) == {"light.loft", "light.kitchen"}
