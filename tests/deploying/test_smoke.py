"""`make smoke`: each check passes on a backend that is well, and fails on one that is broken in its way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dev.smoke import __main__ as smoke
from dev.smoke.checks import CHECKS, FOREIGN
from dev.smoke.report import Mark, rows, summary
from dev.smoke.site import of_address
from portway_client import Finding
from portway_client.testing import FakePortway
from portway_client.testing.records import FakeFile, FakeUpload
from portway_client.transport import Request, Response
from tests.deploying.stand_in import ORIGIN, StandIn, allows, answers, careful, report, visit

API, S3 = FakePortway.url, "https://s3.test"
NO_UPLOADS: dict[str, object] = {"uploads": [], "cursor": None}


def broken(_: FakeFile) -> list[Finding]:
    raise RuntimeError("the inspector broke")


def other_bytes() -> FakePortway:
    """One that publishes something else than it was sent."""
    fake = FakePortway(inspector=careful)
    store = fake.world._store

    def swapped(upload: FakeUpload) -> None:
        store(upload)
        upload.content = b"x" * len(upload.content or b"")

    fake.world._store = swapped  # type: ignore[method-assign]
    return fake


def forgets(request: Request, answer: Response) -> Response:
    """S3 has lost what it took: its parts are not listed, and all are missing."""
    if request.method == "GET" and "/parts?cursor=0" in request.url:
        return Response(200, answer.headers, b'{"parts": [], "cursor": null}')
    return answer


BROKEN: dict[str, tuple[Callable[[], StandIn], str]] = {
    "everybody gets in": (lambda: StandIn(change=answers(200, NO_UPLOADS, method="GET", was=401)), "tokens"),
    "nobody gets in": (lambda: StandIn(change=answers(401, place=API)), "tokens"),
    "no tenant": (lambda: StandIn(change=answers(403, place=f"{API}/v1/uploads", was=200)), "tokens"),
    "the API lets in all pages": (lambda: StandIn(change=allows("*", API)), "CORS of the API"),
    "the API lets in a foreign page": (lambda: StandIn(change=allows(FOREIGN, API)), "CORS of the API"),
    "the API lets in no page": (lambda: StandIn(change=allows("", API)), "CORS of the API"),
    "S3 lets in all pages": (lambda: StandIn(change=allows("*", S3)), "CORS of storage"),
    "S3 lets in no page": (lambda: StandIn(change=allows("", S3)), "CORS of storage"),
    "another byte is published": (lambda: StandIn(other_bytes()), "one byte"),
    "other bytes are published": (lambda: StandIn(other_bytes()), "a small file"),
    "other parts are published": (lambda: StandIn(other_bytes()), "three parts"),
    "nothing is rejected": (lambda: StandIn(FakePortway()), "a false picture"),
    "inspection is broken": (lambda: StandIn(FakePortway(inspector=broken)), "a false picture"),
    "S3 takes any length": (lambda: StandIn(change=answers(200, place=S3, was=403)), "a byte too many"),
    "S3 takes nothing": (lambda: StandIn(change=answers(403, place=S3, was=200)), "a byte too many"),
    "cancel does nothing": (lambda: StandIn(swallows=("DELETE", "/v1/uploads/")), "cancel"),
    "S3 goes on after cancel": (lambda: StandIn(change=answers(200, place=S3, was=404)), "cancel"),
    "delete does nothing": (lambda: StandIn(swallows=("DELETE", "/v1/files/")), "clean-up"),
}


def test_all_is_well_where_all_is_well() -> None:
    """Every check passes, and nothing of what was made is left."""
    world = StandIn()
    found = report(world)
    assert {name: row.mark for name, row in found.items()} == dict.fromkeys(
        [*(check.name for check in CHECKS), "clean-up"], Mark.OK
    )
    assert not world.fake.files
    assert not [upload for upload in world.fake.uploads.values() if upload.status.is_open]


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_told(name: str) -> None:
    """Each check fails on a backend that does not do what it looks at."""
    make, check = BROKEN[name]
    assert report(make())[check].mark is Mark.FAIL


def test_every_check_can_fail() -> None:
    """There is no check that says ok whatever it meets."""
    assert {check for _, check in BROKEN.values()} == {*(check.name for check in CHECKS), "clean-up"}


def test_parts_that_were_there_are_not_sent_again() -> None:
    """A backend that forgets what it has makes the client send everything, and that is told."""
    row = report(StandIn(change=forgets))["three parts"]
    assert (row.mark, "3 were sent again" in row.words) == (Mark.FAIL, True), row.words


def test_who_made_too_many_uploads_waits_as_he_is_told() -> None:
    """Runs slow their owner down, by files that are refused: that is no failure, and no reason to ask in a hurry."""
    refused, waited = iter([True, True]), list[float]()

    def busy(request: Request, answer: Response) -> Response:
        is_made = answer.status == 201 and isinstance(request.body, bytes) and b'"multipart"' in request.body
        return Response(429, {"retry-after": "3"}) if is_made and next(refused, False) else answer

    seen = visit(StandIn(change=busy))
    seen.pause = waited.append
    assert {row.mark for row in rows(seen)} == {Mark.OK}
    assert waited == [3.0, 3.0]


def test_without_a_good_token_the_rest_is_not_asked() -> None:
    """One cause is one failure; what needs no token is looked at all the same."""
    found = report(StandIn(change=answers(401, place=f"{API}/v1/uploads")))
    assert found["tokens"].mark is Mark.FAIL
    skipped = {name for name, row in found.items() if row.mark is Mark.SKIPPED}
    assert skipped == {check.name for check in CHECKS if check.needs}


def test_without_an_origin_pages_are_not_asked_about() -> None:
    """Of an address alone nobody knows whose pages may come; the words say how to name one."""
    bare = visit(StandIn())
    bare.site = of_address(API, {})
    found = {row.check: row for row in rows(bare)}
    assert found["CORS of the API"].mark is Mark.SKIPPED
    assert "ORIGIN=" in found["CORS of the API"].words
    assert found["cancel"].mark is Mark.OK


def test_a_policy_without_pictures_is_not_a_failure() -> None:
    """A category that takes no PNG rejects nothing here; the words say how to name another one."""
    own = visit(StandIn())
    own.rejecting = "papers"
    row = {row.check: row for row in rows(own)}["a false picture"]
    assert (row.mark, "REJECTING=" in row.words) == (Mark.SKIPPED, True), row.words


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_what_was_made_is_removed_when_it_is_interrupted(method: str) -> None:
    """Ctrl-C in the middle of a check leaves no file and no open upload, also of one whose creation nobody heard of."""
    world, interrupted = StandIn(), list[str]()

    def interrupt(request: Request, answer: Response) -> Response:
        if request.method == method and not interrupted:
            interrupted.append(request.method)
            raise KeyboardInterrupt
        return answer

    run = rows(visit(world))
    while next(run).check != "a byte too many":
        pass
    world.change = interrupt
    with pytest.raises(KeyboardInterrupt):
        next(run)
    assert interrupted
    assert not [upload for upload in world.fake.uploads.values() if upload.status.is_open]
    assert not world.fake.files


def test_another_run_is_left_alone() -> None:
    """Two at a time, of one owner: each removes its own."""
    world = StandIn()
    other = visit(world)
    upload_id, _ = other.declare(1)
    list(rows(visit(world)))
    assert world.fake.uploads[upload_id].status.is_open


def test_the_sum_says_how_many_and_how_long() -> None:
    """Its last line is what somebody pastes into a ticket."""
    found = list(rows(visit(StandIn(change=allows("", API)))))
    assert summary("portway-dev", found).startswith("portway-dev: 9 of 10 checks went well, 1 FAILED, ")


@pytest.mark.parametrize(
    ("world", "code"), [(StandIn(), 0), (StandIn(change=allows("*", API)), 1)], ids=["well", "broken"]
)
def test_the_exit_code_can_be_trusted(world: StandIn, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """0 only if nothing failed; each check has its line, and no line holds the token or a signed URL."""
    environment = {"TOKEN": world.fake.token, "ORIGIN": ORIGIN, "REJECTING": "anything"}
    assert smoke.main(["--api", API], environment, transport=lambda: world) == code
    out = capsys.readouterr().out
    assert all(check.name in out for check in CHECKS)
    assert world.fake.token not in out
    assert "X-Amz" not in out


def test_without_a_token_it_says_where_to_get_one(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2: nothing was looked at."""
    assert smoke.main(["--api", API], {}, transport=StandIn) == 2
    assert "SMOKE_CLIENT_ID" in capsys.readouterr().err
