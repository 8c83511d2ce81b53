"""One household living with one hub: what is said, what the hub makes of it, and the truth.

The people are those of ``simulate``; the hub is that of ``replay``: real adapters, store, resolver and
dialogue on a bus in memory, moved by hand. Whether a turn did what was wanted is judged by the devices
(``simulate/wishes.py``), never by what the hub believes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hubagent.households.arms import OFF
from hubagent.households.mind import Mind
from hubagent.replay import MemoryHub
from hubagent.simulate.people import DAY_S
from hubagent.simulate.policy import Move
from hubagent.simulate.wishes import ELSEWHERE, KINDS, Verdict, Wish, judge
from hubagent.types import Arm, AsrResult, Decision, TurnId, Utterance

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping

    from hubagent.households.arms import Learning
    from hubagent.ports import Understand
    from hubagent.simulate.people import Errand, Household
    from hubagent.simulate.wishes import States
    from hubagent.types import EntityId, TurnRecord

FIRST_DAY_S = 1_767_225_600.0
"""Midnight, 1 January 2026, UTC: when every household begins."""
_LEARNS_AT_S = 3 * 3600.0
"""After midnight: when the hub is idle."""
_SEEN_AFTER_S = (65.0, 250.0)
"""Steps in which an errand is left behind: past the minute of silence and the five of a state kept."""
_SWITCHED_OFF = 0.5
"""How often a thing that is on is switched off by hand before the next errand."""
_BEFORE_S = 450.0
"""So long before an errand the home is made such that there is something to want."""
_SENSITIVE = frozenset({"lock", "alarm_control_panel", "valve"})


@dataclass(frozen=True, slots=True)
class Truth:
    """What was true of one turn: the stream that the hub never sees."""

    turn_id: TurnId
    errand: str
    attempt: int
    """0 for the first words of an errand; counts on with every further turn about it."""
    day: int
    kind: str
    goal: str
    said: str
    heard: str
    verdict: Verdict
    decision: Decision
    changed: bool
    """About a preference that changed in the fifth week."""
    rewrite: str = ""
    """``personal`` or ``global`` when a rewrite was applied."""
    without: Verdict | None = None
    """Of the same words in the same home without the rewrite, run apart; ``None`` without rewrite."""
    target: str = ""
    """The words it was rewritten to."""
    sensitive: bool = False
    """Whether something sensitive moved that nobody had asked for."""

    @property
    def is_win(self) -> bool:
        """Whether the rewrite brought what was wanted, which the words alone did not."""
        return self.without is not None and self.without.defect and self.verdict is Verdict.DONE

    @property
    def is_loss(self) -> bool:
        """Whether the rewrite made it worse: not done, asked needlessly, or wrong instead of nothing."""
        return self.without is not None and self.verdict < self.without

    def as_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "turn_id": self.turn_id, "errand": self.errand, "attempt": self.attempt, "day": self.day,
            "kind": self.kind, "goal": self.goal, "said": self.said, "heard": self.heard,
            "verdict": self.verdict.name.lower(), "decision": self.decision.value,
            "changed": self.changed, "rewrite": self.rewrite, "target": self.target,
            "without": self.without.name.lower() if self.without is not None else None,
            "sensitive": self.sensitive,
        }  # fmt: skip


class Life:
    """One household living with one hub.

    Args:
        household: The people and their home.
        understand: Reads the words; shared by all households of a process.
        learning: What the hub learns; nothing by default.
    """

    def __init__(
        self, household: Household, understand: Understand, learning: Learning = OFF
    ) -> None:
        self._household = household
        self._understand = understand
        self._learning = learning
        self._hub = MemoryHub(household.home, now_s=FIRST_DAY_S)
        self._mind = Mind(self._hub, understand, learning)
        self._pipeline = self._mind.pipeline
        self._turns = 0
        self._before: States = {}
        self._last = (Utterance(TurnId(""), "", FIRST_DAY_S), Wish(ELSEWHERE))
        self._twin: MemoryHub | None = None

    def live(self, days: int) -> Iterator[Truth]:
        """Live so many days; yield the truth of every turn."""
        for day in range(days):
            for errand in self._household.errands(day):
                yield from self._run(errand, day)
                self._let_be()
            self._advance_to(DAY_S * (day + 1) + _LEARNS_AT_S)
            self._mind.learn(day)

    @property
    def mind(self) -> Mind:
        """What the hub has learned so far."""
        return self._mind

    # --- one errand -------------------------------------------------------------------------------

    def _run(self, errand: Errand, day: int) -> Iterator[Truth]:
        """Try to get what is wanted, as often as patience lasts."""
        person, wish = errand.person, errand.wish
        self._advance_to(errand.at_s - _BEFORE_S)
        self._use_otherwise(errand)
        self._make_wishable(wish)
        self._advance_to(errand.at_s)
        phrases = list(errand.phrases)
        text = self._household.words(phrases[0], wish, day=day)
        prefix, clearly = "", False
        for attempt in range(person.policy.patience):
            dice = errand.dice(attempt)
            heard = person.voice.heard(prefix + text, dice, clearly=clearly)
            truth, record = self._say(errand, attempt, day, prefix + text, heard, dice)
            yield truth
            verdict = truth.verdict
            if verdict is Verdict.ASKED and dice.random() < person.policy.answers:
                self._pass(dice.uniform(2, 6))
                answer = self._answer(record, wish)
                truth, record = self._say(errand, attempt + 100, day, answer, answer, dice)
                yield truth
                verdict = truth.verdict
            if verdict is Verdict.DONE or wish.kind == ELSEWHERE:
                if wish.kind != ELSEWHERE and dice.random() < person.policy.thanks:
                    self._pass(dice.uniform(2, 5))
                    yield self._say_thanks(errand, attempt, day, dice)
                return
            move = person.policy.move(dice)
            self._pass(dice.uniform(3, 12) if move is Move.REPEAT else dice.uniform(4, 25))
            if verdict is Verdict.WRONG:
                if dice.random() < person.policy.interrupts:
                    self._mind.interrupted(record.utterance.turn_id)
                if dice.random() < person.policy.repairs:
                    self._put_back(wish)
            if move in {Move.GIVE_UP, Move.BY_HAND}:
                if move is Move.BY_HAND:
                    self._by_hand(wish)
                return
            clearly = True
            prefix = ""
            if move is Move.REPHRASE and len(phrases) > 1:
                phrases.pop(0)
                text = self._household.words(phrases[0], wish, day=day, plainly=True)
            elif move is Move.CORRECT:
                prefix = dice.choice(("no ", "no i said ", "no i meant "))

    def _say(
        self, errand: Errand, attempt: int, day: int, said: str, heard: str, dice: random.Random
    ) -> tuple[Truth, TurnRecord]:
        self._turns += 1
        turn_id = TurnId(f"{self._household.seed}/{self._turns:06d}")
        doubt = 0.2 if heard != said else 0.0
        confidence = min(0.99, max(0.3, dice.gauss(0.88 - doubt, 0.08)))
        utterance = Utterance(
            turn_id, heard, self._hub.clock.now_s(), area_id=errand.here,
            speaker=errand.person.name, asr=AsrResult(round(confidence, 3)),
        )  # fmt: skip
        self._before = self._hub.world.states()
        self._last = (utterance, errand.wish)
        record = self._pipeline.run_turn(utterance)
        self._hub.settle()
        verdict, moved = _judged(errand.wish, record, self._before, self._hub)
        rewrite = record.rewrite
        applied = rewrite is not None and rewrite.arm is Arm.APPLIED
        truth = Truth(
            turn_id, errand.id, attempt, day, errand.wish.kind, errand.wish.key, said, heard, verdict,
            record.decision, errand.changed,
            sensitive=any(id_.split(".")[0] in _SENSITIVE for id_ in moved - set(errand.wish.targets)),
        )  # fmt: skip
        if rewrite is not None and applied:
            truth = replace(
                truth, rewrite=rewrite.layer.value, target=rewrite.target,
                without=self.without(),
            )  # fmt: skip
        return truth, record

    def without(self) -> Verdict:
        """Return what the words of the last turn come to in the same home when nothing is rewritten.

        There is a second home with a hub that has learned nothing. Its devices are put into the states
        that these had, and the turn is run there: the counterfactual is carried out, not guessed.
        """
        utterance, wish = self._last
        twin = self._twin_at(utterance.heard_at_s)
        before = twin.world.states()
        record = Mind(twin, self._understand, OFF).pipeline.run_turn(utterance)
        twin.settle()
        return _judged(wish, record, before, twin)[0]

    def _twin_at(self, now_s: float) -> MemoryHub:
        """Return the second home as this one was before the turn; built anew where it cannot be made so."""
        if self._twin is not None:
            self._twin.advance(now_s - self._twin.clock.now_s())
            for id_, state in self._twin.world.states().items():
                if state != self._before[id_]:
                    was = self._before[id_]
                    self._twin.world.place(id_, was["state"], was["attributes"])
            self._twin.pump()
            if self._twin.world.states() == self._before:
                return self._twin
        setup = {id_: state for id_, state in self._before.items() if state["state"] != "unknown"}
        self._twin = MemoryHub(self._household.home.with_setup(setup), now_s=now_s)
        return self._twin

    def _answer(self, record: TurnRecord, wish: Wish) -> str:
        """Return what a person says to a question that offers what was meant."""
        candidates = [c for r in record.resolutions for c in r.candidates]
        if len(candidates) == 1:
            return "yes"
        if wish.named or wish.area is None:
            return self._household.true_name(wish.targets[0])
        return f"the {self._household.rooms[wish.area]}"

    def _say_thanks(self, errand: Errand, attempt: int, day: int, dice: random.Random) -> Truth:
        thanks = replace(errand, wish=Wish(ELSEWHERE), changed=False)
        words = dice.choice(("thanks", "thank you", "great thanks"))
        return self._say(thanks, attempt + 200, day, words, words, dice)[0]

    # --- hands ------------------------------------------------------------------------------------

    def _use_otherwise(self, errand: Errand) -> None:
        """Let people switch off by hand what they need no more, between errands."""
        dice = errand.dice(-1)
        for entity in self._household.home.entities:
            rests, chance = RESTS.get(entity.domain), dice.random()
            if rests is None or chance >= _SWITCHED_OFF:
                continue
            if self._hub.world.device(entity.entity_id).state != rests:
                self._place((entity.entity_id,), rests, {})

    def _make_wishable(self, wish: Wish) -> None:
        """Let it be such that the wish makes sense: somebody switched it before."""
        kind = KINDS.get(wish.kind)
        if kind is not None and kind.before is not None:
            self._place(wish.targets, *kind.before)

    def _by_hand(self, wish: Wish) -> None:
        """Do at the thing itself what the hub did not."""
        state = BY_HAND.get(wish.kind)
        if state is not None:
            self._place(wish.targets, state, {})

    def _put_back(self, wish: Wish) -> None:
        """Put back by hand what moved and should not have."""
        now = self._hub.world.states()
        for id_, was in self._before.items():
            if now[id_] != was and id_ not in wish.targets and was["state"] != "unknown":
                self._hub.world.place(id_, was["state"], was["attributes"])
        self._hub.pump()

    def _place(
        self, ids: tuple[EntityId, ...], state: str, attributes: Mapping[str, object]
    ) -> None:
        for id_ in ids:
            self._hub.world.place(id_, state, attributes)
        self._hub.pump()

    def _let_be(self) -> None:
        """Let what was done stay, long enough to be seen that nobody minded."""
        for seconds in _SEEN_AFTER_S:
            self._pass(seconds)

    # --- time -------------------------------------------------------------------------------------

    def _pass(self, seconds: float) -> None:
        self._hub.advance(seconds)
        self._mind.tick()

    def _advance_to(self, at_s: float) -> None:
        """Let time pass until so many seconds since the beginning, and do what comes due."""
        self._hub.advance(FIRST_DAY_S + at_s - self._hub.clock.now_s())
        for _ in self._pipeline.run_due():
            self._hub.settle()


RESTS = {"light": "off", "switch": "off", "fan": "off", "media_player": "paused"}
"""How things are while nobody needs them."""
BY_HAND = {
    "light_on": "on", "light_off": "off", "lights_all_off": "off", "plug_on": "on", "plug_off": "off",
    "switch_on": "on", "switch_off": "off", "coffee": "on", "fan_on": "on", "fan_off": "off",
    "cover_open": "open", "cover_close": "closed", "lock": "locked", "pause": "paused",
    "vacuum_start": "cleaning", "vacuum_dock": "docked",
}  # fmt: skip
"""Kinds of wishes that one's own hand can fulfil, and how the thing is then."""


def _judged(
    wish: Wish, record: TurnRecord, before: States, hub: MemoryHub
) -> tuple[Verdict, set[str]]:
    """Return the verdict on a turn, and what moved."""
    after = hub.world.states()
    asking = [r for r in record.resolutions if r.decision is Decision.ASK]
    verdict = judge(
        wish, before, after,
        decision=record.decision,
        told=frozenset(id_ for r in record.resolutions for id_ in r.targets),
        offered=frozenset(id_ for r in asking for c in r.candidates for id_ in c.entity_ids),
    )  # fmt: skip
    return verdict, {id_ for id_, state in after.items() if state != before[id_]}
