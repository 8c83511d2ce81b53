"""The commands. Arguments in, results on stdout, everything else on stderr; no logic.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by a guard-rail.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from hubagent import __version__
from hubagent.cli import bridge, devices, hub, measure, memory, sync, upstream
from hubagent.cli.shared import FAILED, REFUSED, USAGE, err, out
from hubagent.errors import ConfigError, GuardrailError, HubagentError

app = typer.Typer(
    name="hubagent",
    help="The self-learning brain of a private smart home.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)
for group in (hub, measure):
    app.add_typer(group.app)
app.add_typer(devices.app, name="devices")
app.add_typer(memory.app, name="memory")
app.add_typer(bridge.app, name="bridge")
app.add_typer(sync.app, name="sync")
app.add_typer(upstream.app, name="upstream")


def main() -> None:
    """Run the command line; turn every error of ours into a sentence and an exit code."""
    try:
        app()
    except ConfigError as error:
        _complain(f"{error.path}: the settings have {len(error.problems)} problem(s)")
        for problem in error.problems:
            err.print(f"  - {problem}", markup=False)
        sys.exit(USAGE)
    except HubagentError as error:
        _complain(str(error))
        if error.hint:
            err.print(f"hint: {error.hint}", markup=False)
        sys.exit(REFUSED if isinstance(error, GuardrailError) else FAILED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(FAILED)


@app.callback()
def _common(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        out.print(__version__)
        raise typer.Exit


def _complain(text: str) -> None:
    err.print(f"hubagent: {text}", markup=False, style="red")
