"""`hubagent bridge`: devices of firmware_bridge on serial ports and sockets."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 # typer reads it
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from hubagent import control
from hubagent.cli.shared import (
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

if TYPE_CHECKING:
    from collections.abc import Iterator

app = typer.Typer(
    help="Devices of firmware_bridge on serial ports and sockets.", no_args_is_help=True
)


@app.command("run")
def bridge_run(config: ConfigPath = None, state_dir: StateDir = None) -> None:
    """Run a bridge alone, for lines on another machine than the hub (`hubagent run` has its own)."""
    from hubagent.daemon.bridging import run_alone

    settings = load_config(config, state_dir=state_dir)
    log_to_stderr(settings.log.level)
    run_alone(settings)


@app.command("status")
def bridge_status(
    config: ConfigPath = None, state_dir: StateDir = None, as_json: AsJson = False
) -> None:
    """List the lines of the running bridge and the devices on them."""
    for found in _ask_bridge(config, state_dir, "status", {}):
        if as_json:
            print_json(found)
            continue
        table = Table("line", "frames", "broken", "device", "firmware", "state", box=None)
        for line in found["lines"]:
            for device in line["devices"] or [{}]:
                state = "-" if not device else "online" if device["online"] else "not yet"
                table.add_row(
                    escape(line["name"]), str(line["frames"]), str(line["broken"]),
                    device.get("id", "-"), escape(device.get("firmware", "-")), state,
                )  # fmt: skip
        out.print(table)


@app.command("ota")
def bridge_ota(
    device: Annotated[str, typer.Argument(help="Id of the device, as `bridge status` has it.")],
    file: Annotated[Path, typer.Argument(help="Signed image, of tools/sign_image.py.")],
    config: ConfigPath = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Send a signed firmware to a device and wait until it has proved itself; resumes what was cut."""
    params = {"device": device, "file": str(file.absolute())}
    with Progress(console=err, transient=True) as bars:
        show = progress(bars)
        for answer in _ask_bridge(config, state_dir, "ota", params):
            if "phase" in answer:
                show("sending", answer["done"], answer["total"])
                if answer["phase"] == "trying":
                    show("on trial", 0, 1)
            elif as_json:
                print_json(answer)
            else:
                out.print(f"{device} runs {answer['version']}", markup=False)


def _ask_bridge(
    config: Path | None, state_dir: Path | None, method: str, params: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    return ask_hub(
        config, state_dir, method, params, socket=control.BRIDGE_SOCKET_NAME, timeout_s=60.0
    )
