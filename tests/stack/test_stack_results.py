"""Results on the running stack: a picture is published, and soon has thumbnails that its owner may look at."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from dev.client import Api, Refused, fetch
from tests.stack.test_stack_urls import Put, checksum


def picture(width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def with_results(api: Api, body: bytes, **changes: Any) -> dict[str, Any]:
    """The file's answer once its results are there; every look waits as long as one request takes."""
    declared = {"name": "beach.jpg", "size": len(body), "content_type": "image/jpeg", "category": "images"}
    made = api.ask("POST", "/v1/uploads", {**declared, "checksum": checksum(body), **changes})
    (part,) = made["signed"]["parts"]
    assert Put(part["url"], "PUT", body, part["headers"]).send() == 200
    assert api.await_end(made["id"])["status"] == "completed"
    for _ in range(10_000):
        file: dict[str, Any] = api.ask("GET", f"/v1/files/{made['id']}")
        if file["results_at"]:
            return file
    raise AssertionError("no results")


def test_a_picture_has_thumbnails(api: Api) -> None:
    """Made behind the bus and a queue, under roles that the endpoint enforces; served by a URL of their own."""
    file = with_results(api, picture(1600, 1200))
    assert [each["name"] for each in file["results"]] == ["facts.json", "thumbnail-1024.webp", "thumbnail-256.webp"]
    url = api.ask("GET", f"/v1/files/{file['id']}/url?result=thumbnail-256.webp")["url"]
    with Image.open(io.BytesIO(b"".join(fetch(url)))) as small:
        assert (small.format, small.size) == ("WEBP", (256, 192))


def test_results_go_with_their_file(api: Api) -> None:
    """After the removal neither the file nor a thumbnail can be read, by whatever URL was given before."""
    file = with_results(api, picture(300, 200))
    asked = [f"/v1/files/{file['id']}/url{query}" for query in ("", "?result=thumbnail-256.webp")]
    urls = [api.ask("GET", path)["url"] for path in asked]
    assert all(b"".join(fetch(url)) for url in urls)
    api.call("DELETE", f"/v1/files/{file['id']}")
    for url in urls:
        with pytest.raises(Refused):
            list(fetch(url))
