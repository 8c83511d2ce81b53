"""From the network's numbers to spans: slots by a constrained best path, clauses by their starts.

In come logits per word and the words' characters, out go spans in characters. Knows no names.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Span = tuple[int, int, int]
"""(first character, character behind the last, tag number)."""

_LINK_WORDS = frozenset(
    ("and", "then", "also", "plus", "afterwards", ",", ".", ";", "&", "after", "that")
)
_SMALL = frozenset(("the", "my", "a", "all", "then"))
_STATES = frozenset(("on", "off", "up", "down", "open", "shut", "closed", "in", "out"))
_VERBS = frozenset(("turn", "switch", "put", "set", "open", "close", "shut", "dim", "lock", "unlock", "start", "stop", "raise", "lower", "make", "kill", "play", "pause", "run"))  # fmt: skip
_ASKING = frozenset(("is", "are", "was", "were", "did", "has", "have"))
_LINK_STARTS = frozenset(("and", "then", "also", "plus", ",", ".", ";", "&"))


def best_path(scores: NDArray[np.float32]) -> list[int]:
    """Return the best sequence of BIO states in which every I follows its own B or I.

    Args:
        scores: float32 (words, 1 + 2 * tags), logits or log-probabilities; state 0 is O, state
            ``1 + 2 * t`` is B of tag t, ``2 + 2 * t`` is I of tag t.

    Returns:
        One state a word.

    Source: Viterbi's algorithm. As a state can only be entered from everywhere (O, B) or from its
    own tag (I), a step costs O(states) instead of O(states squared).
    """
    words, states = scores.shape
    if words == 0:
        return []
    inside = np.arange(2, states, 2)
    best = scores[0].astype(np.float64).copy()
    best[inside] = -np.inf
    back = np.zeros((words, states), dtype=np.int64)
    for word in range(1, words):
        leader = int(best.argmax())
        step = np.full(states, best[leader])
        back[word] = leader
        begun, continued = best[inside - 1], best[inside]
        step[inside] = np.maximum(begun, continued)
        back[word, inside] = np.where(begun >= continued, inside - 1, inside)
        best = step + scores[word]
    path = [int(best.argmax())]
    for word in range(words - 1, 0, -1):
        path.append(int(back[word, path[-1]]))
    return path[::-1]


def spans_of(path: Sequence[int], words: Sequence[tuple[int, int]]) -> list[Span]:
    """Return the spans that a path of BIO states marks.

    Args:
        path: One state a word, as ``best_path`` returns them.
        words: (start, end) characters of each word.
    """
    spans: list[Span] = []
    for state, (start, end) in zip(path, words, strict=True):
        if state == 0:
            continue
        tag = (state - 1) // 2
        if state % 2 == 0 and spans and spans[-1][2] == tag:
            spans[-1] = (spans[-1][0], end, tag)
        else:
            spans.append((start, end, tag))
    return spans


def clause_spans(
    text: str, words: Sequence[tuple[int, int]], starts: Sequence[float], threshold: float
) -> list[tuple[int, int]]:
    """Return the (start, end) characters of each request in the text.

    Words that only link ("and then", commas) belong to no request.

    Args:
        text: The utterance.
        words: (start, end) characters of each word.
        starts: Probability of each word to begin a further request; the first word's is ignored.
        threshold: Least probability that counts.
    """
    if not words:
        return []
    said = [_word(text, word) for word in words]
    found = {
        _behind_link(said, index) for index in range(1, len(words)) if starts[index] >= threshold
    }
    cuts = [0, *sorted(_plain_cuts(said, found)), len(words)]
    clauses = []
    for begin, end in pairwise(cuts):
        first, last = begin, end
        while first < last and _word(text, words[first]) in _LINK_STARTS:
            first += 1
        while last > first and _word(text, words[last - 1]) in _LINK_WORDS:
            last -= 1
        if first < last:
            clauses.append((words[first][0], words[last - 1][1]))
    return clauses


def _behind_link(said: Sequence[str], at: int) -> int:
    """Return where a request begins whose small words the model left to the one before."""
    first = at
    while first > 1 and said[first - 1] in _SMALL:
        first -= 1
    return first if said[first - 1] in _LINK_STARTS else at


def _plain_cuts(said: Sequence[str], found: set[int]) -> set[int]:
    """Return the cuts with what the words alone make plain.

    "<thing> off and <thing> on" is two requests; "turn off the <thing> and <thing>" is one, and so is
    "is it shut and locked".
    """
    cuts = set(found)
    links = [index for index in range(1, len(said) - 1) if said[index] in {"and", ","}]
    for link, until in pairwise([*links, len(said)]):
        after = said[link + 1 : until]
        if not after or after[0] in _LINK_STARTS:
            continue
        if said[link - 1] in _STATES and len(after) > 1 and after[-1] in _STATES:
            cuts.add(link + 1)
        governed = said[0] in _VERBS and said[1] in _STATES and said[link - 1] not in _STATES
        bare = len(after) < 4 and not any(
            word in _STATES | _VERBS or not word.isalpha() for word in after
        )
        if governed and bare and said[link] == "and" and len(links) == 1:
            cuts.discard(link + 1)
        if said[0] in _ASKING and (after[0].endswith("ed") or after[0] in _STATES):
            cuts.discard(link + 1)
    return cuts


def _word(text: str, span: tuple[int, int]) -> str:
    return text[span[0] : span[1]].lower()
