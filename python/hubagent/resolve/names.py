"""How well the words of a mention fit the names of one entity.

Every word said must find its partner in a name, an alias, the device's name or maker, or be the kind
of the thing; words of the name that were not said cost little. A common word of homes never counts
as a misspelling of another, so "bathroom light" is not the "bedroom light".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.lexicon import CALLED, NEAR

if TYPE_CHECKING:
    from hubagent.resolve.lexicon import Kind, Lexicon
    from hubagent.resolve.mention import Mention
    from hubagent.types import Device, Entity

LEAST_SAID = 0.7
"""Least weighted share of the words said that must be found."""


@dataclass(frozen=True, slots=True)
class NameFit:
    """Likeness of a mention to an entity's names.

    ``full`` means that nothing said and nothing of the name is left over; ``telling`` that a word
    other than the kind and the room was found; ``plural`` that the name itself is in the plural.
    """

    score: float
    full: bool
    telling: bool
    plural: bool


NO_FIT = NameFit(0.0, full=False, telling=False, plural=False)


def fit_name(
    mention: Mention,
    entity: Entity,
    *,
    device: Device | None,
    room: frozenset[str],
    stated: frozenset[str],
    lexicon: Lexicon,
) -> NameFit:
    """Return the best fit over the entity's names.

    Args:
        mention: What was said.
        entity: Whose names are compared.
        device: The thing it belongs to, ``None`` if unknown.
        room: Words of its area's name, in the singular.
        stated: Those of them that were said apart from the mention, so the name need not repeat them:
            "the lights downstairs" says nothing of the kitchen.
        lexicon: The resolver's words.
    """
    maker = text.tokens(f"{device.manufacturer} {device.model}") if device else ()
    names = [entity.name, *entity.aliases]
    if device is not None and not any(name == device.name for name in names):
        names.append(device.name)
    fits = (
        _fit(mention, text.tokens(name), entity, maker, room, stated=stated, lexicon=lexicon)
        for name in names
    )
    return max(fits, key=lambda fit: (fit.full, fit.score), default=NO_FIT)


def _fit(
    mention: Mention,
    name: tuple[str, ...],
    entity: Entity,
    maker: tuple[str, ...],
    room: frozenset[str],
    *,
    stated: frozenset[str],
    lexicon: Lexicon,
) -> NameFit:
    name = tuple(word for word in name if word not in lexicon.skipped) or name
    said = mention.words
    kind = mention.kind.kind if mention.kind is not None else None
    is_kind = kind is not None and kind.fit(entity) >= NEAR
    rest = len(mention.rest)
    plural = bool(name) and name[-1] != text.singular(name[-1])
    if "".join(said) == "".join(name) or text.singulars(said) == text.singulars(name):
        telling = any((word,) not in lexicon.kind_words for word in text.singulars(said))
        return NameFit(1.0, full=True, telling=telling, plural=plural)

    if kind is not None and not (is_kind or mention.rest) and lexicon.headed_otherwise(name, kind):
        return NO_FIT
    found, total, telling = 0.0, 0.0, False
    literal = True
    # A "lamp" is a light, but no Main Light is called so; a "TV volume" may well be the TV's.
    otherwise = (
        mention.kind is not None
        and not mention.kind.general
        and set(mention.kind.kind.words[0]) <= set(text.singulars(name))
    )
    for index, word in enumerate(said):
        weight = lexicon.weight(word)
        total += weight
        match = max((lexicon.same(word, known) for known in name), default=0.0)
        own = (text.singular(word),) not in lexicon.kind_words and text.singular(word) not in room
        if match and index < rest and own:
            telling = True
        if not match and ((is_kind and index >= rest) or text.singular(word) in room):
            match = 1.0
            literal = literal and (index < rest or not otherwise)
        if not match and word in maker:
            match, telling = CALLED, True
        found += weight * match
    share_said = found / total if total else 0.0
    if share_said < LEAST_SAID:
        return NO_FIT
    share_name = _share_of_name(name, said, kind if is_kind else None, stated, lexicon)
    full = literal and share_said > 0.99 and share_name > 0.99
    return NameFit(share_said * (0.55 + 0.45 * share_name), full, telling, plural)


def _share_of_name(
    name: tuple[str, ...],
    said: tuple[str, ...],
    kind: Kind | None,
    room: frozenset[str],
    lexicon: Lexicon,
) -> float:
    """Return the weighted share of the name's words that were said or are plain from the rest.

    ``room`` holds words of the area that were said apart from the mention.
    """
    kind_words = {word for words in kind.words for word in words} if kind is not None else set()
    found, total = 0.0, 0.0
    for known in name:
        match = max((lexicon.same(word, known) for word in said), default=0.0)
        if not match and known in lexicon.weak and len(name) > 1:
            continue
        weight = lexicon.weight(known)
        total += weight
        plain = text.singular(known)
        if not match and (plain in kind_words or plain in room):
            match = 1.0
        found += weight * match
    return found / total if total else 0.0
