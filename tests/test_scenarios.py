"""The scenario set says nothing that its homes cannot be, and the judge tells the errors apart."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.evaluate.home import prefixes, score, summary
from hubagent.evaluate.households import (
    CATEGORIES,
    SPLITS,
    TAGS,
    Expectation,
    Household,
    Turn,
    load_all,
    load_household,
)
from hubagent.evaluate.judging import (
    HUES,
    SETTABLE,
    Result,
    fits,
    is_as_expected,
    is_sensitive_guess,
    judge,
    says,
    wilson,
)
from hubagent.simulate.home import load_home

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

HOUSEHOLDS = load_all()
EACH_HOME = pytest.mark.parametrize("household", HOUSEHOLDS, ids=lambda item: item.name)

STATES = {
    "alarm_control_panel": {"disarmed", "armed_home", "armed_away", "armed_night", "arming",
                            "armed_vacation"},
    "climate": {"off", "heat", "cool", "heat_cool", "auto", "dry", "fan_only"},
    "cover": {"open", "closed"},
    "fan": {"on", "off"},
    "humidifier": {"on", "off"},
    "input_boolean": {"on", "off"},
    "lawn_mower": {"mowing", "docked", "paused", "returning"},
    "light": {"on", "off"},
    "lock": {"locked", "unlocked"},
    "media_player": {"on", "off", "idle", "playing", "paused", "standby"},
    "script": {"on", "off", "ran"},
    "scene": {"ran"},
    "button": {"ran"},
    "siren": {"on", "off"},
    "switch": {"on", "off"},
    "vacuum": {"cleaning", "docked", "returning", "paused", "idle"},
    "valve": {"open", "closed"},
    "water_heater": {"off", "eco", "electric", "performance", "heat_pump", "gas", "high_demand"},
}  # fmt: skip
RANGES = {
    "brightness": (0, 255), "percentage": (0, 100), "current_position": (0, 100),
    "current_tilt_position": (0, 100), "volume_level": (0, 1), "humidity": (0, 100),
    "temperature": (-10, 110), "color_temp_kelvin": (1000, 10000),
}  # fmt: skip


def _turns(household: Household) -> Iterator[tuple[str, Turn]]:
    for scenario in household.scenarios:
        for turn in scenario.turns:
            yield scenario.id, turn


def _specs(turn: Turn) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every expected entity with its attributes, a bare state as ``state``."""
    for expected in turn.expect:
        for entity_id, spec in (*expected.becomes.items(), *expected.may.items()):
            yield entity_id, spec if isinstance(spec, dict) else {"state": spec}


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _attributes(household: Household) -> Mapping[str, Mapping[str, Any]]:
    return {item["id"]: item.get("attributes") or {} for item in household.home["entities"]}


@EACH_HOME
def test_every_home_can_be_simulated(household: Household) -> None:
    model = load_home(household.home)
    assert len({item.entity_id for item in model.entities}) == len(household.home["entities"])
    assert household.sensitive <= {item.entity_id for item in model.entities}
    for scenario in household.scenarios:
        model.with_setup(scenario.setup)


@EACH_HOME
def test_scenarios_name_only_what_the_home_has(household: Household) -> None:
    entities = _attributes(household)
    areas = {item["id"] for item in household.home["areas"]}
    devices = {item["id"] for item in household.home["devices"]}
    ids = [scenario.id for scenario in household.scenarios]
    assert sorted(set(ids)) == sorted(ids)
    for scenario_id, turn in _turns(household):
        assert turn.said.get("area") in areas | {None}, scenario_id
        assert turn.said.get("device") in devices | {None}, scenario_id
        assert {event["entity_id"] for event in turn.said["events"]} <= set(entities), scenario_id
        assert {entity_id for entity_id, _ in _specs(turn)} <= set(entities), scenario_id


@EACH_HOME
def test_expected_states_are_possible_in_home_assistants_domain_model(
    household: Household,
) -> None:
    entities = _attributes(household)
    for scenario_id, turn in _turns(household):
        for entity_id, spec in _specs(turn):
            domain = entity_id.split(".", 1)[0]
            place = f"{scenario_id}: {entity_id} {spec}"
            for state in _as_list(spec.get("state", [])):
                if domain == "todo":
                    assert re.fullmatch(r"(up|down) \d+\.\.\d+|\d+", str(state)), place
                else:
                    assert state in STATES[domain], place
            if domain == "climate":
                modes = entities[entity_id]["hvac_modes"]
                assert set(_as_list(spec.get("state", []))) <= set(modes), place


@EACH_HOME
def test_expected_attributes_are_within_what_the_device_can_do(household: Household) -> None:
    entities = _attributes(household)
    for scenario_id, turn in _turns(household):
        for entity_id, spec in _specs(turn):
            domain = entity_id.split(".", 1)[0]
            given = entities[entity_id]
            place = f"{scenario_id}: {entity_id} {spec}"
            assert set(spec) <= {"state", "color", "sent", "did", *SETTABLE.get(domain, ())}, place
            modes = set(given.get("supported_color_modes") or ())
            if "brightness" in spec:
                assert modes - {"onoff"}, place
            if "color_temp_kelvin" in spec:
                assert modes & {"color_temp", "rgbww"}, place
            if "color" in spec:
                assert modes & {"hs", "rgb", "xy", "rgbw", "rgbww"}, place
                assert set(_as_list(spec["color"])) <= {*HUES, "white"}, place
            for listed, options in (
                ("source", "source_list"), ("preset_mode", "preset_modes"),
                ("fan_mode", "fan_modes"), ("mode", "available_modes"),
                ("effect", "effect_list"), ("fan_speed", "fan_speed_list"),
                ("operation_mode", "operation_list"), ("swing_mode", "swing_modes"),
            ):  # fmt: skip
                if listed in spec:
                    assert set(_as_list(spec[listed])) <= set(given[options]), place
            for name, (low, high) in RANGES.items():
                wanted = spec.get(name)
                if isinstance(wanted, int | float):
                    assert low <= wanted <= high, place
                    assert given.get("min_temp", low) <= wanted <= given.get("max_temp", high) or (
                        name != "temperature"
                    ), place
                elif wanted is not None:
                    for word in _as_list(wanted):
                        assert re.fullmatch(
                            r"(?:up|down)?\s*(?:[\d.]+%?(?:\.\.[\d.]+%?)?)?", str(word)
                        ), place


@EACH_HOME
def test_every_turn_has_a_known_category_and_an_expectation(household: Household) -> None:
    for scenario_id, turn in _turns(household):
        assert turn.category in CATEGORIES, scenario_id
        assert set(turn.tags) <= set(TAGS), scenario_id
        assert turn.expect, scenario_id
        assert isinstance(turn.said["text"], str), scenario_id


@EACH_HOME
def test_time_runs_forward_within_a_scenario(household: Household) -> None:
    for scenario in household.scenarios:
        times = [turn.said["at"] for turn in scenario.turns]
        assert times == sorted(set(times)), scenario.id


@EACH_HOME
def test_polarity_pairs_are_two_turns_that_want_different_things(household: Household) -> None:
    pairs: dict[str, list[Turn]] = {}
    for _, turn in _turns(household):
        if turn.pair:
            pairs.setdefault(turn.pair, []).append(turn)
    for name, turns in pairs.items():
        assert len(turns) == 2, name
        assert turns[0].expect != turns[1].expect, name


def test_the_set_has_twelve_homes_in_two_equal_halves_and_six_hundred_turns() -> None:
    assert Counter(item.split for item in HOUSEHOLDS) == dict.fromkeys(SPLITS, 6)
    turns = {
        split: sum(len(list(_turns(item))) for item in HOUSEHOLDS if item.split == split)
        for split in SPLITS
    }
    assert sum(turns.values()) >= 600
    assert min(turns.values()) >= 0.45 * sum(turns.values())
    sizes = sorted(len(item.home["entities"]) for item in HOUSEHOLDS)
    assert sizes[0] <= 8
    assert sizes[-1] >= 140


def test_every_category_and_tag_is_in_both_halves() -> None:
    for split in SPLITS:
        turns = [turn for item in HOUSEHOLDS if item.split == split for _, turn in _turns(item)]
        counted = Counter(turn.category for turn in turns)
        assert min(counted[category] for category in CATEGORIES) >= 15, counted
        assert {tag for turn in turns for tag in turn.tags} == set(TAGS)


def test_no_sentence_is_said_twice_in_the_whole_set() -> None:
    said = Counter(
        re.sub(r"[^a-z0-9]+", " ", turn.said["text"].lower()).strip()
        for household in HOUSEHOLDS
        for _, turn in _turns(household)
    )
    assert [text for text, count in said.items() if count > 1] == []


# --- the judge ------------------------------------------------------------------------------------

HALL, SHED, DOOR = "light.hall", "light.shed", "lock.door"


def _home(**states: str) -> dict[str, dict[str, Any]]:
    whole = {"hall": "off", "shed": "off", "door": "locked"} | states
    ids = {"hall": HALL, "shed": SHED, "door": DOOR}
    return {ids[name]: {"state": state, "attributes": {}} for name, state in whole.items()}


def _turn(*expect: Expectation) -> Turn:
    return Turn({"text": "hall on", "at": 0, "events": []}, "act", (), None, expect)


def _result(
    decision: str, response: str = "", *, commanded: tuple[str, ...] = (), **after: str
) -> Result:
    commands = tuple({"entity_id": item, "command": "turn_on", "data": {}} for item in commanded)
    return Result(decision, response, commands, _home(), _home(**after))


WANTS_HALL = _turn(Expectation("act", {HALL: "on"}))
WANTS_QUESTION = _turn(Expectation("ask", says=(("hall",),)))

SAYS_HALL = _turn(Expectation("act", {HALL: "on"}, says=(("hall",),)))


@pytest.mark.parametrize(
    ("turn", "result", "outcome"),
    [
        (WANTS_HALL, _result("act", commanded=(HALL,), hall="on"), "right"),
        (WANTS_HALL, _result("act", hall="on", shed="on"), "wrong device"),
        (WANTS_HALL, _result("act", commanded=(SHED,), hall="on"), "wrong device"),
        (WANTS_HALL, _result("act", commanded=(HALL,)), "wrong action"),
        (WANTS_HALL, _result("refuse"), "wrongly refused"),
        (WANTS_HALL, _result("ignore"), "wrongly refused"),
        (WANTS_HALL, _result("ask"), "wrongly asked"),
        (WANTS_HALL, _result("answer"), "wrong words"),
        (WANTS_HALL, None, "no result"),
        (SAYS_HALL, _result("act", "Done", hall="on"), "wrong words"),
        (WANTS_QUESTION, _result("ask", "The hall or the shed?"), "right"),
        (WANTS_QUESTION, _result("ask", "Which one?"), "wrong words"),
        (WANTS_QUESTION, _result("act", commanded=(HALL,), hall="on"), "false trigger"),
        (WANTS_QUESTION, _result("refuse"), "wrongly refused"),
    ],
)
def test_the_judge_tells_the_errors_apart(turn: Turn, result: Result | None, outcome: str) -> None:
    assert judge(turn, result) == outcome


def test_a_lock_that_nobody_asked_for_is_a_sensitive_guess() -> None:
    sensitive = frozenset({DOOR})
    assert is_sensitive_guess(WANTS_HALL, _result("act", hall="on", door="unlocked"), sensitive)
    assert not is_sensitive_guess(WANTS_HALL, _result("act", hall="on"), sensitive)
    wants_locked = _turn(Expectation("act", {DOOR: "locked"}))
    assert not is_sensitive_guess(wants_locked, _result("act", commanded=(DOOR,)), sensitive)
    assert is_sensitive_guess(wants_locked, _result("act", door="unlocked"), sensitive)


@pytest.mark.parametrize(
    ("spec", "name", "now", "before", "fit"),
    [
        ("on", "state", "on", "off", True),
        ("closed", "state", "closing", "open", True),
        (["a", "b"], "source", "B", None, True),
        (22, "temperature", 22.0, 20, True),
        (22, "temperature", 23, 20, False),
        ("50%", "brightness", 128, None, True),
        ("50%", "brightness", 140, None, False),
        ("30%", "volume_level", 0.31, None, True),
        ("1%..40%", "brightness", 60, None, True),
        ("62..72", "current_position", 67, 100, True),
        ("62..72", "current_position", 50, 100, False),
        ("up", "brightness", 200, 100, True),
        ("up", "brightness", 100, 100, False),
        ("up", "brightness", 100, None, True),
        ("down 0.5..2", "temperature", 19, 20, True),
        ("down 0.5..2", "temperature", 17, 20, False),
        ("down 5%..20%", "brightness", 100, 128, True),
        ("up 1..1", "state", "3", "2", True),
        (True, "is_volume_muted", True, False, True),
        ("up", "brightness", None, 100, False),
    ],
)
def test_values_are_compared_as_the_set_writes_them(
    spec: object, name: str, now: object, before: object, fit: bool
) -> None:
    assert fits(spec, name, now, before) is fit


@pytest.mark.parametrize(
    ("colour", "attributes", "fit"),
    [
        ("red", {"hs_color": [358, 90]}, True),
        ("red", {"rgb_color": [255, 10, 10]}, True),
        ("blue", {"rgb_color": [255, 10, 10]}, False),
        ("blue", {"rgbw_color": [0, 30, 255, 0]}, True),
        ("white", {"color_mode": "color_temp", "hs_color": [30, 50]}, True),
        ("red", {}, False),
    ],
)
def test_colours_are_judged_by_their_hue(
    colour: str, attributes: dict[str, Any], fit: bool
) -> None:
    home = {HALL: {"state": "on", "attributes": attributes}}
    assert is_as_expected(HALL, {"color": colour}, Result("act", "", (), home, home)) is fit


def test_a_scene_ran_when_it_was_started_and_a_text_was_sent_when_it_is_in_the_data() -> None:
    commands = (
        {"entity_id": "scene.film", "command": "turn_on", "data": {}},
        {"entity_id": "todo.shop", "command": "add_item", "data": {"item": "Oat milk"}},
    )
    result = Result("act", "", commands, {}, {})
    assert is_as_expected("scene.film", "ran", result)
    assert not is_as_expected("scene.night", "ran", result)
    assert is_as_expected("todo.shop", {"sent": "oat milk", "did": "add_item"}, result)
    assert not is_as_expected("todo.shop", {"sent": "bread"}, result)


def test_words_and_numbers_must_stand_by_themselves_in_a_response() -> None:
    assert says("It is 22.0 °C", "22")
    assert says("It is 22°C", "22")
    assert not says("It is 22.5 °C", "22")
    assert not says("It is 122 °C", "22")
    assert says("Nan\N{RIGHT SINGLE QUOTATION MARK}s lamp is on", "nan's lamp")
    assert not says("It is unlocked", "locked")


def test_the_interval_is_wilsons() -> None:
    low, high = wilson(95, 100)
    assert (round(low, 3), round(high, 3)) == (0.888, 0.978)
    assert wilson(0, 0) == (0.0, 1.0)


LITTLE_HOME = """
split: tune
home:
  areas: [{id: hall, name: Hall}]
  devices: []
  entities:
    - {id: light.hall, name: Hall Light, area: hall, state: off}
    - {id: lock.door, name: Door, area: hall, state: locked}
scenarios:
  - id: twice
    category: act
    area: hall
    turns:
      - {text: "light on", expect: {act: {light.hall: on}}}
      - {text: "off", category: undo, events: [{entity_id: lock.door, state: unlocked}], expect: {act: {light.hall: off}}}
"""


def test_each_turn_is_scored_on_what_it_changed_itself(tmp_path: Path) -> None:
    path = tmp_path / "little.yaml"
    path.write_text(LITTLE_HOME)
    household = load_household(path)
    lines = list(prefixes([household]))
    assert [len(line["turns"]) for line in lines] == [0, 1, 2]
    assert lines[2]["turns"][1]["events"][0] == {
        "entity_id": "lock.door", "state": "unlocked", "attributes": {},
    }  # fmt: skip
    documents = {}
    for line, (hall, door) in zip(
        lines, [("off", "locked"), ("on", "locked"), ("off", "unlocked")], strict=True
    ):
        told = {
            "decision": "act", "response": "Done",
            "commands": [{"entity_id": HALL, "command": "toggle", "data": {}}],
        }  # fmt: skip
        state = {HALL: {"state": hall}, DOOR: {"state": door}}
        documents[line["id"]] = {"turns": [told] * len(line["turns"]), "state": state}
    scored = list(score(household, documents))
    assert [item.outcome for item in scored] == ["right", "right"]
    figures = summary(scored)
    assert figures["groups"]["category"]["undo"]["share_right"] == 1
    assert figures["sensitive_guesses"] == []
    del documents["little/twice#2"]
    assert [item.outcome for item in score(household, documents)] == ["right", "no result"]


@pytest.mark.parametrize("wrong", ["expect: {dance: []}", "expect: {act: {}}, mood: glad"])
def test_a_slip_in_a_scenario_file_is_named(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "slip.yaml"
    path.write_text(LITTLE_HOME.replace("expect: {act: {light.hall: on}}", wrong))
    with pytest.raises(ValueError, match="`twice`"):
        load_household(path)
