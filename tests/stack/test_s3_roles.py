"""Roles on the strict endpoint: what AssumeRole gives, how far it reaches, and when it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from urllib3 import PoolManager

from dev.s3 import roles, sessions
from dev.s3.refused import Refused
from dev.s3.serving import serve
from tests.stack.s3_bucket import KEY, REGION, SECRET, Bucket, client

CALLER, SIGNER, OTHER = (f"arn:aws:iam::123456789012:role/{name}" for name in ("caller", "signer", "other"))
IN = "arn:aws:s3:::bucket/in/*"


def statement(action: str | list[str], resource: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def role(arn: str, trusted: Any, *statements: dict[str, Any]) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": trusted}
    policy = {"PolicyName": "least", "PolicyDocument": {"Statement": list(statements)}}
    return {"Arn": arn, "AssumeRolePolicyDocument": {"Statement": [trust]}, "RolePolicyList": [policy]}


DETAILS = {
    "RoleDetailList": [
        role(CALLER, {"Service": "lambda.amazonaws.com"}, statement("sts:AssumeRole", SIGNER)),
        role(SIGNER, {"AWS": CALLER}, statement("s3:PutObject", IN)),
        role(OTHER, {"AWS": [CALLER]}, statement("s3:*", "*")),
    ]
}


@dataclass
class World:
    """A bucket with versions, the caller's STS client, and a clock that can be put forward."""

    bucket: Bucket
    sts: Any
    ahead: timedelta = field(default_factory=timedelta)

    def assume(self, arn: str = SIGNER, **more: Any) -> Mapping[str, str]:
        given = self.sts.assume_role(RoleArn=arn, RoleSessionName="tests", **more)
        credentials: Mapping[str, str] = given["Credentials"]
        return credentials

    def with_(self, credentials: Mapping[str, str]) -> Bucket:
        """The bucket as somebody with temporary credentials sees it."""
        session = boto3.Session(
            credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"], region_name=REGION
        )
        config = Config(s3={"addressing_style": "path"}, signature_version="s3v4", retries={"max_attempts": 0})
        return replace(self.bucket, s3=session.client("s3", endpoint_url=self.bucket.url, config=config))


@pytest.fixture(scope="module")
def module_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("roles")
    made: list[World] = []
    file = folder / "roles.json"
    file.write_text(json.dumps(DETAILS), "utf-8")

    def clock() -> datetime:
        return datetime.now(UTC) + (made[0].ahead if made else timedelta())

    with (
        serve(
            data=folder / "data",
            keys={KEY: SECRET, "CALLER": "calling"},
            region=REGION,
            principals={"CALLER": CALLER},
            session_key="seal",
            roles=roles.from_file(file),
            clock=clock,
        ) as served,
        PoolManager() as http,
    ):
        bucket = Bucket(served.url, client(served.url), http, served)
        bucket.create()
        sts = boto3.Session("CALLER", "calling", region_name=REGION).client(
            "sts", endpoint_url=served.url, config=Config(retries={"max_attempts": 0})
        )
        made.append(World(bucket, sts))
        yield made[0]


@pytest.fixture
def world(module_world: World) -> World:
    module_world.ahead = timedelta()
    return module_world


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_a_role_gives_credentials_that_work_for_what_it_may(world: World) -> None:
    """AssumeRole answers as STS does; its key, secret and token sign headers and URLs."""
    given = world.assume(DurationSeconds=900)
    assert given["AccessKeyId"].startswith("ASIA")
    ends: Any = given["Expiration"]
    assert timedelta(seconds=890) < ends - datetime.now(UTC) <= timedelta(seconds=900)
    theirs = world.with_(given)
    theirs.call("put_object", "in/a", Body=b"x")
    assert theirs.send("PUT", theirs.sign("put_object", "in/b"), b"x").status == 200
    assert world.bucket.call("get_object", "in/b")["Body"].read() == b"x"


@pytest.mark.parametrize(
    ("operation", "key", "more"),
    [
        ("get_object", "in/a", {}),
        ("delete_object", "in/a", {}),
        ("put_object", "elsewhere", {"Body": b"x"}),
        ("put_object", "in/a", {"Body": b"x", "Tagging": "a=b"}),
        ("copy_object", "in/c", {"CopySource": "bucket/in/a"}),
        ("list_objects_v2", "", {}),
        ("put_bucket_policy", "", {"Policy": "{}"}),
        ("delete_bucket", "", {}),
    ],
)
def test_what_a_role_is_not_allowed_it_cannot_do(world: World, operation: str, key: str, more: dict[str, Any]) -> None:
    """Nothing is allowed by silence: reading, deleting, tagging, copying, other keys, other buckets' settings."""
    world.bucket.call("put_object", "in/a", Body=b"x")
    with pytest.raises(ClientError) as error:
        world.with_(world.assume()).call(operation, key, **more)
    assert code(error) == "AccessDenied"


def test_delete_objects_asks_for_each_key(world: World) -> None:
    """A role that may not delete gets an error per key, and nothing is gone."""
    world.bucket.call("put_object", "in/a", Body=b"x")
    done = world.with_(world.assume()).call("delete_objects", Delete={"Objects": [{"Key": "in/a"}]})
    assert [row["Code"] for row in done["Errors"]] == ["AccessDenied"]
    assert world.bucket.call("head_object", "in/a")["ContentLength"] == 1


def test_a_url_ends_with_the_credentials_that_signed_it(world: World) -> None:
    """However long a URL says it lives, S3 answers ExpiredToken once the role's hour is over."""
    theirs = world.with_(world.assume())
    url = theirs.sign("put_object", "in/late", seconds=7200)
    world.ahead = timedelta(seconds=3590)
    assert theirs.send("PUT", url, b"x").status == 200
    world.ahead = timedelta(seconds=3601)
    answer = theirs.send("PUT", url, b"x")
    assert (answer.status, b"<Code>ExpiredToken</Code>" in answer.data) == (400, True)


def test_a_token_belongs_to_its_key(world: World) -> None:
    """Without its token a temporary key does not exist; a forged, foreign or cut token is invalid."""
    given = world.assume()
    for token, expected in (
        (None, "InvalidAccessKeyId"),
        (given["SessionToken"][:-1] + "x", "InvalidToken"),
        ("e30=.00", "InvalidToken"),
        (sessions.issue("seal", SIGNER, datetime.now(UTC), "other").token, "InvalidAccessKeyId"),
    ):
        session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], token, region_name=REGION)
        s3 = session.client("s3", endpoint_url=world.bucket.url, config=Config(s3={"addressing_style": "path"}))
        with pytest.raises(ClientError) as error:
            s3.put_object(Bucket="bucket", Key="in/a", Body=b"x")
        assert code(error) == expected


@pytest.mark.parametrize(
    ("arn", "more", "expected"),
    [
        (CALLER, {}, "AccessDenied"),
        (OTHER, {}, "AccessDenied"),
        ("arn:aws:iam::123456789012:role/nobody", {}, "AccessDenied"),
        (SIGNER, {"DurationSeconds": 7200}, "ValidationError"),
        (SIGNER, {"Policy": "{}"}, "NotImplemented"),
    ],
)
def test_a_role_is_given_only_where_both_sides_agree(
    world: World, arn: str, more: dict[str, Any], expected: str
) -> None:
    """The role trusts the caller and the caller's policies name the role; never for longer than an hour."""
    with pytest.raises(ClientError) as error:
        world.assume(arn, **more)
    assert code(error) == expected


def test_a_role_cannot_take_itself_further(world: World) -> None:
    """Who holds the signer role can assume nothing with it, not even the signer role again."""
    given = world.assume()
    session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], region_name=REGION)
    with pytest.raises(ClientError) as error:
        session.client("sts", endpoint_url=world.bucket.url).assume_role(RoleArn=SIGNER, RoleSessionName="again")
    assert code(error) == "AccessDenied"


def test_sts_checks_the_signature(world: World) -> None:
    """A caller with a wrong secret is nobody."""
    wrong = boto3.Session("CALLER", "guessing", region_name=REGION).client("sts", endpoint_url=world.bucket.url)
    with pytest.raises(ClientError) as error:
        wrong.assume_role(RoleArn=SIGNER, RoleSessionName="tests")
    assert code(error) == "SignatureDoesNotMatch"


def test_who_may_not_list_is_not_told_what_is_absent(tmp_path: Path) -> None:
    """HEAD of a missing key is 404 only with s3:ListBucket and 403 without, as on AWS."""
    reads = statement("s3:GetObject", "arn:aws:s3:::bucket/*")
    lists = statement("s3:ListBucket", "arn:aws:s3:::bucket", Condition={"StringLike": {"s3:prefix": "in/*"}})
    head = statement("s3:ListBucket", "arn:aws:s3:::bucket")
    for extra, status in ((lists, 403), (head, 404)):
        known = roles.parse(json.dumps({"RoleDetailList": [role(CALLER, {}, reads, extra)]}))
        keys = {KEY: SECRET, "CALLER": "calling"}
        data = tmp_path / str(status)
        principals = {"CALLER": CALLER}
        with (
            serve(data=data, keys=keys, region=REGION, principals=principals, roles=known.get) as served,
            PoolManager() as http,
        ):
            bucket = Bucket(served.url, client(served.url), http)
            bucket.create()
            theirs = replace(bucket, s3=client(served.url, access_key="CALLER", secret="calling"))
            with pytest.raises(ClientError) as error:
                theirs.call("head_object", "missing")
            assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_roles_may_change_while_the_endpoint_runs(tmp_path: Path) -> None:
    """The file of roles may come later than the endpoint, and what it says counts from then on."""
    file = tmp_path / "roles.json"
    known = roles.from_file(file)
    assert known(SIGNER) is None
    file.write_text(json.dumps(DETAILS), "utf-8")
    found = known(SIGNER)
    assert found
    assert found.trusted == {CALLER}
    assert [right.actions for right in found.rights] == [["s3:PutObject"]]


def test_a_role_that_cannot_be_judged_is_refused() -> None:
    """A policy element or condition that the endpoint does not know is an error, never passed over."""
    for odd in ({"NotAction": "s3:*"}, {"Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}):
        details = {"RoleDetailList": [role(SIGNER, {}, statement("s3:PutObject", IN, **odd))]}
        with pytest.raises(Refused):
            roles.parse(json.dumps(details))
