from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from hubagent.chat import HomeCompleter, recite, reply
from hubagent.cli import app
from hubagent.reference import PAGES

DOCS = Path(__file__).parents[1] / "docs"
GROUP = typer.main.get_command(app)
assert isinstance(GROUP, TyperGroup)
COMMANDS = GROUP.commands
NAMES = sorted(COMMANDS)


@pytest.mark.parametrize("page", sorted(PAGES))
def test_each_generated_page_is_current(page: str) -> None:
    assert (DOCS / page).read_text() == PAGES[page](), "run `make docs`"


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help_on_itself_and_on_each_parameter(name: str) -> None:
    result = CliRunner().invoke(app, [name, "--help"])
    assert result.exit_code == 0
    command = COMMANDS[name]
    assert command.help
    assert [item.name for item in command.params if not getattr(item, "help", None)] == []


def test_every_command_is_mentioned_in_the_readme() -> None:
    readme = (DOCS.parent / "README.md").read_text()
    assert [name for name in NAMES if not re.search(rf"hubagent {name}\b", readme)] == []


def test_completion_begins_with_openings_and_goes_on_with_names_of_several_words() -> None:
    completer = HomeCompleter(lambda: ["Kitchen Light", "Kitchen Kettle", "Hall Lamp"])
    assert ("turn on the", 0) in completer.complete("")
    assert completer.complete("turn on the kitchen l") == [("Kitchen Light", 9)]
    assert completer.complete("turn on the ki") == [("Kitchen Kettle", 2), ("Kitchen Light", 2)]
    assert completer.complete("turn on the attic") == []


def test_a_script_is_said_line_by_line_without_its_comments(
    capsys: pytest.CaptureFixture[str],
) -> None:
    import sys

    recite(
        ["# hello", "", "lights on", "/nope", "quit", "never said"],
        lambda text: text.upper(),
        commands={"explain": lambda: "because"},
        out=sys.stdout,
    )
    printed = capsys.readouterr().out
    assert "hub> LIGHTS ON" in printed
    assert "unknown command `/nope`; there are /explain" in printed
    assert "never said" not in printed
    assert reply("/explain", str, {"explain": lambda: "because"}) == "because"
