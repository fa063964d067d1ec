"""What the strict endpoint can be told to answer, as its command line says it."""

from __future__ import annotations

import pytest

from dev.s3.scripted import Line, line_of


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("CompleteMultipartUpload=200:InternalError", Line(200, "InternalError")),
        ("CopyObject=503:SlowDown:done", Line(503, "SlowDown", is_done=True)),
    ],
)
def test_an_answer_is_told_in_one_word(text: str, line: Line) -> None:
    """Operation, status, code, and whether it happens all the same."""
    assert line_of(text) == (text.partition("=")[0], line)


@pytest.mark.parametrize(
    "text", ["", "CopyObject", "CopyObject=", "=200:X", "CopyObject=200", "CopyObject=x:Y", "A=1:B:c"]
)
def test_anything_else_is_refused(text: str) -> None:
    """Before the endpoint starts, not when the call comes."""
    with pytest.raises(ValueError, match="is not like"):
        line_of(text)
