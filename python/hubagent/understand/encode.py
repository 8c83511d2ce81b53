"""From text to the numbers of its pieces, and which piece begins which word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenizers import Tokenizer

from hubagent.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

MAX_PIECES = 64


@dataclass(frozen=True, slots=True)
class Encoded:
    """One text as pieces.

    ``ids`` include the marks at both ends. ``first_pieces`` are positions in ``ids``, ``words`` the
    characters of each word; both have one entry a word.
    """

    ids: tuple[int, ...]
    first_pieces: tuple[int, ...]
    words: tuple[tuple[int, int], ...]

    @property
    def too_long(self) -> bool:
        """Whether the model cannot take all of it."""
        return len(self.ids) > MAX_PIECES


class TextEncoder:
    """Cuts normalised text into the model's pieces."""

    def __init__(self, path: Path) -> None:
        """Read the tokenizer.

        Raises:
            ModelError: If the file is missing or damaged.
        """
        try:
            self._tokenizer = Tokenizer.from_str(path.read_text(encoding="utf-8"))
        except Exception as error:  # the library raises bare Exception for a bad file
            raise ModelError(
                f"cannot read the tokenizer `{path}`: {error}", hint="reinstall hubagent"
            ) from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def is_word(self, word: str) -> bool:
        """Return whether a word in lower case is one piece by itself, so a usual word."""
        return self._tokenizer.token_to_id(word) is not None

    def encode(self, text: str) -> Encoded:
        """Return the pieces of a text; offsets are characters of ``text``."""
        encoding = self._tokenizer.encode(text)
        firsts: list[int] = []
        words: list[tuple[int, int]] = []
        last: int | None = None
        for piece, (word, (start, end)) in enumerate(
            zip(encoding.word_ids, encoding.offsets, strict=True)
        ):
            if word is None:
                continue
            if word == last:
                words[-1] = (words[-1][0], end)
            else:
                firsts.append(piece)
                words.append((start, end))
            last = word
        return Encoded(tuple(encoding.ids), tuple(firsts), tuple(words))
