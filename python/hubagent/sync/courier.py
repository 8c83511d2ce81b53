"""One batch a day at a moment nobody can foresee, sent until it is acknowledged.

Given what the home could tell, an outbox and a service. Nothing is composed, kept or sent without an
agreement to today's text for this very service. Each step may be cut off anywhere; see ``outbox.py``.
"""

from __future__ import annotations

import json
import logging
import random
import secrets
import sqlite3
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from hubagent import __version__
from hubagent.errors import HubagentError
from hubagent.sync import consent as consents
from hubagent.sync.choose import DAY_S, WINDOW_DAYS, chosen, name_of
from hubagent.sync.client import Client, Identity, LaterError, RefusedError
from hubagent.sync.consent import Consent
from hubagent.sync.outbox import Draft
from hubagent.sync.scrub import LOCALE, POLICY
from hubagent.wire import FAIL, SUCCESS, Batch, Sign, epoch_of, epoch_starts_s, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from hubagent.clock import Clock
    from hubagent.ports import Telling
    from hubagent.sync.outbox import Outbox, Waiting
    from hubagent.wire import Row

_LOGGER = logging.getLogger(__name__)

FIRST_WAIT_S, LONGEST_WAIT_S = 60.0, 6 * 3600.0
MOST_COUNT = 255
_NOT_THE_BATCH = frozenset({401, 403, 404, 405, 407})
"""Refusals that say nothing of the batch: it waits until who this is, or where, is put right."""


@dataclass(frozen=True, slots=True)
class Service:
    """Where it goes."""

    url: str
    secret: str = ""
    ca_file: Path | None = None


class Courier:
    """Keeps what was agreed to, composes, sends; every method may be called from any thread."""

    def __init__(
        self,
        outbox: Outbox,
        service: Service,
        clock: Clock,
        *,
        telling: Telling | None = None,
        table: Callable[[], int] = lambda: 0,
    ) -> None:
        """Keep what it works with; nothing is sent before :meth:`run_once` or :meth:`now`.

        Args:
            outbox: What waits.
            service: Where it goes; its address may be empty.
            clock: Wall clock.
            telling: What the home could tell; ``None`` = only what waits is known.
            table: Returns the version of the global table in force, 0 for none.
        """
        self._outbox, self._service, self._clock = outbox, service, clock
        self._telling, self._table = telling, table
        self._lock = threading.RLock()
        self._client: Client | None = None
        self._identity = Identity.from_text(outbox.setting("identity"))
        self._failed, self._again_s = 0, 0.0
        self._random = random.SystemRandom()

    # --- the owner -----------------------------------------------------------------------------------

    def consent(self) -> Consent | None:
        """Return the last decision, if it agrees to today's text for this service."""
        found = self._outbox.consents()
        return found[-1] if found and found[-1].holds_for(self._service.url) else None

    def agree(self) -> Consent:
        """Record that the home agrees to what :func:`hubagent.sync.consent.text_for` says.

        Raises:
            HubagentError: If no service is set, or the disk refuses.
        """
        if not self._service.url:
            raise HubagentError("there is no service to agree to", hint="set sync.service")
        url, now_s = self._service.url, self._clock.now_s()
        made = Consent(True, now_s, consents.VERSION, consents.digest_of(url), url)
        with self._lock, _disk():
            if self.consent() is None:
                self._outbox.decide(made)
                self._outbox.note(due_s=repr(now_s + self._random.uniform(0, DAY_S)), erase="")
        return self.consent() or made

    def refuse(self, *, erase: bool = False) -> dict[str, Any]:
        """Record that the home does not agree (any more); what waits is deleted.

        Args:
            erase: Also have the service delete what it has of the open epochs, now or as soon as it can
                be reached, and then forget who this hub was there.
        """
        with _disk():  # at once, whatever is being sent
            self._outbox.decide(Consent(False, self._clock.now_s(), 0, "", self._service.url))
        if not erase:
            return {"agreed": False}
        with self._lock, _disk():
            # What waited may have been taken without an answer, so its epoch is erased too.
            epochs = [str(epoch) for epoch in self._outbox.told_epochs()]
            self._outbox.note(erase=",".join(epochs) or "none")
            return {"agreed": False, **self._erase()}

    def forget(self) -> None:
        """Delete what waits, as the owner has had words forgotten that may be in it.

        Raises:
            HubagentError: If the disk refuses.
        """
        with self._lock, _disk():
            self._outbox.drop_waiting()

    def status(self) -> dict[str, Any]:
        """Return what is agreed, what waits, when what is due, and what became of the rest."""
        found, last = self.consent(), self._outbox.consents()[-1:]
        waiting = self._outbox.waiting()
        return {
            "service": self._service.url,
            "agreed": found is not None,
            "agreed_at": found.at_s if found else None,
            "text_version": found.version if found else None,
            "text_changed": found is None and bool(last) and last[0].agreed,
            "waiting": len(waiting),
            "waiting_bytes": sum(len(batch.body) for batch in waiting),
            "told_this_week": len(self._outbox.told(epoch_of(self._clock.now_s()))),
            "due_at": self._due_s() if found else None,
            "erasing": self._outbox.setting("erase") != "",
            "last": json.loads(self._outbox.setting("last") or "null"),
            "counts": self._outbox.counts(),
        }

    def preview(self) -> dict[str, Any]:
        """Return the very bytes that wait, and those that would be sent if today's batch were due now.

        Before the home has agreed, the latter are what it would have told of the last four weeks.
        """
        found, now_s = self.consent(), self._clock.now_s()
        since_s = found.at_s if found else now_s - WINDOW_DAYS * DAY_S
        return {
            "agreed": found is not None,
            "waiting": [readable(batch.body) for batch in self._outbox.waiting()],
            "next": [
                readable(draft.make(self._outbox.next_number(draft.epoch)))
                for draft in self._drafts(since_s, now_s)
            ],
        }

    # --- working -------------------------------------------------------------------------------------

    def run_once(self) -> None:
        """Do what is due; quick when nothing is."""
        now_s = self._clock.now_s()
        if now_s < self._again_s and self._again_s - now_s <= DAY_S:  # else the clock was set
            return
        with self._lock:
            try:
                if self.consent() is None:
                    if self._outbox.setting("erase"):
                        self._erase()
                    return
                if not now_s < self._due_s() <= now_s + 2 * DAY_S:
                    self._compose(now_s)
                if self._outbox.waiting():
                    self._send()
            except (sqlite3.Error, OSError) as error:
                self._wait(0.0)
                _LOGGER.warning("Nothing is told to other homes: %s", error)

    def now(self) -> dict[str, Any]:
        """Compose and send at once; return what became of it.

        Raises:
            HubagentError: If the home has not agreed or the disk refuses.
        """
        with self._lock, _disk():
            if self.consent() is None:
                raise HubagentError("nobody of this home has agreed", hint="hubagent sync on")
            self._compose(self._clock.now_s())
            return self._send()

    def close(self) -> None:
        """Close the outbox."""
        self._outbox.close()

    # --- composing -----------------------------------------------------------------------------------

    def _compose(self, now_s: float) -> None:
        """Put what is to be told into the outbox; with a full disk it is told another day."""
        found = self.consent()
        if found is None or self._telling is None:
            return
        self._outbox.put(
            self._drafts(found.at_s, now_s),
            now_s,
            composed_s=repr(now_s),
            due_s=repr(self._tomorrow_s(now_s)),
        )

    def _drafts(self, agreed_s: float, now_s: float) -> list[Draft]:
        """Return the batches to send: what was left of last week, and of this week."""
        if self._telling is None:
            return []
        this = epoch_of(now_s)
        since_s = max(agreed_s, now_s - WINDOW_DAYS * DAY_S)
        transitions = list(self._telling.transitions(since_s))
        counted_s = max(
            agreed_s, epoch_starts_s(this), float(self._outbox.setting("composed_s") or 0)
        )
        failures = self._telling.failures(counted_s)
        drafts = []
        for epoch in (this - 1, this):
            rows = chosen(
                transitions,
                self._telling.scrub,
                epoch=epoch,
                sent=self._outbox.told(epoch),
                lot=self._lot(),
            )
            counts = failures if epoch == this else {}
            if rows or counts:
                make = partial(self._packed, epoch, rows, counts)
                drafts.append(Draft(epoch, [name_of(row) for row in rows], make))
        return drafts

    def _packed(
        self, epoch: int, rows: tuple[Row, ...], failures: Mapping[str, int], seq: int
    ) -> bytes:
        batch = Batch(
            epoch=epoch,
            seq=seq,
            locale=LOCALE,
            rows=rows,
            policy=POLICY,
            software=".".join(__version__.split(".")[:2]),
            table=self._table(),
            failures=tuple((stage, min(n, MOST_COUNT)) for stage, n in sorted(failures.items())),
        )
        return pack(batch)

    def _lot(self) -> bytes:
        lot = self._outbox.setting("lot")
        if not lot:
            lot = secrets.token_hex(32)
            self._outbox.note(lot=lot)
        return bytes.fromhex(lot)

    def _due_s(self) -> float:
        return float(self._outbox.setting("due_s") or 0.0)

    def _tomorrow_s(self, now_s: float) -> float:
        """Return a moment of the next local day, drawn anew each day: a fixed one would tell homes apart."""
        today = time.localtime(now_s)
        midnight_s = time.mktime((*today[:2], today.tm_mday + 1, 0, 0, 0, 0, 0, -1))
        return midnight_s + self._random.uniform(0, DAY_S)

    # --- sending -------------------------------------------------------------------------------------

    def _send(self) -> dict[str, Any]:
        """Send what waits, the oldest first, until one must wait."""
        sent, error = 0, ""
        try:
            for batch in self._outbox.waiting():
                if self.consent() is None:
                    break  # taken back meanwhile
                sent += self._send_one(batch)
        except (LaterError, RefusedError) as caught:
            error = str(caught)
            self._wait(caught.after_s if isinstance(caught, LaterError) else LONGEST_WAIT_S)
            _LOGGER.info("What other homes may learn is told later: %s", error)
        else:
            self._failed, self._again_s = 0, 0.0
        self._note(error)
        return {"sent": sent, "waiting": len(self._outbox.waiting()), "error": error}

    def _send_one(self, batch: Waiting) -> bool:
        try:
            self._reached().send(batch.body)
        except RefusedError as error:
            if error.status in _NOT_THE_BATCH:
                raise
            _LOGGER.warning("A batch is given up: %s", error)
            self._outbox.done(batch, f"refused: {error.code}")
            return False
        self._outbox.done(batch, "sent")
        return True

    def _erase(self) -> dict[str, Any]:
        """Have the open epochs deleted; then forget everything but the decisions."""
        epochs = [
            int(epoch) for epoch in self._outbox.setting("erase").split(",") if epoch != "none"
        ]
        deleted = 0
        try:
            if self._identity.hub_id:
                for epoch in epochs:
                    deleted += self._reached().delete(epoch) or 0
        except (LaterError, RefusedError) as error:
            self._wait(error.after_s if isinstance(error, LaterError) else LONGEST_WAIT_S)
            self._note(str(error))
            return {"erased": False, "deleted": deleted, "error": str(error)}
        self._outbox.forget()
        self._identity, self._client = Identity(), None
        self._failed, self._again_s = 0, 0.0
        return {"erased": True, "deleted": deleted, "error": ""}

    def _reached(self) -> Client:
        """Return the client; who this hub is, is kept before anybody is told."""
        if self._client is None:
            self._outbox.note(identity=self._identity.as_text())
            self._client = Client(
                self._service.url,
                self._identity,
                self._clock,
                secret=self._service.secret,
                ca_file=self._service.ca_file,
            )
        return self._client

    def _note(self, error: str) -> None:
        last = json.dumps({"at": self._clock.now_s(), "error": error})
        self._outbox.note(identity=self._identity.as_text(), last=last)

    def _wait(self, asked_s: float) -> None:
        """Wait longer after each failure, never less than was asked for, and no two hubs in step."""
        grown_s = min(FIRST_WAIT_S * 2.0**self._failed, LONGEST_WAIT_S)
        self._failed = min(self._failed + 1, 16)
        own_s = grown_s * self._random.uniform(0.5, 1.0)
        extra_s = self._random.uniform(0, grown_s / 4)
        self._again_s = self._clock.now_s() + max(own_s, asked_s + extra_s)


def readable(body: bytes) -> dict[str, Any]:
    """Return a batch as bytes in hex and as what they say."""
    batch = unpack(body)
    ends = {SUCCESS: "and that was it", FAIL: "and it came to nothing"}
    return {
        "hex": body.hex(),
        "bytes": len(body),
        "week": batch.epoch,
        "number": batch.seq,
        "locale": batch.locale,
        "policy": batch.policy,
        "software": batch.software,
        "table": batch.table,
        "rows": [
            {
                "said": row.src,
                "then": ends[row.dst] if isinstance(row.dst, int) else row.dst,
                "times": row.n,
                "signs": _signs(row.sig),
                "rewritten": row.rewritten,
            }
            for row in batch.rows
        ],
        "failures": dict(batch.failures),
    }


def _signs(bits: int) -> Sequence[str]:
    return [str(sign.name).lower() for sign in Sign if sign & bits]


@contextmanager
def _disk() -> Iterator[None]:
    """Turn what the disk refuses into an error that says what to do."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        hint = "make room on the disk, try again"
        raise HubagentError(f"the outbox cannot be changed: {error}", hint=hint) from error
