"""The built functions on this machine: which interpreter they are built for, where they find what, how they start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dev import artefacts, host, packages
from dev.artefacts import Artefact, NotBuilt, namespaces

MINOR = "{}.{}".format(*sys.version_info)


def artefact(folder: Path, *, mounted: bool, policy: Path | None = None) -> Artefact:
    """One function with one layer; its interpreter is this one."""
    for name in ("task", "opt/python"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "opt/policy.json").write_text("built")
    return Artefact(
        function="ApiFunction",
        handler="handler.handler",
        memory=1024,
        timeout_seconds=29,
        task=folder / "task",
        layers=(folder / "opt",),
        opt=folder / "opt",
        interpreter=Path(sys.executable),
        ric=folder / "ric/3.13",
        mounted=mounted,
        policy=policy,
    )


def test_a_function_gets_what_lambda_sets_and_what_the_template_says(tmp_path: Path) -> None:
    """Its memory, its handler and its own variables; nothing of the person who started it."""
    told = artefact(tmp_path, mounted=False).environment({"PORTWAY_TABLE": "t"})
    assert (told["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"], told["_HANDLER"]) == ("1024", "handler.handler")
    assert told["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert told["PORTWAY_TABLE"] == "t"
    assert "HOME" not in told


@pytest.mark.parametrize(("mounted", "root", "opt"), [(True, "/var/task", "/opt"), (False, "{0}/task", "{0}/opt")])
def test_the_function_comes_first_and_the_runtime_client_last(
    tmp_path: Path, mounted: bool, root: str, opt: str
) -> None:
    """As on Lambda: its own modules before its layers, and awslambdaric takes the place of neither."""
    task, layers = root.format(tmp_path), opt.format(tmp_path)
    told = artefact(tmp_path, mounted=mounted).environment({"PORTWAY_POLICY_FILE": "/opt/policy.json"})
    assert told["PYTHONPATH"].split(":") == [task, f"{layers}/python", f"{tmp_path}/ric/3.13"]
    assert told["LAMBDA_TASK_ROOT"] == task
    assert told["PORTWAY_POLICY_FILE"] == f"{layers}/policy.json"


def test_another_policy_takes_the_place_of_the_layers(tmp_path: Path) -> None:
    """The local stack has a policy of its own choice."""
    chosen = artefact(tmp_path, mounted=False, policy=tmp_path / "mine.json")
    told = chosen.environment({"PORTWAY_POLICY_FILE": "/opt/policy.json", "OTHER": "/opt/python"})
    assert (told["PORTWAY_POLICY_FILE"], told["OTHER"]) == (f"{tmp_path}/mine.json", f"{tmp_path}/opt/python")


def test_where_the_kernel_lets_us_a_function_sees_the_paths_of_lambda(tmp_path: Path) -> None:
    """/opt with the policy, /var/task as the working folder, both read-only; elsewhere the command stays as it is."""
    (tmp_path / "mine.json").write_text("chosen")
    mine = artefact(tmp_path, mounted=namespaces(), policy=tmp_path / "mine.json")
    (tmp_path / "task/handler.py").write_text("")
    script = "pwd; cat /opt/policy.json; ls; touch /opt/python/x /var/task/x 2>/dev/null || echo ' read-only'"
    done = subprocess.run(
        mine.inside(["sh", "-c", script]), cwd=mine.task, capture_output=True, text=True, timeout=60, check=True
    )
    seen = "/var/task\nchosenhandler.py\n read-only\n"
    assert done.stdout == (seen if mine.mounted else f"{mine.task}\nhandler.py\n read-only\n")


def test_nothing_is_mounted_over_what_a_function_needs() -> None:
    """A working copy or an interpreter below /var or /opt would be out of sight: such a machine uses PYTHONPATH."""
    assert artefacts._covered([Path("/srv/portway"), Path("/opt/python3/bin/python3.13")])
    assert not artefacts._covered([Path("/srv/portway"), Path("/usr/bin/python3.13")])


def test_without_a_build_it_says_what_to_do(tmp_path: Path) -> None:
    """No traceback about a missing file."""
    with pytest.raises(NotBuilt, match="make host"):
        artefacts.artefacts(tmp_path)


def test_an_interpreter_counts_when_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pyenv's shims exist without an interpreter behind them; then the next older one is taken."""
    shim = tmp_path / f"python{host.MINORS[0]}"
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(host, "MINORS", (host.MINORS[0], MINOR) if host.MINORS[0] != MINOR else (MINOR,))
    found = host.interpreter()
    assert found.samefile(sys._base_executable)  # type: ignore[attr-defined]


def test_without_any_interpreter_it_says_which_would_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The layers' packages are compiled for some versions only."""
    monkeypatch.setattr(host, "MINORS", ("2.9",))
    with pytest.raises(packages.BuildFailed, match=r"none of Python 2\.9 runs here"):
        host.interpreter()


def test_a_build_is_new_when_a_source_says_something_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout that changes times changes nothing; byte code beside the sources does not count either."""
    monkeypatch.setattr(host, "ROOT", tmp_path)
    source = tmp_path / "functions/api/handler.py"
    (source.parent / "__pycache__").mkdir(parents=True)
    source.write_text("one")
    first = host._fingerprint(Path("python3.13"))
    os.utime(source, (1, 1))
    (source.parent / "__pycache__/handler.pyc").write_text("x")
    assert host._fingerprint(Path("python3.13")) == first
    assert host._fingerprint(Path("python3.12")) != first
    source.write_text("two")
    assert host._fingerprint(Path("python3.13")) != first


def test_the_later_of_two_layers_wins(tmp_path: Path) -> None:
    """As at /opt; the artefacts themselves stay as they were built."""
    for name, says in (("one", "1"), ("two", "2")):
        (tmp_path / name / "python").mkdir(parents=True)
        (tmp_path / name / "python/both").write_text(says)
        (tmp_path / name / name).write_text(says)
    host._merge([tmp_path / "one", tmp_path / "two"], tmp_path / "opt")
    assert {path.name for path in (tmp_path / "opt").iterdir()} == {"one", "two", "python"}
    assert (tmp_path / "opt/python/both").read_text() == "2"
    assert (tmp_path / "one/python/both").read_text() == "1"


def test_the_link_leads_to_the_newest_build_and_old_ones_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few stay, for what still runs on them."""
    monkeypatch.setattr(host, "BUILDS", tmp_path / "hosts")
    for count in range(5):
        folder = tmp_path / f"hosts/{count}"
        folder.mkdir(parents=True)
        host._point(tmp_path / "host", folder)
        os.utime(folder, (count, count))
    host._forget_old(tmp_path / "hosts/4")
    assert (tmp_path / "host").resolve() == tmp_path / "hosts/4"
    assert {path.name for path in (tmp_path / "hosts").iterdir()} == {"2", "3", "4"}
