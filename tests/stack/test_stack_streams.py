"""A stream on the running stack: nobody knows its size before it ends."""

from __future__ import annotations

import hashlib

from dev.client import Api, fetch
from tests.stack.test_stack_urls import Put

PART = 5 << 20
BODIES = (b"\1" * PART, b"\2" * PART, b"\3" * 11)


def test_a_stream_is_published_as_it_was_sent(api: Api) -> None:
    """Each part is signed when it is there to be sent, and the size is said at the end."""
    body = {"name": "a.log", "size": None, "content_type": "text/plain", "part_size": PART}
    upload_id = api.ask("POST", "/v1/uploads", body)["id"]
    for number, part in enumerate(BODIES, 1):
        wanted = {"numbers": [number], "lengths": {str(number): len(part)}}
        (signed,) = api.ask("POST", f"/v1/uploads/{upload_id}/parts", wanted)["parts"]
        assert Put(signed["url"], "PUT", part, signed["headers"]).send() == 200
        assert Put(signed["url"], "PUT", part + b"x", signed["headers"]).send() == 403
    api.ask("POST", f"/v1/uploads/{upload_id}/complete", {"size": sum(map(len, BODIES))})
    assert api.await_end(upload_id)["status"] == "completed"
    served = hashlib.sha256(b"".join(fetch(api.ask("GET", f"/v1/files/{upload_id}/url")["url"]))).digest()
    assert served == hashlib.sha256(b"".join(BODIES)).digest()
