"""Form posts: what the signed policy allows, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.stack.s3_bucket import Bucket, answer, bucket

APP = "https://app.test"


@pytest.fixture
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    with bucket(tmp_path_factory.mktemp("s3")) as one:
        yield one


def post(made: Bucket, form: Any, body: bytes = b"12345", changed: Mapping[str, str] | None = None) -> Any:
    fields = {**form["fields"], **(changed or {}), "file": ("name.txt", body)}
    return made.http.request("POST", form["url"], fields=fields, redirect=False)


def test_a_form_is_bound_by_its_policy(made: Bucket) -> None:
    """Exact key, length range, type, and no field that the policy does not name."""
    form = made.s3.generate_presigned_post(
        made.name,
        "in/key",
        Fields={"Content-Type": "image/png", "success_action_status": "201"},
        Conditions=[["content-length-range", 2, 10], {"Content-Type": "image/png"}, {"success_action_status": "201"}],
    )
    assert b"<Key>in/key</Key>" in post(made, form).data
    head = made.call("head_object", "in/key", ChecksumMode="ENABLED")
    assert (head["ContentType"], made.read("in/key")) == ("image/png", b"12345")
    assert answer(post(made, form, b"x" * 11)) == "400 EntityTooLarge"
    assert answer(post(made, form, b"x")) == "400 EntityTooSmall"
    assert answer(post(made, form, changed={"key": "in/other"})) == "403 AccessDenied"
    assert answer(post(made, form, changed={"Content-Type": "text/html"})) == "403 AccessDenied"
    assert answer(post(made, form, changed={"x-amz-meta-a": "b"})) == "403 AccessDenied"
    assert answer(post(made, form, changed={"x-amz-signature": "0" * 64})) == "403 SignatureDoesNotMatch"
    assert made.read("in/key") == b"12345"


def test_a_form_ends_with_its_policy(made: Bucket) -> None:
    """After the expiration the form is worth nothing; a redirect tells where the object is."""
    form = made.s3.generate_presigned_post(made.name, "${filename}", ExpiresIn=-1)
    assert answer(post(made, form)) == "403 AccessDenied"
    target = {"success_action_redirect": f"{APP}/done"}
    form = made.s3.generate_presigned_post(made.name, "p/${filename}", Fields=target, Conditions=[target])
    response = post(made, form)
    assert (response.status, made.read("p/name.txt")) == (303, b"12345")
    assert response.headers["Location"].startswith(f"{APP}/done?bucket={made.name}&key=p%2Fname.txt&etag=")
