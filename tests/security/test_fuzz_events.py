"""Events and headers from anybody: a forged one changes nothing, a broken one comes back, none is an error of ours."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from itertools import count
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portway.protocols import object_batch
from portway.protocols.messages import Handler
from portway.protocols.scan_events import Plan
from tests.protocols.documented import DocumentedService
from tests.protocols.service import OWNER, Service, service
from tests.protocols.steps import BY_JWT, TINY, tiny
from tests.security.effort import tries
from tests.security.front import Front

NUMBERS = count(1)
TEXT = st.text(max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)
CALM = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


class Processor:
    """The function behind the queue, over the stores of an API."""

    def __init__(self, api: Service) -> None:
        self.api, self.logs = api, io.StringIO()
        logger = Logger(service=f"fuzzed-{next(NUMBERS)}", stream=self.logs, level="INFO")
        self._handle = object_batch.handler(api.processing, Plan(None, api.objects.incoming), logger)
        self._end = object_batch.dead_letter_handler(api.dead_letters, api.objects.incoming, logger)

    def __call__(self, *bodies: str) -> list[str]:
        """The ids, by position, of the messages that come back."""
        return self._back(self._handle, *bodies)

    def give_up(self, *bodies: str) -> list[str]:
        """The same, of those that come back to the dead letter queue."""
        return self._back(self._end, *bodies)

    def _back(self, handle: Handler, *bodies: str) -> list[str]:
        records = [
            {"messageId": str(number), "eventSource": "aws:sqs", "body": body, "attributes": {}}
            for number, body in enumerate(bodies)
        ]
        answer = handle({"Records": records})
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.fixture
def process(api: Service) -> Processor:
    return Processor(api)


def event(api: Service, upload_id: str) -> dict[str, Any]:
    """The good event about the object of a stored upload."""
    upload = api.sessions.uploads[upload_id]
    assert upload.stored is not None
    made = {"key": upload.key, "version-id": upload.stored.version_id, "size": upload.size, "etag": upload.stored.etag}
    bucket = {"name": api.objects.incoming}
    return {"source": "aws.s3", "detail-type": "Object Created", "detail": {"bucket": bucket, "object": made}}


def held(api: Service) -> Any:
    return deepcopy((api.sessions.uploads, api.sessions.counters, api.objects.versions, api.announcer.events))


Change = Callable[[dict[str, Any]], object]
FORGERIES: dict[str, Change] = {
    "another bucket": lambda e: e["detail"]["bucket"].update(name="somebody-elses"),
    "the published bucket": lambda e: e["detail"]["bucket"].update(name="portway-published"),
    "another source": lambda e: e.update(source="evil.s3"),
    "another kind": lambda e: e.update({"detail-type": "Object Deleted"}),
    "a verdict of a scanner": lambda e: e.update(
        {"source": "aws.guardduty", "detail-type": "GuardDuty Malware Protection Object Scan Result"}
    ),
    "another tenant's key": lambda e: e["detail"]["object"].update(key="in/0000000000000000/" + "0" * 26),
    "an unknown key": lambda e: e["detail"]["object"].update(key="in/elsewhere"),
    "a key above the folder": lambda e: e["detail"]["object"].update(key="../" + e["detail"]["object"]["key"]),
    "another version": lambda e: e["detail"]["object"].update({"version-id": "another"}),
    "no key": lambda e: e["detail"]["object"].pop("key"),
    "no detail": lambda e: e.pop("detail"),
    "no bucket": lambda e: e["detail"].pop("bucket"),
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_event_changes_nothing(api: Service, process: Processor, forge: Change) -> None:
    """Wrong bucket, source, key or version, or a member missing: stores and bus are as before; the true one works."""
    upload_id = tiny(api, "completed")
    true = event(api, upload_id)
    forged = deepcopy(true)
    forge(forged)
    before = held(api)
    process(json.dumps(forged))
    assert process.give_up(json.dumps(forged)) == []
    assert held(api) == before
    assert process(json.dumps(true)) == []
    assert api.sessions.uploads[upload_id].status == "PUBLISHED"


@pytest.mark.parametrize("stage", ["created", "sent", "published", "removed"])
def test_a_true_event_at_a_wrong_time_moves_nothing_back(api: Service, process: Processor, stage: str) -> None:
    """As often as it comes: before the object is there, and after its file is published or removed."""
    upload_id = tiny(api, stage)
    upload = api.sessions.uploads[upload_id]
    true = {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": api.objects.incoming}, "object": {"key": upload.key}},
    }
    before = held(api)
    for _ in range(3):
        assert process(json.dumps(true)) == []
    assert held(api) == before


@settings(max_examples=tries(150), deadline=None, suppress_health_check=CALM)
@given(bodies=st.lists(st.one_of(TEXT, JSON.map(json.dumps)), min_size=1, max_size=3))
def test_whatever_the_queue_holds_is_taken_or_comes_back(api: Service, process: Processor, bodies: list[str]) -> None:
    """Random text and random JSON: the function never raises and nothing changes; the rest of the batch is done."""
    before = held(api)
    back = process(*bodies)
    assert set(back) <= {str(number) for number in range(len(bodies))}
    assert process.give_up(*bodies) == [], "a dead letter that is no event does not circle for ever"
    assert held(api) == before


@settings(max_examples=tries(150), deadline=None, suppress_health_check=CALM)
@given(members=st.dictionaries(st.sampled_from(["source", "detail-type", "detail", "account"]), JSON), inner=JSON)
def test_an_event_with_a_random_member_is_no_error(
    api: Service, process: Processor, members: Mapping[str, Any], inner: Any
) -> None:
    """A good event in which anything is anything: taken or given back, and no upload comes from it."""
    detail = {"bucket": {"name": api.objects.incoming}, "object": {"key": inner, "version-id": inner}}
    body = json.dumps({"source": "aws.s3", "detail-type": "Object Created", "detail": detail, **members})
    process(body)
    assert process.give_up(body) == []
    assert api.sessions.uploads == {}
    assert api.announcer.events == []


HEADERS = st.dictionaries(
    st.sampled_from(["idempotency-key", "x-forwarded-for", "x-tenant", "accept", "cookie", "range", "if-match"])
    | st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True),
    st.text(st.characters(exclude_categories=()), max_size=60),
    max_size=5,
)


@settings(max_examples=tries(150), deadline=None, suppress_health_check=CALM)
@given(headers=HEADERS, route=st.sampled_from(BY_JWT))
def test_no_header_makes_somebody_else(headers: dict[str, str], route: tuple[str, str, str, Any]) -> None:
    """Whatever headers say: no error of ours, and what is created belongs to the owner of the token."""
    api = service(DocumentedService)
    path = route[1].replace("<upload_id>", "0" * 26).replace("<file_id>", "0" * 26)
    body = TINY if route[2] == "create" else None
    answer = api.call(route[0], path, body, headers=headers)
    assert answer.status < 500
    assert {(each.tenant, each.owner) for each in api.sessions.uploads.values()} <= {(OWNER["tenant"], OWNER["sub"])}


@settings(max_examples=tries(100), deadline=None, suppress_health_check=CALM)
@given(text=st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=60))
def test_no_authorization_header_but_a_good_token_opens_anything(front: Front, text: str) -> None:
    """Random words where a token belongs: always the gateway's 401."""
    assert front.ask("GET", "/v1/uploads", token=text).status == 401
    assert front.calls == []
