"""A Unix socket by which the commands talk to the hub that runs on this machine.

One request a connection: a JSON line ``{"method", "params"}`` in, any number of JSON lines
``{"result"}`` out, then ``{"done"}`` or ``{"error", "hint"}``. Whoever may open the socket file may
speak for the house, so the file belongs to its owner alone (mode 0600).
"""

from __future__ import annotations

import json
import logging
import os
import socket
import socketserver
import threading
from typing import TYPE_CHECKING, Any

from hubagent.errors import DataError, HubagentError, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    Handler = Callable[[Mapping[str, Any]], Iterable[Mapping[str, Any]]]

_LOGGER = logging.getLogger(__name__)

MAX_REQUEST_BYTES = 65_536
SOCKET_NAME = "control.sock"
BRIDGE_SOCKET_NAME = "bridge.sock"


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    handlers: Mapping[str, Handler]


class _Connection(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        try:
            for result in self._answer(self.rfile.readline(MAX_REQUEST_BYTES + 1)):
                self._write({"result": result})
            self._write({"done": True})
        except HubagentError as error:
            self._write({"error": str(error), "hint": error.hint})
        except (BrokenPipeError, ConnectionResetError):
            _LOGGER.debug("A control client left before its answer was complete")

    def _answer(self, line: bytes) -> Iterable[Mapping[str, Any]]:
        if len(line) > MAX_REQUEST_BYTES:
            raise DataError(f"a request holds at most {MAX_REQUEST_BYTES} bytes")
        try:
            request = json.loads(line)
            method, params = request["method"], request.get("params", {})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DataError('a request is a line of JSON, {"method", "params"}') from error
        handler = self.server.handlers.get(method) if isinstance(method, str) else None
        if handler is None or not isinstance(params, dict):
            known = ", ".join(sorted(self.server.handlers))
            raise DataError(f"unknown method `{method}`", hint=f"methods are {known}")
        return handler(params)

    def _write(self, record: Mapping[str, Any]) -> None:
        self.wfile.write(json.dumps(record).encode() + b"\n")
        self.wfile.flush()


class ControlServer:
    """Answers the commands of this machine; one thread a connection."""

    def __init__(self, path: Path, handlers: Mapping[str, Handler]) -> None:
        self._path = path
        self._handlers = handlers
        self._server: _Server | None = None

    def start(self) -> None:
        """Listen; a socket file left by a hub that died is replaced.

        Raises:
            TransportError: If another hub answers on it, or the path cannot be used.
        """
        if is_running(self._path):
            raise TransportError(str(self._path), "another hub is running with this state folder")
        self._path.unlink(missing_ok=True)
        previous = os.umask(0o177)
        try:
            server = _Server(str(self._path), _Connection)
        except OSError as error:
            raise TransportError(
                str(self._path),
                f"cannot listen: {error}",
                hint="the path of a Unix socket holds about 100 characters; set a shorter state_dir",
            ) from error
        finally:
            os.umask(previous)
        server.handlers = self._handlers
        self._server = server
        threading.Thread(target=server.serve_forever, name="control", daemon=True).start()

    def stop(self) -> None:
        """Stop listening and remove the file."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
            self._path.unlink(missing_ok=True)


def is_running(path: Path) -> bool:
    """Return whether a hub answers on the socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
        return True


def call(
    path: Path, method: str, params: Mapping[str, Any], *, timeout_s: float | None = 30.0
) -> Iterator[dict[str, Any]]:
    """Ask the running hub; yield its results as they come.

    Args:
        path: The socket file.
        method: One of the hub's methods.
        params: Its arguments.
        timeout_s: Longest silence; ``None`` waits for ever (watching).

    Raises:
        TransportError: If no hub answers.
        DataError: If the hub refuses the request, with its reason.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout_s)
        try:
            connection.connect(str(path))
        except OSError as error:
            raise TransportError(
                str(path),
                "no hub is running here",
                hint="start one with `hubagent run`, or name its state folder with --state-dir",
            ) from error
        stream = connection.makefile("rwb")
        stream.write(json.dumps({"method": method, "params": dict(params)}).encode() + b"\n")
        stream.flush()
        for line in _lines(stream, path):
            record = json.loads(line)
            if "error" in record:
                raise DataError(record["error"], hint=record.get("hint", ""))
            if "done" in record:
                return
            yield record["result"]
        raise TransportError(str(path), "the hub went away before its answer was complete")


def _lines(stream: Iterable[bytes], path: Path) -> Iterator[bytes]:
    try:
        yield from stream
    except TimeoutError as error:
        raise TransportError(str(path), "the hub did not answer in time") from error
