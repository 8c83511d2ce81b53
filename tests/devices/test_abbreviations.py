from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from hubagent.devices import abbreviations


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("bri_cmd_t", "brightness_command_topic"),
        ("hum_state_tpl", "target_humidity_state_template"),
        ("curr_hum_t", "current_humidity_topic"),
        ("stat_val_tpl", "state_value_template"),
        ("pl_not_avail", "payload_not_available"),
        ("stat_clsd", "state_closed"),
        ("pause_mw_cmd_tpl", "pause_command_template"),
    ],
)
def test_a_short_key_stands_for_its_long_one(short: str, long: str) -> None:
    assert abbreviations.ENTITY[short] == long


def test_no_short_key_is_also_a_long_one() -> None:
    assert not abbreviations.ENTITY.keys() & set(abbreviations.ENTITY.values())


def test_every_abbreviation_that_home_assistant_knows_is_known() -> None:
    fixtures = os.environ.get("HUBAGENT_FIXTURES")
    if not fixtures:
        pytest.skip("HUBAGENT_FIXTURES names no folder of recorded messages")
    table = json.loads(Path(fixtures, "ha_abbreviations.json").read_text())
    ours = {
        "entity": abbreviations.ENTITY,
        "legacy_entity": abbreviations.ENTITY,
        "device": abbreviations.DEVICE,
        "origin": abbreviations.ORIGIN,
    }
    wrong = {
        (group, short): (long, ours[group].get(short, short))
        for group in ours
        for short, long in table[group].items()
        if ours[group].get(short, short) != long
    }
    assert not wrong
