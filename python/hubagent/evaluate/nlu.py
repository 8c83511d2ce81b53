"""How well the released model understands sentences, and how fast.

Only public test data are used, from a folder that the caller names. Every figure is computed on the
files that a hub would load, in the names of the label set that the data use.
"""

from __future__ import annotations

import json
import time
import zlib
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from hubagent.errors import DataError
from hubagent.evaluate.report import Figure, Rows
from hubagent.understand.calibrate import calibration_error
from hubagent.understand.labels import parse_line
from hubagent.understand.model import MODEL_FILE
from hubagent.understand.understander import Understander

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from hubagent.understand.labels import LabelSet

SMART_HOME = "iot"
"""SLURP scenario that makes up the smart-home part: lights, plugs, coffee, cleaning."""
REFUSED_BELOW = 0.5
"""A best reading under this probability, or a text likelier out of scope than not, is a refusal."""


@dataclass(frozen=True, slots=True)
class NluScores:
    """Figures of one set of sentences; shares are in percent."""

    name: str
    sentences: int
    intent: float
    """Best reading is the right intent."""
    right: float
    """As ``intent``, and sure enough to act on."""
    wrong: float
    """Sure enough, and another intent."""
    refused: float
    slots_f1: float | None
    """Exact spans and names; ``None`` where the data have no spans."""
    calibration_error: float


@dataclass(frozen=True, slots=True)
class PeerScores:
    """Another engine on the same sentences, in the same run."""

    engine: str
    entities: int
    sentences: int
    right: float
    wrong: float
    refused: float
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class NluReport:
    """What ``hubagent evaluate nlu`` found."""

    scores: tuple[NluScores, ...]
    model_mb: float
    p50_ms: float
    p95_ms: float
    cpu_p50_ms: float
    """Processor time of one thread: what remains when the machine is busy with other things."""
    cpu_p95_ms: float
    load_ms: float
    version: str
    peers: tuple[PeerScores, ...] = ()
    misses: tuple[tuple[str, str, str], ...] = field(default=(), repr=False)
    """(text, right intent, best reading) of the typed sentences that went wrong."""

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return asdict(self)

    def figures(self) -> Iterator[Figure]:
        """Yield what is compared with other runs."""
        for item in self.scores:
            yield Figure(f"nlu: {item.name}, intent %", item.intent, item.sentences)
            yield Figure(
                f"nlu: {item.name}, wrong %", item.wrong, item.sentences, higher_is_better=False
            )
            if item.slots_f1 is not None:
                yield Figure(f"nlu: {item.name}, slots F1 %", item.slots_f1)
            yield Figure(f"nlu: {item.name}, ECE", item.calibration_error, higher_is_better=False)
        yield Figure("nlu: model MB", self.model_mb, higher_is_better=False)
        yield Figure("nlu: CPU p50 ms", self.cpu_p50_ms, higher_is_better=False)

    def not_right(self) -> Rows:
        """Return the typed sentences that went wrong."""
        return [("sentence", "right intent", "best reading"), *self.misses]

    def tables(self) -> dict[str, Rows]:
        """Return rows for people: title -> rows, the first row being the heads."""
        heads = (
            "set",
            "sentences",
            "intent %",
            "right %",
            "wrong %",
            "refused %",
            "slots F1 %",
            "ECE",
        )
        rows: Rows = [heads]
        for item in self.scores:
            slots = "-" if item.slots_f1 is None else f"{item.slots_f1:.1f}"
            rows.append((
                item.name, str(item.sentences), f"{item.intent:.1f}", f"{item.right:.1f}",
                f"{item.wrong:.1f}", f"{item.refused:.1f}", slots, f"{item.calibration_error:.3f}",
            ))  # fmt: skip
        cost: Rows = [
            ("model", "file MB", "load ms", "p50 ms", "p95 ms", "CPU p50 ms", "CPU p95 ms"),
            (
                self.version, f"{self.model_mb:.1f}", f"{self.load_ms:.0f}", f"{self.p50_ms:.2f}",
                f"{self.p95_ms:.2f}", f"{self.cpu_p50_ms:.2f}", f"{self.cpu_p95_ms:.2f}",
            ),
        ]  # fmt: skip
        tables: dict[str, Rows] = {
            "understanding": rows,
            "cost on one thread": cost,
        }
        if self.peers:
            peers: Rows = [
                (
                    "engine",
                    "entities",
                    "sentences",
                    "right %",
                    "wrong %",
                    "refused %",
                    "p50 ms",
                    "p95 ms",
                )
            ]
            peers += [
                (item.engine, str(item.entities), str(item.sentences), f"{item.right:.1f}",
                 f"{item.wrong:.1f}", f"{item.refused:.1f}", f"{item.p50_ms:.2f}", f"{item.p95_ms:.2f}")
                for item in self.peers
            ]  # fmt: skip
            tables["peers, smart-home part"] = peers
        return tables


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the records of a file with one JSON object a line.

    Raises:
        DataError: If the file is missing or a line is not an object.
    """
    try:
        with path.open(encoding="utf-8") as file:
            rows = [json.loads(line) for line in file if line.strip()]
    except (OSError, ValueError) as error:
        raise DataError(
            f"cannot read `{path}`: {error}", hint="give the folder of the data sets with --data"
        ) from error
    if not all(isinstance(row, dict) for row in rows):
        raise DataError(f"a line of `{path}` is not an object")
    return rows


def run_nlu(
    data: Path,
    *,
    progress: Callable[[str, int, int], None] | None = None,
    understander: Understander | None = None,
    peer_runner: Callable[[Understander, list[dict[str, Any]]], tuple[PeerScores, ...]]
    | None = None,
) -> NluReport:
    """Score the model on SLURP's public test, typed and as recognised.

    Args:
        data: Folder that holds ``slurp/open_test.jsonl`` and ``slurp/open_test_asr.jsonl``.
        progress: Called with (what, done, all).
        understander: The model to score; ``None`` means the released one.
        peer_runner: Runs other engines, and the model beside them, on rows of the smart-home part.

    Raises:
        DataError: If the data cannot be read.
    """
    started = time.perf_counter()
    model = Understander.load() if understander is None else understander
    load_ms = (time.perf_counter() - started) * 1000.0
    typed = read_rows(data / "slurp/open_test.jsonl")
    heard = [
        row | {"text": row["asr"], "slots": None}
        for row in read_rows(data / "slurp/open_test_asr.jsonl")
        if zlib.crc32(str(row["id"]).encode()) % 2 == 1
    ]
    results = _parse(model, typed, "typed", progress)
    spoken = _parse(model, heard, "recognised", progress)
    home = [pair for pair in results if pair[0]["scenario"] == SMART_HOME]
    scores = [_score("typed", results), _score("typed, smart home", home)]
    for name, headset in (("recognised, headset", True), ("recognised, far", False)):
        part = [pair for pair in spoken if pair[0]["headset"] is headset]
        scores.append(_score(name, part))
        smart = [pair for pair in part if pair[0]["intent"].startswith(f"{SMART_HOME}_")]
        scores.append(_score(f"{name}, smart home", smart))
    wall = [line["ms"] for _, line in results]
    processor = [line["cpu_ms"] for _, line in results]
    return NluReport(
        scores=tuple(scores),
        model_mb=_model_mb(model),
        p50_ms=_percentile(wall, 50),
        p95_ms=_percentile(wall, 95),
        cpu_p50_ms=_percentile(processor, 50),
        cpu_p95_ms=_percentile(processor, 95),
        load_ms=load_ms,
        version=model.manifest.version,
        peers=peer_runner(model, [row for row, _ in home]) if peer_runner else (),
        misses=tuple(
            (row["text"], row["intent"], _best(line)[0])
            for row, line in results if _best(line)[0] != row["intent"]
        ),
    )  # fmt: skip


def _percentile(values: list[float], share: int) -> float:
    return float(np.percentile(values, share)) if values else 0.0


def _model_mb(model: Understander) -> float:
    return model.directory.joinpath(MODEL_FILE).stat().st_size / 1e6


def _parse(
    model: Understander,
    rows: list[dict[str, Any]],
    what: str,
    progress: Callable[[str, int, int], None] | None,
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    pairs = []
    for index, row in enumerate(rows):
        started = time.thread_time()
        line = parse_line(model, row, "slurp")
        line["cpu_ms"] = (time.thread_time() - started) * 1000.0
        pairs.append((row, line))
        if progress is not None and index % 50 == 0:
            progress(what, index, len(rows))
    if progress is not None:
        progress(what, len(rows), len(rows))
    return pairs


def _best(line: dict[str, Any]) -> tuple[str, float]:
    """Return (intent, probability) of the best reading; empty if there is none."""
    if not line["hypotheses"]:
        return "", 0.0
    return line["hypotheses"][0]["intent"], line["hypotheses"][0]["probability"]


def slot_f1(pairs: Iterable[tuple[dict[str, Any], dict[str, Any]]]) -> float | None:
    """Return F1 in percent over (name, start, end) triples; ``None`` if no row has spans."""
    found = wanted = both = 0
    seen = False
    for row, line in pairs:
        if row.get("slots") is None:
            continue
        seen = True
        gold = {(item["slot"], item["start"], item["end"]) for item in row["slots"]}
        slots = line["hypotheses"][0]["slots"] if line["hypotheses"] else []
        got = {(item["slot"], item["start"], item["end"]) for item in slots}
        found, wanted, both = found + len(got), wanted + len(gold), both + len(gold & got)
    if not seen:
        return None
    return 200.0 * both / (found + wanted) if found + wanted else 100.0


def _score(name: str, pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> NluScores:
    counts: dict[str, int] = defaultdict(int)
    probabilities, right = [], []
    for row, line in pairs:
        intent, probability = _best(line)
        hit = intent == row["intent"]
        counts["intent"] += hit
        if probability < REFUSED_BELOW or line["out_of_scope"] > REFUSED_BELOW:
            counts["refused"] += 1
        else:
            counts["right" if hit else "wrong"] += 1
        probabilities.append(probability)
        right.append(hit)
    share = 100.0 / max(1, len(pairs))
    return NluScores(
        name, len(pairs), counts["intent"] * share, counts["right"] * share, counts["wrong"] * share,
        counts["refused"] * share, slot_f1(pairs),
        calibration_error(np.array(probabilities), np.array(right, dtype=np.bool_)),
    )  # fmt: skip


def parse_records(records: Iterable[object], *, labels: LabelSet) -> Iterator[dict[str, Any]]:
    """Understand one record after the other, as ``hubagent parse`` does.

    Args:
        records: ``{"id", "text"}`` each; anything else is answered with its error.
        labels: Whose names to use.

    Yields:
        One document a record, in order: a parse, or ``{"id", "error"}``.
    """
    model = Understander.load()
    for record in records:
        if not isinstance(record, dict):
            yield {"id": None, "error": 'a record is a JSON object, {"id", "text"}'}
            continue
        try:
            yield parse_line(model, record, labels)
        except DataError as error:
            yield {"id": record.get("id"), "error": str(error)}
