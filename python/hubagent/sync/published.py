"""The tables that a service publishes: static files whose metadata is verified by The Update Framework.

In: an address, the root metadata that the owner trusts, a folder. Out: which tables there are, and one of
them. What is signed, by how many keys, not expired, not older than what was seen, and of one and the same
release is python-tuf's to check (TUF specification, 5: detailed client workflow); nothing here looks
into a byte that it has not vouched for.
"""

from __future__ import annotations

import hashlib
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.api.metadata import Metadata, Targets  # type: ignore[attr-defined] # its public place
from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.updater import Updater

from hubagent.errors import DataError
from hubagent.sync.client import LaterError, opener_of
from hubagent.wire import TABLE, apply_patch, table_body, unpack_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hubagent.clock import Clock
    from hubagent.wire import Table

_TIMEOUT_S = 30.0
_LONGEST_S = 600.0
_CHUNK = 64 << 10
_MOST_LISTED = 1000


@dataclass(frozen=True, slots=True)
class Listed:
    """One file that is published."""

    path: str
    locale: str
    version: int
    share: int
    """Homes of a thousand that are to use it; 0 = it is withdrawn."""
    sha256: str
    """Of the table before compression, in hex."""
    patches: int = 0
    """Version that this is a patch to; 0 = it is a whole table."""


class Published:
    """One place of publication."""

    def __init__(
        self, url: str, root: bytes, folder: Path, clock: Clock, *, ca_file: Path | None = None
    ) -> None:
        """Keep where it is.

        Args:
            url: ``https://...``; metadata is in ``metadata/`` and files are in ``targets/`` below it.
            root: Root metadata that is trusted; newer ones follow from it by signature.
            folder: Where verified metadata is kept.
            clock: Bounds how long a file may take.
            ca_file: Certificate authority; ``None`` = those of the system.

        Raises:
            HubagentError: If the address is no https one, or the file cannot be read.
        """
        self._fetcher = _Fetcher(opener_of(url, ca_file), clock)
        self._url, self._root, self._folder = url.rstrip("/"), root, folder
        self._updater: Updater | None = None

    def listed(self) -> tuple[Listed, ...]:
        """Return what is published now.

        Raises:
            LaterError: If it cannot be reached.
            DataError: If the metadata is not to be trusted.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._updater = Updater(
                str(self._folder),
                f"{self._url}/metadata/",
                target_base_url=f"{self._url}/targets/",
                fetcher=self._fetcher,
                bootstrap=self._root,
            )
            self._updater.refresh()
            # What `refresh` has verified is what it has written.
            targets = Metadata[Targets].from_file(str(self._folder / "targets.json")).signed.targets
        except (DownloadError, OSError) as error:
            raise LaterError(self._url, f"the tables cannot be reached: {error}") from error
        except (RepositoryError, ValueError) as error:
            raise DataError(f"what is published at {self._url} is not trusted: {error}") from error
        found = (
            _listed(path, target.custom) for path, target in list(targets.items())[:_MOST_LISTED]
        )
        return tuple(item for item in found if item is not None)

    def table(self, item: Listed, have: Table | None = None) -> Table:
        """Return a table that is listed, made of the one that is there if that is enough.

        Raises:
            LaterError: If it cannot be fetched.
            DataError: If it is not what is listed.
        """
        data = self._file(item.path)
        if item.patches:
            if have is None or (have.locale, have.version) != (item.locale, item.patches):
                raise DataError("the patch is for another table")
            table = apply_patch(have, data)
        else:
            table = unpack_table(data)
        if hashlib.sha256(table_body(table)).hexdigest() != item.sha256:
            raise DataError(f"`{item.path}` does not make the table that is listed")
        if (table.locale, table.version) != (item.locale, item.version):
            raise DataError(f"`{item.path}` holds another table")
        return table

    def _file(self, path: str) -> bytes:
        assert self._updater is not None  # noqa: S101 # what is listed comes from it
        try:
            target = self._updater.get_targetinfo(path)
            if target is None or target.length > TABLE.packed:
                raise DataError(f"`{path}` is not there or too big")
            name = self._folder / "fetched"
            self._updater.download_target(target, str(name))
            data = name.read_bytes()
            name.unlink()
        except (DownloadError, OSError) as error:
            raise LaterError(self._url, f"`{path}` cannot be fetched: {error}") from error
        except (RepositoryError, ValueError) as error:
            raise DataError(f"`{path}` is not trusted: {error}") from error
        return data


def _listed(path: str, custom: Any) -> Listed | None:  # noqa: ANN401 # a publisher may write anything
    """Return what is told of a file; ``None`` for what is no table of ours."""
    match custom:
        case {
            "locale": str(locale),
            "version": int(version),
            "share": int(share),
            "sha256": str(digest),
        }:
            patches = custom.get("from", 0)
            if version > 0 and type(patches) is int:
                return Listed(path, locale, version, share, digest, patches)
    return None


class _Fetcher(FetcherInterface):
    """Fetches like the client upwards: same certificates, no redirects."""

    def __init__(self, opener: urllib.request.OpenerDirector, clock: Clock) -> None:
        self._opener, self._clock = opener, clock

    def _fetch(self, url: str) -> Iterator[bytes]:
        try:
            reply = self._opener.open(url, timeout=_TIMEOUT_S)
        except urllib.error.HTTPError as error:
            with error:
                raise DownloadHTTPError(str(error), error.code) from error
        return self._chunks(reply)

    def _chunks(self, reply: Any) -> Iterator[bytes]:  # noqa: ANN401 # what urllib gives has no type
        until_s = self._clock.monotonic_s() + _LONGEST_S
        try:
            with reply:
                while chunk := reply.read1(_CHUNK):
                    yield chunk
                    if self._clock.monotonic_s() > until_s:
                        raise DownloadError("it takes too long")
        except (OSError, HTTPException) as error:
            raise DownloadError(f"cut off: {error}") from error
