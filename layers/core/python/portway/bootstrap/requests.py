"""What the API asks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from portway.aws.rates import DynamoRates
from portway.bootstrap.ground import Ground
from portway.capabilities import Capabilities
from portway.declaration import Rules
from portway.files import Files
from portway.ids import random_id, random_secret
from portway.operators import Operators
from portway.parts import Limits
from portway.ports import CredentialSource
from portway.presign import place_of
from portway.quarantine import Quarantine
from portway.rates import Metered, Rate
from portway.retries import Retries
from portway.signing import PartSigner
from portway.uploads import Uploads


@dataclass(frozen=True)
class Requests(Ground):
    """Use cases that somebody waits for."""

    @cached_property
    def limiter(self) -> DynamoRates:
        settings = self.settings
        rates = {
            Metered.CREATE: Rate(settings.creates_per_second, settings.create_burst),
            Metered.SIGN: Rate(settings.signatures_per_second, settings.signature_burst),
        }
        return DynamoRates(self.table, settings.table, rates)

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
    def uploads(self) -> Uploads:
        settings = self.settings
        rules = Rules(self.policies, self.lifetime, Limits())
        place = place_of(settings.incoming_bucket, settings.region, settings.s3_endpoint)
        signer = PartSigner(place, self.part_credentials, settings.url_seconds, self.now)
        return Uploads(
            self.objects,
            self.sessions,
            self.endings,
            self.sealing,
            signer,
            rules,
            self.now,
            random_id,
            self.limiter,
            self.outbox,
        )

    @cached_property
    def operators(self) -> Operators:
        return Operators(self.sessions, self.limiter, self.now)

    @cached_property
    def capabilities(self) -> Capabilities:
        return Capabilities(self.uploads, self.sessions, self.now, random_secret)

    @cached_property
    def files(self) -> Files:
        settings = self.settings
        place = place_of(settings.published_bucket, settings.region, settings.s3_endpoint)
        place = replace(place, through=settings.files_host)
        source, seconds = self.download_credentials, settings.url_seconds
        return Files(self.uploads, self.sessions, self.endings, place, source, seconds, self.now)

    @cached_property
    def retries(self) -> Retries:
        return Retries(self.uploads, self.sessions, self.policies.quotas, self.now)

    @cached_property
    def quarantine(self) -> Quarantine:
        settings = self.settings
        place = place_of(settings.incoming_bucket, settings.region, settings.s3_endpoint)
        collaborators = self.sessions, self.objects, self.files, self.policies.quotas
        return Quarantine(*collaborators, place, self.desk_credentials, self.now)
