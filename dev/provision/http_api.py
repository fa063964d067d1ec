"""The HTTP API: CORS, JWT authorizers, integrations and routes. Nothing is created, the plan takes them down."""

from __future__ import annotations

from dev.provision.functions import function_id
from dev.provision.plan import Authorizer, Cors, Route
from dev.provision.properties import NotLocal, Properties
from dev.provision.site import Site


def api(site: Site, properties: Properties) -> None:
    """Note the API down. There is one, and its CORS configuration is the gateway's."""
    if site.plan.api_id:
        raise NotLocal(f"{properties.where}: the front serves one HTTP API, and {site.plan.api_id} is one already")
    if properties.need("ProtocolType") != "HTTP":
        raise NotLocal(f"{properties.where}: the front serves HTTP APIs only")
    site.plan.api_id = site.name(properties.where).ref
    properties.pass_over("Name", "Description", "Tags", "DisableExecuteApiEndpoint")
    cors = properties.inside("CorsConfiguration")
    origins = cors.take("AllowOrigins")
    if origins is not None:
        site.plan.cors = _cors(cors, origins)


def _cors(properties: Properties, origins: list[str]) -> Cors:
    return Cors(
        allow_origins=origins,
        allow_methods=properties.take("AllowMethods", []),
        allow_headers=[name.lower() for name in properties.take("AllowHeaders", [])],
        expose_headers=[name.lower() for name in properties.take("ExposeHeaders", [])],
        max_age=properties.take("MaxAge"),
        allow_credentials=bool(properties.take("AllowCredentials", False)),
    )


def authorizer(site: Site, properties: Properties) -> None:
    """Note a JWT authorizer down, under the id that routes use."""
    properties.pass_over("ApiId", "Name")
    kind, source = properties.need("AuthorizerType"), properties.need("IdentitySource")
    if (kind, source) != ("JWT", ["$request.header.Authorization"]):
        raise NotLocal(f"{properties.where}: the front knows JWT authorizers that read the header Authorization")
    jwt = properties.inside("JwtConfiguration")
    site.plan.authorizers[site.name(properties.where).ref] = Authorizer(
        issuer=jwt.need("Issuer"), audience=jwt.need("Audience")
    )


def integration(site: Site, properties: Properties) -> None:
    """Remember which function an integration calls."""
    properties.pass_over("ApiId", "Description", "IntegrationMethod", "TimeoutInMillis")  # the front waits 30 s, as AWS
    kind, version = properties.need("IntegrationType"), properties.need("PayloadFormatVersion")
    if (kind, version) != ("AWS_PROXY", "2.0"):
        raise NotLocal(f"{properties.where}: the front speaks AWS_PROXY with payload 2.0, not {kind} with {version}")
    target = f"integrations/{site.name(properties.where).ref}"
    site.integrations[target] = function_id(site, properties.need("IntegrationUri"))


def route(site: Site, properties: Properties) -> None:
    """Note a route down, with the authorizer that guards it."""
    properties.pass_over("ApiId", "OperationName")
    method, _, path = properties.need("RouteKey").partition(" ")
    kind, guard = properties.take("AuthorizationType", "NONE"), properties.take("AuthorizerId")
    if kind not in ("NONE", "JWT") or (kind == "JWT") != (guard in site.plan.authorizers):
        raise NotLocal(f"{properties.where}: no authorizer {guard} of type {kind}")
    target = properties.need("Target")
    if target not in site.integrations:
        raise NotLocal(f"{properties.where}: there is no {target}")
    site.plan.routes.append(
        Route(
            method=method,
            path=path,
            function=site.integrations[target],
            authorizer=guard,
            scopes=properties.take("AuthorizationScopes", []),
        )
    )
