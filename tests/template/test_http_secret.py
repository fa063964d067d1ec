"""What signs questions to services of the operator's: one secret, for whoever inspects, and kept for minutes only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.session import Session
from moto import mock_aws

from dev.provision.properties import Refused
from portway import settings
from portway.aws import clients
from portway.aws.secrets import KEEP_MS, KeptSecret
from portway.bootstrap.work import Work
from portway.errors import BadSettings, Unavailable
from portway.outgoing.http_scanner import HttpScanner
from tests.fakes.clock import FakeClock
from tests.template.calls import Recorder
from tests.template.iam import Ask, allowed
from tests.template.stack import PLACE, Stack, deployed

SECRET = PLACE.arn("secretsmanager", "secret:portway-Ab12Cd")
ASKING = {"Scanner": "http", "ScannerUrl": "https://scan.example.com/", "HttpSecret": SECRET}
INSPECTING = ("ProcessFunction", "SweepFunction")


def known(stack: Stack, function: str) -> settings.Settings:
    """What a function of this stack reads from its variables."""
    variables = stack.properties(function)["Environment"]["Variables"]
    return settings.read({**{name: str(value) for name, value in variables.items()}, "AWS_REGION": PLACE.region})


@pytest.mark.parametrize("function", INSPECTING)
def test_whoever_inspects_may_read_the_secret(function: str) -> None:
    """Exactly this one; no other function may, and none without the parameter. The variable holds its ARN alone."""
    stack, recorder = deployed(**ASKING), Recorder()
    chosen = known(stack, function)
    assert (chosen.scanner, chosen.scanner_url, chosen.http_secret) == ("http", "https://scan.example.com/", SECRET)
    made = Work(replace(chosen, table="t"), recorder.session())
    assert isinstance(made.scanner, HttpScanner)
    assert made.asker
    denied = recorder.refusing("GetSecretValue", "AccessDeniedException", 400)
    with denied, pytest.raises(Unavailable, match="AccessDenied"):
        made.asker.secret()
    (asked,) = recorder.asked
    assert asked == Ask("secretsmanager:GetSecretValue", SECRET)
    assert allowed(stack.role(function), asked)
    assert not allowed(stack.role(function), replace(asked, resource=f"{SECRET}x"))
    assert not allowed(deployed().role(function), asked)
    for other in ("ApiFunction", "DeadLetterFunction", "DeriveFunction"):
        assert not allowed(stack.role(other), asked)


def test_the_service_may_be_in_a_network_of_ones_own() -> None:
    """The same subnets as for clamd."""
    stack = deployed(**ASKING, ScannerSubnets="subnet-1", ScannerSecurityGroups="sg-1")
    for function in INSPECTING:
        assert stack.properties(function)["VpcConfig"] == {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}


def test_a_stack_without_a_secret_asks_no_service() -> None:
    """No right, no asker; a check with a URL fails then."""
    stack = deployed()
    assert not [name for name in stack.resources if "Secret" in name]
    assert Work(known(stack, "ProcessFunction"), Recorder().session()).asker is None


@pytest.mark.parametrize("missing", ["ScannerUrl", "HttpSecret"])
def test_an_incomplete_scanner_is_refused_before_anything_is_made(missing: str) -> None:
    """A deployment that means to scan does not come up without."""
    with pytest.raises(Refused, match=missing):
        deployed(**{**ASKING, missing: ""}).check_rules()


@pytest.mark.parametrize(
    ("name", "text"), [("ScannerUrl", "http://scan.example.com/"), ("HttpSecret", "the secret itself")]
)
def test_no_plain_address_and_no_plain_secret_is_taken(name: str, text: str) -> None:
    """Neither by the template nor, for the address, by the function."""
    with pytest.raises(Refused, match=name):
        deployed(**{**ASKING, name: text})
    if name == "ScannerUrl":
        chosen = replace(known(deployed(**ASKING), "ProcessFunction"), scanner_url=text)
        with pytest.raises(BadSettings, match="not an https"):
            assert Work(chosen, Recorder().session()).scanner


@pytest.fixture
def manager() -> Iterator[Any]:
    with mock_aws():
        yield clients.secrets_client(Session(), PLACE.region)


def test_a_secret_is_kept_for_five_minutes(manager: Any) -> None:
    """Read once in between; after that a new one counts, or none at all."""
    client, clock = manager, FakeClock()
    arn = client.create_secret(Name="portway", SecretString="the first secret")["ARN"]
    secret = KeptSecret(client, arn, clock)
    assert secret() == "the first secret"
    client.put_secret_value(SecretId=arn, SecretString="the second secret")
    clock.now += KEEP_MS - 1
    assert secret() == "the first secret"
    clock.now += 1
    assert secret() == "the second secret"
    client.put_secret_value(SecretId=arn, SecretString="short")
    clock.now += KEEP_MS
    for _ in range(2):
        with pytest.raises(Unavailable, match="16 characters"):
            secret()
