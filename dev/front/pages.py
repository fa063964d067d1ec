"""What the local stack shows at its own address besides the API: uploader, overview, documentation, key set.

Nothing here asks another host for anything: Swagger UI comes out of Powertools' package, the uploader out of web/dist.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from aiohttp import web

from dev.config import ROOT
from dev.front import login
from dev.front.settings import Front

PAGES = ROOT / "dev/pages"
UPLOADER = ROOT / "web/dist"
LOGO = ROOT / "web/public/portway.svg"
OPENAPI = ROOT / "docs/api/openapi.json"
SWAGGER = "aws_lambda_powertools.event_handler.openapi.swagger_ui"
ASSETS = {"swagger-ui.js": "swagger-ui-bundle.min.js", "swagger-ui.css": "swagger-ui.min.css"}
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def routes(front: Front) -> list[web.RouteDef]:
    """The routes outside the API."""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        f"font-src 'self' data:; connect-src 'self' {front.site['s3']}; base-uri 'none'; frame-ancestors 'none'"
    )

    provider = login.Provider(f"{front.site['api']}/", front.issuer, front.site["tokens"])

    def page(name: str) -> web.RouteDef:
        async def show(_: web.Request) -> web.Response:
            return _file(PAGES / name, {"content-security-policy": policy})

        return web.get(f"/{Path(name).stem}", show)

    async def asset(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name in ASSETS:
            return _text(files(SWAGGER).joinpath(ASSETS[name]).read_text("utf-8"), TYPES[Path(name).suffix])
        return _file(LOGO if name == LOGO.name else PAGES / name)

    async def openapi(_: web.Request) -> web.Response:
        return _file(OPENAPI)

    return [
        page("stack.html"),
        page("docs.html"),
        *uploader(front.site, front.categories, UPLOADER),
        web.get("/pages/{name:[a-z-]+\\.(?:css|js|svg)}", asset),
        web.get("/openapi.json", openapi),
        *login.routes(provider),
        *_documents(front, provider.metadata),
    ]


def _documents(front: Front, provider: dict[str, Any]) -> list[web.RouteDef]:
    """The JSON documents: what runs where, and what an authorizer would fetch."""
    jwks_uri = f"{front.issuer}/.well-known/jwks.json"
    about = {"issuer": front.issuer, "jwks_uri": jwks_uri, "id_token_signing_alg_values_supported": ["RS256"]}
    found = {
        "/stack.json": {**front.site, "names": front.plan.names, "uploader": (UPLOADER / "index.html").is_file()},
        "/.well-known/jwks.json": front.jwks,
        "/.well-known/openid-configuration": {**about, **provider},
    }

    def document(path: str) -> web.RouteDef:
        async def show(_: web.Request) -> web.Response:
            return web.json_response(found[path])

        return web.get(path, show)

    return [document(path) for path in found]


def uploader(site: dict[str, Any], categories: list[str], built: Path) -> list[web.RouteDef]:
    """The uploader page at `/` under the policy that docs/clients/page.md gives it; it signs in as the owner.

    Until somebody builds it, `/` leads to the overview, which says how.
    """
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; worker-src 'self'; "
        f"connect-src 'self' {site['s3']}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types portway"
    )
    config = {
        "endpoint": site["api"],
        "login": {"issuer": site["api"], "client_id": login.CLIENT},
        "categories": {name: name.replace("-", " ").replace("_", " ").capitalize() for name in categories},
        "links": {"This stack": "/stack", "API": "/docs"},
    }

    async def show(_: web.Request) -> web.Response:
        if not (built / "index.html").is_file():
            raise web.HTTPFound("/stack")
        return _file(built / "index.html", {"content-security-policy": policy})

    async def asset(request: web.Request) -> web.Response:
        return _file(built / request.match_info["name"])

    async def settings(_: web.Request) -> web.Response:
        return web.json_response(config, headers={"cache-control": "no-store"})

    return [
        web.get("/", show),
        web.get("/config.json", settings),
        web.get("/{name:(?:assets/)?[\\w-]+(?:\\.[\\w-]+)*\\.(?:js|css|svg)}", asset),
    ]


def _file(path: Path, headers: dict[str, str] | None = None) -> web.Response:
    if not path.is_file():
        return web.json_response({"message": f"{path.name} does not exist"}, status=404)
    return _text(path.read_text("utf-8"), TYPES.get(path.suffix, "application/json"), headers)


def _text(text: str, kind: str, headers: dict[str, str] | None = None) -> web.Response:
    kept = {"cache-control": "no-cache", "x-content-type-options": "nosniff", **(headers or {})}
    return web.Response(text=text, content_type=kind, charset="utf-8", headers=kept)
