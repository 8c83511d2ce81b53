"""Published sentences about homes that need their rooms, devices and amounts found first.

In come home-assistant-datasets and home-llm's piles, out go ``Example``s; what is not found by its
words stays unmarked.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

import yaml

from hubagent.training.examples import Example, tidy_spans, widen_amounts

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from hubagent.training.homes import Vocabulary

_ACTIONS = {
    "Turn on": "turn_on", "Turn off": "turn_off", "Set brightness": "light_brightness",
    "Unpause": "media_resume", "Set volume": "volume_set", "Pause": "media_pause",
    "Previous track": "media_previous", "Next track": "media_next", "Set temperature": "climate_set",
    "Open": "cover_open", "Close": "cover_close", "Set position": "cover_position", "Unlock": "unlock",
    "Lock": "lock", "Start": "vacuum_start", "Return to base": "vacuum_dock",
}  # fmt: skip
_SERVICES = {
    "close_cover": "cover_close", "open_cover": "cover_open", "stop_cover": "cover_stop", "toggle": "toggle",
    "decrease_speed": "fan_down", "increase_speed": "fan_up", "turn_on": "turn_on", "turn_off": "turn_off",
    "lock": "lock", "unlock": "unlock", "media_next_track": "media_next", "media_pause": "media_pause",
    "media_play": "media_resume", "media_previous_track": "media_previous", "media_stop": "media_stop",
    "volume_down": "volume_down", "volume_mute": "volume_mute", "volume_up": "volume_up",
    "pause": "vacuum_pause", "return_to_base": "vacuum_dock", "start": "vacuum_start", "stop": "vacuum_pause",
    "set_temperature": "climate_set", "set_humidity": "climate_humidity", "set_hvac_mode": "climate_mode",
    "set_fan_mode": "climate_fan",
}  # fmt: skip
_LIGHT = re.compile(r"\b(?:lights?|lamps?|lighting|bulbs?)\b")
_NOUN = (
    r"thermostat|heating|heater|heat|hvac|air conditioning|air conditioner|ac|tv|television|speakers?|"
    r"sound system|soundbar|projector|fans?|ceiling fan|exhaust fan|blinds?|curtains?|shades?|shutters?|"
    r"garage door|front door|back door|doors?|gate|windows?|smart plug|plug|socket|outlet|vacuum|vacuum cleaner|"
    r"robot vacuum|sprinklers?|sprinkler system|irrigation|shower|sauna|pool heater|coffee maker|"
    r"lamps?|lock|dishwasher|washing machine|purifier|camera|radio|fireplace|oven"
)
_DEVICE = re.compile(rf"\b(?:smart )?(?:{_NOUN})\b")
_COMMON_LIGHT = re.compile(
    r"\b(?:ceiling|overhead|bedside|reading|floor|table|desk|nightstand|accent|string|led|pendant|wall|"
    r"night|cabinet|counter|island|under cabinet|vanity|mirror|strip|flood|spot|path|pathway|standing) "
    r"(?:lights?|lamps?)\b"
)
_NUMBER = re.compile(r"\b\d+(?:\.\d+)?\b(?! ?(?:pm|am|o'clock))")


def marked(text: str, label: str, areas: list[str], source: str) -> Example:
    """Return a sentence about a known home with its room, device and amount found by their words."""
    lower = text.lower().strip().rstrip(".!?")
    spans: list[tuple[int, int, str]] = []
    for area in areas:
        if not area:
            continue
        spans += [
            (m.start(), m.end(), "area") for m in re.finditer(rf"\b{re.escape(area)}\b", lower)
        ]
        if spans:
            break
    found = _COMMON_LIGHT.search(lower) or _DEVICE.search(lower)
    if found and not label.startswith(("media_next", "media_prev")):
        spans.append((found.start(), found.end(), "name"))
    if label in (
        "light_brightness",
        "light_dim",
        "light_up",
        "volume_up",
        "volume_down",
        "volume_set",
        "climate_set",
        "cover_position",
    ):
        spans += [(m.start(), m.end(), "amount") for m in _NUMBER.finditer(lower)]
    return Example(lower, label, tidy_spans(widen_amounts(lower, tidy_spans(spans))), source=source)


def device_actions(data: Path, vocabulary: Vocabulary) -> list[Example]:
    """Return the sentences of home-assistant-datasets (synthetic homes, 40 of them)."""
    known = sorted({*vocabulary.words["area"], *vocabulary.extra["area"]}, key=len, reverse=True)
    result = []
    for path in sorted((data / "home_assistant_datasets/device-actions-v2").glob("*/*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        area = (
            str((content.get("device", {}).get("attributes") or [{}])[0].get("area", "")).lower()
            if isinstance(content.get("device", {}).get("attributes"), list)
            else ""
        )
        area = area or path.stem.split("_")[0].replace("-", " ")
        for entry in (content.get("actions") or {}).get("actions", []):
            label = _ACTIONS.get(entry["action"])
            for sentence in entry.get("sentences", []):
                finer = _by_words(label, sentence) if label and isinstance(sentence, str) else None
                if finer:
                    result.append(marked(sentence, finer, [area, *known], "device-actions"))
    return result


def _by_words(label: str, text: str) -> str | None:
    """Return the class that the words point to, given that of the action; ``None`` to leave it out."""
    lower = text.lower()
    if label in ("turn_on", "turn_off"):
        if re.search(r"\bmute|unmute", lower):
            return "volume_unmute" if "unmute" in lower else "volume_mute"
        if _LIGHT.search(lower):
            return "light_on" if label == "turn_on" else "light_off"
    if label in ("light_brightness", "volume_set"):
        light = label == "light_brightness"
        if re.search(r"\b(?:dim|dimmer|darker|lower|quieter|softer|down|decrease|reduce)\b", lower):
            return "light_dim" if light else "volume_down"
        if re.search(r"\b(?:brighten|brighter|louder|up|increase|raise)\b", lower):
            return "light_up" if light else "volume_up"
        if not re.search(r"\d", lower):
            return None
    if label == "vacuum_start" and re.search(r"\b(?:mow|mower|lawn|grass)\b", lower):
        return "mower_start"
    return label


def llm_piles(data: Path, vocabulary: Vocabulary, generator: random.Random) -> list[Example]:
    """Return the single-device sentences of home-llm's piles, names filled in."""
    folder = data / "home_llm_piles"
    areas = sorted({*vocabulary.words["area"], *vocabulary.extra["area"]}, key=len, reverse=True)
    result = []
    with (folder / "pile_of_specific_actions.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            domain, _, service = row["service_name"].partition(".")
            label = _service_label(domain, service)
            finer = _by_words(label, row["phrase"]) if label else None
            if finer:
                result.append(marked(row["phrase"], finer, areas, "home-llm"))
    with (folder / "pile_of_templated_actions.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if "|" in row["device_type"]:
                continue
            label = _service_label(row["device_type"], row["service"])
            if label:
                result += _filled(row["phrase"], row["device_type"], label, vocabulary, generator)
    with (folder / "pile_of_status_requests.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            result += _filled(
                row["phrase"], row["device_type"], "state_query", vocabulary, generator
            )
    return result


def _service_label(domain: str, service: str) -> str | None:
    label = _SERVICES.get(service)
    if domain == "light" and service in ("turn_on", "turn_off"):
        return "light_on" if service == "turn_on" else "light_off"
    if label in (None, "climate_humidity", "climate_fan") or domain == "timer":
        return None
    if service in ("start", "pause", "stop") and domain != "vacuum":
        return None
    return label


_PILE_LISTS = {
    "blinds": "cover_name", "fan": "fan_name", "garage_door": "cover_name", "light": "light",
    "lock": "lock_name", "media_player": "media_name", "switch": "switch_name", "vacuum": "vacuum_name",
    "climate": "climate_name", "todo": "list_name",
}  # fmt: skip
_PILE_VALUES = {
    "brightness": ("brightness", "amount"), "color": ("color", "color"), "temp_f": ("temperature", "amount"),
    "temp_c": ("temperature", "amount"), "hvac_mode": ("hvac_mode", "mode"), "todo": ("item", "item"),
    "duration": ("duration", "time"),
}  # fmt: skip


def _filled(
    phrase: str,
    domain: str,
    label: str,
    vocabulary: Vocabulary,
    generator: random.Random,
    times: int = 4,
) -> list[Example]:
    """Return the phrase with its placeholders drawn, several times."""
    if domain not in _PILE_LISTS:
        return []
    if (
        domain == "light"
        and label == "light_on"
        and ("<brightness>" in phrase or "<color>" in phrase)
    ):
        label = "light_color" if "<color>" in phrase else "light_brightness"
    result = []
    for _ in range(times):
        text, spans = "", []
        for part in re.split(r"(<\w+>)", phrase.lower().rstrip(".!?")):
            if not part.startswith("<"):
                text += part
                continue
            name = part[1:-1]
            source, tag = (
                (_PILE_LISTS[domain], "name")
                if name == "device_name"
                else _PILE_VALUES.get(name, ("", ""))
            )
            if not source:
                break
            value = vocabulary.draw[source](generator)
            spans.append((len(text), len(text) + len(value), tag))
            text += value
        else:
            if label == "light_on" and not _LIGHT.search(text):
                continue
            marks = tidy_spans(widen_amounts(text, spans))
            known = label != "state_query"  # the states asked for are not marked in the piles
            result.append(Example(text, label, marks, source="home-llm", slots_known=known))
    return result
