"""What is remembered on disk: never half, never in the way of an upload, nobody else's business."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from portway_client.errors import StateUnusable
from portway_client.sources import Fingerprint
from portway_client.state import Remembered
from portway_client.state_files import KEPT_SECONDS, FileState, state_folder

ENDPOINT = "https://uploads.example"
FILM = Remembered(
    endpoint=ENDPOINT,
    path="/films/\udce9t\u00e9 \U0001f3ac.mov",
    fingerprint=Fingerprint(1 << 40, 1_790_000_000_123_456_789),
    key="key-1",
    request={"name": "film", "metadata": {"a": "b"}, "size": 1 << 40},
    upload_id="u1",
    part_size=16 << 20,
    checksum_algorithm="crc64nvme",
    checksums={1: "rosUhgp5mIg=", 10_000: "AAAAAAAAAAA="},
)


@pytest.fixture
def state(tmp_path: Path) -> FileState:
    return FileState(tmp_path / "deep" / "portway")


def test_what_was_saved_is_found_by_another_process(state: FileState) -> None:
    """By endpoint and path, by id, and in the list; whatever bytes the path has."""
    state.save(FILM)
    other = FileState(state.folder)
    assert other.load(ENDPOINT, FILM.path) == FILM
    assert other.find("u1") == FILM
    assert list(other.all()) == [FILM]
    assert other.load("https://elsewhere.example", FILM.path) is None
    assert other.find("u2") is None


def test_each_file_and_endpoint_has_its_own(state: FileState) -> None:
    """The latest first; removing one leaves the others; removing twice is no error."""
    others = [replace(FILM, path=f"/b{number}", upload_id=None, checksums={}) for number in range(3)]
    for age, each in enumerate([FILM, *others]):
        state.save(each)
        os.utime(state._file(ENDPOINT, each.path), (age, age))
    assert list(state.all()) == [*reversed(others), FILM]
    state.remove(ENDPOINT, FILM.path)
    state.remove(ENDPOINT, FILM.path)
    assert state.load(ENDPOINT, FILM.path) is None
    assert state.load(ENDPOINT, "/b1") == others[1]


def test_nobody_else_may_read_it(state: FileState) -> None:
    """Whatever the umask: paths and names are private."""
    before = os.umask(0)
    try:
        state.save(FILM)
    finally:
        os.umask(before)
    assert state.folder.stat().st_mode & 0o777 == 0o700
    assert [file.stat().st_mode & 0o777 for file in state.folder.iterdir()] == [0o600]


@pytest.mark.parametrize("broken", ["open", "fsync", "replace"])
def test_a_full_disk_leaves_the_old_and_nothing_half(
    state: FileState, broken: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The upload goes on; the log says once that it cannot be resumed as it is now."""
    state.save(FILM)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path if broken == "replace" else os, broken, full)
    for number in range(3):
        state.save(replace(FILM, checksums={number: "AAAAAAAAAAA="}))
    monkeypatch.undo()
    assert FileState(state.folder).load(ENDPOINT, FILM.path) == FILM
    assert len(list(state.folder.iterdir())) == 1
    assert caplog.text.count("No space left on device") == 1


def test_a_process_killed_while_saving_leaves_the_old(state: FileState, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what it left half written is removed with the old ones."""
    state.save(FILM)

    def killed(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", killed)
    with pytest.raises(KeyboardInterrupt):
        state.save(replace(FILM, upload_id="u2"))
    monkeypatch.undo()
    assert FileState(state.folder).load(ENDPOINT, FILM.path) == FILM
    leftover = next(state.folder.glob("*.new"))
    os.utime(leftover, (0, 0))
    FileState(state.folder)
    assert [file.suffix for file in state.folder.iterdir()] == [".json"]


def test_uploads_that_the_server_has_ended_are_forgotten(state: FileState) -> None:
    """After eight days, one more than the server keeps any."""
    state.save(FILM)
    saved = state._file(ENDPOINT, FILM.path).stat().st_mtime
    assert list(FileState(state.folder, lambda: saved + KEPT_SECONDS - 1).all()) == [FILM]
    assert list(FileState(state.folder, lambda: saved + KEPT_SECONDS + 1).all()) == []


def document() -> dict[str, object]:
    return {**json.loads(json.dumps({name: getattr(FILM, name) for name in FILM.__slots__ if name != "fingerprint"}))}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"version": 2}',
        b'{"version": 1}',
        json.dumps({"version": 1, **document()}).encode(),
        json.dumps({"version": 1, **document(), "fingerprint": {"size": "x", "modified_ns": 1}}).encode(),
        json.dumps({"version": 1, **document(), "fingerprint": {"size": 1, "modified_ns": 1}, "new": 1}).encode(),
    ],
)
def test_what_cannot_be_understood_is_told_with_its_place(state: FileState, content: bytes) -> None:
    """Half a file, another version's: an error that names the file, and what to do; the others are still found."""
    state.save(FILM)
    state.save(replace(FILM, path="/other"))
    file = state._file(ENDPOINT, FILM.path)
    file.write_bytes(content)
    with pytest.raises(StateUnusable, match=str(file)):
        state.load(ENDPOINT, FILM.path)
    assert [each.path for each in state.all()] == ["/other"]
    state.save(FILM)
    assert state.load(ENDPOINT, FILM.path) == FILM


def test_where_no_folder_can_be_made_uploads_go_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is found, nothing is claimed, and the log says why."""
    (tmp_path / "file").touch()
    state = FileState(tmp_path / "file" / "portway")
    state.save(FILM)
    state.remove(ENDPOINT, FILM.path)
    with state.claim(ENDPOINT, FILM.path):
        assert list(state.all()) == []
    assert "cannot be resumed after a crash" in caplog.text


def test_one_process_at_a_time_sends_a_file(state: FileState) -> None:
    """The second is told which process is at it; others' files are free; a killed process holds nothing."""
    script = (
        "import sys; from pathlib import Path; from portway_client.state_files import FileState\n"
        f"with FileState(Path(sys.argv[1])).claim({ENDPOINT!r}, '/a'):\n"
        "    print(flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(state.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        other.stdout.readline()
        refused = pytest.raises(StateUnusable, match=f"a is being sent by process {other.pid} already")
        with refused, state.claim(ENDPOINT, "/a"):
            pass
        with state.claim(ENDPOINT, "/b"):
            other.kill()
            other.wait()
    for _ in range(2):
        with state.claim(ENDPOINT, "/a"), pytest.raises(StateUnusable), state.claim(ENDPOINT, "/a"):
            pass
    assert [file for file in state.folder.iterdir() if file.suffix != ".lock"] == []


def test_a_claim_ends_with_its_block(state: FileState) -> None:
    """Also when that fails; nothing is left behind."""
    with pytest.raises(KeyError), state.claim(ENDPOINT, "/a"):
        raise KeyError
    assert list(state.folder.iterdir()) == []


def test_a_claim_needs_no_room_on_the_disk(state: FileState, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk stops no upload; the file is claimed all the same."""

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with state.claim(ENDPOINT, "/a"), pytest.raises(StateUnusable), state.claim(ENDPOINT, "/a"):
        pass
    assert list(state.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("environment", "platform", "end"),
    [
        ({"XDG_STATE_HOME": "/x/y"}, "linux", "/x/y/portway"),
        ({"XDG_STATE_HOME": "relative"}, "linux", "/.local/state/portway"),
        ({}, "linux", "/.local/state/portway"),
        ({"XDG_STATE_HOME": "/x"}, "darwin", "/Library/Application Support/portway"),
        ({"LOCALAPPDATA": "/c/users/me"}, "win32", "/c/users/me/portway"),
    ],
)
def test_the_folder_is_where_the_system_keeps_such_things(environment: dict[str, str], platform: str, end: str) -> None:
    """As XDG and the two others have it; a relative XDG_STATE_HOME is none."""
    assert str(state_folder(environment, platform)).endswith(end)


def test_without_a_home_nothing_is_remembered(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A container's user that nobody knows: uploads go on."""

    def homeless(_: object) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", classmethod(homeless))
    monkeypatch.delenv("XDG_STATE_HOME")
    FileState().save(FILM)
    assert "cannot be resumed" in caplog.text
