"""A phone on the running stack: it has the token of one upload and signed URLs, and no other credential."""

from __future__ import annotations

import hashlib
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from dev.client import Api, declaration
from portway.protocols import native_by_token
from tests.stack.local_stack import MIB, LocalStack, file_of, published_sha256

PART = 5 * MIB
UNAUTHORIZED = {"message": "Unauthorized"}


def put(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Send a part, with nothing but its URL."""
    place = urlsplit(url)
    link = HTTPConnection(place.netloc, timeout=30)
    link.request("PUT", f"{place.path}?{place.query}", body, headers)
    answer = link.getresponse()
    answer.read()
    link.close()
    return answer.status


def test_a_token_finishes_an_upload_until_it_is_taken_back(stack: LocalStack, api: Api, tmp_path: Path) -> None:
    """Created and given with a JWT; signed, sent, reported, completed and watched without; then 401 for ever."""
    path = file_of(tmp_path, PART + 7)
    upload = api.ask("POST", "/v1/uploads", {**declaration(path), "part_size": PART, "window": 0})
    token = api.ask("POST", f"/v1/uploads/{upload['id']}/token", {"seconds": 3600})["token"]
    phone = Api(stack.site["api"], token)
    assert phone.ask("GET", "/v1/capability")["missing"] == [[1, 2]]
    content = path.read_bytes()
    for part in phone.ask("POST", "/v1/capability/parts", {"range": [1, 2]})["parts"]:
        first = (part["number"] - 1) * PART
        assert put(part["url"], content[first : first + part["length"]], part["headers"]) == 200
    assert phone.ask("POST", "/v1/capability/progress", {"stored": [[1, 2]]})["status"] == "in_progress"
    assert [part["size"] for part in phone.ask("GET", "/v1/capability/parts")["parts"]] == [PART, 7]
    assert phone.ask("POST", "/v1/capability/complete", {"size": len(content)})["status"] in ("processing", "completed")
    assert api.await_end(upload["id"])["status"] == phone.ask("GET", "/v1/capability")["status"] == "completed"
    assert published_sha256(api, upload["id"]) == hashlib.sha256(content).hexdigest()
    assert api.call("DELETE", f"/v1/uploads/{upload['id']}/token").status == 204
    for method, route, *_ in native_by_token.ROUTES:
        reply = phone.call(method, route, {} if method == "POST" else None)
        assert (reply.status, reply.document["code"]) == (401, "bad_token")


def test_the_gateway_keeps_tokens_and_jwts_apart(stack: LocalStack, api: Api) -> None:
    """A token on a route of the owner is the gateway's 401, a JWT on a route of a token is ours."""
    upload = api.ask("POST", "/v1/uploads", {"name": "a", "size": 1, "content_type": "text/plain", "window": 0})
    token = api.ask("POST", f"/v1/uploads/{upload['id']}/token")["token"]
    for credential in (token, None):
        for method, path in (("GET", "/v1/uploads"), ("DELETE", f"/v1/uploads/{upload['id']}"), ("GET", "/v1/none")):
            reply = Api(stack.site["api"], credential).call(method, path)
            assert (reply.status, reply.document) == (401, UNAUTHORIZED)
    for credential in (*stack.site["tokens"].values(), None):
        reply = Api(stack.site["api"], credential).call("GET", "/v1/capability")
        assert (reply.status, reply.document["code"], reply.headers["www-authenticate"]) == (401, "bad_token", "Bearer")
    assert api.ask("GET", f"/v1/uploads/{upload['id']}")["status"] == "initiated"


@pytest.mark.parametrize(
    "path",
    ["/v1/capability/", "/v1/capability/token", "/v1/capability/../uploads", "/v1/capability/..%2fuploads",
     "/v1/capability%2f..%2fuploads", "/v1/Capability", "/v1/capability/parts/1", "/v1/capability//parts"],
)  # fmt: skip
def test_no_other_spelling_of_a_path_does_without_a_jwt(stack: LocalStack, path: str) -> None:
    """Over real HTTP, as the server's own parser hands it on: the gateway asks for a JWT, or knows no such route."""
    for method in ("GET", "POST", "DELETE"):
        assert Api(stack.site["api"], None).call(method, path).status in (401, 404)


def test_a_page_may_use_a_token(stack: LocalStack) -> None:
    """The browser's question is answered for the routes of a token, too, and our 401 can be read by the page."""
    origin = stack.site["api"]
    asked = {"origin": origin, "access-control-request-method": "POST"}
    nobody = stack.api(None)
    preflight = nobody.call("OPTIONS", "/v1/capability/parts", headers=asked)
    assert (preflight.status, preflight.headers["access-control-allow-origin"]) == (204, origin)
    refused = nobody.call("GET", "/v1/capability", headers={"origin": origin})
    assert (refused.status, refused.headers["access-control-allow-origin"]) == (401, origin)
