"""Pruning keeps what is needed."""

from __future__ import annotations

from hubagent.training.vocabulary import choose_pieces

PIECES = [
    "[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "!", "a", "b", "##a", "##b", "\u0436",
    "the", "light", "##ing", "\u732b", "lamp", "zebra", "1984", "rare",
]  # fmt: skip


def kept(used: set[int], size: int) -> list[str]:
    return [PIECES[index] for index in choose_pieces(PIECES, used, size)]


def test_special_pieces_come_first_and_single_characters_stay() -> None:
    pieces = kept(set(), 0)
    assert pieces[:5] == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    assert {"!", "a", "b", "##a", "##b"} <= set(pieces)
    assert "the" not in pieces


def test_what_is_used_stays_whatever_the_size() -> None:
    assert "rare" in kept({PIECES.index("rare")}, 0)


def test_the_rest_is_filled_with_the_most_common_english() -> None:
    pieces = kept(set(), 12)
    assert pieces[-2:] == ["the", "light"]
    assert "\u732b" not in kept(set(), 99)
    assert "[unused0]" not in kept(set(), 99)
