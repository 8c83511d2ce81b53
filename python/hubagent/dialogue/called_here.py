"""What things, rooms, owners and lists of a home are called, as the dialogue asks it.

In: words and the home. Out: whether they are names of it, and which names there are. Nothing is resolved here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubagent.dialogue import words as known
from hubagent.dialogue.carry import is_place, named

if TYPE_CHECKING:
    from hubagent.ports import ContextView

_POSSESSIVE = re.compile(r"(?:['\u2019]s|s['\u2019])$")


def is_named(said: str, view: ContextView) -> bool:
    """Return whether each word said is, letter for letter, one of a name of the home."""
    if is_place(said, view):
        return True
    words = known.tokens(named(said))
    return bool(words) and all(
        any(
            {word, word.removesuffix("s")} & set(known.tokens(match.name))
            for match in view.match_names(word, limit=4)
        )
        for word in words
    )


def owners(view: ContextView) -> tuple[str, ...]:
    """Return whose things and rooms there are: "Nan's"."""
    names = [entity.name for entity in view.entities()] + [area.name for area in view.areas()]
    names += [alias for entity in view.entities() for alias in entity.aliases]
    first = (name.split()[0] for name in names if name.strip())
    return tuple(dict.fromkeys(word for word in first if _POSSESSIVE.search(word)))


def lists(view: ContextView) -> tuple[str, ...]:
    """Return the names of the lists there are."""
    lists = (view.entity(i) for i in view.query(domain="todo"))
    return tuple(name for item in lists for name in (item.name, *item.aliases))
