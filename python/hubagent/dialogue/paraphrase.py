"""Idioms put as the plain request they stand for: "make sure the gate is shut" is "close the gate".

Strings in, strings out. The idioms are data (``paraphrase.toml``); each replaces what it matches where it
stands, so they work in one request of several, too. Names of the home stay as they are.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def plainly(said: str, is_named: Callable[[str], bool]) -> str:
    """Return the words with every idiom in them put plainly.

    Args:
        said: What was said.
        is_named: Whether words are nothing but a name of the home: a scene called "Hush" is no idiom.
    """
    for pattern, template in _idioms():
        found = pattern.search(said)
        if found is not None and not is_named(found[0]):
            said = f"{said[: found.start()]}{found.expand(template)}{said[found.end() :]}"
    return said


@cache
def _idioms() -> tuple[tuple[re.Pattern[str], str], ...]:
    source = resources.files("hubagent.dialogue").joinpath("paraphrase.toml")
    table = tomllib.loads(source.read_text(encoding="utf-8"))
    return tuple((re.compile(item["say"], re.IGNORECASE), item["as"]) for item in table["idiom"])
