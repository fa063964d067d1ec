"""What is published of an upload. Old records, and files that are published as they came, name no size of their own."""

from __future__ import annotations

from dataclasses import replace

from portway.model import PublishedObject, Upload


def file_of(upload: Upload) -> PublishedObject | None:
    """The published file, with size and checksum of its bytes: those that were stored, unless it says others."""
    file, checksum = upload.published, upload.stored.checksum if upload.stored else None
    if file is None or file.size is not None:
        return file
    return replace(file, size=upload.size, checksum_algorithm=upload.checksum_algorithm, checksum=checksum)
