"""What `portway doctor` looks at, in order. Each check says one line, and what to do if it is not well."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

from portway_client.cli import words
from portway_client.cli.credentials import is_private
from portway_client.cli.jwt import Claims
from portway_client.cli.reach import Place, Unreachable
from portway_client.cli.session import Session
from portway_client.errors import PortwayError
from portway_client.transport import NoAnswer, Request, Response, Transport

BODY = b"portway doctor\n"
ORIGIN_HEADERS = {"API": "authorization,content-type,idempotency-key", "storage": "content-type"}
CLOCK_SECONDS = 30.0
SOON_SECONDS = 300.0


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Line:
    level: Level
    check: str
    words: str
    advice: str = ""


class Ill(Exception):
    """A check failed, or (`level` WARN) is not quite well."""

    def __init__(self, said: str, advice: str, level: Level = Level.FAIL) -> None:
        super().__init__(said)
        self.advice, self.level = advice, level


@dataclass
class Visit:
    """One run. What a check learns, those after it use."""

    session: Session
    transport: Transport
    endpoint: str
    origin: str | None = None
    category: str | None = None
    token: str = ""
    upload: Mapping[str, Any] = field(default_factory=dict)
    clock: tuple[float, float] | None = None
    """The server's time and ours of one moment."""

    @property
    def place(self) -> Place:
        return Place.of(self.endpoint)

    @property
    def part(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.upload["signed"]["parts"][0]
        return found

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, **headers: str) -> Response:
        """Of the API. Raises Ill when there is no answer."""
        said = json.dumps(body).encode() if body is not None else b""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kind = {"content-type": "application/json"} if body is not None else {}
        return self.send(Request(method, self.endpoint + path, {**kind, **named}, said, seconds=30))

    def as_me(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Response:
        return self.ask(method, path, body, authorization=f"Bearer {self.token}")

    def send(self, request: Request) -> Response:
        try:
            return self.transport.send(request)
        except NoAnswer as error:
            advice = "Check whether a firewall or a proxy stands between."
            raise Ill(f"no answer from {Place.of(request.url)}: {words.scrubbed(str(error))}", advice) from None


def document(answer: Response) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def said_by(answer: Response) -> str:
    """The server's own words, or the status."""
    found = document(answer)
    return str(found.get("detail") or found.get("message") or f"status {answer.status}")


def name(visit: Visit) -> str:
    return f"{visit.place.host} is {', '.join(visit.session.outside.reach.addresses(visit.place))}"


def connection(visit: Visit) -> str:
    visit.session.outside.reach.connect(visit.place)
    return f"{visit.place} answers"


def tls(visit: Visit) -> str:
    if not visit.place.is_tls and is_private(visit.endpoint):
        return "none, and none is needed within this machine"
    if not visit.place.is_tls:
        raise Ill("none: tokens and files travel in the clear", "Use https.", Level.WARN)
    return f"{visit.session.outside.reach.handshake(visit.place)}, the certificate is to be trusted"


def portway(visit: Visit) -> str:
    """Nobody gets in without a token: that is how its gateway is told from a web server."""
    before = visit.session.outside.now()
    answer = visit.ask("GET", "/v1/uploads")
    if date := answer.headers.get("date"):
        visit.clock = parsedate_to_datetime(date).timestamp(), (before + visit.session.outside.now()) / 2
    if answer.status != 401:
        kind = answer.headers.get("content-type", "no type")
        raise Ill(
            f"something answers {answer.status} ({kind}): this is no Portway", "Check the address, also its path."
        )
    return "there is one, and it asks for a token"


def token(visit: Visit) -> str:
    given = visit.session.token()
    visit.token = given() if callable(given) else given or ""
    claims, now = Claims.of(visit.token), visit.session.outside.now()
    if not claims.is_readable:
        raise Ill("is no JWT: nothing can be said of it", "Compare it with what your issuer gave you.", Level.WARN)
    rows = [f"{each} {claims.text(each)}" for each in ("iss", "aud", "sub") if claims.text(each)]
    until = claims.expires_at
    about = ", ".join(rows + ([f"until {words.instant(until)}"] if until else []))
    if until is not None and until <= now:
        raise Ill(f"has ended: {about}", "Get a new one: portway login.")
    if until is not None and until < now + SOON_SECONDS:
        raise Ill(f"ends soon: {about}", "An upload takes longer: portway login, or PORTWAY_TOKEN_COMMAND.", Level.WARN)
    return about


def accepted(visit: Visit) -> str:
    answer = visit.as_me("GET", "/v1/uploads")
    if answer.status == 401:
        raise Ill("the backend refuses the token", "Issuer and audience above must be those that it was deployed with.")
    if answer.status != 200 or "uploads" not in document(answer):
        raise Ill(f"{answer.status}: {said_by(answer)}", "Ask an operator about the token's claims.")
    return "the backend takes the token"


def upload(visit: Visit) -> str:
    body = {"name": "portway-doctor.txt", "size": len(BODY), "content_type": "text/plain", "window": 1}
    body |= {"strategy": "multipart"} | ({"category": visit.category} if visit.category else {})
    before = visit.session.outside.now()
    answer = visit.as_me("POST", "/v1/uploads", body)
    if answer.status != 201:
        advice = "If the policy takes no such file, name a category that takes small texts: --category."
        raise Ill(f"{answer.status}: {said_by(answer)}", advice)
    visit.upload = document(answer)
    there = datetime.fromisoformat(visit.upload["server_time"]).timestamp()
    visit.clock = there, (before + visit.session.outside.now()) / 2
    return f"{visit.upload['id']} was created, its URL signed"


def storage(visit: Visit) -> str:
    part = visit.part
    host, began = Place.of(part["url"]).host, visit.session.outside.now()
    answer = visit.send(Request("PUT", part["url"], part["headers"], BODY, seconds=30))
    took = visit.session.outside.now() - began
    if answer.status != 200:
        advice = "A proxy may change requests to it; or the signing role lost its rights (docs/operating.md)."
        raise Ill(f"{host} answers {answer.status} to a signed URL", advice)
    return f"{host} took {len(BODY)} bytes in {took:.1f} s"


def clock(visit: Visit) -> str:
    if visit.clock is None:
        raise Ill("the server says no time", "Nothing depends on it.", Level.WARN)
    there, here = visit.clock
    if abs(here - there) > CLOCK_SECONDS:
        way = "ahead" if here > there else "behind"
        said = f"this machine is {words.duration(abs(here - there))} {way}"
        raise Ill(said, "Uploads bear that, logins may not: set it by NTP.", Level.WARN)
    return f"differs by {abs(here - there):.1f} s"


def api_cors(visit: Visit) -> str:
    return _preflight(visit, "API", "POST", f"{visit.endpoint}/v1/uploads", "AllowedOrigins of the stack")


def storage_cors(visit: Visit) -> str:
    return _preflight(visit, "storage", "PUT", visit.part["url"], "AllowedOrigins of the stack (the bucket's CORS)")


def _preflight(visit: Visit, what: str, method: str, url: str, setting: str) -> str:
    """What a browser asks before it sends something of another origin (Fetch standard, "CORS-preflight fetch")."""
    origin, wanted = visit.origin or "", ORIGIN_HEADERS[what]
    asked = {"access-control-request-method": method, "access-control-request-headers": wanted}
    answer = visit.send(Request("OPTIONS", url, {"origin": origin, **asked}, seconds=30))
    allowed = {kind: _listed(answer, f"access-control-allow-{kind}") for kind in ("origin", "methods", "headers")}
    missing = [
        kind for kind, value in (("origin", origin), ("methods", method)) if not {value.lower(), "*"} & allowed[kind]
    ]
    missing += [f"header {each}" for each in wanted.split(",") if each not in allowed["headers"]]
    if answer.status >= 300 or "origin" in missing:
        raise Ill(f"{what} refuses pages of {origin}", f"Add it to {setting}.")
    if missing:
        raise Ill(f"{what} does not allow {', '.join(missing)}", "Deploy the CORS settings of template.yaml again.")
    return f"pages of {origin} may use it"


def _listed(answer: Response, header: str) -> set[str]:
    return {each.strip().lower() for each in answer.headers.get(header, "").split(",")}


def clean(visit: Visit) -> str:
    answer = visit.as_me("DELETE", f"/v1/uploads/{visit.upload['id']}")
    if answer.status not in (202, 204):
        raise Ill(f"{answer.status}: {said_by(answer)}", f"portway cancel {visit.upload['id']}", Level.WARN)
    return "the test upload is cancelled"


@dataclass(frozen=True, slots=True)
class Check:
    """`needs`: names of those without which it makes no sense. `is_for_pages`: only with --origin."""

    name: str
    look: Callable[[Visit], str]
    needs: tuple[str, ...] = ()
    is_for_pages: bool = False


CHECKS = (
    Check("name", name),
    Check("connection", connection, ("name",)),
    Check("TLS", tls, ("connection",)),
    Check("backend", portway, ("TLS",)),
    Check("token", token),
    Check("accepted", accepted, ("backend", "token")),
    Check("API CORS", api_cors, ("backend",), is_for_pages=True),
    Check("upload", upload, ("accepted",)),
    Check("storage", storage, ("upload",)),
    Check("storage CORS", storage_cors, ("upload",), is_for_pages=True),
    Check("clock", clock, ("backend",)),
)
CLEANING = Check("clean-up", clean, ("upload",))


def checkup(visit: Visit) -> Iterator[Line]:
    """The lines, as they are known. What was created is cancelled, also if nobody reads to the end."""
    failed: set[str] = set()
    try:
        for check in CHECKS:
            if check.is_for_pages and visit.origin is None:
                continue
            if failed & set(check.needs):
                failed.add(check.name)
                continue
            line = looked(check, visit)
            if line.level is Level.FAIL:
                failed.add(check.name)
            yield line
    finally:
        last = looked(CLEANING, visit) if visit.upload else None
    if last:
        yield last


def looked(check: Check, visit: Visit) -> Line:
    try:
        return Line(Level.OK, check.name, words.printable(check.look(visit)))
    except Ill as error:
        return Line(error.level, check.name, words.printable(str(error)), words.printable(error.advice))
    except Unreachable as error:
        return Line(Level.FAIL, check.name, words.printable(str(error)), error.advice)
    except PortwayError as error:
        return Line(Level.FAIL, check.name, words.printable(error.detail), words.printable(error.advice))
