"""The SAM transform as a library call: what the local stack and these tests read is what CloudFormation would get."""

from __future__ import annotations

from pathlib import Path

import pytest

from dev import transform
from dev.transform import ROOT, TransformFailed, transformed

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Seconds: {Type: Number, Default: 3}
Resources:
  Echo:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: handler.handler
      CodeUri: functions/echo
      Timeout: !Ref Seconds
"""


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(transform, "CACHE", tmp_path / "cache")
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE, "utf-8")
    return path


def test_serverless_resources_become_plain_ones(template: Path) -> None:
    """A function and the role that SAM makes for it, with the artefact's folder name as its code."""
    resources = transformed(template)["Resources"]
    assert {name: made["Type"] for name, made in resources.items()} == {
        "Echo": "AWS::Lambda::Function",
        "EchoRole": "AWS::IAM::Role",
    }
    assert resources["Echo"]["Properties"]["Code"] == {"S3Bucket": "local", "S3Key": "Echo"}


def test_the_answer_is_kept_until_the_template_or_a_parameter_changes(
    template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second call starts no process; another parameter does, and gives another answer."""
    first = transformed(template)
    with monkeypatch.context() as patch:
        patch.setattr(transform, "_translate", lambda *_: pytest.fail("translated again"))
        assert transformed(template) == first
    assert first["Resources"]["Echo"]["Properties"]["Timeout"] == {"Ref": "Seconds"}
    template.write_text(TEMPLATE.replace("Timeout: !Ref Seconds", "Timeout: 4"), "utf-8")
    assert transformed(template)["Resources"]["Echo"]["Properties"]["Timeout"] == 4


def test_a_template_that_sam_refuses_says_why(template: Path) -> None:
    """The translator's own words arrive, and nothing is kept."""
    template.write_text(TEMPLATE.replace("Handler:", "Handlerr:"), "utf-8")
    with pytest.raises(TransformFailed, match="Handlerr"):
        transformed(template)
    assert not list(transform.CACHE.glob("*.json"))


def test_without_the_sam_environment_the_error_says_how_to_get_it(
    template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make setup` is named."""
    monkeypatch.setattr(transform, "SAM_PYTHON", ROOT / "nowhere")
    with pytest.raises(TransformFailed, match="make setup"):
        transformed(template)
