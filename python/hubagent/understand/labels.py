"""One line of ``hubagent parse``: a record in, a record out, in the names that were asked for."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Literal

from hubagent.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.understand.catalogue import Catalogue, IntentClass
    from hubagent.understand.understander import Reading, Understander

LabelSet = Literal["catalogue", "slurp", "home-assistant"]
_KEPT = 5
_LEAST = 0.001


def parse_line(
    understander: Understander, record: Mapping[str, Any], labels: LabelSet = "catalogue"
) -> dict[str, Any]:
    """Return the readings of one utterance as plain data.

    Probabilities of classes that bear the same name in the label set are added up; the slots are
    those of the utterance as a whole, in characters of the given text. SLURP knows no thermostat
    and the like: with its names, such classes are left out and their share goes to nobody. An intent
    that Home Assistant has not keeps our name.

    Args:
        understander: A loaded model.
        record: ``text`` (a string) and, passed through, ``id``.
        labels: Whose names to use.

    Raises:
        DataError: If ``text`` is missing or is not a string.
    """
    text = record.get("text")
    if not isinstance(text, str):
        raise DataError(f"`text` of record `{record.get('id')}` is not a string")
    started = time.perf_counter()
    analysis = understander.analyse(text)
    hypotheses = (
        [] if analysis.whole is None
        else _hypotheses(understander.catalogue, text, analysis.whole, labels)
    )  # fmt: skip
    elapsed = time.perf_counter() - started
    return {
        "id": record.get("id"),
        "text": text,
        "hypotheses": hypotheses,
        "out_of_scope": round(analysis.out_of_scope, 4),
        "clauses": [[start, end] for start, end, _ in analysis.clauses],
        "ms": round(elapsed * 1000.0, 3),
    }


def _hypotheses(
    catalogue: Catalogue, text: str, reading: Reading, labels: LabelSet
) -> list[dict[str, Any]]:
    words = {tag: text[start:end] for start, end, tag in reversed(reading.spans)}
    total: dict[str, float] = defaultdict(float)
    best: dict[str, tuple[float, IntentClass]] = {}
    for entry, probability in zip(catalogue.classes, reading.probabilities.tolist(), strict=True):
        meant = entry if labels == "slurp" else catalogue.meant(entry, words)
        name = _intent_name(catalogue, meant, words, labels)
        if not name:
            continue
        total[name] += probability
        if name not in best or probability > best[name][0]:
            best[name] = (probability, meant)
    order = sorted(total, key=lambda name: -total[name])[:_KEPT]
    return [
        {
            "intent": name,
            "probability": round(total[name], 4),
            "slots": _slots(catalogue, text, reading, best[name][1], labels),
        }
        for name in order
        if total[name] >= _LEAST
    ]


def _intent_name(
    catalogue: Catalogue, entry: IntentClass, words: dict[str, str], labels: LabelSet
) -> str:
    if labels == "slurp":
        return entry.slurp
    if labels == "home-assistant":
        return catalogue.home_assistant(entry, words) or entry.intent
    return entry.intent


def _slots(
    catalogue: Catalogue, text: str, reading: Reading, entry: IntentClass, labels: LabelSet
) -> list[dict[str, Any]]:
    slurp = dict(catalogue.tags)
    result = []
    for start, end, tag in reading.spans:
        value = text[start:end]
        name = slurp[tag] if labels == "slurp" else catalogue.slot_name(entry, tag, value)
        if name:
            result.append({"slot": name, "start": start, "end": end, "value": value})
    return result
