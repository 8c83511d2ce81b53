"""One run of ``hubagent evaluate``: the parts that were asked for, as one document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from hubagent.errors import DataError
from hubagent.evaluate.beside import run_peers
from hubagent.evaluate.elsewhere import ElsewhereReport, run_elsewhere
from hubagent.evaluate.home import HomeReport, run_home
from hubagent.evaluate.learning import LearningReport, run_learning
from hubagent.evaluate.nlu import NluReport, run_nlu
from hubagent.evaluate.rephrase import RephraseReport, run_rephrase
from hubagent.evaluate.report import Figure, Rows, compared, read_figures, stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

Part: TypeAlias = NluReport | ElsewhereReport | HomeReport | RephraseReport | LearningReport


@dataclass(frozen=True, slots=True)
class Report:
    """The parts of a run by name: ``nlu``, ``elsewhere``, ``home``, ``rephrase``, ``learning``."""

    parts: Mapping[str, Part]

    def figures(self) -> Iterator[Figure]:
        """Yield the figures of all parts."""
        for part in self.parts.values():
            yield from part.figures()

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data; ``figures`` is what a later run compares with."""
        documents = {name: part.as_json() for name, part in self.parts.items()}
        return {**documents, "figures": stored(self.figures())}

    def tables(self) -> dict[str, Rows]:
        """Return the tables of all parts."""
        return {
            title: rows for part in self.parts.values() for title, rows in part.tables().items()
        }

    def not_right(self) -> dict[str, Rows]:
        """Return what was not right, a table a part."""
        return {f"{name}: not right": part.not_right() for name, part in self.parts.items()}

    def compared(self, before: Mapping[str, Any]) -> Rows:
        """Return a table of this run beside a stored one.

        Raises:
            DataError: If ``before`` is no stored run.
        """
        return compared(self.figures(), read_figures(before))


def run(
    what: str,
    data: Path | None,
    homes: Path | None,
    split: str,
    *,
    peers: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> Report:
    """Measure one part, or ``all`` of the hub's turns.

    Args:
        what: ``nlu``, ``elsewhere``, ``home`` or ``all`` of these; or ``rephrase``.
        data: Folder of the public data; only ``home`` does without.
        homes: Folder of homes; ``None`` means those beside the sources.
        split: Half of the homes.
        peers: Also run other engines on the smart-home sentences.
        progress: Called with (what, done, all).

    Raises:
        DataError: If data, homes or the other engines are missing or cannot be read.
    """
    parts: dict[str, Part] = {}
    if what != "home":
        if data is None:
            raise DataError(
                f"`{what}` needs the public data",
                hint="give the folder of the data sets with --data",
            )
        if what in {"nlu", "all"}:
            parts["nlu"] = run_nlu(
                data, progress=progress, peer_runner=run_peers if peers else None
            )
        if what in {"elsewhere", "all"}:
            parts["elsewhere"] = run_elsewhere(data, homes, progress=progress)
        if what == "rephrase":
            parts["rephrase"] = run_rephrase(data, progress=progress)
    if what in {"home", "all"}:
        parts["home"] = run_home(split, homes, progress=progress)
    return Report(parts)


def draw(report: LearningReport, folder: Path) -> None:
    """Write the curves of a run as SVG files.

    Raises:
        DataError: If the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in report.plots().items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(f"cannot write `{folder}`: {error.strerror}") from error


__all__ = ["Part", "Report", "draw", "run", "run_learning"]
