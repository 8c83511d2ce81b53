"""Settings: one TOML file, and ``HUBAGENT_*`` variables over it, become frozen dataclasses.

Everything wrong is said at once, with file, key, allowed range and the nearest known key. The lines
under each field are its documentation: ``docs/settings.md`` is made of them.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from hubagent.config.tables import Range, Secret, Shape, TableReader, nearest
from hubagent.config.upstream import UpstreamConfig
from hubagent.errors import ConfigError
from hubagent.types import Area, AreaId, EntityId, Floor, FloorId

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "BridgeConfig", "Config", "MqttConfig", "Secret", "SyncConfig", "Systemd", "UpstreamConfig", "is_loopback",
    "load_config", "read_systemd",
]  # fmt: skip

ENVIRONMENT_PREFIX = "HUBAGENT_"
MAPPING_NAME = "mapping.toml"
DEFAULT_PATH = Path("/etc/hubagent/hubagent.toml")


_LEVEL = Shape(r"[A-Za-z0-9_-]{1,64}", "1 to 64 letters, digits, `_` or `-`")
_ENTITY = Shape(r"[a-z0-9_]+\.[a-z0-9_]+", "`domain.name` in small letters, digits and `_`")

Name = Annotated[str, _LEVEL]
Choice = Literal["auto", "always", "never"]


@dataclass(frozen=True, slots=True)
class HubConfig:
    """The hub itself."""

    name: Name = "home"
    """Name of this hub in its MQTT topics, `hubagent/<name>/...`."""
    state_dir: Path = Path("~/.local/state/hubagent")
    """Folder of everything the hub keeps; the systemd unit sets `/var/lib/hubagent`."""
    area: str = ""
    """Area meant when a request comes from a place that has none of its own; empty = no area."""


@dataclass(frozen=True, slots=True)
class MqttConfig:
    """The broker that all devices speak to."""

    host: str = "127.0.0.1"
    """Name or address of the broker."""
    port: Annotated[int, Range(1, 65535)] = 1883
    """TCP port of the broker; 8883 is usual with TLS."""
    username: str = ""
    """User name; empty = none."""
    password: Secret = field(default_factory=Secret)
    """Password; `password_file` keeps it out of this file."""
    password_file: Path | None = None
    """File whose first line is the password."""
    tls: bool = False
    """Speak TLS and check the broker's certificate and name."""
    tls_ca_file: Path | None = None
    """Certificate authority that signed the broker's certificate; none = those of the system."""
    tls_cert_file: Path | None = None
    """Our own certificate, for brokers that ask for one."""
    tls_key_file: Path | None = None
    """Key of `tls_cert_file`."""
    keepalive_s: Annotated[int, Range(5, 600)] = 20
    """Seconds of silence after which the connection is tested; lost after twice that."""
    embedded: Choice = "auto"
    """Start a broker of our own: `auto` = when `host` is this machine and nothing answers there."""
    embedded_listen: str = "127.0.0.1"
    """Address the own broker listens on; any but loopback demands a password and makes one."""
    embedded_autosave_s: Annotated[int, Range(1, 3600)] = 30
    """Seconds between writes of the own broker's retained messages, which a power cut may lose."""
    excluded_prefixes: tuple[str, ...] = (
        "zigbee2mqtt/bridge/logging",
        "zigbee2mqtt/bridge/definitions",
        "zigbee2mqtt/bridge/extensions",
    )
    """Topics that begin so are thrown away unread: logs, pictures, maps."""
    announce_itself: bool = True
    """Show the hub in Home Assistant: its last answer, what it has learned, undo, learning on or off."""
    mapping_file: Path | None = None
    """File of devices that no convention covers (see docs/devices.md); none = `mapping.toml` beside
    this file."""
    announce_as_ha: Choice = "auto"
    """Publish `online` on `homeassistant/status`, which makes devices announce themselves again:
    `auto` = only when no Home Assistant was heard there."""


@dataclass(frozen=True, slots=True)
class StoreConfig:
    """The store of states."""

    durability: Literal["relaxed", "normal", "strict"] = "normal"
    """What a power cut may cost: `relaxed` 5 minutes of readings and the least wear of the card,
    `normal` 30 seconds, `strict` 1 second."""


@dataclass(frozen=True, slots=True)
class FloorConfig:
    """One floor."""

    name: str = ""
    """Name as people say it; empty = the id."""
    aliases: tuple[str, ...] = ()
    """Other names."""
    level: Annotated[int, Range(-20, 200)] | None = None
    """Storey number, 0 = at street level."""


@dataclass(frozen=True, slots=True)
class AreaConfig:
    """One area."""

    name: str = ""
    """Name as people say it; empty = the id."""
    aliases: tuple[str, ...] = ()
    """Other names."""
    floor: str = ""
    """Id of its floor, one of `[home.floors]`; empty = none."""


@dataclass(frozen=True, slots=True)
class EntityConfig:
    """One entity, over what its device says of itself."""

    area: str = ""
    """Id of its area; empty = as announced."""
    aliases: tuple[str, ...] = ()
    """Other names."""


@dataclass(frozen=True, slots=True)
class HomeConfig:
    """What devices cannot say of themselves."""

    floors: dict[Name, FloorConfig] = field(default_factory=dict)
    """One table a floor, `[home.floors.<id>]`."""
    areas: dict[Name, AreaConfig] = field(default_factory=dict)
    """One table an area, `[home.areas.<id>]`."""
    entities: dict[Annotated[str, _ENTITY], EntityConfig] = field(default_factory=dict)
    """One table an entity, `[home.entities."light.desk"]`."""
    satellites: dict[str, str] = field(default_factory=dict)
    """Id of the area each voice satellite stands in, by the satellite's id."""

    def floor_values(self) -> tuple[Floor, ...]:
        """Return the floors as the store takes them."""
        return tuple(
            Floor(FloorId(key), item.name or key, item.aliases, item.level)
            for key, item in self.floors.items()
        )

    def area_values(self) -> tuple[Area, ...]:
        """Return the areas as the store takes them."""
        return tuple(
            Area(
                AreaId(key),
                item.name or key,
                item.aliases,
                FloorId(item.floor) if item.floor else None,
            )
            for key, item in self.areas.items()
        )

    def entity_areas(self) -> dict[EntityId, AreaId]:
        """Return the area of each entity that has one here."""
        return {
            EntityId(key): AreaId(item.area) for key, item in self.entities.items() if item.area
        }

    def entity_aliases(self) -> dict[EntityId, tuple[str, ...]]:
        """Return the other names of each entity that has some here."""
        return {EntityId(key): item.aliases for key, item in self.entities.items() if item.aliases}


@dataclass(frozen=True, slots=True)
class ActConfig:
    """Sending commands."""

    confirm_timeout_s: Annotated[float, Range(0.1, 60)] = 3.0
    """Seconds a device has to report the state it was asked for, before "no confirmation" is said."""


@dataclass(frozen=True, slots=True)
class LearningConfig:
    """What the hub keeps of what was said, and whether it learns from it."""

    enabled: bool = True
    """Keep the journal of turns and learn from what people do next."""
    journal_days: Annotated[int, Range(1, 3650)] = 90
    """Days after which a turn is forgotten."""
    journal_mb: Annotated[int, Range(1, 4096)] = 64
    """Size in megabytes beyond which the oldest turns are forgotten."""


@dataclass(frozen=True, slots=True)
class BridgeConfig:
    """Devices of firmware_bridge on serial ports and sockets; none = no bridge in `hubagent run`."""

    serial: tuple[str, ...] = ()
    """Patterns of serial ports, such as `/dev/serial/by-id/*`; a port is not written to before a
    device spoke on it."""
    listen: str = ""
    """Address on which devices connect over TCP, such as `0.0.0.0`; empty = not. Whoever reaches it
    can be a device."""
    port: Annotated[int, Range(0, 65535)] = 7331
    """TCP port of `listen`; 0 = any that is free."""


@dataclass(frozen=True, slots=True)
class SyncConfig:
    """Learning with other homes; nothing is sent before somebody agrees by `hubagent sync on`."""

    service: str = ""
    """Address of the service, `https://...`; empty = none, and nothing ever leaves the hub."""
    secret_file: Path | None = None
    """File whose first line lets this hub enrol at the service."""
    ca_file: Path | None = None
    """Certificate authority of the service; none = those of the system."""
    tables: str = ""
    """Address of the tables of what other homes say, `https://...`; empty = none are fetched."""
    root_file: Path | None = None
    """Root metadata of who publishes the tables, which is trusted; needed with `tables`."""


@dataclass(frozen=True, slots=True)
class LogConfig:
    """The log, on standard error."""

    level: Literal["error", "warning", "info", "debug"] = "info"
    """Least important kind of line written; only `debug` shows what people said."""


@dataclass(frozen=True, slots=True)
class Config:
    """All settings."""

    hub: HubConfig = HubConfig()
    """The hub itself."""
    mqtt: MqttConfig = MqttConfig()
    """The broker that all devices speak to."""
    store: StoreConfig = StoreConfig()
    """The store of states."""
    home: HomeConfig = field(default_factory=HomeConfig)
    """What devices cannot say of themselves."""
    act: ActConfig = ActConfig()
    """Sending commands."""
    learning: LearningConfig = LearningConfig()
    """What the hub keeps of what was said, and whether it learns from it."""
    bridge: BridgeConfig = BridgeConfig()
    """Devices of firmware_bridge on serial ports and sockets; none = no bridge in `hubagent run`."""
    sync: SyncConfig = SyncConfig()
    """Learning with other homes; nothing is sent before somebody agrees by `hubagent sync on`."""
    upstream: UpstreamConfig = field(default_factory=UpstreamConfig)
    """The service of a fleet, `hubagent upstream serve`; a hub reads none of this."""
    log: LogConfig = LogConfig()
    """The log, on standard error."""


@dataclass(frozen=True, slots=True)
class Systemd:
    """What systemd told the process about itself."""

    notify_socket: str = ""
    """Where to report; empty = nobody listens."""
    watchdog_s: float = 0.0
    """Silence after which it restarts the service; 0 = never."""


def read_systemd(environment: Mapping[str, str] | None = None) -> Systemd:
    """Read what systemd put into the environment; nonsense there counts as nothing."""
    variables = os.environ if environment is None else environment
    ours = variables.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    microseconds = variables.get("WATCHDOG_USEC", "")
    watchdog_s = int(microseconds) / 1e6 if ours and microseconds.isdecimal() else 0.0
    return Systemd(variables.get("NOTIFY_SOCKET", ""), watchdog_s)


def load_config(
    path: Path | None = None,
    *,
    state_dir: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Config:
    """Read the settings.

    Args:
        path: The file; ``None`` = ``HUBAGENT_CONFIG``, else ``DEFAULT_PATH`` if it is there, else
            no file.
        state_dir: Takes the place of ``hub.state_dir``.
        environment: Variables; ``None`` = those of the process. ``HUBAGENT_<SECTION>_<KEY>`` takes
            the place of a setting that is not a table.

    Raises:
        ConfigError: With everything that is wrong.
    """
    variables = os.environ if environment is None else environment
    if path is None and variables.get("HUBAGENT_CONFIG"):
        path = Path(variables["HUBAGENT_CONFIG"])
    if path is None and DEFAULT_PATH.is_file():
        path = DEFAULT_PATH
    reader = TableReader(path.parent if path is not None else Path())
    raw = _read_toml(path) if path is not None else {}
    reader.overlay(Config, raw, variables, ENVIRONMENT_PREFIX)
    config = _finish(reader.table(Config, raw, ""), state_dir, reader.problems)
    if path is not None and config.mqtt.mapping_file is None:
        mapping_file = path.parent / MAPPING_NAME
        config = replace(config, mqtt=replace(config.mqtt, mapping_file=mapping_file))
    if reader.problems:
        raise ConfigError(path or "settings", tuple(reader.problems))
    return config


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(path, (f"cannot be read: {error}",)) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(path, (f"is not TOML: {error}",)) from error


def _finish(config: Config, state_dir: Path | None, problems: list[str]) -> Config:
    """Check what one field alone cannot tell, read the password file, settle the state folder."""
    problems += [*_mqtt_problems(config.mqtt), *_home_problems(config.home)]
    if config.bridge.listen:
        problems += _address_problems("bridge.listen", config.bridge.listen)
    problems += _upstream_problems(config.upstream)
    hub = replace(config.hub, state_dir=(state_dir or config.hub.state_dir).expanduser())
    upstream = replace(config.upstream, state_dir=config.upstream.state_dir.expanduser())
    return replace(config, hub=hub, mqtt=_with_password(config.mqtt, problems), upstream=upstream)


def _with_password(mqtt: MqttConfig, problems: list[str]) -> MqttConfig:
    if mqtt.password_file is None:
        return mqtt
    if mqtt.password:
        problems.append("`mqtt.password` and `mqtt.password_file`: expected only one of them")
    try:
        lines = mqtt.password_file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"`mqtt.password_file`: cannot be read: {error}")
        return mqtt
    return replace(mqtt, password=Secret(lines[0] if lines else ""))


def _mqtt_problems(mqtt: MqttConfig) -> Iterator[str]:
    if (mqtt.password or mqtt.password_file) and not mqtt.username:
        yield "`mqtt.username`: expected a name, as there is a password"
    if (mqtt.tls_cert_file is None) != (mqtt.tls_key_file is None):
        yield "`mqtt.tls_cert_file` and `mqtt.tls_key_file`: expected both or none"
    for key in ("tls_ca_file", "tls_cert_file", "tls_key_file"):
        file = getattr(mqtt, key)
        if file is not None and not file.is_file():
            yield f"`mqtt.{key}`: no such file `{file}`"
    if mqtt.embedded == "always" and not is_loopback(mqtt.host):
        yield f"`mqtt.embedded`: expected `auto` or `never`, as `{mqtt.host}` is not this machine"
    if mqtt.embedded == "always" and mqtt.tls:
        yield "`mqtt.tls`: expected `false`, as the own broker does not speak TLS"
    yield from _address_problems("mqtt.embedded_listen", mqtt.embedded_listen)


def _upstream_problems(upstream: UpstreamConfig) -> Iterator[str]:
    yield from _address_problems("upstream.host", upstream.host)
    if (upstream.tls_cert_file is None) != (upstream.tls_key_file is None):
        yield "`upstream.tls_cert_file` and `upstream.tls_key_file`: expected both or none"
    for key in ("tls_cert_file", "tls_key_file"):
        file = getattr(upstream, key)
        if file is not None and not file.is_file():
            yield f"`upstream.{key}`: no such file `{file}`"


def _address_problems(key: str, address: str) -> Iterator[str]:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        yield f"`{key}`: expected an IP address, found `{address}`"


def _home_problems(home: HomeConfig) -> Iterator[str]:
    for area_id, area in home.areas.items():
        if area.floor and area.floor not in home.floors:
            yield (
                f"`home.areas.{area_id}.floor`: no floor `{area.floor}`"
                f"{nearest(area.floor, home.floors)}"
            )


def is_loopback(host: str) -> bool:
    """Return whether a host name or address means this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
