"""The words that may leave a home: those that public sentences for homes are made of.

In: the published data sets of ``docs/model.md`` and lists of given names. Out: one word a line,
``sync/words.txt``. A word is public when several sentences about the home, music, alarms, the time or the
weather have it outside every gap that holds something personal (a person, a place, a title, a list
item), or when the package's own tables, its templates of requests that may leave, and the templates of Home
Assistant are written in it. What is a
given name anywhere is not, but for the few words without which nothing can be asked for ("will", "may").
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubagent.rewrite.words import lexicon
from hubagent.sync.scrub import public_intents
from hubagent.training.datasets import read_lines
from hubagent.understand.catalogue import Catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_BY_HAND = resources.files("hubagent.training").joinpath("public_words.toml")
MODELS = Path(str(resources.files("hubagent"))) / "models"
LEAST_SENTENCES = 4
SCENARIOS = frozenset({"iot", "audio", "alarm", "datetime", "weather", "general", "music", "play"})
HARMLESS_SLOTS = frozenset(
    {"device_type", "house_place", "color_type", "time", "timeofday", "change_amount", "media_type",
     "player_setting", "coffee_type", "general_frequency", "alarm_type", "weather_descriptor", "date"}
)  # fmt: skip
"""Slots of SLURP whose values are common words; the words of all others do not count."""
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_MARKUP = re.compile(r"\{[^}]*\}|<[^>]*>")
_KIND_OF_NAME = frozenset({"M", "1M", "?M", "F", "1F", "?F", "?", "="})
"""First column of a line of PyPI's ``gender-guesser``."""


def public_words(data: Path, names: Iterable[Path]) -> list[str]:
    """Return the words, sorted.

    Args:
        data: Folder of the data sets.
        names: Lists of given names: ``nam_dict.txt`` of PyPI's ``gender-guesser`` 0.4.0 (54 countries)
            and ``dist.*.first`` of its ``names`` 0.3.0 (census of the United States, 1990).
    """
    seen: dict[str, set[str]] = defaultdict(set)
    for text in _sentences(data):
        for word in _WORD.findall(text):
            seen[word].add(text)
    common = {word for word, texts in seen.items() if len(texts) >= LEAST_SENTENCES}
    own = {word for word in (*_own_words(), *_own_templates()) if _WORD.fullmatch(word)}
    words = common | own | {*_WORD.findall(_MARKUP.sub(" ", _templates(data)))}
    by_hand = tomllib.loads(_BY_HAND.read_text(encoding="utf-8"))
    personal = {name for path in names for name in _given_names(path)}
    personal = personal.difference(by_hand["needed"].split()).union(by_hand["left_out"].split())
    return sorted(word for word in words - personal if len(word) > 1 or word in "ai")


def _given_names(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="latin-1").splitlines():
        columns = line.split()
        if columns and not line.startswith("#"):
            name = columns[1] if columns[0] in _KIND_OF_NAME else columns[0]
            yield from name.lower().split("+")


def _own_words() -> Iterator[str]:
    """Yield the words that the guard-rails and the kinds of things are written in."""
    known = lexicon()
    yield from (*known.poles, *known.kinds, *known.small_numbers, *known.tens)
    for words in known.sets.values():
        yield from words
    catalogue = Catalogue.load(MODELS / "catalogue.toml")
    for name in (*catalogue.device_words, *catalogue.floor_words, *catalogue.everywhere_words):
        yield from name.split()


def _own_templates() -> Iterator[str]:
    """Yield our templates of requests that may leave, with their rules."""
    text = resources.files("hubagent.training").joinpath("templates.toml").read_text("utf-8")
    templates = tomllib.loads(text)
    catalogue = Catalogue.load(MODELS / "catalogue.toml")
    wordings = list(templates["rules"].values())
    for label, each in templates["classes"].items():
        if catalogue.by_label(label).intent.casefold() in public_intents():
            wordings += each
    for wording in wordings:
        yield from _WORD.findall(_MARKUP.sub(" ", wording))


def _sentences(data: Path) -> Iterator[str]:
    for path in (data / "hwu64" / "utterances.jsonl", data / "slurp" / "devel.jsonl"):
        for row in read_lines(path):
            if row["intent"].partition("_")[0] in SCENARIOS:
                yield _without_personal(row)


def _without_personal(row: Mapping[str, Any]) -> str:
    """Return a sentence with blanks for what a slot says that may be personal."""
    text = row["text"].lower()
    for slot in row["slots"]:
        if slot["slot"] not in HARMLESS_SLOTS:
            text = text[: slot["start"]] + " " * (slot["end"] - slot["start"]) + text[slot["end"] :]
    return str(text)


def _templates(data: Path) -> str:
    folder = data / "home_assistant_intents" / "sentences" / "en"
    lines = (
        line
        for path in sorted(folder.rglob("*.yaml"))
        for line in path.read_text(encoding="utf-8").lower().splitlines()
        if not line.lstrip().startswith("#")
    )
    return "\n".join(lines)
