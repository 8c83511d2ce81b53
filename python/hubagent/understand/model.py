"""The quantized model on disk and in memory; the only importer of onnxruntime.

In come numbers of pieces, out come logits and the embedding. Files are checked against the hashes
of the manifest before anything is run.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime

from hubagent.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

MODEL_FILE = "model.int8.onnx"
TOKENIZER_FILE = "tokenizer.json"
CATALOGUE_FILE = "catalogue.toml"
MANIFEST_FILE = "manifest.json"
_HINT = "reinstall hubagent, or train a model with `make train`"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the model's files are and how its numbers are to be read."""

    version: str
    labels: tuple[str, ...]
    tags: tuple[str, ...]
    intent_temperature: float
    scope_temperature: float
    start_threshold: float
    figures: dict[str, Any]

    @classmethod
    def load(cls, directory: Path) -> Manifest:
        """Read the manifest and check every file that it names.

        Raises:
            ModelError: If a file is missing, damaged, or not the one that was released.
        """
        path = directory / MANIFEST_FILE
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            for name, expected in content["files"].items():
                found = hashlib.sha256((directory / name).read_bytes()).hexdigest()
                if found != expected["sha256"]:
                    raise ModelError(f"`{directory / name}` is not the released file", hint=_HINT)
            return cls(
                content["version"], tuple(content["labels"]), tuple(content["tags"]),
                float(content["intent_temperature"]), float(content["scope_temperature"]),
                float(content["start_threshold"]), content["figures"],
            )  # fmt: skip
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"cannot read the model in `{directory}`: {error}", hint=_HINT
            ) from error


@dataclass(frozen=True, slots=True)
class Output:
    """What the network says of one text; all logits but the embedding."""

    intent: NDArray[np.float32]
    """(labels,)"""
    slots: NDArray[np.float32]
    """(pieces, 1 + 2 * tags)"""
    starts: NDArray[np.float32]
    """(pieces,)"""
    scope: float
    embedding: NDArray[np.float32]
    """(width,), unit length."""


class Model:
    """One model session on one thread; may be used from several threads at once."""

    def __init__(self, directory: Path) -> None:
        """Load the network.

        Raises:
            ModelError: If the file cannot be loaded.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(directory / MODEL_FILE), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the library's own exceptions share no base but Exception
            raise ModelError(
                f"cannot load the model in `{directory}`: {error}", hint=_HINT
            ) from error

    def run(self, pieces: Sequence[int]) -> Output:
        """Run the network over one text.

        Texts are not batched: the network scales its activations by what is in the batch, so a
        neighbour would change the answer.

        Args:
            pieces: Numbers of the pieces, marks included; at most 64.
        """
        ids = np.array([pieces], dtype=np.int64)
        intent, slots, starts, scope, embedding = self._session.run(
            None, {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        )
        return Output(intent[0], slots[0], starts[0], float(scope[0]), embedding[0])
