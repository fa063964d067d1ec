"""`portway upload`: files arrive, and the command says of each what became of it."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from clients.python.tests.cli.desk import Desk
from portway_client.cli.exits import Exit
from portway_client.control import Control
from portway_client.errors import Finding
from portway_client.testing import UNREACHABLE, FakePortway, answered
from portway_client.testing.faults import Seen

MIB = 1 << 20


def test_a_file_is_published_and_its_line_names_it(desk: Desk) -> None:
    """Id and path on stdout, one line a file; nothing on stderr when it is no terminal."""
    desk.file("film.mov", b"moving pictures")
    said = desk.portway("upload", "film.mov", "--category", "anything", "--meta", "course=biology-1", "--meta", "a=b=c")
    (upload_id,) = desk.fake.uploads
    assert said.code == Exit.DONE
    assert said.out.split(maxsplit=3)[:3] == ["published", upload_id, "film.mov"]
    assert said.err == ""
    file = desk.fake.files["film.mov"]
    assert file.content == b"moving pictures"
    assert desk.fake.uploads[upload_id].metadata == {"course": "biology-1", "a": "b=c"}


def test_name_and_type_may_be_chosen(desk: Desk) -> None:
    """For a single file."""
    desk.file("data.bin")
    assert desk.portway("upload", "data.bin", "--name", "über.csv", "--type", "text/csv").code == Exit.DONE
    assert next(iter(desk.fake.uploads.values())).asked["content_type"] == "text/csv"
    assert list(desk.fake.files) == ["über.csv"]


def test_a_folder_is_sent_file_by_file(desk: Desk) -> None:
    """Several at once; each has its line, in the order in which they end."""
    for number in range(30):
        desk.file(f"scans/{number % 3}/{number}.txt", b"%d" % number)
    said = desk.portway("upload", "scans", "--files", "4")
    assert said.code == Exit.DONE
    assert len(said.out.splitlines()) == 30
    assert {file.content for file in desk.fake.files.values()} == {b"%d" % number for number in range(30)}


def test_json_has_one_object_for_each_file(desk: Desk) -> None:
    """With the fields that the manual lists; a failed one, too."""
    desk.file("good.txt")
    desk.file("bad.txt")
    desk.fake.strike(answered(403, "quota_exceeded"), method="POST", after=1)
    said = desk.portway("upload", "good.txt", "bad.txt", "--json", "--files", "1")
    good, bad = said.objects
    assert said.code == Exit.FAILED
    assert (good["source"], good["status"], good["error"]) == ("good.txt", "completed", None)
    assert set(good) == {
        "source", "id", "status", "seconds", "name", "size", "content_type", "category", "metadata",
        "checksum_algorithm", "checksum", "published_at", "error",
    }  # fmt: skip
    assert set(bad) == {"source", "id", "status", "seconds", "size", "error"}
    assert (bad["source"], bad["status"]) == ("bad.txt", "failed")
    assert bad["error"]["code"] == "quota_exceeded"
    assert "portway: bad.txt: " in said.err


def test_one_bad_file_does_not_stop_the_others(desk: Desk) -> None:
    """What is wrong and what to do about it is said once, without a traceback."""
    for name in ("a.txt", "b.txt", "c.txt"):
        desk.file(name)
    desk.fake.strike(answered(422, "invalid_request"), method="POST", after=1)
    said = desk.portway("upload", "a.txt", "b.txt", "c.txt", "--files", "1")
    assert said.code == Exit.FAILED
    assert len(said.out.splitlines()) == 2
    assert said.err.startswith("portway: b.txt: ")
    assert "Traceback" not in said.err


def test_a_rejected_file_tells_its_findings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In the inspector's words, with the upload's id; scripts see it by the exit code."""
    finding = Finding("macro", "reject", "It holds a macro.")
    desk = Desk(tmp_path, capsys, FakePortway(inspector=lambda _: [finding]))
    said = desk.portway("upload", str(desk.file("report.docm")))
    (upload_id,) = desk.fake.uploads
    assert said.code == Exit.NOT_PUBLISHED
    assert "  reject: It holds a macro. (macro)" in said.err.splitlines()
    assert f"  upload {upload_id}" in said.err.splitlines()
    assert said.out == ""


def test_nobody_has_to_wait_for_the_inspection(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--no-wait ends once everything is sent; `status --wait` waits later."""
    desk = Desk(tmp_path, capsys, FakePortway(inspect_seconds=3600))
    said = desk.portway("upload", str(desk.file("film.mov")), "--no-wait", "--json")
    assert said.code == Exit.DONE
    assert said.objects[0]["status"] == "processing"
    desk.fake.clock.advance(3601)
    upload_id = said.objects[0]["id"]
    waited = desk.portway("status", "--wait", upload_id)
    assert waited.code == Exit.DONE
    assert waited.out.startswith(f"{upload_id}  completed\n")


def test_standard_input_of_any_length_is_a_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to know its size, only its name."""
    content = bytes(range(256)) * 40_000
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    said = desk.portway("upload", "-", "--name", "scans.tar")
    assert said.code == Exit.DONE, said.err
    assert desk.fake.files["scans.tar"].content == content


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Missing argument"),
        (("nothing.txt",), "there is no such file"),
        (("-",), "--name"),
        (("-", "a.txt", "--name", "x"), "alone"),
        (("a.txt", "b.txt", "--name", "x"), "single file"),
        (("a.txt", "--meta", "course"), "key=value"),
        (("a.txt", "--part-size", "huge"), "64MiB"),
        (("a.txt", "--parallel", "0"), "--parallel"),
    ],
)
def test_a_command_that_is_not_understood_sends_nothing(desk: Desk, arguments: tuple[str, ...], words: str) -> None:
    """And says what to write instead."""
    desk.file("a.txt")
    desk.file("b.txt")
    said = desk.portway("upload", *arguments)
    assert said.code == Exit.USAGE
    assert words in said.err
    assert not desk.fake.requests


def test_without_a_token_the_login_is_named(desk: Desk) -> None:
    """Exit code 3, as for a token that is refused."""
    desk.environ["PORTWAY_TOKEN"] = ""
    said = desk.portway("upload", str(desk.file("a.txt")))
    assert said.code == Exit.NOT_AUTHORISED
    assert "portway login" in said.err
    desk.environ["PORTWAY_TOKEN"] = "refused"
    assert desk.portway("upload", "a.txt").code == Exit.NOT_AUTHORISED


def test_without_a_network_the_wait_may_be_bounded(desk: Desk) -> None:
    """The exit code says that trying again later helps."""
    desk.fake.strike(UNREACHABLE, times=1000)
    said = desk.portway("upload", str(desk.file("a.txt")), "--offline-seconds", "0")
    assert said.code == Exit.UNAVAILABLE
    assert "No connection" in said.err


def test_an_interrupted_upload_is_gone_on_with(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C stops at once and says how; `portway resume` sends only what is missing."""
    content = bytes(range(251)) * 80_000
    desk.file("film.mov", content)
    interrupt(desk, monkeypatch, after_parts=2)
    said = desk.portway("upload", "film.mov", "--parallel", "1", "--part-size", "5MiB")
    assert said.code == Exit.INTERRUPTED
    assert said.err == "portway: interrupted. What was sent of 1 file is kept; go on: portway resume film.mov\n"
    assert "film.mov" not in desk.fake.files
    again = desk.portway("resume")
    assert again.code == Exit.DONE, again.err
    assert desk.fake.files["film.mov"].content == content
    assert set(desk.fake.puts.values()) == {1}
    assert desk.portway("resume").err == "portway: nothing to go on with\n"


def test_an_upload_can_be_gone_on_with_by_its_id(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Alone, where it was begun; with its file on another machine."""
    content = bytes(range(251)) * 80_000
    desk.file("film.mov", content)
    interrupt(desk, monkeypatch, after_parts=1)
    desk.portway("upload", "film.mov", "--parallel", "1", "--part-size", "5MiB")
    (upload_id,) = desk.fake.uploads
    remembered = dict(desk.state.kept)
    desk.state.kept.clear()
    unknown = desk.portway("resume", upload_id)
    assert unknown.code == Exit.FAILED
    assert f"portway resume FILE --id {upload_id}" in unknown.err
    assert desk.portway("resume", "film.mov", "--id", upload_id, "--no-wait").code == Exit.DONE
    assert desk.fake.files["film.mov"].content == content
    desk.state.kept.update(remembered)
    assert desk.portway("resume", upload_id).code == Exit.DONE


def test_what_goes_in_one_piece_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to go on with; files that were not begun are counted."""
    for name in ("a.txt", "b.txt", "c.txt"):
        desk.file(name)
    interrupt(desk, monkeypatch, after_parts=1)
    said = desk.portway("upload", "a.txt", "b.txt", "c.txt", "--files", "1")
    assert said.code == Exit.INTERRUPTED
    assert "1 file given up: to be sent from the beginning. 1 file not begun." in said.err
    assert [upload.status for upload in desk.fake.uploads.values()] == ["completed", "cancelled"]


def interrupt(desk: Desk, monkeypatch: pytest.MonkeyPatch, after_parts: int) -> None:
    """Ctrl-C comes when S3 has so many parts, and before it gets another one."""
    stopped = threading.Event()

    def pressed(seen: Seen) -> None:
        if seen.place == "s3" and sum(desk.fake.puts.values()) == after_parts:
            desk.fake.on_request = lambda _: None
            os.kill(os.getpid(), signal.SIGINT)
            assert stopped.wait(10)

    def stop(control: Control, gives_up: bool) -> None:
        really(control, gives_up)
        stopped.set()

    really = Control.stop
    monkeypatch.setattr(Control, "stop", stop)
    desk.fake.on_request = pressed
