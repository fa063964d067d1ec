"""Request bodies: decoded, hashed and written as they come, and compared with what the headers promised.

Memory stays flat: blocks of about 1 MiB go to a worker thread, which hashes and writes one while the loop receives the
next (MD5, the checksums and the disk all work outside the interpreter's lock).
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dev.s3.call import Call
from dev.s3.checksums import Running, b64, running
from dev.s3.chunked import ChunkDecoder
from dev.s3.refused import Refused
from dev.s3.rules import ALGORITHMS, DEFAULT_ALGORITHM, MAX_PART, check_checksum_text
from dev.s3.sigv4 import STREAMING, UNSIGNED

BLOCK = 1 << 20
INLINE = 1 << 16  # bodies up to here are not worth a trip to another thread
MAX_XML = 8 << 20
PREFIX = "x-amz-checksum-"
NO_VALUES = {f"{PREFIX}{name}" for name in ("algorithm", "type", "mode")}

Write = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Promise:
    """What is known of a body beforehand; `sha256` is hex, `md5` and `checksum` base64, "" where nothing is said.

    `length` is None for the file of a form, whose size shows at its end.
    """

    length: int | None
    md5: str
    sha256: str
    algorithm: str
    checksum: str
    trailer: str


@dataclass(frozen=True, slots=True)
class Received:
    """What a body turned out to be. `declared`: the client sent its checksum and it was right."""

    size: int
    md5: str
    algorithm: str
    checksum: str
    declared: bool


def declared_checksum(headers: Mapping[str, str]) -> tuple[str, str, str]:
    """Algorithm, value, trailer name of the one checksum a request may carry; "" where it has none."""
    names = [name for name in headers if name.startswith(PREFIX) and name not in NO_VALUES]
    trailer = headers.get("x-amz-trailer", "").strip().lower()
    if len(names) + bool(trailer) > 1:
        message = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        raise Refused(400, "InvalidRequest", message)
    if not names and not trailer:
        if "x-amz-sdk-checksum-algorithm" in headers:
            message = "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer"
            raise Refused(400, "InvalidRequest", f"{message} headers were found.")
        return "", "", ""
    name = names[0] if names else trailer
    algorithm = name.removeprefix(PREFIX)
    if not name.startswith(PREFIX) or algorithm not in ALGORITHMS:
        raise Refused(501, "NotImplemented", f"This endpoint does not implement the header {name}.", Header=name)
    value = check_checksum_text(algorithm, headers[name]) if names else ""
    return algorithm, value, trailer


def promise_of(call: Call, limit: int = MAX_PART, *, has_own_checksum: bool = True) -> Promise:
    """Refused for a length that is missing or over `limit`, and for digests that cannot be ones.

    `has_own_checksum` is False for Complete, whose checksum headers speak of the object and not of its body.
    """
    headers, payload = call.headers, call.signer.payload if call.signer else UNSIGNED
    length = headers.get("x-amz-decoded-content-length" if payload in STREAMING else "content-length", "")
    if not (length.isascii() and length.isdigit()):
        if "chunked" in headers.get("transfer-encoding", ""):
            message = "A header you provided implies functionality that is not implemented: Transfer-Encoding"
            raise Refused(501, "NotImplemented", message, Header="Transfer-Encoding")
        raise Refused(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
    if int(length) > limit:
        message = "Your proposed upload exceeds the maximum allowed size"
        raise Refused(400, "EntityTooLarge", message, ProposedSize=length, MaxSizeAllowed=str(limit))
    md5 = headers.get("content-md5", "")
    if md5 and not re.fullmatch(r"[A-Za-z0-9+/]{22}==", md5):
        raise Refused(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")
    sha256 = payload if re.fullmatch(r"[0-9a-f]{64}", payload) else ""
    return Promise(int(length), md5, sha256, *(declared_checksum(headers) if has_own_checksum else ("", "", "")))


class Intake:
    """Takes the blocks of one body; runs in worker threads, one block at a time."""

    def __init__(
        self, promise: Promise, write: Write, algorithm: str = "", decoder: ChunkDecoder | None = None
    ) -> None:
        self._promise, self._write, self._decoder = promise, write, decoder
        self._md5, self._size = hashlib.md5(usedforsecurity=False), 0
        self._algorithm = algorithm or promise.algorithm or DEFAULT_ALGORITHM
        self._checksum = running(self._algorithm)
        self._sha256 = hashlib.sha256() if promise.sha256 else None

    def feed(self, blocks: Sequence[bytes]) -> None:
        for block in blocks:
            for data in self._decoder.feed(block) if self._decoder else (block,):
                self._take(data)

    def _take(self, data: bytes) -> None:
        self._size += len(data)
        if self._promise.length is not None and self._size > self._promise.length:
            raise Refused(400, "IncompleteBody", "The body is longer than the length that was announced")
        digests: tuple[Running | None, ...] = (self._md5, self._checksum, self._sha256)
        for one in digests:
            if one is not None:
                one.update(data)
        self._write(data)

    def finish(self) -> Received:
        """Refused when the body is not what was promised."""
        promise, checksum = self._promise, self._promise.checksum
        if self._decoder:
            self._decoder.finish()
            if promise.trailer:
                value = self._decoder.trailer.get(promise.trailer, "")
                checksum = check_checksum_text(promise.algorithm, value)
        if promise.length not in (None, self._size):
            message = "You did not provide the number of bytes specified by the Content-Length HTTP header"
            raise Refused(400, "IncompleteBody", message)
        if promise.md5 and promise.md5 != b64(self._md5.digest()):
            raise Refused(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")
        if self._sha256 and promise.sha256 != self._sha256.hexdigest():
            message = "The provided 'x-amz-content-sha256' header does not match what was computed."
            raise Refused(400, "XAmzContentSHA256Mismatch", message)
        computed = b64(self._checksum.digest())
        if checksum and checksum != computed:
            message = f"The {self._algorithm.upper()} you specified did not match the calculated checksum."
            raise Refused(400, "BadDigest", message)
        return Received(self._size, self._md5.hexdigest(), self._algorithm, computed, bool(checksum))


async def receive(call: Call, write: Write, *, algorithm: str = "", promise: Promise | None = None) -> Received:
    """Read the call's body into `write` and check every promise of its headers.

    `algorithm` is the checksum to compute; by default the one that the request declares, else crc64nvme.
    """
    intake = Intake(promise or promise_of(call), write, algorithm, _decoder(call))
    await call.go_on()
    await pump(call, intake.feed)
    return intake.finish()


def _decoder(call: Call) -> ChunkDecoder | None:
    if call.signer is None or call.signer.payload not in STREAMING:
        return None
    return ChunkDecoder(None if "UNSIGNED" in call.signer.payload else call.signer)


async def pump(call: Call, feed: Callable[[Sequence[bytes]], None]) -> None:
    """Hand the raw body over in batches of about BLOCK bytes, the next being received while one is worked on."""
    loop, content = asyncio.get_running_loop(), call.http.content
    batch, size, work = list[bytes](), 0, None
    try:
        while not content.at_eof():
            block = await content.readany()
            batch.append(block)
            size += len(block)
            if size >= BLOCK:
                if work:
                    await work
                work = loop.run_in_executor(call.service.pool, feed, batch)
                batch, size = [], 0
    finally:
        if work:
            await asyncio.wait([work])
    if work:
        await work
    if size > INLINE:
        await loop.run_in_executor(call.service.pool, feed, batch)
    else:
        feed(batch)


async def receive_small(call: Call, *, has_own_checksum: bool = True) -> bytes:
    """A whole XML or JSON body, checked like any other."""
    body = bytearray()
    await receive(call, body.extend, promise=promise_of(call, MAX_XML, has_own_checksum=has_own_checksum))
    return bytes(body)


def object_checksums(headers: Mapping[str, str]) -> dict[str, str]:
    """The checksums that Complete declares for the whole object: algorithm → value."""
    return {
        name.removeprefix(PREFIX): value
        for name, value in headers.items()
        if name.startswith(PREFIX) and name not in NO_VALUES
    }
