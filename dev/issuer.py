"""An issuer of tokens as a client meets it: OpenID Connect Discovery 1.0, client credentials (RFC 6749 §4.4)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode

from portway_client.transport import NoAnswer, Request, Transport

DISCOVERY = "/.well-known/openid-configuration"


class NoIssuer(Exception):
    """There is no such issuer, or it gives no token. The words say what to do."""


class Unreached(NoIssuer):
    """Nobody answered; from elsewhere, somebody may."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A confidential client that asks for itself. `scope` and `audience` as the issuer wants them, or empty."""

    client_id: str
    secret: str
    scope: str = ""
    audience: str = ""


def discovered(transport: Transport, issuer: str) -> Mapping[str, Any]:
    """What an issuer says of itself, where API Gateway asks for it. Raises NoIssuer.

    API Gateway compares the claim `iss` with the parameter `Issuer` letter by letter, the slash at its end included.
    """
    status, found = _asked(transport, Request("GET", issuer.rstrip("/") + DISCOVERY, seconds=10))
    if status != 200 or "issuer" not in found:
        raise NoIssuer(f"{issuer.rstrip('/')}{DISCOVERY} answers {status} and no such document. Check the address.")
    if found["issuer"] != issuer:
        raise NoIssuer(f"{issuer} says of itself that it is {found['issuer']}. Write it so, each letter counts.")
    return found


def token_of(transport: Transport, issuer: str, machine: Machine) -> str:
    """An access token for a machine. Raises NoIssuer."""
    about = discovered(transport, issuer)
    wanted = {"scope": machine.scope, "audience": machine.audience}
    form = {"grant_type": "client_credentials"} | {name: value for name, value in wanted.items() if value}
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    methods = about.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    if "client_secret_basic" in methods:
        pair = f"{quote_plus(machine.client_id)}:{quote_plus(machine.secret)}"  # RFC 6749 §2.3.1
        headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    else:
        form |= {"client_id": machine.client_id, "client_secret": machine.secret}
    endpoint = str(about.get("token_endpoint") or "")
    if not endpoint:
        raise NoIssuer(f"{issuer} names no token_endpoint. Get a token in another way and set PORTWAY_TOKEN.")
    status, found = _asked(transport, Request("POST", endpoint, headers, urlencode(form).encode(), seconds=10))
    if status != 200 or not found.get("access_token"):
        said = found.get("error_description") or found.get("error") or "no reason"
        raise NoIssuer(f"The issuer gives {machine.client_id} no token ({status}, {said}). Check SMOKE_CLIENT_*.")
    return str(found["access_token"])


def _asked(transport: Transport, request: Request) -> tuple[int, dict[str, Any]]:
    """Status and JSON object, an empty one where there is none."""
    try:
        answer = transport.send(request)
    except NoAnswer as error:
        raise Unreached(f"{request.url} does not answer: {error}.") from None
    try:
        found = json.loads(answer.body)
    except ValueError:
        found = {}
    return answer.status, found if isinstance(found, dict) else {}
