"""The SQL text against the same rule in plain Python, and one engine against the other."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from hypothesis import given, settings, strategies as st
from landed import EPOCH, FAIL, SUCCESS, Told, fleet, land

from hubagent.errors import DataError
from hubagent.upstream.engines import DuckEngine, sql_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

WORDS = st.sampled_from(["a", "b", "light on", "stop", "übel", "c d"])
TOLD = st.builds(
    Told,
    hub=st.sampled_from(["h1", "h2", "h3", "h4"]),
    seq=st.integers(0, 3),
    src=WORDS,
    dst=st.one_of(WORDS, st.sampled_from([SUCCESS, FAIL])),
    n=st.integers(1, 3),
    rewritten=st.integers(0, 1),
    day=st.integers(EPOCH * 7, EPOCH * 7 + 6),
    locale=st.sampled_from(["en", "de"]),
)


Key: TypeAlias = tuple[str, str, str, int]
"""Locale, source, target, whether it was rewritten."""


def by_hand(rows: Iterable[Told], bound: int) -> list[tuple[object, ...]]:
    once: dict[tuple[str, int, Key], int] = {}
    days: dict[tuple[str, Key], set[int]] = defaultdict(set)
    for row in rows:
        key = (row.locale, row.src, row.dst, row.rewritten)
        once[row.hub, row.seq, key] = max(once.get((row.hub, row.seq, key), 0), row.n)
        days[row.hub, key].add(row.day)
    times: dict[str, dict[Key, int]] = defaultdict(lambda: defaultdict(int))
    for (hub, _, key), n in once.items():
        times[hub][key] += n
    homes: dict[Key, int] = defaultdict(int)
    seen: dict[Key, list[int]] = defaultdict(list)
    for hub, told in times.items():

        def place(key: Key, hub: str = hub, told: dict[Key, int] = told) -> tuple[object, ...]:
            text = "/".join((hub, *key[:3]))
            return -told[key], hashlib.md5(text.encode()).hexdigest(), *key  # noqa: S324

        for key in sorted(told, key=place)[:bound]:
            homes[key] += 1
            seen[key] += days[hub, key]
    return [(*key, homes[key], min(seen[key]), max(seen[key])) for key in sorted(homes)]


def counted(
    root: Path, *, bound: int = 20, floor: int = 0, memory_mb: int = 1500
) -> list[tuple[Any, ...]]:
    engine = DuckEngine(root, EPOCH, memory_mb=memory_mb)
    return [
        tuple(row.values()) for row in engine.counts(sql_of(EPOCH, bound), floor=floor).to_pylist()
    ]


@settings(max_examples=15, deadline=None)
@given(st.lists(TOLD, min_size=1, max_size=40), st.integers(1, 4))
def test_counts_are_those_of_the_rule(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Told], bound: int
) -> None:
    root = tmp_path_factory.mktemp("raw")
    land(root, rows)
    assert counted(root, bound=bound) == by_hand(rows, bound)


def test_what_is_delivered_again_in_another_file_counts_once(tmp_path: Path) -> None:
    rows = list(fleet(30, seed=1))
    land(tmp_path, rows)
    before = counted(tmp_path)
    land(tmp_path, rows)
    assert counted(tmp_path) == before


def test_one_hub_moves_no_count_by_more_than_one_and_no_more_than_twenty_of_them(
    tmp_path: Path,
) -> None:
    rows = list(fleet(10, seed=2))
    land(tmp_path / "without", rows)
    flood = [Told("f" * 32, seq, f"planted {seq % 70}", "unlock", 3) for seq in range(700)]
    land(tmp_path / "with", [*rows, *flood])
    without, with_it = (
        {row[:4]: row[4] for row in counted(tmp_path / one)} for one in ("without", "with")
    )
    moved = {key: with_it[key] - without.get(key, 0) for key in with_it}
    assert sorted(moved.values()) == [0] * len(without) + [1] * 20


def test_buckets_counted_apart_add_up(tmp_path: Path) -> None:
    land(tmp_path, fleet(200, seed=3))
    whole = counted(tmp_path)
    import hubagent.upstream.engines as engines

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "_ROWS_PER_MB", 0)
        assert counted(tmp_path) == whole


def test_nothing_landed_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing has landed"):
        counted(tmp_path)


def test_a_file_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    land(tmp_path, fleet(3, seed=4))
    (tmp_path / f"epoch={EPOCH}" / "bucket=0").mkdir(exist_ok=True)
    (tmp_path / f"epoch={EPOCH}" / "bucket=0" / "x.parquet").write_bytes(b"PAR1 but no more")
    with pytest.raises(DataError, match=r"x\.parquet"):
        counted(tmp_path)
