"""Plain tables become frozen dataclasses; everything that does not fit is noted, not only the first.

Knows nothing of hubagent's settings: ``config.py`` declares them, this fills them.
"""

from __future__ import annotations

import contextlib
import difflib
import re
import tomllib
import types
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")


class Secret:
    """Text that must not be shown; only :meth:`reveal` gives it away."""

    __slots__ = ("_value",)

    def __init__(self, value: str = "") -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(***)" if self._value else "Secret()"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True, slots=True)
class Range:
    """Least and greatest number allowed, both included."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True)
class Shape:
    """A pattern that the whole text must match, and how to say it."""

    pattern: str
    says: str

    def __str__(self) -> str:
        return self.says


class _WrongValueError(ValueError):
    """One value does not fit; the text says what was expected."""


class TableReader:
    """Fills dataclasses from plain tables and collects what is wrong."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self.problems: list[str] = []

    def overlay(
        self, cls: type, raw: dict[str, Any], variables: Mapping[str, str], prefix: str
    ) -> None:
        """Put variables named ``<PREFIX><SECTION>_<KEY>`` over the tables of the file."""
        for section, section_type in get_type_hints(cls).items():
            start = f"{prefix}{section.upper()}_"
            hints = get_type_hints(section_type, include_extras=True)
            for name in sorted(name for name in variables if name.startswith(start)):
                key = name.removeprefix(start).lower()
                if key not in hints:
                    self.problems.append(f"variable `{name}` is not a setting{nearest(key, hints)}")
                    continue
                table = raw.setdefault(section, {})
                if isinstance(table, dict):
                    table[key] = _from_text(hints[key], variables[name])

    def table(self, cls: type[T], raw: object, where: str) -> T:
        """Return the dataclass; what is wrong keeps its default and is noted."""
        if not isinstance(raw, dict):
            self.problems.append(f"`{where}`: expected a table, found {_show(raw)}")
            return cls()
        hints = get_type_hints(cls, include_extras=True)
        values: dict[str, Any] = {}
        for key, value in raw.items():
            path = f"{where}.{key}" if where else key
            if key not in hints:
                self.problems.append(f"`{path}` is not a setting{nearest(key, hints)}")
                continue
            try:
                values[key] = self._value(hints[key], value, path)
            except _WrongValueError as error:
                found = "something else" if hints[key] is Secret else _show(value)
                self.problems.append(f"`{path}`: expected {error}, found {found}")
        return cls(**values)

    def _value(self, hint: object, raw: object, path: str) -> object:
        origin, args = get_origin(hint), get_args(hint)
        if origin is Annotated:
            return _check_limit(self._value(args[0], raw, path), args[1])
        if origin in (Union, types.UnionType):
            return self._value(args[0], raw, path)
        if origin is Literal:
            if raw not in args:
                raise _WrongValueError("one of " + ", ".join(f"`{item}`" for item in args))
            return raw
        if origin is tuple:
            if not isinstance(raw, list) or not all(isinstance(item, str) for item in raw):
                raise _WrongValueError("a list of texts")
            return tuple(raw)
        if origin is dict:
            return self._mapping(args[0], args[1], raw, path)
        if is_dataclass(hint):
            return self.table(hint if isinstance(hint, type) else type(hint), raw, path)
        return self._scalar(hint, raw)

    def _mapping(self, key_hint: object, hint: object, raw: object, path: str) -> dict[str, object]:
        if not isinstance(raw, dict):
            raise _WrongValueError("a table")
        found: dict[str, object] = {}
        for key, value in raw.items():
            try:
                self._value(key_hint, key, path)
            except _WrongValueError as error:
                self.problems.append(f"`{path}`: expected keys of {error}, found {_show(key)}")
                continue
            try:
                found[key] = self._value(hint, value, f"{path}.{key}")
            except _WrongValueError as error:
                self.problems.append(f"`{path}.{key}`: expected {error}, found {_show(value)}")
        return found

    def _scalar(self, hint: object, raw: object) -> object:
        if hint is bool and isinstance(raw, bool):
            return raw
        if hint is int and isinstance(raw, int) and not isinstance(raw, bool):
            return raw
        # An integer beyond float and a home folder of nobody raise on conversion.
        with contextlib.suppress(OverflowError, RuntimeError):
            if hint is float and isinstance(raw, int | float) and not isinstance(raw, bool):
                return float(raw)
            if hint is Path and isinstance(raw, str) and raw and "\0" not in raw:
                return self._base / Path(raw).expanduser()
        if hint in (str, Secret) and isinstance(raw, str) and "\0" not in raw:
            return raw if hint is str else Secret(raw)
        raise _WrongValueError(describe_type(hint))


def describe_type(hint: object) -> str:
    """Say a field's type and limits in words, as problems and the reference page do."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        if isinstance(args[1], Shape):
            return str(args[1])
        return f"{describe_type(args[0])} from {args[1]}"
    if origin in (Union, types.UnionType):
        return describe_type(args[0])
    if origin is Literal:
        return "one of " + ", ".join(f"`{item}`" for item in args)
    if origin is tuple:
        return "a list of texts"
    if origin is dict:
        return "a table"
    names: dict[object, str] = {
        bool: "`true` or `false`",
        int: "an integer",
        float: "a number",
        Path: "a path",
    }
    return names.get(hint, "a text")


def _check_limit(value: object, limit: Range | Shape) -> object:
    if isinstance(limit, Range) and isinstance(value, int | float):
        if not limit.low <= value <= limit.high:
            kind = "an integer" if isinstance(value, int) else "a number"
            raise _WrongValueError(f"{kind} from {limit}")
    elif (
        isinstance(limit, Shape)
        and isinstance(value, str)
        and not re.fullmatch(limit.pattern, value)
    ):
        raise _WrongValueError(str(limit))
    return value


def _from_text(hint: object, text: str) -> object:
    """Read a variable as TOML would where the field is no text; what fails is left to the check."""
    while get_origin(hint) in (Annotated, Union, types.UnionType):
        hint = get_args(hint)[0]
    if hint in (str, Path, Secret) or get_origin(hint) is Literal:
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def nearest(key: str, known: Mapping[str, object]) -> str:
    """Return the rest of a sentence that helps who mistyped a key."""
    near = difflib.get_close_matches(key, known, n=1)
    if near:
        return f"; nearest is `{near[0]}`"
    return (
        "; known are " + ", ".join(f"`{item}`" for item in known) if known else "; there are none"
    )


def _show(value: object) -> str:
    if isinstance(value, dict):
        return "a table"
    text = repr(value)
    return f"`{text[:60]}...`" if len(text) > 63 else f"`{text}`"
