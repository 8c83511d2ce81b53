"""Dialogues of invented households, run through the real pipeline, with what was truly wanted.

In: a household and its manners, dice, the understander. Out: streams of ``Said``: the turn as the
journal keeps it, the signals on it, and the truth beside it. What works and what fails is not
decided here but by the hub: the words go through the model, the resolver and the executor of a hub
in memory, and a turn is right if it sent the commands of what was wanted.

Source: households after section "simulator" of the method sheet; the policy after a failure follows
its shares (repeat, rephrase, correct, by hand, give up), varied by household.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hubagent.evidence import JournalTurn, Signal, SignalKind
from hubagent.feedback.canonical import journal_turn
from hubagent.feedback.journal import Journal
from hubagent.feedback.watch import Observer
from hubagent.learn.sessions import ended_s
from hubagent.pipeline import Pipeline
from hubagent.replay import MemoryHub
from hubagent.training import noise
from hubagent.training.examples import Example
from hubagent.training.rephrase_homes import IDEMPOTENT, Goal, polite
from hubagent.types import Decision, TurnId, Utterance
from hubagent.understand import values

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

    from hubagent.ports import Understand
    from hubagent.training.rephrase_homes import Household, Inventor
    from hubagent.types import AreaId, Outcome, TurnRecord

Sent = frozenset[tuple[str, str, str]]
"""Commands: (entity, command, data)."""

_UNDO = ("undo", "undo that", "put it back", "no put it back", "never mind", "cancel that", "stop")
_APART_S = 900.0
"""Between words that have nothing to do with each other."""
_THANKS = ("thanks", "thank you", "great thanks")


@dataclass(frozen=True, slots=True)
class Manners:
    """How the people of one household speak and what they do when something goes wrong."""

    misheard: float
    """Chance that the recogniser errs in a sentence."""
    garbled: float
    """Chance per word, in such a sentence."""
    nickname: float
    short: float
    barge: float
    """Chance to break into the answer to words that went wrong."""
    slow: float
    """Median silence before the next thing wanted, s."""
    quick: float
    """Median silence before words that put something right, s."""
    other: float
    """Chance that somebody else says something in between."""
    known: bool
    """Whether the hub knows who speaks."""
    after: Mapping[str, float]
    """Weights of what is done after a failure."""
    near: float
    """Chance that the next thing wanted sounds like the last."""

    @classmethod
    def draw(cls, dice: random.Random) -> Manners:
        """Draw the manners of a household."""
        return cls(
            misheard=dice.uniform(0.15, 0.5), garbled=dice.uniform(0.2, 0.5),
            nickname=dice.uniform(0.0, 0.5), short=dice.uniform(0.0, 0.25),
            barge=dice.uniform(0.05, 0.5), slow=dice.uniform(8.0, 40.0),
            quick=dice.uniform(2.0, 10.0), other=dice.uniform(0.0, 0.2), known=dice.random() < 0.3,
            after={
                "repeat": dice.uniform(0.1, 0.35), "rephrase": dice.uniform(0.25, 0.5),
                "correct": dice.uniform(0.03, 0.15), "hand": dice.uniform(0.05, 0.15),
                "drift": dice.uniform(0.1, 0.3),
            },
            near=dice.uniform(0.2, 0.6),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """One turn with the truth beside it."""

    turn: JournalTurn
    episode: int
    """Turns of one episode want the same thing at one time."""
    right: bool
    """Whether the hub did what was wanted."""
    whole: bool
    """Whether the words ask for all of it: no answer to a question, no ``undo``, no thanks."""


@dataclass(frozen=True, slots=True)
class Stream:
    """What was said in one household, oldest first."""

    household: str
    words: frozenset[str]
    """Words of the names in the home."""
    said: tuple[Said, ...]
    signals: Mapping[TurnId, tuple[Signal, ...]]


def sent(outcomes: tuple[Outcome, ...], *, data: bool = True) -> Sent:
    """Return the commands of a turn, comparable."""
    return frozenset(
        (it.command.entity_id, it.command.command,
         repr(sorted(it.command.data.items())) if data else "")
        for it in outcomes
    )  # fmt: skip


class Speaker:
    """Says things in one room to one hub in memory, which observes and journals as any hub does."""

    def __init__(self, household: Household, understand: Understand, area: AreaId) -> None:
        self._household = household
        self._area = area
        self._hub = hub = MemoryHub(household.home)
        self._journal = Journal(None)
        self._observer = Observer(self._journal, hub.store.view, hub.clock)
        self._pipeline = Pipeline(
            understand=understand, values=values, context=hub.store, act=hub.executor,
            clock=hub.clock, observer=self._observer,
        )  # fmt: skip
        self._episode = 0
        self.said: list[Said] = []

    def new_episode(self) -> int:
        """Begin a new thing wanted."""
        self._episode += 1
        return self._episode

    def say(
        self, text: str, after_s: float, right: Callable[[TurnRecord], bool], *, speaker: str = "",
        episode: int | None = None, whole: bool = True,
    ) -> Said:  # fmt: skip
        """Say words ``after_s`` seconds after the last answer's end and keep the turn."""
        clock = self._hub.clock
        begin_s = clock.now_s() if not self.said else ended_s(self.said[-1].turn)
        self._hub.advance(max(0.1, begin_s + after_s - clock.now_s()))
        turn_id = TurnId(f"{self._household.name}-{len(self.said)}")
        said = Utterance(turn_id, text, clock.now_s(), area_id=self._area, speaker=speaker or None)
        record = self._pipeline.run_turn(said)
        self.said.append(
            Said(
                journal_turn(record),
                self._episode if episode is None else episode,
                right(record),
                whole,
            )
        )
        return self.said[-1]

    def break_in(self) -> None:
        """Speak or press a button while the last answer is being told."""
        turn = self.said[-1].turn
        self._observer.event("barge_in", turn.turn_id, (turn.at_s + ended_s(turn)) / 2.0)

    def by_hand(self, turn: JournalTurn) -> None:
        """Switch back by hand what a turn did."""
        signal = Signal(turn.turn_id, SignalKind.BY_HAND, ended_s(turn))
        self._journal.append(None, [signal])

    def stream(self) -> Stream:
        """Return all that was said and found."""
        self._observer.flush()
        signals = self._journal.signals([item.turn.turn_id for item in self.said])
        name, words = self._household.name, self._household.words
        return Stream(name, words, tuple(self.said), signals)


class Plain:
    """What plain words come to: asked of a hub of its own, long after what was asked before."""

    def __init__(self, household: Household, understand: Understand, area: AreaId) -> None:
        self._speaker = Speaker(household, understand, area)
        self._known: dict[str, TurnRecord] = {}

    def record(self, text: str) -> TurnRecord:
        """Return the turn of words as they are."""
        if text not in self._known:
            kept: list[TurnRecord] = []
            self._speaker.say(text, _APART_S, lambda record: bool(kept.append(record)))  # type: ignore[func-returns-value]
            self._known[text] = kept[0]
        return self._known[text]

    def commands(self, goal: Goal) -> Sent | None:
        """Return the commands of a goal; ``None`` if its plain words do not come to it."""
        record = self.record(goal.plain)
        found = sent(record.outcomes, data=goal.label not in IDEMPOTENT)
        its_own = goal.thing is None or {item[0] for item in found} == {goal.thing.entity_id}
        return found if record.decision is Decision.ACT and its_own else None


@dataclass(slots=True)
class Life:
    """One household's afternoon: goals one after the other, and the mess in between."""

    household: Household
    manners: Manners
    inventor: Inventor
    confusions: noise.Confusions
    speaker: Speaker
    plain: Plain
    dice: random.Random
    _last: Goal | None = field(default=None)

    def run(self, turns: int) -> Stream:
        """Live until at least so many turns were said."""
        while len(self.speaker.said) < turns:
            goal = self._next_goal()
            if goal is None:
                self._outside()
            else:
                self._want(goal)
        return self.speaker.stream()

    def _next_goal(self) -> Goal | None:
        if self.dice.random() < 0.07:
            return None
        for _ in range(20):
            near = self._last is not None and self.dice.random() < self.manners.near
            goal = (
                self.inventor.near(self._last, self.household, self.dice)
                if near and self._last is not None
                else self.inventor.goal(self.household, self.dice)
            )
            if self.plain.commands(goal) is not None:
                return goal
        return None

    # --- one thing wanted --------------------------------------------------------------------------

    def _want(self, goal: Goal) -> None:
        dice, manners = self.dice, self.manners
        self.speaker.new_episode()
        who = "ann" if manners.known else ""
        name = self._way_to_name(goal)
        clean = polite(self.inventor.say(goal, dice, by=name), dice)
        follows = (
            self._last is not None and self._last.label == goal.label and goal.thing is not None
        )
        whole = True
        if follows and not goal.value and dice.random() < 0.12 and goal.thing is not None:
            clean, whole = dice.choice(("and the {}", "the {} too", "{} as well")).format(goal.thing.name), False  # fmt: skip
        self._last = goal
        said = self._say(clean, self._pause(manners.slow, 1.0), goal, who, whole=whole)
        for tries in range(4):
            if said.right:
                self._pleased(goal, who, clean)
                return
            if dice.random() < manners.other:
                self._somebody_else()
            kinds = dict(manners.after)
            if said.turn.decision is Decision.ASK and dice.random() < 0.5:
                said = self._answer(goal, who)
                continue
            if said.turn.decision is Decision.ACT and said.turn.done:
                kinds["undo"] = 0.3
                kinds["correct"] *= 3.0
            if tries:
                kinds["repeat"] *= 0.5
                kinds["drift"] *= 1.5
            what = dice.choices(list(kinds), list(kinds.values()))[0]
            if what in ("drift", "hand"):
                if what == "hand" and said.turn.done:
                    self.speaker.by_hand(said.turn)
                return
            said, clean = self._again(what, goal, who, clean)

    def _again(self, what: str, goal: Goal, who: str, clean: str) -> tuple[Said, str]:
        """Say it once more in some way; return the turn and the words meant."""
        dice, quick = self.dice, self.manners.quick
        if what == "undo":
            self.speaker.say(dice.choice(_UNDO), self._pause(quick, 0.6), lambda _: False,
                             speaker=who, whole=False)  # fmt: skip
        if what == "correct":
            clean = self.inventor.correction(goal, dice)
        elif what != "repeat":
            by = "name" if dice.random() < 0.8 else self._way_to_name(goal)
            clean = self.inventor.say(goal, dice, by=by)
            if dice.random() < 0.15:  # shorter, as to somebody slow of understanding
                clean = goal.plain
            clean = polite(clean, dice)
        return self._say(clean, self._pause(quick, 0.7), goal, who, spoilt=0.5), clean

    def _answer(self, goal: Goal, who: str) -> Said:
        """Answer the hub's question."""
        thing = goal.thing
        text = goal.value if thing is None else self.dice.choice((thing.name, f"the {thing.name}", f"the {thing.area} one", "yes"))  # fmt: skip
        return self._say(text, self._pause(4.0, 0.5), goal, who, whole=False)

    def _pleased(self, goal: Goal, who: str, clean: str) -> None:
        """What is said after something worked, that is no rephrase of it."""
        dice = self.dice
        chance = dice.random()
        if goal.label in IDEMPOTENT and chance < 0.5:
            for _ in range(dice.randint(1, 3)):
                words = clean if dice.random() < 0.5 else self.inventor.say(goal, dice)
                self.speaker.new_episode()
                self._say(words, self._pause(5.0, 0.8), goal, who)
        elif chance < 0.04:
            self._say(clean, self._pause(8.0, 1.0), goal, who)
        elif chance < 0.09:
            self.speaker.new_episode()
            self.speaker.say(dice.choice(_UNDO), self._pause(10.0, 0.8), lambda _: True,
                             speaker=who, whole=False)  # fmt: skip
        elif chance < 0.13:
            self.speaker.new_episode()
            self.speaker.say(dice.choice(_THANKS), self._pause(2.0, 0.5), lambda _: True,
                             speaker=who, whole=False)  # fmt: skip

    def _outside(self) -> None:
        """Want something that no hub can do, perhaps twice."""
        dice = self.dice
        self.speaker.new_episode()
        clean = self.inventor.outside(dice)
        who = "ann" if self.manners.known else ""
        for _ in range(dice.choice((1, 1, 2, 3))):
            heard = self._heard(clean, 1.0)
            self.speaker.say(heard, self._pause(self.manners.slow, 1.0), lambda _: False,
                             speaker=who)  # fmt: skip
            self._maybe_barge(right=False)

    def _somebody_else(self) -> None:
        """Let another person say something in between."""
        goal = self.inventor.goal(self.household, self.dice)
        meant = self.plain.commands(goal)
        episode = -len(self.speaker.said) - 1
        self.speaker.say(
            self._heard(self.inventor.say(goal, self.dice), 0.5), self._pause(6.0, 1.0),
            lambda record: self._is(record, goal, meant),
            speaker="bob" if self.manners.known else "", episode=episode,
        )  # fmt: skip

    # --- saying ------------------------------------------------------------------------------------

    def _say(
        self, clean: str, after_s: float, goal: Goal, who: str, *, whole: bool = True,
        spoilt: float = 1.0,
    ) -> Said:  # fmt: skip
        meant = self.plain.commands(goal)
        said = self.speaker.say(
            self._heard(clean, spoilt), after_s, lambda record: self._is(record, goal, meant),
            speaker=who, whole=whole,
        )  # fmt: skip
        self._maybe_barge(right=said.right)
        return self.speaker.said[-1]

    @staticmethod
    def _is(record: TurnRecord, goal: Goal, meant: Sent | None) -> bool:
        if record.decision is not Decision.ACT or meant is None:
            return False
        if goal.label == "timer_start":
            return record.intent == "HassStartTimer" and goal.value in record.utterance.text
        return sent(record.outcomes, data=goal.label not in IDEMPOTENT) == meant

    def _heard(self, clean: str, share: float) -> str:
        """Return what the recogniser makes of the words."""
        if self.dice.random() > self.manners.misheard * share:
            return clean
        return noise.spoil(Example(clean, None), self.confusions, self.dice,
                           heard=self.manners.garbled).text  # fmt: skip

    def _maybe_barge(self, *, right: bool) -> None:
        if self.dice.random() < (0.03 if right else self.manners.barge):
            self.speaker.break_in()

    def _way_to_name(self, goal: Goal) -> str:
        chance = self.dice.random()
        if goal.thing is not None and goal.thing.nickname and chance < self.manners.nickname:
            return "nickname"
        return "kind" if chance > 1.0 - self.manners.short else "name"

    def _pause(self, median_s: float, spread: float) -> float:
        return min(400.0, self.dice.lognormvariate(0.0, spread) * median_s)


def live(
    household: Household, inventor: Inventor, confusions: noise.Confusions, understand: Understand,
    turns: int, dice: random.Random,
) -> Stream:  # fmt: skip
    """Let a household live for about so many turns; the people of it speak in one of its rooms."""
    area = dice.choice(household.home.areas).area_id
    return Life(
        household, Manners.draw(dice), inventor, confusions, Speaker(household, understand, area),
        Plain(household, understand, area), dice,
    ).run(turns)  # fmt: skip
