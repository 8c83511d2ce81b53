"""The service as a process: settings in, a server that runs until it is stopped."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from hubagent.errors import HubagentError
from hubagent.upstream.app import make_app
from hubagent.upstream.intake import Intake

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.applications import Starlette

    from hubagent.clock import Clock
    from hubagent.config import UpstreamConfig

_MOST_CONNECTIONS = 2000
_STOP_WITHIN_S = 10


def app(settings: UpstreamConfig, clock: Clock) -> Starlette:
    """Return the service as an ASGI application; its lifespan closes it.

    Raises:
        HubagentError: If the state folder or the storage cannot be used.
    """
    settings.tables_folder.mkdir(parents=True, exist_ok=True)
    return make_app(Intake(settings, clock), settings.tables_folder)


def run(settings: UpstreamConfig, clock: Clock) -> None:
    """Serve until a signal ends it.

    Raises:
        HubagentError: If it cannot start.
    """
    with _alone(settings.state_dir):
        config = uvicorn.Config(
            app(settings, clock),
            host=settings.host,
            port=settings.port,
            ssl_certfile=settings.tls_cert_file,
            ssl_keyfile=settings.tls_key_file,
            # Addresses of homes are nobody's business, here least of all.
            access_log=False,
            log_config=None,
            server_header=False,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_graceful_shutdown=_STOP_WITHIN_S,
            lifespan="on",
        )
        uvicorn.Server(config).run()


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the state folder, which two services would count from twice."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HubagentError(f"another service runs on `{folder}`") from error
        yield
