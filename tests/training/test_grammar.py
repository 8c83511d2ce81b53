"""Templates: what they can and cannot say."""

# ruff: noqa: S311 - repeatable draws, no secret

from __future__ import annotations

import random

import pytest

from hubagent.errors import DataError
from hubagent.training import grammar


def draws(template: str, times: int = 200, **rules: str) -> set[str]:
    """Return every sentence that many draws give."""
    generator = random.Random(5)
    parsed = {name: grammar.parse(text) for name, text in rules.items()}
    lists: grammar.Draw = {"area": lambda _: "kitchen", "color": lambda _: "red"}
    node = grammar.parse(template)
    return {grammar.join(grammar.sample(node, parsed, lists, generator))[0] for _ in range(times)}


def test_options_choices_and_orders_are_all_drawn() -> None:
    assert draws("turn on [the] (light|lamp)[s]") == {
        f"turn on {the}{noun}{s}" for the in ("", "the ") for noun in ("light", "lamp") for s in ("", "s")
    }  # fmt: skip
    assert draws("(lights on;in here)") == {"lights on in here", "in here lights on"}


def test_spaces_stay_single() -> None:
    assert draws("[a] [b] c [d]") >= {"c", "a c", "b c d", "a b c d"}
    assert all("  " not in text and text == text.strip() for text in draws("[a] [b] c [d]"))


def test_values_are_marked_where_they_are() -> None:
    node = grammar.parse("make <it> {color:mood} please")
    lists: grammar.Draw = {"area": lambda _: "kitchen", "color": lambda _: "dark red"}
    rules = {"it": grammar.parse("the {area}")}
    text, spans = grammar.join(grammar.sample(node, rules, lists, random.Random(1)))
    marked = [(text[start:end], piece.source, piece.tag) for start, end, piece in spans]
    assert text == "make the kitchen dark red please"
    assert marked == [("kitchen", "area", ""), ("dark red", "color", "mood")]


@pytest.mark.parametrize("template", ["[a", "(a|b", "a)", "{area", "x]"])
def test_unbalanced_templates_are_refused(template: str) -> None:
    with pytest.raises(DataError):
        grammar.parse(template)


def test_unknown_names_and_endless_rules_are_refused() -> None:
    for template in ("<nowhere>", "{nothing}"):
        with pytest.raises(DataError, match="unknown"):
            draws(template)
    with pytest.raises(DataError, match="without end"):
        draws("<again>", again="<again>")
