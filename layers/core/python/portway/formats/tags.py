"""Texts in metadata, whatever the format: too long ones, places, and what would run on a page that shows them."""

from __future__ import annotations

import re

from portway.content import Anatomy, Bounds, Trick

SCRIPT = re.compile(r"<\s*(script|iframe|svg|img|object|embed)\b|<\?php|javascript:", re.IGNORECASE)
PLACES = re.compile(rb"GPSLatitude|GPSCoordinates|location\.ISO6709", re.IGNORECASE)
"""Names of places in XMP and in lists of keys (XMP specification part 2, section 3.1; QTFF, "Metadata keys")."""


def note_text(anatomy: Anatomy, bounds: Bounds, where: str, text: str) -> None:
    """Mark a text that is longer than the limits allow, or that a careless page would run."""
    if len(text) > bounds.metadata_text:
        anatomy.mark(Trick.METADATA_OVERSIZED, f"{where}: over {bounds.metadata_text} characters")
    if SCRIPT.search(text):
        anatomy.mark(Trick.SCRIPT, f"markup in {where}")


def enough(bounds: Bounds) -> int:
    """So many bytes of a text tell whether it is too long, in every encoding of Unicode."""
    return 4 * bounds.metadata_text + 8


def note_place(anatomy: Anatomy, where: str, data: bytes) -> None:
    """Mark metadata that say where something was recorded."""
    if PLACES.search(data):
        anatomy.mark(Trick.LOCATION, where)


def add_duration(anatomy: Anatomy, seconds: float, size: int = 0) -> None:
    """Facts: duration_ms, and the average bit_rate of `size` bytes. Nothing for a duration that nobody believes."""
    if not 0 < seconds < MAX_SECONDS:
        return
    anatomy.facts["duration_ms"] = round(seconds * 1000)
    if size:
        anatomy.facts["bit_rate"] = round(size * 8 / seconds)


MAX_SECONDS = 366 * 86_400
"""A year: what claims to last longer has a broken header."""
