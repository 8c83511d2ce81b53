"""``hubagent simulate``: households live, and what came of it is one document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hubagent.errors import DataError
from hubagent.households.arms import ALL, OFF
from hubagent.households.population import Setting, crowd, skipped_of
from hubagent.households.summary import summary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hubagent.households.population import Lived


def run_simulation(
    homes: int,
    days: int,
    seed: int,
    utterances: Path | None,
    asr: Path | None,
    *,
    learning: str = ALL.name,
    jobs: int | None = None,
    folder: Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> dict[str, Any]:
    """Live households and return the figures.

    Args:
        homes: How many.
        days: How long.
        seed: Same seed, same households and same figures.
        utterances: Sentences in the format of SLURP's files; ``None`` = ours.
        asr: Recordings; ``None`` = mistakes of our list.
        learning: ``all``, or ``off`` for hubs that learn nothing.
        jobs: Processes; ``None`` = one a core.
        folder: Where journal and truth are kept, two JSON lines files a household; ``None`` = nowhere.
        progress: Called with (what, done, of how many).

    Raises:
        DataError: If a file or the folder cannot be used.
    """
    setting = Setting(homes, days, seed, utterances, asr, keeps_journal=folder is not None)
    skipped = skipped_of(setting)
    with crowd(jobs) as many:
        (lived,) = many.live(
            setting,
            (OFF if learning == OFF.name else ALL,),
            progress=None
            if progress is None
            else lambda done, of: progress("households", done, of),
        )
    if folder is not None:
        _keep(lived, folder)
    return {
        "days": days,
        "seed": seed,
        "learning": learning,
        "utterances": "ours" if utterances is None else str(utterances),
        "asr": "ours" if asr is None else str(asr),
        "skipped_rows": skipped,
        **summary(lived),
    }


def _keep(lived: Sequence[Lived], folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one in lived:
            documents = {"truth": [item.as_json() for item in one.truth], "journal": one.journal}
            for name, items in documents.items():
                rows = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)
                path = folder / f"{name}-{one.household:04d}.jsonl"
                path.write_text(rows, encoding="utf-8")
    except OSError as error:
        raise DataError(f"cannot write `{folder}`: {error.strerror}") from error
