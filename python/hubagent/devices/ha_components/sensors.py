"""Components that only report: sensors, events, trackers, pictures, updates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.devices.draft import (
    HEARD_JSON,
    NUMBER,
    NUMERIC_DEVICE_CLASSES,
    PLAIN,
    refusal,
    slug,
    words,
)
from hubagent.types import Role

if TYPE_CHECKING:
    from hubagent.devices.draft import Draft
    from hubagent.devices.ha_payload import Config


def sensor(config: Config, draft: Draft) -> None:
    """Read a ``sensor``; it is a number when its unit, class or statistics say so."""
    options = config.words("options")
    numeric = (
        bool(draft.unit)
        or config.has("state_class")
        or draft.device_class in NUMERIC_DEVICE_CLASSES
    )
    draft.hear("state", config.required_reading("state_topic"), NUMBER if numeric else PLAIN)
    if options:
        draft.can("state", options=options)


def binary_sensor(config: Config, draft: Draft) -> None:
    """Read a ``binary_sensor``."""
    states = ((config.text("payload_on", "ON"), "on"), (config.text("payload_off", "OFF"), "off"))
    draft.hear("state", config.required_reading("state_topic"), words(states))


def event(config: Config, draft: Draft) -> None:
    """Read an ``event``: JSON with ``event_type``, one of those announced."""
    types = config.words("event_types")
    if not types:
        raise refusal("missing key", "`event_types` is required")
    draft.can("event_type", options=types)
    reading = config.required_reading("state_topic").inside("/event_type")
    draft.hear("event_type", reading, words((item, item) for item in types), role=Role.EVENT)


def device_automation(config: Config, draft: Draft) -> None:
    """Read a ``device_automation``: a trigger that fires on one payload of its topic."""
    if draft.device is None:
        raise refusal("missing device", "a device automation needs `device`")
    config.choice("automation_type", ("trigger",), "")
    kind, subtype = config.text("type"), config.text("subtype")
    if not kind or not subtype:
        raise refusal("missing key", "a device automation needs `type` and `subtype`")
    reading = config.required_reading("topic")
    payload = config.text("payload")
    word = kind if kind != "action" else subtype
    draft.unique_id = f"{draft.device.device_id}_{slug(subtype)}_{slug(kind)}"
    draft.category = "diagnostic"
    draft.can("event_type", options=(word,))
    convert = words([(payload, word)]) if payload else PLAIN
    draft.hear("event_type", reading, convert, role=Role.EVENT)


def tag(config: Config, draft: Draft) -> None:
    """Read a ``tag`` scanner: the event's type is the id of the tag seen."""
    draft.category = "diagnostic"
    if not draft.unique_id and draft.device:
        draft.unique_id = f"{draft.device.device_id}_tag_{slug(config.text('topic'))}"
    draft.hear("event_type", config.required_reading("topic"), role=Role.EVENT)


def device_tracker(config: Config, draft: Draft) -> None:
    """Read a ``device_tracker``: home, not_home, or the name of a zone."""
    states = (
        (config.text("payload_home", "home"), "home"),
        (config.text("payload_not_home", "not_home"), "not_home"),
    )
    draft.hear("state", config.reading("state_topic"), words(states, strict=False))


def picture(config: Config, draft: Draft) -> None:
    """Read a ``camera`` or ``image``: the picture is never looked at, its address is kept."""
    if not any(config.has(key) for key in ("topic", "image_topic", "url_topic")):
        raise refusal("missing key", "a picture needs `topic`, `image_topic` or `url_topic`")
    draft.hear("url", config.reading("url_topic", "url_template"))


def update(config: Config, draft: Draft) -> None:
    """Read an ``update``: a bare version, or JSON with both versions and the progress."""
    if not any(config.has(key) for key in ("state_topic", "latest_version_topic")):
        raise refusal("missing key", "an update needs `state_topic` or `latest_version_topic`")
    reading = config.reading("state_topic")
    if reading:
        draft.hear(
            "installed_version",
            reading.then(
                f"{{{{ (heard | from_json).installed_version if {HEARD_JSON} else heard }}}}"
            ),
        )
        draft.hear(
            "state",
            reading.then(
                f"{{% if {HEARD_JSON} %}}{{% set parsed = heard | from_json %}}"
                "{% if parsed.latest_version is defined %}"
                "{{ 'off' if parsed.latest_version == parsed.installed_version else 'on' }}"
                "{% endif %}{% endif %}"
            ),
        )
        if not config.has("latest_version_topic"):
            draft.hear(
                "latest_version",
                reading.then(
                    f"{{{{ (heard | from_json).latest_version if {HEARD_JSON} else '' }}}}"
                ),
            )
    draft.hear("latest_version", config.reading("latest_version_topic", "latest_version_template"))
    writing = config.writing("command_topic", "")
    if writing:
        draft.take("install", writing.part(payload=config.text("payload_install", "INSTALL")))
