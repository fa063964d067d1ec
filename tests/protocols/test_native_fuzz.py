"""Whatever comes in, the native API answers it: a good answer or a refusal as documented, never an error of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portway.protocols import native_by_token, native_operator_wire, native_wire
from portway.quotas import Quota
from tests.protocols.documented import DocumentedService
from tests.protocols.service import ENVIRONMENT, OWNER, Service, service
from tests.protocols.steps import BY_JWT, tiny_with_token
from tests.security.effort import tries

STAGES = ("created", "sent", "completed", "published", "removed")
ROUTES = (*BY_JWT, *native_by_token.ROUTES)
BODIES = (
    native_wire.CreateUpload,
    native_wire.SignParts,
    native_wire.ReportProgress,
    native_wire.CompleteUpload,
    native_wire.GiveToken,
    native_operator_wire.Explain,
)
GOOD: dict[str, list[Any]] = {
    "name": ["a.txt", "x" * 255],
    "size": [0, 5, 1 << 33, (1 << 63) + 1],
    "content_type": ["text/plain", "a/b; c=d"],
    "category": ["anything"],
    "part_size": [None, 5 << 20, 5 << 30],
    "checksum_algorithm": ["crc32", "crc32c", "crc64nvme"],
    "checksum": [None, "AAAAAAAAAAA=", "AAAAAA=="],
    "numbers": [[1], [1, 1], list(range(1, 200))],
    "range": [[1, 1], [1, 10_000], [2, 1], [-1, 1 << 70]],
    "form": ["urls", "template"],
    "checksums": [{}, {"1": "AAAAAAAAAAA="}],
    "why": ["", "seen", "x" * 1001],
    "seconds": [None, 1, 60, 604_801, -1, 1 << 70],
    "stored": [[], [[1, 1]], [[1, 10_000]], [[1, 1 << 70]]],
}
TEXT = st.text(st.characters(exclude_categories=()), max_size=30)
NUMBERS = st.integers() | st.integers(-(10**40), 10**40) | st.floats()
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=12,
)


def objects() -> st.SearchStrategy[dict[str, Any]]:
    """Objects with fields that some request has, of good, of close and of absurd values, and some with other fields."""
    fields = {name for model in BODIES for name in model.model_fields}
    known = {name: st.sampled_from(GOOD.get(name, [None])) | JSON for name in fields}
    whole = [st.fixed_dictionaries({}, optional={f: known[f] for f in model.model_fields}) for model in BODIES]
    create = st.fixed_dictionaries(
        {name: st.sampled_from(GOOD[name]) for name in ("name", "size", "content_type")},
        optional={name: known[name] for name in native_wire.CreateUpload.model_fields if name not in GOOD},
    )
    return st.one_of(create, *whole, st.dictionaries(st.sampled_from(sorted(fields)) | TEXT, JSON, max_size=5))


TEXTS = st.one_of(
    st.none(),
    objects().map(json.dumps),
    objects().map(lambda value: json.dumps(value, ensure_ascii=False)),
    JSON.map(json.dumps),
    st.text(max_size=200),
    st.integers(1, 5000).map(lambda depth: '{"a":' * depth + "1" + "}" * depth),
)
QUERIES = st.one_of(
    st.just(""),
    st.builds("?{}={}".format, st.sampled_from(["limit", "cursor", "status", "a"]), st.from_regex(r"[\w%+.-]{0,20}")),
    TEXT.map("?{}".format),
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={"idempotency-key": TEXT, "content-type": st.sampled_from(["application/json", "", "text/plain"]) | TEXT},
)


@pytest.fixture(scope="module")
def api_and_ids() -> Iterator[tuple[Service, dict[str, str]]]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        api = service(DocumentedService, Quota(1 << 60, 1_000_000))
        yield api, dict(tiny_with_token(api, stage) for stage in STAGES)
    assert "X-Amz-Signature" not in api.logs.getvalue()


@settings(max_examples=tries(600), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(route=st.sampled_from(ROUTES), which=st.integers(0, len(STAGES)), text=TEXTS, query=QUERIES, headers=HEADERS)
def test_every_request_is_answered(
    api_and_ids: tuple[Service, dict[str, str]],
    route: tuple[str, str, str, Any],
    which: int,
    text: str | None,
    query: str,
    headers: dict[str, str],
) -> None:
    """Random bodies, queries and headers on every route, for uploads in every state: 2xx or 4xx, as documented."""
    api, tokens = api_and_ids
    upload_id = [*tokens, "0" * 26][which]
    path = route[1].replace("<upload_id>", upload_id).replace("<file_id>", upload_id)
    bearer = {"authorization": f"Bearer {tokens.get(upload_id)}"}
    answer = api.send(route[0], path + query, text, headers=headers | bearer)
    assert 200 <= answer.status < 300 or 400 <= answer.status < 500, answer.text
    if answer.text:
        assert isinstance(answer.document, dict)


@settings(max_examples=tries(200), deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"]) | TEXT,
    path=st.lists(TEXT | st.sampled_from(["v1", "uploads", "files", "parts", "complete"]))
    .map("/".join)
    .map("/{}".format),
    who=st.none() | st.dictionaries(st.sampled_from(["sub", "tenant", "roles"]) | TEXT, TEXT) | st.just(OWNER),
)
def test_every_path_is_answered(
    api_and_ids: tuple[Service, dict[str, str]], method: str, path: str, who: dict[str, str] | None
) -> None:
    """Random paths, methods and claims: a JSON answer of the API, never the framework's."""
    answer = api_and_ids[0].send(method, path, None, who=who)
    assert answer.status in (200, 403, 404, 422), answer.text
    assert answer.headers["content-type"] in ("application/json", "application/problem+json")
    assert isinstance(answer.document, dict)
