"""What is made of published files."""

from __future__ import annotations

from dataclasses import dataclass

from portway.aws import clients
from portway.aws.results import S3Results
from portway.bootstrap.ground import COPY_SECONDS, Ground, unheard
from portway.deriving import Deriving, MakersFor, Report


@dataclass(frozen=True)
class Making(Ground):
    """The use case of DeriveFunction. `report` is told of makers' bugs."""

    s3_seconds: int = COPY_SECONDS
    report: Report = unheard

    def deriving(self, makers_for: MakersFor) -> Deriving:
        """`makers_for` is handed in: what it needs is in a layer that other functions do not carry."""
        client = clients.s3_client(self.session, self.settings.region, self.settings.s3_endpoint, self.s3_seconds)
        results = S3Results(client)
        return Deriving(results, self.sessions, self.outbox, self.policies, makers_for, self.now, self.report)
