"""FLAC: metadata blocks, the first frame, and a last frame whose checksum ends where the sound ends. RFC 9639."""

from __future__ import annotations

from portway.content import Anatomy, Bounds, Malformed
from portway.formats.crcs import crc8, crc16
from portway.formats.id3 import skip_tags, strip_tags
from portway.formats.strangers import look_at_padding, look_at_whole
from portway.formats.tags import add_duration
from portway.formats.vorbis_comments import look_at_comments, look_at_picture
from portway.reader import Reader

STREAMINFO, PADDING, APPLICATION, COMMENT, PICTURE, INVALID = 0, 1, 2, 4, 6, 127
MAX_BLOCKS, MAX_TEXTS = 1_000, 1 << 20
MAX_PICTURE, LONGEST_FRAME, CANDIDATES = 64 << 10, 256 << 10, 24


def walk(reader: Reader, bounds: Bounds) -> Anatomy:
    """Facts: container, audio_codec, sample_rate, channels, duration_ms, bit_rate."""
    anatomy = Anatomy(facts={"container": "flac", "audio_codec": "flac"})
    first = skip_tags(reader, anatomy, bounds)
    end = strip_tags(reader, anatomy, bounds, first)
    if reader.read(first, 4) != b"fLaC":
        raise Malformed(f"no fLaC at {first}")
    sound, longest = _blocks(reader, first + 4, end, bounds, anatomy)
    head = reader.read(sound, 16)
    if _header(head) is None:
        raise Malformed(f"no frame at {sound}")
    _check_end(reader, sound, end, longest, head)
    if "duration_ms" in anatomy.facts:
        anatomy.facts["bit_rate"] = (end - sound) * 8000 // max(1, int(str(anatomy.facts["duration_ms"])))
    look_at_whole(reader, anatomy)
    return anatomy


def _blocks(reader: Reader, at: int, end: int, bounds: Bounds, anatomy: Anatomy) -> tuple[int, int]:
    """Where the sound begins, and the length of the longest frame; 0 when it is not known (section 8.1)."""
    longest = 0
    for number in range(MAX_BLOCKS):
        head = reader.read(at, 4)
        kind, length = head[0] & 0x7F if head else INVALID, int.from_bytes(head[1:])
        if len(head) < 4 or kind == INVALID or at + 4 + length > end or (kind == STREAMINFO) != (number == 0):
            raise Malformed(f"no whole metadata block at {at}")
        if kind == STREAMINFO:
            longest = describe(reader.read(at + 4, length), anatomy)
        else:
            _look(reader, kind, at + 4, length, bounds, anatomy)
        at += 4 + length
        if head[0] & 0x80:
            return at, longest
    raise Malformed(f"more than {MAX_BLOCKS} metadata blocks")


def _look(reader: Reader, kind: int, at: int, length: int, bounds: Bounds, anatomy: Anatomy) -> None:
    if kind == COMMENT:
        look_at_comments(reader.read(at, min(length, MAX_TEXTS)), anatomy, bounds)
    elif kind == PICTURE:
        look_at_picture(reader.read(at, min(length, MAX_PICTURE)), anatomy)
    elif kind == PADDING or kind > PICTURE:
        look_at_padding(reader, anatomy, at, at + length, f"metadata block {kind}")
    elif kind == APPLICATION:
        look_at_padding(reader, anatomy, at + 4, at + length, "an application block")


def describe(info: bytes, anatomy: Anatomy) -> int:
    """Facts of STREAMINFO (section 8.2), also inside Ogg; the length of the longest frame."""
    if len(info) != 34:
        raise Malformed(f"STREAMINFO has {len(info)} bytes")
    packed = int.from_bytes(info[10:18])
    hertz, channels, samples = packed >> 44, (packed >> 41 & 7) + 1, packed & (1 << 36) - 1
    if hertz:
        anatomy.facts["sample_rate"] = hertz
        add_duration(anatomy, samples / hertz)
    anatomy.facts["channels"] = channels
    return int.from_bytes(info[7:10])


def _header(data: bytes) -> int | None:
    """The length of the frame header that begins here, by its checksum (section 9.1); None when none does."""
    if len(data) < 6 or data[0] != 0xFF or data[1] & 0xFE != 0xF8 or data[3] & 1:
        return None
    size, rate = data[2] >> 4, data[2] & 15
    if size == 0 or rate == 15 or data[3] >> 4 > 10:
        return None
    ones = next((bit for bit in range(8) if not data[4] >> (7 - bit) & 1), 8)
    if ones in (1, 8):
        return None
    at = 4 + max(1, ones) + {6: 1, 7: 2}.get(size, 0) + {12: 1, 13: 2, 14: 2}.get(rate, 0)
    return at + 1 if at < len(data) and crc8(data[:at]) == data[at] else None


def _check_end(reader: Reader, sound: int, end: int, longest: int, head: bytes) -> None:
    """Malformed unless a frame ends exactly at `end`: its checksum, taken along, leaves nothing."""
    window = min(longest or LONGEST_FRAME, LONGEST_FRAME) + 16
    start = max(sound, end - window)
    tail, at = reader.read(start, end - start), end - start
    for _ in range(CANDIDATES):
        at = _before(tail, at, head[:2])
        if at < 0:
            break
        reader.check()
        if crc16(tail[at:]) == 0:
            return
    raise Malformed(f"no frame ends at {end}")


def _before(tail: bytes, at: int, sync: bytes) -> int:
    """Where the last frame header before `at` begins; -1 for none. All frames begin with the same two bytes."""
    while (at := tail.rfind(sync, 0, at)) >= 0 and _header(tail[at : at + 16]) is None:
        continue
    return at
