"""What is given up when people show that they mean another thing by what was learned.

In: the tables and the turn in which it went wrong. Out: changes of the tables. Beside the stages, as names
are learned in one and read out of pairs in another.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.evidence import Changes, Stage, source_key
from hubagent.learn.aliases import as_text, one_thing
from hubagent.learn.life import set_back
from hubagent.learning import ALIASES, all_names
from hubagent.rewrite.names import first_other
from hubagent.types import Layer

if TYPE_CHECKING:
    from hubagent.evidence import JournalTurn
    from hubagent.ports import PairStore


def unlearned(store: PairStore, turn: JournalTurn, now_s: float) -> Changes:
    """Return what goes: names in the words of a turn, their pair, and all pairs of that name and thing.

    Pairs of one name stand and fall together: "kill the candle" means the lamp that "light the candle" means.
    """
    words, thing = source_key(turn.heard), one_thing(turn.interpretation)
    source = words if turn.rewrite is None else turn.rewrite.source
    pairs = [pair for pair in store.pairs() if pair.layer is Layer.PERSONAL]
    names = all_names(store)
    gone = {alias.name for alias in names if not alias.gone_s and f" {alias.name} " in f" {words} "}
    called = {word for name in gone for word in name.split()}
    called |= {first_other(pair) for pair in pairs if pair.source == source} - {""}
    left = tuple(
        set_back(pair, now_s, "another thing is meant by it now")
        for pair in pairs
        if pair.stage is not Stage.RETIRED
        and one_thing(pair.interpretation) == thing
        and (pair.source in (words, source) or first_other(pair) in called)
    )
    now = [replace(alias, gone_s=now_s) if alias.name in gone else alias for alias in names]
    return Changes(pairs=left, settings=((ALIASES, as_text(now)),) if gone else ())
