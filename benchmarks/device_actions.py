"""Score the agent on device-action sentences of 40 homes: ``python benchmarks/device_actions.py``.

In: the folder of ``home_assistant_datasets`` (homes, and for each device what people say to it,
https://github.com/allenporter/home-assistant-datasets). Out: the share of sentences after which the
device is as it was asked to be and nothing else was touched, by kind of device.

Every sentence is a scenario of its own through the real pipeline, heard in the device's room, with
the device first set to what the sentence would change. Homes are split in two by their order: tune
on one half, report the other. A sentence that the set gives to several devices of a room is right
for any of them, and a question is right for it too.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.progress import track
from rich.table import Table

from hubagent.errors import HubagentError
from hubagent.replay import replay_scenario
from hubagent.simulate.home import HomeModel, load_home
from hubagent.understand.understander import Understander

OUTCOMES = ("right", "asked", "refused", "wrong device", "wrong state", "failed")
_NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)")
_UP = re.compile(r"\b(louder|brighter|brighten|warmer|up|raise|increase|higher)\b")
_DOWN = re.compile(r"\b(quieter|dimmer|darker|cooler|colder|down|lower|decrease|reduce|dim)\b")
_FULL = re.compile(r"\b(max|maximum|full|fully|highest)\b")
_HALF = re.compile(r"\b(half|halfway|half way)\b")

DOMAINS = {
    "light": "light", "light-dimmable": "light", "hvac": "climate", "heat-pump": "climate",
    "smart-tv": "media_player", "smart-speaker": "media_player", "smart-plug": "switch",
    "switch": "switch", "water-valve": "valve", "smart-sprinkler": "valve", "smart-lock": "lock",
    "garage-door": "cover", "smart-blinds": "cover", "fan-oscilating": "fan", "exhaust-fan": "fan",
    "vacuum": "vacuum",
}  # fmt: skip
"""Domain that the sentences about a kind of device are about."""

State = dict[str, Any]
FIRST: dict[str, dict[str, State]] = {
    "light": {
        "Turn on": {"state": "off"},
        "Turn off": {"state": "on"},
        "Set brightness": {"state": "on", "attributes": {"brightness": 110}},
    },
    "switch": {"Turn on": {"state": "off"}, "Turn off": {"state": "on"}},
    "fan": {"Turn on": {"state": "off"}, "Turn off": {"state": "on"}},
    "climate": {
        "Turn on": {"state": "off"},
        "Turn off": {"state": "heat"},
        "Set temperature": {"state": "heat", "attributes": {"temperature": 18}},
    },
    "media_player": {
        "Pause": {"state": "playing"},
        "Unpause": {"state": "paused"},
        "Set volume": {"state": "playing", "attributes": {"volume_level": 0.4}},
        "Next track": {"state": "playing", "attributes": {"media_track": 5}},
        "Previous track": {"state": "playing", "attributes": {"media_track": 5}},
    },
    "valve": {
        "Turn on": {"state": "closed"},
        "Turn off": {"state": "open"},
        "Open": {"state": "closed"},
        "Close": {"state": "open"},
        "Set position": {"state": "open", "attributes": {"current_position": 20}},
    },
    "cover": {"Open": {"state": "closed"}, "Close": {"state": "open"}},
    "lock": {"Lock": {"state": "unlocked"}, "Unlock": {"state": "locked"}},
    "vacuum": {"Start": {"state": "docked"}, "Return to base": {"state": "cleaning"}},
}
"""State of a device before it is asked for something, by domain and action."""

AFTER: dict[str, tuple[str, ...]] = {
    "Pause": ("paused", "idle"),
    "Unpause": ("playing",),
    "Open": ("open", "opening"),
    "Close": ("closed", "closing"),
    "Lock": ("locked",),
    "Unlock": ("unlocked",),
    "Start": ("cleaning",),
    "Return to base": ("docked", "returning"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One device that a sentence may mean, and what it asks of it."""

    entity_ids: tuple[str, ...]
    action: str


@dataclass(frozen=True, slots=True)
class Case:
    """One sentence in one room of one home."""

    home: Path
    area: str
    sentence: str
    kind: str
    meant: tuple[Asked, ...]


def cases(data: Path, half: str) -> list[Case]:
    """Read the sentences of one half of the homes, each once for a room."""
    root = data / "home_assistant_datasets"
    homes = sorted((root / "device-actions-v2-fixtures").glob("*/_fixtures.yaml"))
    found: dict[tuple[Path, str, str], tuple[str, list[Asked]]] = {}
    for number, path in enumerate(homes):
        if (number % 2 == 0) != (half == "tune"):
            continue
        home = load_home(path)
        for file in sorted((root / "device-actions-v2" / path.parent.name).glob("*.yaml")):
            document = yaml.safe_load(file.read_text(encoding="utf-8"))
            area, ids = _device(home, document["device"])
            for action in document["actions"]["actions"]:
                asked = Asked(ids, action["action"])
                for sentence in dict.fromkeys(map(str, action["sentences"])):
                    if "[" in sentence:
                        continue  # a template that was not filled in
                    kind = document["device"]["device_type"]
                    found.setdefault((path, area, sentence), (kind, []))[1].append(asked)
    return [
        Case(home, area, sentence, kind, tuple(meant))
        for (home, area, sentence), (kind, meant) in found.items()
        if any(asked.entity_ids for asked in meant)
    ]


def _device(home: HomeModel, device: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Return the area of a device and its entities that the sentences are about."""
    areas = [a.area_id for a in home.areas if a.name.lower() == device["area"].lower()]
    area = str(areas[0]) if areas else ""
    ids = {
        item.device_id
        for item in home.devices
        if item.area_id == area and item.name.lower() == device["name"].lower()
    }
    entities = {
        str(item.entity_id)
        for item in home.entities
        if item.device_id in ids and item.domain == DOMAINS[device["device_type"]]
    }
    return area, tuple(sorted(entities))


def scenario(case: Case) -> dict[str, Any]:
    """Return the case as ``hubagent replay`` takes it."""
    setup = {
        entity_id: FIRST[entity_id.split(".")[0]].get(asked.action, {})
        for asked in case.meant
        for entity_id in asked.entity_ids
    }
    turn = {"text": case.sentence, "area": case.area, "at": 0}
    return {"id": case.sentence, "home": str(case.home), "setup": setup, "turns": [turn]}


def judge(case: Case, document: dict[str, Any]) -> str:
    """Return one of ``OUTCOMES``."""
    turn = document["turns"][0]
    if turn["decision"] == "ask":
        return "right" if len(case.meant) > 1 else "asked"
    if turn["decision"] != "act":
        return "refused"
    touched = {command["entity_id"] for command in turn["commands"]}
    for asked in case.meant:
        if touched == set(asked.entity_ids):
            states = [document["state"][entity_id] for entity_id in asked.entity_ids]
            done = [_is_done(asked, entity, case.sentence, turn) for entity in states]
            return "right" if all(done) else "wrong state"
    return "wrong device"


def _is_done(asked: Asked, entity: State, sentence: str, turn: dict[str, Any]) -> bool:
    """Return whether a device is what the sentence asked for."""
    domain = asked.entity_ids[0].split(".")[0]
    state, attributes = entity["state"], entity["attributes"]
    if asked.action in AFTER:
        return state in AFTER[asked.action]
    if asked.action == "Turn on":
        return state not in {"off", "closed", "unknown"}
    if asked.action == "Turn off":
        return state in {"off", "closed", "closing"}
    if asked.action in {"Next track", "Previous track"}:
        wanted = "media_next_track" if asked.action == "Next track" else "media_previous_track"
        return any(command["command"] == wanted for command in turn["commands"])
    name, scale, before = {
        "Set brightness": ("brightness", 2.55, 110),
        "Set volume": ("volume_level", 0.01, 0.4),
        "Set position": ("current_position", 1, 20),
        "Set temperature": ("temperature", 1, 18),
    }[asked.action]
    value = attributes.get(name)
    wanted_value = _amount(sentence)
    if value is None or domain not in FIRST:
        return False
    if wanted_value is None:
        return bool(value > before) if _UP.search(sentence.lower()) else bool(value < before)
    if name == "temperature":
        celsius = (wanted_value - 32) * 5 / 9
        return bool(abs(value - wanted_value) < 0.6 or abs(value - celsius) < 0.6)
    return bool(abs(value - wanted_value * scale) <= 2 * scale)


def _amount(sentence: str) -> float | None:
    """Return the target said, ``None`` for a relative change."""
    low = sentence.lower()
    found = _NUMBER.findall(low)
    relative = re.search(r"\bby \d|\d+ ?(%|percent|degrees)? (brighter|dimmer|louder|quieter)", low)
    if found and not relative:
        return float(found[-1])
    if _HALF.search(low) and not found:
        return 50.0
    if _FULL.search(low):
        return 0.0 if "closed" in low else 100.0
    return None


def main() -> None:
    """Run one half and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--half", choices=("tune", "report"), default="tune")
    parser.add_argument("--failures", action="store_true", help="list what was not right")
    parser.add_argument("--json", action="store_true", dest="as_json")
    options = parser.parse_args()
    understand = Understander.load()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    failures = []
    console = Console(stderr=True)
    for case in track(cases(options.data, options.half), console=console, transient=True):
        try:
            document = replay_scenario(scenario(case), understand)
            outcome = judge(case, document)
            turn = document["turns"][0]
        except HubagentError as error:
            outcome, turn = "failed", {"decision": "", "response": str(error), "commands": []}
        counts[case.kind][outcome] += 1
        if outcome != "right":
            failures.append((case, outcome, turn))
    if options.failures:
        for case, outcome, turn in failures:
            meant = [entity_id for asked in case.meant for entity_id in asked.entity_ids]
            sent = [f"{c['entity_id']}.{c['command']} {c['data']}" for c in turn["commands"]]
            print(f"{outcome}: {case.home.parent.name}/{case.area}: {case.sentence!r} {meant}")
            print(f"    {turn['decision']} {turn['response']!r} {sent}")
    report(counts, as_json=options.as_json)


def report(counts: dict[str, Counter[str]], *, as_json: bool) -> None:
    """Print right and wrong by kind of device."""
    total = sum(counts.values(), Counter[str]())
    rows = {**{kind: counts[kind] for kind in sorted(counts)}, "all": total}
    if as_json:
        print(json.dumps({kind: dict(row) for kind, row in rows.items()}))
        return
    table = Table("device", "sentences", "right %", *OUTCOMES[1:])
    for kind, row in rows.items():
        number = sum(row.values())
        share = f"{100 * row['right'] / number:.1f}" if number else "-"
        table.add_row(kind, str(number), share, *(str(row[name]) for name in OUTCOMES[1:]))
    Console().print(table)


if __name__ == "__main__":
    main()
