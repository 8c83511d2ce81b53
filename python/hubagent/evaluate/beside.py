"""The smart-home sentences of the public test, by other engines and by ours, in the same run.

All get a home that holds every device those sentences mention, padded to 20, 100 and 500 entities.
Only the intent is judged, so an engine gets the point for any target.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from hubagent.evaluate.nlu import REFUSED_BELOW, PeerScores
from hubagent.evaluate.peers import GAZETTEER, HASSIL, PeerHome, gazetteer_engine, hassil_engine
from hubagent.understand.labels import parse_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubagent.evaluate.peers import Engine
    from hubagent.understand.understander import Understander

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


def home_of(size: int) -> PeerHome:
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
    return PeerHome(_AREAS, ("upstairs",), tuple(entities[:size]))


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


def intent_of(engine: Engine) -> Callable[[str], str | None]:
    """Return an engine's intent alone."""

    def recognise(text: str) -> str | None:
        found = engine(text)
        return None if found is None else found.intent

    return recognise


def ours(model: Understander) -> Callable[[str], str | None]:
    """Return our model as such a function; unsure or out of scope is a refusal."""

    def recognise(text: str) -> str | None:
        line = parse_line(model, {"id": 0, "text": text}, "home-assistant")
        if not line["hypotheses"] or line["out_of_scope"] > REFUSED_BELOW:
            return None
        best = line["hypotheses"][0]
        return str(best["intent"]) if best["probability"] >= REFUSED_BELOW else None

    return recognise


def run_peers(understander: Understander, rows: list[dict[str, Any]]) -> tuple[PeerScores, ...]:
    """Run all engines on rows of the smart-home part, for homes of every size.

    Raises:
        DataError: If one of the other engines is not installed.
    """
    rows = [row for row in rows if row["intent"] in WANTED]
    model = ours(understander)
    results = []
    for size in SIZES:
        home = home_of(size)
        results.append(measure(HASSIL, size, rows, intent_of(hassil_engine(home))))
        results.append(measure(GAZETTEER, size, rows, intent_of(gazetteer_engine(home))))
        results.append(measure("hubagent", size, rows, model))
    return tuple(results)
