"""One story of requests, told to whatever stands behind a client's transport: each answer as its status and its shape.

The running stack and `portway_client.testing.FakePortway` must answer alike, or tests on the fake prove nothing.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portway_client import checksums
from portway_client.transport import Request, Transport

PART = 5 << 20
ONE, TWO = b"\1" * PART, b"\2" * 9
CHECKSUM = "x-amz-checksum-crc64nvme"
TOLD = ("retry-after", "location", "etag", CHECKSUM, "content-range", "accept-ranges")
"""Headers that a client reads; only whether they are there is compared, not what they say."""
DECLARED = {"name": "a b.bin", "size": PART + 9, "content_type": "application/x-thing", "part_size": PART}
ENDED = {"completed", "failed", "expired", "cancelled"}


def crc(content: bytes) -> str:
    return checksums.encode("crc64nvme", checksums.update("crc64nvme")(content, 0))


def shape(value: Any) -> Any:
    """Names and types; null fits everything, a list is like its first element, free objects are just objects."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in sorted(value.items())}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return None if value is None else "number" if isinstance(value, int | float) else type(value).__name__


@dataclass
class Story:
    """`rows` is what happened: a name, the status, the code of a refusal, headers, and the shape of the document."""

    transport: Transport
    url: str
    token: str
    other_token: str
    rows: list[tuple[str, int, str, list[str], Any]] = field(default_factory=list)

    def ask(self, name: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """One request to the API; its document."""
        sent = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        sent |= {key.replace("_", "-"): value for key, value in headers.items()}
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        answer = self.transport.send(Request(method, self.url + path, sent, data))
        kind = answer.headers.get("content-type", "").partition(";")[0]
        found = json.loads(answer.body) if answer.body else {}
        errors = [(fault["field"], fault["code"]) for fault in found.pop("errors", [])]
        told = [header for header in TOLD if header in answer.headers]
        said = f"{kind} {found.get('code', '')} {sorted(errors)}"
        self.rows.append((name, answer.status, said, told, shape({**found, "facts": None})))
        return found

    def s3(self, name: str, method: str, url: str, content: bytes = b"", **headers: str) -> bytes:
        sent = {key.replace("_", "-"): value for key, value in headers.items()}
        answer = self.transport.send(Request(method, url, sent, content))
        code = re.search(rb"<Code>(\w+)</Code>", answer.body) if answer.status >= 300 else None
        told = [header for header in TOLD if header in answer.headers]
        self.rows.append((name, answer.status, code[1].decode() if code else "", told, None))
        return answer.body

    def put(self, name: str, part: Mapping[str, Any], content: bytes, **headers: str) -> None:
        self.s3(name, "PUT", part["url"], content, **part["headers"], **headers)

    def ended(self, upload_id: str) -> Any:
        """Asks until nothing more happens; only the last answer is a row."""
        while (found := self.ask("the end", "GET", f"/v1/uploads/{upload_id}"))["status"] not in ENDED:
            self.rows.pop()
            time.sleep(0.05)
        return found

    def tell(self) -> None:
        self.refusals()
        self.parts()
        self.single()
        self.cancelled()
        self.unknown_size()
        self.empty()

    def refusals(self) -> None:
        at = "/v1/uploads"
        wrong = {"name": "a/b", "size": -1, "content_type": "x", "part_size": 1, "window": 2000, "category": "none"}
        self.ask("many faults", "POST", at, {**wrong, "checksum": "AAAA"})
        self.ask("wrong types", "POST", at, {"name": 1, "size": "1", "auto_complete": 1, "colour": "red"})
        self.ask("too large", "POST", at, {**DECLARED, "size": 1 << 60})
        self.ask("no JSON", "POST", at, b"{")
        self.ask("no object", "POST", at, [1])
        self.ask("no media type of ours", "POST", at, b"{}", content_type="text/plain")
        self.ask("a bad key", "POST", at, DECLARED, idempotency_key="x" * 256)
        self.ask("single in parts", "POST", at, {**DECLARED, "strategy": "single", "checksum": crc(ONE + TWO)})
        self.ask("no such route", "GET", "/v1/nothing")
        self.ask("no such upload", "GET", f"{at}/{'0' * 26}")
        self.ask("no such file", "GET", f"/v1/files/{'0' * 26}")
        self.ask("nobody", "GET", at, authorization="Bearer x")
        self.ask("a bad page", "GET", f"{at}?limit=101")

    def parts(self) -> None:
        key = {"idempotency_key": f"story {time.time_ns()}"}
        body = {**DECLARED, "window": 1, "part_checksums": {"1": crc(ONE)}, "metadata": {"k": "v"}}
        made = self.ask("create", "POST", "/v1/uploads", body, **key)
        again = self.ask("create again", "POST", "/v1/uploads", body, **key)
        assert again["id"] == made["id"]
        self.ask("another body", "POST", "/v1/uploads", {**body, "size": 1}, **key)
        at = f"/v1/uploads/{made['id']}"
        self.ask("another's", "GET", at, authorization=f"Bearer {self.other_token}")
        bound = made["signed"]["parts"][0]
        self.signing(at)
        self.put("other bytes", bound, b"\3" + ONE[1:])
        self.put("fewer bytes", bound, ONE[1:])
        self.put("an unsigned header", bound, ONE, x_amz_acl="private")
        self.s3("no signature", "PUT", bound["url"].partition("?")[0], ONE)
        self.put("part 1", bound, ONE)
        self.ask("status", "GET", at)
        self.ask("reported", "POST", f"{at}/progress", {"stored": [[1, 1]]})
        self.ask("reported wrongly", "POST", f"{at}/progress", {"stored": [[0, 3]]})
        self.ask("too early", "POST", f"{at}/complete")
        self.completed(at)

    def signing(self, at: str) -> None:
        at, given = f"{at}/parts", {"1": crc(ONE), "2": crc(TWO)}
        self.ask("a template", "POST", at, {"numbers": [1, 2], "form": "template", "checksums": given})
        self.ask("a plain template", "POST", at, {"range": [1, 2], "form": "template"})
        self.ask("mixed", "POST", at, {"numbers": [1, 2], "form": "template", "checksums": {"1": crc(ONE)}})
        self.ask("nothing named", "POST", at, {})
        self.ask("both named", "POST", at, {"numbers": [1], "range": [1, 1]})
        self.ask("twice, outside", "POST", at, {"numbers": [1, 1, 3]})
        self.ask("no checksum", "POST", at, {"numbers": [1], "checksums": {"1": "x", "2": crc(TWO)}})
        self.ask("lengths unasked", "POST", at, {"numbers": [1], "lengths": {"1": PART}})
        self.ask("a long range", "POST", at, {"range": [1, 20000]})

    def completed(self, at: str) -> None:
        signed = self.ask("sign", "POST", f"{at}/parts", {"range": [2, 2]})["parts"][0]
        self.put("part 2", signed, TWO)
        self.ask("a page of parts", "GET", f"{at}/parts?limit=1")
        self.ask("the rest of parts", "GET", f"{at}/parts?cursor=1")
        self.ask("other bytes than said", "POST", f"{at}/complete", {"checksum": crc(b"")})
        self.ask("another size", "POST", f"{at}/complete", {"size": 3})
        self.ask("no file yet", "GET", at.replace("uploads", "files"))
        self.ask("complete", "POST", f"{at}/complete", {"checksum": crc(ONE + TWO), "size": PART + 9})
        self.put("a part after it", signed, TWO)
        self.ask("sign after it", "POST", f"{at}/parts", {"numbers": [1]})
        self.ask("cancel after it", "DELETE", at)
        self.ended(at.rpartition("/")[2])
        self.ask("complete again", "POST", f"{at}/complete")
        self.ask("parts after it", "GET", f"{at}/parts")
        self.ask("retry", "POST", f"{at}/retry")
        self.ask("list", "GET", "/v1/uploads?limit=1&status=completed")
        self.read(at.replace("uploads", "files"))

    def read(self, at: str) -> None:
        self.ask("file", "GET", at)
        url = self.ask("url", "GET", f"{at}/url")["url"]
        self.ask("no such result", "GET", f"{at}/url?result=x")
        assert self.s3("read", "GET", url) == ONE + TWO
        assert self.s3("read a range", "GET", url, range=f"bytes={PART}-") == TWO
        self.s3("read behind its end", "GET", url, range="bytes=99999999-")
        self.ask("delete", "DELETE", at)
        self.ask("delete again", "DELETE", at)
        self.ask("file after it", "GET", at)
        self.ask("url after it", "GET", f"{at}/url")

    def single(self) -> None:
        body = {"name": "s", "size": 9, "content_type": "x/y", "checksum": crc(TWO), "strategy": "auto"}
        made = self.ask("single", "POST", "/v1/uploads", body)
        (part,) = made["signed"]["parts"]
        self.ask("single as template", "POST", f"/v1/uploads/{made['id']}/parts", {"numbers": [1], "form": "template"})
        self.ask("single too early", "POST", f"/v1/uploads/{made['id']}/complete")
        self.put("other bytes at once", part, TWO[1:] + b"\3")
        self.put("all at once", part, TWO)
        self.put("all at once again", part, TWO)
        self.ended(made["id"])

    def cancelled(self) -> None:
        made = self.ask("to be cancelled", "POST", "/v1/uploads", DECLARED)
        at, (part, _) = f"/v1/uploads/{made['id']}", made["signed"]["parts"]
        self.ask("cancel", "DELETE", at)
        self.ask("cancel again", "DELETE", at)
        self.put("part after cancel", part, ONE)
        self.ask("complete after cancel", "POST", f"{at}/complete")
        self.ask("sign after cancel", "POST", f"{at}/parts", {"numbers": [1]})
        self.ask("parts after cancel", "GET", f"{at}/parts")
        self.ask("status after cancel", "GET", at)
        self.ask("delete what never was", "DELETE", at.replace("uploads", "files"))

    def unknown_size(self) -> None:
        made = self.ask("unknown size", "POST", "/v1/uploads", {**DECLARED, "size": None})
        at = f"/v1/uploads/{made['id']}"
        self.ask("no lengths", "POST", f"{at}/parts", {"numbers": [1]})
        self.ask("short in the middle", "POST", f"{at}/parts", {"numbers": [1, 2], "lengths": {"1": 3, "2": 3}})
        self.ask("the last", "POST", f"{at}/parts", {"numbers": [1], "lengths": {"1": 9}})
        self.ask("behind the last", "POST", f"{at}/parts", {"numbers": [2], "lengths": {"2": 9}})
        body = {"numbers": [1, 2], "lengths": {"1": PART, "2": 9}}
        first, last = self.ask("both", "POST", f"{at}/parts", body)["parts"]
        self.put("unknown 1", first, ONE)
        self.put("unknown 2", last, TWO)
        self.ask("unknown status", "GET", at)
        self.ask("unknown without size", "POST", f"{at}/complete", {})
        self.ask("unknown with too much", "POST", f"{at}/complete", {"size": PART + 10})
        self.ask("unknown complete", "POST", f"{at}/complete", {"size": PART + 9})
        self.ended(made["id"])

    def empty(self) -> None:
        body = {"name": "e", "size": 0, "content_type": "x/y", "strategy": "multipart", "auto_complete": True}
        made = self.ask("empty", "POST", "/v1/uploads", body)
        self.ask("empty reported too early", "POST", f"/v1/uploads/{made['id']}/progress", {"stored": [[1, 1]]})
        self.put("nothing", made["signed"]["parts"][0], b"")
        self.ask("empty reported", "POST", f"/v1/uploads/{made['id']}/progress", {"stored": [[1, 1]]})
        self.ended(made["id"])
