"""`hubagent upstream`: the service of a fleet, for its operator."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from hubagent.cli.shared import AsJson, ConfigPath, log_to_stderr, out, print_json
from hubagent.config import load_config
from hubagent.errors import HubagentError

if TYPE_CHECKING:
    from types import ModuleType

app = typer.Typer(help="The service of a fleet, for its operator.", no_args_is_help=True)
secrets = typer.Typer(help="Secrets by which hubs may enrol.", no_args_is_help=True)
hubs = typer.Typer(help="Hubs that have enrolled.", no_args_is_help=True)
app.add_typer(secrets, name="secrets")
app.add_typer(hubs, name="hubs")


@app.command()
def serve(config: ConfigPath = None) -> None:
    """Take in what hubs send until it is stopped; settings in `[upstream]`."""
    settings = load_config(config)
    log_to_stderr(settings.log.level)
    _fleet().serve(settings.upstream)


@secrets.command("add")
def secrets_add(
    uses: Annotated[int, typer.Option(min=1, help="Hubs that may enrol by it.")] = 1,
    days: Annotated[int, typer.Option(min=1, help="Days for which it is good.")] = 30,
    note: Annotated[str, typer.Option(help="What it is for.")] = "",
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Make a secret and print it; it is kept as a hash and cannot be shown again."""
    made = _fleet().add_secret(load_config(config).upstream, uses=uses, days=days, note=note)
    if as_json:
        print_json(made)
    else:
        out.print(made["secret"], markup=False)


@secrets.command("list")
def secrets_list(config: ConfigPath = None, as_json: AsJson = False) -> None:
    """List the secrets: how many may still enrol by each, and how many have."""
    found = _fleet().secrets(load_config(config).upstream)
    if as_json:
        print_json({"secrets": found})
        return
    table = Table("id", "uses left", "hubs", "ends", "note", box=None)
    for item in found:
        ends = datetime.fromtimestamp(item["ends_s"], tz=UTC)
        table.add_row(
            str(item["secret_id"]), str(item["uses_left"]), str(item["hubs"]), f"{ends:%Y-%m-%d}", item["note"]
        )  # fmt: skip
    out.print(table)


@secrets.command("withdraw")
def secrets_withdraw(
    secret: Annotated[int, typer.Argument(help="Id of the secret, as `secrets list` has it.")],
    with_hubs: Annotated[
        bool, typer.Option("--hubs", help="Revoke the hubs that enrolled by it too.")
    ] = False,
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Let nobody enrol by a secret any more."""
    revoked = _fleet().withdraw(load_config(config).upstream, secret, with_hubs=with_hubs)
    if as_json:
        print_json({"secret_id": secret, "revoked": revoked})
    else:
        out.print(f"secret {secret} is withdrawn, {revoked} hub(s) revoked")


@hubs.command("list")
def hubs_list(config: ConfigPath = None, as_json: AsJson = False) -> None:
    """List the hubs; with --json one a line."""
    for item in _fleet().hubs(load_config(config).upstream):
        if as_json:
            print_json(item)
        else:
            standing = "revoked" if item["revoked"] else "good"
            out.print(f"{item['hub_id']}  {standing}  secret {item['secret_id']}", markup=False)


@hubs.command("revoke")
def hubs_revoke(
    hub: Annotated[str, typer.Argument(help="Id of the hub, as `hubs list` has it.")],
    config: ConfigPath = None,
    as_json: AsJson = False,
) -> None:
    """Take nothing more from a hub."""
    _fleet().revoke(load_config(config).upstream, hub)
    if as_json:
        print_json({"hub_id": hub, "revoked": True})
    else:
        out.print(f"{hub} is revoked", markup=False)


def _fleet() -> ModuleType:
    """Return the wiring, whose libraries no hub has."""
    try:
        from hubagent import fleet
    except ModuleNotFoundError as error:
        raise HubagentError(
            f"the service needs `{error.name}`", hint="pip install 'hubagent[upstream]'"
        ) from error
    return fleet
