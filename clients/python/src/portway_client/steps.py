"""What an upload asks the world to do. The flow is made of generators that yield these; whoever drives them does the
I/O and sends back what came of it. Threads (`drive`), asyncio (`aio`) and tests drive the same generators.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from portway_client.model import HeldPart, SignedPart
from portway_client.state import Remembered
from portway_client.transport import NoAnswer, Response

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to the API, once. → Reply, or NoAnswer (as a value)."""

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the API. `document` is {} where there is none; `asked_at` is when we asked, on our clock."""

    status: int
    headers: Mapping[str, str]
    document: Mapping[str, Any]
    asked_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Put:
    """Send a part to where it is signed for, once. → Sent. Raises FileChanged, Unreadable."""

    part: SignedPart
    algorithm: str


@dataclass(frozen=True, slots=True)
class Sent:
    """`checksum` is that of the bytes that were read while they were sent; None if they were not all read."""

    answer: Response | NoAnswer
    checksum: str | None
    seconds: float


class Takes(Protocol):
    """Where downloaded bytes go."""

    def write(self, piece: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Fetch:
    """What is behind a signed URL, from `offset` on, into a sink. → the status, or NoAnswer when it broke off.

    What came before that is in the sink. Raises OSError when the sink cannot take it.
    """

    url: str
    offset: int
    sink: Takes


@dataclass(frozen=True, slots=True)
class Prepare:
    """Have a part at hand: a stream reads it now. → Read. Raises Unreadable."""

    number: int


@dataclass(frozen=True, slots=True)
class Hash:
    """Read a part for its checksum. → str, base64. Raises FileChanged, Unreadable."""

    number: int
    algorithm: str


@dataclass(frozen=True, slots=True)
class Compare:
    """Read a part that S3 has. → its checksum if it is the same, else None. Raises FileChanged, Unreadable."""

    part: HeldPart
    algorithm: str


@dataclass(frozen=True, slots=True)
class Release:
    """S3 has the part: a stream may forget its bytes."""

    number: int


@dataclass(frozen=True, slots=True)
class Verify:
    """Is the file still what it was? Raises FileChanged."""


@dataclass(frozen=True, slots=True)
class Until:
    """Wait until something is so, at most for so many seconds. → whether it is so."""

    condition: Callable[[], bool]
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Together:
    """Drive all of these at the same time, to their ends. When one raises, the others are ended and it is raised."""

    parts: Sequence[Steps[None]]


@dataclass(frozen=True, slots=True)
class NewToken:
    """The token opens nothing: ask for another. → whether it is another one."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Remember the upload, or forget it."""

    remembered: Remembered
    is_over: bool = False


Step = Ask | Put | Fetch | Prepare | Hash | Compare | Release | Verify | Until | Together | NewToken | Keep
Steps = Generator[Step, Any, T]
