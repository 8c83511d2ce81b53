"""Which entity gets which id when several want the same one.

The outcome depends on who wants what, not on who came first, as long as the ids are new: within
``SETTLE_S`` of its first announcement an entity may have to give its id up to one whose identity
sorts before its own. After that, and when the id comes from a former run, it keeps it for good.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from hubagent.types import EntityId

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTLE_S = 60.0
"""Long enough for all retained announcements of a broker to come in."""


class EntityIds:
    """Ids of the entities announced.

    Args:
        kept: Ids of a former run, by identity; reserved whether announced again or not.
    """

    def __init__(self, kept: Mapping[str, EntityId]) -> None:
        self._kept = dict(kept)
        self._reserved = set(self._kept.values())
        self._wanted: dict[str, EntityId] = {}
        self._since_s: dict[str, float] = {}
        self._ids: dict[str, EntityId] = {}
        self._holders: dict[EntityId, str] = {}
        self._changed: set[str] = set()
        self._contested = False

    def __getitem__(self, identity: str) -> EntityId:
        """Return the id that an identity has since the last ``settle``."""
        return self._ids[identity]

    def claim(self, identity: str, wanted: EntityId, now_s: float) -> None:
        """Want an id for an identity; takes effect with ``settle``."""
        self._since_s.setdefault(identity, now_s)
        self._keep_if_old(identity, now_s)
        if self._wanted.get(identity) != wanted:
            self._wanted[identity] = wanted
            self._changed.add(identity)

    def release(self, identity: str) -> None:
        """Want nothing any more; takes effect with ``settle``."""
        self._since_s.pop(identity, None)
        if self._wanted.pop(identity, None) is not None:
            self._changed.add(identity)

    def settle(self, now_s: float) -> dict[str, EntityId | None]:
        """Give out ids; return those that changed, ``None`` for identities released.

        Cost: that of the changes, or one sorted pass over all identities when two want the same.
        """
        changed = self._settle_simply() if not self._contested else None
        if changed is None:
            changed = self._settle_all(now_s)
        self._changed = set()
        return changed

    def _keep_if_old(self, identity: str, now_s: float) -> None:
        if now_s - self._since_s[identity] > SETTLE_S and identity in self._ids:
            self._kept.setdefault(identity, self._ids[identity])
            self._reserved.add(self._kept[identity])

    def _settle_simply(self) -> dict[str, EntityId | None] | None:
        """Give every changed identity what it wants; ``None`` when somebody else has that."""
        changed: dict[str, EntityId | None] = {}
        for identity in self._changed:
            id_ = self._kept.get(identity) or self._wanted.get(identity)
            if identity not in self._wanted:
                id_ = None
            elif (id_ in self._holders and self._holders[id_] != identity) or (
                identity not in self._kept and id_ in self._reserved
            ):
                return None
            if self._ids.get(identity) != id_:
                changed[identity] = id_
        if len({id_ for id_ in changed.values() if id_}) < sum(map(bool, changed.values())):
            return None
        for identity in changed:
            self._holders.pop(self._ids.pop(identity, EntityId("")), None)
        for identity, id_ in changed.items():
            if id_:
                self._ids[identity] = id_
                self._holders[id_] = identity
        return changed

    def _settle_all(self, now_s: float) -> dict[str, EntityId | None]:
        for identity in self._since_s:
            self._keep_if_old(identity, now_s)
        found = {item: self._kept[item] for item in self._wanted if item in self._kept}
        taken = set(self._reserved)
        late = []
        for identity in sorted(self._wanted.keys() - found.keys()):
            wanted = self._wanted[identity]
            if wanted in taken:
                late.append(identity)
            else:
                found[identity] = wanted
                taken.add(wanted)
        for identity in late:
            wanted = self._wanted[identity]
            numbered = (EntityId(f"{wanted}_{number}") for number in itertools.count(2))
            found[identity] = next(item for item in numbered if item not in taken)
            taken.add(found[identity])
        before, self._ids = self._ids, found
        self._holders = {id_: identity for identity, id_ in found.items()}
        self._contested = bool(late)
        return {
            item: found.get(item)
            for item in before.keys() | found.keys()
            if before.get(item) != found.get(item)
        }
