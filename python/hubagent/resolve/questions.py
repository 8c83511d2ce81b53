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
from hubagent.resolve.tellers import in_percent, unit_of
from hubagent.types import Decision, EntityId, Resolution

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubagent.ports import Values
    from hubagent.resolve.features import Grounding
    from hubagent.resolve.ground import Grounder
    from hubagent.resolve.lexicon import Lexicon, Quality
    from hubagent.resolve.mention import Mention
    from hubagent.types import Entity, Hypothesis, Value

_TALK = {
    "HubGreet": "greeting", "HubPraise": "praise", "HassNevermind": "nevermind",
    "HubAffirm": "acknowledged", "HubConfirm": "acknowledged", "HubNegate": "acknowledged",
    "HubDontCare": "acknowledged",
}  # fmt: skip
"""Readings that want a word back and nothing else -> key of the sentence."""
_YES_NO = frozenset({"is", "are", "was", "were", "do", "does", "did", "has", "have"})
_WHICH = frozenset({"which", "who", "what", "whats"})
_SPOKEN_MOST = 5
"""Most things named in an answer; the rest is counted."""


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
        if verdict is None:
            return None
        told = verdict.facts.get("what")
        warmth = told == "temperature" and all(i.startswith("climate.") for i in verdict.targets)
        return Resolution(
            Decision.ANSWER,
            "HassClimateGetTemperature" if warmth and verdict.targets else "HassGetState",
            targets=verdict.targets,
            reason=verdict.reason,
            facts=verdict.facts,
        )

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
        if intent == "HassClimateGetTemperature":
            return self._value(intent, self._quality("temperature"), mentions, grounder)
        if intent == "HubListQuery":
            return self._items(intent, mentions[0], grounder)
        if intent == "HassGetState":
            return self._state(reading, said, mentions, grounder)
        return Resolution(Decision.REFUSE, intent, reason="unsupported")

    # -- is it, which are, how many ----------------------------------------------------------------

    def _state(
        self, reading: Hypothesis, said: str, mentions: tuple[Mention, ...], grounder: Grounder
    ) -> Resolution:
        words = text.tokens(said)
        state_words = reading.slot("state")
        state = self._lexicon.state(state_words) if state_words else None
        if state is None and _form(words) != "value":
            state_words = self._state_within(words)
            state = self._lexicon.state(state_words) if state_words else None
        elif state is not None and _form(words) == "value" and self._asked(said, None) is not None:
            state, state_words = None, None  # "how hot is the brooder running"
        if state is None:
            return self._value(reading.intent, self._asked(said, state_words), mentions, grounder)
        form = _form(words)
        mention = mentions[0]
        any_said = bool({"any", "anyone", "anybody", "anything", "some"} & set(words))
        named = mention.words or mention.places or mention.everything or any_said
        if form == "is" and not named and not mention.all:
            return Resolution(Decision.REFUSE, reading.intent, reason="unclear_thing")
        if form != "is" or mention.all:
            mention = replace(mention, all=True)
        if form == "value":
            form = "is"
        entities = self._entities(mention, state, grounder)
        if isinstance(entities, Failure):
            return Resolution(
                Decision.REFUSE, reading.intent, reason=entities.reason, facts=entities.facts
            )
        yes = [e for e in entities if self._is(e, state, grounder)]
        no = [e for e in entities if e not in yes]
        facts: dict[str, Value] = {
            "state": state_words or state,
            "yes": _names(yes),
            "no": _names(no),
            "count": len(yes),
            "total": len(entities),
            "kind": mention.said or "",
        }
        reason = {"which": "which_are", "many": "how_many"}.get(form)
        if reason is None:
            everything = len(entities) > 1 and not any_said
            answer = not no if everything else bool(yes)
            reason = f"{'all' if everything else 'any'}_{'yes' if answer else 'no'}"
        return Resolution(
            Decision.ANSWER,
            reading.intent,
            targets=tuple(entity.entity_id for entity in entities),
            reason=reason,
            facts=facts,
        )

    def _state_within(self, words: tuple[str, ...]) -> str | None:
        """Return the last words of a question that are a state, when no slot has them."""
        for size in (2, 1):
            for start in range(len(words) - size, 0, -1):
                said = " ".join(words[start : start + size])
                if self._lexicon.state(said) is not None:
                    return said
        return None

    def _is(self, entity: Entity, state: str, grounder: Grounder) -> bool:
        value = grounder.view.state(entity.entity_id).state
        return self._lexicon.is_in_state(entity, value, state)

    def _entities(
        self, mention: Mention, state: str, grounder: Grounder
    ) -> tuple[Entity, ...] | Failure:
        """Return the things asked about that can be in the state at all."""
        spec = _everything(grounder, self._lexicon.states[state].get("of", ()))
        found = grounder.ground(mention, spec)
        if isinstance(found, Failure):
            return found
        entities = [grounder.view.entity(i) for i in _best(found)]
        able = tuple(entity for entity in entities if self._lexicon.can_be(entity, state))
        if not able:
            return Failure("cannot_be", {"name": mention.said, "state": state})
        return able

    # -- what is its ... ---------------------------------------------------------------------------

    def _asked(self, said: str, state_words: str | None) -> Quality | None:
        """Return the quality that the words ask for; the longest phrase wins."""
        best: tuple[int, Quality] | None = None
        for words in (text.tokens(state_words or ""), text.tokens(said)):
            for quality in self._lexicon.qualities:
                for phrase in quality.words:
                    if text.find(words, phrase) >= 0 and (best is None or len(phrase) > best[0]):
                        best = (len(phrase), quality)
            if best is not None:
                return best[1]
        return None

    def _quality(self, name: str) -> Quality:
        return next(quality for quality in self._lexicon.qualities if quality.name == name)

    def _value(
        self,
        intent: str,
        quality: Quality | None,
        mentions: tuple[Mention, ...],
        grounder: Grounder,
    ) -> Resolution:
        mention = mentions[0]
        spec = _everything(grounder, ())
        found: list[tuple[Entity, Value, str]] = []
        failure: Failure | None = None
        if mention.words:
            grounded = grounder.ground(mention, spec)
            if isinstance(grounded, Failure):
                failure = grounded
            else:
                found = self._read(_best(grounded), quality, grounder)
        if not found and quality is not None and (failure is None or mention.places):
            found = self._in_place(mention, quality, grounder)
        if not found:
            failure = failure or Failure(
                "no_value", {"what": quality.name if quality else "state", "name": mention.said}
            )
            return Resolution(Decision.REFUSE, intent, reason=failure.reason, facts=failure.facts)
        known = [item for item in found if item[1] is not None] or found
        return Resolution(
            Decision.ANSWER,
            intent,
            targets=tuple(entity.entity_id for entity, _, _ in known),
            reason="value" if len(known) == 1 else "values",
            facts={
                "what": quality.name if quality else "state",
                "names": tuple(entity.name for entity, _, _ in known),
                "values": tuple(_spoken(value) for _, value, _ in known),
                "units": tuple(unit for _, _, unit in known),
            },
        )

    def _in_place(
        self, mention: Mention, quality: Quality, grounder: Grounder
    ) -> list[tuple[Entity, Value, str]]:
        """Read the quality in the place said, in the speaker's, or anywhere."""
        place = grounder.places.union(mention.places)
        if place is not None and place.unknown:
            return []
        if place is not None and place.areas is not None:
            areas: Iterable[frozenset[object] | None] = (place.areas,)
        else:
            here = grounder.places.find("here").areas
            areas = (here, None) if here else (None,)
        for wanted in areas:
            ids = [
                entity.entity_id
                for entity in grounder.view.entities()
                if not entity.category
                and (wanted is None or grounder.view.area_of(entity.entity_id) in wanted)
            ]
            found = self._read(tuple(ids), quality, grounder, siblings=False)
            if found:
                return _plainest(found)
        return []

    def _read(
        self,
        ids: tuple[EntityId, ...],
        quality: Quality | None,
        grounder: Grounder,
        *,
        siblings: bool = True,
    ) -> list[tuple[Entity, Value, str]]:
        """Return (entity, value, unit) of the quality for each thing that has it."""
        view = grounder.view
        found: list[tuple[Entity, Value, str]] = []
        for entity_id in ids:
            entity, state = view.entity(entity_id), view.state(entity_id)
            if quality is None:
                found.append((entity, state.state, entity.unit))
                continue
            if entity.domain == "sensor" and entity.device_class in quality.classes:
                found.append((entity, state.state, entity.unit))
            elif (name := quality.attributes.get(entity.domain)) and name in state.attributes:
                value = state.attributes[name]
                found.append(
                    (entity, in_percent(name, value), unit_of(name, entity, state.attributes))
                )
            elif siblings and entity.device_id is not None:
                found.extend(
                    (other, view.state(other.entity_id).state, other.unit)
                    for other in view.entities()
                    if other.device_id == entity.device_id
                    and other.domain == "sensor"
                    and other.device_class in quality.classes
                )
        return list({item[0].entity_id: item for item in found}.values())

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


_CONDITIONS = {
    "clear-night": "clear", "lightning": "thunderstorms", "lightning-rainy": "thunderstorms and rain",
    "partlycloudy": "partly cloudy", "pouring": "pouring rain", "snowy-rainy": "sleet",
    "windy-variant": "windy and cloudy", "exceptional": "exceptional weather",
}  # fmt: skip


def _condition(state: Value) -> Value:
    """Return Home Assistant's word for the weather as it is spoken."""
    return _CONDITIONS.get(str(state), _spoken(state))


def _form(words: tuple[str, ...]) -> str:
    if "how" in words and "many" in words:
        return "many"
    if words and words[0] in _WHICH:
        return "which"
    return "is" if words and words[0] in _YES_NO else "value"


def _everything(grounder: Grounder, able: Iterable[str]) -> IntentSpec:
    """Return a specification that any readable thing meets, bounded to some domains if given."""
    domains = {item.split(".")[0] for item in able} or {e.domain for e in grounder.view.entities()}
    return IntentSpec(
        "HassGetState", dict.fromkeys(sorted(domains), ()), alone=tuple(sorted(domains))
    )


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


def _plainest(found: list[tuple[Entity, Value, str]]) -> list[tuple[Entity, Value, str]]:
    """Prefer what measures a room to what happens to know: a thermostat or room sensor first."""
    rooms = [item for item in found if item[0].domain in {"climate", "weather"}]
    sensors = [item for item in found if item[0].domain == "sensor"]
    return (sensors or rooms or found)[:_SPOKEN_MOST]


def _names(entities: list[Entity]) -> tuple[str, ...]:
    return tuple(entity.name for entity in entities)


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
