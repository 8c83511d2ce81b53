"""Servers on loopback: one that answers as it is told, and one of published files."""

from __future__ import annotations

import functools
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_spec = spec_from_file_location("publisher", Path(__file__).with_name("publisher.py"))
assert _spec is not None
assert _spec.loader is not None
publisher = module_from_spec(_spec)
_spec.loader.exec_module(publisher)


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

    with _serving(Handler) as script.url:
        yield script


@pytest.fixture
def site(tmp_path: Path) -> Any:
    return publisher.Publisher(tmp_path / "site")


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_args: object) -> None:
            pass

    handler = functools.partial(Handler, directory=str(tmp_path / "site"))
    with _serving(handler) as at:
        yield at


@contextmanager
def _serving(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
