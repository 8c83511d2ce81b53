"""Training of the ranker's weights, on examples small enough to know what must come of them."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from hubagent.resolve import rank
from hubagent.training import ranker
from hubagent.training.ranker import Example, Recipe
from hubagent.training.ranker_cases import Collector
from hubagent.understand.understander import Understander

BY_HAND = rank.load()
FREE = Recipe(strength=0.0, dropout=0.0)


def of(home: str, *features: dict[str, float], right: int = 0) -> Example:
    return Example(home, features, right)


HERE_OR_ON = [of("a/1", {"here": 1.0}, {"state": 1.0}, right=1)] * 8
"""What is in the state that the words change is meant, and not what is in the room."""


def test_without_examples_nothing_changes() -> None:
    assert ranker.fit([], BY_HAND) == BY_HAND


def test_what_tells_apart_is_learnt_and_the_loss_falls() -> None:
    trained = ranker.fit(HERE_OR_ON, BY_HAND, FREE)
    before, after = (ranker.evaluate(HERE_OR_ON, weights) for weights in (BY_HAND, trained))
    assert (before.top_1, after.top_1) == (0.0, 1.0)
    assert after.log_loss < before.log_loss / 2


def test_a_strong_pull_keeps_the_weights_set_by_hand() -> None:
    trained = ranker.fit(HERE_OR_ON, BY_HAND, Recipe(strength=100.0))
    for name, weight in BY_HAND.context.items():
        assert trained.context[name] == pytest.approx(weight, abs=0.3)


def test_the_same_seed_gives_the_same_weights() -> None:
    assert ranker.fit(HERE_OR_ON, BY_HAND) == ranker.fit(HERE_OR_ON, BY_HAND)


FEATURES = st.dictionaries(
    st.sampled_from([*BY_HAND.explicit, *BY_HAND.context, *BY_HAND.usual]), st.floats(0.0, 1.0)
)


@given(st.lists(st.tuples(FEATURES, FEATURES), min_size=1, max_size=6))
def test_whatever_the_examples_say_signs_stay_and_context_stays_behind_words(
    pairs: list[tuple[dict[str, float], dict[str, float]]],
) -> None:
    examples = [of("a/1", *pair, right=1) for pair in pairs]
    trained = ranker.fit(examples, BY_HAND, Recipe(strength=0.0, steps=40, rate=1.0))
    assert all(weight >= 0 for weight in (*trained.explicit.values(), *trained.context.values()))
    assert trained.usual == BY_HAND.usual
    assert trained.usual_most < trained.context["here"] < trained.explicit["place"]
    assert trained.explicit["place"] < trained.explicit["name"]
    assert sum(trained.context.values()) < sum(trained.explicit.values())


def test_context_that_is_always_dropped_is_not_trained() -> None:
    trained = ranker.fit(HERE_OR_ON, BY_HAND, replace(FREE, dropout=1.0))
    assert trained.context == pytest.approx(BY_HAND.context)


def test_ties_count_their_share() -> None:
    tied = of("a/1", {"here": 1.0}, {"here": 1.0})
    assert ranker.evaluate([tied], BY_HAND).top_1 == 0.5


def test_no_home_is_on_both_sides_and_each_source_is_on_each() -> None:
    examples = [of(f"{source}/{home}", {}, {}) for source in "ab" for home in range(10)] * 3
    train, held_out = ranker.split(examples, 0.3)
    assert len(train) + len(held_out) == len(examples)
    assert not {e.home for e in train} & {e.home for e in held_out}
    assert {e.source for e in train} == {e.source for e in held_out} == {"a", "b"}


def test_what_is_compared_counts_the_choices_that_change() -> None:
    told = ranker.compare(HERE_OR_ON, BY_HAND, ranker.fit(HERE_OR_ON, BY_HAND, FREE))
    assert told["changed"] == {"a": len(HERE_OR_ON)}


def test_the_file_has_the_trained_weights_and_keeps_the_rest() -> None:
    trained = replace(BY_HAND, context={**BY_HAND.context, "here": 1.87})
    text = ranker.as_toml(trained)
    data = tomllib.loads(text)
    assert data["context"]["here"] == 1.87
    assert data["usual"] == BY_HAND.usual
    assert data["ask_margin"] == BY_HAND.ask_margin
    assert "# in the room of the speaker" in text


def test_examples_come_from_the_real_resolver() -> None:
    examples = list(Collector(Understander.load()).generated(homes=2, requests=10, seed=3))
    assert examples
    assert {e.source for e in examples} == {"generated"}
    assert all(len(e.features) > 1 and 0 <= e.right < len(e.features) for e in examples)
    assert ranker.evaluate(examples, BY_HAND).top_1 > 0.5
