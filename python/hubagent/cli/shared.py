"""What the commands share: options, consoles, reading files, asking the running hub."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from hubagent import control
from hubagent.config import load_config
from hubagent.errors import HubagentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress, TaskID

FAILED, USAGE, REFUSED = 1, 2, 3
PIPED_WIDTH = 160
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else PIPED_WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True)

ConfigPath = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", help="Settings (TOML). Default: /etc/hubagent/hubagent.toml if it exists."
    ),
]
StateDir = Annotated[
    Path | None,
    typer.Option(help="State folder of the hub; overrides the settings."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]


def progress(bars: Progress) -> Callable[[str, int, int], None]:
    """Return a function (what, done, of how many) that draws one bar for each thing done."""
    tasks: dict[str, TaskID] = {}

    def show(what: str, done: int, total: int) -> None:
        if what not in tasks:
            tasks[what] = bars.add_task(what, total=total)
        bars.update(tasks[what], completed=done)

    return show


def ask_hub(
    config: Path | None,
    state_dir: Path | None,
    method: str,
    params: dict[str, Any],
    *,
    socket: str = control.SOCKET_NAME,
    timeout_s: float | None = 30.0,
) -> Iterator[dict[str, Any]]:
    """Yield what the running hub (or bridge) that these settings name answers.

    Raises:
        HubagentError: It does not run, or refuses.
    """
    path = load_config(config, state_dir=state_dir).hub.state_dir / socket
    return control.call(path, method, params, timeout_s=timeout_s)


def read_text(path: Path) -> str:
    """Return a file's text; raise `HubagentError` when it cannot be read."""
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise HubagentError(f"cannot read `{path}`: {error}") from error


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file; raise `HubagentError` when it holds something else."""
    return object_of(read_text(path), str(path))


def object_of(text: str, name: str) -> dict[str, Any]:
    """Return the JSON object in a text that came from `name`; raise `HubagentError` when none."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise HubagentError(f"`{name}` is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise HubagentError(f"`{name}` is not a JSON object")
    return content


def print_json(document: object) -> None:
    """Write one JSON document to stdout, on a line of its own, at once."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def log_to_stderr(level: str) -> None:
    """Send what is logged from this level up to stderr."""
    logging.basicConfig(
        level=level.upper(), stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
