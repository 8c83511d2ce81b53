"""The commands of a hub: run it, speak to it, look at it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from hubagent.cli.shared import (
    FAILED,
    AsJson,
    ConfigPath,
    StateDir,
    ask_hub,
    err,
    log_to_stderr,
    out,
    print_json,
    progress,
)
from hubagent.config import load_config

app = typer.Typer()


@app.command()
def run(config: ConfigPath = None, state_dir: StateDir = None) -> None:
    """Run the hub until it is stopped (this is what the service does)."""
    from hubagent.daemon import run_daemon

    settings = load_config(config, state_dir=state_dir)
    log_to_stderr(settings.log.level)
    run_daemon(settings)


@app.command()
def say(
    words: Annotated[list[str], typer.Argument(help="What to say.")],
    area: Annotated[str | None, typer.Option(help="Area the speaker is in.")] = None,
    config: ConfigPath = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Say something to the running hub and print its answer."""
    params = {"text": " ".join(words), "area": area}
    for turn in ask_hub(config, state_dir, "say", params):
        if as_json:
            print_json(turn)
        else:
            out.print(turn["response"], markup=False)
        if turn["decision"] == "refuse":
            raise typer.Exit(FAILED)


@app.command()
def explain(
    turn: Annotated[str, typer.Argument(help="Turn id, or how many turns back (1 = last).")] = "1",
    config: ConfigPath = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Show what every stage saw and chose in a turn."""
    for answer in ask_hub(config, state_dir, "explain", {"turn": turn}):
        if as_json:
            print_json(answer["turn"])
        else:
            out.print(answer["text"], markup=False)


@app.command()
def learn(
    now: Annotated[bool, typer.Option("--now", help="Run a learning pass at once.")] = False,
    config: ConfigPath = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Show what the last learning pass did, or run one now."""
    answers = ask_hub(config, state_dir, "learn", {"now": now}, timeout_s=None)
    with Progress(console=err, transient=True, disable=not now) as bars:
        show = progress(bars)
        for answer in answers:
            if "step" in answer:
                show(answer["step"], answer["done"], answer["total"])
            elif as_json:
                print_json(answer["report"])
            elif answer["report"] is None:
                out.print("No pass has been run yet; it is done at night, or with --now.")
            else:
                at = datetime.fromtimestamp(answer["report"]["at"], tz=UTC).astimezone()
                out.print(f"Learning pass of {at:%Y-%m-%d %H:%M}", style="dim")
                for sentence in answer["report"]["text"]:
                    out.print(sentence, markup=False)


@app.command()
def doctor(config: ConfigPath = None, state_dir: StateDir = None, as_json: AsJson = False) -> None:
    """Check the machine, the model and the running hub; say what to do about each problem."""
    from hubagent.doctor import examine

    findings = examine(load_config(config, state_dir=state_dir))
    if as_json:
        print_json({"findings": [finding.document() for finding in findings]})
    else:
        table = Table("", "what", "found", "do", box=None)
        for finding in findings:
            table.add_row(
                "ok" if finding.good else "!!",
                finding.what,
                finding.found,
                "" if finding.good else finding.advice,
            )
        out.print(table)
    if not all(finding.good for finding in findings):
        raise typer.Exit(FAILED)


@app.command()
def service() -> None:
    """Print the systemd unit that runs this very installation (see docs/service.md)."""
    from hubagent.service import unit_text

    sys.stdout.write(unit_text(str(Path(sys.argv[0]).absolute())))
