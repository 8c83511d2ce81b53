"""What a request sets besides its main part: "to cool at 21", "55 % in sleep mode", "red at 30 %".

In: a request and the commands of its main part. Out: all commands for the entity, a mode before what
depends on it. An option of the entity counts where its very words stand in the clause; a number
counts for the one measure that things of its kind have.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hubagent.resolve import options, text
from hubagent.resolve.features import Failure
from hubagent.resolve.settings.measure import COMMANDS, TARGETS

if TYPE_CHECKING:
    from hubagent.resolve.amounts import Amounts
    from hubagent.resolve.settings.request import Built, Request
    from hubagent.types import Command

_MEASURED = frozenset({"climate", "water_heater", "humidifier", "fan", "media_player", "light"})
"""Domains of which a number beside other settings is the measure."""
_OFF = frozenset({"off", "standby"})
_RESTING = frozenset({"docked", "idle"})
_GOES = frozenset(
    {"send", "start", "run", "go", "out", "clean", "vacuum", "hoover", "sweep", "mop"}
)
"""Words by which a robot is sent out, besides being told how."""
_VOLUME = frozenset({"volume", "percent", "%"})


def beside(request: Request, amounts: Amounts, built: tuple[Command, ...]) -> Built:
    """Return the commands of the main part with those for everything else that was said."""
    set_now = {command.command for command in built} - {"turn_on"}
    keys = {key for command in built for key in command.data}
    chosen = _options(request, amounts)
    measure = _measure(request, amounts, set_now | {c.command for c in chosen}, keys)
    if isinstance(measure, Failure):
        return measure
    return _ordered(request, [*chosen, *built, *measure])


def options_only(request: Request, amounts: Amounts) -> Built:
    """Return the commands for the options said, where nothing else is asked for."""
    found = _options(request, amounts)
    if not found:
        return request.refused("unknown_value", what="mode", value=request.slot("mode") or "")
    sent_out = request.entity.domain == "vacuum" and request.words & _GOES
    if sent_out and request.state.state in _RESTING and "start" in request.commands:
        found.append(request.to(command="start"))
    return tuple(found)


def _options(request: Request, amounts: Amounts) -> list[Command]:
    """Return a command for each kind of option of which the clause names one."""
    words = tuple(token for word in request.free for token in text.tokens(word))
    found: list[tuple[options.Place, Command]] = []
    for kind in options.kinds():
        limits = request.capability(kind.capability)
        if limits is None or kind.command not in request.commands:
            continue
        place = options.find(words, limits.options, kind, amounts.ordinary)
        if place is not None:
            command = request.to({kind.capability: place.option}, kind.command)
            found.append((place, command))
    # The same words may name options of two kinds: "fan on auto" is the fan's, not the mode's.
    return [
        command
        for place, command in found
        if not any(_wins(other, place) for other, _ in found if other is not place)
    ]


def _wins(place: options.Place, other: options.Place) -> bool:
    """Return whether two places overlap and the first takes in more words."""
    overlap = place.start < other.end and other.start < place.end
    return overlap and place.end - place.start > other.end - other.start


def _measure(
    request: Request, amounts: Amounts, set_now: set[str], keys: set[str]
) -> tuple[Command, ...] | Failure:
    """Return the command for the number that the clause names besides what is set already."""
    if request.entity.domain not in _MEASURED:
        return ()
    command, (name, builder) = COMMANDS[request.entity.domain], TARGETS[request.entity.domain]
    if command not in request.commands or command in set_now or name in keys:
        return ()
    if set_now & {"set_percentage", "set_preset_mode"} and request.entity.domain == "fan":
        return ()
    words = amounts.said(request.free)
    if words is None:
        return ()
    if request.entity.domain == "media_player" and not request.words & _VOLUME:
        return ()
    built = builder(replace(request.with_slot(name, words), command=command), amounts)
    if isinstance(built, Failure):
        return built
    return built if isinstance(built, tuple) else (built,)


def _ordered(request: Request, commands: list[Command]) -> tuple[Command, ...]:
    """Return the commands as they are sent: waking first, modes before values, light as one."""
    ranks = {kind.command: rank for rank, kind in enumerate(options.kinds(), start=1)}
    ranks["turn_on"] = 0
    first = {command.command: command for command in reversed(commands)}
    commands = [c for c in commands if c.command == "turn_on" or first[c.command] is c]
    commands.sort(key=lambda command: ranks.get(command.command, len(ranks)))
    plain = [command for command in commands if command.command == "turn_on"]
    others = [command for command in commands if command.command != "turn_on"]
    if plain and request.entity.domain == "light":
        data = {key: value for command in plain for key, value in command.data.items()}
        return (replace(plain[0], data=data), *others)
    wakes = any(
        request.entity.domain in kind.wakes and command.command == kind.command
        for kind in options.kinds()
        for command in others
    ) or any(command.command == "set_humidity" for command in others)
    asleep = request.state.state in _OFF and "turn_on" in request.commands
    if others and wakes and asleep and request.entity.domain != "climate":
        return (request.to(command="turn_on"), *others)
    return (*([] if others else plain), *others)
