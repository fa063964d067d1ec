"""What every applier gets: the place, the clients, the resolver and the plan that is being written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dev.provision.intrinsics import Named
from dev.provision.names import Place
from dev.provision.plan import Plan
from dev.provision.properties import Properties

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True)
class Clients:
    """The four services, wherever they are."""

    dynamodb: DynamoDBClient
    s3: S3Client
    sqs: SQSClient
    events: EventBridgeClient


SignIn = Callable[[str], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Site:
    """`environment` is added to that of every function (endpoints), and what `sign_in` says for the ARN of its role
    (keys); `folders` maps a path prefix of Lambda to a folder here; `integrations` tells the function behind the target
    of a route."""

    place: Place
    clients: Clients
    name: Callable[[str], Named]
    environment: Mapping[str, str]
    sign_in: SignIn
    folders: Mapping[str, str]
    plan: Plan = field(default_factory=Plan)
    integrations: dict[str, str] = field(default_factory=dict)

    def name_of_arn(self, arn: str) -> str:
        """The name at the end of an ARN (queue, function)."""
        return arn.rsplit(":", 1)[-1]


Applier = Callable[[Site, Properties], None]
Arguments = dict[str, Any]
