"""Looking after uploads and files: `status`, `ls`, `cancel`, `get`, `retry`, `rm`; and what holds for every command."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from clients.python.tests.cli.desk import Desk
from portway_client import __doc__ as library
from portway_client.cli.download import base_name
from portway_client.cli.exits import MEANINGS, Exit
from portway_client.errors import Finding
from portway_client.testing import CORRUPT, UNAUTHORIZED, FakeFile, FakePortway, answered

COMMANDS = (
    "login",
    "upload",
    "resume",
    "status",
    "ls",
    "get",
    "cancel",
    "retry",
    "rm",
    "doctor",
    "logout",
    "completion",
)
NOBODYS = "00000000000000000000000000"


def sent(desk: Desk, name: str = "film.mov", content: bytes = b"moving pictures") -> str:
    """A published file; its id."""
    desk.file(name, content)
    said = desk.portway("upload", name, "--json")
    assert said.code == Exit.DONE, said.err
    return str(said.objects[0]["id"])


def test_a_status_says_what_an_upload_is_and_how_far(desk: Desk) -> None:
    """Several at once; in lines or as JSON."""
    first, second = sent(desk, "one.txt"), sent(desk, "two.txt")
    said = desk.portway("status", first, second)
    assert said.code == Exit.DONE
    assert said.out.splitlines()[:2] == [f"{first}  completed", "  one.txt, text/plain, anything"]
    assert "15 B of 15 B stored, 100 %" in said.out
    (found,) = desk.portway("status", "--json", first).objects
    assert (found["id"], found["status"], found["bytes_stored"], found["findings"]) == (first, "completed", 15, [])


def test_one_unknown_id_does_not_hide_the_others(desk: Desk) -> None:
    """It is told, with what to do; the rest is shown."""
    known = sent(desk)
    said = desk.portway("status", NOBODYS, known)
    assert said.code == Exit.FAILED
    assert said.out.startswith(known)
    assert f"portway: {NOBODYS}: " in said.err


def test_the_list_has_the_newest_first(desk: Desk) -> None:
    """All of them, those of one status, or so many."""
    ids = [sent(desk, f"{number}.txt") for number in range(3)]
    said = desk.portway("ls")
    assert [line.split()[0] for line in said.out.splitlines()] == ids[::-1]
    assert said.out.splitlines()[0].endswith("  2.txt")
    assert [each["id"] for each in desk.portway("ls", "--json", "-n", "2").objects] == ids[:0:-1]
    assert desk.portway("ls", "--status", "failed").out == ""


def test_a_published_file_comes_back_as_it_was(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under its name, in a folder, under another name, or to stdout."""
    content = bytes(range(256)) * 4000
    file_id = sent(desk, "film.mov", content)
    (desk.home / "film.mov").unlink()
    assert desk.portway("get", file_id).out == f"{file_id}  1.0 MB  film.mov\n"
    assert (desk.home / "film.mov").read_bytes() == content
    folder = desk.home / "there"
    folder.mkdir()
    assert desk.portway("get", file_id, "-o", "there").code == Exit.DONE
    assert desk.portway("get", file_id, "-o", "there/other.mov").code == Exit.DONE
    assert sorted(path.name for path in folder.iterdir()) == ["film.mov", "other.mov"]


def test_a_published_file_can_be_piped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-o -` writes its bytes and nothing else to stdout."""
    content = bytes(range(256)) * 400
    file_id = sent(desk, "film.mov", content)
    piped = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(piped))
    assert desk.portway("get", file_id, "-o", "-").code == Exit.DONE
    assert piped.getvalue() == content


def test_nothing_is_replaced_unasked(desk: Desk) -> None:
    """A file that is there stays; --force replaces it."""
    file_id = sent(desk)
    desk.file("film.mov", b"mine")
    said = desk.portway("get", file_id)
    assert said.code == Exit.FAILED
    assert "--force" in said.err
    assert (desk.home / "film.mov").read_bytes() == b"mine"
    assert desk.portway("get", file_id, "--force").code == Exit.DONE
    assert (desk.home / "film.mov").read_bytes() == b"moving pictures"


def test_several_files_need_a_folder(desk: Desk) -> None:
    """Else one would replace the other."""
    said = desk.portway("get", NOBODYS, NOBODYS, "-o", "one.bin")
    assert said.code == Exit.USAGE
    assert not desk.fake.requests


def test_a_damaged_download_never_appears(desk: Desk) -> None:
    """Its checksum is compared before it gets its name."""
    file_id = sent(desk)
    (desk.home / "film.mov").unlink()
    desk.fake.strike(CORRUPT, place="s3", method="GET", times=100)
    said = desk.portway("get", file_id)
    assert said.code == Exit.FAILED
    assert [path.name for path in desk.home.iterdir()] == []


@pytest.mark.parametrize(
    ("name", "here"),
    [
        ("a.txt", "a.txt"),
        ("../../etc/passwd", "passwd"),
        ("c:\\x\\y.txt", "y.txt"),
        ("..", "file"),
        ("a\x1bb", "a\ufffdb"),
    ],
)
def test_a_name_leads_nowhere_else(name: str, here: str) -> None:
    """What a server says is no path."""
    assert base_name(name) == here


def test_a_file_can_be_deleted_and_an_open_upload_cancelled(desk: Desk) -> None:
    """Each id says that it is done; what cannot be done says why. What is deleted is listed as removed."""
    file_id = sent(desk)
    refused = desk.portway("cancel", file_id)
    assert refused.code == Exit.FAILED
    assert f"portway: {file_id}: " in refused.err
    assert desk.portway("rm", file_id).out == f"{file_id}  deleted\n"
    assert desk.portway("get", file_id).code == Exit.FAILED
    assert f"{file_id}  removed " in desk.portway("ls").out
    assert f"{file_id}  completed, removed 20" in desk.portway("status", file_id).out


def test_what_could_not_be_processed_is_tried_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without sending it again."""
    crashes = [ValueError("a bug of an inspector")]

    def inspector(file: FakeFile) -> list[Finding]:
        if crashes:
            raise crashes.pop()
        return []

    desk = Desk(tmp_path, capsys, FakePortway(inspector=inspector))
    said = desk.portway("upload", str(desk.file("film.mov")))
    assert said.code == Exit.NOT_PUBLISHED
    assert "portway retry" in said.err
    (upload_id,) = desk.fake.uploads
    assert desk.portway("retry", upload_id).out == f"{upload_id}  processing\n"
    assert desk.portway("status", upload_id).out.startswith(f"{upload_id}  completed")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(desk: Desk, command: str) -> None:
    """--help says what it does and what its options are, in lines that fit a terminal."""
    said = desk.portway(command, "--help")
    assert said.code == Exit.DONE
    assert said.out.startswith(f"Usage: portway {command}")
    assert all(len(line) <= 80 for line in said.out.splitlines())


def test_the_help_lists_commands_exit_codes_and_environment(desk: Desk) -> None:
    """In the order of a first day with it."""
    said = desk.portway("--help").out
    listed = [line.split()[0] for line in said.partition("Commands:")[2].splitlines() if line.strip()]
    assert tuple(listed[: len(COMMANDS)]) == COMMANDS
    for code, meaning in MEANINGS.items():
        assert f"{code:<4} {meaning}" in said
    assert "PORTWAY_TOKEN_COMMAND" in said
    assert "portway" in desk.portway("--version").out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete(desk: Desk, shell: str) -> None:
    """What is printed is a program for that shell."""
    said = desk.portway("completion", shell)
    assert said.code == Exit.DONE
    assert "_PORTWAY_COMPLETE" in said.out


def test_options_of_all_may_stand_before_and_after_the_command(desk: Desk) -> None:
    """Another backend than the usual one, for one command."""
    elsewhere = "https://elsewhere.test"
    for arguments in (("--endpoint", elsewhere, "ls"), ("ls", "--endpoint", elsewhere)):
        desk.portway(*arguments)
    assert {seen.place for seen in desk.fake.requests} == {"s3"}, "asked at its own address"


def test_an_endpoint_has_to_be_known(desk: Desk) -> None:
    """The message says how to name one."""
    desk.environ["PORTWAY_ENDPOINT"] = ""
    said = desk.portway("ls")
    assert said.code == Exit.USAGE
    assert "portway login --endpoint URL" in said.err
    desk.environ["PORTWAY_ENDPOINT"] = "uploads.example.com"
    assert "write it like https://" in desk.portway("ls").err


def test_debug_shows_where_and_never_secrets(desk: Desk) -> None:
    """For whoever reports a problem: the traceback may be pasted anywhere."""
    desk.fake.strike(UNAUTHORIZED, times=9)
    quiet, loud = desk.portway("ls"), desk.portway("ls", "--debug")
    assert quiet.code == loud.code == Exit.NOT_AUTHORISED
    assert "Traceback" not in quiet.err
    assert "Traceback" in loud.err
    assert desk.fake.token not in loud.err


def test_a_mistake_of_the_program_is_called_that(desk: Desk) -> None:
    """One line, no traceback."""
    said = desk.portway("ls", state=lambda: 1 / 0)
    assert said.code == Exit.FAILED
    assert "a mistake of this program: ZeroDivisionError" in said.err
    assert "Traceback" not in said.err


def test_the_library_needs_neither_click_nor_rich() -> None:
    """Without them the command says in one line how to get them; importing the library does not import them."""
    assert library
    program = (
        "import sys; sys.modules['click'] = None; import portway_client; from portway_client.cli import main;"
        "assert 'rich' not in sys.modules; sys.exit(main())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == Exit.USAGE
    assert done.stderr == (
        "portway: the command needs click and rich. Install them: pip install 'portway-client[cli]'\n"
    )


def test_whoever_reads_only_the_beginning_sees_no_complaint() -> None:
    """`portway ls | head -1`."""
    program = (
        "import os, sys; from portway_client.cli import app; r, w = os.pipe(); os.close(r); os.dup2(w, 1);"
        "sys.exit(app.run(['--help']))"
    )
    done = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_refusal_by_the_server_is_said_in_its_words(desk: Desk) -> None:
    """With the status decided by the code, not by guessing."""
    desk.fake.strike(answered(403, "forbidden"))
    said = desk.portway("ls")
    assert said.code == Exit.NOT_AUTHORISED
    assert said.err.startswith("portway: ")
