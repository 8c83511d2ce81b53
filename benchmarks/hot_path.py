"""Device messages: what one costs from its bytes to the stored change, beside paho and a dictionary.

Three ways for the same messages, each on one thread, in CPU time:

- ``store``: ``ContextStore.ingest`` in batches of 256: match, extract, convert, compare, keep,
  report; in memory, and with its log on the disk;
- ``json``: ``json.loads`` into a dictionary of the last values, nothing else;
- ``paho``: the same within paho's loop, from packets on a local socket: what a Python hub does at
  least.

``--broker`` adds a real broker: messages a second from publisher to store through our own client.
Absolute times are this machine's.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import random
import socket
import statistics
import struct
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from hubagent import _core
from hubagent.clock import ManualClock, SystemClock
from hubagent.config import MqttConfig
from hubagent.context.store import ContextStore
from hubagent.mqtt.broker import EmbeddedBroker
from hubagent.mqtt.client import MqttClient
from hubagent.types import (
    Binding,
    Codec,
    Convert,
    Declaration,
    Device,
    DeviceId,
    Entity,
    EntityId,
    Message,
    Role,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection

    from paho.mqtt.client import MQTTMessage

BATCH = 256
WINDOW = 400
REPEATS = 7
MESSAGES = 20_000
SIZES = (100, 1_000, 10_000)


PLAIN = Convert()
ONLINE = Convert(words=(("online", "online"), ("offline", "offline")), strict=True)
READINGS = (
    # domain, end of the id, ((attribute, JSON pointer, template, conversion), ...)
    (
        "light",
        "",
        (
            ("state", "/state", "", Convert(words=(("ON", "on"), ("OFF", "off")))),
            ("brightness", "/brightness", "", PLAIN),
            ("color_temp_kelvin", "/color_temp", "", Convert(reciprocal=True, integer=True)),
        ),
    ),
    ("sensor", "_power", (("state", "", "{{ value_json.power }}", PLAIN),)),
    ("sensor", "_energy", (("state", "", "{{ value_json['energy'] }}", PLAIN),)),
    ("sensor", "_signal_strength", (("state", "/linkquality", "", PLAIN),)),
)
ENTITIES_PER_DEVICE = len(READINGS)


def topic_of(number: int) -> str:
    """Return where a bulb speaks."""
    return f"zigbee2mqtt/room {number % 40}/bulb {number}"


def declarations(entities: int) -> Iterator[Declaration]:
    """Yield a home of bulbs with a meter: a light and three sensors each, on one topic."""
    for number in range(entities // ENTITIES_PER_DEVICE):
        topic = topic_of(number)
        device = Device(DeviceId(f"d{number}"), f"Bulb {number}", identifiers=(f"0x{number:016x}",))
        for domain, end, readings in READINGS:
            entity_id = EntityId(f"{domain}.bulb_{number}{end}")
            bindings = [
                Binding(
                    entity_id,
                    topic,
                    attribute,
                    codec=Codec.JSON,
                    pointers=(pointer,) if pointer else (),
                    template=template,
                    convert=convert,
                )
                for attribute, pointer, template, convert in readings
            ]
            reachable = f"{topic}/availability"
            bindings.append(
                Binding(
                    entity_id,
                    reachable,
                    "0",
                    Role.AVAILABILITY,
                    Codec.JSON,
                    ("/state",),
                    convert=ONLINE,
                )
            )
            entity = Entity(
                entity_id,
                domain,
                f"Bulb {number}{end}",
                unique_id=f"{number}{end}",
                device_id=device.device_id,
                device_class=end.removeprefix("_"),
            )
            yield Declaration(entity, device, tuple(bindings), ())


def make_messages(entities: int, count: int, seed: int) -> list[Message]:
    """Return what the bulbs say: about 240 bytes each, on average one and a half values are new."""
    random_ = random.Random(seed)  # noqa: S311 - the same home every time
    devices = entities // ENTITIES_PER_DEVICE
    states = [
        {
            "brightness": 254,
            "color_mode": "color_temp",
            "color_temp": 366,
            "energy": 12.53,
            "last_seen": "2026-03-01T12:00:00+01:00",
            "linkquality": 120,
            "power": 8.4,
            "power_on_behavior": "previous",
            "state": "ON",
            "update": {"installed_version": 16777241, "latest_version": 16777241, "state": "idle"},
        }
        for _ in range(devices)
    ]
    messages = []
    for index in range(count):
        number = random_.randrange(devices)
        state = states[number]
        state["linkquality"] = random_.randrange(40, 200)
        if random_.random() < 0.3:
            state["power"] = round(random_.uniform(0.5, 9.5), 1)
        if random_.random() < 0.1:
            state["state"] = random_.choice(("ON", "OFF"))
            state["brightness"] = random_.randrange(1, 255)
        topic = topic_of(number)
        payload = json.dumps(state, separators=(",", ":")).encode()
        messages.append(Message(topic, payload, retained=False, heard_at_s=1.7e9 + index * 0.01))
    return messages


def cpu_us(work: Callable[[], None], count: int) -> float:
    """Return the thread's CPU time of ``work``, in microseconds for each of ``count``."""
    started = time.thread_time()
    work()
    return (time.thread_time() - started) / count * 1e6


def build_store(entities: int, directory: Path | None = None) -> ContextStore:
    """Return a store that knows the home, kept in ``directory`` if given."""
    store = ContextStore(directory, clock=ManualClock())
    for declaration in declarations(entities):
        store.declare(declaration)
    return store


def through_store(store: ContextStore, messages: Sequence[Message]) -> None:
    """Ingest everything, in batches."""
    for start in range(0, len(messages), BATCH):
        store.ingest(messages[start : start + BATCH])


def through_json(messages: Sequence[Message]) -> None:
    """Keep the last values in dictionaries."""
    values: dict[str, dict[str, Any]] = {}
    for message in messages:
        values.setdefault(message.topic, {}).update(json.loads(message.payload))


def packet(message: Message) -> bytes:
    """Return an MQTT 3.1.1 PUBLISH of quality 0."""
    topic = message.topic.encode()
    body = struct.pack("!H", len(topic)) + topic + message.payload
    length, size = bytearray(), len(body)
    while True:
        size, low = divmod(size, 128)
        length.append(low | (0x80 if size else 0))
        if not size:
            return b"\x30" + bytes(length) + body


def feed(listener: socket.socket, stream: bytes) -> None:
    """Play the broker of one client in a process of its own: accept, greet, send everything."""
    connection, _ = listener.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(b"\x20\x02\x00\x00" + stream)
        connection.recv(4096)


def paho_us(messages: Sequence[Message]) -> float:
    """Return the CPU time of paho and ``json.loads`` into a dictionary, for each message."""
    values: dict[str, dict[str, Any]] = {}
    seen = 0

    def on_message(_client: Client, _userdata: object, message: MQTTMessage) -> None:
        nonlocal seen
        values.setdefault(message.topic, {}).update(json.loads(message.payload))
        seen += 1

    with socket.create_server(("127.0.0.1", 0)) as listener:
        stream = b"".join(map(packet, messages))
        process = multiprocessing.get_context("fork").Process(target=feed, args=(listener, stream))
        process.start()
        client = Client(CallbackAPIVersion.VERSION2)
        client.on_message = on_message
        client.connect("127.0.0.1", listener.getsockname()[1])
        started = time.thread_time()
        while seen < len(messages):
            client.loop(0.5)
        used = time.thread_time() - started
        client.disconnect()
        process.join(10)
        client.loop(0.1)
    return used / len(messages) * 1e6


def spread(samples: Sequence[float]) -> dict[str, float]:
    """Return median, least and greatest."""
    return {"median": statistics.median(samples), "least": min(samples), "most": max(samples)}


def resident_mb() -> float:
    """Return the resident memory of this process, in MB of 10^6 bytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure(entities: int, *, count: int, repeats: int) -> dict[str, Any]:
    """Measure one size of home; every repeat has messages of its own, and all ways in turn."""
    warm = make_messages(entities, count, seed=0)
    before_mb = resident_mb()
    memory = build_store(entities)
    through_store(memory, warm)
    store_mb = resident_mb() - before_mb
    samples: dict[str, list[float]] = {
        name: [] for name in ("store_us", "persisted_us", "json_us", "paho_us")
    }
    with tempfile.TemporaryDirectory() as folder:
        persisted = build_store(entities, Path(folder))
        through_store(persisted, warm)
        for seed in range(1, repeats + 1):
            messages = make_messages(entities, count, seed)
            for name, work in (
                ("store_us", partial(through_store, memory, messages)),
                ("persisted_us", partial(through_store, persisted, messages)),
                ("json_us", partial(through_json, messages)),
            ):
                samples[name].append(cpu_us(work, count))
            samples["paho_us"].append(paho_us(messages))
        counters = persisted.counters()
        persisted.close()
    looked = time.perf_counter()
    for _ in range(1000):
        memory.view()
    view_us = (time.perf_counter() - looked) * 1e3
    store_us = statistics.median(samples["store_us"])
    return {
        "entities": entities,
        **{name: spread(values) for name, values in samples.items()},
        "messages_s": 1e6 / store_us,
        "times_faster_than_paho": statistics.median(samples["paho_us"]) / store_us,
        "changes_per_message": counters["changes"] / counters["messages"],
        "store_mb": store_mb,
        "view_us": view_us,
        "counters": counters,
    }


def publish(port: int, messages: Sequence[Message], permits: Connection) -> None:
    """Publish one window of messages for each permit, in a process of its own."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"\x10\x10\x00\x04MQTT\x04\x02\x00\x00\x00\x04feed")
        connection.recv(4)
        for start in range(0, len(messages), WINDOW):
            permits.recv()
            connection.sendall(b"".join(map(packet, messages[start : start + WINDOW])))
        permits.recv()


def through_broker(entities: int, count: int) -> dict[str, Any]:
    """Measure messages a second from a publisher through the broker and our client to the store.

    At most two windows are on the way at once: a broker drops what a slow client does not take.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    clock = SystemClock()
    messages = make_messages(entities, count, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        broker = EmbeddedBroker(Path(folder) / "broker", clock=clock, port=port)
        broker.start()
        client = MqttClient(MqttConfig(host="127.0.0.1", port=port), hub="bench", clock=clock)
        client.start()
        store = build_store(entities, Path(folder) / "store")
        while not client.standing().connected:
            time.sleep(0.05)
        permits, given = multiprocessing.Pipe()
        process = multiprocessing.get_context("fork").Process(
            target=publish, args=(port, messages, given)
        )
        process.start()
        permits.send(True)
        started, cpu, allowed, stored = time.perf_counter(), time.process_time(), 1, 0
        while stored < count and time.perf_counter() - started < 60:
            if stored > (allowed - 2) * WINDOW:
                permits.send(True)
                allowed += 1
            batch = client.drain(BATCH, 0.05)
            stored += len(batch) - store.ingest(batch).unclaimed
        wall_s, cpu_s = time.perf_counter() - started, time.process_time() - cpu
        process.kill()
        process.join(10)
        client.stop()
        store.close()
        broker.stop()
    return {
        "broker": broker.program,
        "entities": entities,
        "sent": count,
        "stored": stored,
        "messages_s": stored / wall_s,
        "cpu_us": cpu_s / max(stored, 1) * 1e6,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--broker", action="store_true", help="also through a real broker")
    parser.add_argument("--messages", type=int, default=MESSAGES, help="messages a repeat")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="repeats, at least 5")
    options = parser.parse_args()
    if _core.__debug_build__:
        sys.exit("the compiled core is a debug build; build it with `maturin develop --release`")
    count, repeats = options.messages, max(5, options.repeats)
    sizes = [measure(size, count=count, repeats=repeats) for size in SIZES]
    result: dict[str, Any] = {
        "machine": {
            "cpu": platform.processor() or platform.machine(),
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
        },
        "messages": count,
        "repeats": repeats,
        "sizes": sizes,
    }
    if options.broker:
        result["through_broker"] = through_broker(500, count)
    if options.json:
        json.dump(result, sys.stdout, indent=2)
        print()
        return
    print(
        f"{count} messages of about 240 bytes, {repeats} repeats; CPU µs a message: median (range)"
    )
    for row in sizes:
        figures = {
            name: f"{row[name]['median']:.2f} ({row[name]['least']:.2f}-{row[name]['most']:.2f})"
            for name in ("store_us", "persisted_us", "json_us", "paho_us")
        }
        print(
            f"  {row['entities']:6,d} entities: store {figures['store_us']},"
            f" with its log {figures['persisted_us']},"
            f" json into a dict {figures['json_us']}, paho too {figures['paho_us']}\n"
            f"      {row['messages_s']:,.0f} messages/s on one core,"
            f" {row['times_faster_than_paho']:.1f} times as fast as paho and a dict;"
            f" {row['store_mb']:.1f} MB, a view in {row['view_us']:.2f} µs"
        )
    if options.broker:
        row = result["through_broker"]
        print(
            f"  {row['broker']} -> client -> store: {row['messages_s']:,.0f}/s,"
            f" {row['cpu_us']:.1f} µs CPU, {row['stored']} of {row['sent']} stored"
        )


if __name__ == "__main__":
    main()
