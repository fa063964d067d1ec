"""A large file, copied to its published place in parts by functions that are processes of their own."""

from __future__ import annotations

import os
import signal
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.faults.chaos.storm import eventually, running
from tests.stack.local_stack import MIB, LocalStack, file_of, local_stack, published_sha256, send

SIZE, COPY_MIB = 150 * MIB, 5
"""Thirty parts, ten at the same time."""
TRIES = 5


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[LocalStack]:
    with local_stack(tmp_path, PORTWAY_COPY_MIB=str(COPY_MIB), PORTWAY_LEASE_SECONDS="10") as stack:
        yield stack


class Published:
    """The published bucket, as its owner sees it."""

    def __init__(self, stack: LocalStack) -> None:
        site = stack.site
        keys = {"aws_access_key_id": site["access_key"], "aws_secret_access_key": site["secret_key"]}
        style = Config(s3={"addressing_style": "path"})
        self.s3: Any = boto3.client("s3", endpoint_url=site["s3"], region_name=site["region"], config=style, **keys)
        self.bucket = site["published_bucket"]

    def copied(self, upload_id: str) -> int:
        """Parts of the copy of this file that are there; 0 when none is open."""
        opened = self.s3.list_multipart_uploads(Bucket=self.bucket).get("Uploads", ())
        for row in (row for row in opened if row["Key"].endswith(upload_id)):
            with suppress(self.s3.exceptions.NoSuchUpload):
                named = {"Key": row["Key"], "UploadId": row["UploadId"]}
                return len(self.s3.list_parts(Bucket=self.bucket, **named).get("Parts", ()))
        return 0

    def versions(self, upload_id: str) -> list[dict[str, Any]]:
        found = self.s3.list_object_versions(Bucket=self.bucket).get("Versions", ())
        return [each for each in found if each["Key"].endswith(upload_id)]


def killed_in_the_middle(stack: LocalStack, published: Published, path: Path) -> tuple[str, str]:
    """Its id and SHA-256: the function died when some parts were copied, and others were not. By the next file if the
    function was quicker than we."""
    for _ in range(TRIES):
        upload_id, sent = send(stack.api(), path)
        eventually(lambda: published.copied(upload_id) > 0 or bool(published.versions(upload_id)))  # noqa: B023
        for pid in running(stack, "ProcessFunction"):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if 0 < published.copied(upload_id) < SIZE // MIB // COPY_MIB:
            return upload_id, sent.sha256
    raise AssertionError(f"{TRIES} copies were done before their function could be killed")


def test_a_function_that_is_killed_in_the_middle_of_a_copy_is_followed(stack: LocalStack, tmp_path: Path) -> None:
    """The sweeper goes on with what is there: one version, the bytes that were sent, served as the policy says."""
    published, api = Published(stack), stack.api()
    upload_id, sha256 = killed_in_the_middle(stack, published, file_of(tmp_path, SIZE))
    view = api.await_end(upload_id, 120)
    assert (view["status"], view["history"][-1]["state"]) == ("completed", "PUBLISHED")
    assert "lease_ended" in {attempt["code"] for attempt in view["attempts"]}
    assert published_sha256(api, upload_id) == sha256
    (version,) = published.versions(upload_id)
    assert published.copied(upload_id) == 0
    head = published.s3.head_object(Bucket=published.bucket, Key=version["Key"], ChecksumMode="ENABLED")
    assert head["ChecksumType"] == "FULL_OBJECT"
    with urllib.request.urlopen(api.ask("GET", f"/v1/files/{upload_id}/url")["url"], timeout=30) as answer:
        assert answer.headers["cache-control"] == "private"
