"""Whatever is handed over becomes a source, or a clear error; and a media type that the server does not dispute."""

from __future__ import annotations

import os
import threading
from io import FileIO
from pathlib import Path

import pytest

from portway import media_types
from portway_client.errors import Unreadable
from portway_client.files import BytesSource, FileSource
from portway_client.sendables import Sendable, media_type, source_of
from portway_client.sources import Read
from portway_client.streams import FromPath, StreamSource


def read(source: StreamSource) -> bytes:
    source.read(1)
    return b"".join(bytes(piece) for piece in source.part(1).pieces())


def test_paths_are_files(tmp_path: Path) -> None:
    """As text and as a Path."""
    path = tmp_path / "a.txt"
    path.write_text("a")
    for each in (path, str(path)):
        source = source_of(each)
        assert isinstance(source, FileSource)
        source.close()
        assert (source.name, source.size) == ("a.txt", 1)


def test_bytes_files_and_iterators_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names come from where a file object was opened; `<stdin>` and numbers are no names."""
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"clip")
    assert isinstance(source_of(b"abc"), BytesSource)
    with path.open("rb") as named, os.fdopen(os.open(path, os.O_RDONLY), "rb") as numbered:
        named_source, numbered_source = source_of(named), source_of(numbered)
        assert isinstance(named_source, StreamSource)
        assert isinstance(numbered_source, StreamSource)
        assert [named_source.name, numbered_source.name] == ["clip.mp4", "stream"]
        assert [read(named_source), read(numbered_source)] == [b"clip", b"clip"]
    with os.fdopen(os.open(path, os.O_RDONLY), "rb") as stdin:
        monkeypatch.setattr(stdin.raw, "name", "<stdin>")
        assert source_of(stdin).name == "stream"
    for chunks in ([b"x", b"y"], iter([b"x", b"y"]), (each for each in (b"x", b"y"))):
        source = source_of(chunks)
        assert isinstance(source, StreamSource)
        assert read(source) == b"xy"


def test_a_source_of_your_own_is_used_as_it_is() -> None:
    """Nothing is wrapped."""
    source = BytesSource(b"mine")
    assert source_of(source) is source


def test_a_named_pipe_is_a_stream(tmp_path: Path) -> None:
    """It is there at once, before anybody writes into it; who reads it waits, and gets everything to its end."""
    pipe = tmp_path / "dump.sql"
    os.mkfifo(pipe)
    source = source_of(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"insert",))
    writer.start()
    assert isinstance(source, StreamSource)
    assert (source.name, source.size, read(source)) == ("dump.sql", None, b"insert")
    writer.join()
    source.close()


def test_a_pipe_that_was_given_up_is_let_go_when_it_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever writes into it later learns that nobody reads: nothing is taken from it."""
    opened = list[FileIO]()
    (tmp_path / "pipe").write_bytes(b"not wanted any more")
    stream = FromPath(tmp_path / "pipe")
    source = StreamSource(stream, owned=stream)

    def opens(path: str) -> FileIO:
        source.close()
        opened.append(FileIO(path))
        return opened[0]

    monkeypatch.setattr("portway_client.streams.FileIO", opens)
    assert source.read(1) == Read(0, is_last=True)
    assert opened[0].closed


@pytest.mark.parametrize("path", ["/proc/version", "/proc/sys/kernel/ostype"])
def test_a_file_that_says_it_is_empty_is_read(path: str) -> None:
    """Those of /proc have no size until they are read; some give all they have at once or never."""
    source = source_of(path)
    assert isinstance(source, StreamSource)
    assert read(source) == Path(path).read_bytes()
    source.close()


def test_an_empty_file_is_one(tmp_path: Path) -> None:
    """Its size is known, and 0."""
    (tmp_path / "empty").touch()
    source = source_of(tmp_path / "empty")
    assert (type(source), source.size) == (FileSource, 0)
    source.close()


def test_a_pipe_that_may_not_be_read_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not when everything else is under way."""
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    with pytest.raises(Unreadable, match="pipe cannot be opened: Permission denied"):
        source_of(tmp_path / "pipe")


def test_what_cannot_be_sent_is_refused(tmp_path: Path) -> None:
    """Folders, nothing, names that no system has."""
    for thing, words in ((tmp_path, "is a folder"), (tmp_path / "no", "No such file"), ("a\0b", "no path")):
        with pytest.raises(Unreadable, match=words):
            source_of(thing)
    wrong: Sendable = 7  # type: ignore[assignment]
    with pytest.raises(TypeError, match="a int is no path"):
        source_of(wrong)


def test_the_server_never_disputes_a_guess() -> None:
    """Whatever a file is called, the type that we say is the one that the server expects, or none."""
    guesses = {extension: media_type(f"Name{extension.upper()}") for extension in media_types.EXTENSIONS}
    assert {each: guess for each, guess in guesses.items() if media_types.contradiction(guess, each[1:])} == {}


def test_types_are_guessed_by_the_last_extension() -> None:
    """The same on every machine; what nobody knows is called so."""
    guesses = {
        "a.tar.gz": "application/gzip",
        "a": media_types.UNKNOWN,
        ".png": media_types.UNKNOWN,
        "a.JPG": "image/jpeg",
    }
    assert {name: media_type(name) for name in guesses} == guesses
