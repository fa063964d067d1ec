"""One request on its way to an operation, and the answer on its way back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from dev.s3 import xml
from dev.s3.files import Slice
from dev.s3.refused import Refused
from dev.s3.rules import MAX_KEY_BYTES
from dev.s3.service import Service
from dev.s3.sessions import Session
from dev.s3.sigv4 import Request, Verified


@dataclass(slots=True)
class Answer:
    """Status, headers, and either a body or the `slices` of body files to stream."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    slices: Sequence[Slice] | None = None


@dataclass(slots=True)
class Call:
    """One request: `query` is decoded, header names are in lower case. `operation` is S3's name of it.

    `signer` is None only before the signature was checked and for form posts, which carry theirs in the form.
    `session` is set when temporary credentials signed.
    """

    http: web.BaseRequest
    service: Service
    request: Request
    query: Mapping[str, str]
    bucket: str
    key: str
    request_id: str
    operation: str = ""
    signer: Verified | None = None
    session: Session | None = None
    is_body_begun: bool = False

    @property
    def headers(self) -> Mapping[str, str]:
        return self.request.headers

    @property
    def now(self) -> datetime:
        return self.service.now()

    def integer(self, name: str, default: int, highest: int = 2**31 - 1) -> int:
        """A number of the query; Refused InvalidArgument when it is none, cut down to `highest`."""
        value = self.query.get(name, "")
        if not value:
            return default
        if not (value.isascii() and value.isdigit()):
            message = f"Provided {name} not an integer or within integer range"
            raise Refused(400, "InvalidArgument", message, ArgumentName=name, ArgumentValue=value)
        return min(int(value), highest)

    async def go_on(self) -> None:
        """Tell a client that waits for it (`Expect: 100-continue`) to send the body; refusals come without it."""
        if not self.is_body_begun and self.headers.get("expect", "").lower() == "100-continue":
            await self.http.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.http.writer.output_size = 0
        self.is_body_begun = True


Handler = Callable[[Call], Awaitable[Answer]]
Middleware = Callable[[Call, Handler], Awaitable[Answer]]


def read(http: web.BaseRequest, service: Service, request_id: str) -> Call:
    """The call that an HTTP request makes: bucket from the host name or the first segment of the path."""
    raw_path, _, raw_query = http.raw_path.partition("?")
    headers: dict[str, str] = {}
    for name, value in http.headers.items():
        low = name.lower()
        headers[low] = f"{headers[low]},{value}" if low in headers else value
    bucket, path = _bucket_of_host(headers.get("host", ""), service.options.domains), raw_path.removeprefix("/")
    if not bucket:
        bucket, _, path = path.partition("/")
    pairs = (piece.partition("=") for piece in raw_query.split("&") if piece)
    query = {_decode(name): _decode(value) for name, _, value in pairs}
    key = _decode(path)
    if len(key.encode()) > MAX_KEY_BYTES:
        raise Refused(400, "KeyTooLongError", "Your key is too long", MaxSizeAllowed=str(MAX_KEY_BYTES))
    request = Request(http.method, raw_path, raw_query, headers)
    return Call(http, service, request, query, _decode(bucket), key, request_id)


def _bucket_of_host(host: str, domains: Sequence[str]) -> str:
    name = host.rpartition(":")[0] or host
    return next((name.removesuffix(f".{domain}") for domain in domains if name.endswith(f".{domain}")), "")


def _decode(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise Refused(400, "InvalidURI", "Couldn't parse the specified URI.") from None


def xml_answer(name: str, children: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """A 200 with an XML document."""
    body = xml.document(name, children)
    return Answer(200, {"Content-Type": "application/xml", **(headers or {})}, body)


def error_answer(refused: Refused, resource: str, request_id: str) -> Answer:
    """A refusal as S3 words it; its details become elements of the XML."""
    fields = [("Code", refused.code), ("Message", refused.message), *refused.details.items()]
    body = xml.document("Error", [*fields, ("Resource", resource), ("RequestId", request_id)], namespace="")
    return Answer(refused.status, {"Content-Type": "application/xml"}, body)
