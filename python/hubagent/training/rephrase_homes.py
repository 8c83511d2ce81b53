"""Invented households for the rephrase detector: a home, its goals, and how people word them.

In: the vocabulary and sentence templates of the understanding model, dice. Out: a home as data, and
goals, each with ways to say it: in full, with a name the home does not know, cut short, as a
correction. Two sentences of one goal are drawn from the templates of one class with the same names
and values, so they are other words for the same thing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hubagent.errors import DataError
from hubagent.simulate.home import load_home, slugify
from hubagent.training import grammar

if TYPE_CHECKING:
    import random

    from hubagent.simulate.home import HomeModel
    from hubagent.training.sentences import Templates


@dataclass(frozen=True, slots=True)
class Kind:
    """What is made of one kind of thing."""

    domain: str
    lists: tuple[str, ...]
    """Lists of the vocabulary that name it; the first one is drawn from."""
    labels: tuple[str, ...]
    """What is asked of it: classes of the model."""
    share: int
    state: object = "off"
    attributes: dict[str, Any] = field(default_factory=dict, hash=False)


KINDS = (
    Kind("light", ("light",),
         ("light_on", "light_off", "light_on", "light_off", "light_brightness", "light_color", "light_dim"),
         10, "off", {"supported_color_modes": ["hs", "color_temp"], "brightness": 100}),
    Kind("switch", ("switch_name", "odd"), ("turn_on", "turn_off"), 6),
    Kind("fan", ("fan_name",), ("turn_on", "turn_off", "fan_speed"), 2, "off",
         {"supported_features": 7}),
    Kind("cover", ("cover_name",), ("cover_open", "cover_close", "cover_position"), 3, "open",
         {"device_class": "blind", "current_position": 60, "supported_features": 15}),
    Kind("media_player", ("media_name",),
         ("media_pause", "volume_set", "volume_up", "volume_down", "volume_mute", "media_next"), 3,
         "playing", {"volume_level": 0.4}),
    Kind("climate", ("climate_name",), ("climate_set",), 2, "heat",
         {"hvac_modes": ["off", "heat", "cool"], "temperature": 20, "current_temperature": 19.5,
          "min_temp": 7, "max_temp": 35,
          "supported_features": ["target_temperature", "turn_on", "turn_off"]}),
    Kind("vacuum", ("vacuum_name",), ("vacuum_start", "vacuum_dock"), 1, "docked",
         {"battery_level": 100}),
    Kind("lock", ("lock_name",), ("lock",), 1, "unlocked", {"supported_features": 0}),
)  # fmt: skip
VALUES = {
    "light_brightness": "percent", "light_color": "color", "fan_speed": "percent",
    "cover_position": "percent", "volume_set": "percent", "climate_set": "degrees",
    "timer_start": "duration", "list_add": "item",
}  # fmt: skip
"""Class -> the list its value is drawn from."""
PLAIN = {
    "light_on": "turn on the {}", "light_off": "turn off the {}", "turn_on": "turn on the {}",
    "turn_off": "turn off the {}", "light_brightness": "set the {} to {}",
    "light_color": "set the {} to {}", "light_dim": "dim the {}", "fan_speed": "set the {} to {}",
    "cover_open": "open the {}", "cover_close": "close the {}", "cover_position": "set the {} to {}",
    "media_pause": "pause the {}", "media_next": "next track on the {}",
    "volume_set": "set the volume of the {} to {}", "volume_up": "turn up the {}",
    "volume_down": "turn down the {}", "volume_mute": "mute the {}",
    "climate_set": "set the {} to {}", "vacuum_start": "start the {}",
    "vacuum_dock": "send the {} home", "lock": "lock the {}",
    "timer_start": "set a timer for {1}", "list_add": "add {1} to the shopping list",
}  # fmt: skip
"""The plainest way to say a goal: what it comes to is what the goal is."""
IDEMPOTENT = frozenset({"volume_up", "volume_down", "light_dim", "media_next"})
"""Said again because more of it is wanted."""
OPPOSITE = {"light_on": "light_off", "turn_on": "turn_off", "cover_open": "cover_close"}
OPPOSITE |= {value: key for key, value in OPPOSITE.items()}
_SHORT = {
    "light": "light", "fan": "fan", "cover": "blinds", "media_player": "music",
    "climate": "heating", "switch": "plug",
}  # fmt: skip
"""What a thing is called by who names no more than its kind."""
_AREALESS = ("timer_start", "list_add")
_MORE = frozenset(
    {"all", "both", "every", "everything", "except", "but", "by", "another", "further"}
)
"""Words of templates that ask for more, for less, or for a step instead of a value."""
_TRIES = 40


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing of the home, and what its people call it."""

    entity_id: str
    kind: Kind
    area: str
    name: str
    """As the home knows it, lower case."""
    nickname: str
    """As one of them calls it and the home does not; empty for most."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What somebody wants: one class, one thing, one value."""

    label: str
    thing: Thing | None
    value: str = ""

    @property
    def plain(self) -> str:
        """Return the plainest words for it."""
        return PLAIN[self.label].format(self.thing.name if self.thing else "", self.value)


@dataclass(frozen=True, slots=True)
class Household:
    """A home and the things in it that are spoken of."""

    name: str
    home: HomeModel
    things: tuple[Thing, ...]
    words: frozenset[str]
    """Words of its names."""


class Inventor:
    """Draws households, goals and sentences.

    Args:
        templates: Of the model's training; their vocabulary names rooms and things.
        classes: Which templates of each class may be used, by the dice of the split: a number in
            [0, 1) per template; sentences of held-out households come from templates of their own.
    """

    def __init__(self, templates: Templates, *, held_out: bool, share: float = 0.3) -> None:
        self._templates = templates
        self._draw = templates.vocabulary.draw
        self.nodes: dict[str, list[grammar.Node]] = {}
        for label in PLAIN:
            nodes = [*templates.own.get(label, ()), *templates.spoken.get(label, ())]
            every = max(2, round(1 / share))
            mine = [node for at, node in enumerate(nodes) if (at % every == 0) is held_out]
            self.nodes[label] = mine

    def household(self, name: str, dice: random.Random) -> Household:
        """Invent a home of three to ten rooms and eight to thirty things."""
        areas: list[str] = []
        while len(areas) < dice.randint(3, 10):
            area = self._draw["area"](dice)
            if area not in areas:
                areas.append(area)
        raw: list[dict[str, Any]] = []
        things: list[Thing] = []
        taken = set(areas)
        for _ in range(dice.randint(8, 30)):
            kind = dice.choices(KINDS, [kind.share for kind in KINDS])[0]
            area = dice.choice(areas)
            called = self._draw[dice.choice(kind.lists)](dice).strip()
            if dice.random() < 0.6 and not called.startswith(area):
                called = f"{area} {called}"
            entity_id = f"{kind.domain}.{slugify(called)}"
            if called in taken or any(item["id"] == entity_id for item in raw):
                continue
            taken.add(called)
            nickname = self._draw[kind.lists[0]](dice) if dice.random() < 0.35 else ""
            raw.append({"id": entity_id, "name": called.title(), "area": area.title(),
                        "state": kind.state, "attributes": kind.attributes})  # fmt: skip
            things.append(
                Thing(entity_id, kind, area, called, "" if nickname in taken else nickname)
            )
        raw.append({"id": "todo.shopping_list", "name": "Shopping List", "state": None,
                    "attributes": {"items": ["milk"]}})  # fmt: skip
        home = load_home({"areas": [{"name": area.title()} for area in areas], "entities": raw})
        words = {word for name_ in taken for word in name_.split()}
        return Household(name, home, tuple(things), frozenset(words))

    def goal(self, household: Household, dice: random.Random) -> Goal:
        """Draw something to want."""
        if dice.random() < 0.08:
            return self._with_value(Goal(dice.choice(_AREALESS), None), dice)
        thing = dice.choice(household.things)
        return self._with_value(Goal(dice.choice(thing.kind.labels), thing), dice)

    def near(self, goal: Goal, household: Household, dice: random.Random) -> Goal:
        """Draw another goal that sounds like this one: other thing, room, value or direction."""
        ways: list[str] = []
        others: list[Thing] = []
        if goal.thing is not None:
            others = [it for it in household.things if it.kind is goal.thing.kind]
            others = [it for it in others if it is not goal.thing]
            if others:
                ways += ["thing"] * 3
            ways += ["label"] if len(set(goal.thing.kind.labels)) > 1 else []
        ways += ["value"] * 2 if goal.value else []
        ways += ["opposite"] if goal.label in OPPOSITE else []
        way = dice.choice(ways) if ways else ""
        if way == "thing":
            return Goal(goal.label, dice.choice(others), goal.value)
        if way == "opposite":
            return Goal(OPPOSITE[goal.label], goal.thing)
        if way == "label" and goal.thing is not None:
            others_ = sorted({*goal.thing.kind.labels} - {goal.label})
            return self._with_value(Goal(dice.choice(others_), goal.thing), dice)
        if way == "value":
            return self._with_value(Goal(goal.label, goal.thing), dice)
        return self.goal(household, dice)

    def _with_value(self, goal: Goal, dice: random.Random) -> Goal:
        source = VALUES.get(goal.label)
        return goal if source is None else Goal(goal.label, goal.thing, self._draw[source](dice))

    def say(self, goal: Goal, dice: random.Random, *, by: str = "name") -> str:
        """Return words for a goal.

        Args:
            goal: What is wanted.
            dice: Source of chance.
            by: How the thing is named: ``name``, ``nickname``, or ``kind`` (cut short).
        """
        allowed: grammar.Draw = {}
        if goal.thing is not None:
            named = _named(goal.thing, by)
            for source in (*goal.thing.kind.lists, "nickname"):
                allowed[source] = lambda _: named
            if by == "name":
                area = goal.thing.area
                allowed["area"] = lambda _: area
        if goal.value:
            allowed[VALUES[goal.label]] = lambda _: goal.value
        if goal.label == "list_add":
            allowed["list_name"] = lambda _: "shopping list"
        for _ in range(_TRIES):
            node = dice.choice(self.nodes[goal.label])
            try:
                pieces = grammar.sample(node, self._templates.rules, allowed, dice)
            except DataError:  # it needs a list that this goal has no word for
                continue
            if _complete(pieces, goal):
                return _once(grammar.join(pieces)[0], goal)
        named = "" if goal.thing is None else _named(goal.thing, by)
        return PLAIN[goal.label].format(named, goal.value)

    def correction(self, goal: Goal, dice: random.Random) -> str:
        """Return words that put right what was misunderstood: ``no, the hall lamp``."""
        lead = dice.choice(
            ("no", "no no", "i said", "no i said", "i meant", "no i meant", "not that")
        )
        if goal.thing is None or dice.random() < 0.4:
            return f"{lead} {self.say(goal, dice)}"
        if goal.value and dice.random() < 0.4:
            return f"{lead} {goal.value}"
        short = f"the {goal.thing.area} one" if dice.random() < 0.4 else f"the {goal.thing.name}"
        return f"{lead} {short}"

    def outside(self, dice: random.Random) -> str:
        """Return something a hub can do nothing with."""
        return self._templates.draw_outside(dice).text


def _named(thing: Thing, by: str) -> str:
    if by == "nickname" and thing.nickname:
        return thing.nickname
    return _SHORT.get(thing.kind.domain, thing.name) if by == "kind" else thing.name


def _complete(pieces: list[grammar.Piece], goal: Goal) -> bool:
    """Whether a sentence says all of the goal and no more, each part once."""
    sources = [piece.source for piece in pieces if piece.source]
    words = {word for piece in pieces if not piece.source for word in piece.text.split()}
    if len(sources) != len(set(sources)) or not _MORE.isdisjoint(words):
        return False
    if goal.value and VALUES[goal.label] not in sources:
        return False
    return goal.thing is None or any(s in (*goal.thing.kind.lists, "nickname") for s in sources)


def _once(text: str, goal: Goal) -> str:
    """Return the words without a room said twice: ``the hall hall lamp``."""
    area = goal.thing.area if goal.thing is not None else ""
    return text.replace(f"{area} {area} ", f"{area} ") if area else text


def polite(text: str, dice: random.Random) -> str:
    """Return the words, now and then with a carrier that asks for nothing."""
    carrier = dice.choices(
        ("{}", "please {}", "{} please", "can you {}", "could you {} please", "hey {}", "ok {}"),
        (60, 8, 8, 10, 5, 5, 4),
    )[0]
    return carrier.format(text)
