"""botocore as the functions have it understands AWS as the whole one does: trimmed descriptions, half of the handlers.

Each operation is called on both while AWS gives the same scripted answers, byte for byte as its services write them:
what is sent (again, to another region) and what the caller gets has to be equal. moto and the strict endpoint give few
of these answers, and the other tests run on the whole botocore.
"""

from __future__ import annotations

import io
import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.session import Session

from dev.trim import CALLED_BY_BOTOCORE, OPERATIONS
from portway.aws import clients
from tests.template.trimmed import example, on, trimmed

REGION, ELSEWHERE = "eu-central-1", "eu-west-1"
CLIENTS: Mapping[str, Callable[[Session], Any]] = {
    "dynamodb": lambda session: clients.dynamodb_client(session, REGION),
    "events": lambda session: clients.events_client(session, REGION, is_waited_for=False),
    "guardduty": lambda session: clients.guardduty_client(session, REGION),
    "lambda": lambda session: clients.check_client(session, REGION, seconds=3),
    "s3": lambda session: clients.s3_client(session, REGION),
    "secretsmanager": lambda session: clients.secrets_client(session, REGION),
    "sts": lambda session: clients.sts_client(session, REGION),
}
CALLS = [(service, name) for service, names in OPERATIONS.items() for name in names if name not in CALLED_BY_BOTOCORE]
CODES = ("SlowDown", "InternalError", "ThrottlingException", "ExpiredToken", "RequestTimeTooSkewed", "NobodyKnowsThis")
"""Errors that no service describes."""
PASSING = frozenset({"x-amz-date", "authorization", "user-agent"})
"""Headers that are of the moment, or of the library."""

SIGNED = re.compile(r"/\d{8}/(\S+)/aws4_request, SignedHeaders=(\S+),")
"""Region and service of who signed a request, and what."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def xml(code: str, status: int, more: str = "", **headers: str) -> Answer:
    """An error of S3, and within <ErrorResponse> one of STS."""
    error = (
        f"<Error><Type>Sender</Type><Code>{code}</Code><Message>words</Message>{more}<RequestId>1</RequestId></Error>"
    )
    return Answer(status, f'<?xml version="1.0" encoding="UTF-8"?>\n{error}'.encode(), headers)


def of_query(code: str, status: int) -> Answer:
    plain = xml(code, status).body.partition(b"\n")[2]
    return Answer(
        status, b'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">%s</ErrorResponse>' % plain
    )


def of_json(code: str, status: int) -> Answer:
    """With the members that errors of DynamoDB have."""
    item = {"pk": {"S": "x"}, "bytes": {"B": "aGk="}}
    reasons = [{"Code": "ConditionalCheckFailed", "Item": item}, {"Code": "None"}]
    told = {"__type": f"com.amazonaws#{code}", "message": "words", "Item": item, "CancellationReasons": reasons}
    return Answer(status, json.dumps(told).encode(), {"x-amzn-errortype": f"{code}:http://internal/"})


WRITTEN = {"rest-xml": xml, "query": of_query, "json": of_json, "rest-json": of_json}


def answers(protocol: str, codes: list[str], method: str) -> Iterator[Answer]:
    """The answers to one call after another; what is repeated gets the same again."""
    for code in (*codes, *CODES):
        for status in (400, 503) if code in CODES else (400,):
            yield WRITTEN[protocol](code, status)
    yield from (Answer(status, body) for status in (200, 403, 404, 500, 503) for body in (b"", b"<html>no</html>"))
    if protocol == "rest-xml":
        yield from (xml("InternalError", 200), Answer(200, b"  \n"))
        for status in (301, 307, 400):
            for headers in ({}, {"x-amz-bucket-region": ELSEWHERE}):
                found = xml("PermanentRedirect", status, **headers)
                yield Answer(status, b"", headers) if method == "HEAD" else found
        yield xml("AuthorizationHeaderMalformed", 400, f"<Region>{ELSEWHERE}</Region>")


class Raw(io.BytesIO):
    """A body as urllib3 hands it over."""

    def stream(self, amount: int = 65536, **_: Any) -> Iterator[bytes]:
        yield from iter(lambda: self.read(amount), b"")


@dataclass
class Side:
    """One botocore, and what it sent."""

    client: Any
    answer: Answer = Answer(200, b"")
    sent: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client.meta.events.register_first("before-send", self._send)

    def _send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        headers = {name.lower(): str(value) for name, value in request.headers.items()}
        left = {name: value for name, value in headers.items() if name not in PASSING}
        signed = SIGNED.search(headers["authorization"])
        assert signed
        self.sent.append((request.method, request.url, left, request.body, signed.groups()))
        given = HTTPHeaders()
        for name, value in self.answer.headers.items():
            given[name] = value
        return AWSResponse(str(request.url), self.answer.status, given, Raw(self.answer.body))

    def call(self, operation: str, arguments: Mapping[str, Any], answer: Answer) -> Any:
        """What was sent, and what the caller got."""
        self.answer, self.sent = answer, []
        try:
            got = getattr(self.client, xform_name(operation))(**arguments)
            outcome: Any = {name: each.read() if hasattr(each, "read") else each for name, each in got.items()}
        except Exception as error:
            outcome = [each.__name__ for each in type(error).__mro__], str(error), getattr(error, "response", None)
        return self.sent, outcome


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Session, Session]:
    """The functions' own on trimmed descriptions, and botocore's on whole ones."""
    data = trimmed(tmp_path_factory.mktemp("trimmed") / "data")
    both = on(data, clients.session()), Session()
    for session in both:
        session.set_default_client_config(Config(parameter_validation=False))
    return both


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits before a repetition, and what is drawn by lot is the same on both sides."""
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=1))


@pytest.mark.parametrize(("service", "operation"), CALLS, ids=lambda value: value)
def test_an_answer_means_the_same(sessions: tuple[Session, Session], service: str, operation: str) -> None:
    """Every error that the service describes and some that it does not, bodies that are none, and of S3 errors behind
    a 200 and redirects, which botocore follows: the same requests, exceptions, codes and members."""
    ours, whole = (Side(CLIENTS[service](session)) for session in sessions)
    model = whole.client.meta.service_model
    called = model.operation_model(operation)
    arguments = example(called.input_shape)
    if "Bucket" in arguments:
        arguments["Bucket"] = "a-bucket"
    codes = [shape.error_code for shape in model.error_shapes]
    for answer in answers(model.metadata["protocol"], codes, called.http["method"]):
        assert ours.call(operation, arguments, answer) == whole.call(operation, arguments, answer), answer
