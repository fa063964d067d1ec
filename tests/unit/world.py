"""Portway over the fakes: a small world with a clock that stands still, and tiny limits, so that ten bytes are a file.

Every call of a port goes through a tap, where a test can let something happen just before or after it: another request,
a lost answer, a crash. What the tests themselves do to the fakes does not go through it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from dev.s3 import checksums
from portway import policy
from portway.copying import Copying, Turns
from portway.dead_letters import DeadLetters
from portway.declaration import Declaration, Lifetime, Rules
from portway.deriving import Deriving
from portway.endings import Endings
from portway.errors import Unavailable
from portway.expiry import Expiry
from portway.files import Files
from portway.inspecting import Inspection
from portway.model import TERMINAL, Principal, Status, Upload
from portway.outbox import Outbox
from portway.parts import Layout, Limits
from portway.pipeline import View
from portway.presign import Credentials, place_of
from portway.processing import Arrival, Outcome, Processing
from portway.publishing import Publishing
from portway.quarantine import Quarantine
from portway.quotas import NOTHING, Account, Quota, Quotas, Room
from portway.reader import Budget
from portway.results import Maker
from portway.retirement import Retirement
from portway.retries import Retries
from portway.sealing import Sealing
from portway.signing import Form, PartSigner, Window
from portway.sweeping import Sweeper
from portway.uploads import Uploads
from portway.verdicts import Finding, Severity
from tests.fakes.announcer import FakeAnnouncer
from tests.fakes.clock import CountingIds, FakeClock
from tests.fakes.copies import FakeCopies
from tests.fakes.objects import FakeObjects
from tests.fakes.presigned import Door
from tests.fakes.rates import FakeRates
from tests.fakes.results import FakeResults
from tests.fakes.sessions import FakeSessions
from tests.unit.rules import POLICY

OWNER, COLLEAGUE, STRANGER = Principal("acme", "owner"), Principal("acme", "colleague"), Principal("globex", "stranger")
CONTENT = b"0123456789"
"""Three parts of 4, 4 and 2 bytes."""
AT_ONCE: Mapping[str, Any] = {"part_size": 16, "checksum": checksums.b64(checksums.digest("crc64nvme", CONTENT))}
"""What CONTENT needs besides to be sent in one PUT."""
HOUR, DAY = 3600, 86_400
LIFETIME = Lifetime(session_ms=DAY * 1000, most_ms=7 * DAY * 1000)
LIMITS = Limits(min_part=4, max_part=64, max_parts=10, default_part=4, step=1)
WHOLE = Turns(copy_bytes=640, max_parts=10, at_once=2, milliseconds=0)
"""Every file is copied at once. A turn has time for one batch of two parts."""
LARGE = replace(WHOLE, copy_bytes=4)
"""CONTENT is a large file: three parts."""
QUOTA, AMPLE = Quota(size=100, uploads=3), Quota(size=1 << 50, uploads=1_000_000)
REGION = "eu-central-1"
CREDENTIALS = Credentials("ASIAEXAMPLEEXAMPLE00", "an example and no secret", "an-example-token")
INFECTED = Finding("forbidden", Severity.REJECT, "It holds what nobody wants.")
Tap = Callable[[str, Callable[[], Any]], Any]
"""(port.method, the call) → what the caller gets."""
Action = Callable[[], object]
P = TypeVar("P")


class Script:
    """A tap: remembers the names of all calls, and does what was asked for once, beside the nth call of a name."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self._before: dict[str, tuple[int, Action]] = {}
        self._after: dict[str, tuple[int, Action]] = {}

    def before(self, name: str, action: Action, nth: int = 1) -> None:
        self._before[name] = nth, action

    def after(self, name: str, action: Action, nth: int = 1) -> None:
        self._after[name] = nth, action

    def __call__(self, name: str, call: Callable[[], Any]) -> Any:
        self.calls.append(name)
        _due(self._before, name)()
        answer = call()
        _due(self._after, name)()
        return answer

    def effects(self, action: Action) -> list[str]:
        """The names of the calls that `action` makes."""
        first = len(self.calls)
        action()
        return self.calls[first:]


def _due(planned: dict[str, tuple[int, Action]], name: str) -> Action:
    nth, action = planned.pop(name, (1, _nothing))
    if nth > 1:
        planned[name] = nth - 1, action
        return _nothing
    return action


def _nothing() -> None:
    """What happens beside most calls."""


def no_answer() -> None:
    """Before a call: it never arrived. After it: it did its work, and nobody heard."""
    raise Unavailable("no answer")


class Killed(BaseException):
    """The function is gone: out of memory, out of time. Nothing of it runs any more."""


def killed() -> None:
    raise Killed


class _Tapped:
    def __init__(self, name: str, port: object, tap: Tap) -> None:
        self._name, self._port, self._tap = name, port, tap

    def __getattr__(self, method: str) -> Callable[..., Any]:
        call = getattr(self._port, method)
        return lambda *args, **options: self._tap(f"{self._name}.{method}", lambda: call(*args, **options))


def tapped(name: str, port: P, tap: Tap) -> P:
    """The same port, with every call handed to the tap."""
    return cast(P, _Tapped(name, port, tap))


class World:
    """The use cases, and the fakes behind their ports.

    `objections` is what inspection finds from now on; `seen` holds what the inspector was shown, `bugs` what it met.
    `makers` is what can be made of published files: the policy asks for `facts` and `gzip`.
    """

    def __init__(
        self,
        script: Script | None = None,
        quota: Quota = QUOTA,
        remembers_completes: bool = False,
        tenant_quota: Quota = AMPLE,
        turns: Turns = WHOLE,
    ) -> None:
        self.script = script or Script()
        self.clock, self.ids = FakeClock(), CountingIds()
        self.credentials = CREDENTIALS
        self.objections: Sequence[Finding] = ()
        self.seen: list[View] = []
        self.bugs: list[Exception] = []
        self.objects = FakeObjects(LIMITS.min_part, remembers_completes, self.clock)
        self.sessions, self.announcer = FakeSessions(), FakeAnnouncer()
        objects, sessions = self.port("objects", self.objects), self.port("sessions", self.sessions)
        policies = policy.load(json.dumps(POLICY))
        self.rules = Rules(replace(policies, quotas=Quotas(Room(quota, tenant_quota))), LIFETIME, LIMITS)
        self.outbox = Outbox(sessions, self.port("announcer", self.announcer))
        self.copies = FakeCopies(self.objects)
        copies = self.port("copies", self.copies)
        self.endings = Endings(objects, copies, sessions, self.outbox, self.clock)
        self.sealing = Sealing(objects, sessions, self.endings, self.clock)
        place = place_of(self.objects.incoming, REGION)
        self.signer = PartSigner(place, lambda: self.credentials, 900, self.clock)
        self.rates = FakeRates(points=self.sessions.risks)
        limiter = self.port("limiter", self.rates)
        signing, guards = (self.signer, self.rules, self.clock, self.ids), (limiter, self.outbox)
        self.uploads = Uploads(objects, sessions, self.endings, self.sealing, *signing, *guards)
        shown = place_of(self.objects.published, REGION)
        self.files = Files(self.uploads, sessions, self.endings, shown, lambda: self.credentials, 900, self.clock)
        inspectors = {"objections": self._inspect}
        inspection = Inspection(objects, policies, inspectors, Budget(), self.clock, self._report)
        copying = Copying(copies, sessions, self.objects.published, turns, self.clock)
        publishing, work = Publishing(objects, copying, policies), (360_000, self.clock, self.ids)
        self.processing = Processing(sessions, self.endings, self.outbox, inspection, publishing, *work)
        self.makers: dict[str, Maker] = {}
        results, about = self.port("results", FakeResults(self.objects)), (policies, self._makers_for, self.clock)
        self.deriving = Deriving(results, sessions, self.outbox, *about, self._report)
        self.dead_letters = DeadLetters(self.processing, self.clock)
        quotas, key = self.rules.policies.quotas, lambda: self.credentials
        self.quarantine = Quarantine(sessions, objects, self.files, quotas, place, key, self.clock)
        self.retries = Retries(self.uploads, sessions, self.rules.policies.quotas, self.clock)
        self.expiry = Expiry(sessions, self.endings, self.sealing, LIFETIME, self.clock)
        retirement = Retirement(sessions, self.endings, policies, self.clock)
        self.sweeper = Sweeper(sessions, retirement, self.expiry, self.processing, self.outbox, self.clock)
        self.door = Door(self.objects, {CREDENTIALS.access_key: CREDENTIALS.secret_key}, REGION)

    def port(self, name: str, port: P) -> P:
        """What the use cases get for a port. The model checker hands them something else (tests/faults/model)."""
        return tapped(name, port, self.script)

    def _inspect(self, view: View) -> Iterator[Finding]:
        self.seen.append(view)
        yield from self.objections

    def _makers_for(self, names: tuple[str, ...], content_type: str) -> dict[str, Maker]:
        return {name: make for name, make in self.makers.items() if name in names}

    def _report(self, inspector: str, bug: Exception) -> None:
        self.bugs.append(bug)

    def create(self, principal: Principal = OWNER, upload_id: str | None = None, **changes: Any) -> Upload:
        """A new upload of CONTENT; `changes` are fields of the declaration."""
        return self.uploads.create(principal, declared(**changes), upload_id).upload

    def put(self, window: Window | None, content: bytes = CONTENT) -> None:
        """Send the parts of a window to S3 through their URLs, as a client does."""
        for batch in window.batches if window else ():
            for url, part in zip(batch.urls(), batch.parts, strict=True):
                first = LIMITS.default_part * (part.number - 1)
                body = content[first : first + part.length]
                answer = self.door.put(url, body, batch.headers(part), now=self.clock())
                assert answer.status == 200, answer

    def send(self, upload: Upload, numbers: Sequence[int] = (), content: bytes = CONTENT) -> Upload:
        """Sign and send these parts, or all; returns the upload."""
        wanted = numbers or range(1, upload.part_count + 1)
        self.put(self.uploads.sign_parts(owner_of(upload), upload.id, wanted, Form.URLS, {}), content)
        return upload

    def overwrite(self, upload: Upload, number: int, data: bytes) -> None:
        """A client whose URL is still good sends another body for a part."""
        assert upload.multipart_id is not None
        self.objects.upload_part(upload.key, upload.multipart_id, number, data)

    def sent(self, **changes: Any) -> Upload:
        """An open upload whose parts are all in S3."""
        return self.send(self.create(**changes))

    def sealed(self, **changes: Any) -> Upload:
        """COMPLETING: the manifest is kept, S3 was not asked yet."""
        return self.sealing.seal(self.sent(**changes), None)

    def stored(self, **changes: Any) -> Upload:
        upload = self.sent(**changes)
        return self.uploads.complete(owner_of(upload), upload.id)

    def ended(self, **changes: Any) -> Upload:
        """Published, or quarantined when there are objections."""
        upload = self.stored(**changes)
        self.arrive(upload)
        return self.record(upload)

    def arrive(self, upload: Upload) -> Outcome:
        """The event about the object of this upload, as S3 sends it."""
        versions = [version_id for key, version_id in self.objects.created if key == upload.key]
        return self.processing.arrived(Arrival(upload.key, versions[-1] if versions else None))

    def give_up(self, upload: Upload) -> Outcome:
        """The event about its object, after it failed five times."""
        return self.dead_letters.arrived(Arrival(upload.key, upload.stored.version_id if upload.stored else None))

    def failed(self, **changes: Any) -> Upload:
        """Quarantined for the reason `error`."""
        upload = self.stored(**changes)
        self.give_up(upload)
        return self.record(upload)

    def record(self, upload: Upload) -> Upload:
        """The record as it is now."""
        return self.sessions.uploads[upload.id]

    def used(self, principal: Principal = OWNER) -> tuple[int, int]:
        """Bytes and open uploads on the account of an owner."""
        held = self.sessions.counters.get(Account(principal.tenant, principal.owner), NOTHING)
        return held.size, held.uploads

    def told(self) -> list[str]:
        """The ids of the events on the bus that tell how an upload ended."""
        return [event.id for event in self.announcer.events if event.id.split("#")[1] in TERMINAL]

    def files_of(self, upload: Upload) -> list[bytes]:
        """The bytes of every version at the published key of an upload."""
        place = (self.objects.published, policy.published_key(upload.tenant, upload.id))
        return [version.data for version in self.objects.versions.get(place, ())]


def disturbed(world: World, upload: Upload, times: int = 1000) -> None:
    """Just before each of the next writes, somebody else changes the record's due time."""

    def disturb() -> None:
        current = world.record(upload)
        world.sessions.uploads[upload.id] = replace(current, due_at=(current.due_at or 0) + 1)
        disturbed(world, upload, times - 1)

    if times:
        world.script.before("sessions.save", disturb)


def declared(**changes: Any) -> Declaration:
    """CONTENT, declared without a first window."""
    fields: dict[str, Any] = {
        "name": "song.mp3",
        "size": len(CONTENT),
        "content_type": "audio/mpeg",
        "category": "anything",
        "request_hash": "hash of the request",
        "window": 0,
    }
    return Declaration(**{**fields, **changes})


def owner_of(upload: Upload) -> Principal:
    return Principal(upload.tenant, upload.owner)


def cut(upload: Upload, content: bytes = CONTENT) -> list[bytes]:
    """The bodies of the parts."""
    layout = Layout(upload.size, upload.part_size)
    return [content[layout.part_size * n :][: layout.length(n + 1)] for n in range(layout.count)]


def at(upload: Upload, status: Status, **changes: Any) -> Upload:
    """The record as if it were in this state, whatever its history."""
    return replace(upload, status=status, **changes)
