"""Between the processes: the template's resources, and everything that the front has to know about them."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config as ClientConfig

from dev import keeper, moto, records
from dev.config import ROOT, Config
from dev.front.settings import Front
from dev.identity import AUDIENCE, Claims, Identity
from dev.policy import compile_policy
from dev.provision import parameters
from dev.provision.apply import provision
from dev.provision.names import Place
from dev.provision.plan import Plan
from dev.provision.site import Clients
from dev.transform import transformed

TEMPLATE = ROOT / "template.yaml"
NOTHING_OF_THIS_USER = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""Profiles and credentials of whoever starts the stack stay out of it."""
ROLES = "roles.json"
EVENT_SECONDS = "5"
"""No queue is busy here, and whoever restarts the stack does not want to wait ten minutes for a lost event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the three servers are, as URLs."""

    api: str
    s3: str
    moto: str


@dataclass(frozen=True, slots=True)
class Created:
    """What exists now."""

    front: Front
    clients: Clients

    def dump(self, path: Path, holds: Callable[[], bool]) -> bool:
        """Write the table to a file from which `create` reads it again, if `holds`. Whether it did."""
        return records.dump(self.clients.dynamodb, self.front.plan.names["Table"], path, holds)

    def changes(self) -> int:
        """How often anything was written to the table so far. OSError when nobody answers."""
        with urllib.request.urlopen(self.clients.dynamodb.meta.endpoint_url + moto.CHANGES, timeout=5) as answer:
            return int(answer.read())


def create(config: Config, identity: Identity, addresses: Addresses, data: Path) -> Created:
    """Create the template's resources and bring back kept records. NotLocal, TransformFailed, Invalid, Damaged."""
    policy = compile_policy(*(file.read_text("utf-8") for file in config.policy))
    (data / "policy.json").write_text(policy, "utf-8")
    template, port = transformed(TEMPLATE), addresses.api.rpartition(":")[2]
    origins = [addresses.api, f"http://localhost:{port}", *config.origins]
    chosen = {
        "Issuer": addresses.api,
        "Audience": AUDIENCE,
        "AllowedOrigins": ",".join(origins),
        "EventSeconds": EVENT_SECONDS,
    }
    if config.clamd:
        chosen |= {"Scanner": "clamd", "ClamdAddress": config.clamd}
    made = clients(config.region, identity, addresses)
    plan = provision(
        template,
        chosen,
        Place(config.stack, config.region, addresses.moto),
        made,
        function_environment(config, addresses),
        identity.sign_in,
        {"/opt/": str(data)} if config.compute == "inprocess" else {},
    )
    save_roles(plan, data)
    records.load(made.dynamodb, plan.names["Table"], data / keeper.RECORDS)
    front = Front(
        plan=plan,
        site=_site(config, identity, addresses, plan, parameters.values(template, chosen)),
        issuer=addresses.api,
        jwks=identity.jwks,
        logs=str(config.state),
        region=config.region,
        ahead=str(config.ahead),
        sweep_seconds=config.sweep_seconds,
        retry_seconds=config.retry_seconds,
        categories=_categories(json.loads(policy)),
        compute=config.compute,
        policy=str(data / "policy.json"),
    )
    return Created(front, made)


def _categories(policy: dict[str, Any]) -> list[str]:
    """Their names, the one that is taken where none is named first."""
    default: str = policy["default_category"]
    return [default, *(name for name in policy["categories"] if name != default)]


def _site(
    config: Config, identity: Identity, addresses: Addresses, plan: Plan, values: dict[str, Any]
) -> dict[str, Any]:
    """What dev.json says."""
    names = Claims(values["TenantClaim"], values["OperatorClaim"], values["OperatorValue"])
    return {
        "api": addresses.api,
        "s3": addresses.s3,
        "region": config.region,
        "access_key": identity.access_key,
        "secret_key": identity.secret_key,
        "incoming_bucket": plan.names["IncomingBucket"],
        "published_bucket": plan.names["PublishedBucket"],
        "tokens": identity.tokens(addresses.api, names),
        "pid": os.getpid(),
    }


def clients(region: str, identity: Identity, addresses: Addresses) -> Clients:
    """boto3 clients for the stack's endpoints. They give up at once: nothing here is far away."""
    patience = ClientConfig(
        retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=20, s3={"addressing_style": "path"}
    )
    known: dict[str, Any] = {
        "region_name": region,
        "aws_access_key_id": identity.access_key,
        "aws_secret_access_key": identity.secret_key,
        "config": patience,
    }
    session = boto3.session.Session()
    return Clients(
        dynamodb=session.client("dynamodb", endpoint_url=addresses.moto, **known),
        s3=session.client("s3", endpoint_url=addresses.s3, **known),
        sqs=session.client("sqs", endpoint_url=addresses.moto, **known),
        events=session.client("events", endpoint_url=addresses.moto, **known),
    )


def save_roles(plan: Plan, data: Path) -> None:
    """Tell the S3 endpoint, which reads the file when it changes, what the roles of the template may do."""
    scratch = data / f"{ROLES}.part"
    scratch.write_text(json.dumps({"RoleDetailList": [role.details() for role in plan.roles.values()]}), "utf-8")
    scratch.replace(data / ROLES)


def function_environment(config: Config, addresses: Addresses) -> dict[str, str]:
    """What the functions' environment has besides the template's variables and their role's keys: where AWS is."""
    chosen = {"PORTWAY_LEASE_SECONDS": config.lease_seconds, "PORTWAY_COPY_MIB": config.copy_mib}
    pace = {name: str(value) for name, value in chosen.items() if value}
    return {
        **NOTHING_OF_THIS_USER,
        **pace,
        "AWS_REGION": config.region,
        "AWS_DEFAULT_REGION": config.region,
        "AWS_ENDPOINT_URL_S3": addresses.s3,
        "AWS_ENDPOINT_URL_STS": addresses.s3,
        "AWS_ENDPOINT_URL_DYNAMODB": addresses.moto,
        "AWS_ENDPOINT_URL_EVENTBRIDGE": addresses.moto,
        "AWS_ENDPOINT_URL_SQS": addresses.moto,
    }
