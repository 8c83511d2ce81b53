"""Home Assistant's own English test sentences, to our whole pipeline, hassil and gazetteer-matcher.

    python benchmarks/ha_sentences.py --data DIR [--seeds 1 2 3] [--json] [--misses FILE]

In: ``home_assistant_intents/tests/en`` (1,110 sentences with Home Assistant's intent and slots) and the
home of its fixtures, joined by the areas, floors and things that the test files declare. Every engine
knows the same home and hears the same sentences in the same run: as written, with two typing slips, and
with one word as a recogniser might have heard it. Ours is the whole turn on the real store with the
released model; only the wire is left out. The others only recognise.

*Right* is Home Assistant's intent. Something that was understood but cannot be done (no such thing in
this home, which of them, not able to) counts by its intent and is told as *held back*. *Target*: of the
sentences with a thing or a place that were understood rightly and not held back, those meant exactly it.
Sentences of files that Home Assistant tests with a known room are said in one.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import re
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import yaml

from hubagent.act.schedule import Schedule
from hubagent.evaluate.peers import GAZETTEER, HASSIL, PeerHome, gazetteer_engine, hassil_engine
from hubagent.pipeline import Pipeline
from hubagent.replay import MemoryHub
from hubagent.simulate.home import load_home
from hubagent.training.datasets import asr_is_for_fitting, read_lines
from hubagent.training.noise import Confusions, typo
from hubagent.types import AreaId, Decision, Outcome, OutcomeKind, TurnId, Utterance
from hubagent.understand import values
from hubagent.understand.understander import Understander

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from hubagent.evaluate.peers import Engine
    from hubagent.simulate.home import HomeModel
    from hubagent.types import Command, TurnRecord

OURS = "hubagent"
ROOM = "Living Room"
"""Where sentences are said that need a room."""
APART_S = 600.0
"""Time between two sentences, so that none is a follow-up."""
TIMERS = (("set a timer for 1 hour", ""), ("set a 30 minute pizza timer", ""),
          ("set a timer for 5 minutes", "Kitchen"), ("set a timer for 45 seconds", ""))  # fmt: skip
"""What runs when a sentence about a timer is said, as in the fixtures."""
NOT_UNDERSTOOD = frozenset({"not_understood", "not_for_me"})
_WORD = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Case:
    """One sentence: what Home Assistant makes of it, and whether a room is known."""

    text: str
    intent: str
    slots: Mapping[str, Any]
    in_room: bool
    kind: str

    @property
    def target(self) -> dict[str, str]:
        """Return the thing and the place that are meant; a timer's name is no thing."""
        if "Timer" in self.intent:
            return {}
        return {n: str(self.slots[n]) for n in ("name", "area", "floor") if n in self.slots}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one sentence."""

    outcome: str
    held_back: bool = False
    target: bool | None = None
    what: str = ""
    ms: float = 0.0


Judge: TypeAlias = "Callable[[str, Case], Verdict]"


# --- sentences and home ---------------------------------------------------------------------------


def read_tests(data: Path) -> tuple[list[Case], HomeModel]:
    """Read the sentences, and the one home they are said in."""
    root = data / "home_assistant_intents"
    with (root / "tests/en/_fixtures.yaml").open(encoding="utf-8") as file:
        home = yaml.safe_load(file)
    cases = []
    for path in sorted(root.glob("tests/en/Hass*/*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        templates = (root / "sentences/en" / path.parent.name / path.name).read_text(
            encoding="utf-8"
        )
        _declare(home, content)
        for test in content["tests"]:
            cases += [
                Case(
                    text, path.parent.name, test.get("slots") or {},
                    "context_area: true" in templates, path.stem,
                )
                for text in test["sentences"]
            ]  # fmt: skip
    return cases, load_home(home)


def _declare(home: dict[str, Any], content: Mapping[str, Any]) -> None:
    """Add what a test file declares to the home; what is there already may only get a place."""
    for kind in ("floors", "areas", "entities"):
        known = {str(item["name"]).casefold(): item for item in home[kind]}
        for item in content.get(kind) or []:
            made = {
                key: value for key, value in item.items() if key not in ("context_area", "domain")
            }
            if kind == "entities":
                made["id"] = f"{item['domain']}.{re.sub('[^a-z0-9]+', '_', item['name'].lower())}"
                made["area"] = item.get("area") or _place(item["name"], content)
            if item["name"].casefold() not in known:
                home[kind].append(made)
                known[item["name"].casefold()] = made
            elif "id" in made and not known[item["name"].casefold()].get("area"):
                known[item["name"].casefold()]["area"] = made["area"]


def _place(name: str, content: Mapping[str, Any]) -> str | None:
    """Return the area in which the sentences of a file speak of a thing."""
    said = (test.get("slots") or {} for test in content["tests"])
    return next(
        (slots["area"] for slots in said if slots.get("name") == name and "area" in slots), None
    )


# --- spoiling -------------------------------------------------------------------------------------


def two_typos(text: str, generator: random.Random) -> str | None:
    """Return the text with a slip in two of its words of four letters or more (one if it has one)."""
    places = [match for match in _WORD.finditer(text) if len(match.group()) >= 4]
    chosen = sorted(
        generator.sample(places, min(2, len(places))), key=lambda m: m.start(), reverse=True
    )
    for match in chosen:
        word = spoilt = match.group()
        while spoilt == word:
            spoilt = typo(word, generator)
        text = text[: match.start()] + spoilt + text[match.end() :]
    return text if chosen else None


def misheard(text: str, confusions: Confusions, generator: random.Random) -> str | None:
    """Return the text with one word as a recogniser heard it elsewhere; ``None`` if it knows none."""
    places = list(_WORD.finditer(text))
    for match in generator.sample(places, len(places)):
        heard = confusions.draw(match.group().lower(), generator)
        if heard is not None and heard != match.group().lower():
            return text[: match.start()] + heard + text[match.end() :]
    return None


def learn_confusions(data: Path, cases: Iterable[Case]) -> Confusions:
    """Learn what words are heard as; words that were never recorded go by sound."""
    rows = read_lines(data / "slurp/open_test_asr.jsonl")
    pairs = [(row["text"], row["asr"]) for row in rows if asr_is_for_fitting(row["id"])]
    words = {word.lower() for case in cases for word in _WORD.findall(case.text)}
    words |= {word for text, _ in pairs for word in _WORD.findall(text.lower())}
    return Confusions.learn(pairs).with_sounds(sorted(words))


# --- engines --------------------------------------------------------------------------------------


class NoWire:
    """Takes commands and sends nothing."""

    def execute(self, commands: Sequence[Command]) -> tuple[Outcome, ...]:
        """Return every command as sent."""
        return tuple(Outcome(command, OutcomeKind.SENT) for command in commands)


class Ours:
    """The pipeline on a simulated home, with the judge of its turns."""

    def __init__(self, home: HomeModel, understander: Understander) -> None:
        self._hub = MemoryHub(home)
        self._understander, self._catalogue = understander, understander.catalogue
        classes = understander.catalogue.classes
        self._public = {entry.intent: entry.home_assistant for entry in classes}
        self._floors = {floor.floor_id: floor.name for floor in home.floors}
        self._areas = {area.area_id: area for area in home.areas}
        self._things = {entity.entity_id: entity for entity in home.entities}
        self._pipeline, self._number = self._fresh(), 0

    def judge(self, text: str, case: Case) -> Verdict:
        """Say a sentence and judge what came of it."""
        if "Timer" in case.intent:
            self._pipeline = self._fresh()
            for asked, area in TIMERS:
                self._say(asked, area)
        self._hub.clock.advance(APART_S if "Timer" not in case.intent else 200.0)
        started_s = time.perf_counter()
        record = self._say(text, ROOM if case.in_room else "")
        ms = (time.perf_counter() - started_s) * 1000
        reasons = {item.reason for item in record.resolutions}
        what = f"{record.decision.value} {record.intent} {','.join(sorted(reasons))}: {record.response}"
        if record.decision is Decision.IGNORE or not reasons.isdisjoint(NOT_UNDERSTOOD):
            return Verdict("refused", what=what, ms=ms)
        held_back = record.decision in (Decision.REFUSE, Decision.ASK)
        if case.intent not in self._meant(record):
            return Verdict("wrong", held_back, what=what, ms=ms)
        target = None if held_back or not case.target else self._targets(record, case.target)
        return Verdict("right", held_back, target, what, ms)

    def _fresh(self) -> Pipeline:
        return Pipeline(
            understand=self._understander, values=values, context=self._hub.store, act=NoWire(),
            clock=self._hub.clock, schedule=Schedule(self._hub.clock),
        )  # fmt: skip

    def _say(self, text: str, area: str) -> TurnRecord:
        self._number += 1
        return self._pipeline.run_turn(
            Utterance(
                TurnId(str(self._number)), text, self._hub.clock.now_s(),
                area_id=AreaId(area) if area else None,
            )
        )  # fmt: skip

    def _meant(self, record: TurnRecord) -> set[str]:
        """Return Home Assistant's intents for what was understood; what waits is a timer to it."""
        if any(item.due_s is not None and item.timer is None for item in record.resolutions):
            return {"HassStartTimer"}
        meant = {self._public.get(item.intent, item.intent) for item in record.resolutions}
        for clause in record.understanding.clauses if record.understanding else ():
            reading = next((r for r in clause.hypotheses if r.intent == record.intent), None)
            if reading is not None and reading.label:  # the shopping list has intents of its own
                entry = self._catalogue.by_label(reading.label)
                meant.add(
                    self._catalogue.home_assistant(entry, {s.name: s.text for s in reading.slots})
                )
        return meant

    def _targets(self, record: TurnRecord, wanted: Mapping[str, str]) -> bool:
        things = [
            self._things[id_]
            for item in record.resolutions
            for id_ in item.targets
            if id_ in self._things
        ]
        places = [
            self._areas[AreaId(str(thing.area_id))] if thing.area_id else None for thing in things
        ]
        found = {
            "name": {thing.name for thing in things},
            "area": {place.name if place else "" for place in places},
            "floor": {
                self._floors.get(place.floor_id, "") if place and place.floor_id else ""
                for place in places
            },
        }
        return all(
            {value.casefold() for value in found[slot]} == {name.casefold()}
            for slot, name in wanted.items()
        )


def judge_peer(engine: Engine, text: str, case: Case) -> Verdict:
    """Let another engine recognise a sentence and judge it."""
    started_s = time.perf_counter()
    found = engine(text)
    ms = (time.perf_counter() - started_s) * 1000
    if found is None:
        return Verdict("refused", ms=ms)
    what = f"{found.intent} {dict(found.slots)}"
    if found.intent != case.intent:
        return Verdict("wrong", what=what, ms=ms)
    target = all(
        found.slots.get(slot, "").casefold() == name.casefold()
        for slot, name in case.target.items()
    )
    return Verdict("right", target=target if case.target else None, what=what, ms=ms)


def engines(home: HomeModel, understander: Understander) -> dict[str, Judge]:
    """Return all engines over one home, each as its judge."""
    areas = {area.area_id: area.name for area in home.areas}
    things = ((e, areas.get(AreaId(str(e.area_id)), "")) for e in home.entities)
    known = PeerHome(
        tuple(areas.values()),
        tuple(floor.name for floor in home.floors),
        tuple(dict.fromkeys((e.name, e.domain, area) for e, area in things)),
    )
    found: dict[str, Judge] = {OURS: Ours(home, understander).judge}
    for name, make in ((HASSIL, hassil_engine), (GAZETTEER, gazetteer_engine)):
        nowhere, there = make(known), make(known, room=ROOM)

        def judge(
            text: str, case: Case, nowhere: Engine = nowhere, there: Engine = there
        ) -> Verdict:
            return judge_peer(there if case.in_room else nowhere, text, case)

        found[name] = judge
    return found


# --- the run --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """Sentences under one condition."""

    condition: str
    seed: int
    said: tuple[tuple[Case, str], ...]
    left_out: int


def conditions(cases: Sequence[Case], data: Path, seeds: Iterable[int]) -> Iterator[Run]:
    """Yield the sentences as written, then spoilt in both ways for every seed."""
    confusions = learn_confusions(data, cases)
    yield Run("as written", 0, tuple((case, case.text) for case in cases), 0)
    ways: dict[str, Callable[[str, random.Random], str | None]] = {
        "two typos": two_typos,
        "misheard": lambda text, generator: misheard(text, confusions, generator),
    }
    for seed in seeds:
        for condition, spoil in ways.items():
            generator = random.Random(f"{condition}{seed}")  # noqa: S311 - repeatable draws, no secret
            spoilt = [(case, spoil(case.text, generator)) for case in cases]
            said = tuple((case, text) for case, text in spoilt if text is not None)
            yield Run(condition, seed, said, len(cases) - len(said))


def measure(run: Run, judges: Mapping[str, Judge], misses: list[str]) -> list[dict[str, Any]]:
    """Say everything to every engine, sentence by sentence in turn; return a row for each engine."""
    verdicts: dict[str, list[Verdict]] = {name: [] for name in judges}
    for case, text in run.said:
        for name, judge in judges.items():
            verdict = judge(text, case)
            verdicts[name].append(verdict)
            if verdict.outcome != "right" or verdict.target is False:
                why = "target" if verdict.outcome == "right" else verdict.outcome
                kind = f"{case.intent}/{case.kind}"
                misses.append(
                    "\t".join((run.condition, str(run.seed), name, why, kind, text, verdict.what))
                )
    return [
        {"condition": run.condition, "seed": run.seed, "engine": name, "left_out": run.left_out}
        | shares(found)
        for name, found in verdicts.items()
    ]


def shares(verdicts: Sequence[Verdict]) -> dict[str, float]:
    """Return shares in percent, and the median time."""
    counted = Counter(item.outcome for item in verdicts)
    counted["held back"] = sum(item.held_back for item in verdicts)
    names = ("right", "wrong", "refused", "held back")
    found = {name: 100.0 * counted[name] / len(verdicts) for name in names}
    targets = [item.target for item in verdicts if item.target is not None]
    found["target"] = 100.0 * sum(targets) / max(1, len(targets))
    found["p50_ms"] = float(np.percentile([item.ms for item in verdicts], 50))
    return found


def main() -> None:
    """Measure all engines and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument(
        "--seeds", type=int, nargs="*", default=[1, 2, 3], help="of the spoilt ones"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--misses", type=Path, help="write what was not right to this file")
    arguments = parser.parse_args()
    cases, home = read_tests(arguments.data)
    judges = engines(home, Understander.load())
    rows: list[dict[str, Any]] = []
    misses: list[str] = []
    gc.collect()
    gc.freeze()
    for run in conditions(cases, arguments.data, arguments.seeds):
        found = measure(run, judges, misses)
        rows += found
        for row in () if arguments.json else found:
            print(_line(row), flush=True)
    gc.unfreeze()
    if arguments.misses:
        arguments.misses.write_text("\n".join(misses) + "\n", encoding="utf-8")
    if arguments.json:
        print(json.dumps({"sentences": len(cases), "entities": len(home.entities), "rows": rows}))


def _line(row: Mapping[str, Any]) -> str:
    found = " / ".join(f"{row[name]:.1f}" for name in ("right", "wrong", "refused"))
    return (
        f"{row['condition']:10} seed {row['seed']}  {row['engine']:20} {found} %"
        f"  (held back {row['held back']:.1f}, target {row['target']:.1f})"
        f"  p50 {row['p50_ms']:.1f} ms  left out {row['left_out']}"
    )


if __name__ == "__main__":
    main()
