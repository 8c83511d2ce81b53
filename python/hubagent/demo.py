"""The main job in one process tree: embedded broker, simulated home on it, the hub, and a chat.

Nothing here is special to the demo but the devices: they announce themselves, report and obey over
a real broker, and the hub is the one that ``hubagent run`` runs.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from hubagent import chat, explain
from hubagent.clock import SystemClock
from hubagent.config import (
    AreaConfig,
    Config,
    EntityConfig,
    FloorConfig,
    HomeConfig,
    HubConfig,
    LogConfig,
    MqttConfig,
)
from hubagent.daemon import Daemon
from hubagent.errors import TransportError
from hubagent.simulate.client import BrokerHome
from hubagent.simulate.demo import demo_home
from hubagent.simulate.home import HomeModel, load_home
from hubagent.simulate.life import Life
from hubagent.simulate.world import SimulatedHome
from hubagent.types import AreaId, TurnId, Utterance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

FOUND_WITHIN_S = 20.0


def run_demo(
    *,
    lines: Iterable[str] | None,
    home: Path | None,
    area: str | None,
    progress: Callable[[str], None],
) -> None:
    """Run the demo until the speaker leaves, or the script ends.

    Args:
        lines: What to say; ``None`` = ask at the terminal.
        home: File of another home; ``None`` = the demo home.
        area: Where the speaker is; ``None`` = nowhere in particular.
        progress: Told what is being done.

    Raises:
        DataError: If the home file is wrong.
        TransportError: If the broker or the home does not come up.
    """
    model = demo_home() if home is None else load_home(home)
    with running_demo(model, progress) as hub:
        speaker = _Speaker(hub, area)
        commands = {
            "explain": speaker.explain,
            "devices": speaker.devices,
            "learned": speaker.learned,
            "forget": speaker.forget,
        }
        if lines is None:
            progress("Tab completes names; /explain, /devices, /learned, /forget; exit leaves")
            chat.converse(speaker.say, speaker.names, commands=commands)
        else:
            chat.recite(lines, speaker.say, commands=commands, out=sys.stdout)


@contextlib.contextmanager
def running_demo(model: HomeModel, progress: Callable[[str], None]) -> Iterator[Daemon]:
    """Run a hub, its broker and a simulated home; yield the hub once it has found everything."""
    clock = SystemClock()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="hubagent-"))
        config = Config(
            hub=HubConfig(name="demo", state_dir=Path(folder)),
            mqtt=MqttConfig(port=_free_port(), embedded="always"),
            home=settings_of(model),
            log=LogConfig(level="warning"),
        )
        progress("Starting the broker and the hub ...")
        hub = Daemon(config, clock=clock)
        hub.start()
        stack.callback(hub.stop)
        if not hub.wait_connected(FOUND_WITHIN_S):
            raise TransportError(
                f"127.0.0.1:{config.mqtt.port}", "the embedded broker does not answer"
            )
        progress(f"Plugging in {len(model.entities)} entities in {len(model.areas)} areas ...")
        simulated = SimulatedHome(model, clock, maker="single")
        life = Life(simulated)
        devices = BrokerHome(simulated, clock, "127.0.0.1", config.mqtt.port, on_start=life.start)
        devices.start()
        stack.callback(devices.stop)
        found = _wait_found(hub, model)
        progress(f"Found {found} entities. State folder: {folder}")
        yield hub


def settings_of(model: HomeModel) -> HomeConfig:
    """Return what an owner would write into the settings: places, and other names of things."""
    return HomeConfig(
        floors={
            str(floor.floor_id): FloorConfig(name=floor.name, aliases=floor.aliases)
            for floor in model.floors
        },
        areas={
            str(area.area_id): AreaConfig(
                name=area.name, aliases=area.aliases, floor=str(area.floor_id or "")
            )
            for area in model.areas
        },
        entities={
            str(entity.entity_id): EntityConfig(
                area=str(entity.area_id or ""), aliases=entity.aliases
            )
            for entity in model.entities
            if entity.area_id or entity.aliases
        },
    )


def _wait_found(hub: Daemon, model: HomeModel) -> int:
    """Wait until every entity is there, with what the settings say of it; return how many are."""
    until_s = hub.clock.monotonic_s() + FOUND_WITHIN_S
    while True:
        known = hub.store.view().entities()
        complete = len(known) >= len(model.entities) and not hub.health()["unknown_entities"]
        if complete or hub.clock.monotonic_s() >= until_s:
            return len(known)
        time.sleep(0.2)


class _Speaker:
    """Whoever sits at the chat."""

    def __init__(self, hub: Daemon, area: str | None) -> None:
        self._hub = hub
        self._area = AreaId(area) if area else None

    def say(self, text: str) -> str:
        """Say something; return the answer."""
        utterance = Utterance(
            turn_id=TurnId(uuid.uuid4().hex),
            text=text,
            heard_at_s=self._hub.clock.now_s(),
            area_id=self._area,
        )
        return self._hub.say(utterance).response

    def names(self) -> set[str]:
        """Return names of the home to complete."""
        view = self._hub.store.view()
        spoken = (entity.name for entity in view.entities() if not entity.category)
        return {*spoken, *(area.name.lower() for area in view.areas())}

    def explain(self) -> str:
        """Return why the last turn went as it did."""
        record = self._hub.pipeline.turn(1)
        return "nothing was said yet" if record is None else explain.render(record)

    def devices(self) -> str:
        """Return what there is, one line a thing."""
        view = self._hub.store.view()
        return "\n".join(
            f"{entity.name:32}{view.state(entity.entity_id).state}"
            for entity in view.entities()
            if not entity.category
        )

    def learned(self) -> str:
        """Return which words are taken for which by now."""
        pairs = self._hub.brain.pairs() if self._hub.brain is not None else ()
        told = [f'"{p.source}" for "{p.target}" ({p.stage.value}): {p.why}' for p in pairs]
        return "\n".join(told) or "nothing was learned yet"

    def forget(self) -> str:
        """Forget the rewrite of the last turn, else the one learned last; say which."""
        brain, record = self._hub.brain, self._hub.pipeline.turn(1)
        pairs = brain.pairs() if brain is not None else ()
        if brain is None or not pairs:
            return "nothing was learned yet"
        words = max(pairs, key=lambda pair: pair.last_s).source
        if record is not None and record.rewrite is not None:
            words = record.rewrite.source
        brain.forget(words)
        return f'forgot "{words}"'


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
