"""Replay homes with what is said in them, and judge every turn.

``replay`` tells the home's state after the last turn only. So every scenario is handed over as all
its prefixes, from no turn at all to all turns: what a turn changed is the difference between two
prefixes. That needs nothing of the hub but that it does the same twice, catches what a device or a
scene did by itself, and puts a delayed command on the turn in whose time it came due.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hubagent.evaluate.households import load_all
from hubagent.evaluate.judging import OUTCOMES, Result, is_sensitive_guess, judge, wilson
from hubagent.evaluate.report import Figure, Rows
from hubagent.replay import replay_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from hubagent.evaluate.households import Home, Household, Scenario, Turn


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


@dataclass(frozen=True, slots=True)
class HomeReport:
    """What ``hubagent evaluate home`` found; ``summary`` has the form that :func:`summary` gives."""

    summary: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return dict(self.summary)

    def figures(self) -> Iterator[Figure]:
        """Yield what is compared with other runs: shares in percent."""
        groups = self.summary["groups"]
        for kind, prefix in (("all", ""), ("category", "category "), ("home", "home ")):
            for name, row in groups[kind].items():
                share = 100.0 * (row["share_right"] or 0.0)
                yield Figure(f"home: {prefix}{name} right %", share, row["turns"])
        every = groups["all"]["all"]
        for outcome in ("wrong device", "false trigger"):
            share = 100.0 * every[outcome] / max(1, every["turns"])
            yield Figure(f"home: {outcome} %", share, every["turns"], higher_is_better=False)
        pairs = self.summary["polarity_pairs"]
        if pairs["total"]:
            share = 100.0 * pairs["right"] / pairs["total"]
            yield Figure("home: polarity pairs %", share, pairs["total"])

    def tables(self) -> dict[str, Rows]:
        """Return rows for people: title -> rows, the first row being the heads."""
        heads = ("", "turns", "right %", "95 %", *OUTCOMES[1:])
        rows: Rows = [heads]
        for kind, named in self.summary["groups"].items():
            for name, row in named.items():
                low, high = row["interval_95"]
                label = name if kind in {"all", "category"} else f"{kind} {name}"
                rows.append((
                    label, str(row["turns"]), f"{100 * (row['share_right'] or 0.0):.1f}",
                    f"{100 * low:.1f}-{100 * high:.1f}", *(str(row[o] or "") for o in OUTCOMES[1:]),
                ))  # fmt: skip
        pairs, guesses = self.summary["polarity_pairs"], self.summary["sensitive_guesses"]
        return {
            "homes": rows,
            "careful": [
                ("polarity pairs right", "sensitive guesses"),
                (f"{pairs['right']} of {pairs['total']}", " ".join((str(len(guesses)), *guesses))),
            ],
        }

    def not_right(self) -> Rows:
        """Return every turn that was not right: where, what was said, what came, what was wanted."""
        rows: Rows = [("turn", "outcome", "said", "came", "wanted")]
        for item in self.summary["failures"]:
            wanted = " or ".join(_plain(expected) for expected in item["expected"])
            came = f"{item['decision']} {' '.join(item['touched'])}: {item['response']}"
            rows.append((item["id"], item["outcome"], item["text"], came, wanted))
        return rows


def _plain(expected: Mapping[str, Any]) -> str:
    parts = [expected["decision"]]
    parts += [f"{key} {value}" for key, value in (expected["becomes"] or {}).items()]
    parts += ["/".join(group) for group in expected["says"]]
    return " ".join(parts)


def run_home(
    split: str = "report",
    folder: Path | None = None,
    *,
    progress: Callable[[str, int, int], None] | None = None,
) -> HomeReport:
    """Replay the homes of one half and judge every turn.

    Args:
        split: ``tune``, ``report`` or ``all``.
        folder: Folder of homes; ``None`` means those beside the sources.
        progress: Called with (what, done, all).

    Raises:
        DataError: If the homes cannot be read.
        ModelError: If there is no good model.
    """
    households = load_all(split, folder)
    lines = [json.dumps(line) for line in prefixes(households)]
    documents = {}
    for number, document in enumerate(replay_lines(lines), start=1):
        documents[document["id"]] = document
        if progress is not None:
            progress("homes", number, len(lines))
    return HomeReport(summary([item for home in households for item in score(home, documents)]))
