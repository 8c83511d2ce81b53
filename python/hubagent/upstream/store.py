"""Files on any storage that fsspec knows, each written whole or not at all.

On a local disk a file is on the disk when :meth:`Store.write` returns; on object storage a PUT that was
answered is.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from hubagent.errors import HubagentError
from hubagent.upstream.keyfile import sync_folder


class Store:
    """A folder on some storage; paths are below it, with ``/`` between."""

    def __init__(self, url: str) -> None:
        """Use the folder of a URL or local path.

        Raises:
            HubagentError: If no such kind of storage is known or its library is not installed.
        """
        try:
            self._system, self._root = fsspec.core.url_to_fs(url, use_listings_cache=False)
        except (ImportError, ValueError) as error:
            raise HubagentError(
                f"cannot use `{url}`: {error}",
                hint="storage other than the local disk needs its fsspec library, such as s3fs",
            ) from error
        self._local = isinstance(self._system, LocalFileSystem)

    def write(self, path: str, data: bytes) -> None:
        """Write a file, in the place of one that is there."""
        if self._local:
            _write_local(Path(self._at(path)), data)
        else:
            self._system.pipe_file(self._at(path), data)

    def read(self, path: str) -> bytes:
        """Return a file's bytes; raises ``FileNotFoundError``."""
        return bytes(self._system.cat_file(self._at(path)))

    def exists(self, path: str) -> bool:
        """Return whether there is such a file."""
        return bool(self._system.exists(self._at(path)))

    def remove(self, path: str) -> None:
        """Remove a file; one that is not there is no error."""
        try:
            self._system.rm_file(self._at(path))
        except FileNotFoundError:
            return

    def folders(self, path: str) -> list[str]:
        """Return the names of the folders in a folder, which need not exist."""
        return self._names(path, "directory")

    def files(self, path: str) -> list[str]:
        """Return the names of the files in a folder, which need not exist."""
        return self._names(path, "file")

    def remove_folder(self, path: str) -> None:
        """Remove a folder with all that is in it."""
        try:
            self._system.rm(self._at(path), recursive=True)
        except FileNotFoundError:
            return

    def _names(self, path: str, kind: str) -> list[str]:
        try:
            found: list[dict[str, Any]] = self._system.ls(self._at(path), detail=True)
        except FileNotFoundError:
            return []
        names = (str(item["name"]).rstrip("/") for item in found if item["type"] == kind)
        return sorted(name.rpartition("/")[2] for name in names)

    def _at(self, path: str) -> str:
        return f"{self._root.rstrip('/')}/{path}"


def _write_local(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Readers take *.parquet, so that half a file under this name is nothing to them.
    fresh = path.with_suffix(".new")
    try:
        with fresh.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
