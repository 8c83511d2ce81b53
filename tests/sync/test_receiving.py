"""A table from a real place of publication in a real home: used, and never against what the home knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hubagent.brain import Brain
from hubagent.config import SyncConfig
from hubagent.errors import HubagentError
from hubagent.evidence import Pair, Stage
from hubagent.receiving import open_bundle
from hubagent.replay import MemoryHub
from hubagent.rewrite.table import FILE_NAME, GlobalTable
from hubagent.simulate.home import load_home
from hubagent.types import Arm, Decision, Layer, Rewrite as Used, TurnId, Utterance
from hubagent.understand import values
from hubagent.understand.understander import Understander
from hubagent.wire import Rewrite, Table

if TYPE_CHECKING:
    from pathlib import Path

    from hubagent.sync.bundle import Bundle

HOME: dict[str, Any] = {
    "areas": [{"id": "study", "name": "Study"}],
    "entities": [
        {"id": "light.g", "name": "Gandalf", "area": "study", "state": "off"},
        {"id": "light.m", "name": "Mordor", "area": "study", "state": "off"},
    ],
}
SAID = "put on gandalf"
ROW = Rewrite("put on {name}", "turn on {name}", 250, 9)
LEVEL = Rewrite("put {name} at {n} percent", "set {name} to {n} percent", 250, 9)
ASKS = Rewrite("turn on {name}", "turn on {name}", 250, 12)


@pytest.fixture(scope="module")
def understand() -> Understander:
    return Understander.load()


class _Home:
    def __init__(self, understand: Understander, folder: Path, site: Any, url: str) -> None:
        self.hub = MemoryHub(load_home(HOME))
        table = GlobalTable(folder / FILE_NAME)
        self.brain = Brain(
            context=self.hub.store, understand=understand, clock=self.hub.clock, table=table
        )
        self.pipeline = self.brain.pipeline(values=values, act=self.hub.executor)
        (folder / "root.json").write_bytes(site.root)
        settings = SyncConfig(tables=url, root_file=folder / "root.json")
        self.bundle: Bundle = open_bundle(folder, settings, self.hub.clock, self.brain, understand)
        self._count = 0

    def say(self, text: str) -> Used | None:
        self._count += 1
        self.hub.advance(120.0)
        turn_id = TurnId(f"turn-{self._count}")
        record = self.pipeline.run_turn(Utterance(turn_id, text, self.hub.clock.now_s()))
        self.decision = record.decision
        return record.rewrite

    def takes(self, text: str = SAID) -> str:
        """Return what is taken for words, the withheld turns of the standing experiment left out."""
        for _ in range(8):
            used = self.say(text)
            if used is None or used.arm is not Arm.WITHHELD:
                return "" if used is None or used.arm is not Arm.APPLIED else used.target
        raise AssertionError("eight turns in a row were withheld")


@pytest.fixture
def home(understand: Understander, tmp_path: Path, site: Any, url: str) -> _Home:
    site.add(Table("en", 1, 2900, "plain", (ROW, LEVEL, ASKS)))
    site.publish()
    for attempt in range(20):  # one home in twenty is of the control share
        folder = tmp_path / str(attempt)
        folder.mkdir()
        made = _Home(understand, folder, site, url)
        if not made.bundle.status()["control"]:
            return made
    raise AssertionError("twenty homes in a row are of the control share")


def test_what_other_homes_mean_works_here_with_the_names_of_this_home(home: _Home) -> None:
    assert home.takes() == ""
    assert home.bundle.now()["table"] == 1
    assert home.takes() == "turn on gandalf"
    assert home.decision is Decision.ACT
    assert home.takes("put on mordor") == "turn on mordor"
    assert home.takes("put gandalf at 35 percent") == "set gandalf to 35 percent"


def test_what_was_unlearned_here_stays_so(home: _Home) -> None:
    pair = Pair(SAID, "turn on gandalf", Layer.GLOBAL, Stage.RETIRED, "global", "")
    home.brain.store.put([pair])
    home.bundle.now()
    assert home.takes() == ""


def test_what_was_taught_here_is_taken_first(home: _Home) -> None:
    pair = Pair(SAID, "switch on gandalf", Layer.PERSONAL, Stage.LIVE, "taught", "")
    home.brain.store.put([pair])
    home.bundle.now()
    assert home.takes() == "switch on gandalf"


def test_when_a_table_goes_what_came_of_it_goes_too(home: _Home, site: Any) -> None:
    home.bundle.now()
    assert home.takes() != ""
    assert any(pair.layer is Layer.GLOBAL for pair in home.brain.store.pairs())
    site.share("tables/en/1.msgpack.zst", 0)
    site.publish()
    assert home.bundle.now()["table"] == 0
    assert home.takes() == ""
    assert not any(pair.layer is Layer.GLOBAL for pair in home.brain.store.pairs())


def test_nobody_is_trusted_unless_the_owner_says_so(home: _Home, tmp_path: Path) -> None:
    for settings in (
        SyncConfig(tables="https://tables.invalid"),
        SyncConfig(tables="https://tables.invalid", root_file=tmp_path / "missing"),
    ):
        with pytest.raises(HubagentError) as caught:
            open_bundle(tmp_path, settings, home.hub.clock, home.brain, Understander.load())
        assert "sync.root_file" in caught.value.hint
