"""What is said of a file that ended: a line for people, a JSON object for programs (docs/clients/python.md)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from portway_client.cli import words
from portway_client.cli.pool import Result
from portway_client.errors import Ended, PortwayError, Refusal
from portway_client.model import File, Upload

TELLING = 10_000_000
"""Bytes from which on a speed says something of the network."""


def line(result: Result) -> str:
    """`published  FYH…  film.mov  5.1 GB in 1:38, 52.1 MB/s`; with --no-wait its first word is `sent`."""
    state = "published" if result.file else "sent     "
    size = result.file.size if result.file else result.job.size
    took = f"{words.size(size)} in {words.duration(result.seconds)}" if size is not None else ""
    if size and size >= TELLING and result.seconds:
        took += f", {words.size(size / result.seconds)}/s"
    return words.printable("  ".join(filter(None, [state, result.upload_id or "-", result.job.label, took])))


def complaint(label: str, error: PortwayError, upload_id: str | None = None) -> str:
    """What happened and what to do; then each finding, and the upload's id."""
    rows = [f"{label}: {words.scrubbed(str(error))}"]
    if isinstance(error, Ended):
        rows += [f"  {finding.severity}: {finding.words} ({finding.code})" for finding in error.findings]
    if upload_id or error.upload_id:
        rows.append(f"  upload {upload_id or error.upload_id}")
    return "\n".join(map(_one_line, rows))


def _one_line(row: str) -> str:
    return words.printable(row.replace("\n", " "))


def as_json(result: Result) -> str:
    status = "failed" if result.error else "completed" if result.file else "processing"
    file = file_fields(result.file) if result.file else {"size": result.job.size}
    document = {
        "source": result.job.label,
        "id": result.upload_id,
        "status": status,
        "seconds": round(result.seconds, 3),
        **file,
        "error": error_fields(result.error) if result.error else None,
    }
    return dumped(document)


def file_fields(file: File) -> dict[str, Any]:
    return {
        "name": file.name,
        "size": file.size,
        "content_type": file.content_type,
        "category": file.category,
        "metadata": dict(file.metadata),
        "checksum_algorithm": file.checksum_algorithm,
        "checksum": file.checksum,
        "published_at": file.published_at,
    }


def error_fields(error: PortwayError) -> dict[str, Any]:
    found: dict[str, Any] = {
        "code": error.code,
        "detail": words.scrubbed(error.detail),
        "advice": error.advice,
        "retryable": error.retryable,
    }
    if isinstance(error, Refusal):
        found["errors"] = [{"field": each.field, "code": each.code, "message": each.message} for each in error.errors]
    if isinstance(error, Ended):
        found["reason"] = error.reason
        found["findings"] = [
            {"code": each.code, "severity": each.severity, "words": each.words} for each in error.findings
        ]
    return found


def upload_fields(upload: Upload) -> dict[str, Any]:
    return {
        "id": upload.id,
        "status": upload.status,
        "reason": upload.reason,
        "name": upload.name,
        "size": upload.size,
        "content_type": upload.content_type,
        "category": upload.category,
        "created_at": upload.created_at,
        "removed_at": upload.removed_at,
    }


def dumped(document: dict[str, Any]) -> str:
    """One line, in ASCII: it passes through every pipe; times as RFC 3339."""
    return json.dumps(document, default=_time)


def _time(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
