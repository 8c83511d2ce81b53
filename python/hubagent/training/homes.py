"""Invented homes: names of rooms and devices, and values, drawn from lists of words.

In come our lists and published piles of names, out go functions that draw one name or value. Every
sentence draws anew, so no home is learnt by heart.
"""

from __future__ import annotations

import csv
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from hubagent.training import grammar

_HERE = Path(__file__).parent
_ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]  # fmt: skip
_TENS = [
    "zero",
    "ten",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
]
_LIGHT = re.compile(r"\b(?:lights?|lamps?|bulbs?|lighting)\b")


def number_words(number: int) -> str:
    """Return a number from 0 to 9,999 as a speaker says it."""
    if number < 20:
        return _ONES[number]
    if number < 100:
        return _TENS[number // 10] + (f" {_ONES[number % 10]}" if number % 10 else "")
    scale, name = (100, "hundred") if number < 1000 else (1000, "thousand")
    rest = number % scale
    return f"{number_words(number // scale)} {name}" + (f" {number_words(rest)}" if rest else "")


def _one_of(values: Sequence[str]) -> Callable[[random.Random], str]:
    return lambda generator: generator.choice(values)


class Vocabulary:
    """Draws names and values; every list of a template must be known here."""

    def __init__(self, words: dict[str, list[str]], extra: dict[str, list[str]]) -> None:
        self.words = words
        self.extra = extra
        self.draw: grammar.Draw = {name: self._pick(name) for name in words}
        self.draw |= {name: getattr(self, f"_{name}") for name in _SPECIAL}
        self.draw |= {name: _one_of(value) for name, value in _FIXED.items()}

    def _pick(self, name: str) -> Callable[[random.Random], str]:
        own, more = self.words[name], self.extra.get(name, [])

        def pick(generator: random.Random) -> str:
            if name in _NICKNAMED and generator.random() < _NICKNAMED[name]:
                return self._nickname(generator)
            pool = more if more and generator.random() < 0.4 else own
            return generator.choice(pool)

        return pick

    def _number(self, generator: random.Random, low: int, high: int, step: int = 1) -> str:
        number = generator.randrange(low, high + 1, step)
        return number_words(number) if generator.random() < 0.5 else str(number)

    def _percent(self, generator: random.Random) -> str:
        number = self._number(generator, 0, 100, generator.choice((1, 5, 10)))
        unit = generator.choice(("", " percent", " percent", "%"))
        return number + (" percent" if unit == "%" and not number.isdigit() else unit)

    def _brightness(self, generator: random.Random) -> str:
        return self._number(generator, 0, 100, generator.choice((1, 5, 10)))

    def _degrees(self, generator: random.Random) -> str:
        number = self._number(generator, 10, 85)
        if generator.random() < 0.1:
            number += " point five" if not number.isdigit() else ".5"
        unit = generator.choice(
            ("", " degrees", " degrees", " degrees celsius", "°", " degrees fahrenheit")
        )
        return number + (" degrees" if unit == "°" and number[-1].isalpha() else unit)

    def _temperature(self, generator: random.Random) -> str:
        return self._number(generator, 10, 85)

    def _bydeg(self, generator: random.Random) -> str:
        number = self._number(generator, 1, 6)
        unit = " degree" if number in ("1", "one") else " degrees"
        return f"by {number}{generator.choice(('', unit, unit))}"

    def _partly(self, generator: random.Random) -> str:
        words = (
            "halfway",
            "half way",
            "half",
            "a bit",
            "a little",
            "partially",
            "a quarter",
            "a crack",
        )
        return generator.choice((*words, self._percent(generator)))

    def _kelvin(self, generator: random.Random) -> str:
        return self._color_temperature(generator) + generator.choice((" kelvin", "k", " k"))

    def _color_temperature(self, generator: random.Random) -> str:
        return self._number(generator, 2000, 6500, 100)

    def _duration(self, generator: random.Random) -> str:
        if generator.random() < 0.2:
            special = (
                "half an hour",
                "an hour",
                "a minute",
                "an hour and a half",
                "a quarter of an hour",
                "one and a half hours",
                "half a minute",
                "two and a half minutes",
                "a couple of minutes",
            )
            return generator.choice(special)
        unit = generator.choice(("second", "minute", "minute", "minute", "hour"))
        number = self._number(generator, 1, 59 if unit != "hour" else 12)
        text = f"{number} {unit}{'' if number in ('1', 'one') else 's'}"
        if unit != "second" and generator.random() < 0.2:
            lesser = "minutes" if unit == "hour" else "seconds"
            text += f"{generator.choice((' ', ' and '))}{self._number(generator, 2, 59)} {lesser}"
        return text

    def _delay(self, generator: random.Random) -> str:
        return f"in {self._duration(generator)}"

    def _clock(self, generator: random.Random) -> str:
        hour = self._number(generator, 1, 12)
        minute = (
            generator.choice(("", "", " thirty", " fifteen"))
            if hour.isalpha()
            else generator.choice(("", ":30", ":15"))
        )
        return f"at {hour}{minute}{generator.choice(('', ' am', ' pm', ' pm'))}"

    def _light(self, generator: random.Random) -> str:
        kind = generator.random()
        if generator.random() < 0.16:
            return self._nickname(generator)
        if kind < 0.55:
            pick = generator.choice
            return f"{pick(self.words['light_adjective'])} {pick(self.words['light_noun'])}"
        if kind < 0.65:
            return f"{generator.choice(self.words['owner'])} {generator.choice(self.words['light_noun'])}"
        if kind < 0.8 and self.extra.get("light"):
            return generator.choice(self.extra["light"])
        return generator.choice((*self.words["light_name"], "lamp", "lamp", "lamps", "bulb"))

    def _owner_name(self, generator: random.Random) -> str:
        return (
            f"{generator.choice(self.words['owner'])} {generator.choice(self.words['switch_name'])}"
        )

    def _nickname(self, generator: random.Random) -> str:
        """A name that says nothing of what it names, as people give them to lamps and robots."""
        if generator.random() < 0.6 or not self.extra.get("words"):
            return generator.choice(self.words["nick"])
        return " ".join(generator.sample(self.extra["words"], generator.choice((1, 2))))

    def _owner_room(self, generator: random.Random) -> str:
        room = generator.choice(("room", "room", "bedroom", "den", "study", "corner"))
        return f"{generator.choice(self.words['owner'])} {room}"

    def _numbered(self, generator: random.Random) -> str:
        pick = generator.choice
        between = pick((" ", " ", " number "))
        return f"{pick(self.words['numbered_noun'])}{between}{pick(self.words['number_word'])}"

    def _numbered_pair(self, generator: random.Random) -> str:
        one, two = generator.sample(self.words["number_word"][:12], 2)
        return f"{generator.choice(self.words['numbered_noun'])}s {one} and {two}"

    def _odd(self, generator: random.Random) -> str:
        pool = self.extra.get("odd", [])
        return generator.choice(pool) if pool else generator.choice(self.words["switch_name"])

    def _media_title(self, generator: random.Random) -> str:
        pool = self.extra.get("media_title", [])
        return generator.choice(pool or self.words["show"])

    def _device_class(self, generator: random.Random) -> str:
        return generator.choice(self.words["cover_word"])


_NICKNAMED = {
    "switch_name": 0.12, "fan_name": 0.1, "vacuum_name": 0.2, "media_name": 0.08, "climate_name": 0.06,
    "cover_name": 0.12, "lock_name": 0.06, "area": 0.06, "mower_name": 0.15, "humidifier_name": 0.06,
    "scene_name": 0.15, "script_name": 0.15,
}  # fmt: skip
"""How often a nickname stands for a name of that list."""
_SPECIAL = (
    "nickname",
    "percent",
    "brightness",
    "degrees",
    "temperature",
    "bydeg",
    "partly",
    "kelvin",
    "color_temperature",
    "duration",
    "delay",
    "clock",
    "light",
    "owner_name",
    "owner_room",
    "numbered",
    "numbered_pair",
    "odd",
    "media_title",
    "device_class",
)
_FIXED: dict[str, tuple[str, ...]] = {
    "coffee": ("espresso", "latte", "cappuccino", "black", "decaf", "flat white", "strong", "americano"),
    "coffee_machine": ("coffee machine", "coffee maker", "coffee pot", "espresso machine", "brewer"),
    "curtain": ("curtains", "drapes", "curtain"),
    "door": ("door", "doors", "front door", "back door", "gate"),
    "security": ("alarm system", "security system", "burglar alarm", "house alarm", "home security"),
    "direction": ("forward", "reverse", "backwards", "clockwise", "counterclockwise"),
    "vacuum_only": ("vacuum", "vacuum cleaner", "robot vacuum", "roomba", "hoover"),
    "app_source": ("netflix", "youtube", "spotify", "disney plus", "hulu", "plex", "prime video", "twitch"),
    "on": ("on", "open", "running", "unlocked"),
    "genre": ("rock", "pop", "jazz", "classical", "country", "rap", "metal", "hip hop"),
    "artist": ("taylor swift", "the beatles", "drake", "queen", "adele", "coldplay"),
    "food": ("chicken", "turkey", "rice", "pasta", "steak", "eggs", "butter", "salmon", "potatoes"),
}  # fmt: skip


def load_vocabulary(data: Path) -> Vocabulary:
    """Read the invented words, and the published piles of names under ``data``."""
    words = tomllib.loads((_HERE / "vocabulary.toml").read_text(encoding="utf-8"))["lists"]
    extra: dict[str, list[str]] = {"light": [], "odd": [], "area": [], "media_title": []}
    for path in sorted(
        (data / "home_assistant_datasets/device-actions-v2-fixtures").glob("*/_fixtures.yaml")
    ):
        home = yaml.safe_load(path.read_text(encoding="utf-8"))
        extra["area"] += [area["name"].lower() for area in home.get("areas", [])]
    areas = sorted(set(words["area"]) | set(extra["area"]), key=len, reverse=True)
    with (data / "home_llm_piles/pile_of_device_names.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            name = row["description"].lower()
            area = next((item for item in areas if name.startswith(item + " ")), "")
            name = name[len(area) :].strip()
            if not name or name in ("light", "lights"):
                continue
            if row["device_name"].startswith("light"):
                extra["light"].append(name if _LIGHT.search(name) else f"{name} light")
            elif row["device_name"].startswith(("switch", "fan", "media_player")):
                extra["odd"].append(name)
    titles = (data / "home_llm_piles/pile_of_media_names.txt").read_text(encoding="utf-8")
    extra["media_title"] = [
        line.strip().lower() for line in titles.splitlines() if 3 < len(line) < 32
    ]
    items = (data / "home_llm_piles/pile_of_todo_items.txt").read_text(encoding="utf-8")
    extra["item"] = [line.strip().lower() for line in items.splitlines() if line.strip()]
    lines = (data / "slurp/unlabelled.txt").read_text(encoding="utf-8").lower().split()
    extra["words"] = sorted({word for word in lines if word.isalpha() and len(word) > 3})
    return Vocabulary(words, extra)
