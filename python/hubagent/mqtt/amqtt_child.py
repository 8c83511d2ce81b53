"""The process of the amqtt broker: ``python -m hubagent.mqtt.amqtt_child SETTINGS.json``.

Started by :mod:`hubagent.mqtt.broker` only. Adds to amqtt what it lacks without further packages:
retained messages in SQLite, written in batches to spare the card, and mosquitto's password file.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import logging
import signal
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amqtt.broker import Broker, BrokerContext, RetainedApplicationMessage
from amqtt.plugins.base import BaseAuthPlugin, BasePlugin

_MODULE = "hubagent.mqtt.amqtt_child"


class RetainedStore(BasePlugin[BrokerContext]):  # type: ignore[misc] # amqtt publishes no types
    """Keeps retained messages on disk; a kill loses those of the last ``autosave_s``."""

    @dataclass
    class Config:
        """Where to keep them and how often to write."""

        path: str
        autosave_s: int

    def __init__(self, context: BrokerContext) -> None:
        super().__init__(context)
        self._changed: dict[str, tuple[bytes, int]] = {}
        self._database = sqlite3.connect(context.config.path)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS retained"
            " (topic TEXT PRIMARY KEY, payload BLOB NOT NULL, qos INTEGER NOT NULL) WITHOUT ROWID"
        )
        self._task: asyncio.Task[None] | None = None

    async def on_broker_post_start(self) -> None:
        """Bring the messages back; one heard since the port opened is newer and stays."""
        for topic, payload, qos in self._database.execute("SELECT * FROM retained"):
            message = RetainedApplicationMessage(None, topic, payload, qos)
            self.context.retained_messages.setdefault(topic, message)
        self._task = asyncio.create_task(self._save_regularly())

    async def on_broker_retained_message(
        self, *, client_id: str | None, retained_message: RetainedApplicationMessage
    ) -> None:
        """Note a change; with a client id the message waits for one client and is not retained."""
        if client_id is None:
            payload = bytes(retained_message.data or b"")
            self._changed[retained_message.topic] = (payload, retained_message.qos or 0)

    async def on_broker_post_shutdown(self) -> None:
        """Write what is left."""
        if self._task is not None:
            self._task.cancel()
        self._save()
        self._database.close()

    async def _save_regularly(self) -> None:
        while True:
            await asyncio.sleep(self.config.autosave_s)
            self._save()

    def _save(self) -> None:
        changed, self._changed = self._changed, {}
        if not changed:
            return
        try:
            with self._database as transaction:
                for topic, (payload, qos) in changed.items():
                    if payload:
                        row = (topic, payload, qos)
                        transaction.execute("REPLACE INTO retained VALUES (?, ?, ?)", row)
                    else:
                        transaction.execute("DELETE FROM retained WHERE topic = ?", (topic,))
        except sqlite3.OperationalError as error:
            # A full disk: try again next time, with what has changed since on top.
            self.context.logger.warning("retained messages not written: %s", error)
            self._changed = {**changed, **self._changed}


class PasswordFile(BaseAuthPlugin):  # type: ignore[misc] # amqtt publishes no types
    """Lets in who is in the password file."""

    @dataclass
    class Config:
        """Where the file is."""

        path: str

    def __init__(self, context: BrokerContext) -> None:
        super().__init__(context)
        lines = Path(context.config.path).read_text(encoding="utf-8").splitlines()
        self._hashes = dict(line.split(":", 1) for line in lines if ":" in line)

    async def authenticate(self, *, session: Any) -> bool:  # noqa: ANN401 - amqtt's signature
        """Return whether name and password fit."""
        known = self._hashes.get(session.username or "")
        return known is not None and verify(session.password or "", known)


def verify(password: str, known: str) -> bool:
    """Return whether a password fits mosquitto's ``$7$iterations$salt$digest``."""
    _, kind, iterations, salt, digest = known.split("$")
    made = hashlib.pbkdf2_hmac("sha512", password.encode(), base64.b64decode(salt), int(iterations))
    return kind == "7" and hmac.compare_digest(made, base64.b64decode(digest))


async def serve(settings: dict[str, Any]) -> None:
    """Run the broker until SIGTERM."""
    if settings["passwords"]:
        access: dict[str, Any] = {f"{_MODULE}.PasswordFile": {"path": settings["passwords"]}}
    else:
        access = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    store = {"path": settings["retained"], "autosave_s": settings["autosave_s"]}
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": settings["bind"]}},
            "plugins": {**access, f"{_MODULE}.RetainedStore": store},
        }
    )
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await broker.start()
    await stop.wait()
    await broker.shutdown()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
