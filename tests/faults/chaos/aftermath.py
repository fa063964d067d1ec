"""What is left when the storm is over: asked of S3 and the table with keys, past the API and past the network's faults.

Days pass by the product's own sweeper, with a clock that is ahead, over the same S3 and the same table.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from dev.config import ROOT
from dev.policy import compile_policy
from portway import settings
from portway.aws import clients
from portway.bootstrap.ground import wall_clock
from portway.model import MOVES, TERMINAL, Upload
from tests.faults.chaos.hearsay import Ear
from tests.functions.whole import Portway
from tests.stack.local_stack import LocalStack

HOUR_MS = 3_600_000
ROUNDS = 10
"""So often may a sweep find something more to do."""


@dataclass(frozen=True)
class Ground:
    """The resources of a stack, for whoever has its keys. `names` are those of /stack.json."""

    stack: LocalStack
    names: Mapping[str, str]
    policy: Path

    @property
    def moto(self) -> str:
        return self.names["ProcessQueue"].rsplit("/", 2)[0]

    @cached_property
    def session(self) -> boto3.Session:
        site = self.stack.site
        return boto3.Session(site["access_key"], site["secret_key"], region_name=site["region"])

    def client(self, service: Any) -> Any:
        url = self.stack.site["s3"] if service == "s3" else self.moto
        config = Config(s3={"addressing_style": "path"}) if service == "s3" else Config(retries={"max_attempts": 0})
        return self.session.client(service, endpoint_url=url, config=config)

    def ear(self) -> Ear:
        return Ear(self.client("events"), self.client("sqs"), self.names["Bus"])

    def open_uploads(self) -> list[str]:
        """Keys of multipart uploads that S3 still holds, in both buckets."""
        s3, found = self.client("s3"), list[str]()
        for bucket in (self.names["IncomingBucket"], self.names["PublishedBucket"]):
            found += [row["Key"] for row in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])]
        return found

    def objects(self, bucket: str) -> list[str]:
        """Keys of all versions in a bucket, delete markers too."""
        pages = self.client("s3").get_paginator("list_object_versions").paginate(Bucket=self.names[bucket])
        return [row["Key"] for page in pages for kind in ("Versions", "DeleteMarkers") for row in page.get(kind, [])]

    def quotas(self) -> dict[str, tuple[int, int]]:
        """Bytes held and uploads open, by account: owners and tenants."""
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=self.names["Table"])
        rows = [row for page in pages for row in page["Items"] if row["pk"]["S"].startswith("QUOTA#")]
        return {row["pk"]["S"]: (int(row["used"]["N"]), int(row["open"]["N"])) for row in rows}

    def records(self) -> dict[str, Upload]:
        """Every upload, as the product reads it."""
        pages = self.client("dynamodb").get_paginator("scan").paginate(TableName=self.names["Table"])
        keys = [row["pk"]["S"] for page in pages for row in page["Items"] if row["sk"]["S"] == "UPLOAD"]
        with self.later(0) as system:
            found = [system.sessions.get(key.removeprefix("UPLOAD#")) for key in keys]
        return {upload.id: upload for upload in found if upload}

    def pass_hours(self, first: int, last: int) -> None:
        """Sweep as if it were so many hours later, once an hour, until nothing is due in each of them."""
        for hour in range(first, last + 1):
            with self.later(hour * HOUR_MS) as system:
                for _ in range(ROUNDS):
                    summary = system.sweeper.sweep()
                    if not summary.swept and not summary.sent:
                        break
                else:
                    raise AssertionError(f"the sweeper does not come to an end: {summary}")

    @contextmanager
    def later(self, ahead_ms: int) -> Iterator[Portway]:
        """The system over this stack's S3 and table, with a clock that is ahead."""
        resources = ("table", "incoming_bucket", "published_bucket", "bus")
        names = dict(zip(resources, ("Table", "IncomingBucket", "PublishedBucket", "Bus"), strict=True))
        told = {f"PORTWAY_{name.upper()}": self.names[logical] for name, logical in names.items()}
        self.policy.write_text(compile_policy((ROOT / "policy.yaml").read_text("utf-8")), "utf-8")
        told |= {"PORTWAY_POLICY_FILE": str(self.policy), "AWS_REGION": self.stack.site["region"]}
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL_S3", self.stack.site["s3"])
            for service in ("DYNAMODB", "EVENTBRIDGE"):
                patch.setenv(f"AWS_ENDPOINT_URL_{service}", self.moto)
            chosen = settings.read({**told, "AWS_ENDPOINT_URL_S3": os.environ["AWS_ENDPOINT_URL_S3"]})
            session = clients.session()
            session.set_credentials(self.stack.site["access_key"], self.stack.site["secret_key"])
            yield Portway(chosen, session, now=lambda: wall_clock() + ahead_ms)


def history_faults(upload: Upload) -> list[str]:
    """Steps of a record that are no move, and more than one end."""
    states = [step.status for step in upload.history]
    wrong = [f"{before} to {after}" for before, after in pairwise(states) if after not in MOVES[before]]
    ends = [state for state in states if state in TERMINAL]
    return wrong + ([] if len(ends) == 1 else [f"ended {len(ends)} times"])
