"""The commands. Arguments in, results on stdout, everything else on stderr; no logic.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by a guard-rail.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.progress import Progress, TaskID
from rich.table import Table

from hubagent import __version__, control
from hubagent.config import Config, load_config
from hubagent.errors import ConfigError, GuardrailError, HubagentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

FAILED, USAGE, REFUSED = 1, 2, 3

app = typer.Typer(
    name="hubagent",
    help="The self-learning brain of a private smart home.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)
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
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]


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


@app.command()
def run(config: ConfigPath = None, state_dir: StateDir = None) -> None:
    """Run the hub until it is stopped (this is what the service does)."""
    from hubagent.daemon import run_daemon

    settings = _settings(config, state_dir)
    _log_to_stderr(settings.log.level)
    run_daemon(settings)


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

    _log_to_stderr("warning")
    lines = None if script is None else _read_text(script).splitlines()
    if lines is None and not sys.stdin.isatty():
        lines = sys.stdin.read().splitlines()
    run_demo(
        lines=lines,
        home=home,
        area=area,
        progress=lambda text: err.print(text, style="dim", markup=False),
    )


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
    for turn in _ask_hub(config, state_dir, "say", params):
        if as_json:
            _print_json(turn)
        else:
            out.print(turn["response"], markup=False)
        if turn["decision"] == "refuse":
            raise typer.Exit(FAILED)


@app.command()
def parse(
    labels: Annotated[
        Literal["catalogue", "slurp", "home-assistant"], typer.Option(help="Whose names to use.")
    ] = "catalogue",
) -> None:
    """Read {"id", "text"} a line on stdin, write what the model understands, one JSON a line."""
    from hubagent.evaluate import parse_records

    for record in parse_records(_json_lines(sys.stdin), labels=labels):
        _print_json(record)


@app.command()
def replay(
    file: Annotated[str, typer.Argument(help="Scenarios, one JSON object a line; - for stdin.")],
) -> None:
    """Replay homes, states and turns: what the agent decides, and what the home becomes."""
    from hubagent.replay import replay_lines

    lines = sys.stdin if file == "-" else _read_text(Path(file)).splitlines()
    for document in replay_lines(lines):
        _print_json(document)


@app.command()
def devices(
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on and show changes.")] = False,
    all_entities: Annotated[
        bool, typer.Option("--all", help="Settings and diagnostics too.")
    ] = False,
    config: ConfigPath = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """List what the running hub has found, with its state."""
    snapshots = _ask_hub(
        config, state_dir, "devices", {"watch": watch, "all": all_entities}, timeout_s=None
    )
    if as_json:
        for snapshot in snapshots:
            _print_json(snapshot)
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


@app.command()
def explain(
    turn: Annotated[str, typer.Argument(help="Turn id, or how many turns back (1 = last).")] = "1",
    config: ConfigPath = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Show what every stage saw and chose in a turn."""
    for answer in _ask_hub(config, state_dir, "explain", {"turn": turn}):
        if as_json:
            _print_json(answer["turn"])
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
    answers = _ask_hub(config, state_dir, "learn", {"now": now}, timeout_s=None)
    with Progress(console=err, transient=True, disable=not now) as bars:
        show = _progress(bars)
        for answer in answers:
            if "step" in answer:
                show(answer["step"], answer["done"], answer["total"])
            elif as_json:
                _print_json(answer["report"])
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

    findings = examine(_settings(config, state_dir))
    if as_json:
        _print_json({"findings": [finding.document() for finding in findings]})
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

    before = None if against is None else _read_object(against)
    with Progress(console=err, transient=True) as bars:
        if what == "learning":
            found = run_learning(
                _count(homes), days, range(seed, seed + seeds), utterances, asr, apart=apart,
                jobs=jobs, progress=_progress(bars),
            )  # fmt: skip
            if plots is not None:
                draw(found, plots)
            report = Report({"learning": found})
        else:
            folder = None if homes is None else Path(homes)
            report = run(what, data, folder, split, peers=peers, progress=_progress(bars))
    if as_json:
        _print_json(report.as_json())
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
            progress=_progress(bars),
        )
    if as_json:
        _print_json(document)
        return
    table = Table("figure", "", title="simulated households", box=None)
    for name, value in document.items():
        table.add_row(name.replace("_", " "), escape(_worded(value)))
    out.print(table)


memory = typer.Typer(
    help="Look at what was learned, take it away, or forget it.", no_args_is_help=True
)
app.add_typer(memory, name="memory")


@memory.command("list")
def memory_list(
    config: ConfigPath = None, state_dir: StateDir = None, as_json: AsJson = False
) -> None:
    """List the words that are taken for others, the ones in use first."""
    found = _memory(config, state_dir, "list")
    if as_json:
        _print_json(found)
        return
    out.print(_pair_table(found["pairs"]))
    muted = ", muted" if found["muted"] else ""
    out.print(f"{len(found['pairs'])} pairs, {found['entries']} words that work here{muted}")


@memory.command("show")
def memory_show(
    words: Annotated[list[str], typer.Argument(help="What is said, or what it is taken for.")],
    config: ConfigPath = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Show all that is known of some words: how often, how it went, and why they are where they are."""
    found = _memory(config, state_dir, "show", words=" ".join(words))
    if as_json:
        _print_json(found)
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


@memory.command("forget")
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
        _print_json(found)
    else:
        out.print(f"forgot {found['forgotten']} turns and rows")


@memory.command("export")
def memory_export(config: ConfigPath = None, state_dir: StateDir = None) -> None:
    """Write all that was learned as JSON, for `hubagent memory import` or a replay."""
    _print_json(_memory(config, state_dir, "export"))


@memory.command("import")
def memory_import(
    file: Annotated[str, typer.Argument(help="What `memory export` wrote; - for stdin.")],
    config: ConfigPath = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Take in what was exported; what is wrong or dangerous is left out and counted."""
    document = _object_of(sys.stdin.read(), "stdin") if file == "-" else _read_object(Path(file))
    found = _memory(config, state_dir, "import", document=document)
    if as_json:
        _print_json(found)
        return
    out.print(f"took in {found['pairs']} pairs and {found['entries']} words that work")
    for why, count in found["skipped"].items():
        err.print(f"left out {count}: {why}", markup=False)


@memory.command("mute")
def memory_mute(
    undo: Annotated[bool, typer.Option("--off", help="Say it again.")] = False,
    config: ConfigPath = None,
    state_dir: StateDir = None,
    as_json: AsJson = False,
) -> None:
    """Do not say any more what words were taken for."""
    found = _memory(config, state_dir, "mute", muted=not undo)
    if as_json:
        _print_json(found)
    else:
        out.print("says nothing of it now" if found["muted"] else "says it again")


bridge = typer.Typer(
    help="Devices of firmware_bridge on serial ports and sockets.", no_args_is_help=True
)
app.add_typer(bridge, name="bridge")


@bridge.command("run")
def bridge_run(config: ConfigPath = None, state_dir: StateDir = None) -> None:
    """Run a bridge alone, for lines on another machine than the hub (`hubagent run` has its own)."""
    from hubagent.daemon.bridging import run_alone

    settings = _settings(config, state_dir)
    _log_to_stderr(settings.log.level)
    run_alone(settings)


@bridge.command("status")
def bridge_status(
    config: ConfigPath = None, state_dir: StateDir = None, as_json: AsJson = False
) -> None:
    """List the lines of the running bridge and the devices on them."""
    for found in _ask_bridge(config, state_dir, "status", {}):
        if as_json:
            _print_json(found)
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


@bridge.command("ota")
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
        show = _progress(bars)
        for answer in _ask_bridge(config, state_dir, "ota", params):
            if "phase" in answer:
                show("sending", answer["done"], answer["total"])
                if answer["phase"] == "trying":
                    show("on trial", 0, 1)
            elif as_json:
                _print_json(answer)
            else:
                out.print(f"{device} runs {answer['version']}", markup=False)


# --- helpers --------------------------------------------------------------------------------------


def _progress(bars: Progress) -> Callable[[str, int, int], None]:
    """Return a function (what, done, of how many) that draws one bar for each thing done."""
    tasks: dict[str, TaskID] = {}

    def show(what: str, done: int, total: int) -> None:
        if what not in tasks:
            tasks[what] = bars.add_task(what, total=total)
        bars.update(tasks[what], completed=done)

    return show


def _count(homes: str | None) -> int:
    """Return how many households are wanted."""
    if homes is None:
        return 20
    if not homes.isdigit() or not int(homes):
        raise typer.BadParameter(f"`{homes}` is no number of households", param_hint="--homes")
    return int(homes)


def _memory(
    config: Path | None,
    state_dir: Path | None,
    do: str,
    **params: Any,  # noqa: ANN401 # what the hub takes
) -> dict[str, Any]:
    from hubagent.memory import ask

    return ask(_settings(config, state_dir).hub.state_dir, do, params)


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


def _settings(config: Path | None, state_dir: Path | None) -> Config:
    return load_config(config, state_dir=state_dir)


def _ask_hub(
    config: Path | None,
    state_dir: Path | None,
    method: str,
    params: dict[str, Any],
    *,
    timeout_s: float | None = 30.0,
) -> Iterator[dict[str, Any]]:
    path = _settings(config, state_dir).hub.state_dir / control.SOCKET_NAME
    return control.call(path, method, params, timeout_s=timeout_s)


def _ask_bridge(
    config: Path | None, state_dir: Path | None, method: str, params: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    path = _settings(config, state_dir).hub.state_dir / control.BRIDGE_SOCKET_NAME
    return control.call(path, method, params, timeout_s=60.0)


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


def _read_text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise HubagentError(f"cannot read `{path}`: {error}") from error


def _read_object(path: Path) -> dict[str, Any]:
    return _object_of(_read_text(path), str(path))


def _object_of(text: str, name: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise HubagentError(f"`{name}` is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise HubagentError(f"`{name}` is not a JSON object")
    return content


def _json_lines(lines: Iterable[str]) -> Iterator[object]:
    """Yield one value a line; a line that is not JSON comes as text, for its reader to refuse."""
    for line in lines:
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError:
                yield line


def _print_json(document: object) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _worded(value: object) -> str:
    """Return a figure, a list or a table of figures as a few words."""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_worded(item)}" for name, item in value.items()) or "-"
    if isinstance(value, list):
        return "  ".join(_worded(item) for item in value) or "-"
    return "-" if value is None else str(value)


def _complain(text: str) -> None:
    err.print(f"hubagent: {text}", markup=False, style="red")


def _log_to_stderr(level: str) -> None:
    logging.basicConfig(
        level=level.upper(), stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
