"""What the service does when it is asked, without HTTP: values in, values out or a :class:`Refused`."""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple, Unpack

from hubagent.errors import DataError, HubagentError, UnknownVersionError
from hubagent.upstream.landing import Landing, bucket_of
from hubagent.upstream.limits import RateLimit
from hubagent.upstream.metrics import Metrics
from hubagent.upstream.pseudonym import EpochKeys
from hubagent.upstream.received import Received, Waiting, wire_rows
from hubagent.upstream.registry import Registry, RevokedError, SecretError
from hubagent.upstream.store import Store
from hubagent.upstream.tokens import SKEW_S, Tokens, is_signed, key_in, signed_bytes, unbase64
from hubagent.upstream.writer import BusyError
from hubagent.wire import epoch_of, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from hubagent.clock import Clock
    from hubagent.config import UpstreamConfig
    from hubagent.upstream.pseudonym import Pseudonym

T = TypeVar("T")
Args = TypeVarTuple("Args")
_LOGGER = logging.getLogger(__name__)

WINDOW = 1
"""Epochs before and after this one of which batches are taken: a hub was away, or its clock is off."""
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
_MOST_SEQ = (1 << 63) - 1
_BUSY_S, _FULL_S = 5.0, 60.0
_DAY_S = 86_400


class Refused(HubagentError):  # noqa: N818 # it is an answer, not a failure of ours
    """An answer other than yes.

    Attributes:
        status: Of HTTP.
        code: One word or two that a hub goes by.
        wait_s: After how long to come back; 0 = not said.
        more: Further fields of the answer.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        wait_s: float = 0.0,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.wait_s, self.more = status, code, wait_s, dict(more or {})


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What a hub asks for a token with."""

    hub_id: str
    time: int
    nonce: str
    signature: str


class Intake:
    """The service. Build on the event loop's thread, :meth:`close` at the end."""

    def __init__(self, settings: UpstreamConfig, clock: Clock) -> None:
        """Open all that is in the state folder.

        Raises:
            HubagentError: If something there cannot be used.
        """
        folder = settings.state_dir
        self._settings, self._clock = settings, clock
        self.metrics = Metrics()
        self._registry = registry_in(folder)
        self._received = Received(folder / "received.sqlite3")
        self._keys = EpochKeys(settings.keys_folder)
        self._tokens = Tokens(key_in(folder / "token.key"), clock, lifetime_s=settings.token_s)
        self._landing = Landing(self._received, Store(settings.landing_url))
        self._landing_thread = ThreadPoolExecutor(1, thread_name_prefix="landing")
        self._buckets: dict[int, int] = {}
        self._batch_limit = RateLimit(settings.batches_per_hour, clock)
        self._request_limit = RateLimit(settings.batches_per_hour, clock)
        self._enrol_limit = RateLimit(settings.enrolments_per_hour, clock)

    def close(self) -> None:
        """Finish what was begun and close the files."""
        self._landing_thread.shutdown()
        self._landing.close()
        self._received.close()
        self._registry.close()

    # --- hubs -----------------------------------------------------------------------------------

    async def enrol(self, public_key: str, secret: str) -> tuple[str, bool]:
        """Return the id of a hub and whether it is new."""
        try:
            key = unbase64(public_key, 32)
        except DataError as error:
            raise Refused(400, "key", f"the public key is not usable: {error}") from error
        if not self._registry.knows(secret):  # before the limit: strangers must not use it up
            raise Refused(403, "secret", "the secret is wrong")
        _wait(self._enrol_limit.wait_s(""), "enrolments")
        try:
            return await self._registry.enrol(key, secret, self._clock.now_s())
        except SecretError as error:
            raise Refused(403, "secret", str(error)) from error
        except RevokedError as error:
            raise Refused(403, "revoked", str(error)) from error
        except (BusyError, sqlite3.Error) as error:
            raise _not_now(error) from error

    async def token(self, asked: TokenRequest) -> tuple[str, int]:
        """Return a token and when it ends, for who proves to have the hub's key."""
        hub = self._registry.hub(asked.hub_id)
        if hub is None:
            raise Refused(401, "unknown_hub", "no hub has enrolled with this id")
        try:
            nonce, signature = unbase64(asked.nonce, 16), unbase64(asked.signature, 64)
        except DataError as error:
            raise Refused(400, "token_request", str(error)) from error
        message = signed_bytes(asked.hub_id, asked.time, asked.nonce)
        if not is_signed(hub.public_key, signature, message):
            raise Refused(401, "signature", "the signature is not of this hub's key")
        if hub.revoked:
            raise Refused(403, "revoked", "the hub was revoked")
        now = self._clock.now_s()
        if abs(asked.time - now) > SKEW_S:
            raise Refused(
                401, "clock", f"the time is off by more than {SKEW_S:.0f} s", more={"now": int(now)}
            )
        _wait(self._request_limit.wait_s(asked.hub_id), "tokens")
        try:
            fresh = await self._registry.is_fresh(nonce, now, asked.time + SKEW_S)
        except (BusyError, sqlite3.Error) as error:
            raise _not_now(error) from error
        if not fresh:
            raise Refused(401, "replay", "this request was made before")
        return self._tokens.issue(asked.hub_id)

    def sender(self, token: str) -> str:
        """Return the id of the hub whose token it is."""
        try:
            hub_id = self._tokens.hub_of(token)
        except DataError as error:
            raise Refused(401, "token", str(error)) from error
        hub = self._registry.hub(hub_id)
        if hub is None:
            raise Refused(401, "unknown_hub", "no hub has enrolled with this id")
        if hub.revoked:
            raise Refused(403, "revoked", "the hub was revoked")
        return hub_id

    # --- batches --------------------------------------------------------------------------------

    async def take(self, hub_id: str, data: bytes) -> bool:
        """Take a batch; it is on the disk on return. Return whether it is new."""
        _wait(self._batch_limit.wait_s(hub_id), "batches")
        try:
            batch = unpack(data)
        except UnknownVersionError as error:
            raise Refused(415, "version", str(error)) from error
        except DataError as error:
            raise Refused(400, "batch", str(error)) from error
        if batch.hub:
            raise Refused(422, "hub", "a hub does not name itself in its batches")
        if not _LOCALE.fullmatch(batch.locale):
            raise Refused(422, "locale", "the locale is not like `en` or `en-GB`")
        if batch.seq > _MOST_SEQ:
            raise Refused(422, "seq", f"a batch's number is at most {_MOST_SEQ}")
        try:
            who, buckets = await self._pseudonym(batch.epoch, hub_id)
            day = int(self._clock.now_s() // _DAY_S)
            kept = Waiting(who.hub, who.number(batch.seq), day, batch.locale, wire_rows(batch.rows))
            new = await self._received.take(batch.epoch, bucket_of(who.hub, buckets), kept)
        except (BusyError, OSError, sqlite3.Error) as error:
            raise _not_now(error) from error
        self.metrics.batches.labels("new" if new else "had").inc()
        if new:
            self.metrics.rows.inc(len(batch.rows))
            self.metrics.batch_bytes.observe(len(data))
            for stage, count in batch.failures:
                self.metrics.failed_turns.labels(stage).inc(count)
        return new

    async def erase(self, hub_id: str, epoch: int) -> int:
        """Take back all rows of a hub in an epoch; return how many, once they are gone."""
        _wait(self._request_limit.wait_s(hub_id), "requests")
        try:
            who, _ = await self._pseudonym(epoch, hub_id, closed=410)
            waited = await self._received.forget(epoch, who.hub)
            landed = await self._on_landing_thread(self._landing.erase, epoch, who.hub)
        except (BusyError, OSError, sqlite3.Error) as error:
            raise _not_now(error) from error
        self.metrics.erased_rows.inc(waited + landed)
        return waited + landed

    async def _pseudonym(
        self, epoch: int, hub_id: str, *, closed: int = 409
    ) -> tuple[Pseudonym, int]:
        """Return the pseudonym of a hub and the number of buckets; opens the epoch when it is the first.

        An epoch that was opened once and has no key any more is never opened again: under another key the
        same batches would be counted twice.
        """
        now = epoch_of(self._clock.now_s())
        if abs(epoch - now) > WINDOW:
            raise Refused(closed, "epoch", f"epoch {epoch} is not open; this is epoch {now}")
        if epoch not in self._buckets:
            buckets = self._received.buckets(epoch)
            if buckets is None:
                self._keys.make(epoch)
                await self._received.open_epoch(epoch, self._settings.buckets)
                buckets = self._received.buckets(epoch)
            self._buckets[epoch] = buckets or self._settings.buckets
        try:
            return self._keys.pseudonym(epoch, hub_id), self._buckets[epoch]
        except HubagentError as error:
            _LOGGER.warning("%s; its batches are refused", error)
            raise Refused(closed, "epoch", f"epoch {epoch} is closed") from error

    # --- upkeep ---------------------------------------------------------------------------------

    async def upkeep(self) -> None:
        """Land what waits, close epochs that are over, drop what is old; failures are logged and counted."""
        epoch = epoch_of(self._clock.now_s()) - WINDOW
        try:
            for closed in self._keys.destroy_before(epoch):
                _LOGGER.info("the key of epoch %d is destroyed", closed)
            landed = await self._on_landing_thread(self._landing.run)
            await self._on_landing_thread(self._landing.forget_epochs_before, epoch)
            now, days = self._clock.now_s(), self._settings.raw_days
            for old in await self._on_landing_thread(self._landing.drop_raw, now, days):
                _LOGGER.info("the rows of epoch %d are dropped", old)
        except Exception:  # storage libraries raise what they like; it goes on
            _LOGGER.exception("cannot land, will try again")
            self.metrics.landings.labels("failed").inc()
            return
        self.metrics.landings.labels("good").inc()
        self.metrics.landed_rows.inc(landed.rows)
        self.metrics.landed_at.set(self._clock.now_s())

    async def upkeep_forever(self) -> None:
        """Do :meth:`upkeep` at once and then as often as the settings say."""
        while True:
            await self.upkeep()
            await asyncio.sleep(self._settings.land_every_s)

    async def check(self) -> None:
        """Raise :class:`Refused` when nothing can be taken now."""
        try:
            await self._received.check()
        except (BusyError, sqlite3.Error) as error:
            raise _not_now(error) from error

    def metrics_text(self) -> bytes:
        """Return all counters as Prometheus reads them."""
        counts = self._received.counts()
        self.metrics.waiting.set(counts["waiting"])
        self.metrics.files.set(counts["files"])
        return self.metrics.text()

    async def _on_landing_thread(self, work: Callable[[Unpack[Args]], T], *args: *Args) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._landing_thread, work, *args)


def registry_in(folder: Path) -> Registry:
    """Return the registry in a state folder."""
    return Registry(folder / "registry.sqlite3")


def _wait(wait_s: float, what: str) -> None:
    if wait_s:
        raise Refused(429, "rate", f"too many {what}", wait_s=wait_s)


def _not_now(error: Exception) -> Refused:
    """Return the answer to who comes while nothing can be written."""
    if isinstance(error, BusyError):
        return Refused(503, "busy", str(error), wait_s=_BUSY_S)
    _LOGGER.error("cannot write: %s", error)
    return Refused(503, "storage", "nothing can be stored now", wait_s=_FULL_S)
