"""Prune the tokenizer: keep the pieces that a home's language needs, drop the rest.

In comes the full WordPiece list in the order of its training (roughly by frequency), out go the
numbers of the pieces to keep. Rows of the embedding table go with them, so the model shrinks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_CHARACTER = re.compile(r"(?:##)?[!-~°€£½¼àáâäåçèéêëíîïñóôöøùúûüß]")
_ENGLISH = re.compile(r"(?:##)?[a-z]+|\d{1,4}")


def choose_pieces(pieces: Sequence[str], used: Iterable[int], size: int) -> list[int]:
    """Return the numbers of the pieces to keep, ascending, special pieces first.

    Kept are the special pieces, every single printable character and its continuation, everything
    in ``used``, and then the most common English pieces until there are ``size``.

    Args:
        pieces: All pieces; the index is the old number.
        used: Old numbers that the training text needs.
        size: How many to keep; more are kept if ``used`` alone needs more.
    """
    number = {piece: index for index, piece in enumerate(pieces)}
    special = [number[piece] for piece in _SPECIAL]
    kept = set(special) | set(used)
    kept |= {index for index, piece in enumerate(pieces) if _CHARACTER.fullmatch(piece)}
    for index, piece in enumerate(pieces):
        if len(kept) >= size:
            break
        if _ENGLISH.fullmatch(piece):
            kept.add(index)
    return special + sorted(kept - set(special))
