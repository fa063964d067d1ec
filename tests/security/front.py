"""The whole way of a request in memory: gateway and authorizer, behind them the native API, behind that the fakes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, cast

import jwt
from aws_lambda_powertools.utilities.typing import LambdaContext

from dev.front.gateway import Gateway
from dev.front.payload import Answer, Request
from dev.identity import AUDIENCE, Claims, Identity
from dev.provision.plan import Authorizer, Plan, Route
from tests.protocols.service import Service
from tests.template.stack import deployed

ISSUER = "http://issuer.test"
IDENTITY = Identity.create()
TOKENS = IDENTITY.tokens(ISSUER, Claims("tenant", "roles", "operator"))
KEYS = jwt.PyJWKSet.from_dict(IDENTITY.jwks)
KID = IDENTITY.jwks["keys"][0]["kid"]


def route(made: Mapping[str, Any]) -> Route:
    """A route of the template, with its authorizer if it has one."""
    method, _, path = made["RouteKey"].partition(" ")
    guard = "Jwt" if made["AuthorizationType"] == "JWT" else None
    return Route(method=method, path=path, function="Api", authorizer=guard)


PLAN = Plan(
    api_id="api",
    routes=[route(made) for made in deployed().of_type("AWS::ApiGatewayV2::Route").values()],
    authorizers={"Jwt": Authorizer(issuer=ISSUER, audience=[AUDIENCE])},
)
"""The routes are those that are deployed, so that what asks for no JWT there asks for none here."""


@dataclass(frozen=True)
class Front:
    """`calls` are the events that reached the function."""

    service: Service
    calls: list[Mapping[str, Any]] = field(repr=False)

    async def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        self.calls.append(event)
        return self.service.app.resolve(cast(dict[str, Any], event), cast(LambdaContext, None))

    def ask(self, method: str, path: str, body: Any = None, token: str | None = None) -> Answer:
        """The answer to one request with this bearer token, as it goes over the wire."""
        headers = [("Content-Type", "application/json")] if body is not None else []
        if token is not None:
            headers.append(("Authorization", f"Bearer {token}"))
        data = b"" if body is None else json.dumps(body).encode()
        return self.answer(Request(method=method, target=path, headers=headers, body=data))

    def answer(self, request: Request) -> Answer:
        """The answer to a request as it is on the wire."""
        return asyncio.run(Gateway(PLAN, KEYS, self).answer(request))

    def held(self) -> Any:
        """Everything that the stores hold, to compare before and after."""
        objects, sessions = self.service.objects, self.service.sessions
        return deepcopy((sessions.uploads, sessions.counters, objects.uploads, objects.versions))
