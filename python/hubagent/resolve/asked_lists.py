"""Questions on lists: "what's on the shopping list", "have we got eggs on there", "read me the chores".

In: the words of a sentence and the home. Out: a ``Verdict``: the items of the list that is spoken of, or
whether an item is on it. A list is spoken of by its name or as "the list"; other words that carry no
question are the item that is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.named import named
from hubagent.resolve.question_forms import form_of, is_subject_first, without_tag
from hubagent.resolve.verdict import Verdict

if TYPE_CHECKING:
    from hubagent.ports import ContextView
    from hubagent.resolve.lexicon import Lexicon
    from hubagent.types import Entity, Value

_READ = frozenset({"read", "tell", "list", "recite", "show", "remind"})
"""First words by which a list is asked for like a favour."""
_YES_NO = frozenset({"is", "are", "do", "does", "did", "has", "have", "was", "were", "any"})
_LISTS = frozenset({"list", "lists"})
_SMALL = frozenset(
    [
        "got",
        "need",
        "needed",
        "put",
        "add",
        "added",
        "write",
        "wrote",
        "jot",
        "down",
        "yet",
        "still",
        "there",
        "here",
        "left",
        "through",
        "out",
        "item",
        "items",
        "thing",
        "things",
        "need",
        "buy",
        "get",
        "bought",
        "remember",
        "off",
        "from",
        "read",
        "show",
        "remind",
        "recite",
        "already",
        "us",
        "we",
        "got",
        "gotten",
        "stuff",
        "so",
        "far",
        "anything",
        "else",
    ]
)
_USUAL = frozenset({"shopping", "grocery", "groceries"})


def on_lists(said: str, view: ContextView, lexicon: Lexicon) -> Verdict | None:
    """Return what is so with the lists that a question speaks of, ``None`` if it speaks of none."""
    lists = [view.entity(i) for i in view.query(domain="todo")]
    words, _ = without_tag(said)
    tokens = text.tokens(words)
    start = 1 if tokens[:1] in {("please",), ("can",), ("could",)} else 0
    reads = any(word in _READ for word in tokens[start : start + 2])
    form = "statement" if is_subject_first(said) else form_of(tokens)
    if not lists or not tokens or (form == "statement" and not reads):
        return None
    spans = [
        (item.start, item.end, things)
        for item in named(tokens, view.entities())
        if (things := tuple(e for e in item.things if e.domain == "todo"))
    ]
    meant = [entity for _, _, things in spans for entity in things]
    if not meant:
        if not _LISTS & set(tokens):
            return None
        at = next(i for i, word in enumerate(tokens) if word in _LISTS)
        meant = _called(tokens[at - 1] if at else "", lists)
        taken = set(range(max(0, at - 1), at + 1)) if len(meant) == 1 else {at}
    else:
        taken = {i for first, last, _ in spans for i in range(first, last)}
    small = _SMALL | _LISTS | lexicon.fillers | lexicon.skipped | lexicon.carriers
    item = tuple(w for i, w in enumerate(tokens) if i not in taken and w not in small)
    closed = tokens[0] in _YES_NO or form == "is"
    if item and closed:
        return _holds(item, meant, view)
    if len(meant) > 1:
        meant = [e for e in meant if _USUAL & set(text.tokens(e.name))] or meant[:1]
    return _contents(meant[0], view)


def _called(before: str, lists: list[Entity]) -> list[Entity]:
    """Return the lists that "the ... list" may be."""
    own = [e for e in lists if text.singular(before) in text.singulars(text.tokens(e.name))]
    return own or lists


def _items(entity: Entity, view: ContextView) -> tuple[str, ...] | None:
    found = view.state(entity.entity_id).attributes.get("items")
    return tuple(map(str, found)) if isinstance(found, tuple) else None


def _contents(entity: Entity, view: ContextView) -> Verdict | None:
    items = _items(entity, view)
    if items is None:
        return None
    facts: dict[str, Value] = {"name": entity.name, "items": items}
    return Verdict("items" if items else "no_items", facts, (entity.entity_id,))


def _holds(item: tuple[str, ...], lists: list[Entity], view: ContextView) -> Verdict | None:
    """Return whether an item is on one of the lists."""
    wanted = set(text.singulars(item))
    known = [(e, items) for e in lists if (items := _items(e, view)) is not None]
    if not known:
        return None
    for entity, items in known:
        for one in items:
            if wanted <= set(text.singulars(text.tokens(one))):
                facts = {"name": entity.name, "item": one}
                return Verdict("on_list_yes", facts, (entity.entity_id,), holds=True)
    name = known[0][0].name if len(known) == 1 else "your lists"
    targets = tuple(entity.entity_id for entity, _ in known)
    return Verdict("on_list_no", {"name": name, "item": " ".join(item)}, targets, holds=False)
