"""Lives of a small file in one PUT, whose URL is good for a while whatever becomes of the upload: that they try.

And lives of a file of unknown size, whose quota is taken window by window.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from portway.errors import PortwayError, WrongState
from portway.model import GRACE_MS, Status, Upload
from portway.signing import Form, Window
from tests.fakes.clock import START
from tests.faults.crashes import alone
from tests.faults.lives import ID, OPEN_END, Life, Story
from tests.unit.world import AT_ONCE, CONTENT, DAY, INFECTED, OWNER, declared


def create(life: Life) -> Window:
    """The URL of the upload, as it was signed at its beginning, whatever became of it since."""
    upload = life.world.uploads.create(OWNER, declared(**AT_ONCE), ID).upload
    first = replace(upload, status=Status.OPEN)
    signer = replace(life.world.signer, now=lambda: START)
    return signer.sign(first, [1], Form.URLS, {})


def put(life: Life, window: Window) -> int:
    """The file through its URL. S3's status: 412 when it is there already, 403 after the end of the URL."""
    (batch,) = window.batches
    (url,) = batch.urls()
    return life.world.door.put(url, CONTENT, batch.headers(batch.parts[0]), now=life.world.clock()).status


def sent(life: Life) -> Window:
    """An upload whose file was sent."""
    window = create(life)
    put(life, window)
    return window


def published(life: Life) -> None:
    sent(life)
    life.deliver()


def told(life: Life) -> None:
    """The client does not rely on the event."""
    sent(life)
    life.complete()
    life.deliver()


def sent_twice(life: Life) -> None:
    """The answer to the first PUT was lost, and the event comes while the client repeats it."""
    window = sent(life)
    life.script.before("sessions.save", lambda: put(life, window))
    life.deliver()
    put(life, window)
    life.deliver()


def noticed_twice(life: Life) -> None:
    """By the event and by complete, at once."""
    sent(life)
    life.script.before("sessions.save", alone(life.complete))
    life.deliver()


def unnoticed(life: Life) -> None:
    """No event and no client: the sweeper finds it."""
    sent(life)


def rejected(life: Life) -> None:
    life.world.objections = [INFECTED]
    published(life)


def cancelled(life: Life) -> None:
    """After its file came, before anybody noticed."""
    sent(life)
    life.world.uploads.abort(OWNER, ID)


def cancelled_too_soon(life: Life) -> None:
    """The file comes through a URL that outlives the upload."""
    window = create(life)
    life.world.uploads.abort(OWNER, ID)
    put(life, window)
    life.deliver()


def sent_before(call: str, nth: int, end: Callable[[Life], object], seconds: int = 0) -> Callable[[Life], None]:
    """The file comes just before this call of what ends the upload so many seconds later."""

    def run(life: Life) -> None:
        window = create(life)
        life.world.clock.pass_seconds(seconds)
        until = life.world.clock() + GRACE_MS
        life.script.before(call, lambda: land(life, window, until), nth)
        end(life)
        life.deliver()

    return run


def land(life: Life, window: Window, until: int) -> None:
    """The end of a PUT that began while its URL was good; none is on its way for longer than the grace."""
    (batch,) = window.batches
    (url,) = batch.urls()
    if life.world.clock() < until:
        life.world.door.put(url, CONTENT, batch.headers(batch.parts[0]), now=START)


def cancelled_before_adoption(life: Life) -> None:
    """The event has seen the object; before it says so, the owner cancels."""

    def cancel() -> None:
        with suppress(PortwayError):
            life.world.uploads.abort(OWNER, ID)

    sent(life)
    life.script.before("sessions.save", alone(cancel))
    life.deliver()


def abort(life: Life) -> None:
    life.world.uploads.abort(OWNER, ID)


def expire(life: Life) -> None:
    """The look after the end of the session; a PUT that began before it is still on its way."""
    life.world.sweeper.sweep()


def removed(life: Life) -> None:
    """And sent once more through the same URL."""
    window = sent(life)
    life.deliver()
    life.world.files.delete(OWNER, ID)
    put(life, window)
    life.deliver()


def open_ended(life: Life) -> Upload:
    return life.world.uploads.create(OWNER, declared(size=None), ID).upload


def window(life: Life, lengths: Mapping[int, int]) -> None:
    """Sign these parts of a file of unknown size, and send them. S3 may have ended the upload meanwhile."""
    with suppress(WrongState):
        signed = life.world.uploads.sign_parts(OWNER, ID, sorted(lengths), Form.URLS, {}, lengths)
        life.world.put(signed)


def streamed(life: Life) -> None:
    """Three windows; more was reserved than came."""
    open_ended(life)
    window(life, {1: 4, 2: 4})
    window(life, {3: 2})
    life.world.uploads.complete(OWNER, ID, size=10)
    life.watch.acknowledged.add(ID)
    life.deliver()


def streamed_at_once(life: Life) -> None:
    """Two windows are reserved at the same time."""
    life.script.before("sessions.save", alone(lambda: window(life, {1: 4, 2: 4, 3: 2})), 2)
    streamed(life)


def stream_cancelled(life: Life) -> None:
    """While another window is reserved."""
    open_ended(life)
    window(life, {1: 4})
    life.script.before("sessions.save", alone(lambda: window(life, {2: 4})))
    life.world.uploads.abort(OWNER, ID)


def stream_completed_and_reserved(life: Life) -> None:
    """A window is reserved between the listing and the manifest, and never sent."""

    def reserve() -> None:
        with suppress(WrongState):
            life.world.uploads.sign_parts(OWNER, ID, [3], Form.URLS, {}, {3: 4})

    open_ended(life)
    window(life, {1: 4, 2: 4})
    life.script.after("sessions.put_manifest", alone(reserve))
    life.world.uploads.complete(OWNER, ID, size=8)
    life.watch.acknowledged.add(ID)
    life.deliver()


CANCELLED = OPEN_END | {Status.ABORTED}
STORIES: Mapping[str, Story] = {
    "at once": Story(published, Status.PUBLISHED, OPEN_END),
    "at once, told": Story(told, Status.PUBLISHED, OPEN_END),
    "at once, sent twice": Story(sent_twice, Status.PUBLISHED, OPEN_END),
    "at once, noticed twice": Story(noticed_twice, Status.PUBLISHED, OPEN_END),
    "at once, unnoticed": Story(unnoticed, Status.PUBLISHED, OPEN_END),
    "at once, rejected": Story(rejected, Status.QUARANTINED, frozenset({Status.QUARANTINED, Status.EXPIRED})),
    "at once, cancelled": Story(cancelled, Status.ABORTED, CANCELLED),
    "at once, cancelled too soon": Story(cancelled_too_soon, Status.ABORTED, CANCELLED),
    "at once, sent before the intent": Story(sent_before("sessions.save", 1, abort), Status.ABORTED, CANCELLED),
    "at once, sent before the outcome": Story(sent_before("sessions.save", 2, abort), Status.ABORTED, CANCELLED),
    "at once, cancelled before adoption": Story(cancelled_before_adoption, Status.ABORTED, CANCELLED),
    "at once, sent while it expires": Story(
        sent_before("sessions.save", 2, expire, DAY + GRACE_MS // 1000), Status.EXPIRED, OPEN_END
    ),
    "at once, removed": Story(removed, Status.PUBLISHED, OPEN_END),
    "streamed": Story(streamed, Status.PUBLISHED, OPEN_END),
    "streamed, two windows at once": Story(streamed_at_once, Status.PUBLISHED, OPEN_END),
    "streamed, cancelled": Story(stream_cancelled, Status.ABORTED, CANCELLED),
    "streamed, reserved while completing": Story(stream_completed_and_reserved, Status.PUBLISHED, OPEN_END),
}
