"""The guard-rails, tried to be got around."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from hubagent.evidence import Pair, Rule, Stage
from hubagent.resolve.features import is_sensitive
from hubagent.rewrite.guardrail import Guardrail, chained, final_target
from hubagent.rewrite.words import lexicon, numbers, tokens
from hubagent.types import Command, EntityId, Layer

if TYPE_CHECKING:
    from hubagent.ports import ContextView

GOOD = [
    ("turn un the gandalf", "turn on gandalf"),
    ("turn on gand elf", "turn on gandalf"),
    ("movie time", "start movie night"),
    ("it is gloomy in here", "turn on gandalf"),
    ("turn on the bed side lamp", "turn on the bedside lamp"),
    ("kill the kitchen light", "turn off the kitchen light"),
    ("turn on the big light", "turn on the kitchen light"),
    ("turn the kitchen light down to twenty", "set the kitchen light to 20 percent"),
    ("set the bed site lamp to 20 %", "set the bedside lamp to twenty percent"),
    ("turn on the front door lite", "turn on the front door light"),
    ("turn off the garage lite please", "turn off the garage light"),
    ("lights in the garage on", "turn on the lights in the garage"),
    ("turn of the cinnamon", "turn off cinema"),
    ("switch on movie knight", "start movie night"),
    ("make it cosy", "set the kitchen light to 20 percent"),
    ("turn off the lamp on the bedside", "turn off the bedside lamp"),
    ("play maj and dragons", "play imagine dragons"),
    ("turn on the lounge telly", "turn on the tv in the lounge"),
    # what only looks like a time, a number, a kind, a lost name, a "no", a lost verb
    ("switch off the sunset", "turn off gandalf"),
    ("turn the sunset off", "turn off gandalf"),
    ("turn off every lamp that glows", "turn off the lights in the kitchen"),
    ("turn on the shiny one", "turn on gandalf"),
    ("no i said turn on the wizard", "turn on gandalf"),
    ("no turn on the wizard", "turn on gandalf"),
    ("turn on the wizard", "get gandalf going"),
    ("turn on the wizard", "gandalf own"),
    ("turn off the wizard", "cut gandalf"),
    ("witch on the lites", "switch on the lights"),
    ("switch own the lights", "switch on the lights"),
]


@pytest.mark.parametrize(("source", "target"), GOOD)
def test_what_people_say_again_is_let_through(
    guard: Guardrail, view: ContextView, source: str, target: str
) -> None:
    assert guard.objection(source, target, view) is None


BAD = [
    # opposites, however they are written
    ("turn off gandalf", "turn on gandalf", Rule.POLARITY),
    ("turn of gandalf", "turn on gandalf", Rule.POLARITY),
    ("gandalf of", "gandalf on", Rule.POLARITY),
    ("turn o ff gandalf", "turn on gandalf", Rule.POLARITY),
    ("turn on gandalf", "turn  OFF  gandalf", Rule.POLARITY),
    ("ｔｕｒｎ ｏｆｆ gandalf", "turn on gandalf", Rule.POLARITY),  # noqa: RUF001
    ("turn o\u0301ff gandalf", "turn on gandalf", Rule.POLARITY),
    ("open the awning", "close the awning", Rule.POLARITY),
    ("opem the awning", "close the awning", Rule.POLARITY),
    ("kitchen light lower", "kitchen light brighter", Rule.POLARITY),
    ("turn off the jazz", "start the jazz in the lounge", Rule.POLARITY),
    ("dont turn on gandalf", "turn on gandalf", Rule.POLARITY),
    ("don't turn on gandalf", "turn on gandalf", Rule.POLARITY),
    ("do n't turn on gandalf", "turn on gandalf", Rule.POLARITY),
    ("turn on gandalf", "turn on all but gandalf", Rule.POLARITY),
    ("never turn on gandalf", "turn on gandalf", Rule.POLARITY),
    ("gandalf", "turn on gandalf", Rule.POLARITY),
    ("turn off movie night", "movie night", Rule.POLARITY),
    ("make the cinema louder", "make the cinema quieter", Rule.POLARITY),
    ("lights out in the kitchen", "turn on the kitchen lights", Rule.POLARITY),
    ("no lights on in the kitchen", "lights on in the kitchen", Rule.POLARITY),
    ("no i do not want gandalf on", "turn on gandalf", Rule.POLARITY),
    ("no more gandalf", "turn on gandalf", Rule.POLARITY),
    ("no dont turn on gandalf", "turn on gandalf", Rule.POLARITY),
    ("turn on the wizard", "gandalf of", Rule.POLARITY),
    ("cut gandalf", "turn on gandalf", Rule.POLARITY),
    ("witch off the lights", "switch on the lights", Rule.GENERIC),
    # numbers and times
    ("set the bedside lamp to 20", "set the bedside lamp to 80", Rule.NUMBER),
    ("set the bedside lamp to twenty", "set the bedside lamp to 21", Rule.NUMBER),
    ("set the bedside lamp to fifty", "set the bedside lamp to fifteen", Rule.NUMBER),
    ("bedside lamp to 20", "turn on the bedside lamp", Rule.NUMBER),
    ("dim the bedside lamp", "dim the bedside lamp to 5", Rule.NUMBER),
    ("timer for 5 minutes", "timer for 5 hours", Rule.NUMBER),
    ("turn on gandalf tomorrow", "turn on gandalf", Rule.NUMBER),
    ("turn on gandalf at 6 am", "turn on gandalf at 6 pm", Rule.NUMBER),
    ("set it to 20.5 in the lounge", "set it to 205 in the lounge", Rule.NUMBER),
    ("turn on gandalf in the evening", "turn on gandalf", Rule.NUMBER),
    ("turn on gandalf at sunset", "turn off the sunset", Rule.NUMBER),
    ("turn on gandalf at sunset", "turn on gandalf", Rule.NUMBER),
    ("turn off gandalf every morning", "turn off gandalf", Rule.NUMBER),
    ("turn on gandalf every hour", "turn on gandalf", Rule.NUMBER),
    ("turn off gandalf for the weekend", "turn off gandalf", Rule.NUMBER),
    ("put on the channel one", "put on channel two", Rule.NUMBER),
    ("turn on the lamp one", "turn on lamp two", Rule.NUMBER),
    ("set gandalf to one percent", "set gandalf to two percent", Rule.NUMBER),
    ("turn on the desk one", "turn on the desk two", Rule.NUMBER),
    # controls, and words that lean on others
    ("play gandalf", "stop", Rule.GENERIC),
    ("put some jazz on", "play music", Rule.GENERIC),
    ("what about the next one", "next", Rule.GENERIC),
    ("stop", "turn on gandalf", Rule.GENERIC),
    ("undo", "turn on gandalf", Rule.GENERIC),
    ("no", "turn on gandalf", Rule.GENERIC),
    ("turn on gandalf", "turn it on", Rule.GENERIC),
    ("cosy please gandalf", "do the same as before with them", Rule.GENERIC),
    # sensitive
    ("let me in", "unlock the front door", Rule.SENSITIVE),
    ("let me in", "un lock the front door", Rule.SENSITIVE),
    ("let me in", "open the garage", Rule.SENSITIVE),
    ("let me in", "open the drive gates", Rule.SENSITIVE),
    ("i am home", "turn on gandalf and unlock the front door", Rule.SENSITIVE),
    ("i am home", "dis arm the system", Rule.SENSITIVE),
    ("bake me a cake", "turn on the oven socket", Rule.SENSITIVE),
    ("bye bye birdie", "lock the front door", Rule.SENSITIVE),
    ("i need soap", "order soap", Rule.SENSITIVE),
    ("warm me please", "set the thermostat to 35 degrees", Rule.HEAT),
    ("warm me please", "set the thermostat to ninety five degrees", Rule.HEAT),
    # things and places
    ("turn on the kitchen light", "turn on the bedroom light", Rule.ENTITY),
    ("turn on the bedroom fan", "turn on the bedroom light", Rule.ENTITY),
    ("turn on gandalf", "turn on the cinema", Rule.ENTITY),
    ("turn on gandalf please", "turn on gandalf and the cinema", Rule.ENTITY),
    ("gandalf and cinema on", "turn on gandalf", Rule.ENTITY),
    ("kitchens light on", "turn on the light in the lounge", Rule.ENTITY),
    # kind of sentence, length, letters
    ("is gandalf on", "turn on gandalf", Rule.QUESTION),
    ("turn on gandalf", "is gandalf on", Rule.QUESTION),
    ("gandalf", "gandalf " * 30, Rule.LENGTH),
    ("gandalf", "gandalf" * 60, Rule.LENGTH),
    ("turn on gandelf", "turn оn gandalf", Rule.TEXT),  # noqa: RUF001
    ("turn on gandelf", "turn on\u202egandalf", Rule.TEXT),
    ("turn on gandelf", "turn on\u200b gandalf", Rule.TEXT),
    ("turn on gandelf", "?!", Rule.TEXT),
    ("turn on gandalf", "Turn on Gandalf!", Rule.SAME),
]


@pytest.mark.parametrize(("source", "target", "rule"), BAD)
def test_what_must_not_be_is_refused_by_its_rule(
    guard: Guardrail, view: ContextView, source: str, target: str, rule: Rule
) -> None:
    found = guard.objection(source, target, view)
    assert found is not None
    assert found.rule is rule
    assert found.why


@pytest.mark.parametrize(
    ("source", "target"),
    [(s, t) for s, t, rule in BAD if rule in {Rule.POLARITY, Rule.NUMBER, Rule.QUESTION}],
)
def test_what_is_refused_one_way_is_refused_the_other_way(
    guard: Guardrail, view: ContextView, source: str, target: str
) -> None:
    assert guard.objection(target, source, view) is not None


def test_the_words_alone_protect_without_a_home(guard: Guardrail) -> None:
    for target in ("open the garage", "unlock the door", "turn on the oven", "close the valve"):
        found = guard.objection("let me in", target, None)
        assert found is not None
        assert found.rule is Rule.SENSITIVE


# --- what the target does -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity_id", "command", "rule"),
    [
        ("lock.front", "lock", Rule.SENSITIVE),
        ("cover.gate", "open_cover", Rule.SENSITIVE),
        ("switch.hob", "turn_on", Rule.SENSITIVE),
        ("script.arrive", "turn_on", Rule.SENSITIVE),
        ("scene.leave", "turn_on", Rule.SENSITIVE),
        ("light.gone", "turn_on", Rule.GONE),
        ("light.garage", "turn_on", None),
        ("light.porch", "turn_on", None),
        ("scene.movie", "turn_on", None),
        ("cover.blind", "open_cover", None),
    ],
)
def test_what_a_target_would_do_is_looked_at_too(
    guard: Guardrail, view: ContextView, entity_id: str, command: str, rule: Rule | None
) -> None:
    found = guard.effect([Command(EntityId(entity_id), command)], view)
    assert (found.rule if found else None) is rule


def test_more_than_thirty_degrees_are_not_set(guard: Guardrail, view: ContextView) -> None:
    hot = Command(EntityId("climate.hall"), "set_temperature", {"temperature": 31.0})
    found = guard.effect([hot], view)
    assert found is not None
    assert found.rule is Rule.HEAT
    mild = Command(EntityId("climate.hall"), "set_temperature", {"temperature": 22.0})
    assert guard.effect([mild], view) is None


def test_what_became_dangerous_later_is_refused(guard: Guardrail, view: ContextView) -> None:
    commands = [Command(EntityId("cover.blind"), "open_cover")]
    assert guard.objection("shade up", "open the awning", view, commands=commands) is None
    now_a_garage: Any = _Changed(view, "cover.blind", "garage")
    found = guard.objection("shade up", "open the awning", now_a_garage, commands=commands)
    assert found is not None
    assert found.rule is Rule.SENSITIVE


class _Changed:
    """A view in which one thing is of another class."""

    def __init__(self, view: ContextView, entity_id: str, device_class: str) -> None:
        self._view, self._id, self._class = view, entity_id, device_class

    def __getattr__(self, name: str) -> object:
        return getattr(self._view, name)

    def entity(self, entity_id: EntityId) -> object:
        found = self._view.entity(entity_id)
        return replace(found, device_class=self._class) if entity_id == self._id else found

    def entities(self) -> tuple[object, ...]:
        return tuple(self.entity(item.entity_id) for item in self._view.entities())


# --- chains ---------------------------------------------------------------------------------------


def _pair(source: str, target: str, stage: Stage = Stage.LIVE) -> Pair:
    return Pair(source, target, Layer.PERSONAL, stage, "chain", "")


def test_chains_and_circles_are_refused_and_collapse() -> None:
    pairs = [_pair("a", "b"), _pair("b", "c"), _pair("x", "y"), _pair("y", "x")]
    assert chained("new", "a", pairs) is not None
    assert chained("c", "new", pairs) is not None
    assert chained("a", "new", pairs) is None
    assert chained("new", "B", [_pair("b", "c", Stage.RETIRED)]) is None
    assert final_target("new", "A", pairs) == "c"
    assert final_target("new", "c", pairs) == "c"
    assert final_target("c", "a", pairs) is None
    assert final_target("new", "x", pairs) is None


# --- laws -----------------------------------------------------------------------------------------

FILLER = st.sampled_from(["please", "gandalf", "the", "kitchen", "light", "now", "big", "old"])
SENTENCE = st.lists(FILLER, min_size=1, max_size=5)
ONES = sorted(w for w, (axis, sign) in lexicon().poles.items() if axis.signed and sign > 0)
OTHERS = sorted(w for w, (axis, sign) in lexicon().poles.items() if axis.signed and sign < 0)


def _hidden(draw: st.DrawFn, word: str) -> str:
    """Return a word written so that it looks like another one."""
    how = draw(st.sampled_from(["plain", "upper", "accent", "wide", "blank"]))
    if how == "upper":
        return word.upper()
    if how == "accent":
        return word[0] + "\u0301" + word[1:]
    if how == "wide":
        return "".join(chr(ord(char) + 0xFEE0) for char in word)
    at = draw(st.integers(1, len(word) - 1))
    return f"{word[:at]} {word[at:]}" if how == "blank" else word


@st.composite
def opposed(draw: st.DrawFn) -> tuple[str, str]:
    one, other = draw(st.sampled_from(ONES)), draw(st.sampled_from(OTHERS))
    if draw(st.booleans()):
        one, other = other, one
    words, at = draw(SENTENCE), 0
    at = draw(st.integers(0, len(words)))
    source = [*words[:at], _hidden(draw, one), *words[at:]]
    target = [*words[:at], _hidden(draw, other), *words[at:]]
    return " ".join(source), "  ".join(target)


@given(opposed())
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_way_of_writing_opposites_gets_through(pair: tuple[str, str]) -> None:
    assert Guardrail(sensitive=is_sensitive).objection(*pair, None) is not None


@given(st.integers(0, 999), st.integers(0, 999), SENTENCE)
@settings(max_examples=200, deadline=None)
def test_no_number_becomes_another(one: int, other: int, words: list[str]) -> None:
    source, target = f"set gandalf to {one}", f"set {' '.join(words)} to {other}"
    found = Guardrail(sensitive=is_sensitive).objection(source, target, None)
    assert one == other or found is not None


SPELLED = {20: "twenty", 21: "twenty one", 35: "thirty-five", 100: "a hundred", 250: "two hundred"}


def test_numbers_in_letters_are_those_in_digits() -> None:
    for number, text in SPELLED.items():
        if number != 250:
            assert numbers(tokens(text))[0] == numbers(tokens(str(number)))[0], text
    assert numbers(tokens("twenty point five"))[0] == numbers(tokens("20.5"))[0] == ("20.5",)
    assert numbers(tokens("the first lamp"))[0] == ("1",)
    assert numbers(tokens("7:30"))[0] == ("7:30",)


@given(st.text(max_size=60), st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_gets_an_answer(source: str, target: str) -> None:
    found = Guardrail(sensitive=is_sensitive).objection(source, target, None)
    assert found is None or found.why


SENSITIVE_TARGETS = st.sampled_from(
    [
        "unlock the front door",
        "open the drive gate",
        "open the garage",
        "disarm it",
        "oven socket on",
    ]
)


@given(SENTENCE, SENSITIVE_TARGETS, st.lists(FILLER, max_size=3), st.booleans())
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_nothing_sensitive_hides_in_a_longer_target(
    view: ContextView, words: list[str], wanted: str, more: list[str], first: bool
) -> None:
    parts = [wanted, "and", *more] if first else [*more, "and", wanted]
    found = Guardrail(sensitive=is_sensitive).objection(" ".join(words), " ".join(parts), view)
    assert found is not None
