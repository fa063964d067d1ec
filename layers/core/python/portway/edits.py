"""A file with stretches left out or written anew: what is published where its metadata are left out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kept:
    """`length` bytes of the file from offset `first`, as they are."""

    first: int
    length: int


Piece = Kept | bytes
Edit = tuple[Piece, ...]
"""What a file becomes, from its beginning to its end."""


def joined(pieces: Iterable[Piece]) -> Edit:
    """The same file in as few pieces as can be: stretches that follow each other are one, empty ones are none."""
    found: list[Piece] = []
    for piece in pieces:
        last = found[-1] if found else None
        if not length(piece):
            continue
        if isinstance(last, Kept) and isinstance(piece, Kept) and last.first + last.length == piece.first:
            found[-1] = Kept(last.first, last.length + piece.length)
        elif isinstance(last, bytes) and isinstance(piece, bytes):
            found[-1] = last + piece
        else:
            found.append(piece)
    return tuple(found)


def replaced(size: int, places: Iterable[tuple[int, bytes]]) -> Edit:
    """A file of `size` bytes with these bytes written over what stood at their offsets; the places do not overlap."""
    pieces, at = list[Piece](), 0
    for first, data in sorted(places):
        pieces += [Kept(at, first - at), data]
        at = first + len(data)
    return joined([*pieces, Kept(at, size - at)])


def shares(kept: Iterable[tuple[int, int]], places: Iterable[tuple[int, bytes]]) -> bool:
    """Whether bytes would be written over others of them, or over what is kept between two offsets."""
    end_kept = end_new = 0
    rows = [(first, last, False) for first, last in kept] + [(at, at + len(data), True) for at, data in places]
    for first, last, is_new in sorted(rows):
        if last > first and first < (max(end_kept, end_new) if is_new else end_new):
            return True
        end_kept, end_new = (end_kept, max(end_new, last)) if is_new else (max(end_kept, last), end_new)
    return False


def length(piece: Piece) -> int:
    return piece.length if isinstance(piece, Kept) else len(piece)


def size(edit: Edit) -> int:
    return sum(map(length, edit))


def stretch(edit: Edit, first: int, most: int) -> Iterator[Piece]:
    """The pieces of at most `most` bytes of the edited file, from offset `first` on."""
    for piece in edit:
        whole = length(piece)
        take = min(whole - first, most)
        if first < whole and take > 0:
            yield Kept(piece.first + first, take) if isinstance(piece, Kept) else piece[first : first + take]
            most -= take
        first = max(0, first - whole)
