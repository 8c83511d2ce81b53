"""Signals from whole turns: the real pipeline, store and devices, and the traps of the method sheet, 4.1."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.act.schedule import Schedule
from hubagent.evidence import SignalKind as K
from hubagent.feedback.journal import Journal
from hubagent.feedback.watch import Observer
from hubagent.pipeline import Pipeline
from hubagent.replay import MemoryHub
from hubagent.simulate.home import load_home
from hubagent.types import AreaId, Decision, StateChange, TurnId, Utterance
from hubagent.understand import values
from hubagent.understand.understander import Understander

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.types import TurnRecord

HOME: dict[str, Any] = {
    "areas": [{"id": "kitchen", "name": "Kitchen"}, {"id": "bedroom", "name": "Bedroom"}],
    "entities": [
        {"id": "light.kitchen", "name": "Kitchen Light", "area": "kitchen", "state": "off",
         "attributes": {"supported_color_modes": ["brightness"]}},
        {"id": "light.bedroom", "name": "Bedside Lamp", "area": "bedroom", "state": "off"},
        {"id": "media_player.speaker", "name": "Speaker", "area": "kitchen", "state": "idle",
         "attributes": {"volume_level": 0.3}},
        {"id": "cover.blind", "name": "Kitchen Blind", "area": "kitchen", "state": "closed",
         "attributes": {"device_class": "blind", "current_position": 0}},
        {"id": "lock.front", "name": "Front Door", "area": "kitchen", "state": "locked"},
        {"id": "binary_sensor.motion", "name": "Kitchen Motion", "area": "kitchen", "state": "off",
         "attributes": {"device_class": "motion"}},
        {"id": "scene.night", "name": "Night", "area": "kitchen"},
    ],
}  # fmt: skip


class Home:
    """A hub on a simulated home, with the observer told of everything as in the daemon."""

    def __init__(self, understand: Understander) -> None:
        self.hub = MemoryHub(load_home(HOME))
        self.journal = Journal(None)
        self.observer = Observer(self.journal, self.hub.store.view, self.hub.clock)
        self.hub.listeners.append(self.observer)
        self.schedule = Schedule(self.hub.clock)
        self.pipeline = Pipeline(
            understand=understand,
            values=values,
            context=self.hub.store,
            act=self.hub.executor,
            clock=self.hub.clock,
            schedule=self.schedule,
            observer=self.observer,
        )
        self.count = 0

    def say(self, text: str, *, after_s: float = 8.0, area: str = "kitchen") -> TurnRecord:
        self.wait(after_s)
        turn_id = TurnId(f"t{self.count}")
        self.count += 1
        now_s = self.hub.clock.now_s()
        return self.pipeline.run_turn(Utterance(turn_id, text, now_s, area_id=AreaId(area)))

    def wait(self, seconds: float) -> None:
        """Let time pass as the daemon does: second by second."""
        while seconds > 0:
            self.hub.advance(min(1.0, seconds))
            self.observer.tick()
            for _ in self.pipeline.run_due():
                pass
            seconds -= 1.0

    def by_hand(self, entity_id: str, state: str, **attributes: object) -> None:
        self.hub.world.place(entity_id, state, attributes)
        self.hub.pump()

    def event(self, kind: str, turn_id: str | None = None) -> None:
        now_s = self.hub.clock.now_s()
        self.observer.event(kind, TurnId(turn_id) if turn_id else None, now_s)

    def signals(self, number: int, *, but: Sequence[K] = (K.SILENCE, K.KEPT)) -> list[K]:
        """Return the kinds of signals on a turn, but for the usual ones."""
        self.observer.flush()
        turn_id = TurnId(f"t{number}")
        return [
            it.kind for it in self.journal.signals([turn_id]).get(turn_id, ()) if it.kind not in but
        ]

    def strength(self, number: int, kind: K) -> float:
        self.observer.flush()
        (found,) = self.journal.signals([TurnId(f"t{number}")]).values()
        return next(it.strength for it in found if it.kind is kind)


@pytest.fixture(scope="module")
def understand() -> Understander:
    return Understander.load()


@pytest.fixture
def home(understand: Understander) -> Home:
    return Home(understand)


# --- in the journal -------------------------------------------------------------------------------


def test_a_turn_is_journalled_with_what_it_came_to(home: Home) -> None:
    home.say("turn on the kitchen light")
    (turn,) = home.journal.turns()
    assert turn.interpretation == "hassturnon|light.kitchen|turn_on"
    assert [done.outcome for done in turn.done] == ["followed"]


def test_a_turn_and_what_was_found_meanwhile_are_one_transaction(home: Home) -> None:
    class Counted(Journal):
        calls: tuple[tuple[bool, int], ...] = ()

        def append(self, turn: Any, signals: Any = ()) -> None:
            self.calls = (*self.calls, (turn is not None, len(signals)))
            super().append(turn, signals)

    home.observer._journal = home.journal = Counted(None)
    home.say("turn on the kitchen light")
    home.by_hand("light.kitchen", "off")
    home.wait(70)
    home.say("turn on the kitchen light")
    assert home.journal.calls == ((True, 0), (True, 2))
    assert home.signals(0, but=()) == [K.BY_HAND, K.SILENCE]


def test_signals_do_not_wait_for_a_turn_for_ever(home: Home) -> None:
    home.say("turn on the kitchen light")
    home.wait(1000)
    assert home.journal.counters()["signals"] == 2


# --- words ----------------------------------------------------------------------------------------


def test_words_that_come_to_nothing_are_unhandled_and_rephrased(home: Home) -> None:
    refused = home.say("turn on the kitschen lite lamp thing")
    assert refused.decision is Decision.REFUSE
    home.say("turn on the kitchen light")
    assert home.signals(0) == [K.UNHANDLED, K.REPHRASE]
    assert home.signals(1) == []


def test_the_same_words_again_are_a_repeat(home: Home) -> None:
    home.say("turn on the bathroom light")
    home.say("Turn on the bathroom light!")
    home.say("turn on the bathroom light", after_s=50)
    assert home.signals(0) == [K.UNHANDLED, K.REPEAT]
    assert home.signals(1) == [K.UNHANDLED]


def test_another_place_is_another_dialogue(home: Home) -> None:
    home.say("turn on the bathroom light")
    home.say("turn on the bathroom light", area="bedroom")
    assert home.signals(0) == [K.UNHANDLED]


@pytest.mark.parametrize(
    "text", ["no, I meant the bedside lamp", "wrong", "I said the bedside lamp", "not that one"]
)
def test_correction_language(home: Home, text: str) -> None:
    home.say("turn on the kitchen light")
    home.say(text)
    assert K.CORRECTION in home.signals(0)
    assert K.UNDO not in home.signals(0)


@pytest.mark.parametrize(
    "text", ["no lights on in here please", "not so bright", "turn on nothing"]
)
def test_what_only_begins_like_a_correction(home: Home, text: str) -> None:
    home.say("turn on the kitchen light")
    home.say(text)
    assert K.CORRECTION not in home.signals(0)


def test_undoing_by_word_counts_less_the_later_it_comes(home: Home) -> None:
    home.say("turn on the kitchen light")
    home.say("undo that")
    assert home.signals(0) == [K.UNDO]
    assert home.strength(0, K.UNDO) == 1.0
    home.say("turn on the kitchen light")
    home.say("put it back how it was", after_s=400)
    assert home.signals(2) == [K.UNDO]
    assert home.strength(2, K.UNDO) == pytest.approx(0.3)


def test_never_mind_gives_up(home: Home) -> None:
    home.say("turn on the light in the bathroom")
    home.say("never mind")
    assert K.CANCEL in home.signals(0)


@pytest.mark.parametrize(
    ("text", "kind"), [("no", K.NO), ("no thanks", K.NO), ("yes please", K.YES)]
)
def test_yes_and_no_are_answers_where_something_was_asked(home: Home, text: str, kind: K) -> None:
    assert home.say("turn on the light", area="garden").decision is Decision.ASK
    home.say(text, area="garden")
    assert home.signals(0) == [kind]
    home.say("turn on the kitchen light")
    home.say(text)
    assert kind not in home.signals(2)


def test_a_device_that_does_not_follow_is_unhandled(home: Home) -> None:
    home.hub.world.cut_off("light.kitchen")
    home.say("turn on the kitchen light")
    assert home.signals(0) == [K.UNHANDLED]


# --- the traps of 4.1 -----------------------------------------------------------------------------


def test_thanks_are_thanks_and_politeness_is_not(home: Home) -> None:
    home.say("turn on the kitchen light")
    home.say("thank you very much")
    home.say("thanks")
    assert home.signals(0) == [K.THANKS, K.THANKS]
    assert home.signals(1) == []
    home.say("turn off the kitchen light thanks")
    assert home.signals(3) == []
    home.say("turn on the bathroom light")
    home.say("thanks")
    assert K.THANKS not in home.signals(4)


def test_stop_is_no_failure_of_music_a_timer_or_an_alarm(home: Home) -> None:
    home.say("play some jazz")
    home.event("barge_in")
    home.say("stop", after_s=2)
    home.say("set a timer for ten minutes")
    home.event("barge_in")
    home.say("stop", after_s=2)
    for number in range(4):
        assert home.signals(number) == [], number


def test_stopping_what_rings_is_no_word_against_the_last_turn(home: Home) -> None:
    home.say("set a timer for one minute")
    home.say("turn on the kitchen light", after_s=50)
    home.wait(11)
    home.event("barge_in")
    assert home.signals(0) == []
    assert home.signals(1) == []


def test_asking_for_more_is_no_repeat(home: Home) -> None:
    home.by_hand("media_player.speaker", "playing", volume_level=0.3)
    for text in ("louder", "louder", "next", "next", "turn it up", "turn it up more"):
        record = home.say(text, after_s=4)
        assert record.decision is Decision.ACT, text
    home.say("turn on the kitchen light", after_s=4)
    home.say("dim the kitchen light", after_s=4)
    home.say("dim the kitchen light", after_s=4)
    for number in range(home.count):
        assert home.signals(number) == [], number


def test_a_like_request_for_another_thing_is_no_rephrase(home: Home) -> None:
    home.say("turn on the kitchen light")
    home.say("turn on the bedside lamp")
    assert home.signals(0) == []


def test_an_interruption_of_an_answer_counts_and_one_of_a_question_does_not(home: Home) -> None:
    home.say("turn on the kitchen light")
    home.event("barge_in")
    assert home.signals(0) == [K.BARGE_IN]
    home.say("which lights are on")
    home.wait(30)
    home.event("barge_in")
    assert home.signals(1) == []


def test_the_cancel_event_is_about_the_turn_it_names(home: Home) -> None:
    home.say("turn on the kitchen light")
    home.say("turn on the bedside lamp", area="bedroom")
    home.event("cancel", "t0")
    home.event("button")
    assert home.signals(0) == [K.CANCEL]
    assert home.signals(1) == []


# --- by hand, and kept ----------------------------------------------------------------------------


def test_switched_back_by_hand(home: Home) -> None:
    home.say("turn on the kitchen light")
    home.wait(20)
    home.by_hand("light.kitchen", "off")
    home.wait(400)
    assert home.signals(0, but=[K.SILENCE]) == [K.BY_HAND]


def test_a_minute_later_it_is_merely_switched_off(home: Home) -> None:
    home.say("turn on the kitchen light")
    home.wait(61)
    home.by_hand("light.kitchen", "off")
    home.wait(400)
    assert home.signals(0, but=[K.SILENCE]) == []


def test_what_is_left_as_it_is_was_right(home: Home) -> None:
    home.say("turn on the kitchen light")
    home.wait(310)
    home.by_hand("light.kitchen", "off")
    home.wait(100)
    assert home.signals(0, but=[K.SILENCE]) == [K.KEPT]


def test_music_is_kept_sooner_and_stopping_it_then_is_its_end(home: Home) -> None:
    home.say("play some jazz on the speaker")
    home.wait(32)
    home.by_hand("media_player.speaker", "idle")
    home.wait(100)
    assert home.signals(0, but=[K.SILENCE]) == [K.KEPT]


def test_a_value_put_back_by_hand(home: Home) -> None:
    home.by_hand("light.kitchen", "on", brightness=50)
    home.say("set the kitchen light to 100 percent")
    home.wait(5)
    home.by_hand("light.kitchen", "on", brightness=52)
    home.wait(30)
    assert home.signals(0) == [K.BY_HAND]


def test_another_spoken_turn_or_the_schedule_is_no_hand(home: Home) -> None:
    home.say("turn on the kitchen light for one minute")
    home.wait(80)
    assert home.hub.world.device("light.kitchen").state == "off"
    home.say("turn on the bedside lamp")
    home.say("turn off the bedside lamp")
    home.wait(400)
    # the light was off when its time had come, and stayed so
    assert home.signals(0, but=[K.SILENCE]) == [K.KEPT]
    assert home.signals(1, but=[K.SILENCE]) == []


def test_a_cover_that_bounces(home: Home) -> None:
    home.say("open the kitchen blind")
    home.wait(15)
    home.by_hand("cover.blind", "closed", current_position=0)
    home.wait(3)
    home.by_hand("cover.blind", "open", current_position=100)
    home.wait(400)
    assert home.signals(0, but=[K.SILENCE]) == [K.KEPT]


def test_a_presence_automation_is_no_hand(home: Home) -> None:
    home.by_hand("light.kitchen", "on")
    home.say("turn off the kitchen light")
    home.wait(20)
    home.by_hand("binary_sensor.motion", "on")
    home.wait(1)
    home.by_hand("light.kitchen", "on")
    home.wait(100)
    assert home.signals(0) == []


def test_a_hand_some_seconds_after_the_motion_sensor_is_one(home: Home) -> None:
    home.say("turn on the kitchen light")
    home.by_hand("binary_sensor.motion", "on")
    home.wait(6)
    home.by_hand("light.kitchen", "off")
    home.wait(100)
    assert home.signals(0) == [K.BY_HAND]


def test_a_lock_that_locks_again_is_no_hand(home: Home) -> None:
    home.say("unlock the front door")
    home.wait(20)
    home.by_hand("lock.front", "locked")
    home.wait(100)
    assert home.signals(0) == []


def test_what_a_scene_does_is_no_hand(home: Home) -> None:
    home.say("turn on the kitchen light")
    home.say("activate the night scene")
    home.by_hand("light.kitchen", "off")
    home.wait(100)
    assert home.signals(0) == []


def test_restored_and_unavailable_things_are_no_hand(home: Home) -> None:
    home.say("turn on the kitchen light")
    home.hub.world.cut_off("light.kitchen", noticed=True)
    home.wait(20)
    now_s = home.hub.clock.now_s()
    light = home.hub.store.view().entities()[0].entity_id
    for origin in ("restore", "registry", "expire", "command"):
        home.observer.changed([StateChange(light, "state", "on", "off", now_s, origin)])
    home.wait(30)
    assert home.signals(0) == []


def test_nothing_more_said_is_silence(home: Home) -> None:
    home.say("turn on the kitchen light")
    home.say("turn on the bedside lamp", after_s=40)
    home.wait(70)
    assert home.signals(0, but=()) == []
    assert home.signals(1, but=()) == [K.SILENCE]


# --- never in the way -----------------------------------------------------------------------------


def test_an_observer_that_fails_breaks_no_turn_and_is_logged_once(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def turn_over(self, record: TurnRecord, *, took_back: Sequence[TurnId] = ()) -> None:
            raise ValueError("broken")

        def came_due(self, record: TurnRecord) -> None:
            raise ValueError("broken")

    home.pipeline._observer = Broken()
    caplog.set_level(logging.ERROR)
    assert home.say("turn on the kitchen light for one minute").decision is Decision.ACT
    home.wait(70)
    assert home.hub.world.device("light.kitchen").state == "off"
    assert home.say("turn on the kitchen light").decision is Decision.ACT
    assert caplog.text.count("what could be learned from it is lost") == 1


def test_memory_is_bounded(home: Home) -> None:
    for number in range(700):
        home.observer.event("barge_in", None, home.hub.clock.now_s())
        if number % 5 == 0:
            home.say("turn on the kitchen light" if number % 2 else "off", area=f"room {number}")
    observer = home.observer
    assert len(observer._last) <= 64
    assert len(observer._silent) <= 64
    assert len(observer._times) <= 128
    assert len(observer._hands._watches) <= 64
    observer.forget()
    assert not any((observer._last, observer._silent, observer._times, observer._pending))
