"""A server on loopback that answers as it is told, for what the real service does only when it fails."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Scripted:
    """Answers by path; the last one of a path is given for ever."""

    url: str = ""
    answers: dict[str, list[tuple[int, dict[str, Any], dict[str, str]]]] = field(
        default_factory=lambda: {
            "/v1/enrol": [(201, {"hub_id": "hub-1"}, {})],
            "/v1/token": [(200, {"token": "t", "expires": 4e9}, {})],
            "/v1/batch": [(202, {}, {})],
        }
    )
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def paths(self) -> list[str]:
        return [path for _, path, _, _ in self.asked]

    def answer(self, path: str) -> tuple[int, dict[str, Any], dict[str, str]]:
        left = self.answers.get(path, [(404, {"error": "no_such_path"}, {})])
        return left.pop(0) if len(left) > 1 else left[0]


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    script = Scripted()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            script.asked.append((self.command, self.path, dict(self.headers), body))
            status, document, headers = script.answer(self.path)
            data = json.dumps(document).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_DELETE = do_GET = _answer  # noqa: N815 # names of the library

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_port}"
    yield script
    server.shutdown()
    thread.join()
    server.server_close()
