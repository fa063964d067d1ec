"""7z: recognised, not unpacked. The start header leads to the one header at the end, both with a CRC. 7zFormat.txt,
"Structure of 7z archive" and "Headers".
"""

from __future__ import annotations

import struct
import zlib

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.reader import Reader

MAGIC = b"7z\xbc\xaf\x27\x1c"
START = struct.Struct("<6sBBLQQL")
MOST_HEADER = 8 << 20
PLAIN, PACKED = 0x01, 0x17
AES = b"\x06\xf1\x07\x01"
"""The id of AES-256 with SHA-256, wherever a folder names its coders."""


def walk(reader: Reader, bounds: Bounds) -> Anatomy:
    """Always `unsupported`: nobody here looks at the names and the content."""
    anatomy = Anatomy()
    anatomy.mark(Trick.UNSUPPORTED, "7z is recognised, not looked into")
    head = reader.read(0, START.size)
    if len(head) < START.size or head[:6] != MAGIC or head[6]:
        raise Malformed("no 7z signature")
    _, _, _, crc, offset, size, header_crc = START.unpack(head)
    if zlib.crc32(head[12:]) != crc:
        raise Malformed("the start header has another CRC")
    end = START.size + offset + size
    if end > reader.size:
        raise Malformed(f"it should have {end} bytes")
    if end < reader.size:
        anatomy.mark(Trick.TRAILING_DATA, f"{reader.size - end} bytes behind the header")
    if size:
        _judge_header(reader, START.size + offset, size, header_crc, anatomy)
    if size > bounds.metadata_text * bounds.entries:
        anatomy.mark(Trick.ARCHIVE_ENTRIES, f"a header of {size} bytes")
    return anatomy


def _judge_header(reader: Reader, at: int, size: int, crc: int, anatomy: Anatomy) -> None:
    """Its CRC, as far as it is small enough, and whether anything in it is encrypted."""
    header = reader.read(at, min(size, MOST_HEADER))
    if header[0] not in (PLAIN, PACKED):
        raise Malformed(f"the header begins with {header[0]}")
    if size <= MOST_HEADER and zlib.crc32(header) != crc:
        raise Malformed("the header has another CRC")
    if AES in header:
        anatomy.mark(Trick.ENCRYPTED, "by AES-256")
