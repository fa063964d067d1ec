"""What phones put behind the first picture of a JPEG: declared, it belongs to the file; undeclared, it does not."""

from __future__ import annotations

import struct

import pytest

from dev.corpus import hostile_images as bad
from dev.corpus.images import exif, made
from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats import jpeg
from tests.unit.sources import reader

VIDEO = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0\0\0\x10mdat\1\2\3\4\5\6\7\x08" + b"\0\0\0\x08moov"
XMP = b"http://ns.adobe.com/xap/1.0/\0"


def walked(data: bytes) -> Anatomy:
    return jpeg.walk(reader(data), Bounds())


def tricks(data: bytes) -> list[Trick]:
    return [mark.trick for mark in walked(data).marks]


def index(pictures: int) -> bytes:
    """A multi-picture index that says how many there are."""
    tiff = b"II*\0\x08\0\0\0\1\0" + struct.pack("<HHII", 0xB001, 4, 1, pictures) + bytes(4)
    return bad.segment(0xE2, b"MPF\0" + tiff)


def motion(xmp: bytes) -> bytes:
    return bad.jpeg(bad.segment(0xE1, XMP + xmp))


def samsung(data: bytes) -> bytes:
    """A trailer: blocks, a directory that counts back to them, its length, and a last word."""
    block = b"\0\0\x01\x0a\x0e\0\0\0Image_UTC_Data" + data
    head = b"SEFH" + struct.pack("<II", 107, 1) + struct.pack("<HHII", 0, 0x0A01, len(block), len(block))
    return block + head + struct.pack("<I", len(head)) + b"SEFT"


def test_further_pictures_of_an_index_belong_to_the_file() -> None:
    """A preview and a depth map, with zeros between them, as phones write them."""
    data = bad.jpeg(index(3)) + bytes(500) + made("JPEG", "L") + bytes(100) + made("JPEG") + bytes(7)
    assert tricks(data) == []
    assert walked(data).facts["more_pictures"] == 2


def test_more_than_was_declared_is_trailing_data() -> None:
    """One more picture than the index says, or anything that is none."""
    assert tricks(bad.jpeg(index(2)) + made("JPEG") * 2) == [Trick.TRAILING_DATA]
    assert tricks(bad.jpeg(index(2)) + b"something else") == [Trick.TRAILING_DATA]
    assert tricks(bad.jpeg() + made("JPEG")) == [Trick.TRAILING_DATA]


def test_an_index_may_outlive_its_pictures() -> None:
    """Messengers cut them off and leave the index; the first picture is whole."""
    assert tricks(bad.jpeg(index(2))) == []


def test_further_pictures_are_looked_at_like_the_first() -> None:
    """Their position, their size and their end."""
    where = exif()
    where.get_ifd(0x8825).update({2: (51.0, 30.0, 0.0), 4: (0.0, 7.0, 0.0)})
    assert tricks(bad.jpeg(index(2)) + made("JPEG", exif=where)) == [Trick.LOCATION]
    assert tricks(bad.jpeg(index(2)) + bad.jpeg_of(60_000, 60_000)) == [Trick.PIXEL_BOMB]
    with pytest.raises(Malformed):
        walked(bad.jpeg(index(2)) + made("JPEG")[:-1])


@pytest.mark.parametrize(
    "xmp",
    [
        b'<x GCamera:MotionPhoto="1" GCamera:MotionPhotoVersion="1"/>',
        b"<GCamera:MicroVideo>1</GCamera:MicroVideo>",
        b'<Container:Item Item:Mime="image/jpeg"/><Container:Item Item:Mime="video/mp4" Item:Length="48"/>',
    ],
)
def test_the_video_of_a_motion_photo_belongs_to_the_file(xmp: bytes) -> None:
    """As old and new phones declare it; its boxes tile the rest."""
    assert tricks(motion(xmp) + VIDEO) == tricks(motion(xmp) + bytes(9) + VIDEO) == []
    assert walked(motion(xmp) + VIDEO).facts["has_video"] is True
    with pytest.raises(Malformed):
        walked(motion(xmp) + VIDEO[:-3])


def test_a_declared_video_is_a_video() -> None:
    """A page or an archive in its place is not let through by the declaration."""
    declared = motion(b'<x GCamera:MotionPhoto="1"/>')
    assert tricks(declared + bad.PAGE) == [Trick.TRAILING_DATA]
    hidden = bad.zipped()
    assert tricks(declared + VIDEO + (len(hidden) + 8).to_bytes(4) + b"free" + hidden) == [Trick.SECOND_FORMAT]


def test_a_trailer_of_samsung_belongs_to_the_file() -> None:
    """Its directory is found from the end, and reaches back to the picture's; not into it, and not less."""
    assert tricks(bad.jpeg() + samsung(b"1700000000000")) == []
    assert tricks(motion(b'<x GCamera:MotionPhoto="1"/>') + VIDEO + samsung(b"1700000000000")) == []
    assert tricks(bad.jpeg() + b"more" + samsung(b"")) == [Trick.TRAILING_DATA]
    assert tricks(bad.jpeg() + samsung(b"")[:-1]) == [Trick.TRAILING_DATA]


def test_an_ultra_hdr_picture_has_its_gain_map_behind_it() -> None:
    """XMP of the first picture names two of them."""
    xmp = b'<Container:Item Item:Mime="image/jpeg"/><Container:Item Item:Semantic="GainMap" Item:Mime="image/jpeg"/>'
    assert tricks(motion(xmp) + made("JPEG", "L")) == []
