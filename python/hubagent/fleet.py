"""The service of a fleet, wired: the settings name its folders, the commands ask it for things."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hubagent.clock import SystemClock
from hubagent.upstream.intake import registry_in
from hubagent.upstream.serve import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubagent.config import UpstreamConfig

_DAY_S = 86_400


def serve(settings: UpstreamConfig) -> None:
    """Run the service until it is stopped.

    Raises:
        HubagentError: If it cannot start.
    """
    run(settings, SystemClock())


def add_secret(settings: UpstreamConfig, *, uses: int, days: int, note: str) -> dict[str, Any]:
    """Make a secret by which hubs may enrol; this is the only time it can be read."""
    ends_s = int(SystemClock().now_s()) + days * _DAY_S
    with closing(registry_in(settings.state_dir)) as registry:
        secret_id, secret = registry.add_secret(uses=uses, ends_s=ends_s, note=note)
    return {"secret_id": secret_id, "secret": secret, "note": note, "uses_left": uses, "ends_s": ends_s}  # fmt: skip


def secrets(settings: UpstreamConfig) -> list[dict[str, Any]]:
    """Return the secrets there are, without what they are."""
    with closing(registry_in(settings.state_dir)) as registry:
        return [asdict(secret) for secret in registry.secrets()]


def withdraw(settings: UpstreamConfig, secret_id: int, *, with_hubs: bool) -> int:
    """Let nobody enrol by a secret any more; return how many of its hubs were revoked.

    Raises:
        HubagentError: If there is no such secret.
    """
    with closing(registry_in(settings.state_dir)) as registry:
        return registry.withdraw(secret_id, with_hubs=with_hubs)


def hubs(settings: UpstreamConfig) -> Iterator[dict[str, Any]]:
    """Yield the hubs there are."""
    with closing(registry_in(settings.state_dir)) as registry:
        for hub in registry.hubs():
            yield {"hub_id": hub.hub_id, "secret_id": hub.secret, "day": hub.day, "revoked": hub.revoked}  # fmt: skip


def revoke(settings: UpstreamConfig, hub_id: str) -> None:
    """Take nothing more from a hub.

    Raises:
        HubagentError: If there is no such hub.
    """
    with closing(registry_in(settings.state_dir)) as registry:
        registry.revoke(hub_id)
