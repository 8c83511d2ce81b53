from __future__ import annotations

from hubagent.clock import ManualClock
from hubagent.mqtt.client import Standing
from hubagent.mqtt.presence import GRACE_S, STATUS_TOPIC, Presence
from hubagent.types import Message

UP = Standing(connected=True, protocol="5", connects=1, reason="")
UP_311 = Standing(connected=True, protocol="3.1.1", connects=1, reason="")
AGAIN = Standing(connected=True, protocol="5", connects=2, reason="")
DOWN = Standing(connected=False, protocol="5", connects=1, reason="gone")


def word(payload: bytes = b"online") -> Message:
    return Message(STATUS_TOPIC, payload, False, 0.0)


def test_alone_we_speak_once_a_connection_after_listening() -> None:
    clock = ManualClock()
    presence = Presence("auto", clock)
    assert presence.due(DOWN) is None
    assert presence.due(UP) is None
    clock.advance(GRACE_S)
    said = presence.due(UP)
    assert said is not None
    assert (said.topic, said.payload, said.retain) == ("homeassistant/status", b"online", False)
    assert presence.due(UP) is None
    assert presence.due(DOWN) is None
    assert presence.due(AGAIN) is None
    clock.advance(GRACE_S)
    assert presence.due(AGAIN) is not None


def test_where_home_assistant_speaks_we_do_not() -> None:
    clock = ManualClock()
    presence = Presence("auto", clock)
    presence.due(UP)
    presence.hear(word())
    clock.advance(1_000)
    assert presence.due(UP) is None
    assert presence.due(AGAIN) is None
    assert presence.home_assistant_heard


def test_our_own_word_coming_back_is_not_home_assistant() -> None:
    clock = ManualClock()
    presence = Presence("auto", clock)
    presence.due(UP_311)
    clock.advance(GRACE_S)
    assert presence.due(UP_311) is not None
    presence.hear(word())
    assert not presence.home_assistant_heard
    presence.hear(word(b"offline"))
    assert presence.home_assistant_heard


def test_always_speaks_at_once_and_never_is_silent() -> None:
    clock = ManualClock()
    always, never = Presence("always", clock), Presence("never", clock)
    always.hear(word())
    assert always.due(UP) is not None
    never.due(UP)
    clock.advance(1_000)
    assert never.due(UP) is None
