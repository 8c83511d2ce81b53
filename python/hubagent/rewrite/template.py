"""Words without what is of one home only: "turn on the {name} in the {area}".

What other homes have learned of words holds here whatever things and rooms are called (method sheet,
section 8: templates with ``{name}`` and ``{area}``, longest name first). Words and a home in, a template and
what stood in its gaps out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hubagent.evidence import source_key
from hubagent.rewrite.words import lexicon, numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hubagent.ports import ContextView

NAME, AREA, NUMBER = "{name}", "{area}", "{n}"
GAPS = frozenset({NAME, AREA, NUMBER})
_USUAL = {NAME: "lamp", AREA: "kitchen", NUMBER: "20"}


@dataclass(frozen=True, slots=True)
class Template:
    """What was said, with gaps."""

    text: str
    """As :func:`hubagent.evidence.source_key` makes it but for the gaps."""
    filling: Mapping[str, str]
    """By gap: what stood there; each gap is there at most once."""
    is_clear: bool = True
    """Whether no name of the home is left in the text."""

    def filled(self, other: str) -> str | None:
        """Return another template with the same names in it; ``None`` if it has a gap that this has not."""
        words = [self.filling.get(word, word) for word in other.split()]
        return None if GAPS.intersection(words) else " ".join(words)

    def with_number(self) -> Template:
        """Return it with a gap for the number in it, too; as it is where there is none or are several."""
        words = self.text.split()
        used = sorted(numbers(tuple(words))[1])
        if not used or used[-1] - used[0] >= len(used) or NUMBER in self.filling:
            return self
        start, end = used[0], used[-1] + 1
        text = " ".join((*words[:start], NUMBER, *words[end:]))
        return replace(
            self, text=text, filling={**self.filling, NUMBER: " ".join(words[start:end])}
        )


def template_key(text: str) -> str:
    """Return a template as it is looked up by: every word but the gaps in the form of pairs' keys."""
    return " ".join(
        word if word in GAPS else source_key(word) for word in text.split() if source_key(word)
    )


def spoken(template: str) -> str:
    """Return a template as somebody might say it, to be read by the model."""
    return " ".join(_USUAL.get(word, word) for word in template.split())


class HomeNames:
    """The names of a home, to be put out of words."""

    def __init__(self, view: ContextView) -> None:
        """Collect what things and rooms are called; a name that is a mere kind tells no home apart."""
        self._version = view.version
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for name, gap in _names(view):
            words = tuple(source_key(name).split())
            if words and not _is_general(words):
                self._by_first.setdefault(words[0], []).append((words, gap))
        for names in self._by_first.values():
            names.sort(key=lambda item: (-len(item[0]), item[1] != NAME))

    def is_of(self, view: ContextView) -> bool:
        """Return whether the names are still those of the home."""
        return view.version == self._version

    def template(self, key: str) -> Template:
        """Return words with gaps; as they are where two things or two rooms are named.

        Args:
            key: As :func:`hubagent.evidence.source_key` makes it.
        """
        words = key.split()
        found: list[str] = []
        filling: dict[str, str] = {}
        at = 0
        while at < len(words):
            names = self._by_first.get(words[at], ())
            size, gap = next(
                (
                    (len(name), gap)
                    for name, gap in names
                    if tuple(words[at : at + len(name)]) == name
                ),
                (1, ""),
            )
            if gap in filling:
                return Template(key, {}, is_clear=False)
            if gap:
                filling[gap] = " ".join(words[at : at + size])
            found.append(gap or words[at])
            at += size
        return Template(" ".join(found), filling)


class Templates:
    """Templates of a home's words; its names are collected anew when they have changed."""

    def __init__(self) -> None:
        """Know no home yet."""
        self._names: HomeNames | None = None

    def of(self, key: str, view: ContextView) -> Template:
        """Return words with gaps in the place of this home's names."""
        if self._names is None or not self._names.is_of(view):
            self._names = HomeNames(view)
        return self._names.template(key)


def _names(view: ContextView) -> Iterator[tuple[str, str]]:
    for entity in view.entities():
        if not entity.category:
            for name in (entity.name, *entity.aliases):
                yield name, NAME
    for area in view.areas():
        for name in (area.name, *area.aliases):
            yield name, AREA


def _is_general(words: tuple[str, ...]) -> bool:
    known = lexicon()
    return all(word in known.kinds or word in known.sets["small"] for word in words)
