"""A place of publication made by hand, so that each part of it can be made wrong."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined] # its public place
from tuf.api.metadata import (  # type: ignore[attr-defined] # its public place
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from hubagent.wire import make_patch, pack_table, table_body

if TYPE_CHECKING:
    from pathlib import Path

    from hubagent.wire import Table

ROLES = ("root", "targets", "snapshot", "timestamp")


class Publisher:
    """Signs a tree of files below a folder; every change is a new version of all that it touches."""

    def __init__(self, folder: Path) -> None:
        self.metadata, self.targets = folder / "metadata", folder / "targets"
        for made in (self.metadata, self.targets / "tables" / "en"):
            made.mkdir(parents=True, exist_ok=True)
        self.signers = {role: CryptoSigner.generate_ed25519() for role in ROLES}
        self.version = 0
        self.files: dict[str, TargetFile] = {}
        self.expires = datetime.now(UTC).replace(microsecond=0) + timedelta(days=7)
        root = Root(expires=self.expires, consistent_snapshot=True)
        for role in ROLES:
            root.add_key(self.signers[role].public_key, role)
        signed = Metadata(root)
        signed.sign(self.signers["root"])
        self.root = signed.to_bytes()
        (self.metadata / "1.root.json").write_bytes(self.root)

    def add(
        self, table: Table, *, share: int = 1000, old: Table | None = None, **wrong: Any
    ) -> str:
        """List a table, or a patch to it; return its path below the targets."""
        data = pack_table(table) if old is None else make_patch(old, table)
        name = f"{table.version}.msgpack.zst"
        if old is not None:
            name = f"{old.version}..{table.version}.patch.zst"
        custom = {
            "locale": table.locale,
            "version": table.version,
            "share": share,
            "sha256": hashlib.sha256(table_body(table)).hexdigest(),
            **({} if old is None else {"from": old.version}),
            **wrong,
        }
        path = f"tables/{table.locale}/{name}"
        target = TargetFile.from_data(path, data, ["sha256"])
        target.unrecognized_fields["custom"] = custom
        self.files[path] = target
        self.file(path).write_bytes(data)
        return path

    def file(self, path: str) -> Path:
        """Return where the bytes of a target are."""
        folder, _, name = path.rpartition("/")
        return self.targets / folder / f"{self.files[path].hashes['sha256']}.{name}"

    def share(self, path: str, share: int) -> None:
        self.files[path].unrecognized_fields["custom"]["share"] = share

    def publish(self, *, expires: datetime | None = None, version: int | None = None) -> None:
        """Sign all of it as the next version, or as one of a number that is given."""
        self.version = version or self.version + 1
        expires = expires or self.expires
        number = self.version
        targets = Metadata(Targets(number, expires=self.expires, targets=dict(self.files)))
        snapshot = Metadata(Snapshot(number, expires=self.expires))
        snapshot.signed.meta["targets.json"] = MetaFile(number)
        timestamp = Metadata(Timestamp(number, expires=expires, snapshot_meta=MetaFile(number)))
        for role, signed, name in (
            ("targets", targets, f"{number}.targets.json"),
            ("snapshot", snapshot, f"{number}.snapshot.json"),
            ("timestamp", timestamp, "timestamp.json"),
        ):
            signed.sign(self.signers[role])
            signed.to_file(str(self.metadata / name))
