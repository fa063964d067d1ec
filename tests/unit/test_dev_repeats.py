"""The log of a function that a schedule calls every second holds what is new."""

from __future__ import annotations

import io
import json

from dev.front.repeats import Repeats


def line(second: int, swept: int, **more: object) -> str:
    """What the sweep writes in one run."""
    said = {"level": "INFO", "message": "swept", "timestamp": f"10:00:{second:02}", "function_request_id": str(second)}
    return json.dumps({**said, "swept": swept, "cold_start": second == 0, **more}) + "\n"


def written(*lines: str, scheduled: bool = True) -> str:
    stream = io.StringIO()
    out = Repeats(stream)
    out.scheduled = scheduled
    for text in lines:
        for piece in text[:10], text[10:]:  # print writes in pieces
            out.write(piece)
    out.flush()
    return stream.getvalue()


def test_a_schedule_that_has_nothing_new_to_say_is_silent() -> None:
    """The first quiet sweep is told, the next hundred are not; a sweep that did something is."""
    quiet, busy = [line(second, 0) for second in range(5)], line(5, 3)
    assert written(*quiet, busy, line(6, 0), line(7, 0)) == quiet[0] + busy + line(6, 0)


def test_what_waits_is_new() -> None:
    """Any other field makes another line: a sweep that cannot go on is told."""
    first, other = line(0, 0), line(1, 0, waiting=[{"what": "outbox"}])
    assert written(first, other) == first + other


def test_lines_that_are_no_json_are_lines() -> None:
    """Whatever a handler prints: text, numbers, nothing."""
    assert written("a\n", "a\n", "7\n", "7\n", "\n", "\n", "a\n") == "a\n7\n\na\n"


def test_requests_are_always_told() -> None:
    """Nothing is left out of what a request or a message makes a function say."""
    lines = [line(second, 0) for second in range(3)]
    assert written(*lines, scheduled=False) == "".join(lines)
