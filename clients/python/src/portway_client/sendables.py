"""What people hand over to be sent, as sources: a path, bytes, a file object, an iterator; and its media type."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from mimetypes import MimeTypes
from os import PathLike
from typing import BinaryIO, cast

from portway_client.errors import Unreadable
from portway_client.files import BytesSource, FileSource, is_unmeasured, unicode_name
from portway_client.sources import Source
from portway_client.streams import FromChunks, FromFile, FromPath, StreamSource

Sendable = str | PathLike[str] | bytes | BinaryIO | Iterable[bytes] | Source
"""A path, bytes, a binary file object or an iterator of bytes (both read once, in order), or a source of your own."""

UNKNOWN = "application/octet-stream"
"""Says nothing about the content, so that the server looks for itself."""
TYPES = MimeTypes().types_map[1] | {
    ".3g2": "video/3gpp2",
    ".3gp": "video/3gpp",
    ".7z": "application/x-7z-compressed",
    ".aac": "audio/aac",
    ".avif": "image/avif",
    ".bz2": "application/x-bzip2",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".epub": "application/epub+zip",
    ".flac": "audio/flac",
    ".gz": "application/gzip",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".jsonl": "application/x-ndjson",
    ".m4a": "audio/mp4",
    ".m4b": "audio/mp4",
    ".m4v": "video/mp4",
    ".md": "text/markdown",
    ".mka": "audio/x-matroska",
    ".mkv": "video/x-matroska",
    ".ndjson": "application/x-ndjson",
    ".odp": "application/vnd.oasis.opendocument.presentation",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".ogv": "video/ogg",
    ".opus": "audio/ogg",
    ".parquet": "application/vnd.apache.parquet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".rar": "application/vnd.rar",
    ".tgz": "application/gzip",
    ".weba": "audio/webm",
    ".webp": "image/webp",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xz": "application/x-xz",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zst": "application/zstd",
}
"""The standard library's own table (not this machine's: a name has the same type everywhere) and what it lacks."""


def media_type(name: str) -> str:
    """By the last extension: `a.tar.gz` is gzip. UNKNOWN where that says nothing."""
    return TYPES.get(os.path.splitext(name)[1].lower(), UNKNOWN)  # noqa: PTH122 - a name, no path


def source_of(sendable: Sendable) -> Source:
    """Its source; streams are not read yet. Raises Unreadable for what is not there, and TypeError."""
    if isinstance(sendable, str | PathLike):
        return _at(sendable)
    if isinstance(sendable, bytes | bytearray | memoryview):
        return BytesSource(sendable)
    if hasattr(sendable, "cut") and hasattr(sendable, "part"):
        return cast("Source", sendable)
    if hasattr(sendable, "read"):
        file = cast("BinaryIO", sendable)
        return StreamSource(FromFile(file), _name_of(file))
    if isinstance(sendable, Iterable):
        return StreamSource(FromChunks(sendable))
    raise TypeError(f"a {type(sendable).__name__} is no path, bytes, binary file object or iterator of bytes")


def _at(path: str | PathLike[str]) -> Source:
    """A regular file as such; a pipe, a device or a file that does not say how long it is as a stream."""
    name = unicode_name(os.fspath(path))
    try:
        seen = os.stat(path)  # noqa: PTH116 - may be bytes
        if stat.S_ISDIR(seen.st_mode):
            raise Unreadable(f"{name} is a folder.", advice="Name the files in it.")
        if stat.S_ISREG(seen.st_mode) and (seen.st_size or not is_unmeasured(path)):
            return FileSource(path)
        if not os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise Unreadable(f"{name} cannot be opened: {error.strerror}.") from error
    except ValueError as error:  # a zero byte in the name
        raise Unreadable(f"{name!r} is no path: {error}.") from error
    stream = FromPath(path)
    return StreamSource(stream, name, owned=stream)


def _name_of(file: BinaryIO) -> str:
    """Where it was opened from; `<stdin>` and numbers are no names."""
    name = getattr(file, "name", None)
    return unicode_name(name) if isinstance(name, str) and not name.startswith("<") else "stream"
