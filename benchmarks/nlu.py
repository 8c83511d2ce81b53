"""How well and how fast requests are understood, beside other engines in the same run.

    python benchmarks/nlu.py --data DIR --peers [--json FILE]

The others are hassil with Home Assistant's published intents, and hassil followed by
gazetteer-matcher when hassil finds nothing: what Home Assistant runs. All get the smart-home
sentences of SLURP's public test and a home that holds every device those sentences mention, padded to
20, 100 and 500 entities. Only the intent is judged, so an engine gets the point for any target.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from gazetteer_matcher import GazetteerMatcher
from hassil import Intents, recognize_best
from hassil.intents import SlotList, TextSlotList
from home_assistant_intents import get_intents

from hubagent.evaluate import REFUSED_BELOW, NluReport, PeerScores, read_rows, run_nlu
from hubagent.understand.labels import parse_line
from hubagent.understand.understander import Understander

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = (20, 100, 500)
WANTED = {
    "iot_hue_lighton": {"HassTurnOn"},
    "iot_hue_lightoff": {"HassTurnOff"},
    "iot_hue_lightup": {"HassLightSet"},
    "iot_hue_lightdim": {"HassLightSet"},
    "iot_hue_lightchange": {"HassLightSet"},
    "iot_wemo_on": {"HassTurnOn"},
    "iot_wemo_off": {"HassTurnOff"},
    "iot_coffee": {"HassTurnOn"},
    "iot_cleaning": {"HassVacuumStart", "HassVacuumCleanArea", "HassTurnOn"},
}
"""SLURP label -> Home Assistant intents that would do it."""
_AREAS = (
    "Kitchen", "Bedroom", "Bathroom", "Office", "Garage", "Hall", "Balcony", "Porch", "Den", "Garden", "Patio",
    "Hallway", "Lobby", "House", "Room", "Apartment", "Flat", "Living Room", "Dining Room", "Game Room",
    "Master Bedroom", "Front Room", "Bedroom Two",
)  # fmt: skip
_NAMES = (
    ("Lamp", "light"), ("Ceiling Light", "light"), ("Desk Lamp", "light"), ("Plug", "switch"),
    ("Wemo", "switch"), ("Wemo Plug", "switch"), ("Wemo Socket", "switch"), ("Wemo Plug Socket", "switch"),
    ("Smart Plug", "switch"), ("Smart Socket", "switch"), ("Smart Plug Socket", "switch"),
    ("Plug Socket", "switch"), ("Socket", "switch"), ("Coffee Machine", "switch"), ("Coffee Maker", "switch"),
    ("Coffee Pot", "switch"), ("Fan", "fan"), ("Vacuum", "vacuum"), ("Vacuum Cleaner", "vacuum"),
    ("Robot Vacuum Cleaner", "vacuum"), ("Roomba", "vacuum"), ("TV", "media_player"),
    ("Speaker", "media_player"),
)  # fmt: skip


def home_of(size: int) -> list[tuple[str, str, str]]:
    """Return (name, domain, area) of that many entities: those mentioned first, then more rooms' lights."""
    entities = [(name, domain, _AREAS[i % len(_AREAS)]) for i, (name, domain) in enumerate(_NAMES)]
    extra = (
        "Light",
        "Reading Lamp",
        "Floor Lamp",
        "Heater",
        "Blinds",
        "Speaker",
        "Switch",
        "Sensor",
    )
    domains = ("light", "light", "light", "climate", "cover", "media_player", "switch", "sensor")
    turn = 0
    while len(entities) < size:
        area = _AREAS[turn % len(_AREAS)]
        kind = (turn // len(_AREAS)) % len(extra)
        again = turn // (len(_AREAS) * len(extra))
        name = f"{area} {extra[kind]}" + (f" {again + 1}" if again else "")
        entities.append((name, domains[kind], area))
        turn += 1
    return entities[:size]


def hassil_engine(entities: list[tuple[str, str, str]]) -> Callable[[str], str | None]:
    """Return a function from text to Home Assistant's intent, by sentence templates alone."""
    intents = Intents.from_dict(get_intents("en") or {})
    lists: dict[str, SlotList] = {
        "name": TextSlotList.from_tuples(
            [(name, name, {"domain": domain}) for name, domain, _ in entities], name="name"
        ),
        "area": TextSlotList.from_tuples([(area, area) for area in _AREAS], name="area"),
        "floor": TextSlotList.from_tuples([("upstairs", "upstairs")], name="floor"),
    }

    def recognise(text: str) -> str | None:
        result = recognize_best(text, intents, slot_lists=lists, best_slot_name="name")
        return None if result is None else str(result.intent.name)

    return recognise


def gazetteer_engine(entities: list[tuple[str, str, str]]) -> Callable[[str], str | None]:
    """Return a function from text to intent: templates first, then the matcher by names."""
    strict = hassil_engine(entities)
    key = {area: area.lower().replace(" ", "_") for area in _AREAS}
    matcher = GazetteerMatcher(
        home={
            "areas": {key[area]: {"name": area} for area in _AREAS},
            "floors": {},
            "entities": {
                f"{domain}.e{i}": {"name": name, "domain": domain, "area": key[area]}
                for i, (name, domain, area) in enumerate(entities)
            },
        }
    )

    def recognise(text: str) -> str | None:
        found = strict(text)
        if found is not None:
            return found
        result = matcher.interpret(text)
        return result.frames[0].intent if result.accepted and result.frames else None

    return recognise


def measure(
    engine: str, entities: int, rows: list[dict[str, Any]], run: Callable[[str], str | None]
) -> PeerScores:
    """Run every sentence once, after a warm-up, and count."""
    run(rows[0]["text"])
    right = wrong = refused = 0
    times = []
    for row in rows:
        started = time.perf_counter()
        intent = run(row["text"])
        times.append((time.perf_counter() - started) * 1000.0)
        if intent is None:
            refused += 1
        elif intent in WANTED[row["intent"]]:
            right += 1
        else:
            wrong += 1
    share = 100.0 / len(rows)
    return PeerScores(
        engine, entities, len(rows), right * share, wrong * share, refused * share,
        float(np.percentile(times, 50)), float(np.percentile(times, 95)),
    )  # fmt: skip


def ours(model: Understander) -> Callable[[str], str | None]:
    """Return our model as such a function; unsure or out of scope is a refusal."""

    def recognise(text: str) -> str | None:
        line = parse_line(model, {"id": 0, "text": text}, "home-assistant")
        if not line["hypotheses"] or line["out_of_scope"] > REFUSED_BELOW:
            return None
        best = line["hypotheses"][0]
        return str(best["intent"]) if best["probability"] >= REFUSED_BELOW else None

    return recognise


def run_peers(rows: list[dict[str, Any]]) -> tuple[PeerScores, ...]:
    """Run all engines on rows of the smart-home part, for homes of every size."""
    rows = [row for row in rows if row["intent"] in WANTED]
    model = ours(Understander.load())
    results = []
    for size in SIZES:
        entities = home_of(size)
        results.append(measure("hassil", size, rows, hassil_engine(entities)))
        results.append(measure("hassil -> gazetteer", size, rows, gazetteer_engine(entities)))
        results.append(measure("hubagent", size, rows, model))
    return tuple(results)


def device_actions_elsewhere(data: Path, model: Understander) -> tuple[int, int]:
    """Return (sentences not about the home that would move a device, all such sentences)."""
    moved = count = 0
    for row in read_rows(data / "slurp/open_test.jsonl"):
        if row["scenario"] in ("iot", "audio", "play", "music"):
            continue
        count += 1
        heard = model.understand(row["text"])
        if not heard.clauses or heard.out_of_scope > 0.5:
            continue
        best = heard.clauses[0].hypotheses[0] if heard.clauses[0].hypotheses else None
        if (
            best
            and best.probability >= 0.5
            and model.catalogue.by_label(best.label).group == "home"
        ):
            moved += 1
    return moved, count


def show(report: NluReport) -> None:
    """Print the tables."""
    for title, rows in report.tables().items():
        print(f"\n{title}")
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        for row in rows:
            print(
                "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            )


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--peers", action="store_true", help="also run the other engines")
    parser.add_argument("--json", type=Path, help="also write everything there")
    arguments = parser.parse_args()

    def progress(what: str, done: int, total: int) -> None:
        print(f"\r{what}: {done}/{total} ", end="", file=sys.stderr, flush=True)

    report = run_nlu(
        arguments.data, peers=arguments.peers, progress=progress, peer_runner=run_peers
    )
    show(report)
    moved, count = device_actions_elsewhere(arguments.data, Understander.load())
    print(f"\nsentences not about the home that would move a device: {moved} of {count}")
    if arguments.json:
        arguments.json.write_text(json.dumps(report.as_json(), indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
