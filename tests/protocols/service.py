"""The native API over use cases on fakes, driven as API Gateway drives it: HTTP API events, payload version 2.0."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from dev.policy import compile_policy
from portway import policy
from portway.bootstrap.ground import unheard
from portway.capabilities import Capabilities
from portway.copying import Copying, Turns
from portway.dead_letters import DeadLetters
from portway.declaration import Lifetime, Rules
from portway.endings import Endings
from portway.expiry import Expiry
from portway.files import Files
from portway.inspecting import Inspection
from portway.inspectors import INSPECTORS
from portway.operators import Operators
from portway.outbox import Outbox
from portway.parts import Limits
from portway.policy import Policies
from portway.presign import Credentials, place_of
from portway.processing import Arrival, Outcome, Processing
from portway.protocols import native
from portway.protocols.json_resolver import JsonResolver
from portway.protocols.principals import Claims
from portway.publishing import Publishing
from portway.quarantine import Quarantine
from portway.quotas import Quota, Quotas, Room
from portway.rates import Rates
from portway.reader import Budget
from portway.retirement import Retirement
from portway.retries import Retries
from portway.sealing import Sealing
from portway.signing import PartSigner
from portway.sweeping import Sweeper
from portway.uploads import Uploads
from tests.fakes.announcer import FakeAnnouncer
from tests.fakes.clock import CountingIds, CountingSecrets, FakeClock
from tests.fakes.copies import FakeCopies
from tests.fakes.objects import FakeObjects
from tests.fakes.presigned import Door
from tests.fakes.rates import GENEROUS, FakeRates
from tests.fakes.sessions import FakeSessions

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"POWERTOOLS_SERVICE_NAME": "portway", "POWERTOOLS_METRICS_NAMESPACE": "Portway"}
REGION = "eu-central-1"
CREDENTIALS = Credentials("ASIAEXAMPLEEXAMPLE00", "an example and no secret", "an-example-token")
HOUR_MS = 3_600_000
TERABYTE = 1 << 40

NUMBERS = count(1)
"""Loggers of one name share their stream, whatever they are told; so each service has a name of its own."""

Claim = Mapping[str, Any]
OWNER: Claim = {"sub": "owner", "tenant": "acme", "roles": "[member]"}
COLLEAGUE: Claim = {"sub": "colleague", "tenant": "acme", "roles": "[member]"}
STRANGER: Claim = {"sub": "stranger", "tenant": "other", "roles": "[member]"}
OPERATOR: Claim = {"sub": "operator", "tenant": "acme", "roles": "[member operator]"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway would send: status, headers with lower-case names, body."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def document(self) -> Any:
        return json.loads(self.text, parse_constant=_refuse)


@dataclass(frozen=True, repr=False)
class Service:
    """The API with everything around it in memory. What it logs is in `logs`, one JSON document a line."""

    app: JsonResolver
    uploads: Uploads
    processing: Processing
    dead_letters: DeadLetters
    sweeper: Sweeper
    objects: FakeObjects
    sessions: FakeSessions
    announcer: FakeAnnouncer
    clock: FakeClock
    door: Door
    logs: io.StringIO = field(default_factory=io.StringIO)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        who: Claim | None = OWNER,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request with a JSON body, if any. `who` are the claims that the gateway verified, None without any."""
        text = None if body is None else json.dumps(body)
        return self.send(method, path, text, who=who, headers=headers)

    def send(
        self,
        method: str,
        path: str,
        text: str | None,
        *,
        who: Claim | None = OWNER,
        headers: Mapping[str, str] | None = None,
        is_base64: bool = False,
    ) -> Answer:
        """One request with a body as it is on the wire."""
        event = http_event(method, path, text, who=who, headers=headers, is_base64=is_base64)
        answer = self.app.resolve(event, cast(LambdaContext, None))
        assert not answer["isBase64Encoded"]
        return Answer(answer["statusCode"], _headers(answer), answer.get("body", ""))

    def put_parts(self, signed: Mapping[str, Any], bodies: Mapping[int, bytes]) -> None:
        """Send these parts to S3 through their signed URLs, as a client does."""
        for part in signed["parts"]:
            if part["number"] in bodies:
                sent = self.door.put(part["url"], bodies[part["number"]], part["headers"], now=self.clock())
                assert sent.status == 200, sent

    def arrive(self, upload_id: str) -> Outcome:
        """The event about the object of a completed upload."""
        upload = self.sessions.uploads[upload_id]
        return self.processing.arrived(Arrival(upload.key, upload.stored.version_id if upload.stored else None))

    def give_up(self, upload_id: str) -> Outcome:
        """The same event, after it failed five times."""
        return self.dead_letters.arrived(Arrival(self.sessions.uploads[upload_id].key, None))

    def log_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.logs.getvalue().splitlines()]


def service(
    kind: type[Service] | None = None,
    quota: Quota | None = None,
    policies: Policies | None = None,
    rates: Rates = GENEROUS,
) -> Service:
    """A new API on empty stores; by default with the policy that is shipped, and room for a hundred uploads."""
    clock, new_id, logs = FakeClock(), CountingIds(), io.StringIO()
    objects, sessions, announcer = FakeObjects(now=clock), FakeSessions(), FakeAnnouncer()
    outbox = Outbox(sessions, announcer)
    copies = FakeCopies(objects)
    endings = Endings(objects, copies, sessions, outbox, clock)
    lifetime = Lifetime(24 * HOUR_MS, 7 * 24 * HOUR_MS)
    policies = policies or shipped_policies()
    if quota:
        policies = replace(policies, quotas=Quotas(Room(quota, Quota(1 << 60, 1_000_000))))
    rules = Rules(policies, lifetime, Limits())
    signer = PartSigner(place_of(objects.incoming, REGION), lambda: CREDENTIALS, 900, clock)
    sealing = Sealing(objects, sessions, endings, clock)
    limiter = FakeRates(rates, sessions.risks)
    uploads = Uploads(objects, sessions, endings, sealing, signer, rules, clock, new_id, limiter, outbox)
    published = place_of(objects.published, REGION)
    files = Files(uploads, sessions, endings, published, lambda: CREDENTIALS, 900, clock)
    inspection = Inspection(objects, policies, INSPECTORS, Budget(), clock, unheard)
    copying = Copying(copies, sessions, objects.published, Turns(), clock)
    publishing = Publishing(objects, copying, policies)
    processing = Processing(sessions, endings, outbox, inspection, publishing, 360_000, clock, new_id)
    dead_letters, retries = DeadLetters(processing, clock), Retries(uploads, sessions, policies.quotas, clock)
    expiry = Expiry(sessions, endings, sealing, lifetime, clock)
    retirement = Retirement(sessions, endings, policies, clock)
    sweeper = Sweeper(sessions, retirement, expiry, processing, outbox, clock)
    app = JsonResolver()
    logger = Logger(service=f"portway-{next(NUMBERS)}", stream=logs, level="INFO")
    operators, capabilities = (
        Operators(sessions, limiter, clock),
        Capabilities(uploads, sessions, clock, CountingSecrets()),
    )
    incoming = place_of(objects.incoming, REGION)
    quarantine = Quarantine(sessions, objects, files, policies.quotas, incoming, lambda: CREDENTIALS, clock)
    cases = uploads, files, operators, quarantine, retries, capabilities
    native.attach(native.Native(app, *cases, Claims(), clock, logger))
    door = Door(objects, {CREDENTIALS.access_key: CREDENTIALS.secret_key}, REGION)
    return (kind or Service)(
        app, uploads, processing, dead_letters, sweeper, objects, sessions, announcer, clock, door, logs
    )


def http_event(
    method: str,
    path: str,
    text: str | None = None,
    *,
    who: Claim | None = OWNER,
    headers: Mapping[str, str] | None = None,
    is_base64: bool = False,
) -> dict[str, Any]:
    """What an HTTP API hands over for this request; `path` may hold a query."""
    path, _, query = path.partition("?")
    event = deepcopy(_example())
    event |= {"rawPath": path, "rawQueryString": query, "body": text, "isBase64Encoded": is_base64}
    event["headers"] |= {"content-type": "application/json", **(headers or {})}
    if query:
        event["queryStringParameters"] = _joined(parse_qsl(query, keep_blank_values=True))
    context = event["requestContext"]
    context["http"] |= {"method": method, "path": path}
    context["authorizer"] = {"jwt": {"claims": dict(who or {}), "scopes": None}}
    if who is None:
        del context["authorizer"]
    return event


@cache
def _example() -> dict[str, Any]:
    event: dict[str, Any] = json.loads((ROOT / "events/api_status.json").read_text("utf-8"))
    return event


@cache
def shipped_policies() -> Policies:
    """The policy that is shipped."""
    return policy.load(compile_policy((ROOT / "policy.yaml").read_text("utf-8")))


def _joined(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """A name that comes twice has its values joined by commas (payload version 2.0)."""
    found: dict[str, str] = {}
    for name, value in pairs:
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _headers(answer: Mapping[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in answer["headers"].items()}


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")
