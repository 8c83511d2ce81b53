"""``hubagent evaluate learning``: the same households with and without each part of learning.

Every arm lives the same households: the same people want the same things at the same time, put them
into the same words and are heard the same way. What differs is what the hub learns. The figures are
made in ``learned.py``.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubagent.errors import DataError
from hubagent.evaluate.chart import Line, chart
from hubagent.evaluate.learned import arm_figures, further_cut
from hubagent.evaluate.report import Figure
from hubagent.households.arms import ARMS, OFF
from hubagent.households.population import Setting, crowd, skipped_of
from hubagent.households.table import build_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from hubagent.evaluate.report import Rows
    from hubagent.households.arms import Learning
    from hubagent.households.population import Lived

    Progress = Callable[[str, int, int], None]


TRAIN_SEED = 10_000
"""Of the households that the global table is built on."""
TRAIN_HOMES, TRAIN_DAYS = 100, 28


@dataclass(frozen=True, slots=True)
class LearningReport:
    """Every arm's figures."""

    setting: Mapping[str, Any]
    arms: Mapping[str, Mapping[str, Any]]
    anchors: Sequence[Mapping[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {"setting": self.setting, "anchors": list(self.anchors), "arms": self.arms}

    def figures(self) -> Iterator[Figure]:
        """Yield what two runs can be compared by."""
        for name, arm in self.arms.items():
            for key, better in (("defects", False), ("false_triggers", False), ("win_loss", True)):
                value = arm[key]["value"]
                if value is not None:
                    yield Figure(f"learning, {name}: {key}", value, higher_is_better=better)

    def not_right(self) -> Rows:
        """Return nothing: what went wrong is in the truth that ``simulate --journal`` keeps."""
        return [("arm", "turn")]

    def tables(self) -> dict[str, Rows]:
        """Return a table of all arms, one by week, and the anchors."""
        weeks = len(self.arms[OFF.name]["defects_by_week"])
        arms: Rows = [_HEADS]
        by_week: Rows = [("arm", *(f"week {week + 1}" for week in range(weeks)))]
        change: Rows = [
            (
                "arm",
                "names",
                "recovered",
                "median days",
                "defects %",
                "wrong %",
                "wrong by a rewrite",
            )
        ]
        for name, arm in self.arms.items():
            arms.append((
                name, _said(arm["defects"]), _said(arm["fewer_defects"]), _said(arm["triggered_share"]),
                _said(arm["triggered_defects_without"]), _said(arm["triggered_defects"]),
                _said(arm["triggered_fewer_defects"]), f"{arm['wins']} : {arm['losses']}", _said(arm["win_loss"]),
                _said(arm["false_triggers"]), _said(arm["harmed"]), str(arm["sensitive_moved_unasked"]),
            ))  # fmt: skip
            by_week.append((name, *(_said(week) for week in arm["defects_by_week"])))
            after = arm["after_the_change"]
            change.append((
                name, str(after["changed_wishes"]), str(after["recovered"]), str(after["median_days"]),
                _said(after["defects"]), _said(after["wrong"]), str(after["wrong_by_rewrite"]),
            ))  # fmt: skip
        anchors: Rows = [("anchor", "target", "measured", "95 %", "")]
        anchors += [
            (
                item["what"],
                item["target"],
                _number(item["value"]),
                _span(item),
                "met" if item["met"] else "not met",
            )
            for item in self.anchors
        ]
        return {
            "learning: defects in per cent of turns": arms,
            "learning: defects by week, in per cent of turns": by_week,
            "learning: after the change in the fifth week": change,
            "learning: anchors": anchors,
        }

    def plots(self) -> dict[str, str]:
        """Return charts by file name."""
        return {
            "learning-all.svg": self._plot("Defects, all turns", "defects_by_week", "% of turns", list(self.arms)),
            "learning-first.svg": self._plot(
                "Defects, first words of an errand", "first_words_defects_by_week", "%", list(self.arms)
            ),
            "learning-triggered.svg": self._triggered(),
        }  # fmt: skip

    def _plot(self, title: str, key: str, y_name: str, names: Sequence[str]) -> str:
        lines = []
        for name in names:
            weeks = self.arms[name][key]
            banded = name in {OFF.name, "all"}
            lines.append(
                Line(
                    name,
                    [week["value"] for week in weeks],
                    [week["low"] for week in weeks] if banded else (),
                    [week["high"] for week in weeks] if banded else (),
                )
            )
        return chart(title, lines, x_name="week", y_name=y_name)

    def _triggered(self) -> str:
        lines = []
        for name in ("markov", "global", "all"):
            if name in self.arms:
                weeks = self.arms[name]["triggered_defects_by_week"]
                lines += [
                    Line(f"{name}: {how}", [week[how]["value"] for week in weeks])
                    for how in ("without", "with")
                ]
        return chart("Defects, turns that were rewritten", lines, x_name="week", y_name="%")


_HEADS = (
    "arm", "defects %", "fewer than off %", "triggered %", "defects there without %", "with %",
    "fewer there %", "wins : losses", "ratio", "false triggers %", "harmed %", "sensitive",
)  # fmt: skip


def run_learning(
    homes: int,
    days: int,
    seeds: Sequence[int],
    utterances: Path | None,
    asr: Path | None,
    *,
    arms: Sequence[Learning] = ARMS,
    train_homes: int | None = None,
    apart: bool = False,
    jobs: int | None = None,
    progress: Progress | None = None,
) -> LearningReport:
    """Live the same households in every arm.

    Args:
        homes: Households a seed.
        days: How long; the change is on day 28.
        seeds: Each gives other households; intervals are over all of them.
        utterances: Sentences in the format of SLURP's files; ``None`` = ours.
        asr: Recordings; ``None`` = mistakes of our list.
        arms: What is compared; the first is the control.
        train_homes: Households that the global table is built on, apart from those; ``None`` = four
            times as many as a seed has, at most 100.
        apart: Those say one half of the sentences and the measured ones the other, so that the table
            knows no sentence of theirs.
        jobs: Processes; ``None`` = one a core.
        progress: Called with (what, done, of how many).

    Raises:
        DataError: If a file cannot be read or there is nothing to compare.
    """
    if not seeds or not arms:
        raise DataError("there is nothing to compare", hint="give at least one seed")
    first = Setting(homes, days, seeds[0], utterances, asr, half=1 if apart else None)
    found: dict[str, list[Lived]] = {arm.name: [] for arm in arms}
    rows, trained = 0, min(4 * homes, TRAIN_HOMES) if train_homes is None else train_homes
    with tempfile.TemporaryDirectory() as folder, crowd(jobs) as many:
        if any(arm.use_global for arm in arms):
            table = Path(folder) / "table"
            training = replace(
                first,
                homes=trained,
                days=min(days, TRAIN_DAYS),
                seed=TRAIN_SEED,
                people="train",
                half=0 if apart else None,
            )
            rows = build_table(
                training, many, table, progress=progress and partial(progress, "global table")
            )
            arms = [replace(arm, table=table if arm.use_global else None) for arm in arms]
        for seed in seeds:
            what = f"households, seed {seed}"
            lived = many.live(
                replace(first, seed=seed), arms, progress=progress and partial(progress, what)
            )
            for arm, ones in zip(arms, lived, strict=True):
                found[arm.name] += ones
    control = found[arms[0].name]
    figures = {name: arm_figures(lived, control) for name, lived in found.items()}
    setting = {
        "homes": homes,
        "days": days,
        "seeds": list(seeds),
        "global_table": {
            "homes": trained,
            "days": min(days, TRAIN_DAYS),
            "rows": rows,
            "sentences": "the other half" if apart else "the same file",
        },
        "errands_a_day": first.errands_a_day,
        "utterances": "ours" if utterances is None else str(utterances),
        "asr": "ours" if asr is None else str(asr),
        "skipped_rows": skipped_of(first),
    }
    return LearningReport(setting, figures, _anchors(figures, found))


def _anchors(
    figures: Mapping[str, Mapping[str, Any]], found: Mapping[str, Sequence[Lived]]
) -> list[dict[str, Any]]:
    """Return what the method sheet wants to see, beside what was seen; arms that did not run are left out."""
    anchors = []

    def add(what: str, target: str, figure: Mapping[str, float | None], *, met: bool) -> None:
        anchors.append({"what": what, "target": target, **figure, "met": met})

    for name in ("markov", "all"):
        if (arm := figures.get(name)) is not None:
            ratio = arm["win_loss"]
            won = _least(ratio, 5.0) and (ratio["value"] is None or ratio["value"] >= 8.5)
            add(f"wins to a loss, {name}", ">= 8.5, lower bound > 5", ratio, met=won)
            fewer = arm["triggered_fewer_defects"]
            add(
                f"fewer defects on triggered turns, {name}, %",
                ">= 30",
                fewer,
                met=_at_least(fewer, 30),
            )
    if (arm := figures.get("global")) is not None:
        add(
            "fewer defects, global, %",
            ">= 13",
            arm["fewer_defects"],
            met=_at_least(arm["fewer_defects"], 13),
        )
    if "global" in found and "global + personal" in found:
        further = further_cut(found["global + personal"], found["global"], found[OFF.name])
        add("further by the personal layer, %", ">= 4", further, met=_at_least(further, 4))
    for name, arm in figures.items():
        false = arm["false_triggers"]
        if arm["triggered"]:
            met = false["value"] is not None and false["value"] <= 0.5
            add(f"false triggers on good turns, {name}, %", "<= 0.5", false, met=met)
    return anchors


def _least(figure: Mapping[str, float | None], target: float) -> bool:
    low = figure["low"]
    return low is not None and low > target


def _at_least(figure: Mapping[str, float | None], target: float) -> bool:
    value = figure["value"]
    return value is not None and value >= target


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"


def _span(figure: Mapping[str, float | None]) -> str:
    low, high = figure["low"], figure["high"]
    return "-" if low is None else f"{low:.3g} to {'-' if high is None else format(high, '.3g')}"


def _said(figure: Mapping[str, float | None]) -> str:
    span = _span(figure)
    return _number(figure["value"]) + ("" if span == "-" else f" ({span})")
