"""What is wrong with this hub, and what to do about it: one finding a check.

In: the settings. Out: findings, in the order in which they stop a hub from working.
Every check is safe to run beside a running hub and changes nothing.
"""

from __future__ import annotations

import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hubagent import control
from hubagent.errors import HubagentError

if TYPE_CHECKING:
    from pathlib import Path

    from hubagent.config import Config

_LOAD_MODEL = (
    "import onnxruntime; "
    "from hubagent.understand.understander import Understander; "
    "print(len(Understander.load().understand('turn on the kitchen light').clauses))"
)
LOW_DISK_BYTES = 200 * 1024 * 1024
MODEL_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: whether it is good, what was found, and what to do when it is not."""

    good: bool
    what: str
    found: str
    advice: str = ""

    def document(self) -> dict[str, Any]:
        """Return it for ``--json``."""
        return asdict(self)


def examine(config: Config) -> list[Finding]:
    """Run every check."""
    findings = [_machine(), _model(), _state_folder(config.hub.state_dir)]
    return [*findings, _broker(config), *_running_hub(config)]


def _machine() -> Finding:
    bits = "64 bit" if sys.maxsize > 2**32 else "32 bit"
    found = f"{platform.machine()}, {bits}, Python {platform.python_version()}"
    return Finding(
        bits == "64 bit", "machine", found, "install a 64-bit system: the model's runtime needs one"
    )


def _model() -> Finding:
    """Load the model in a child: a runtime built for another processor dies, it does not raise."""
    try:
        child = subprocess.run(  # noqa: S603 - our own interpreter and our own program
            [sys.executable, "-c", _LOAD_MODEL],
            capture_output=True,
            text=True,
            timeout=MODEL_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Finding(
            False, "model", f"did not load in {MODEL_TIMEOUT_S:.0f} s", "close other programs"
        )
    if child.returncode == -signal.SIGILL:
        return Finding(
            False,
            "model",
            "onnxruntime stops with `Illegal instruction`",
            "install another version: pip install 'onnxruntime!=1.21.*'",
        )
    if child.returncode != 0:
        last = (child.stderr.strip().splitlines() or ["no message"])[-1]
        return Finding(
            False,
            "model",
            last,
            "install the package again: pip install --force-reinstall hubagent",
        )
    return Finding(True, "model", "loads and understands")


def _state_folder(folder: Path) -> Finding:
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not os.access(existing, os.W_OK):
        return Finding(
            False,
            "state folder",
            f"`{existing}` cannot be written",
            f"sudo chown $USER {existing}, or name another in hub.state_dir",
        )
    free = shutil.disk_usage(existing).free
    return Finding(
        free >= LOW_DISK_BYTES,
        "state folder",
        f"{folder}, {free // 2**20} MiB free",
        "make room: when the disk is full nothing new is remembered",
    )


def _broker(config: Config) -> Finding:
    endpoint = f"{config.mqtt.host}:{config.mqtt.port}"
    try:
        with socket.create_connection((config.mqtt.host, config.mqtt.port), timeout=3.0):
            return Finding(True, "broker", f"{endpoint} answers")
    except OSError as error:
        return Finding(
            False, "broker", f"{endpoint}: {error}", "start it, or set mqtt.host and mqtt.port"
        )


def _running_hub(config: Config) -> list[Finding]:
    path = config.hub.state_dir / control.SOCKET_NAME
    try:
        status = next(control.call(path, "status", {}, timeout_s=5.0))
    except HubagentError as error:
        return [Finding(False, "hub", str(error), error.hint)]
    found = (
        f"{status['entities']} entities, {status['turns']} turns, connected: {status['connected']}"
    )
    return [
        Finding(bool(status["connected"]), "hub", found, "see the broker's line"),
        *_mapping(status["mapping"]),
        *_learning(status["learning"], off=status["learning_off"]),
        *_sharing(status["sharing"]),
        *(
            Finding(
                False,
                f"messages of {row['source']}",
                row["reason"],
                "the device's owner or maker must mend it",
            )
            for row in status["refused"]
        ),
        *(
            Finding(
                False,
                f"retained command on {topic}",
                "it is replayed to the device at every reconnect",
                f"clear it: mosquitto_pub -r -n -t '{topic}'",
            )
            for topic in status["retained_commands"]
        ),
    ]


def _mapping(status: dict[str, Any] | None) -> list[Finding]:
    if status is None:
        return []
    found = f"{status['entities']} entities of {status['file']}"
    return [
        Finding(True, "mapping file", found),
        *(
            Finding(False, "mapping file", problem, f"mend {status['file']}; it is read at once")
            for problem in status["problems"]
        ),
    ]


def _learning(status: dict[str, Any] | None, *, off: bool) -> list[Finding]:
    """Tell what is learned; a journal that the disk refuses is the one thing to be mended."""
    if status is None:
        return [Finding(True, "learning", "switched off")]
    journal, last = status["journal"], status["last_pass"]
    pairs = ", ".join(f"{count} {stage}" for stage, count in status["pairs"].items() if count)
    at = None if last is None else datetime.fromtimestamp(last["at"], tz=UTC).astimezone()
    when = "never" if at is None else f"{at:%Y-%m-%d %H:%M}"
    found = ("off for now, " if off else "") + (
        f"{journal['turns']} turns kept ({journal['bytes'] / 2**20:.1f} MiB), "
        f"pairs: {pairs or 'none'}, last pass: {when}"
    )
    lost = journal["lost"]
    return [
        Finding(not lost, "learning", f"{found}, {lost} lost" if lost else found,
                "make room in the state folder: the disk refuses the journal"),
    ]  # fmt: skip


def _sharing(status: dict[str, Any] | None) -> list[Finding]:
    """Tell what goes to and comes from other homes; nothing where no place of either is set."""
    if status is None:
        return []
    agreed = "agreed" if status["agreed"] else "nobody has agreed"
    table = status["table"]
    found = f"{agreed}, {status['waiting']} batch(es) wait"
    found += "" if table is None else f", table {table or 'none yet'}"
    errors = "; ".join(status["errors"])
    return [
        Finding(not errors, "other homes", f"{found}: {errors}" if errors else found,
                "see hubagent sync status; it is tried again by itself"),
    ]  # fmt: skip
