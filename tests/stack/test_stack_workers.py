"""Functions run in processes of their own, as on Lambda: one invocation at a time each, replaced when they break."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dev.front.compute import PAYLOAD_BYTES, FunctionFailed, PayloadTooLarge
from dev.front.workers import Workers
from dev.provision.plan import Function

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:stub"


def function(handler: str = "tests.stack.stub_functions:handler", seconds: int = 20) -> Function:
    return Function(
        name="stub",
        handler=handler,
        environment={"PORTWAY_TABLE": "t"},
        arn=ARN,
        timeout_seconds=seconds,
        memory=512,
        concurrency=2,
    )


@asynccontextmanager
async def workers(logs: Path, seconds: int = 20) -> AsyncIterator[Workers]:
    async with Workers({"Stub": function(seconds=seconds)}, logs, str(logs / "ahead")) as running:
        yield running


async def test_a_function_sees_its_own_environment_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The template's variables and Lambda's, none of the developer's; a context with name, ARN and time left."""
    monkeypatch.setenv("OF_THE_DEVELOPER", "secret")
    async with workers(tmp_path) as compute:
        told = await compute.invoke("Stub", {"do": "tell"})
    assert told["environment"]["PORTWAY_TABLE"] == "t"
    assert told["environment"]["AWS_LAMBDA_FUNCTION_NAME"] == told["name"] == "stub"
    assert not {"OF_THE_DEVELOPER", "HOME", "AWS_PROFILE"} & told["environment"].keys()
    assert told["arn"] == ARN
    assert 0 < told["milliseconds"] <= 20_000
    assert told["pid"] != os.getpid()


async def test_a_worker_is_used_again(tmp_path: Path) -> None:
    """What a handler builds at its import is built once: the second invocation finds the same process."""
    async with workers(tmp_path) as compute:
        first, second = [await compute.invoke("Stub", {"do": "tell"}) for _ in range(2)]
    assert first["pid"] == second["pid"]
    assert first["request"] != second["request"]


async def test_two_invocations_run_at_the_same_time(tmp_path: Path) -> None:
    """They can wait for each other, so each has a process of its own."""
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    os.mkfifo(one)
    os.mkfifo(two)
    async with workers(tmp_path) as compute:
        pids = await asyncio.gather(
            compute.invoke("Stub", {"do": "speak, then listen", "pipes": [one, two]}),
            compute.invoke("Stub", {"do": "listen, then speak", "pipes": [one, two]}),
        )
    assert len(set(pids)) == 2


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("fail", "KeyError: 'something'"),
        ("give up", "SystemExit: 4"),
        ("exit", "exited"),
        ("no json", "MarshalError"),
        ("too much", "ResponseSizeTooLarge"),
    ],
)
async def test_an_invocation_that_fails_harms_no_other(tmp_path: Path, act: str, words: str) -> None:
    """An exception, an exit or an answer that cannot be sent fails this invocation; the next one works."""
    async with workers(tmp_path) as compute:
        with pytest.raises(FunctionFailed, match=words):
            await compute.invoke("Stub", {"do": act})
        assert (await compute.invoke("Stub", {"do": "tell"}))["name"] == "stub"


async def test_a_timeout_kills_and_replaces(tmp_path: Path) -> None:
    """A function that takes longer than the template allows is ended, and its worker with it."""
    async with workers(tmp_path, seconds=1) as compute:
        before = (await compute.invoke("Stub", {"do": "tell"}))["pid"]
        with pytest.raises(FunctionFailed, match="timed out"):
            await compute.invoke("Stub", {"do": "hang"})
        assert (await compute.invoke("Stub", {"do": "tell"}))["pid"] != before


async def test_an_event_over_the_limit_never_arrives(tmp_path: Path) -> None:
    """Lambda takes 6 MB; what is larger is refused before any worker sees it."""
    async with workers(tmp_path) as compute:
        with pytest.raises(PayloadTooLarge):
            await compute.invoke("Stub", {"do": "tell", "padding": "x" * PAYLOAD_BYTES})


async def test_a_handler_that_cannot_be_imported_is_noticed_at_the_start(tmp_path: Path) -> None:
    """The start fails, says which function, and the log has the reason."""
    with pytest.raises(FunctionFailed, match="stub did not start"):
        async with Workers({"Stub": function("tests.stack.nowhere:handler")}, tmp_path, str(tmp_path / "ahead")):
            pass
    assert "No module named 'tests.stack.nowhere'" in (tmp_path / "Stub.log").read_text("utf-8")
