"""Input that nobody meant: what walkers of every format must survive with no exceptions but those they announce."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator

from portway.content import Anatomy, Bounds, Malformed
from portway.formats import Walker
from portway.reader import Budget, OverBudget
from tests.unit.sources import reader

SMALL = Budget(read_bytes=8 << 20, unpacked_bytes=4 << 20)


def look(walk: Walker, data: bytes) -> Anatomy:
    """What a walker says of these bytes."""
    return walk(reader(data), Bounds())


def tricks(walk: Walker, data: bytes) -> set[str]:
    """The codes of what it found; Malformed is one of them."""
    try:
        return {mark.trick.value for mark in look(walk, data).marks}
    except Malformed:
        return {"malformed"}


def survive(walk: Walker, data: bytes) -> None:
    """Any other exception is a bug."""
    with contextlib.suppress(Malformed, OverBudget):
        walk(reader(data, SMALL), Bounds())


def mutants(data: bytes, count: int, seed: int) -> Iterator[bytes]:
    """Cut off, bits turned, stretches doubled, left out or exchanged, and a few bytes that mean something somewhere."""
    dice = random.Random(seed)
    for _ in range(count):
        mutant = bytearray(data)
        for _ in range(dice.randint(1, 6)):
            at, length = dice.randrange(len(mutant) + 1), dice.randint(0, 40)
            stretch = bytes(mutant[at : at + length])
            mutant[at : at + dice.choice((0, length))] = dice.choice(
                (b"", stretch + stretch, stretch[::-1], dice.randbytes(length), bytes(length), b"\xff" * 4, b"<", b"(")
            )
        yield bytes(mutant[: dice.choice((len(mutant), dice.randrange(len(mutant) + 1)))])
