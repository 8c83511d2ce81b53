"""From trained weights to the released files: int8 ONNX, tokenizer, catalogue, manifest. Needs torch.

What goes out is what a hub loads; the figures in the manifest are measured on these very files.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: TID251 - not run, quantized

from hubagent.training.loop import load_average
from hubagent.training.mixture import CATALOGUE, Names
from hubagent.understand.calibrate import calibration_error, fit_temperature, softmax, sum_by_name
from hubagent.understand.encode import TextEncoder
from hubagent.understand.model import (
    CATALOGUE_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    TOKENIZER_FILE,
    Model,
)
from hubagent.understand.normalise import normalise

if TYPE_CHECKING:
    from pathlib import Path

    from hubagent.training.encoder import Encoder
    from hubagent.training.examples import Example

_LOGGER = logging.getLogger(__name__)
_CAUTION = 1.05
"""By how much the fitted temperature is raised: on other people's sentences the model is surer than it
should be by more than the sentences kept apart show. Set after runs before the released one."""

ATTRIBUTIONS = (
    {"name": "all-MiniLM-L6-v2", "use": "pretrained encoder and tokenizer", "licence": "Apache-2.0",
     "by": "sentence-transformers; MiniLM by Wang et al. 2020 (Microsoft)"},
    {"name": "NLU-Evaluation-Data (HWU64)", "use": "training", "licence": "CC BY 4.0", "by": "Liu et al. 2019"},
    {"name": "SLURP", "use": "training on devel and on unlabelled text; devel kept apart for calibration",
     "licence": "CC BY 4.0", "by": "Bastianelli et al. 2020"},
    {"name": "SLURP recordings as recognised", "use": "word confusions", "licence": "CC BY 4.0",
     "by": "Bastianelli et al. 2020"},
    {"name": "Home Assistant intents", "use": "sentence templates", "licence": "CC BY 4.0", "by": "OHF-Voice"},
    {"name": "home-assistant-datasets", "use": "training", "licence": "Apache-2.0", "by": "Allen Porter"},
    {"name": "home-llm data", "use": "names, actions, status requests", "licence": "MIT", "by": "acon96"},
    {"name": "CLINC150", "use": "out-of-scope requests", "licence": "CC BY 3.0", "by": "Larson et al. 2019"},
)  # fmt: skip


def export(
    run: Path,
    target: Path,
    version: str,
    dev: list[Example],
    names: Names,
    calibration: Path | None = None,
) -> dict[str, Any]:
    """Write the released files of a run into ``target`` and return the manifest.

    Args:
        run: Folder of the run: weights, recipe, tokenizer.
        target: Folder for the released files, made if missing.
        version: Version of the model.
        dev: Sentences kept apart, for calibration.
        names: Class and tag names.
        calibration: The run that this one began with and that never saw ``dev``, where this one did.
    """
    recipe = json.loads((run / "recipe.json").read_text(encoding="utf-8"))
    _write_model(run, target, names)
    if CATALOGUE.resolve() != (target / CATALOGUE_FILE).resolve():
        shutil.copyfile(CATALOGUE, target / CATALOGUE_FILE)
    judged = target
    if calibration is not None:
        judged = run / "calibration"
        _write_model(calibration, judged, names)
    fitted, error = _calibrate(judged, dev, names)
    temperature = fitted * _CAUTION
    manifest = {
        "version": version,
        "made": datetime.now(tz=UTC).date().isoformat(),
        "licence": "Apache-2.0, with the attributions below",
        "recipe": recipe,
        "files": {name: _fingerprint(target / name) for name in (MODEL_FILE, TOKENIZER_FILE)},
        "intent_temperature": round(temperature, 4),
        "scope_temperature": 1.0,
        "start_threshold": 0.5,
        "figures": {"calibration_error_dev": round(error, 4)},
        "attributions": list(ATTRIBUTIONS),
        "labels": list(names.labels),
        "tags": list(names.tags),
    }
    (target / MANIFEST_FILE).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    _LOGGER.info("wrote %s, %.1f MB", MODEL_FILE, (target / MODEL_FILE).stat().st_size / 1e6)
    return manifest


def _write_model(run: Path, target: Path, names: Names) -> None:
    """Write the quantized network and the tokenizer of a run into ``target``."""
    target.mkdir(parents=True, exist_ok=True)
    full = target / "float.onnx"
    _to_onnx(load_average(run, names), full)
    quantize_dynamic(full, target / MODEL_FILE, per_channel=True, weight_type=QuantType.QInt8)
    full.unlink()
    shutil.copyfile(run / "tokenizer.json", target / TOKENIZER_FILE)


def _to_onnx(encoder: Encoder, path: Path) -> None:
    """Write the float network with both axes free."""
    ids = torch.ones((2, 12), dtype=torch.int64)
    axes = {0: "batch", 1: "pieces"}
    torch.onnx.export(
        encoder, (ids, torch.ones_like(ids)), str(path), dynamo=False, opset_version=17,
        input_names=["input_ids", "attention_mask"],
        output_names=["intent", "slots", "starts", "scope", "embedding"],
        dynamic_axes={
            "input_ids": axes, "attention_mask": axes, "slots": axes, "starts": axes,
            "intent": {0: "batch"}, "scope": {0: "batch"}, "embedding": {0: "batch"},
        },
    )  # fmt: skip


def _calibrate(target: Path, dev: list[Example], names: Names) -> tuple[float, float]:
    """Return the temperature, and the calibration error that is left, in the public names of the data.

    Each half of the dev sentences is judged with the temperature fitted on the other; what is
    returned is the temperature fitted on all of them.
    """
    model, encoder = Model(target), TextEncoder(target / TOKENIZER_FILE)
    logits = np.stack([model.run(encoder.encode(normalise(item.text)).ids).intent for item in dev])
    public = sorted({name for name in names.public if name})
    number = np.array([public.index(name) if name else -1 for name in names.public], dtype=np.int64)
    truth = number[[names.labels.index(str(item.label)) for item in dev]]
    sure, right = [], []
    for judged, fitted in (
        (slice(0, None, 2), slice(1, None, 2)),
        (slice(1, None, 2), slice(0, None, 2)),
    ):
        temperature = fit_temperature(logits[fitted], truth[fitted], number)
        summed = sum_by_name(softmax(logits[judged], temperature), number)
        sure.append(summed.max(-1))
        right.append(summed.argmax(-1) == truth[judged])
    error = calibration_error(np.concatenate(sure), np.concatenate(right))
    return fit_temperature(logits, truth, number), error


def _fingerprint(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def write_figures(target: Path, figures: dict[str, Any]) -> None:
    """Put measured figures into the manifest."""
    path = target / MANIFEST_FILE
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["figures"] |= figures
    path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
