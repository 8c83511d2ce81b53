from __future__ import annotations

import json
import socket
import stat
import threading
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.control import MAX_REQUEST_BYTES, ControlServer, call, is_running
from hubagent.errors import DataError, TransportError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


def _count(params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for number in range(params["to"]):
        yield {"number": number}


def _refuse(params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"before": True}
    raise DataError("not today", hint="try tomorrow")


@pytest.fixture
def path(tmp_path: Path) -> Iterator[Path]:
    server = ControlServer(tmp_path / "c.sock", {"count": _count, "refuse": _refuse})
    server.start()
    yield tmp_path / "c.sock"
    server.stop()


def test_results_come_one_by_one(path: Path) -> None:
    assert list(call(path, "count", {"to": 3})) == [{"number": 0}, {"number": 1}, {"number": 2}]


def test_a_refusal_carries_its_reason_and_hint_after_what_came_before(path: Path) -> None:
    answers = call(path, "refuse", {})
    assert next(answers) == {"before": True}
    with pytest.raises(DataError, match="not today") as caught:
        next(answers)
    assert caught.value.hint == "try tomorrow"


def test_an_unknown_method_names_the_known_ones(path: Path) -> None:
    with pytest.raises(DataError, match="unknown method `fly`") as caught:
        list(call(path, "fly", {}))
    assert "count, refuse" in caught.value.hint


@pytest.mark.parametrize(
    "line",
    [b"\n", b"[]\n", b"{}\n", b"\xff\xfe\n", b'{"method": 3}\n', b'{"method":"count","params":4}\n',
     b'{"method": ["count"]}\n', b"x" * (MAX_REQUEST_BYTES + 1)],
)  # fmt: skip
def test_garbage_is_answered_with_an_error_and_the_next_client_is_served(
    path: Path, line: bytes
) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(line)
        client.shutdown(socket.SHUT_WR)
        assert "error" in json.loads(client.makefile("rb").readline())
    assert len(list(call(path, "count", {"to": 2}))) == 2


def test_a_client_that_leaves_early_disturbs_nobody(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(b'{"method": "count", "params": {"to": 100000}}\n')
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(len(list(call(path, "count", {"to": 9})))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert answers == [9, 9, 9, 9]


def test_the_socket_belongs_to_its_owner_alone(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_no_hub_is_said_with_what_to_do(tmp_path: Path) -> None:
    assert not is_running(tmp_path / "none.sock")
    with pytest.raises(TransportError, match="no hub is running here") as caught:
        next(call(tmp_path / "none.sock", "count", {}))
    assert "hubagent run" in caught.value.hint


def test_a_second_hub_is_refused_and_a_dead_ones_file_is_replaced(path: Path) -> None:
    with pytest.raises(TransportError, match="another hub"):
        ControlServer(path, {}).start()
    stale = path.parent / "stale.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(stale))
    server = ControlServer(stale, {"count": _count})
    server.start()
    assert list(call(stale, "count", {"to": 1})) == [{"number": 0}]
    server.stop()
    assert not stale.exists()
