"""Many clients at once: some are lucky, some die and are followed by another device, some never come back."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from dev.client import Api
from tests.faults.chaos.sender import PART_SIZE, FileChanged, Refused, Sender
from tests.faults.chaos.wire import GaveUp, Patience, Wire
from tests.stack.local_stack import MIB, LocalStack, file_of

OWNERS = ("owner", "colleague", "stranger")
SMALL = 300_000
CLIENT_SECONDS = 60.0


class Wish(StrEnum):
    """What the person in front of the device wants."""

    SEND = "send"
    SWITCH = "switch"
    """The device dies after the first part; another one goes on, with the file and the token."""
    ABANDON = "abandon"
    """The device dies after the first part, and nobody comes back."""
    CANCEL = "cancel"


class Died(Exception):
    """A device that is gone, with everything it knew."""


@dataclass(frozen=True, slots=True)
class Task:
    """One file, whose it is, what is wanted of it, and whether a small one may come in one PUT (`auto`)."""

    path: Path
    owner: str
    wish: Wish
    seed: str
    strategy: str = "multipart"


@dataclass(slots=True)
class Outcome:
    """How it ended for the client: `status` as the API said it, or None with `words` that say why it gave up.

    `resumes` are seconds until bytes flowed again, after broken parts and changes of device.
    """

    task: Task
    upload_id: str | None = None
    status: str | None = None
    words: str = ""
    resumes: list[float] = field(default_factory=list)
    requests: int = 0
    troubles: int = 0


def tasks(folder: Path, seed: int, count: int) -> list[Task]:
    """`count` files that are to be published, a quarter of them with a change of device, and a tenth more that are
    abandoned or cancelled. One in eight has two or three parts; half of the others come in one PUT; some are empty."""
    chance, made = random.Random(seed), list[Task]()
    wishes = [Wish.SWITCH if number % 4 == 0 else Wish.SEND for number in range(count)]
    wishes += [Wish.ABANDON if number % 2 else Wish.CANCEL for number in range(count // 10)]
    for number, wish in enumerate(wishes):
        several = number % 4 < 2 if wish in (Wish.ABANDON, Wish.CANCEL) else number % 16 in (4, 6)
        small = chance.choice((0, 1, chance.randrange(SMALL), chance.randrange(SMALL), SMALL))
        size = PART_SIZE + chance.randrange(1, PART_SIZE + 2 * MIB) if several else small
        path = file_of(folder, size, f"{number:03}.bin")
        strategy = "auto" if number // 4 % 2 else "multipart"
        made.append(Task(path, OWNERS[number % 3], wish, f"{seed}-{number}", strategy))
    return made


def travellers(folder: Path, seed: int, count: int) -> list[Task]:
    """`count` files of two or three parts, each with a change of device."""
    chance = random.Random(f"travellers {seed}")
    sizes = [PART_SIZE + chance.randrange(1, PART_SIZE + 2 * MIB) for _ in range(count)]
    paths = [file_of(folder, size, f"traveller {number:03}.bin") for number, size in enumerate(sizes)]
    return [Task(path, OWNERS[at % 3], Wish.SWITCH, f"{seed}-traveller-{at}") for at, path in enumerate(paths)]


def crowd(stack: LocalStack, wanted: Sequence[Task], at_once: int, on_request: Callable[[], None]) -> list[Outcome]:
    """So many at the same time, each with a thread to itself."""
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(lambda task: Person(stack, task, on_request).acts(), wanted))


class Person:
    """Somebody with a file and a token, who takes one device after the other."""

    def __init__(self, stack: LocalStack, task: Task, on_request: Callable[[], None]) -> None:
        self._stack, self._task, self._on_request = stack, task, on_request
        self._outcome = Outcome(task)

    def acts(self) -> Outcome:
        """Never raises what a client has to expect."""
        first = self._device("first", mortal=self._task.wish is not Wish.SEND)
        try:
            self._outcome.upload_id = first.declare(self._task.seed)["id"]
            self._outcome.status = first.go_on(self._outcome.upload_id)["status"]
        except Died:
            self._after_death()
        except (GaveUp, Refused, FileChanged) as error:
            self._outcome.words = f"{type(error).__name__}: {error}"
        return self._outcome

    def _after_death(self) -> None:
        try:
            if self._task.wish is Wish.SWITCH:
                self._switch()
            elif self._task.wish is Wish.CANCEL:
                self._cancel()
            else:
                self._outcome.status = "abandoned"
        except (GaveUp, Refused, FileChanged) as error:
            self._outcome.words = f"{type(error).__name__}: {error}"

    def _switch(self) -> None:
        """Another device: it knows the file and has the owner's token, nothing else."""
        began, second = time.monotonic(), self._device("second")
        upload_id = second.find()
        if upload_id is None:
            raise GaveUp("the upload that was begun is not in the list")
        self._outcome.upload_id = self._outcome.upload_id or upload_id
        try:
            self._outcome.status = second.go_on(upload_id)["status"]
        finally:
            if second.flowed_at is not None:
                self._outcome.resumes.append(second.flowed_at - began)

    def _cancel(self) -> None:
        wire = self._wire("cancel")
        reply = wire.ask("DELETE", f"/v1/uploads/{self._outcome.upload_id}")
        self._outcome.status = {202: "cancelled", 204: "cancelled", 409: "too late"}.get(reply.status)
        self._outcome.words = "" if self._outcome.status else f"cancel: {reply.status}"

    def _device(self, name: str, mortal: bool = False) -> Sender:
        def stored(_: int) -> None:
            if mortal:
                raise Died

        wire, task = self._wire(name), self._task
        return Sender(wire, task.path, strategy=task.strategy, resumes=self._outcome.resumes, on_part=stored)

    def _wire(self, name: str) -> Wire:
        patience = Patience(random.Random(f"{self._task.seed} {name}"))
        return Wire(self._api(), patience, self._noted)

    def _api(self) -> Api:
        site = self._stack.site
        return Api(site["api"], site["tokens"][self._task.owner], CLIENT_SECONDS)

    def _noted(self) -> None:
        self._outcome.requests += 1
        self._on_request()
