"""The roles fit the code: every call that a function makes is allowed to it, and every right that it has is used.

All use cases run once on moto, which checks no rights; the recorder writes down which rights AWS would look for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from boto3.session import Session
from moto import mock_aws
from moto.s3 import models

from dev.policy import compile_policy
from dev.s3 import checksums
from dev.transform import ROOT
from portway import policy, settings
from portway.decisions import Action
from portway.declaration import Declaration
from portway.derivers import makers_for
from portway.deriving import Derivation
from portway.errors import Unavailable, WrongState
from portway.model import Principal, Status, Upload
from portway.operators import Asked
from portway.processing import Arrival, Outcome
from portway.results import Made, Maker, Source
from portway.signing import Form
from portway.verdicts import Reason
from tests.fakes.clock import FakeClock
from tests.functions.whole import Portway
from tests.template.calls import Killed, Recorder
from tests.template.iam import Ask, allowed
from tests.template.stack import PLACE, Stack, deployed

if TYPE_CHECKING:
    pass

FUNCTIONS = ("ApiFunction", "ProcessFunction", "DeadLetterFunction", "DeriveFunction", "SweepFunction")
HOLDERS = (*FUNCTIONS, "Signer", "DownloadSigner", "DeskSigner")
OWNER, OPERATOR = Principal("acme", "owner"), Principal("acme", "operator", is_operator=True)
HOUR, DAY = 3600, 24 * 3600
USED_BY_LAMBDA_ITSELF = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
}


class World:
    """The functions on moto, each with its own recorder, and a client that sends parts."""

    def __init__(self, stack: Stack, policy_file: Path, clock: FakeClock) -> None:
        self.recorders = {function: Recorder() for function in HOLDERS}
        self.sessions = {function: recorder.session() for function, recorder in self.recorders.items()}
        variables = {
            name: str(value) for name, value in stack.properties("ApiFunction")["Environment"]["Variables"].items()
        }
        self._settings = replace(settings.read({**variables, "AWS_REGION": PLACE.region}), policy_file=str(policy_file))
        self._stack, self._clock = stack, clock
        self.browser = Session().client("s3", region_name=PLACE.region)
        self._make_resources()

    def function(self, name: str) -> Portway:
        return Portway(self._settings, self.sessions[name], now=self._clock)

    def copier(self, name: str) -> Portway:
        """The same function, for which every file is a large one: it copies byte after byte."""
        return replace(self.function(name), settings=replace(self._settings, copy_mib=0))

    def begin_copy(self, upload: Upload) -> None:
        """What a worker leaves that dies before he could write it down."""
        to_key = policy.published_key(upload.tenant, upload.id)
        self.browser.create_multipart_upload(Bucket=self._settings.published_bucket, Key=to_key)

    def _make_resources(self) -> None:
        made = self._stack.properties("Table")
        keys = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
        dynamodb: Any = Session().client("dynamodb", region_name=PLACE.region)
        dynamodb.create_table(TableName=self._settings.table, **{key: made[key] for key in keys})
        for bucket in (self._settings.incoming_bucket, self._settings.published_bucket):
            place: Any = {"LocationConstraint": PLACE.region}
            self.browser.create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
            self.browser.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        events: Any = Session().client("events", region_name=PLACE.region)
        events.create_event_bus(Name=self._settings.bus)

    def created(self, name: str, **changes: Any) -> Upload:
        """An open upload whose only part has arrived."""
        wanted = Declaration(
            name=name, size=5, content_type="text/plain", request_hash=name, **{"category": "anything", **changes}
        )
        created = self.function("ApiFunction").uploads.create(OWNER, wanted)
        assert created.window
        for url in created.window.batches[0].urls():
            self.recorders["Signer"].url("PUT", url)
        upload = created.upload
        if upload.is_single:
            checksum: Any = {"ChecksumAlgorithm": "CRC64NVME", "ChecksumCRC64NVME": HELLO}
            self.browser.put_object(Bucket=self._settings.incoming_bucket, Key=upload.key, Body=b"hello", **checksum)
            return upload
        assert upload.multipart_id
        self.browser.upload_part(
            Bucket=self._settings.incoming_bucket,
            Key=upload.key,
            UploadId=upload.multipart_id,
            PartNumber=1,
            Body=b"hello",
        )
        return upload

    def record(self, upload: Upload) -> Upload:
        found = self.function("ApiFunction").sessions.get(upload.id)
        assert found is not None
        return found

    def completed(self, name: str, category: str = "anything") -> Upload:
        return self.function("ApiFunction").uploads.complete(OWNER, self.created(name, category=category).id)


HELLO = checksums.b64(checksums.digest("crc64nvme", b"hello"))
UNKNOWN_UPLOAD = ("CompleteMultipartUpload", "NoSuchUpload", 404)
"""S3 no longer knows the upload when it is completed: HEAD decides then."""
S3_DOWN = ("CompleteMultipartUpload", "InternalError", 500)
LIST_REFUSED = ("ListObjectVersions", "AccessDenied", 403)
COPY_REFUSED = ("CompleteMultipartUpload", "InvalidPart", 400)
"""The copy of a large file is ended, the published object looked for, and another begun."""
BUS_REFUSED = ("PutEvents", "AccessDeniedException", 400)


def serve_requests(world: World) -> None:
    """Everything that the native API can be asked."""
    api = world.function("ApiFunction")
    upload = world.created("one.txt")
    api.uploads.sign_parts(OWNER, upload.id, [1], Form.URLS, {})
    api.uploads.progress(OWNER, upload.id, [(1, 1)])
    assert api.capabilities.holder(api.capabilities.give(OWNER, upload.id).token) == (OWNER, upload.id)
    api.capabilities.revoke(OWNER, upload.id)
    api.uploads.status(OWNER, upload.id)
    api.uploads.stored(OWNER, upload.id, 0, 1000)
    assert api.uploads.complete(OWNER, upload.id).status is Status.STORED
    assert api.uploads.listed(OWNER, None, None, 10).uploads
    assert api.operators.uploads(OPERATOR, Asked(), None).page.uploads
    assert not api.operators.uploads(OPERATOR, Asked(reason=Reason.IN_REVIEW), None).page.uploads
    assert api.uploads.abort(OWNER, world.created("two.txt").id).status is Status.ABORTED
    assert api.uploads.complete(OWNER, world.created("at once.txt", checksum=HELLO).id).status is Status.STORED
    lost = world.created("three.txt")
    with world.recorders["ApiFunction"].refusing(*UNKNOWN_UPLOAD), pytest.raises(WrongState):
        api.uploads.complete(OWNER, lost.id)


def process_events(world: World) -> None:
    """A stored file, and an event that comes before the record says so."""
    process, api = world.function("ProcessFunction"), world.function("ApiFunction")
    assert process.processing.arrived(Arrival(world.completed("four.txt").key, None)) is Outcome.PUBLISHED
    single = world.created("at once too.txt", checksum=HELLO)
    assert process.processing.arrived(Arrival(single.key, None)) is Outcome.PUBLISHED
    early = world.created("five.txt")
    with world.recorders["ApiFunction"].refusing(*S3_DOWN), pytest.raises(Unavailable):
        api.uploads.complete(OWNER, early.id)
    assert process.processing.arrived(Arrival(early.key, None)) is Outcome.EARLY


def copy_large_files(world: World, clock: FakeClock) -> None:
    """In turns, by whoever is there; S3 refuses what each of them completes first."""
    upload = world.completed("ten.txt")
    with world.recorders["ProcessFunction"].refusing(*COPY_REFUSED), pytest.raises(Unavailable):
        world.copier("ProcessFunction").processing.arrived(Arrival(upload.key, None))
    clock.pass_seconds(HOUR)
    with world.recorders["ProcessFunction"].killing("UploadPartCopy"), pytest.raises(Killed):
        world.copier("ProcessFunction").processing.resume(world.record(upload))
    clock.pass_seconds(HOUR)
    with world.recorders["DeadLetterFunction"].refusing(*COPY_REFUSED), pytest.raises(Unavailable):
        world.copier("DeadLetterFunction").dead_letters.arrived(Arrival(upload.key, None))
    clock.pass_seconds(HOUR)
    with world.recorders["SweepFunction"].refusing(*COPY_REFUSED):
        assert world.copier("SweepFunction").sweeper.sweep().waiting
    clock.pass_seconds(HOUR)
    world.copier("SweepFunction").sweeper.sweep()
    assert world.record(upload).status is Status.PUBLISHED
    world.begin_copy(upload)


def end_dead_letters(world: World, clock: FakeClock) -> None:
    """A file that nobody could process, which its owner and an operator have tried again; and one judged clean."""
    api, dead = world.function("ApiFunction"), world.function("DeadLetterFunction")
    failed = world.completed("eight.txt")
    assert dead.dead_letters.arrived(Arrival(failed.key, None)) is Outcome.QUARANTINED
    world.recorders["DeskSigner"].url("GET", api.quarantine.link(OPERATOR, failed.id).url)
    assert api.quarantine.decide(OPERATOR, failed.id, Action.REJECT, "no use").status is Status.PROCESSING
    assert dead.dead_letters.arrived(Arrival(failed.key, None)) is Outcome.LEASED
    again = world.completed("ten.txt")
    assert dead.dead_letters.arrived(Arrival(again.key, None)) is Outcome.QUARANTINED
    assert api.retries.by_owner(OWNER, again.id).status is Status.PROCESSING
    clean = world.completed("nine.txt")
    with world.recorders["ProcessFunction"].killing("CopyObject"), pytest.raises(Killed):
        world.function("ProcessFunction").processing.arrived(Arrival(clean.key, None))
    clock.pass_seconds(HOUR)
    assert dead.dead_letters.arrived(Arrival(clean.key, None)) is Outcome.PUBLISHED


def reading_makers(names: tuple[str, ...], content_type: str) -> Mapping[str, Maker]:
    """Those of a document, and one that needs all of it: what is shipped reads no file as small as this one."""

    def whole(source: Source) -> list[Made]:
        assert source.path.read_bytes() == b"hello"
        return []

    return {**makers_for(names, content_type), "whole": whole}


def derive_and_remove_files(world: World) -> None:
    """A file and what is made of it, a download of both, and the deletion."""
    api = world.function("ApiFunction")
    upload = world.completed("six.txt", "documents")
    world.function("ProcessFunction").processing.arrived(Arrival(upload.key, None))
    assert world.function("DeriveFunction").deriving(reading_makers).published(upload.id) is Derivation.MADE
    for result in (None, "facts.json"):
        world.recorders["DownloadSigner"].url("GET", api.files.link(OWNER, upload.id, result).url)
    assert api.files.delete(OWNER, upload.id).removed_at


def sweep(world: World, clock: FakeClock) -> None:
    """Expire, finish, resume, end a removal, send again: what the other two left half done."""
    api, process = world.function("ApiFunction"), world.function("ProcessFunction")
    world.created("expires.txt")
    world.created("completes itself.txt", auto_complete=True)
    api.uploads.abort(OWNER, world.created("comes late.txt", checksum=HELLO).id)
    world.completed("resumes.txt")
    removed = world.completed("removed.txt")
    with world.recorders["ProcessFunction"].refusing(*BUS_REFUSED):
        process.processing.arrived(Arrival(removed.key, None))
    with (
        world.recorders["ApiFunction"].refusing("ListObjectVersions", "InternalError", 500),
        pytest.raises(Unavailable),
    ):
        api.files.delete(OWNER, removed.id)
    unfinished = [world.created("finishes.txt"), world.created("lost.txt")]
    with world.recorders["ApiFunction"].refusing(*S3_DOWN):
        for upload in unfinished:
            with pytest.raises(Unavailable):
                api.uploads.complete(OWNER, upload.id)
    clock.pass_seconds(2 * DAY)
    sweeper = world.function("SweepFunction")
    with world.recorders["SweepFunction"].refusing(*UNKNOWN_UPLOAD):
        sweeper.sweeper.sweep()
    clock.pass_seconds(DAY)
    assert sweeper.sweeper.sweep().waiting == ()


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, list[Ask]]]:
    """Function: the rights that it asked for while all use cases ran."""
    policy_file = tmp_path_factory.mktemp("policy") / "policy.json"
    policy_file.write_text(compile_policy((ROOT / "policy.yaml").read_text("utf-8")), "utf-8")
    clock = FakeClock()
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setattr(models, "S3_UPLOAD_PART_MIN_SIZE", 1)
        world = World(deployed(), policy_file, clock)
        serve_requests(world)
        process_events(world)
        end_dead_letters(world, clock)
        copy_large_files(world, clock)
        derive_and_remove_files(world)
        sweep(world, clock)
        yield {function: recorder.asked for function, recorder in world.recorders.items()}


@pytest.mark.parametrize("function", HOLDERS)
def test_every_call_of_a_function_is_allowed_by_its_role(
    asked: Mapping[str, list[Ask]], stack: Stack, function: str
) -> None:
    """Nothing that works on a laptop fails in AWS for a missing right, on the very bucket, key, table or index."""
    assert asked[function]
    refused = {(ask.action, ask.resource) for ask in asked[function] if not allowed(stack.role(function), ask)}
    assert not refused


@pytest.mark.parametrize("function", HOLDERS)
def test_every_right_of_a_role_is_used(asked: Mapping[str, list[Ask]], stack: Stack, function: str) -> None:
    """A right that no use case needs any more is taken away."""
    for statement in stack.role(function):
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        for action in set(actions) - USED_BY_LAMBDA_ITSELF:
            alone = {**statement, "Action": action}
            assert any(allowed([alone], ask) for ask in asked[function]), f"{statement['Sid']}: {action}"
