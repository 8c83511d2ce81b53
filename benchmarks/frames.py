"""Frames of devices: how many a second the codec in Rust reads and writes, beside plain Python.

Both are called from Python and give the same values: ``hubagent._core`` and the plain Python that the
tests compare it with (``tests/firmware/reference.py``; its CRC is the C one of ``binascii``). CPU time, one
thread, states of one to three entities as devices send them; the best of several turns each, taken
alternately. Absolute times are this machine's.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "firmware"))
import reference

from hubagent.bridge.frames import FrameDecoder, Kind, encode_frame

if TYPE_CHECKING:
    from collections.abc import Callable

    from hubagent.bridge.frames import Body

FRAMES = 20_000
TURNS = 5
CHUNK = 256  # Bytes that a read of a serial line returns at once.


def bodies(seed: int) -> list[Body]:
    """Return states as devices send them: switches, readings, positions, text."""
    dice = random.Random(seed)  # noqa: S311
    made: list[Body] = []
    for _ in range(FRAMES):
        values = (dice.random() < 0.5, round(dice.uniform(-20, 40), 1), dice.randrange(101), "idle")
        made.append({place: dice.choice(values) for place in range(dice.randrange(1, 4))})
    return made


def read_plain(line: bytes) -> int:
    """Read the line in plain Python."""
    held, found = b"", 0
    for at in range(0, len(line), CHUNK):
        *whole, held = (held + line[at : at + CHUNK]).split(b"\0")
        for stretch in whole:
            reference.decode(stretch)
            found += 1
    return found


def read_rust(line: bytes) -> int:
    """Read the line with the codec in Rust."""
    decoder = FrameDecoder()
    return sum(len(decoder.feed(line[at : at + CHUNK])) for at in range(0, len(line), CHUNK))


def seconds(task: Callable[[], object]) -> float:
    """Return the CPU time of one run."""
    start = time.process_time()
    task()
    return time.process_time() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    said = parser.parse_args()
    sent = bodies(said.seed)
    line = b"".join(encode_frame(Kind.STATE, 0, 0, body) for body in sent)
    assert read_plain(line) == read_rust(line) == FRAMES
    tasks: dict[str, Callable[[], object]] = {
        "read, Rust": lambda: read_rust(line),
        "read, Python": lambda: read_plain(line),
        "write, Rust": lambda: [encode_frame(3, 0, 0, body) for body in sent],
        "write, Python": lambda: [reference.encode(3, 0, 0, body) for body in sent],
    }
    best = dict.fromkeys(tasks, float("inf"))
    for _ in range(TURNS):
        for name, task in tasks.items():
            best[name] = min(best[name], seconds(task))
    rates = {name: FRAMES / taken for name, taken in best.items()}
    ratios = {what: rates[f"{what}, Rust"] / rates[f"{what}, Python"] for what in ("read", "write")}
    if said.json:
        print(json.dumps({"frames_per_s": rates, "ratio": ratios}))
        return
    for what, ratio in ratios.items():
        rust, python = rates[f"{what}, Rust"], rates[f"{what}, Python"]
        print(f"{what:5}  Rust {rust:>9,.0f} frames/s  Python {python:>9,.0f}  ratio {ratio:.1f}")


if __name__ == "__main__":
    main()
