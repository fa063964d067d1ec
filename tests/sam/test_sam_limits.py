"""What Lambda does to a function: its paths, its variables, its time, its sizes, its end.

The handlers of Portway are well-behaved; a small one beside the same layers sleeps, dies and talks too much.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from dev import host
from dev.artefacts import Artefact, artefacts
from dev.invoke import FUNCTIONS
from dev.world import EVENTS
from tests.sam.emulator import Emulator, emulator
from tests.template.stack import deployed

HANDLER = """
import os, signal, time
calls = 0

def write(path):
    try:
        open(path, "x").close()
    except OSError as error:
        return error.errno
    os.remove(path)

def look():
    import portway, botocore
    return {"folder": os.getcwd(), "layers": [portway.__file__, botocore.__file__], "variables": sorted(os.environ)}

def end():
    os.kill(os.getpid(), signal.SIGKILL)

def handler(event, context):
    global calls
    calls += 1
    plain = {"look": look, "end": end, "pid": os.getpid, "calls": lambda: calls}
    plain["left"] = context.get_remaining_time_in_millis
    asked = {"sleep": time.sleep, "talk": "x".__mul__, "write": write, "exit": os._exit, "fail": int}
    what = event["do"]
    return plain[what]() if what in plain else asked[what](event["with"])
"""
PAYLOAD_BYTES = 6_291_556
"""The longest request and answer of a synchronous invocation (Lambda quotas: 6 MB)."""
LAMBDAS_OWN = {
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_METADATA_API", "AWS_LAMBDA_METADATA_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LANG",
    "PATH", "PYTHONPATH", "TZ", "_HANDLER", "_X_AMZN_TRACE_ID",
}  # fmt: skip
"""What every function has (Lambda developer guide, "Defined runtime environment variables")."""
HERE = {"AWS_LAMBDA_FUNCTION_TIMEOUT", "PYTHONNOUSERSITE", "OLDPWD", "PWD", "SHLVL", "_", "LC_CTYPE"}
"""What the emulator, the shell that mounts and the interpreter add."""
KEYS = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "x") | {"AWS_REGION": "eu-central-1"}


@pytest.fixture(scope="module")
def api() -> Artefact:
    return artefacts(host.built())["ApiFunction"]


@pytest.fixture(scope="module")
def variables() -> dict[str, str]:
    """The environment of ApiFunction: what the template says, a region, and keys."""
    told = deployed().properties("ApiFunction")["Environment"]["Variables"]
    return {**KEYS, **{name: str(value) for name, value in told.items()}}


@pytest.fixture(scope="module")
def odd(api: Artefact, tmp_path_factory: pytest.TempPathFactory) -> Artefact:
    """The peculiar handler with the layers of ApiFunction."""
    task = tmp_path_factory.mktemp("task")
    (task / "odd.py").write_text(HANDLER, "utf-8")
    return replace(api, task=task, handler="odd.handler")


@pytest.fixture(scope="module")
def run(odd: Artefact, variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with emulator(odd, variables, tmp_path_factory.mktemp("logs")) as started:
        yield started


def do(what: str, argument: object = None) -> dict[str, object]:
    return {"do": what, "with": argument}


def test_layers_and_function_are_where_lambda_puts_them(
    run: Emulator, odd: Artefact, record_property: Callable[[str, object], None]
) -> None:
    """/opt and /var/task where this machine gives out namespaces; elsewhere where they were built. It is told which."""
    task, opt = ("/var/task", "/opt") if odd.mounted else (str(odd.task), str(odd.opt))
    record_property("figures", f"the built functions ran in {task} with their layers in {opt}")
    assert_found(run, task, opt)


def test_without_namespaces_the_same_folders_are_found_by_path(
    odd: Artefact, variables: dict[str, str], tmp_path: Path
) -> None:
    """A machine that gives out none tests the same artefacts: no code knows either place."""
    with emulator(replace(odd, mounted=False), variables, tmp_path) as plain:
        assert_found(plain, str(odd.task), str(odd.opt))


def assert_found(started: Emulator, task: str, opt: str) -> None:
    seen = started.invoke(do("look")).value
    assert seen["folder"] == task
    assert seen["layers"] == [f"{opt}/python/{name}/__init__.py" for name in ("portway", "botocore")]


def test_a_function_can_write_to_tmp_and_not_to_its_own_code(run: Emulator, odd: Artefact) -> None:
    """As on Lambda. Without namespaces the folders are ours and stay writable: then only /tmp is asked for."""
    assert run.invoke(do("write", "/tmp/portway-odd-handler")).value is None
    if odd.mounted:
        for path in ("/var/task/more.py", "/opt/more", "/opt/python/portway/more.py"):
            assert run.invoke(do("write", path)).value == errno.EROFS, path


def test_a_function_has_the_variables_of_the_template_and_of_lambda_alone(
    run: Emulator, variables: dict[str, str]
) -> None:
    """Nothing of whoever runs it: what a handler reads must be in the template."""
    seen = set(run.invoke(do("look")).value["variables"])
    assert set(variables) <= seen
    assert seen - set(variables) - LAMBDAS_OWN - HERE == set()


@pytest.mark.parametrize("function", sorted(FUNCTIONS.values()))
def test_a_variable_that_is_missing_is_named_before_the_first_event(
    function: str, variables: dict[str, str], tmp_path: Path
) -> None:
    """The init phase fails, so that a deployment without it takes no request."""
    rest = {name: value for name, value in variables.items() if name != "PORTWAY_TABLE"}
    with emulator(artefacts(host.built())[function], rest, tmp_path) as started:
        answer = started.invoke({})
    error = json.loads(answer.body)
    assert (answer.status, error["errorType"]) == (502, "BadSettings")
    assert error["errorMessage"] == "PORTWAY_TABLE is not set"


def test_an_answer_may_be_six_megabytes_long(run: Emulator) -> None:
    """To the byte, with the quotes of JSON; one more is an error, and the next call is served."""
    assert len(run.invoke(do("talk", PAYLOAD_BYTES - 2)).body) == PAYLOAD_BYTES
    refused = run.invoke(do("talk", PAYLOAD_BYTES - 1))
    assert (refused.status, json.loads(refused.body)["errorType"]) == (502, "Function.ResponseSizeTooLarge")
    assert run.invoke(do("talk", 2)).value == "xx"


def test_a_longer_request_never_reaches_the_handler(run: Emulator) -> None:
    """The emulator cuts it off, Lambda and the gateway refuse it: either way it is no event, and nothing breaks."""
    before = run.invoke(do("calls")).value
    answer = json.loads(run.invoke(do("talk", "x" * (PAYLOAD_BYTES + 1))).body)
    assert answer["errorType"] == "Runtime.UnmarshalError"
    assert run.invoke(do("calls")).value == before + 1


def test_a_function_that_outlives_its_time_is_ended(odd: Artefact, variables: dict[str, str], tmp_path: Path) -> None:
    """The caller hears of it, the process is gone, and the next call gets a new one."""
    with emulator(replace(odd, timeout_seconds=5), variables, tmp_path) as brief:
        first = brief.invoke(do("pid")).value
        assert brief.invoke(do("sleep", 600)).body == b"Task timed out after 5.00 seconds"
        assert brief.invoke(do("pid")).value != first
        assert len(brief.running) == 1


def test_a_function_knows_how_long_it_has(run: Emulator, odd: Artefact) -> None:
    """The template's timeout, less what has gone by."""
    assert 0 < run.invoke(do("left")).value <= odd.timeout_seconds * 1000


@pytest.mark.parametrize(("what", "words"), [("exit", "exit status 3"), ("end", "signal: killed")])
def test_after_the_end_of_its_process_a_function_starts_anew(run: Emulator, what: str, words: str) -> None:
    """An exit and a kill in the middle of a call: this call fails, the next one is served by a new process."""
    before = run.invoke(do("pid")).value
    ended = run.invoke(do(what, 3))
    assert (ended.status, json.loads(ended.body)["errorType"]) == (502, "Runtime.ExitError")
    assert words in ended.body.decode()
    assert run.invoke(do("pid")).value != before


def test_an_exception_is_told_with_the_lines_of_the_source(run: Emulator, odd: Artefact) -> None:
    """Type, message and trace, and the process goes on."""
    before = run.invoke(do("pid")).value
    error = json.loads(run.invoke(do("fail", "no number")).body)
    assert (error["errorType"], "no number" in error["errorMessage"]) == ("ValueError", True)
    assert f'File "{odd.root}/odd.py"' in error["stackTrace"][0]
    assert run.invoke(do("pid")).value == before


def test_a_handler_that_is_not_there_is_named(odd: Artefact, variables: dict[str, str], tmp_path: Path) -> None:
    """A wrong Handler in the template would show like this."""
    with emulator(replace(odd, handler="odd.nobody"), variables, tmp_path) as wrong:
        error = json.loads(wrong.invoke(do("pid")).body)
    assert (error["errorType"], "nobody" in error["errorMessage"]) == ("Runtime.HandlerNotFound", True)


def test_calls_at_the_same_time_wait_for_each_other(run: Emulator) -> None:
    """One execution environment does one thing at a time; the emulator itself would die of two requests."""
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: run.invoke(do("talk", 3)).value, range(32))) == {"xxx"}


def test_the_api_answers_after_its_process_was_killed(api: Artefact, variables: dict[str, str], tmp_path: Path) -> None:
    """Killed between two calls, as for want of memory: at most one call fails, and the answer is the same."""
    event = json.loads((EVENTS / "api_status_without_tenant.json").read_text("utf-8"))
    with emulator(api, variables, tmp_path) as started:
        before = started.invoke(event).value
        started.kill()
        after = [started.invoke(event) for _ in range(2)]
        assert (before["statusCode"], after[-1].value) == (403, before)
