"""WAV: RIFF, RF64 and BW64. Microsoft "Multiple Channel Audio Data and WAVE Files"; EBU Tech 3285 (bext) and 3306."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats.codecs import WAVE_FORMATS
from portway.formats.id3 import look_at_tag, syncsafe
from portway.formats.riff import Chunk, chunks
from portway.formats.strangers import look_at_padding, look_at_whole
from portway.formats.tags import add_duration, enough, note_place, note_text
from portway.reader import Reader

UNKNOWN_LENGTH = 0xFFFFFFFF
"""What those write who cannot go back: pipes, and RF64, which has its lengths in `ds64`."""
DOCUMENTS = frozenset({b"iXML", b"axml", b"_PMX"})
"""XML of recorders and editors: its texts are many, and short."""
SOUND = frozenset({b"fmt ", b"data", b"fact", b"cue ", b"smpl", b"inst", b"plst", b"ds64", b"PEAK", b"chna", b"levl"})
EXTENSIBLE = 0xFFFE
BEXT_DESCRIPTION, BEXT_HISTORY = 256, 602


def walk(reader: Reader, bounds: Bounds) -> Anatomy:
    """Facts: container, audio_codec, sample_rate, channels, duration_ms, bit_rate."""
    anatomy = Anatomy(facts={"container": "wav"})
    first, end, data_length = _frame(reader)
    kinds, seen = dict[bytes, Chunk](), count()
    for chunk in chunks(reader, first, end, data_length=data_length, seen=seen):
        if chunk.kind == b"data" and b"fmt " not in kinds:
            raise Malformed(f"{chunk} stands before fmt")
        kinds.setdefault(chunk.kind, chunk)
        _look(reader, chunk, bounds, anatomy, seen)
    if b"data" not in kinds:
        raise Malformed("no data")
    _describe(reader, kinds, anatomy)
    left = reader.read(end, reader.size - end if reader.size - end < 2 else 0)
    if reader.size > end and left != b"\0":
        anatomy.mark(Trick.TRAILING_DATA, f"{reader.size - end} bytes behind the last chunk")
    look_at_whole(reader, anatomy)
    return anatomy


def _frame(reader: Reader) -> tuple[int, int, int | None]:
    """Where the chunks begin and end, and the length of `data` where `ds64` says it."""
    head = reader.read(0, 12)
    if head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:] != b"WAVE":
        raise Malformed("no RIFF, RF64 or BW64 of WAVE")
    length, data_length = int.from_bytes(head[4:8], "little"), None
    if head[:4] != b"RIFF":
        wide = reader.read(12, 24)
        if wide[:4] != b"ds64" or len(wide) < 24:
            raise Malformed("no ds64 at 12")
        data_length = int.from_bytes(wide[16:24], "little")
        length = int.from_bytes(wide[8:16], "little") if length == UNKNOWN_LENGTH else length
    elif length == UNKNOWN_LENGTH:
        length = reader.size - 8
    if length + 8 > reader.size + 1:
        raise Malformed(f"{length + 8} bytes are promised, {reader.size} are there")
    return 12, min(length + 8, reader.size), data_length


def _look(reader: Reader, chunk: Chunk, bounds: Bounds, anatomy: Anatomy, seen: Iterator[int]) -> None:
    if chunk.kind == b"LIST":
        _list(reader, chunk, bounds, anatomy, seen)
    elif chunk.kind == b"bext":
        for first, most in ((0, BEXT_DESCRIPTION), (BEXT_HISTORY, chunk.length)):
            text = reader.read(chunk.body + first, max(0, min(most, enough(bounds), chunk.length - first)))
            note_text(anatomy, bounds, str(chunk), text.rstrip(b"\0").decode("latin-1"))
    elif chunk.kind in DOCUMENTS:
        note_place(anatomy, str(chunk), reader.read(chunk.body, min(chunk.length, 1 << 20)))
        look_at_padding(reader, anatomy, chunk.body, chunk.end, str(chunk))
    elif chunk.kind.lower() == b"id3 ":
        head = reader.read(chunk.body, 10)
        if head[:3] == b"ID3" and len(head) == 10:
            look_at_tag(reader, anatomy, bounds, chunk.body, min(chunk.end, chunk.body + 10 + syncsafe(head[6:])))
    elif chunk.kind not in SOUND:
        look_at_padding(reader, anatomy, chunk.body, chunk.end, str(chunk))


def _list(reader: Reader, chunk: Chunk, bounds: Bounds, anatomy: Anatomy, seen: Iterator[int]) -> None:
    if reader.read(chunk.body, 4) != b"INFO":
        look_at_padding(reader, anatomy, chunk.body + 4, chunk.end, str(chunk))
        return
    for each in chunks(reader, chunk.body + 4, chunk.end, seen=seen):
        text = reader.read(each.body, min(each.length, enough(bounds))).rstrip(b"\0")
        note_text(anatomy, bounds, str(each), text.decode("utf-8", "replace"))


def _describe(reader: Reader, kinds: dict[bytes, Chunk], anatomy: Anatomy) -> None:
    said, data = kinds[b"fmt "], kinds[b"data"]
    fields = reader.read(said.body, min(said.length, 40))
    if len(fields) < 14:
        raise Malformed(f"{said} has only {said.length} bytes")
    tag, channels, hertz, rate, align = (
        int.from_bytes(fields[at : at + width], "little") for at, width in ((0, 2), (2, 2), (4, 4), (8, 4), (12, 2))
    )
    if tag == EXTENSIBLE:
        tag = int.from_bytes(fields[24:26], "little")
    if not channels or not hertz:
        raise Malformed(f"{said}: {channels} channels, {hertz} Hz")
    anatomy.facts |= {"sample_rate": hertz, "channels": channels}
    if tag in WAVE_FORMATS:
        anatomy.facts["audio_codec"] = WAVE_FORMATS[tag]
    exact = WAVE_FORMATS.get(tag, "").startswith("pcm") and align
    if b"fact" in kinds and not exact:
        count = int.from_bytes(reader.read(kinds[b"fact"].body, 4), "little")
        add_duration(anatomy, count / hertz, data.length)
    if "duration_ms" not in anatomy.facts and (exact or rate):
        add_duration(anatomy, data.length / (align * hertz if exact else rate), data.length)
