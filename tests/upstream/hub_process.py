"""A hub's own outbox and courier as a process: tells of one thing more at each step, until all is acknowledged.

``python hub_process.py FOLDER URL SECRET NAME STEPS``; prints ``done`` at the end. May be killed at any time and started again.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from hubagent.clock import SystemClock
from hubagent.evidence import Request, Transition
from hubagent.sync.choose import DAY_S
from hubagent.sync.courier import Courier, Service
from hubagent.sync.outbox import FILE_NAME, Outbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Told:
    """A home that has said so many things on two days; implements ``Telling``."""

    def __init__(self, name: str) -> None:
        self.name, self.count = name, 0

    def transitions(self, since_s: float) -> Iterator[Transition]:  # of the protocol
        """Yield all of them."""
        now_s = SystemClock().now_s()
        for at_s in (now_s - DAY_S, now_s):
            for number in range(self.count):
                words = f"{self.name} {number}"
                yield Transition(at_s, Request(words), None, 0.1, frozenset(), False)

    def failures(self, since_s: float) -> Mapping[str, int]:  # of the protocol
        """Return none."""
        return {}

    def scrub(self, request: Request) -> str | None:
        """Return the words as they are."""
        return request.words


def main() -> None:
    """Tell all of it."""
    folder, url, secret, name, steps = sys.argv[1:]
    telling = Told(name)
    outbox = Outbox(Path(folder) / FILE_NAME)
    courier = Courier(outbox, Service(url, secret), SystemClock(), telling=telling)
    courier.agree()
    while telling.count < int(steps) or courier.status()["waiting"]:
        telling.count = min(telling.count + 1, int(steps))
        courier.now()
        time.sleep(0.01)
    courier.close()
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main()
