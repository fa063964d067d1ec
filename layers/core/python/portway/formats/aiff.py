"""AIFF and AIFF-C. Apple "Audio Interchange File Format" 1.3, and its draft for AIFF-C."""

from __future__ import annotations

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats.codecs import SAMPLE_ENTRIES
from portway.formats.id3 import look_at_tag, syncsafe
from portway.formats.riff import Chunk, chunks
from portway.formats.strangers import look_at_padding, look_at_whole
from portway.formats.tags import add_duration, enough, note_text
from portway.reader import Reader

TEXTS = frozenset({b"NAME", b"AUTH", b"(c) ", b"ANNO"})
SOUND = frozenset({b"COMM", b"SSND", b"FVER", b"MARK", b"INST", b"COMT", b"AESD", b"MIDI", b"CHAN"})
BIAS = 16_383 + 63
"""Of the exponent of an extended float, over its 64 bits of mantissa."""


def walk(reader: Reader, bounds: Bounds) -> Anatomy:
    """Facts: container, audio_codec, sample_rate, channels, duration_ms, bit_rate."""
    anatomy = Anatomy(facts={"container": "aiff"})
    head = reader.read(0, 12)
    if head[:4] != b"FORM" or head[8:] not in (b"AIFF", b"AIFC"):
        raise Malformed("no FORM of AIFF or AIFC")
    end = int.from_bytes(head[4:8]) + 8
    if end > reader.size + 1:
        raise Malformed(f"{end} bytes are promised, {reader.size} are there")
    kinds = dict[bytes, Chunk]()
    for chunk in chunks(reader, 12, min(end, reader.size), "big"):
        kinds.setdefault(chunk.kind, chunk)
        _look(reader, chunk, bounds, anatomy)
    if b"COMM" not in kinds or b"SSND" not in kinds:
        raise Malformed("no COMM or no SSND")
    _describe(reader, kinds, anatomy)
    if reader.size > end:
        anatomy.mark(Trick.TRAILING_DATA, f"{reader.size - end} bytes behind the last chunk")
    look_at_whole(reader, anatomy)
    return anatomy


def _look(reader: Reader, chunk: Chunk, bounds: Bounds, anatomy: Anatomy) -> None:
    head = reader.read(chunk.body, min(chunk.length, 10))
    if chunk.kind in TEXTS:
        text = reader.read(chunk.body, min(chunk.length, enough(bounds))).decode("latin-1")
        note_text(anatomy, bounds, str(chunk), text)
    elif chunk.kind == b"ID3 " and head[:3] == b"ID3" and len(head) == 10:
        look_at_tag(reader, anatomy, bounds, chunk.body, min(chunk.end, chunk.body + 10 + syncsafe(head[6:])))
    elif chunk.kind not in SOUND:
        look_at_padding(reader, anatomy, chunk.body, chunk.end, str(chunk))


def _describe(reader: Reader, kinds: dict[bytes, Chunk], anatomy: Anatomy) -> None:
    fields = reader.read(kinds[b"COMM"].body, min(kinds[b"COMM"].length, 22))
    if len(fields) < 18:
        raise Malformed("COMM is too short")
    channels, samples, hertz = int.from_bytes(fields[:2]), int.from_bytes(fields[2:6]), _extended(fields[8:18])
    if not channels or not hertz:
        raise Malformed(f"COMM: {channels} channels, {hertz} Hz")
    codec = SAMPLE_ENTRIES.get(fields[18:22], "pcm" if len(fields) < 22 else "")
    anatomy.facts |= {"sample_rate": hertz, "channels": channels} | ({"audio_codec": codec} if codec else {})
    add_duration(anatomy, samples / hertz, kinds[b"SSND"].length)


def _extended(data: bytes) -> int:
    """The whole part of an 80-bit float, where it is a rate that sounds may have."""
    exponent, mantissa = int.from_bytes(data[:2]) & 0x7FFF, int.from_bytes(data[2:])
    shift = BIAS - exponent
    return mantissa >> shift if 32 <= shift < 64 else 0
