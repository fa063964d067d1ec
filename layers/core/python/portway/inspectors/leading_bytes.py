"""The first bytes do not contradict the declared type, and no program begins with them, whatever it is called."""

from __future__ import annotations

from collections.abc import Iterator

from portway.content import Mark, Trick
from portway.formats.signatures import contradiction_of, program_of
from portway.media_types import CONTENT_MISMATCH
from portway.pipeline import View
from portway.verdicts import Finding


def inspect(view: View) -> Iterator[Finding]:
    words = contradiction_of(view.head, view.declared_type)
    if words:
        yield Finding(CONTENT_MISMATCH, view.on_mismatch, words)
    program = program_of(view.head)
    if program:
        yield from view.answers([Mark(Trick.EXECUTABLE, program)])
