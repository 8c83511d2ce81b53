"""What goes out comes back in, and what is hostile does not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from hubagent.errors import DataError
from hubagent.evidence import Changes, Entry, Pair, Stage, Tally
from hubagent.rewrite.exchange import MOST_ROWS, exported, imported
from hubagent.rewrite.pairs import LearnedStore
from hubagent.types import Layer

if TYPE_CHECKING:
    from hubagent.ports import ContextView
    from hubagent.rewrite.guardrail import Guardrail


def row(source: str, target: object, **more: Any) -> dict[str, Any]:
    return {"source": source, "target": target, **more}


def test_what_was_exported_is_the_same_when_imported(guard: Guardrail, view: ContextView) -> None:
    store = LearnedStore()
    pairs = (
        Pair("turn on gandelf", "turn on gandalf", Layer.PERSONAL, Stage.LIVE, "chain", "on|gandalf",
             on=Tally(4.0, 0.5), days=(1, 2), why="said so"),
        Pair("open sesame", "unlock the front door", Layer.PERSONAL, Stage.RETIRED, "chain", ""),
    )  # fmt: skip
    store.change(Changes(pairs=pairs, entries=(Entry("turn on gandalf", "on|gandalf"),)))
    document = json.loads(json.dumps(exported(store)))
    other = LearnedStore()
    result = imported(other, guard, view, document)
    assert (result.pairs, result.entries, result.skipped) == (2, 1, {})
    assert exported(other) == document


def test_a_hostile_document_changes_nothing_dangerous(guard: Guardrail, view: ContextView) -> None:
    store = LearnedStore()
    hostile: list[Any] = [
        *[row(words, "unlock the front door") for words in ("hello there", "gandalf on", "good night")],
        row("movie time", "open the drive gate", stage="live", on=[1e6, 0]),
        row("a" * 5000, "turn on gandalf"),
        row("gandelf\x00 on", "turn on gandalf"),
        row("gandelf on", "turn оn gandalf"),  # noqa: RUF001
        row("gandelf on", ["turn on gandalf"]),
        row("gandelf on", "turn on gandalf", on=[-1, 0]),
        row("turn off gandelf", "turn on gandalf"),
        7, None, [], "text",
        row("movie time", "start movie night"),
        row("start movie night", "movie time"),
        row("film time", "movie time"),
    ]  # fmt: skip
    result = imported(store, guard, view, {"pairs": hostile, "entries": [3, {"text": "\u202e"}]})
    assert [(pair.source, pair.target) for pair in store.pairs()] == [
        ("movie time", "start movie night")
    ]
    assert (result.pairs, result.entries) == (1, 0)
    assert sum(result.skipped.values()) == len(hostile) - 1 + 2
    assert result.skipped["pair: refused, sensitive"] == 4
    assert result.skipped["pair: refused, chain"] == 1
    assert all(reason for reason in result.skipped)


@pytest.mark.parametrize(
    "document", [{"pairs": 7}, {"entries": {}}, {"pairs": [None] * (MOST_ROWS + 1)}]
)
def test_another_form_changes_nothing_at_all(
    guard: Guardrail, view: ContextView, document: dict[str, Any]
) -> None:
    store = LearnedStore()
    with pytest.raises(DataError):
        imported(store, guard, view, document)
    assert store.version == 0


@given(
    st.lists(
        st.fixed_dictionaries(
            {"source": st.text(max_size=20), "target": st.text(max_size=20)},
            optional={"on": st.lists(st.floats()), "stage": st.text(), "days": st.integers()},
        )
    )
)
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_rows_are_taken_or_counted(guard: Guardrail, rows: list[dict[str, Any]]) -> None:
    store = LearnedStore()
    result = imported(store, guard, None, {"pairs": rows})
    assert len(store.pairs()) == result.pairs <= len(rows)
    assert result.pairs + sum(result.skipped.values()) <= len(rows)
