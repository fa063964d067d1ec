"""The Runtime API as a runtime sees it that is not awslambdaric: what each answer says, and what is refused."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from dev.front.compute import PAYLOAD_BYTES, FunctionFailed, WorkerLost
from dev.front.runtime_api import Endpoint

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:stub"
SECONDS = 29


@asynccontextmanager
async def endpoint() -> AsyncIterator[tuple[Endpoint, aiohttp.ClientSession]]:
    """An endpoint, and a client that speaks to its routes."""
    made = Endpoint(ARN, SECONDS)
    address = await made.open()
    try:
        async with aiohttp.ClientSession(f"http://{address}/2018-06-01/runtime/") as runtime:
            yield made, runtime
    finally:
        await made.close()


async def asked(runtime: aiohttp.ClientSession) -> aiohttp.ClientResponse:
    """The next event, read."""
    answer = await runtime.get("invocation/next")
    await answer.read()
    return answer


async def test_who_asks_for_work_has_started_and_waits_until_there_is_some() -> None:
    """The event comes with its id, its deadline, the function's ARN and a trace id."""
    async with endpoint() as (made, runtime):
        waiting = asyncio.create_task(asked(runtime))
        await made.ready
        before = time.time()
        answer = asyncio.create_task(made.invoke(b'{"a": 1}'))
        event = await waiting
        assert (await event.json(), event.status) == ({"a": 1}, 200)
        told = event.headers
        assert told["Lambda-Runtime-Invoked-Function-Arn"] == ARN
        assert told["Lambda-Runtime-Trace-Id"].startswith("Root=1-")
        assert SECONDS - 1 < int(told["Lambda-Runtime-Deadline-Ms"]) / 1000 - before < SECONDS + 20
        said = await runtime.post(f"invocation/{told['Lambda-Runtime-Aws-Request-Id']}/response", json=[2])
        assert (said.status, await answer) == (202, [2])


async def test_an_answer_counts_for_its_own_invocation_only() -> None:
    """An id that is not the present one is refused, and the invocation goes on."""
    async with endpoint() as (made, runtime):
        answer = asyncio.create_task(made.invoke(b"{}"))
        number = (await asked(runtime)).headers["Lambda-Runtime-Aws-Request-Id"]
        for what in ("response", "error"):
            assert (await runtime.post(f"invocation/another/{what}", json=1)).status == 400
        assert (await runtime.post(f"invocation/{number}/response", json=1)).status == 202
        assert (await runtime.post(f"invocation/{number}/response", json=2)).status == 400
        assert await answer == 1


@pytest.mark.parametrize(
    ("what", "body", "status", "words"),
    [
        ("error", b'{"errorType": "KeyError", "errorMessage": "x"}', 202, "KeyError: x"),
        ("error", b"not json", 202, "Runtime.Unknown"),
        ("response", b"not json", 202, "no JSON"),
        ("response", b'"%s"' % (b"x" * PAYLOAD_BYTES), 413, "ResponseSizeTooLarge"),
    ],
    ids=["error", "error that is no JSON", "answer that is no JSON", "answer that is too large"],
)
async def test_whoever_invoked_hears_what_went_wrong(what: str, body: bytes, status: int, words: str) -> None:
    """In words that name the kind of error."""
    async with endpoint() as (made, runtime):
        answer = asyncio.create_task(made.invoke(b"{}"))
        number = (await asked(runtime)).headers["Lambda-Runtime-Aws-Request-Id"]
        said = await runtime.post(f"invocation/{number}/{what}", data=io.BytesIO(body))
        assert said.status == status
        with pytest.raises(FunctionFailed, match=words):
            await answer


async def test_the_largest_answer_that_lambda_takes_arrives() -> None:
    """6 MiB and some more, to the byte."""
    async with endpoint() as (made, runtime):
        answer = asyncio.create_task(made.invoke(b"{}"))
        number = (await asked(runtime)).headers["Lambda-Runtime-Aws-Request-Id"]
        body = b'"%s"' % (b"x" * (PAYLOAD_BYTES - 2))
        assert (await runtime.post(f"invocation/{number}/response", data=io.BytesIO(body))).status == 202
        assert len(await answer) == PAYLOAD_BYTES - 2


async def test_a_start_that_failed_says_why() -> None:
    """Also when the kind of error stands in the header alone."""
    async with endpoint() as (made, runtime):
        kind = {"Lambda-Runtime-Function-Error-Type": "Runtime.HandlerNotFound"}
        said = await runtime.post("init/error", json={"errorMessage": "no handler"}, headers=kind)
        assert said.status == 202
        with pytest.raises(FunctionFailed, match=r"Runtime\.HandlerNotFound: no handler") as told:
            await made.ready
        assert not isinstance(told.value, WorkerLost)
