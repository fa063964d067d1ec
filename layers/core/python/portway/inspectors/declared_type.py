"""The declared type and the extension say the same, as far as both are known."""

from __future__ import annotations

from collections.abc import Iterator

from portway.media_types import EXTENSION_MISMATCH, contradiction
from portway.pipeline import View
from portway.verdicts import Finding


def inspect(view: View) -> Iterator[Finding]:
    expected = contradiction(view.declared_type, view.extension)
    if expected:
        words = f"A name that ends in .{view.extension} is {expected}, but {view.declared_type} was declared."
        yield Finding(EXTENSION_MISMATCH, view.on_mismatch, f"{words} Declare the real type.")
