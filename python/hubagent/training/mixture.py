"""What one epoch is made of: all real sentences, and freshly drawn ones about homes.

The shares keep the public sentences in the majority, so that their score holds while the classes
that only a home knows are learnt from drawn ones.
"""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hubagent.training import datasets, examples, homes, noise, piles, sentences

if TYPE_CHECKING:
    from hubagent.training.examples import Example

CATALOGUE = Path(__file__).parent.parent / "models" / "catalogue.toml"
_FREQUENT = ("light_on", "light_off", "turn_on", "turn_off", "state_query", "light_brightness", "climate_set",
             "cover_open", "cover_close", "light_color", "media_play", "volume_set")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """Class and tag names in the order of the model's outputs, and their SLURP counterparts."""

    labels: tuple[str, ...]
    tags: tuple[str, ...]
    slurp_labels: dict[str, str]
    """SLURP intent -> class that its rows are given first."""
    slurp_tags: dict[str, str]
    home: frozenset[str]

    @classmethod
    def load(cls) -> Names:
        """Read them from the catalogue."""
        content = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))
        slurp: dict[str, str] = {}
        for label, entry in content["classes"].items():
            if entry["slurp"]:
                slurp.setdefault(entry["slurp"], label)
        tags = {name: tag for tag, name in content["slots"].items() if name}
        home = frozenset(name for name, entry in content["classes"].items() if entry["home"])
        return cls(
            tuple(content["classes"]), tuple(content["slots"]), slurp | datasets.PRIMARY, tags, home
        )


@dataclass(frozen=True, slots=True)
class Shares:
    """How many drawn examples join each epoch."""

    own: int = 5200
    published: int = 1600
    homes: int = 1400
    compound: int = 1100
    out_of_scope: int = 900
    outside: int = 600
    scrambled: int = 350
    unlabelled: int = 9000


class Mixture:
    """Everything that can be trained on, drawn into epochs."""

    def __init__(self, data: Path, seed: int = 1) -> None:
        generator = random.Random(seed)  # noqa: S311 - repeatable draws, no secret
        self.names = Names.load()
        vocabulary = homes.load_vocabulary(data)
        self.forbidden = datasets.test_texts(data)
        self.templates = sentences.Templates(vocabulary, data)
        self.real, self.dev = datasets.slurp_and_hwu(
            data, self.names.slurp_labels, self.names.slurp_tags
        )
        self.homes = piles.device_actions(data, vocabulary)
        self.homes += piles.llm_piles(data, vocabulary, generator) * 2
        self.outside = datasets.out_of_scope(data)
        self.unlabelled = datasets.unlabelled(data)
        rows = datasets.read_lines(data / "slurp/open_test_asr.jsonl")
        self.confusions = noise.Confusions.learn(
            (row["text"], row["asr"]) for row in rows if datasets.asr_is_for_fitting(row["id"])
        )

    def epoch(
        self, shares: Shares, seed: int, pseudo: list[Example] | None = None
    ) -> list[Example]:
        """Return one epoch's examples, shuffled; the same seed gives the same ones.

        Args:
            shares: How many of each drawn kind.
            seed: Any number.
            pseudo: Examples that an earlier model labelled.
        """
        generator = random.Random(seed)  # noqa: S311 - repeatable draws, no secret
        result = list(self.real)
        home = self._drawn(shares, generator)
        home += generator.sample(self.homes, min(shares.homes, len(self.homes)))
        single = [
            item for item in home if item.label in self.names.home and len(item.text.split()) < 12
        ]
        for _ in range(shares.compound):
            parts = generator.sample(single, 3 if generator.random() < 0.15 else 2)
            result.append(examples.politeness(examples.compound(parts, generator), generator))
        result += [
            examples.chatter(examples.politeness(item, generator), generator) for item in home
        ]
        result += generator.sample(self.outside, min(shares.out_of_scope, len(self.outside)))
        long = [item for item in self.real if len(item.text.split()) > 4]
        result += [self.templates.draw_outside(generator) for _ in range(shares.outside)]
        result += [
            datasets.scramble(generator.choice(long), generator) for _ in range(shares.scrambled)
        ]
        if pseudo:
            result += generator.sample(pseudo, min(shares.unlabelled, len(pseudo)))
        result = [
            noise.spoil(item, self.confusions, generator) if generator.random() < 0.35 else item
            for item in result
        ]
        result = [
            _punctuated(item, generator) for item in examples.drop_texts(result, self.forbidden)
        ]
        generator.shuffle(result)
        return result

    def _drawn(self, shares: Shares, generator: random.Random) -> list[Example]:
        labels = [*self.templates.own, *_FREQUENT, *_FREQUENT]
        result = [
            self.templates.draw_own(labels[index % len(labels)], generator)
            for index in range(shares.own)
        ]
        while len(result) < shares.own + shares.published:
            example = self.templates.draw_published(generator)
            if example is not None and example.text:
                result.append(example)
        return result

    def texts(self) -> list[str]:
        """Return plenty of text for choosing the pieces to keep, test sentences left out."""
        drawn = [item.text for seed in range(3) for item in self.epoch(Shares(), seed)]
        return (
            drawn
            + self.unlabelled
            + [item.text for item in (*self.homes, *self.outside, *self.dev)]
        )


def _punctuated(example: Example, generator: random.Random) -> Example:
    """Return the example with a final mark at times, as typed text and some recognisers have it."""
    if generator.random() > 0.12 or example.text.endswith((".", "?", "!")):
        return example
    return replace(example, text=example.text + generator.choice((".", ".", "?", "!")))
