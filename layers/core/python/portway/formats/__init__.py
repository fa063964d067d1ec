"""How files of each type are built: one module for each format, a walker in each. Pure, over a Reader.

A walker reads as little as proves that the file is what it says, begins and ends where it should, and carries no second
format. It raises Malformed, notes tricks as marks, and returns what it learnt; any other exception is a bug.
"""

from __future__ import annotations

from collections.abc import Callable

from portway.content import Anatomy, Bounds
from portway.reader import Reader

Walker = Callable[[Reader, Bounds], Anatomy]
