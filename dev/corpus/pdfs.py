"""A PDF writer that says whatever it is told, true or not: tables, streams of objects, references. For samples only."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping

CATALOG, TREE, PAGE = (
    b"<</Type/Catalog/Pages 2 0 R%s>>",
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    b"<</Type/Page/Parent 2 0 R>>",
)

Objects = Mapping[int, bytes]


def stream(data: bytes, about: bytes = b"", length: int | None = None) -> bytes:
    """A stream as it stands, or with another length than it has."""
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(data) if length is None else length, about, data)


def packed(objects: Objects, filters: bytes = b"/FlateDecode", data: bytes | None = None, about: bytes = b"") -> bytes:
    """A stream of objects (ISO 32000-2, 7.5.7)."""
    pairs, bodies = b"", b""
    for number, body in objects.items():
        pairs, bodies = pairs + b"%d %d " % (number, len(bodies)), bodies + body + b" "
    source = pairs + bodies
    data = zlib.compress(source) if data is None else data
    return stream(data, b"/Type/ObjStm/N %d/First %d/Filter%s%s" % (len(objects), len(pairs), filters, about))


def base(catalog: bytes = b"", **more: bytes) -> dict[int, bytes]:
    """One empty page; `catalog` is added to the catalogue, `more` are objects such as n7=b"<<>>"."""
    extra = {int(name[1:]): body for name, body in more.items()}
    return {1: CATALOG % catalog, 2: TREE, 3: PAGE} | extra


def document(
    objects: Objects,
    trailer: bytes = b"",
    *,
    head: bytes = b"%PDF-1.7\n",
    before: bytes = b"",
    moved: Mapping[int, int] | None = None,
    start: int | None = None,
) -> bytes:
    """A whole file with a cross-reference table. `moved`: objects that the table says to be elsewhere."""
    data, offsets = head, dict[int, int]()
    for number, body in objects.items():
        offsets[number] = len(data)
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    data += before
    offsets |= moved or {}
    at, highest = len(data), max(offsets)
    lines = (
        b"%010d 00000 n \n" % offsets[each] if each in offsets else b"0000000000 65535 f \n"
        for each in range(highest + 1)
    )
    data += b"xref\n0 %d\n%s" % (highest + 1, b"".join(lines))
    data += b"trailer\n<</Size %d/Root 1 0 R%s>>\n" % (highest + 1, trailer)
    return data + b"startxref\n%d\n%%%%EOF\n" % (at if start is None else start)


def updated(data: bytes, objects: Objects, trailer: bytes = b"") -> bytes:
    """An incremental update behind a document (7.5.6)."""
    previous = int(data.rpartition(b"startxref")[2].split()[0])
    table = b""
    for number, body in objects.items():
        table += b"%d 1\n%010d 00000 n \n" % (number, len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    at = len(data)
    root = re.findall(rb"/Root (\d+) 0 R", data)[-1]
    data += b"xref\n%strailer\n<</Size 99/Root %s 0 R/Prev %d%s>>\n" % (table, root, previous, trailer)
    return data + b"startxref\n%d\n%%%%EOF\n" % at
