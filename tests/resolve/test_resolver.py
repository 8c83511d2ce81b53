"""Which things are meant, on a real home in the real store: act, ask or refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent.resolve.situation import Situation
from hubagent.types import AreaId, Decision, Understanding

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubagent.types import Resolution

    House = Callable[..., Resolution]
    Ids = Callable[[Resolution], set[str]]

LIGHT = {"domain": "light"}
LOCK = {"domain": "lock"}
COVER = {"domain": "cover"}
KITCHEN_LIGHTS = {"ceiling", "counter", "kitchen_main"}


# --- names, kinds, places ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "meant"),
    [
        ("turn on the {name:counter}", {"counter"}),
        ("turn on the {name:reading light}", {"floor_lamp"}),
        ("turn on the {name:cuonter light}", {"counter"}),
        ("turn on the {device:lights} in the {area:kitchen}", KITCHEN_LIGHTS),
        ("turn on the {area:kitchen} {device:lights}", KITCHEN_LIGHTS),
        ("turn on the {area:kitchen} light", {"kitchen_main"}),
        ("turn on the {area:bedroom} light", {"bed_left", "bed_right"}),
        ("turn on the {name:left bedside lamp}", {"bed_left"}),
        ("turn on the {name:bedside lamps}", {"bed_left", "bed_right"}),
        ("turn on the {area:kitchen}", KITCHEN_LIGHTS),
        ("turn on the {device:lights} {floor:upstairs}", {"bed_left", "bed_right", "kids_1", "kids_2"}),
        ("turn on the {device:lights} on the {floor:ground floor}",
         KITCHEN_LIGHTS | {"floor_lamp", "living_spots", "hall"}),
        ("turn on the {device:lights} in the {area:den}", {"floor_lamp", "living_spots"}),
        ("turn on the {area:hall} and {area:kids room 1} {device:lights}", {"hall", "kids_1"}),
        ("turn on the {name:counter} and the {name:floor lamp}", {"counter", "floor_lamp"}),
        ("turn on the {area:garden} light", {"porch"}),
        ("turn on the {device:fan} in the {area:bedroom}", {"bedroom"}),
        ("turn on {area:kids room} 2 light", {"kids_2"}),
        ("turn on all the {device:lights} except the {except:kitchen}",
         {"floor_lamp", "living_spots", "bed_left", "bed_right", "kids_1", "kids_2", "hall", "porch"}),
        ("turn on all the lights in the {area:kitchen} but the counter", {"ceiling", "kitchen_main"}),
    ],
)  # fmt: skip
def test_explicit_words_find_their_things(
    house: House, targets: Ids, sentence: str, meant: set[str]
) -> None:
    found = house(sentence, "HassTurnOn", area="living")
    assert found.decision is Decision.ACT, found
    assert targets(found) == meant


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("turn on the {device:light} in the {area:bathroom}", "unknown_area"),
        ("turn on the {name:bathroom light}", "unknown_name"),
        ("turn on the {area:bathroom} {device:lights}", "unknown_area"),
        ("turn on the {name:coffee machine}", "unknown_name"),
        ("turn on the {device:fan} in the {area:kitchen}", "no_such_device"),
        ("turn on all the {device:lights} except the {except:bathroom}", "unknown_name"),
        ("turn on the {name:kitchen window}", "no_capability"),
    ],
)
def test_what_the_home_lacks_is_refused_and_never_widened(
    house: House, sentence: str, reason: str
) -> None:
    found = house(sentence, "HassTurnOn", area="living", **LIGHT)
    assert (found.decision, found.reason, found.commands) == (Decision.REFUSE, reason, ())


def test_the_reason_names_what_was_not_found(house: House) -> None:
    found = house("turn on the {device:light} in the {area:bathroom}", "HassTurnOn")
    assert found.facts == {"area": "bathroom"}


def test_a_part_of_a_name_cut_off_by_the_model_is_taken_in(house: House, targets: Ids) -> None:
    assert targets(house("turn on the tower {device:fan}", "HassTurnOn")) == {"living"}
    assert targets(house("switch on the kettle", "HassTurnOn", area="bedroom")) == {"kettle"}


# --- context breaks ties, explicit words win --------------------------------------------------------


def test_the_speakers_room_is_meant_when_none_is_said(house: House, targets: Ids) -> None:
    for area, meant in (("kitchen", KITCHEN_LIGHTS), ("bedroom", {"bed_left", "bed_right"})):
        assert (
            targets(house("turn on the {device:lights}", "HassTurnOn", area=area, **LIGHT)) == meant
        )


def test_the_room_that_is_said_wins_over_the_speakers(house: House, targets: Ids) -> None:
    said = "turn on the {device:lights} in the {area:kitchen}"
    for area in (None, "kitchen", "bedroom"):
        assert targets(house(said, "HassTurnOn", area=area, **LIGHT)) == KITCHEN_LIGHTS


def test_a_name_that_is_said_wins_over_the_speakers_room(house: House, targets: Ids) -> None:
    assert targets(house("turn on the {name:floor lamp}", "HassTurnOn", area="bedroom")) == {
        "floor_lamp"
    }


def test_without_any_room_several_rooms_are_asked_about(house: House) -> None:
    found = house("turn on the {device:lights}", "HassTurnOn", **LIGHT)
    assert (found.decision, found.reason) == (Decision.ASK, "which")
    assert len(found.candidates) > 3


def test_turning_off_prefers_what_is_on(house: Any, targets: Ids) -> None:
    house.place("fan.living", "on")
    assert targets(house("turn off the {device:fan}", "HassTurnOff")) == {"living"}
    house.place("fan.bedroom", "on")
    assert house("turn off the {device:fan}", "HassTurnOff").decision is Decision.ASK


def test_the_room_of_the_speaker_settles_between_twins(house: House, targets: Ids) -> None:
    said = "turn on the {device:light} in the {area:kids room}"
    assert house(said, "HassTurnOn").decision is Decision.ASK
    assert targets(house(said, "HassTurnOn", area="kids_2")) == {"kids_2"}


def test_pausing_prefers_what_plays_even_in_another_room(house: House, targets: Ids) -> None:
    assert targets(house("pause", "HassMediaPause", area="kitchen")) == {"tv"}
    assert targets(house("resume", "HassMediaUnpause", area="living")) == {"radio"}


def test_turn_up_the_lights_is_not_the_volume(house: House, targets: Ids) -> None:
    found = house(
        "turn up the {device:lights}", "HassSetVolumeRelative", area="living", direction="up"
    )
    assert {command.command for command in found.commands} == {"turn_on"}
    assert targets(found) == {"floor_lamp", "living_spots"}
    found = house(
        "turn up the {device:lights}", "HubLightSetRelative", area="living", direction="up", **LIGHT
    )
    assert targets(found) == {"floor_lamp", "living_spots"}


# --- groups -----------------------------------------------------------------------------------------


def test_everything_leaves_sensitive_things_alone(house: Any, targets: Ids) -> None:
    found = house("turn off everything in the {area:kitchen}", "HassTurnOff")
    assert targets(found) == KITCHEN_LIGHTS | {"kettle", "radio"}


def test_all_lights_are_those_of_the_whole_home(house: House, targets: Ids) -> None:
    found = house("turn off all the {device:lights}", "HassTurnOff", area="kitchen", **LIGHT)
    assert len(targets(found)) == 11


def test_both_means_two(house: House, targets: Ids) -> None:
    found = house("lock both {device:doors}", "HubLock", **LOCK)
    assert targets(found) == {"front", "back"}


def test_only_those_that_can_be_dimmed_are_dimmed(house: House, targets: Ids) -> None:
    found = house(
        "set the {area:kitchen} {device:lights} to {brightness:50%}", "HassLightSet", **LIGHT
    )
    assert targets(found) == {"ceiling", "counter"}
    found = house("set the {name:hall light} to {brightness:50%}", "HassLightSet", **LIGHT)
    assert (found.decision, found.reason) == (Decision.REFUSE, "no_capability")


def test_those_out_of_reach_are_left_out_and_named(house: Any, targets: Ids) -> None:
    house.hub.world.cut_off("light.counter", noticed=True)
    house.hub.pump()
    found = house("turn on the {device:lights} in the {area:kitchen}", "HassTurnOn", **LIGHT)
    assert targets(found) == KITCHEN_LIGHTS - {"counter"}
    assert found.facts == {"unreachable": ("Counter",)}
    found = house("turn on the {name:counter}", "HassTurnOn")
    assert (found.decision, found.reason) == (Decision.REFUSE, "unreachable")


# --- sensitive things -------------------------------------------------------------------------------


def test_a_lock_named_with_what_to_do_is_unlocked(house: House, targets: Ids) -> None:
    assert targets(house("unlock the {name:front door}", "HubUnlock", **LOCK)) == {"front"}


@pytest.mark.parametrize(
    ("sentence", "intent", "area", "probability"),
    [
        ("unlock the {device:door}", "HubUnlock", None, 0.97),
        ("unlock the {device:door}", "HubUnlock", "hall", 0.97),
        ("unlock", "HubUnlock", "hall", 0.97),
        ("unlock the {name:front door}", "HubUnlock", None, 0.7),
        ("unlock the {name:frunt door}", "HubUnlock", None, 0.97),
        ("open the {name:front door}", "HassOpenCover", "hall", 0.7),
        ("turn on the {name:garage door}", "HassTurnOn", None, 0.97),
        ("the {name:front door} was frozen solid", "HubUnlock", None, 0.97),
    ],
)
def test_a_lock_is_never_opened_by_a_guess(
    house: House, sentence: str, intent: str, area: str | None, probability: float
) -> None:
    found = house(sentence, intent, area=area, probability=probability)
    assert found.decision in {Decision.ASK, Decision.REFUSE}
    assert found.commands == ()


def test_the_oven_is_named_or_left_alone(house: House, targets: Ids) -> None:
    assert targets(house("turn on the {name:oven}", "HassTurnOn")) == {"oven"}
    assert house("turn on the {name:ofen}", "HassTurnOn").commands == ()


def test_locking_may_use_the_room(house: House, targets: Ids) -> None:
    assert targets(house("lock the {device:door}", "HubLock", area="hall", **LOCK)) == {"front"}


def test_a_group_of_doors_is_not_opened_by_one_word(house: House) -> None:
    found = house("open the {device:door}", "HassOpenCover", **COVER)
    assert found.decision is Decision.ASK


# --- talk -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "meant"),
    [
        ("the {area:lorry}'s here, turn on the {name:counter}", {"counter"}),
        ("turn on the {name:counter} for the {name:elves}", {"counter"}),
        ("turn on the {name:counter} for the {area:cat sitter}", {"counter"}),
        ("turn on the {device:lights}, {area:bedtime}", {"floor_lamp", "living_spots"}),
        ("turn on the {area:cosy kitchen} {device:lights}", KITCHEN_LIGHTS),
        ("turn on {name:left bedside lamp} and kettle", {"bed_left", "kettle"}),
    ],
)  # fmt: skip
def test_talk_beside_the_request_does_not_matter(
    house: House, targets: Ids, sentence: str, meant: set[str]
) -> None:
    assert targets(house(sentence, "HassTurnOn", area="living")) == meant


@pytest.mark.parametrize(
    "sentence",
    [
        "the {area:bathroom}'s dark, turn on the {device:lights}",
        "in the {area:bathroom}, turn on the {device:lights}",
        "turn on the {name:counter} and the {name:bathroom light}",
        "turn on the {name:counter}, the {name:bathroom light} and the {name:kettle}",
    ],
)
def test_a_room_or_thing_is_never_taken_for_talk(house: House, sentence: str) -> None:
    assert house(sentence, "HassTurnOn", area="living").decision is Decision.REFUSE


def test_a_number_behind_a_name_is_part_of_it(house: House, targets: Ids) -> None:
    found = house("turn on {area:kids room} {brightness:two} light", "HassTurnOn", area="living")
    assert targets(found) == {"kids_2"}


# --- held back, doubtful, compound ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("turn off the {device:fan} in twenty minutes", "later"),
        ("turn on the {device:lights} at 7 pm", "later"),
        ("turn on the {device:lights} for half an hour", "later"),
        ("turn on the {name:counter} at {time:seven}", "later"),
        ("when it gets dark turn on the {device:lights}", "conditional"),
        ("turn on the {device:fan} if it is above 25", "conditional"),
        ("don't turn on the {device:lights}", "not_to_do"),
    ],
)
def test_what_is_not_for_now_is_not_done_now(house: House, sentence: str, reason: str) -> None:
    found = house(sentence, "HassTurnOn", area="living")
    assert (found.decision, found.reason) == (Decision.REFUSE, reason)


def test_do_not_forget_means_do(house: House, targets: Ids) -> None:
    found = house("don't forget to turn on the {name:counter}", "HassTurnOn")
    assert targets(found) == {"counter"}


def test_a_doubtful_reading_that_names_nothing_moves_nothing(house: House) -> None:
    found = house("black out", "HassTurnOff", area="kitchen", probability=0.45, **LIGHT)
    assert (found.decision, found.reason) == (Decision.REFUSE, "not_understood")


def test_a_scene_is_started_by_its_bare_name(house: House, targets: Ids) -> None:
    assert targets(house("movie night", "HubRecommendMovies")) == {"movie"}


def test_it_means_what_the_clause_before_was_about(house: Any) -> None:
    first, second = "turn on the counter light", "set it to 40 percent"
    text = f"{first} and {second}"
    clauses = _two(text, first, second)
    resolved = house.resolver.resolve(
        Understanding(text, clauses, 0.0), Situation(house.hub.store.view(), AreaId("living"))
    )
    assert [c.entity_id for r in resolved for c in r.commands] == ["light.counter"] * 2
    assert resolved[1].commands[0].data == {"brightness": 102}


def _two(text: str, first: str, second: str) -> tuple[Any, ...]:
    from hubagent.types import Clause, Hypothesis, Slot

    def slot(name: str, words: str) -> Slot:
        return Slot(name, text.index(words), text.index(words) + len(words), words)

    start = text.index(second)
    on = Hypothesis("HassTurnOn", 0.97, (slot("name", "counter light"),))
    dim = Hypothesis(
        "HassLightSet",
        0.97,
        (slot("name", "it"), slot("brightness", "40 percent")),
        (("domain", "light"),),
    )
    return (Clause(0, len(first), (on,)), Clause(start, len(text), (dim,)))


def test_no_clause_is_nothing_said(house: Any) -> None:
    (found,) = house.resolver.resolve(Understanding("", (), 1.0), Situation(house.hub.store.view()))
    assert found.decision is Decision.IGNORE


def test_out_of_scope_is_not_for_the_home(house: Any) -> None:
    from hubagent.types import Clause, Hypothesis

    clause = Clause(0, 4, (Hypothesis("HassTurnOn", 0.9),))
    (found,) = house.resolver.resolve(
        Understanding("text", (clause,), 0.9), Situation(house.hub.store.view())
    )
    assert (found.decision, found.reason) == (Decision.REFUSE, "not_for_me")


def test_the_features_that_decided_are_kept(house: House) -> None:
    found = house("turn on the {device:lights}", "HassTurnOn", area="kitchen", **LIGHT)
    features = [dict(candidate.features) for candidate in found.candidates]
    assert features[0]["here"] == 1.0
    assert all(other["here"] == 0.0 for other in features[1:])
