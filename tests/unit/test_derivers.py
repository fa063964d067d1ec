"""Thumbnails, smaller pictures, compact documents, packed texts: what is gained, and what never comes along."""

from __future__ import annotations

import gzip
import io
import json
import random
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, StreamObject

from dev.policy import compile_policy
from dev.policy_page import SOURCE as POLICY_FILE
from portway import derivers, policy
from portway.derivers import compressed, documents, listings, pictures, told
from portway.results import GAIN, MAX_SOURCE, RESULTS, NotMade, Source
from tests.unit.sources import reader

NOISE = random.Random(7)


def source(folder: Path, data: bytes, content_type: str, **facts: Any) -> Source:
    def fetch(path: Path) -> None:
        path.write_bytes(data)

    return Source(len(data), content_type, facts, folder, reader(data), fetch)


def picture(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Noise over a slope: nothing compresses it well."""
    noise = Image.frombytes("L", (width, height), NOISE.randbytes(width * height))
    slope = Image.linear_gradient("L").resize((width, height))
    return Image.blend(noise, slope, 0.5).convert(mode)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(("content_type", "kind"), pictures.FORMATS.items())
@pytest.mark.parametrize("size", [(1600, 900), (300, 600)])
def test_thumbnails_keep_the_sides_in_proportion(
    tmp_path: Path, content_type: str, kind: str, size: tuple[int, int]
) -> None:
    """The longer side is 256 or 1,024 pixels; a smaller picture is not made larger."""
    made = pictures.thumbnails(source(tmp_path, encoded(picture(*size), kind), content_type))
    assert [each.name for each in made] == ["thumbnail-1024.webp", "thumbnail-256.webp"]
    for each, side in zip(made, pictures.SIDES, strict=True):
        with Image.open(each.path) as small:
            assert max(small.size) == min(side, max(size))
            assert small.width / small.height == pytest.approx(size[0] / size[1], rel=0.02)
            assert each.facts == {"width": small.width, "height": small.height}


def with_place(image: Image.Image) -> bytes:
    """A photograph that lies on its side and says where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    return encoded(image, "JPEG", exif=exif, comment=b"private")


def test_no_metadata_come_along_and_the_picture_stands_upright(tmp_path: Path) -> None:
    """Neither place nor comment: a thumbnail is what is shown to everybody."""
    (_, small) = pictures.thumbnails(source(tmp_path, with_place(picture(800, 400)), "image/jpeg"))
    with Image.open(small.path) as seen:
        assert (seen.width, seen.height) == (128, 256)
        assert not seen.getexif()
    assert b"private" not in small.path.read_bytes()


def test_transparency_stays_in_thumbnails_and_is_white_in_optimised(tmp_path: Path) -> None:
    """A logo has no black box around it."""
    clear = picture(1400, 1400, "RGBA")
    clear.putalpha(0)
    clear.putpixel((0, 0), (255, 0, 0, 255))
    made = source(tmp_path, encoded(clear, "PNG", compress_level=0), "image/png")
    with Image.open(pictures.thumbnails(made)[1].path) as small:
        assert small.convert("RGBA").getpixel((128, 128))[3] == 0  # type: ignore[index]
    with Image.open(pictures.optimised(made)[0].path) as flat:
        assert all(channel > 250 for channel in flat.getpixel((700, 700)))  # type: ignore[union-attr]


@pytest.mark.parametrize(("megabytes", "quality"), [(0.9, None), (1.1, 85), (2.5, 80), (5.5, 75)])
def test_large_pictures_are_encoded_anew(tmp_path: Path, megabytes: float, quality: int | None) -> None:
    """The larger the file, the stronger; what is gained is said. Small ones are left alone."""
    data = encoded(picture(700, 700), "JPEG", quality=97)
    padded = data[:-2] + bytes(round(megabytes * (1 << 20)) - len(data)) + data[-2:]
    made = pictures.optimised(source(tmp_path, padded, "image/jpeg"))
    assert [each.facts["quality"] for each in made] == ([] if quality is None else [quality])
    for each in made:
        assert each.facts["original_bytes"] - each.facts["saved_bytes"] == each.size < GAIN * len(padded)


def test_a_picture_that_does_not_get_smaller_is_not_kept(tmp_path: Path) -> None:
    """A tenth has to be saved, otherwise there is only one picture."""
    data = encoded(picture(2200, 2200), "JPEG", quality=60)
    assert len(data) > 1 << 20
    assert pictures.optimised(source(tmp_path, data, "image/jpeg")) == []


def test_animations_are_not_flattened(tmp_path: Path) -> None:
    """Their thumbnail is the first frame; an optimised copy would lose the others."""
    frames = [picture(900, 900, "RGB") for _ in range(2)]
    data = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert len(data) > 1 << 20
    made = source(tmp_path, data, "image/webp")
    assert pictures.optimised(made) == []
    assert len(pictures.thumbnails(made)) == 2


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"GIF89a", encoded(picture(9, 9), "PNG"), b"%!PS-Adobe"])
def test_only_the_declared_format_is_decoded(tmp_path: Path, data: bytes) -> None:
    """A file in another format, or half of one, is not handed to another decoder."""
    with pytest.raises(NotMade):
        pictures.thumbnails(source(tmp_path, data, "image/jpeg"))


def test_a_picture_with_too_many_pixels_is_not_decoded(tmp_path: Path) -> None:
    """Inspection refuses it before; this is the seat belt."""
    bomb = encoded(Image.new("1", (20_000, 20_000)), "PNG")
    with pytest.raises(NotMade):
        pictures.thumbnails(source(tmp_path, bomb, "image/png"))


def a_document(pages: int, is_packed: bool) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        page, content = writer.add_blank_page(600, 800), StreamObject()
        content.set_data(b"0 0 m 100 100 l S\n" * 3000)
        page[NameObject("/Contents")] = writer._add_object(content)
        if is_packed:
            page.compress_content_streams()
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def test_a_document_is_packed(tmp_path: Path) -> None:
    """As many pages as before, in fewer bytes, and it says how many."""
    data = a_document(4, is_packed=False)
    (made,) = documents.compact(source(tmp_path, data, "application/pdf"))
    assert len(PdfReader(made.path).pages) == made.facts["pages"] == 4
    assert made.facts["saved_bytes"] == len(data) - made.size > 0.5 * len(data)


@pytest.mark.parametrize("data", [a_document(1, is_packed=False)[:1000], a_document(40, is_packed=True)])
def test_a_document_that_is_small_or_packed_is_left_alone(tmp_path: Path, data: bytes) -> None:
    """There is nothing to gain."""
    assert documents.compact(source(tmp_path, data, "application/pdf")) == []


def test_a_damaged_document_is_not_made(tmp_path: Path) -> None:
    """The library cannot read it: that is told, and nothing flies."""
    with pytest.raises(NotMade):
        documents.compact(source(tmp_path, b"%PDF-1.7\n" + NOISE.randbytes(200 << 10), "application/pdf"))


def test_long_texts_have_a_packed_copy(tmp_path: Path) -> None:
    """The same bytes each time, so that whoever makes it again makes the same."""
    data = b"time,value\n" * (600 << 10)
    (made,) = compressed.gzipped(source(tmp_path, data, "text/csv"))
    first = made.path.read_bytes()
    assert gzip.decompress(first) == data
    assert (made.name, made.facts["saved_bytes"]) == ("file.gz", len(data) - len(first))
    compressed.gzipped(source(tmp_path, data, "text/csv"))
    assert made.path.read_bytes() == first


@pytest.mark.parametrize("data", [b"a" * (5 << 20), NOISE.randbytes((5 << 20) + 1)])
def test_short_or_dense_texts_have_none(tmp_path: Path, data: bytes) -> None:
    """Up to 5 MiB, or where less than a tenth is saved."""
    assert compressed.gzipped(source(tmp_path, data, "text/plain")) == []


def test_an_archive_has_a_listing(tmp_path: Path) -> None:
    """Every entry with its size, and whether that is all; nothing is fetched for it but the directory."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(3000):
            archive.writestr(f"photos/{number}.txt", b"." * number)
    made = source(tmp_path, buffer.getvalue(), "application/zip")
    (listing,) = listings.listing(made)
    told = json.loads(listing.path.read_text("utf-8"))
    assert (len(told["entries"]), told["is_whole"], listing.facts) == (3000, True, {"entries": 3000})
    assert told["entries"][7] == {"name": "photos/7.txt", "size": 7}
    assert made.reader.bytes_read < made.size / 2
    assert not (tmp_path / "source").exists()


def test_a_tar_has_a_listing_too(tmp_path: Path) -> None:
    """By its headers, one after another."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in ("a.txt", "ü/b.txt"):
            entry = tarfile.TarInfo(name)
            entry.size = 5
            archive.addfile(entry, io.BytesIO(b"hello"))
    (listing,) = listings.listing(source(tmp_path, buffer.getvalue(), "application/x-tar"))
    told = json.loads(listing.path.read_text("utf-8"))["entries"]
    assert told == [{"name": "a.txt", "size": 5}, {"name": "ü/b.txt", "size": 5}]


def test_a_damaged_archive_has_none(tmp_path: Path) -> None:
    """A policy may publish one all the same; then there is nothing to list."""
    with pytest.raises(NotMade):
        listings.listing(source(tmp_path, b"PK\x05\x06" + bytes(10), "application/zip"))


def test_of_very_large_files_nothing_is_fetched(tmp_path: Path) -> None:
    """The function's disk has an end. What needs only a part of the file is made all the same."""
    large = replace(source(tmp_path, b"", "image/png"), size=MAX_SOURCE + 1)
    with pytest.raises(NotMade, match="bytes"):
        pictures.thumbnails(large)
    assert told.facts(large)


def test_facts_are_an_object_too(tmp_path: Path) -> None:
    """Size, type and everything that inspection learnt, as plain JSON."""
    (made,) = told.facts(source(tmp_path, b"12345", "audio/flac", duration_ms=5))
    expected = {"size": 5, "content_type": "audio/flac", "duration_ms": 5}
    assert json.loads(made.path.read_text("utf-8")) == expected


def test_every_result_that_a_policy_may_name_can_be_made() -> None:
    """The compiler of policy.yaml and the function that makes them know the same names."""
    assert set(derivers.MAKERS) == set(RESULTS)
    assert set(derivers.makers_for(tuple(RESULTS), "image/png")) == {"facts", "thumbnails", "optimised"}
    assert set(derivers.makers_for(("facts", "compact"), "image/png")) == {"facts"}


def test_the_shipped_categories_make_what_fits_them() -> None:
    """Pictures have thumbnails, documents are packed; for `anything` nothing is spent."""
    shipped = policy.load(compile_policy(POLICY_FILE.read_text("utf-8")))
    named = {name: set(category.results) for name, category in shipped.categories.items()}
    assert named["anything"] == set()
    assert {"thumbnails", "optimised"} <= named["images"]
    assert {"compact"} <= named["documents"]
