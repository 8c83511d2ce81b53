"""Requests about the items of lists, told by the lists and items of the home: "top gate's mended, mark it done".

In: a clause, and a home. Out: one more reading, with the item and the list in slots, for words that
speak of a list by its name, tick off an item that is on one, or say what has run out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.types import Hypothesis, Slot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubagent.ports import ContextView
    from hubagent.resolve.lexicon import Lexicon
    from hubagent.types import Clause, Entity, EntityId

PROBABILITY = 0.79
_TICKED = r"cross|tick|check|mark|strike|scratch"
_TAKEN = r"remove|delete|take|drop"
_ADDED = r"add|put|stick|pop|chuck|write|note|jot|throw|bung|get"
_VERB = re.compile(
    rf"\b(?:(?P<tick>{_TICKED})|(?P<take>{_TAKEN})|(?P<add>{_ADDED}))\b", re.IGNORECASE
)
_DONE = re.compile(
    rf"\b(?:{_TICKED}|{_TAKEN})\b.*\b(?:off|done|complete|completed|it|that)\b|\bmark\b.*\bdone\b",
    re.IGNORECASE,
)
_OUT_OF = re.compile(
    r"^(?:(?:we|i)\s+need\s+(?:some\s+)?more|(?:we|i)(?:'re| are|'ve| have)(?:\s+all)?(?:\s+run)?\s+out\s+of)\s+(?P<item>.+?)[.!\s]*$",
    re.IGNORECASE,
)
_RAN_OUT = re.compile(
    r"\b(?:out of|need(?:s|ing)?(?: (?:more|some))?|low on|no more|there(?:'s| is) no|used up (?:all )?the"
    r"|finished (?:off )?the|forgot(?:ten)?(?: the)?|want(?: some)?)\s+(?P<item>[^,;.:!?]+?)"
    r"(?=\s*[,;.:!?]|\s+(?:and|so|can|could|please|again)\b)",
    re.IGNORECASE,
)
"""What was spoken of before "add them to the list"."""
_PRONOUNS = frozenset({("it",), ("them",), ("that",), ("those",), ("some",), ("this",), ("these",)})
_EDGES = re.compile(
    r"^(?:(?:some|the|a|an|please|off|down|up)\s+)+|[\s,.!?]+$"
    r"|\s+(?:to|on|onto|in|into|off|from|please|as|done)(?=\s*$)",
    re.IGNORECASE,
)
_BEFORE_LIST = re.compile(
    r"\s*\b(?:to|on|onto|in|into|off|from|of)?\s*(?:the|my|our)?\s*$", re.IGNORECASE
)
_SHOPPING = frozenset({"shopping", "grocery", "groceries"})
_LEAST_SHARE = 0.66
_LEAST_STEM = 3


class ByList:
    """Finds lists and their items in requests."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def readings(self, clause: Clause, utterance: str, view: ContextView) -> list[Hypothesis]:
        """Return the reading of a clause that speaks of a list or of an item on one."""
        ids = view.query(domain="todo")
        if not ids:
            return []
        lists = [view.entity(entity_id) for entity_id in ids]
        found = (
            self._on_named(clause, utterance, lists)
            or self._item_done(clause, utterance, view, ids)
            or self._run_out(clause, utterance, lists)
        )
        return [found] if found is not None else []

    def _on_named(
        self, clause: Clause, utterance: str, lists: Iterable[Entity]
    ) -> Hypothesis | None:
        """Return "stick oat milk on the groceries": a verb, an item, a list by its name."""
        said = utterance[clause.start : clause.end]
        verb = _VERB.search(said)
        names = ((name, entity) for entity in lists for name in (entity.name, *entity.aliases))
        for name, _ in sorted(names, key=lambda pair: -len(pair[0])):
            plain = re.sub(r"\s+list$", "", name, flags=re.IGNORECASE)
            place = re.search(rf"\b{re.escape(plain)}\b(?:\s+list\b)?", said, re.IGNORECASE)
            if place is None or verb is None:
                continue
            first, last = verb.end(), place.start()
            if last < first:
                first, last = verb.end(), len(said)
            item = _trimmed(_BEFORE_LIST.sub("", said[first:last]))
            start = clause.start + said.index(item, first) if item else 0
            if text.tokens(item) in _PRONOUNS:
                spoken_of = _RAN_OUT.search(utterance, 0, clause.start + verb.start())
                item = ""
                if verb["add"] and spoken_of is not None:
                    start, item = spoken_of.start("item"), spoken_of["item"].strip()
            if not item:
                continue
            intent = (
                "HassListAddItem"
                if verb["add"]
                else "HassListRemoveItem"
                if verb["take"]
                else "HassListCompleteItem"
            )
            slots = (
                Slot("item", start, start + len(item), item),
                Slot("name", clause.start + place.start(), clause.start + place.end(), place[0]),
            )
            return Hypothesis(intent, PROBABILITY, slots, (("domain", "todo"),))
        return None

    def _item_done(
        self, clause: Clause, utterance: str, view: ContextView, ids: Iterable[EntityId]
    ) -> Hypothesis | None:
        """Return "mark it done" for the one item on a list that the words speak of."""
        said = utterance[clause.start : clause.end]
        done = _DONE.search(said)
        if done is None:
            return None
        words = text.tokens(said)
        items = [item for i in ids for item in _items(view.state(i).attributes.get("items"))]
        shares = sorted(((_share(item, words), item) for item in items), reverse=True)
        if not shares or shares[0][0] < _LEAST_SHARE:
            return None
        if len(shares) > 1 and shares[1][0] == shares[0][0]:
            return None
        removed = re.search(rf"\b(?:{_TAKEN})\b", said, re.IGNORECASE)
        intent = "HassListRemoveItem" if removed else "HassListCompleteItem"
        slots = (Slot("item", clause.start, clause.end, shares[0][1]),)
        return Hypothesis(intent, PROBABILITY, slots, (("domain", "todo"),))

    def _run_out(
        self, clause: Clause, utterance: str, lists: Iterable[Entity]
    ) -> Hypothesis | None:
        """Return "we need more flour" for the one shopping list."""
        found = _OUT_OF.match(utterance[clause.start : clause.end].strip())
        shopping = [e for e in lists if _SHOPPING & set(text.tokens(e.name))]
        if found is None or len(shopping) != 1:
            return None
        if any(self._lexicon.is_own_word(word) for word in text.tokens(found["item"])):
            return None  # "we need more light" is no errand
        slots = (
            Slot("item", clause.start, clause.end, found["item"]),
            Slot("name", clause.end, clause.end, shopping[0].name),
        )
        return Hypothesis("HassListAddItem", PROBABILITY, slots, (("domain", "todo"),))


def _trimmed(words: str) -> str:
    before = None
    while words != before:
        before, words = words, _EDGES.sub("", words.strip())
    return words


def _items(value: object) -> tuple[str, ...]:
    return tuple(str(item) for item in value) if isinstance(value, tuple) else ()


def _share(item: str, words: tuple[str, ...]) -> float:
    """Return which share of an item's words is said, in whatever form: "mend" in "mended"."""
    known = [word for word in text.tokens(item) if word not in {"the", "a", "an", "some", "to"}]
    found = [word for word in known if any(_same_stem(word, said) for said in words)]
    return len(found) / len(known) if known else 0.0


def _same_stem(word: str, said: str) -> bool:
    short, long = sorted((text.singular(word), text.singular(said)), key=len)
    return short == long or (len(short) >= _LEAST_STEM and long.startswith(short))
