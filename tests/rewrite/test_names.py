"""What a mended request says of a name, and where that name is put in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings, strategies as st

from hubagent.evidence import Pair, Stage, source_key
from hubagent.replay import MemoryHub
from hubagent.rewrite.names import TrialNames, speaks_of
from hubagent.rewrite.pairs import LearnedStore
from hubagent.simulate.home import load_home
from hubagent.types import Clause, Hypothesis, Layer, Slot, Understanding

if TYPE_CHECKING:
    from hubagent.ports import ContextView

HOME: dict[str, Any] = {
    "areas": [{"id": "hall", "name": "Hall"}, {"id": "nursery", "name": "Nursery"}],
    "entities": [
        {"id": "light.floor", "name": "Floor Lamp", "area": "hall"},
        {"id": "light.moon", "name": "Moon", "area": "nursery"},
        {"id": "light.moonbeam", "name": "Moon Beam", "area": "nursery"},
        {"id": "fan.nursery", "name": "Nursery Fan", "area": "nursery"},
        {"id": "switch.pump", "name": "Boiler Pump", "area": "hall"},
        {"id": "light.twin_a", "name": "Twin", "area": "hall"},
        {"id": "light.twin_b", "name": "Twin", "area": "nursery"},
    ],
}


@pytest.fixture(scope="module")
def here() -> ContextView:
    return MemoryHub(load_home(HOME)).store.view()


def pair(source: str, target: str, stage: Stage = Stage.TRIAL, **more: Any) -> Pair:
    fields: dict[str, Any] = {"layer": Layer.PERSONAL, "interpretation": ""} | more
    return Pair(source_key(source), target, stage=stage, origin="rephrase", **fields)


def read_as_name(words: str, *, out_of_scope: float = 0.0, slot: str = "name") -> Understanding:
    """Return a reading in which all of the words are what something is called."""
    reading = Hypothesis("HassTurnOff", 0.9, (Slot(slot, 0, len(words), words),))
    return Understanding(words, (Clause(0, len(words), (reading,)),), out_of_scope)


def put_in(said: str, view: ContextView, *pairs: Pair, **more: Any) -> str | None:
    store = LearnedStore()
    store.put(pairs)
    found = TrialNames(store).put_in(said, read_as_name(said, **more), view)
    return None if found is None else found.text


@pytest.mark.parametrize(
    ("source", "target", "said", "meant"),
    [
        ("turn on the chopper", "turn on the nursery fan", "chopper off", "nursery fan off"),
        ("turn on the chopper", "Turn on Nursery Fan.", "stop my chopper", "stop my nursery fan"),
        ("switch on big bertha please", "could you turn on the boiler pump",
         "is big bertha on or off", "is boiler pump on or off"),
        ("set the cosy lamp to 30 percent", "set the floor lamp to 30 percent",
         "dim the cosy lamp", "dim the floor lamp"),
        ("turn on the old light", "switch on the floor lamp", "old light off", "floor lamp off"),
        ("turn on the house of cards", "turn on the moon",
         "make the house of cards red", "make the moon red"),
        ("turn on the glow worm", "turn on the moon beam", "glow worm's colour", "moon beam colour"),
        ("put the chopper out", "kill the nursery fan", "start the chopper", "start the nursery fan"),
        ("turn off the chopper and the moon", "turn off the nursery fan and the moon",
         "turn on the chopper", "turn on the nursery fan"),
    ],
)  # fmt: skip
def test_the_name_is_put_in_and_nothing_else_is_touched(
    here: ContextView, source: str, target: str, said: str, meant: str
) -> None:
    assert put_in(said, here, pair(source, target)) == meant


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("start the chopper in the hall", "turn on the nursery fan"),
        ("chopper", "nursery fan"),  # nothing is asked for
        ("turn on the chopper", "turn on the light"),  # no name of a thing
        ("turn on the chopper", "turn on the twin"),  # of two things
        ("turn on the chopper", "turn on the nursery"),  # of a room
        ("turn on the hall chopper", "turn on the nursery fan"),  # names something here
        ("turn on the heater chopper", "turn on the nursery fan"),  # is another kind
        ("turn on the left chopper", "turn on the nursery fan"),  # one of two
        ("turn on the second chopper", "turn on the nursery fan"),
        ("turn on the chopper gate", "turn on the nursery fan"),
        ("turn on the flower lamp", "turn on the moon"),  # nearly another name: misheard
        ("turn on the boiler pomp chopper", "turn on the moon"),
        ("turn on everything", "turn on the nursery fan"),
        ("turn on that thing", "turn on the nursery fan"),
        ("turn on the big old noisy chopper chopper", "turn on the nursery fan"),
    ],
)
def test_no_name_is_made_of(here: ContextView, source: str, target: str) -> None:
    words = source.split()
    for start in range(len(words)):
        said = "dim " + " ".join(words[start:])
        assert put_in(said, here, pair(source, target)) is None


def test_a_part_of_a_name_is_not_named(here: ContextView) -> None:
    known = pair("turn on the chopper beam", "turn on the moon beam")
    assert put_in("dim the chopper beam", here, known) == "dim the moon beam"
    assert put_in("dim the chopper", here, known) is None


def test_only_pairs_of_this_home_that_are_in_force_give_names(here: ContextView) -> None:
    for more in (
        {"stage": Stage.SHADOW},
        {"stage": Stage.RETIRED},
        {"layer": Layer.GLOBAL},
        {"interpretation": "hassturnon|light.moon|turn_on"},  # it came to another thing
    ):
        known = pair("turn on the chopper", "turn on the nursery fan", **more)
        assert put_in("chopper off", here, known) is None
    live = pair("turn on the chopper", "turn on the nursery fan", Stage.LIVE,
                interpretation="hassturnon|fan.nursery|turn_on")  # fmt: skip
    assert put_in("chopper off", here, live) == "nursery fan off"


def test_words_for_two_things_are_a_name_for_neither(here: ContextView) -> None:
    one = pair("turn on the chopper", "turn on the nursery fan")
    assert put_in("chopper off", here, one, pair("dim the chopper", "dim the moon")) is None


def test_a_name_that_was_unlearned_stays_so_until_it_is_shown_anew(here: ContextView) -> None:
    older = pair("start the chopper", "start the nursery fan", since_s=1.0)
    gone = pair("turn on the chopper", "turn on the nursery fan", Stage.RETIRED, since_s=2.0)
    newer = pair("dim the chopper", "dim the nursery fan", since_s=3.0)
    assert put_in("chopper off", here, older, gone) is None
    assert put_in("chopper off", here, older, gone, newer) == "nursery fan off"


def test_words_that_were_not_read_as_a_name_are_none(here: ContextView) -> None:
    known = pair("turn on the chopper", "turn on the nursery fan")
    assert put_in("who rides a chopper", here, known, out_of_scope=0.9) is None
    assert put_in("play chopper", here, known, slot="search_query") is None


def test_several_names_and_what_each_is_known_by(here: ContextView) -> None:
    one = pair("turn on the chopper", "turn on the nursery fan")
    two = pair("turn on the house of cards", "turn on the moon")
    store = LearnedStore()
    store.put([one, two])
    said = "turn off the house of cards and the chopper"
    found = TrialNames(store).put_in(said, read_as_name(said), here)
    assert found is not None
    assert found.text == "turn off the moon and the nursery fan"
    assert found.pairs == (two, one)


def test_which_pairs_speak_of_a_name() -> None:
    known = pair("turn on the big chopper please", "turn on the nursery fan")
    assert speaks_of(known, "big chopper")
    for other in ("turn", "please", "nursery fan", "chop", "big"):
        assert speaks_of(known, other) is (other == "big")


def test_what_changes_in_the_tables_is_seen(here: ContextView) -> None:
    store = LearnedStore()
    names = TrialNames(store)
    said = "chopper off"
    assert names.put_in(said, read_as_name(said), here) is None
    store.put([pair("turn on the chopper", "turn on the nursery fan")])
    assert names.put_in(said, read_as_name(said), here) is not None
    store.put([pair("turn on the chopper", "turn on the nursery fan", Stage.RETIRED)])
    assert names.put_in(said, read_as_name(said), here) is None


@settings(max_examples=60)
@given(st.lists(st.sampled_from(
    ["chopper", "the", "off", "30", "%", "moon", "don't", "and", "it's", "house", "of", "cards"]
), min_size=1, max_size=9))  # fmt: skip
def test_law_only_the_name_is_replaced(here: ContextView, words: list[str]) -> None:
    said = " ".join(words)
    expected = " ".join("nursery fan" if word == "chopper" else word for word in words)
    found = put_in(said, here, pair("turn on the chopper", "turn on the nursery fan"))
    assert found == (expected if "chopper" in words else None)
