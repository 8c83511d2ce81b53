"""Tables of other homes, assembled: what is published and verified, and the brain that looks it up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.errors import HubagentError
from hubagent.evidence import Tally
from hubagent.learn.gather import SETTLED_S
from hubagent.resolve.features import is_sensitive
from hubagent.rewrite.guardrail import Guardrail
from hubagent.rewrite.table import Row, write_table
from hubagent.rewrite.template import spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from hubagent.brain import Brain
    from hubagent.clock import Clock
    from hubagent.config import SyncConfig
    from hubagent.ports import Understand
    from hubagent.sync.bundle import Bundle
    from hubagent.wire import Rewrite

_FULL = 255


def open_bundle(
    state_dir: Path,
    settings: SyncConfig,
    clock: Clock,
    brain: Brain,
    understand: Understand,
    *,
    pause: Callable[[], None] = lambda: None,
) -> Bundle:
    """Return the tables of a hub, with the last one in force.

    Args:
        state_dir: State folder of the hub.
        settings: Where tables come from and who is trusted.
        clock: Wall clock.
        brain: Looks tables up and knows how its turns went.
        understand: Reads words, so that tables are searched by meaning.
        pause: Called between steps, so that a turn goes first.

    Raises:
        HubagentError: If packages are missing, or a file cannot be read.
    """
    try:
        from hubagent.sync.bundle import FOLDER, Bundle, Home
        from hubagent.sync.published import Published
    except ImportError as error:
        raise HubagentError(
            f"learning with other homes needs a package that is not there: {error.name}",
            hint="pip install 'hubagent[sync]'",
        ) from error
    if brain.table is None:
        raise HubagentError("this hub looks nothing up")
    root = _root(settings.root_file)
    folder = state_dir / FOLDER
    published = Published(
        settings.tables, root, folder / "metadata", clock, ca_file=settings.ca_file
    )

    def embed(template: str) -> Sequence[float]:
        pause()
        return understand.understand(spoken(template)).embedding

    def went(since_s: float) -> Tally:
        steps = brain.transitions(since_s, clock.now_s() - SETTLED_S)
        good = [step.good for step in steps if step.rewritten]
        return Tally(sum(good), len(good) - sum(good))

    home = Home(
        objection=objection,
        write=lambda path, rows: _write(path, rows, embed),
        switch=brain.table.switch,
        forget=brain.forget_adopted,
        went=went,
    )
    return Bundle(folder, published, clock, home)


def objection(source: str, target: str) -> str:
    """Return why no home may take the one template for the other, or ``""``."""
    found = _GUARD.objection(source, target, None)
    return "" if found is None else found.rule.value


def row_of(row: Rewrite) -> Row:
    """Return a row as look-ups are made in: each home that has it counts once."""
    homes = 1 << min(row.support, 40)
    good = homes * row.p / _FULL
    return Row(row.src, row.dst, round(good, 3), round(homes - good, 3), homes)


def _write(path: Path, rows: Sequence[Rewrite], embed: Callable[[str], Sequence[float]]) -> None:
    write_table(path, map(row_of, rows), embed=embed)


def _root(path: Path | None) -> bytes:
    if path is None:
        raise HubagentError(
            "nobody is trusted to publish tables", hint="set sync.root_file to their root metadata"
        )
    try:
        return path.read_bytes()
    except OSError as error:
        raise HubagentError(f"cannot read `{path}`: {error}", hint="set sync.root_file") from error


_GUARD = Guardrail(sensitive=is_sensitive)
