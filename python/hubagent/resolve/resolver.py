"""From readings of an utterance to what is to be done in this home: act, answer, ask or refuse.

In: an ``Understanding`` and a ``ContextView``. Out: one ``Resolution`` a clause. Every reading that
is likely enough is grounded in the home, every grounding is scored with named features, and the
best one is taken when nothing else is near; nothing is published here.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hubagent.resolve import choose, forms, intents, lexicon, rank, text
from hubagent.resolve.by_content import ByContent
from hubagent.resolve.by_doing import done
from hubagent.resolve.by_list import ByList
from hubagent.resolve.by_name import ByName
from hubagent.resolve.by_option import ByOption
from hubagent.resolve.by_playing import playing
from hubagent.resolve.by_title import started
from hubagent.resolve.by_verb import ByVerb
from hubagent.resolve.features import Failure
from hubagent.resolve.forms import Form
from hubagent.resolve.ground import Grounder
from hubagent.resolve.hold_back import reason_to_hold_back
from hubagent.resolve.mention import read_mentions
from hubagent.resolve.named import named
from hubagent.resolve.polarity import put_right
from hubagent.resolve.question_forms import form_of, without_frame, without_tag
from hubagent.resolve.questions import Questions
from hubagent.resolve.settings import Settings
from hubagent.resolve.tidy import with_numbers, with_places
from hubagent.types import Candidate, Command, Decision, EntityId, Hypothesis, Resolution, Slot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.ports import ContextView, Values
    from hubagent.resolve.intents import IntentSpec
    from hubagent.resolve.mention import Mention
    from hubagent.resolve.rank import Weights
    from hubagent.resolve.situation import Situation
    from hubagent.types import AreaId, Clause, Understanding

LEAST_PROBABILITY = 0.3
"""A request understood less surely is not understood, unless names leave no doubt."""
LEAST_UNNAMED = 0.4
"""The same for a request that names neither thing nor place, and ..."""
LEAST_UNEXPLAINED = 0.8
"""... for one that besides has words which are nothing to the hub."""
MOST_UNEXPLAINED = 2
"""Words that are nothing to the hub beside which nothing unnamed is meant: talk has more."""
WORTH_TRYING = 0.08
"""Least probability of a further reading, and ..."""
WORTH_BESIDE = 0.12
"""... its least share of the best one's."""
WORDED_SCORE = 1.5
"""Gain of a reading whose very words are something of this home: an option, an item, a part."""
MOST_OUT_OF_SCOPE = 0.5
_MISREAD = frozenset({
    "not_understood", "not_for_me", "unsupported", "no_capability", "unknown_name", "unknown_area",
    "no_such_device", "unknown_value", "unknown_state", "unclear_thing", "missing_value",
})  # fmt: skip
"""Refusals that may come of a misreading."""
_NAMES_NOTHING = frozenset({"unsupported", "no_value", "unclear_thing", "not_understood"})
"""Refusals that do not say what was not found."""
_SAYS_NOTHING = _NAMES_NOTHING | {"missing_value", "not_for_me"}
"""Refusals of what may as well be a question of few words: "nursery humidity"."""
_ASKS_WHETHER = re.compile(
    r"\b(?:see|know|check|tell me|remember|wonder|idea|find out)\s+(?:if|whether)\b", re.IGNORECASE
)
"""What never asks for more than an answer."""
_CHATTER = frozenset({"unsupported", "not_understood", "not_for_me"})
_READ_ONLY = frozenset({"sensor", "binary_sensor", "weather", "person", "device_tracker"})
_SPOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
BEHIND = 100.0
"""How far what must not be done stands behind everything that may."""
_SWITCHES = frozenset({"HassTurnOn", "HassTurnOff", "HassOpenCover", "HassCloseCover", "HubLock"})
"""Intents that a clause without a verb takes over from the one before; nothing is unlocked so."""
_VALUED = {
    "HassLightSet": ("brightness",), "HassSetVolume": ("volume_level",), "HassFanSetSpeed": ("percentage",),
    "HassSetPosition": ("position",), "HassClimateSetTemperature": ("temperature",),
    "HassHumidifierSetpoint": ("humidity",),
}  # fmt: skip
"""Intents that set a value, and its slot."""
_OF_HERE = frozenset({"it", "its", "here", "we", "were", "i", "im"})
"""Words of which a remark on how it is where the speaker is has one."""
_MOST_OF_NAME = 0.75
"""Least likeness of a name that a lone verb and it make a request of."""
NO_THINGS_SCORE = 4.0
"""Grounding score of a reading that moves nothing: as good as a thing well named."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one hypothesis comes to in this home; refused ones have no score."""

    resolution: Resolution
    score: float = -math.inf


@dataclass(slots=True)
class _Scene:
    """What the clauses of one utterance share."""

    view: ContextView
    text: str
    speaker_area: AreaId | None
    antecedents: tuple[EntityId, ...] = field(default=())
    domains: frozenset[str] = frozenset()


class Resolver:
    """Resolves the clauses of one utterance against one view."""

    def __init__(self, values: Values, weights: Weights | None = None) -> None:
        self._lexicon = lexicon.load()
        self._specs = intents.load()
        self._weights = weights or rank.load()
        self._forms = forms.load(self._lexicon)
        self._settings = Settings(values, self._lexicon)
        self._questions = Questions(self._lexicon, values)
        self._by_verb = ByVerb(self._lexicon)
        self._by_name = ByName(self._lexicon, values)
        self._worded = (ByOption(self._lexicon), ByList(self._lexicon), ByContent())

    def resolve(self, understanding: Understanding, situation: Situation) -> tuple[Resolution, ...]:
        """Return what each clause comes to.

        Args:
            understanding: Clauses with readings, best first.
            situation: The home, the speaker, and what was spoken of.
        """
        if not understanding.clauses:
            return (Resolution(Decision.IGNORE, "", reason="nothing_said"),)
        scene = _Scene(
            situation.view,
            understanding.text,
            situation.speaker_area,
            situation.antecedents,
            situation.domains,
        )
        asked = self._asked_whole(scene)
        if asked is not None:
            return (asked,)
        resolutions = []
        before: Clause | None = None
        for heard in understanding.clauses:
            going = put_right(heard, scene.text[heard.start : heard.end])
            clause = before = self._with_verb(going, before, scene.text)
            resolution = self._clause(clause, scene, understanding.out_of_scope)
            if resolution.targets:
                scene.antecedents = resolution.targets
            resolutions.append(resolution)
        return _without_chatter(resolutions, understanding)

    def _asked_whole(self, scene: _Scene) -> Resolution | None:
        """Return the answer to what as a whole is a question, however many clauses it was taken for.

        "The garage is shut, isn't it" shuts nothing, nor does "could you see if the door is locked".
        """
        framed = without_frame(scene.text, self._lexicon)[1]
        if not framed and not without_tag(scene.text)[1]:
            return None
        grounder = Grounder(
            scene.view,
            self._lexicon,
            speaker_area=scene.speaker_area,
            antecedents=scene.antecedents,
        )
        answer = self._questions.asked(scene.text, grounder)
        if answer is not None or not _ASKS_WHETHER.search(scene.text):
            return answer
        refused = Resolution(
            Decision.REFUSE, "HassGetState", reason="no_value", facts={"what": "state"}
        )
        return self._questions.unknown(refused, scene.text, grounder)

    # -- one clause --------------------------------------------------------------------------------

    def _with_verb(self, clause: Clause, before: Clause | None, utterance: str) -> Clause:
        """Return a clause that says not what to do with the intent of the clause before it.

        "Switch off the fan and both lamps": the model guesses at the lamps, as often wrong as right.
        """
        if before is None or not before.hypotheses or not clause.hypotheses:
            return clause
        words = text.tokens(utterance[clause.start : clause.end])
        best, own = before.hypotheses[0], clause.hypotheses[0]
        if not {best.intent, own.intent} <= _SWITCHES or self._lexicon.requests & set(words):
            return clause  # "and call mum" is no lamp to be switched
        slots = own.slots
        carried = Hypothesis(best.intent, best.probability, slots, label=best.label)
        return replace(clause, hypotheses=(carried,))

    def _clause(self, clause: Clause, scene: _Scene, out_of_scope: float) -> Resolution:
        words = scene.text[clause.start : clause.end]
        called = started(words, scene.view, self._lexicon) or done(words, scene.view, self._lexicon)
        if called is not None:
            return called
        grounder = Grounder(
            scene.view,
            self._lexicon,
            speaker_area=scene.speaker_area,
            antecedents=scene.antecedents,
        )
        answer = self._questions.asked(scene.text[clause.start : clause.end], grounder)
        if answer is not None:
            return answer
        if not clause.hypotheses:
            return Resolution(Decision.REFUSE, "", reason="not_understood")
        best = clause.hypotheses[0]
        if out_of_scope > MOST_OUT_OF_SCOPE:
            refused = Resolution(Decision.REFUSE, best.intent, reason="not_for_me")
            return self._plainly(refused, clause, scene, grounder)
        switched = self._switched(clause, scene, grounder)
        if switched is not None:
            return switched
        clause = self._wished(clause, words)
        best = clause.hypotheses[0]
        floor = max(WORTH_TRYING, WORTH_BESIDE * best.probability)
        readings = [
            self._read(hypothesis, clause, scene, grounder)
            for hypothesis in clause.hypotheses
            if hypothesis is best or hypothesis.probability >= floor
        ]
        for source in self._worded:
            for worded in source.readings(clause, scene.text, scene.view):
                reading = self._read(worded, clause, scene, grounder)
                readings.append(replace(reading, score=reading.score + WORDED_SCORE))
        chosen = max(readings, key=lambda reading: reading.score)
        if chosen.score > -math.inf:
            return (
                self._called_otherwise(chosen.resolution, clause, scene, grounder)
                or self._verb_and_name(chosen.resolution, clause, scene, grounder)
                or chosen.resolution
            )
        refused = readings[0].resolution
        if best.probability < LEAST_PROBABILITY:
            refused = Resolution(Decision.REFUSE, best.intent, reason="not_understood")
        return self._plainly(refused, clause, scene, grounder)

    def _wished(self, clause: Clause, words: str) -> Clause:
        """Return a remark on how it is with the readings that move what it speaks of, if any does.

        Whoever says "a bit parky in here" speaks of warmth, so the reading that dims the lights is
        none; the others share its probability.
        """
        of_here = bool(_OF_HERE & set(text.tokens(words)))  # "look at all those stars, so bright"
        remark = of_here and self._forms.form(words) is Form.REMARK
        wish = self._forms.wish(words) if remark else frozenset()
        meant = [
            reading
            for reading in clause.hypotheses
            if (spec := self._specs.get(reading.intent)) is not None and wish & set(spec.alone)
        ]
        whole = sum(reading.probability for reading in meant)
        if not meant or whole < WORTH_TRYING:
            return clause
        known = sum(r.probability for r in clause.hypotheses if r.intent in self._specs)
        shared = [replace(r, probability=r.probability * known / whole) for r in meant]
        return replace(clause, hypotheses=tuple(shared))

    def _switched(self, clause: Clause, scene: _Scene, grounder: Grounder) -> Resolution | None:
        """Return what "cot lamp off" does where the model takes it for a question: it asks nothing."""
        words = text.tokens(scene.text[clause.start : clause.end])
        asked = clause.hypotheses[0].intent not in self._specs
        if not asked or not {"on", "off"} & set(words[-1:]) or form_of(words) != "statement":
            return None
        plain = self._by_verb.reading(clause, scene.text)
        found = self._read(plain, clause, scene, grounder).resolution if plain else None
        if found is None or found.decision is not Decision.ACT:
            return None
        named_fully = dict(found.candidates[0].features).get("named_fully")
        return found if named_fully else None

    def _called_otherwise(
        self, chosen: Resolution, clause: Clause, scene: _Scene, grounder: Grounder
    ) -> Resolution | None:
        """Return what the whole name of a thing comes to where the reading passed over it.

        "Track one off" is the lamp called Track 1, not the music.
        """
        if chosen.decision is not Decision.ACT or not chosen.candidates:
            return None
        if any("name" in dict(candidate.features) for candidate in chosen.candidates[:1]):
            return None
        spots = [
            ("".join(text.tokens(word[0])), word.start(), word.end())
            for word in _SPOKEN.finditer(scene.text, clause.start, clause.end)
        ]
        whole = [
            item
            for item in named([word for word, *_ in spots], scene.view.entities())
            if item.whole and item.end - item.start > 1 and len(item.things) == 1
        ]
        if len(whole) != 1 or chosen.reading is None:
            return None
        things = {whole[0].things[0].entity_id}
        if things <= set(chosen.targets):
            return None
        start, end = spots[whole[0].start][1], spots[whole[0].end - 1][2]
        kept = tuple(s for s in chosen.reading.slots if s.end <= start or end <= s.start)
        slot = Slot("name", start, end, scene.text[start:end])
        reading = replace(chosen.reading, slots=(*kept, slot), implied=())
        found = self._read(reading, clause, scene, grounder).resolution
        return found if set(found.targets) == things else None

    def _verb_and_name(
        self, chosen: Resolution, clause: Clause, scene: _Scene, grounder: Grounder
    ) -> Resolution | None:
        """Return what a verb and a name come to where the reading had no ear for the name.

        "Stop the pump" is the Trough Pump, not the music; "zip stop" is no never mind.
        """
        unnamed = chosen.decision is Decision.ACT and not any(map(_is_named, chosen.candidates[:1]))
        if not unnamed and chosen.intent != "HassNevermind":
            return None
        plain = self._by_verb.reading(clause, scene.text)
        found = self._read(plain, clause, scene, grounder).resolution if plain else None
        if found is None or found.decision is not Decision.ACT:
            return None
        return found if _is_only_name(dict(found.candidates[0].features)) else None

    def _plainly(
        self, refused: Resolution, clause: Clause, scene: _Scene, grounder: Grounder
    ) -> Resolution:
        """Return what the verb alone comes to where all else was refused; only for a thing named so."""
        plain = self._by_name.reading(clause, scene.text, scene.view)
        plain = (
            plain
            or _measured(refused, clause)
            or playing(clause, scene.text, scene.view)
            or self._by_verb.reading(clause, scene.text)
        )
        said = scene.text[clause.start : clause.end]
        told = refused.reason == "no_capability" and _names_what_measures(said, scene.view)
        asks_nothing = not self._lexicon.requests & set(text.tokens(said))
        if (told or refused.reason in _SAYS_NOTHING) and asks_nothing:
            answer = self._questions.asked(said, grounder, loose=True)
            if answer is not None:
                return answer
        if refused.reason in _NAMES_NOTHING:
            refused = self._questions.unknown(refused, said, grounder)
        if plain is None or refused.reason not in _MISREAD:
            return refused
        resolution = self._read(plain, clause, scene, grounder).resolution
        if resolution.decision not in {Decision.ACT, Decision.ASK}:
            return refused
        features = [dict(candidate.features) for candidate in resolution.candidates]
        plainly = all(self._is_only_kind(slot.text) for slot in plain.slots if slot.name == "name")
        is_named = all(
            item.get("named_fully")
            or item.get("phonetic")
            or (plainly and _is_kind_here(item))
            or _is_only_name(item)
            for item in features[:1]
        )
        return resolution if is_named else refused

    def _is_only_kind(self, words: str) -> bool:
        """Return whether words are a kind of thing and nothing else: "the shutters"."""
        content = self._lexicon.content(words)
        return any(len(said.words) == len(content) for said in self._lexicon.kinds_of(content))

    def _read(
        self, hypothesis: Hypothesis, clause: Clause, scene: _Scene, grounder: Grounder
    ) -> _Reading:
        said = scene.text[clause.start : clause.end]
        hypothesis = with_numbers(hypothesis, scene.text, grounder.names)
        hypothesis = with_places(
            hypothesis, scene.text, clause.start, clause.end, self._lexicon, grounder.names
        )
        mentions = read_mentions(
            hypothesis,
            scene.text,
            clause.start,
            clause.end,
            lexicon=self._lexicon,
            names=grounder.names,
        )
        understood = math.log(max(hypothesis.probability, 1e-6))
        spec = self._specs.get(hypothesis.intent)
        if spec is not None and scene.domains:
            spec = spec.within(scene.domains)
        if spec is None:
            if hypothesis.probability < LEAST_PROBABILITY:
                return _Reading(
                    Resolution(Decision.REFUSE, hypothesis.intent, reason="unsupported")
                )
            answer = self._questions.answer(hypothesis, said, mentions, grounder)
            refused = answer.decision is Decision.REFUSE
            return _Reading(answer, -math.inf if refused else understood + NO_THINGS_SCORE)
        reason = reason_to_hold_back(scene.text, said, hypothesis)
        if reason:
            return _Reading(Resolution(Decision.REFUSE, hypothesis.intent, reason=reason))
        if mentions[0].words or mentions[0].places:
            mentions = (*mentions, *grounder.also_named(mentions[0], spec))
        parts = [
            self._mention(hypothesis, clause, spec, mention, scene, grounder)
            for mention in mentions
        ]
        for part in parts:
            if part.resolution.decision is Decision.REFUSE:
                return _Reading(part.resolution, understood + part.score)
        score = understood + sum(part.score for part in parts) / len(parts)
        asked = [part for part in parts if part.resolution.decision is Decision.ASK]
        if asked:
            return _Reading(asked[0].resolution, score)
        joined = _joined([part.resolution for part in parts])
        return _Reading(replace(joined, reading=hypothesis), score)

    # -- one mention -------------------------------------------------------------------------------

    def _mention(
        self,
        hypothesis: Hypothesis,
        clause: Clause,
        spec: IntentSpec,
        mention: Mention,
        scene: _Scene,
        grounder: Grounder,
    ) -> _Reading:
        implied = dict(hypothesis.implied).get("domain", "")
        found = grounder.ground(mention, spec, implied)
        if isinstance(found, Failure):
            return _refused(spec, found)
        candidates = choose.build(
            hypothesis,
            scene.text[clause.start : clause.end],
            spec,
            found,
            view=scene.view,
            settings=self._settings,
            weights=self._weights,
            speaker_area=scene.speaker_area,
        )
        if isinstance(candidates, Failure):
            return _refused(spec, candidates)
        best = candidates[0]
        probability = self._support(best, hypothesis, clause)
        asks = bool(
            self._lexicon.requests & set(text.tokens(scene.text[clause.start : clause.end]))
        )
        said = scene.text[clause.start : clause.end]
        explained = self._forms.explained(said) if self._forms.form(said) is Form.REMARK else 0
        left = 0 if explained >= mention.unexplained else mention.unexplained
        if probability < _least_probability(best, mention, left, asks=asks):
            return _refused(spec, Failure("not_understood"))
        resolution = choose.decide(
            candidates,
            spec,
            probability=probability,
            unexplained=mention.unexplained,
            form=self._forms.form(scene.text[clause.start : clause.end]),
            wish=self._forms.wish(scene.text[clause.start : clause.end]),
            says_what=self._forms.says_what(scene.text[clause.start : clause.end]),
            view=scene.view,
            weights=self._weights,
        )
        refused = resolution.decision is Decision.REFUSE
        return _Reading(resolution, best.score - (BEHIND if refused else 0.0))

    def _support(self, best: Candidate, reading: Hypothesis, clause: Clause) -> float:
        """Return the probability of this reading and of all that come to the same command.

        "Close the water valve" is as likely meant for a valve as for a cover; either closes it.
        """
        command = best.commands[0]
        domain = command.entity_id.split(".")[0]
        is_named = _is_named(best)
        probability = reading.probability
        for other in clause.hypotheses:
            spec = self._specs.get(other.intent)
            same = spec is not None and command.command in spec.commands.get(domain, ())
            # A value for what was not named is meant only by readings that speak of such things.
            valued = any(c.data for c in best.commands) and not is_named
            same = same and (not valued or (spec is not None and domain in spec.alone))
            if same and not _is_same(other, reading):
                probability += other.probability
        return probability


def _without_chatter(
    resolutions: list[Resolution], understanding: Understanding
) -> tuple[Resolution, ...]:
    """Ignore clauses that ask for nothing a hub could do, where the others say what to do.

    "Unlock the door, the pizza is here" is one request; "... and order a pizza" are two, and the
    second holds back the first.
    """
    if not any(resolution.decision is Decision.ACT for resolution in resolutions):
        return tuple(resolutions)
    found = []
    for resolution, clause in zip(resolutions, understanding.clauses, strict=True):
        before = understanding.text[: clause.start].rstrip().lower()
        joined = before.endswith((" and", " then", " also", " plus"))
        if resolution.reason in _CHATTER and not joined:
            found.append(Resolution(Decision.IGNORE, resolution.intent, reason="chatter"))
        else:
            found.append(resolution)
    return tuple(found)


def _least_probability(best: Candidate, mention: Mention, unexplained: int, *, asks: bool) -> float:
    """Return how surely a request must be understood before anything moves.

    Little, when every word of it is a request's or a full name's; more, when nothing was named, or
    no word of what is much besides ``asks`` for anything; ``unexplained`` words are nothing to the hub.
    """
    features = dict(best.features)
    if features.get("named_fully") and not unexplained:
        return WORTH_TRYING
    if _is_named(best):
        amid_talk = unexplained > MOST_UNEXPLAINED and not asks
        return LEAST_UNEXPLAINED if amid_talk else LEAST_PROBABILITY
    if unexplained > MOST_UNEXPLAINED and not features.get("recent"):
        return math.inf
    return LEAST_UNEXPLAINED if unexplained or mention.loose else LEAST_UNNAMED


def _is_same(one: Hypothesis, other: Hypothesis) -> bool:
    """Return whether two are one reading, perhaps with its slots put right since."""
    same = (one.intent, one.probability, one.implied)
    return same == (other.intent, other.probability, other.implied)


def _is_named(best: Candidate) -> bool:
    """Return whether a thing, a place or a kind was said, rather than implied."""
    features = dict(best.features)
    return bool(features.get("name") or features.get("place") or features.get("kind", 0.0) > 0.5)


def _is_kind_here(features: Mapping[str, float]) -> bool:
    """Return whether the kind was said, and where is plain: "swing the shutters shut"."""
    placed = features.get("here") or features.get("place") or features.get("only_one")
    return features.get("kind", 0.0) == 1.0 and bool(placed)


def _is_only_name(features: Mapping[str, float]) -> bool:
    """Return whether most of a name was said, and nothing else has it: "stop pump"."""
    return features.get("name", 0.0) >= _MOST_OF_NAME and bool(features.get("only_one"))


def _names_what_measures(said: str, view: ContextView) -> bool:
    """Return whether words are the whole name of what can only be read: "mailbox battery"."""
    words = text.tokens(said)
    found = named(words, view.entities())
    return any(
        item.whole
        and item.end - item.start == len(words)
        and all(thing.domain in _READ_ONLY for thing in item.things)
        for item in found
    )


def _measured(refused: Resolution, clause: Clause) -> Hypothesis | None:
    """Return a value said for a thing that was taken for one of another sort: "boiler at 125"."""
    best = clause.hypotheses[0] if clause.hypotheses else None
    if best is None or refused.reason != "no_capability" or best.intent not in _VALUED:
        return None
    slots = tuple(
        replace(slot, name="amount") if slot.name in _VALUED[best.intent] else slot
        for slot in best.slots
    )
    measured = any(slot.name == "amount" for slot in slots)
    return Hypothesis("HubSetMeasure", best.probability, slots) if measured else None


def _refused(spec: IntentSpec, failure: Failure) -> _Reading:
    refusal = Resolution(Decision.REFUSE, spec.intent, reason=failure.reason, facts=failure.facts)
    return _Reading(refusal)


def _joined(resolutions: list[Resolution]) -> Resolution:
    """Return one resolution for all the mentions of a clause, each command once."""
    if len(resolutions) == 1:
        return resolutions[0]
    commands: dict[tuple[EntityId, str], Command] = {}
    for resolution in resolutions:
        commands.update({(c.entity_id, c.command): c for c in resolution.commands})
    targets = dict.fromkeys(i for resolution in resolutions for i in resolution.targets)
    unreachable = tuple(
        name for r in resolutions if r.candidates for name in r.candidates[0].unreachable
    )
    return Resolution(
        Decision.ACT,
        resolutions[0].intent,
        commands=tuple(commands.values()),
        targets=tuple(targets),
        candidates=tuple(c for r in resolutions for c in r.candidates),
        facts={"unreachable": unreachable} if unreachable else {},
    )
