"""People of a simulated household: what each wants and when, how they put it, how they are heard.

In: a home, phrases, a recogniser, a seed. Out: errands, each with its true wish and its own chance, so
that the same errand is said and heard alike in every arm of an experiment, whatever happened before.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubagent.simulate.phrases import NAME, ROOM, VALUE, spoken
from hubagent.simulate.policy import Policy, draw_policy
from hubagent.simulate.recogniser import Voice
from hubagent.simulate.wishes import ELSEWHERE, KINDS, Thing, Wish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hubagent.simulate.home import HomeModel
    from hubagent.simulate.phrases import Phrase, Phrases
    from hubagent.simulate.recogniser import Recogniser
    from hubagent.types import AreaId, EntityId

DAY_S = 86_400.0
CHANGE_DAY = 28
"""First day of the fifth week, on which some preferences of every household are others."""
_SEEN_BEFORE = 0.7
"""Part of the errands that come from a person's habits; the others are drawn anew from all wishes."""
_ELSEWHERE = 0.12
"""Part of the errands that are not for a home."""
_FAVOURITE = 0.6
"""How often the favourite phrasing is used, and so on among the rest."""
_COMMON = {
    "light_on": 6, "light_off": 6, "lights_all_off": 1, "light_dim": 3, "light_up": 3, "light_level": 2,
    "light_colour": 2, "plug_on": 1, "plug_off": 1, "switch_on": 2, "switch_off": 2, "coffee": 2,
    "vacuum_start": 1, "vacuum_dock": 1, "cover_open": 2, "cover_close": 2, "fan_on": 1, "fan_off": 1,
    "climate_set": 2, "volume_up": 2, "volume_down": 2, "mute": 1, "pause": 1, "lock": 1,
    "ask_temperature": 2, "ask_light": 1,
}  # fmt: skip
"""How common kinds of wishes are."""
_HOURS = ((6, 9, 4), (9, 17, 3), (17, 23, 6))
"""From, until, how many of the day's errands."""


@dataclass(frozen=True, slots=True)
class Habit:
    """Something a person wants again and again."""

    wish: Wish
    hour: float
    weight: float
    phrases: tuple[Phrase, ...]
    """Favourites first."""
    here: AreaId | None
    """Where it is said."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person."""

    name: str
    habits: tuple[Habit, ...]
    policy: Policy
    voice: Voice


@dataclass(frozen=True, slots=True)
class Errand:
    """One occasion on which something is wanted."""

    id: str
    at_s: float
    """Since the start of the first day."""
    person: Person
    wish: Wish
    phrases: tuple[Phrase, ...]
    here: AreaId | None
    changed: bool
    """Whether it is about a preference that is not what it was before the fifth week."""

    def dice(self, attempt: int) -> random.Random:
        """Return the chance of one attempt, the same in every arm."""
        return random.Random(f"{self.id} attempt {attempt}")  # noqa: S311 - no secret


class Household:
    """People and their home.

    Args:
        home: Where they live.
        phrases: What can be said.
        recogniser: What can be heard.
        seed: Of this household.
        errands_a_day: On average, of all together.
    """

    def __init__(
        self,
        home: HomeModel,
        phrases: Phrases,
        recogniser: Recogniser,
        seed: str,
        *,
        errands_a_day: float = 10.0,
    ) -> None:
        self.seed = seed
        self.home = home
        self.phrases = phrases
        self._errands_a_day = errands_a_day
        self._days: dict[int, tuple[Errand, ...]] = {}
        self.names = {entity.entity_id: spoken(entity.name) for entity in home.entities}
        self.rooms = {area.area_id: spoken(area.name) for area in home.areas}
        self.area_of = {entity.entity_id: entity.area_id for entity in home.entities}
        self.wishes = tuple(self._all_wishes())
        words = {
            word for name in (*self.names.values(), *self.rooms.values()) for word in name.split()
        }
        dice = self._dice("household")
        self.own_names = self._own_names(dice)
        self.new_own_names = self._renamed(dice)
        heard = recogniser.with_words(words)
        self.people = tuple(
            self._person(number, heard) for number in range(dice.choice((1, 2, 2, 3)))
        )

    def _dice(self, what: str) -> random.Random:
        return random.Random(f"{self.seed} {what}")  # noqa: S311 - no secret

    # --- what can be wanted -----------------------------------------------------------------------

    def _all_wishes(self) -> Iterator[Wish]:
        for name, kind in KINDS.items():
            fitting: dict[AreaId | None, list[EntityId]] = {}
            for entity in self.home.entities:
                attributes = self.home.initial[entity.entity_id].attributes
                if entity.domain == kind.domain and kind.fits(
                    Thing(entity.name.casefold(), attributes)
                ):
                    fitting.setdefault(self.area_of[entity.entity_id], []).append(entity.entity_id)
            if name == "lights_all_off":
                yield Wish(name, tuple(id_ for ids in fitting.values() for id_ in ids))
                continue
            for area, ids in fitting.items():
                for value in kind.values or ("",):
                    if kind.room and (whole := self._whole_room(kind.domain, area, ids)):
                        yield Wish(name, whole, area, value)
                    if kind.by_name or not kind.room:
                        yield from (Wish(name, (id_,), area, value, named=True) for id_ in ids)

    def _whole_room(
        self, domain: str, area: AreaId | None, ids: list[EntityId]
    ) -> tuple[EntityId, ...]:
        """Return what a room's kind means; nothing when part of its lamps cannot do it."""
        everything = [
            e.entity_id
            for e in self.home.entities
            if e.domain == domain and self.area_of[e.entity_id] == area
        ]
        return tuple(ids) if domain != "light" or len(everything) == len(ids) else ()

    # --- what things are called -------------------------------------------------------------------

    def _own_names(self, dice: random.Random) -> dict[EntityId, str]:
        """Give some things a name of the household's own, which the home does not know."""
        found: dict[EntityId, str] = {}
        for domain, names in sorted(self.phrases.own_names.items()):
            things = [e.entity_id for e in self.home.entities if e.domain == domain]
            count = min(
                len(things), len(names), dice.choice((1, 1, 2, 3) if domain == "light" else (0, 1))
            )
            found |= dict(zip(dice.sample(things, count), dice.sample(names, count), strict=True))
        return found

    def _renamed(self, dice: random.Random) -> dict[EntityId, str]:
        """Return own names after the change: one lamp's now means another lamp."""
        lamps = [e.entity_id for e in self.home.entities if e.domain == "light"]
        old = next((id_ for id_ in self.own_names if id_ in lamps), None)
        free = [id_ for id_ in lamps if id_ not in self.own_names]
        if old is None or not free:
            return self.own_names
        now = {id_: name for id_, name in self.own_names.items() if id_ != old}
        return {**now, dice.choice(free): self.own_names[old]}

    def called(self, entity_id: EntityId, *, day: int) -> str:
        """Return what people call a thing on a day: their own name for it, else the home's."""
        names = self.own_names if day < CHANGE_DAY else self.new_own_names
        return names.get(entity_id) or self.true_name(entity_id)

    def true_name(self, entity_id: EntityId) -> str:
        """Return the name that the home knows, as it is said."""
        return f"the {self.names[entity_id]}"

    def words(self, phrase: Phrase, wish: Wish, *, day: int, plainly: bool = False) -> str:
        """Return a phrase with its gaps filled.

        Args:
            phrase: With gaps.
            wish: What is wanted.
            day: Since the start.
            plainly: Use the home's names, as people do when theirs was not understood.
        """
        if not wish.targets:
            return phrase.text
        room = self.rooms.get(wish.area, "") if wish.area else ""
        thing = (
            self.true_name(wish.targets[0]) if plainly else self.called(wish.targets[0], day=day)
        )
        return phrase.text.replace(ROOM, room).replace(NAME, thing).replace(VALUE, wish.value)

    # --- people -----------------------------------------------------------------------------------

    def _person(self, number: int, recogniser: Recogniser) -> Person:
        seed = f"{self.seed} person {number}"
        dice = self._dice(f"person {number}")
        wishes = [self._draw_wish(dice) for _ in range(dice.randint(8, 14))]
        wishes += [
            Wish(kind, (id_,), self.area_of[id_], named=True)
            for id_ in self.own_names
            for kind in (("light_on", "light_off") if id_.startswith("light.") else _switching(id_))
        ]
        habits = [self._habit(wish, 1.0 / (1 + rank), dice) for rank, wish in enumerate(wishes)]
        return Person(f"person {number}", tuple(habits), draw_policy(dice),
                      Voice(recogniser, seed, dice.uniform(0.8, 2.6)))  # fmt: skip

    def _draw_wish(self, dice: random.Random) -> Wish:
        kinds = sorted({wish.kind for wish in self.wishes})
        kind = dice.choices(kinds, [_COMMON[name] for name in kinds])[0]
        return dice.choice([wish for wish in self.wishes if wish.kind == kind])

    def _habit(self, wish: Wish, weight: float, dice: random.Random) -> Habit:
        here = wish.area if dice.random() < 0.75 else dice.choice(sorted(self.rooms))
        return Habit(wish, dice.uniform(6, 23), weight, self._favourites(wish, here, dice), here)

    def _favourites(
        self, wish: Wish, here: AreaId | None, dice: random.Random
    ) -> tuple[Phrase, ...]:
        """Return the phrases that fit, in a random order: what a person says first, second, ..."""
        scopes = ["name"] if wish.named and wish.kind != "lock" else ["room"]
        if not wish.named and (here == wish.area or wish.area is None):
            scopes.append("here")
        if wish.kind in {"lock", "coffee", "vacuum_start", "vacuum_dock", "lights_all_off"}:
            scopes = ["here"]
        found = [item for scope in scopes for item in self.phrases.of(wish.kind, scope)]
        dice.shuffle(found)
        return tuple(found)

    # --- errands ----------------------------------------------------------------------------------

    def errands(self, day: int) -> tuple[Errand, ...]:
        """Return what is wanted on a day, in order of time; the same whenever it is asked."""
        if day not in self._days:
            self._days[day] = self._errands(day)
        return self._days[day]

    def _errands(self, day: int) -> tuple[Errand, ...]:
        dice = self._dice(f"day {day}")
        count = max(1, round(dice.gauss(self._errands_a_day, self._errands_a_day / 4)))
        found = [self._errand(f"{self.seed} {day}.{number}", day) for number in range(count)]
        found.sort(key=lambda item: item.at_s)
        # Errands do not overlap: each has a quarter of an hour.
        for number in range(1, len(found)):
            earliest = found[number - 1].at_s + 900
            if found[number].at_s < earliest:
                found[number] = replace(found[number], at_s=earliest)
        return tuple(found)

    def _errand(self, id_: str, day: int) -> Errand:
        dice = random.Random(id_)  # noqa: S311 - no secret
        here: AreaId | None
        person = dice.choice(self.people)
        start, end, _ = dice.choices(_HOURS, [share for _, _, share in _HOURS])[0]
        at_s = DAY_S * day + 3600 * dice.uniform(start, end)
        if dice.random() < _ELSEWHERE:
            wish, here = Wish(ELSEWHERE), dice.choice(sorted(self.rooms))
            phrases = tuple(self.phrases.of(ELSEWHERE, "here"))
            return Errand(id_, at_s, person, wish, (dice.choice(phrases),), here, changed=False)
        if dice.random() < _SEEN_BEFORE:
            habit = dice.choices(person.habits, [habit.weight for habit in person.habits])[0]
            wish, here, phrases = habit.wish, habit.here, _as_usual(habit.phrases, dice)
            at_s = DAY_S * day + 3600 * min(23.0, max(6.0, dice.gauss(habit.hour, 0.7)))
        else:
            wish = self._draw_wish(dice)
            drawn = self._habit(wish, 1.0, dice)
            here, phrases = drawn.here, drawn.phrases
        wish, changed = self._now_meant(wish, day)
        return Errand(id_, at_s, person, wish, phrases, here, changed=changed)

    def _now_meant(self, wish: Wish, day: int) -> tuple[Wish, bool]:
        """Return the wish as it is on a day: from the fifth week an own name means another lamp."""
        if not wish.named or day < CHANGE_DAY:
            return wish, False
        name = self.own_names.get(wish.targets[0])
        now = next((id_ for id_, other in self.new_own_names.items() if other == name), None)
        if (
            name is None
            or now is None
            or now == wish.targets[0]
            or wish.kind not in {"light_on", "light_off"}
        ):
            return wish, False
        return replace(wish, targets=(now,), area=self.area_of[now]), True


def _switching(entity_id: EntityId) -> tuple[str, ...]:
    domain = entity_id.split(".")[0]
    return {
        "switch": ("switch_on", "switch_off"), "cover": ("cover_open", "cover_close"),
        "fan": ("fan_on", "fan_off"),
    }.get(domain, ())  # fmt: skip


def _as_usual(phrases: tuple[Phrase, ...], dice: random.Random) -> tuple[Phrase, ...]:
    """Return phrases with today's first: mostly the favourite, seldom another; the rest in order."""
    at = 0
    while at < len(phrases) - 1 and dice.random() > _FAVOURITE:
        at += 1
    return (phrases[at], *phrases[:at], *phrases[at + 1 :]) if phrases else phrases
