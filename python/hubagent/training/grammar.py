"""Sentence templates: parse Home Assistant's template notation and draw sentences from it.

``[a]`` may be left out, ``(a|b)`` is one of them, ``(a;b)`` is both in any order, ``<rule>`` is a
named template, ``{list:tag}`` is a drawn value. What goes out is text with the drawn values marked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent.errors import DataError

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping

_TOKEN = re.compile(r"[\[\](){}|;<>]|[^\[\](){}|;<>]+")
_MAX_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Piece:
    """Some drawn text; ``source`` is the list it came from, empty for the template's own words."""

    text: str
    source: str = ""
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a parsed template.

    ``kind`` is ``text``, ``value``, ``rule`` (``text`` holds words or a name), or ``sequence``,
    ``choice``, ``shuffle``, ``option`` (``children`` hold the parts).
    """

    kind: str
    text: str = ""
    children: tuple[Node, ...] = ()


Draw = dict[str, "Callable[[random.Random], str]"]
"""List name -> how to draw one value of it."""


def parse(template: str) -> Node:
    """Return the tree of a template.

    Raises:
        DataError: If brackets do not match.
    """
    marks = _TOKEN.findall(template)
    node, _ = _group(marks, 0, "", template)
    return node


def _group(marks: list[str], position: int, closer: str, template: str) -> tuple[Node, int]:
    """Parse up to ``closer``; the position returned is behind it."""
    branches: list[list[Node]] = [[]]
    separator = ""
    while position < len(marks):
        mark = marks[position]
        position += 1
        if mark == closer:
            return _branch(branches, separator), position
        if mark in ("|", ";"):
            separator = separator or mark
            branches.append([])
        elif mark in ("[", "("):
            inner, position = _group(marks, position, "]" if mark == "[" else ")", template)
            branches[-1].append(Node("option", children=(inner,)) if mark == "[" else inner)
        elif mark in ("{", "<"):
            if position + 1 >= len(marks) or marks[position + 1] not in ("}", ">"):
                raise DataError(f"unbalanced template `{template}`")
            branches[-1].append(Node("value" if mark == "{" else "rule", marks[position]))
            position += 2
        elif mark in ("]", ")", "}", ">"):
            raise DataError(f"unbalanced template `{template}`")
        else:
            branches[-1].append(Node("text", mark))
    if closer:
        raise DataError(f"unbalanced template `{template}`")
    return _branch(branches, separator), position


def _branch(branches: list[list[Node]], separator: str) -> Node:
    parts = tuple(Node("sequence", children=tuple(branch)) for branch in branches)
    if len(parts) == 1:
        return parts[0]
    return Node("shuffle" if separator == ";" else "choice", children=parts)


def sample(
    node: Node, rules: Mapping[str, Node], draw: Draw, generator: random.Random, depth: int = 0
) -> list[Piece]:
    """Draw one sentence, as pieces that still need their spaces tidied.

    Raises:
        DataError: If a rule or a list is unknown, or rules are nested without end.
    """
    if depth > _MAX_DEPTH:
        raise DataError("template rules are nested without end")
    if node.kind == "text":
        return [Piece(node.text)]
    if node.kind == "value":
        source, _, tag = node.text.partition(":")
        if source not in draw:
            raise DataError(f"unknown list `{source}`")
        return [Piece(draw[source](generator), source, tag)]
    if node.kind == "rule":
        if node.text not in rules:
            raise DataError(f"unknown rule `{node.text}`")
        return sample(rules[node.text], rules, draw, generator, depth + 1)
    if node.kind == "option":
        if generator.random() < 0.5:
            return []
        return sample(node.children[0], rules, draw, generator, depth)
    pieces: list[Piece] = []
    for index, child in enumerate(_ordered(node, generator)):
        if node.kind == "shuffle" and index:
            pieces.append(Piece(" "))
        pieces.extend(sample(child, rules, draw, generator, depth))
    return pieces


def _ordered(node: Node, generator: random.Random) -> list[Node]:
    """Return the children that are drawn, in the order of the sentence."""
    children = list(node.children)
    if node.kind == "choice":
        return [generator.choice(children)]
    if node.kind == "shuffle":
        generator.shuffle(children)
    return children


def join(pieces: list[Piece]) -> tuple[str, list[tuple[int, int, Piece]]]:
    """Return the sentence with single spaces, and where each drawn value ended up."""
    text = ""
    spans: list[tuple[int, int, Piece]] = []
    for piece in pieces:
        words = re.sub(r"\s+", " ", piece.text)
        if words.startswith(" ") and (not text or text.endswith(" ")):
            words = words[1:]
        start = len(text)
        text += words
        if piece.source and words.strip():
            lead = len(words) - len(words.lstrip())
            spans.append((start + lead, start + len(words.rstrip()), piece))
    return text.rstrip(), spans
