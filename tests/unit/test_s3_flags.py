"""What `make s3` says about flags that cannot be had: one line and exit code 2, never a traceback."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from dev.s3.__main__ import check_places, flags


def _said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The line on stderr."""
    parser = flags()
    with pytest.raises(SystemExit) as left:
        check_places(parser, parser.parse_args(arguments))
    said = capsys.readouterr().err
    assert (left.value.code, said.count("\n")) == (2, 1), said
    assert "--help lists the flags" in said
    return said


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--port", "99999"], "--port: '99999' is not a whole number from 0 to 65535"),
        (["--port", "x"], "--port: 'x' is not"),
        (["--min-part", "0"], "--min-part: '0' is not"),
        (["--key", "alone"], "--key: a key is ID:SECRET"),
        (["--key", ":secret"], "--key: a key is ID:SECRET"),
        (["--key", "id:"], "--key: a key is ID:SECRET"),
        (["--events", "localhost:9"], "--events: 'localhost:9' is not a URL"),
        (["--bogus"], "unrecognized arguments: --bogus"),
        (["--data", __file__], "it is not a folder; name a folder that you may write to"),
        (["--data", f"{__file__}/below"], "name a folder that you may write to"),
        (["--ready-file", "/nowhere/at/all"], "--ready-file: /nowhere/at is no folder; make it first"),
    ],
)
def test_bad_flags_are_named(arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever mistypes a flag reads which one, and what it takes."""
    assert named in _said(arguments, capsys)


def test_a_taken_port_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """The port that somebody else has is named, with the way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = _said(["--port", str(taken.getsockname()[1])], capsys)
    assert "Address already in use; --port 0 takes any free one" in said


def test_good_flags_pass(tmp_path: Path) -> None:
    """What the documentation shows is accepted, and a missing folder of objects is made."""
    parser = flags()
    args = parser.parse_args(
        ["--port", "0", "--data", str(tmp_path / "new"), "--key", "id:secret:arn:aws:iam::1:role/r"]
    )
    check_places(parser, args)
    assert (args.port, args.key, (tmp_path / "new").is_dir()) == (0, ["id:secret:arn:aws:iam::1:role/r"], True)
