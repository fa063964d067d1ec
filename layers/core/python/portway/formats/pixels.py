"""The measures of a picture, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass

from portway.content import Anatomy, Bounds, Malformed, Trick


def measure(anatomy: Anatomy, bounds: Bounds, width: int, height: int) -> None:
    """Facts: width, height. A picture without pixels is malformed, one with too many is a bomb."""
    if width < 1 or height < 1:
        raise Malformed(f"{width} x {height} pixels")
    anatomy.facts |= {"width": width, "height": height}
    check(anatomy, bounds, width, height)


def check(anatomy: Anatomy, bounds: Bounds, width: int, height: int) -> None:
    """A bomb where one side or all pixels are more than the bounds allow."""
    if max(width, height) > bounds.side or width * height > bounds.pixels:
        anatomy.mark(Trick.PIXEL_BOMB, f"{width} x {height} pixels")


@dataclass(slots=True)
class Frames:
    """The frames of an animation, each with its own size: a small part of the picture as a rule."""

    count: int = 0
    pixels: int = 0

    def add(self, width: int, height: int) -> None:
        if width < 1 or height < 1:
            raise Malformed(f"frame {self.count} has {width} x {height} pixels")
        self.count += 1
        self.pixels += width * height

    def measure(self, anatomy: Anatomy, bounds: Bounds) -> None:
        """Facts: frames, is_animated, where there is more than one. All of them together may be a bomb."""
        if self.count > 1:
            anatomy.facts |= {"frames": self.count, "is_animated": True}
        if self.pixels > bounds.pixels:
            anatomy.mark(Trick.PIXEL_BOMB, f"{self.count} frames of {self.pixels} pixels together")
