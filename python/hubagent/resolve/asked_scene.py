"""What all look-ups of one question share: the inquiry, the home, and the places that were said.

In: an ``Inquiry`` and a grounder. Out: areas of the home, and the things of the speaker's room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.tellers import Tellers

if TYPE_CHECKING:
    from hubagent.resolve.ground import Grounder
    from hubagent.resolve.inquiry import Inquiry
    from hubagent.resolve.lexicon import Lexicon
    from hubagent.types import AreaId, Entity

SPOKEN_PLACES = {
    "down there": "downstairs",
    "up there": "upstairs",
    "out": "outside",
    "out there": "outside",
}


class AskedScene:
    """One inquiry in one home."""

    def __init__(
        self,
        inquiry: Inquiry,
        grounder: Grounder,
        lexicon: Lexicon,
        request: tuple[str, ...] = (),
    ) -> None:
        """Set the scene.

        Args:
            inquiry: What is asked.
            grounder: The home of this turn.
            lexicon: The resolver's words.
            request: Words of the request that hangs on a condition; "it" may be a thing of it.
        """
        self.inquiry = inquiry
        self.grounder = grounder
        self.view = grounder.view
        self.lexicon = lexicon
        self.tellers = Tellers(grounder, lexicon)
        self.request = request
        self.outside = any(
            text.tokens(SPOKEN_PLACES.get(p, p)) in lexicon.outside for p in inquiry.places
        )

    def here_first(self, found: tuple[Entity, ...]) -> tuple[Entity, ...]:
        """Return those of the speaker's room, if any of them is there."""
        here = self.grounder.places.find("here").areas or frozenset()
        near = tuple(e for e in found if self.view.area_of(e.entity_id) in here)
        return near or found

    def areas(self) -> tuple[frozenset[AreaId] | None, bool]:
        """Return the areas said, ``None`` for any; and whether all places said are known."""
        if not self.inquiry.places:
            return None, True
        found: frozenset[AreaId] = frozenset()
        for said in self.inquiry.places:
            name = SPOKEN_PLACES.get(said, said)
            place = self.grounder.places.find(name)
            if place.areas is None:
                return None, True
            found |= place.areas
        return (found, True) if found else (None, False)

    def as_place(self, subject: tuple[str, ...]) -> frozenset[AreaId] | None:
        """Return the areas that the subject is, if it is a place and nothing else."""
        said = " ".join(subject)
        place = self.grounder.places.find(said)
        if place.unknown or place.areas is None:
            return None
        words = set(text.singulars(text.tokens(said)))
        named = [self.grounder.places.words(area) for area in place.areas]
        own = place.several or not place.unknown
        return place.areas if own and (len(words) < 2 or any(words & n for n in named)) else None

    def here_as(self, subject: tuple[str, ...]) -> frozenset[AreaId] | None:
        """Return the speaker's room where the subject is only "my room", "this room"."""
        here = self.grounder.places.find("here").areas
        return here if here and subject in self.lexicon.here else None

    def all_areas(self) -> frozenset[AreaId]:
        """Return all areas of the home."""
        return frozenset(area.area_id for area in self.view.areas())

    def outdoor_areas(self) -> frozenset[AreaId]:
        """Return the areas that lie outdoors."""
        return self.grounder.places.find("outside").areas or frozenset()
