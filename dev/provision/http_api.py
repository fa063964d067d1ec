"""The HTTP API: routes, JWT authorizers and CORS, read from the OpenAPI document that the SAM transform makes."""

from __future__ import annotations

import re
from typing import Any

from dev.provision.functions import function_id
from dev.provision.plan import Authorizer, Cors, Route
from dev.provision.properties import NotLocal, Properties
from dev.provision.site import Site

ANY = "x-amazon-apigateway-any-method"
NO_AUTHORIZER = "NONE"


def api(site: Site, properties: Properties) -> None:
    """Note the API down. There is one, and it is described by its Body."""
    if site.plan.api_id:
        raise NotLocal(f"{properties.where}: the front serves one HTTP API, and {site.plan.api_id} is one already")
    site.plan.api_id = site.name(properties.where).ref
    properties.pass_over("FailOnWarnings", "Tags")
    body = properties.inside("Body")
    body.pass_over("info", "tags", "openapi")
    schemes = body.inside("components").inside("securitySchemes")
    site.plan.authorizers = {name: _authorizer(scheme) for name, scheme in schemes.entries()}
    cors = body.inside("x-amazon-apigateway-cors")
    site.plan.cors = _cors(cors)
    for path, operations in body.inside("paths").entries():
        for method, operation in operations.entries():
            site.plan.routes.append(_route(site, path, method, operation))


def _authorizer(scheme: Properties) -> Authorizer:
    scheme.pass_over("type")
    inner = scheme.inside("x-amazon-apigateway-authorizer")
    if inner.need("type") != "jwt" or inner.need("identitySource") != "$request.header.Authorization":
        raise NotLocal(f"{inner.where}: the front knows JWT authorizers that read the header Authorization")
    jwt = inner.inside("jwtConfiguration")
    return Authorizer(issuer=jwt.need("issuer"), audience=_strings(jwt, "audience"))


def _cors(properties: Properties) -> Cors | None:
    origins = properties.take("allowOrigins")
    if origins is None:
        return None
    return Cors(
        allow_origins=origins,
        allow_methods=_strings(properties, "allowMethods"),
        allow_headers=[name.lower() for name in _strings(properties, "allowHeaders")],
        expose_headers=[name.lower() for name in _strings(properties, "exposeHeaders")],
        max_age=properties.take("maxAge"),
        allow_credentials=bool(properties.take("allowCredentials", False)),
    )


def _route(site: Site, path: str, method: str, operation: Properties) -> Route:
    operation.pass_over("responses", "parameters", "operationId")  # words for documents
    integration = operation.inside("x-amazon-apigateway-integration")
    version, kind = integration.need("payloadFormatVersion"), integration.need("type")
    if (version, kind) != ("2.0", "aws_proxy"):
        raise NotLocal(f"{operation.where}: the front speaks aws_proxy with payload 2.0, not {kind} with {version}")
    integration.pass_over("httpMethod")  # how the gateway calls Lambda
    found = re.fullmatch(r".*:lambda:path/2015-03-31/functions/(.+)/invocations", integration.need("uri"))
    if found is None:
        raise NotLocal(f"{operation.where}: the integration is no function")
    needs = [(name, scopes) for row in operation.take("security", []) for name, scopes in row.items()]
    guards = [need for need in needs if need[0] != NO_AUTHORIZER]
    for name, _ in guards:
        if name not in site.plan.authorizers:
            raise NotLocal(f"{operation.where}: there is no authorizer {name}")
    name, scopes = guards[0] if guards else (None, [])
    return Route(
        method="ANY" if method == ANY else method.upper(),
        path=path,
        function=function_id(site, found[1]),
        authorizer=name,
        scopes=scopes,
    )


def _strings(properties: Properties, name: str) -> list[str]:
    value: Any = properties.take(name, [])
    if not isinstance(value, list) or not all(isinstance(row, str) for row in value):
        raise NotLocal(f"{properties.where}.{name}: a list of strings is expected, not {value!r}")
    return value
