"""The running hub: start time, resident memory, and a turn from words to confirmed state.

Starts a real broker, a simulated home of N entities on it and ``hubagent run`` as a process of its
own, then speaks to it over the control socket. Absolute times are this machine's.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubagent import control
from hubagent.clock import SystemClock
from hubagent.demo import settings_of
from hubagent.mqtt.broker import EmbeddedBroker
from hubagent.simulate.client import BrokerHome
from hubagent.simulate.generate import generate_home
from hubagent.simulate.world import SimulatedHome

if TYPE_CHECKING:
    from hubagent.simulate.home import HomeModel

SEED = 2
TURNS = 40


def memory_mb(pid: int) -> dict[str, float]:
    """Return resident and peak memory of a process, in MB of 10^6 bytes."""
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
    )
    return {
        "resident_mb": int(status["VmRSS"].split()[0]) * 1024 / 1e6,
        "peak_mb": int(status["VmHWM"].split()[0]) * 1024 / 1e6,
    }


def wait_found(path: Path, entities: int, limit_s: float = 60.0) -> float:
    """Wait until the hub knows every entity; return how long that took."""
    started, status = time.perf_counter(), {"entities": 0}
    while time.perf_counter() - started < limit_s:
        status = next(control.call(path, "status", {}))
        if status["entities"] >= entities:
            return time.perf_counter() - started
        time.sleep(0.1)
    raise SystemExit(f"only {status['entities']} of {entities} entities were found")


def settings_text(model: HomeModel, port: int, state_dir: Path) -> str:
    """Return the settings file of the home's owner."""
    home = settings_of(model)
    lines = [f'[hub]\nstate_dir = "{state_dir}"', f'[mqtt]\nport = {port}\nembedded = "never"']
    lines += [
        f'[home.floors."{key}"]\nname = {json.dumps(item.name)}'
        for key, item in home.floors.items()
    ]
    for key, area in home.areas.items():
        floor = f"floor = {json.dumps(area.floor)}" if area.floor else ""
        lines.append(f'[home.areas."{key}"]\nname = {json.dumps(area.name)}\n{floor}')
    for key, entity in home.entities.items():
        if entity.area:
            lines.append(f'[home.entities."{key}"]\narea = {json.dumps(entity.area)}')
    return "\n".join(lines)


def measure(entities: int, folder: Path) -> dict[str, Any]:
    """Run one hub on one home; return its figures."""
    clock = SystemClock()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    broker = EmbeddedBroker(folder / "broker", clock=clock, port=port)
    broker.start()
    model = generate_home(entities, SEED)
    simulated = SimulatedHome(model, clock)
    home = BrokerHome(simulated, clock, "127.0.0.1", port)
    home.start()
    settings = folder / "hubagent.toml"
    settings.write_text(settings_text(model, port, folder / "state"))
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(str(folder / "notify"))
    notify.settimeout(60.0)
    hub = subprocess.Popen(
        [sys.executable, "-m", "hubagent", "run", "--config", str(settings)],
        env=os.environ | {"NOTIFY_SOCKET": str(folder / "notify")},
        stderr=(folder / "hub.log").open("w"),
    )
    try:
        started = time.perf_counter()
        while b"READY=1" not in notify.recv(4096):
            pass
        ready_s = time.perf_counter() - started
        path = folder / "state" / control.SOCKET_NAME
        found_s = wait_found(path, entities)
        turns = [turn_ms(path, name) for name in lights(model)]
        time.sleep(2.0)
        return {
            "entities": entities,
            "broker": broker.program,
            "ready_s": ready_s,
            "found_s": found_s,
            **memory_mb(hub.pid),
            "turns": len(turns),
            "turn_p50_ms": statistics.median(turns),
            "turn_p95_ms": statistics.quantiles(turns, n=20)[-1],
        }
    finally:
        hub.send_signal(signal.SIGTERM)
        hub.wait(20)
        home.stop()
        broker.stop()


def lights(model: HomeModel) -> list[str]:
    """Return names of lights to switch, each said once on and once off."""
    names = [item.name for item in model.entities if item.domain == "light"]
    random.Random(SEED).shuffle(names)  # noqa: S311 - no secret
    return (names * TURNS)[:TURNS]


def turn_ms(path: Path, name: str) -> float:
    """Toggle a light by name; return milliseconds until its own state confirmed it."""
    started = time.perf_counter()
    for _ in control.call(path, "say", {"text": f"toggle the {name}"}):
        pass
    return (time.perf_counter() - started) * 1000


def main() -> None:
    """Measure homes of several sizes and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--entities", type=int, nargs="+", default=[20, 100, 500])
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    arguments = parser.parse_args()
    rows = []
    for entities in arguments.entities:
        with tempfile.TemporaryDirectory(prefix="hubagent-") as folder:
            rows.append(measure(entities, Path(folder)))
        if not arguments.json:
            print(
                "  ".join(
                    f"{key} {value:.1f}" if isinstance(value, float) else f"{key} {value}"
                    for key, value in rows[-1].items()
                ),
                flush=True,
            )
    if arguments.json:
        print(json.dumps({"seed": SEED, "rows": rows}))


if __name__ == "__main__":
    main()
