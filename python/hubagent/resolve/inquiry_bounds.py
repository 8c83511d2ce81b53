"""Bounds that something asked about is held against: "above 23", "cooler than twenty".

In: words. Out: a ``Bound`` and the words without it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.inquiry import Bound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.ports import Values
    from hubagent.resolve.lexicon import Lexicon

_SPOKEN = re.compile(r"[^\s,;!?]+")
_FREEZING = {"freezing": 0.0, "zero": 0.0}
_MOST_NUMBER_WORDS = 6
_SCALE = re.compile(r"fahrenheit|celsius|centigrade|\u00b0\s*[cf]", re.IGNORECASE)


class BoundReader:
    """Finds bounds in words."""

    def __init__(self, lexicon: Lexicon, values: Values) -> None:
        self._lexicon = lexicon
        self._values = values

    def read(self, said: str) -> tuple[Bound | None, str]:
        """Return the bound said, and the words without it.

        Of "cooler on the balcony than twenty three", "cooler" is the side and "than" leads the number.
        """
        tokens = [(m.start(), m.end(), "".join(text.tokens(m[0]))) for m in _SPOKEN.finditer(said)]
        for index, (start, _, word) in enumerate(tokens):
            phrase, size = self._lexicon.side_at(tuple(t[2] for t in tokens[index : index + 4]))
            if not phrase:
                continue
            number = self._number(tokens[index + size :], said)
            if number is not None:
                value, end, unit = number
                return Bound(phrase, value, unit), f"{said[:start]} {said[end:]}"
            if word == "than":
                continue
        than = next((i for i, token in enumerate(tokens) if token[2] == "than"), None)
        if than is None:
            return None, said
        number = self._number(tokens[than + 1 :], said)
        if number is None:
            return None, said
        value, end, unit = number
        for start, stop, word in tokens[:than]:
            quality = self._lexicon.comparatives.get((word,))
            if quality is not None:
                side = "above" if quality[1] else "below"
                left = f"{said[:start]} {quality[0]} {said[stop : tokens[than][0]]} {said[end:]}"
                return Bound(side, value, unit), left
        return None, said

    def _number(
        self, tokens: Sequence[tuple[int, int, str]], said: str
    ) -> tuple[float, int, str] | None:
        """Return the number that the next words are, where it ends, and the words of its unit."""
        if tokens and tokens[0][2] in _FREEZING:
            return _FREEZING[tokens[0][2]], tokens[0][1], "celsius"
        for size in range(min(_MOST_NUMBER_WORDS, len(tokens)), 0, -1):
            words = said[tokens[0][0] : tokens[size - 1][1]].strip(" .")
            value = self._values.number(words)
            if value is not None:
                unit = next(
                    (t[2] for t in reversed(tokens[:size]) if t[2] in self._lexicon.units), ""
                )
                scale = _SCALE.search(words)
                after = tokens[size][2] if size < len(tokens) else ""
                end = tokens[size - 1][1]
                if not unit and after in self._lexicon.units:
                    unit, end = after, tokens[size][1]
                return value, end, scale[0] if scale else unit
        return None
