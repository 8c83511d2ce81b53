from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from hubagent.cli import app
from hubagent.errors import DataError
from hubagent.evaluate.learning import LearningReport, run_learning
from hubagent.evaluate.run import draw
from hubagent.households.arms import ALL, ARMS, OFF, Learning

if TYPE_CHECKING:
    from pathlib import Path

NEAREST = next(arm for arm in ARMS if arm.nearest)


def _run(jobs: int) -> LearningReport:
    return run_learning(2, 8, [5], None, None, arms=(OFF, ALL, NEAREST), train_homes=4, jobs=jobs)


@pytest.fixture(scope="module")
def report() -> LearningReport:
    return _run(1)


def test_the_same_seed_gives_the_same_figures_on_any_number_of_processes(
    report: LearningReport,
) -> None:
    assert _run(2).as_json() == report.as_json()


def test_every_arm_has_the_same_errands_and_the_control_no_rewrite(report: LearningReport) -> None:
    arms = report.arms
    assert set(arms) == {"off", "all", "nearest words"}
    assert len({arm["errands"] for arm in arms.values()}) == 1
    assert arms["off"]["triggered"] == 0
    assert arms["off"]["fewer_defects"]["value"] == 0.0


def test_an_arm_that_learns_rewrites_and_moves_nothing_sensitive(report: LearningReport) -> None:
    learned = report.arms["all"]
    assert learned["triggered"] > 0
    assert learned["wins"] > learned["losses"]
    assert learned["sensitive_moved_unasked"] == 0


def test_the_report_is_plain_data_with_tables_and_curves(
    report: LearningReport, tmp_path: Path
) -> None:
    assert json.loads(json.dumps(report.as_json())) == report.as_json()
    for rows in report.tables().values():
        assert len({len(row) for row in rows}) == 1
    draw(report, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(report.plots())
    assert all("<svg" in path.read_text() for path in tmp_path.iterdir())


def test_the_command_runs_it_with_the_options_of_simulate(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app,
        ["evaluate", "learning", "--homes", "1", "--days", "1", "--seed", "3", "--jobs", "1", "--json",
         "--utterances", str(_file(tmp_path, '{"text": "coffee now", "intent": "iot_coffee"}')),
         "--asr", str(_file(tmp_path, '{"id": 1, "text": "coffee now", "asr": "copy now"}'))],
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert set(document["learning"]["arms"]) == {arm.name for arm in ARMS}


def _file(folder: Path, line: str) -> Path:
    path = folder / f"{len(line)}.jsonl"
    path.write_text(line + "\n")
    return path


def test_what_is_no_number_of_households_is_refused() -> None:
    result = CliRunner().invoke(app, ["evaluate", "learning", "--homes", "somewhere"])
    assert result.exit_code == 2
    assert "somewhere" in result.output


def test_without_a_seed_there_is_nothing_to_compare() -> None:
    with pytest.raises(DataError):
        run_learning(1, 1, [], None, None, arms=(OFF, Learning("x")))
