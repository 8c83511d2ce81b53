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
    from collections.abc import Callable

    from hubagent.training.examples import Example

CATALOGUE = Path(__file__).parent.parent / "models" / "catalogue.toml"
_TRUST_IN_TEACHER = 0.35
"""Share of a teacher's view in the label of a real sentence."""
_JOINED = frozenset({"state_query", "climate_get", "list_add", "timer_start", "broadcast"})
"""Classes that move nothing and yet are asked in one breath with requests that do."""
_TERSE = (" on", " off", " up", " down", " open", " shut", " closed")
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
    public: tuple[str, ...]
    """SLURP intent of each class, in the order of ``labels``; empty where there is none."""

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
            tuple(content["classes"]), tuple(content["slots"]), slurp | datasets.PRIMARY, tags, home,
            tuple(entry["slurp"] for entry in content["classes"].values()),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shares:
    """How many examples of each kind make an epoch with homes."""

    real: int = 9000
    """Drawn from all real sentences; SLURP's own come once more, for HWU64 is five times as large."""
    unlabelled: int = 4500
    own: int = 5600
    published: int = 900
    homes: int = 700
    compound: int = 1500
    out_of_scope: int = 800
    outside: int = 800
    scrambled: int = 150


class Mixture:
    """Everything that can be trained on, drawn into epochs."""

    def __init__(self, data: Path, seed: int = 1, *, all_devel: bool = False) -> None:
        """Read everything.

        Args:
            data: Folder of the data sets.
            seed: Fixes the names that published sentences are filled with.
            all_devel: Also train on the sentences kept apart.
        """
        generator = random.Random(seed)  # noqa: S311 - repeatable draws, no secret
        self.names = Names.load()
        vocabulary = homes.load_vocabulary(data)
        self.forbidden = datasets.test_texts(data)
        self.templates = sentences.Templates(vocabulary, data)
        self.real, self.dev = datasets.slurp_and_hwu(
            data, self.names.slurp_labels, self.names.slurp_tags
        )
        if all_devel:
            self.real = [*self.real, *self.dev]
        self.homes = piles.device_actions(data, vocabulary)
        self.homes += piles.llm_piles(data, vocabulary, generator) * 2
        self.outside = datasets.out_of_scope(data)
        rows = datasets.read_lines(data / "hwu64/utterances.jsonl")
        self.hwu = {examples.plain(row["text"]) for row in rows}
        known = {examples.plain(item.text) for item in self.real}
        self.pseudo: list[Example] = []
        self.unlabelled = [
            text for text in datasets.unlabelled(data) if examples.plain(text) not in known
        ]
        rows = datasets.read_lines(data / "slurp/open_test_asr.jsonl")
        self.confusions = noise.Confusions.learn(
            (row["text"], row["asr"]) for row in rows if datasets.asr_is_for_fitting(row["id"])
        ).with_sounds(vocabulary.extra["words"])

    def fresh_dev(self) -> list[Example]:
        """Return the sentences kept apart that HWU64 has not: nothing much like them was trained on."""
        return [item for item in self.dev if examples.plain(item.text) not in self.hwu]

    def teach(self, label: Callable[[list[str]], list[Example]]) -> None:
        """Let teachers label the unlabelled text, and soften the labels of the real sentences."""
        self.pseudo = label(self.unlabelled)
        guesses = label([item.text for item in self.real])
        self.real = [
            soften(item, guess, self.names.labels)
            for item, guess in zip(self.real, guesses, strict=True)
        ]

    def public(self, seed: int) -> list[Example]:
        """Return one epoch of public sentences only; the same seed gives the same ones."""
        generator = random.Random(seed)  # noqa: S311 - repeatable draws, no secret
        return self._finish([*self.real, *self.pseudo], generator, 0.4)

    def epoch(self, seed: int, shares: Shares | None = None) -> list[Example]:
        """Return one epoch with sentences about homes, shuffled; the same seed gives the same ones.

        Args:
            seed: Any number.
            shares: How many of each drawn kind.
        """
        shares = shares or Shares()
        generator = random.Random(seed)  # noqa: S311 - repeatable draws, no secret
        result = generator.sample(self.real, min(shares.real, len(self.real)))
        result += [item for item in self.real if item.source == "slurp"]
        result += generator.sample(self.pseudo, min(shares.unlabelled, len(self.pseudo)))
        home = self._drawn(shares, generator)
        home += generator.sample(self.homes, min(shares.homes, len(self.homes)))
        joined = self.names.home | _JOINED
        single = [item for item in home if item.label in joined and len(item.text.split()) < 12]
        terse = [
            item for item in single if len(item.text.split()) < 5 and item.text.endswith(_TERSE)
        ]
        for _ in range(shares.compound):
            pool = terse if generator.random() < 0.5 else single
            parts = generator.sample(pool, generator.choice((2, 2, 2, 2, 2, 3, 3, 4)))
            result.append(examples.politeness(examples.compound(parts, generator), generator))
        result += [self._in_passing(item, generator) for item in home]
        result += generator.sample(self.outside, min(shares.out_of_scope, len(self.outside)))
        long = [item for item in self.real if len(item.text.split()) > 4]
        result += [self.templates.draw_outside(generator) for _ in range(shares.outside)]
        result += [
            datasets.scramble(generator.choice(long), generator) for _ in range(shares.scrambled)
        ]
        return self._finish(result, generator, 0.45)

    def _in_passing(self, example: Example, generator: random.Random) -> Example:
        """Return a drawn example with a please, a reason or a condition, at times."""
        said = examples.politeness(example, generator)
        chance = generator.random()
        if chance < 0.16:
            return examples.beside(said, self.templates.draw_reason(generator), generator)
        if chance < 0.2 and example.label in self.names.home:
            held = examples.beside(said, self.templates.draw_condition(generator), generator)
            return replace(held, out_of_scope=None)
        return said

    def _finish(
        self, items: list[Example], generator: random.Random, noisy: float
    ) -> list[Example]:
        """Return the examples shuffled, that share of them spoilt, none of them a test sentence."""
        spoilt = [
            noise.spoil(item, self.confusions, generator) if generator.random() < noisy else item
            for item in items
        ]
        result = [
            _punctuated(item, generator) for item in examples.drop_texts(spoilt, self.forbidden)
        ]
        generator.shuffle(result)
        return result

    def _drawn(self, shares: Shares, generator: random.Random) -> list[Example]:
        labels = [*{**self.templates.own, **self.templates.spoken}, *_FREQUENT, *_FREQUENT]
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
        drawn = [item.text for seed in range(3) for item in self.epoch(seed)]
        return (
            drawn
            + self.unlabelled
            + [item.text for item in (*self.homes, *self.outside, *self.dev)]
        )


def soften(example: Example, guess: Example, labels: tuple[str, ...]) -> Example:
    """Return a labelled example whose label is shared with what a teacher sees, for labels err."""
    soft = [_TRUST_IN_TEACHER * share for share in guess.soft or ()]
    soft[labels.index(str(example.label))] += 1.0 - _TRUST_IN_TEACHER
    return replace(example, soft=tuple(soft))


def _punctuated(example: Example, generator: random.Random) -> Example:
    """Return the example with a final mark at times, as typed text and some recognisers have it."""
    if generator.random() > 0.12 or example.text.endswith((".", "?", "!")):
        return example
    return replace(example, text=example.text + generator.choice((".", ".", "?", "!")))
