"""`hubagent devices`: what the hub has found, and what an owner may add by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.live import Live
from rich.progress import Progress
from rich.table import Table

from hubagent.cli.shared import FAILED, AsJson, ConfigPath, StateDir, ask_hub, err, out, print_json
from hubagent.config import load_config
from hubagent.errors import HubagentError

if TYPE_CHECKING:
    from collections.abc import Iterable

app = typer.Typer()


@app.callback(invoke_without_command=True)
def devices(
    context: typer.Context,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on and show changes.")] = False,
    all_entities: Annotated[
        bool, typer.Option("--all", help="Settings and diagnostics too.")
    ] = False,
    config: ConfigPath = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """List what the running hub has found, with its state."""
    if context.invoked_subcommand is not None:
        return
    snapshots = ask_hub(
        config, state_dir, "devices", {"watch": watch, "all": all_entities}, timeout_s=None
    )
    if as_json:
        for snapshot in snapshots:
            print_json(snapshot)
    elif watch:
        with Live(console=out, auto_refresh=False) as live:
            try:
                for snapshot in snapshots:
                    live.update(_device_table(snapshot["entities"]), refresh=True)
            except KeyboardInterrupt:
                return
    else:
        for snapshot in snapshots:
            out.print(_device_table(snapshot["entities"]))


@app.command("map")
def map_topic(
    topic: Annotated[str, typer.Argument(help="Topic of the device, such as garden/pond/state.")],
    seconds: Annotated[float, typer.Option(help="How long to listen.")] = 15.0,
    write: Annotated[
        bool, typer.Option("--write", help="Add what is proposed to the mapping file.")
    ] = False,
    config: ConfigPath = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Listen on a topic and propose what the mapping file should say of it.

    Switch the device by its own app or button meanwhile: what is sent to it is heard too.
    """
    path = load_config(config, state_dir=state_dir).mqtt.mapping_file
    if write and path is None:
        raise HubagentError(
            "there is no settings file to keep the mapping beside",
            hint="name one with --config, or set mqtt.mapping_file",
        )
    found: dict[str, Any] = {}
    params = {"topic": topic, "seconds": seconds}
    with Progress(console=err, transient=True) as bars:
        task = bars.add_task(f"listening on {topic}", total=seconds)
        for answer in ask_hub(config, state_dir, "map", params, timeout_s=None):
            bars.update(task, completed=answer.get("waited_s", seconds))
            found = answer
    if write and path is not None and found["entities"]:
        from hubagent.mapping import add

        added = add(path, found["entities"])
        found["written"] = {"file": str(path), "entities": list(added.written)}
    if as_json:
        print_json(found)
    else:
        _tell_mapping(topic, found)
    if not found["entities"]:
        raise typer.Exit(FAILED)


def _tell_mapping(topic: str, found: dict[str, Any]) -> None:
    for name, ids in found["known"].items():
        err.print(f"{name} is already heard by {', '.join(ids)}", markup=False)
    if not found["entities"]:
        err.print(
            f"Nothing was heard on {topic}; use the device meanwhile, or listen longer: --seconds",
            markup=False,
        )
        return
    out.print(found["text"], markup=False, end="")
    written = found.get("written")
    if written is None:
        err.print("--write adds this to the mapping file.")
    elif written["entities"]:
        names = ", ".join(written["entities"])
        err.print(f"{names} added to {written['file']}, which the hub reads now.", markup=False)
    else:
        err.print(f"Nothing new for {written['file']}.", markup=False)


def _device_table(rows: Iterable[dict[str, Any]]) -> Table:
    table = Table("area", "name", "state", box=None)
    table.add_column("entity", overflow="fold")
    table.add_column("commands")
    for row in rows:
        state = "unavailable" if not row["available"] else row["state"]
        table.add_row(
            row["area"] or "-",
            row["name"],
            "unknown" if state is None else f"{state} {row['unit']}".strip(),
            row["entity_id"],
            ", ".join(row["commands"]),
        )
    return table
