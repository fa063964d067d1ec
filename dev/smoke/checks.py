"""What the smoke test looks at, in order. Each check says in words what it saw, or raises Wrong."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass

from dev.smoke.halting import Halting
from dev.smoke.visit import SECONDS, NotAsked, Visit, Wrong, said
from portway_client import About, Client, Ended, InvalidRequest, PortwayError, Refusal, Rejected, Status
from portway_client.transport import Request

PART = 5 << 20
FOREIGN = "https://smoke.invalid"
"""An origin that nobody can have (RFC 6761)."""
NO_PICTURE = b"<!doctype html><title>no picture</title><script>alert(1)</script>\n"
REFUSALS = ("rejected", "infected", "in_review")


def tokens(visit: Visit) -> str:
    for words, token in (("without a token", ""), ("with a changed token", _changed(visit.token))):
        answer = visit.ask("GET", "/v1/uploads", token=token)
        if answer.status != 401:
            raise Wrong(f"{words} the API answers {said(answer)}, not 401")
    answer = visit.ask("GET", "/v1/uploads")
    if answer.status != 200:
        raise Wrong(f"the token itself gets {said(answer)}; issuer, audience and tenant claim must fit it")
    return "401 without a token and with a changed one, 200 with the right one"


def _changed(token: str) -> str:
    """Another letter in the middle of its last section, which is the signature of a JWT."""
    at = (token.rfind(".") + 1 + len(token)) // 2
    return token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]


def api_cors(visit: Visit) -> str:
    return _pages(visit, f"{visit.site.api}/v1/uploads", "POST", "authorization,content-type,idempotency-key")


def storage_cors(visit: Visit) -> str:
    _, part = visit.declare(1)
    return _pages(visit, part["url"], "PUT", "content-type")


def _pages(visit: Visit, url: str, method: str, headers: str) -> str:
    """What browsers ask first (Fetch standard, "CORS-preflight fetch")."""
    if not visit.site.origin:
        raise NotAsked("no origin is known whose pages may send files: ORIGIN=https://…")
    asked = {"access-control-request-method": method, "access-control-request-headers": headers}
    for origin, is_welcome in ((visit.site.origin, True), (FOREIGN, False)):
        answer = visit.transport.send(Request("OPTIONS", url, {"origin": origin, **asked}, seconds=30))
        allowed = answer.headers.get("access-control-allow-origin", "")
        if (answer.status < 300 and allowed in (origin, "*")) is not is_welcome:
            verb = "refuses" if is_welcome else "lets in"
            raise Wrong(f"it {verb} pages of {origin}: {answer.status}, allowed is {allowed or 'nobody'}")
    return f"pages of {visit.site.origin} may, others may not"


def one_byte(visit: Visit) -> str:
    return _there_and_back(visit, b"!")


def small(visit: Visit) -> str:
    return _there_and_back(visit, b"".join(b"line %d of a small file\n" % number for number in range(4000)))


def _there_and_back(visit: Visit, content: bytes) -> str:
    file = visit.start(visit.client(), content).wait()
    assert file
    _compare(visit, file.id, content)
    return f"{len(content)} bytes published, and the same ones read back"


def _compare(visit: Visit, file_id: str, content: bytes) -> None:
    there = io.BytesIO()
    visit.client().download(file_id, there)
    if there.getvalue() != content:
        raise Wrong(f"{len(content)} bytes were sent, and other ones are published ({len(there.getvalue())})")


def resumed(visit: Visit) -> str:
    """Three parts; the first client is stopped after one, and another one goes on."""
    content = bytes(range(256)) * (2 * PART // 256) + b"the third part"
    first, second = Halting(visit.transport, 1), Halting(visit.transport)
    transfer = visit.start(visit.client(transport=first, parallel=1), content, part_size=PART)
    first.then(transfer.detach)
    try:
        transfer.wait(SECONDS)
        raise Wrong("it was stopped after a part, and was sent whole all the same")
    except PortwayError as error:
        if not first.has_halted:
            raise error
    file = visit.client(transport=second).resume(content, transfer.upload_id or "")
    if second.puts != 2:
        raise Wrong(f"1 of 3 parts was there, and {second.puts} were sent again")
    _compare(visit, file.id, content)
    return f"{len(content)} bytes: 1 part, a stop, 2 parts by another client; published as sent"


def rejected(visit: Visit) -> str:
    picture = About(content_type="image/png", category=visit.rejecting)
    try:
        visit.start(visit.client(), NO_PICTURE, ".png", **picture).wait()
    except Rejected as error:
        if error.reason not in REFUSALS:
            raise Wrong(f"it failed with {error.reason}, which is no finding: look at the logs") from None
        return f"{error.reason}: {', '.join(finding.code for finding in error.findings)}"
    except InvalidRequest as error:
        words = f"category {visit.rejecting} takes no PNG ({error.code}). Name one that does: REJECTING=…"
        raise NotAsked(words) from None
    raise Wrong(f"a web page that calls itself a PNG was published (category {visit.rejecting})")


def one_more_byte(visit: Visit) -> str:
    _, part = visit.declare(4)
    longer = visit.put(part, b"12345")
    if not 400 <= longer.status < 500:
        raise Wrong(f"a URL for 4 bytes took 5: {said(longer)}")
    exact = visit.put(part, b"1234")
    if exact.status != 200:
        raise Wrong(f"a URL for 4 bytes refuses 4: {said(exact)}")
    return f"5 bytes to a URL for 4: {said(longer)}; 4 bytes: 200"


def cancelled(visit: Visit) -> str:
    upload_id, part = visit.declare(4)
    stored = visit.put(part, b"1234")
    if stored.status != 200:
        raise Wrong(f"a part is refused: {said(stored)}")
    answer = visit.ask("DELETE", f"/v1/uploads/{upload_id}")
    client = visit.client()
    for _ in range(30):
        status = client.status(upload_id).status
        if status is Status.CANCELLED:
            break
        visit.pause(1.0)
    else:
        raise Wrong(f"it is still {status} half a minute after DELETE ({said(answer)})")
    after = visit.put(part, b"1234")
    if not 400 <= after.status < 500:
        raise Wrong(f"S3 still takes its parts: {said(after)}")
    return f"cancelled; S3 does not know it any more ({said(after)})"


def clean(visit: Visit) -> str:
    """What is open is cancelled, every file deleted, also the one in quarantine; then none of them can be had."""
    ids, client = visit.everything(), visit.client()
    for upload_id in ids:
        if client.status(upload_id).status.is_open:
            client.cancel(upload_id)
            continue
        with contextlib.suppress(Ended):  # what is being inspected can be deleted afterwards only
            client.wait(upload_id, SECONDS)
        if client.status(upload_id).status not in (Status.CANCELLED, Status.EXPIRED):
            client.delete(upload_id)
    if left := [each for each in ids if _can_be_had(client, each)]:
        raise Wrong(f"still there: {', '.join(left)}")
    return f"{len(ids)} uploads removed"


def _can_be_had(client: Client, file_id: str) -> bool:
    try:
        client.file(file_id)
    except Refusal:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Check:
    """`needs` names another without which this one makes no sense."""

    name: str
    look: Callable[[Visit], str]
    needs: str = "tokens"


CHECKS = (
    Check("tokens", tokens, ""),
    Check("CORS of the API", api_cors, ""),
    Check("CORS of storage", storage_cors),
    Check("one byte", one_byte),
    Check("a small file", small),
    Check("three parts", resumed),
    Check("a false picture", rejected),
    Check("a byte too many", one_more_byte),
    Check("cancel", cancelled),
)
CLEANING = Check("clean-up", clean)
