from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings, strategies as st

from hubagent.simulate.dwelling import invent_dwelling
from hubagent.simulate.people import CHANGE_DAY, Household
from hubagent.simulate.phrases import NAME, ROOM, VALUE, own_phrases, read_phrases, spoken
from hubagent.simulate.policy import Move, draw_policy
from hubagent.simulate.recogniser import Voice, is_odd, own_recogniser, read_recogniser
from hubagent.simulate.wishes import ELSEWHERE, KINDS, Verdict, Wish, judge
from hubagent.types import Decision, EntityId

LAMP, OTHER = EntityId("light.lamp"), EntityId("light.other")


def _row(text: str, intent: str, *slots: tuple[str, str]) -> str:
    found = [
        {"slot": name, "start": text.index(value), "end": text.index(value) + len(value)}
        for name, value in slots
    ]
    return json.dumps({"id": 1, "text": text, "intent": intent, "slots": found})


def _dice(seed: object) -> random.Random:
    return random.Random(str(seed))  # noqa: S311 - a test, no secret


def _home(lamp: str, other: str) -> dict[str, dict[str, object]]:
    return {
        LAMP: {"state": lamp, "attributes": {}},
        OTHER: {"state": other, "attributes": {}},
    }


@pytest.mark.parametrize(
    ("lamp", "other", "decision", "offered", "verdict"),
    [
        ("on", "off", "act", (), Verdict.DONE),
        ("on", "on", "act", (), Verdict.WRONG),
        ("off", "off", "refuse", (), Verdict.NOTHING),
        ("off", "off", "act", (), Verdict.WRONG),
        ("off", "off", "ask", (LAMP, OTHER), Verdict.ASKED),
        ("off", "off", "ask", (OTHER,), Verdict.NOTHING),
    ],
)
def test_a_turn_is_judged_by_what_moved(
    lamp: str, other: str, decision: str, offered: tuple[str, ...], verdict: Verdict
) -> None:
    found = judge(
        Wish("light_on", (LAMP,)), _home("off", "off"), _home(lamp, other),
        decision=Decision(decision), told=frozenset(), offered=frozenset(offered),
    )  # fmt: skip
    assert found is verdict


def test_what_is_not_for_a_home_may_move_nothing() -> None:
    wish = Wish(ELSEWHERE)
    same, moved = _home("off", "off"), _home("on", "off")
    nothing: dict[str, frozenset[str]] = {"told": frozenset(), "offered": frozenset()}
    assert judge(wish, same, same, decision=Decision.REFUSE, **nothing) is Verdict.DONE
    assert judge(wish, same, moved, decision=Decision.ACT, **nothing) is Verdict.WRONG


def test_an_answer_about_another_thing_is_wrong() -> None:
    wish = Wish("ask_light", (LAMP,))
    same = _home("off", "off")
    for told, verdict in ((LAMP, Verdict.DONE), (OTHER, Verdict.WRONG)):
        found = judge(
            wish,
            same,
            same,
            decision=Decision.ANSWER,
            told=frozenset({told}),
            offered=frozenset(),
        )
        assert found is verdict


def test_our_phrases_are_many_and_have_only_gaps_that_can_be_filled() -> None:
    phrases = own_phrases()
    assert set(phrases.by_kind) == {*KINDS, ELSEWHERE}
    for kind, items in phrases.by_kind.items():
        assert len(items) >= 5, kind
        for item in items:
            filled = item.text.replace(ROOM, "hall").replace(NAME, "it").replace(VALUE, "red")
            assert filled == spoken(filled)
            assert item.text.count("{") == sum(gap in item.text for gap in (ROOM, NAME, VALUE))
        valued = bool(KINDS[kind].values) if kind in KINDS else False
        assert all((VALUE in item.text) == valued for item in items), kind


def test_sentences_of_a_file_become_phrases_with_gaps() -> None:
    phrases = read_phrases([
        _row("Kill the lights in the kitchen", "iot_hue_lightoff", ("house_place", "kitchen")),
        _row("make my attic lights pink", "iot_hue_lightchange", ("house_place", "attic"), ("color_type", "pink")),
        _row("turn off every light of the house", "iot_hue_lightoff"),
        _row("what 's the weather", "weather_query"),
    ])  # fmt: skip
    assert phrases.of("light_off", "room")[0].text == "kill the lights in the {room}"
    assert phrases.of("light_off", "room")[0].original == "kill the lights in the kitchen"
    assert [item.text for item in phrases.of("light_colour", "room")] == ["make my {room} lights {value}"]  # fmt: skip
    assert phrases.of("lights_all_off", "here")[0].text == "turn off every light of the house"
    assert [item.text for item in phrases.of(ELSEWHERE, "here")] == ["what's the weather"]
    assert phrases.of("light_off", "here") == own_phrases().of("light_off", "here")
    assert phrases.of("fan_on", "room") == own_phrases().of("fan_on", "room")


def test_rows_that_cannot_be_used_are_counted() -> None:
    phrases = read_phrases([
        "", "{", "[1]", '{"text": 1, "intent": "iot_coffee"}', '{"text": "x"}',
        _row("make coffee at three", "iot_coffee", ("time", "three")),
        _row("make the lights nice", "iot_hue_lightchange"),
        _row("play something", "play_music"),
        '{"text": "dim it", "intent": "iot_hue_lightdim", "slots": [{"slot": "house_place"}]}',
    ])  # fmt: skip
    assert phrases.skipped == {
        "empty": 1,
        "not a row": 4,
        "no clear wish": 3,
        "neither a wish nor idle talk": 1,
    }
    assert phrases.by_kind == own_phrases().by_kind


@given(st.lists(st.one_of(st.text(), st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.dictionaries(st.sampled_from(["text", "intent", "slots", "asr", "id"]), inner | st.lists(inner))).map(json.dumps)), max_size=5))  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_no_file_can_break_the_readers(lines: list[str]) -> None:
    phrases = read_phrases(lines)
    assert set(phrases.by_kind) >= set(KINDS)
    Voice(read_recogniser(lines), "x", 2.0).heard("turn off the lights", _dice(1))


def _recordings(*pairs: tuple[str, str], odd: bool = True) -> list[str]:
    ids = (number for number in range(10_000) if is_odd(number) is odd)
    return [
        json.dumps({"id": id_, "text": said, "asr": heard})
        for id_, (said, heard) in zip(ids, pairs, strict=False)
    ]


def test_a_recorded_sentence_is_heard_as_one_of_its_recordings() -> None:
    recogniser = read_recogniser(_recordings(("lights out", "bright shout"), ("lights out", "flights out")))  # fmt: skip
    heard = {
        Voice(recogniser, str(seed), 1.0).heard("lights out", _dice(seed)) for seed in range(40)
    }
    assert heard == {"bright shout", "flights out"}


def test_the_half_for_fitting_is_not_heard() -> None:
    lines = _recordings(("lights out", "lights out")) + _recordings(("fan on", "van on"), odd=False)
    recogniser = read_recogniser(lines)
    assert set(recogniser.recordings) == {"lights out"}
    assert recogniser.skipped["kept for fitting"] == 1


def test_words_are_mistaken_as_they_were_in_the_recordings() -> None:
    recogniser = read_recogniser(_recordings(*[("close the gate now", "close the grate now")] * 20))
    known = recogniser.mistakes["gate"]
    assert known.rate == 1.0
    assert known.heard == ("grate",)


def test_a_voice_is_mostly_heard_the_same_way_and_not_like_another() -> None:
    texts = [f"turn {way} the {room} lights" for way in ("on", "off") for room in ("kitchen", "hallway", "office", "bedroom")]  # fmt: skip
    same = other = wrong = 0
    for text in texts * 3:
        for person in range(10):
            voice = Voice(own_recogniser(), str(person), 2.0)
            one, two = (voice.heard(text, _dice(f"{person} {text} {n}")) for n in (1, 2))
            third = Voice(own_recogniser(), f"{person} other", 2.0).heard(text, _dice(f"{person} {text} 3"))  # fmt: skip
            wrong += one != text
            same += one != text and one == two
            other += one != text and one == third
    assert wrong > 20
    assert same > 2 * other


def test_a_name_of_the_home_can_be_taken_for_a_word_like_it() -> None:
    recogniser = own_recogniser().with_words(["bedrock", "xq"])
    assert "bedroom" in recogniser.mistakes["bedrock"].heard
    assert "xq" not in recogniser.mistakes


def test_ways_differ_around_the_usual_ones() -> None:
    dice = _dice(3)
    ways = [draw_policy(dice) for _ in range(300)]
    assert all(abs(sum(way.weights) - 1) < 1e-9 for way in ways)
    rephrases = [way.weights[tuple(Move).index(Move.REPHRASE)] for way in ways]
    assert min(rephrases) < 0.28 < 0.42 < max(rephrases)
    assert abs(sum(rephrases) / len(rephrases) - 0.35) < 0.03


def _household(seed: str = "test 1") -> Household:
    return Household(invent_dwelling(seed), own_phrases(), own_recogniser(), seed)


def test_the_same_seed_is_the_same_household_and_another_is_not() -> None:
    one, same, other = _household(), _household(), _household("test 2")
    assert [e.id for e in one.errands(3)] == [e.id for e in same.errands(3)]
    assert [e.wish for e in one.errands(3)] == [e.wish for e in same.errands(3)]
    assert one.home.entities == same.home.entities
    assert one.home.entities != other.home.entities


def test_errands_come_in_order_and_can_be_put_into_words() -> None:
    for seed in ("test 1", "test 2", "test 3"):
        household = _household(seed)
        for day in (0, 1, CHANGE_DAY):
            errands = household.errands(day)
            assert [e.at_s for e in errands] == sorted(e.at_s for e in errands)
            for errand in errands:
                words = household.words(errand.phrases[0], errand.wish, day=day)
                assert words
                assert "{" not in words


def test_in_the_fifth_week_an_own_name_means_another_lamp() -> None:
    changed = 0
    for number in range(6):
        household = _household(f"test {number}")
        assert sorted(household.own_names.values()) == sorted(household.new_own_names.values())
        for day in (CHANGE_DAY - 1, CHANGE_DAY, CHANGE_DAY + 1):
            for errand in household.errands(day):
                changed += errand.changed
                if errand.changed:
                    assert day >= CHANGE_DAY
                    target = errand.wish.targets[0]
                    assert household.called(target, day=day) == household.new_own_names[target]
                    assert household.called(target, day=0) != household.called(target, day=day)
    assert changed


def test_two_halves_of_the_sentences_share_none_but_where_there_is_no_other() -> None:
    phrases = own_phrases()
    halves = phrases.half(0), phrases.half(1)
    for kind, items in phrases.by_kind.items():
        one, other = (set(half.by_kind[kind]) for half in halves)
        assert one | other == set(items)
        for scope in {item.scope for item in items}:
            shared = {item for item in one & other if item.scope == scope}
            everything = {item for item in items if item.scope == scope}
            assert shared in (set(), everything)
            assert all(half.of(kind, scope) for half in halves)
