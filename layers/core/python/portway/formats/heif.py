"""HEIC and AVIF: boxes that tile the file, items in them. ISO/IEC 23008-12 (HEIF); AV1 Image File Format 1.1."""

from __future__ import annotations

from collections.abc import Iterator

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.edits import Edit, replaced, shares
from portway.formats.heif_items import Item, items, primary, properties
from portway.formats.isobmff import Box, Boxes, Leftover, brands
from portway.formats.metadata import MAX_TEXT, minimal_exif, note_exif_bytes, note_xmp
from portway.formats.pixels import check, measure
from portway.formats.polyglots import look_around, look_at_text
from portway.reader import Reader

AVIF = frozenset({b"avif", b"avis"})
HEIC = frozenset(b"heic heix heim heis hevc hevx hevm hevs mif1 mif2 msf1".split())
PIXELS = frozenset({b"ftyp", b"meta", b"mdat", b"moov", b"idat"})
"""Boxes whose bytes are known to be needed, at the top; all others are free space where metadata are left out."""
TURNS = (1, 8, 3, 6)
"""Quarter turns against the clock (`irot`), as EXIF numbers them."""
NEEDED, MAX_CLEARED = 30, 64 << 20
"""Bytes of an EXIF item that says nothing; and how many are cleared at most."""


def walk_avif(reader: Reader, bounds: Bounds) -> Anatomy:
    return _walk(reader, bounds, AVIF)


def walk_heic(reader: Reader, bounds: Bounds) -> Anatomy:
    return _walk(reader, bounds, HEIC)


def walk_heif(reader: Reader, bounds: Bounds) -> Anatomy:
    return _walk(reader, bounds, HEIC | AVIF)


def _walk(reader: Reader, bounds: Bounds, wanted: frozenset[bytes]) -> Anatomy:
    """Facts: width, height, frames, is_animated, orientation, has_exif, has_xmp."""
    anatomy, boxes = Anatomy(), Boxes(reader)
    top = _top(boxes, anatomy)
    if not top or top[0].kind != b"ftyp" or not wanted & set(brands(boxes, top[0])):
        raise Malformed("not a picture of this type, as its first box says")
    meta = _meta(top)
    found = items(boxes, meta)
    _measure(boxes, meta, anatomy, bounds, found)
    for item in found:
        _note(reader, item, anatomy, bounds)
    for box in top:
        if box.kind == b"moov":
            _count_frames(boxes, box, anatomy, bounds)
        elif box.kind not in PIXELS:
            look_at_text(anatomy, boxes.read(box), str(box))
    look_around(anatomy, reader)
    return anatomy


def strip(reader: Reader) -> Edit:
    """The same file with items of EXIF and XMP that say nothing, and boxes that are not needed as free space."""
    boxes, places, anatomy = Boxes(reader), list[tuple[int, bytes]](), Anatomy()
    top = _top(boxes, anatomy)
    if anatomy.marks:
        raise Malformed("something else goes on behind it")
    found = items(boxes, _meta(top))
    for item in found:
        places += _emptied(item) if item.is_exif or item.is_xmp else ()
    for box in top:
        places += _freed(boxes, box)
    kept = [(box.at, box.end) for box in top if box.kind in PIXELS and box.kind != b"mdat"]
    kept += [span for item in found if not (item.is_exif or item.is_xmp) for span in item.spans]
    if shares(kept, places):
        raise Malformed("metadata and pixels share bytes")
    return replaced(reader.size, places)


def _top(boxes: Boxes, anatomy: Anatomy) -> list[Box]:
    """The boxes of the file, to where it ends or another one begins."""
    found, rest = list[Box](), boxes.reader.size
    try:
        for box in boxes.top():
            if found and box.kind == b"ftyp":
                raise Leftover(box.at)
            found.append(box)
    except Leftover as left:
        rest = left.at
    if rest < boxes.reader.size:
        anatomy.mark(Trick.TRAILING_DATA, f"{boxes.reader.size - rest} bytes of something else, from {rest}")
    return found


def _meta(top: list[Box]) -> Box:
    meta = [box for box in top if box.kind == b"meta"]
    if len(meta) != 1 or all(box.kind != b"mdat" for box in top):
        raise Malformed("no items, or no pixels")
    return meta[0]


def _measure(boxes: Boxes, meta: Box, anatomy: Anatomy, bounds: Bounds, found: tuple[Item, ...]) -> None:
    """The size of the primary item; no other one may be larger than the bounds allow, either."""
    shown = primary(boxes, meta)
    if shown not in {item.number for item in found}:
        raise Malformed("the primary item is nowhere")
    for box, is_own in properties(boxes, meta, shown):
        if box.kind == b"ispe":
            data = boxes.fields(box, 4, 8)
            width, height = int.from_bytes(data[:4]), int.from_bytes(data[4:])
            check(anatomy, bounds, width, height)
            if is_own:
                measure(anatomy, bounds, width, height)
        elif box.kind == b"irot" and is_own:
            turned = TURNS[boxes.fields(box, 0, 1)[0] & 3]
            anatomy.facts |= {"orientation": turned} if turned > 1 else {}
    if "width" not in anatomy.facts:
        raise Malformed("the primary item has no size")


def _note(reader: Reader, item: Item, anatomy: Anatomy, bounds: Bounds) -> None:
    if not (item.is_exif or item.is_xmp):
        return
    data, left = b"", MAX_TEXT
    for first, last in item.spans:
        data += reader.read(first, min(last - first, left))
        left = MAX_TEXT - len(data)
    if item.is_xmp and data.strip():
        note_xmp(anatomy, bounds, data)
    elif item.is_exif:
        turned = anatomy.facts.get("orientation")
        note_exif_bytes(anatomy, bounds, data[4 + int.from_bytes(data[:4]) :])
        anatomy.facts.pop("orientation", None)  # `irot` is what counts (HEIF, A.2.1)
        anatomy.facts |= {"orientation": turned} if turned else {}


def _count_frames(boxes: Boxes, moov: Box, anatomy: Anatomy, bounds: Bounds) -> None:
    """Facts: frames, is_animated. All of them together may be a bomb."""
    counts = [0]
    for track in boxes.inside(moov):
        sizes = boxes.child(track, b"mdia", b"minf", b"stbl", b"stsz") if track.kind == b"trak" else None
        counts.append(int.from_bytes(boxes.fields(sizes, 8, 4)) if sizes else 0)
    frames, width, height = max(counts), anatomy.facts["width"], anatomy.facts["height"]
    assert isinstance(width, int)
    assert isinstance(height, int)
    if frames > 1:
        anatomy.facts |= {"frames": frames, "is_animated": True}
    if frames * width * height > bounds.pixels:
        anatomy.mark(Trick.PIXEL_BOMB, f"{frames} frames of {width} x {height} pixels")


def _emptied(item: Item) -> Iterator[tuple[int, bytes]]:
    """What is written over an item: EXIF or XMP that says nothing."""
    if len(item.spans) != 1 or item.spans[0][1] - item.spans[0][0] > MAX_CLEARED:
        raise Malformed(f"item {item.number} lies in {len(item.spans)} places")
    first, last = item.spans[0]
    if item.is_exif and last - first < NEEDED:
        raise Malformed(f"item {item.number} is too short for any EXIF")
    yield first, (bytes(4) + minimal_exif(1)).ljust(last - first, b"\0") if item.is_exif else b" " * (last - first)


def _freed(boxes: Boxes, box: Box) -> Iterator[tuple[int, bytes]]:
    """A phone's video, or what others define, as free space. User data of tracks cannot be left out."""
    if box.kind not in PIXELS:
        if box.length > MAX_CLEARED:
            raise Malformed(f"{box} is too large to be cleared")
        yield box.at + 4, b"free"
        yield box.body, bytes(box.length)
    inner = list(boxes.inside(box)) if box.kind == b"moov" else []
    for each in (*inner, *(child for track in inner if track.kind == b"trak" for child in boxes.inside(track))):
        if each.kind in (b"udta", b"meta"):
            raise Malformed(f"user data of tracks, {each}")
