"""The file is as long as was declared. S3 proved it at complete; this is the seat belt."""

from __future__ import annotations

from collections.abc import Iterator

from portway.pipeline import View
from portway.verdicts import Finding, Severity


def inspect(view: View) -> Iterator[Finding]:
    if view.size != view.declared_size:
        words = f"The file has {view.size} bytes; {view.declared_size} were declared. Send it again."
        yield Finding("size_mismatch", Severity.REJECT, words)
