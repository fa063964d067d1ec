"""Tracks of ISO media: handler, codec, measures, duration. ISO/IEC 14496-12, section 8; QTFF, "Sample descriptions"."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats import mp4_tags
from portway.formats.codecs import OBJECT_TYPES, SAMPLE_ENTRIES
from portway.formats.isobmff import Box, Boxes

TELEMETRY = frozenset({b"gpmd", b"camm", b"gps0"})
"""Tracks of cameras that hold where they were."""
PROTECTED = frozenset({b"encv", b"enca", b"drmi", b"drms"})
RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
"""ISO/IEC 14496-3, table 1.18."""
CHANNELS = (0, 1, 2, 3, 4, 5, 6, 8)
"""ISO/IEC 14496-3, table 1.19."""
MAX_DESCRIPTION = 64 << 10


@dataclass(slots=True)
class Track:
    """What is unknown is zero or empty. `last_chunk` is the offset of the last stretch of its media."""

    id: int
    handler: bytes
    scale: int = 0
    seconds: float = 0
    codec: str = ""
    width: int = 0
    height: int = 0
    frame_rate: float = 0
    sample_rate: int = 0
    channels: int = 0
    last_chunk: int = 0
    is_external: bool = False


def tracks(boxes: Boxes, box: Box, anatomy: Anatomy, bounds: Bounds) -> Iterator[Track]:
    """The track of a `trak`; none when it is without media of its own. Its metadata are looked at, too."""
    parts = {part.kind: part for part in boxes.inside(box)}
    for kind in (b"udta", b"meta"):
        if kind in parts:
            mp4_tags.look(boxes, parts[kind], bounds, anatomy)
    if b"mdia" not in parts or b"tkhd" not in parts:
        raise Malformed(f"{box} has no mdia or no tkhd")
    media = {part.kind: part for part in boxes.inside(parts[b"mdia"])}
    if b"hdlr" not in media or b"mdhd" not in media:
        raise Malformed(f"{box} has no hdlr or no mdhd")
    track = Track(_id(boxes, parts[b"tkhd"]), boxes.fields(media[b"hdlr"], 8, 4))
    track.scale, ticks = _clock(boxes, media[b"mdhd"])
    track.seconds = ticks / track.scale if track.scale else 0
    if b"minf" in media:
        _samples(boxes, media[b"minf"], track, anatomy)
    yield track


def _id(boxes: Boxes, header: Box) -> int:
    return int.from_bytes(boxes.fields(header, 20 if boxes.fields(header, 0, 1) == b"\1" else 12, 4))


def _clock(boxes: Boxes, header: Box) -> tuple[int, int]:
    """Ticks in a second, and ticks in all; none for a duration that is not known."""
    wide = boxes.fields(header, 0, 1) == b"\1"
    data = boxes.fields(header, 20 if wide else 12, 12 if wide else 8)
    unknown = b"\xff" * (len(data) - 4)
    return int.from_bytes(data[:4]), 0 if data[4:] == unknown else int.from_bytes(data[4:])


def _samples(boxes: Boxes, information: Box, track: Track, anatomy: Anatomy) -> None:
    references = boxes.child(information, b"dinf", b"dref")
    if references and any(_is_elsewhere(boxes, each) for each in boxes.inside(references, skip=8)):
        track.is_external = True
        anatomy.mark(Trick.EXTERNAL_REFERENCE, f"{references}: media in another file")
    table = boxes.child(information, b"stbl")
    parts = {part.kind: part for part in boxes.inside(table)} if table else {}
    if b"stsd" in parts:
        entry = next(boxes.inside(parts[b"stsd"], skip=8), None)
        if entry:
            _entry(boxes, entry, track, anatomy)
    for kind, width in ((b"stco", 4), (b"co64", 8)):
        if kind in parts:
            track.last_chunk = _last(boxes, parts[kind], width)
    if b"stts" in parts and track.handler == b"vide":
        track.frame_rate = _frame_rate(boxes, parts[b"stts"], track)


def _is_elsewhere(boxes: Boxes, reference: Box) -> bool:
    """A reference without the flag for `in this file` (section 8.7.2)."""
    return not boxes.fields(reference, 3, 1)[0] & 1


def _last(boxes: Boxes, table: Box, width: int) -> int:
    """The last offset of a table of chunks."""
    count = int.from_bytes(boxes.fields(table, 4, 4))
    if table.length < 8 + count * width:
        raise Malformed(f"{table}: {count} entries are not in it")
    return int.from_bytes(boxes.read(table, 8 + (count - 1) * width, width)) if count else 0


def _frame_rate(boxes: Boxes, table: Box, track: Track) -> float:
    """Frames in a second, where all last equally long."""
    count, _, ticks = struct.unpack(">3I", boxes.fields(table, 4, 4) + boxes.read(table, 8, 8).ljust(8, b"\0"))
    return round(track.scale / ticks, 3) if count == 1 and ticks else 0


def _entry(boxes: Boxes, entry: Box, track: Track, anatomy: Anatomy) -> None:
    """The first sample entry: codec and measures (section 8.5.2)."""
    if entry.kind in PROTECTED:
        anatomy.mark(Trick.ENCRYPTED, f"{entry}: protected media")
    if entry.kind in TELEMETRY:
        anatomy.mark(Trick.LOCATION, f"{entry}: telemetry of a camera")
    if track.handler not in (b"vide", b"soun"):
        return
    track.codec = SAMPLE_ENTRIES.get(entry.kind, "")
    data = boxes.read(entry, 0, MAX_DESCRIPTION)
    if track.handler == b"vide":
        track.width, track.height = struct.unpack(">HH", boxes.fields(entry, 24, 4))
    else:
        _sound(boxes.fields(entry, 16, 12), data, track)
    if entry.kind in (b"mp4a", b"mp4v"):
        _elementary(data, track)
    if entry.kind == b"fLaC":
        start = data.find(b"dfLa") + 12  # STREAMINFO: the entry's own field is too small for high rates
        track.sample_rate = int.from_bytes(data[start + 10 : start + 13]) >> 4 or track.sample_rate


def _sound(fields: bytes, data: bytes, track: Track) -> None:
    """Channels and rate, in the layouts of versions 0 and 1 and in that of version 2."""
    if data[8:10] == b"\0\2" and len(data) >= 44:
        rate, track.channels = struct.unpack(">dI", data[32:44])
        track.sample_rate = int(rate) if 0 < rate < 10_000_000 else 0
    else:
        track.channels, track.sample_rate = int.from_bytes(fields[:2]), int.from_bytes(fields[8:10])
    track.sample_rate = track.sample_rate or track.scale  # rates over 65,535 Hz do not fit their field


def _elementary(data: bytes, track: Track) -> None:
    """What the decoder's own configuration says (ISO/IEC 14496-1, section 7.2.6): right where the entry is not."""
    start = data.find(b"esds")
    if start < 0:
        return
    config = _descriptor(data[start + 8 :], 0x04)
    track.codec = OBJECT_TYPES.get(config[0], "") if config else track.codec
    if track.codec == "aac":
        _advanced(_descriptor(config[13:], 0x05), track)


def _advanced(specific: bytes, track: Track) -> None:
    """Rate and channels of AAC (ISO/IEC 14496-3, section 1.6.2.1), where they stand in their short form."""
    bits = int.from_bytes(specific[:2].ljust(2, b"\0"))
    kind, rate, channels = bits >> 11, bits >> 7 & 15, bits >> 3 & 15
    if len(specific) >= 2 and kind == 2 and rate < len(RATES) and 0 < channels < len(CHANNELS):
        track.sample_rate, track.channels = RATES[rate], CHANNELS[channels]


def _descriptor(data: bytes, wanted: int) -> bytes:
    """The content of the first descriptor with this tag; the one that holds all others is entered."""
    at = 0
    while at < len(data):
        tag, length, at = data[at], 0, at + 1
        for _ in range(4):
            byte = data[at] if at < len(data) else 0
            length, at = length << 7 | byte & 0x7F, at + 1
            if not byte & 0x80:
                break
        if tag == wanted:
            return data[at : at + length]
        at += 3 if tag == 0x03 else length  # ES_Descriptor: ES_ID and flags, then what it holds
    return b""
