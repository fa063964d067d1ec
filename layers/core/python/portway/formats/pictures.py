"""Pictures: the walker of each of their formats."""

from __future__ import annotations

from collections.abc import Mapping

from portway.formats import Walker, bmp, gif, heif, jpeg, png, tiff, webp

WALKERS: Mapping[str, Walker] = {
    "image/avif": heif.walk_avif,
    "image/bmp": bmp.walk,
    "image/gif": gif.walk,
    "image/heic": heif.walk_heic,
    "image/heif": heif.walk_heif,
    "image/jpeg": jpeg.walk,
    "image/png": png.walk,
    "image/tiff": tiff.walk,
    "image/webp": webp.walk,
}
