"""TIFF and BigTIFF: directories that name strips or tiles. TIFF 6.0; TIFF Technical Note 1 (SubIFDs)."""

from __future__ import annotations

from collections.abc import Iterator

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.edits import Edit, replaced, shares
from portway.formats.directories import EXIF_IFD, GPS_IFD, SUB_IFDS, Directories, Directory, Entry
from portway.formats.metadata import MAX_TEXT, note_directories, note_xmp
from portway.formats.pixels import check, measure
from portway.formats.polyglots import look_around
from portway.reader import Reader

WIDTH, HEIGHT, BITS, COMPRESSION, XMP = 256, 257, 258, 259, 700
PLACES = ((273, 279), (324, 325), (513, 514))
"""Tags of offsets and lengths: of strips, of tiles, of an old JPEG stream or a thumbnail."""
CODINGS = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946, 34925, 50000, 50001})
"""Compressions that need no tags but those below."""
PUBLISHED = frozenset(
    {*range(254, 260), *range(262, 267), 273, 274, *range(277, 285), *range(290, 294), 296, 297, 301, *range(317, 326)}
    | {SUB_IFDS, 332, 334, *range(336, 344), 347, *range(512, 522), *range(529, 533), 559, 34675}
)
"""Tags that say how pixels look; all others are left out where metadata are."""
PADDING = 16
"""Bytes of zeros that may stand at the end."""
MAX_CLEARED = 64 << 20
Span = tuple[int, int]
"""Offsets around some bytes."""


def walk(reader: Reader, bounds: Bounds) -> Anatomy:
    """Facts: width, height, bits_per_pixel, pages, orientation, has_exif, has_xmp."""
    anatomy, tiff, end, pages = Anatomy(), _directories(reader), 0, 0
    for lead, directory in tiff.tree():
        pages += lead == 0
        if lead in (0, SUB_IFDS):
            _look_at_picture(tiff, directory, anatomy, bounds, is_first=pages == 1 and lead == 0)
        elif lead in (EXIF_IFD, GPS_IFD):
            anatomy.facts["has_exif"] = True
        end = max(end, max(last for _, last in spans(tiff, directory)))
    anatomy.facts["pages"] = pages
    note_directories(anatomy, bounds, _directories(reader))
    rest = reader.read(end, PADDING + 1)
    if len(rest) > PADDING or any(rest):
        anatomy.mark(Trick.TRAILING_DATA, f"{reader.size - end} bytes that no directory names, from {end}")
    look_around(anatomy, reader)
    return anatomy


def strip(reader: Reader) -> Edit:
    """Directories with the tags that say how pixels look, in the places where they were; zeros over all that goes."""
    tiff = _directories(reader)
    kept, cleared, written = [(0, 16 if tiff.is_big else 8)], list[Span](), list[tuple[int, bytes]]()
    for lead, directory in tiff.tree():
        if lead not in (0, SUB_IFDS):
            cleared += spans(tiff, directory)
            continue
        if tiff.number(directory.get(COMPRESSION), 1) not in CODINGS:
            raise Malformed("a compression that may need further tags")
        kept += pixels(tiff, directory)
        kept += [_span(entry) for entry in directory.entries if entry.tag in PUBLISHED and not entry.is_inline]
        cleared += [_span(entry) for entry in directory.entries if entry.tag not in PUBLISHED and not entry.is_inline]
        written.append((directory.at, _written(tiff, directory)))
    zeros = [(first, bytes(last - first)) for first, last in _merged(cleared)]
    if shares(kept, [*written, *zeros]):
        raise Malformed("metadata and pixels share bytes")
    is_last = bool(zeros) and zeros[-1][0] + len(zeros[-1][1]) == reader.size
    size = zeros.pop()[0] if is_last else reader.size
    return replaced(size, [*written, *zeros])


def spans(tiff: Directories, directory: Directory) -> Iterator[Span]:
    """Everything that a directory has in the file: itself, its values, its pixels."""
    yield directory.at, directory.end
    yield from (_span(entry) for entry in directory.entries if not entry.is_inline)
    yield from pixels(tiff, directory)


def pixels(tiff: Directories, directory: Directory) -> Iterator[Span]:
    """Strips, tiles, an old JPEG stream. Malformed where one is not in the file."""
    for places, lengths in PLACES:
        offsets, counts = tiff.numbers(directory.get(places)), tiff.numbers(directory.get(lengths))
        if len(offsets) != len(counts):
            raise Malformed(f"{len(offsets)} offsets and {len(counts)} lengths in the directory at {directory.at}")
        for first, length in zip(offsets, counts, strict=True):
            if first + length > tiff.size:
                raise Malformed(f"{length} bytes of pixels at {first} lie outside")
            yield first, first + length


def _directories(reader: Reader) -> Directories:
    return Directories(reader.read, reader.size)


def _look_at_picture(tiff: Directories, directory: Directory, anatomy: Anatomy, bounds: Bounds, is_first: bool) -> None:
    width, height = (tiff.number(directory.get(tag)) for tag in (WIDTH, HEIGHT))
    if is_first:
        measure(anatomy, bounds, width, height)
        anatomy.facts["bits_per_pixel"] = sum(tiff.numbers(directory.get(BITS))) or 1
        if not any(directory.get(places) for places, _ in PLACES):
            raise Malformed("no pixels")
    check(anatomy, bounds, width, height)
    xmp = directory.get(XMP)
    if xmp:
        note_xmp(anatomy, bounds, tiff.text(xmp, MAX_TEXT))


def _written(tiff: Directories, directory: Directory) -> bytes:
    """The directory with the published tags alone, as long as it was."""
    head, row = (8, 20) if tiff.is_big else (2, 12)
    data = tiff.read(directory.at, directory.end - directory.at)
    rows = [data[at : at + row] for at in range(head, len(data) - tiff.word, row)]
    stays = [each for each in rows if tiff.to_number(each[:2]) in PUBLISHED]
    count = len(stays).to_bytes(head, tiff.order)
    return (count + b"".join(stays) + data[-tiff.word :]).ljust(len(data), b"\0")


def _span(entry: Entry) -> Span:
    return entry.at, entry.at + entry.length


def _merged(found: list[Span]) -> list[Span]:
    """The same bytes without any twice."""
    merged = list[Span]()
    for first, last in sorted(found):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    if sum(last - first for first, last in merged) > MAX_CLEARED:
        raise Malformed("too much to be cleared")
    return merged
