"""Files and bytes as sources: what is read is what the file holds, or an error that says what happened to it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_client.errors import FileChanged, Unreadable
from portway_client.files import PIECE, SMALL, BytesSource, FileSource
from portway_client.sources import Read, Source

Opened = Callable[[Path | str], FileSource]
CONTENT = os.urandom(PIECE * 2 + 77)


def bytes_of(source: Source, number: int) -> bytes:
    """A part as it is sent: each piece is used before the next one is asked for."""
    body = source.part(number)
    content = b"".join(bytes(piece) for piece in body.pieces())
    assert len(content) == body.length == source.read(number).length
    return content


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Opens files that are closed after the test."""
    with ExitStack() as stack:
        yield lambda path: stack.enter_context(closing(FileSource(path)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "film.mov"
    path.write_bytes(CONTENT)
    return path


@given(st.binary(max_size=64), st.integers(1, 70))
def test_parts_are_the_content_and_nothing_else(content: bytes, part_size: int) -> None:
    """Whatever is sent in parts of whatever size: joined they are what was handed over; the last one says so."""
    source = BytesSource(content)
    source.cut(part_size)
    count = max(1, -(-len(content) // part_size))
    assert b"".join(bytes_of(source, number) for number in range(1, count + 1)) == content
    assert [source.read(number).is_last for number in range(1, count + 1)] == [False] * (count - 1) + [True]
    for number in (0, count + 1):
        with pytest.raises(ValueError, match="no part"):
            source.read(number)


@pytest.mark.parametrize("part_size", [PIECE // 2 + 1, PIECE, PIECE * 3])
def test_a_file_is_read_in_any_order_and_again(opened: Opened, path: Path, part_size: int) -> None:
    """Parts larger and smaller than what is read at once, from the last to the first, twice."""
    source = opened(path)
    source.cut(part_size)
    numbers = range(1, -(-len(CONTENT) // part_size) + 1)
    for _ in range(2):
        assert b"".join(reversed([bytes_of(source, number) for number in reversed(numbers)])) == CONTENT
    source.verify()
    source.close()
    source.close()


def test_uncut_a_file_is_one_part(opened: Opened, path: Path) -> None:
    """So that its checksum can be known before the server has said how long parts are."""
    assert bytes_of(opened(path), 1) == CONTENT


def test_an_empty_file_is_one_empty_part(opened: Opened, tmp_path: Path) -> None:
    """Nothing is sent, once."""
    (tmp_path / "empty").touch()
    source = opened(tmp_path / "empty")
    assert (source.size, bytes_of(source, 1), source.read(1)) == (0, b"", Read(0, True))


def test_threads_share_one_file(opened: Opened, path: Path) -> None:
    """Eight at once, each in a part of its own, none gets another's bytes."""
    source = opened(path)
    source.cut(len(CONTENT) // 8 + 1)
    with ThreadPoolExecutor(8) as threads:
        parts = list(threads.map(lambda number: bytes_of(source, number), list(range(1, 9)) * 4))
    assert b"".join(parts) == CONTENT * 4


def test_parts_that_are_read_in_turns_do_not_mix(opened: Opened, path: Path) -> None:
    """One thread may read two parts at a time: their pieces are in different memory."""
    source = opened(path)
    source.cut(PIECE)
    first, second = source.part(1).pieces(), source.part(2).pieces()
    a, b = next(first), next(second)
    assert (bytes(a), bytes(b)) == (CONTENT[:PIECE], CONTENT[PIECE : 2 * PIECE])


def test_where_the_system_cannot_read_at_a_place_threads_take_turns(
    opened: Opened, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows has no preadv: the same bytes come, also to many threads."""
    monkeypatch.delattr(os, "preadv")
    test_threads_share_one_file(opened, path)


def test_a_file_that_became_shorter_is_told(opened: Opened, path: Path) -> None:
    """In the middle of a part: an error that says where it ends, no crash and no zeros."""
    source = opened(path)
    pieces = source.part(1).pieces()
    next(pieces)
    os.truncate(path, PIECE + 5)
    next(pieces)
    with pytest.raises(FileChanged, match=f"film.mov has become shorter: it ends at byte {PIECE + 5}"):
        next(pieces)
    with pytest.raises(FileChanged, match=f"had {len(CONTENT)} bytes .* has {PIECE + 5} now"):
        source.verify()


def test_a_file_that_grew_is_sent_as_it_was_and_then_refused(opened: Opened, path: Path) -> None:
    """Never one byte more than was declared; verify says that it grew."""
    source = opened(path)
    with path.open("ab") as file:
        file.write(b"more")
    assert bytes_of(source, 1) == CONTENT
    with pytest.raises(FileChanged, match=f"has {len(CONTENT) + 4} now"):
        source.verify()


def test_a_file_that_was_written_to_is_refused(opened: Opened, path: Path) -> None:
    """Also when it is as long as before."""
    source = opened(path)
    before = path.stat()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    with pytest.raises(FileChanged, match="was written to"):
        source.verify()


def test_a_file_that_is_replaced_or_deleted_is_still_read(opened: Opened, path: Path, tmp_path: Path) -> None:
    """What was opened is what is sent: editors that save beside and rename disturb nothing."""
    source = opened(path)
    (tmp_path / "other").write_bytes(b"other")
    (tmp_path / "other").replace(path)
    assert bytes_of(source, 1) == CONTENT
    source.verify()


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda _: None], ids=["folder", "pipe", "nothing"])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path, make: object) -> None:
    """Folders, pipes that nobody writes to (without waiting for somebody), files that are not there."""
    assert callable(make)
    make(tmp_path / "thing")
    with pytest.raises(Unreadable, match="thing"):
        FileSource(tmp_path / "thing")


def test_a_closed_file_is_unreadable(opened: Opened, path: Path) -> None:
    """An error of the client, not one of the system."""
    source = opened(path)
    source.close()
    with pytest.raises(Unreadable):
        bytes_of(source, 1)
    with pytest.raises(Unreadable):
        source.verify()


def test_names_of_every_alphabet_stay_as_they_are(opened: Opened, tmp_path: Path) -> None:
    """Composed and decomposed accents, scripts and emoji; only bytes that are no text are replaced."""
    names = ["Übersicht.pdf", "U\u0308bersicht.pdf", "отчёт.docx", "報告.txt", "تقرير", "👩🏽\u200d🔬.heic", " a b "]
    for name in names:
        (tmp_path / name).touch()
        assert opened(tmp_path / name).name == name
    latin = os.fsencode(tmp_path) + b"/caf\xe9.txt"
    os.close(os.open(latin, os.O_CREAT))
    assert opened(os.fsdecode(latin)).name == "caf\ufffd.txt"


def test_a_path_may_lose_its_folder(opened: Opened, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative paths are remembered as whole ones: a change of folder changes nothing."""
    monkeypatch.chdir(path.parent)
    source = opened("film.mov")
    monkeypatch.chdir("/")
    assert source.path == str(path)


def test_only_small_things_are_read_twice(opened: Opened, path: Path, tmp_path: Path) -> None:
    """Bytes and small files give their checksum before they are sent, large files while they are."""
    large = tmp_path / "large"
    large.touch()
    os.truncate(large, SMALL + 1)
    assert opened(path).is_at_hand
    assert BytesSource(b"x").is_at_hand
    assert not opened(large).is_at_hand


def test_bytes_are_not_copied() -> None:
    """A gigabyte in memory stays one gigabyte; other kinds of buffers are taken, too."""
    content = bytearray(CONTENT)
    source = BytesSource(content, "numbers.bin")
    pieces = list(source.part(1).pieces())
    assert all(piece.obj is content for piece in pieces if isinstance(piece, memoryview))
    assert max(len(piece) for piece in pieces) == PIECE
    assert (source.name, source.size, source.fingerprint) == ("numbers.bin", len(CONTENT), None)


def test_memory_is_bounded_by_readers_not_by_parts(opened: Opened, path: Path) -> None:
    """Piece after piece and part after part comes in the same buffers."""
    source = opened(path)
    source.cut(PIECE // 4)
    seen = []
    for number in range(1, 9):
        for piece in source.part(number).pieces():
            seen.append(piece.obj)
    assert all(a is b for a, b in pairwise(seen))
