"""Nothing of a home leaves it: canaries of every kind, in every spelling, are in no byte."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, strategies as st

from hubagent.evidence import source_key
from hubagent.sync.scrub import GAPS, MOST_BYTES, MOST_WORDS, Said, Scrub, public_words

if TYPE_CHECKING:
    from collections.abc import Callable

HOME = {
    "gandalf": "{name}",
    "marlenes lamp": "{name}",
    "love and life": "{name}",
    "kitchen": "{area}",
    "under the stairs": "{area}",
}
PEOPLE = ("Will Márquez", "April", "Ann-Kathrin")


def _blank(key: str) -> str | None:
    text = f" {key} "
    for name, gap in HOME.items():
        text = text.replace(f" {name} ", f" {gap} ")
    return text.strip()


SCRUB = Scrub(_blank, PEOPLE)
CANARIES = (
    # people, with and without a family name
    "Marlene", "Günther", "Siobhán O'Neill", "Xiulan", "Will", "April", "Jean-Luc", "Mohammed", "Ann-Kathrin",
    # numbers: telephones, codes, cards, plates, in digits and in words
    "+49 170 5550199", "555-0199", "4929 1234 5678 9012", "1984", "KA-BX 471", "12.05.1984",
    "one nine eight four", "double oh seven", "3rd of may 1984",
    # addresses
    "12 Baker Street", "Karlsruhe", "76131", "jane.doe@example.org", "www.example.org", "192.168.1.17", "fe80::1",
    # devices
    "Marlene's lamp", "Gandalf", "love and life", "under the stairs", "zigbee 0x00158d0001", "ESP_4F22A1",
)  # fmt: skip
TRICKS: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    str.title,
    "\u200b".join,
    "\u00ad".join,
    " ".join,
    lambda text: unicodedata.normalize("NFD", text),
    lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    lambda text: text.translate(
        str.maketrans("aceopxy", "\u0430\u0441\u0435\u043e\u0440\u0445\u0443")
    ),
    lambda text: "\u202e" + text[::-1] + "\u202c",
    lambda text: text.replace("a", "\u1d43").replace("e", "\u1d49"),
    lambda text: text.translate(str.maketrans("oil", "011")),
    lambda text: text + "'s",
    lambda text: text + "s",
    lambda text: f"«{text}»",
    lambda text: text.replace(" ", ""),
    lambda text: text.replace(" ", "_"),
)
PUBLIC = st.lists(st.sampled_from(sorted(public_words())), max_size=6)
LETTERS = re.compile(r"[^\W_]+")


NAMES = """james mary robert patricia john jennifer michael linda david elizabeth thomas sarah karen lisa
        nancy sandra ashley emily jane olly siri alexa howard max hans ali fatima maria jose wei priya ivan olga
        anna emma noah april june dawn rose lily grace joy london paris york berlin smith jones bohemian"""


def _told_by(text: str) -> set[str]:
    """Return the words of a canary that would give it away: all that no list of words has."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return {word for word in LETTERS.findall(plain) if word not in public_words()} | {
        word for word in source_key(text).split() if word not in public_words()
    }


@given(PUBLIC, st.sampled_from(CANARIES), st.sampled_from(TRICKS), PUBLIC)
@example(["turn", "on", "the"], "Will", TRICKS[0], ["lamp"])
@example(["turn", "on", "the"], "love and life", TRICKS[0], [])
def test_a_canary_is_in_nothing_that_leaves(
    before: list[str], canary: str, trick: Callable[[str], str], after: list[str]
) -> None:
    said = " ".join([*before, trick(canary), *after])
    left = SCRUB.scrub(Said(said))
    if left is None:
        return
    words = left.split()
    assert set(words) <= public_words() | GAPS
    assert not any(character.isdigit() for character in left)
    assert not _told_by(canary) & set(words)
    assert not re.search(rf"\b{re.escape(source_key(canary))}\b", left)
    assert words.count("{x}") <= 1
    assert len(words) <= MOST_WORDS
    assert len(left.encode()) <= MOST_BYTES


@given(st.text(max_size=60))
def test_whatever_is_said_only_public_words_leave(said: str) -> None:
    left = SCRUB.scrub(Said(said))
    assert left is None or set(left.split()) <= public_words() | GAPS


@given(st.lists(st.sampled_from([*sorted(GAPS), "turn", "on", "marlene", "7", "will"]), max_size=8))
def test_a_gap_that_was_said_is_no_way_out(said: list[str]) -> None:
    left = SCRUB.scrub(Said(" ".join(said)))
    assert left is None or set(left.split()) <= public_words() | GAPS


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Turn on Gandalf in the kitchen, please", "turn on {name} in the {area} please"),
        ("lights of", "lights of"),
        ("set gandalf to twenty five percent", "set {name} to {n} percent"),
        ("set gandalf to 25 %", "set {name} to {n} {x}"),
        ("dim it to 20%", "dim it to {n}"),
        ("wake me at 7:30", "wake me at {time}"),
        ("turn on the frobnicator", "turn on the {x}"),
        ("turn on the light in the hall", "turn on the light in the hall"),
    ],
)
def test_what_is_public_stays(said: str, left: str) -> None:
    assert SCRUB.scrub(Said(said)) == left


@pytest.mark.parametrize(
    "said",
    [
        "",
        "gandalf",
        "turn on the frobnicator near zoltan",
        "call my mother now",
        "remind me to take the blue pill",
        "add milk to the shopping list",
        "the code is one two three four",
        "turn on gandalf and marlenes lamp",
        "turn on the light and then the other light and then all of the others too",
    ],
)
def test_what_may_say_more_never_leaves(said: str) -> None:
    assert SCRUB.scrub(Said(said)) is None


@pytest.mark.parametrize(
    "intent",
    ["HassListAddItem", "HubCalendarSet", "HassBroadcast", "HubUnlock", "HubInventedTomorrow"],
)
def test_an_intent_that_is_not_known_to_be_public_never_leaves(intent: str) -> None:
    assert SCRUB.scrub(Said("turn on the light", ("HassTurnOn",))) == "turn on the light"
    assert SCRUB.scrub(Said("turn on the light", ("HassTurnOn", intent))) is None


def test_titles_leave_as_a_gap_and_personal_parts_not_at_all() -> None:
    said = "play what a wonderful world"
    assert SCRUB.scrub(
        Said(said, ("HassMediaSearchAndPlay",), (("song", "what a wonderful world"),))
    ) == ("play {media}")
    assert SCRUB.scrub(Said(said, (), (("person", "wonderful"),))) is None
    assert SCRUB.scrub(Said(said, (), (("kind of tomorrow", "wonderful"),))) is None
    assert SCRUB.scrub(Said(said, (), (("song", "not what was said"),))) is None


def test_a_name_of_some_words_is_one_gap() -> None:
    assert SCRUB.scrub(Said("turn on the cosy glow")) is None
    assert (
        SCRUB.scrub(Said("turn on the cosy glow", (), (("name", "cosy glow"),)))
        == "turn on the {x}"
    )


def test_words_in_which_a_name_is_left_never_leave() -> None:
    assert Scrub(lambda _: None).scrub(Said("turn on the light")) is None


def test_the_list_has_no_names_and_nothing_but_small_letters() -> None:
    assert not public_words().intersection(NAMES.split())
    assert all(re.fullmatch(r"[a-z]+('[a-z]+)?", word) for word in public_words())
