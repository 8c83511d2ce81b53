"""A broker for homes that have none: a child process, started, watched, started again, stopped.

mosquitto when it is installed, else amqtt (:mod:`hubagent.mqtt.amqtt_child`). Either keeps its
retained messages in the folder given, runs with the rights of the hub, and ends with it: the kernel
sends it SIGTERM when the hub dies, however it dies.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import fcntl
import hashlib
import ipaddress
import json
import logging
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Literal

from hubagent.config import Secret, is_loopback
from hubagent.errors import TransportError

if TYPE_CHECKING:
    from pathlib import Path

    from hubagent.clock import Clock

_LOGGER = logging.getLogger(__name__)

Program = Literal["mosquitto", "amqtt"]

START_TIMEOUT_S = 20.0
LOCK_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 10.0
SHORT_LIFE_S = 5.0
LONGEST_DELAY_S = 30.0
MAX_QUEUED_MESSAGES = 20_000
HASH_ITERATIONS = 10_000
DEFAULT_USERNAME = "hubagent"
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


@dataclass(frozen=True, slots=True)
class Login:
    """What a client of the broker must say."""

    username: str
    password: Secret


def find_mosquitto() -> str | None:
    """Return the path of mosquitto, also where only root has it on the path."""
    return shutil.which("mosquitto") or shutil.which(
        "mosquitto", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"
    )


class EmbeddedBroker:
    """The broker of our own."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        port: int,
        listen: str = "127.0.0.1",
        login: Login | None = None,
        autosave_s: int = 30,
        program: Program | None = None,
    ) -> None:
        """Build; nothing runs before :meth:`start`.

        Args:
            folder: Where its files go; made when missing.
            clock: Measures how long the child lived.
            port: TCP port to listen on.
            listen: Address to listen on.
            login: Demanded of every client; ``None`` = nobody is asked on loopback, and elsewhere
                one is made (see :attr:`login`).
            autosave_s: Seconds between writes of the retained messages.
            program: Which broker; ``None`` = mosquitto if installed, else amqtt.
        """
        self._folder = folder
        self._clock = clock
        self._port = port
        self._listen = listen
        self._login = login
        self._autosave_s = autosave_s
        self._mosquitto = find_mosquitto() if program in (None, "mosquitto") else None
        if program == "mosquitto" and self._mosquitto is None:
            raise TransportError("mosquitto", "is not installed")
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._restarts = 0
        self._tail: deque[str] = deque(maxlen=5)
        self._lock: IO[bytes] | None = None

    @property
    def program(self) -> Program:
        """Which broker it is."""
        return "mosquitto" if self._mosquitto else "amqtt"

    @property
    def login(self) -> Login | None:
        """What clients must say; complete after :meth:`start`, which makes a password if need be."""
        return self._login

    @property
    def address(self) -> str:
        """Address at which this machine reaches it."""
        address = ipaddress.ip_address(self._listen)
        if not address.is_unspecified:
            return self._listen
        return "127.0.0.1" if address.version == 4 else "::1"

    @property
    def restarts(self) -> int:
        """How often it died and was started again."""
        return self._restarts

    @property
    def pid(self) -> int | None:
        """Process id of the child, ``None`` when none runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start the child and wait until it accepts connections.

        Raises:
            TransportError: When the port is taken, another hub uses the folder, or the child does
                not come up.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = self._take_lock()
        self._check_port_is_free()
        if self._login is None and not is_loopback(self._listen):
            self._login = Login(DEFAULT_USERNAME, self._own_password())
        command = self._write_settings()
        self._stopping.clear()
        # The kernel ties a child to the thread that forked it, so one thread does all the forking.
        self._thread = threading.Thread(
            target=self._supervise, args=(command,), name="broker", daemon=True
        )
        self._thread.start()
        if not self._wait_accepting():
            reason = "; ".join(self._tail) or "it says nothing"
            self.stop()
            raise TransportError(f"{self._listen}:{self._port}", f"own broker: {reason}")
        _LOGGER.info("Own broker (%s) listens on %s:%d", self.program, self._listen, self._port)

    def stop(self) -> None:
        """Stop the child, which saves its retained messages; may be called twice."""
        self._stopping.set()
        process = self._process
        if process is not None:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    # --- the child ---------------------------------------------------------------------------------

    def _supervise(self, command: list[str]) -> None:
        short_lives = 0
        while not self._stopping.is_set():
            began_s = self._clock.monotonic_s()
            with self._spawn(command) as process:
                self._process = process
                if self._stopping.is_set():
                    process.terminate()
                for line in process.stdout or ():
                    text = line.decode(errors="replace").rstrip()
                    self._tail.append(text)
                    _LOGGER.debug("%s: %s", self.program, text)
            if self._stopping.is_set():
                return
            lived_s = self._clock.monotonic_s() - began_s
            short_lives = short_lives + 1 if lived_s < SHORT_LIFE_S else 0
            if short_lives == 2:
                self._set_retained_aside()
            self._restarts += 1
            _LOGGER.warning(
                "Own broker ended with code %d after %.1f s; it is started again: %s",
                process.returncode,
                lived_s,
                self._tail[-1] if self._tail else "no word from it",
            )
            self._stopping.wait(min(LONGEST_DELAY_S, 0.25 * 2**short_lives))

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        parent = os.getpid()

        def tie_to_parent() -> None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(1)

        assert self._lock is not None  # noqa: S101 - start() took it
        return subprocess.Popen(  # noqa: S603 - our own command line
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # A child that outlives a killed hub for a moment still holds the lock.
            pass_fds=(self._lock.fileno(),),
            # Ctrl-C is for the hub, which then stops its broker last.
            start_new_session=True,
            preexec_fn=tie_to_parent,  # noqa: PLW1509 - two system calls, no lock taken
        )

    def _wait_accepting(self) -> bool:
        deadline_s = self._clock.monotonic_s() + START_TIMEOUT_S
        while self._clock.monotonic_s() < deadline_s:
            with contextlib.suppress(OSError):
                socket.create_connection((self.address, self._port), timeout=1.0).close()
                return True
            if self._restarts > 3:
                return False
            self._stopping.wait(0.05)
        return False

    def _set_retained_aside(self) -> None:
        """Let a broker that cannot start, perhaps for a damaged file, begin with an empty one."""
        for name in ("retained.db", "retained.sqlite"):
            path = self._folder / name
            if path.exists():
                path.replace(path.with_suffix(path.suffix + ".damaged"))
                _LOGGER.error("Own broker does not start; its retained messages are set aside")

    # --- settings ----------------------------------------------------------------------------------

    def _take_lock(self) -> IO[bytes]:
        lock = (self._folder / "lock").open("wb")
        deadline_s = self._clock.monotonic_s() + LOCK_TIMEOUT_S
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if self._clock.monotonic_s() > deadline_s:
                    lock.close()
                    raise TransportError(
                        str(self._folder), "another hub runs its broker from this folder"
                    ) from None
                self._stopping.wait(0.05)
            else:
                return lock

    def _check_port_is_free(self) -> None:
        family = socket.AF_INET6 if ":" in self._listen else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self._listen, self._port))
            except OSError as error:
                self.stop()
                raise TransportError(
                    f"{self._listen}:{self._port}",
                    f"own broker cannot listen: {error.strerror}",
                    hint="another broker may run there; set mqtt.embedded to `auto` or `never`",
                ) from error

    def _own_password(self) -> Secret:
        path = self._folder / "password"
        if not path.exists():
            _write_private(path, secrets.token_urlsafe(15) + "\n")
        return Secret(path.read_text().strip())

    def _write_settings(self) -> list[str]:
        """Write the child's files; return its command line."""
        passwords = self._folder / "passwords"
        if self._login is not None:
            _write_private(passwords, password_line(self._login))
        if self._mosquitto is not None:
            path = self._folder / "mosquitto.conf"
            _write_private(path, self._mosquitto_conf(passwords))
            return [self._mosquitto, "-c", str(path)]
        settings = {
            # Without brackets, also for IPv6: amqtt splits at the last colon and keeps brackets.
            "bind": f"{self._listen}:{self._port}",
            "retained": str(self._folder / "retained.sqlite"),
            "autosave_s": self._autosave_s,
            "passwords": str(passwords) if self._login is not None else None,
        }
        path = self._folder / "amqtt.json"
        _write_private(path, json.dumps(settings))
        return [sys.executable, "-m", "hubagent.mqtt.amqtt_child", str(path)]

    def _mosquitto_conf(self, passwords: Path) -> str:
        lines = [
            f"listener {self._port} {self._listen}",
            f"allow_anonymous {'true' if self._login is None else 'false'}",
            "persistence true",
            f"persistence_location {self._folder}/",
            "persistence_file retained.db",
            f"autosave_interval {self._autosave_s}",
            # A hub that is busy for a moment must not miss states; the default drops after 1,000.
            f"max_queued_messages {MAX_QUEUED_MESSAGES}",
            "set_tcp_nodelay true",
            "log_dest stderr",
            "log_type error",
            "log_type warning",
        ]
        if self._login is not None:
            lines.append(f"password_file {passwords}")
        if os.geteuid() == 0:
            # As user `mosquitto` it could not write into a folder of ours.
            lines.append("user root")
        return "\n".join(lines) + "\n"


def password_line(login: Login, salt: bytes | None = None) -> str:
    """Return a line of a mosquitto password file: PBKDF2 with SHA-512, as ``mosquitto_passwd``."""
    salt = secrets.token_bytes(12) if salt is None else salt
    password = login.password.reveal().encode()
    digest = hashlib.pbkdf2_hmac("sha512", password, salt, HASH_ITERATIONS)
    parts = (base64.b64encode(part).decode() for part in (salt, digest))
    return f"{login.username}:$7${HASH_ITERATIONS}${'$'.join(parts)}\n"


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
