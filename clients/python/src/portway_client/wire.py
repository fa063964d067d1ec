"""The wire contract: what is asked of the API, and what its documents mean. docs/api/openapi.json has the whole of it.

Fields that are not known here are ignored: a newer server may say more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from portway_client.errors import Finding
from portway_client.model import Declaration, File, HeldPart, Ranges, SignedPart, Status, Upload
from portway_client.steps import Ask

Document = Mapping[str, Any]
MARGIN_SECONDS = 5.0
"""So long before its end a URL is not begun with any more."""
PAGE = 1000


def create(said: Declaration, algorithm: str, window: int, checksum: str | None) -> dict[str, Any]:
    """The body of create. `checksum`: of the whole file, where it is known."""
    body: dict[str, Any] = {
        "name": said.name,
        "size": said.size,
        "content_type": said.content_type,
        "metadata": dict(said.metadata),
        "checksum_algorithm": algorithm,
        "window": window,
    }
    wished = {"category": said.category, "part_size": said.part_size, "checksum": checksum}
    return body | {name: value for name, value in wished.items() if value is not None}


def sign(
    upload_id: str, numbers: Sequence[int], checksums: Mapping[int, str], lengths: Mapping[int, int], form: str
) -> Ask:
    """`checksums` are bound into the URLs; `lengths` only where the size is not known."""
    body: dict[str, Any] = {"numbers": list(numbers), "form": form}
    if checksums:
        body["checksums"] = {str(number): checksums[number] for number in numbers}
    if lengths:
        body["lengths"] = {str(number): lengths[number] for number in numbers}
    return Ask("POST", f"/v1/uploads/{upload_id}/parts", body)


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def lifetime(document: Document) -> float:
    """Seconds that signed URLs live, by the server's own clock: this machine's may be wrong by hours."""
    return (_moment(document["expires_at"]) - _moment(document["server_time"])).total_seconds()


def signed(
    document: Document | None, asked_at: float, lengths: Mapping[int, int], checksums: Mapping[int, str]
) -> list[SignedPart]:
    """Signed parts of either form; `asked_at` is on our clock: they live from then on at the earliest."""
    if document is None:
        return []
    until = asked_at + lifetime(document) - MARGIN_SECONDS
    if document["form"] == "urls":
        rows = [(each["number"], each["length"], each["url"], each["headers"]) for each in document["parts"]]
    else:
        rows = list(_filled_in(document, lengths, checksums))
    return [SignedPart(*row, until, checksums.get(row[0])) for row in rows]


def _filled_in(
    document: Document, lengths: Mapping[int, int], checksums: Mapping[int, str]
) -> Iterator[tuple[int, int, str, Mapping[str, str]]]:
    """Number, length, URL and headers of each part of a template."""
    before, _, rest = document["template"].partition("{part_number}")
    middle, _, after = rest.partition("{signature}")
    for number, signature in zip(document["numbers"], document["signatures"], strict=True):
        checksum = checksums.get(number, "")
        headers = {name: value.replace("{checksum}", checksum) for name, value in document["headers"].items()}
        yield number, lengths[number], f"{before}{number}{middle}{signature}{after}", headers


def ranges(document: Sequence[Sequence[int]]) -> Ranges:
    return tuple((first, last) for first, last in document)


def numbers(of: Ranges) -> list[int]:
    return [number for first, last in of for number in range(first, last + 1)]


def findings(document: Document) -> tuple[Finding, ...]:
    return tuple(Finding(each["code"], each["severity"], each["words"]) for each in document.get("findings", ()))


def upload(document: Document) -> Upload:
    """Of a list, of create or of a status."""
    return Upload(
        id=document["id"],
        status=Status(document["status"]),
        reason=document.get("reason"),
        name=document["name"],
        size=document["size"],
        content_type=document["content_type"],
        category=document["category"],
        created_at=_moment(document["created_at"]),
        expires_at=moment(document.get("expires_at")),
        removed_at=moment(document.get("removed_at")),
        strategy=document.get("strategy", "multipart"),
        checksum_algorithm=document.get("checksum_algorithm", "crc64nvme"),
        checksum=document.get("checksum"),
        part_size=document.get("part_size", 0),
        part_count=document.get("part_count"),
        bytes_stored=document.get("bytes_stored", 0),
        percentage=document.get("percentage"),
        missing=ranges(document.get("missing") or ()),
        findings=findings(document),
        risk=document.get("risk"),
        metadata=document.get("metadata", {}),
        history=tuple((step["state"], _moment(step["at"])) for step in document.get("history", ())),
    )


def file(document: Document, said: tuple[Finding, ...] = ()) -> File:
    """A published file; `said` are the findings of its upload."""
    return File(
        id=document["id"],
        name=document["name"],
        size=document["size"],
        content_type=document["content_type"],
        category=document["category"],
        metadata=document["metadata"],
        checksum_algorithm=document["checksum_algorithm"],
        checksum=document["checksum"],
        created_at=_moment(document["created_at"]),
        published_at=_moment(document["published_at"]),
        retained_until=moment(document.get("retained_until")),
        facts=document.get("facts", {}),
        results=document.get("results", ()),
        findings=said,
    )


def held(document: Document) -> list[HeldPart]:
    return [
        HeldPart(each["number"], each["size"], each["checksum"], each["etag"].strip('"')) for each in document["parts"]
    ]
