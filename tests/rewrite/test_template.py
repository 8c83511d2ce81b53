"""Words without what is of one home: what stands in the gaps, and where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, strategies as st

from hubagent.evidence import source_key
from hubagent.rewrite.template import AREA, GAPS, NAME, HomeNames, Template, template_key

if TYPE_CHECKING:
    from hubagent.ports import ContextView


def test_names_of_things_and_rooms_become_gaps(view: ContextView) -> None:
    names = HomeNames(view)
    assert names.template("turn on gandalf in the kitchen") == Template(
        "turn on {name} in the {area}", {NAME: "gandalf", AREA: "kitchen"}
    )
    assert names.template("turn on the light") == Template("turn on the light", {})


def test_words_with_two_things_stay_as_they_are(view: ContextView) -> None:
    words = "turn on gandalf and gandalf"
    assert HomeNames(view).template(words) == Template(words, {}, is_clear=False)


def test_a_number_is_a_gap_too_where_it_is_asked_for(view: ContextView) -> None:
    said = HomeNames(view).template("put gandalf at twenty five percent")
    assert said.text == "put {name} at twenty five percent"
    numbered = said.with_number()
    assert numbered.text == "put {name} at {n} percent"
    assert numbered.filled("set {name} to {n} percent") == "set gandalf to twenty five percent"
    assert numbered.with_number() is numbered
    for words in ("put gandalf on", "set it from 20 to 30"):
        plain = HomeNames(view).template(words)
        assert plain.with_number() is plain


def test_only_gaps_that_were_said_can_be_filled() -> None:
    said = Template("witch on {name}", {NAME: "gandalf"})
    assert said.filled("turn on the {name}") == "turn on the gandalf"
    assert said.filled("lights on") == "lights on"
    assert said.filled("turn on the {name} in the {area}") is None


@given(st.lists(st.sampled_from(["Turn", "on,", "the", "{name}", "{area}", "{x}", "20.5 %"])))
def test_a_key_of_a_key_is_itself_and_keeps_its_gaps(words: list[str]) -> None:
    key = template_key(" ".join(words))
    assert template_key(key) == key
    assert [word for word in key.split() if word in GAPS] == [w for w in words if w in GAPS]


def test_filling_a_template_with_its_own_names_gives_the_words_back(view: ContextView) -> None:
    names = HomeNames(view)
    for entity in view.entities():
        words = source_key(f"turn on the {entity.name} now")
        said = names.template(words)
        assert said.filled(said.text) == words
