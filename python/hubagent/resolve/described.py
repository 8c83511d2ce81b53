"""Things that are described rather than named: "the big light", "the stove" for a Cooker.

In: a mention. Out: the one light of a room that is meant, or the same mention in other words that people
use for such a thing (``words.toml``). Both only help where the home has nothing of the name said.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.resolve import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubagent.ports import ContextView
    from hubagent.resolve.lexicon import Lexicon
    from hubagent.resolve.mention import Mention
    from hubagent.types import AreaId, Entity, EntityId


Words = tuple[str, ...]


def main_light(
    mention: Mention, area_id: AreaId, view: ContextView, lexicon: Lexicon
) -> EntityId | None:
    """Return the light of a room that "the big light" means there; ``None`` if no one is.

    That is what is called so, else the one on its ceiling or called like the room, else its only light.
    """
    rest = set(text.singulars(mention.rest))
    is_light = mention.kind is not None and "light" in mention.kind.kind.fits
    if not rest or not is_light or mention.plural or not rest <= lexicon.main_light:
        return None
    lights = [
        e for i in view.query(area_id=area_id, domain="light") if not (e := view.entity(i)).category
    ]
    names = {light.entity_id: set(text.singulars(text.tokens(light.name))) for light in lights}
    room = {
        word
        for area in view.areas()
        if area.area_id == area_id
        for word in text.singulars(text.tokens(area.name))
    }
    ranks = (
        [i for i, name in names.items() if rest <= name],
        [i for i, name in names.items() if name & lexicon.main_light],
        [i for i, name in names.items() if name == room | {"light"}],
        list(names),
    )
    chosen = next((ids for ids in ranks if ids), [])
    return chosen[0] if len(chosen) == 1 else None


def in_other_words(mention: Mention, lexicon: Lexicon) -> Iterator[tuple[Mention, Words]]:
    """Yield the mention with its last words replaced by others for the same kind of thing, and those."""
    said = text.singulars(mention.words)
    for group in lexicon.same_things:
        known = max((words for words in group if said[-len(words) :] == words), key=len, default=())
        if known:
            rest = mention.words[: len(said) - len(known)]
            for other in sorted(group - {known}):
                words = (*rest, *other)
                yield replace(mention, words=words, kinds=lexicon.kinds_of(words)), other


def ends_in(entity: Entity, words: Words) -> bool:
    """Return whether a name of the entity ends in the words: a Cooker Hood is no cooker."""
    names = (text.singulars(text.tokens(name)) for name in (entity.name, *entity.aliases))
    return any(name[-len(words) :] == words for name in names)
