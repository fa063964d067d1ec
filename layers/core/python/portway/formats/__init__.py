"""How files of each type are built: one module for each format, a walker in each. Pure, over a Reader.

A walker reads as little as proves that the file is what it says, begins and ends where it should, and carries no second
format. It raises Malformed, notes tricks as marks, and returns what it learnt; any other exception is a bug.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from portway.content import Anatomy, Bounds
from portway.reader import Reader

Walker = Callable[[Reader, Bounds], Anatomy]


def later(home: str, name: str = "walk", **told: str) -> Callable[..., Any]:
    """Function `name` of the module `home` of this package, called with `told` besides. The module is imported when a
    file first needs it: a function that starts needs one of fifty, all of them are a tenth of its start."""

    def called(*given: Any) -> Any:
        return getattr(import_module(f"{__name__}.{home}"), name)(*given, **told)

    return called
