"""`make remove`: the stack goes, files and records stay, and the way back is written down."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from boto3.session import Session
from botocore.validate import ParamValidator

from dev.config import ROOT
from dev.deploying import emptying, removing
from dev.deploying.removing import IDENTIFIERS, removed, to_import
from dev.stacks import NoStack
from dev.stacks import deployed as known
from tests.deploying.account import REGION, Account, account
from tests.template.stack import Stack, deployed

TABLE = {
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
}
KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
RESOURCES = {
    "Table": {"Type": "AWS::DynamoDB::Table", **KEPT, "Properties": TABLE},
    "PublishedBucket": {"Type": "AWS::S3::Bucket", **KEPT},
    "PageBucket": {"Type": "AWS::S3::Bucket", **KEPT},
    "Cache": {"Type": "AWS::S3::Bucket"},
}


@pytest.fixture
def here() -> Iterator[Account]:
    with account() as made:
        yield made


@pytest.fixture
def names(here: Account) -> dict[str, str]:
    """Physical names in a stack whose buckets hold something."""
    here.stack(RESOURCES)
    listed = here.client("cloudformation").describe_stack_resources(StackName="portway-dev")["StackResources"]
    found = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in listed}
    for bucket in ("PublishedBucket", "PageBucket"):
        here.client("s3").put_object(Bucket=found[bucket], Key="index.html", Body=b"x")
    return found


def test_the_stack_goes_and_its_data_stays(here: Account, names: dict[str, str], tmp_path: Path) -> None:
    """What the template retains is there afterwards, with what it holds; nothing else is."""
    words = removed(here, "portway-dev", REGION, tmp_path)
    s3: Any = here.client("s3")
    assert {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]} == {
        names["PublishedBucket"],
        names["PageBucket"],
    }
    assert s3.get_object(Bucket=names["PublishedBucket"], Key="index.html")["Body"].read() == b"x"
    assert here.client("dynamodb").list_tables()["TableNames"] == [names["Table"]]
    with pytest.raises(NoStack):
        known(here.client("cloudformation"), "portway-dev")
    for name in (names["PublishedBucket"], names["Table"], "change-set-type IMPORT", "make deploy", "for good"):
        assert name in words


def test_the_way_back_is_written_down(here: Account, names: dict[str, str], tmp_path: Path) -> None:
    """A template of what was kept, with the table as it was, and the names to take up; nothing else of the stack."""
    removed(here, "portway-dev", REGION, tmp_path)
    template = json.loads((tmp_path / "portway-dev.template.json").read_text("utf-8"))
    assert template["Resources"].keys() == {"Table", "PublishedBucket", "PageBucket"}
    assert template["Resources"]["Table"]["Properties"] == TABLE
    assert all(each["DeletionPolicy"] == "Retain" for each in template["Resources"].values())
    listed = json.loads((tmp_path / "portway-dev.resources.json").read_text("utf-8"))
    assert {each["LogicalResourceId"]: each["ResourceIdentifier"] for each in listed} == {
        "Table": {"TableName": names["Table"]},
        "PublishedBucket": {"BucketName": names["PublishedBucket"]},
        "PageBucket": {"BucketName": names["PageBucket"]},
    }


def test_the_way_back_of_an_earlier_stack_stays(here: Account, names: dict[str, str], tmp_path: Path) -> None:
    """Who removes a stack, then a second one of its name, can still take up the first one's data."""
    removed(here, "portway-dev", REGION, tmp_path)
    before = (tmp_path / "portway-dev.resources.json").read_text("utf-8")
    here.stack({"Cache": {"Type": "AWS::S3::Bucket", **KEPT}})
    words = removed(here, "portway-dev", REGION, tmp_path)
    assert (tmp_path / "portway-dev.resources.json").read_text("utf-8") == before
    (second,) = json.loads((tmp_path / "portway-dev-2.resources.json").read_text("utf-8"))
    assert second["LogicalResourceId"] == "Cache"
    assert "portway-dev-2.template.json" in words


def test_cleaning_up_keeps_the_way_back(tmp_path: Path) -> None:
    """`make clean` takes what can be made again; nobody can make those names again."""
    for name in ("kept/portway-dev.resources.json", "dev/log"):
        (tmp_path / ".portway" / name).parent.mkdir(parents=True)
        (tmp_path / ".portway" / name).touch()
    for _ in range(2):
        subprocess.run(["make", "-s", "-f", ROOT / "Makefile", "clean"], cwd=tmp_path, check=True)
    assert [path.name for path in (tmp_path / ".portway").iterdir()] == ["kept"]
    assert [path.name for path in (tmp_path / ".portway/kept").iterdir()] == ["portway-dev.resources.json"]


def test_what_the_template_keeps_can_be_taken_up(stack: Stack) -> None:
    """Every retained resource has an identifier for an import, and what is imported whole refers to nothing else."""
    kept = {name: made for name, made in stack.template["Resources"].items() if made.get("DeletionPolicy") == "Retain"}
    assert {"Table", "IncomingBucket", "PublishedBucket"} <= kept.keys()
    assert {made["Type"] for made in kept.values()} - IDENTIFIERS.keys() == {"AWS::Lambda::LayerVersion"}
    data = {name: made for name, made in kept.items() if made["Type"] in IDENTIFIERS}
    found = [removing.Resource(name, made["Type"], "x", made) for name, made in data.items()]
    text = json.dumps(to_import(found)[0])
    assert "Fn::" not in text
    assert '"Ref"' not in text


def test_cloudformation_would_take_the_way_back(stack: Stack, tmp_path: Path) -> None:
    """The template is one to cfn-lint, and both files are what CreateChangeSet asks for."""
    kept = {name: made for name, made in stack.template["Resources"].items() if made["Type"] in IDENTIFIERS}
    template, named = to_import([removing.Resource(name, made["Type"], "x", made) for name, made in kept.items()])
    path = tmp_path / "template.json"
    path.write_text(json.dumps(template), "utf-8")
    subprocess.run([ROOT / ".venv-sam/bin/cfn-lint", path], check=True)
    asked = {"StackName": "portway-dev", "ChangeSetName": "take-up", "ChangeSetType": "IMPORT"}
    service = Session(region_name=REGION).client("cloudformation").meta.service_model
    shape = service.operation_model("CreateChangeSet").input_shape
    report = ParamValidator().validate({**asked, "ResourcesToImport": named}, shape)
    assert not report.has_errors(), report.generate_report()


@pytest.fixture
def stack() -> Stack:
    return deployed()


@pytest.mark.parametrize(("arguments", "answer", "code"), [
    ([], "portway", 1), ([], "", 1), (["--sure", "portway"], "", 1), ([], "portway-dev", 0),
    (["--sure", "portway-dev"], "", 0),
])  # fmt: skip
def test_only_its_name_removes_it(
    here: Account, names: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    arguments: list[str], answer: str, code: int,
) -> None:  # fmt: skip
    """A slip of the fingers, or a pipeline with the wrong name, deletes nothing."""
    monkeypatch.setattr(removing, "removed", lambda session, stack, region: removed(session, stack, region, tmp_path))
    assert removing.main(arguments, lambda: here, lambda _: answer) == code
    left = here.client("cloudformation").list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"]
    assert len(left) == code


def test_a_stack_that_is_not_there_is_told(here: Account, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, with the region in which it was looked for."""
    assert removing.main(["--sure", "portway-dev"], lambda: here) == 2
    assert "no stack portway-dev in eu-central-1" in capsys.readouterr().err


def test_a_bucket_for_good_takes_its_versions_along(here: Account) -> None:
    """Versions, delete markers and unfinished uploads; then the bucket."""
    s3: Any = here.client("s3")
    s3.create_bucket(Bucket="old", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket="old", VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        s3.put_object(Bucket="old", Key="a", Body=body)
    s3.delete_object(Bucket="old", Key="a")
    s3.create_multipart_upload(Bucket="old", Key="b")
    assert emptying.main(["old"], lambda: here, lambda _: "other") == 1
    assert emptying.main(["old"], lambda: here, lambda _: "old") == 0
    assert not s3.list_buckets()["Buckets"]
