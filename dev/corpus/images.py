"""Pictures as cameras, programs and attackers make them. Pillow makes the good ones; it goes into no layer of ours."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pillow_heif
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from dev.corpus.hostile_images import HOSTILE
from dev.corpus.samples import Sample

SIZE = (96, 64)
XMP = (
    b"<?xpacket begin='\xef\xbb\xbf' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>"
    b"<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about='' "
    b"xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:CreatorTool='A darkroom' xmp:Rating='4'/></rdf:RDF></x:xmpmeta>"
    + b"\n" * 2000
    + b"<?xpacket end='w'?>"
)
KINDS = {
    "JPEG": ("image/jpeg", "jpg"),
    "PNG": ("image/png", "png"),
    "GIF": ("image/gif", "gif"),
    "WEBP": ("image/webp", "webp"),
    "TIFF": ("image/tiff", "tif"),
    "BMP": ("image/bmp", "bmp"),
    "AVIF": ("image/avif", "avif"),
    "HEIC": ("image/heic", "heic"),
}


def picture(mode: str = "RGB", seed: int = 1, size: tuple[int, int] = SIZE) -> Image.Image:
    """Something with edges, slopes and noise, in any of Pillow's modes."""
    noise = Image.frombytes("RGB", size, random.Random(seed).randbytes(3 * size[0] * size[1]))
    slope = Image.linear_gradient("L").resize(size).convert("RGB")
    mixed = Image.blend(slope, noise, 0.2)
    mixed.paste((200, 30, 30), (8, 8, 40, 30))
    return mixed.convert("I").convert("I;16") if mode == "I;16" else mixed.convert(mode)


def made(kind: str, mode: str = "RGB", frames: int = 1, **options: Any) -> bytes:
    """A file of this kind, as Pillow writes it."""
    target, more = io.BytesIO(), [picture(mode, seed) for seed in range(2, frames + 1)]
    animated: dict[str, Any] = {"save_all": True, "append_images": more} if more else {}
    pillow_heif.register_heif_opener()  # Pillow's own AVIF stays as it is
    picture(mode).save(target, "HEIF" if kind == "HEIC" else kind, **animated, **options)
    return target.getvalue()


def exif(**tags: Any) -> Image.Exif:
    """EXIF of a camera that does not know where it is."""
    found = Image.Exif()
    found[0x010F], found[0x0110], found[0x0132] = "Example", "Model 1", "2026:01:01 12:00:00"
    found[0x0112] = tags.get("orientation", 1)
    found.get_ifd(0x8769).update({0x829A: (1, 200), 0x9003: "2026:01:01 12:00:00", 0x927C: b"\1\2\3" * 700})
    return found


def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def texts() -> PngInfo:
    found = PngInfo()
    found.add_text("Title", "A wall")
    found.add_text("Description", "What is to be seen. " * 20, zip=True)
    found.add_itxt("Comment", "Größe und Farbe", "de", "Kommentar")
    found.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return found


def tags() -> ImageFileDirectory_v2:
    found = ImageFileDirectory_v2()
    found[270], found[315], found[305], found[700] = "A wall", "Somebody", "A darkroom", XMP
    return found


GOOD: dict[str, Callable[[], bytes]] = {
    "JPEG": partial(made, "JPEG"),
    "JPEG grey": partial(made, "JPEG", "L"),
    "JPEG CMYK": partial(made, "JPEG", "CMYK"),
    "JPEG progressive": partial(made, "JPEG", progressive=True, quality=95),
    "JPEG with restarts": lambda: made("JPEG", restart_marker_blocks=1),
    "JPEG of a camera": lambda: made("JPEG", exif=exif(orientation=6), quality=98, subsampling=0),
    "JPEG with everything": lambda: made(
        "JPEG", exif=exif(), icc_profile=profile(), comment=b"A wall", xmp=XMP, dpi=(300, 300), optimize=True
    ),
    "PNG": partial(made, "PNG"),
    "PNG grey": partial(made, "PNG", "L"),
    "PNG one bit": partial(made, "PNG", "1"),
    "PNG palette": partial(made, "PNG", "P"),
    "PNG 16 bit": partial(made, "PNG", "I;16"),
    "PNG transparent": partial(made, "PNG", "RGBA", compress_level=9),
    "PNG animated": partial(made, "PNG", frames=3, duration=100),
    "PNG with everything": lambda: made("PNG", exif=exif(orientation=3), icc_profile=profile(), pnginfo=texts()),
    "GIF": partial(made, "GIF", "P"),
    "GIF interlaced": partial(made, "GIF", "L", interlace=1),
    "GIF with a comment": lambda: made("GIF", "P", comment=b"A wall"),
    "GIF animated": partial(made, "GIF", frames=5, duration=80, loop=0),
    "WebP": partial(made, "WEBP"),
    "WebP lossless": partial(made, "WEBP", "RGBA", lossless=True),
    "WebP transparent": partial(made, "WEBP", "RGBA"),
    "WebP animated": partial(made, "WEBP", frames=3, duration=100),
    "WebP with everything": lambda: made("WEBP", exif=exif(orientation=8), icc_profile=profile(), xmp=XMP),
    "TIFF": partial(made, "TIFF"),
    "TIFF one bit": partial(made, "TIFF", "1", compression="group4"),
    "TIFF CMYK": partial(made, "TIFF", "CMYK", compression="tiff_lzw"),
    "TIFF 16 bit": partial(made, "TIFF", "I;16", compression="tiff_adobe_deflate"),
    "TIFF float": partial(made, "TIFF", "F"),
    "TIFF JPEG": partial(made, "TIFF", compression="jpeg"),
    "TIFF pages": partial(made, "TIFF", frames=4, compression="packbits"),
    "TIFF big": partial(made, "TIFF", big_tiff=True),
    "TIFF with texts": lambda: made("TIFF", tiffinfo=tags(), icc_profile=profile()),
    "AVIF": partial(made, "AVIF"),
    "AVIF transparent": partial(made, "AVIF", "RGBA"),
    "AVIF animated": partial(made, "AVIF", frames=3),
    "AVIF with everything": lambda: made("AVIF", exif=exif(orientation=6), icc_profile=profile(), xmp=XMP),
    "HEIC": partial(made, "HEIC"),
    "HEIC transparent": partial(made, "HEIC", "RGBA"),
    "HEIC with everything": lambda: made("HEIC", exif=exif(orientation=6).tobytes(), xmp=XMP, icc_profile=profile()),
    "HEIC of two pictures": partial(made, "HEIC", frames=2),
    "BMP": partial(made, "BMP"),
    "BMP grey": partial(made, "BMP", "L"),
    "BMP one bit": partial(made, "BMP", "1"),
    "BMP transparent": partial(made, "BMP", "RGBA"),
}
SAMPLES = (
    *(Sample(name, *KINDS[name.split()[0].upper()], make) for name, make in GOOD.items()),
    *(Sample(name, *KINDS[name.split()[0].upper()], make, frozenset(codes)) for name, (make, codes) in HOSTILE.items()),
)
