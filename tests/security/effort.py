"""How long random input is tried: `make test` stays within a minute, `make fuzz` sets FUZZ_TIMES and takes longer."""

from __future__ import annotations

import os

TIMES = int(os.environ.get("FUZZ_TIMES", "1"))


def tries(examples: int) -> int:
    """So many examples, or as many times more as was asked for."""
    return examples * TIMES
