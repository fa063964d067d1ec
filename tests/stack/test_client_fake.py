"""FakePortway answers as Portway does: one story, told to the fake and to the running stack."""

from __future__ import annotations

import http.client
from contextlib import AbstractContextManager, closing
from typing import Any
from urllib.parse import urlsplit

from portway_client.testing import FakePortway
from portway_client.transport import Halt, Opened, Request, Response
from tests.stack.client_contract import Story
from tests.stack.local_stack import LocalStack


class Plain:
    """A connection for each request, and nothing else."""

    def send(self, request: Request, halt: Halt | None = None) -> Response:
        place = urlsplit(request.url)
        assert isinstance(request.body, bytes)
        with closing(http.client.HTTPConnection(place.netloc, timeout=request.seconds)) as link:
            target = request.url.partition(place.netloc)[2]
            link.request(request.method, target, request.body, dict(request.headers))
            answer = link.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Response(answer.status, headers, answer.read())

    def open(self, request: Request, halt: Halt | None = None) -> AbstractContextManager[Opened]:
        raise NotImplementedError

    def close(self) -> None:
        return None


def fits(one: Any, other: Any) -> bool:
    """Null fits everything, an empty list every list."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(fits(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return not (one and other) or fits(one[0], other[0])
    return one == other or None in (one, other)


def test_the_fake_answers_as_the_running_stack_does(stack: LocalStack) -> None:
    """Statuses, codes, every fault, the headers that a client reads and the shapes of all documents are the same."""
    fake, tokens = FakePortway(), stack.site["tokens"]
    stories = [
        Story(Plain(), stack.site["api"], tokens["owner"], tokens["colleague"]),
        Story(fake, fake.url, fake.token, fake.token_of("colleague")),
    ]
    for story in stories:
        story.tell()
    real, faked = ([row[:4] for row in story.rows] for story in stories)
    assert faked == real
    shapes = zip(*(story.rows for story in stories), strict=True)
    assert [(row[0], row[4], other[4]) for row, other in shapes if not fits(row[4], other[4])] == []
