"""Which function of which template each file of events/ is for."""

from __future__ import annotations

FUNCTIONS = {
    "api": "ApiFunction",
    "process": "ProcessFunction",
    "dead_letter": "DeadLetterFunction",
    "derive": "DeriveFunction",
    "sweep": "SweepFunction",
}


def function_of(event: str) -> str:
    """The logical id of the function that events/<event>.json is for; KeyError for nobody's."""
    return FUNCTIONS[next(prefix for prefix in FUNCTIONS if event.startswith(f"{prefix}_"))]
