"""Things that do rather than are: buttons, scenes, scripts, automations, updates, remotes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hubagent.simulate.devices.base import OnOff, SimulatedDevice
from hubagent.types import Capability, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hubagent.simulate.devices.base import Commands, Effects

INSTALL_S = 30.0


class _Momentary(SimulatedDevice):
    """Its state is the time it was last used."""

    def stamp(self) -> str:
        """Return the time now as Home Assistant writes it."""
        return datetime.fromtimestamp(self.clock.now_s(), UTC).isoformat()


class Button(_Momentary):
    """A button to be pressed over the wire."""

    def commands(self) -> Commands:
        """Return press."""
        return {"press": ()}

    def do_press(self, _data: Mapping[str, Value]) -> None:
        """Be pressed."""
        self._state = self.stamp()


class EventSource(_Momentary):
    """A physical button: says once what happened, and is pressed by ``place``."""

    REPORTED = ("event_type",)

    def prepare(self) -> None:
        """Find what can happen."""
        self.event_types = self.words("event_types", ("press",))

    def place(self, state: Value, attributes: Mapping[str, Value]) -> None:
        """Let it happen: ``event_type``, or the first that it knows."""
        word = str(attributes.get("event_type") or state or self.event_types[0])
        self.said = word if word in self.event_types else self.event_types[0]
        self._attributes["event_type"] = self.said
        self._state = self.stamp()


class Scene(_Momentary):
    """A set of states for other entities."""

    def prepare(self) -> None:
        """Start with nothing to apply."""
        self._due = False

    def commands(self) -> Commands:
        """Return on; a scene cannot be switched off."""
        return {"turn_on": ()}

    def do_turn_on(self, _data: Mapping[str, Value]) -> None:
        """Apply its states."""
        self._state = self.stamp()
        self._due = True

    def effects(self) -> Effects:
        """Return its states, once after it was started."""
        due, self._due = self._due, False
        return self.applies if due else {}


class Script(OnOff):
    """A script that applies states; it runs so fast that it is off again at once."""

    REPORTED = ("last_triggered",)

    def prepare(self) -> None:
        """Start with nothing to apply."""
        self._due = False

    def do_turn_on(self, _data: Mapping[str, Value]) -> bool | None:
        """Run."""
        self._attributes["last_triggered"] = datetime.fromtimestamp(
            self.clock.now_s(), UTC
        ).isoformat()
        self._due = True
        return None

    def effects(self) -> Effects:
        """Return its states, once after it was started."""
        due, self._due = self._due, False
        return self.applies if due else {}


class Automation(Script):
    """An automation: on and off mean whether it may run; ``trigger`` runs it."""

    DEFAULT_STATE = "on"

    def commands(self) -> Commands:
        """Return on, off, toggle, trigger."""
        return {**super().commands(), "trigger": ()}

    def do_turn_on(self, _data: Mapping[str, Value]) -> bool | None:
        """Allow it to run."""
        self._state = "on"
        return None

    def do_trigger(self, data: Mapping[str, Value]) -> None:
        """Run it now."""
        super().do_turn_on(data)


class Update(SimulatedDevice):
    """Firmware that can be brought up to date."""

    REPORTED = ("installed_version", "latest_version", "in_progress")

    def prepare(self) -> None:
        """Find the versions; a device that does not say has the newest."""
        now = self._attributes
        now.setdefault("installed_version", "1.0.0")
        newer = "1.1.0" if self._state == "on" else now["installed_version"]
        now.setdefault("latest_version", newer)
        now["in_progress"] = False
        self._left_s = 0.0
        self._settle()

    def commands(self) -> Commands:
        """Return install."""
        return {"install": ()} if self.has("install") else {}

    @property
    def moving(self) -> bool:
        """Whether it is being installed."""
        return bool(self._attributes["in_progress"])

    def advance(self, seconds: float) -> None:
        """Install."""
        if not self.moving:
            return
        self._left_s -= seconds
        if self._left_s <= 1e-9:
            self._attributes["installed_version"] = self._attributes["latest_version"]
            self._attributes["in_progress"] = False
            self._settle()

    def do_install(self, _data: Mapping[str, Value]) -> bool | None:
        """Install the newest, if there is a newer one."""
        if self._state == "off":
            return False
        self._attributes["in_progress"], self._left_s = True, INSTALL_S
        return None

    def place(self, state: Value, attributes: Mapping[str, Value]) -> None:
        """Take versions; a state alone means a newer one is out, or has been installed."""
        super().place(None, attributes)
        now = self._attributes
        if state == "off":
            now["installed_version"] = now["latest_version"]
        elif state == "on" and now["installed_version"] == now["latest_version"]:
            now["latest_version"] = f"{now['latest_version']}.1"
        self._settle()

    def _settle(self) -> None:
        now = self._attributes
        self._state = "off" if now["installed_version"] == now["latest_version"] else "on"


class Remote(OnOff):
    """A remote control that sends codes."""

    REPORTED = ("current_activity",)

    def prepare(self) -> None:
        """Find its activities."""
        self.activities = self.words("activity_list")
        self.sent: list[str] = []

    def commands(self) -> Commands:
        """Return on, off and sending."""
        activity = Capability("activity", options=self.activities)
        on = (activity,) if self.activities else ()
        return {**super().commands(), "turn_on": on, "send_command": (Capability("command"),)}

    def do_turn_on(self, data: Mapping[str, Value]) -> bool | None:
        """Switch on, with an activity if told."""
        if "activity" in data:
            self._attributes["current_activity"] = data["activity"]
        return super().do_turn_on(data)

    def do_send_command(self, data: Mapping[str, Value]) -> bool | None:
        """Send a code."""
        if "command" not in data:
            return False
        self.sent.append(str(data["command"]))
        return None


class Notifier(_Momentary):
    """Takes messages: a phone, a loudspeaker."""

    REPORTED = ("message",)

    def commands(self) -> Commands:
        """Return the sending of a message."""
        return {"send_message": (Capability("message"), Capability("title"))}

    def do_send_message(self, data: Mapping[str, Value]) -> bool | None:
        """Take a message."""
        if "message" not in data:
            return False
        self._attributes["message"] = data["message"]
        self._state = self.stamp()
        return None


class Camera(OnOff):
    """A camera: recording, streaming or idle; no pictures."""

    DEFAULT_STATE = "idle"
    REPORTED = ("motion_detection",)

    def prepare(self) -> None:
        """Start with motion detection off."""
        self._attributes["motion_detection"] = bool(self._attributes.get("motion_detection"))

    def commands(self) -> Commands:
        """Return on, off, and motion detection."""
        found: dict[str, tuple[Capability, ...]] = {
            "enable_motion_detection": (),
            "disable_motion_detection": (),
        }
        return {"turn_on": (), "turn_off": (), **found} if self.has("on_off") else found

    def do_turn_on(self, _data: Mapping[str, Value]) -> bool | None:
        """Look."""
        if self._state == "off":
            self._state = "idle"
        return None

    def do_enable_motion_detection(self, _data: Mapping[str, Value]) -> None:
        """Look for motion."""
        self._attributes["motion_detection"] = True

    def do_disable_motion_detection(self, _data: Mapping[str, Value]) -> None:
        """Do not."""
        self._attributes["motion_detection"] = False
