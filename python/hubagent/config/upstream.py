"""Settings of the service of a fleet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from hubagent.config.tables import Range


@dataclass(frozen=True, slots=True)
class UpstreamConfig:
    """The service of a fleet, `hubagent upstream serve`; a hub reads none of this."""

    host: str = "127.0.0.1"
    """Address it listens on."""
    port: Annotated[int, Range(0, 65535)] = 8470
    """TCP port it listens on; 0 = any that is free."""
    tls_cert_file: Path | None = None
    """Certificate with its chain; none = no TLS, for a proxy in front that has it."""
    tls_key_file: Path | None = None
    """Key of `tls_cert_file`."""
    state_dir: Path = Path("~/.local/state/hubagent-upstream")
    """Folder of hubs, secrets and what has not landed yet; on a disk that is backed up, for one service only."""
    keys_dir: Path | None = None
    """Folder of the epochs' keys, on a disk that is never backed up; none = `epoch-keys` in `state_dir`."""
    landing: str = ""
    """Folder or URL (`s3://bucket/folder`) under which rows land; empty = `landed` in `state_dir`."""
    tables_dir: Path | None = None
    """Folder of published tables, served at `/tables/`; none = `tables` in `state_dir`."""
    buckets: Annotated[int, Range(1, 4096)] = 256
    """Parts by hub into which the rows of an epoch are split; a change holds from the next new epoch on."""
    land_every_s: Annotated[float, Range(0.1, 86_400)] = 900.0
    """Seconds between two landings of what came in."""
    raw_days: Annotated[int, Range(14, 3650)] = 35
    """Days after the end of an epoch after which its rows are dropped."""
    token_s: Annotated[int, Range(60, 86_400)] = 3600
    """Seconds for which a hub's token is good."""
    batches_per_hour: Annotated[int, Range(1, 10_000)] = 60
    """Batches that one hub may send in an hour, and at once."""
    enrolments_per_hour: Annotated[int, Range(1, 10_000_000)] = 3600
    """Hubs that may enrol in an hour, and at once."""

    @property
    def keys_folder(self) -> Path:
        """Where the epochs' keys are."""
        return (self.keys_dir or self.state_dir / "epoch-keys").expanduser()

    @property
    def landing_url(self) -> str:
        """Where rows land."""
        return self.landing or str(self.state_dir / "landed")

    @property
    def tables_folder(self) -> Path:
        """Where published tables are."""
        return (self.tables_dir or self.state_dir / "tables").expanduser()
