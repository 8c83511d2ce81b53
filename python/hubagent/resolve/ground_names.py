"""What could be meant by a name: "bedside lamp", "both reading lamps", what is playing.

In: a mention and a place. Out: entities whose names fit, each with its features, and sets of those that the same
words name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.by_playing import HEARD, TITLES
from hubagent.resolve.features import Frame, Grounding, is_sensitive

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.ports import ContextView
    from hubagent.resolve.ground_kinds import GroundKinds
    from hubagent.resolve.mention import Mention
    from hubagent.resolve.names import NameFit
    from hubagent.resolve.places import Place
    from hubagent.resolve.scope import Scope
    from hubagent.types import AreaId, EntityId

_SURE_NAME = 0.7
"""Least likeness of the names of things that a plural means together."""


class GroundNames:
    """Grounds names on one view of the home."""

    def __init__(
        self, view: ContextView, scope: Scope, kinds: GroundKinds, speaker_area: AreaId | None
    ) -> None:
        self._view = view
        self._scope = scope
        self._kinds = kinds
        self._speaker_area = speaker_area

    def named(self, mention: Mention, frame: Frame, place: Place | None) -> dict[EntityId, NameFit]:
        """Return what is called as said, within a place if one is given, and how well each fits."""
        fits: dict[EntityId, NameFit] = {}
        for entity in self._scope.near_in_name(mention, place):
            if entity.domain in frame.spec.commands:
                fit = self._scope.name_fit(mention, entity, place)
                if fit.full or fit.telling:
                    fits[entity.entity_id] = fit
        return fits

    def found(
        self,
        mention: Mention,
        fits: Mapping[EntityId, NameFit],
        frame: Frame,
        place: Place | None,
    ) -> list[Grounding]:
        """Return candidates by what fits: each thing, and those that are named together."""
        bound = place if place is not None and place.areas is not None else None
        found = []
        for entity_id, fit in fits.items():
            entity = self._view.entity(entity_id)
            said = {"name": fit.score, "named_fully": float(fit.full)}
            if mention.kind is not None:
                said["kind"] = self._kinds.fit(mention.kind.kind, mention, entity)
            if mention.plural and fit.plural:
                said["number"] = 1.0
            found.append(frame.measure((entity_id,), bound, **said))
        return [*found, *self._together(found, fits, mention, frame, bound)]

    def _together(
        self,
        found: list[Grounding],
        fits: Mapping[EntityId, NameFit],
        mention: Mention,
        frame: Frame,
        place: Place | None,
    ) -> list[Grounding]:
        """Return candidates of several that the same words name.

        "The bedside lamps" are all that are called so; two things of one kind, name and room
        cannot be told apart by any answer, so they are one thing.
        """
        if len(found) < 2:
            return []
        best = max(item.features["name"] for item in found)
        least = best - 0.05
        if mention.plural and not any(fit.plural for fit in fits.values()):
            least = min(least, _SURE_NAME)  # "both bedside lamps": mine, and Ida's
        alike = [item for item in found if item.features["name"] >= least]
        ids = [entity_id for item in alike for entity_id in item.entity_ids]
        entities = [self._view.entity(entity_id) for entity_id in ids]
        plain_plural = mention.many and not any(fit.plural for fit in fits.values())
        if mention.plural or (plain_plural and not any(map(is_sensitive, entities))):
            here = tuple(i for i in ids if self._view.area_of(i) == self._speaker_area)
            sets = (
                [tuple(ids)] if mention.all or not 1 < len(here) < len(ids) else [tuple(ids), here]
            )
            return [frame.measure(s, place, **_words_of(alike[0]), number=1.0) for s in sets]
        if len({(e.name, e.domain) for e in entities}) > 1 or is_sensitive(entities[0]):
            return []
        return [
            frame.measure(twins, place, **_words_of(alike[0]), number=0.1)
            for twins in self._kinds.by_area(ids).values()
            if len(twins) > 1
        ]

    def numbered(self, mention: Mention, frame: Frame, place: Place | None) -> tuple[EntityId, ...]:
        """Return things that are called so and numbered, of another kind than the word usually is.

        "Tracks off" is said of the lamps Track 1 and Track 2, for all that tracks are music.
        """
        if not mention.plural or len(mention.words) != 1 or mention.kind is None:
            return ()
        said = text.singulars(mention.words)
        found = []
        for entity in self._scope.near_in_name(mention, place):
            name = text.singulars(text.tokens(entity.name))
            counted = name[:-1] == said and (name[-1].isdigit() or len(name[-1]) == 1)
            able = entity.domain in frame.spec.commands
            if counted and able and not mention.kind.kind.fit(entity):
                found.append(entity.entity_id)
        return tuple(found) if len(found) > 1 else ()

    def playing(self, mention: Mention, frame: Frame) -> list[Grounding]:
        """Return the player on which what was said is heard: "stop the rain sounds", "enough Bowie"."""
        said = set(text.singulars(mention.words))
        if "media_player" not in frame.spec.commands or not said:
            return []
        found = []
        for entity_id in self._view.query(domain="media_player"):
            state = self._view.state(entity_id)
            titles = (str(state.attributes.get(name) or "") for name in TITLES)
            heard = [set(text.singulars(text.tokens(title))) for title in titles]
            if state.state in HEARD and any(said <= words for words in heard):
                whole = float(said in heard)
                found.append(frame.measure((entity_id,), None, name=1.0, named_fully=whole))
        return found


def _words_of(item: Grounding) -> dict[str, float]:
    """Return the features that the words alone gave."""
    names = ("name", "named_fully", "kind")
    return {name: item.features[name] for name in names if name in item.features}
