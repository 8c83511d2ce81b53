"""From a mention to sets of entities that it could mean, each with its features.

Three ways to mean something are tried side by side: by name ("bedside lamp"), by kind and place
("the kitchen lights"), and by the intent alone ("pause"). What was said explicitly bounds every
candidate; the speaker's room and the states only add features.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.described import ends_in, in_other_words, main_light
from hubagent.resolve.features import Failure, Frame, Grounding, is_sensitive, without_doubles
from hubagent.resolve.ground_kinds import GroundKinds
from hubagent.resolve.ground_names import GroundNames
from hubagent.resolve.mention import Mention, device_mention
from hubagent.resolve.misheard import SURE_ROOM, misheard
from hubagent.resolve.places import Place, Places
from hubagent.resolve.scope import Scope
from hubagent.types import AreaId, EntityId

if TYPE_CHECKING:
    from hubagent.ports import ContextView
    from hubagent.resolve.intents import IntentSpec
    from hubagent.resolve.lexicon import Lexicon
    from hubagent.resolve.names import NameFit
    from hubagent.types import Entity

_CALLED_DOMAINS = frozenset({"switch", "input_boolean", "group"})
"""Domains whose things are what their names say: a switch called "porch light" is a light."""
_STARTED = frozenset({"scene", "script", "button", "input_button"})
"""Domains whose things are only meant by a name."""
_NOT_FOUND = frozenset({"unknown_name", "unknown_area", "no_such_device"})
"""Reasons of a failure that a name misheard may explain."""
_OTHER_WORDS = 0.85
"""How surely a thing is named by other words for it."""
_SURE_NAME = 0.7
"""Least likeness of a name for words that were read as a place which the home lacks."""


class Grounder:
    """Grounds the mentions of one clause on one view of the home."""

    def __init__(
        self,
        view: ContextView,
        lexicon: Lexicon,
        *,
        speaker_area: AreaId | None,
        antecedents: tuple[EntityId, ...] = (),
    ) -> None:
        self.view = view
        self.places = Places(view, lexicon, speaker_area)
        self._scope = self.names = Scope(view, lexicon, self.places, speaker_area)
        self._lexicon = lexicon
        self._speaker_area = speaker_area
        self.antecedents = antecedents
        self._by_kind = GroundKinds(view, lexicon, self.places, self._scope, speaker_area)
        self._names = GroundNames(view, self._scope, self._by_kind, speaker_area)

    def about(self, ids: tuple[EntityId, ...]) -> Grounder:
        """Return a grounder of the same home in which "it" is something else."""
        return Grounder(self.view, self._lexicon, speaker_area=self._speaker_area, antecedents=ids)

    def ground(
        self, mention: Mention, spec: IntentSpec, implied_domain: str = ""
    ) -> tuple[Grounding, ...] | Failure:
        """Return every set of entities that the mention could mean, or why there is none."""
        frame = Frame(self.view, spec, implied_domain, self._speaker_area)
        spoken_of = self._spoken_of(mention, frame)
        if spoken_of is not None:
            return (spoken_of,)
        place = self._place(mention, spec)
        if isinstance(place, Failure):
            return self._place_as_name(mention, frame) or self._misheard(mention, frame) or place
        main = self._main_light(mention, frame, place)
        if main is not None:
            return (main,)
        found = (
            self._find(mention, frame, place)
            or self._called_after_place(mention, frame)
            or self._names.playing(mention, frame)
            or self._in_other_words(mention, frame, place)
        )
        if not found:
            reason = self._why_nothing(mention, frame, place)
            doubtful = reason.reason in _NOT_FOUND and self._misheard(mention, frame)
            return doubtful or reason
        found = self._where_it_is_done(mention, frame, found)
        return self._without_excepted(mention, frame, without_doubles(found))

    def _where_it_is_done(
        self, mention: Mention, frame: Frame, found: list[Grounding]
    ) -> list[Grounding]:
        """Keep what stands where the work is to be done, of several that could do it."""
        place = self.places.union(mention.places) if frame.spec.anywhere else None
        if place is None or place.unknown or place.areas is None or len(found) < 2:
            return found
        areas = place.areas
        there = [g for g in found if all(self.view.area_of(i) in areas for i in g.entity_ids)]
        return there or found

    def _spoken_of(self, mention: Mention, frame: Frame) -> Grounding | None:
        """Return what was spoken of before, where "it" was said, or nothing that could be meant.

        A request that names nothing is about those of them that it would be about alone: "pause"
        after "play jazz in the kitchen". "All of them" after one thing is more than that thing.
        """
        spec, named = frame.spec, {"name": 1.0, "named_fully": 1.0}
        allowed = set(spec.commands)
        if not mention.pronoun:
            if mention.words or mention.places or mention.loose or mention.all or spec.words:
                return None
            allowed, named = {*spec.everything, *spec.alone}, {"recent": 1.0}
        ids = tuple(i for i in self.antecedents if self.view.entity(i).domain in allowed)
        if not ids or (len(ids) == 1 and mention.all):
            return None
        if len(ids) > 1:  # "turn it all off" after a question closes no valve among the rest
            ids = tuple(i for i in ids if not is_sensitive(self.view.entity(i))) or ids
        return frame.measure(ids, None, **named)

    # -- places ------------------------------------------------------------------------------------

    def _place(self, mention: Mention, spec: IntentSpec) -> Place | Failure | None:
        place = self.places.union(mention.places)
        if spec.anywhere:
            return None
        if place is None:
            return self._loose_place(mention)
        if not place.unknown:
            return place
        if text.tokens(place.said) in self._lexicon.here:
            return None  # "in here", and nobody told where that is
        heard = misheard(text.tokens(place.said), "area", self.view, self._lexicon)
        if heard is not None and heard.nearness >= SURE_ROOM and len(mention.places) == 1:
            return Place(place.said, frozenset({AreaId(heard.id)}))
        return Failure("unknown_area", {"area": place.said})

    def _loose_place(self, mention: Mention) -> Place | None:
        """Return a place that stands in the sentence in no slot."""
        if mention.rest or not (mention.kinds or not mention.words):
            return None
        for said in mention.loose:
            place = self.places.find(said)
            if not place.unknown and place.areas is not None:
                return place
        return None

    def _place_as_name(self, mention: Mention, frame: Frame) -> tuple[Grounding, ...]:
        """Take a place that the home lacks for a part of a thing's name: "island light"."""
        said = " ".join((*mention.places, mention.said)).strip()
        joined = replace(device_mention(said, self._lexicon), all=mention.all, both=mention.both)
        each = self._places_as_names(mention, frame)
        if each:
            return each
        fits = self._names.named(joined, frame, None)
        sure = {i: fit for i, fit in fits.items() if fit.full or fit.score > _SURE_NAME}
        found = self._names.found(joined, sure, frame, None)
        return without_doubles(found or self._by_kind.by_said(joined, frame, None))

    def _called_after_place(self, mention: Mention, frame: Frame) -> list[Grounding]:
        """Return what is called after a place and stands in another: "the terrace door" of the lounge."""
        if len(mention.places) != 1 or not mention.words:
            return []
        said = device_mention(f"{mention.places[0]} {mention.said}", self._lexicon)
        fits = {i: fit for i, fit in self._names.named(said, frame, None).items() if fit.full}
        return self._names.found(said, fits, frame, None)

    def _places_as_names(self, mention: Mention, frame: Frame) -> tuple[Grounding, ...]:
        """Return all that several places are the whole names of: "light up Rudolph and the icicles"."""
        if mention.words or len(mention.places) < 2:
            return ()
        ids: list[EntityId] = []
        for said in mention.places:
            phrase = device_mention(said, self._lexicon)
            fits = self._names.named(phrase, frame, None)
            full = [i for i, fit in fits.items() if fit.full] or list(fits)
            if len(full) != 1:
                return ()
            ids += full
        return (frame.measure(tuple(dict.fromkeys(ids)), None, name=1.0, number=1.0),)

    def _misheard(self, mention: Mention, frame: Frame) -> tuple[Grounding, ...]:
        """Return what the words sound like, where nothing is called so."""
        if mention.everything or mention.pronoun or mention.excepted:
            return ()
        spoken = ((*mention.places, mention.said), (mention.said, *mention.places), mention.loose)
        for phrases in dict.fromkeys(spoken):
            words = tuple(
                word for word in text.tokens(" ".join(phrases)) if word not in self._lexicon.skipped
            )
            heard = misheard(words, "entity", self.view, self._lexicon)
            if heard is not None:
                entity = self.view.entity(EntityId(heard.id))
                if entity.category or entity.domain not in frame.spec.commands:
                    return ()
                said = {"name": heard.nearness, "phonetic": heard.nearness}
                return (frame.measure((entity.entity_id,), None, **said),)
        return ()

    # -- finding -----------------------------------------------------------------------------------

    def _find(self, mention: Mention, frame: Frame, place: Place | None) -> list[Grounding]:
        spec = frame.spec
        if mention.everything:
            kinds = self._by_kind.kinds(spec.everything or spec.alone)
            return self._by_kind.found(kinds, mention, frame, place)
        if not mention.words:
            return self._unnamed(mention, frame, place)
        named = self._names.named(mention, frame, place)
        numbered = self._names.numbered(mention, frame, place)
        if numbered:
            return [frame.measure(numbered, place, name=1.0, number=1.0)]
        grouped = self._by_kind.by_said(mention, frame, place)
        if grouped:
            named = {
                entity_id: fit
                for entity_id, fit in named.items()
                if fit.full and _adds(fit, mention, place) and (fit.plural or not mention.plural)
            }
        # A thing called so needs no place to be meant: "the bedroom light" may be in any room.
        grouped = [g for g in grouped if len(g.entity_ids) > 1 or g.entity_ids[0] not in named]
        found = [*self._names.found(mention, named, frame, place), *grouped]
        if not found and place is None and mention.kind is None:
            own = self.places.find(mention.said)
            if not own.unknown:
                return self._unnamed(replace(mention, words=()), frame, own)
        return found

    def _main_light(self, mention: Mention, frame: Frame, place: Place | None) -> Grounding | None:
        """Return the room's own big light: that of the room said, else of the speaker's."""
        areas = {self._speaker_area} if place is None else set(place.areas or ())
        area_id = areas.pop() if len(areas) == 1 else None
        if area_id is None or "light" not in frame.spec.commands or mention.excepted:
            return None
        meant = main_light(mention, area_id, self.view, self._lexicon)
        if meant is None:
            return None
        return frame.measure((meant,), place, name=1.0, named_fully=1.0, kind=1.0)

    def _in_other_words(
        self, mention: Mention, frame: Frame, place: Place | None
    ) -> list[Grounding]:
        """Return what has another name for such a thing, as less surely named."""
        found: list[Grounding] = []
        for other, words in in_other_words(mention, self._lexicon):
            named = self._names.named(other, frame, place)
            called = {i: fit for i, fit in named.items() if ends_in(self.view.entity(i), words)}
            for item in self._names.found(other, called, frame, place):
                features = {**item.features, "name": _OTHER_WORDS * item.features["name"]}
                found.append(replace(item, features={**features, "named_fully": 0.0}))
        return found

    def _unnamed(self, mention: Mention, frame: Frame, place: Place | None) -> list[Grounding]:
        """Return candidates when no device was named: by a kind in the sentence, or the intent."""
        spec = frame.spec
        amid_other = bool(mention.loose and mention.unexplained)
        for words in spec.words:
            if amid_other and not any(words in said.split() for said in mention.loose):
                continue  # "a cup of coffee" is of coffee, "toaster pastries" of no toast
            found = self._find(device_mention(words, self._lexicon), frame, place)
            if found:
                return found
        phrases = [device_mention(said, self._lexicon) for said in mention.loose]
        for called in phrases:
            full = {i: f for i, f in self._names.named(called, frame, place).items() if f.full}
            if full:
                return self._names.found(called, full, frame, place)
        for called in phrases:
            # "The dryer" is the Grain Dryer, or a question; the intent's own domain is not meant.
            if not (mention.unexplained or all(map(self._lexicon.is_own_word, called.words))):
                part = self._names.named(called, frame, place)
                if part:
                    return self._names.found(called, part, frame, place)
            if self._named_otherwise(called, frame, place, least=_SURE_NAME) is not None:
                return []  # what was named is something else, so nothing else is meant
        implied = frame.implied_domain
        domains = (implied,) if implied in spec.commands else spec.alone
        if _STARTED.issuperset(domains):
            return []  # the only scene of a home is not meant by every word that starts one
        found = self._by_kind.found(self._by_kind.kinds(domains), mention, frame, place)
        if found or place is None or place.areas is None:
            return found
        # "Turn on the fountain": a place with one thing in it that can be turned on is that thing.
        other = self._by_kind.found(self._by_kind.kinds(spec.everything), mention, frame, place)
        return other if len(other) == 1 and len(other[0].entity_ids) == 1 else []

    # -- exceptions and reasons --------------------------------------------------------------------

    def _without_excepted(
        self, mention: Mention, frame: Frame, found: tuple[Grounding, ...]
    ) -> tuple[Grounding, ...] | Failure:
        left_out: set[EntityId] = set()
        for said in mention.excepted:
            meant = self._excepted(said, frame)
            if not meant:
                return Failure("unknown_name", {"name": said})
            left_out |= meant
        kept = tuple(
            replace(item, entity_ids=ids)
            for item in found
            if (ids := tuple(i for i in item.entity_ids if i not in left_out))
        )
        return kept or Failure("nothing_left", {"name": mention.said})

    def _excepted(self, said: str, frame: Frame) -> set[EntityId]:
        place = self.places.find(said)
        if not place.unknown and place.areas is not None:
            return {i for area in place.areas for i in self.view.query(area_id=area)}
        mention = replace(device_mention(said, self._lexicon), all=True)
        found = self._find(mention, frame, None)
        fits = [item for item in found if item.features.get("named_fully")] or found
        return {entity_id for item in fits for entity_id in item.entity_ids}

    def _why_nothing(self, mention: Mention, frame: Frame, place: Place | None) -> Failure:
        area = place.said if place is not None and place.areas is not None else ""
        if mention.words:
            other = self._named_otherwise(mention, frame, place)
            if other is not None:
                return Failure("no_capability", {"name": other.name, "intent": frame.spec.intent})
            if mention.kind is None or mention.rest:
                return Failure("unknown_name", {"name": mention.said, "area": area})
            return Failure("no_such_device", {"kind": mention.said, "area": area})
        for said in mention.loose:
            phrase = device_mention(said, self._lexicon)
            called = self._named_otherwise(phrase, frame, place, least=_SURE_NAME)
            if called is not None:
                return Failure("no_capability", {"name": called.name, "intent": frame.spec.intent})
        domain = frame.implied_domain or next(iter((*frame.spec.words, *frame.spec.alone)), "")
        if domain in _STARTED:
            return Failure("not_understood")
        return Failure("no_such_device", {"kind": domain.replace("_", " "), "area": area})

    def _named_otherwise(
        self, mention: Mention, frame: Frame, place: Place | None, *, least: float = 1.0
    ) -> Entity | None:
        """Return a thing of that name, or nearly, that the intent cannot move."""
        for entity in self._scope.near_in_name(mention, place):
            if entity.domain not in frame.spec.commands:
                fit = self._scope.name_fit(mention, entity, place)
                if fit.full or (fit.telling and fit.score >= least):
                    return entity
        return None

    def also_named(self, mention: Mention, spec: IntentSpec) -> tuple[Mention, ...]:
        """Return mentions of things called exactly like phrases that no slot has taken."""
        frame = Frame(self.view, spec, "", self._speaker_area)
        phrases = (device_mention(said, self._lexicon) for said in mention.loose)
        return tuple(
            phrase
            for phrase in phrases
            if any(f.full and f.telling for f in self._names.named(phrase, frame, None).values())
        )


def _adds(fit: NameFit, mention: Mention, place: Place | None) -> bool:
    """Return whether a name says more than the kind and place already do.

    "Lights off in the den and the hall" is more than the Hall Lights.
    """
    wide = place is not None and not place.several and len(place.areas or ()) > 1
    return fit.telling or bool(mention.rest) or (bool(mention.places) and not wide)
