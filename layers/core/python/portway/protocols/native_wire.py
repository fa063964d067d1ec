"""The JSON of the native API: requests as they may come, answers as they go. Sizes in bytes, times RFC 3339 in UTC."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, RootModel, StrictBool, StrictInt, StrictStr
from pydantic_core import PydanticCustomError

from portway.declaration import MAX_WINDOW, Declaration
from portway.model import ChecksumAlgorithm, Strategy, Word
from portway.protocols.documents import Document, Request
from portway.protocols.problems import FaultView
from portway.signing import MAX_TEMPLATE, MAX_URLS, Form
from portway.verdicts import Risk, Severity

Number = Annotated[int, Field(ge=1, le=10_000)]


def _unicode(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PydanticCustomError("not_unicode", "Not valid Unicode: half of a surrogate pair") from None
    return text


Text = Annotated[StrictStr, AfterValidator(_unicode)]
Checksums = dict[Number, Text]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""RFC 3339 with milliseconds, in UTC."""
ServerTime = Annotated[Moment, Field(description="Our clock, to measure the others against")]
Known = Annotated[int | None, Field(description="Null while the size is not known")]
Reason = Annotated[str | None, Field(description="Why it failed, such as `rejected` or `parts_changed`")]


class CreateUpload(Request):
    """A file that is going to be sent. Who sends it is in the token, never here."""

    name: Text = Field(
        description="Base name of the file, kept as sent unless its category cleans it: 1 to 255 characters, no path"
    )
    size: StrictInt | None = Field(
        description="Exact bytes of the file, 0 or more; null while nobody knows: then say the `lengths` of parts when "
        "you sign them, and the size to complete",
        json_schema_extra={"minimum": 0},
    )
    content_type: Text = Field(description="Media type; inspection may decide for another", examples=["image/png"])
    category: Text | None = Field(None, description="Which policy applies; left out, the default one: `anything`")
    metadata: dict[Text, Text] = Field(
        default_factory=dict, description="Names and values, 2 KB as JSON; a category may ask for some"
    )
    part_size: StrictInt | None = Field(None, description="Wished bytes per part, 5 MiB to 5 GiB; leave it to us")
    checksum_algorithm: ChecksumAlgorithm = Field(
        ChecksumAlgorithm.CRC64NVME, description="For every part and for the whole file"
    )
    checksum: Text | None = Field(None, description="Base64 of the whole file's checksum; S3 proves it at complete")
    part_checksums: Checksums = Field(
        default_factory=dict, description="Base64 checksums by part number, for the parts that are signed at once"
    )
    strategy: Literal["auto", "multipart", "single"] = Field(
        "auto",
        description="`single`: one signed PUT, for a file of one part whose `checksum` is given; `auto`: that where it "
        "can be, else parts",
    )
    auto_complete: StrictBool = Field(False, description="Complete it once /progress has reported every part")
    window: StrictInt = Field(
        100,
        description="How many parts to sign at once; 0 while you do not know your checksums",
        json_schema_extra={"minimum": 0, "maximum": MAX_WINDOW},
    )
    head: Text | None = Field(
        None,
        description="Base64 of the first bytes, up to 16 KiB: what contradicts `content_type` is told before anything "
        "is sent. They are not kept, and the whole file is inspected in any case",
    )

    def declaration(self, default_category: str) -> Declaration:
        """The same for the core."""
        category = default_category if self.category is None else self.category
        asked = {**self.model_dump(mode="json", exclude_defaults=True), "category": category}
        return Declaration(
            **self.model_dump(exclude={"strategy", "category"}),
            strategy=None if self.strategy == "auto" else Strategy(self.strategy),
            category=category,
            request_hash=_fingerprint(asked),
        )


def _fingerprint(asked: dict[str, Any]) -> str:
    """Names what is asked for: the order of names makes no difference."""
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:32]


class SignParts(Request):
    """Which parts to sign: either `numbers` or `range`."""

    numbers: list[StrictInt] | None = Field(None, description="Part numbers, from 1")
    range: tuple[StrictInt, StrictInt] | None = Field(None, description="[first, last], both included")
    form: Form = Field(
        Form.URLS, description=f"`urls`: at most {MAX_URLS} full URLs; `template`: at most {MAX_TEMPLATE} signatures"
    )
    checksums: Checksums = Field(
        default_factory=dict,
        description="Base64 checksums by part number: S3 takes no other bytes then. In a template: all or none",
    )
    lengths: dict[Number, StrictInt] = Field(
        default_factory=dict,
        description="Bytes by part number, only for a file of unknown size: `part_size`, the last part at most that",
    )


class ReportProgress(Request):
    """Parts that S3 has answered with 200."""

    stored: list[tuple[StrictInt, StrictInt]] = Field(description="Ranges [first, last] of stored parts")


class CompleteUpload(Request):
    """Nothing is needed; what is given is compared."""

    checksum: Text | None = Field(None, description="Base64 of the whole file's checksum, if create did not have it")
    size: StrictInt | None = Field(
        None, description="Bytes of the file: needed where create did not know them, else compared"
    )


class GiveToken(Request):
    """How long the token is good for."""

    seconds: StrictInt | None = Field(None, description="Left out: as long as the upload can be open at all")


class UploadToken(Document):
    """Good for one upload, whoever has it: keep it as you keep a password."""

    token: str = Field(description="For `Authorization: Bearer`; it is shown this once")
    expires_at: Moment = Field(description="When it ends, if nobody takes it back before")
    server_time: ServerTime


class SignedPart(Document):
    """PUT exactly `length` bytes to `url` with exactly these headers."""

    number: int
    length: int = Field(description="Exact bytes that this URL accepts, as Content-Length")
    url: str
    headers: dict[str, str] = Field(description="Send exactly these besides host and content-length")


class SignedUrls(Document):
    """One URL a part, for PUT requests straight to S3."""

    form: Literal["urls"] = "urls"
    method: Literal["PUT"] = "PUT"
    expires_at: Moment = Field(description="When the URLs end; sign again for more time")
    server_time: ServerTime
    parts: list[SignedPart]


class SignedTemplate(Document):
    """Put a number and its signature (same position) into the template's literals `{part_number}` and `{signature}`.

    The parts are `part_size` bytes long, the last one of the file as long as what remains.
    """

    form: Literal["template"] = "template"
    method: Literal["PUT"] = "PUT"
    expires_at: Moment = Field(description="When the URLs end; sign again for more time")
    server_time: ServerTime
    template: str
    numbers: list[int]
    signatures: list[str]
    headers: dict[str, str] = Field(description="Header names; `{checksum}` stands for the part's own checksum")


class SignedParts(RootModel[Annotated[SignedUrls | SignedTemplate, Field(discriminator="form")]]):
    """In the form that was asked for."""

    model_config = ConfigDict(defer_build=True)  # as every Document


class CreatedUpload(Document):
    """Cut the file into `part_count` parts of `part_size` bytes, the last one shorter; an empty file is one part.

    With `strategy` `single` the one part is the file itself: it is stored once S3 has answered the PUT with 200, and
    complete may be called, but need not. 412 for a repeated PUT: it is there already, ask the status.
    """

    id: str
    status: Word
    strategy: Strategy = Field(description="As wished, or as we chose")
    size: Known
    part_size: int
    part_count: Known
    expires_at: Moment = Field(description="When the upload ends if nothing happens; signing renews it")
    server_time: ServerTime
    signed: SignedUrls | None = Field(description="The first parts, ready to be sent; null for `window` 0")
    warnings: list[FaultView] = Field(description="What is odd, but was not refused")


class HistoryStep(Document):
    state: str
    at: Moment


class AttemptView(Document):
    """Something was tried and did not work."""

    number: int
    action: str
    code: str
    retryable: bool
    at: Moment


Facts = Annotated[
    dict[str, Any],
    Field(description="What inspection learnt of the file, by name: `width`, `pages`, `duration_ms` …; may be empty"),
]


class FindingView(Document):
    """What inspection found in the file."""

    code: str
    severity: Severity
    words: str


class UploadItem(Document):
    id: str
    status: Word = Field(description="In lists an open upload is `in_progress` once a part was reported")
    reason: Reason
    name: str
    size: Known
    content_type: str
    category: str
    created_at: Moment
    expires_at: Moment
    removed_at: Moment | None = Field(description="When its file was deleted")


class UploadView(UploadItem):
    """An upload with everything that is known about it."""

    metadata: dict[str, str]
    checksum_algorithm: ChecksumAlgorithm
    checksum: str | None = Field(description="Of the whole file, base64: as declared, later as S3 computed it")
    strategy: Strategy = Field(description="In parts, or in one PUT")
    part_size: int
    part_count: Known
    bytes_stored: int = Field(description="What S3 has of it")
    percentage: float | None = Field(description="0 to 100; null while the size is not known")
    speed: int | None = Field(description="Bytes per second; null while nobody can know")
    seconds_left: int | None
    missing: list[tuple[int, int]] = Field(description="Inclusive ranges of the part numbers that S3 does not have")
    findings: list[FindingView]
    risk: Risk | None = Field(
        description="What all findings together amount to; a file of high risk waits for an operator. Null before it "
        "was inspected"
    )
    facts: Facts
    retained_until: Moment | None = Field(description="When its file is removed by policy; null: nothing says so yet")
    history: list[HistoryStep] = Field(description="The states it went through; finer than `status`")
    attempts: list[AttemptView]
    server_time: ServerTime


class ReportedUpload(UploadItem):
    """An upload after a report of its progress."""

    missing: list[tuple[int, int]] | None = Field(
        description="Null until an `auto_complete` upload has reported every part; then the inclusive ranges of those "
        "that S3 does not have all the same: send and report them again. Empty: it was completed"
    )


class UploadList(Document):
    uploads: list[UploadItem]
    cursor: str | None = Field(description="For the next page; null at the end")


class PartView(Document):
    number: int
    size: int
    etag: str
    checksum: str | None = Field(description="Base64, in the upload's algorithm")
    stored_at: Moment | None = Field(description="Null after complete")


class PartList(Document):
    parts: list[PartView]
    cursor: int | None = Field(description="For the next page; null at the end")
