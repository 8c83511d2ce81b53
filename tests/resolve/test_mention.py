"""What a reading mentions, still in words."""

from __future__ import annotations

import re

from hubagent.resolve import lexicon
from hubagent.resolve.mention import Mention, read_mentions
from hubagent.types import Hypothesis, Slot


class NoNames:
    """A home in which nothing has a name."""

    def has_word(self, word: str) -> bool:
        return False

    def has_all(self, words: tuple[str, ...]) -> bool:
        return False

    def owns_room(self, word: str) -> bool:
        return False

    def is_called(self, word: str) -> bool:
        return False


def mentions(template: str) -> tuple[Mention, ...]:
    """Read a sentence in which slots are written ``{name:kitchen light}``."""
    text, slots = "", []
    for part in re.split(r"(\{[^}]*\})", template):
        name, _, words = part.strip("{}").partition(":") if part.startswith("{") else ("", "", part)
        if name:
            slots.append(Slot(name, len(text), len(text) + len(words), words))
        text += words
    reading = Hypothesis("HassTurnOn", 0.9, tuple(slots))
    return read_mentions(reading, text, 0, len(text), lexicon=lexicon.load(), names=NoNames())


def test_a_place_behind_the_device_belongs_to_it() -> None:
    (mention,) = mentions("turn on the {name:lamp} in the {area:kitchen}")
    assert (mention.words, mention.places) == (("lamp",), ("kitchen",))


def test_a_place_before_the_device_belongs_to_it() -> None:
    (mention,) = mentions("turn on the {area:kitchen} {device:lights}")
    assert (mention.words, mention.places) == (("lights",), ("kitchen",))


def test_two_places_share_one_device_word() -> None:
    (mention,) = mentions("turn on the {area:kitchen} and {area:hall} {device:lights}")
    assert mention.places == ("kitchen", "hall")


def test_each_device_keeps_its_own_place() -> None:
    lamp, fan = mentions(
        "turn on the {name:lamp} in the {area:kitchen} and the {device:fan} in the {area:bedroom}"
    )
    assert (lamp.words, lamp.places) == (("lamp",), ("kitchen",))
    assert (fan.words, fan.places) == (("fan",), ("bedroom",))


def test_a_place_that_only_one_device_has_counts_for_the_other() -> None:
    lamp, fan = mentions("turn on the {name:lamp} and the {device:fan} in the {area:bedroom}")
    assert lamp.places == fan.places == ("bedroom",)


def test_a_place_alone_is_a_mention() -> None:
    (mention,) = mentions("turn on the {area:kitchen}")
    assert (mention.words, mention.places) == ((), ("kitchen",))


def test_nothing_said_is_one_empty_mention() -> None:
    assert mentions("pause") == (Mention(),)


def test_quantifiers_before_and_within_the_words_count() -> None:
    assert mentions("turn off all the {device:lights}")[0].all
    assert mentions("turn off {name:every light}")[0].all
    assert mentions("turn off both {name:bedside lamps}")[0].both
    assert not mentions("turn off the {device:lights}")[0].all


def test_everything_and_pronouns_have_no_naming_words() -> None:
    everything, pronoun = (
        mentions("turn off {name:everything}")[0],
        mentions("turn {name:it} off")[0],
    )
    assert everything.everything
    assert everything.words == ()
    assert pronoun.pronoun
    assert pronoun.words == ()


def test_what_is_left_out_is_kept_apart() -> None:
    (mention,) = mentions("turn off all {device:lights} except the {except:hall}")
    assert mention.excepted == ("the hall",)
