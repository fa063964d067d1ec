"""The JSON of the operators' routes: what they decide, and all that is known of an upload. Nobody else sees these."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from portway.decisions import MAX_WHY, Action
from portway.model import ChecksumAlgorithm, Strategy
from portway.protocols.documents import Document, Request
from portway.protocols.native_wire import (
    AttemptView,
    FindingView,
    HistoryStep,
    Known,
    Moment,
    Reason,
    ServerTime,
    Text,
    UploadItem,
)
from portway.rates import Level
from portway.verdicts import Risk


class Explain(Request):
    """What decided it. It is kept with the upload, under the operator's name; the owner does not see it."""

    why: Text = Field(
        description=f"1 to {MAX_WHY} characters, put on one line", examples=["Asked the sender: a scanned form"]
    )


class RiskView(Document):
    points: int = Field(description="Today's and yesterday's (UTC): refused files, wrong types, abandoned uploads")
    level: Level = Field(description="low: full rate of creates; medium: a half or a quarter; high: an eighth or less")


class OperatorItem(UploadItem):
    """An upload, whose it is, and how risky its owner looks now."""

    tenant: str
    owner: str
    risk: RiskView


class OperatorList(Document):
    uploads: list[OperatorItem]
    cursor: str | None = Field(description="For the next page; null at the end")


class FullFinding(FindingView):
    detail: str = Field(description="What exactly was found, and where; not for the file's owner")


class InspectionView(Document):
    """What one inspector did, and what it cost."""

    inspector: str
    milliseconds: int
    bytes_read: int


class VerdictView(Document):
    """What inspection found, or what an operator made of it."""

    reason: Reason
    risk: Risk
    version_id: str = Field(description="The version of the stored object that it is about")
    policy_version: str
    content_type: str = Field(description="What the file is, or would be, served as")
    strip: bool = Field(description="Whether its metadata are left out of what is published")
    findings: list[FullFinding]
    facts: dict[str, Any]
    inspections: list[InspectionView]
    bytes_read: int
    milliseconds: int


class DecisionView(Document):
    """What an operator did."""

    at: Moment
    operator: str = Field(description="The claim `sub` of the token")
    action: Action = Field(description="`read`: a URL to download the file was given out")
    why: str = Field(description='"" for `read`')
    lease: int = Field(description="The turn of the upload that it was decided in")
    reason: Reason


class StoredView(Document):
    """What the incoming bucket was given. It is not there any more once the file is published, or removed."""

    key: str
    version_id: str
    etag: str
    size: int
    checksum: str | None


class PublishedView(Document):
    bucket: str
    key: str
    version_id: str
    content_type: str


class UploadStory(UploadItem):
    """One upload with all that is known of it."""

    tenant: str
    owner: str
    metadata: dict[str, str]
    checksum_algorithm: ChecksumAlgorithm
    checksum: str | None
    strategy: Strategy
    part_size: int
    part_count: Known
    policy_version: str = Field(description="By which it was taken; the verdict names its own")
    lease: int = Field(description="How often somebody took it up to process it")
    due_at: Moment | None = Field(description="When the sweeper looks at it next; null when nothing is left to do")
    stored: StoredView | None
    published: PublishedView | None
    verdict: VerdictView | None
    decisions: list[DecisionView]
    history: list[HistoryStep]
    attempts: list[AttemptView]
    server_time: ServerTime
