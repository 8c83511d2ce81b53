"""What goes wrong on the way between broker and devices, to order and by seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field


@dataclass(slots=True)
class Faults:
    """Delay, loss and silence of the devices' side; may be changed while the home runs.

    Attributes:
        latency_s: Time between a command's arrival and the device following it.
        loss: Share of commands and of reports that vanish, each by itself, in [0, 1].
        unreachable: Ids of entities or devices that neither hear nor speak.
        seed: What the dice of ``loss`` start from.
    """

    latency_s: float = 0.0
    loss: float = 0.0
    unreachable: set[str] = field(default_factory=set)
    seed: int = 0
    _dice: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311 - a simulation, no secret

    def lost(self) -> bool:
        """Throw the dice for one message."""
        return self.loss > 0 and self._dice.random() < self.loss
