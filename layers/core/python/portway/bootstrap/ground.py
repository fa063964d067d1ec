"""What every function stands on: settings, clock, clients, stores, outbox and the ends of an upload."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from portway import policy
from portway.aws import clients, sts
from portway.aws.copies import S3Copies
from portway.aws.dynamodb import DynamoSessions
from portway.aws.eventbridge import BusAnnouncer
from portway.aws.s3 import S3Objects
from portway.declaration import Lifetime
from portway.endings import Endings
from portway.outbox import Outbox
from portway.policy import Policies
from portway.ports import Clock, CredentialSource
from portway.sealing import Sealing
from portway.settings import Settings

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
REQUEST_SECONDS, COPY_SECONDS = 10, 60
"""How long to wait for S3: a client waits for most answers, but a copy answers when up to 1 GiB
is copied. What a batch does not get done comes again."""


def wall_clock() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def unheard(part: str, bug: Exception) -> None:
    """Where no foreign file is opened, nobody has to hear of bugs of whoever opens them."""


@dataclass(frozen=True)
class Ground:
    """Made when first asked for: a function pays only for what it uses. No AWS call is made before a use case runs.

    S3 is waited for `s3_seconds`.
    """

    settings: Settings
    session: clients.Session = field(default_factory=lambda: clients.session())
    s3_seconds: int = REQUEST_SECONDS
    now: Clock = wall_clock

    @cached_property
    def table(self) -> clients.DynamoDBClient:
        return clients.dynamodb_client(self.session, self.settings.region)

    @cached_property
    def sessions(self) -> DynamoSessions:
        return DynamoSessions(self.table, self.settings.table)

    @cached_property
    def s3(self) -> tuple[clients.S3Client, clients.S3Client]:
        """The usual client, and the one for CompleteMultipartUpload."""
        region, endpoint = self.settings.region, self.settings.s3_endpoint
        usual = clients.s3_client(self.session, region, endpoint, self.s3_seconds)
        return usual, clients.completing_s3_client(self.session, region, endpoint)

    @cached_property
    def objects(self) -> S3Objects:
        return S3Objects(*self.s3, self.settings.incoming_bucket, self.settings.published_bucket)

    @cached_property
    def copies(self) -> S3Copies:
        return S3Copies(*self.s3, self.settings.incoming_bucket, self.settings.published_bucket)

    def signer(self, role: str | None, name: str) -> CredentialSource:
        """What signs with `role`; without one, the function's own credentials."""
        if role is None:
            return sts.execution_credentials(self.session)
        return sts.assumed_credentials(clients.sts_client(self.session, self.settings.region), role, name, self.now)

    @cached_property
    def policies(self) -> Policies:
        return policy.load(Path(self.settings.policy_file).read_text(encoding="utf-8"))

    @cached_property
    def outbox(self) -> Outbox:
        is_waited_for = self.s3_seconds <= REQUEST_SECONDS  # by a client, and not by a queue or a schedule
        client = clients.events_client(self.session, self.settings.region, is_waited_for)
        return Outbox(self.sessions, BusAnnouncer(client, self.settings.bus))

    @cached_property
    def endings(self) -> Endings:
        wait_ms = self.settings.event_seconds * 1000
        return Endings(self.objects, self.copies, self.sessions, self.outbox, self.now, wait_ms)

    @cached_property
    def lifetime(self) -> Lifetime:
        most_ms = self.settings.max_session_days * DAY_MS
        return Lifetime(min(self.settings.session_hours * HOUR_MS, most_ms), most_ms)

    @cached_property
    def sealing(self) -> Sealing:
        return Sealing(self.objects, self.sessions, self.endings, self.now)
