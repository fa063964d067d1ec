"""What the front has to know about the template: plain values that can travel as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorizer:
    """A JWT authorizer of the HTTP API."""

    issuer: str
    audience: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route: `path` as in the template (`/v1/{proxy+}`), `method` in capitals or ANY."""

    method: str
    path: str
    function: str
    authorizer: str | None = None
    scopes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cors:
    """The CORS configuration of the HTTP API. Header names in lower case."""

    allow_origins: list[str]
    allow_methods: list[str] = field(default_factory=list)
    allow_headers: list[str] = field(default_factory=list)
    expose_headers: list[str] = field(default_factory=list)
    max_age: int | None = None
    allow_credentials: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function. `handler` is module:name, `memory` in MiB, `concurrency` how many invocations run at once."""

    name: str
    handler: str
    environment: dict[str, str]
    arn: str
    timeout_seconds: int
    memory: int
    concurrency: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """An SQS event source: this queue's messages go to this function, in batches."""

    queue_url: str
    queue_arn: str
    function: str
    batch_size: int
    reports_failures: bool
    concurrency: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A schedule and the function it starts. `event` is what the function gets, None for the scheduler's own event."""

    name: str
    arn: str
    function: str
    expression: str
    event: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role: who may assume it, and its policies with their names, all as IAM writes them."""

    arn: str
    trust: dict[str, Any]
    policies: list[dict[str, Any]]

    def details(self) -> dict[str, Any]:
        """As `aws iam get-account-authorization-details` says it."""
        return {"Arn": self.arn, "AssumeRolePolicyDocument": self.trust, "RolePolicyList": self.policies}


@dataclass(slots=True, kw_only=True)
class Plan:
    """Everything of the template that runs in the front instead of in moto or the S3 endpoint."""

    api_id: str = ""
    routes: list[Route] = field(default_factory=list)
    authorizers: dict[str, Authorizer] = field(default_factory=dict)
    cors: Cors | None = None
    functions: dict[str, Function] = field(default_factory=dict)
    mappings: list[Mapping] = field(default_factory=list)
    schedules: list[Schedule] = field(default_factory=list)
    roles: dict[str, Role] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """Logical id: physical name (a queue's URL, a bucket's or a table's name)."""

    def as_json(self) -> dict[str, Any]:
        """Plain values that `of` reads back."""
        return asdict(self)

    @classmethod
    def of(cls, raw: dict[str, Any]) -> Plan:
        return cls(
            api_id=raw["api_id"],
            routes=[Route(**row) for row in raw["routes"]],
            authorizers={name: Authorizer(**row) for name, row in raw["authorizers"].items()},
            cors=raw["cors"] and Cors(**raw["cors"]),
            functions={name: Function(**row) for name, row in raw["functions"].items()},
            mappings=[Mapping(**row) for row in raw["mappings"]],
            schedules=[Schedule(**row) for row in raw["schedules"]],
            roles={name: Role(**row) for name, row in raw["roles"].items()},
            names=raw["names"],
        )
