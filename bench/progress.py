"""Who waits for a bench is told what it does now."""

from __future__ import annotations

import sys


def doing(what: str) -> None:
    """No figure, so not among them: on stderr."""
    print(f"  … {what}", file=sys.stderr, flush=True)
