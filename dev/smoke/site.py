"""Where the smoke test looks, and as whom: a deployed stack, the local one, or any address."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.issuer import Machine, NoIssuer, token_of
from dev.stacks import NoStack, deployed
from portway_client.transport import Transport

TOKENS = ("TOKEN", "PORTWAY_TOKEN")


@dataclass(frozen=True, slots=True)
class Site:
    """`api` is without /v1. `issuer`, and an `origin` whose pages may send files, where they are known."""

    name: str
    api: str
    issuer: str = ""
    origin: str = ""
    token: str = ""
    """One that comes with the site, as the local stack's do."""


def local(state: Path) -> Site:
    """The stack of `make dev`; its token is the owner's. Raises NoStack."""
    try:
        site = json.loads((state / "dev.json").read_text("utf-8"))
    except FileNotFoundError:
        raise NoStack(f"No local stack tells of itself in {state}. Start one: make dev") from None
    return Site("local", site["api"], site["api"], site["api"], site["tokens"]["owner"])


def of_stack(cloudformation: Any, name: str) -> Site:
    """What CloudFormation knows of a deployed one. Raises NoStack."""
    found = deployed(cloudformation, name)
    origin = found.parameters.get("AllowedOrigins", "").partition(",")[0].strip()
    return Site(name, found.output("ApiUrl").rstrip("/"), found.parameters.get("Issuer", ""), origin)


def of_address(url: str, environment: Mapping[str, str]) -> Site:
    return Site(url, url.rstrip("/"), environment.get("ISSUER", ""), environment.get("ORIGIN", ""))


def token(site: Site, environment: Mapping[str, str], transport: Transport) -> str:
    """TOKEN, PORTWAY_TOKEN, the site's own, or what the issuer gives the client SMOKE_CLIENT_ID. Raises NoIssuer."""
    given = next((environment[name] for name in TOKENS if environment.get(name)), site.token)
    if given:
        return given.strip()
    machine = Machine(
        environment.get("SMOKE_CLIENT_ID", ""),
        environment.get("SMOKE_CLIENT_SECRET", ""),
        environment.get("SMOKE_SCOPE", ""),
        environment.get("SMOKE_AUDIENCE", ""),
    )
    if not (machine.client_id and machine.secret and site.issuer):
        raise NoIssuer(
            "There is no token. Set PORTWAY_TOKEN, or SMOKE_CLIENT_ID and SMOKE_CLIENT_SECRET of a client that may use "
            "client credentials at the issuer (docs/deploying.md)."
        )
    return token_of(transport, site.issuer, machine)
