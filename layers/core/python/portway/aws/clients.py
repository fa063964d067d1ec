"""Low-level clients, each setting on purpose. Those of the usual way are made at once, in Lambda's init phase; those
that few invocations need when they are first used, because a cold start pays for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from botocore.config import Config
from botocore.handlers import BUILTIN_HANDLERS, REGISTER_FIRST, REGISTER_LAST
from botocore.session import Session as Session

from portway.aws import snapshots

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient as DynamoDBClient  # bootstrap names it and must not import it
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client as S3Client
    from mypy_boto3_sts import STSClient

SERVICES = frozenset({"dynamodb", "events", "guardduty", "lambda", "s3", "secretsmanager", "sts"})
"""Those that are called, as botocore names them in its events; dev/trim.py has the operations."""
COMPLETE_SECONDS = 20
"""How long to wait for CompleteMultipartUpload, which may take minutes: the gateway gives up after 30 s, so we do
before, and leave the upload in COMPLETING for the event or the sweeper."""


def session() -> Session:
    """One for each container. boto3's would add its resources and transfers, 25 ms of a cold start; botocore's own has
    handlers for every service of AWS, of which ours need half: 10 ms."""
    made = Session(include_builtin_handlers=False)
    events = made.get_component("event_emitter")
    ways = {(): events.register, (REGISTER_FIRST,): events.register_first, (REGISTER_LAST,): events.register_last}
    for event, handler, *order in BUILTIN_HANDLERS:
        kind, *service = event.split(".")[:2]
        if kind != "docs" and SERVICES.issuperset(service):
            ways[tuple(order)](event, handler)
    snapshots.renew_after_restore(made)
    return made


class _Lazy:
    """Stands for a client until one of its attributes is needed."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:
        if name == "_client":  # the first time
            self._client = self._make()
            return self._client
        return getattr(self._client, name)


def config(region: str, read_seconds: float = 5, tries: int = 3, **more: Any) -> Config:
    """Short waits and few repeats: a caller is waiting, and whatever stays undone is finished by others."""
    return Config(
        region_name=region,
        connect_timeout=min(2, read_seconds),
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": tries},
        user_agent="portway",  # botocore's own is put together anew, twice for each call: a tenth of its CPU
        **more,
    )


def s3_client(
    session: Session, region: str, endpoint: str | None = None, read_seconds: float = 10, tries: int = 2
) -> S3Client:
    """Regional, SigV4, no checksums of the SDK's own; path addressing only towards an `endpoint` of one's own."""
    options = {"addressing_style": "path" if endpoint else "virtual", "us_east_1_regional_endpoint": "regional"}
    settings = config(
        region,
        read_seconds,
        tries,
        signature_version="s3v4",
        s3=options,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return cast("S3Client", session.create_client("s3", region_name=region, endpoint_url=endpoint, config=settings))


def completing_s3_client(session: Session, region: str, endpoint: str | None = None) -> S3Client:
    """For CompleteMultipartUpload alone: one try, since a repeat must be decided by who knows the record."""
    return cast("S3Client", _Lazy(lambda: s3_client(session, region, endpoint, COMPLETE_SECONDS, tries=1)))


def dynamodb_client(session: Session, region: str) -> DynamoDBClient:
    return cast("DynamoDBClient", session.create_client("dynamodb", config=config(region)))


def events_client(session: Session, region: str, is_waited_for: bool) -> EventBridgeClient:
    """One short try where a client waits for an answer: what the bus does not take at once, the sweeper sends."""
    patience = config(region, read_seconds=1, tries=1) if is_waited_for else config(region)
    return cast("EventBridgeClient", _Lazy(lambda: session.create_client("events", config=patience)))


def sts_client(session: Session, region: str) -> STSClient:
    """Gives up after ten seconds: somebody waits, and credentials that are kept may go on (sts.py)."""
    patience = config(region, read_seconds=3, tries=2)
    return cast("STSClient", _Lazy(lambda: session.create_client("sts", config=patience)))


def guardduty_client(session: Session, region: str) -> Any:
    return _Lazy(lambda: session.create_client("guardduty", config=config(region)))


def secrets_client(session: Session, region: str) -> Any:
    return _Lazy(lambda: session.create_client("secretsmanager", config=config(region)))


def check_client(session: Session, region: str, seconds: int) -> Any:
    """For a team's own check, which is asked once and has so many seconds."""
    return session.create_client("lambda", config=config(region, read_seconds=seconds, tries=1))
