"""What queues and the schedule start: inspection, publication, ends."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial

from portway.aws import clients
from portway.aws.guardduty import ScanRequests
from portway.aws.lambda_functions import LambdaChecks
from portway.aws.secrets import KeptSecret
from portway.bootstrap.ground import COPY_SECONDS, Ground, unheard
from portway.copying import Copying, Turns
from portway.dead_letters import DeadLetters
from portway.expiry import Expiry
from portway.ids import random_id
from portway.inspecting import Inspection
from portway.inspectors import INSPECTORS
from portway.outgoing import clamd, https
from portway.outgoing.http_checks import HttpChecks
from portway.outgoing.http_scanner import HttpScanner
from portway.parts import MIB
from portway.pipeline import Report
from portway.ports import Scanner
from portway.presign import place_of
from portway.processing import Processing
from portway.publishing import Publishing
from portway.reader import Budget
from portway.retirement import Retirement
from portway.scanning import AwaitedScans
from portway.sweeping import Sweeper

LONGEST_MS = Budget().milliseconds + Turns().milliseconds + COPY_SECONDS * 1000
"""What one upload may need: its inspection, a turn of its copying, and the requests that the turn began last. It fits
into the five minutes of a function that processes; who is killed all the same has lost no more than his last requests.
"""


@dataclass(frozen=True)
class Work(Ground):
    """Use cases that nobody waits for. `report` is told of inspectors' bugs."""

    s3_seconds: int = COPY_SECONDS
    report: Report = unheard

    @cached_property
    def inspection(self) -> Inspection:
        client = partial(clients.check_client, self.session, self.settings.region)
        functions = LambdaChecks(client, self.settings.incoming_bucket)
        asked = self.scanner, HttpChecks(self.asker, functions)
        return Inspection(self.objects, self.policies, INSPECTORS, Budget(), self.now, self.report, *asked)

    @cached_property
    def scanner(self) -> Scanner | None:
        """What the deployment scans with; None for none."""
        settings = self.settings
        if settings.scanner == "clamd":
            address = clamd.Address.read(settings.clamd or "")
            return clamd.Clamd(address, settings.clamd_max_bytes, settings.clamd_seconds, self.now)
        if settings.scanner == "guardduty":
            requests = ScanRequests(clients.guardduty_client(self.session, settings.region), settings.incoming_bucket)
            return AwaitedScans(requests.ask, settings.scan_wait_seconds * 1000, self.now)
        if settings.scanner == "http" and self.asker:
            return HttpScanner(self.asker, https.Address.read(settings.scanner_url or ""), settings.http_seconds)
        return None

    @cached_property
    def asker(self) -> https.Asker | None:
        """What asks services of the operator's; None without the secret that signs the questions."""
        settings = self.settings
        if settings.http_secret is None:
            return None
        secret = KeptSecret(clients.secrets_client(self.session, settings.region), settings.http_secret, self.now)
        place = place_of(settings.incoming_bucket, settings.region, settings.s3_endpoint)
        return https.Asker(place, self.signer(None, ""), secret, self.now)

    @cached_property
    def publishing(self) -> Publishing:
        turns = Turns(copy_bytes=self.settings.copy_mib * MIB)
        copying = Copying(self.copies, self.sessions, self.settings.published_bucket, turns, self.now)
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
            self.now,
            random_id,
        )

    @cached_property
    def dead_letters(self) -> DeadLetters:
        return DeadLetters(self.processing, self.now)

    @cached_property
    def sweeper(self) -> Sweeper:
        expiry = Expiry(self.sessions, self.endings, self.sealing, self.lifetime, self.now)
        retirement = Retirement(self.sessions, self.endings, self.policies, self.now)
        return Sweeper(self.sessions, retirement, expiry, self.processing, self.outbox, self.now)
