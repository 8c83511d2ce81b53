from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from hubagent.cli import app
from hubagent.households.life import Life, Truth
from hubagent.households.population import Lived, Setting, crowd, household_of
from hubagent.households.reading import reader
from hubagent.households.summary import summary
from hubagent.simulate.wishes import ELSEWHERE, Verdict

if TYPE_CHECKING:
    from pathlib import Path

SETTING = Setting(homes=3, days=3, seed=7, people="test")


@pytest.fixture(scope="module")
def lived() -> list[Lived]:
    with crowd(jobs=1) as here:
        return here.live(SETTING)[0]


def _all(lived: list[Lived]) -> list[Truth]:
    return [item for one in lived for item in one.truth]


def test_the_same_seed_gives_the_same_truth_on_any_number_of_processes(
    lived: list[Lived],
) -> None:
    with crowd(jobs=2) as two:
        assert two.live(SETTING) == [lived]


def test_most_of_what_is_said_plainly_is_done_and_some_is_not(lived: list[Lived]) -> None:
    first = [item for item in _all(lived) if item.attempt == 0]
    done = sum(item.verdict is Verdict.DONE for item in first)
    assert 0.5 * len(first) < done < len(first)


def test_after_a_failure_people_go_on_and_after_success_they_do_not(
    lived: list[Lived],
) -> None:
    by_errand: dict[str, list[Truth]] = {}
    for item in _all(lived):
        by_errand.setdefault(item.errand, []).append(item)
    again = [turns for turns in by_errand.values() if len(turns) > 1]
    assert again
    for turns in again:
        own = [item for item in turns if item.kind != ELSEWHERE]
        assert all(item.verdict is not Verdict.DONE for item in own[:-1])


def test_the_turn_ids_are_those_of_the_hub(lived: list[Lived]) -> None:
    for one in lived:
        ids = [item.turn_id for item in one.truth]
        assert len(set(ids)) == len(ids)
        assert ids == sorted(ids)


def test_a_longer_life_begins_like_a_shorter_one(lived: list[Lived]) -> None:
    life = Life(household_of(SETTING, 0), reader())
    longer = list(life.live(SETTING.days + 1))
    assert tuple(longer[: len(lived[0].truth)]) == lived[0].truth


def test_the_summary_counts_every_turn_once(lived: list[Lived]) -> None:
    figures = summary(lived)
    truth = _all(lived)
    assert figures["turns"] == len(truth) == sum(figures["verdicts"].values())
    defects = sum(item.verdict.defect for item in truth)
    assert figures["defect_rate"] == round(defects / len(truth), 4)


def test_nothing_lived_is_no_figure_instead_of_an_error() -> None:
    assert summary([])["defect_rate"] is None


def test_the_command_prints_one_document_and_keeps_the_truth(tmp_path: Path) -> None:
    sentences = tmp_path / "said.jsonl"
    sentences.write_text(
        '{"id": 1, "text": "coffee now", "intent": "iot_coffee", "slots": []}\n\nnot json\n'
    )
    heard = tmp_path / "heard.jsonl"
    heard.write_text('{"id": 1, "text": "coffee now", "asr": "copy now"}\n{"id": 2}\n')
    result = CliRunner().invoke(
        app,
        ["simulate", "--homes", "2", "--days", "1", "--seed", "3", "--jobs", "1", "--json",
         "--utterances", str(sentences), "--asr", str(heard), "--journal", str(tmp_path / "out")],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["skipped_rows"]["utterances"] == {"empty": 1, "not a row": 1}
    assert document["skipped_rows"]["asr"]["not a row"] == 1
    rows = [
        json.loads(line)
        for path in sorted((tmp_path / "out").glob("truth-*.jsonl"))
        for line in path.read_text().splitlines()
    ]
    assert len(rows) == document["turns"] > 0


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    from hubagent.errors import DataError

    missing = tmp_path / "nothing.jsonl"
    with pytest.raises(DataError, match=r"nothing\.jsonl"):
        household_of(Setting(1, 1, 1, utterances=missing), 0)


def test_the_counterfactual_comes_to_what_the_turn_itself_did() -> None:
    life = Life(household_of(SETTING, 1), reader())
    compared = 0
    for truth in life.live(2):
        if truth.attempt == 0:
            assert life.without() is truth.verdict
            compared += 1
    assert compared > 10
