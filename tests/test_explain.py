"""What ``hubagent explain`` shows of whole turns: readable, true, and on one screen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hubagent import explain
from hubagent.act.execute import Executor
from hubagent.pipeline import Pipeline
from hubagent.replay import MemoryHub
from hubagent.simulate.generate import generate_home
from hubagent.simulate.home import load_home
from hubagent.types import AreaId, TurnId, Utterance
from hubagent.understand import values
from hubagent.understand.understander import Understander

if TYPE_CHECKING:
    from hubagent.simulate.home import HomeModel
    from hubagent.types import TurnRecord

HOME: dict[str, Any] = {
    "areas": [{"id": "hall", "name": "Hall"}, {"id": "attic", "name": "Attic"}],
    "entities": [
        {"id": "light.hall", "name": "Lantern", "area": "hall", "state": "off"},
        {"id": "light.attic", "name": "Batten", "area": "attic", "state": "off"},
        {"id": "media_player.attic", "name": "Projector", "area": "attic", "state": "idle",
         "attributes": {"device_class": "tv"}},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def understand() -> Understander:
    return Understander.load()


def turn(
    understand: Understander, text: str, area: str | None = None, home: HomeModel | None = None
) -> TurnRecord:
    hub = MemoryHub(home or load_home(HOME))
    executor = Executor(hub.store, hub.client, clock=hub.clock, wait=hub.wait)
    pipeline = Pipeline(
        understand=understand, values=values, context=hub.store, act=executor, clock=hub.clock
    )
    room = AreaId(area) if area else None
    return pipeline.run_turn(Utterance(TurnId("t"), text, hub.clock.now_s(), area_id=room))


def shown(
    understand: Understander, text: str, area: str | None = None, home: HomeModel | None = None
) -> str:
    return explain.render(turn(understand, text, area, home))


def test_it_names_the_intent_where_that_is_not_the_likeliest(understand: Understander) -> None:
    record = turn(understand, "turn on the batten")
    assert "read as" not in explain.render(record)
    other = understand.understand("what is the weather")
    assert "read as    HassTurnOn\n" in explain.render(replace(record, understanding=other))


@pytest.mark.parametrize(
    ("text", "area", "told"),
    [
        ("turn on the light", "attic", "decided by here +1.5\n"),
        ("turn on the light", None, "decided by nothing: they are alike\n"),
        ("turn on the batten", "hall", "decided by name +4.0, named_fully +2.0"),
        ("turn on the attic light", "hall", "decided by place +2.5, kind +2.0"),
        ("turn on the batten and the lantern", None, "nothing else fits\n"),
    ],
)
def test_it_names_what_decided(
    understand: Understander, text: str, area: str | None, told: str
) -> None:
    assert told in shown(understand, text, area)


def test_what_is_done_besides_is_no_rival(understand: Understander) -> None:
    assert "alike" not in shown(understand, "turn on the batten and the lantern")


@pytest.mark.parametrize(
    "text",
    ["turn off everything", "turn on the lamp", "is anything open", "open the blinds and turn on "
     "the lights, then pause the radio and set every lamp to thirty percent"],
)  # fmt: skip
def test_it_fits_a_screen_in_a_home_of_any_size(understand: Understander, text: str) -> None:
    lines = shown(understand, text, home=generate_home(300, seed=5)).split("\n")
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
