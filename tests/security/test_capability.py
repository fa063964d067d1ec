"""The token of one upload, through the gateway as it is deployed: it opens its own five routes, nothing else does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dev.front.payload import Answer, Request
from portway.ids import ALPHABET
from portway.protocols import native_by_token
from tests.protocols.steps import BY_JWT, tiny_with_token
from tests.protocols.test_native_by_token import REQUESTS
from tests.protocols.test_native_isolation import UNKNOWN
from tests.security.effort import tries
from tests.security.front import TOKENS, Front
from tests.security.tokens import FORGED

ROUTES = [
    pytest.param(method, path, until, body, id=f"{operation}-{until}-{position}")
    for method, path, operation, _ in native_by_token.ROUTES
    for position, (until, body) in enumerate(REQUESTS.get(operation, []))
]
ADDRESSES = {(method, path) for method, path, _, _ in native_by_token.ROUTES}


def refused(answers: list[Answer]) -> bool:
    """All the same, and 401 with the code that says nothing more."""
    first = answers[0]
    return (first.status, json.loads(first.body)["code"], answers) == (401, "bad_token", [first] * len(answers))


@pytest.mark.parametrize(("method", "path", "until", "body"), ROUTES)
def test_a_token_opens_its_upload(front: Front, method: str, path: str, until: str, body: Any) -> None:
    """Every request of the matrix reaches the upload with its token: the matrix asks something."""
    _, token = tiny_with_token(front.service, until)
    assert front.ask(method, path, body, token).status not in (401, 403, 404)


@pytest.mark.parametrize(("method", "path", "until", "body"), ROUTES)
def test_what_is_no_token_of_an_upload_opens_nothing(
    front: Front, method: str, path: str, until: str, body: Any
) -> None:
    """Taken back, replaced, ended, forged, a JWT of anybody, none: one answer to the byte, and nothing changes."""
    api, owner = front.service, TOKENS["owner"]
    live, token = tiny_with_token(api, until)
    kinds = {kind: tiny_with_token(api, "created", 60) for kind in ("revoked", "replaced", "expired")}
    assert front.ask("DELETE", f"/v1/uploads/{kinds['revoked'][0]}/token", None, owner).status == 204
    assert front.ask("POST", f"/v1/uploads/{kinds['replaced'][0]}/token", {}, owner).status == 201
    api.clock.pass_seconds(60)
    mixed = f"{kinds['replaced'][0]}.{token.partition('.')[2]}"
    before = front.held()
    dead = [made for _, made in kinds.values()]
    others = [mixed, live, f"{UNKNOWN}.{'0' * 32}", None, *TOKENS.values(), *FORGED.values()]
    assert refused([front.ask(method, path, body, each) for each in (*dead, *others)])
    assert front.held() == before


@pytest.mark.parametrize(("method", "path", "until", "body"), ROUTES)
def test_a_token_moves_no_other_upload(front: Front, method: str, path: str, until: str, body: Any) -> None:
    """Of the same owner, with everything asked for that can be asked: only the upload of the token is touched."""
    other, _ = tiny_with_token(front.service, until)
    upload_id, token = tiny_with_token(front.service, until)
    before = front.service.sessions.uploads[other]
    answer = front.ask(method, path, body, token)
    assert front.service.sessions.uploads[other] == before
    assert other not in answer.body.decode()
    assert json.loads(answer.body).get("id", upload_id) == upload_id


MUTATIONS: dict[str, Callable[[str], str]] = {
    # from a good token to one that opens nothing
    "nothing": lambda _: "",
    "the id alone": lambda token: token.partition(".")[0],
    "the secret alone": lambda token: token.partition(".")[2],
    "without its secret": lambda token: token.partition(".")[0] + ".",
    "without its id": lambda token: "." + token.partition(".")[2],
    "the halves exchanged": lambda token: ".".join(reversed(token.split("."))),
    "in small letters": str.lower,
    "one character less": lambda token: token[:-1],
    "one character more": lambda token: token + "0",
    "another last character": lambda token: token[:-1] + ("0" if token[-1] != "0" else "1"),
    "another first character": lambda token: ("0" if token[0] != "0" else "1") + token[1:],
    "the id of an unknown upload": lambda token: UNKNOWN + token[26:],
    "another separator": lambda token: token.replace(".", ":"),
    "an encoded separator": lambda token: token.replace(".", "%2E"),
    "two separators": lambda token: token.replace(".", ".."),
    "a third part": lambda token: f"{token}.{token[-32:]}",
    "twice": lambda token: f"{token} {token}",
    "as a list": lambda token: f"{token},{token}",
    "in quotes": lambda token: f'"{token}"',
    "with a blank before": lambda token: f" {token}",
    "with a blank behind": lambda token: f"{token} ",
    "with a line break": lambda token: f"{token}\n",
    "with a NUL": lambda token: f"{token}\0",
    "in wide digits": lambda token: token.replace("0", "０"),
    "letters that look like digits": lambda token: token.replace("0", "O"),
    "its hash instead of its secret": lambda token: f"{token[:27]}{hashlib.sha256(token.encode()).hexdigest()[:32]}",
    "the hash that is kept": lambda token: f"{token[:27]}{hashlib.sha256(token.encode()).hexdigest()}",
    "a parameter": lambda token: f'token="{token}"',
    "very long": lambda token: token + "0" * 8000,
    "half of a surrogate pair": lambda token: token[:-1] + "\ud800",
    "any": lambda _: "*",
    "words": lambda _: "let me in",
}


def test_no_mutation_of_a_token_opens_anything(front: Front) -> None:
    """Thirty ways to bend a good one, and one answer to the byte; the good one still opens."""
    _, token = tiny_with_token(front.service, "sent")
    assert len(MUTATIONS) >= 30
    bent = {name: bend(token) for name, bend in MUTATIONS.items()}
    assert token not in bent.values()
    for method, path, *_ in native_by_token.ROUTES:
        assert refused([front.ask(method, path, {} if method == "POST" else None, each) for each in bent.values()])
    assert front.ask("GET", "/v1/capability", token=token).status == 200


def test_no_character_of_a_capability_can_be_changed(front: Front) -> None:
    """Every one of its 59 counts."""
    _, token = tiny_with_token(front.service, "created")
    characters = st.sampled_from(ALPHABET + ".-_") | st.characters(codec="latin-1")

    @settings(max_examples=tries(150), deadline=None, database=None)
    @given(place=st.integers(0, len(token) - 1), character=characters)
    def one(place: int, character: str) -> None:
        changed = token[:place] + character + token[place + 1 :]
        assert front.ask("GET", "/v1/capability", token=changed).status == (200 if changed == token else 401)

    one()


@pytest.mark.parametrize("route", BY_JWT, ids=lambda route: route[2])
def test_a_capability_opens_no_route_of_its_owner(front: Front, route: tuple[str, str, str, Any]) -> None:
    """Also not for its own upload: the gateway refuses it as it refuses everything that is no JWT; no code is asked."""
    method, path, _, _ = route
    upload_id, token = tiny_with_token(front.service, "sent")
    before = front.held()
    asked = path.replace("<upload_id>", upload_id).replace("<file_id>", upload_id)
    answer = front.ask(method, asked, {} if method == "POST" else None, token)
    assert (answer.status, answer.body) == (401, b'{"message":"Unauthorized"}')
    assert (front.calls, front.held()) == ([], before)


CLIMBS = [
    "/v1/capability/../uploads", "/v1/capability/..%2Fuploads", "/v1/capability%2F..%2Fuploads",
    "/v1/capability/..;/uploads", "/v1/capability/%2e%2e/uploads", "/v1/capability/.././operator/uploads",
    "/v1/capability/parts/../../uploads", "/v1/capability//uploads", "/v1//capability", "//v1/capability",
    "/v1/capability/", "/v1/capability/.", "/v1/./capability", "/v1/capability%2F", "/v1/capability%00",
    "/v1/Capability", "/V1/capability", "/v1/CAPABILITY/parts", "/v1/capability/Parts", "/v1/capability/parts/",
    "/v1/capability/uploads", "/v1/capability/{}", "/v1/capability/uploads/{}", "/v1/capability/parts/1",
    "/v1/capability/token", "/v1/capability/{}/token", "/v1/capability/files/{}/url",
    "/v1/capability/operator/uploads", "/v1/uploads/../capability", "/v1/uploads/{}/../../capability",
    "/v1/uploads/{}?x=/v1/capability", "/v1/uploads/{}#/v1/capability", "/v1/uploads/{};/v1/capability",
    r"/v1/capability\..\uploads", "/v1/capability%5c..%5cuploads", "/v1%2Fcapability", "/v1/capabilit%79",
    "/v1/capability?path=/v1/uploads", "/%2e/v1/capability", "/v1/capability/%252e%252e/uploads",
]  # fmt: skip


@pytest.mark.parametrize("climb", CLIMBS)
def test_nothing_of_the_owner_is_reached_without_a_jwt(front: Front, climb: str) -> None:
    """However a path is spelt: what reaches the function without a JWT is one of the five addresses, or nothing."""
    upload_id, token = tiny_with_token(front.service, "published")
    before, path = front.held(), climb.replace("{}", upload_id)
    for method in ("GET", "POST", "DELETE", "PUT", "PATCH", "HEAD"):
        assert front.ask(method, path).status in (401, 404), method
        front.ask(method, path, None, token)
    called = {(event["requestContext"]["http"]["method"], event["rawPath"]) for event in front.calls}
    assert called <= ADDRESSES
    assert front.held() == before


def test_every_route_of_a_token_is_reached_without_a_jwt(front: Front) -> None:
    """The template lets exactly these addresses through, with exactly their methods."""
    for method, path, *_ in native_by_token.ROUTES:
        front.ask(method, path, {})
        for other in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"):
            if (other, path) not in ADDRESSES:
                assert front.ask(other, path).body == b'{"message":"Unauthorized"}', (other, path)
    assert [(e["requestContext"]["http"]["method"], e["rawPath"]) for e in front.calls] == [
        (method, path) for method, path, *_ in native_by_token.ROUTES
    ]


def test_a_credential_in_a_url_is_none(front: Front) -> None:
    """A token in the query, in the path or in a cookie opens nothing: it would end up in logs and histories."""
    _, token = tiny_with_token(front.service, "created")
    cookie = Request(method="GET", target="/v1/capability", headers=[("cookie", f"token={token}")])
    assert refused([front.ask("GET", f"/v1/capability?token={token}"), front.answer(cookie)])
    assert front.ask("GET", f"/v1/capability/{token}").status == 401
