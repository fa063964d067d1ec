"""Exit codes of the command, in one table by the error tree."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from portway_client.cli.oauth import SignInFailed
from portway_client.errors import (
    Forbidden,
    PortwayError,
    RateLimited,
    Rejected,
    Unauthorized,
    Unavailable,
    WaitedTooLong,
)


class Exit(IntEnum):
    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_AUTHORISED = 3
    NOT_PUBLISHED = 4
    UNAVAILABLE = 5
    INTERRUPTED = 130
    """128 + SIGINT, as shells have it."""


MEANINGS = {
    Exit.DONE: "everything was done; files that were sent are published",
    Exit.FAILED: "something failed, or several things for several reasons",
    Exit.USAGE: "the command was not understood, or something is not set up",
    Exit.NOT_AUTHORISED: "no token, or one that is not good for this",
    Exit.NOT_PUBLISHED: "inspected and rejected, or held for review",
    Exit.UNAVAILABLE: "no connection, no good answer, or too busy; try again later",
    Exit.INTERRUPTED: "interrupted; `portway resume` goes on",
}

CODES: tuple[tuple[type[PortwayError], Exit], ...] = (
    (Unauthorized, Exit.NOT_AUTHORISED),
    (Forbidden, Exit.NOT_AUTHORISED),
    (Rejected, Exit.NOT_PUBLISHED),
    (RateLimited, Exit.UNAVAILABLE),
    (Unavailable, Exit.UNAVAILABLE),
    (WaitedTooLong, Exit.UNAVAILABLE),
    (SignInFailed, Exit.NOT_AUTHORISED),
    (PortwayError, Exit.FAILED),
)
"""The first class that fits counts."""


def exit_code(error: PortwayError) -> Exit:
    return next(code for kind, code in CODES if isinstance(error, kind))


def exit_of_all(errors: Iterable[PortwayError]) -> Exit:
    """Of many: the one code of all that failed, FAILED if they differ, DONE if none did."""
    codes = {exit_code(error) for error in errors}
    return (codes.pop() if len(codes) == 1 else Exit.FAILED) if codes else Exit.DONE
