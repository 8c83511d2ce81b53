"""Comparisons: "is it colder outside than in here", "whose bedroom is the warmest".

In: the scene of an inquiry with operands or a superlative. Out: a ``Verdict``, or ``None``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.asked_verdicts import told_verdict
from hubagent.resolve.tellers import Told, number_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hubagent.resolve.asked_scene import AskedScene
    from hubagent.resolve.asked_values import AskedValues
    from hubagent.resolve.lexicon import Quality
    from hubagent.resolve.verdict import Verdict


class AskedComparison:
    """Compares what things tell."""

    def __init__(self, scene: AskedScene, values: AskedValues) -> None:
        self._scene = scene
        self._values = values

    def compared(self) -> Verdict | None:
        """Return which of two is more of what was asked, and whether the first is."""
        inquiry = self._scene.inquiry
        quality = inquiry.quality
        if quality is None:
            return None
        told = []
        for words in inquiry.operands:
            areas = self._scene.grounder.places.find(words).areas
            if words in {"outside", "outdoors"}:
                found = self._values.ambient(quality, areas or frozenset()) or tuple(
                    t
                    for t in self._scene.tellers.telling(quality, (), None)
                    if t.entity.domain == "weather"
                )
            elif areas:
                found = self._values.ambient(quality, areas)
                if not found and words == "here":  # a room without a sensor is as warm as the house
                    found = self._values.ambient(
                        quality, self._scene.all_areas() - self._scene.outdoor_areas()
                    )
            else:
                found = self._scene.tellers.telling(quality, text.tokens(words), None)
            if not found or number_of(found[0].value) is None:
                return None
            told.append(found[0])
        verdict = self._extreme(told, quality)
        first = number_of(told[0].value) == self._extreme_of(told) != number_of(told[1].value)
        if inquiry.closed:
            both = told_verdict(tuple(told), quality)
            return replace(both, reason=f"compared_{'yes' if first else 'no'}", holds=first)
        return replace(verdict, holds=first)

    def most(self) -> Verdict | None:
        """Return what is the most, or the least, of several."""
        inquiry = self._scene.inquiry
        quality = inquiry.quality
        if quality is None:
            return None
        areas, known = self._scene.areas()
        if not known:
            return None
        told = self._scene.tellers.telling(quality, inquiry.subject, areas, plural=True)
        if quality.name in {"temperature", "humidity", "illuminance"}:
            told = tuple(
                replace(t, where=self._scene.tellers.area_name(t.entity))
                for t in told
                if self._scene.tellers.is_ambient(t.entity, quality)
            )
            rooms = {"room", "bedroom", "part", "area", "place", "floor"}
            if len(told) < 2 and rooms & set(text.singulars(inquiry.subject)):
                told = self._values.ambient(
                    quality, self._scene.all_areas() - self._scene.outdoor_areas()
                )
        numbers = [item for item in told if number_of(item.value) is not None]
        return self._extreme(numbers, quality) if numbers else None

    def _extreme(self, told: Sequence[Told], quality: Quality) -> Verdict:
        best = self._extreme_of(told)
        chosen = next(item for item in told if number_of(item.value) == best)
        verdict = told_verdict((chosen,), quality)
        return replace(
            verdict, reason="most", targets=tuple(item.entity.entity_id for item in told)
        )

    def _extreme_of(self, told: Sequence[Told]) -> float:
        values = [value for item in told if (value := number_of(item.value)) is not None]
        return max(values) if self._scene.inquiry.upward else min(values)
