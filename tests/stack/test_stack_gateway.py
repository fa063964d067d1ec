"""The running front over real HTTP: what the gateway answers itself, CORS for the page and for S3, and the pages."""

from __future__ import annotations

import http.client
import json
import re
import socket
import struct
import time
import urllib.request
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import jwt
import pytest

from dev.client import Api
from tests.stack.local_stack import LocalStack, alive, file_of, send

KEYS = {
    "api",
    "s3",
    "region",
    "access_key",
    "secret_key",
    "incoming_bucket",
    "published_bucket",
    "tokens",
    "pid",
}


def test_dev_json_says_what_the_stack_printed(stack: LocalStack) -> None:
    """The line on stdout and .portway/dev.json are the same, with exactly the promised keys."""
    assert json.loads((stack.state / "dev.json").read_text("utf-8")) == stack.site
    assert set(stack.site) == KEYS
    assert set(stack.site["tokens"]) == {"owner", "colleague", "stranger", "operator"}
    assert stack.site["pid"] == stack.process.pid
    assert alive({stack.site["pid"]})


def test_tokens_last_a_working_day(stack: LocalStack) -> None:
    """Every token is good for twelve hours and more, and owner and colleague share a tenant."""
    claims = {
        name: jwt.decode(token, options={"verify_signature": False}) for name, token in stack.site["tokens"].items()
    }
    assert all(row["exp"] > time.time() + 12 * 3600 and row["sub"] == name for name, row in claims.items())
    assert claims["owner"]["tenant"] == claims["colleague"]["tenant"] != claims["stranger"]["tenant"]
    assert [name for name, row in claims.items() if "operator" in row.get("roles", [])] == ["operator"]


def test_the_gateway_answers_for_itself(stack: LocalStack) -> None:
    """No token, no route, too large: the gateway's own words, neither problem+json nor CORS headers."""
    origin = {"origin": stack.site["api"]}
    nobody, owner = stack.api(None), stack.api()
    for reply, status, message in (
        (nobody.call("GET", "/v1/uploads", headers=origin), 401, "Unauthorized"),
        (Api(stack.site["api"], "nonsense").call("GET", "/v1/uploads"), 401, "Unauthorized"),
        (owner.call("GET", "/v2/uploads", headers=origin), 404, "Not Found"),
        (owner.call("POST", "/v1/uploads", bytes(10 * 1024 * 1024 + 1)), 413, "Request Entity Too Large"),
        (owner.call("POST", "/v1/uploads", b"x" * (7 * 1024 * 1024)), 413, "Request Entity Too Large"),
    ):
        assert (reply.status, reply.document) == (status, {"message": message})
        assert reply.headers["content-type"] == "application/json"
        assert not [name for name in reply.headers if name.startswith("access-control")]


def test_the_page_may_use_the_api_and_s3(stack: LocalStack, api: Api, tmp_path: Path) -> None:
    """From the stack's own origin: preflight of the API, headers on its answers, preflight and answer of S3."""
    origin = stack.site["api"]
    asked = {"origin": origin, "access-control-request-method": "POST"}
    wanted = "authorization,content-type,idempotency-key"
    preflight = stack.api(None).call(
        "OPTIONS", "/v1/uploads", headers=asked | {"access-control-request-headers": wanted}
    )
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == origin
    assert set(preflight.headers["access-control-allow-headers"].split(",")) == set(wanted.split(","))
    answer = api.call("GET", "/v1/uploads", headers={"origin": origin})
    assert answer.headers["access-control-allow-origin"] == origin
    assert "retry-after" in answer.headers["access-control-expose-headers"]
    body = {"name": "a", "size": 1, "content_type": "text/plain"}
    place = urlsplit(api.ask("POST", "/v1/uploads", body)["signed"]["parts"][0]["url"])
    with closing(http.client.HTTPConnection(place.netloc)) as link:
        for method, extra, data in (("OPTIONS", {"access-control-request-method": "PUT"}, None), ("PUT", {}, b"x")):
            link.request(method, f"{place.path}?{place.query}", data, {"origin": origin, **extra})
            got = link.getresponse()
            got.read()
            assert (got.status, got.headers["access-control-allow-origin"]) in ((200, origin), (204, origin))
    assert "ETag" in got.headers["access-control-expose-headers"]


def test_other_origins_get_no_permission(stack: LocalStack, api: Api) -> None:
    """A page from elsewhere cannot read an answer."""
    headers = {"origin": "http://evil.test", "access-control-request-method": "POST"}
    for reply in (api.call("GET", "/v1/uploads", headers=headers), api.call("OPTIONS", "/v1/uploads", headers=headers)):
        assert not [name for name in reply.headers if name.startswith("access-control")]


class Links(HTMLParser):
    """Every address that a browser would fetch by itself for a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        wanted = {"script": "src", "link": "href", "img": "src", "iframe": "src"}.get(tag)
        self.found += [value for name, value in attrs if name == wanted and value]


def test_the_documentation_acts_as_somebody_of_this_stack(stack: LocalStack) -> None:
    """Trying a call works at once: the page begins with a token of the owner, and says that it is good nowhere else."""
    with urllib.request.urlopen(stack.site["api"] + "/docs") as answer:
        text = answer.read().decode()
    (default,) = re.findall(r'<select id="principal" data-default="(\w+)">', text)
    assert default == "owner"
    assert stack.api(default).call("GET", "/v1/uploads").status == 200
    assert "their tokens are good nowhere else" in text


@pytest.mark.parametrize("page", ["/stack", "/docs"])
def test_pages_ask_nobody_else(stack: LocalStack, page: str) -> None:
    """Every script, style and picture comes from the stack, which also forbids the browser everything else."""
    with urllib.request.urlopen(stack.site["api"] + page) as answer:
        policy, text = answer.headers["content-security-policy"], answer.read().decode()
    links = Links()
    links.feed(text)
    assert links.found
    for link in links.found:
        assert link.startswith("/"), link
        with urllib.request.urlopen(stack.site["api"] + link) as asset:
            content = asset.read().decode()
            assert asset.status == 200
        if link.endswith(".css"):
            assert not re.search(r"url\(['\"]?(?:https?:)?//|@import", content)
    hosts = set(re.findall(r"https?://[^;\s]+", policy))
    assert hosts <= {stack.site["s3"]}
    assert "default-src 'none'" in policy


def test_swagger_ui_is_complete(stack: LocalStack) -> None:
    """The documentation works without the internet: its program is served whole."""
    with urllib.request.urlopen(f"{stack.site['api']}/pages/swagger-ui.js") as answer:
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "SwaggerUIBundle" in answer.read().decode()


def test_nothing_but_pages_is_served(stack: LocalStack) -> None:
    """Assets are a short list; no path leads to another file of this machine."""
    for path in ("/pages/../stack.py", "/pages/%2e%2e%2fstack.py", "/pages/stack.py", "/dev/stack.py"):
        assert stack.api().call("GET", path).status == 404


def test_tokens_can_be_verified_by_the_published_keys(stack: LocalStack) -> None:
    """Whoever follows the issuer's discovery document can verify the stack's tokens."""
    nobody = stack.api(None)
    discovery = nobody.ask("GET", "/.well-known/openid-configuration")
    assert discovery["issuer"] == stack.site["api"]
    keys = jwt.PyJWKSet.from_dict(nobody.ask("GET", urlsplit(discovery["jwks_uri"]).path))
    token = stack.site["tokens"]["owner"]
    key = keys[jwt.get_unverified_header(token)["kid"]]
    assert jwt.decode(token, key, ["RS256"], audience="portway", issuer=discovery["issuer"])["sub"] == "owner"


def test_logs_name_the_upload(stack: LocalStack, api: Api, tmp_path: Path) -> None:
    """The function's log, one JSON object a line, has the id of each upload that it created."""
    upload_id, _ = send(api, file_of(tmp_path, 2))
    api.await_end(upload_id)
    lines = [json.loads(line) for line in (stack.state / "ApiFunction.log").read_text("utf-8").splitlines()]
    assert any(line.get("upload_id") == upload_id for line in lines)


def test_who_goes_away_in_the_middle_is_no_error(stack: LocalStack, api: Api) -> None:
    """A connection that is reset while its body is on the way leaves no traceback among the requests."""
    place = urlsplit(stack.site["api"])
    with socket.create_connection((place.hostname or "", place.port or 0)) as link:
        link.sendall(b"POST /v1/uploads HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert api.call("GET", "/v1/uploads").status == 200
    assert "Traceback" not in (stack.state / "front.log").read_text("utf-8")
