"""Which table of other homes is in force here: fetched, checked, put in place at once, and taken back.

In: what is published, the guard-rails, how this home's own turns go. Out: one file in force, or none. The
state is one small file that is replaced as a whole, and it names the tables; so whatever is cut off at any
point leaves the old table in force or the new one. The table before is kept. A table with which more of
this home's rewritten turns go wrong than before is taken back and never installed again.

Rollout and hold-out are drawn by a secret of this home, which nobody else can foresee: a publisher lists a
table for so many homes of a thousand, and one home in twenty uses none for three months, so that the others
can be compared with it (upstream sheet: staged rollout, control share).
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import random
import secrets
import threading
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hubagent.errors import DataError, HubagentError
from hubagent.evidence import Tally
from hubagent.sync.check import checked
from hubagent.sync.scrub import LOCALE
from hubagent.wire import TABLE, epoch_of, pack_table, unpack_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from hubagent.clock import Clock
    from hubagent.sync.published import Listed, Published
    from hubagent.wire import Rewrite, Table

_LOGGER = logging.getLogger(__name__)

FOLDER = "tables"
EVERY_S = 86_400.0
RETRY_S = 3600.0
CONTROL_SHARE = 50
"""Homes of a thousand that use no table ..."""
CONTROL_EPOCHS = 13
"""... for so many weeks, then others do."""
LEAST_TURNS = 8.0
"""Rewritten turns from which a table is judged."""
_USUAL_LOSSES = Tally(good=3.0, bad=1.0)
"""What is expected of a table before anything is known."""
_STATE = "state.json"


@dataclass(frozen=True, slots=True)
class Installed:
    """What is in force."""

    version: int = 0
    previous: int = 0
    in_force: int = 0
    """The version, or 0 while this home is of the control share."""
    since_s: float = 0.0
    usual_good: float = 0.0
    """How rewritten turns went before this table: well ..."""
    usual_bad: float = 0.0
    """... and badly."""
    taken_back: tuple[int, ...] = ()
    """Versions that did harm here."""
    secret: str = ""
    left_out: dict[str, int] = field(default_factory=dict)
    """Why rows of the table are not used -> how many."""


@dataclass(frozen=True, slots=True)
class Home:
    """What the installing side asks of the home.

    Attributes:
        objection: Source, target -> why the one must not stand for the other, or ``""``.
        write: Writes rows as a file that look-ups are made in.
        switch: Puts such a file in force, ``None`` for none.
        forget: Forgets what the home took over from the table before; what it unlearned stays so.
        went: How turns went since a moment in which a rewrite of other homes was applied.
    """

    objection: Callable[[str, str], str]
    write: Callable[[Path, Sequence[Rewrite]], None]
    switch: Callable[[Path | None], None]
    forget: Callable[[], object]
    went: Callable[[float], Tally]


class Bundle:
    """The tables in a folder; every method may be called from any thread."""

    def __init__(self, folder: Path, published: Published | None, clock: Clock, home: Home) -> None:
        """Read what was in force; nothing is looked up in it before :meth:`resume`.

        Args:
            folder: Where state and tables are kept.
            published: Where new ones come from; ``None`` for nowhere.
            clock: Wall clock.
            home: What is asked of the home.
        """
        self._folder, self._published, self._clock, self._home = folder, published, clock, home
        self._lock = threading.RLock()
        self._state = self._read() or self._begun()
        self._due_s = 0.0
        self._last: dict[str, Any] | None = None
        self._random = random.SystemRandom()
        self._in_force = 0
        self._resumed = False

    @property
    def version(self) -> int:
        """Version of the table in force; 0 for none."""
        return self._in_force

    def resume(self) -> None:
        """Put in force what was, if it can be read; a table of 50,000 rows takes seconds."""
        with self._lock:
            self._resumed = True
            try:
                self._put_in_force()
            except OSError as error:
                _LOGGER.warning("The table of other homes is not in force: %s", error)

    def run_once(self) -> None:
        """Judge the table in force and look for a new one, when that is due."""
        if not self._resumed:
            self.resume()
        now_s = self._clock.now_s()
        if self._due_s > now_s and self._due_s - now_s <= 2 * EVERY_S:
            return
        self._due_s = now_s + self._random.uniform(0.5, 1.0) * RETRY_S
        self.now()
        if not (self._last or {}).get("error"):
            self._due_s = now_s + self._random.uniform(0.5, 1.5) * EVERY_S

    def now(self) -> dict[str, Any]:
        """Judge the table in force, look for a new one and install it; return the status."""
        with self._lock:
            error = ""
            if not self._resumed:
                self.resume()
            try:
                self._judge()
                if self._published is not None:
                    self._update(self._published)
                self._put_in_force()
            except (HubagentError, OSError) as caught:
                error = str(caught)
                _LOGGER.warning("The table of other homes stays as it is: %s", error)
            self._last = {"at": self._clock.now_s(), "error": error}
            return self.status()

    def status(self) -> dict[str, Any]:
        """Return what is in force and since when, and what was left out or taken back."""
        state = self._state
        return {
            "table": self._in_force,
            "installed": state.version,
            "previous": state.previous,
            "since": state.since_s or None,
            "control": self._is_control(),
            "taken_back": list(state.taken_back),
            "left_out": dict(state.left_out),
            "last": self._last,
        }

    # --- what to install -------------------------------------------------------------------------------

    def _update(self, published: Published) -> None:
        if self._is_control():
            return
        listed = [item for item in published.listed() if item.locale == LOCALE]
        whole = {item.version: item for item in listed if not item.patches}
        state = self._state
        if state.version in whole and whole[state.version].share <= 0:
            _LOGGER.warning("Table %d is withdrawn", state.version)
            self._take_back()
            state = self._state
        able = [
            version
            for version, item in whole.items()
            if version > state.version
            and version not in state.taken_back
            and self._draw(f"{LOCALE}:{version}") < item.share
        ]
        if able:
            self._install(self._fetched(published, whole[max(able)], listed))

    def _fetched(self, published: Published, item: Listed, listed: Iterable[Listed]) -> Table:
        """Return a table, by a patch where there is one to the one that is here."""
        have = self._kept(self._state.version)
        for patch in listed:
            if have is not None and (patch.version, patch.patches) == (item.version, have.version):
                try:
                    return published.table(patch, have)
                except DataError as error:
                    _LOGGER.warning(
                        "The whole table is fetched, as a patch does not fit: %s", error
                    )
        return published.table(item)

    def _install(self, table: Table) -> None:
        found = checked(table.rows, self._home.objection)
        self._folder.mkdir(parents=True, exist_ok=True)
        _replace(self._folder / _table_name(table.version), pack_table(table))
        self._home.write(self._folder / _file_name(table.version), found.rows)
        state, now_s = self._state, self._clock.now_s()
        went = self._home.went(state.since_s) if state.version else Tally()
        self._write(
            replace(
                state,
                version=table.version,
                previous=state.version,
                since_s=now_s,
                usual_good=went.good,
                usual_bad=went.bad,
                left_out=dict(found.refused),
            )
        )
        _LOGGER.info(
            "Table %d of other homes is installed: %d rows", table.version, len(found.rows)
        )

    # --- what to take back -----------------------------------------------------------------------------

    def _judge(self) -> None:
        """Take the table back if this home's rewritten turns surely go wrong more often than before."""
        state = self._state
        if not state.version:
            return
        usual = Tally(state.usual_good, state.usual_bad)
        if is_worse(self._home.went(state.since_s), usual):
            _LOGGER.warning("Table %d does harm here and is taken back", state.version)
            self._take_back()

    def _take_back(self) -> None:
        state = self._state
        back = state.previous if state.previous not in state.taken_back else 0
        self._write(
            replace(
                state,
                version=back,
                previous=0,
                since_s=self._clock.now_s() if back else 0.0,
                taken_back=(*state.taken_back, state.version)[-64:],
                left_out={},
            )
        )
        self._put_in_force()

    # --- files -----------------------------------------------------------------------------------------

    def _put_in_force(self) -> None:
        """Have looked up what the state names; what cannot be read is as good as none."""
        wanted = 0 if self._is_control() else self._state.version
        if wanted != self._state.in_force:
            self._home.forget()
            self._write(replace(self._state, in_force=wanted))
        if wanted == self._in_force:
            return
        try:
            self._home.switch(self._folder / _file_name(wanted) if wanted else None)
            self._in_force = wanted
        except (DataError, OSError) as error:
            _LOGGER.warning("Table %d cannot be used: %s", wanted, error)
            self._home.switch(None)
            self._in_force = 0

    def _kept(self, version: int) -> Table | None:
        if not version:
            return None
        try:
            return unpack_table((self._folder / _table_name(version)).read_bytes(), TABLE)
        except (OSError, DataError):
            return None

    def _begun(self) -> Installed:
        state = Installed(secret=secrets.token_hex(16))
        self._write(state)
        return state

    def _read(self) -> Installed | None:
        try:
            document = json.loads((self._folder / _STATE).read_text(encoding="utf-8"))
            document["taken_back"] = tuple(document["taken_back"])
            return Installed(**document)
        except FileNotFoundError:
            pass
        except (OSError, ValueError, TypeError, KeyError) as error:
            _LOGGER.warning("The state of the tables cannot be read, it begins anew: %s", error)
        return None

    def _write(self, state: Installed) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        _replace(self._folder / _STATE, json.dumps(asdict(state)).encode())
        self._state = state
        named = {state.version, state.previous}
        for file in self._folder.glob("*.*"):
            number = file.name.partition(".")[0]
            if number.isdigit() and int(number) not in named:
                file.unlink(missing_ok=True)

    def _is_control(self) -> bool:
        quarter = epoch_of(self._clock.now_s()) // CONTROL_EPOCHS
        return self._draw(f"control:{quarter}") < CONTROL_SHARE

    def _draw(self, what: str) -> int:
        """Return a number below 1000, the same whenever it is drawn in this home."""
        digest = hashlib.sha256(f"{self._state.secret}:{what}".encode()).hexdigest()
        return int(digest[:8], 16) % 1000


def is_worse(went: Tally, usual: Tally) -> bool:
    """Return whether turns surely went wrong more often than usual, at 95 % (Wilson's interval)."""
    n = went.total
    if n < LEAST_TURNS:
        return False
    before = (usual.bad + _USUAL_LOSSES.bad) / (usual.total + _USUAL_LOSSES.total)
    share, z = went.bad / n, 1.96
    middle = share + z * z / (2 * n)
    least = (middle - z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))) / (
        1 + z * z / n
    )
    return least > before


def _table_name(version: int) -> str:
    return f"{version}.msgpack.zst"


def _file_name(version: int) -> str:
    return f"{version}.global.msgpack"


def _replace(path: Path, data: bytes) -> None:
    """Write a file as a whole or not at all."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(data)
    beside.replace(path)
