from __future__ import annotations

import dataclasses
import math
import typing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from hubagent import config as settings
from hubagent.config import Config, MqttConfig, Secret, load_config
from hubagent.config.reference import _descriptions, settings_page
from hubagent.errors import ConfigError
from hubagent.types import AreaId, EntityId, FloorId

DOCS = Path(__file__).parent.parent / "docs"


def load(tmp_path: Path, text: str, environment: dict[str, str] | None = None) -> Config:
    path = tmp_path / "hubagent.toml"
    path.write_text(text)
    return load_config(path, environment=environment or {})


def problems(
    tmp_path: Path, text: str, environment: dict[str, str] | None = None
) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text, environment)
    return caught.value.problems


def test_no_file_gives_the_defaults() -> None:
    config = load_config(environment={})
    assert config.mqtt == MqttConfig()
    assert config.act.confirm_timeout_s == 3.0
    assert config.hub.state_dir.is_absolute()


def test_the_sample_loads(tmp_path: Path) -> None:
    (tmp_path / "mqtt-password").write_text("hush\nignored\n")
    config = load(tmp_path, (DOCS / "samples" / "hubagent.toml").read_text())
    assert config.mqtt.password == Secret("hush")
    assert config.mqtt.password_file == tmp_path / "mqtt-password"
    assert [area.name for area in config.home.area_values()] == ["Kitchen", "Living room"]
    assert config.home.area_values()[1].aliases == ("lounge",)
    assert config.home.floor_values()[0].floor_id == FloorId("ground")
    assert config.home.entity_areas() == {EntityId("light.desk"): AreaId("living_room")}
    assert config.home.entity_aliases() == {EntityId("light.desk"): ("reading light",)}
    assert config.home.satellites == {"kitchen-voice": "kitchen"}
    assert config.act.confirm_timeout_s == 4.0


def test_the_settings_page_is_current() -> None:
    assert (DOCS / "settings.md").read_text() == settings_page(), "run `make docs`"


def test_all_problems_are_told_at_once_with_key_range_and_nearest(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """
        [hub]
        nmae = "x"
        name = "two words"
        [mqtt]
        port = 70000
        tls = "yes"
        embedded = "sometimes"
        keepalive_s = 1.5
        excluded_prefixes = ["a", 1]
        [mqtx]
        [act]
        confirm_timeout_s = 0
        [home.areas.kitchen]
        floor = "grund"
        [home.floors.ground]
        [home.entities.lamp]
        """,
    )
    assert found == (
        "`hub.nmae` is not a setting; nearest is `name`",
        "`hub.name`: expected 1 to 64 letters, digits, `_` or `-`, found `'two words'`",
        "`mqtt.port`: expected an integer from 1 to 65535, found `70000`",
        "`mqtt.tls`: expected `true` or `false`, found `'yes'`",
        "`mqtt.embedded`: expected one of `auto`, `always`, `never`, found `'sometimes'`",
        "`mqtt.keepalive_s`: expected an integer, found `1.5`",
        "`mqtt.excluded_prefixes`: expected a list of texts, found `['a', 1]`",
        "`mqtx` is not a setting; nearest is `mqtt`",
        "`act.confirm_timeout_s`: expected a number from 0.1 to 60, found `0`",
        "`home.entities`: expected keys of `domain.name` in small letters, digits and `_`,"
        " found `'lamp'`",
        "`home.areas.kitchen.floor`: no floor `grund`; nearest is `ground`",
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("hub = 3", "`hub`: expected a table, found `3`"),
        ("[act]\nconfirm_timeout_s = nan", "expected a number from 0.1 to 60, found `nan`"),
        ("[act]\nconfirm_timeout_s = true", "expected a number"),
        ("[mqtt]\nport = true", "expected an integer"),
        (f"[mqtt]\nport = 1{'0' * 400}", "expected an integer from 1 to 65535"),
        (f"[act]\nconfirm_timeout_s = 1{'0' * 400}", "expected a number"),
        ("[mqtt]\nhost = 'a\\u0000'", None),
        ('[mqtt]\nhost = "a\\u0000"', "expected a text"),
        ("[mqtt]\ntls_ca_file = '/no/such'", "`mqtt.tls_ca_file`: no such file `/no/such`"),
        ("[mqtt]\ntls_ca_file = '~nobody-has-this-name/x'", "expected a path"),
        ("[mqtt]\npassword_file = '/no/such'\nusername = 'a'", "cannot be read"),
        ("[mqtt]\npassword = 'x'", "`mqtt.username`: expected a name"),
        ("[mqtt]\nembedded = 'always'\nhost = 'far.example'", "is not this machine"),
        ("[mqtt]\nembedded = 'always'\ntls = true", "does not speak TLS"),
        ("[mqtt]\nembedded_listen = 'everywhere'", "expected an IP address"),
        ("[home]\nareas = []", "`home.areas`: expected a table"),
        ("[home.areas]\nkitchen = 3", "`home.areas.kitchen`: expected a table, found `3`"),
        ("[home.satellites]\nbox = 3", "`home.satellites.box`: expected a text, found `3`"),
        ("[home.areas.a]\nfloor = 'f'", "no floor `f`; there are none"),
        ("not toml", "is not TOML"),
        ("a = " + "[" * 5_000, "is not TOML"),
    ],
)
def test_a_wrong_setting_is_said(tmp_path: Path, text: str, problem: str | None) -> None:
    if problem is None:
        load(tmp_path, text)
    else:
        assert any(problem in item for item in problems(tmp_path, text)), problems(tmp_path, text)


def test_a_file_that_is_not_there_or_not_text_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gone.toml: cannot be read"):
        load_config(tmp_path / "gone.toml", environment={})
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "bytes.toml", environment={})


def test_variables_take_the_place_of_the_file(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        "[mqtt]\nport = 1\nusername = 'file'\n",
        {
            "HUBAGENT_MQTT_PORT": "2",
            "HUBAGENT_MQTT_PASSWORD": "12345",
            "HUBAGENT_MQTT_TLS": "true",
            "HUBAGENT_HUB_NAME": "7",
            "HUBAGENT_ACT_CONFIRM_TIMEOUT_S": "1.5",
            "HUBAGENT_MQTT_EXCLUDED_PREFIXES": '["x"]',
            "HUBAGENT_DATA": "/not/a/setting/and/not/ours/to/judge",
            "OTHER": "1",
        },
    )
    assert (config.mqtt.port, config.mqtt.username, config.mqtt.tls) == (2, "file", True)
    assert config.mqtt.password == Secret("12345")
    assert config.hub.name == "7"
    assert config.act.confirm_timeout_s == 1.5
    assert config.mqtt.excluded_prefixes == ("x",)


def test_a_mistyped_variable_is_said(tmp_path: Path) -> None:
    found = problems(tmp_path, "", {"HUBAGENT_MQTT_PASWORD": "hush", "HUBAGENT_MQTT_PORT": "many"})
    assert found == (
        "variable `HUBAGENT_MQTT_PASWORD` is not a setting; nearest is `password`",
        "`mqtt.port`: expected an integer, found `'many'`",
    )


def test_the_file_may_be_named_by_a_variable(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("[hub]\nname = 'other'\n")
    variables = {"HUBAGENT_CONFIG": str(tmp_path / "other.toml")}
    assert load_config(environment=variables).hub.name == "other"


def test_the_state_folder_of_the_command_line_wins(tmp_path: Path) -> None:
    config = load_config(state_dir=tmp_path, environment={"HUBAGENT_HUB_STATE_DIR": "/elsewhere"})
    assert config.hub.state_dir == tmp_path


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    config = load(tmp_path, "[mqtt]\nusername = 'a'\npassword = 'hush'\n")
    assert "hush" not in repr(config)
    assert "hush" not in str(config.mqtt.password)
    assert "hush" not in f"{config.mqtt.password}"
    assert config.mqtt.password.reveal() == "hush"
    found = problems(tmp_path, "[mqtt]\nusername = 'a'\npassword = 4711\n")
    assert "4711" not in str(found)


def _section_types() -> list[type]:
    return [
        item
        for item in vars(settings).values()
        if dataclasses.is_dataclass(item) and isinstance(item, type) and "Config" in item.__name__
    ]


def test_every_setting_has_a_default_and_a_line() -> None:
    described = _descriptions()
    for kind in _section_types():
        kind()  # every field has a default
        for item in dataclasses.fields(kind):
            assert described.get((kind.__name__, item.name)), f"{kind.__name__}.{item.name}"


def test_every_number_has_a_range_and_every_duration_its_unit() -> None:
    for kind in _section_types():
        for name, hint in typing.get_type_hints(kind, include_extras=True).items():
            if hint in (int, float):
                pytest.fail(f"{kind.__name__}.{name} has no range")
            if "timeout" in name or "interval" in name or "keepalive" in name:
                assert name.endswith("_s")


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(
    section=st.sampled_from([f.name for f in dataclasses.fields(Config)]),
    key=st.sampled_from(["name", "port", "areas", "level", "password", "confirm_timeout_s", "x"]),
    value=_VALUES,
)
def test_any_value_is_taken_or_refused_and_nothing_else(section: str, key: str, value: Any) -> None:
    from hubagent.config.tables import TableReader

    reader = TableReader(Path())
    config = reader.table(Config, {section: {key: value}}, "")
    assert isinstance(config, Config)
    assert math.isfinite(config.act.confirm_timeout_s)
    assert 1 <= config.mqtt.port <= 65535
