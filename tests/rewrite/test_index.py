"""The index against floats in numpy, and what its bytes are good for."""

from __future__ import annotations

import threading
import zlib

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from hubagent.errors import DataError
from hubagent.rewrite.index import PhraseIndex

WIDTH = 384
Vectors = NDArray[np.float32]

PHRASES = [
    "turn on the living room lamp",
    "play imagine dragons",
    "set the bedroom to nineteen degrees",
    "open the garage door",
    "what is the weather tomorrow",
    "add milk to the shopping list",
]


def _directions(count: int, seed: int, width: int = WIDTH) -> Vectors:
    """Return unit vectors in groups, as those of sentences are: a few axes tell most apart."""
    random = np.random.default_rng(seed)
    axes = random.normal(size=(24, width))
    vectors = random.normal(size=(count, 24)) @ axes + random.normal(size=(count, width))
    unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


def _filled(vectors: Vectors, texts: list[str] | None = None) -> PhraseIndex:
    index = PhraseIndex(vectors.shape[1])
    for number, vector in enumerate(vectors):
        index.add(number, texts[number] if texts else "", vector)
    return index


def test_what_floats_find_is_found_in_their_order() -> None:
    vectors, queries = _directions(3000, 1), _directions(40, 2)
    index = _filled(vectors)
    exact = queries @ vectors.T
    recalled = 0
    for query, cosines in zip(queries, exact, strict=True):
        found = index.nearest("", query, limit=20)
        assert len(found) == 20
        for near in found:
            assert near.similarity == pytest.approx(cosines[near.id], abs=0.01)
        similarities = [near.similarity for near in found]
        assert similarities == sorted(similarities, reverse=True)
        best = set(np.argsort(-cosines)[:20].tolist())
        recalled += len(best & {near.id for near in found})
        assert found[0].id in set(np.argsort(-cosines)[:3].tolist())
    assert recalled / (20 * len(queries)) > 0.97


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("turn on the livingroom lamb", 0),
        ("play maj and dragons", 1),
        ("set the bed room to nine teen degrees", 2),
        ("open the carriage door", 3),
        ("what is the whether tomorrow", 4),
        ("at milk to the shopping list", 5),
    ],
)
def test_what_was_misheard_is_nearest_by_its_sound(heard: str, meant: int) -> None:
    index = _filled(_directions(len(PHRASES), 3), PHRASES)
    found = index.nearest(heard, limit=3)
    assert found[0].id == meant
    assert found[0].sound > 0.5
    assert all(near.similarity == 0 for near in found)


def test_either_channel_brings_its_own_with_both_measures() -> None:
    vectors = _directions(len(PHRASES), 3)
    index = _filled(vectors, PHRASES)
    found = {near.id: near for near in index.nearest("play imagine dragons", vectors[4], limit=1)}
    assert set(found) == {1, 4}
    assert found[1].sound == pytest.approx(1)
    assert found[4].similarity == pytest.approx(1, abs=0.001)
    assert found[1].similarity == pytest.approx(float(vectors[1] @ vectors[4]), abs=0.01)


def test_a_phrase_is_replaced_and_removed_by_its_id() -> None:
    vectors = _directions(3, 4)
    index = _filled(vectors, PHRASES[:3])
    index.add(1, "close the blinds", vectors[1])
    assert len(index) == 3
    assert index.nearest("close the blinds", limit=1)[0].id == 1
    assert index.remove(1)
    assert not index.remove(1)
    assert len(index) == 2
    assert 1 not in {near.id for near in index.nearest("close the blinds", vectors[1])}


@settings(max_examples=40, deadline=None)
@given(
    texts=st.dictionaries(st.integers(0, 2**64 - 1), st.text(max_size=30), max_size=12),
    said=st.text(max_size=20),
)
def test_bytes_bring_all_back_and_a_changed_one_does_not(texts: dict[int, str], said: str) -> None:
    index = PhraseIndex(8)
    vectors = _directions(len(texts) + 1, 5, 8)
    for (number, text), vector in zip(texts.items(), vectors, strict=False):
        index.add(number, text, vector)
    data = index.to_bytes()
    read = PhraseIndex.from_bytes(data)
    assert (read.width, len(read)) == (8, len(texts))
    assert read.nearest(said, vectors[-1]) == index.nearest(said, vectors[-1])
    middle = len(data) // 2
    changed = data[:middle] + bytes([data[middle] ^ 4]) + data[middle + 1 :]
    for bad in (changed, data[:middle], data + b"\0", b""):
        with pytest.raises(DataError):
            PhraseIndex.from_bytes(bad)


def test_a_file_that_claims_more_than_it_holds_is_refused() -> None:
    header = PhraseIndex(0).to_bytes()[:8]
    for width, count in ((0, 2**32 - 1), (384, 10**9), (2**32 - 1, 1)):
        body = header + width.to_bytes(4, "little") + count.to_bytes(4, "little")
        with pytest.raises(DataError):
            PhraseIndex.from_bytes(body + zlib.crc32(body).to_bytes(4, "little"))


@pytest.mark.parametrize("vector", [[1.0], [0.0] * 8, [float("nan")] * 8, [float("inf")] * 8])
def test_a_vector_of_another_kind_is_refused(vector: list[float]) -> None:
    index = PhraseIndex(8)
    wrong = np.array(vector, dtype=np.float32)
    with pytest.raises(ValueError, match="vector"):
        index.add(1, "lamp on", wrong)
    with pytest.raises(ValueError, match="vector"):
        index.nearest("lamp on", wrong)
    assert len(index) == 0


def test_searches_and_changes_from_several_threads_do_not_mix() -> None:
    vectors = _directions(200, 6, 16)
    index = _filled(vectors)
    failed: list[int] = []

    def search() -> None:
        for number in range(100, 200):
            found = index.nearest("", vectors[number], limit=1)
            failed.extend(near.id for near in found if near.id != number)

    searching = [threading.Thread(target=search) for _ in range(3)]
    for thread in searching:
        thread.start()
    for number in range(100):
        index.remove(number)
        index.add(1000 + number, "new", -vectors[number])
    for thread in searching:
        thread.join()
    assert not failed
    assert len(index) == 200
