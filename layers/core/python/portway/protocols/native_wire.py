"""The JSON of the native API: requests as they may come, answers as they go. Sizes in bytes, times RFC 3339 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, StrictBool, StrictInt, StrictStr

from portway.declaration import MAX_WINDOW, Declaration
from portway.model import ChecksumAlgorithm, Part, Severity, Upload, Word
from portway.signing import Form, Window
from portway.status import Snapshot

Number = Annotated[int, Field(ge=1, le=10_000)]


def _unicode(text: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("not valid Unicode: half of a surrogate pair")
    return text


Text = Annotated[StrictStr, AfterValidator(_unicode)]
Checksums = dict[Number, Text]


class Request(BaseModel):
    """Unknown fields are an error, not ignored."""

    model_config = ConfigDict(extra="forbid")


class CreateUpload(Request):
    name: Text = Field(description="Base name of the file, kept exactly as sent")
    size: StrictInt = Field(description="Exact bytes of the file")
    content_type: Text = Field(examples=["image/png"])
    category: Text = Field("anything", description="Which policy applies")
    metadata: dict[Text, Text] = Field(default_factory=dict, description="At most 2 KB as JSON")
    part_size: StrictInt | None = Field(None, description="Wished bytes per part, 5 MiB to 5 GiB")
    checksum_algorithm: ChecksumAlgorithm = ChecksumAlgorithm.CRC64NVME
    checksum: Text | None = Field(None, description="Base64 of the whole file's checksum")
    part_checksums: Checksums = Field(default_factory=dict, description="Base64 checksums by part number")
    strategy: Literal["auto", "multipart"] = "auto"
    auto_complete: StrictBool = False
    window: StrictInt = Field(100, description=f"How many parts to sign at once, 0 to {MAX_WINDOW}")

    def declaration(self, request_hash: str) -> Declaration:
        fields = self.model_dump(exclude={"strategy"})
        return Declaration(**fields, request_hash=request_hash)


class SignParts(Request):
    numbers: list[StrictInt] | None = Field(None, description="Part numbers; or give `range`")
    range: tuple[StrictInt, StrictInt] | None = Field(None, description="[first, last], both included")
    form: Form = Form.URLS
    checksums: Checksums = Field(default_factory=dict, description="Base64 checksums by part number")


class ReportProgress(Request):
    stored: list[tuple[StrictInt, StrictInt]] = Field(description="Ranges [first, last] of stored parts")


class CompleteUpload(Request):
    checksum: Text | None = Field(None, description="Base64 of the whole file's checksum")
    size: StrictInt | None = None


class SignedPart(BaseModel):
    number: int
    length: int = Field(description="Exact bytes that this URL accepts")
    url: str
    headers: dict[str, str] = Field(description="Send exactly these besides content-length")


class SignedUrls(BaseModel):
    form: Literal["urls"] = "urls"
    method: Literal["PUT"] = "PUT"
    expires_at: str
    server_time: str
    parts: list[SignedPart]


class SignedTemplate(BaseModel):
    """Put a number and its signature (same position) into the template's literals `{part_number}` and `{signature}`."""

    form: Literal["template"] = "template"
    method: Literal["PUT"] = "PUT"
    expires_at: str
    server_time: str
    template: str
    numbers: list[int]
    signatures: list[str]
    headers: dict[str, str] = Field(description="Header names; `{checksum}` stands for the part's own checksum")


class SignedParts(RootModel[SignedUrls | SignedTemplate]):
    """In the form that was asked for."""


class CreatedUpload(BaseModel):
    id: str
    status: Word
    size: int
    part_size: int
    part_count: int
    expires_at: str
    server_time: str
    signed: SignedUrls | None


class HistoryStep(BaseModel):
    state: str
    at: str


class AttemptView(BaseModel):
    number: int
    action: str
    code: str
    retryable: bool
    at: str


class FindingView(BaseModel):
    code: str
    severity: Severity
    words: str


class UploadView(BaseModel):
    """`speed` is in bytes per second. `missing` holds inclusive ranges of part numbers."""

    id: str
    status: Word
    reason: str | None
    name: str
    size: int
    content_type: str
    category: str
    metadata: dict[str, str]
    checksum_algorithm: ChecksumAlgorithm
    checksum: str | None
    part_size: int
    part_count: int
    bytes_stored: int
    percentage: float
    speed: int | None
    seconds_left: int | None
    missing: list[tuple[int, int]]
    findings: list[FindingView]
    history: list[HistoryStep]
    attempts: list[AttemptView]
    created_at: str
    expires_at: str
    server_time: str


class UploadItem(BaseModel):
    id: str
    status: Word
    reason: str | None
    name: str
    size: int
    content_type: str
    category: str
    created_at: str
    expires_at: str


class UploadList(BaseModel):
    uploads: list[UploadItem]
    cursor: str | None


class PartView(BaseModel):
    number: int
    size: int
    etag: str
    checksum: str | None
    stored_at: str | None


class PartList(BaseModel):
    parts: list[PartView]
    cursor: int | None


class FileView(BaseModel):
    id: str
    name: str
    size: int
    content_type: str = Field(description="What it is served as")
    category: str
    metadata: dict[str, str]
    checksum_algorithm: ChecksumAlgorithm
    checksum: str | None
    created_at: str
    published_at: str


class FileUrl(BaseModel):
    url: str
    method: Literal["GET"] = "GET"
    expires_at: str
    server_time: str


def time_text(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def signed_urls(window: Window) -> SignedUrls:
    """Every part with its URL, ascending as asked for within those with and those without a checksum."""
    parts = [
        SignedPart(
            number=part.number,
            length=part.length,
            url=url,
            headers={window.header: part.checksum} if part.checksum else {},
        )
        for batch in window.batches
        for part, url in zip(batch.parts, batch.urls(), strict=True)
    ]
    return SignedUrls(
        expires_at=time_text(window.expires_at),
        server_time=time_text(window.server_time),
        parts=sorted(parts, key=lambda part: part.number),
    )


def signed_template(window: Window) -> SignedTemplate:
    (batch,) = window.batches
    return SignedTemplate(
        expires_at=time_text(window.expires_at),
        server_time=time_text(window.server_time),
        template=batch.template,
        numbers=[part.number for part in batch.parts],
        signatures=list(batch.signatures),
        headers={window.header: "{checksum}"} if batch.parts[0].checksum else {},
    )


def created_upload(upload: Upload, window: Window | None, now: int) -> CreatedUpload:
    return CreatedUpload(
        id=upload.id,
        status=upload.word,
        size=upload.size,
        part_size=upload.part_size,
        part_count=upload.part_count,
        expires_at=time_text(upload.expires_at),
        server_time=time_text(now),
        signed=signed_urls(window) if window else None,
    )


def _item(upload: Upload) -> dict[str, Any]:
    return {
        "id": upload.id,
        "status": upload.word,
        "reason": upload.reason,
        "name": upload.name,
        "size": upload.size,
        "content_type": upload.content_type,
        "category": upload.category,
        "created_at": time_text(upload.created_at),
        "expires_at": time_text(upload.expires_at),
    }


def upload_item(upload: Upload) -> UploadItem:
    return UploadItem(**_item(upload))


def upload_view(snapshot: Snapshot, now: int) -> UploadView:
    upload, verdict = snapshot.upload, snapshot.upload.verdict
    fields = {
        **_item(upload),
        "status": snapshot.word,
        "metadata": dict(upload.metadata),
        "checksum_algorithm": upload.checksum_algorithm,
        "checksum": upload.stored.checksum if upload.stored else upload.checksum,
        "part_size": upload.part_size,
        "part_count": upload.part_count,
        "bytes_stored": snapshot.bytes_stored,
        "percentage": snapshot.percentage,
        "speed": snapshot.speed,
        "seconds_left": snapshot.seconds_left,
        "missing": list(snapshot.missing),
        "findings": [
            FindingView(code=f.code, severity=f.severity, words=f.words) for f in (verdict.findings if verdict else ())
        ],
        "history": [HistoryStep(state=step.status, at=time_text(step.at)) for step in upload.history],
        "attempts": [
            AttemptView(number=a.number, action=a.action, code=a.code, retryable=a.retryable, at=time_text(a.at))
            for a in upload.attempts
        ],
        "server_time": time_text(now),
    }
    return UploadView(**fields)


def part_view(part: Part) -> PartView:
    at = time_text(part.stored_at) if part.stored_at is not None else None
    return PartView(number=part.number, size=part.size, etag=part.etag, checksum=part.checksum, stored_at=at)


def file_view(upload: Upload) -> FileView:
    assert upload.published is not None
    return FileView(
        id=upload.id,
        name=upload.name,
        size=upload.size,
        content_type=upload.published.content_type,
        category=upload.category,
        metadata=dict(upload.metadata),
        checksum_algorithm=upload.checksum_algorithm,
        checksum=upload.stored.checksum if upload.stored else None,
        created_at=time_text(upload.created_at),
        published_at=time_text(upload.history[-1].at),
    )
