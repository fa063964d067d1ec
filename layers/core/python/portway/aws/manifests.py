"""A list of parts as items: 2,000 parts each, a line per part. 10,000 parts are about 700 kB, an item holds 400 kB."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from portway.aws.records import Item, upload_pk
from portway.model import ManifestRef, Part

PARTS_PER_ITEM = 2000


def reference(parts: Sequence[Part]) -> ManifestRef:
    """The same for the same numbers, sizes, ETags and checksums; when a part was stored does not matter."""
    return ManifestRef(hashlib.sha256(_text(parts).encode()).hexdigest(), len(parts))


def keys(upload_id: str, manifest: ManifestRef) -> list[Item]:
    """The keys of all its items, in order."""
    count = -(-manifest.count // PARTS_PER_ITEM)
    sort_keys = (f"{prefix(manifest)}{k}" for k in range(count))
    return [{"pk": {"S": upload_pk(upload_id)}, "sk": {"S": sort_key}} for sort_key in sort_keys]


def prefix(manifest: ManifestRef) -> str:
    return f"MANIFEST#{manifest.sha256}#"


def items(upload_id: str, manifest: ManifestRef, parts: Sequence[Part]) -> list[Item]:
    starts = range(0, len(parts), PARTS_PER_ITEM)
    chunks = (_text(parts[start : start + PARTS_PER_ITEM]) for start in starts)
    return [{**key, "parts": {"S": text}} for key, text in zip(keys(upload_id, manifest), chunks, strict=True)]


def parts_of(texts: Iterable[str]) -> tuple[Part, ...]:
    return tuple(_part(line) for text in texts for line in text.splitlines())


def _text(parts: Sequence[Part]) -> str:
    return "".join(f"{part.number} {part.size} {part.etag} {part.checksum or '-'}\n" for part in parts)


def _part(line: str) -> Part:
    number, size, etag, checksum = line.split(" ")
    return Part(int(number), int(size), etag, None if checksum == "-" else checksum)
