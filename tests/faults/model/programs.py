"""What processes ask of the use cases, what clients do to S3, and what may have happened before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dev.s3 import checksums
from portway.capabilities import Capabilities
from portway.decisions import Action
from portway.declaration import Declaration
from portway.model import HAS_OBJECT, Principal, Strategy
from portway.policy import incoming_key
from portway.processing import Arrival
from portway.signing import Form
from portway.verdicts import Finding, Severity
from tests.fakes.clock import START, CountingSecrets
from tests.faults.model.replay import Program, Replayed
from tests.faults.model.worlds import Stage
from tests.unit.world import DAY, OWNER, declared

ID, OTHER = "0" * 26, "0" * 25 + "1"
ODD = Finding("pdf_action", Severity.REVIEW, "It does something.")
SIZE, BODIES = 6, (b"0123", b"45")
"""Two parts, 4 and 2 bytes."""
DUE = START + DAY * 1000
"""When an open upload expires. Whoever runs beside the sweeper runs at that time."""
MINUTE = 60_000


CHECKSUM = checksums.b64(checksums.digest("crc64nvme", b"".join(BODIES)))
Act = Callable[[Replayed], str | None]


def a_file(auto_complete: bool = False, is_single: bool = False) -> Declaration:
    """Two parts, or one PUT of the same bytes."""
    kind = {"part_size": 16, "checksum": CHECKSUM, "strategy": Strategy.SINGLE} if is_single else {}
    return declared(size=SIZE, auto_complete=auto_complete, **kind)


def create(principal: Principal = OWNER, upload_id: str = ID, is_single: bool = False) -> Program:
    def act(world: Replayed) -> None:
        world.uploads.create(principal, a_file(is_single=is_single), upload_id)

    return Program(f"create {upload_id[-1]}", act)


def window(number: int, body: bytes) -> Program:
    """A client that does not know the size of its file has one more part signed, and sends it."""

    def act(world: Replayed) -> None:
        world.uploads.sign_parts(OWNER, ID, [number], Form.URLS, {}, {number: len(body)})
        world.ask("client", "put", ID, number, body)

    return Program(f"window {number}", act)


def complete_as(size: int) -> Program:
    """Complete, which says the size that was not known before."""

    def act(world: Replayed) -> str | None:
        return ID if world.uploads.complete(OWNER, ID, size=size).status in HAS_OBJECT else None

    return Program("complete", act)


def complete(now: int = START) -> Program:
    def act(world: Replayed) -> str | None:
        return ID if world.uploads.complete(OWNER, ID).status in HAS_OBJECT else None

    return Program("complete", act, now)


def abort(now: int = START, upload_id: str = ID) -> Program:
    def act(world: Replayed) -> None:
        world.uploads.abort(OWNER, upload_id)

    return Program("abort", act, now)


def report(now: int = START) -> Program:
    def act(world: Replayed) -> str | None:
        return ID if world.uploads.progress(OWNER, ID, [(1, 2)]).upload.status in HAS_OBJECT else None

    return Program("report", act, now)


def delete(now: int = START) -> Program:
    def act(world: Replayed) -> None:
        world.files.delete(OWNER, ID)

    return Program("delete", act, now)


def give(number: int) -> Program:
    """The owner makes a token for his phone, in place of the one before."""

    def act(world: Replayed) -> None:
        _tokens(world, number).give(OWNER, ID)

    return Program(f"give token {number}", act, number=number)


def revoke() -> Program:
    def act(world: Replayed) -> None:
        _tokens(world).revoke(OWNER, ID)

    return Program("revoke", act)


def _tokens(world: Replayed, number: int = 0) -> Capabilities:
    return Capabilities(world.uploads, world.uploads.sessions, world.clock, CountingSecrets(number * 100))


def retry(now: int = START) -> Program:
    """An operator has a quarantined file inspected again."""
    return decide(Action.INSPECT, "operator", now)


def decide(action: Action, operator: str, now: int = START) -> Program:
    """An operator decides about a file in quarantine."""

    def act(world: Replayed) -> None:
        world.quarantine.decide(Principal("portway", operator, is_operator=True), ID, action, "looked at it")

    return Program(f"{action} by {operator}", act, now)


def dead_letter(now: int = START, number: int = 9) -> Program:
    """The event about the first version failed five times."""

    def act(world: Replayed) -> None:
        world.dead_letters.arrived(Arrival(incoming_key(OWNER.tenant, ID), "version-1"))

    return Program("dead letter", act, now, number)


def sweep(now: int, number: int = 1) -> Program:
    def act(world: Replayed) -> None:
        world.sweeper.sweep()

    return Program(f"sweep {number}", act, now, number)


def client(name: str, *puts: tuple[int, bytes]) -> Program:
    """Sends these parts, one after the other, as soon as there are URLs."""

    def act(world: Replayed) -> None:
        for number, data in puts:
            world.ask("client", "put", ID, number, data)

    return Program(name, act)


def one_put() -> Program:
    """Sends the whole file through a URL that nobody can take back."""

    def act(world: Replayed) -> None:
        world.ask("client", "put_whole", ID, b"".join(BODIES))

    return Program("one PUT", act)


def flying() -> Program:
    """Has a part on its way while somebody aborts."""

    def act(world: Replayed) -> None:
        world.ask("client", "fly", ID)

    return Program("slow part", act)


def loser() -> Program:
    """Ends the copy of a large file, as S3 does when it was forgotten for days."""

    def act(world: Replayed) -> None:
        world.ask("client", "lose", ID)

    return Program("lifecycle rule", act)


def intruder() -> Program:
    def act(world: Replayed) -> None:
        world.ask("client", "intrude", ID, b"")

    return Program("intruder", act)


CLIENT = client("client", (1, BODIES[0]), (2, BODIES[1]))
SWAPPER = client("swapper", (1, b"wxyz"))
SWAPS_BACK = client("swapper", (1, b"wxyz"), (1, BODIES[0]))


def nothing(stage: Stage) -> None:
    """The table and S3 are empty."""


def opened(stage: Stage) -> None:
    stage.uploads.create(OWNER, a_file(), ID)


def sent(stage: Stage) -> None:
    """Every part is in S3."""
    opened(stage)
    _send(stage)


def whole(stage: Stage) -> None:
    """Every part is in S3, and anybody may complete it."""
    stage.uploads.create(OWNER, a_file(auto_complete=True), ID)
    _send(stage)


def _send(stage: Stage) -> None:
    for number, body in enumerate(BODIES, 1):
        stage.client.put(ID, number, body)


def streaming(stage: Stage) -> None:
    """A file of unknown size, whose first part is signed and sent."""
    stage.uploads.create(OWNER, declared(size=None), ID)
    stage.uploads.sign_parts(OWNER, ID, [1], Form.URLS, {}, {1: len(BODIES[0])})
    stage.client.put(ID, 1, BODIES[0])


def opened_single(stage: Stage) -> None:
    stage.uploads.create(OWNER, a_file(is_single=True), ID)


def published_single(stage: Stage) -> None:
    opened_single(stage)
    stage.client.put_whole(ID, b"".join(BODIES))
    _hear(stage)


def _hear(stage: Stage) -> None:
    for key, version_id in stage.objects.created:
        stage.processing.arrived(Arrival(key, version_id))


def stored(stage: Stage) -> None:
    sent(stage)
    stage.uploads.complete(OWNER, ID)


def published(stage: Stage) -> None:
    stored(stage)
    _hear(stage)


def passing(stage: Stage) -> None:
    """Published, and kept for a day."""
    stage.uploads.create(OWNER, replace(a_file(), category="passing"), ID)
    _send(stage)
    stage.uploads.complete(OWNER, ID)
    _hear(stage)


def passing_in_review(stage: Stage) -> None:
    """Kept back for an operator, and for two days."""
    stage.objections = (ODD,)
    passing(stage)
    stage.objections = ()


def in_review(stage: Stage) -> None:
    """Inspection kept it for an operator."""
    stored(stage)
    stage.objections = (ODD,)
    _hear(stage)
    stage.objections = ()


def quarantined(stage: Stage) -> None:
    stored(stage)
    for key, version_id in stage.objects.created:
        stage.dead_letters.arrived(Arrival(key, version_id))
