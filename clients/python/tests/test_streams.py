"""Streams of unknown length: parts in order, kept until they are released, nothing left behind."""

from __future__ import annotations

import errno
import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_client import streams
from portway_client.errors import Unreadable
from portway_client.sources import Read, Source
from portway_client.streams import IN_MEMORY, MOST_IN_MEMORY, FromChunks, FromFile, StreamSource


def bytes_of(source: Source, number: int) -> bytes:
    return b"".join(bytes(piece) for piece in source.part(number).pieces())


def everything(source: StreamSource) -> list[bytes]:
    """All parts, as a sender takes them."""
    parts, number = [], 1
    while True:
        read = source.read(number)
        parts.append(bytes_of(source, number))
        assert len(parts[-1]) == read.length
        source.release(number)
        if read.is_last:
            return parts
        number += 1


class Trickle(io.RawIOBase):
    """A pipe that gives a few bytes at a time, and must not be asked again once it has ended."""

    def __init__(self, content: bytes, step: int) -> None:
        self._rest, self._step, self.ends = content, step, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        assert isinstance(buffer, memoryview)
        piece = self._rest[: min(self._step, len(buffer))]
        self._rest = self._rest[len(piece) :]
        buffer[: len(piece)] = piece
        self.ends += not piece
        return len(piece)


@given(st.lists(st.binary(max_size=20), max_size=12), st.integers(1, 30), st.booleans())
def test_chunks_of_any_size_become_parts_of_one_size(chunks: list[bytes], part_size: int, on_disk: bool) -> None:
    """Empty chunks, none at all, ends on a part's border; in memory and in a file: always the same bytes, always one
    last part, and all others whole."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "IN_MEMORY", 0 if on_disk else IN_MEMORY)
        source = StreamSource(FromChunks(iter(chunks)))
        source.cut(part_size)
        parts = everything(source)
    assert b"".join(parts) == b"".join(chunks)
    assert all(len(part) == part_size for part in parts[:-1])
    assert len(parts) == max(1, -(-len(b"".join(chunks)) // part_size))


@pytest.mark.parametrize("step", [1, 7, 100])
def test_a_pipe_may_give_as_little_as_it_likes(step: int) -> None:
    """Parts are filled however the bytes arrive, and the end is asked for once (a terminal would wait again)."""
    pipe = Trickle(bytes(range(100)), step)
    source = StreamSource(FromFile(io.BufferedReader(pipe) if step == 7 else pipe))  # type: ignore[arg-type]
    source.cut(32)
    assert [len(part) for part in everything(source)] == [32, 32, 32, 4]
    assert pipe.ends == 1


def test_a_file_object_that_only_reads_will_do() -> None:
    """What has nothing but `read`, as many libraries' streams."""

    class Only:
        def __init__(self) -> None:
            self.read = io.BytesIO(b"portway" * 10).read

    source = StreamSource(FromFile(Only()))  # type: ignore[arg-type]
    source.cut(16)
    assert b"".join(everything(source)) == b"portway" * 10


def test_parts_are_kept_until_they_are_released() -> None:
    """A part is sent again as often as needed; afterwards it is gone, and says so."""
    source = StreamSource(FromChunks([b"abcdef"]))
    source.cut(2)
    assert [source.read(3), source.read(1)] == [Read(2, True), Read(2, False)]
    assert [bytes_of(source, number) for number in (1, 2, 3, 1)] == [b"ab", b"cd", b"ef", b"ab"]
    source.release(1)
    source.release(1)
    for gone in (1, 4):
        with pytest.raises(Unreadable, match="not kept"):
            source.part(gone)
    assert bytes_of(source, 2) == b"cd"


@pytest.fixture
def spooled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[IO[bytes]]:
    """The temporary files that were made, in `tmp_path`."""
    files: list[IO[bytes]] = []
    real = tempfile.TemporaryFile

    def counted(**how: Any) -> IO[bytes]:
        files.append(real(**how))
        return files[-1]

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(tempfile, "TemporaryFile", counted)
    return files


def test_memory_is_bounded_over_all_parts(spooled: list[IO[bytes]]) -> None:
    """Few small parts are kept in memory, further ones and large ones in files."""
    block = bytes(IN_MEMORY)
    source = StreamSource(FromChunks(block for _ in range(6)))
    source.cut(IN_MEMORY)
    source.read(5)
    assert len(spooled) == 5 - MOST_IN_MEMORY // IN_MEMORY
    source.release(1)
    source.read(6)
    assert len(spooled) == 1
    source.close()
    large = StreamSource(FromChunks([b"x"]))
    large.cut(IN_MEMORY + 1)
    large.read(1)
    large.close()
    assert len(spooled) == 2


def test_nothing_stays_on_disk(tmp_path: Path, spooled: list[IO[bytes]]) -> None:
    """Spooled parts have no name while they are there; released or closed, their room is given back."""
    source = StreamSource(FromChunks([bytes(IN_MEMORY * 3)]))
    source.cut(IN_MEMORY + 1)
    source.read(2)
    assert list(tmp_path.iterdir()) == []
    source.release(1)
    assert [file.closed for file in spooled] == [True, False]
    source.close()
    source.close()
    assert [file.closed for file in spooled] == [True, True]


def failing(error: Exception) -> Iterator[bytes]:
    yield b"x" * 10
    raise error


def test_a_stream_that_breaks_is_never_taken_for_whole() -> None:
    """Whatever it raises is told, now and at each later try: half a stream is not published."""
    source = StreamSource(FromChunks(failing(RuntimeError("the tape tore"))), "tape")
    source.cut(4)
    source.read(2)
    for _ in range(2):
        with pytest.raises(Unreadable, match="The stream tape broke: the tape tore"):
            source.read(3)
    assert bytes_of(source, 2) == b"xxxx"


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (io.StringIO("text"), "gives str instead of bytes; open it in binary mode"),
        (io.BytesIO(b""), "closed file"),
        (io.FileIO(os.open("/dev/null", os.O_WRONLY), "w"), "not open for reading"),
    ],
    ids=["text", "closed", "write-only"],
)
def test_what_cannot_be_read_is_told(file: io.BytesIO, words: str) -> None:
    """Text, closed files, files that are open for writing."""
    if words == "closed file":
        file.close()
    with pytest.raises(Unreadable, match=words):
        StreamSource(FromFile(file)).read(1)
    file.close()


def test_a_pipe_without_blocking_is_told() -> None:
    """No bytes yet is not the end of a stream."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    with io.FileIO(reading) as pipe, io.FileIO(writing, "w"), pytest.raises(Unreadable, match="non-blocking"):
        StreamSource(FromFile(pipe)).read(1)


def test_a_full_disk_is_told_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do about it."""

    class Full(io.FileIO):
        def write(self, content: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    made: list[Full] = []

    def full(**more: object) -> Full:
        made.append(Full(os.open(os.devnull, os.O_RDWR), "r+"))
        return made[0]

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    source = StreamSource(FromChunks([b"x"]), "tape")
    source.cut(IN_MEMORY + 1)
    with pytest.raises(Unreadable, match=r"cannot be kept in .*: No space left on device.*TMPDIR"):
        source.read(1)
    assert made[0].closed


def test_no_folder_for_spooled_parts_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A TMPDIR that is not there."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    source = StreamSource(FromChunks([b"x"]))
    source.cut(IN_MEMORY + 1)
    with pytest.raises(Unreadable, match="nowhere"):
        source.read(1)


def test_the_caller_closes_what_is_the_callers() -> None:
    """A stream that was handed over open stays open; one that this source opened is closed with it."""
    theirs, ours = io.BytesIO(b"a"), io.BytesIO(b"b")
    StreamSource(FromFile(theirs)).close()
    StreamSource(FromFile(ours), owned=ours).close()
    assert (theirs.closed, ours.closed) == (False, True)
