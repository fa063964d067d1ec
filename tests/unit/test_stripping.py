"""Leaving metadata out: same pixels, no place, no texts; a second time changes nothing."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image, ImageSequence

from dev.corpus import hostile_images as bad
from dev.corpus.images import GOOD, KINDS, XMP, exif, made, profile, tags, texts
from portway.content import Bounds
from portway.formats.stripping import STRIPS, Unstrippable, is_strippable, stripped
from portway.inspectors.structure import WALKERS
from tests.fakes.objects import edited
from tests.unit.sources import Source, reader

STRIPPABLE = [name for name in GOOD if KINDS[name.split()[0].upper()][0] in STRIPS]
POSITION = {1: "N", 2: (51.0, 30.0, 0.0), 3: "W", 4: (0.0, 7.0, 0.0)}
ORIENTATION = 0x0112
SECRETS = (b"Somebody", b"A wall", b"A darkroom", b"Model 1", b"xmpmeta", b"Example")


def kind_of(name: str) -> str:
    return KINDS[name.split()[0].upper()][0]


def published(data: bytes, content_type: str) -> bytes:
    """The file as it is published, which is a good one."""
    source = Source(data)
    result = edited(stripped(reader(source), content_type), source)
    anatomy = WALKERS[content_type](reader(result), Bounds())
    assert anatomy.marks == []
    assert not anatomy.facts.get("has_xmp")
    return result


def pixels(data: bytes) -> list[tuple[object, ...]]:
    """Every frame as it is decoded, with how long it is shown and how it is to be turned."""
    with Image.open(io.BytesIO(data)) as image:
        shown = [(frame.mode, frame.size, frame.tobytes()) for frame in ImageSequence.Iterator(image)]
        return [*shown, (image.info.get("loop"), image.getexif().get(ORIENTATION, 1), image.info.get("icc_profile"))]


def photo(kind: str) -> bytes:
    """A picture with everything that can be left out."""
    found = exif(orientation=6)
    found[0x013B] = "Somebody"
    found.get_ifd(0x8825).update(POSITION)
    if kind == "TIFF":
        more = tags()
        more[ORIENTATION], more[0x8825] = 6, POSITION
        return made("TIFF", tiffinfo=more, icc_profile=profile())
    if kind == "GIF":
        xmp = b"\x21\xff\x0bXMP DataXMP" + XMP + b"\1" + bytes(range(255, -1, -1)) + b"\0"
        return bad.gif(bad.gif_comment(b"Somebody at A wall"), xmp)
    if kind in ("AVIF", "HEIC"):
        return made(kind, exif=found.tobytes(), icc_profile=profile(), xmp=XMP)
    more_of: dict[str, dict[str, Any]] = {
        "JPEG": {"comment": b"A wall", "xmp": XMP},
        "PNG": {"pnginfo": texts()},
        "WEBP": {"xmp": XMP},
    }
    return made(kind, exif=found, icc_profile=profile(), **more_of[kind])


@pytest.mark.parametrize("name", STRIPPABLE)
def test_the_pixels_are_the_same(name: str) -> None:
    """Decoded, frame by frame, with colour profile, repetition and orientation."""
    data = GOOD[name]()
    assert pixels(published(data, kind_of(name))) == pixels(data)


@pytest.mark.parametrize("name", STRIPPABLE)
def test_a_second_time_changes_nothing(name: str) -> None:
    """Processing may be repeated: the same bytes are published again."""
    once = published(GOOD[name](), kind_of(name))
    assert published(once, kind_of(name)) == once


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "AVIF", "HEIC"])
def test_nothing_is_said_about_people_and_places(kind: str) -> None:
    """No EXIF but how to turn the picture, no XMP, no comment, no name in any of the bytes."""
    data = photo(kind)
    result = published(data, KINDS[kind][0])
    assert pixels(result) == pixels(data)
    with Image.open(io.BytesIO(result)) as image:
        found = image.getexif()
        assert not found.get_ifd(0x8825)
        assert not found.get_ifd(0x8769)
        if kind != "TIFF":
            assert set(found) <= {ORIENTATION}
        assert not image.info.pop("xmp", b"").strip()
        assert not {"comment", "XML:com.adobe.xmp", "Title", "photoshop"} & set(image.info)
    assert [secret for secret in SECRETS if secret in data]
    assert [secret for secret in SECRETS if secret in result] == []


def test_of_a_photo_of_a_phone_the_first_picture_stays() -> None:
    """The others, and the video, would say where they were taken, too."""
    first = made("JPEG", exif=exif(orientation=6))
    more = first + b"\0" * 100 + made("JPEG", "L")
    assert published(more, "image/jpeg") == published(first, "image/jpeg")


@pytest.mark.parametrize(
    "data",
    [
        bad.tiff_of((270, 2, 20, 8)),
        bad.tiff_of((270, 2, 20, 185)),
        bad.tiff_of((259, 3, 1, 34712)),
    ],
    ids=["over its directory", "over its pixels", "a compression with tags of its own"],
)
def test_where_metadata_and_pixels_cannot_be_told_apart_nothing_is_stripped(data: bytes) -> None:
    """Zeros would be written over what the picture needs."""
    assert not is_strippable(reader(data), "image/tiff")
    with pytest.raises(Unstrippable):
        stripped(reader(data), "image/tiff")


def test_types_that_nobody_knows_cannot_be_stripped() -> None:
    """A bitmap has no metadata that anybody would know how to leave out, a text neither; a damaged file is no file."""
    assert not is_strippable(reader(made("BMP")), "image/bmp")
    assert not is_strippable(reader(b"text"), "text/plain")
    assert not is_strippable(reader(made("PNG")[:-9]), "image/png")
