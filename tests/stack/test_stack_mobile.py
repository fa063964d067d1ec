"""The contract that an iOS or Android app may rely on (docs/clients/mobile.md), kept by an app, a system and hours that
pass: the system is a process of its own that has nothing but a list of URL, headers and file.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dev.client import Api
from tests.security.written import secrets_in
from tests.stack.local_stack import MIB, LocalStack, file_of, local_stack, published_sha256
from tests.stack.phone import PART, App, FileChanged, Killed, Phone, Refused

MINUTE, HOUR = 60, 3600
STORED, URL_DIED, SIGNER_DIED, GONE = (200, ""), (403, "AccessDenied"), (400, "ExpiredToken"), (404, "NoSuchUpload")
CREATE, SIGN, REPORT = "POST /v1/uploads", "POST /v1/capability/parts", "POST /v1/capability/progress"


@dataclass
class World:
    """A stack whose clock goes forward when a test says so."""

    stack: LocalStack
    seconds: int = 0

    def pass_by(self, seconds: int) -> None:
        self.seconds += seconds
        (self.stack.state / "ahead").write_text(str(self.seconds))

    def clock(self) -> float:
        return time.time() + self.seconds


@dataclass
class Life:
    """One phone with one file to send."""

    world: World
    phone: Phone
    path: Path
    apps: list[App] = field(default_factory=list)

    def app(self, dies_before: str = "", signed_in: bool = True) -> App:
        """The app, just launched by the person."""
        owner = self.world.stack.site["tokens"]["owner"] if signed_in else None
        self.apps.append(App(self.phone, lambda token: Api(self.world.stack.site["api"], token), owner, dies_before))
        return self.apps[-1]

    def in_background(self) -> App:
        """The app, relaunched by the system: nobody is there, and no JWT."""
        return self.app(signed_in=False)

    def shared_offline(self, requests: int = 0) -> App:
        """The file is handed over to the system, which has a network for so many requests only."""
        self.phone.tell(network=requests)
        app = self.app()
        app.share(self.path)
        return app

    def woken(self, requests: int | None = None) -> list[tuple[int, str]]:
        """There is a network (for so many requests), the transfers end, the app is woken for it. How they ended."""
        self.phone.tell(network=requests)
        events = self.phone.events()
        self.in_background().woken(events)
        return sorted((event["status"], event["code"]) for event in events)

    def asked(self, what: str) -> int:
        return sum(app.asked.count(what) for app in self.apps)

    def owner(self) -> Api:
        return self.world.stack.api()

    def assert_published(self) -> None:
        """The bytes are those of the file, and nothing of the upload is left on the phone."""
        view = self.owner().await_end(self.app().upload_id)
        assert (view["status"], view["size"]) == ("completed", self.path.stat().st_size)
        assert published_sha256(self.owner(), view["id"]) == hashlib.sha256(self.path.read_bytes()).hexdigest()
        self.in_background().woken()
        assert (list(self.phone.folder.glob("*.part")), self.phone.keychain) == ([], {})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with local_stack(tmp_path_factory.mktemp("mobile")) as stack:
        yield World(stack)


@pytest.fixture
def life(world: World, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Life]:
    path = file_of(tmp_path, 2 * PART + MIB, f"{request.node.name}.bin")
    with Phone(tmp_path / "phone", world.clock) as phone:
        yield Life(world, phone, path)


def test_a_file_is_sent_while_the_app_is_gone(life: Life) -> None:
    """Sign all parts once, hand them to the system and be killed: the system needs no credential and no code of yours.
    At the one wake-up, one report finishes the upload. The record that you keep meanwhile holds no secret."""
    life.app().share(life.path)
    record = (life.phone.folder / "upload.json").read_text()
    assert not secrets_in(record)
    assert life.phone.keychain["token"] not in record
    assert life.woken() == [STORED] * 3
    life.assert_published()
    assert [life.asked(what) for what in (CREATE, SIGN, REPORT)] == [1, 1, 1]


def test_a_photo_needs_one_put_and_no_report(life: Life, tmp_path: Path) -> None:
    """A file of one part, declared with its checksum, is one PUT: its event publishes it, if the app is never woken.
    An answer that was lost is a 412 at the second try, and means the same as 200."""
    life.path = file_of(tmp_path, 3 * MIB, "a photo.bin")
    life.phone.tell(radio=["answer lost"])
    app = life.app()
    app.share(life.path)
    assert life.owner().await_end(app.upload_id)["status"] == "completed"
    assert life.woken() == [(412, "PreconditionFailed")]
    life.assert_published()
    assert life.asked(REPORT) == 0


@pytest.mark.parametrize("late", [20 * MINUTE, 20 * HOUR], ids=["minutes", "hours"])
def test_urls_that_died_are_signed_anew(life: Life, late: int) -> None:
    """However late the system begins, it is told 403 and wakes the app; with the token alone the app signs what is
    missing and hands it over again. What arrived before is not sent twice."""
    life.shared_offline(requests=1)
    arrived = life.phone.event()
    assert arrived["status"] == 200
    life.world.pass_by(late)
    assert life.woken() == [URL_DIED] * 2
    assert arrived["name"] not in life.phone.under_way
    assert life.woken() == [STORED] * 2
    life.assert_published()
    assert (life.asked(CREATE), life.asked(SIGN)) == (1, 2)


@pytest.mark.parametrize("answer", [(400, "ExpiredToken"), (403, "RequestTimeTooSkewed"), (503, "SlowDown"), (500, "")])
def test_other_answers_are_a_reason_to_ask_what_is_missing(life: Life, answer: tuple[int, str]) -> None:
    """Credentials of the signer that ended, a server that has no time: the same routine, and the part is sent again."""
    life.phone.tell(radio=[" ".join(map(str, answer))])
    life.app().share(life.path)
    assert life.woken() == sorted([STORED, STORED, answer])
    assert life.woken() == [STORED]
    life.assert_published()


def test_signing_keeps_an_upload_open_for_days(life: Life) -> None:
    """A phone that is online for a moment every twenty hours loses nothing: each signing renews the upload's day."""
    life.shared_offline()
    for _ in range(3):
        life.world.pass_by(20 * HOUR)
        assert life.woken(requests=3) == [URL_DIED] * 3
    assert life.woken() == [STORED] * 3
    life.assert_published()


def test_an_upload_that_expired_while_the_phone_was_off_says_so(life: Life) -> None:
    """After a day without a sign of life the parts are gone. The token still says `expired`, so that the woken app can
    tidy up; the same file may be shared again, under a new key."""
    life.shared_offline(requests=1)
    first = life.app().upload_id
    life.phone.event()
    life.world.pass_by(50 * HOUR)
    assert life.owner().await_end(first)["status"] == "expired"
    assert life.woken() == [URL_DIED] * 2
    assert (list(life.phone.folder.glob("*.part")), life.phone.keychain) == ([], {})
    life.app().share(life.path)
    assert (life.woken(), life.app().upload_id == first) == ([STORED] * 3, False)
    life.assert_published()


def test_an_upload_that_was_cancelled_elsewhere_stops(life: Life) -> None:
    """Good URLs are 404 at once, the woken app is told `cancelled`, and sends nothing more."""
    app = life.shared_offline(requests=1)
    life.phone.event()
    assert life.owner().call("DELETE", f"/v1/uploads/{app.upload_id}").status in (202, 204)
    assert life.woken() == [GONE] * 2
    assert (list(life.phone.folder.glob("*.part")), life.phone.keychain) == ([], {})
    assert (life.phone.under_way, life.asked(SIGN)) == (set(), 1)


@pytest.mark.parametrize(("took", "later"), [(0, 20 * MINUTE), (10 * HOUR, 11 * HOUR)], ids=["minutes", "hours"])
def test_a_phone_that_is_never_heard_of_again_has_uploaded_its_file(life: Life, took: int, later: int) -> None:
    """All parts arrived and nobody reports or completes: with `auto_complete` the sweeper does, after a quarter of an
    hour, or after as long again as the sending took."""
    app = life.shared_offline()
    life.world.pass_by(took)
    if took:
        assert life.woken(requests=3) == [URL_DIED] * 3
    life.phone.tell(network=None)
    assert [event["status"] for event in life.phone.events()] == [200] * 3
    life.world.pass_by(later)
    assert life.owner().await_end(app.upload_id)["status"] == "completed"
    assert life.asked(REPORT) == 0
    life.assert_published()


def test_completing_twice_is_completing_once(life: Life) -> None:
    """An app that is woken twice, or does not know whether its complete was heard, just does it again."""
    app = life.app()
    app.share(life.path)
    life.phone.events()
    token = life.phone.keychain["token"]
    phone = Api(life.world.stack.site["api"], token)
    answers = [phone.call("POST", "/v1/capability/complete", {"size": life.path.stat().st_size}) for _ in range(2)]
    answers.append(phone.call("POST", "/v1/capability/progress", {"stored": [[1, 3]]}))
    assert {answer.status for answer in answers} <= {200, 202}
    assert {answer.document["id"] for answer in answers} == {app.upload_id}
    life.assert_published()


def test_what_the_system_sends_twice_is_there_once(life: Life) -> None:
    """A request whose answer was lost, and one that broke half way, are sent again by the system, to the same URL."""
    life.phone.tell(radio=["answer lost", "cut", "answer lost"])
    life.app().share(life.path)
    assert life.woken() == [STORED] * 3
    life.assert_published()


@pytest.mark.parametrize("step", ["create", "keep id", "token", "keep token", "hand over"])
def test_an_app_that_is_killed_goes_on_where_it_was(life: Life, step: str) -> None:
    """Whatever was not done is done when the person opens the app again: the key gives the same upload, a second token
    ends the first, and parts that nobody has are signed."""
    with pytest.raises(Killed):
        life.app(dies_before=step).share(life.path)
    life.app().in_front()
    assert life.woken() == [STORED] * 3
    life.assert_published()
    mine = [row for row in life.owner().ask("GET", "/v1/uploads")["uploads"] if row["name"] == life.path.name]
    assert len(mine) == 1


def test_a_token_that_was_taken_back_waits_for_the_person(life: Life) -> None:
    """Parts that are under way still arrive, the rest waits: the woken app is told 401, keeps what it has cut, and asks
    for a new token when its owner opens it. Nothing that arrived is sent again."""
    life.shared_offline(requests=1)
    life.phone.event()
    upload_id = life.app().upload_id
    assert life.owner().call("DELETE", f"/v1/uploads/{upload_id}/token").status == 204
    life.world.pass_by(20 * MINUTE)
    assert life.woken() == [URL_DIED] * 2
    assert (life.phone.keychain, life.phone.under_way) == ({}, set())
    assert len(list(life.phone.folder.glob("*.part"))) == 3
    life.app().in_front()
    assert len(life.phone.under_way) == 2
    assert life.woken() == [STORED] * 2
    life.assert_published()


@pytest.mark.parametrize("spoil", [Path.unlink, lambda part: part.write_bytes(b"?" * PART)], ids=["deleted", "damaged"])
def test_a_part_file_that_the_system_lost_is_cut_again(life: Life, spoil: Callable[[Path], object]) -> None:
    """A file that is gone is told by the system, one that is damaged by S3 (BadDigest): both are cut from the original
    again."""
    app = life.shared_offline()
    spoil(app.part("1"))
    answer = life.woken()
    assert answer[0] in ((0, "no file"), STORED)
    assert answer[-1] in (STORED, (400, "BadDigest"))
    assert len(life.phone.under_way) == 1
    assert life.woken() == [STORED]
    life.assert_published()


def test_a_part_that_fresh_urls_do_not_mend_is_an_error(life: Life) -> None:
    """Refused twice while its URL was good: the app stops and tells the person, instead of emptying the battery."""
    app = life.shared_offline()
    app.part("1").write_bytes(b"?" * PART)
    assert life.woken(requests=3)[-1] == (400, "BadDigest")
    app.part("1").write_bytes(b"!" * PART)
    with pytest.raises(Refused):
        life.woken()


def test_another_picture_under_the_same_name_is_never_mixed_in(life: Life) -> None:
    """The original changed and a part has to be cut again: its checksum is not the declared one, and it is not sent."""
    app = life.shared_offline()
    app.part("1").unlink()
    life.path.write_bytes(life.path.read_bytes()[::-1])
    with pytest.raises(FileChanged):
        life.woken()
    assert life.phone.under_way == set()


@pytest.mark.parametrize("wrong_by", [-9 * HOUR, 9 * HOUR], ids=["slow", "fast"])
def test_the_clock_of_the_phone_may_be_wrong(life: Life, wrong_by: int) -> None:
    """Only differences between the server's own times are used: being nine hours off costs no request and no part, and
    URLs that died are not taken for URLs that were refused."""
    life.phone.clock = lambda: life.world.clock() + wrong_by
    life.shared_offline(requests=1)
    life.phone.event()
    for _ in range(2):
        life.world.pass_by(20 * MINUTE)
        assert life.woken(requests=2) == [URL_DIED] * 2
    assert life.woken() == [STORED] * 2
    life.assert_published()
    assert life.asked(SIGN) == 3
