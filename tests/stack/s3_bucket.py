"""A bucket of a strict endpoint that lives as long as a test, and the endpoint as a child process."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from urllib3 import BaseHTTPResponse, PoolManager

from dev.s3.serving import Served, serve

REGION, KEY, SECRET = "eu-central-1", "AKIDSTACK", "stack/secret+one"
ROOT = Path(__file__).parents[2]


def code(work: Callable[[], object]) -> str:
    """The error code of an SDK call that has to be refused."""
    with pytest.raises(ClientError) as caught:
        work()
    return str(caught.value.response["Error"]["Code"])


def client(url: str, *, access_key: str = KEY, secret: str = SECRET, **options: Any) -> Any:
    """boto3 without retries, path-style."""
    chosen: dict[str, Any] = {
        "s3": {"addressing_style": "path"},
        "signature_version": "s3v4",
        "retries": {"max_attempts": 0},
        "request_checksum_calculation": "when_required",
        **options,
    }
    config = Config(**chosen)
    return boto3.Session(access_key, secret, region_name=REGION).client("s3", endpoint_url=url, config=config)


@dataclass(frozen=True)
class Bucket:
    """One bucket: SDK calls by `call`, raw requests by `send`."""

    url: str
    s3: Any
    http: PoolManager
    served: Served | None = None
    name: str = "bucket"

    def call(self, operation: str, key: str = "", **options: Any) -> Any:
        return getattr(self.s3, operation)(Bucket=self.name, **({"Key": key} if key else {}), **options)

    def create(self) -> None:
        self.s3.create_bucket(Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": REGION})

    def another(self, *, versions: bool = False) -> Bucket:
        """A new bucket beside this one."""
        made = replace(self, name=f"bucket-{uuid.uuid4().hex[:8]}")
        made.create()
        if versions:
            made.call("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"})
        return made

    def sign(self, operation: str, key: str, seconds: int = 600, **options: Any) -> str:
        """A presigned URL."""
        params = {"Bucket": self.name, "Key": key, **options}
        return str(self.s3.generate_presigned_url(operation, Params=params, ExpiresIn=seconds))

    def send(self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Any:
        return self.http.request(method, url, body=body, headers=headers or {}, redirect=False)

    def begin(self, key: str, **options: Any) -> str:
        return str(self.call("create_multipart_upload", key, **options)["UploadId"])

    def part(self, upload_id: str, number: int, key: str, body: bytes) -> dict[str, Any]:
        """Send one part by presigned URL; its entry for Complete."""
        url = self.sign("upload_part", key, UploadId=upload_id, PartNumber=number)
        return {"PartNumber": number, "ETag": self.send("PUT", url, body).headers["ETag"]}

    def complete(self, upload_id: str, key: str, parts: list[dict[str, Any]], **options: Any) -> Any:
        listed = {"Parts": parts}
        return self.call("complete_multipart_upload", key, UploadId=upload_id, MultipartUpload=listed, **options)

    def read(self, key: str, **options: Any) -> bytes:
        body: bytes = self.call("get_object", key, **options)["Body"].read()
        return body


def answer(response: BaseHTTPResponse) -> str:
    """Status and S3 code of a raw response."""
    code = response.data.partition(b"<Code>")[2].partition(b"</Code>")[0].decode()
    return f"{response.status} {code}".strip()


def at(url: str, served: Served | None = None) -> Bucket:
    return Bucket(url, client(url), PoolManager(retries=False, timeout=30), served)


@contextmanager
def bucket(data: Path, *, versions: bool = False, **options: Any) -> Iterator[Bucket]:
    """A new bucket of an endpoint in this process; `options` are the endpoint's."""
    with serve(data=data, keys={KEY: SECRET}, region=REGION, **options) as served:
        made = at(served.url, served)
        made.create()
        if versions:
            made.call("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"})
        yield made


@contextmanager
def endpoint_process(data: Path, *flags: str) -> Iterator[tuple[subprocess.Popen[str], Bucket]]:
    """The endpoint as a process of its own, on the folder `data`; killed at the end if it still runs."""
    command = [sys.executable, "-m", "dev.s3", "--data", str(data), "--key", f"{KEY}:{SECRET}", "--region", REGION]
    with subprocess.Popen([*command, *flags], stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            yield process, at(json.loads(process.stdout.readline())["url"])
        finally:
            process.kill()


def peak_mib(pid: int) -> int:
    """The largest resident size of a process so far."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


def connection_to(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 0
