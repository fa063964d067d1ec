"""The examples that a first deployment stands on: a Cognito user pool as issuer, and GitHub's way into the account."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from dev.config import ROOT


class Written(yaml.SafeLoader):
    """YAML as CloudFormation writes it: `!Ref x` becomes {"!Ref": "x"}."""


def _intrinsic(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.SequenceNode):
        return {f"!{suffix}": loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.ScalarNode)
    return {f"!{suffix}": loader.construct_scalar(node)}


Written.add_multi_constructor("!", _intrinsic)


def template(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load((ROOT / "examples" / name).read_text("utf-8"), Written)
    return found


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    found: dict[str, Any] = template("cognito/identity.yaml")["Resources"]
    return found


@pytest.fixture
def claims(resources: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], dict[str, str]]:
    """What the trigger adds to an access token."""
    monkeypatch.setenv("SMOKE_TENANT", "smoke")
    names: dict[str, Any] = {}
    exec(resources["Claims"]["Properties"]["Code"]["ZipFile"], names)

    def added(event: dict[str, Any]) -> dict[str, str]:
        answer = names["handler"]({**event, "response": {}}, None)
        found: dict[str, str] = answer["response"]["claimsAndScopeOverrideDetails"]["accessTokenGeneration"][
            "claimsToAddOrOverride"
        ]
        return found

    return added


@pytest.mark.parametrize("trigger", ["Authentication", "HostedAuth", "RefreshTokens", "NewPasswordChallenge"])
def test_a_person_brings_the_tenant_that_an_administrator_gave(claims: Any, trigger: str) -> None:
    """However the token is made."""
    request = {"userAttributes": {"custom:tenant": "acme", "sub": "x"}}
    assert claims({"triggerSource": f"TokenGeneration_{trigger}", "request": request}) == {"tenant": "acme"}


def test_who_has_no_tenant_gets_no_claim(claims: Any) -> None:
    """Portway answers 403 then; an empty tenant would be one that all such people share."""
    assert claims({"triggerSource": "TokenGeneration_Authentication", "request": {"userAttributes": {}}}) == {}


def test_a_machine_has_the_tenant_of_the_smoke_test(claims: Any) -> None:
    """It has no attributes; what its request says about itself does not count."""
    request = {"clientMetadata": {"tenant": "acme"}, "userAttributes": {"custom:tenant": "acme"}}
    assert claims({"triggerSource": "TokenGeneration_ClientCredentials", "request": request}) == {"tenant": "smoke"}


def test_nobody_writes_his_own_tenant(resources: dict[str, Any]) -> None:
    """Neither client may set the attribute, and nobody registers himself."""
    assert "custom:tenant" not in resources["Page"]["Properties"]["WriteAttributes"]
    assert resources["Smoke"]["Properties"]["AllowedOAuthFlows"] == ["client_credentials"]
    assert resources["Pool"]["Properties"]["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}


def test_the_page_has_no_secret_and_the_trigger_sees_machines(resources: dict[str, Any]) -> None:
    """A page cannot keep one. Only version 3 of the event is sent for client credentials, and only by better plans."""
    page, pool = resources["Page"]["Properties"], resources["Pool"]["Properties"]
    assert (page["GenerateSecret"], page["AllowedOAuthFlows"]) == (False, ["code"])
    assert pool["LambdaConfig"]["PreTokenGenerationConfig"]["LambdaVersion"] == "V3_0"
    assert pool["UserPoolTier"] == "ESSENTIALS"


def test_only_jobs_of_one_environment_of_one_repository_deploy() -> None:
    """A fork, another repository or a job that nobody approved gets no credentials."""
    role = template("deployer/github.yaml")["Resources"]["Deployer"]["Properties"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Condition"].keys() == {"StringEquals"}
    assert statement["Condition"]["StringEquals"] == {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": {"!Sub": "repo:${Repository}:environment:${Environment}"},
    }


@pytest.mark.parametrize(
    ("repository", "is_taken"),
    [("team/uploads", True), ("team@123456/uploads@456789", True), ("team/*", False), ("team/a:ref:b", False)],
)
def test_a_repository_is_named_as_github_names_it(repository: str, is_taken: bool) -> None:
    """Newer repositories carry their ids in each token (GitHub, "Immutable subject claims"); no pattern is one."""
    pattern = template("deployer/github.yaml")["Parameters"]["Repository"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, repository)) is is_taken
