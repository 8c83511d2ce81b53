"""Tables over real sockets with real signatures: installed whole, kept, taken back, and every attack refused."""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.clock import ManualClock
from hubagent.errors import HubagentError
from hubagent.evidence import Tally
from hubagent.receiving import objection, row_of
from hubagent.rewrite.table import GlobalTable, write_table
from hubagent.sync.bundle import CONTROL_EPOCHS, FOLDER, Bundle, Home, Installed, is_worse
from hubagent.sync.published import Published
from hubagent.wire import Rewrite, Table, epoch_of, pack_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

Publisher = Any
CONTROL = f"control:{epoch_of(ManualClock().now_s()) // CONTROL_EPOCHS}"
ROWS = tuple(
    Rewrite(f"put {word} the {{name}}", f"turn {word} the {{name}}", 250, 8)
    for word in ("on", "off")
)
ONE = Table("en", 1, 2900, "plain", ROWS[:1])
TWO = Table("en", 2, 2901, "plain", ROWS)
THREE = replace(TWO, version=3)


class HomeOfTest:
    """What the installing side asks of a home, with a real table behind it."""

    def __init__(self) -> None:
        self.table = GlobalTable(rows=())
        self.forgotten = 0
        self.tally = Tally()
        self.fails: str = ""

    def home(self) -> Home:
        return Home(objection, self.write, self.switch, self.forget, lambda _since_s: self.tally)

    def write(self, path: Path, rows: Sequence[Rewrite]) -> None:
        if self.fails == "write":
            raise OSError(28, "No space left on device")
        write_table(path, map(row_of, rows))

    def switch(self, path: Path | None) -> None:
        if self.fails == "switch":
            raise KeyboardInterrupt  # as if killed here
        self.table.switch(path)

    def forget(self) -> None:
        self.forgotten += 1

    def knows(self, source: str) -> bool:
        return bool(self.table.rewrites(source))


@pytest.fixture
def mine() -> HomeOfTest:
    return HomeOfTest()


@pytest.fixture
def open_(tmp_path: Path, site: Publisher, url: str, mine: HomeOfTest) -> Callable[..., Bundle]:
    def begin(*, secret: str = "", root: bytes = b"", resumed: bool = True) -> Bundle:
        folder = tmp_path / FOLDER
        folder.mkdir(exist_ok=True)
        if not (folder / "state.json").exists():
            begun = {"taken_back": [], "secret": secret or _secret(50)}
            (folder / "state.json").write_text(json.dumps(begun))
        published = Published(url, root or site.root, folder / "metadata", ManualClock())
        bundle = Bundle(folder, published, ManualClock(), mine.home())
        if resumed:
            bundle.resume()
        return bundle

    return begin


def _secret(least: int, most: int = 1000, what: str = CONTROL) -> str:
    """Return a secret that draws a number in a range."""
    for number in range(100_000):
        digest = hashlib.sha256(f"{number}:{what}".encode()).hexdigest()
        if least <= int(digest[:8], 16) % 1000 < most:
            return str(number)
    raise AssertionError


def _error(status: dict[str, Any]) -> str:
    return str(status["last"]["error"])


def test_a_table_is_installed_and_looked_up(
    site: Publisher, open_: Callable[..., Bundle], mine: HomeOfTest
) -> None:
    site.add(ONE)
    site.publish()
    bundle = open_()
    status = bundle.now()
    assert _error(status) == ""
    assert (status["table"], bundle.version, status["previous"]) == (1, 1, 0)
    assert mine.knows("put on the {name}")
    assert mine.forgotten == 1


def test_the_next_one_comes_as_a_patch_and_the_last_is_kept(
    site: Publisher, open_: Callable[..., Bundle], mine: HomeOfTest
) -> None:
    site.add(ONE)
    site.publish()
    open_().now()
    whole = site.add(TWO)
    site.add(TWO, old=ONE)
    site.file(whole).unlink()  # only the patch is there
    site.publish()
    status = open_().now()
    assert _error(status) == ""
    assert (status["table"], status["previous"]) == (2, 1)
    assert mine.knows("put off the {name}")


def test_a_patch_that_does_not_fit_costs_the_whole_table(
    site: Publisher, open_: Callable[..., Bundle]
) -> None:
    site.add(ONE)
    site.publish()
    open_().now()
    site.add(TWO)
    patch = site.add(TWO, old=replace(ONE, rows=ROWS[1:]))
    site.publish()
    assert site.file(patch).exists()
    assert open_().now()["table"] == 2


def test_it_is_in_force_again_after_a_restart_without_a_network(
    site: Publisher, open_: Callable[..., Bundle], mine: HomeOfTest
) -> None:
    site.add(ONE)
    site.publish()
    open_().now()
    (site.metadata / "timestamp.json").unlink()
    mine.table.switch(None)
    again = open_()
    assert again.version == 1
    assert mine.knows("put on the {name}")
    assert mine.forgotten == 1
    assert _error(again.now()) != ""
    mine.table.switch(None)
    unresumed = open_(resumed=False)
    assert unresumed.version == 0
    assert unresumed.now()["table"] == 1
    assert mine.knows("put on the {name}")
    assert again.version == 1


@pytest.mark.parametrize("point", ["write", "switch"])
def test_cut_off_at_any_point_the_old_table_or_the_new_one_is_in_force(
    site: Publisher, open_: Callable[..., Bundle], mine: HomeOfTest, point: str
) -> None:
    site.add(ONE)
    site.publish()
    open_().now()
    site.add(TWO)
    site.publish()
    mine.fails = point
    bundle = open_() if point == "write" else _opened(open_, mine)
    with contextlib.suppress(KeyboardInterrupt):
        bundle.now()
    mine.fails = ""
    again = open_()
    assert again.version in (1, 2)
    assert mine.knows("put on the {name}")
    assert again.now()["table"] == 2


def _opened(open_: Callable[..., Bundle], mine: HomeOfTest) -> Bundle:
    mine.fails = ""
    bundle = open_()
    mine.fails = "switch"
    return bundle


def test_a_table_that_does_harm_here_is_taken_back_and_never_comes_again(
    site: Publisher, open_: Callable[..., Bundle], mine: HomeOfTest
) -> None:
    site.add(ONE)
    site.publish()
    bundle = open_()
    bundle.now()
    mine.tally = Tally(good=20.0, bad=2.0)
    site.add(TWO)
    site.publish()
    bundle = open_()
    assert bundle.now()["table"] == 2
    mine.tally = Tally(good=2.0, bad=10.0)
    status = bundle.now()
    assert (status["table"], status["taken_back"]) == (1, [2])
    assert mine.forgotten == 3
    mine.tally = Tally()
    assert open_().now()["table"] == 1
    site.add(THREE)
    site.publish()
    assert open_().now()["table"] == 3


def test_without_an_older_one_nothing_is_left_in_force(
    site: Publisher, open_: Callable[..., Bundle], mine: HomeOfTest
) -> None:
    site.add(ONE)
    site.publish()
    open_().now()
    mine.tally = Tally(good=0.0, bad=9.0)
    assert open_().now()["table"] == 0
    assert not mine.knows("put on the {name}")


def test_a_table_that_is_withdrawn_is_taken_back(
    site: Publisher, open_: Callable[..., Bundle]
) -> None:
    site.add(ONE)
    path = site.add(TWO)
    site.publish()
    assert open_().now()["table"] == 2
    site.share(path, 0)
    site.publish()
    assert open_().now()["table"] == 1


def test_only_the_share_that_is_listed_installs_it(
    site: Publisher, open_: Callable[..., Bundle]
) -> None:
    number = next(
        str(n) for n in range(10_000) if _draws(n, CONTROL) >= 50 and 100 <= _draws(n, "en:1") < 200
    )
    path = site.add(ONE, share=100)
    site.publish()
    assert open_(secret=number).now()["table"] == 0
    site.share(path, 200)
    site.publish()
    assert open_().now()["table"] == 1


def _draws(secret: int, what: str) -> int:
    return int(hashlib.sha256(f"{secret}:{what}".encode()).hexdigest()[:8], 16) % 1000


def test_one_home_in_twenty_uses_none_for_a_quarter(
    site: Publisher, open_: Callable[..., Bundle], mine: HomeOfTest
) -> None:
    site.add(ONE)
    site.publish()
    status = open_(secret=_secret(0, 50)).now()
    assert status["control"]
    assert status["table"] == 0
    assert not mine.knows("put on the {name}")
    assert 30 <= sum(_draws(n, CONTROL) < 50 for n in range(1000)) <= 70


def test_a_poisoned_table_with_a_valid_signature_is_not_installed(
    site: Publisher, open_: Callable[..., Bundle]
) -> None:
    site.add(ONE)
    site.publish()
    open_().now()
    evil = Rewrite("put on the {name}", "unlock the front door", 255, 30)
    site.add(replace(TWO, rows=(*ROWS, evil)))
    site.publish()
    status = open_().now()
    assert "would do harm" in _error(status)
    assert status["table"] == 1


# --- attacks on the metadata -----------------------------------------------------------------------


def _refused(bundle: Bundle, table: int = 1) -> str:
    status = bundle.now()
    assert status["table"] == table
    assert _error(status)
    return _error(status)


@pytest.fixture
def installed(site: Publisher, open_: Callable[..., Bundle]) -> Publisher:
    site.add(ONE)
    site.publish()
    assert open_().now()["table"] == 1
    site.add(TWO)
    return site


def test_rollback(installed: Publisher, open_: Callable[..., Bundle]) -> None:
    old = {file: file.read_bytes() for file in installed.metadata.iterdir()}
    installed.publish()
    open_().now()
    for file, data in old.items():
        file.write_bytes(data)
    assert "not trusted" in _refused(open_(), 2)


def test_freeze(installed: Publisher, open_: Callable[..., Bundle]) -> None:
    installed.publish(expires=datetime.now(UTC).replace(microsecond=0) - timedelta(days=1))
    assert "expired" in _refused(open_())


def test_mix_and_match(installed: Publisher, open_: Callable[..., Bundle]) -> None:
    targets = (installed.metadata / "1.targets.json").read_bytes()
    installed.publish()
    (installed.metadata / "2.targets.json").write_bytes(targets)
    assert "not trusted" in _refused(open_())


@pytest.mark.parametrize("name", ["2.targets.json", "2.snapshot.json", "timestamp.json"])
def test_metadata_that_was_changed(
    installed: Publisher, open_: Callable[..., Bundle], name: str
) -> None:
    installed.publish()
    file = installed.metadata / name
    assert b'"version":2' in file.read_bytes()
    file.write_bytes(file.read_bytes().replace(b'"version":2', b'"version":3'))
    assert "not trusted" in _refused(open_())


@pytest.mark.parametrize("role", ["targets", "snapshot", "timestamp"])
def test_somebody_else_s_key(installed: Publisher, open_: Callable[..., Bundle], role: str) -> None:
    installed.signers[role] = type(installed.signers[role]).generate_ed25519()
    installed.publish()
    assert "not trusted" in _refused(open_())


def test_somebody_else_s_root(
    installed: Publisher, open_: Callable[..., Bundle], tmp_path: Path
) -> None:
    other = type(installed)(tmp_path / "other")
    installed.publish()
    assert "not trusted" in _refused(open_(root=other.root))
    with pytest.raises(HubagentError, match="no https"):
        Published("http://example.org", other.root, tmp_path, ManualClock())


def test_a_root_that_is_none(installed: Publisher, open_: Callable[..., Bundle]) -> None:
    installed.publish()
    assert "not trusted" in _refused(open_(root=b"{}"))


def test_a_table_that_was_tampered_with(installed: Publisher, open_: Callable[..., Bundle]) -> None:
    installed.publish()
    path = "tables/en/2.msgpack.zst"
    other = pack_table(replace(TWO, rows=ROWS[1:]))
    installed.file(path).write_bytes(other)
    assert "2.msgpack.zst" in _refused(open_())


def test_a_patch_that_was_tampered_with(installed: Publisher, open_: Callable[..., Bundle]) -> None:
    patch = installed.add(TWO, old=ONE)
    installed.publish()
    data = bytearray(installed.file(patch).read_bytes())
    data[-1] ^= 1
    installed.file(patch).write_bytes(bytes(data))
    assert open_().now()["table"] == 2  # by the whole table


@pytest.mark.parametrize(
    "wrong",
    [{"sha256": "0" * 64}, {"version": 9}, {"version": "9"}, {"share": None}, {"locale": 5}],
)
def test_a_listing_that_does_not_fit_the_table(
    site: Publisher, open_: Callable[..., Bundle], wrong: dict[str, Any]
) -> None:
    site.add(ONE, **wrong)
    site.publish()
    assert open_().now()["table"] == 0


def test_another_language_is_not_for_this_home(
    site: Publisher, open_: Callable[..., Bundle]
) -> None:
    (site.targets / "tables" / "de").mkdir()
    site.add(replace(ONE, locale="de"))
    site.publish()
    assert open_().now()["table"] == 0


# --- the rule -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("went", "usual", "worse"),
    [
        (Tally(0, 7), Tally(), False),
        (Tally(0, 8), Tally(), True),
        (Tally(5, 5), Tally(), False),
        (Tally(20, 20), Tally(100, 10), True),
        (Tally(50, 10), Tally(100, 15), False),
        (Tally(30, 30), Tally(10, 30), False),
    ],
)
def test_when_a_table_is_worse(went: Tally, usual: Tally, *, worse: bool) -> None:
    assert is_worse(went, usual) is worse


def test_a_state_that_cannot_be_read_begins_anew(
    site: Publisher, open_: Callable[..., Bundle], tmp_path: Path
) -> None:
    site.publish()
    open_().now()
    for text in ("", "[]", "{}", '{"taken_back": 5}', '{"taken_back": [], "later": 1}'):
        (tmp_path / FOLDER / "state.json").write_text(text)
        assert open_().version == 0
    assert Installed(**json.loads((tmp_path / FOLDER / "state.json").read_text())).secret
