"""A faulty network that does what its plan says: nothing more, nothing less, and the same again from the same seed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from dev.faulty.plan import UNUSUAL, BadPlan, Kind, Plan
from dev.faulty.proxy import Proxy, running
from dev.faulty.wire import Head, body, read_head

PUT = (
    b"PUT /bucket/key?partNumber=2&X-Amz-Signature=ab HTTP/1.1\r\nHost: signed.example:9\r\nContent-Length: 10\r\n\r\n"
)
BODY = b"0123456789"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"


@dataclass
class Upstream:
    """A server that remembers every byte of the requests that came whole, and how many connections came."""

    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    answer: bytes = ANSWER
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with self.changed:
            self.connections += 1
            self.changed.notify_all()
        try:
            while head := await read_head(reader):
                whole = head.raw + b"".join([piece async for piece in body(reader, head)])
                async with self.changed:
                    self.requests.append(whole)
                    self.changed.notify_all()
                writer.write(self.answer)
                await writer.drain()
        except (OSError, EOFError):
            pass
        finally:
            writer.close()

    async def heard(self, requests: int, connections: int = 0) -> None:
        """Wait until so many came."""
        async with self.changed:
            came = self.changed.wait_for(lambda: len(self.requests) >= requests and self.connections >= connections)
            await asyncio.wait_for(came, 10)


@asynccontextmanager
async def network(
    plan: Plan, answer: bytes = ANSWER, fronts: list[Proxy] | None = None
) -> AsyncIterator[tuple[Upstream, tuple[str, int]]]:
    """An upstream, and the address of the proxy in front of it."""
    upstream = Upstream(answer=answer)
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
    listener = socket.create_server(("127.0.0.1", 0))
    async with running(plan, server.sockets[0].getsockname()[:2], listener, fronts):
        yield upstream, listener.getsockname()[:2]
    server.close()


async def asked(place: tuple[str, int], request: bytes = PUT + BODY) -> bytes:
    """Everything that comes back for one request. ConnectionResetError when the connection was reset."""
    reader, writer = await asyncio.open_connection(*place)
    writer.write(request)
    writer.write_eof()
    try:
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


async def test_without_faults_every_byte_passes() -> None:
    """Host and signature stay as they are, so URLs that were signed for this address are good."""
    async with network(Plan()) as (upstream, place):
        assert await asked(place, PUT + BODY + PUT + BODY) == ANSWER + ANSWER
        assert upstream.requests == [PUT + BODY, PUT + BODY]


@pytest.mark.parametrize(
    ("kind", "arrives"),
    [(Kind.RESET_BEFORE, 0), (Kind.RESET_DURING, 0), (Kind.RESET_AFTER, 1), (Kind.LOST, 1)],
)
async def test_resets(kind: Kind, arrives: int) -> None:
    """The client cannot tell the resets apart, but the work is done or not, as the kind says; the next one passes."""
    async with network(Plan(script=(kind,))) as (upstream, place):
        with pytest.raises(ConnectionResetError):
            await asked(place)
        assert await asked(place) == ANSWER
        await upstream.heard(arrives + 1)
        assert upstream.requests == [PUT + BODY] * (arrives + 1)


async def test_half_of_a_request_reaches_the_upstream() -> None:
    """A reset in the middle is one for the server too: it has seen a head and some of the body."""
    async with network(Plan(script=(Kind.RESET_DURING,))) as (upstream, place):
        with pytest.raises(ConnectionResetError):
            await asked(place)
        await upstream.heard(0, connections=1)
        assert upstream.requests == []


async def test_a_truncated_answer_is_half_of_it() -> None:
    """The work is done; the client sees the first bytes and an orderly end."""
    async with network(Plan(script=(Kind.TRUNCATED,))) as (upstream, place):
        assert await asked(place) == ANSWER[: len(ANSWER) // 2]
        assert upstream.requests == [PUT + BODY]


async def test_a_request_that_comes_twice_is_answered_once() -> None:
    """The upstream does it two times; nobody but the upstream notices."""
    async with network(Plan(script=(Kind.TWICE,))) as (upstream, place):
        assert await asked(place) == ANSWER
        await upstream.heard(2)
        assert upstream.requests == [PUT + BODY] * 2


@pytest.mark.parametrize("kind", [Kind.STALL, Kind.SLOW])
async def test_what_is_slow_arrives_whole(kind: Kind) -> None:
    """A stall and a trickle end, within the limits of the plan."""
    async with network(Plan(script=(kind,), stall_seconds=0.01, slow_seconds=0.01)) as (upstream, place):
        assert await asked(place) == ANSWER
        assert upstream.requests == [PUT + BODY]


async def test_slow_down_is_said_as_the_server_would() -> None:
    """S3's 503 is XML without a Retry-After, a gateway's is JSON with one. The upstream hears of neither."""
    script = (Kind.SLOW_DOWN, Kind.SLOW_DOWN)
    async with network(Plan(script=script, retry_after=3)) as (upstream, place):
        from_s3 = await asked(place)
        from_gateway = await asked(place, b"GET /v1/uploads HTTP/1.1\r\n\r\n")
        assert from_s3.startswith(b"HTTP/1.1 503 ")
        assert b"<Code>SlowDown</Code>" in from_s3
        assert b"retry-after" not in from_s3
        assert b"\r\nretry-after: 3\r\n" in from_gateway
        assert upstream.requests == []


async def test_an_expired_url_is_refused_as_s3_does_it_and_other_requests_pass() -> None:
    """403 with S3's words, which a page may read; with `times` the same request passes the second time."""
    from_a_page = PUT.replace(b"\r\n\r\n", b"\r\nOrigin: http://page\r\n\r\n") + BODY
    async with network(Plan.read("expired=1,times=1")) as (upstream, place):
        refused = await asked(place, from_a_page)
        assert refused.startswith(b"HTTP/1.1 403 ")
        assert b"access-control-allow-origin: http://page\r\n" in refused
        assert b"Request has expired" in refused
        assert await asked(place, from_a_page) == ANSWER
        assert await asked(place, b"GET /v1/uploads HTTP/1.1\r\n\r\n") == ANSWER
        assert upstream.requests[0] == from_a_page


async def test_a_corrupt_part_is_one_bit_off_and_other_requests_are_not() -> None:
    """Only bodies for S3, which have checksums of their own; what is asked of the API arrives as it was sent."""
    asks = b"POST /v1/uploads HTTP/1.1\r\nContent-Length: 10\r\n\r\n" + BODY
    async with network(Plan.read("corrupt=1,times=1")) as (upstream, place):
        assert [await asked(place, request) for request in (PUT + BODY, PUT + BODY, asks)] == [ANSWER] * 3
        assert upstream.requests == [PUT + b"1" + BODY[1:], PUT + BODY, asks]


async def told(place: tuple[str, int], plan: str, where: str = "") -> bytes:
    request = f"PUT /-/network{where} HTTP/1.1\r\nContent-Length: {len(plan)}\r\n\r\n{plan}"
    return await asked(place, request.encode())


async def test_a_network_is_down_until_it_is_told_otherwise() -> None:
    """Connections that were open are reset, new ones too, tools pass; another plan makes all well."""
    tool = b"GET /bucket HTTP/1.1\r\nAuthorization: AWS4-HMAC-SHA256 Credential=...\r\n\r\n"
    async with network(Plan()) as (upstream, place):
        reader, writer = await asyncio.open_connection(*place)
        writer.write(PUT[:20])
        assert (await told(place, "down_after=0")).startswith(b"HTTP/1.1 200 ")
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(), 10)
        writer.close()
        with pytest.raises(ConnectionResetError):
            await asked(place)
        assert await asked(place, tool) == ANSWER
        await told(place, "")
        assert await asked(place) == ANSWER
        assert upstream.requests == [tool, PUT + BODY]


async def test_a_network_goes_down_after_so_many_parts() -> None:
    """They are answered, then nothing is: a test stops an upload where it wants. Other requests do not count. The next
    plan is answered with how many came."""
    async with network(Plan()) as (upstream, place):
        await told(place, "down_after=2")
        for request in (PUT + BODY, b"GET /v1/uploads HTTP/1.1\r\n\r\n", PUT + BODY):
            assert await asked(place, request) == ANSWER
        with pytest.raises(ConnectionResetError):
            await asked(place)
        assert len(upstream.requests) == 3
        assert (await told(place, "")).endswith(b'{"requests": 3, "bodies": 2}')
        assert (await told(place, "")).endswith(b'{"requests": 0, "bodies": 0}')


async def test_all_fronts_of_a_network_are_one_line() -> None:
    """Down after a part at one is down at all of them; a plan for one front leaves the others as they are."""
    other = Upstream()
    server = await asyncio.start_server(other.serve, "127.0.0.1", 0)
    listener = socket.create_server(("127.0.0.1", 0))
    fronts: list[Proxy] = []
    async with (
        running(Plan(), server.sockets[0].getsockname()[:2], listener, fronts),
        network(Plan(), fronts=fronts) as (_, place),
    ):
        beside = listener.getsockname()[:2]
        await told(beside, "down_after=1")
        assert await asked(place) == ANSWER
        for down in (place, beside):
            with pytest.raises(ConnectionResetError):
                await asked(down)
        assert await told(place, "", "/here")
        assert await asked(place) == ANSWER
        with pytest.raises(ConnectionResetError):
            await asked(beside)
    server.close()


async def test_a_plan_without_sense_leaves_the_network_as_it_was() -> None:
    """422 and what is wrong with it."""
    async with network(Plan()) as (_, place):
        assert b"no such fault" in await told(place, "los=1")
        assert await asked(place) == ANSWER


async def test_requests_that_tools_sign_are_left_in_peace() -> None:
    """The functions' own calls pass: the network is the one between clients and Portway."""
    tool = b"GET /bucket HTTP/1.1\r\nAuthorization: AWS4-HMAC-SHA256 Credential=...\r\n\r\n"
    async with network(Plan(chances={Kind.RESET_BEFORE: 1.0})) as (upstream, place):
        assert await asked(place, tool) == ANSWER
        assert upstream.requests == [tool]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndone\r\n0\r\nX-Trailer: 1\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + ANSWER,
    ],
    ids=["chunked", "no body", "after 100"],
)
async def test_answers_end_where_they_end(answer: bytes) -> None:
    """A second request on the same connection is answered, however the first answer was framed."""
    async with network(Plan(), answer) as (_, place):
        final = answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert await asked(place, PUT + BODY + PUT + BODY) == final + final


async def test_a_client_that_waits_for_continue_is_told() -> None:
    """Expect: 100-continue is answered here, so a body comes."""
    request = PUT.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")
    async with network(Plan()) as (_, place):
        reader, writer = await asyncio.open_connection(*place)
        writer.write(request)
        assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)).startswith(b"HTTP/1.1 100 ")
        writer.write(BODY)
        assert await asyncio.wait_for(reader.readexactly(len(ANSWER)), 10) == ANSWER
        writer.close()


async def test_an_upstream_that_is_gone_looks_like_a_reset() -> None:
    """Nobody behind the proxy: the client hears it at once."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        nobody = gone.getsockname()[:2]
    listener = socket.create_server(("127.0.0.1", 0))
    async with running(Plan(), nobody, listener):
        with pytest.raises(ConnectionResetError):
            await asked(listener.getsockname()[:2])


def test_the_same_seed_breaks_the_same_requests() -> None:
    """A draw depends on the seed, the request and how often it came; about as many break as the chances say."""
    plan = Plan.read("seed=7, lost=0.1, twice=0.1")
    drawn = [plan.drawn(f"GET /{number}", 0) for number in range(1000)]
    assert drawn == [plan.drawn(f"GET /{number}", 0) for number in range(1000)]
    assert drawn != [plan.drawn(f"GET /{number}", 1) for number in range(1000)]
    assert drawn != [Plan.read("seed=8,lost=0.1,twice=0.1").drawn(f"GET /{number}", 0) for number in range(1000)]
    assert 60 < drawn.count(Kind.LOST) < 140
    assert 60 < drawn.count(Kind.TWICE) < 140
    assert set(drawn) == {None, Kind.LOST, Kind.TWICE}


def test_a_plan_is_a_line_of_numbers() -> None:
    """`all` is for every kind that has no chance of its own; limits and seed have names, too."""
    plan = Plan.read("seed=3,all=0.01,stall=0.2,slow=0,stall_seconds=0.1,retry_after=2")
    assert (plan.seed, plan.stall_seconds, plan.slow_seconds, plan.retry_after) == (3, 0.1, 0.5, 2)
    assert plan.chances[Kind.STALL] == 0.2
    assert plan.chances[Kind.LOST] == 0.01
    assert Kind.SLOW not in plan.chances
    assert not UNUSUAL & plan.chances.keys()
    assert Plan.read("") == Plan()


@pytest.mark.parametrize(
    "text", ["lost=often", "los=0.1", "all=0.2", "lost=2", "lost=-1", "stall_seconds=61", "lost", "down_after=-1"]
)
def test_a_plan_that_makes_no_sense_is_refused(text: str) -> None:
    """Misspelt names and impossible numbers are named, not passed over."""
    with pytest.raises(BadPlan):
        Plan.read(text)


def test_what_is_asked_for_holds_no_secret() -> None:
    """The names of requests in logs: method, path, part and idempotency key; no query, no signature."""
    assert Head(PUT).asked == "PUT /bucket/key part 2"
    assert Head(b"POST /v1/uploads HTTP/1.1\r\nidempotency-key: k\r\n\r\n").asked == "POST /v1/uploads k"
