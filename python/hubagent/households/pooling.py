"""What leaves a home for the global table: what was said after what, in words and states of no home.

Names of things and rooms become gaps (``rewrite/template.py``); what is said of nothing in the home, by
a word that is no usual one, becomes ``{x}`` and is never in a row (method sheet, section 8).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubagent.evidence import source_key
from hubagent.households.reading import reader
from hubagent.learn.markov import Visit
from hubagent.learn.outcome import UNHANDLED
from hubagent.rewrite.opposites import poles, signs
from hubagent.rewrite.template import AREA, GAPS, NAME, Template, Templates
from hubagent.rewrite.words import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubagent.households.mind import Mind
    from hubagent.ports import ContextView

_LEVEL = re.compile(r"=-?\d+(?:\.\d+)?(?= |$)")
Dialogue = tuple[Visit, ...]
UNKNOWN = "{x}"


def told_by(mind: Mind) -> tuple[Dialogue, ...]:
    """Return the dialogues of a hub, free of anything that is of its home alone."""
    if mind.brain is None:
        return ()
    view, templates = mind.view(), Templates()
    return tuple(
        tuple(_general(visit, templates.of(visit.words, view), view) for visit in dialogue)
        for dialogue in mind.brain.dialogues()
    )


def _general(visit: Visit, said: Template, view: ContextView) -> Visit:
    words = " ".join(word if _is_usual(word) else UNKNOWN for word in said.text.split())
    state = UNHANDLED + words
    if not visit.state.startswith(UNHANDLED):
        state = ";".join(sorted(set(_parts(visit, said, view))))
    return visit._replace(words=words, state=state, place="")


def _is_usual(word: str) -> bool:
    plain = word.replace("'", "").removesuffix("%")
    return word in GAPS or plain.isdigit() or reader().is_word(plain) or reader().is_word(word)


def _parts(visit: Visit, said: Template, view: ContextView) -> Iterator[str]:
    """Yield ``intent|things|data`` with things as they stand to the words and to who spoke."""
    for part in visit.state.split(";"):
        intent, _, rest = part.partition("|")
        ids, _, told = rest.partition("|")
        things = {_thing(id_, visit.place, said, view) for id_ in ids.split(",") if id_}
        yield "|".join((intent, ",".join(sorted(things)), _as_said(told, said.text)))


def _as_said(told: str, words: str) -> str:
    """Return a command without a level that was not said: how much "louder" is depends on how loud it was.

    Which way it goes is then told by the words.
    """
    if any(character.isdigit() for character in words) or not _LEVEL.search(told):
        return told
    way = signs(poles(tokens(words)))
    return f"{_LEVEL.sub('', told)}{'+' if way == {1} else '-' if way == {-1} else '?'}"


def _thing(id_: str, place: str, said: Template, view: ContextView) -> str:
    """Return what a thing is to a request: the one that was named, or of which kind and where."""
    entity = next((item for item in view.entities() if item.entity_id == id_), None)
    if entity is None:
        return "gone"
    if said.filling.get(NAME) in {source_key(name) for name in (entity.name, *entity.aliases)}:
        return NAME
    area_id = view.area_of(entity.entity_id)
    alike = sum(item.domain == entity.domain and not item.category for item in view.entities())
    if area_id == place or alike == 1:
        return f"{entity.domain}@here"
    rooms = (area for area in view.areas() if area.area_id == area_id)
    names = {source_key(name) for room in rooms for name in (room.name, *room.aliases)}
    return f"{entity.domain}@{AREA if said.filling.get(AREA) in names else 'elsewhere'}"
