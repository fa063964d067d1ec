"""From what the core knows to the JSON of the native API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from portway.capabilities import Given
from portway.files import Link
from portway.model import FAILURES, Part, Upload
from portway.presign import SignedParts
from portway.protocols.native_file_wire import FileUrl, FileView, ResultView
from portway.protocols.native_wire import (
    AttemptView,
    CreatedUpload,
    FindingView,
    HistoryStep,
    PartView,
    ReportedUpload,
    SignedPart,
    SignedTemplate,
    SignedUrls,
    UploadItem,
    UploadToken,
    UploadView,
)
from portway.protocols.problems import fault_views
from portway.published import file_of
from portway.signing import Window
from portway.status import Snapshot
from portway.uploads import Created, Noted


def time_text(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _moment(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else time_text(milliseconds)


def signed_urls(window: Window) -> SignedUrls:
    """Every part with its URL, ascending as asked for within those with and those without a checksum."""
    parts = [
        SignedPart(
            number=part.number,
            length=part.length,
            url=url,
            headers=dict(batch.headers(part)),
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
    assert isinstance(batch, SignedParts)  # a single upload has no template
    return SignedTemplate(
        expires_at=time_text(window.expires_at),
        server_time=time_text(window.server_time),
        template=batch.template,
        numbers=[part.number for part in batch.parts],
        signatures=list(batch.signatures),
        headers={batch.checksum_header: "{checksum}"} if batch.checksum_header else {},
    )


def created_upload(created: Created, now: int) -> CreatedUpload:
    upload, window = created.upload, created.window
    return CreatedUpload(
        id=upload.id,
        status=upload.word,
        strategy=upload.strategy,
        size=_known(upload, upload.size),
        part_size=upload.part_size,
        part_count=_known(upload, upload.part_count),
        expires_at=time_text(upload.expires_at),
        server_time=time_text(now),
        signed=signed_urls(window) if window else None,
        warnings=fault_views(created.warnings),
    )


def _known(upload: Upload, figure: int) -> int | None:
    """A figure of the whole file, if there is a whole already."""
    return None if upload.is_open_ended else figure


def item(upload: Upload) -> dict[str, Any]:
    return {
        "id": upload.id,
        "status": upload.word,
        "reason": upload.reason if upload.reason in FAILURES else None,
        "name": upload.name,
        "size": _known(upload, upload.size),
        "content_type": upload.content_type,
        "category": upload.category,
        "created_at": time_text(upload.created_at),
        "expires_at": time_text(upload.expires_at),
        "removed_at": _moment(upload.removed_at),
    }


def upload_item(upload: Upload) -> UploadItem:
    return UploadItem(**item(upload))


def reported_upload(noted: Noted) -> ReportedUpload:
    return ReportedUpload(**item(noted.upload), missing=None if noted.missing is None else list(noted.missing))


def happened(upload: Upload) -> dict[str, Any]:
    """What was declared besides, and what the upload went through."""
    return {
        "metadata": dict(upload.metadata),
        "checksum_algorithm": upload.checksum_algorithm,
        "checksum": upload.stored.checksum if upload.stored else upload.checksum,
        "strategy": upload.strategy,
        "part_size": upload.part_size,
        "part_count": _known(upload, upload.part_count),
        "history": [HistoryStep(state=step.status, at=time_text(step.at)) for step in upload.history],
        "attempts": [
            AttemptView(number=a.number, action=a.action, code=a.code, retryable=a.retryable, at=time_text(a.at))
            for a in upload.attempts
        ],
    }


def facts(upload: Upload) -> dict[str, Any]:
    """What inspection learnt that the file's owner may know: what he could see in the file himself."""
    return upload.verdict.owners_facts if upload.verdict else {}


def upload_view(snapshot: Snapshot, now: int) -> UploadView:
    upload, verdict = snapshot.upload, snapshot.upload.verdict
    fields = {
        **item(upload),
        **happened(upload),
        "status": snapshot.word,
        "bytes_stored": snapshot.bytes_stored,
        "percentage": snapshot.percentage,
        "speed": snapshot.speed,
        "seconds_left": snapshot.seconds_left,
        "missing": list(snapshot.missing),
        "findings": [
            FindingView(code=f.code, severity=f.severity, words=f.words) for f in (verdict.findings if verdict else ())
        ],
        "risk": verdict.risk if verdict else None,
        "facts": facts(upload),
        "retained_until": _moment(upload.retained_until),
        "server_time": time_text(now),
    }
    return UploadView(**fields)


def upload_token(given: Given, now: int) -> UploadToken:
    return UploadToken(token=given.token, expires_at=time_text(given.expires_at), server_time=time_text(now))


def part_view(part: Part) -> PartView:
    at = _moment(part.stored_at)
    return PartView(number=part.number, size=part.size, etag=part.etag, checksum=part.checksum, stored_at=at)


def file_view(upload: Upload) -> FileView:
    file = file_of(upload)
    assert file is not None
    return FileView(
        id=upload.id,
        name=upload.name,
        size=file.size or 0,
        content_type=file.content_type,
        category=upload.category,
        metadata=dict(upload.metadata),
        facts=facts(upload),
        checksum_algorithm=file.checksum_algorithm or upload.checksum_algorithm,
        checksum=file.checksum,
        created_at=time_text(upload.created_at),
        published_at=time_text(upload.history[-1].at),
        results=[
            ResultView(name=each.name, content_type=each.content_type, size=each.size, facts=dict(each.facts))
            for each in upload.derived
        ],
        results_at=time_text(upload.derived_at) if upload.derived_at else None,
        retained_until=_moment(upload.retained_until),
    )


def file_url(link: Link) -> FileUrl:
    expires_at, server_time = time_text(link.expires_at), time_text(link.server_time)
    return FileUrl(url=link.url, expires_at=expires_at, server_time=server_time)
