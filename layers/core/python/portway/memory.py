"""The memory of a function has an end of its own, below Lambda's: what would kill the worker is an error that ends one
inspection, and the file has a verdict."""

from __future__ import annotations

import resource
from collections.abc import Mapping

SHARE = 0.85
"""Of the function's memory; the rest is code, and what the interpreter needs to say what happened."""


def bound(environment: Mapping[str, str]) -> None:
    """Let allocations fail (MemoryError) from SHARE of what Lambda gives this function. Elsewhere nothing is bounded.

    Counted is what a process allocates for itself (RLIMIT_DATA, getrlimit(2)), not the files that it maps.
    """
    megabytes = environment.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
    if megabytes:
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (int(int(megabytes) * (1 << 20) * SHARE), most))
