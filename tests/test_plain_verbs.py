"""What the model does not know is read by its verb, and only for one thing that is called so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent.resolve import lexicon
from hubagent.resolve.by_verb import ByVerb
from hubagent.types import Clause

if TYPE_CHECKING:
    from hubagent.types import Hypothesis


def reading(text: str) -> Hypothesis | None:
    return ByVerb(lexicon.load()).reading(Clause(0, len(text), ()), text)


@pytest.mark.parametrize(
    ("text", "intent", "slots"),
    [
        ("turn the urn off for the vicar", "HassTurnOff", {"name": "urn"}),
        ("turn of the bed side lamb", "HassTurnOff", {"name": "bed side lamb"}),
        ("snug lamp of", "HassTurnOff", {"name": "snug lamp"}),
        ("clothes the roman blind", "HassCloseCover", {"name": "roman blind"}),
        ("granny light on in the byre", "HassTurnOn", {"name": "granny light", "area": "byre"}),
    ],
)
def test_the_verb_and_the_words_beside_it_are_a_request(
    text: str, intent: str, slots: dict[str, str]
) -> None:
    found = reading(text)
    assert found is not None
    said: dict[str, Any] = {slot.name: slot.text for slot in found.slots}
    assert (found.intent, said) == (intent, slots)


@pytest.mark.parametrize(
    "text",
    [
        "turn on the urn and the samovar",  # two things are more than this can read
        "every time the hatch opens turn on the cabin light",
        "turn the urn on and the samovar off",
        "turn it off",
        "on",
        "a lovely day",
        "",
    ],
)
def test_more_or_less_than_one_named_thing_is_left_alone(text: str) -> None:
    assert reading(text) is None
