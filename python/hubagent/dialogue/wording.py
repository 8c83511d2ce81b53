"""What people say on the way to what they mean, put as they would have said it at once.

In: the words of one utterance. Out: words for the same request without the way there: no "on second
thoughts" before it, "on thirty, I mean fifty" as "on fifty", "the blinds, close them" as "close the
blinds", "the left one" as "the left lamp". Strings in, strings out; the home is asked only what is a
name in it. A repair inside a sentence replaces what is of the same sort: the interruption and
correction of Levelt (1983, Monitoring and self-repair in speech, Cognition 14).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubagent.dialogue.words import load, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hubagent.ports import Values

_SPOKEN = re.compile(r"[^\W_]+(?:['\u2019.][^\W_]+)*%?")
_DETERMINERS = frozenset({"the", "my", "our", "that", "this", "those", "these", "his", "her"})
_OWNED = re.compile(r"['\u2019]s?$")
_POSSESSIVES = frozenset({"her", "his", "their"})
_LISTED = re.compile(
    r"^\W*(?:for |on )?(?:the |my |our )?(?P<list>[\w' ]{3,30}?)\s*[,:]\s+(?P<items>[^?]+?)[.!]*$",
    re.IGNORECASE,
)
_MOST_OF_A_VALUE = 4
_MOST_OF_A_NAME = 6
_UNITS = frozenset({"percent", "degrees", "degree"})
_PARTICLES = frozenset({"on", "off", "up", "down", "to", "at", "by", "please", "for", "again"})
_PLACED = frozenset({"in", "on", "at", "upstairs", "downstairs", "outside"})
_NUMBERS = frozenset({"to", "at", "by", "up", "down", "on", "no", "the", "any", "every", "each", "which",
                      "this", "that", "other", "same", "first", "second", "third", "last", "next", "another"})  # fmt: skip
"""Words before "one" that leave it a number, or a thing of its own."""


def without_preface(text: str) -> str:
    """Return the words without what only leads up to them; as they are if nothing else was said."""
    found = load().prefaces.match(text)
    if found is None:
        return text
    rest = text[found.end() :].strip()
    return rest if set(tokens(rest)) - load().fillers else text


def without_courtesy(text: str) -> str:
    """Return the words without a mere politeness behind them: "a touch more if you would"."""
    found = load().courtesies.search(text)
    rest = text[: found.start()].strip() if found is not None else ""
    return rest if set(tokens(rest)) - load().fillers else text


def amended(text: str, values: Values) -> str:
    """Return the words with what was put right in mid-sentence in the place of what was wrong."""
    found = load().amends.search(text)
    if found is None:
        return text
    before, after = text[: found.start()].strip(" ,"), text[found.end() :].strip(" ,.!")
    said = tokens(after)
    if _says_what(said) and not _says_what(tokens(before)):
        return after  # "the desk lamp ... sorry, the heater off"
    begins = (
        load().full | load().answers["verbs"] | (set(load().polarity) if len(said) > 1 else set())
    )
    if not said or not tokens(before) or said[0] in begins:
        return after or text  # begun anew
    if len(said) == 1 and said[0] in load().polarity and not _switch(before, after):
        return f"{before} {after}"  # "the motor, sorry, off"
    for span in (_value(before, after, values), _switch(before, after), _thing(before, after)):
        if span is not None:
            start, end = span
            return f"{before[:start]}{after}{before[end:]}"
    return text


def _says_what(said: Sequence[str]) -> bool:
    """Return whether words say what is to become of a thing that they name."""
    verbs = load().answers["verbs"] | load().full | set(load().polarity)
    return len(said) > 1 and bool(verbs & set(said)) and said[0] not in _PARTICLES


def _value(before: str, after: str, values: Values) -> tuple[int, int] | None:
    """Return where the last value stands that a value takes the place of."""
    kind = _sort_of_value(tokens(after), values)
    if not kind:
        return None
    words = list(_SPOKEN.finditer(before))
    for end in range(len(words), 0, -1):
        for start in range(max(0, end - _MOST_OF_A_VALUE), end):
            said = tokens(before[words[start].start() : words[end - 1].end()])
            if (
                said
                and said[0] not in _DETERMINERS | _PARTICLES
                and _sort_of_value(said, values) == kind
            ):
                keeps_unit = bool(_UNITS & set(said)) and not _UNITS & set(tokens(after))
                last = words[end - 2] if keeps_unit else words[end - 1]
                return words[start].start(), last.end()
    return None


def _sort_of_value(said: Sequence[str], values: Values) -> str:
    words = " ".join(word for word in said if word not in {"to", "at", "by"})
    if values.number(words) is not None:
        return "number"
    is_colour = values.colour(words) is not None or values.kelvin(words) is not None
    return "colour" if is_colour else ""


def _switch(before: str, after: str) -> tuple[int, int] | None:
    """Return where the last "on" or "off" stands that another takes the place of."""
    polarity = load().polarity
    if len(tokens(after)) != 1 or tokens(after)[0] not in polarity:
        return None
    spans = [m.span() for m in _SPOKEN.finditer(before) if m[0].casefold() in polarity]
    return spans[-1] if spans else None


def _thing(before: str, after: str) -> tuple[int, int] | None:
    """Return where the last thing stands, with its place, that another takes the place of."""
    words = list(_SPOKEN.finditer(before))
    said = [word[0].casefold() for word in words]
    if len(tokens(after)) > _MOST_OF_A_NAME:
        return None
    placed = tokens(after)[0] in _PLACED
    marks = [n for n, w in enumerate(said) if w in (_PLACED if placed else _DETERMINERS)]
    verbs = [n for n, w in enumerate(said) if w in load().answers["verbs"] | load().full]
    if marks:
        start = marks[-1]
    elif placed or len(said) < 2:
        return None
    else:
        start = verbs[-1] + 1 if verbs else 0
        start += start < len(said) - 1 and said[start] in _PARTICLES
    end = next((n for n in range(start + 1, len(said)) if said[n] in _PARTICLES), len(said))
    determined = not placed and bool(marks) and tokens(after)[0] not in _DETERMINERS
    start += determined and start + 1 < end
    return (words[start].start(), words[end - 1].end()) if start < end else None


def in_place(text: str, is_named: Callable[[str], bool]) -> str:
    """Return the words with a thing said before them where its pronoun stands: "the fan, is it on".

    So, too, where it is told first how it is: "the barn door's wide open, close it".

    Args:
        text: The words.
        is_named: Whether words are nothing but a name of the home.
    """
    found = next(
        (
            match
            for pattern in (load().topic, load().remark)
            if (match := pattern.match(text)) is not None and is_named(match["what"])
        ),
        None,
    )
    if found is None:
        return text
    what, rest = found["what"].strip(), found["rest"]
    if tokens(what)[0] not in _DETERMINERS:
        what = f"the {what}"
    pronoun = re.search(r"\b(it|they|them|those|that)(?:['\u2019](s|re)\b)?", rest, re.IGNORECASE)
    if pronoun is None or tokens(rest[pronoun.end() :])[:1] == ("one",):
        return text
    verb = {"s": " is", "re": " are"}.get((pronoun[2] or "").casefold(), "")
    return f"{rest[: pronoun.start()]}{what}{verb}{rest[pronoun.end() :]}"


def with_kind(text: str, kind: str) -> str:
    """Return the words with a kind of thing for "one": "the left one" after lamps is "the left lamp"."""
    words = list(_SPOKEN.finditer(text))
    for number, word in enumerate(words):
        said = word[0].casefold()
        if said not in {"one", "ones"} or not number or words[number - 1][0].casefold() in _NUMBERS:
            continue
        if not any(w[0].casefold() in _DETERMINERS for w in words[max(0, number - 3) : number]):
            continue
        noun = f"{kind}s" if said == "ones" else kind
        return f"{text[: word.start()]}{noun}{text[word.end() :]}"
    return text


def kind_before_one(text: str, kinds: Mapping[str, Sequence[str]]) -> str:
    """Return the kind that "one" stands for in the same breath: "the lemon fan off and the olive one on"."""
    words = tokens(text)
    at = next((n for n, word in enumerate(words) if word in {"1", "one", "ones"} and n), 0)
    nouns = {noun for several in kinds.values() for noun in several}
    return next(
        (w.removesuffix("s") for w in reversed(words[:at]) if w.removesuffix("s") in nouns), ""
    )


def taken_off(text: str, values: Values) -> str:
    """Return "knock ten percent off the lamp" as what it asks for: the lamp down by that."""
    found = load().taken_off.search(text)
    if found is None or _sort_of_value(tokens(found["amount"]), values) != "number":
        return text
    what = f"turn {found['thing'].strip(' .!')} down by {found['amount'].strip()}"
    return f"{text[: found.start()]}{what}"


def listed(text: str, lists: Sequence[str]) -> str:
    """Return "packing list, socks and shoes" as what it asks for.

    Args:
        text: The words.
        lists: What the lists of the home are called.
    """
    found = _LISTED.match(text)
    colon = found is not None and found[0].count(":") > 0
    if found is None or (not colon and load().full & set(tokens(found["items"])[:1])):
        return text
    called = {tokens(name) for name in lists} | {(*tokens(name), "list") for name in lists}
    said = tokens(found["list"])
    return f"add {found['items']} to the {found['list']}" if said in called else text


def with_owner(text: str, owners: Sequence[str]) -> str:
    """Return the words with who is meant for "her" and "his", where one owner was spoken of.

    Args:
        text: The words: "put Nan's fire on and turn her lamp off".
        owners: Owners that a name or a room of the home has, as they are written: "Nan's".
    """
    known = {tokens(owner): owner for owner in owners}
    known |= {tokens(_OWNED.sub("", owner)): owner for owner in owners}
    spoken: list[str] = []
    result, at = "", 0
    for word in _SPOKEN.finditer(text):
        said = tokens(word[0])
        if said in known:
            spoken.append(known[said])
        elif said and said[0] in _POSSESSIVES and spoken:
            result += f"{text[at : word.start()]}{spoken[-1]}"
            at = word.end()
    return result + text[at:]
