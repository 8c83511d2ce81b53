from __future__ import annotations

from hypothesis import given, strategies as st

from hubagent.devices.entity_ids import SETTLE_S, EntityIds
from hubagent.types import EntityId

LAMP, LAMP_2, LAMP_3 = EntityId("light.lamp"), EntityId("light.lamp_2"), EntityId("light.lamp_3")


def test_of_two_that_want_one_id_the_first_in_order_gets_it_whoever_came_first() -> None:
    for order in (["a", "b"], ["b", "a"]):
        ids = EntityIds({})
        for identity in order:
            ids.claim(identity, LAMP, 0)
            ids.settle(0)
        assert (ids["a"], ids["b"]) == (LAMP, LAMP_2)


def test_a_number_is_not_given_to_two() -> None:
    for order in (["a", "b", "c"], ["c", "b", "a"], ["b", "c", "a"]):
        ids = EntityIds({})
        for identity in order:
            ids.claim(identity, LAMP_2 if identity == "c" else LAMP, 0)
            ids.settle(0)
        assert (ids["a"], ids["b"], ids["c"]) == (LAMP, LAMP_3, LAMP_2)


def test_an_id_of_a_former_run_is_kept_for_its_owner() -> None:
    ids = EntityIds({"z": LAMP})
    ids.claim("a", LAMP, 0)
    ids.settle(0)
    assert ids["a"] == LAMP_2
    ids.claim("z", EntityId("light.renamed"), 0)
    ids.settle(0)
    assert ids["z"] == LAMP


def test_after_a_while_nobody_loses_an_id() -> None:
    ids = EntityIds({})
    ids.claim("b", LAMP, 0)
    ids.settle(0)
    ids.claim("a", LAMP, SETTLE_S + 1)
    assert ids.settle(SETTLE_S + 1) == {"a": LAMP_2}
    assert ids["b"] == LAMP


def test_after_a_while_a_new_name_makes_no_new_id() -> None:
    ids = EntityIds({})
    ids.claim("a", LAMP, 0)
    ids.settle(0)
    ids.claim("a", EntityId("light.renamed"), SETTLE_S + 1)
    assert ids.settle(SETTLE_S + 1) == {}
    assert ids["a"] == LAMP


def test_a_released_id_is_free_again() -> None:
    ids = EntityIds({})
    ids.claim("a", LAMP, 0)
    ids.settle(0)
    ids.release("a")
    assert ids.settle(0) == {"a": None}
    ids.claim("b", LAMP, 0)
    assert ids.settle(0) == {"b": LAMP}


IDENTITIES = st.sampled_from("abcdef")
WANTED = st.sampled_from([LAMP, LAMP_2, LAMP_3, EntityId("light.other")])
STEPS = st.lists(st.tuples(IDENTITIES, st.none() | WANTED), max_size=12)


@given(st.dictionaries(IDENTITIES, WANTED), STEPS)
def test_only_what_is_wanted_in_the_end_matters(
    final: dict[str, EntityId], detour: list[tuple[str, EntityId | None]]
) -> None:
    straight, roundabout = EntityIds({}), EntityIds({})
    for identity in sorted(final):
        straight.claim(identity, final[identity], 0)
    straight.settle(0)
    told: dict[str, EntityId | None] = {}
    for identity, wanted in detour:
        if wanted is None:
            roundabout.release(identity)
        else:
            roundabout.claim(identity, wanted, 0)
        told |= roundabout.settle(0)
    for identity in "abcdef":
        if identity in final:
            roundabout.claim(identity, final[identity], 0)
        else:
            roundabout.release(identity)
        told |= roundabout.settle(0)
    assert {item: roundabout[item] for item in final} == {item: straight[item] for item in final}
    assert {item: id_ for item, id_ in told.items() if id_} == {
        item: straight[item] for item in final
    }
    assert len({straight[item] for item in final}) == len(final)
