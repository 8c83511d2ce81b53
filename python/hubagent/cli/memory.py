"""`hubagent memory`: what was learned, and taking it away."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from hubagent.cli.shared import (
    AsJson,
    ConfigPath,
    StateDir,
    err,
    object_of,
    out,
    print_json,
    read_object,
)
from hubagent.config import load_config

if TYPE_CHECKING:
    from collections.abc import Iterable

app = typer.Typer(
    help="Look at what was learned, take it away, or forget it.", no_args_is_help=True
)


@app.command("list")
def memory_list(
    config: ConfigPath = None, state_dir: StateDir = None, as_json: AsJson = False
) -> None:
    """List the words that are taken for others, the ones in use first."""
    found = _memory(config, state_dir, "list")
    if as_json:
        print_json(found)
        return
    out.print(_pair_table(found["pairs"]))
    muted = ", muted" if found["muted"] else ""
    out.print(f"{len(found['pairs'])} pairs, {found['entries']} words that work here{muted}")


@app.command("show")
def memory_show(
    words: Annotated[list[str], typer.Argument(help="What is said, or what it is taken for.")],
    config: ConfigPath = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Show all that is known of some words: how often, how it went, and why they are where they are."""
    found = _memory(config, state_dir, "show", words=" ".join(words))
    if as_json:
        print_json(found)
        return
    for pair in found["pairs"]:
        out.print(f'"{pair["source"]}" is taken for "{pair["target"]}"', markup=False)
        for name in ("stage", "layer", "origin", "interpretation", "sessions", "why"):
            out.print(f"  {name:<15}{pair[name]}", markup=False)
        for name in ("on", "off"):
            good, bad = pair[name]
            used = "used" if name == "on" else "left out"
            out.print(f"  {used:<15}{good:.1f} went well, {bad:.1f} did not")
    for entry in found["entries"]:
        good, bad = entry["tally"]
        out.print(f'"{entry["text"]}": {good:.1f} went well, {bad:.1f} did not', markup=False)


@app.command("forget")
def memory_forget(
    words: Annotated[
        list[str] | None, typer.Argument(help="What is said, or what it is taken for.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All that was ever said and learned.")
    ] = False,
    config: ConfigPath = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Forget words: pairs, words that work, and every turn they were said in; no byte is left."""
    if bool(words) == everything:
        raise typer.BadParameter("name the words to forget, or --all")
    params = {"all": True} if everything else {"words": " ".join(words or [])}
    found = _memory(config, state_dir, "forget", **params)
    if as_json:
        print_json(found)
    else:
        out.print(f"forgot {found['forgotten']} turns and rows")


@app.command("export")
def memory_export(config: ConfigPath = None, state_dir: StateDir = None) -> None:
    """Write all that was learned as JSON, for `hubagent memory import` or a replay."""
    print_json(_memory(config, state_dir, "export"))


@app.command("import")
def memory_import(
    file: Annotated[str, typer.Argument(help="What `memory export` wrote; - for stdin.")],
    config: ConfigPath = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Take in what was exported; what is wrong or dangerous is left out and counted."""
    document = object_of(sys.stdin.read(), "stdin") if file == "-" else read_object(Path(file))
    found = _memory(config, state_dir, "import", document=document)
    if as_json:
        print_json(found)
        return
    out.print(f"took in {found['pairs']} pairs and {found['entries']} words that work")
    for why, count in found["skipped"].items():
        err.print(f"left out {count}: {why}", markup=False)


@app.command("mute")
def memory_mute(
    undo: Annotated[bool, typer.Option("--off", help="Say it again.")] = False,
    config: ConfigPath = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Do not say any more what words were taken for."""
    found = _memory(config, state_dir, "mute", muted=not undo)
    if as_json:
        print_json(found)
    else:
        out.print("says nothing of it now" if found["muted"] else "says it again")


def _memory(
    config: Path | None,
    state_dir: Path | None,
    do: str,
    **params: Any,  # noqa: ANN401 # what the hub takes
) -> dict[str, Any]:
    from hubagent.memory import ask

    return ask(load_config(config, state_dir=state_dir).hub.state_dir, do, params)


def _pair_table(rows: Iterable[dict[str, Any]]) -> Table:
    table = Table("said", "taken for", "stage", "from", "used", "left out", box=None)
    for row in rows:
        table.add_row(
            escape(row["source"]),
            escape(row["target"]),
            row["stage"],
            f"{row['layer']}, {row['origin']}",
            *("+{:.0f} -{:.0f}".format(*row[name]) for name in ("on", "off")),
        )
    return table
