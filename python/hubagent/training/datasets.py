"""Read the published data sets and bring them into the one catalogue.

In come the folders described in ``docs/model.md``, out go ``Example``s. SLURP's public test text is
read for one purpose only: to drop every training text that equals one of its sentences.
"""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hubagent.training.examples import Example, plain, tidy_spans

if TYPE_CHECKING:
    import random
    from pathlib import Path

_TIME_WORDS = re.compile(r"\b(?:time|clock|hour|o'clock|minutes?|late|early)\b")
_DATE_WORDS = re.compile(r"\b(?:date|day|days|month|year|week|weekday)\b")
_ADD = re.compile(r"\b(?:add|put|include|place|insert) (?P<item>.+?) (?:to|on|onto|in|into|at) ")
_REMOVE = re.compile(
    r"\b(?:remove|delete|take|erase|drop|cross|get rid of) (?P<item>.+?) (?:from|off|on) "
)
_CREATE = re.compile(r"\b(?:create|new|start|make|begin|fresh|prepare|generate|open)\b")
_NOT_ITEM = re.compile(r"\b(?:lists?|items?|this|that|it|something|things?|all|everything|one)\b")
PRIMARY = {
    "alarm_set": "alarm_set", "alarm_query": "alarm_query", "alarm_remove": "alarm_remove",
    "audio_volume_up": "volume_up", "audio_volume_mute": "volume_mute", "datetime_query": "time_query",
    "general_commandstop": "nevermind", "general_quirky": "quirky", "iot_cleaning": "vacuum_start",
    "iot_hue_lightdim": "light_dim", "iot_wemo_on": "turn_on", "lists_createoradd": "list_add",
    "lists_remove": "list_remove", "music_settings": "music_settings", "play_music": "play_music",
}  # fmt: skip
"""SLURP labels that several classes stand for, and the one their rows get before `_finer`."""
_WHOLE_HOME = frozenset(
    ("house", "home", "apartment", "flat", "floor", "floors", "carpet", "carpets", "whole house",
     "house cleaning", "furniture", "my house")
)  # fmt: skip


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the JSON objects of a file with one a line."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def is_dev(identifier: int) -> bool:
    """Whether a SLURP devel row is kept for choosing (a quarter, by hash of its id)."""
    return zlib.crc32(str(identifier).encode()) % 4 == 0


def asr_is_for_fitting(identifier: int) -> bool:
    """Whether recordings of that sentence may be used to learn how recognisers err."""
    return zlib.crc32(str(identifier).encode()) % 2 == 0


def test_texts(data: Path) -> frozenset[str]:
    """Return the normalised sentences that nothing may be trained on."""
    return frozenset(plain(row["text"]) for row in read_lines(data / "slurp/open_test.jsonl"))


def from_slurp(
    row: dict[str, Any], labels: dict[str, str], tags: dict[str, str], source: str
) -> Example:
    """Return a SLURP or HWU64 row as an example of the catalogue.

    Args:
        row: ``text``, ``intent``, ``slots`` of one row.
        labels: SLURP intent -> the class that stands for it.
        tags: SLURP slot -> tag.
        source: Name kept with the example.
    """
    text: str = row["text"]
    spans = [(item["start"], item["end"], tags[item["slot"]]) for item in row["slots"]]
    label = _finer(labels[row["intent"]], text, spans)
    if label in ("list_add", "list_remove"):
        match = (_ADD if label == "list_add" else _REMOVE).search(text)
        if (
            match
            and not _NOT_ITEM.search(match["item"])
            and len(match["item"].split()) < 6
            and not any(
                start < match.end("item") and end > match.start("item") for start, end, _ in spans
            )
        ):
            spans.append((match.start("item"), match.end("item"), "item"))
    unsure = label in _HOME_LABELS and re.search(r" (?:and|then) ", text) is not None
    return Example(text, label, tidy_spans(spans), starts=None if unsure else (), source=source)


_HOME_LABELS = frozenset(
    [
        "light_on",
        "light_off",
        "light_up",
        "light_dim",
        "light_color",
        "turn_on",
        "turn_off",
        "coffee",
        "vacuum_start",
        "vacuum_clean_area",
        "volume_up",
        "volume_down",
        "volume_mute",
        "play_music",
    ]
)


def _finer(label: str, text: str, spans: list[tuple[int, int, str]]) -> str:
    """Return the class within a SLURP intent that the words point to."""
    lower = text.lower()
    if label == "time_query":
        return (
            "date_query" if _DATE_WORDS.search(lower) and not _TIME_WORDS.search(lower) else label
        )
    if label == "vacuum_start":
        places = [text[start:end].lower() for start, end, tag in spans if tag == "area"]
        return "vacuum_clean_area" if any(place not in _WHOLE_HOME for place in places) else label
    if label == "list_add":
        return (
            "list_create"
            if _CREATE.search(lower) and not re.search(r"\b(?:add|put)\b", lower)
            else label
        )
    if label in ("alarm_set", "calendar_set") and re.search(r"\btimer\b", lower):
        return "timer_start"
    return label


def slurp_and_hwu(
    data: Path, labels: dict[str, str], tags: dict[str, str]
) -> tuple[list[Example], list[Example]]:
    """Return (for training, for choosing), without any test text and without each other's texts."""
    forbidden = test_texts(data)
    devel = read_lines(data / "slurp/devel.jsonl")
    dev = [from_slurp(row, labels, tags, "slurp") for row in devel if is_dev(row["id"])]
    dev = [item for item in dev if plain(item.text) not in forbidden]
    held = forbidden | {plain(item.text) for item in dev}
    rows = [(row, "slurp") for row in devel if not is_dev(row["id"])]
    rows += [(row, "hwu") for row in read_lines(data / "hwu64/utterances.jsonl")]
    train: dict[tuple[str, str | None], Example] = {}
    for row, source in rows:
        if plain(row["text"]) in held:
            continue
        example = from_slurp(row, labels, tags, source)
        train.setdefault((plain(example.text), example.label), example)
    return list(train.values()), dev


_CLINC_IN_SCOPE = frozenset(
    [
        "alarm",
        "calendar",
        "calendar_update",
        "calculator",
        "calories",
        "cancel",
        "change_volume",
        "cook_time",
        "date",
        "definition",
        "directions",
        "distance",
        "exchange_rate",
        "food_last",
        "fun_fact",
        "greeting",
        "goodbye",
        "how_old_are_you",
        "ingredient_substitution",
        "ingredients_list",
        "are_you_a_bot",
        "maybe",
        "meal_suggestion",
        "meaning_of_life",
        "measurement_conversion",
        "meeting_schedule",
        "next_holiday",
        "next_song",
        "no",
        "nutrition_info",
        "play_music",
        "recipe",
        "reminder",
        "reminder_update",
        "repeat",
        "restaurant_reservation",
        "restaurant_reviews",
        "restaurant_suggestion",
        "accept_reservations",
        "schedule_meeting",
        "shopping_list",
        "shopping_list_update",
        "smart_home",
        "spelling",
        "tell_joke",
        "text",
        "thank_you",
        "time",
        "timer",
        "timezone",
        "todo_list",
        "todo_list_update",
        "traffic",
        "translate",
        "travel_suggestion",
        "uber",
        "update_playlist",
        "weather",
        "what_are_your_hobbies",
        "what_can_i_ask_you",
        "what_is_your_name",
        "what_song",
        "where_are_you_from",
        "who_do_you_work_for",
        "who_made_you",
        "yes",
        "do_you_have_pets",
        "current_location",
        "whisper_mode",
        "order",
    ]
)
_QUESTION = re.compile(
    r"^(?:what|who|whats|what's|how|why|where|when|which|is|are|do|does|did|tell|can you tell)\b"
)


def out_of_scope(data: Path) -> list[Example]:
    """Return requests that no class covers; questions of fact are in scope here and left out."""
    content = json.loads((data / "clinc150/data_full.json").read_text(encoding="utf-8"))
    texts = {text for text, intent in content["train"] if intent not in _CLINC_IN_SCOPE}
    texts |= {text for text, _ in content["oos_train"] if not _QUESTION.match(text)}
    forbidden = test_texts(data)
    return [
        Example(text, None, (), True, (), "clinc", slots_known=False)
        for text in sorted(texts) if plain(text) not in forbidden
    ]  # fmt: skip


def unlabelled(data: Path) -> list[str]:
    """Return in-domain sentences without labels, test texts left out."""
    forbidden = test_texts(data)
    lines = (data / "slurp/unlabelled.txt").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and plain(line) not in forbidden]


def scramble(example: Example, generator: random.Random) -> Example:
    """Return the words of an example in disorder: what a false wake sounds like as text."""
    words = example.text.split()
    generator.shuffle(words)
    return replace(
        example,
        text=" ".join(words),
        label=None,
        spans=(),
        out_of_scope=True,
        slots_known=False,
        source="noise",
        soft=None,
    )
