"""The running hub and what it tells other homes, over its control socket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hubagent import control
from hubagent.config import Config, SyncConfig
from hubagent.doctor import examine
from hubagent.errors import HubagentError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.broker

Maker = Callable[..., Any]


def _ask(config: Config, **params: object) -> dict[str, Any]:
    return next(iter(control.call(config.hub.state_dir / control.SOCKET_NAME, "sync", params)))


def test_a_hub_without_a_service_tells_nobody(config: Config, make_daemon: Maker) -> None:
    daemon = make_daemon()
    assert daemon.courier is None
    assert not any(item.what == "other homes" for item in examine(config))
    with pytest.raises(HubagentError, match="tells other homes nothing"):
        _ask(config, do="status")
    assert not (config.hub.state_dir / "sync.sqlite").exists()


def test_the_running_hub_is_asked_and_ended(config: Config, make_daemon: Maker, say: Maker) -> None:
    # Nobody answers there: it is the port that discards.
    service = SyncConfig(service="http://127.0.0.1:9")
    daemon = make_daemon(replace(config, sync=service))
    say(daemon, "turn on the desk lamp")
    assert _ask(config, do="status")["agreed"] is False
    (batch,) = _ask(config, do="preview")["next"]
    assert sum(batch["failures"].values()) == 1  # there is no such lamp
    assert batch["rows"] == []
    assert _ask(config, do="on")["agreed"] is True
    assert _ask(config, do="now")["waiting"] == 0  # it was said before somebody agreed
    say(daemon, "turn on the desk lamp")
    told = _ask(config, do="now")
    assert (told["sent"], told["waiting"]) == (0, 1)
    assert "cannot be reached" in told["error"]
    (finding,) = (item for item in examine(config) if item.what == "other homes")
    assert not finding.good
    assert "1 batch(es) wait" in finding.found
    assert _ask(config, do="off")["agreed"] is False
    assert _ask(config, do="status")["waiting"] == 0


def test_a_place_of_tables_that_cannot_be_trusted_keeps_no_hub_from_running(
    config: Config, make_daemon: Maker, tmp_path: Path
) -> None:
    nobody = SyncConfig(tables="https://tables.invalid", root_file=tmp_path / "missing.json")
    daemon = make_daemon(replace(config, sync=nobody))
    assert daemon.bundle is None
    assert daemon.is_well()
