"""Answers to what was asked of the home: facts from the confirmed state, or nothing.

In: the words of a question or a condition and the home. Out: a ``Verdict`` with what is so, or
``None`` where the words are no question that this home can answer for sure; then they are left to
the readings of the model. States, values, comparisons and things named in full are looked up in
modules of their own (``asked_states``, ``asked_values``, ``asked_compare``, ``asked_named``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.resolve import text
from hubagent.resolve.asked_compare import AskedComparison
from hubagent.resolve.asked_lists import on_lists
from hubagent.resolve.asked_named import AskedByName
from hubagent.resolve.asked_scene import SPOKEN_PLACES, AskedScene
from hubagent.resolve.asked_states import AskedStates
from hubagent.resolve.asked_values import AskedValues
from hubagent.resolve.asked_verdicts import told_verdict
from hubagent.resolve.asked_when import asks_when
from hubagent.resolve.features import Failure
from hubagent.resolve.inquiry_reader import InquiryReader
from hubagent.resolve.named import AskedNames
from hubagent.resolve.question_forms import without_frame

if TYPE_CHECKING:
    from hubagent.ports import Values
    from hubagent.resolve.ground import Grounder
    from hubagent.resolve.inquiry import Inquiry
    from hubagent.resolve.lexicon import Lexicon
    from hubagent.resolve.verdict import Verdict
    from hubagent.types import Hypothesis


class Asked:
    """Looks up what questions and conditions ask."""

    def __init__(self, lexicon: Lexicon, values: Values) -> None:
        self._lexicon = lexicon
        self._reader = InquiryReader(lexicon, values)

    def answer(self, said: str, grounder: Grounder, *, loose: bool = False) -> Verdict | None:
        """Return the answer to a question, ``None`` if the words are no clear one.

        Args:
            said: The words.
            grounder: The home of this turn.
            loose: Take words for a question of which nothing tells that they are one.
        """
        listed = on_lists(said, grounder.view, self._lexicon)
        if listed is not None:
            return listed
        names = AskedNames(grounder.view, grounder.places)
        inquiry = self._reader.read(said, names, loose=loose)
        if inquiry.form == "statement" or (loose and inquiry.quality is None):
            return None
        lookup = _Lookup(inquiry, grounder, self._lexicon)
        words = text.tokens(without_frame(said, self._lexicon)[0])
        if asks_when(words):
            return lookup.when(words)
        verdict = lookup.verdict()
        if verdict is not None or inquiry.form in {"compare", "most"}:
            return verdict
        return lookup.by_name(words)

    def by_slots(self, said: str, reading: Hypothesis, grounder: Grounder) -> Verdict | Failure:
        """Return the answer to a question whose thing, place and state the model has found.

        The words say what is asked where they can; the slots stand in for what they do not tell.
        """
        names = AskedNames(grounder.view, grounder.places)
        inquiry = self._reader.read(said, names, loose=True)
        inquiry = self._reader.with_slots(inquiry, reading)
        unknown = [p for p in inquiry.places if names.find(SPOKEN_PLACES.get(p, p)).unknown]
        if unknown:
            return Failure("unknown_area", {"area": unknown[0]})
        lookup = _Lookup(inquiry, grounder, self._lexicon)
        verdict = lookup.verdict() or lookup.by_name(text.tokens(said))
        if verdict is not None:
            return verdict
        subject = " ".join(inquiry.subject)
        if not subject and not inquiry.places and inquiry.states:
            return Failure("unclear_thing")
        if inquiry.subject and not lookup.anything():
            return Failure("unknown_name", {"name": subject})
        what = inquiry.quality.name if inquiry.quality is not None else "state"
        return Failure("no_value", {"what": what, "name": subject})

    def unknown(self, said: str, grounder: Grounder) -> str:
        """Return what a question is about, where nothing of the home is called so; else nothing."""
        inquiry = self._reader.read(said, AskedNames(grounder.view, grounder.places))
        if inquiry.form == "statement" or inquiry.empty or not 0 < len(inquiry.subject) < 3:
            return ""  # more than two words are hardly one name
        words = {text.singular(w) for w in inquiry.subject}
        names = [n for e in grounder.view.entities() for n in (e.name, *e.aliases)]
        names += [n for a in grounder.view.areas() for n in (a.name, *a.aliases)]
        known = {w for name in names for w in text.singulars(text.tokens(name))}
        return "" if words & known else " ".join(inquiry.subject)

    def condition(self, said: str, request: str, grounder: Grounder) -> Verdict | None:
        """Return whether a condition holds now, ``None`` if it cannot be read or measured.

        Args:
            said: What stands behind "if".
            request: What is to be done if it holds; "it" may be a thing of it.
            grounder: The home of this turn.
        """
        inquiry = self._reader.read(said, AskedNames(grounder.view, grounder.places))
        if inquiry.form != "compare":
            inquiry = replace(inquiry, form="is")
        about = tuple(text.tokens(request))
        verdict = _Lookup(inquiry, grounder, self._lexicon, about).verdict()
        return verdict if verdict is not None and verdict.holds is not None else None


class _Lookup:
    """One inquiry in one home."""

    def __init__(
        self,
        inquiry: Inquiry,
        grounder: Grounder,
        lexicon: Lexicon,
        request: tuple[str, ...] = (),
    ) -> None:
        self._scene = scene = AskedScene(inquiry, grounder, lexicon, request)
        self._states = AskedStates(scene)
        self._values = AskedValues(scene)
        self._named = AskedByName(scene, self._states, self._values)

    def verdict(self) -> Verdict | None:
        """Return what is so."""
        inquiry = self._scene.inquiry
        if inquiry.form == "compare":
            return AskedComparison(self._scene, self._values).compared()
        if inquiry.form == "most":
            return AskedComparison(self._scene, self._values).most()
        if inquiry.states:
            verdict = self._states.asked()
            if verdict is not None or inquiry.quality is None:
                return verdict
        told = self._values.told()
        if not told and inquiry.quality is not None and inquiry.quality.name == "media":
            # "Are they still on the telly": what is on is not known, but whether it is.
            on = replace(inquiry, quality=None, states=("on",), state_said="on")
            self._scene.inquiry = on
            return self._states.asked() if inquiry.form == "is" else None
        if not told:
            return None
        if inquiry.bound is not None:
            return self._values.bounded(told)
        return told_verdict(told, inquiry.quality)

    def anything(self) -> bool:
        """Return whether anything at all is called what the question is about."""
        return bool(self._scene.tellers.any_called(self._scene.inquiry.subject, None))

    def by_name(self, words: tuple[str, ...]) -> Verdict | None:
        """Return what is known of the thing that a question names in full; as ``AskedByName``."""
        return self._named.by_name(words)

    def when(self, words: tuple[str, ...]) -> Verdict | None:
        """Return when what a question is about last changed."""
        return self._named.when(words)
