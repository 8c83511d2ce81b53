"""The document about the simulated home shows what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from hubagent.simulate.devices import CLASSES
from hubagent.simulate.home import load_home
from hubagent.simulate.makers import MAKERS

PATH = Path(__file__).parents[2] / "docs" / "simulated-home.md"


@pytest.fixture(scope="module")
def document() -> str:
    return PATH.read_text(encoding="utf-8")


def _block(document: str, language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", document, re.DOTALL)
    assert found, language
    return found[1]


def test_the_home_shown_is_one(document: str) -> None:
    home = load_home(yaml.safe_load(_block(document, "yaml")))
    assert [entity.entity_id for entity in home.entities] == [
        "light.kitchen_lamp",
        "scene.breakfast",
    ]
    assert home.makers == {"kitchen_lamp": "zigbee2mqtt"}


def test_the_program_shown_runs(document: str) -> None:
    exec(compile(_block(document, "python"), str(PATH), "exec"), {})  # noqa: S102 - our own text


def test_every_maker_is_named(document: str) -> None:
    for maker in MAKERS:
        assert f"| `{maker}` |" in document


def test_domains_named_are_domains(document: str) -> None:
    section = document.split("## How devices behave")[1].split("##")[0]
    rows = re.findall(r"^\| ([a-z ,]+) \|", section, re.MULTILINE)
    names = {name.strip().replace(" ", "_") for row in rows[1:-1] for name in row.split(",")}
    assert {name.replace("alarm_panel", "alarm_control_panel") for name in names} <= set(CLASSES)
