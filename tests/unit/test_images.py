"""Walkers of pictures: what they learn of good ones, and that no beginning of a good one is taken for a whole."""

from __future__ import annotations

import pytest

from dev.corpus import hostile_images as bad
from dev.corpus.images import GOOD, KINDS, SIZE, XMP, exif, made
from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.inspectors.structure import WALKERS
from portway.reader import CHUNK
from tests.unit.sources import Source, reader


def walked(kind: str, data: bytes | Source, bounds: Bounds | None = None) -> Anatomy:
    return WALKERS[KINDS[kind.split()[0].upper()][0]](reader(data), bounds or Bounds())


def tricks(kind: str, data: bytes) -> set[Trick]:
    return {mark.trick for mark in walked(kind, data).marks}


@pytest.mark.parametrize("name", GOOD)
def test_the_size_of_every_picture_is_known(name: str) -> None:
    """Whatever the format and its variant: width and height, and nothing to be minded."""
    anatomy = walked(name, GOOD[name]())
    assert (anatomy.facts["width"], anatomy.facts["height"], anatomy.marks) == (*SIZE, [])


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("JPEG", {"bits_per_pixel": 24}),
        ("JPEG CMYK", {"bits_per_pixel": 32}),
        ("JPEG of a camera", {"has_exif": True, "orientation": 6}),
        ("JPEG with everything", {"has_exif": True, "has_xmp": True}),
        ("PNG 16 bit", {"bits_per_pixel": 16}),
        ("PNG animated", {"frames": 3, "is_animated": True}),
        ("PNG with everything", {"has_exif": True, "has_xmp": True, "orientation": 3}),
        ("GIF animated", {"frames": 5, "is_animated": True}),
        ("WebP animated", {"frames": 3, "is_animated": True}),
        ("WebP with everything", {"has_exif": True, "has_xmp": True, "orientation": 8}),
        ("TIFF one bit", {"bits_per_pixel": 1, "pages": 1}),
        ("TIFF pages", {"pages": 4}),
        ("TIFF with texts", {"has_xmp": True}),
        ("BMP transparent", {"bits_per_pixel": 32}),
    ],
)
def test_what_else_pictures_say(name: str, facts: dict[str, object]) -> None:
    """Depth, frames, pages, how to turn it, and whether there are metadata."""
    assert walked(name, GOOD[name]()).facts.items() >= facts.items()


@pytest.mark.parametrize(
    "name", ["JPEG progressive", "PNG animated", "GIF animated", "WebP animated", "TIFF", "AVIF animated", "BMP"]
)
def test_no_beginning_of_a_picture_is_a_picture(name: str) -> None:
    """A file that was cut off anywhere is damaged, never shorter."""
    data = GOOD[name]()
    for end in {*range(64), *range(64, len(data), 97), *range(len(data) - 40, len(data))}:
        with pytest.raises(Malformed):
            walked(name, data[:end])


@pytest.mark.parametrize("kind", KINDS)
def test_a_side_and_all_pixels_have_bounds(kind: str) -> None:
    """The bounds of the policy decide, by the size that the file says."""
    data, (width, height) = made(kind), SIZE
    assert walked(kind, data, Bounds(side=width, pixels=width * height)).marks == []
    for bounds in (Bounds(side=width - 1), Bounds(pixels=width * height - 1)):
        assert [mark.trick for mark in walked(kind, data, bounds).marks] == [Trick.PIXEL_BOMB]


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP", "AVIF"])
def test_all_frames_together_have_a_bound(kind: str) -> None:
    """A small picture with frames without end is a bomb as well."""
    data = made(kind, frames=5, duration=50)
    assert tricks(kind, data) == set()
    assert [mark.trick for mark in walked(kind, data, Bounds(pixels=SIZE[0] * SIZE[1])).marks] == [Trick.PIXEL_BOMB]


def test_a_large_picture_is_read_in_few_requests() -> None:
    """A JPEG is read once, in requests that grow; of other formats the pixels pass by unread."""
    more = [bad.segment(0xE2, bytes(65_000))] * 400
    source = Source(bad.jpeg(*more))
    walked("JPEG", source)
    assert len(source.reads) <= 6 + len(source.data) / CHUNK
    assert sum(length for _, length in source.reads) <= len(source.data) + CHUNK
    pixels = Source(bad.png(bad.chunk(b"IDAT", bytes(40 << 20))))
    walked("PNG", pixels)
    assert sum(length for _, length in pixels.reads) < 1 << 20


def test_a_marker_on_the_edge_of_two_requests_is_seen() -> None:
    """Wherever entropy-coded data are cut into requests: the end marker is found, a stuffed byte is none."""
    start = bad.jpeg()[:-2]
    for stuffing in (b"\xff\x00", b"\xff\xd3", b"\x00\x01"):
        for extra in range(6):
            padded = start + b"\x55" * ((128 << 10) - 3 - len(start) - extra) + stuffing * 5
            assert walked("JPEG", padded + b"\xff\xff\xff\xd9").marks == []


def test_long_values_of_xmp_are_long_texts() -> None:
    """Its values count, not the packet; a thumbnail in base64 is none."""

    def packet(value: bytes) -> bytes:
        return XMP.replace(
            b"/></rdf:RDF>", b"><dc:description>" + value + b"</dc:description></rdf:Description></rdf:RDF>"
        )

    head = b"http://ns.adobe.com/xap/1.0/\0"
    assert tricks("JPEG", bad.jpeg(bad.segment(0xE1, head + packet(b"word " * 300)))) == {Trick.METADATA_OVERSIZED}
    assert tricks("JPEG", bad.jpeg(bad.segment(0xE1, head + packet(b"QUJD" * 3000)))) == set()


def test_what_a_camera_keeps_for_itself_is_no_text() -> None:
    """Maker notes, thumbnails and colour profiles may be as long as they are."""
    tags = exif()
    tags.get_ifd(0x8769)[0x927C] = b"\x20" * 20_000
    assert tricks("JPEG", made("JPEG", exif=tags, icc_profile=b"text " * 5_000)) == set()


def test_exif_with_damage_still_says_where() -> None:
    """One value that lies outside hides nothing of the rest, as in readers of EXIF."""
    data = bytearray(bad.exif_position())
    data[8:10] = b"\2\0"
    broken = bytes(data[:10]) + b"\x0f\x01\x02\x00\xff\xff\0\0\xff\xff\xff\x7f" + bytes(data[10:])
    assert tricks("JPEG", bad.jpeg(bad.segment(0xE1, b"Exif\0\0" + broken[:200] + bad.gps()))) == {Trick.LOCATION}


def test_zeros_behind_pixels_are_padding() -> None:
    """Cameras round files up; a single byte of something else is data."""
    for kind in ("JPEG", "TIFF", "BMP"):
        assert tricks(kind, made(kind) + bytes(2)) == set()
        assert tricks(kind, made(kind) + b"\0\0\1") == {Trick.TRAILING_DATA}
