"""What confirms a command, and what does not."""

from __future__ import annotations

import pytest

from hubagent.act.expect import can_confirm, expectation
from hubagent.types import Command, EntityId, EntityState, Value


def state(value: Value, **attributes: Value) -> EntityState:
    return EntityState(EntityId("light.lamp"), value, attributes, True, 0.0, 0.0)


def confirms(
    command: str, data: dict[str, Value], now: EntityState, before: EntityState | None = None
) -> bool:
    told = Command(EntityId("light.lamp"), command, data)
    return expectation(told, before or state(None))(now)


@pytest.mark.parametrize(
    ("command", "data", "now", "expected"),
    [
        ("turn_on", {}, state("on"), True),
        ("turn_on", {}, state("off"), False),
        ("turn_on", {}, state(None), False),
        ("turn_on", {}, state("heat"), True),
        ("turn_off", {}, state("standby"), True),
        ("turn_on", {"brightness": 128}, state("on", brightness=126), True),
        ("turn_on", {"brightness": 128}, state("on", brightness=132), False),
        ("turn_on", {"brightness": 128}, state("off", brightness=128), False),
        ("turn_on", {"color_temp_kelvin": 4000}, state("on", color_temp_kelvin=4016), True),
        ("turn_on", {"color_temp_kelvin": 4000}, state("on", color_temp_kelvin=2700), False),
        ("turn_on", {"rgb_color": (255, 0, 0)}, state("on", hs_color=(359.0, 99.0)), True),
        ("turn_on", {"rgb_color": (255, 0, 0)}, state("on", rgb_color=(0, 0, 255)), False),
        ("open_cover", {}, state("opening"), True),
        ("open_cover", {}, state("closed"), False),
        ("set_cover_position", {"position": 40}, state("open", current_position=41), True),
        ("set_cover_position", {"position": 40}, state("closing", current_position=90), True),
        ("set_cover_position", {"position": 40}, state("open", current_position=90), False),
        ("set_temperature", {"temperature": 21.5}, state("heat", temperature=21.4), True),
        ("set_temperature", {"temperature": 21.5}, state("heat", temperature=20), False),
        ("set_hvac_mode", {"hvac_mode": "cool"}, state("cool"), True),
        ("lock", {}, state("locked"), True),
        ("lock", {}, state("jammed"), False),
        ("volume_set", {"volume_level": 0.3}, state("playing", volume_level=0.31), True),
        ("volume_mute", {"is_volume_muted": False}, state("playing", is_volume_muted=False), True),
        ("volume_mute", {"is_volume_muted": True}, state("playing", is_volume_muted=False), False),
    ],
)  # fmt: skip
def test_a_command_is_confirmed_by_its_own_echo(
    command: str, data: dict[str, Value], now: EntityState, expected: bool
) -> None:
    assert confirms(command, data, now) is expected


def test_a_skipped_track_only_needs_a_change() -> None:
    before = state("playing", media_title="one")
    assert not confirms("media_next_track", {}, before, before)
    assert confirms("media_next_track", {}, state("playing", media_title="two"), before)


def test_buttons_and_scenes_confirm_nothing() -> None:
    assert not can_confirm(Command(EntityId("button.bell"), "press"))
    assert not can_confirm(Command(EntityId("scene.movie"), "turn_on"))
    assert can_confirm(Command(EntityId("light.lamp"), "turn_on"))
