"""The life of `make dev`: it starts, restarts its front, keeps what it should keep, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.stack.local_stack import (
    MIB,
    LocalStack,
    alive,
    descendants,
    file_of,
    local_stack,
    published_sha256,
    send,
    start,
    transfer,
)

PART = 16 * MIB


def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Whether it holds before so many seconds have passed; asked every few milliseconds."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def test_sigterm_and_ctrl_c_leave_nothing(tmp_path: Path) -> None:
    """Within three seconds every process is gone, and so are dev.json and the temporary folder."""
    for how in (signal.SIGTERM, signal.SIGINT):
        with local_stack(tmp_path) as stack:
            children = descendants(stack.process.pid)
            assert len(children) >= 6  # the S3 endpoint, moto, the front, a worker for each function
            began = time.monotonic()
            assert stack.stop(how) == 0
            assert time.monotonic() - began < 3
            assert alive(children) == set()
            assert not (stack.state / "dev.json").exists()
            assert list(tmp_path.glob("portway-*")) == []


def test_kill_9_leaves_no_process(tmp_path: Path) -> None:
    """Children end with their parent also when it could not tell them."""
    with local_stack(tmp_path) as stack:
        children = descendants(stack.process.pid)
        stack.stop(signal.SIGKILL)
        assert eventually(lambda: not alive(children))


def test_stdout_has_one_line_and_nothing_else(tmp_path: Path) -> None:
    """Scripts may read the line and forget the pipe: logs go elsewhere."""
    with local_stack(tmp_path) as stack:
        assert stack.api().call("GET", "/v1/uploads").status == 200
        stack.process.terminate()
        assert stack.process.stdout is not None
        assert stack.process.stdout.read() == ""


def test_objects_records_and_keys_survive_a_restart(tmp_path: Path) -> None:
    """With PORTWAY_DATA a published file is still there after a clean restart, and an open upload can be finished."""
    data = str(tmp_path / "data")
    half = file_of(tmp_path, PART + 9, "half.bin")
    with local_stack(tmp_path, PORTWAY_DATA=data) as stack:
        published, sent = send(stack.api(), file_of(tmp_path, 1000))
        stack.api().await_end(published)
        opened, found = transfer(stack.api(), half)
        before, keys = _steady(stack.api().ask("GET", f"/v1/uploads/{opened['id']}")), stack.site["secret_key"]
        assert stack.stop() == 0
    with local_stack(tmp_path, PORTWAY_DATA=data) as stack:
        api = stack.api()
        assert "did not end" not in _first_words(stack)
        assert stack.site["secret_key"] == keys
        assert published_sha256(api, published) == sent.sha256
        assert _steady(api.ask("GET", f"/v1/uploads/{opened['id']}")) == before
        api.ask("POST", f"/v1/uploads/{opened['id']}/complete", {"checksum": found.crc})
        assert api.await_end(opened["id"])["status"] == "completed"
        assert published_sha256(api, opened["id"]) == found.sha256


def test_a_crash_costs_a_moment_and_is_told_of(tmp_path: Path) -> None:
    """After kill -9 the files are still there that were published before; the next start says what may be missing."""
    data = tmp_path / "data"
    with local_stack(tmp_path, PORTWAY_DATA=str(data)) as stack:
        published, sent = send(stack.api(), file_of(tmp_path, 1000))
        stack.api().await_end(published)
        assert eventually(lambda: _kept(data, published) == "PUBLISHED", 30)
        children = descendants(stack.process.pid)
        stack.stop(signal.SIGKILL)
        assert eventually(lambda: not alive(children))
    with local_stack(tmp_path, PORTWAY_DATA=str(data)) as stack:
        assert "the last run did not end by itself, and the records are those of 20" in _first_words(stack)
        assert published_sha256(stack.api(), published) == sent.sha256


def _kept(data: Path, upload_id: str) -> str | None:
    """The status of an upload in the records that a next start would read."""
    path = data / "table.json"
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    found = (row for row in rows if (row["pk"]["S"], row["sk"]["S"]) == (f"UPLOAD#{upload_id}", "UPLOAD"))
    return next((str(row["status"]["S"]) for row in found), None)


def _first_words(stack: LocalStack) -> str:
    """What the stack said on stderr until it was ready."""
    said: list[str] = []
    assert stack.process.stderr is not None
    while not said or not said[-1].startswith("ready: "):
        said.append(stack.process.stderr.readline())
        assert said[-1], said
    return "".join(said)


def _steady(view: dict[str, Any]) -> dict[str, Any]:
    """A view of an upload without what changes while one looks."""
    return {name: value for name, value in view.items() if name not in ("server_time", "speed", "seconds_left")}


def test_sighup_restarts_the_front_alone(stack: LocalStack) -> None:
    """Front and functions start anew on the same port; S3 and moto keep running, requests meanwhile just wait."""
    before = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in descendants(stack.process.pid)}
    kept = {pid for pid, line in before.items() if b"dev.s3" in line or b"dev.moto" in line}
    front = {pid for pid in before if pid not in kept}
    assert len(kept) == 2
    stack.process.send_signal(signal.SIGHUP)
    assert eventually(lambda: not alive(front))
    assert stack.api().call("GET", "/v1/uploads").status == 200
    assert alive(kept) == kept


def test_a_dead_child_ends_the_stack_with_a_reason(tmp_path: Path) -> None:
    """A stack that is not whole does not go on: it says who died, and how, and exits with 1."""
    with start(tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        children = descendants(process.pid)
        (moto,) = [pid for pid in children if b"dev.moto" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        os.kill(moto, signal.SIGKILL)
        _, words = process.communicate(timeout=15)
        assert (process.returncode, "moto ended unexpectedly (SIGKILL)" in words) == (1, True)
        assert alive(children) == set()


def _refused(process: subprocess.Popen[str]) -> str:
    """The one line that a stack says when what was chosen cannot be had; nothing is left of it."""
    with process:
        out, words = process.communicate(timeout=30)
    assert (process.returncode, out, words.count("\n")) == (2, "", 1), words
    return words


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    """The message says which port, and which variable chooses another one."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for name in ("PORTWAY_PORT", "PORTWAY_S3_PORT"):
            words = _refused(start(tmp_path, **{name: port}))
            assert f"port {port} cannot be used" in words
            assert f"Set {name}" in words


def test_bad_choices_are_named(tmp_path: Path) -> None:
    """A value that makes no sense is refused before anything starts, with the variable and what to do."""
    assert "PORTWAY_PORT is 'many'" in _refused(start(tmp_path, PORTWAY_PORT="many"))
    assert "PORTWAY_COMPUTE is 'docker', not inprocess or lambda" in _refused(start(tmp_path, PORTWAY_COMPUTE="docker"))
    assert "no such fault or limit: losst" in _refused(start(tmp_path, PORTWAY_FAULTS="losst=0.1"))
    file = file_of(tmp_path, 10)
    for name in ("PORTWAY_DATA", "PORTWAY_STATE"):
        for folder in (file, file / "below", Path("/proc/self")):
            words = _refused(start(tmp_path, **{name: str(folder)}))
            assert words.startswith(f"{name} is '{folder}'")
            assert "Name a folder that you may write to" in words


def test_every_origin_is_refused_as_in_aws(tmp_path: Path) -> None:
    """What the template refuses does not run here either, and the reason is the template's."""
    words = _refused(start(tmp_path, PORTWAY_ORIGINS="*"))
    assert words.startswith("PORTWAY_ORIGINS is '*'")
    assert "Name the origins" in words


def test_keys_and_records_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """A damaged file does not end in a traceback, but with what to do about it."""
    keys, records = tmp_path / "keys.json", tmp_path / "table.json"
    keys.write_text("{")
    assert f"{keys} holds no keys. Remove it" in _refused(start(tmp_path, PORTWAY_DATA=str(tmp_path)))
    keys.unlink()
    records.write_text("{")
    assert f"line 1 of {records} is no record. Remove it" in _refused(start(tmp_path, PORTWAY_DATA=str(tmp_path)))


def test_one_stack_at_a_time_on_one_folder(tmp_path: Path) -> None:
    """A second stack on the same PORTWAY_DATA is refused, the first one runs on."""
    data = str(tmp_path / "data")
    with local_stack(tmp_path, PORTWAY_DATA=data) as stack:
        second = start(tmp_path, PORTWAY_DATA=data, PORTWAY_STATE=str(tmp_path / "other"))
        assert "another stack is using" in _refused(second)
        assert stack.api().call("GET", "/v1/uploads").status == 200
        assert (stack.state / "dev.json").exists()


def test_one_stack_at_a_time_tells_of_itself(tmp_path: Path) -> None:
    """A second stack would overwrite what the first one said, and take it away at its end."""
    with local_stack(tmp_path) as first, start(tmp_path) as second:
        said = second.communicate(timeout=30)[1]
        assert (second.returncode, f"process {first.process.pid}" in said) == (2, True), said
        assert (first.state / "dev.json").exists()


def test_sigterm_during_the_start_leaves_nothing(tmp_path: Path) -> None:
    """Whoever changes their mind early does not have to clean up."""
    with start(tmp_path) as process:
        assert eventually(lambda: len(descendants(process.pid)) >= 2)
        children = descendants(process.pid)
        process.terminate()
        process.communicate(timeout=15)
        assert alive(children) == set()
        assert list(tmp_path.glob("portway-*")) == []
