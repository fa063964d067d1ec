"""What a signed URL can be made to do by somebody who holds the signer's own credentials: nothing but its purpose.

The credentials are taken as ApiFunction takes them, and the S3 endpoint enforces the roles of the template.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from urllib3 import PoolManager

from dev.client import Api
from dev.identity import Identity
from dev.provision.names import ACCOUNT
from tests.stack.local_stack import LocalStack, file_of, send

FORBIDDEN = {"403 AccessDenied"}
FUNCTIONS = ("ProcessFunctionRole", "SweepFunctionRole")
SIGNERS = ("SignerRole", "DownloadSignerRole", "DeskSignerRole")


@dataclass(frozen=True)
class Thief:
    """Somebody with the keys of one role of the running stack."""

    stack: LocalStack
    keys: Mapping[str, str]

    def client(self, service: str) -> Any:
        session: Any = boto3.Session(
            self.keys["AWS_ACCESS_KEY_ID"],
            self.keys["AWS_SECRET_ACCESS_KEY"],
            self.keys["AWS_SESSION_TOKEN"],
            region_name=self.stack.site["region"],
        )
        config = Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"max_attempts": 0})
        chosen = config if service == "s3" else Config(retries={"max_attempts": 0})
        return session.client(service, endpoint_url=self.stack.site["s3"], config=chosen)

    def assumes(self, role: str) -> Thief:
        given = self.client("sts").assume_role(RoleArn=arn(self.stack, role), RoleSessionName="thief")["Credentials"]
        names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
        variables = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        return replace(self, keys={new: given[name] for new, name in zip(variables, names, strict=True)})

    def by_url(self, operation: str, **params: Any) -> str:
        """Status and code of the answer to a presigned request."""
        url = self.client("s3").generate_presigned_url(operation, Params=params, ExpiresIn=600)
        method = {"get": "GET", "head": "HEAD", "list": "GET", "delete": "DELETE", "abort": "DELETE", "put": "PUT"}
        with PoolManager() as http:
            answer = http.request(method[operation.split("_")[0]], url, body=b"x" if "put" in operation else None)
            code = answer.data.partition(b"<Code>")[2].partition(b"</Code>")[0].decode()
        return f"{answer.status} {code or ('AccessDenied' if answer.status == 403 else '')}".strip()

    def by_sdk(self, operation: str, **params: Any) -> str:
        """The same for a request with signed headers."""
        try:
            getattr(self.client("s3"), operation)(**params)
        except ClientError as error:
            return f"{error.response['ResponseMetadata']['HTTPStatusCode']} {error.response['Error']['Code']}"
        return "200"


def arn(stack: LocalStack, role: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{stack.names()[role]}"


def thief(stack: LocalStack, role: str) -> Thief:
    """With the keys that a function of this role finds in its environment."""
    identity = replace(Identity.create(), secret_key=stack.site["secret_key"])
    return Thief(stack, identity.sign_in(arn(stack, role)))


def version_of(stack: LocalStack, bucket: str, key: str) -> str:
    """The latest version of an object, for whoever owns the account."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    owner = Thief(stack, dict(zip(names, (stack.site["access_key"], stack.site["secret_key"], ""), strict=True)))
    return str(owner.client("s3").list_object_versions(Bucket=bucket, Prefix=key)["Versions"][0]["VersionId"])


@pytest.fixture(scope="module")
def api_function(stack: LocalStack) -> Thief:
    return thief(stack, "ApiFunctionRole")


@pytest.fixture(scope="module")
def published(stack: LocalStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Bucket, key and version of a published file, read out of its own download URL."""
    upload_id, _ = send(stack.api(), file_of(tmp_path_factory.mktemp("files"), 9))
    stack.api().await_end(upload_id)
    place = urlsplit(stack.api().ask("GET", f"/v1/files/{upload_id}/url")["url"])
    _, bucket, key = place.path.split("/", 2)
    return {"Bucket": bucket, "Key": key, "VersionId": parse_qs(place.query)["versionId"][0]}


def test_urls_are_signed_by_roles_with_an_end(api: Api, stack: LocalStack, tmp_path: Path) -> None:
    """A part URL and a download URL carry temporary credentials, of two different roles, and not the function's own."""
    upload_id, _ = send(api, file_of(tmp_path, 5))
    api.await_end(upload_id)
    body = {"name": "a.bin", "size": 4, "content_type": "application/octet-stream"}
    part = api.ask("POST", "/v1/uploads", body)["signed"]["parts"][0]["url"]
    download = api.ask("GET", f"/v1/files/{upload_id}/url")["url"]
    own = thief(stack, "ApiFunctionRole").keys["AWS_ACCESS_KEY_ID"]
    queries = [parse_qs(urlsplit(url).query) for url in (part, download)]
    keys = {query["X-Amz-Credential"][0].partition("/")[0] for query in queries}
    assert len(keys) == 2
    assert all(key.startswith("ASIA") and key not in (own, stack.site["access_key"]) for key in keys)
    assert all(query["X-Amz-Security-Token"][0] for query in queries)


def test_a_part_signer_can_send_and_nothing_else(api: Api, api_function: Thief, published: dict[str, str]) -> None:
    """With the signer's keys nobody can read, list, delete, abort, tag, or write outside in/, by URL or by SDK."""
    site = api_function.stack.site
    signer = api_function.assumes("SignerRole")
    incoming = site["incoming_bucket"]
    mine = {"Bucket": incoming, "Key": "in/somewhere/mine"}
    assert signer.by_url("put_object", **mine) == "200"
    outcomes = {
        signer.by_url("get_object", **mine),
        signer.by_url("head_object", **mine),
        signer.by_url("delete_object", **mine),
        signer.by_url("list_objects_v2", Bucket=incoming, Prefix="in/"),
        signer.by_url("list_parts", **mine, UploadId="x"),
        signer.by_url("abort_multipart_upload", **mine, UploadId="x"),
        signer.by_url("put_object", Bucket=incoming, Key="elsewhere"),
        signer.by_url("put_object", Bucket=published["Bucket"], Key=published["Key"]),
        signer.by_url("get_object", **published),
        signer.by_sdk("put_object", **mine, Body=b"x"),
        signer.by_sdk("put_object_tagging", **mine, Tagging={"TagSet": []}),
        signer.by_sdk("create_multipart_upload", **mine),
        signer.by_sdk("get_object", **mine),
        signer.by_sdk("put_bucket_policy", Bucket=incoming, Policy=json.dumps({"Statement": []})),
    }
    assert outcomes == FORBIDDEN


def test_a_download_signer_can_read_published_versions_and_nothing_else(
    api_function: Thief, published: dict[str, str]
) -> None:
    """With its keys nobody can replace or remove a file, see a list of files, or look into the quarantine."""
    signer = api_function.assumes("DownloadSignerRole")
    incoming = api_function.stack.site["incoming_bucket"]
    named = {name: published[name] for name in ("Bucket", "Key")}
    assert signer.by_url("get_object", **published) == "200"
    outcomes = {
        signer.by_url("get_object", **named),
        signer.by_url("put_object", **named),
        signer.by_url("delete_object", **published),
        signer.by_url("list_object_versions", Bucket=published["Bucket"]),
        signer.by_url("get_object", Bucket=incoming, Key="in/somewhere/mine"),
        signer.by_url("put_object", Bucket=incoming, Key="in/somewhere/mine"),
        signer.by_sdk("get_object", **published),
    }
    assert outcomes == FORBIDDEN


def test_the_desks_signer_can_read_quarantined_versions_and_nothing_else(
    api_function: Thief, published: dict[str, str]
) -> None:
    """With its keys nobody can replace or remove what is in quarantine, list it, read it later, or read a file."""
    signer, sender = api_function.assumes("DeskSignerRole"), api_function.assumes("SignerRole")
    named = {"Bucket": api_function.stack.site["incoming_bucket"], "Key": "in/somewhere/kept"}
    assert sender.by_url("put_object", **named) == "200"
    kept = {**named, "VersionId": version_of(api_function.stack, *named.values())}
    assert signer.by_url("get_object", **kept) == "200"
    outcomes = {
        signer.by_url("get_object", **named),
        signer.by_url("put_object", **named),
        signer.by_url("delete_object", **kept),
        signer.by_url("list_object_versions", Bucket=named["Bucket"]),
        signer.by_url("get_object", **published),
        signer.by_sdk("get_object", **kept),
    }
    assert outcomes == FORBIDDEN


def test_the_api_function_cannot_read_what_it_links_to(api_function: Thief, published: dict[str, str]) -> None:
    """Code that runs in the API function reads no published file and writes none; it asks for a URL as others do."""
    assert api_function.by_sdk("get_object", **published) == "403 AccessDenied"
    assert api_function.by_url("get_object", **published) == "403 AccessDenied"
    assert api_function.by_sdk("put_object", Bucket=published["Bucket"], Key="files/x", Body=b"x") == "403 AccessDenied"


@pytest.mark.parametrize("role", [*FUNCTIONS, *SIGNERS])
@pytest.mark.parametrize("signer", SIGNERS)
def test_nobody_else_becomes_a_signer(stack: LocalStack, role: str, signer: str) -> None:
    """Neither another function nor a signer itself can take a signer role."""
    with pytest.raises(ClientError, match="AccessDenied"):
        thief(stack, role).assumes(signer)
