"""HTTP/1.1 as far as a go-between has to know it: where a head ends, how long a body is, and bytes as they came."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qs

PIECE = 64 * 1024
HEAD_BYTES = 64 * 1024


@dataclass(frozen=True)
class Head:
    """The first lines of a request or an answer, byte by byte as they came."""

    raw: bytes

    @cached_property
    def _lines(self) -> list[str]:
        return self.raw.decode("latin-1").split("\r\n")

    @property
    def first(self) -> list[str]:
        """Method, target, version; or version, status, reason."""
        return self._lines[0].split(" ", 2)

    def header(self, name: str) -> str | None:
        """A header's first value; `name` in lower case."""
        for line in self._lines[1:]:
            found, _, value = line.partition(":")
            if found.strip().lower() == name:
                return value.strip()
        return None

    @property
    def length(self) -> int | None:
        text = self.header("content-length")
        return int(text) if text is not None and text.isdecimal() else None

    @property
    def is_chunked(self) -> bool:
        return "chunked" in (self.header("transfer-encoding") or "").lower()

    @property
    def asked(self) -> str:
        """What a request is about: method, path, part number and idempotency key. No signature is in it."""
        path, _, query = self.first[1].partition("?")
        part = parse_qs(query).get("partNumber", [""])[0]
        return " ".join(filter(None, [self.first[0], path, part and f"part {part}", self.header("idempotency-key")]))

    @property
    def is_a_preflight(self) -> bool:
        """A browser's own question before a request to another origin."""
        return self.first[0] == "OPTIONS"

    @property
    def is_a_body_for_s3(self) -> bool:
        """A part, or a whole file, by a signed URL."""
        return self.first[0] == "PUT" and self.is_for_s3 and not self.is_of_a_tool

    @property
    def is_for_s3(self) -> bool:
        """S3's answers look different from a gateway's."""
        return "X-Amz-Signature=" in self.first[1] or self.is_of_a_tool

    @property
    def is_of_a_tool(self) -> bool:
        """An SDK signed it with keys: a function or an operator's tool, no client with a URL."""
        return (self.header("authorization") or "").startswith("AWS4-HMAC-SHA256")


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """The next head; None when nobody says anything more. Raises IncompleteReadError in the middle of one."""
    try:
        return Head(await reader.readuntil(b"\r\n\r\n"))
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise
        return None


def is_bodyless(head: Head, method: str) -> bool:
    """An answer without a body, whatever its headers say."""
    return method == "HEAD" or head.first[1] in ("204", "304") or head.first[1].startswith("1")


async def body(reader: asyncio.StreamReader, head: Head, *, is_answer_to: str = "") -> AsyncIterator[bytes]:
    """The raw bytes of a body, framing included: a request's, or that of an answer to a method.

    IncompleteReadError when it ends too early.
    """
    if is_answer_to and is_bodyless(head, is_answer_to):
        return
    if head.is_chunked:
        async for piece in _chunks(reader):
            yield piece
    elif head.length is not None:
        async for piece in _exactly(reader, head.length):
            yield piece
    elif is_answer_to:  # it lasts as long as the connection
        while piece := await reader.read(PIECE):
            yield piece


async def _exactly(reader: asyncio.StreamReader, length: int) -> AsyncIterator[bytes]:
    while length:
        piece = await reader.read(min(PIECE, length))
        if not piece:
            raise asyncio.IncompleteReadError(b"", length)
        length -= len(piece)
        yield piece


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    size = -1
    while size:
        line = await reader.readuntil(b"\r\n")
        size = int(line.partition(b";")[0], 16)
        yield line
        async for piece in _exactly(reader, size + 2 if size else 0):
            yield piece
    while (line := await reader.readuntil(b"\r\n")) != b"\r\n":
        yield line
    yield line
