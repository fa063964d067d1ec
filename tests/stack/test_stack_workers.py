"""Functions run in processes of their own, as on Lambda: one invocation at a time each, replaced when they break."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from dev import host
from dev.artefacts import Artefact, artefacts
from dev.front.built import from_artefacts
from dev.front.compute import PAYLOAD_BYTES, FunctionFailed, PayloadTooLarge
from dev.front.sources import from_sources
from dev.front.workers import Start, Workers
from dev.provision.plan import Function

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:stub"
STUBS = Path(__file__).with_name("stub_functions.py")
Running = Callable[..., AbstractAsyncContextManager[Workers]]


def function(module: str, seconds: int) -> Function:
    return Function(
        name="stub",
        handler=f"tests.stack.{module}:handler",
        environment={"PORTWAY_TABLE": "t"},
        arn=ARN,
        timeout_seconds=seconds,
        memory=512,
        concurrency=2,
    )


def built(folder: Path, module: str) -> dict[str, Artefact]:
    """The stubs as an artefact, with the layers of one that `make host` built."""
    shutil.copy(STUBS, folder)
    return {"Stub": replace(artefacts()["ApiFunction"], task=folder, handler=f"{module}.handler")}


@pytest.fixture(params=["inprocess", "lambda"])
def workers(request: pytest.FixtureRequest, tmp_path: Path) -> Running:
    """Workers of the stub, of both kinds: out of the sources, and under awslambdaric."""
    ahead, task = str(tmp_path / "ahead"), tmp_path / "task"
    if request.param == "lambda":
        task.mkdir()
        host.built()

    def start(module: str) -> Start:
        return from_sources(ahead) if request.param == "inprocess" else from_artefacts(built(task, module), ahead)

    @asynccontextmanager
    async def running(module: str = "stub_functions", seconds: int = 20) -> AsyncIterator[Workers]:
        async with Workers({"Stub": function(module, seconds)}, tmp_path, start(module)) as compute:
            yield compute

    return running


async def test_a_function_sees_its_own_environment_only(workers: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """The template's variables and Lambda's, none of the developer's; a context with name, ARN and time left."""
    monkeypatch.setenv("OF_THE_DEVELOPER", "secret")
    async with workers() as compute:
        told = await compute.invoke("Stub", {"do": "tell"})
    assert told["environment"]["PORTWAY_TABLE"] == "t"
    assert told["environment"]["AWS_LAMBDA_FUNCTION_NAME"] == told["name"] == "stub"
    assert not {"OF_THE_DEVELOPER", "HOME", "AWS_PROFILE"} & told["environment"].keys()
    assert told["arn"] == ARN
    assert 0 < told["milliseconds"] <= 20_000
    assert told["pid"] != os.getpid()


async def test_a_worker_is_used_again(workers: Running) -> None:
    """What a handler builds at its import is built once: the second invocation finds the same process."""
    async with workers() as compute:
        first, second = [await compute.invoke("Stub", {"do": "tell"}) for _ in range(2)]
    assert first["pid"] == second["pid"]
    assert first["request"] != second["request"]


async def test_two_invocations_run_at_the_same_time(workers: Running, tmp_path: Path) -> None:
    """They can wait for each other, so each has a process of its own."""
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    os.mkfifo(one)
    os.mkfifo(two)
    async with workers() as compute:
        pids = await asyncio.gather(
            compute.invoke("Stub", {"do": "speak, then listen", "pipes": [one, two]}),
            compute.invoke("Stub", {"do": "listen, then speak", "pipes": [one, two]}),
        )
    assert len(set(pids)) == 2


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("fail", "KeyError: 'something'"),
        ("give up", "SystemExit: 4|exit code 4"),
        ("exit", "exited"),
        ("no json", "MarshalError"),
        ("too much", "ResponseSizeTooLarge"),
    ],
)
async def test_an_invocation_that_fails_harms_no_other(workers: Running, act: str, words: str) -> None:
    """An exception, an exit or an answer that cannot be sent fails this invocation; the next one works."""
    async with workers() as compute:
        with pytest.raises(FunctionFailed, match=words):
            await compute.invoke("Stub", {"do": act})
        assert (await compute.invoke("Stub", {"do": "tell"}))["name"] == "stub"


async def test_a_timeout_kills_and_replaces(workers: Running) -> None:
    """A function that takes longer than the template allows is ended, and its worker with it."""
    async with workers(seconds=1) as compute:
        before = (await compute.invoke("Stub", {"do": "tell"}))["pid"]
        with pytest.raises(FunctionFailed, match="timed out"):
            await compute.invoke("Stub", {"do": "hang"})
        assert (await compute.invoke("Stub", {"do": "tell"}))["pid"] != before


async def test_an_event_over_the_limit_never_arrives(workers: Running) -> None:
    """Lambda takes 6 MB; what is larger is refused before any worker sees it."""
    async with workers() as compute:
        with pytest.raises(PayloadTooLarge):
            await compute.invoke("Stub", {"do": "tell", "padding": "x" * PAYLOAD_BYTES})


async def test_hours_that_pass_are_seen_and_take_no_time_from_an_invocation(workers: Running, tmp_path: Path) -> None:
    """The function's clock is the stack's; what it has left until its time-out is counted by the machine's."""
    (tmp_path / "ahead").write_text("7200")
    async with workers() as compute:
        told = await compute.invoke("Stub", {"do": "tell"})
    assert told["now"] - time.time() > 7000
    assert 0 < told["milliseconds"] <= 20_000


async def test_what_a_schedule_repeats_is_logged_once(workers: Running, tmp_path: Path) -> None:
    """A sweep every second that finds nothing fills no log; what anybody else asks for is all there."""
    async with workers() as compute:
        for source in ("aws.scheduler", "aws.scheduler", "someone", "someone"):
            await compute.invoke("Stub", {"do": "say", "source": source})
    assert (tmp_path / "Stub.log").read_text("utf-8").count("nothing to do") == 3


async def test_a_handler_that_cannot_be_imported_is_noticed_at_the_start(workers: Running) -> None:
    """The start fails, says which function, and why."""
    with pytest.raises(FunctionFailed, match=r"(?s)stub did not start.*No module named .*nowhere"):
        async with workers("nowhere"):
            pass


async def test_without_namespaces_a_built_function_runs_as_well(tmp_path: Path) -> None:
    """It finds its code and its layers by PYTHONPATH, read from where they were built."""
    host.built()
    (tmp_path / "task").mkdir()
    (stub,) = built(tmp_path / "task", "stub_functions").values()
    start = from_artefacts({"Stub": replace(stub, mounted=False)}, str(tmp_path / "ahead"))
    async with Workers({"Stub": function("stub_functions", 20)}, tmp_path, start) as compute:
        told = await compute.invoke("Stub", {"do": "tell"})
    assert told["environment"]["LAMBDA_TASK_ROOT"] == str(tmp_path / "task")


async def test_a_process_that_died_between_two_invocations_harms_neither(workers: Running) -> None:
    """Whoever runs out of memory here is replaced before the next event comes."""
    async with workers() as compute:
        first = (await compute.invoke("Stub", {"do": "tell"}))["pid"]
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(20):
            while compute._idle["Stub"][0].runs:
                await asyncio.sleep(0.01)
        assert (await compute.invoke("Stub", {"do": "tell"}))["pid"] != first
