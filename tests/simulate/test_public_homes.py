"""Homes of public data sets load, and every entity of them is announced."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hubagent.simulate.home import load_home

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = os.environ.get("HUBAGENT_DATA")
PATTERNS = (
    "home_assistant_datasets/device-actions-v2-fixtures/*/_fixtures.yaml",
    "home_assistant_intents/tests/en/_fixtures.yaml",
)
HOMES = sorted(path for pattern in PATTERNS for path in Path(DATA or "none").glob(pattern))

pytestmark = pytest.mark.skipif(DATA is None, reason="HUBAGENT_DATA names no folder of data sets")


def test_the_homes_are_there() -> None:
    assert len(HOMES) == 41


@pytest.mark.parametrize("path", HOMES, ids=lambda path: path.parent.name)
@pytest.mark.parametrize("maker", ["device", "single", "topics"])
def test_every_entity_of_a_public_home_is_announced(
    bench: Callable[..., Any], path: Path, maker: str
) -> None:
    home = bench(load_home(path), maker)
    announced = set()
    for publication in home.bus.retained("homeassistant/#"):
        found = json.loads(publication.payload)
        parts = found.get("components", {"": found}).values()
        announced |= {part.get("default_entity_id") or part["def_ent_id"] for part in parts}
    assert announced == set(home.world.devices)
    states = home.world.states()
    json.dumps(states)
    for entity in home.world.home.entities:
        given = home.world.home.initial[entity.entity_id]
        if given.state is not None:
            assert str(given.state) == states[entity.entity_id]["state"], entity.entity_id
