"""How a question is put: which, how many, yes or no; and what stands around it.

Strings in, words for forms out; knows no home. "Can you tell me if the gate is shut" is "the gate is
shut" asked with yes or no; "have the lamp come on" only begins like a question.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hubagent.resolve import text

if TYPE_CHECKING:
    from hubagent.resolve.lexicon import Lexicon

_TAG = re.compile(
    r"[\s,]+(?:(?:is|are|was|were|has|have|had|does|do|did)(?:n['\u2019]?t)?\s+"
    r"(?:it|they|he|she|we|you|i|there)|or\s+(?:what|not|something)|innit|(?:,\s*)(?:right|yeah|yes|no|correct|huh|eh|true))\s*[?.!]*\s*$",
    re.IGNORECASE,
)
"""What makes a question of a statement: "the door's locked, isn't it"."""
_FRAME = re.compile(
    r"^\s*(?:\w+(?:\s+\w+)?,\s+)?(?:(?:hey|hi|ok|okay|so|um|oh|and|please|well|quick question)[,\s]+)*"
    r"(?:(?:can|could|would|will)\s+(?:you|i|we)\s+(?:please\s+|just\s+|quickly\s+)*)?(?:please\s+|just\s+)*"
    r"(?:(?P<soft>do\s+(?:you|we)\s+(?:happen\s+to\s+)?know|tell\s+me|let\s+me\s+know|(?:double[-\s])?check(?:\s+for\s+me)?"
    r"|find\s+out|confirm|remind\s+me(?:\s+of)?(?!\s+to\b)|(?:have\s+(?:you|we)\s+)?(?:got\s+)?any\s+idea|i(?:'d|\s+would)\s+like\s+to\s+know"
    r"|i\s+(?:want|need)\s+to\s+know|i\s+wonder|i(?:'m|\s+was|\s+am)\s+wondering|wondering|just\s+(?:checking|wondering)|give\s+me|report(?:\s+on)?"
    r"|(?:the\s+)?status\s+of|what\s+about|how\s+about|read\s+me|show\s+me|i\s+can'?t\s+remember|i\s+forget|i\s+forgot)"
    r"|(?:see|look|have\s+a\s+look|go\s+and\s+see)(?=\s+(?:if|whether)\b))"
    r"[,:]?\s+(?:(?P<whether>if|whether|that)\s+)?",
    re.IGNORECASE,
)
"""What stands before a question that is put as a wish to be told: "can you tell me if ..."."""
_TOLD = frozenset({"what", "whats", "which", "who", "whose", "how", "hows", "where", "wheres", "when", "is", "are"})  # fmt: skip
_IS = frozenset({"is", "are", "was", "were", "has", "have", "isnt", "arent"})
_SEES = frozenset({"see", "hear", "smell", "detect", "sense"})
_SUBJECT_FIRST = re.compile(r"\s*we['\u2019]re\b", re.IGNORECASE)
"""No "were", though their letters are the same."""
_YES_NO = frozenset(
    [
        "is",
        "are",
        "was",
        "were",
        "isnt",
        "arent",
        "wasnt",
        "do",
        "does",
        "did",
        "didnt",
        "doesnt",
        "has",
        "have",
        "hasnt",
        "havent",
        "had",
        "am",
    ]
)
_WHICH = frozenset({"which", "whose", "who", "whos"})
_WHAT = frozenset({"what", "whats", "how", "hows", "where", "wheres"})
_OPENERS = frozenset(
    ["and", "so", "ok", "okay", "hey", "hi", "well", "oh", "hmm", "um", "er", "then", "but", "god", "gosh", "damn", "wait", "sorry", "no", "yes", "right", "now", "please", "quick", "hang", "ah", "crap"]
)  # fmt: skip
_STATEMENT = frozenset({"still", "yet", "alright", "okay"})
"""Words by which a sentence without a verb asks: "light still on in the coop"."""
_OWNED = frozenset({"the", "my", "our", "a", "an", "his", "her", "this", "that"})
_ASKED_OF = frozenset(["i", "you", "we", "they", "he", "she", "it", "people", "any", "all"])
"""Words behind "do" by which it asks: "do flames on the panel" asks nothing."""
_HAPPENED = frozenset(
    ["been", "gone", "got", "done", "left", "shut", "gotten", "had", "begun", "stopped"]
)  # fmt: skip
"""Words behind "have the ..." by which it asks whether something happened."""


def is_subject_first(said: str) -> bool:
    """Return whether words begin with "we're", which only looks like a question's "were"."""
    return _SUBJECT_FIRST.match(said) is not None


def without_tag(said: str) -> tuple[str, bool]:
    """Return what is said without a tag that makes it a question, and whether it had one."""
    found = _TAG.search(said)
    if found is None or not text.tokens(said[: found.start()])[1:]:
        return said, False
    return said[: found.start()], True


def without_frame(said: str, lexicon: Lexicon) -> tuple[str, str]:
    """Return a question without the words that ask to be told, and its form; no form if it is plain.

    "Can you tell me if the gate is shut" is "the gate is shut", asked with yes or no; "tell me a joke"
    is no question on a home, and "give me more light" none at all.
    """
    found = _FRAME.match(said)
    if found is None:
        return said, ""
    left = said[found.end() :]
    words = text.tokens(left)
    if not words:
        return said, ""
    form = form_of(words)
    if found["whether"]:
        return left, "is" if form == "statement" else form
    if words[0] in _TOLD:
        return left, "value" if form == "statement" else form
    states = any(lexicon.state_of(words[at : at + 1]) for at in range(len(words)))
    if found["soft"] and _IS & set(words) and states:
        return left, "is"
    measures = any(text.find(words, w) >= 0 for q in lexicon.qualities for w in q.words)
    nominal = words[0] in lexicon.skipped or measures
    if nominal and measures and not lexicon.requests & set(words) - {"on", "in", "level"}:
        return left, "value"
    return said, ""


def form_of(words: tuple[str, ...]) -> str:
    """Return how a question is put; ``statement`` if its words do not tell that it is one."""
    while words and words[0] in _OPENERS:
        words = words[1:]
    words = words[1:] if words[:1] == ("the",) and words[1:3] == ("number", "of") else words
    if not words:
        return "statement"
    if ("how" in words and "many" in words) or words[:2] in {("number", "of"), ("count", "of")}:
        return "many"
    if words[0] in _WHICH:
        return "which"
    if (
        words[0] in {"what", "whats"}
        and len(words) > 2
        and (words[-1] in {"on", "off", "open"} or words[1] in {"rooms", "devices", "things"})
        and (text.singular(words[1]) != words[1])
    ):
        return "which"
    if words[0] in _WHAT or (words[0] == "when" and words[1:2] and words[1] in _YES_NO):
        return "value"  # "when it gets dark" asks nothing
    if is_causative(words):
        return "statement"
    if words[:2] in {("can", "you"), ("could", "you")} and words[2:3] and words[2] in _SEES:
        return "is"
    if words[0] in _YES_NO or words[0] in {"any", "anyone", "anybody", "anything"}:
        return "is"
    return "is" if _STATEMENT & set(words) else "statement"


def is_causative(words: tuple[str, ...]) -> bool:
    """Return whether words that begin like a question ask for something: "have the lamp come on".

    "Do the window in pink", and not "do we", "have the kids gone".
    """
    if len(words) < 3 or words[0] not in {"do", "have"}:
        return False
    if words[0] == "do":
        return words[1] not in _ASKED_OF
    return words[1] in _OWNED and not any(
        word in _HAPPENED or (word.endswith("ed") and len(word) > 4) for word in words[2:]
    )
