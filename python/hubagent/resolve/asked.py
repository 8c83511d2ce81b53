"""Answers to what was asked of the home: facts from the confirmed state, or nothing.

In: the words of a question or a condition and the home. Out: a ``Verdict`` with what is so, or
``None`` where the words are no question that this home can answer for sure; then they are left to
the readings of the model.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.asked_lists import on_lists
from hubagent.resolve.asked_when import asks_when, last_change
from hubagent.resolve.colour_names import colour_name
from hubagent.resolve.features import Failure, is_cooker
from hubagent.resolve.inquiry import Inquiry, InquiryReader, without_frame
from hubagent.resolve.named import AskedNames, Named, named, scattered, sensors_of
from hubagent.resolve.tellers import Tellers, Told, number_of, unit_fits
from hubagent.resolve.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.ports import Values
    from hubagent.resolve.ground import Grounder
    from hubagent.resolve.lexicon import Lexicon, Quality
    from hubagent.types import AreaId, Entity, Hypothesis, Value

_WITHOUT_SUBJECT = frozenset({"weather", "sun", "person", "device_tracker"})
"""Domains whose state is asked without naming anything: "is it raining", "is anyone home"."""
_SHUT = frozenset({"open", "closed", "locked", "unlocked"})
_SCREENS = frozenset({"blind", "curtain", "shade", "shutter", "awning", "damper"})
"""Covers that keep nobody out: no part of "is everything shut"."""
_WARM = frozenset({"on", "heat", "heating", "auto", "electric", "gas"})
_RGB = 3
_SPOKEN_MOST = 5
_OF_ROOMS = frozenset({"temperature", "humidity", "illuminance", "brightness", "battery"})
"""Qualities that are no room's when they are another's."""
_SPOKEN_PLACES = {
    "down there": "downstairs",
    "up there": "upstairs",
    "out": "outside",
    "out there": "outside",
}
_WITHIN = frozenset({"in", "inside", "at", "by", "near"})
_DETERMINERS = frozenset({"the", "my", "our", "his", "her", "their"})
_HOT_C, _HOT_F = 60.0, 140.0


class Asked:
    """Looks up what questions and conditions ask."""

    def __init__(self, lexicon: Lexicon, values: Values) -> None:
        self._lexicon = lexicon
        self._reader = InquiryReader(lexicon, values)

    def answer(self, said: str, grounder: Grounder, *, loose: bool = False) -> Verdict | None:
        """Return the answer to a question, ``None`` if the words are no clear one.

        Args:
            said: The words.
            grounder: The home of this turn.
            loose: Take words for a question of which nothing tells that they are one.
        """
        listed = on_lists(said, grounder.view, self._lexicon)
        if listed is not None:
            return listed
        names = AskedNames(grounder.view, grounder.places)
        inquiry = self._reader.read(said, names, loose=loose)
        if inquiry.form == "statement" or (loose and inquiry.quality is None):
            return None
        lookup = _Lookup(inquiry, grounder, self._lexicon)
        words = text.tokens(without_frame(said, self._lexicon)[0])
        if asks_when(words):
            return lookup.when(words)
        verdict = lookup.verdict()
        if verdict is not None or inquiry.form in {"compare", "most"}:
            return verdict
        return lookup.by_name(words)

    def by_slots(self, said: str, reading: Hypothesis, grounder: Grounder) -> Verdict | Failure:
        """Return the answer to a question whose thing, place and state the model has found.

        The words say what is asked where they can; the slots stand in for what they do not tell.
        """
        names = AskedNames(grounder.view, grounder.places)
        inquiry = self._reader.read(said, names, loose=True)
        inquiry = self._reader.with_slots(inquiry, reading)
        unknown = [p for p in inquiry.places if names.find(_SPOKEN_PLACES.get(p, p)).unknown]
        if unknown:
            return Failure("unknown_area", {"area": unknown[0]})
        lookup = _Lookup(inquiry, grounder, self._lexicon)
        verdict = lookup.verdict() or lookup.by_name(text.tokens(said))
        if verdict is not None:
            return verdict
        subject = " ".join(inquiry.subject)
        if not subject and not inquiry.places and inquiry.states:
            return Failure("unclear_thing")
        if inquiry.subject and not lookup.anything():
            return Failure("unknown_name", {"name": subject})
        what = inquiry.quality.name if inquiry.quality is not None else "state"
        return Failure("no_value", {"what": what, "name": subject})

    def unknown(self, said: str, grounder: Grounder) -> str:
        """Return what a question is about, where nothing of the home is called so; else nothing."""
        inquiry = self._reader.read(said, AskedNames(grounder.view, grounder.places))
        if inquiry.form == "statement" or inquiry.empty or not 0 < len(inquiry.subject) < 3:
            return ""  # more than two words are hardly one name
        words = {text.singular(w) for w in inquiry.subject}
        names = [n for e in grounder.view.entities() for n in (e.name, *e.aliases)]
        names += [n for a in grounder.view.areas() for n in (a.name, *a.aliases)]
        known = {w for name in names for w in text.singulars(text.tokens(name))}
        return "" if words & known else " ".join(inquiry.subject)

    def condition(self, said: str, request: str, grounder: Grounder) -> Verdict | None:
        """Return whether a condition holds now, ``None`` if it cannot be read or measured.

        Args:
            said: What stands behind "if".
            request: What is to be done if it holds; "it" may be a thing of it.
            grounder: The home of this turn.
        """
        inquiry = self._reader.read(said, AskedNames(grounder.view, grounder.places))
        if inquiry.form != "compare":
            inquiry = replace(inquiry, form="is")
        about = tuple(text.tokens(request))
        verdict = _Lookup(inquiry, grounder, self._lexicon, about).verdict()
        return verdict if verdict is not None and verdict.holds is not None else None


class _Lookup:
    """One inquiry in one home."""

    def __init__(
        self,
        inquiry: Inquiry,
        grounder: Grounder,
        lexicon: Lexicon,
        request: tuple[str, ...] = (),
    ) -> None:
        self._inquiry = inquiry
        self._grounder = grounder
        self._view = grounder.view
        self._lexicon = lexicon
        self._tellers = Tellers(grounder, lexicon)
        self._request = request
        self._outside = any(
            text.tokens(_SPOKEN_PLACES.get(p, p)) in lexicon.outside for p in inquiry.places
        )

    def verdict(self) -> Verdict | None:
        """Return what is so."""
        inquiry = self._inquiry
        if inquiry.form == "compare":
            return self._compare()
        if inquiry.form == "most":
            return self._most()
        if inquiry.states:
            verdict = self._state()
            if verdict is not None or inquiry.quality is None:
                return verdict
        told = self._told()
        if not told and inquiry.quality is not None and inquiry.quality.name == "media":
            # "Are they still on the telly": what is on is not known, but whether it is.
            self._inquiry = replace(inquiry, quality=None, states=("on",), state_said="on")
            return self._state() if inquiry.form == "is" else None
        if not told:
            return None
        if inquiry.bound is not None:
            return self._bounded(told)
        return _told_verdict(told, inquiry.quality)

    def anything(self) -> bool:
        """Return whether anything at all is called what the question is about."""
        return bool(self._tellers.any_called(self._inquiry.subject, None))

    # -- states ------------------------------------------------------------------------------------

    def _state(self) -> Verdict | None:
        entities = self._in_question()
        return self._states_of(entities) if entities else None

    def _states_of(self, entities: tuple[Entity, ...]) -> Verdict | None:
        """Return which of things that can be in a state asked about are in it."""
        inquiry = self._inquiry
        states = [next(s for s in inquiry.states if self._lexicon.can_be(e, s)) for e in entities]
        yes = [
            entity
            for entity, state in zip(entities, states, strict=True)
            if self._lexicon.is_in_state(entity, self._view.state(entity.entity_id).state, state)
        ]
        unknown = [e for e in entities if self._view.state(e.entity_id).state is None]
        if len(unknown) == len(entities):
            return None
        no = [entity for entity in entities if entity not in yes]
        several = len(entities) > 1 and not inquiry.any and not inquiry.somebody
        is_so = not no if several or (inquiry.all and len(entities) > 1) else bool(yes)
        holds = is_so is not (inquiry.negated and bool(self._request or inquiry.somebody))
        reason = {"which": "which_are", "many": "how_many"}.get(
            inquiry.form, f"{'all' if several else 'any'}_{'yes' if is_so else 'no'}"
        )
        named = self._rooms if inquiry.rooms else _names
        facts: dict[str, Value] = {
            "state": inquiry.state_said,
            "asked": inquiry.states[0],
            "yes": named(yes),
            "no": named(no),
            "count": len(named(yes)),
            "total": len(entities),
            "kind": " ".join(inquiry.subject),
        }
        return Verdict(reason, facts, tuple(e.entity_id for e in entities), holds)

    def _rooms(self, entities: Sequence[Entity]) -> tuple[str, ...]:
        rooms = (self._tellers.area_name(entity) for entity in entities)
        return tuple(dict.fromkeys(room for room in rooms if room))

    def _in_question(self) -> tuple[Entity, ...]:
        """Return the things whose state is asked for."""
        inquiry = self._inquiry
        antecedents = tuple(
            entity
            for i in self._grounder.antecedents
            if any(self._lexicon.can_be(entity := self._view.entity(i), s) for s in inquiry.states)
        )
        if inquiry.pronoun and antecedents and not inquiry.somebody:
            return antecedents
        areas, known = self._areas()
        if not known:
            return ()
        open_ended = inquiry.form in {"which", "many"} or inquiry.any or inquiry.all
        spoken = inquiry.subject or areas is not None or (open_ended and not inquiry.pronoun)
        plural = open_ended or (bool(inquiry.subject) and _is_plural(inquiry.subject[-1]))
        found = self._tellers.in_state(inquiry.states, inquiry.subject, areas, plural=plural)
        if not spoken:
            found = tuple(
                entity
                for entity in found
                if entity.domain in _WITHOUT_SUBJECT
                or any("named" in self._lexicon.states[s] for s in inquiry.states)
            )
        if not inquiry.subject and _SHUT & set(inquiry.states):
            found = tuple(entity for entity in found if entity.device_class not in _SCREENS)
        if not {"locked", "unlocked"} & set(inquiry.states):
            found = tuple(e for e in found if e.domain != "lock") or found
        return found if plural or areas is not None else self._here_first(found)

    def _here_first(self, found: tuple[Entity, ...]) -> tuple[Entity, ...]:
        here = self._grounder.places.find("here").areas or frozenset()
        near = tuple(e for e in found if self._view.area_of(e.entity_id) in here)
        return near or found

    def _told_here_first(self, told: tuple[Told, ...]) -> tuple[Told, ...]:
        """Return what the speaker's room tells of the one thing asked about, if it has such a thing."""
        near = self._here_first(tuple(item.entity for item in told))
        return tuple(item for item in told if item.entity in near)

    # -- values ------------------------------------------------------------------------------------

    def _told(self) -> tuple[Told, ...]:
        """Return what those who were asked about tell."""
        inquiry = self._inquiry
        quality = inquiry.quality
        if quality is None and inquiry.bound is not None:
            return self._of_the_bound()
        areas, known = self._areas()
        if not known and not self._outside:
            return ()
        if quality is None:
            return self._tellers.measuring(inquiry.subject, areas)
        if inquiry.subject:
            own = self._as_place(inquiry.subject) or self._here_as(inquiry.subject)
            if own is not None and areas is None:
                return self._of_place(quality, own)
            plural = _is_plural(inquiry.subject[-1])
            told = self._tellers.telling(quality, inquiry.subject, areas, plural=plural)
            if not plural and areas is None and self._lexicon.kinds_of(inquiry.subject):
                told = self._told_here_first(told)
            return told or self._tellers.measuring(inquiry.subject, areas)
        if quality.name in {"media", "artist", "volume", "source"}:
            return self._of_what_plays(quality, areas)
        if areas is None and self._request and inquiry.pronoun:
            related = self._tellers.related(self._request, "", quality)
            if related:
                return related
        told = self._of_place(quality, areas)
        if told or areas is not None or self._outside or quality.name in _OF_ROOMS:
            return told
        told = self._tellers.telling(quality, (), None)
        of_home = [t for t in told if self._view.area_of(t.entity.entity_id) is None]
        return tuple(of_home or told)[:_SPOKEN_MOST]  # "how much power is the house using"

    def _of_place(self, quality: Quality, areas: frozenset[AreaId] | None) -> tuple[Told, ...]:
        """Return what is told of a room and its air; of the speaker's, where none was said."""
        if self._outside:
            told = self._ambient(quality, areas or frozenset()) or self._outdoors(quality)
            return told or tuple(
                item
                for item in self._tellers.telling(quality, (), None)
                if item.entity.domain == "weather"
            )
        if areas is not None:
            return self._ambient(quality, areas)
        here = self._grounder.places.find("here").areas
        hot = self._of_what_is_hot(quality, here)
        if hot:
            return hot
        if here:
            told = self._ambient(quality, here)
            if told:
                return told
        indoors = frozenset(self._all_areas() - self._outdoor_areas())
        return self._ambient(quality, indoors)[:_SPOKEN_MOST]

    def _outdoors(self, quality: Quality) -> tuple[Told, ...]:
        """Return what sensors tell that are called after the outdoors, wherever they stand."""
        outdoor = self._lexicon.outdoor | {w for words in self._lexicon.outside for w in words}
        return tuple(
            item
            for item in self._tellers.telling(quality, (), None)
            if item.entity.domain == "sensor" and outdoor & set(text.tokens(item.entity.name))
        )

    def _ambient(self, quality: Quality, areas: frozenset[AreaId]) -> tuple[Told, ...]:
        told = self._tellers.telling(quality, (), areas)
        found = [item for item in told if self._tellers.is_ambient(item.entity, quality)]
        sensors = [item for item in found if item.entity.domain == "sensor"]
        with_sensor = {self._view.area_of(item.entity.entity_id) for item in sensors}
        return tuple(
            replace(item, where=self._tellers.area_name(item.entity))
            for item in found
            if item in sensors or self._view.area_of(item.entity.entity_id) not in with_sensor
        )

    def _of_what_is_hot(self, quality: Quality, here: frozenset[AreaId] | None) -> tuple[Told, ...]:
        """Return what is told of a thing in the speaker's room that is on or hot: that is meant.

        Where the room is not known, only of an oven or the like that is on.
        """
        asked = self._inquiry
        if quality.name != "temperature" or asked.ambient or asked.bound or asked.places:
            return ()
        hot = [
            item
            for item in self._tellers.telling(quality, (), here or None)
            if item.entity.domain in {"sensor", "climate"}
            and not self._tellers.is_ambient(item.entity, quality)
            and (here or is_cooker(item.entity))
            and (self._is_heating(item.entity, quality) or (here and _is_hot(item)))
        ]
        sensors = [item for item in hot if item.entity.domain == "sensor"]
        return tuple(sensors or hot)

    def _is_heating(self, sensor: Entity, quality: Quality) -> bool:
        """Return whether the thing that a sensor sits in is on."""
        words = set(text.singulars(text.tokens(sensor.name)))
        words -= {text.singular(w) for phrase in quality.words for w in phrase}
        area_id = self._view.area_of(sensor.entity_id)
        return any(
            words & set(text.singulars(text.tokens(other.name)))
            and self._view.state(other.entity_id).state in _WARM
            for other in self._view.entities()
            if other.domain in {"switch", "climate", "water_heater"}
            and self._view.area_of(other.entity_id) == area_id
        )

    def _of_what_plays(self, quality: Quality, areas: frozenset[AreaId] | None) -> tuple[Told, ...]:
        """Return what is told of the player that is playing, the speaker's first."""
        told = self._tellers.telling(quality, (), areas)
        if not told and quality.name == "artist":  # who sings it stands in many a title
            return self._of_what_plays(self._quality("media"), areas)
        playing = [t for t in told if self._view.state(t.entity.entity_id).state == "playing"]
        here = self._grounder.places.find("here").areas or frozenset()
        near = [t for t in playing if self._view.area_of(t.entity.entity_id) in here]
        return tuple(near or playing)

    def _of_the_bound(self) -> tuple[Told, ...]:
        """Return what a bare number is held against: "it's under sixty".

        The thing that the words name; what the request is about; else how warm it is.
        """
        inquiry, bound = self._inquiry, self._inquiry.bound
        unit = bound.unit if bound is not None else ""
        areas, known = self._areas()
        if not known and not self._outside:
            return ()
        if inquiry.subject:
            told = self._tellers.measuring(inquiry.subject, areas)
            told = tuple(item for item in told if unit_fits(unit, item.unit))
            own = self._as_place(inquiry.subject) or self._here_as(inquiry.subject)
            return told if told or own is None else self._of_place(self._temperature(), own)
        if areas is None and not self._outside:
            related = self._tellers.related(self._request, unit)
            if len(related) == 1:
                return related
        told = self._of_place(self._temperature(), areas)
        return tuple(item for item in told if unit_fits(unit, item.unit))

    def _temperature(self) -> Quality:
        return self._quality("temperature")

    def _quality(self, name: str) -> Quality:
        return next(item for item in self._lexicon.qualities if item.name == name)

    def _bounded(self, told: tuple[Told, ...]) -> Verdict | None:
        bound = self._inquiry.bound
        values = [number_of(item.value) for item in told]
        if bound is None or any(value is None for value in values):
            return None
        sides = {
            replace(bound, value=_in_unit(bound.value, bound.unit, item.unit)).holds(value)
            for item, value in zip(told, values, strict=True)
            if value is not None
        }
        if len(sides) > 1:
            return None
        is_so = sides.pop()
        holds = is_so is not (self._inquiry.negated and bool(self._request))
        return replace(
            _told_verdict(told, self._inquiry.quality),
            holds=holds,
            reason=f"bound_{'yes' if holds else 'no'}" if len(told) == 1 else "values",
        )

    # -- what is called by its whole name ----------------------------------------------------------

    def by_name(self, words: tuple[str, ...]) -> Verdict | None:
        """Return what is known of the thing that a question names in full, however it is asked.

        "What's the robot up to" is told its state; "does the gate remote need a new battery" its charge.
        The name must stand alone: a "big garage door" is no Garage Door, nor is the one "in the cellar"
        anything of a home without one.

        Args:
            words: Tokens of the question.
        """
        things, name = self._called(words)
        return self._known_of(things, name) if things else None

    def when(self, words: tuple[str, ...]) -> Verdict | None:
        """Return when what a question is about last changed."""
        things, name = self._called(words)
        also = self._tellers.any_called(name or self._inquiry.subject, self._areas()[0])
        things = (*things, *(e for e in also if e not in things))
        return last_change(words, things, self._view, self._lexicon)

    def _called(self, words: tuple[str, ...]) -> tuple[tuple[Entity, ...], tuple[str, ...]]:
        """Return the things that the words name in full, and the words of the name if they are one."""
        entities = self._view.entities()
        spans = named(words, entities)
        if len(spans) == 1 and self._is_alone(spans[0], words):
            things, name = spans[0].things, words[spans[0].start : spans[0].end]
        elif not spans:
            things, name = scattered(words, entities), ()
        else:
            return (), ()
        areas, known = self._areas()
        if areas is not None:
            things = tuple(e for e in things if self._view.area_of(e.entity_id) in areas)
        return (things, name) if known else ((), ())

    def _known_of(self, things: tuple[Entity, ...], name: tuple[str, ...]) -> Verdict | None:
        inquiry, entities = self._inquiry, self._view.entities()
        sensors = tuple(e for e in sensors_of(name, entities) if e not in things) if name else ()
        if inquiry.quality is not None:
            told = self._tellers.telling_of((*things, *sensors), inquiry.quality)
            if told:
                bounded = self._bounded(told) if inquiry.bound is not None else None
                return bounded or _told_verdict(told, inquiry.quality)
            # A kettle tells no charge, and a meter of acid no warmth.
            things = tuple(e for e in things if e.domain == "sensor" and _may_tell(e, inquiry))
        able = tuple(
            e for e in things if any(self._lexicon.can_be(e, state) for state in inquiry.states)
        )
        if able:
            return self._states_of(able)
        if all(thing.domain == "weather" for thing in things):
            return None  # more is told of the weather than its word
        told = tuple(item for e in things if (item := self._tellers.described(e)).value is not None)
        return _told_verdict(told, None) if told else None

    def _is_alone(self, found: Named, words: tuple[str, ...]) -> bool:
        """Return whether nothing else is said of which thing of that name is meant."""
        before = words[found.start - 1] if found.start else ""
        around = self._tellers.around(found.things)
        if before and self._reads_as_name(before) and text.singular(before) not in around:
            return False
        behind = words[found.end :]
        if behind and self._is_other_kind(behind[0], found.things):
            return False
        if behind and not found.whole and self._names_more(behind[0]):
            return False  # "the bow thruster", where there are Bow Doors
        for index in range(len(behind) - 1):
            if behind[index] in _WITHIN and behind[index + 1] in _DETERMINERS:
                place = self._grounder.places.find(" ".join(behind[index + 2 : index + 4]))
                one = self._grounder.places.find(" ".join(behind[index + 2 : index + 3]))
                own = {text.singular(word) for word in behind[index + 2 : index + 4]} & around
                if place.unknown and one.unknown and not own:
                    return False
        return True

    def _is_other_kind(self, word: str, things: tuple[Entity, ...]) -> bool:
        """Return whether a word behind a name makes something else of it: "doorbell camera"."""
        kinds = self._lexicon.kinds_of((word,))
        return bool(kinds) and not any(said.kind.fit(e) for said in kinds for e in things)

    def _names_more(self, word: str) -> bool:
        """Return whether a word behind where a sensor sits may be of a longer name."""
        return self._reads_as_name(word) and not word.endswith(("ing", "ed", "s"))

    def _reads_as_name(self, word: str) -> bool:
        small = self._lexicon.fillers | self._lexicon.skipped | self._lexicon.carriers
        return word not in small and self._lexicon.state_of((word,)) is None

    # -- comparisons -------------------------------------------------------------------------------

    def _compare(self) -> Verdict | None:
        inquiry = self._inquiry
        quality = inquiry.quality
        if quality is None:
            return None
        told = []
        for words in inquiry.operands:
            areas = self._grounder.places.find(words).areas
            if words in {"outside", "outdoors"}:
                found = self._ambient(quality, areas or frozenset()) or tuple(
                    t
                    for t in self._tellers.telling(quality, (), None)
                    if t.entity.domain == "weather"
                )
            elif areas:
                found = self._ambient(quality, areas)
                if not found and words == "here":  # a room without a sensor is as warm as the house
                    found = self._ambient(quality, self._all_areas() - self._outdoor_areas())
            else:
                found = self._tellers.telling(quality, text.tokens(words), None)
            if not found or number_of(found[0].value) is None:
                return None
            told.append(found[0])
        verdict = self._extreme(told, quality)
        first = number_of(told[0].value) == self._extreme_of(told) != number_of(told[1].value)
        if inquiry.closed:
            both = _told_verdict(tuple(told), quality)
            return replace(both, reason=f"compared_{'yes' if first else 'no'}", holds=first)
        return replace(verdict, holds=first)

    def _most(self) -> Verdict | None:
        inquiry = self._inquiry
        quality = inquiry.quality
        if quality is None:
            return None
        areas, known = self._areas()
        if not known:
            return None
        told = self._tellers.telling(quality, inquiry.subject, areas, plural=True)
        if quality.name in {"temperature", "humidity", "illuminance"}:
            told = tuple(
                replace(t, where=self._tellers.area_name(t.entity))
                for t in told
                if self._tellers.is_ambient(t.entity, quality)
            )
            rooms = {"room", "bedroom", "part", "area", "place", "floor"}
            if len(told) < 2 and rooms & set(text.singulars(inquiry.subject)):
                told = self._ambient(quality, self._all_areas() - self._outdoor_areas())
        numbers = [item for item in told if number_of(item.value) is not None]
        return self._extreme(numbers, quality) if numbers else None

    def _extreme(self, told: Sequence[Told], quality: Quality) -> Verdict:
        best = self._extreme_of(told)
        chosen = next(item for item in told if number_of(item.value) == best)
        verdict = _told_verdict((chosen,), quality)
        return replace(
            verdict, reason="most", targets=tuple(item.entity.entity_id for item in told)
        )

    def _extreme_of(self, told: Sequence[Told]) -> float:
        values = [value for item in told if (value := number_of(item.value)) is not None]
        return max(values) if self._inquiry.upward else min(values)

    # -- places ------------------------------------------------------------------------------------

    def _areas(self) -> tuple[frozenset[AreaId] | None, bool]:
        """Return the areas said, ``None`` for any; and whether all places said are known."""
        if not self._inquiry.places:
            return None, True
        found: frozenset[AreaId] = frozenset()
        for said in self._inquiry.places:
            name = _SPOKEN_PLACES.get(said, said)
            place = self._grounder.places.find(name)
            if place.areas is None:
                return None, True
            found |= place.areas
        return (found, True) if found else (None, False)

    def _as_place(self, subject: tuple[str, ...]) -> frozenset[AreaId] | None:
        """Return the areas that the subject is, if it is a place and nothing else."""
        said = " ".join(subject)
        place = self._grounder.places.find(said)
        if place.unknown or place.areas is None:
            return None
        words = set(text.singulars(text.tokens(said)))
        named = [self._grounder.places.words(area) for area in place.areas]
        own = place.several or not place.unknown
        return place.areas if own and (len(words) < 2 or any(words & n for n in named)) else None

    def _here_as(self, subject: tuple[str, ...]) -> frozenset[AreaId] | None:
        """Return the speaker's room where the subject is only "my room", "this room"."""
        here = self._grounder.places.find("here").areas
        return here if here and subject in self._lexicon.here else None

    def _all_areas(self) -> frozenset[AreaId]:
        return frozenset(area.area_id for area in self._view.areas())

    def _outdoor_areas(self) -> frozenset[AreaId]:
        return self._grounder.places.find("outside").areas or frozenset()


def _may_tell(sensor: Entity, inquiry: Inquiry) -> bool:
    """Return whether a sensor may be asked for what its class does not name: "how full's the battery"."""
    quality = inquiry.quality.name if inquiry.quality is not None else ""
    return not sensor.device_class or (quality, sensor.device_class) == ("fill", "battery")


def _names(entities: Sequence[Entity]) -> tuple[str, ...]:
    return tuple(entity.name for entity in entities)


def _told_verdict(told: tuple[Told, ...], quality: Quality | None) -> Verdict:
    facts: dict[str, Value] = {
        "what": quality.name if quality is not None else "state",
        "names": tuple(item.where or item.entity.name for item in told),
        "values": tuple(spoken(item.value) for item in told),
        "units": tuple(item.unit for item in told),
    }
    targets = tuple(item.entity.entity_id for item in told)
    return Verdict("value" if len(told) == 1 else "values", facts, targets)


def spoken(value: Value) -> str:
    """Return a value as it is spoken."""
    if value is None:
        return "unknown"
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    if isinstance(value, tuple) and len(value) == _RGB:
        parts = [part for part in value if isinstance(part, int)]
        if len(parts) == _RGB:
            return colour_name(*parts)
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    return str(value).replace("_", " ")


def _is_hot(item: Told) -> bool:
    """Return whether a thing is far hotter than any room."""
    value = number_of(item.value)
    return value is not None and value > (_HOT_F if item.unit.endswith("F") else _HOT_C)


def _in_unit(value: float, said: str, unit: str) -> float:
    """Return a bound in the unit of a sensor, where another scale was said."""
    fahrenheit = said.casefold().endswith(("fahrenheit", "f"))
    celsius = said.casefold().endswith(("celsius", "centigrade", "c"))
    if fahrenheit and unit.endswith("C"):
        return (value - 32.0) * 5.0 / 9.0
    return value * 9.0 / 5.0 + 32.0 if celsius and unit.endswith("F") else value


def _is_plural(word: str) -> bool:
    return text.singular(word) != word
