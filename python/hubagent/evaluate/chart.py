"""Line charts as SVG text, for the pages of ``docs``; readable on light and on dark."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 760, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 190, 40, 44
_MOST_NUMBERS = 16
"""Places up to which each has its number; else every seventh."""
_LEAST = 1e-9
"""What is no larger is drawn as nothing: the smallest numbers have no tenth."""
_COLOURS = ("#8a8f98", "#3b82d6", "#d9822b", "#2f9e62", "#b454c4", "#d64545", "#8c6d1f", "#1f9aa8")
"""Middle tones: each is told from the others, and seen, on white and on near black."""
_STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #333 }
  .title { font-size: 14px; font-weight: 600 }
  .grid { stroke: #8884; stroke-width: 1 }
  .line { fill: none; stroke-width: 2; stroke-linejoin: round }
  .band { opacity: .13; stroke: none }
  @media (prefers-color-scheme: dark) { text { fill: #ccc } }
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One curve; a point that is ``None`` is left out."""

    name: str
    values: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()
    """Bounds of the band around it; empty = no band."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where values are drawn."""

    places: int
    top: float

    def x(self, at: int) -> float:
        return _LEFT + at * (WIDTH - _LEFT - _RIGHT) / max(1, self.places - 1)

    def y(self, value: float) -> float:
        return HEIGHT - _BOTTOM - value / self.top * (HEIGHT - _TOP - _BOTTOM)

    def point(self, at: int, value: float) -> str:
        return f"{self.x(at):.1f},{self.y(value):.1f}"


def chart(title: str, lines: Sequence[Line], *, x_name: str, y_name: str) -> str:
    """Return a chart as an SVG document.

    Args:
        title: Above it.
        lines: Curves over the same places; what lies beside the last point names them.
        x_name: What the places are; they are numbered from 1.
        y_name: What is shown; from 0 up.
    """
    every = [v for line in lines for row in (line.values, line.high) for v in row if v is not None]
    largest = max(every, default=0.0)
    largest = largest if largest > _LEAST else 1.0
    step = _step(largest)
    rows = math.ceil(largest / step - 1e-9)
    frame = _Frame(max((len(line.values) for line in lines), default=1), step * rows)
    middle = (WIDTH - _RIGHT + _LEFT) / 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}"><style>{_STYLE}</style>',
        _text(_LEFT, 20, title, "start", 'class="title"'),
        _text(_LEFT - 44, _TOP - 8, y_name, "start"),
        _text(middle, HEIGHT - 6, x_name, "middle"),
    ]
    for row in range(rows + 1):
        at = frame.y(row * step)
        parts += [
            f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>',
            _text(_LEFT - 6, at + 4, f"{row * step:g}", "end"),
        ]
    every_so_many = 1 if frame.places <= _MOST_NUMBERS else 7
    parts += [
        _text(frame.x(at), HEIGHT - _BOTTOM + 18, str(at + 1), "middle")
        for at in range(0, frame.places, every_so_many)
    ]
    for number, line in enumerate(lines):
        parts += _curve(line, _COLOURS[number % len(_COLOURS)], frame)
    return "\n".join((*parts, *_names(lines, frame), "</svg>", ""))


def _step(largest: float) -> float:
    """Return the distance of the grid lines: 1, 2 or 5 times a power of ten, at most six of them."""
    unit = 10.0 ** math.floor(math.log10(largest))
    return next(unit * f for f in (0.1, 0.2, 0.5, 1.0, 2.0) if largest / (unit * f) <= 6)


def _curve(line: Line, colour: str, frame: _Frame) -> list[str]:
    points = [frame.point(at, v) for at, v in enumerate(line.values) if v is not None]
    curve = f'<polyline class="line" stroke="{colour}" points="{" ".join(points)}"/>'
    bounds = [
        (at, low, high)
        for at, (low, high) in enumerate(zip(line.low, line.high, strict=True))
        if low is not None and high is not None
    ]
    edge = [frame.point(at, high) for at, _, high in bounds]
    edge += [frame.point(at, low) for at, low, _ in reversed(bounds)]
    band = f'<polygon class="band" fill="{colour}" points="{" ".join(edge)}"/>'
    return [band, curve] if bounds else [curve]


def _names(lines: Sequence[Line], frame: _Frame) -> list[str]:
    """Return the names beside the last points, moved apart where they would cover each other."""
    lasts = [
        (frame.y(values[-1]), number, line.name)
        for number, line in enumerate(lines)
        if (values := [v for v in line.values if v is not None])
    ]
    parts, below = [], 0.0
    for at, number, name in sorted(lasts):
        below = max(at + 4, below + 15)
        colour = f'style="fill:{_COLOURS[number % len(_COLOURS)]}"'
        parts.append(_text(WIDTH - _RIGHT + 8, below, name, "start", colour))
    return parts


def _text(x: float, y: float, words: str, anchor: str, more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(words)}</text>'
