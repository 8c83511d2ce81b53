"""What a thing does, said for the thing: "start charging the car" for the switch called Car Charger.

In: the words of a clause and the home. Out: the one thing whose name has what it does and what it does
it to, turned on or off; nothing where no name or several have both. The verbs are data (``words.toml``,
``doings``), and nothing may stand beside verb and object but small words, so "charge my phone" in a home
that only charges a car moves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.resolve import choose, text
from hubagent.resolve.features import is_sensitive
from hubagent.types import Candidate, Command, Decision

if TYPE_CHECKING:
    from hubagent.ports import ContextView
    from hubagent.resolve.lexicon import Lexicon
    from hubagent.types import Resolution

_DOMAINS = ("switch", "input_boolean")
_PRESSED = ("button", "input_button")
_INTENTS = {"turn_on": "HassTurnOn", "turn_off": "HassTurnOff", "press": "HubPressButton"}
_LEAST_VERB = 4


def done(said: str, view: ContextView, lexicon: Lexicon) -> Resolution | None:
    """Return what turns on or off the thing that does what the words say."""
    words = tuple(word for word in text.tokens(said) if word not in lexicon.launch_small)
    command = "turn_on"
    if words and words[0] in lexicon.doing_ends:
        command, words = "turn_off", words[1:]
    elif words and (words[0],) in lexicon.launch:
        words = words[1:]
    doers = _doers(words[0], lexicon) if words else frozenset()
    of = set(text.singulars(words[1:]))
    if not doers or not of:
        return None
    found = []
    for domain in _DOMAINS if command == "turn_off" else (*_DOMAINS, *_PRESSED):
        for entity_id in view.query(domain=domain):
            entity = view.entity(entity_id)
            names = (set(text.singulars(text.tokens(n))) for n in (entity.name, *entity.aliases))
            if not entity.category and any(of <= name and doers & name for name in names):
                found.append(entity)
    if len(found) != 1 or is_sensitive(found[0]):
        return None
    entity_id = found[0].entity_id
    command = "press" if found[0].domain in _PRESSED else command
    commands = (Command(entity_id, command),)
    best = Candidate(_INTENTS[command], (entity_id,), 0.0, (("named_fully", 1.0),), commands)
    return choose.resolution(Decision.ACT, best, (best,))


def _doers(verb: str, lexicon: Lexicon) -> frozenset[str]:
    """Return the words for what does something: a feeder feeds; a dimmer is no doer, for all dim."""
    known = lexicon.doings.get(verb)
    if known is not None:
        return known
    verb = verb.removesuffix("ing") if len(verb) > _LEAST_VERB + 2 else verb
    if len(verb) < _LEAST_VERB or verb in lexicon.carriers | lexicon.requests:
        return frozenset()
    stems = (verb, verb.removesuffix("e"), verb + verb[-1])
    return frozenset({verb}.union(s + ending for s in stems for ending in ("er", "or", "ing")))
