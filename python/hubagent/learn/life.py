"""The life of a learned pair: shadow, trial, live, retired, moved by evidence alone.

A pure state machine: a pair with its counts in, the pair with its next stage and one sentence of
why out. Two Beta beliefs a pair, with and without the rewrite; the one without leans on how such
requests go in general. After Ponnusamy et al., "Self-aware feedback-based self-learning in
large-scale conversational AI", arXiv 2205.00029; thresholds of the project's method sheet, 1.9.

Three laws: better evidence never leads to a lower stage; what was moved stays until there is new
evidence; who is barred stays barred.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.evidence import Stage, Tally
from hubagent.learn.beta import Beta, better

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hubagent.evidence import Pair

DAY_S = 86_400.0
HALF_LIFE_S = 30 * DAY_S
"""After so long an observation counts half."""
PER_DAY = 2.0
"""What one day can count at most for a pair: who says a thing 500 times has said it twice."""
PROMOTE, DOUBT, SUSPEND, BLOCK = 0.95, 0.5, 0.20, 0.05
"""P(with > without) from which a pair goes live, that one chosen by the chain needs, and at or
below which it is put aside, or barred."""
BLOCKED_S = 90 * DAY_S
SETBACK_S = 14 * DAY_S
"""Bar of a trial pair that failed at once: it had next to no evidence, and against it is as little."""
UNOPPOSED = 0.5
"""By how much losses must outweigh wins to retire a trial pair."""
LEAST_DAYS = 3
"""Different days on which people must have spoken for a pair before it goes live."""
LEAST_WINS = 2.0
PRIOR_STRENGTH = 4.0
"""Weight, in counts, of how requests of its kind go in general."""
FAILED = 0.4
"""Probability of a good end below which a use speaks against what was learned."""
_ONE_OCCASION_S = 180.0
"""Uses that are closer than this are one occasion: who says it three times in a row was failed once."""
_ORDER = (Stage.RETIRED, Stage.SHADOW, Stage.TRIAL, Stage.LIVE)


def advance(
    pair: Pair,
    now_s: float,
    *,
    usual: float = 0.5,
    supports: Stage = Stage.SHADOW,
    stale: bool = False,
) -> Pair:
    """Return the pair in the stage that its evidence gives it.

    Args:
        pair: With its counts brought up to date.
        now_s: Wall clock.
        usual: Success of requests of this kind without any rewrite, 0..1.
        supports: Highest stage for which there is support from outside the counts: ``TRIAL`` after
            a sure rephrase of words that came to nothing, ``LIVE`` when the chain's selection rule
            chose the pair.
        stale: It went wrong on the last two occasions, see :func:`out_of_date`.
    """
    gain = gain_of(pair, usual)
    fresh = pair.last_s > pair.since_s
    if pair.stage is Stage.RETIRED:
        if now_s < pair.until_s or not fresh or supports is Stage.SHADOW or gain <= SUSPEND:
            return pair
        return _moved(pair, Stage.SHADOW, now_s, "asked for again after its bar")
    if pair.stage is not Stage.SHADOW:
        counted = f"{pair.on.good:.1f} good and {pair.on.bad:.1f} bad ends with it"
        if gain <= BLOCK:
            barred = _moved(pair, Stage.RETIRED, now_s, f"did worse than no rewrite: {counted}")
            return replace(barred, until_s=now_s + BLOCKED_S)
        if pair.stage is Stage.TRIAL and pair.on.bad - pair.on.good >= UNOPPOSED:
            barred = _moved(pair, Stage.RETIRED, now_s, f"failed on trial: {counted}")
            return replace(barred, until_s=now_s + SETBACK_S)
        if stale and pair.last_s > pair.since_s:
            return set_back(pair, now_s, "it went wrong the last two times")
        if gain <= SUSPEND:
            return _moved(pair, Stage.SHADOW, now_s, f"put aside, it may do harm: {counted}")
    earned, why = _earned(pair, gain, supports)
    if not fresh or _ORDER.index(earned) <= _ORDER.index(pair.stage):
        return pair
    return _moved(pair, earned, now_s, why)


def set_back(pair: Pair, now_s: float, why: str) -> Pair:
    """Return a pair retired for a while, as something else may be meant by its words now."""
    return replace(_moved(pair, Stage.RETIRED, now_s, why), until_s=now_s + SETBACK_S)


def out_of_date(ends: Iterable[tuple[float, float]]) -> bool:
    """Return whether what was learned went wrong on the last two occasions.

    Counts fade by half in 30 days, as the sheet wants it (1.9), so what was right for weeks would
    outweigh for weeks what is wrong now: people who mean something else by their words do not wait
    so long. The last two times count by themselves.

    Args:
        ends: Uses, each (wall clock, probability that it was good), in any order.
    """
    occasions: list[tuple[float, float]] = []  # the last use and the worst end of each
    for at_s, good in sorted(ends):
        if occasions and at_s - occasions[-1][0] <= _ONE_OCCASION_S:
            occasions[-1] = (at_s, min(good, occasions[-1][1]))
        else:
            occasions.append((at_s, good))
    return len(occasions) > 1 and all(good < FAILED for _, good in occasions[-2:])


def gain_of(pair: Pair, usual: float) -> float:
    """Return P(the rewrite does better than none)."""
    without = Beta.of(pair.off, mean=min(0.95, max(0.05, usual)), strength=PRIOR_STRENGTH)
    return better(Beta.of(pair.on), without)


def usual_success(pairs: Iterable[Pair]) -> dict[str, float]:
    """Return, by domain, how sources of pairs fare as heard: what single pairs know too little of.

    The domain is the first part of a pair's interpretation; ``""`` is of all together, and each
    domain is drawn to it by :data:`PRIOR_STRENGTH` counts.
    """
    sums: dict[str, Tally] = {}
    for pair in pairs:
        for key in {"", domain_of(pair)}:
            before = sums.get(key, Tally())
            sums[key] = Tally(before.good + pair.off.good, before.bad + pair.off.bad)
    overall = Beta.of(sums.get("", Tally()), strength=PRIOR_STRENGTH).mean
    return {"": overall} | {
        key: Beta.of(tally, mean=overall, strength=PRIOR_STRENGTH).mean
        for key, tally in sums.items()
        if key
    }


def domain_of(pair: Pair) -> str:
    """Return what kind of request the target of a pair is."""
    return pair.interpretation.partition("|")[0]


def tally(ends: Iterable[tuple[float, float]], now_s: float) -> Tally:
    """Return faded counts of ends, each (wall clock, probability that it was good).

    A day counts :data:`PER_DAY` at most, whoever says what how often.
    """
    days: dict[int, list[float]] = {}
    for at_s, good in ends:
        days.setdefault(int(at_s // DAY_S), []).append(good)
    good = bad = 0.0
    for day, seen in days.items():
        weight = min(1.0, PER_DAY / len(seen)) * faded((day + 0.5) * DAY_S, now_s)
        good += weight * sum(seen)
        bad += weight * sum(1.0 - item for item in seen)
    return Tally(good, bad)


def faded(at_s: float, now_s: float) -> float:
    """Return what an observation is still worth, 0..1."""
    return float(0.5 ** (max(0.0, now_s - at_s) / HALF_LIFE_S))


def _earned(pair: Pair, gain: float, supports: Stage) -> tuple[Stage, str]:
    """Return the highest stage that the evidence is enough for, and why."""
    if len(pair.days) >= LEAST_DAYS:
        if supports is Stage.LIVE and gain >= DOUBT:
            return Stage.LIVE, f"people got there from it on {len(pair.days)} days"
        if gain >= PROMOTE and pair.on.good >= LEAST_WINS:
            return Stage.LIVE, f"it helped {pair.on.good:.1f} times on {len(pair.days)} days"
    unopposed = pair.on.bad - pair.on.good >= UNOPPOSED
    if supports in (Stage.TRIAL, Stage.LIVE) and gain > SUSPEND and not unopposed:
        return Stage.TRIAL, "it was what was meant by words that came to nothing"
    return Stage.SHADOW, ""


def _moved(pair: Pair, stage: Stage, now_s: float, why: str) -> Pair:
    return replace(pair, stage=stage, since_s=now_s, until_s=0.0, why=why)
