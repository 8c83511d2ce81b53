"""Answers from the confirmed state of the home, and what is said about nothing in it.

"Is the back door locked?", "which lights are on?", "how warm is it upstairs?". In: a reading and its
mentions. Out: a ``Resolution`` that answers with facts, or refuses with the reason.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.resolve import rank, text
from hubagent.resolve.asked import Asked
from hubagent.resolve.features import Failure
from hubagent.resolve.intents import IntentSpec
from hubagent.resolve.tellers import unit_of
from hubagent.types import Decision, EntityId, Resolution

if TYPE_CHECKING:
    from hubagent.ports import Values
    from hubagent.resolve.features import Grounding
    from hubagent.resolve.ground import Grounder
    from hubagent.resolve.lexicon import Lexicon
    from hubagent.resolve.mention import Mention
    from hubagent.resolve.verdict import Verdict
    from hubagent.types import Hypothesis, Value

_TALK = {
    "HubGreet": "greeting", "HubPraise": "praise", "HassNevermind": "nevermind",
    "HubAffirm": "acknowledged", "HubConfirm": "acknowledged", "HubNegate": "acknowledged",
    "HubDontCare": "acknowledged",
}  # fmt: skip
"""Readings that want a word back and nothing else -> key of the sentence."""


class Questions:
    """Answers readings that move nothing."""

    def __init__(self, lexicon: Lexicon, values: Values) -> None:
        self._lexicon = lexicon
        self._lookup = Asked(lexicon, values)

    def asked(self, said: str, grounder: Grounder, *, loose: bool = False) -> Resolution | None:
        """Return the answer to words that are a question on this home, else ``None``.

        Only to those that are clearly one, unless ``loose``.
        """
        verdict = self._lookup.answer(said, grounder, loose=loose)
        return None if verdict is None else _answered(verdict)

    def _by_slots(self, reading: Hypothesis, said: str, grounder: Grounder) -> Resolution:
        """Return the answer to a question as the model has read it."""
        found = self._lookup.by_slots(said, reading, grounder)
        if isinstance(found, Failure):
            return Resolution(
                Decision.REFUSE, reading.intent, reason=found.reason, facts=found.facts
            )
        return _answered(found)

    def unknown(self, refused: Resolution, said: str, grounder: Grounder) -> Resolution:
        """Return a refusal of a question that names what this home lacks, where it was named."""
        name = self._lookup.unknown(said, grounder)
        if not name:
            return refused
        if refused.reason == "no_value":
            return replace(refused, facts={**refused.facts, "name": name, "missing": True})
        return replace(refused, reason="unknown_name", facts={"name": name})

    def answer(
        self, reading: Hypothesis, said: str, mentions: tuple[Mention, ...], grounder: Grounder
    ) -> Resolution:
        """Return the answer to one reading that no command can satisfy.

        Args:
            reading: Its intent and slots.
            said: The clause.
            mentions: What it mentions; at least one, perhaps empty.
            grounder: The home of this turn.
        """
        intent = reading.intent
        if intent in _TALK:
            return Resolution(Decision.ANSWER, intent, reason=_TALK[intent])
        if intent in {"HassGetCurrentTime", "HassGetCurrentDate"}:
            return _clock(intent, grounder.view.now_s)
        if intent == "HassGetWeather":
            return self._weather(intent, said, grounder)
        if intent == "HubListQuery":
            return self._items(intent, mentions[0], grounder)
        if intent in {"HassGetState", "HassClimateGetTemperature"}:
            return self._by_slots(reading, said, grounder)
        return Resolution(Decision.REFUSE, intent, reason="unsupported")

    def _items(self, intent: str, mention: Mention, grounder: Grounder) -> Resolution:
        """Return what is on a to-do list."""
        spec = IntentSpec(intent, {"todo": ()}, alone=("todo",))
        found = grounder.ground(mention, spec)
        if isinstance(found, Failure):
            return Resolution(Decision.REFUSE, intent, reason=found.reason, facts=found.facts)
        entity = grounder.view.entity(_best(found)[0])
        state = grounder.view.state(entity.entity_id)
        facts: dict[str, Value] = {"name": entity.name, "items": state.attributes.get("items")}
        if not isinstance(facts["items"], tuple):
            return Resolution(Decision.REFUSE, intent, reason="no_value", facts={"what": "items"})
        reason = "items" if facts["items"] else "no_items"
        targets = (entity.entity_id,)
        return Resolution(Decision.ANSWER, intent, targets=targets, reason=reason, facts=facts)

    def _weather(self, intent: str, said: str, grounder: Grounder) -> Resolution:
        """Return the weather of the place that is named, else of the first that is known."""
        words = set(text.tokens(said))
        ids = sorted(
            grounder.view.query(domain="weather"),
            key=lambda i: not set(text.tokens(grounder.view.entity(i).name)) <= words,
        )
        if not ids:
            return Resolution(Decision.REFUSE, intent, reason="unsupported")
        entity, state = grounder.view.entity(ids[0]), grounder.view.state(ids[0])
        facts: dict[str, Value] = {"name": entity.name, "condition": _condition(state.state)}
        temperature = state.attributes.get("temperature")
        if temperature is not None:
            facts["temperature"] = _spoken(temperature)
            facts["unit"] = unit_of("temperature", entity, state.attributes)
        return Resolution(Decision.ANSWER, intent, targets=(ids[0],), reason="weather", facts=facts)


def _answered(verdict: Verdict) -> Resolution:
    """Return the answer that says what is so."""
    told = verdict.facts.get("what")
    warmth = told == "temperature" and all(i.startswith("climate.") for i in verdict.targets)
    return Resolution(
        Decision.ANSWER,
        "HassClimateGetTemperature" if warmth and verdict.targets else "HassGetState",
        targets=verdict.targets,
        reason=verdict.reason,
        facts=verdict.facts,
    )


_CONDITIONS = {
    "clear-night": "clear", "lightning": "thunderstorms", "lightning-rainy": "thunderstorms and rain",
    "partlycloudy": "partly cloudy", "pouring": "pouring rain", "snowy-rainy": "sleet",
    "windy-variant": "windy and cloudy", "exceptional": "exceptional weather",
}  # fmt: skip


def _condition(state: Value) -> Value:
    """Return Home Assistant's word for the weather as it is spoken."""
    return _CONDITIONS.get(str(state), _spoken(state))


def _best(found: tuple[Grounding, ...]) -> tuple[EntityId, ...]:
    """Return everything that is as good a match as the best."""
    weights = rank.load()
    scores = [weights.score(item.features) for item in found]
    best = max(scores)
    ids: dict[EntityId, None] = {}
    for item, score in zip(found, scores, strict=True):
        if score > best - weights.ask_margin:
            ids.update(dict.fromkeys(item.entity_ids))
    return tuple(ids)


def _spoken(value: Value) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, float):
        return f"{value:.1f}".removesuffix(".0")
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    return str(value).replace("_", " ")


def _clock(intent: str, now_s: float) -> Resolution:
    local = time.localtime(now_s)
    if intent == "HassGetCurrentTime":
        spoken = time.strftime("%H:%M", local)
        return Resolution(Decision.ANSWER, intent, reason="time", facts={"time": spoken})
    spoken = f"{time.strftime('%A', local)}, {local.tm_mday} {time.strftime('%B %Y', local)}"
    return Resolution(Decision.ANSWER, intent, reason="date", facts={"date": spoken})
