"""Score any hub on what owners of twelve homes say: ``python benchmarks/scenarios.py --hub COMMAND``.

``hubagent evaluate home`` does the same with the hub of this package; here it is another program that
understands ``replay -``, such as an earlier release.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from hubagent.errors import DataError
from hubagent.evaluate.home import prefixes, score, summary
from hubagent.evaluate.households import SPLITS, load_all
from hubagent.evaluate.judging import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PIPED_COLUMNS = 100


def replay(hub: Sequence[str], lines: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Run one hub process over all lines and return its documents by id.

    Raises:
        RuntimeError: If it ends in error before the last line.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8") as scenarios:
        scenarios.writelines(json.dumps(line) + "\n" for line in lines)
        scenarios.seek(0)
        found = {}
        with subprocess.Popen(
            [*hub, "replay", "-"], stdin=scenarios, stdout=subprocess.PIPE, text=True
        ) as process:
            out = track(
                process.stdout or (),
                "replaying",
                total=len(lines),
                console=Console(stderr=True),
                transient=True,
            )
            for line in out:
                document = json.loads(line)
                found[document["id"]] = document
    if process.returncode and len(found) < len(lines):
        raise RuntimeError(f"the hub ended with {process.returncode} after {len(found)} scenarios")
    return found


def show(figures: Mapping[str, Any], console: Console, *, failures: bool) -> None:
    """Print the figures as a table, and with ``failures`` every turn that was not right."""
    table = Table(box=None, padding=(0, 1, 0, 0))
    table.add_column("")
    for heading in ("turns", "right", "95 %", *(name.replace(" ", "\n") for name in OUTCOMES[1:])):
        table.add_column(heading, justify="right", no_wrap=True)
    for kind, named in figures["groups"].items():
        if kind != "all":
            table.add_row("")
            table.add_row(f"by {kind}", style="bold")
        for name, row in named.items():
            low, high = row["interval_95"]
            table.add_row(
                name,
                str(row["turns"]),
                f"{100 * row['share_right']:.1f}" if row["turns"] else "-",
                f"{100 * low:.1f}-{100 * high:.1f}",
                *(str(row[outcome] or "") for outcome in OUTCOMES[1:]),
            )
    console.print(table, highlight=False)
    pairs = figures["polarity_pairs"]
    console.print(f"polarity pairs right: {pairs['right']} of {pairs['total']}")
    guesses = figures["sensitive_guesses"]
    console.print(f"sensitive guesses: {len(guesses)} {' '.join(guesses)}", highlight=False)
    for item in figures["failures"] if failures else ():
        console.print(f"\n{item['outcome']}: {item['id']} ({item['category']})", style="bold")
        console.print(f"  said: {item['text']}", markup=False, highlight=False)
        console.print(
            f"  got: {item['decision']} {item['commands']} {item['touched']} {item['response']!r}",
            markup=False,
            highlight=False,
        )
        for expected in item["expected"]:
            wanted = {key: value for key, value in expected.items() if value}
            console.print(f"  wanted: {wanted}", markup=False, highlight=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the options, run the hub, print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--split", choices=(*SPLITS, "all"), default="report")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--hub", default="hubagent", help="command of the hub under test")
    parser.add_argument("--failures", action="store_true", help="list every turn not right")
    options = parser.parse_args(arguments)
    try:
        households = load_all(options.split)
        documents = replay(shlex.split(options.hub), list(prefixes(households)))
    except (DataError, OSError, ValueError, RuntimeError) as error:
        print(f"cannot score: {error}", file=sys.stderr)
        return 1
    figures = summary([item for home in households for item in score(home, documents)])
    if options.json:
        json.dump(figures, sys.stdout, indent=1)
        print()
    else:
        console = Console(width=None if sys.stdout.isatty() else _PIPED_COLUMNS)
        show(figures, console, failures=options.failures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
