"""Pieces of audio and video files, to put into good ones."""

from __future__ import annotations

import io
import zipfile

from portway.formats.crcs import crc32_ogg

PAGE = b"<!DOCTYPE html><html><script>alert(document.domain)</script></html>"
PROGRAM = b"MZ\x90\0\x03" + bytes(59) + b"PE\0\0" + bytes(300)


def archive() -> bytes:
    """A zip with a page in it."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        made.writestr(zipfile.ZipInfo("index.html", (2026, 1, 1, 0, 0, 0)), PAGE)
    return target.getvalue()


def box(kind: bytes, body: bytes = b"") -> bytes:
    return (8 + len(body)).to_bytes(4) + kind + body


def chunk(kind: bytes, body: bytes) -> bytes:
    return kind + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)


def element(kind: int, body: bytes) -> bytes:
    return kind.to_bytes((kind.bit_length() + 7) // 8) + (len(body) | 1 << 28).to_bytes(4) + body


def id3(frame: bytes, body: bytes) -> bytes:
    """An ID3v2.4 tag with one frame; with bytes for padding when the frame has no name."""
    content = (frame + _syncsafe(len(body)) + b"\0\0" if frame else b"") + body
    return b"ID3\4\0\0" + _syncsafe(len(content)) + content


def _syncsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def inserted(data: bytes, at: int, more: bytes) -> bytes:
    return data[:at] + more + data[at:]


def replaced(data: bytes, old: bytes, new: bytes, offset: int = 0, more: bytes = b"", nth: int = 1) -> bytes:
    """`new` over what stands at the nth `old`, and `more` at an offset from it. The length stays."""
    at = -1
    for _ in range(nth):
        at = data.index(old, at + 1)
    data = data[:at] + new + data[at + len(new) :]
    at += offset
    return data[:at] + more + data[at + len(more) :]


def with_boxes(data: bytes, more: bytes) -> bytes:
    """Boxes behind `ftyp`."""
    return inserted(data, int.from_bytes(data[:4]), more)


def with_user_data(data: bytes, more: bytes) -> bytes:
    """Boxes in the movie's header: in a `udta` at its end."""
    at = data.index(b"moov") - 4
    end = at + int.from_bytes(data[at : at + 4])
    added = box(b"udta", more)
    return data[:at] + (end - at + len(added)).to_bytes(4) + data[at + 4 : end] + added + data[end:]


def riff(data: bytes, more: bytes, at_end: bool = False) -> bytes:
    """A chunk at the beginning or at the end, and the length of the whole as it should be then."""
    data = data + more if at_end else inserted(data, 12, more)
    return data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:]


def page(data: bytes, comment: bytes) -> bytes:
    """An Opus file whose second page holds one comment."""
    first = 28 + data[27]
    second = first + 27 + data[first + 26] + sum(data[first + 27 : first + 27 + data[first + 26]])
    packet = b"OpusTags" + bytes(4) + (1).to_bytes(4, "little") + len(comment).to_bytes(4, "little") + comment
    made = data[first : first + 22] + bytes(4) + bytes((1, len(packet))) + packet
    checksum = crc32_ogg(made).to_bytes(4, "little")
    return data[:first] + made[:22] + checksum + made[26:] + data[second:]
