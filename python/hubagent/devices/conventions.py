"""The conventions that are spoken, in order of precedence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hubagent.devices.frigate import Frigate
from hubagent.devices.home_assistant import HomeAssistant
from hubagent.devices.homie import Homie
from hubagent.devices.presence import Presence
from hubagent.devices.shelly_gen1 import ShellyGen1
from hubagent.devices.shelly_rpc import ShellyRpc
from hubagent.devices.tasmota import Tasmota
from hubagent.devices.theengs import Theengs
from hubagent.devices.valetudo import Valetudo
from hubagent.devices.zigbee2mqtt import Zigbee2Mqtt

if TYPE_CHECKING:
    from hubagent.ports import Adapter


def adapters() -> tuple[Adapter, ...]:
    """Return a fresh adapter of every convention, the preferred first.

    A producer's own convention says more of its devices than what it tells Home Assistant, so Home
    Assistant's comes last.
    """
    return (
        Zigbee2Mqtt(),
        Tasmota(),
        ShellyRpc(),
        ShellyGen1(),
        Valetudo(),
        Frigate(),
        Theengs(),
        Presence(),
        Homie(),
        HomeAssistant(),
    )
