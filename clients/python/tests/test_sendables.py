"""Whatever is handed over becomes a source, or a clear error; and a media type that the server does not dispute."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from portway import media_types
from portway_client.errors import Unreadable
from portway_client.files import BytesSource, FileSource
from portway_client.sendables import Sendable, media_type, source_of
from portway_client.streams import StreamSource


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
    """`portway upload <(mysqldump …)` works: it is read to its end, and closed."""
    os.mkfifo(tmp_path / "dump.sql")

    def write() -> None:
        (tmp_path / "dump.sql").write_bytes(b"insert")

    writer = threading.Thread(target=write)
    writer.start()
    source = source_of(tmp_path / "dump.sql")
    writer.join()
    assert isinstance(source, StreamSource)
    assert (source.name, source.size, read(source)) == ("dump.sql", None, b"insert")
    source.close()


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
