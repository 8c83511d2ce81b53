"""A flood of mixed conventions on a running hub: does one core keep up, and what does a message cost?

Run ``python benchmarks/flood.py FOLDER`` with a folder of recorded messages (``*.jsonl``, one message a line with
``topic``, ``payload`` and ``retained``). A real mosquitto and the sender share one core, ``hubagent run`` has
another. First the burst of a start: every announcement and state is retained, with invented devices beside
them, and the hub connects. Then the recorded states, numbers in them redrawn, come at a fixed rate.
The peer hears the same from the same broker on the same core: paho with ``json.loads`` into a dictionary.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from hot_path import packet
from hubagent import control
from hubagent.clock import SystemClock
from hubagent.mqtt.broker import EmbeddedBroker
from hubagent.types import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection

    from paho.mqtt.client import MQTTMessage

    Row = dict[str, Any]

SEED = 1
SLICE_S = 0.01
DISTINCT = 20_000
RETAINED = 1_100
CONNECT = b"\x10\x10\x00\x04MQTT\x04\x02\x00\x00\x00\x04feed"
CORES = sorted(os.sched_getaffinity(0))[:2]


def read(folder: Path) -> list[Row]:
    """Return the recorded messages."""
    files = sorted(folder.glob("*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def told(rows: Sequence[Row]) -> list[Row]:
    """Return what devices say in the course of a day: no announcement, no command."""
    return [
        row
        for row in rows
        if not row["topic"].startswith(
            ("homeassistant/", "tasmota/discovery/", "cmnd/", "hubagent/")
        )
        and not row["topic"].endswith(
            ("/set", "/bridge/devices", "/bridge/groups", "/bridge/info", "announce")
        )
        and "/command" not in row["topic"]
        and "/$" not in row["topic"]
    ]


def redrawn(value: object, dice: random.Random) -> object:
    """Return a JSON value with other numbers of the same kind in half of their places."""
    if isinstance(value, dict):
        return {key: redrawn(item, dice) for key, item in value.items()}
    if isinstance(value, list):
        return [redrawn(item, dice) for item in value]
    if isinstance(value, bool) or not isinstance(value, int | float) or dice.random() < 0.5:
        return value
    return type(value)(value * dice.uniform(0.9, 1.1))


def varied(rows: Sequence[Row], count: int, dice: random.Random) -> Iterator[Message]:
    """Yield messages that are like the recorded ones, in mixed order."""
    for _ in range(count):
        row = dice.choice(rows)
        try:
            payload = json.dumps(redrawn(json.loads(row["payload"]), dice), separators=(",", ":"))
        except ValueError:
            payload = row["payload"]
        yield Message(row["topic"], payload.encode(), False, 0.0)


def send(port: int, packets: Sequence[bytes], rate: int, seconds: float) -> float:
    """Publish at a rate (1/s); return how long it took, longer than asked if the broker was slow."""
    each = int(rate * SLICE_S)
    slices = [b"".join(packets[at : at + each]) for at in range(0, len(packets), each)]
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(CONNECT)
        connection.recv(4)
        began = time.perf_counter()
        for number in range(int(seconds / SLICE_S)):
            connection.sendall(slices[number % len(slices)])
            time.sleep(max(0.0, began + (number + 1) * SLICE_S - time.perf_counter()))
        return time.perf_counter() - began


def keep(port: int, rows: Sequence[Row]) -> int:
    """Let the broker keep all that was recorded, and devices of no meaning, up to `RETAINED` topics."""
    client = Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    last = {row["topic"]: row["payload"] for row in rows}
    for number in range(RETAINED - len(last)):
        config = {"name": f"Plug {number}", "unique_id": f"plug{number}", "state_topic": f"plug/{number}",
                  "command_topic": f"plug/{number}/set"}  # fmt: skip
        last[f"homeassistant/switch/plug{number}/config"] = json.dumps(config)
    for topic, payload in last.items():
        client.publish(topic, payload, qos=1, retain=True).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()
    return len(last)


def cpu_s(pid: int) -> float:
    """Return the CPU time of a process, s."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def settled(count: Callable[[], int]) -> tuple[int, float]:
    """Wait until a count stands still for a second; return it, and when it last moved."""
    seen, moved = count(), time.perf_counter()
    while time.perf_counter() - moved < 1.0:
        time.sleep(0.05)
        now = count()
        if now != seen:
            seen, moved = now, time.perf_counter()
    return seen, moved


def hub(
    folder: Path, port: int, retained: int, packets: Sequence[bytes], rate: int, seconds: float
) -> Row:
    """Run the hub through its start and the flood; return its figures."""
    settings = folder / "hubagent.toml"
    settings.write_text(
        f'[hub]\nstate_dir = "{folder}/state"\n[mqtt]\nport = {port}\nembedded = "never"\nannounce_as_ha = "never"\n'
    )
    began = time.perf_counter()
    process = subprocess.Popen(
        ["taskset", "-c", str(CORES[0]), sys.executable, "-m", "hubagent", "run", "--config", str(settings)],
        stderr=(folder / "hub.log").open("w"),
    )  # fmt: skip
    path = folder / "state" / control.SOCKET_NAME

    def counters() -> Row:
        counts = next(control.call(path, "status", {}))["counters"]
        return {**counts["mqtt"], **counts["pump"]}

    try:
        while not path.exists() or not counters()["received"]:
            time.sleep(0.1)
        heard, at = settled(lambda: counters()["received"])
        started_s = at - began
        before = counters()
        used = cpu_s(process.pid)
        took = send(port, packets, rate, seconds)
        ended = time.perf_counter()
        queued = counters()["queued"]
        _, at = settled(lambda: counters()["received"] - counters()["queued"])
        used = cpu_s(process.pid) - used
        after = counters()
    finally:
        process.terminate()
        process.wait(30)
    count = after["received"] - before["received"]
    return {"retained": retained, "heard_at_start": heard, "start_s": started_s, "sent": int(seconds / SLICE_S) * int(rate * SLICE_S),
            "sending_s": took, "received": count, "excluded": after["excluded"] - before["excluded"],
            "dropped": after["dropped"] - before["dropped"], "queued_at_end": queued,
            "batch": count / (after["batches"] - before["batches"]), "changes": (after["changes"] - before["changes"]) / count,
            "behind_s": max(0.0, at - ended), "cpu_us": used / count * 1e6, "core_share": used / took}  # fmt: skip


def _listen(port: int, says: Connection) -> None:
    """Be the peer, in a process of its own, until told to stop."""
    os.sched_setaffinity(0, {CORES[0]})
    values: dict[str, object] = {}
    seen = 0

    def on_message(_client: Client, _userdata: object, message: MQTTMessage) -> None:
        nonlocal seen
        try:
            values[message.topic] = json.loads(message.payload)
        except ValueError:
            values[message.topic] = message.payload
        seen += 1

    client = Client(CallbackAPIVersion.VERSION2)
    client.on_message = on_message
    client.connect("127.0.0.1", port)
    client.subscribe("#")
    client.loop_start()
    while says.recv():
        says.send((seen, time.process_time()))
    client.disconnect()


def peer(port: int, packets: Sequence[bytes], rate: int, seconds: float) -> Row:
    """Run the peer through the flood; return its figures."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_listen, args=(port, theirs))
    process.start()

    def ask() -> tuple[int, float]:
        ours.send(True)
        return ours.recv()  # type: ignore[no-any-return]

    settled(lambda: ask()[0])
    seen, used = ask()
    took = send(port, packets, rate, seconds)
    ended = time.perf_counter()
    _, at = settled(lambda: ask()[0])
    after, spent = ask()
    ours.send(False)
    process.join(10)
    return {"received": after - seen, "behind_s": max(0.0, at - ended), "cpu_us": (spent - used) / (after - seen) * 1e6,
            "core_share": (spent - used) / took}  # fmt: skip


def main() -> None:
    """Measure and print one JSON document."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path, help="recorded messages, *.jsonl")
    parser.add_argument("--rate", type=int, default=20_000, help="messages a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    os.sched_setaffinity(0, {CORES[-1]})
    rows = read(options.folder)
    states = told(rows)
    packets = [packet(message) for message in varied(states, DISTINCT, random.Random(SEED))]  # noqa: S311 # a workload
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="flood-") as name:
        folder = Path(name)
        broker = EmbeddedBroker(folder / "broker", clock=SystemClock(), port=port)
        broker.start()
        retained = keep(port, rows)
        found = {
            "rate": options.rate, "seconds": options.seconds, "topics": len({row["topic"] for row in states}),
            "bytes": sum(map(len, packets)) / len(packets), "broker": broker.program,
            "hub": hub(folder, port, retained, packets, options.rate, options.seconds),
            "peer": peer(port, packets, options.rate, options.seconds),
        }  # fmt: skip
        broker.stop()
    found["ratio"] = found["peer"]["cpu_us"] / found["hub"]["cpu_us"]
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
