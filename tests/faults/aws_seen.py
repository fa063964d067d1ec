"""What the real stores hold of one upload, read back as the fakes would hold it: one set of invariants judges both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import unquote

from portway import policy
from portway.aws import manifests, records
from portway.aws.buckets import CHECKSUMS
from portway.aws.rates import EPOCH, RISK
from portway.aws.s3 import SESSION
from portway.consequences import Event
from portway.declaration import Rules
from portway.model import ChecksumAlgorithm, Part, Principal, StoredObject, Upload
from portway.quotas import Account, Quota
from tests.contracts.tables import TABLE
from tests.fakes.announcer import FakeAnnouncer
from tests.fakes.clock import FakeClock
from tests.fakes.objects import FakeObjects, FakePart, FakeUpload, FakeVersion
from tests.fakes.sessions import Delivery, FakeSessions
from tests.faults.aws_site import INCOMING, PUBLISHED, Site
from tests.unit.world import OWNER


@dataclass(frozen=True, slots=True)
class Seen:
    """The stores at one moment, and every event about this upload that was ever heard."""

    objects: FakeObjects
    sessions: FakeSessions
    announcer: FakeAnnouncer
    clock: FakeClock
    rules: Rules

    def files_of(self, upload: Upload) -> list[bytes]:
        """The bytes of every version at the published key of an upload."""
        place = (PUBLISHED, policy.published_key(upload.tenant, upload.id))
        return [version.data for version in self.objects.versions.get(place, ())]

    def fingerprint(self) -> str:
        """What tells one world from another: equal for lives that were killed equally far on their way."""
        uploads = [
            (
                (each.status, each.lease, each.deaths, each.reported, each.reason),
                (len(each.history), len(each.attempts)),
                [value is None for value in (each.holder, each.verdict, each.removing_at, each.removed_at)],
                (each.expires_at - each.created_at, each.due_at and each.due_at - each.created_at),
            )
            for each in self.sessions.uploads.values()
        ]
        bodies = [(place[0], [version.data for version in held]) for place, held in self.objects.versions.items()]
        opened = [sorted(upload.parts) for upload in self.objects.uploads.values()]
        told = [each.is_sent for each in self.sessions.outbox.values()], len(self.announcer.events)
        counted = sorted(map(str, self.sessions.counters.items())), len(self.sessions.manifests)
        return repr((uploads, bodies, opened, told, counted))


def nothing_seen(site: Site) -> Seen:
    return Seen(FakeObjects(), FakeSessions(), FakeAnnouncer(), site.clock, site.here.uploads.rules)


def seen(site: Site, upload_id: str) -> Seen:
    """Everything in the table, what S3 holds under this upload's keys, and the news from the bus."""
    sessions, objects = recorded(site), FakeObjects()
    objects.incoming, objects.published = INCOMING, PUBLISHED
    key, shown = (make(OWNER.tenant, upload_id) for make in (policy.incoming_key, policy.published_key))
    for place in ((INCOMING, key), (PUBLISHED, shown)):
        objects.versions[place] = tuple(_versions(site, *place))
    objects.uploads = dict([*_open(site, INCOMING, key), *_open(site, PUBLISHED, shown)])
    site.heard += list(_heard(site))
    heard = [event for event in site.heard if event.upload_id == upload_id]
    return Seen(objects, sessions, FakeAnnouncer(heard), site.clock, site.here.uploads.rules)


def recorded(site: Site) -> FakeSessions:
    """Everything in the table."""
    found = FakeSessions()
    items = site.dynamodb.scan(TableName=TABLE)["Items"]
    for item in items:
        (_, *names), (kind, *_) = item["pk"]["S"].split("#"), item["sk"]["S"].split("#")
        READ.get(kind, _leave)(found, list(map(unquote, names)), item)
    found.outbox = dict(sorted(found.outbox.items(), key=lambda owed: int(owed[0].rpartition("#")[2])))
    texts = {(item["pk"]["S"], item["sk"]["S"]): item["parts"]["S"] for item in items if "parts" in item}
    for upload in found.uploads.values():
        if upload.manifest:
            keys = manifests.keys(upload.id, upload.manifest)
            named = [texts[key["pk"]["S"], key["sk"]["S"]] for key in keys]
            found.manifests[upload.id, upload.manifest] = manifests.parts_of(named)
    return found


def _upload(found: FakeSessions, names: list[str], item: dict[str, Any]) -> None:
    found.uploads[names[0]] = records.session_upload(item)


def _owed(found: FakeSessions, names: list[str], item: dict[str, Any]) -> None:
    detail = json.loads(item["detail"]["S"])
    event_id = f"{names[0]}#{item['sk']['S'].removeprefix('EVENT#')}"
    event = Event(event_id, names[0], item["type"]["S"], detail["at_ms"], detail)
    found.outbox[event.id] = Delivery(event, "due_at" not in item)


def _counted(found: FakeSessions, names: list[str], item: dict[str, Any]) -> None:
    found.counters[Account(*names)] = Quota(*(int(item[name]["N"]) for name in ("used", "open")))


def _suspected(found: FakeSessions, names: list[str], item: dict[str, Any]) -> None:
    tenant, owner = names
    for name in [name for name in item if name.startswith(RISK)]:
        day = (date.fromisoformat(name.removeprefix(RISK)) - EPOCH).days
        found.risks[Principal(tenant, owner), day] = int(item[name]["N"])


def _leave(found: FakeSessions, names: list[str], item: dict[str, Any]) -> None:
    """Nothing that an invariant is about."""


READ = {"UPLOAD": _upload, "EVENT": _owed, "QUOTA": _counted, "RATE": _suspected}


def _heard(site: Site) -> Iterator[Event]:
    messages = site.sqs.receive_message(QueueUrl=site.queue, MaxNumberOfMessages=10).get("Messages", ())
    for message in messages:
        site.sqs.delete_message(QueueUrl=site.queue, ReceiptHandle=message["ReceiptHandle"])
        said = json.loads(message["Body"])
        detail = said["detail"]
        yield Event(detail.pop("event_id"), detail["id"], said["detail-type"], detail["at_ms"], detail)


def _versions(site: Site, bucket: str, key: str) -> Iterator[FakeVersion]:
    """Oldest first. A delete marker would be no removal: S3 would keep the bytes."""
    found = site.s3.list_object_versions(Bucket=bucket, Prefix=key)
    assert not found.get("DeleteMarkers"), found["DeleteMarkers"]
    for version in reversed(found.get("Versions", ())):
        got = site.s3.get_object(Bucket=bucket, Key=key, VersionId=version["VersionId"], ChecksumMode="ENABLED")
        data, checksum = got["Body"].read(), next((got[name] for name in CHECKSUMS.values() if name in got), None)
        session = got["Metadata"].get(SESSION)
        stored = StoredObject(version["VersionId"], got["ETag"].strip('"'), len(data), checksum, session)
        yield FakeVersion(data, stored, got["ContentType"], got.get("ContentDisposition"))


def _open(site: Site, bucket: str, key: str) -> Iterator[tuple[str, FakeUpload]]:
    for found in site.s3.list_multipart_uploads(Bucket=bucket, Prefix=key).get("Uploads", ()):
        listed = site.s3.list_parts(Bucket=bucket, Key=key, UploadId=found["UploadId"]).get("Parts", ())
        parts = {each["PartNumber"]: _part(each) for each in listed}
        yield found["UploadId"], FakeUpload(key, "", ChecksumAlgorithm.CRC64NVME, "", parts)


def _part(listed: dict[str, Any]) -> FakePart:
    size = listed["Size"]
    return FakePart(bytes(size), Part(listed["PartNumber"], size, listed["ETag"].strip('"')), is_declared=False)
