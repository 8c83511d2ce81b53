"""The recorded messages over a real broker, into a whole hub; they are not part of the project."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.types import EntityId, Publication

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubagent.config import Config
    from hubagent.daemon import Daemon
    from hubagent.mqtt.broker import EmbeddedBroker

FIXTURES = os.environ.get("HUBAGENT_FIXTURES")
pytestmark = [
    pytest.mark.broker,
    pytest.mark.slow,
    pytest.mark.skipif(
        not FIXTURES, reason="HUBAGENT_FIXTURES names no folder of recorded messages"
    ),
]

MARK = json.dumps(
    {
        "command_topic": "mark",
        "unique_id": "mark",
        "name": "Mark",
        "default_entity_id": "switch.mark",
    }
)
Row = dict[str, Any]
Home = dict[EntityId, tuple[object, dict[str, object]]]


def _recorded() -> list[Row]:
    files = sorted(Path(FIXTURES or "").glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def _shuffled(rows: list[Row], seed: int) -> list[Row]:
    """Mix the topics; what was said on one topic stays in its order, as with a broker."""
    by_topic: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_topic[row["topic"]].append(row)
    waiting = {topic: iter(said) for topic, said in by_topic.items()}
    turns = [row["topic"] for row in rows]
    random.Random(seed).shuffle(turns)  # noqa: S311 - nothing secret
    return [next(waiting[topic]) for topic in turns]


def _is_home(daemon: Daemon) -> Home:
    view = daemon.store.view()
    states = [view.state(entity.entity_id) for entity in view.entities()]
    # An attribute whose value is unknown is as good as none; when a phone was heard is the clock's
    # word and not a message's, so it differs between two hubs that hear the same.
    return {
        state.entity_id: (
            state.state,
            {
                name: value
                for name, value in state.attributes.items()
                if value is not None and name != "seen_at"
            },
        )
        for state in states
    }


@pytest.fixture
def hear(
    config: Config,
    make_broker: Callable[..., EmbeddedBroker],
    make_daemon: Callable[..., Daemon],
    make_client: Callable[..., Any],
    wait_until: Callable[..., object],
    tmp_path: Path,
) -> Callable[[list[Row], int], tuple[Home, object]]:
    """Let a new hub hear rows from the broker; return the home it made of them, and its refusals."""

    def run(rows: list[Row], number: int) -> tuple[Home, object]:
        broker = make_broker("mosquitto")
        hub = replace(config.hub, name=f"hub{number}", state_dir=config.hub.state_dir / str(number))
        daemon = make_daemon(replace(config, hub=hub))
        sender = make_client(f"sender{number}")
        # One announcement of our own behind all others: when it is known, they have been read.
        mark = {
            "topic": f"homeassistant/switch/mark{number}/config",
            "payload": MARK,
            "retained": False,
        }
        for row in [*rows, mark]:
            payload = row["payload"].encode()
            sender.publish(Publication(row["topic"], payload, qos=1, retain=bool(row["retained"])))
        wait_until(lambda: "switch.mark" in _is_home(daemon), 30.0)
        found = _is_home(daemon), daemon.health()["refused"]
        daemon.stop()
        sender.stop()
        broker.stop()
        shutil.rmtree(tmp_path / "broker")
        return found

    return run


def test_every_message_in_any_order_over_a_broker_gives_the_same_home(
    hear: Callable[[list[Row], int], tuple[Home, object]],
) -> None:
    recorded = _recorded()
    home, refused = hear(recorded, 0)
    assert len(home) == 216 + 1
    assert refused
    for seed in (1, 2):
        other, others_refused = hear(_shuffled(recorded, seed), seed)
        assert others_refused == refused
        assert {
            key: (home.get(key), other.get(key))
            for key in {*home, *other}
            if home.get(key) != other.get(key)
        } == {}
