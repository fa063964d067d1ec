"""The uploader page at `/` of the local stack, from a folder that stands for what `make web` builds."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from dev.front import pages
from dev.front.login import CLIENT
from tests.stack.local_stack import LocalStack

SITE = {"api": "http://127.0.0.1:8787", "s3": "http://127.0.0.1:8788"}


def answers(built: Path, *paths: str) -> list[tuple[int, dict[str, str], str]]:
    """Status, headers (in lower case) and body of each path."""

    async def ask() -> list[tuple[int, dict[str, str], str]]:
        app = web.Application()
        app.add_routes(pages.uploader(SITE, ["anything", "exam-sheets"], built))
        async with TestClient(TestServer(app)) as client:
            found = []
            for path in paths:
                async with client.get(path, allow_redirects=False) as reply:
                    found.append((reply.status, {k.lower(): v for k, v in reply.headers.items()}, await reply.text()))
            return found

    return asyncio.run(ask())


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>Upload files</title>")
    (tmp_path / "assets/page-Dx_4-2.js").write_text("export {}")
    (tmp_path / "portway-uploader.js").write_text("export {}")
    (tmp_path / "secret.json").write_text("{}")
    return tmp_path


def test_the_page_may_run_nothing_but_its_own(built: Path) -> None:
    """No inline script or style, no other host than API and S3, no frame around it, and Trusted Types are enforced."""
    ((status, headers, text),) = answers(built, "/")
    assert status == 200
    assert "Upload files" in text
    rules = dict(rule.strip().split(" ", 1) for rule in headers["content-security-policy"].split(";"))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == rules["frame-ancestors"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["worker-src"] == rules["img-src"] == "'self'"
    assert rules["connect-src"] == f"'self' {SITE['s3']}"
    assert (rules["require-trusted-types-for"], rules["trusted-types"]) == ("'script'", "portway")


def test_assets_come_as_what_they_are(built: Path) -> None:
    """Scripts are served as scripts, and nothing but what a build makes is served at all."""
    asset, element, *others = answers(
        built,
        "/assets/page-Dx_4-2.js",
        "/portway-uploader.js",
        "/secret.json",
        "/assets/%2e%2e/index.html",
        "/absent.js",
    )
    for status, headers, _ in (asset, element):
        assert (status, headers["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert [status for status, _, _ in others] == [404, 404, 404]


def test_the_page_knows_where_to_sign_in(stack: LocalStack) -> None:
    """Its configuration names the stack's own issuer, no token, and the policy's categories, the default one first; no
    cache keeps it."""
    nobody = stack.api(None)
    config: dict[str, Any] = nobody.ask("GET", "/config.json")
    assert config["endpoint"] == stack.site["api"]
    assert config["login"] == {"issuer": stack.site["api"], "client_id": CLIENT}
    assert not [name for name, token in stack.site["tokens"].items() if token in str(config)]
    assert next(iter(config["categories"])) == "anything"
    assert config["categories"]["images"] == "Images"
    assert nobody.call("GET", "/config.json").headers["cache-control"] == "no-store"


def test_who_has_not_built_it_is_told_how(tmp_path: Path, stack: LocalStack) -> None:
    """Without a build `/` leads to the overview, which knows whether there is one."""
    ((status, headers, _),) = answers(tmp_path, "/")
    assert (status, headers["location"]) == (302, "/stack")
    assert stack.api(None).ask("GET", "/stack.json")["uploader"] is (pages.UPLOADER / "index.html").is_file()
