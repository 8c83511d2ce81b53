"""From what was said in a home to the bytes that would leave it, with canaries in every name."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from hubagent.brain import Brain
from hubagent.cli import app
from hubagent.config import SyncConfig
from hubagent.errors import HubagentError
from hubagent.evidence import Request
from hubagent.replay import MemoryHub
from hubagent.sharing import HomeTelling, answer, open_courier
from hubagent.simulate.home import load_home
from hubagent.sync.outbox import FILE_NAME
from hubagent.types import TurnId, Utterance
from hubagent.understand import values
from hubagent.understand.understander import Understander
from hubagent.wire import epoch_of, unpack

if TYPE_CHECKING:
    from pathlib import Path

    from hubagent.sync.courier import Courier

HOME: dict[str, Any] = {
    "areas": [
        {"id": "den", "name": "Xanadu", "aliases": ["snuggery"]},
        {"id": "hall", "name": "Hall"},
    ],
    "entities": [
        {"id": "light.a", "name": "Marlene", "area": "den", "state": "off"},
        {"id": "light.b", "name": "Love and Life", "area": "hall", "state": "off"},
        {"id": "light.c", "name": "Ceiling Light", "area": "hall", "state": "off"},
        {"id": "person.w", "name": "Will Okonkwo", "state": "home"},
    ],
}
CANARIES = (
    "marlene",
    "xanadu",
    "snuggery",
    "love and life",
    "okonkwo",
    "will",
    "zaphod",
    "4711",
    "grandma",
)
DAY_S = 86_400.0


@pytest.fixture(scope="module")
def understand() -> Understander:
    return Understander.load()


class _Home:
    def __init__(self, understand: Understander, state_dir: Path) -> None:
        self.hub = MemoryHub(load_home(HOME))
        self.brain = Brain(context=self.hub.store, understand=understand, clock=self.hub.clock)
        self.pipeline = self.brain.pipeline(values=values, act=self.hub.executor)
        self.telling = HomeTelling(self.brain, self.hub.store.view, understand, self.hub.clock)
        settings = SyncConfig(service="http://127.0.0.1:9")  # nobody answers there
        self.courier: Courier = open_courier(
            state_dir, settings, self.hub.clock, telling=self.telling
        )
        self._count = 0

    def say(self, text: str, *, speaker: str | None = None) -> None:
        self._count += 1
        self.hub.advance(120.0)
        turn_id = TurnId(f"turn-{self._count}")
        at_s = self.hub.clock.now_s()
        self.pipeline.run_turn(Utterance(turn_id, text, at_s, device="sat", speaker=speaker))

    def live(self, *days: tuple[str, ...]) -> None:
        for day in days:
            for text in day:
                self.say(text)
            self.hub.clock.advance(DAY_S)


@pytest.fixture
def home(understand: Understander, tmp_path: Path) -> _Home:
    return _Home(understand, tmp_path)


def _rows(home: _Home) -> list[tuple[str, str]]:
    return [
        (row["said"], row["then"])
        for batch in home.courier.preview()["next"]
        for row in batch["rows"]
    ]


def _this_week(home: _Home) -> None:
    """Go to the first hours of a week, so that some days of it are in the same one."""
    while epoch_of(home.hub.clock.now_s()) == epoch_of(home.hub.clock.now_s() - DAY_S):
        home.hub.clock.advance(DAY_S)


def test_what_is_said_on_two_days_would_leave_without_its_names(home: _Home) -> None:
    _this_week(home)
    day = (
        "turn on marlene in xanadu",
        "turn on love and life",
        "call grandma at 4711",
        "zaphod zaphod",
    )
    home.live(day, day, ())
    rows = _rows(home)
    assert ("turn on {name} in {area}", "and that was it") in rows
    told = json.dumps(rows)
    assert not [canary for canary in CANARIES if canary in told]


def test_once_is_not_told_and_nor_is_what_was_said_before_the_home_agreed(home: _Home) -> None:
    _this_week(home)
    home.live(("turn on marlene",), ("turn on marlene", "turn off marlene"))
    assert [said for said, _ in _rows(home)] == ["turn on {name}"]
    home.courier.agree()
    assert _rows(home) == []
    home.live(("turn on marlene",), ("turn on marlene",), ())
    assert [said for said, _ in _rows(home)] == ["turn on {name}"]


def test_no_canary_is_in_any_byte_that_waits(home: _Home, tmp_path: Path) -> None:
    home.courier.agree()
    _this_week(home)
    day = (
        "turn on marlene", "turn on marleen", "turn on the snuggery", "switch on love and life",
        "dim will to 40 percent", "is zaphod home", "turn on marlene and love and life", "lights of",
        "turn off the ceiling light", "set a timer for 4711 minutes", "remind grandma",
    )  # fmt: skip
    home.live(day, day, day, ())
    preview = home.courier.preview()
    assert "cannot be reached" in home.courier.now()["error"]
    waiting = home.courier.preview()["waiting"]
    assert [batch["hex"] for batch in waiting] == [batch["hex"] for batch in preview["next"]]
    assert any(batch["rows"] for batch in waiting)
    for batch in waiting:
        told = repr(unpack(bytes.fromhex(batch["hex"])))
        assert not [canary for canary in CANARIES if canary in told.lower()]
        assert unpack(bytes.fromhex(batch["hex"])).hub == b""
    home.courier.close()
    stored = b"".join(file.read_bytes().lower() for file in tmp_path.glob(f"{FILE_NAME}*"))
    assert not [canary for canary in CANARIES if f" {canary}".encode() in stored]


def test_talk_that_is_not_meant_for_the_hub_never_leaves(home: _Home) -> None:
    for words in (
        "i think we should get a divorce",
        "she said that he is not happy at work",
        "did you see the game last night it was amazing",
    ):
        assert home.telling.scrub(Request(words)) is None


def test_failures_are_told_by_stage_and_once(home: _Home) -> None:
    home.courier.agree()
    _this_week(home)
    home.live(
        ("blorb the fnord", "turn on the zaphod"),
    )
    (batch,) = home.courier.preview()["next"]
    assert sum(batch["failures"].values()) == 2
    home.courier.now()
    assert home.courier.preview()["next"] == []


def test_what_the_owner_asks_is_checked(home: _Home) -> None:
    assert answer(home.courier, {"do": "status"})["agreed"] is False
    with pytest.raises(HubagentError, match="nobody of this home has agreed"):
        answer(home.courier, {"do": "now"})
    with pytest.raises(HubagentError, match="none of"):
        answer(home.courier, {"do": "everything"})
    assert answer(home.courier, {"do": "on"})["agreed"] is True
    assert answer(home.courier, {"do": "off"}) == {"agreed": False}
    assert answer(home.courier, {"do": "status"})["agreed"] is False


def test_the_commands_work_without_a_hub(tmp_path: Path) -> None:
    settings = tmp_path / "hubagent.toml"
    settings.write_text('[sync]\nservice = "https://fleet.invalid"\n')
    where = ["--config", str(settings), "--state-dir", str(tmp_path)]
    run = CliRunner()
    refused = run.invoke(app, ["sync", "on", *where])
    assert isinstance(refused.exception, HubagentError)
    agreed = run.invoke(app, ["sync", "on", "--yes", *where])
    assert "https://fleet.invalid" in agreed.stderr
    status = json.loads(run.invoke(app, ["sync", "status", "--json", *where]).stdout)
    assert status["agreed"]
    assert status["agreed_at"] <= status["due_at"] <= status["agreed_at"] + DAY_S
    assert "at most 20" in run.invoke(app, ["sync", "status", *where]).stdout
    assert json.loads(run.invoke(app, ["sync", "preview", "--json", *where]).stdout)["next"] == []
    off = json.loads(run.invoke(app, ["sync", "off", "--erase", "--json", *where]).stdout)
    assert off["erased"]  # nothing was ever sent, so there is nobody to ask
    assert not json.loads(run.invoke(app, ["sync", "status", "--json", *where]).stdout)["agreed"]


def test_without_a_service_there_is_nothing_to_agree_to(tmp_path: Path) -> None:
    refused = CliRunner().invoke(app, ["sync", "on", "--yes", "--state-dir", str(tmp_path)])
    assert isinstance(refused.exception, HubagentError)
    assert refused.exception.hint == "set sync.service"


_WITHOUT_THE_EXTRA = """
import sys
sys.modules.update(dict.fromkeys(("zstandard", "cryptography", "tuf", "securesystemslib")))  # import fails
import hubagent.daemon, hubagent.memory, hubagent.doctor
from hubagent.cli import main
sys.argv = ["hubagent", "sync", "status", "--state-dir", sys.argv[1]]
main()
"""


def test_a_hub_without_the_extra_runs_and_says_what_it_lacks(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _WITHOUT_THE_EXTRA, str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1, ended.stderr
    assert "pip install 'hubagent[sync]'" in ended.stderr


def test_a_preview_for_people_has_the_words_and_the_bytes(home: _Home, tmp_path: Path) -> None:
    home.courier.agree()
    _this_week(home)
    home.live(("turn on marlene", "blorb the fnord"), ("turn on marlene",), ())
    home.courier.now()
    (batch,) = home.courier.preview()["waiting"]
    home.courier.close()
    settings = tmp_path / "hubagent.toml"
    settings.write_text('[sync]\nservice = "https://fleet.invalid"\n')
    where = ["--config", str(settings), "--state-dir", str(tmp_path)]
    shown = CliRunner().invoke(app, ["sync", "preview", *where])
    assert "turn on {name}" in shown.stdout
    assert batch["hex"] in shown.stdout
    assert "came to nothing at" in shown.stdout
    assert "only what waits is known" in shown.stderr
    assert unpack(bytes.fromhex(batch["hex"])).rows[0].src == "turn on {name}"


def test_forgetting_words_also_empties_what_waits(home: _Home, tmp_path: Path) -> None:
    home.courier.agree()
    _this_week(home)
    home.live(("turn on marlene",), ("turn on marlene",), ())
    home.courier.now()
    assert home.courier.status()["waiting"] > 0
    home.courier.close()
    assert json.loads(
        CliRunner().invoke(app, ["memory", "forget", "turn on marlene", "--json", "--state-dir", str(tmp_path)]).stdout
    ) == {"forgotten": 0}  # fmt: skip
    assert open_courier(tmp_path, SyncConfig(), home.hub.clock).status()["waiting"] == 0
