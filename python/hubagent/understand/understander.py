"""The stage's front door: a text goes in, clauses with their readings come out.

One pass of the model serves a plain request. Only when it sees a second request in the text are
the clauses run again, each alone, so that each has readings of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hubagent.errors import ModelError
from hubagent.types import Clause, Hypothesis, Slot, Understanding
from hubagent.understand.calibrate import sigmoid, softmax
from hubagent.understand.catalogue import Catalogue
from hubagent.understand.decode import best_path, clause_spans, spans_of
from hubagent.understand.encode import Encoded, TextEncoder
from hubagent.understand.model import CATALOGUE_FILE, TOKENIZER_FILE, Manifest, Model, Output
from hubagent.understand.normalise import normalise

if TYPE_CHECKING:
    from hubagent.understand.catalogue import IntentClass

MAX_CHARACTERS = 200
_KEPT = 5
_LEAST = 0.01
_LEAST_OF_A_CLAUSE = 0.2


class Reading:
    """What the model says of one piece of text, before public names are given.

    Attributes:
        probabilities: float64 (classes,), calibrated.
        spans: (start, end, tag) in characters of the whole utterance.
    """

    __slots__ = ("probabilities", "spans")

    def __init__(self, probabilities: np.ndarray, spans: tuple[tuple[int, int, str], ...]) -> None:
        self.probabilities = probabilities
        self.spans = spans


class Analysis:
    """Everything the model says of an utterance.

    Attributes:
        whole: Reading of all of it; ``None`` if the text is not worth a reading.
        clauses: (start, end, reading) of each request; one for a plain request.
        out_of_scope: Probability that no class covers it.
        embedding: float32 (width,), or ``None``.
    """

    __slots__ = ("clauses", "embedding", "out_of_scope", "whole")

    def __init__(
        self,
        whole: Reading | None,
        clauses: tuple[tuple[int, int, Reading], ...],
        out_of_scope: float,
        embedding: np.ndarray | None,
    ) -> None:
        self.whole = whole
        self.clauses = clauses
        self.out_of_scope = out_of_scope
        self.embedding = embedding


class Understander:
    """Reads requests with the released model; safe to use from several threads."""

    def __init__(
        self,
        directory: Path,
        catalogue: Catalogue,
        manifest: Manifest,
        encoder: TextEncoder,
        model: Model,
    ) -> None:
        self.directory = directory
        self.catalogue = catalogue
        self.manifest = manifest
        self._encoder = encoder
        self._model = model

    @classmethod
    def load(cls, directory: Path | None = None) -> Understander:
        """Load a model.

        Args:
            directory: Folder with the model's files; ``None`` means the one shipped here.

        Raises:
            ModelError: If the files are missing, damaged, or do not belong together.
        """
        folder = Path(__file__).parent.parent / "models" if directory is None else directory
        manifest = Manifest.load(folder)
        catalogue = Catalogue.load(folder / CATALOGUE_FILE)
        if manifest.labels != tuple(
            entry.label for entry in catalogue.classes
        ) or manifest.tags != (tuple(tag for tag, _ in catalogue.tags)):
            raise ModelError(
                f"the model in `{folder}` has other classes than its catalogue",
                hint="train the model again after a change of the catalogue: `make train`",
            )
        return cls(folder, catalogue, manifest, TextEncoder(folder / TOKENIZER_FILE), Model(folder))

    def understand(self, text: str) -> Understanding:
        """Return the clauses of an utterance, each with its readings, best first.

        Text that is empty, longer than 200 characters or than the model takes, or without a letter
        or digit has no clauses and is out of scope. Never raises for any text.
        """
        analysis = self.analyse(text)
        clauses = tuple(
            Clause(start, end, self._hypotheses(text, reading))
            for start, end, reading in analysis.clauses
        )
        embedding = () if analysis.embedding is None else tuple(analysis.embedding.tolist())
        return Understanding(text, clauses, analysis.out_of_scope, embedding)

    def is_word(self, word: str) -> bool:
        """Return whether a word in lower case is a usual one, so no slip of the finger."""
        return self._encoder.is_word(word)

    def analyse(self, text: str) -> Analysis:
        """Return the model's numbers for an utterance, without public names."""
        plain = normalise(text)
        if len(text) > MAX_CHARACTERS or not any(character.isalnum() for character in plain):
            return Analysis(None, (), 1.0, None)
        encoded = self._encoder.encode(plain)
        if encoded.too_long or not encoded.words:
            return Analysis(None, (), 1.0, None)
        output = self._model.run(encoded.ids)
        whole = self._reading(output, encoded, 0)
        spans = self._clause_spans(plain, encoded, output)
        if len(spans) < 2:
            first, last = encoded.words[0][0], encoded.words[-1][1]
            clauses: tuple[tuple[int, int, Reading], ...] = ((first, last, whole),)
        else:
            clauses = self._split(plain, spans) or (
                (encoded.words[0][0], encoded.words[-1][1], whole),
            )
        scope = sigmoid(output.scope, self.manifest.scope_temperature)
        return Analysis(whole, clauses, scope, output.embedding)

    def _clause_spans(self, text: str, encoded: Encoded, output: Output) -> list[tuple[int, int]]:
        starts = [sigmoid(float(output.starts[piece])) for piece in encoded.first_pieces]
        return clause_spans(text, encoded.words, starts, self.manifest.start_threshold)

    def _split(
        self, text: str, spans: list[tuple[int, int]]
    ) -> tuple[tuple[int, int, Reading], ...] | None:
        """Return each clause with a reading of its own; ``None`` if one of them makes no sense."""
        encoded = [self._encoder.encode(text[start:end]) for start, end in spans]
        if any(not item.words for item in encoded):
            return None
        clauses = []
        for (start, end), item in zip(spans, encoded, strict=True):
            reading = self._reading(self._model.run(item.ids), item, start)
            if reading.probabilities.max() < _LEAST_OF_A_CLAUSE:
                return None
            clauses.append((start, end, reading))
        return tuple(clauses)

    def _reading(self, output: Output, encoded: Encoded, shift: int) -> Reading:
        probabilities = softmax(output.intent, self.manifest.intent_temperature)
        path = best_path(output.slots[list(encoded.first_pieces)])
        spans = tuple(
            (start + shift, end + shift, self.manifest.tags[tag])
            for start, end, tag in spans_of(path, encoded.words)
        )
        return Reading(probabilities, spans)

    def _hypotheses(self, text: str, reading: Reading) -> tuple[Hypothesis, ...]:
        order = np.argsort(-reading.probabilities)[:_KEPT]
        return tuple(
            self._hypothesis(text, reading, self.catalogue.classes[index])
            for index in order
            if reading.probabilities[index] >= _LEAST
        )

    def _hypothesis(self, text: str, reading: Reading, entry: IntentClass) -> Hypothesis:
        index = self.manifest.labels.index(entry.label)
        words = {tag: text[start:end] for start, end, tag in reversed(reading.spans)}
        meant = self.catalogue.meant(entry, words)
        slots = tuple(
            Slot(self.catalogue.slot_name(meant, tag, text[start:end]), start, end, text[start:end])
            for start, end, tag in reading.spans
        )
        return Hypothesis(
            meant.intent, float(reading.probabilities[index]), slots, meant.implied, entry.label
        )
