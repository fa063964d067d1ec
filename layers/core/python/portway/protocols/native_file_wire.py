"""What the native API says of published files."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from portway.model import ChecksumAlgorithm
from portway.protocols.documents import Document
from portway.protocols.native_wire import Facts, Moment, ServerTime


class ResultView(Document):
    """Something that was made of a published file. `GET /v1/files/{id}/url?result=<name>` has a URL for it."""

    name: str
    content_type: str
    size: int
    facts: dict[str, Any] = Field(description="Its measures, and what it saves")


class FileView(Document):
    """A published file. Its id is the upload's."""

    id: str
    name: str
    size: int
    content_type: str = Field(description="What it is served as")
    category: str
    metadata: dict[str, str]
    facts: Facts
    checksum_algorithm: ChecksumAlgorithm
    checksum: str | None = Field(description="Of the whole file, base64")
    created_at: Moment
    published_at: Moment
    retained_until: Moment | None = Field(description="When it is removed by policy; null: when you delete it")
    results: list[ResultView] = Field(description="What was made of it: thumbnails, smaller copies, facts")
    results_at: Moment | None = Field(description="When that was done; null as long as it was not, or nothing is made")


class FileUrl(Document):
    """A URL that reads one file, whoever has it."""

    url: str
    method: Literal["GET"] = "GET"
    expires_at: Moment
    server_time: ServerTime
