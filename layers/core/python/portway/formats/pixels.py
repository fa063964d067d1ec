"""The measures of a picture, whatever its format."""

from __future__ import annotations

from portway.content import Anatomy, Bounds, Malformed, Trick


def measure(anatomy: Anatomy, bounds: Bounds, width: int, height: int, frames: int = 1) -> None:
    """Facts: width, height. A picture without pixels is malformed, one with too many is a bomb."""
    if width < 1 or height < 1:
        raise Malformed(f"{width} x {height} pixels")
    anatomy.facts |= {"width": width, "height": height}
    if max(width, height) > bounds.side or width * height * frames > bounds.pixels:
        anatomy.mark(Trick.PIXEL_BOMB, f"{width} x {height} pixels, {frames} times")
