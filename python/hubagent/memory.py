"""What the owner may ask of everything that was learned: list, show, forget, export, import, mute.

Asked over the control socket while the hub runs, else done on the files of its state folder. The same
answers either way.
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, Any, Protocol

from hubagent import control
from hubagent.brain import JOURNAL_NAME, forget_in, is_learned_name
from hubagent.errors import DataError
from hubagent.evidence import Changes, Stage, source_key
from hubagent.feedback.journal import Journal
from hubagent.resolve.features import is_sensitive
from hubagent.rewrite.documents import entry_document, pair_document
from hubagent.rewrite.exchange import exported, imported
from hubagent.rewrite.guardrail import Guardrail
from hubagent.rewrite.pairs import FILE_NAME, LearnedStore
from hubagent.sync.outbox import FILE_NAME as OUTBOX_NAME, Outbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from hubagent.ports import PairStore
    from hubagent.rewrite.exchange import Imported

_ROWS_BYTES = 40_000
"""Of one request to the running hub, which takes 64 KB."""


class Keeper(Protocol):
    """Who keeps what was learned: the running hub's brain, or its files."""

    @property
    def store(self) -> PairStore:
        """The learned tables."""
        ...

    def forget(self, words: str | None = None) -> int:
        """Forget words in every form, or everything; return how many turns and rows are gone."""
        ...

    def export(self) -> dict[str, Any]:
        """Return what was learned as JSON types."""
        ...

    def import_(self, document: Mapping[str, Any]) -> Imported:
        """Take in what was exported, as far as the guard-rails allow."""
        ...


class Files:
    """The files of a hub that does not run; implements :class:`Keeper`.

    Habits and names that people gave belong to the home, which only the running hub has open: they are
    neither exported nor imported here. Names are forgotten, habits are not.
    """

    def __init__(self, state_dir: Path) -> None:
        """Open the tables and the journal.

        Raises:
            DataError: If there is no such folder.
        """
        if not state_dir.is_dir():
            raise DataError(
                f"`{state_dir}` is no folder", hint="name the hub's with --state-dir or --config"
            )
        self.store = LearnedStore(state_dir / FILE_NAME)
        self._journal_path = state_dir / JOURNAL_NAME
        self._outbox_path = state_dir / OUTBOX_NAME

    def forget(self, words: str | None = None) -> int:
        """Forget words in every form, or everything; return how many turns and rows are gone."""
        erased = 0
        if self._outbox_path.exists():
            with closing(Outbox(self._outbox_path)) as outbox:
                outbox.drop_waiting()
        if self._journal_path.exists():
            journal = Journal(self._journal_path)
            try:
                name = words is not None and is_learned_name(self.store, words)
                erased = journal.erase(words=words, name=name)
            finally:
                journal.close()
        return erased + forget_in(self.store, words)

    def export(self) -> dict[str, Any]:
        """Return pairs and words that work as JSON types."""
        return exported(self.store)

    def import_(self, document: Mapping[str, Any]) -> Imported:
        """Take in what was exported; the home is not known, so pairs are looked at again when used."""
        return imported(self.store, Guardrail(sensitive=is_sensitive), None, document)

    def close(self) -> None:
        """Close the tables."""
        self.store.close()


def ask(state_dir: Path, do: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer of the running hub, else of its files.

    Args:
        state_dir: State folder of the hub.
        do: ``list``, ``show``, ``forget``, ``export``, ``import`` or ``mute``.
        params: Arguments, see :func:`answer`.

    Raises:
        DataError: If the request is wrong or nothing fits it.
        HubagentError: If the disk or the hub refuses.
    """
    socket = state_dir / control.SOCKET_NAME
    if not control.is_running(socket):
        files = Files(state_dir)
        try:
            return answer(files, {"do": do, **params})
        finally:
            files.close()
    if do != "import":
        return _of_hub(socket, {"do": do, **params})
    total: dict[str, Any] = {"pairs": 0, "entries": 0, "skipped": {}}
    skipped: Counter[str] = Counter()
    for part in _parts(params["document"], skipped):
        taken = _of_hub(socket, {"do": do, "document": part})
        total["pairs"] += taken["pairs"]
        total["entries"] += taken["entries"]
        skipped.update(taken["skipped"])
    return {**total, "skipped": dict(skipped)}


def _of_hub(socket: Path, params: Mapping[str, Any]) -> dict[str, Any]:
    return next(iter(control.call(socket, "memory", params)))


def _parts(document: Mapping[str, Any], skipped: Counter[str]) -> Iterator[dict[str, Any]]:
    """Yield a document in parts that fit a request each; what fits none is counted."""
    for name in ("pairs", "entries", "aliases", "habits"):
        rows = document.get(name) or []
        if not isinstance(rows, list):
            raise DataError(f"`{name}` is not a list")
        part: list[Any] = []
        size = 0
        for row in rows:
            length = len(json.dumps(row))
            if length > _ROWS_BYTES:
                skipped[f"{name}: a row is too long"] += 1
                continue
            if part and size + length > _ROWS_BYTES:
                yield {name: part}
                part, size = [], 0
            part.append(row)
            size += length + 2
        if part:
            yield {name: part}
    if document.get("judge") is not None:
        yield {"judge": document["judge"]}


def answer(keeper: Keeper, params: Mapping[str, Any]) -> dict[str, Any]:
    """Do what is asked and return what to show.

    Raises:
        DataError: If the request is wrong or nothing fits it.
    """
    match params:
        case {"do": "list"}:
            return _listed(keeper.store)
        case {"do": "show", "words": str() as words}:
            return _shown(keeper.store, words)
        case {"do": "forget", "words": str() as words} if source_key(words):
            return {"forgotten": keeper.forget(words)}
        case {"do": "forget", "all": True}:
            return {"forgotten": keeper.forget(None)}
        case {"do": "export"}:
            return keeper.export()
        case {"do": "import", "document": dict() as document}:
            taken = keeper.import_(document)
            return {"pairs": taken.pairs, "entries": taken.entries, "skipped": dict(taken.skipped)}
        case {"do": "mute", "muted": bool() as muted}:
            keeper.store.change(Changes(settings=(("muted", "yes" if muted else ""),)))
            return {"muted": muted}
    raise DataError("`do`: expected list, show, forget, export, import or mute with its arguments")


def _listed(store: PairStore) -> dict[str, Any]:
    order = [Stage.LIVE, Stage.TRIAL, Stage.SHADOW, Stage.RETIRED]
    pairs = sorted(store.pairs(), key=lambda pair: (order.index(pair.stage), pair.source))
    return {
        "version": store.version,
        "muted": store.setting("muted") == "yes",
        "pairs": [pair_document(pair) for pair in pairs],
        "entries": len(store.entries()),
    }


def _shown(store: PairStore, words: str) -> dict[str, Any]:
    key = source_key(words)
    pairs = [pair for pair in store.pairs() if key in (pair.source, source_key(pair.target))]
    entries = [entry for entry in store.entries() if entry.text == key]
    if not pairs and not entries:
        raise DataError(
            f"nothing was learned of `{words}`", hint="`hubagent memory list` shows what was"
        )
    shown = [{**entry_document(entry), "embedding": None} for entry in entries]
    return {"pairs": [pair_document(pair) for pair in pairs], "entries": shown}
