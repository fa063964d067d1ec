"""What the local stack shows at its own address besides the API: a page, the API's documentation, and its key set.

Nothing here asks another host for anything: Swagger UI comes out of Powertools' package.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from aiohttp import web

from dev.config import ROOT
from dev.front.settings import Front

PAGES = ROOT / "dev/pages"
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

    def page(name: str) -> web.RouteDef:
        async def show(_: web.Request) -> web.Response:
            return _file(PAGES / name, {"content-security-policy": policy})

        return web.get("/" if name == "index.html" else f"/{Path(name).stem}", show)

    async def asset(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name in ASSETS:
            return _text(files(SWAGGER).joinpath(ASSETS[name]).read_text("utf-8"), TYPES[Path(name).suffix])
        return _file(PAGES / name)

    async def openapi(_: web.Request) -> web.Response:
        return _file(OPENAPI)

    return [
        page("index.html"),
        page("docs.html"),
        web.get("/pages/{name:[a-z-]+\\.(?:css|js|svg)}", asset),
        web.get("/openapi.json", openapi),
        *_documents(front),
    ]


def _documents(front: Front) -> list[web.RouteDef]:
    """The JSON documents: what runs where, and what an authorizer would fetch."""
    jwks_uri = f"{front.issuer}/.well-known/jwks.json"
    discovery = {"issuer": front.issuer, "jwks_uri": jwks_uri, "id_token_signing_alg_values_supported": ["RS256"]}
    found = {
        "/stack.json": {**front.site, "names": front.plan.names},
        "/.well-known/jwks.json": front.jwks,
        "/.well-known/openid-configuration": discovery,
    }

    def document(path: str) -> web.RouteDef:
        async def show(_: web.Request) -> web.Response:
            return web.json_response(found[path])

        return web.get(path, show)

    return [document(path) for path in found]


def _file(path: Path, headers: dict[str, str] | None = None) -> web.Response:
    if not path.is_file():
        return web.json_response({"message": f"{path.name} does not exist"}, status=404)
    return _text(path.read_text("utf-8"), TYPES.get(path.suffix, "application/json"), headers)


def _text(text: str, kind: str, headers: dict[str, str] | None = None) -> web.Response:
    kept = {"cache-control": "no-cache", "x-content-type-options": "nosniff", **(headers or {})}
    return web.Response(text=text, content_type=kind, charset="utf-8", headers=kept)
