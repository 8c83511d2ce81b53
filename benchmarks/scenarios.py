"""Score the agent on what owners of twelve homes say: ``python benchmarks/scenarios.py``.

In: the homes and their scenarios (``benchmarks/homes/*.yaml``, format in its README), and a hub
that understands ``replay -``. Out: right and wrong turns per category and home, pairs of opposite
requests, and sensitive devices that were touched without being asked for.

``replay`` tells the home's state after the last turn only. So every scenario is handed over as all
its prefixes, from no turn at all to all turns: what a turn changed is the difference between two
prefixes. That needs nothing of the hub but that it does the same twice, catches what a device or a
scene did by itself, and puts a delayed command on the turn in whose time it came due.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from scenario.judging import OUTCOMES, Result, is_sensitive_guess, judge, wilson
from scenario.reading import SPLITS, Home, Household, Scenario, Turn, load_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_PIPED_COLUMNS = 100

# --- running --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scored:
    """A turn and what became of it."""

    household: Household
    scenario: Scenario
    number: int
    turn: Turn
    result: Result | None
    outcome: str
    sensitive_guess: bool

    @property
    def id(self) -> str:
        """Home, scenario and number of the turn, from 1."""
        return f"{self.household.name}/{self.scenario.id}#{self.number}"


def prefixes(households: Iterable[Household]) -> Iterator[dict[str, Any]]:
    """Yield every scenario as lines of ``hubagent replay``: without a turn, with one, with two."""
    told = set()
    for household in households:
        for scenario in household.scenarios:
            for number in range(len(scenario.turns) + 1):
                line_id = _line_id(household, scenario, number)
                if line_id in told:
                    continue
                told.add(line_id)
                yield {
                    "id": line_id,
                    "home": household.home,
                    "setup": scenario.setup,
                    "now": scenario.now,
                    "memory": None,
                    "turns": [dict(turn.said) for turn in scenario.turns[:number]],
                }


def _line_id(household: Household, scenario: Scenario, number: int) -> str:
    """Name a prefix; the untouched home, before any turn, is the same for many scenarios."""
    if number == 0 and not scenario.setup:
        return f"{household.name}#0"
    return f"{household.name}/{scenario.id}#{number}"


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


def score(household: Household, documents: Mapping[str, Mapping[str, Any]]) -> Iterator[Scored]:
    """Judge every turn of one home."""
    for scenario in household.scenarios:
        for number, turn in enumerate(scenario.turns, start=1):
            before, after = (
                documents.get(_line_id(household, scenario, at)) for at in (number - 1, number)
            )
            result = None
            if before and after and "state" in before and len(after.get("turns") or ()) == number:
                last = after["turns"][-1]
                result = Result(
                    last["decision"],
                    last["response"] or "",
                    tuple(last["commands"]),
                    _with_events(before["state"], turn.said["events"]),
                    after["state"],
                )
            yield Scored(
                household,
                scenario,
                number,
                turn,
                result,
                judge(turn, result),
                is_sensitive_guess(turn, result, household.sensitive),
            )


def _with_events(home: Home, events: Sequence[Mapping[str, Any]]) -> Home:
    """Return the home after what happened by hand before the turn: not the hub's doing."""
    told = dict(home)
    for event in events:
        if event.get("entity_id") in told:
            old = told[event["entity_id"]]
            told[event["entity_id"]] = {
                "state": event.get("state", old.get("state")),
                "attributes": {**(old.get("attributes") or {}), **event.get("attributes", {})},
            }
    return told


# --- reporting ------------------------------------------------------------------------------------


def summary(scored: Sequence[Scored]) -> dict[str, Any]:
    """Return the figures as one JSON document."""
    groups: dict[str, dict[str, list[Scored]]] = {
        "all": {"all": list(scored)},
        **{name: defaultdict(list) for name in ("category", "tag", "home")},
    }
    for item in scored:
        groups["category"][item.turn.category].append(item)
        groups["home"][item.household.name].append(item)
        for tag in item.turn.tags:
            groups["tag"][tag].append(item)
    pairs: dict[str, list[bool]] = defaultdict(list)
    for item in scored:
        if item.turn.pair:
            pairs[f"{item.household.name}/{item.turn.pair}"].append(item.outcome == "right")
    return {
        "groups": {
            kind: {name: _figures(items) for name, items in sorted(named.items())}
            for kind, named in groups.items()
        },
        "polarity_pairs": {"right": sum(map(all, pairs.values())), "total": len(pairs)},
        "sensitive_guesses": [item.id for item in scored if item.sensitive_guess],
        "failures": [_failure(item) for item in scored if item.outcome != "right"],
    }


def _figures(items: Sequence[Scored]) -> dict[str, Any]:
    counts = Counter(item.outcome for item in items)
    low, high = wilson(counts["right"], len(items))
    return {
        "turns": len(items),
        "share_right": round(counts["right"] / len(items), 4) if items else None,
        "interval_95": [round(low, 4), round(high, 4)],
        **{outcome: counts[outcome] for outcome in OUTCOMES},
    }


def _failure(item: Scored) -> dict[str, Any]:
    result = item.result
    return {
        "id": item.id,
        "text": item.turn.said["text"],
        "category": item.turn.category,
        "outcome": item.outcome,
        "decision": result and result.decision,
        "response": result and result.response,
        "commands": result and list(result.commands),
        "touched": sorted(result.touched()) if result else [],
        "expected": [
            {
                "decision": expected.decision,
                "becomes": expected.becomes,
                "may": expected.may,
                "says": expected.says,
                "never_says": expected.never_says,
            }
            for expected in item.turn.expect
        ],
    }


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
    households = load_all(options.split)
    try:
        documents = replay(shlex.split(options.hub), list(prefixes(households)))
    except (OSError, ValueError, RuntimeError) as error:
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
