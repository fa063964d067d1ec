"""MP4, QuickTime and M4A: brands, the movie's header, tracks, fragments. ISO/IEC 14496-12 and -14; QTFF.

Media data are jumped over: a movie of any length takes its head, its header and its last bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats import mp4_fragments, mp4_tags
from portway.formats.codecs import STILLS
from portway.formats.isobmff import Box, Boxes, Leftover, brands
from portway.formats.mp4_tracks import Track, tracks
from portway.formats.pixels import measure
from portway.formats.strangers import look_at_padding, look_at_whole, only_zeros
from portway.formats.tags import add_duration, note_place
from portway.reader import BLOCK, Reader

PREFETCH = 3 << 19
"""Bytes of a header that are read at once."""
PADDING = frozenset({b"free", b"skip", b"wide", b"uuid", b"pnot"})
STILL_BRANDS = frozenset({*b"heic heix heim heis hevc hevx mif1 msf1 avif avis".split(), b"crx ", b"jp2 ", b"jpx "})
ONCE = frozenset({b"ftyp", b"moov"})
QUICKTIME = b"qt  "
XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
UNKNOWN_DURATION = (0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)


@dataclass(slots=True)
class _Top:
    """The boxes of the file: the first of each kind, the last fragment, and how many bytes are media."""

    first: dict[bytes, Box] = field(default_factory=dict)
    fragment: Box | None = None
    media: int = 0


def _walk(reader: Reader, bounds: Bounds, declared: str) -> Anatomy:
    """Facts: container, duration_ms, bit_rate, codecs, width, height, frame_rate, sample_rate, channels."""
    anatomy, boxes = Anatomy(), Boxes(reader)
    top = _top(boxes, anatomy)
    movie = top.first.get(b"moov")
    if movie is None:
        raise Malformed("no moov")
    if not top.media:
        raise Malformed("no media data")
    _check_brands(boxes, top.first.get(b"ftyp"), declared, anatomy)
    found = _movie(boxes, movie, bounds, anatomy)
    _check_tracks(found, declared, reader.size)
    _describe(found, anatomy, bounds)
    add_duration(anatomy, _seconds(boxes, movie, top, found), top.media)
    look_at_whole(reader, anatomy)
    return anatomy


def _top(boxes: Boxes, anatomy: Anatomy) -> _Top:
    top = _Top()
    try:
        for box in boxes.top():
            if top.first.setdefault(box.kind, box) is not box and box.kind in ONCE:
                anatomy.mark(Trick.SECOND_FORMAT, f"a second movie: {box}")
            _note(boxes, box, top, anatomy)
    except Leftover as leftover:
        if b"moov" not in top.first or not top.media:
            raise
        if not only_zeros(boxes.reader, leftover.at, boxes.reader.size):
            anatomy.mark(Trick.TRAILING_DATA, f"no box at {leftover.at}, and {boxes.reader.size} bytes")
    return top


def _note(boxes: Boxes, box: Box, top: _Top, anatomy: Anatomy) -> None:
    reader = boxes.reader
    if box.kind in (b"mdat", b"imda"):
        top.media += box.length
        reader.read(box.end, PREFETCH if box.length > BLOCK and reader.size - box.end <= PREFETCH else 0)
    elif box.kind == b"moof":
        top.fragment = box
    elif box.kind == b"moov":
        reader.read(box.at, box.end - box.at if box.length <= PREFETCH else 0)
    elif box.kind in PADDING or box.kind not in KNOWN:
        look_at_padding(reader, anatomy, box.body, box.end, f"a {box.kind!r} box")
    if box.kind == b"uuid" and reader.read(box.at + 8, 16) == XMP:
        note_place(anatomy, "XMP", boxes.read(box))


KNOWN = frozenset(b"ftyp styp moov moof mdat meta sidx ssix mfra prft emsg pdin imda".split())


def _check_brands(boxes: Boxes, box: Box | None, declared: str, anatomy: Anatomy) -> None:
    """The brands are those of the declared type; QuickTime files that are older than brands have none."""
    named = brands(boxes, box) if box else (QUICKTIME,)
    is_quicktime = named[0] == QUICKTIME or set(named) <= {QUICKTIME, bytes(4)}
    anatomy.facts["container"] = "quicktime" if is_quicktime else "3gp" if named[0].startswith(b"3g") else "mp4"
    if named[0] in STILL_BRANDS:
        raise Malformed(f"brand {named[0]!r}: a picture, not {declared}")
    if is_quicktime != (declared == "video/quicktime") and not (is_quicktime and set(named) - {QUICKTIME, bytes(4)}):
        raise Malformed(f"brands {b' '.join(named[:8])!r}: not {declared}")


def _movie(boxes: Boxes, movie: Box, bounds: Bounds, anatomy: Anatomy) -> list[Track]:
    found = list[Track]()
    for box in boxes.inside(movie):
        if box.kind == b"trak":
            found += tracks(boxes, box, anatomy, bounds)
        elif box.kind in (b"udta", b"meta", b"gps "):
            mp4_tags.look(boxes, box, bounds, anatomy)
        elif box.kind in PADDING:
            look_at_padding(boxes.reader, anatomy, box.body, box.end, f"a {box.kind!r} box")
        elif box.kind == b"rmra":
            anatomy.mark(Trick.EXTERNAL_REFERENCE, str(box))
        elif box.kind == b"cmov":
            raise Malformed(f"{box}: a compressed header")
    return found


def _check_tracks(found: list[Track], declared: str, size: int) -> None:
    if not found:
        raise Malformed("no track")
    if declared.startswith("audio/"):
        video = next((track for track in found if track.handler == b"vide" and track.codec not in STILLS), None)
        if video or not any(track.handler == b"soun" for track in found):
            raise Malformed(f"{'video' if video else 'no sound'}: not {declared}")
    for track in found:
        if track.last_chunk >= size and not track.is_external:
            raise Malformed(f"a chunk of {track.handler!r} at {track.last_chunk}, behind the end")


def _describe(found: list[Track], anatomy: Anatomy, bounds: Bounds) -> None:
    video = next((track for track in found if track.handler == b"vide" and track.codec not in STILLS), None)
    video = video or next((track for track in found if track.handler == b"vide"), None)
    audio = next((track for track in found if track.handler == b"soun"), None)
    if video and video.codec:
        anatomy.facts["video_codec"] = video.codec
    if video and video.width and video.height:
        measure(anatomy, bounds, video.width, video.height)
    if video and video.frame_rate:
        anatomy.facts["frame_rate"] = video.frame_rate
    if audio:
        known = {"audio_codec": audio.codec, "sample_rate": audio.sample_rate, "channels": audio.channels}
        anatomy.facts |= {name: fact for name, fact in known.items() if fact}


def _seconds(boxes: Boxes, movie: Box, top: _Top, found: list[Track]) -> float:
    """As the movie's header says, else its fragments' header, else the last fragment, else the longest track."""
    return next((seconds for seconds in _durations(boxes, movie, top, found) if seconds), 0)


def _durations(boxes: Boxes, movie: Box, top: _Top, found: list[Track]) -> Iterator[float]:
    header = boxes.child(movie, b"mvhd")
    if header is None:
        raise Malformed("no mvhd")
    wide = boxes.fields(header, 0, 1) == b"\1"
    scale, length = boxes.fields(header, 20 if wide else 12, 4), boxes.fields(header, 24 if wide else 16, 8)
    units, ticks = int.from_bytes(scale), int.from_bytes(length if wide else length[:4])
    if not units:
        raise Malformed("mvhd: a time scale of 0")
    if top.fragment is None:
        yield 0 if ticks in UNKNOWN_DURATION else ticks / units
    else:
        fragments = boxes.child(movie, b"mvex", b"mehd")
        yield mp4_fragments.promised(boxes, fragments) / units if fragments else 0
        yield mp4_fragments.end_of(boxes, movie, top.fragment, found)
    yield max(track.seconds for track in found)


walk_mp4, walk_m4a, walk_quicktime = (
    partial(_walk, declared=declared) for declared in ("video/mp4", "audio/mp4", "video/quicktime")
)
