"""Items of to-do lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubagent.resolve.amounts import Amounts
    from hubagent.resolve.features import Failure
    from hubagent.resolve.settings.request import Request
    from hubagent.types import Command


def item(request: Request, _amounts: Amounts) -> Command | Failure:
    """Add, tick off or take off an item."""
    said = request.slot("item")
    if said is None:
        return request.missing("item")
    if request.command == "update_item":
        return request.to({"item": said, "status": "completed"})
    return request.to({"item": said})
