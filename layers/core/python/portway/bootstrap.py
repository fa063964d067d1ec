"""The one place where AWS classes meet use cases."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from boto3.session import Session

from portway import policy
from portway.aws import clients, sts
from portway.aws.copies import S3Copies
from portway.aws.dynamodb import DynamoSessions
from portway.aws.eventbridge import BusAnnouncer
from portway.aws.guardduty import ScanRequests
from portway.aws.lambda_functions import LambdaChecks
from portway.aws.rates import DynamoRates
from portway.aws.results import S3Results
from portway.aws.s3 import S3Objects
from portway.aws.secrets import KeptSecret
from portway.capabilities import Capabilities
from portway.copying import Copying, Turns
from portway.dead_letters import DeadLetters
from portway.declaration import Lifetime, Rules
from portway.deriving import Deriving, MakersFor
from portway.endings import Endings
from portway.expiry import Expiry
from portway.files import Files
from portway.ids import random_id, random_secret
from portway.inspecting import Inspection
from portway.inspectors import INSPECTORS
from portway.operators import Operators
from portway.outbox import Outbox
from portway.outgoing import clamd, https
from portway.outgoing.http_checks import HttpChecks
from portway.outgoing.http_scanner import HttpScanner
from portway.parts import MIB, Limits
from portway.pipeline import Report
from portway.policy import Policies
from portway.ports import CredentialSource, Scanner
from portway.presign import place_of
from portway.processing import Processing
from portway.publishing import Publishing
from portway.quarantine import Quarantine
from portway.rates import Metered, Rate
from portway.reader import Budget
from portway.retirement import Retirement
from portway.retries import Retries
from portway.scanning import AwaitedScans
from portway.sealing import Sealing
from portway.settings import Settings
from portway.signing import PartSigner
from portway.sweeping import Sweeper
from portway.uploads import Uploads

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
REQUEST_SECONDS, COPY_SECONDS = 10, 60
"""How long to wait for S3: a client waits for most answers, but a copy answers when up to 1 GiB
is copied. What a batch does not get done comes again."""

LONGEST_MS = Budget().milliseconds + Turns().milliseconds + COPY_SECONDS * 1000
"""What one upload may need: its inspection, a turn of its copying, and the requests that the turn began last. It fits
into the five minutes of a function that processes; who is killed all the same has lost no more than his last requests.
"""


def now() -> int:
    """The wall clock, in milliseconds."""
    return time.time_ns() // 1_000_000


def unheard(inspector: str, bug: Exception) -> None:
    """Where nobody inspects, nobody has to hear of an inspector's bugs."""


@dataclass(frozen=True)
class Portway:
    """Everything, made when first asked for: a function pays only for what it uses."""

    settings: Settings
    session: Session
    s3_seconds: int = REQUEST_SECONDS
    report: Report = unheard

    @cached_property
    def table(self) -> clients.DynamoDBClient:
        return clients.dynamodb_client(self.session, self.settings.region)

    @cached_property
    def sessions(self) -> DynamoSessions:
        return DynamoSessions(self.table, self.settings.table)

    @cached_property
    def limiter(self) -> DynamoRates:
        settings = self.settings
        rates = {
            Metered.CREATE: Rate(settings.creates_per_second, settings.create_burst),
            Metered.SIGN: Rate(settings.signatures_per_second, settings.signature_burst),
        }
        return DynamoRates(self.table, settings.table, rates)

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
        return sts.assumed_credentials(clients.sts_client(self.session, self.settings.region), role, name, now)

    @cached_property
    def part_credentials(self) -> CredentialSource:
        return self.signer(self.settings.signer_role, "portway-parts")

    @cached_property
    def download_credentials(self) -> CredentialSource:
        return self.signer(self.settings.download_signer_role, "portway-downloads")

    @cached_property
    def desk_credentials(self) -> CredentialSource:
        return self.signer(self.settings.desk_signer_role, "portway-desk")

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
        return Endings(self.objects, self.copies, self.sessions, self.outbox, now, wait_ms)

    @cached_property
    def lifetime(self) -> Lifetime:
        most_ms = self.settings.max_session_days * DAY_MS
        return Lifetime(min(self.settings.session_hours * HOUR_MS, most_ms), most_ms)

    @cached_property
    def sealing(self) -> Sealing:
        return Sealing(self.objects, self.sessions, self.endings, now)

    @cached_property
    def uploads(self) -> Uploads:
        settings = self.settings
        rules = Rules(self.policies, self.lifetime, Limits())
        place = place_of(settings.incoming_bucket, settings.region, settings.s3_endpoint)
        signer = PartSigner(place, self.part_credentials, settings.url_seconds, now)
        return Uploads(
            self.objects,
            self.sessions,
            self.endings,
            self.sealing,
            signer,
            rules,
            now,
            random_id,
            self.limiter,
            self.outbox,
        )

    @cached_property
    def operators(self) -> Operators:
        return Operators(self.sessions, self.limiter, now)

    @cached_property
    def capabilities(self) -> Capabilities:
        return Capabilities(self.uploads, self.sessions, now, random_secret)

    @cached_property
    def files(self) -> Files:
        settings = self.settings
        place = place_of(settings.published_bucket, settings.region, settings.s3_endpoint)
        source, seconds = self.download_credentials, settings.url_seconds
        return Files(self.uploads, self.sessions, self.endings, place, source, seconds, now)

    @cached_property
    def inspection(self) -> Inspection:
        client = partial(clients.check_client, self.session, self.settings.region)
        functions = LambdaChecks(client, self.settings.incoming_bucket)
        asked = self.scanner, HttpChecks(self.asker, functions)
        return Inspection(self.objects, self.policies, INSPECTORS, Budget(), now, self.report, *asked)

    @cached_property
    def scanner(self) -> Scanner | None:
        """What the deployment scans with; None for none."""
        settings = self.settings
        if settings.scanner == "clamd":
            address = clamd.Address.read(settings.clamd or "")
            return clamd.Clamd(address, settings.clamd_max_bytes, settings.clamd_seconds, now)
        if settings.scanner == "guardduty":
            requests = ScanRequests(clients.guardduty_client(self.session, settings.region), settings.incoming_bucket)
            return AwaitedScans(requests.ask, settings.scan_wait_seconds * 1000, now)
        if settings.scanner == "http" and self.asker:
            return HttpScanner(self.asker, https.Address.read(settings.scanner_url or ""), settings.http_seconds)
        return None

    @cached_property
    def asker(self) -> https.Asker | None:
        """What asks services of the operator's; None without the secret that signs the questions."""
        settings = self.settings
        if settings.http_secret is None:
            return None
        secret = KeptSecret(clients.secrets_client(self.session, settings.region), settings.http_secret, now)
        place = place_of(settings.incoming_bucket, settings.region, settings.s3_endpoint)
        return https.Asker(place, self.signer(None, ""), secret, now)

    @cached_property
    def publishing(self) -> Publishing:
        turns = Turns(copy_bytes=self.settings.copy_mib * MIB)
        copying = Copying(self.copies, self.sessions, self.settings.published_bucket, turns, now)
        return Publishing(self.objects, copying, self.policies)

    @cached_property
    def processing(self) -> Processing:
        return Processing(
            self.sessions,
            self.endings,
            self.outbox,
            self.inspection,
            self.publishing,
            self.settings.lease_seconds * 1000,
            now,
            random_id,
        )

    def deriving(self, makers_for: MakersFor) -> Deriving:
        """`makers_for` is handed in: what it needs is in a layer that other functions do not carry."""
        client = clients.s3_client(self.session, self.settings.region, self.settings.s3_endpoint, self.s3_seconds)
        results = S3Results(client)
        return Deriving(results, self.sessions, self.outbox, self.policies, makers_for, now, self.report)

    @cached_property
    def dead_letters(self) -> DeadLetters:
        return DeadLetters(self.processing, now)

    @cached_property
    def retries(self) -> Retries:
        return Retries(self.uploads, self.sessions, self.policies.quotas, now)

    @cached_property
    def quarantine(self) -> Quarantine:
        settings = self.settings
        place = place_of(settings.incoming_bucket, settings.region, settings.s3_endpoint)
        collaborators = self.sessions, self.objects, self.files, self.policies.quotas
        return Quarantine(*collaborators, place, self.desk_credentials, now)

    @cached_property
    def sweeper(self) -> Sweeper:
        expiry = Expiry(self.sessions, self.endings, self.sealing, self.lifetime, now)
        retirement = Retirement(self.sessions, self.endings, self.policies, now)
        return Sweeper(self.sessions, retirement, expiry, self.processing, self.outbox, now)


def portway(settings: Settings, s3_seconds: int = REQUEST_SECONDS, report: Report = unheard) -> Portway:
    """The system as `settings` describe it, waiting `s3_seconds` for S3, telling `report` of inspectors' bugs.

    No AWS call is made before a use case runs.
    """
    return Portway(settings, Session(), s3_seconds, report)
