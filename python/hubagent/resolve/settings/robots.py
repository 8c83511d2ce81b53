"""Robots that clean."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubagent.resolve.amounts import Amounts
    from hubagent.resolve.features import Failure
    from hubagent.resolve.settings.request import Request
    from hubagent.types import Command

_ENDED = frozenset({"stop", "done", "finish", "finished", "enough", "end", "quit"})


def cleaning_ended(request: Request, _amounts: Amounts) -> Command | Failure:
    """Send a robot that is to stop for good home; one that is to pause stays where it is."""
    if request.words & _ENDED and "return_to_base" in request.commands:
        return request.to(command="return_to_base")
    return request.to()
