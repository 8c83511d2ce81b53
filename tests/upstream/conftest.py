"""Services and hubs of these tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hubagent.clock import ManualClock
from hubagent.config import UpstreamConfig
from hubagent.wire import epoch_starts_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from running import Running


@pytest.fixture
def clock() -> ManualClock:
    """Noon of a Wednesday."""
    return ManualClock(epoch_starts_s(2900) + 2.5 * 86_400.0)


@pytest.fixture
def serve(tmp_path: Path, clock: ManualClock) -> Iterator[Callable[..., Running]]:
    """Return what starts a service on the same folder again and again, with settings as named."""
    pytest.importorskip("uvicorn", reason="the service is an extra")
    from running import Running

    running: list[Running] = []

    def begin(**settings: object) -> Running:
        for one in running:
            one.stop()
        given = {"buckets": 4, "land_every_s": 86_400.0, **settings}
        running[:] = [Running(UpstreamConfig(state_dir=tmp_path / "state", **given), clock)]  # type: ignore[arg-type]
        return running[-1]

    yield begin
    for one in running:
        one.stop()


@pytest.fixture
def service(serve: Callable[..., Running]) -> Running:
    """A service with nothing in it."""
    return serve()
