"""The mapping file, through a real store."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings, strategies as st

from hubagent.clock import ManualClock
from hubagent.context.store import ContextStore
from hubagent.devices.directory import Directory
from hubagent.devices.mapping import NAME, Mapped, Mapping, read_mapping
from hubagent.devices.propose import as_toml, propose, watched
from hubagent.errors import DataError, HubagentError
from hubagent.mapping import add, load_mapping
from hubagent.types import Command, EntityId, Message

if TYPE_CHECKING:
    from pathlib import Path

POND = """
[switch.pond_pump]
area = "Garden"
state_topic = "garden/pond"
value_template = "{{ value_json.relay }}"
command_topic = "garden/pond/set"
command_template = '{"relay": {{ value }}}'
payload_on = "1"
payload_off = "0"

[sensor.pond_level]
device = "Pond"
state_topic = "garden/pond"
value_template = "{{ value_json.level }}"
unit_of_measurement = "cm"
"""


def mapped(text: str) -> Mapping:
    return read_mapping(text, ContextStore(clock=ManualClock()).declare)


def message(topic: str, payload: str) -> Message:
    return Message(topic, payload.encode(), retained=False, heard_at_s=1.0)


def home(*texts: str) -> ContextStore:
    """Return a store that was told these files, one after the other."""
    store = ContextStore(clock=ManualClock())
    directory = Directory(store, [Mapped()])
    directory.start()
    for text in texts:
        directory.take(NAME, mapped(text).discovery(), "mapping.toml", 0.0)
    return store


def test_what_is_mapped_is_heard_and_commanded() -> None:
    store = home(POND)
    store.ingest([message("garden/pond", '{"relay": 1, "level": 42.5}')])
    view = store.view()
    assert view.state(EntityId("switch.pond_pump")).state == "on"
    assert view.state(EntityId("sensor.pond_level")).state == 42.5
    assert view.entity(EntityId("switch.pond_pump")).name == "Pond pump"
    area = view.area_of(EntityId("switch.pond_pump"))
    assert [item.name for item in view.areas() if item.area_id == area] == ["Garden"]
    (sent,) = store.render(Command(EntityId("switch.pond_pump"), "turn_off", {}))
    assert (sent.topic, sent.payload, sent.retain) == ("garden/pond/set", b'{"relay": 0}', False)


def test_what_is_no_longer_in_the_file_is_gone() -> None:
    store = home(POND, POND.partition("[sensor")[0])
    assert [item.entity_id for item in store.view().entities()] == ["switch.pond_pump"]
    assert home(POND, "").view().entities() == ()


def test_the_owners_word_on_a_place_wins_over_what_is_announced(house: Any) -> None:
    directory = Directory(house.store, [Mapped(), *house.directory._adapters.values()])
    directory.start()
    directory.take(NAME, mapped(POND).discovery(), "mapping.toml", 0.0)
    config = b'{"name": "Relay 7", "stat_t": "garden/pond", "val_tpl": "{{ value_json.relay }}", "cmd_t": "x", "uniq_id": "r7"}'
    directory.handle(
        "home_assistant",
        Message("homeassistant/switch/r7/config", config, retained=True, heard_at_s=0),
    )
    entity = house.store.view().entity(EntityId("switch.pond_pump"))
    assert (entity.name, entity.aliases) == ("Pond pump", ("Relay 7",))
    assert len(house.store.view().entities()) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[swich.x]", "`swich` is no kind of entity; nearest is `switch`"),
        ("[switch]\nx = 1", "`switch.x`: expected a table; write `[switch.NAME]` above its keys"),
        ("lock = 1", "`lock`: expected tables such as `[lock.pond]`"),
        ('["light"."The Lamp"]', "`light.The Lamp`: expected small letters, digits and `_`, such as `light.the_lamp`"),
        ("[switch.x]", "`switch.x`: missing key: `command_topic` is required"),
        ('[switch.x]\ncommand_topic = "a/#"', "`switch.x`: wrong value: `command_topic` is no topic to publish on: `a/#`"),
        ('[switch.x]\ncommand_topic = "a"\npayload_onn = "1"', "`switch.x`: unknown key: `payload_onn` is no key of a switch; nearest is `payload_on`"),
        ('[switch.x]\ncommand_topic = "a"\nbrightness_state_topic = "b"', "`switch.x`: unknown key: `brightness_state_topic` has no effect on this switch"),
        ('[switch.x]\ncommand_topic = "a"\ndevice = 3', "`switch.x`: wrong value: `device` must be a name"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_leaves_the_rest_alone(text: str, said: str) -> None:
    found = mapped(f"{text}\n{POND}")
    assert found.problems == (said,)
    assert len(found.declared) == 2


def test_a_template_that_is_none_is_said() -> None:
    found = mapped('[sensor.x]\nstate_topic = "a"\nvalue_template = "{{ value | }}"')
    assert found.declared == ()
    assert "`sensor.x`: template does not compile" in found.problems[0]


def test_what_is_not_toml_is_refused() -> None:
    with pytest.raises(DataError, match="not TOML"):
        mapped("[switch.x")


VALUES = st.recursive(
    st.text(max_size=6) | st.integers() | st.booleans() | st.floats(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
PAYLOADS = st.sampled_from([b"ON", b"1", b"0", b"21.5", b"open", b"LOCKED", b"\xff", b"", b"eco"])
SOME_JSON = st.dictionaries(st.text(max_size=8), VALUES, max_size=4)


@settings(max_examples=60, deadline=None)
@given(
    heard=st.lists(
        st.tuples(
            st.sampled_from(["a/b", "a/b/state", "a/b/set", "a/b/c d", 'a/b/"x"', "a/b/command"]),
            PAYLOADS | SOME_JSON,
        ),
        max_size=8,
    ),
    topic=st.sampled_from(["a/b", "a/b/state", "a/#", "a/+"]),
)
def test_whatever_is_heard_what_is_proposed_can_be_mapped(
    heard: list[tuple[str, Any]], topic: str
) -> None:
    messages = [
        Message(name, value if isinstance(value, bytes) else json.dumps(value).encode(), False, 0.0)
        for name, value in heard
    ]
    proposals = propose(topic, messages)
    text = as_toml(proposals)
    found = mapped(text)
    assert found.problems == ()
    ids = sorted(item.entity.entity_id for item in found.declared)
    assert ids == sorted(item.entity_id for item in proposals)
    for proposal in proposals:
        domain, _, key = proposal.entity_id.partition(".")
        assert tomllib.loads(text)[domain][key] == proposal.keys


def entities(topic: str, *heard: tuple[str, str]) -> dict[str, dict[str, object]]:
    return {
        item.entity_id: item.keys for item in propose(topic, [message(*pair) for pair in heard])
    }


def test_only_what_was_heard_to_obey_is_proposed_to_be_commanded() -> None:
    silent = entities("garden/pond/state", ("garden/pond/state", "ON"))
    assert set(silent) == {"binary_sensor.garden_pond"}
    pressed = entities("garden/pond/state", ("garden/pond/state", "ON"), ("garden/pond/set", "OFF"))
    assert pressed["switch.garden_pond"]["command_topic"] == "garden/pond/set"


@pytest.mark.parametrize(
    ("heard", "entity_id", "keys"),
    [
        ([("b", "21.5")], "sensor.b", {"state_class": "measurement"}),
        ([("x/temperature", "21.5")], "sensor.x_temperature", {"device_class": "temperature", "unit_of_measurement": "°C"}),
        ([("b", "open"), ("b/set", "CLOSE")], "cover.b", {"state_open": "open", "state_closed": "closed"}),
        ([("b", "unlocked")], "binary_sensor.b", {"device_class": "lock", "payload_on": "unlocked"}),
        ([("b", "LOCKED"), ("b/set", "UNLOCK")], "lock.b", {"command_topic": "b/set"}),
        ([("b", "eco"), ("b/set", "boost")], "select.b", {"options": ["eco", "boost"]}),
        ([("b", "3"), ("b/set", "5")], "number.b", {"command_topic": "b/set", "min": 0}),
        ([("b", '{"on": true}'), ("b/set", '{"on": false}')], "switch.b_on", {"command_template": '{"on": {{ value }}}', "payload_on": "true"}),
        ([("b", '{"battery": 80}')], "sensor.b_battery", {"entity_category": "diagnostic"}),
    ],
)  # fmt: skip
def test_what_a_topic_may_be(
    heard: list[tuple[str, str]], entity_id: str, keys: dict[str, object]
) -> None:
    found = entities("#", *heard)
    assert set(found) == {entity_id}
    assert found[entity_id].items() >= keys.items()


def test_where_one_listens() -> None:
    assert watched("a/b/state") == "a/b/#"
    assert watched("a/b") == "a/b/#"
    assert watched("a/+/c") == "a/+/c"
    assert set(entities("a", ("a/x", "1"), ("b/x", "1"))) == {"binary_sensor.a_x"}


def test_adding_keeps_the_file_and_adds_nothing_twice(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text("# mine\n" + POND)
    path.chmod(0o640)
    heard = [message("garden/pond", '{"level": 3}'), message("garden/tap/state", "ON")]
    documents = [dict(item.document()) for item in propose("garden/#", heard)]
    added = add(path, documents)
    assert added.written == ("binary_sensor.garden_tap",)
    assert added.known == ("sensor.garden_pond_level",)
    assert path.read_text().startswith("# mine\n" + POND)
    assert path.stat().st_mode & 0o777 == 0o640
    assert len(load_mapping(path).declared) == 3
    before = path.read_bytes()
    assert add(path, documents).written == ()
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["mapping.toml"]


def test_a_file_with_problems_is_not_added_to(tmp_path: Path) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text("[switch.x]")
    with pytest.raises(HubagentError, match="command_topic"):
        add(path, [])
