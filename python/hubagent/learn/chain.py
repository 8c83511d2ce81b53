"""Where a conversation that begins with one request ends well: façade of the chain in Rust.

An absorbing Markov chain over requests: what is said next is a step, and a conversation ends in
success or in failure. After "Feedback-Based Self-Learning in Large-Scale Conversational AI Agents"
(Ponnusamy, Roshan Ghias, Guo, Sarikaya; IAAI 2020, arXiv 1911.02557); soft ends and the pessimistic
prior are ours. With ``c_ij`` the steps, ``s_i`` and ``f_i`` the good and the bad ends::

    n_i  = sum_j c_ij + s_i + f_i + pessimism     Q_ij = c_ij / n_i     R_iS = s_i / n_i
    N    = (I - Q)^-1                             expected visits
    G_ij = N_ij R_jS                              chance to end well with j the last state
    B_iS = sum_j G_ij                             chance to end well
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hubagent import _core

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Outlook:
    """What becomes of conversations that begin with one request.

    Attributes:
        state: The request.
        success: Chance that they end well (``B_iS``).
        targets: (state, chance to end well with it as the last) (``G_ij``), best first; the request
            itself is always among them unless its chance is 0, and comes first among equals.
    """

    state: int
    success: float
    targets: tuple[tuple[int, float], ...]

    def chance(self, state: int) -> float:
        """Return the chance to end well with ``state`` as the last; 0 when it was not kept."""
        return dict(self.targets).get(state, 0.0)


def solve(
    edges: Sequence[tuple[int, int, float]],
    good: Sequence[float],
    bad: Sequence[float],
    *,
    rows: Sequence[int],
    pessimism: float = 1.0,
    keep: int = 8,
) -> list[Outlook]:
    """Solve the chain for some of its states, each at the cost of what can be reached from it.

    A step from a state to itself changes nothing: to say it again is neither a good nor a bad end.
    Whoever takes a repeat for a failure adds it to ``bad``.

    Args:
        edges: (from, to, count); those between the same two states add up.
        good: Good ends of each state, as weights; there are as many states as there are of these.
        bad: Bad ends of each state, as weights.
        rows: States to solve for.
        pessimism: Bad ends that every state is given in advance, at least 1: states seldom seen
            promise little.
        keep: How many targets of each row are returned.

    Returns:
        One for each row, in their order. Chances are at most 1e-6 too low; mass that goes round for
        hundreds of thousands of steps counts as failed.

    Raises:
        ValueError: If a state is out of range, or a weight negative or not finite.
    """
    solved = _core.solve_chain(len(good), edges, good, bad, pessimism, rows, keep)
    return [Outlook(row, success, tuple(targets)) for row, success, targets in solved]
