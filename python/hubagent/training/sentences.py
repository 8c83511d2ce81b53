"""Sentences about invented homes, from our templates and from Home Assistant's.

In come template files and a ``Vocabulary``, out go ``Example``s in the catalogue's classes and tags.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from hubagent.errors import DataError
from hubagent.training import examples, grammar
from hubagent.training.examples import Example
from hubagent.training.homes import number_words

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

    from hubagent.training.homes import Vocabulary

_HERE = Path(__file__).parent
_DEFAULT_TAG = {
    "area": "area", "floor": "area", "here": "area", "everywhere": "area", "name": "name",
    "percent": "amount", "brightness_level": "amount", "small_amount": "amount", "partly": "amount",
    "fan_level": "amount", "degrees": "amount", "bydeg": "amount", "brightness": "amount",
    "position": "amount", "percentage": "amount", "fan_speed": "amount", "volume": "amount",
    "volume_level": "amount", "volume_step_up": "amount", "volume_step_down": "amount",
    "temperature": "amount", "kelvin": "color", "color": "color", "color_temperature": "color",
    "color_temperature_names": "color", "delay": "time", "clock": "time", "duration": "time",
    "item": "item", "todo_list_item": "item", "shopping_list_item": "item",
    "list_name": "list_name", "message": "message", "date": "date", "source": "source",
    "artist": "artist", "search_query": "search_query", "cover_classes": "name",
    "device_class": "name", "domain": "name", "timer_name": "alarm_type", "zone": "state",
    "person": "person",
}  # fmt: skip
_BARE_DEVICE = re.compile(r"\b(?:fans?|locks?|doors?|switches)\b")
_LIGHT = re.compile(r"\b(?:lights?|lamps?|bulbs?|lighting)\b")


class Templates:
    """Draws examples of a class from its templates."""

    def __init__(self, vocabulary: Vocabulary, data: Path) -> None:
        own = tomllib.loads((_HERE / "templates.toml").read_text(encoding="utf-8"))
        spoken = tomllib.loads((_HERE / "spoken.toml").read_text(encoding="utf-8"))
        rules = own["rules"] | spoken["rules"]
        self.rules = {name: grammar.parse(text) for name, text in rules.items()}
        self.own = _parsed(own["classes"])
        self.spoken = _parsed(spoken["classes"])
        self.outside = [*_parsed(own["outside"]).values(), *_parsed(spoken["outside"]).values()]
        self.reasons = _parsed(spoken["reasons"])["all"]
        self.conditions = _parsed(spoken["conditions"])["all"]
        self.vocabulary = vocabulary
        self.published = list(_home_assistant(data))
        self.names = _domain_lists(vocabulary)

    def draw_own(self, label: str, generator: random.Random) -> Example:
        """Draw one example of a class from our templates, half of them from the spoken ones."""
        kinds = {"template": self.own, "spoken": self.spoken}
        source = generator.choice([name for name, kind in kinds.items() if label in kind])
        node = generator.choice(kinds[source][label])
        return replace(self._example(node, label, self.vocabulary.draw, generator), source=source)

    def draw_reason(self, generator: random.Random) -> str:
        """Draw words that people put beside a request, and that ask for nothing."""
        return self._words(generator.choice(self.reasons), generator)

    def draw_condition(self, generator: random.Random) -> str:
        """Draw a clause with "if"."""
        return self._words(generator.choice(self.conditions), generator)

    def _words(self, node: grammar.Node, generator: random.Random) -> str:
        return grammar.join(grammar.sample(node, self.rules, self.vocabulary.draw, generator))[0]

    def draw_outside(self, generator: random.Random) -> Example:
        """Draw a sentence that sounds like a request and is none."""
        text = self._words(generator.choice(generator.choice(self.outside)), generator)
        return Example(text, None, (), True, None, "outside", slots_known=False)

    def draw_published(self, generator: random.Random) -> Example | None:
        """Draw one example from Home Assistant's templates; ``None`` if it is of no use here."""
        intent, domain, node = generator.choice(self.published)
        if domain == "default":
            domain = generator.choice(("light", "switch", "switch", "fan", "media_player"))
        direction = generator.choice(("up", "down"))
        volume = {"up": ("up", "louder"), "down": ("down", "quieter")}[direction]
        lists = dict(self.vocabulary.draw)
        lists |= _published_lists(lists, self.names.get(domain, self.names["switch"]))
        lists["volume_step"] = lambda chance: chance.choice(volume)
        try:
            pieces = grammar.sample(node, self.rules, lists, generator)
        except DataError:
            return None
        text, _ = grammar.join(pieces)
        label = published_label(intent, domain, text)
        if label == "volume":
            stepped = any(piece.source == "volume_step" for piece in pieces)
            down = direction == "down" if stepped else re.search(r"\b(?:down|decrease)\b", text)
            label = "volume_down" if down else "volume_up"
        example = None if label is None else self._finish(pieces, label)
        if example is None or example.spans == ((0, len(example.text), "name"),):
            return None
        return example

    def _example(
        self, node: grammar.Node, label: str, draw: grammar.Draw, generator: random.Random
    ) -> Example:
        return self._finish(grammar.sample(node, self.rules, draw, generator), label)

    def _finish(self, pieces: list[grammar.Piece], label: str) -> Example:
        text, values = grammar.join(pieces)
        spans = []
        for start, end, piece in values:
            tag = piece.tag if piece.tag in _TAGS else _DEFAULT_TAG.get(piece.source, "")
            tag = "alarm_type" if piece.source == "timer_name" else tag
            if piece.source in ("volume_step",) or not tag:
                continue
            if tag == "name" and text[start:end] in ("light", "lights"):
                continue
            spans.append((start, end, tag))
        if label.startswith("timer"):
            spans = [span for span in spans if span[2] != "time"] + examples.durations(text)
        if label in ("turn_on", "turn_off", "state_query", "fan_speed"):
            spans += [(match.start(), match.end(), "name") for match in _BARE_DEVICE.finditer(text)]
        spans = examples.widen_amounts(text, examples.tidy_spans(spans))
        return Example(text, label, examples.tidy_spans(spans), source="template")


def _parsed(texts: dict[str, list[str]]) -> dict[str, list[grammar.Node]]:
    return {label: [grammar.parse(text) for text in some] for label, some in texts.items()}


_TAGS = frozenset(
    [
        "area",
        "name",
        "amount",
        "color",
        "time",
        "date",
        "alarm_type",
        "item",
        "list_name",
        "message",
        "search_query",
        "mode",
        "state",
        "source",
        "except",
        "person",
        "coffee_type",
        "music_genre",
        "food_type",
        "ingredient",
        "song",
        "artist",
    ]
)


def _published_lists(draw: grammar.Draw, names: Callable[[random.Random], str]) -> grammar.Draw:
    brightness = draw["brightness"]
    number = dict.fromkeys(("position", "percentage", "fan_speed", "volume", "volume_level", "volume_step_up", "volume_step_down"), brightness)  # fmt: skip

    def small(chance: random.Random) -> str:
        number = chance.randrange(2, 59)
        return number_words(number) if chance.random() < 0.5 else str(number)

    clock = dict.fromkeys(("timer_hours", "timer_minutes", "timer_seconds"), small)
    return {
        **number, **clock, "name": names,
        "timer_half": lambda _: "half",
        "cover_classes": draw["cover_word"],
        "on_off_states": lambda chance: chance.choice(("on", "off")),
        "lock_states": draw["state_lock"], "cover_states": lambda chance: chance.choice(("open", "closed")),
        "bs_open_states": lambda chance: chance.choice(("open", "closed")),
        "bs_occupancy_states": lambda chance: chance.choice(("occupied", "empty", "clear")),
        "todo_list_item": draw["item"], "shopping_list_item": draw["item"],
        "brightness_level": draw["brightness_level"],
        "domain": lambda chance: chance.choice(("lights", "fans", "switches", "locks")),
        "state": draw["state_other"],
        "media_class": lambda chance: chance.choice(("movie", "show", "series", "film")),
        "search_query": draw["media_title"],
        "zone": lambda chance: chance.choice(("home", "work", "school")),
    }  # fmt: skip


def _domain_lists(vocabulary: Vocabulary) -> dict[str, Callable[[random.Random], str]]:
    words = {
        "switch": "switch_name", "input_boolean": "switch_name", "fan": "fan_name",
        "media_player": "media_name", "cover": "cover_name", "lock": "lock_name",
        "valve": "valve_name", "climate": "climate_name", "vacuum": "vacuum_name",
        "lawn_mower": "mower_name", "scene": "scene_name", "script": "script_name",
        "todo": "list_name", "light": "light", "person": "person", "sensor": "sensor",
        "binary_sensor": "sensor", "weather": "weather_place",
    }  # fmt: skip
    draw = dict(vocabulary.draw)
    draw["weather_place"] = lambda chance: chance.choice(
        ("london", "new york", "paris", "boston", "tokyo")
    )
    return {domain: draw[name] for domain, name in words.items()}


def _home_assistant(data: Path) -> Iterator[tuple[str, str, grammar.Node]]:
    """Yield (intent, domain of the name or of the words, template)."""
    folder = data / "home_assistant_intents/sentences/en"
    for path in sorted(folder.glob("Hass*/*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for block in content["data"]:
            domains = block.get("name_domains", block.get("inferred_domain", ""))
            domain = (
                domains
                if isinstance(domains, str)
                else "default"
                if len(domains) > 2
                else domains[0]
            )
            for text in block["sentences"]:
                if re.fullmatch(r"\W*(?:\[<the>\])?\s*\{name\}\W*", text):
                    continue
                yield path.parent.name, domain, grammar.parse(text)


_TO_LABEL = {
    "HassSetPosition": "cover_position", "HassFanSetSpeed": "fan_speed", "HassBroadcast": "broadcast",
    "HassCancelAllTimers": "timer_cancel_all", "HassCancelTimer": "timer_cancel",
    "HassClimateGetTemperature": "climate_get", "HassClimateSetTemperature": "climate_set",
    "HassDecreaseTimer": "timer_decrease", "HassIncreaseTimer": "timer_increase",
    "HassPauseTimer": "timer_pause", "HassUnpauseTimer": "timer_resume", "HassTimerStatus": "timer_status",
    "HassStartTimer": "timer_start", "HassGetCurrentDate": "date_query", "HassGetCurrentTime": "time_query",
    "HassGetState": "state_query", "HassLawnMowerDock": "mower_dock",
    "HassLawnMowerStartMowing": "mower_start", "HassListAddItem": "list_add",
    "HassShoppingListAddItem": "list_add", "HassListCompleteItem": "list_complete",
    "HassShoppingListCompleteItem": "list_complete", "HassListRemoveItem": "list_remove",
    "HassMediaNext": "media_next", "HassMediaPause": "media_pause", "HassMediaPrevious": "media_previous",
    "HassMediaUnpause": "media_resume", "HassMediaPlayerMute": "volume_mute",
    "HassMediaPlayerUnmute": "volume_unmute", "HassMediaSearchAndPlay": "media_play",
    "HassNevermind": "nevermind", "HassSetVolume": "volume_set", "HassSetVolumeRelative": "volume",
    "HassVacuumCleanArea": "vacuum_clean_area", "HassVacuumReturnToBase": "vacuum_dock",
    "HassVacuumStart": "vacuum_start",
}  # fmt: skip
_ON = {
    "cover": "cover_open",
    "valve": "valve_open",
    "lock": "lock",
    "scene": "scene_activate",
    "script": "script_run",
    "light": "light_on",
}
_OFF = {"cover": "cover_close", "valve": "valve_close", "lock": "unlock", "light": "light_off"}


def published_label(intent: str, domain: str, text: str) -> str | None:
    """Return the class of a sentence drawn from one of Home Assistant's templates.

    ``None`` leaves it out: where Home Assistant's reading is not what people mean by these words.
    """
    if intent in ("HassTurnOn", "HassTurnOff"):
        on = intent == "HassTurnOn"
        if domain == "light" and not _LIGHT.search(text):
            return "turn_on" if on else "turn_off"
        return (_ON if on else _OFF).get(domain, "turn_on" if on else "turn_off")
    if intent == "HassLightSet":
        colored = re.search(
            r"color|kelvin|white|warm|cold|daylight|red|green|blue|yellow|purple|orange|pink|\b\d{4}",
            text,
        )
        if colored:
            return "light_color"
        if re.search(r"\b(?:dim|lower|decrease|down)\b", text):
            return "light_dim"
        return (
            "light_up"
            if re.search(r"\b(?:brighten|raise|increase|up)\b", text)
            else "light_brightness"
        )
    if intent == "HassSetPosition" and domain == "valve":
        return "cover_position"
    if intent in ("HassRespond", "HassGetWeather"):
        return None
    if intent == "HassClimateGetTemperature" and not re.search(
        r" (?:in|of|on|at|inside) | room", text
    ):
        return None
    if intent == "HassMediaPause" and text in ("pause", "stop", "stop playing"):
        return None
    if intent == "HassStartTimer" and text.startswith(("in ", "after ")):
        return None
    return _TO_LABEL.get(intent)
