"""An AWS account in memory for `make deploy`: moto where it knows a service, planned answers where it does not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from boto3.session import Session
from botocore.stub import Stubber
from moto import mock_aws

from dev.deploying.environments import Environment
from dev.deploying.looking import Place
from portway_client.transport import Halt, NoAnswer, Request, Response, Trouble

REGION = "eu-central-1"
ISSUER = "https://id.team.dev/"
PARAMETERS: dict[str, dict[str, Any]] = {
    "Issuer": {}, "Audience": {}, "AllowedOrigins": {},
    "BusName": {"Default": "portway"}, "Arch": {"Default": "arm64"}, "Py": {"Default": "python3.13"},
    "ProcessConcurrency": {"Default": 10}, "DeriveConcurrency": {"Default": 5},
    "ApiDomain": {"Default": ""}, "ApiCertificate": {"Default": ""},
    "PageCdn": {"Default": "false", "AllowedValues": ["true", "false"]},
    "PageConnects": {"Default": ""}, "PageDomain": {"Default": ""}, "PageCertificate": {"Default": ""},
    "FilesCdn": {"Default": "false", "AllowedValues": ["true", "false"]},
    "FilesDomain": {"Default": ""}, "FilesCertificate": {"Default": ""},
}  # fmt: skip
FILLED = {"Issuer": ISSUER, "Audience": "portway", "AllowedOrigins": "https://app.team.dev", "BusName": "portway-dev"}
DISCOVERY = {"issuer": ISSUER, "jwks_uri": f"{ISSUER}keys", "token_endpoint": f"{ISSUER}token"}


def environment(page: Mapping[str, str] | None = None, region: str | None = REGION, **more: str) -> Environment:
    return Environment("dev", "portway-dev", region, {**FILLED, **more}, page or {})


@dataclass
class Issuer:
    """A transport behind which one issuer answers with `documents` by URL; None: nobody answers."""

    documents: dict[str, Any] | None = field(
        default_factory=lambda: {f"{ISSUER}.well-known/openid-configuration": DISCOVERY}
    )
    asked: list[Request] = field(default_factory=list)

    def send(self, request: Request, halt: Halt | None = None) -> Response:
        self.asked.append(request)
        if self.documents is None:
            raise NoAnswer(Trouble.CONNECT, "no such host")
        found = self.documents.get(request.url)
        return Response(200 if found else 404, {}, json.dumps(found or {"error": "nothing"}).encode())

    def open(self, request: Request, halt: Halt | None = None) -> Any:
        raise NotImplementedError  # part of every transport; whoever deploys downloads nothing

    def close(self) -> None: ...


@cache
def _session() -> Any:
    """One for all: each reads the descriptions of services anew, which takes seconds."""
    return Session()


@dataclass
class Account:
    """What `Session` is to the code: clients of moto, but those of services that moto lacks, which are planned."""

    region_name: str | None = REGION
    free: int = 1000

    def client(self, service: str, region_name: str | None = None) -> Any:
        client = _session().client(service, region_name=region_name or self.region_name or REGION)
        plan = getattr(self, f"_{service}", None)
        if plan:
            plan(client)
        return client

    def _lambda(self, client: Any) -> None:
        stub = Stubber(client)
        limits = {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": self.free}
        stub.add_response("get_account_settings", {"AccountLimit": limits}, {})
        stub.activate()

    def stack(self, resources: Mapping[str, Any] | None = None, **outputs: Any) -> None:
        """Deploy one that holds these resources beside a queue, with these outputs."""
        template = {
            "Parameters": {"Issuer": {"Type": "String"}, "AllowedOrigins": {"Type": "String"}},
            "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}, **(resources or {})},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
        given = {"Issuer": ISSUER, "AllowedOrigins": "https://app.team.dev,https://other.team.dev"}
        self.client("cloudformation").create_stack(
            StackName="portway-dev",
            TemplateBody=json.dumps(template),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
        )


@contextmanager
def account() -> Iterator[Account]:
    with mock_aws():
        yield Account()


def place(account: Account, where: Environment | None = None, issuer: Issuer | None = None) -> Place:
    return Place(account, where or environment(), PARAMETERS, issuer or Issuer())
