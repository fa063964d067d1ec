"""The API function signing 10,000 parts in one request, in the template form: CPU of the handler, bytes of the answer.

From the gateway's event to the answer: validation, use case, signing, JSON, log line. The stores are in memory, since
their calls are not CPU of ours.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any, cast
from unittest import mock

from aws_lambda_powertools.utilities.typing import LambdaContext

from bench.bars import judged
from bench.timing import medians
from portway.policy import Policies
from tests.protocols import service as fakes
from tests.protocols.service import ENVIRONMENT, Service, http_event, service, shipped_policies

PARTS, ROUNDS = 10_000, 21
MOST_MS, MOST_BYTES = 60, 1_000_000
CHECKSUM = "rosUhgp5mIg="
FILE = {
    "name": "large.bin",
    "size": PARTS << 24,
    "content_type": "application/octet-stream",
    "part_size": 1 << 24,
    "window": 0,
}
BODIES: dict[str, dict[str, Any]] = {
    "without checksums": {"range": [1, PARTS], "form": "template"},
    "with checksums": {
        "range": [1, PARTS],
        "form": "template",
        "checksums": {str(number): CHECKSUM for number in range(1, PARTS + 1)},
    },
}


def without_size_limit() -> Policies:
    """The shipped policy, for files of ten thousand parts."""
    shipped = shipped_policies()
    anything = replace(shipped.categories["anything"], max_size=1 << 50)
    return replace(shipped, categories={"anything": anything})


def sign(api: Service, event: dict[str, Any]) -> str:
    """The body of the answer."""
    answer = api.app.resolve(event, cast(LambdaContext, None))
    assert answer["statusCode"] == 200, answer["body"][:1000]
    body: str = answer["body"]
    return body


def rows(rounds: int = ROUNDS) -> list[str]:
    """Milliseconds of CPU and bytes, with and without part checksums."""
    os.environ |= ENVIRONMENT
    credentials = replace(fakes.CREDENTIALS, token="t" * 1000)
    with mock.patch.object(fakes, "CREDENTIALS", credentials), contextlib.redirect_stdout(io.StringIO()):
        api = service(policies=without_size_limit())
        upload_id = api.call("POST", "/v1/uploads", FILE).document["id"]
        path = f"/v1/uploads/{upload_id}/parts"
        events = {name: http_event("POST", path, json.dumps(body)) for name, body in BODIES.items()}
        taken = medians({name: partial(sign, api, event) for name, event in events.items()}, rounds)
        size = {name: len(sign(api, event).encode()) for name, event in events.items()}
    return [
        f"{PARTS} parts signed in one request, template form (CPU of the handler, median of {rounds})",
        *(row for name in BODIES for row in bars(name, taken[name] * 1000, size[name])),
    ]


def bars(name: str, milliseconds: float, size: int) -> Iterator[str]:
    yield judged(f"  {name}", f"{milliseconds:.1f} ms", f"< {MOST_MS} ms", milliseconds < MOST_MS)
    yield judged(f"  {name}, answer", f"{size:,} bytes", f"< {MOST_BYTES:,}", size < MOST_BYTES)


def short() -> list[str]:
    return rows(rounds=1)
