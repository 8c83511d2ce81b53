"""Not about the home, so nothing moves: the whole hub on public sentences of other kinds.

Every sentence is a turn of ``replay`` in a simulated home, long after the one before it, once with the
speaker's room known and once without.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hubagent.evaluate.households import load_all
from hubagent.evaluate.nlu import SMART_HOME, read_rows
from hubagent.evaluate.report import Figure, Rows
from hubagent.replay import replay_scenario
from hubagent.understand.understander import Understander

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PLAYERS = frozenset({"audio", "music", "play"})
"""SLURP scenarios that ask something of a player, which is a device: counted apart."""
_APART_S = 900
"""Time between two sentences, so that none is a follow-up."""
_TOGETHER = 50
"""Sentences that are said to one home before it is made anew."""


@dataclass(frozen=True, slots=True)
class ElsewhereReport:
    """What moved although the sentence was not about the home."""

    home: str
    entities: int
    turns: int
    moved: tuple[tuple[str, str, str], ...]
    """(sentence, room or "", commands) of the turns that commanded a device."""
    player_turns: int
    player_moved: int
    """Of the sentences about music and the like, those that commanded something else than a player."""

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {
            "home": self.home, "entities": self.entities, "turns": self.turns,
            "moved": [{"text": t, "room": r, "commands": c} for t, r, c in self.moved],
            "player_turns": self.player_turns, "player_moved": self.player_moved,
        }  # fmt: skip

    def figures(self) -> Iterator[Figure]:
        """Yield what is compared with other runs."""
        for name, moved, turns in (
            ("elsewhere: moved a device %", len(self.moved), self.turns),
            ("elsewhere: music moved another device %", self.player_moved, self.player_turns),
        ):
            share = 100.0 * moved / max(1, turns)
            yield Figure(name, share, turns, higher_is_better=False)

    def tables(self) -> dict[str, Rows]:
        """Return rows for people: title -> rows, the first row being the heads."""
        return {
            f"not about the home, in `{self.home}` of {self.entities} entities": [
                ("sentences", "turns", "moved a device", "per 1,000"),
                ("others", str(self.turns), str(len(self.moved)), _mille(len(self.moved), self.turns)),
                ("of music, moved no player", str(self.player_turns), str(self.player_moved),
                 _mille(self.player_moved, self.player_turns)),
            ],
        }  # fmt: skip

    def not_right(self) -> Rows:
        """Return the sentences that moved something."""
        return [("sentence", "room", "commands"), *self.moved]


def _mille(count: int, turns: int) -> str:
    return f"{1000.0 * count / max(1, turns):.1f}"


def run_elsewhere(
    data: Path,
    folder: Path | None = None,
    *,
    progress: Callable[[str, int, int], None] | None = None,
) -> ElsewhereReport:
    """Say every public sentence that is not about the home to the largest of the homes.

    Args:
        data: Folder that holds ``slurp/open_test.jsonl``.
        folder: Folder of homes; ``None`` means those beside the sources.
        progress: Called with (what, done, all).

    Raises:
        DataError: If the data cannot be read.
        ModelError: If there is no good model.
    """
    household = max(load_all("all", folder), key=lambda item: len(item.home["entities"]))
    room = household.home["areas"][0]["id"]
    reader = Understander.load()
    rows = [r for r in read_rows(data / "slurp/open_test.jsonl") if r["scenario"] != SMART_HOME]
    moved: list[tuple[str, str, str]] = []
    turns = player_turns = player_moved = 0
    for area in (None, room):
        for start in range(0, len(rows), _TOGETHER):
            some = rows[start : start + _TOGETHER]
            said = [
                {"text": row["text"], "area": area, "at": number * _APART_S}
                for number, row in enumerate(some)
            ]
            document = replay_scenario({"home": household.home, "turns": said}, reader)
            for row, turn in zip(some, document["turns"], strict=True):
                commands = turn["commands"] if turn["decision"] == "act" else []
                if row["scenario"] in PLAYERS:
                    player_turns += 1
                    player_moved += any(
                        not item["entity_id"].startswith("media_player.") for item in commands
                    )
                    continue
                turns += 1
                if commands:
                    what = ", ".join(f"{item['entity_id']} {item['command']}" for item in commands)
                    moved.append((row["text"], area or "", what))
            if progress is not None:
                progress("not about the home", turns + player_turns, 2 * len(rows))
    entities = len(household.home["entities"])
    return ElsewhereReport(
        household.name, entities, turns, tuple(moved), player_turns, player_moved
    )
