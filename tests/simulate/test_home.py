from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from hubagent.errors import DataError
from hubagent.simulate.features import read_features
from hubagent.simulate.home import HomeModel, load_home, slugify

if TYPE_CHECKING:
    from pathlib import Path

HOME: dict[str, Any] = {
    "floors": [{"name": "Ground Floor", "id": "ground"}],
    "areas": [
        {"name": "Kitchen", "id": "kitchen", "floor": "Ground Floor"},
        {"name": "Café Corner", "floor": "Upstairs", "aliases": ["nook"]},
    ],
    "devices": [{"name": "Lamp", "area": "kitchen", "info": {"manufacturer": "Acme"}}],
    "entities": [
        {"id": "light.lamp", "name": "Lamp", "device": "lamp", "area": "Kitchen", "state": True},
        {"name": "Wind", "domain": "sensor", "state": None, "attributes": {"native_value": "4.5"}},
    ],
}


def _entity(domain: str, state: object, **attributes: object) -> dict[str, Any]:
    return {"entities": [{"id": f"{domain}.x", "state": state, "attributes": attributes}]}


def _first_states(home: HomeModel) -> list[object]:
    return [state.state for state in home.initial.values()]


def test_a_home_is_read_whole() -> None:
    home = load_home(HOME)
    assert [floor.floor_id for floor in home.floors] == ["ground", "upstairs"]
    assert [(area.area_id, area.floor_id) for area in home.areas] == [
        ("kitchen", "ground"),
        ("cafe_corner", "upstairs"),
    ]
    assert home.areas[1].aliases == ("nook",)
    assert home.devices[0].device_id == "lamp"
    assert home.devices[0].manufacturer == "Acme"
    assert [entity.entity_id for entity in home.entities] == ["light.lamp", "sensor.wind"]
    assert home.entities[0].area_id == "kitchen"
    assert [state.state for state in home.initial.values()] == ["on", "4.5"]


def test_yaml_json_and_an_object_are_the_same_home(tmp_path: Path) -> None:
    (tmp_path / "home.yaml").write_text(yaml.safe_dump(HOME))
    (tmp_path / "home.json").write_text(json.dumps(HOME))
    assert load_home(tmp_path / "home.yaml") == load_home(HOME)
    assert load_home(str(tmp_path / "home.json")) == load_home(HOME)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(DataError) as caught:
        load_home(
            {
                "areas": [{"id": "a"}, {"id": "a"}, 5],
                "devices": [{"name": "D", "area": "nowhere"}, {}],
                "entities": [
                    {"id": "no-dot"},
                    {"id": "light.x", "device": "ghost", "area": "moon"},
                    {"id": "light.y", "attributes": ["brightness"]},
                ],
            }
        )
    problems = str(caught.value).split("; ")
    assert len(problems) == 8
    for words in (
        "given twice",
        "areas[2]",
        "`nowhere`",
        "neither",
        "`no-dot`",
        "`ghost`",
        "`moon`",
    ):
        assert any(words in problem for problem in problems), words


@pytest.mark.parametrize("text", ["- 1", "{", "just text", "\x00"])
def test_a_file_that_is_no_home_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "home.yaml"
    path.write_text(text)
    with pytest.raises(DataError, match=r"home\.yaml"):
        load_home(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot read"):
        load_home(tmp_path / "none.yaml")


def test_two_of_the_same_id_are_numbered_and_stay_in_their_rooms() -> None:
    room = {"areas": ["Left", "Right"]}
    lamps = [{"name": "Lamp", "id": "lamp", "area": area} for area in ("Left", "Right")]
    lights = [
        {"id": "light.lamp", "device": "lamp", "area": area, "name": "Lamp"}
        for area in ("Right", "Left")
    ]
    home = load_home({**room, "devices": lamps, "entities": lights})
    assert [entity.entity_id for entity in home.entities] == ["light.lamp", "light.lamp_2"]
    assert [entity.device_id for entity in home.entities] == ["lamp_2", "lamp"]


@pytest.mark.parametrize(
    ("domain", "given", "attributes", "state"),
    [
        ("light", True, {}, "on"),
        ("light", None, {"brightness": 100}, "on"),
        ("light", None, {"brightness": 0}, None),
        ("cover", False, {}, "closed"),
        ("lock", True, {}, "locked"),
        ("binary_sensor", {"in": "clear", "out": "off"}, {}, "off"),
        ("climate", None, {"hvac_mode": "off"}, "off"),
        ("weather", None, {"condition": "sunny"}, "sunny"),
        ("sensor", "unavailable", {}, None),
        ("todo", "", {}, None),
    ],
)
def test_states_are_brought_to_words(
    domain: str, given: object, attributes: dict[str, object], state: str | None
) -> None:
    home = load_home(_entity(domain, given, **attributes))
    assert next(iter(home.initial.values())).state == state


@pytest.mark.parametrize(
    ("domain", "given", "found"),
    [
        ("sensor", {"device_class": "sensor.SensorDeviceClass.ENERGY"}, {"device_class": "energy"}),
        ("cover", {"position": "40"}, {"current_position": 40}),
        ("valve", {"current_valve_position": 0}, {"current_position": 0}),
        ("media_player", {"volume_level": "50"}, {"volume_level": 0.5}),
        ("climate", {"target_temperature": 21.5}, {"temperature": 21.5}),
        ("weather", {"native_temperature": "72"}, {"temperature": 72}),
        ("update", {"installed_version": "2.0"}, {"installed_version": "2.0"}),
        ("light", {"rgb_color": ["1", "2", "3"]}, {"rgb_color": (1, 2, 3)}),
        ("fan", {"supported_features": 3}, {"supported_features": ("oscillate", "set_speed")}),
        (
            "todo",
            {"items": ["milk", {"summary": "bread", "status": "completed"}]},
            {"items": ("milk",), "completed": ("bread",)},
        ),
    ],
)
def test_attributes_get_their_names_and_types(
    domain: str, given: dict[str, object], found: dict[str, object]
) -> None:
    home = load_home(_entity(domain, None, **given))
    assert next(iter(home.initial.values())).attributes == found


def test_features_may_be_bits_or_names() -> None:
    assert read_features("cover", 15) == frozenset({"open", "close", "set_position", "stop"})
    assert read_features("cover", ["cover.CoverEntityFeature.OPEN"]) == frozenset({"open"})
    assert read_features("cover", None) is None


def test_a_setup_overrides_states_and_adds_attributes() -> None:
    home = load_home(HOME).with_setup({"light.lamp": {"attributes": {"brightness": "100"}}})
    assert home.initial[home.entities[0].entity_id].state == "on"
    assert home.initial[home.entities[0].entity_id].attributes["brightness"] == 100


def test_a_setup_may_tell_the_state_by_an_attribute_or_make_it_unknown() -> None:
    home = load_home({"entities": [{"id": "climate.x", "state": "off"}, {"id": "light.y"}]})
    assert _first_states(home.with_setup({"climate.x": {"attributes": {"hvac_mode": "heat"}}})) == [
        "heat",
        None,
    ]
    assert _first_states(home.with_setup({"light.y": {"attributes": {"brightness": 9}}})) == [
        "off",
        "on",
    ]
    assert _first_states(home.with_setup({"climate.x": {"state": "unknown"}})) == [None, None]


def test_what_is_not_exposed_is_not_spoken_about() -> None:
    home = load_home({"entities": [{"id": "person.bob", "is_exposed": False}]})
    assert home.entities[0].category == "diagnostic"


def test_a_wrong_setup_is_refused_whole() -> None:
    with pytest.raises(DataError, match=r"`light.none`.*`light.lamp`"):
        load_home(HOME).with_setup({"light.none": {}, "light.lamp": "on"})


def test_a_template_in_a_name_is_not_spoken() -> None:
    home = load_home({"entities": [{"id": "todo.joe", "name": "Trader Joe[']s"}]})
    assert home.entities[0].name == "Trader Joe's"


def test_names_become_ids() -> None:
    assert slugify("Küche — Süd 2") == "kuche_sud_2"
    assert slugify("日本") == "unnamed"
