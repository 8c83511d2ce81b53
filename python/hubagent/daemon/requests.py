"""What the commands of this machine may ask of the running hub, over the control socket."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any

from hubagent import explain, memory, sharing
from hubagent.daemon.mapping import watch
from hubagent.errors import DataError, TransportError
from hubagent.present import device_documents, turn_document
from hubagent.types import AreaId, TurnId, Utterance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hubagent.daemon import Daemon

WATCH_EVERY_S = 1.0


def handlers(
    daemon: Daemon,
) -> dict[str, Callable[[Mapping[str, Any]], Iterable[Mapping[str, Any]]]]:
    """Return the methods of the control socket."""
    return {
        "say": lambda params: _say(daemon, params),
        "devices": lambda params: _devices(daemon, params),
        "explain": lambda params: _explain(daemon, params),
        "learn": lambda params: _learn(daemon, params),
        "map": lambda params: _map(daemon, params),
        "memory": lambda params: [_memory(daemon, params)],
        "status": lambda _params: [daemon.health()],
        "sync": lambda params: [_sync(daemon, params)],
    }


def _say(daemon: Daemon, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    text, area = params.get("text"), params.get("area")
    if not isinstance(text, str) or not text.strip():
        raise DataError("`text`: expected words")
    if not isinstance(area, str | None):
        raise DataError("`area`: expected a text")
    utterance = Utterance(
        turn_id=TurnId(uuid.uuid4().hex),
        text=text,
        heard_at_s=daemon.clock.now_s(),
        area_id=AreaId(area) if area else None,
    )
    try:
        yield turn_document(daemon.say(utterance))
    except CancelledError as error:
        raise TransportError("hub", "too busy to answer; say it again") from error


def _devices(daemon: Daemon, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the devices once, or with ``watch`` whenever they changed."""
    while True:
        rows = _rows(daemon, params)
        yield {"entities": rows}
        if not params.get("watch"):
            return
        # Every tenth time also without a change: writing tells whether anyone still reads.
        for _ in range(10):
            time.sleep(WATCH_EVERY_S)
            if _rows(daemon, params) != rows:
                break


def _rows(daemon: Daemon, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = device_documents(daemon.store.view())
    return [row for row in rows if params.get("all") or not row["category"]]


def _map(daemon: Daemon, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    topic, seconds = params.get("topic"), params.get("seconds")
    if not isinstance(topic, str):
        raise DataError("`topic`: expected a text")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise DataError("`seconds`: expected a number")
    return watch(
        daemon.reached,
        daemon.config.hub.name,
        daemon.clock,
        daemon.directory,
        topic,
        seconds,
        only_311=daemon.only_311,
    )


def _explain(daemon: Daemon, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    which = str(params.get("turn", "1"))
    record = daemon.pipeline.turn(int(which) if which.isdecimal() else TurnId(which))
    if record is None:
        raise DataError(f"no turn `{which}` is remembered", hint="the last 50 turns are")
    yield {"turn": turn_document(record), "text": explain.render(record)}


def _learn(daemon: Daemon, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the report of the last learning pass; with ``now`` run one and yield how it goes."""
    if daemon.brain is None or daemon.learner is None:
        raise DataError("learning is switched off", hint="set learning.enabled = true")
    if params.get("now"):
        yield from daemon.learner.told()
    else:
        yield {"report": daemon.brain.last_pass(), "health": daemon.brain.health()}


def _memory(daemon: Daemon, params: Mapping[str, Any]) -> Mapping[str, Any]:
    if params.get("do") == "forget" and daemon.courier is not None:
        daemon.courier.forget()
    if daemon.brain is not None:
        return memory.answer(daemon.brain, params)
    files = memory.Files(daemon.config.hub.state_dir)
    try:
        return memory.answer(files, params)
    finally:
        files.close()


def _sync(daemon: Daemon, params: Mapping[str, Any]) -> Mapping[str, Any]:
    return sharing.answer(daemon.courier, params, daemon.bundle)
