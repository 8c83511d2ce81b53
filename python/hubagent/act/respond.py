"""What the hub says about a turn: short, varied, and never more than the devices confirmed.

In: the plan's resolutions and the outcomes. Out: one text. Sentences are data (``responses.toml``);
here they are chosen and filled.
"""

from __future__ import annotations

import tomllib
import zlib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from hubagent.act.wording import (
    definite,
    is_plural,
    listed,
    spoken_duration,
    spoken_moment,
    spoken_number,
    things,
    unit_of,
)
from hubagent.types import Decision, OutcomeKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hubagent.act.plan import Plan
    from hubagent.ports import ContextView
    from hubagent.types import Candidate, Command, EntityId, Outcome, Resolution, Value

_NAMED_IN_QUESTION = 3
_LISTED = 6


@cache
def _sentences() -> Mapping[str, Any]:
    source = resources.files("hubagent.act").joinpath("responses.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


class Responder:
    """Fills the sentences of ``responses.toml``."""

    def __init__(self) -> None:
        self._data = _sentences()

    def respond(
        self,
        plan: Plan,
        resolutions: Sequence[Resolution],
        outcomes: Sequence[Outcome],
        view: ContextView,
        *,
        seed: str,
        taken_as: str = "",
    ) -> str:
        """Return what to say about a turn; empty when nothing is to be said.

        Args:
            plan: What the turn does as a whole.
            resolutions: What each clause came to.
            outcomes: What happened to each command of the plan, in order.
            view: The home after the commands.
            seed: Chooses between sentences, such as the turn's id.
            taken_as: Words that stood in the place of those that were said; empty for none.
        """
        pick = _Pick(seed)
        if taken_as:
            plain = self.respond(plan, resolutions, outcomes, view, seed=seed)
            return f"{pick(self._data['rewritten']['taken_as']).format(words=taken_as)} {plain}"
        deciding = resolutions[plan.deciding] if resolutions else None
        if deciding is None or plan.decision is Decision.IGNORE:
            return ""
        if plan.decision is Decision.ASK:
            return self._question(deciding, view, pick)
        if plan.decision is Decision.REFUSE:
            return self._refusal(deciding, pick)
        said = [self._acts(outcomes, view, pick)] if outcomes else []
        for resolution in resolutions:
            if resolution.due_s is not None:
                said.append(self._later(resolution, view, pick))
            elif resolution.decision is Decision.ANSWER or resolution.timer is not None:
                said.append(self._answer(resolution, pick))
            names = resolution.facts.get("unreachable", ())
            if isinstance(names, tuple) and names:
                facts = _subject(listed(str(name) for name in names), plural=len(names) > 1)
                said.append(pick(self._data["outcomes"]["left_out"]).format(**facts))
        return " ".join(part for part in said if part)

    # -- acts --------------------------------------------------------------------------------------

    def _acts(self, outcomes: Sequence[Outcome], view: ContextView, pick: _Pick) -> str:
        groups: dict[tuple[str, str, OutcomeKind], list[Command]] = {}
        for outcome in outcomes:
            key, value = self._act(outcome.command, view)
            kind: OutcomeKind = outcome.kind
            if kind is OutcomeKind.SENT:
                kind = OutcomeKind.FOLLOWED
            groups.setdefault((key, value, kind), []).append(outcome.command)
        sentences = []
        for (key, value, kind), commands in groups.items():
            facts = self._facts(key, value, commands, view)
            act = self._data["acts"][key]
            if kind is OutcomeKind.FOLLOWED:
                sentences.append(pick(act["done"]).format(**facts))
            elif kind is OutcomeKind.ALREADY and act["already"]:
                facts["state"] = act["already"].format(**facts)
                sentences.append(pick(self._data["outcomes"]["already"]).format(**facts))
            elif kind is OutcomeKind.ALREADY:
                sentences.append(pick(act["done"]).format(**facts))
            else:
                sentences.append(pick(self._data["outcomes"][kind.value]).format(**facts))
        return " ".join(sentences)

    def _act(self, command: Command, view: ContextView) -> tuple[str, str]:
        """Return the key of a command's sentence and the value it speaks of."""
        acts = self._data["acts"]
        domain = view.entity(command.entity_id).domain
        if domain in {"scene", "script"} and command.command == "turn_on":
            return domain, ""
        for name, value in command.data.items():
            if (key := f"{command.command}.{name}") in acts:
                return key, spoken_number(name, value)
        key = command.command if command.command in acts else "other"
        told = next(iter(command.data.items()), None)
        return key, spoken_number(*told) if told else ""

    def _facts(
        self, key: str, value: str, commands: Sequence[Command], view: ContextView
    ) -> dict[str, str]:
        ids = list(dict.fromkeys(command.entity_id for command in commands))
        what, plural = things(ids, view)
        unit = unit_of(view.entity(ids[0])) if "temperature" in key else ""
        return {**_subject(what, plural=plural), "value": value, "unit": unit}

    # -- questions ---------------------------------------------------------------------------------

    def _question(self, resolution: Resolution, view: ContextView, pick: _Pick) -> str:
        asks = self._data["asks"]
        if not resolution.candidates:
            return self._refusal(resolution, pick)  # a value is missing: "For how long?"
        if resolution.reason == "confirm":
            order = self._order(resolution.candidates[0].commands, view)
            return pick(asks["confirm"]).format(order=order)
        options = option_names(resolution.candidates, view)
        if len(options) > _NAMED_IN_QUESTION:
            areas = {view.area_of(i) for c in resolution.candidates for i in c.entity_ids}
            key = "which_area" if len(areas) > 1 else "which_of_many"
            return pick(asks[key]).format(count=len(options))
        return pick(asks["which"]).format(options=listed(options, "or"))

    def _order(self, commands: Sequence[Command], view: ContextView) -> str:
        key, value = self._act(commands[0], view)
        facts = self._facts(key, value, commands, view)
        return str(self._data["acts"][key]["order"].format(**facts))

    def _later(self, resolution: Resolution, view: ContextView, pick: _Pick) -> str:
        alike: dict[tuple[str, str], list[Command]] = {}
        for command in resolution.commands:
            alike.setdefault(self._act(command, view), []).append(command)
        order = listed(self._order(commands, view) for commands in alike.values())
        sentence = pick(self._data["outcomes"]["later"])
        return sentence.format(order=order, when=resolution.facts["when"])

    # -- answers and refusals ----------------------------------------------------------------------

    def _answer(self, resolution: Resolution, pick: _Pick) -> str:
        facts = dict(resolution.facts)
        reason = resolution.reason
        texts: dict[str, str] = {name: spoken_number(name, facts[name]) for name in facts}
        for side in ("yes", "no"):
            names = facts.get(side)
            if isinstance(names, tuple):
                texts[side] = listed(_shortened([definite(str(name)) for name in names]))
                texts[side.capitalize()] = _upper(listed(_shortened([str(n) for n in names])))
                several = len(names) > 1 or any(is_plural(str(name)) for name in names)
                texts[f"{side}_is"] = "are" if several else "is"
        own = f"{facts.get('asked')}_{reason.rpartition('_')[2]}"
        if reason in {"any_yes", "any_no", "all_yes", "all_no"} and own in self._data["answers"]:
            reason = own
        elif reason == "any_no" and not facts.get("no"):
            reason = "none_no"
        elif reason in {"which_are", "how_many"} and not facts.get("count"):
            reason = "which_none" if reason == "which_are" else "how_many_none"
        elif reason == "condition_state":
            own = f"{facts.get('asked')}_{'yes' if facts.get('yes') else 'no'}"
            said = str(self._data["answers"].get(own, [""])[0])
            texts["own"] = _lower(said.partition(", ")[2].rstrip("."))
            texts["found"] = _found(texts)
        elif reason == "when":
            at_s, now_s = float(str(facts["at_s"])), float(str(facts["now_s"]))
            texts["moment"] = spoken_moment(at_s, now_s, clock=True)
            texts["ago"] = spoken_duration(now_s - at_s)
        elif "values" in facts:
            texts.update(_value_texts(facts))
        elif reason == "weather" and "temperature" not in facts:
            reason = "weather_short"
        return self._filled("answers", reason, texts, pick)

    def _refusal(self, resolution: Resolution, pick: _Pick) -> str:
        facts = resolution.facts
        texts = {name: spoken_number(name, value) for name, value in facts.items()}
        reason = resolution.reason
        if reason == "no_capability" and facts.get("what"):
            reason = "no_capability_what"
        if reason == "no_value" and facts.get("missing"):
            reason = "unknown_name"
        texts["in_area"] = f" in {facts['area']}" if facts.get("area") else ""
        names = facts.get("names", ())
        if isinstance(names, tuple):
            texts["names"] = _upper(listed(str(name) for name in names))
            texts["names_are"] = "are" if len(names) > 1 else "is"
        if not texts.get("name"):
            texts["name"] = "that"
        return self._filled("refusals", reason, texts, pick)

    def _filled(self, table: str, reason: str, texts: Mapping[str, str], pick: _Pick) -> str:
        sentences = self._data[table]
        chosen = pick(sentences.get(reason) or self._data["refusals"]["not_understood"])
        upper = {name.capitalize(): _upper(text) for name, text in texts.items()}
        return chosen.format(**{**upper, **texts})


class _Pick:
    """Chooses one of several sentences by the seed, so that a replay says the same."""

    def __init__(self, seed: str) -> None:
        self._number = zlib.crc32(seed.encode())

    def __call__(self, sentences: Sequence[str]) -> str:
        return sentences[self._number % len(sentences)]


def option_names(candidates: Sequence[Candidate], view: ContextView) -> list[str]:
    """Return a short name of each candidate that tells it from the others.

    By name where names differ, else by area; several things are spoken of by their area.
    """
    names = [_candidate_name(candidate.entity_ids, view) for candidate in candidates]
    if len(set(names)) == len(names):
        return [definite(name) for name in names]
    areas = [_area_name(candidate.entity_ids[0], view) for candidate in candidates]
    return [
        f"the one in the {area}" if area else f"the {name}"
        for area, name in zip(areas, names, strict=True)
    ]


def _candidate_name(ids: Sequence[EntityId], view: ContextView) -> str:
    if len(ids) == 1:
        return view.entity(ids[0]).name
    areas = {_area_name(entity_id, view) for entity_id in ids}
    only = areas.pop() if len(areas) == 1 else ""
    return f"ones in the {only}" if only else listed(view.entity(i).name for i in ids)


def _area_name(entity_id: EntityId, view: ContextView) -> str:
    area_id = view.area_of(entity_id)
    return next((area.name for area in view.areas() if area.area_id == area_id), "")


def _subject(what: str, *, plural: bool) -> dict[str, str]:
    return {
        "what": what,
        "What": _upper(what),
        "is": "are" if plural else "is",
        "was": "were" if plural else "was",
    }


def _value_texts(facts: Mapping[str, Value]) -> dict[str, str]:
    columns = [facts.get(name, ()) for name in ("names", "values", "units")]
    rows = list(zip(*(c if isinstance(c, tuple) else () for c in columns), strict=True))
    spoken = [(str(name), f"{value} {unit}".strip()) for name, value, unit in rows]
    return {
        "name": spoken[0][0],
        "Name": _upper(spoken[0][0]),
        "value": spoken[0][1],
        "pairs": _upper(listed(f"{name} {value}" for name, value in spoken)),
    }


def _found(texts: Mapping[str, str]) -> str:
    """Return how things stand with a state: "The window is open", "no window is open"."""
    if texts.get("own"):
        return texts["own"]
    state = texts.get("state", "")
    if texts.get("yes"):
        return f"{texts['yes']} {texts['yes_is']} {state}"
    return f"{texts.get('no', '')} {texts.get('no_is', 'is')} not {state}"


def _shortened(names: list[str]) -> list[str]:
    if len(names) <= _LISTED:
        return names
    return [*names[: _LISTED - 1], f"{len(names) - _LISTED + 1} more"]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
