"""Dialogues of real recordings: a sentence misheard, then other recordings of the same sentence.

In: rows of ``slurp/open_test_asr.jsonl``, one half of the ids by CRC-32 (even for training, odd for
evaluation). Out: streams like those of invented households, in invented homes with plain names. A
turn is right if the hub made of it what it makes of the sentence as written, and that is something.
"""

from __future__ import annotations

import random
from collections import defaultdict
from typing import TYPE_CHECKING

from hubagent.feedback.canonical import interpretation
from hubagent.simulate.generate import generate_home
from hubagent.training.rephrase_dialogues import Manners, Plain, Speaker, Stream, sent
from hubagent.training.rephrase_homes import Household
from hubagent.types import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from hubagent.ports import Understand
    from hubagent.training.rephrase_dialogues import Said
    from hubagent.types import TurnRecord

_ENTITIES = 90
_STEPS = frozenset({"iot_hue_lightdim", "iot_hue_lightup", "audio_volume_up", "audio_volume_down"})
"""Intents that come to another value each time."""
_ASKED = 150
_MOST_TRIES = 4
_MISHEARD_FIRST = 0.8

"""Share of the sentences that begin with a recording that was misheard, if there is one."""
_HEEDED = frozenset({Decision.ACT, Decision.ANSWER})


class Recordings:
    """Sentences with what recognisers heard of them.

    Args:
        rows: ``id``, ``text``, ``asr``, ``intent`` of one half of the ids.
    """

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self.heard: dict[str, list[str]] = defaultdict(list)
        self.intent: dict[str, str] = {}
        for row in rows:
            if row["asr"].strip():
                self.heard[row["text"]].append(row["asr"])
                self.intent[row["text"]] = row["intent"]
        self._alike: dict[str, list[str]] = defaultdict(list)
        for text, intent in self.intent.items():
            self._alike[intent].append(text)

    def near(self, text: str, dice: random.Random) -> str:
        """Draw a sentence of the same intent."""
        return dice.choice(self._alike[self.intent[text]])


def recorded_streams(
    rows: Sequence[Mapping[str, Any]], understand: Understand, homes: int, turns: int, name: str
) -> Iterator[Stream]:
    """Yield one stream for each of so many homes, each of about so many turns; names fix the dice."""
    recordings = Recordings(rows)
    for number in range(homes):
        dice = random.Random(f"{name} {number}")  # noqa: S311 - repeatable draws, no secret
        yield _Life(recordings, understand, f"{name}{number}", dice).run(turns)


class _Life:
    """People of one home who read sentences out, again when they were misheard."""

    def __init__(
        self, recordings: Recordings, understand: Understand, name: str, dice: random.Random
    ) -> None:
        home = generate_home(_ENTITIES, dice.randrange(1_000_000))
        names = [*(item.name for item in home.entities), *(item.name for item in home.areas)]
        words = frozenset(word for each in names for word in each.casefold().split())
        household = Household(name, home, (), words)
        area = dice.choice(home.areas).area_id
        self._plain = Plain(household, understand, area)
        self._recordings = recordings
        self._dice = dice
        self._manners = Manners.draw(dice)
        self._speaker = Speaker(household, understand, area)

    def run(self, turns: int) -> Stream:
        """Read sentences out until at least so many turns were said."""
        texts = sorted(self._recordings.heard)
        mixed = [text for text in texts if _differ(text, self._recordings.heard[text])]
        useful = [
            text for text in self._dice.sample(mixed, min(_ASKED, len(mixed))) if self._of(text)
        ]
        last = ""
        while len(self._speaker.said) < turns:
            chance = self._dice.random()
            if last and chance < self._manners.near:
                last = self._recordings.near(last, self._dice)
            else:
                last = self._dice.choice(useful if useful and chance < 0.9 else texts)
            self._read_out(last)
        return self._speaker.stream()

    def _of(self, text: str) -> str:
        """Return what a sentence as written comes to in a hub of its own; empty for nothing."""
        record = self._plain.record(text)
        return interpretation(record) if record.decision in _HEEDED else ""

    def _read_out(self, text: str) -> None:
        dice, manners = self._dice, self._manners
        self._speaker.new_episode()
        pause = self._pause(manners.slow, 1.0)
        recorded = self._recordings.heard[text]
        order = dice.sample(recorded, min(_MOST_TRIES, len(recorded)))
        if dice.random() < _MISHEARD_FIRST:
            order.sort(key=lambda heard: heard == text)
        for heard in order:
            said = self._say(heard, text, pause)
            pause = self._pause(manners.quick, 0.7)
            if said.right or dice.random() < manners.after["drift"] + manners.after["hand"]:
                return
            if dice.random() < manners.other:
                self._say_something_else()
            if said.turn.done and dice.random() < 0.4:
                self._speaker.say("undo", pause, lambda _: False, whole=False)

    def _say_something_else(self) -> None:
        text = self._dice.choice(sorted(self._recordings.heard))
        heard = self._dice.choice(self._recordings.heard[text])
        self._speaker.say(heard, self._pause(6.0, 1.0), lambda record: self._is(record, text),
                          episode=-len(self._speaker.said) - 1)  # fmt: skip

    def _say(self, heard: str, text: str, after_s: float) -> Said:
        said = self._speaker.say(heard, after_s, lambda record: self._is(record, text))
        if self._dice.random() < (0.03 if said.right else self._manners.barge):
            self._speaker.break_in()
        return said

    def _is(self, record: TurnRecord, text: str) -> bool:
        meant = self._of(text)
        if meant and self._recordings.intent[text] in _STEPS:
            plain = self._plain.record(text)
            commands = sent(record.outcomes, data=False)
            return bool(commands) and commands == sent(plain.outcomes, data=False)
        return bool(meant) and interpretation(record) == meant

    def _pause(self, median_s: float, spread: float) -> float:
        return min(400.0, self._dice.lognormvariate(0.0, spread) * median_s)


def _differ(text: str, heard: Sequence[str]) -> bool:
    """Whether one recording was heard as written and another was not."""
    return text in heard and any(other != text for other in heard)
