"""Thumbnails, and smaller copies of large photographs. No metadata come along, and the picture stands upright.

Inspection has bounded the pixels before; Pillow is told the one format that the file may be in.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, ImageOps

from portway.results import Made, NotMade, Source, smaller

FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "image/avif": "AVIF",
    "image/tiff": "TIFF",
    "image/bmp": "BMP",
}
"""What Pillow reads without further libraries; HEIC is not among it."""
TYPES = tuple(FORMATS)
STILL = tuple(kind for kind in FORMATS if kind not in ("image/gif", "image/avif"))
"""What is encoded anew: an animation would lose its frames, and AVIF is as small as it gets."""
SIDES = (1024, 256)
"""Pixels of the longer side of each thumbnail; a picture that is smaller is not made larger."""
THUMBNAIL_QUALITY = 80
QUALITIES = ((5 << 20, 75), (2 << 20, 80), (1 << 20, 85))
"""Bytes above which a picture is encoded anew, and how well."""
Image.MAX_IMAGE_PIXELS = 100_000_000
"""Pillow's own is lower than what the usual policies take. Above it Pillow warns, which is an error here."""


def thumbnails(source: Source) -> list[Made]:
    """thumbnail-1024.webp, thumbnail-256.webp: with transparency, of an animation the first frame."""
    with _opened(source) as picture:
        picture.draft("RGB", (2 * SIDES[0], 2 * SIDES[0]))  # JPEG only: decodes at a fraction of the size
        small = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
        ImageOps.exif_transpose(small, in_place=True)
        return [_thumbnail(source, small, side) for side in SIDES]


def _thumbnail(source: Source, picture: Image.Image, side: int) -> Made:
    """Makes the picture smaller in place: the next is made from it, in a fraction of the time."""
    path = source.folder / f"thumbnail-{side}.webp"
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    picture.save(path, "WEBP", quality=THUMBNAIL_QUALITY)
    return Made(path.name, path, "image/webp", {"width": picture.width, "height": picture.height})


def optimised(source: Source) -> list[Made]:
    """optimised.jpg, for pictures over 1 MiB where a tenth is saved. What was transparent is white."""
    quality = next((quality for least, quality in QUALITIES if source.size > least), None)
    if quality is None:
        return []
    path = source.folder / "optimised.jpg"
    with _opened(source) as picture:
        if getattr(picture, "n_frames", 1) > 1:
            return []
        upright = _on_white(ImageOps.exif_transpose(picture))
        upright.save(path, "JPEG", quality=quality, optimize=True, progressive=True)
        facts = {"width": upright.width, "height": upright.height, "quality": quality}
    return smaller(source, Made(path.name, path, "image/jpeg", facts))


def _on_white(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture.convert("RGBA"))
    return white.convert("RGB")


@contextmanager
def _opened(source: Source) -> Iterator[Image.Image]:
    """The picture, in the one format that it was declared to be in. NotMade where Pillow cannot read it."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(source.path, formats=[FORMATS[source.content_type]]) as picture:
                yield picture
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as no:
            raise NotMade(f"{type(no).__name__}: {no}") from no
