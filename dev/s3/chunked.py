"""The body format `aws-chunked`: chunks with optional signatures, and a trailer with the checksum."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator

from dev.s3.refused import Refused
from dev.s3.sigv4 import Verified, chunk_signature, trailer_signature

MAX_LINE = 4096
CHUNK_LINE = re.compile(rb"([0-9a-fA-F]{1,16})(?:;chunk-signature=([0-9a-f]{64}))?")


class ChunkDecoder:
    """Turns the bytes of an aws-chunked body into those of the object, as they come.

    `seed` is given when chunks are signed. After `finish`, `trailer` holds what came after the last chunk.
    """

    def __init__(self, seed: Verified | None) -> None:
        self.trailer: dict[str, str] = {}
        self._seed, self._previous = seed, seed.signature if seed else ""
        self._buffer, self._left, self._state = bytearray(), 0, "line"
        self._signature, self._hash, self._trailer_text = "", hashlib.sha256(), b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The object's bytes in `data`, in order; Refused for a malformed or wrongly signed chunk."""
        self._buffer += data
        while self._state == "data" or b"\n" in self._buffer:
            if self._state != "data":
                self._take_line()
            elif block := self._take_data():
                yield block
            else:
                return
        if len(self._buffer) > MAX_LINE:
            raise _malformed("a line is too long")

    def finish(self) -> None:
        """Refused IncompleteBody unless the last chunk and the trailer have come."""
        if self._state == "trailer" and not self._buffer:
            self._end_trailer()  # some senders leave out the empty line
        if self._state != "end" or self._buffer:
            raise Refused(400, "IncompleteBody", "The request body terminated unexpectedly")

    def _take_data(self) -> bytes:
        block = bytes(self._buffer[: self._left])
        del self._buffer[: self._left]
        self._left -= len(block)
        if self._seed:
            self._hash.update(block)
        if not self._left:
            self._end_chunk()
            self._state = "gap"
        return block

    def _take_line(self) -> None:
        end = self._buffer.index(b"\n") + 1
        line = bytes(self._buffer[:end]).rstrip(b"\r\n")
        del self._buffer[:end]
        if self._state == "gap":
            if line:
                raise _malformed("a chunk is longer than it says")
            self._state = "line"
        elif self._state == "line":
            self._begin_chunk(line)
        elif self._state == "trailer":
            self._take_trailer(line)
        else:
            raise _malformed("something follows the trailer")

    def _begin_chunk(self, line: bytes) -> None:
        match = CHUNK_LINE.fullmatch(line)
        if not match:
            raise _malformed("no chunk size")
        self._left, self._signature = int(match[1], 16), (match[2] or b"").decode()
        self._hash = hashlib.sha256()
        if self._left:
            self._state = "data"
        else:
            self._end_chunk()
            self._state = "trailer"

    def _end_chunk(self) -> None:
        if self._seed:
            expected = chunk_signature(self._seed, self._previous, self._hash.hexdigest())
            self._previous = _same(expected, self._signature)

    def _take_trailer(self, line: bytes) -> None:
        if not line:
            self._end_trailer()
            return
        name, _, value = line.decode("utf-8", "replace").partition(":")
        self.trailer[name.strip().lower()] = value.strip()
        if name.strip().lower() != "x-amz-trailer-signature":
            self._trailer_text += line + b"\n"

    def _end_trailer(self) -> None:
        signature = self.trailer.pop("x-amz-trailer-signature", "")
        if self._seed and self._seed.payload.endswith("-TRAILER"):
            _same(trailer_signature(self._seed, self._previous, self._trailer_text), signature)
        self._state = "end"


def _same(expected: str, given: str) -> str:
    if not hmac.compare_digest(expected, given):
        message = "The chunk signature we calculated does not match the signature you provided."
        raise Refused(403, "SignatureDoesNotMatch", message)
    return expected


def _malformed(why: str) -> Refused:
    return Refused(400, "InvalidRequest", f"The aws-chunked body is malformed: {why}")
