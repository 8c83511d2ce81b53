"""`hubagent sync`: learning with other homes; agreed to, looked at and ended here."""

from __future__ import annotations

import sys
import time
from pathlib import Path  # noqa: TC003 # typer reads it
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from hubagent.cli.shared import AsJson, ConfigPath, StateDir, err, out, print_json
from hubagent.clock import SystemClock
from hubagent.config import load_config
from hubagent.errors import HubagentError

if TYPE_CHECKING:
    from collections.abc import Mapping

app = typer.Typer(
    help="Learn with other homes: what would leave this one, and whether it may.",
    no_args_is_help=True,
)


@app.command("status")
def sync_status(
    config: ConfigPath = None, state_dir: StateDir = None, as_json: AsJson = False
) -> None:
    """Show what was agreed to, what waits to be sent, and what became of the rest."""
    found = _ask(config, state_dir, "status")
    if as_json:
        print_json(found)
        return
    for line in _sentences(found):
        out.print(line, markup=False)


@app.command("preview")
def sync_preview(
    config: ConfigPath = None, state_dir: StateDir = None, as_json: AsJson = False
) -> None:
    """Show the very bytes that wait or would be sent today, and what they say; sends nothing."""
    found = _ask(config, state_dir, "preview")
    if as_json:
        print_json(found)
        return
    if not found["agreed"]:
        out.print("Nothing is sent, as nobody has agreed. What four weeks would have told:")
    for name, title in (("waiting", "Waits"), ("next", "Today")):
        for batch in found[name]:
            _show_batch(title, batch)
    if not found["waiting"] and not found["next"]:
        out.print("There is nothing to tell.")
    if found.get("running") is False:
        err.print("The hub does not run: only what waits is known.")


@app.command("now")
def sync_now(
    config: ConfigPath = None, state_dir: StateDir = None, as_json: AsJson = False
) -> None:
    """Send what waits and what today's batch would hold, and look for a new table, now."""
    found = _ask(config, state_dir, "now")
    if as_json:
        print_json(found)
    else:
        if "sent" in found:
            out.print(f"sent {found['sent']}, {found['waiting']} wait")
        for line in _of_tables(found):
            out.print(line, markup=False)
    problems = [found.get("error"), ((found.get("tables") or {}).get("last") or {}).get("error")]
    for problem in filter(None, problems):
        err.print(str(problem), markup=False)
    if any(problems):
        raise typer.Exit(1)


@app.command("on")
def sync_on(
    yes: Annotated[bool, typer.Option("--yes", help="Agree without being asked.")] = False,
    config: ConfigPath = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Show what is sent and agree to it; the text, its version and the time are recorded."""
    from hubagent.sharing import text_for

    service = load_config(config, state_dir=state_dir).sync.service
    if not service:
        raise HubagentError("there is no service to agree to", hint="set sync.service")
    err.print(text_for(service), markup=False)
    if not yes and not (sys.stdin.isatty() and typer.confirm("Agree?", err=True)):
        raise HubagentError("not agreed; nothing is sent", hint="answer y, or give --yes")
    found = _ask(config, state_dir, "on")
    if as_json:
        print_json(found)
    else:
        out.print(f"agreed; the first batch is due at {_moment(found['due_at'])}")


@app.command("off")
def sync_off(
    erase: Annotated[
        bool, typer.Option("--erase", help="Have the service delete what it has of open weeks.")
    ] = False,
    config: ConfigPath = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Agree no more: what waits is deleted and nothing is sent from now on."""
    found = _ask(config, state_dir, "off", erase=erase)
    if as_json:
        print_json(found)
        return
    out.print("nothing is sent any more")
    if erase and found["erased"]:
        out.print(f"the service deleted {found['deleted']} sentence(s)")
    elif erase:
        err.print(f"not deleted at the service yet: {found['error']}", markup=False)
        err.print("the running hub tries again until it is")


def _ask(
    config: Path | None,
    state_dir: Path | None,
    do: str,
    **params: Any,  # noqa: ANN401 # what the hub takes
) -> dict[str, Any]:
    from hubagent.sharing import ask

    settings = load_config(config, state_dir=state_dir)
    return ask(settings.hub.state_dir, settings.sync, SystemClock(), do, params)


def _sentences(found: Mapping[str, Any]) -> list[str]:
    if "service" not in found:
        return ["service: none is set", *_of_tables(found)]
    told = [f"service: {found['service'] or 'none is set'}"]
    if found["agreed"]:
        told.append(
            f"agreed on {_moment(found['agreed_at'])} to text {found['text_version']}; "
            f"next batch at {_moment(found['due_at'])}"
        )
    elif found["text_changed"]:
        told.append("what is sent has changed since you agreed; nothing is sent: hubagent sync on")
    else:
        told.append("nobody has agreed; nothing is sent")
    told.append(f"told this week: {found['told_this_week']} of at most 20 sentences")
    told.append(f"waiting: {found['waiting']} batch(es), {found['waiting_bytes']} bytes")
    told += [f"{name}: {count} batch(es)" for name, count in found["counts"].items()]
    if found["erasing"]:
        told.append("the service is still to delete what it has")
    last = found["last"]
    if last and last["error"]:
        told.append(f"at {_moment(last['at'])}: {last['error']}")
    return [*told, *_of_tables(found)]


def _of_tables(found: Mapping[str, Any]) -> list[str]:
    tables = found.get("tables")
    if not tables:
        return []
    if tables["control"]:
        told = ["table of other homes: none this quarter, as others are compared with this home"]
    elif tables["table"]:
        told = [f"table of other homes: {tables['table']}, since {_moment(tables['since'])}"]
    else:
        told = ["table of other homes: none yet"]
    told += [f"  left out {count}: {why}" for why, count in tables["left_out"].items()]
    told += [f"  table {version} was taken back" for version in tables["taken_back"]]
    last = tables["last"]
    return [
        *told,
        *([f"  at {_moment(last['at'])}: {last['error']}"] if last and last["error"] else []),
    ]


def _show_batch(title: str, batch: Mapping[str, Any]) -> None:
    out.print(
        f"{title}: {batch['bytes']} bytes, week {batch['week']}, number {batch['number']}, "
        f"language {batch['locale']}, rules {batch['policy']}, hubagent {batch['software']}, "
        f"table {batch['table']}",
        markup=False,
    )
    table = Table("said", "then", "times", "signs", "by a rule of others", box=None)
    for row in batch["rows"]:
        table.add_row(
            escape(row["said"]),
            escape(row["then"]),
            str(row["times"]),
            ", ".join(row["signs"]),
            "yes" if row["rewritten"] else "",
        )
    out.print(table)
    for stage, count in batch["failures"].items():
        out.print(f"came to nothing at {stage}: {count}", markup=False)
    out.print(batch["hex"], markup=False)


def _moment(at_s: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at_s))
