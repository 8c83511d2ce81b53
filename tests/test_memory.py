"""What the owner may ask of what was learned; the real files, the real socket."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner, Result

from hubagent import control
from hubagent.brain import JOURNAL_NAME
from hubagent.cli import app
from hubagent.errors import DataError
from hubagent.evidence import Changes, Entry, JournalTurn, Pair, Stage, Tally
from hubagent.feedback.journal import Journal
from hubagent.memory import Files, answer, ask
from hubagent.rewrite.exchange import Imported
from hubagent.rewrite.pairs import FILE_NAME, LearnedStore
from hubagent.types import Decision, Layer, TurnId

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SAID, MEANT = "flimber the gorgle", "turn on the desk lamp"


def turn(number: int, heard: str) -> JournalTurn:
    return JournalTurn(
        turn_id=TurnId(f"t{number}"), at_s=1000.0 + number, place="den", speaker="", heard=heard,
        read=heard, rewrite=None, decision=Decision.ACT, intent="i", reason="", interpretation="i|x",
        probability=0.9, margin=0.5, out_of_scope=0.0, asr_confidence=None, done=(), response="Done.",
        ms=1.0,
    )  # fmt: skip


@pytest.fixture
def state(tmp_path: Path) -> Path:
    store = LearnedStore(tmp_path / FILE_NAME)
    store.change(
        Changes(
            pairs=(
                Pair(SAID, MEANT, Layer.PERSONAL, Stage.LIVE, "rephrase", "i|x", on=Tally(3.0, 1.0),
                     why="said again in other words"),
                Pair("other words", "turn on the hall lamp", Layer.PERSONAL, Stage.SHADOW, "chain", ""),
            ),
            entries=(Entry(MEANT, "i|x", tally=Tally(5.0, 0.0)),),
        )
    )  # fmt: skip
    store.close()
    journal = Journal(tmp_path / JOURNAL_NAME)
    for number, words in enumerate([SAID, MEANT, "Flimber the gorgle!", "something else"]):
        journal.append(turn(number, words))
    journal.close()
    return tmp_path


def run(state: Path, *words: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, ["memory", *words, "--state-dir", str(state)], input=stdin)


def on_disk(state: Path, words: str) -> bool:
    return any(
        words.encode() in file.read_bytes().lower() for file in state.iterdir() if file.is_file()
    )


def test_pairs_are_listed_the_ones_in_use_first(state: Path) -> None:
    shown = run(state, "list").stdout
    assert shown.index(SAID) < shown.index("other words")
    assert "2 pairs, 1 words" in shown
    found = json.loads(run(state, "list", "--json").stdout)
    assert [pair["stage"] for pair in found["pairs"]] == ["live", "shadow"]


def test_a_pair_is_shown_by_either_side(state: Path) -> None:
    for words in (SAID, MEANT):
        shown = run(state, "show", *words.split()).stdout
        assert "said again in other words" in shown
        assert "3.0 went well, 1.0 did not" in shown
    with pytest.raises(DataError, match="nothing was learned"):
        ask(state, "show", {"words": "never heard"})


def test_forgetting_leaves_no_byte(state: Path) -> None:
    (state / "learned.damaged").write_bytes(SAID.encode())
    assert on_disk(state, SAID)
    result = run(state, "forget", "Flimber", "the", "gorgle!", "--json")
    assert json.loads(result.stdout) == {"forgotten": 3}  # two turns and a pair
    assert not on_disk(state, "flimber")
    left = ask(state, "list", {})
    assert [pair["source"] for pair in left["pairs"]] == ["other words"]
    assert on_disk(state, "something else")
    ask(state, "forget", {"all": True})
    assert not on_disk(state, "something else")
    assert not on_disk(state, "hall lamp")
    assert ask(state, "list", {})["pairs"] == []


def test_a_bare_name_takes_every_turn_with_it_along(state: Path) -> None:
    """What a later pass could learn it from again, while no hub runs, too."""
    journal = Journal(state / JOURNAL_NAME)
    journal.append(replace(turn(9, "dim the flimber"), decision=Decision.REFUSE))
    journal.append(turn(10, "flimber the gorgle by half"))
    journal.close()
    assert ask(state, "forget", {"words": "flimber"}) == {"forgotten": 5}  # four turns and a pair
    assert not on_disk(state, "flimber")
    assert on_disk(state, "something else")


def test_forgetting_asks_for_what(state: Path) -> None:
    assert run(state, "forget").exit_code == 2
    assert run(state, "forget", "this", "--all").exit_code == 2


def test_what_is_exported_can_be_imported_elsewhere(state: Path, tmp_path: Path) -> None:
    exported = run(state, "export").stdout
    other = tmp_path / "other"
    other.mkdir()
    (tmp_path / "file.json").write_text(exported)
    assert "took in 2 pairs and 1 words" in run(other, "import", str(tmp_path / "file.json")).stdout
    assert json.loads(run(other, "export").stdout) == json.loads(exported)


def test_a_hostile_import_is_counted_and_explained(state: Path) -> None:
    hostile = {"pairs": [{"source": "hello there", "target": "unlock the front door"}, 7]}
    result = run(state, "import", "-", stdin=json.dumps(hostile))
    assert result.exit_code == 0
    assert "took in 0 pairs" in result.output
    assert "left out 1: pair: refused, sensitive" in result.output
    assert run(state, "import", "-", stdin="[").exit_code == 1


def test_it_can_be_muted_and_heard_again(state: Path) -> None:
    assert "says nothing" in run(state, "mute").stdout
    assert "muted" in run(state, "list").stdout
    assert "says it again" in run(state, "mute", "--off").stdout
    assert ask(state, "list", {})["muted"] is False


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no folder"):
        ask(tmp_path / "none", "list", {})


@pytest.mark.parametrize(
    "wrong", [{}, {"do": "eat"}, {"do": "forget"}, {"do": "forget", "words": " ?"}, {"do": "mute"}]
)
def test_a_wrong_request_says_what_is_right(state: Path, wrong: dict[str, Any]) -> None:
    files = Files(state)
    with pytest.raises(DataError, match="expected"):
        answer(files, wrong)
    files.close()


# --- while the hub runs ---------------------------------------------------------------------------


@pytest.fixture
def running(state: Path) -> Iterator[Path]:
    files = Files(state)
    server = control.ControlServer(
        state / control.SOCKET_NAME, {"memory": lambda params: [answer(files, params)]}
    )
    server.start()
    yield state
    server.stop()
    files.close()


def test_the_running_hub_is_asked(running: Path) -> None:
    assert len(ask(running, "list", {})["pairs"]) == 2
    assert ask(running, "forget", {"words": SAID})["forgotten"] == 3


def test_a_long_document_is_handed_over_in_parts(running: Path) -> None:
    rows = [
        {"source": f"zorble number {number} words", "target": f"wumpus number {number} words"}
        for number in range(1500)
    ]
    long = {"source": "a", "target": "b", "why": "x" * 50_000}
    taken = ask(running, "import", {"document": {"pairs": [*rows, long]}})
    assert taken["pairs"] == 1500
    assert taken["skipped"] == {"pairs: a row is too long": 1}
    assert len(ask(running, "export", {})["pairs"]) == 1502


def test_how_turns_are_judged_is_handed_over_too(running: Path, monkeypatch: Any) -> None:
    """A hub that has learned that none of its own takes it in; see ``Brain.import_``."""
    parts: list[Any] = []

    def taken(_files: Files, part: Any) -> Imported:
        parts.append(part)
        return Imported(0, 0)

    monkeypatch.setattr(Files, "import_", taken)
    ask(running, "import", {"document": {"pairs": [], "judge": {"labels": {}}}})
    assert parts == [{"judge": {"labels": {}}}]
