"""What people do again and again is no accident: steps that recur make each of them more credible.

In: dialogues. Out: the same, in which the chance that the next words are for the same goal is raised
where the same step follows words that come to nothing on several days, and more often than by chance.
The detector of rephrases sees one dialogue; that "lumos" means the kitchen light no dialogue alone can
tell. The odds are those of association in section 7.2 of the method sheet, P(b | a) / P(b), counted
once for each day beyond the first.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from hubagent.learn.life import DAY_S
from hubagent.learn.outcome import UNHANDLED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.learn.markov import Visit

MOST_LIFT = 20.0
MOST_DAYS = 4
"""Days beyond the first that count."""
_UNSEEN = 10.0
"""Turns that are taken to have been said beside those that were, so that little is no proof."""


def strengthened(dialogues: Sequence[Sequence[Visit]]) -> list[tuple[Visit, ...]]:
    """Return the dialogues with the chances of recurring steps raised; no other is changed."""
    often = Counter(visit.state for visits in dialogues for visit in visits)
    total = sum(often.values())
    followed: dict[str, set[int]] = defaultdict(set)
    steps: dict[tuple[str, str], set[int]] = defaultdict(set)
    times: Counter[tuple[str, str]] = Counter()
    for visits in dialogues:
        for before, after in pairwise(visits):
            if _came_to_nothing(before):
                day = int(before.at_s // DAY_S)
                followed[before.words].add(day)
                steps[before.words, after.state].add(day)
                times[before.words, after.state] += 1
    raised: dict[tuple[str, str], float] = {}
    for (words, state), days in steps.items():
        if len(days) > 1 and not state.startswith(UNHANDLED):
            elsewhere = (often[state] - times[words, state] + 1.0) / (total + _UNSEEN)
            lift = min(MOST_LIFT, len(days) / len(followed[words]) / elsewhere)
            raised[words, state] = min(MOST_DAYS, len(days) - 1) * math.log(max(1.0, lift))
    return [_with(visits, raised) for visits in dialogues]


def _with(visits: Sequence[Visit], raised: dict[tuple[str, str], float]) -> tuple[Visit, ...]:
    found = list(visits)
    for at, (before, after) in enumerate(pairwise(visits)):
        more = raised.get((before.words, after.state), 0.0) if _came_to_nothing(before) else 0.0
        if more:
            odds = max(before.follow, 1e-3) / max(1.0 - before.follow, 1e-3) * math.exp(more)
            found[at] = before._replace(follow=odds / (1.0 + odds))
    return tuple(found)


def _came_to_nothing(visit: Visit) -> bool:
    return not visit.applied and visit.state.startswith(UNHANDLED)
