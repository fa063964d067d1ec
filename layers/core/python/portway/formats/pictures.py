"""Pictures: the walker of each of their formats."""

from __future__ import annotations

from collections.abc import Mapping

from portway.formats import Walker, later

WALKERS: Mapping[str, Walker] = {
    "image/avif": later("heif", "walk_avif"),
    "image/bmp": later("bmp"),
    "image/gif": later("gif"),
    "image/heic": later("heif", "walk_heic"),
    "image/heif": later("heif", "walk_heif"),
    "image/jpeg": later("jpeg"),
    "image/png": later("png"),
    "image/tiff": later("tiff"),
    "image/webp": later("webp"),
}
