"""What "the other one" and "both" mean: the companions of what was spoken of.

In: the last turn about things. Out: entities; those it might have chosen and did not, else those of
the same kind in the same room, else the only other ones of the home.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubagent.dialogue.memory import Past
    from hubagent.ports import ContextView
    from hubagent.types import EntityId

_SIDES = frozenset(
    ["left", "right", "links", "rechts", "upper", "lower", "top", "bottom", "front", "rear", "back", "east", "west",
     "north", "south", "port", "starboard", "inner", "outer"]
)  # fmt: skip
"""Words that tell one of a pair from the other."""
_COUNTS = {"two": 2, "2": 2, "three": 3, "3": 3, "four": 4, "4": 4}


def others(past: Past, view: ContextView, count: str) -> tuple[EntityId, ...]:
    """Return the others of the kind; none if there are not as many as were said.

    Args:
        past: The turn about the one.
        view: The home.
        count: "one", "ones", "two", ... as said.
    """
    wanted = _COUNTS.get(count, 0 if count.endswith("s") else 1)
    for said in ({*past.targets, *past.group}, set(past.targets)):
        for found in _choices(past, view, said):
            if found and wanted in {0, len(found)}:
                return found
    return ()


def companions(past: Past, view: ContextView) -> tuple[EntityId, ...]:
    """Return the one and the other: what "both" means after one of two."""
    return (*past.targets, *other) if (other := others(past, view, "one")) else ()


def _choices(
    past: Past, view: ContextView, said: set[EntityId]
) -> tuple[tuple[EntityId, ...], ...]:
    asked = tuple(i for i in past.asked if i not in said)
    kinds = {(view.entity(i).domain, view.entity(i).device_class) for i in past.targets}
    areas = {view.area_of(i) for i in past.targets}
    alike = tuple(
        entity.entity_id
        for entity in view.entities()
        if (entity.domain, entity.device_class) in kinds
        and not entity.category
        and entity.entity_id not in said
    )
    near = tuple(i for i in alike if view.area_of(i) in areas)
    names = {_stem(view.entity(i).name) for i in past.targets}
    called = tuple(i for i in alike if _stem(view.entity(i).name) in names)
    return asked, tuple(i for i in near if i in called), near, called, alike


def _stem(name: str) -> str:
    """Return the last word of a name that is no number and no side: "bulb" of "Bulb 2", "bed" of "Bed Left"."""
    words = [word for word in name.casefold().split() if not word.isdigit()]
    told = [word for word in words if word not in _SIDES]
    return (told or words or [name])[-1]
