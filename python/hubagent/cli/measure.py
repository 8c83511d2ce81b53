"""The commands that need no hub: a simulated home, the model alone, replays, measuring."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from hubagent.cli.shared import (
    AsJson,
    err,
    log_to_stderr,
    out,
    print_json,
    progress,
    read_object,
    read_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

app = typer.Typer()
EvaluateWhat = Literal["nlu", "elsewhere", "home", "all", "rephrase", "learning"]
EvaluateSplit = Literal["tune", "report", "all"]
Homes = Annotated[int, typer.Option(min=1, help="How many households.")]
Days = Annotated[int, typer.Option(min=1, help="How long they live with the hub.")]
Seed = Annotated[int, typer.Option(help="Same seed, same households.")]
Utterances = Annotated[
    Path | None,
    typer.Option(help="Sentences people say, JSON lines with text, intent, slots; default: ours."),
]
Recordings = Annotated[
    Path | None,
    typer.Option(help="What a recogniser heard, JSON lines with id, text, asr; default: our list."),
]
Jobs = Annotated[int | None, typer.Option(min=1, help="Processes; default: one a core.")]


@app.command()
def demo(
    script: Annotated[
        Path | None, typer.Option(help="Say the lines of this file instead of asking.")
    ] = None,
    home: Annotated[
        Path | None, typer.Option(help="Another simulated home (YAML or JSON).")
    ] = None,
    area: Annotated[str | None, typer.Option(help="Area you are speaking in.")] = None,
) -> None:
    """Talk to a simulated home: embedded broker, devices on it, the agent, and a chat."""
    from hubagent.demo import run_demo

    log_to_stderr("warning")
    lines = None if script is None else read_text(script).splitlines()
    if lines is None and not sys.stdin.isatty():
        lines = sys.stdin.read().splitlines()
    run_demo(
        lines=lines,
        home=home,
        area=area,
        progress=lambda text: err.print(text, style="dim", markup=False),
    )


@app.command()
def parse(
    labels: Annotated[
        Literal["catalogue", "slurp", "home-assistant"], typer.Option(help="Whose names to use.")
    ] = "catalogue",
) -> None:
    """Read {"id", "text"} a line on stdin, write what the model understands, one JSON a line."""
    from hubagent.evaluate import parse_records

    for record in parse_records(_json_lines(sys.stdin), labels=labels):
        print_json(record)


@app.command()
def replay(
    file: Annotated[str, typer.Argument(help="Scenarios, one JSON object a line; - for stdin.")],
) -> None:
    """Replay homes, states and turns: what the agent decides, and what the home becomes."""
    from hubagent.replay import replay_lines

    lines = sys.stdin if file == "-" else read_text(Path(file)).splitlines()
    for document in replay_lines(lines):
        print_json(document)


@app.command()
def evaluate(
    what: Annotated[
        EvaluateWhat,
        typer.Argument(
            help="nlu: public sentences; elsewhere: what moves although it is not about the home; "
            "home: homes and what is said in them; all: the three; "
            "rephrase: whether what was said again is found; "
            "learning: households that live with the hub, with and without each part of learning."
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option(envvar="HUBAGENT_DATA", help="Folder of the data sets (not for home)."),
    ] = None,
    homes: Annotated[
        str | None,
        typer.Option(
            help="Folder of homes; default: those beside the sources. For learning: how many households."
        ),
    ] = None,
    split: Annotated[
        EvaluateSplit, typer.Option(help="Half of the homes: tune, report or all.")
    ] = "report",
    peers: Annotated[
        bool, typer.Option("--peers", help="Other engines too, in the same run (nlu).")
    ] = False,
    failures: Annotated[bool, typer.Option("--failures", help="List what was not right.")] = False,
    against: Annotated[
        Path | None, typer.Option(help="An earlier run, stored with --json; shows what changed.")
    ] = None,
    days: Days = 42,
    seed: Seed = 1,
    seeds: Annotated[
        int, typer.Option(min=1, help="How many seeds, from --seed on (learning).")
    ] = 1,
    utterances: Utterances = None,
    asr: Recordings = None,
    apart: Annotated[
        bool,
        typer.Option(
            "--apart",
            help="The homes that the global table is learned from say one half of the sentences, the measured ones the other (learning).",
        ),
    ] = False,
    jobs: Jobs = None,
    plots: Annotated[
        Path | None, typer.Option(help="Folder for the curves, as SVG (learning).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure how well the hub understands, acts and learns, on what it was not trained on."""
    from hubagent.evaluate.run import Report, draw, run, run_learning

    before = None if against is None else read_object(against)
    with Progress(console=err, transient=True) as bars:
        if what == "learning":
            found = run_learning(
                _count(homes), days, range(seed, seed + seeds), utterances, asr, apart=apart,
                jobs=jobs, progress=progress(bars),
            )  # fmt: skip
            if plots is not None:
                draw(found, plots)
            report = Report({"learning": found})
        else:
            folder = None if homes is None else Path(homes)
            report = run(what, data, folder, split, peers=peers, progress=progress(bars))
    if as_json:
        print_json(report.as_json())
        return
    tables = report.tables()
    if failures:
        tables |= report.not_right()
    if before is not None:
        tables["beside the earlier run"] = report.compared(before)
    for title, (heads, *rows) in tables.items():
        table = Table(*heads, title=title, box=None)
        for row in rows:
            table.add_row(*(escape(cell) for cell in row))
        out.print(table)


@app.command()
def simulate(
    homes: Homes = 10,
    days: Days = 42,
    seed: Seed = 1,
    utterances: Utterances = None,
    asr: Recordings = None,
    learning: Annotated[
        Literal["all", "off"], typer.Option(help="What the hubs learn with.")
    ] = "all",
    jobs: Jobs = None,
    journal: Annotated[
        Path | None, typer.Option(help="Folder for journal and truth, two files a household.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Let simulated households live with the hub: what they got, judged by their devices."""
    from hubagent.households.run import run_simulation

    with Progress(console=err, transient=True) as bars:
        document = run_simulation(
            homes,
            days,
            seed,
            utterances,
            asr,
            learning=learning,
            jobs=jobs,
            folder=journal,
            progress=progress(bars),
        )
    if as_json:
        print_json(document)
        return
    table = Table("figure", "", title="simulated households", box=None)
    for name, value in document.items():
        table.add_row(name.replace("_", " "), escape(_worded(value)))
    out.print(table)


def _count(homes: str | None) -> int:
    """Return how many households are wanted."""
    if homes is None:
        return 20
    if not homes.isdigit() or not int(homes):
        raise typer.BadParameter(f"`{homes}` is no number of households", param_hint="--homes")
    return int(homes)


def _json_lines(lines: Iterable[str]) -> Iterator[object]:
    """Yield one value a line; a line that is not JSON comes as text, for its reader to refuse."""
    for line in lines:
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError:
                yield line


def _worded(value: object) -> str:
    """Return a figure, a list or a table of figures as a few words."""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_worded(item)}" for name, item in value.items()) or "-"
    if isinstance(value, list):
        return "  ".join(_worded(item) for item in value) or "-"
    return "-" if value is None else str(value)
