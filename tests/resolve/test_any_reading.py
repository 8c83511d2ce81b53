"""Whatever a model makes of whatever was said, the resolver answers and keeps its promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings, strategies as st

from hubagent.resolve import intents
from hubagent.resolve.features import is_sensitive
from hubagent.resolve.situation import Situation
from hubagent.types import AreaId, Clause, Decision, Hypothesis, Slot, Understanding

if TYPE_CHECKING:
    from collections.abc import Callable

VOCABULARY = (
    "turn on off the a all both everything every lights light lamp kitchen bedroom hall bathroom "
    "kids room 1 two counter kettle oven front back door doors lock garage upstairs here it them but "
    "except and , 50% half red open close fan thermostat volume movie night is are which how many "
    "temperature please xyzzy 's"
)
WORDS = VOCABULARY.split()
INTENTS = (*intents.load(), "HassGetState", "HassClimateGetTemperature", "HassNevermind",
           "HubListQuery", "HassGetWeather", "HubEmailSend", "")  # fmt: skip
SLOTS = ("name", "device", "area", "floor", "brightness", "color", "temperature", "position",
         "percentage", "volume_level", "mode", "state", "source", "except", "item", "person",
         "search_query", "list_name", "duration")  # fmt: skip
DOMAINS = ("", "light", "lock", "cover", "valve", "climate", "media_player", "sensor")


@st.composite
def understandings(draw: Callable[..., Any]) -> Understanding:
    words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=9))
    text = " ".join(words)
    starts = [len(" ".join(words[:n])) + (n > 0) for n in range(len(words))]
    readings = []
    for _ in range(draw(st.integers(0, 3))):
        slots = []
        for _ in range(draw(st.integers(0, 3))):
            first = draw(st.integers(0, len(words) - 1))
            last = draw(st.integers(first, len(words) - 1))
            start, end = starts[first], starts[last] + len(words[last])
            slots.append(Slot(draw(st.sampled_from(SLOTS)), start, end, text[start:end]))
        domain = draw(st.sampled_from(DOMAINS))
        implied = (("domain", domain), ("direction", "up")) if domain else ()
        probability = draw(st.floats(0.0, 1.0))
        readings.append(
            Hypothesis(draw(st.sampled_from(INTENTS)), probability, tuple(slots), implied)
        )
    readings.sort(key=lambda reading: -reading.probability)
    return Understanding(text, (Clause(0, len(text), tuple(readings)),), draw(st.floats(0.0, 1.0)))


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(understood=understandings(), area=st.sampled_from([None, "kitchen", "hall", "nowhere"]))
def test_any_reading_is_resolved(house: Any, understood: Understanding, area: str | None) -> None:
    view = house.hub.store.view()
    (found,) = house.resolver.resolve(understood, Situation(view, AreaId(area) if area else None))
    assert (found.decision is Decision.ACT) == bool(found.commands)
    assert bool(found.reason) != (found.decision is Decision.ACT)
    best = max((r.probability for c in understood.clauses for r in c.hypotheses), default=0.0)
    for command in found.commands:
        entity = view.entity(command.entity_id)
        assert command.command in view.commands_of(command.entity_id)
        assert house.hub.store.render(command)
        if is_sensitive(entity) and command.command in {"unlock", "open_cover", "open_valve"}:
            assert best >= 0.26, "three readings may add up to 0.8"
