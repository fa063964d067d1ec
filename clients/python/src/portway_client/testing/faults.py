"""What goes wrong on purpose: once, in a script, or as often as a seed says."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from portway_client.transport import Trouble

API, S3 = "api", "s3"


@dataclass(slots=True)
class Seen:
    """One request that came, and how it ended: a status, or why there was no answer. `part` is 0 for all but parts.

    `path` has no query: nothing secret is in it. `length` is that of the body, in bytes; `at` the clock's time.
    """

    place: str
    method: str
    path: str
    part: int
    length: int
    at: float
    outcome: int | Trouble = 0
    strike: str = ""
    """What was done to it on purpose."""


@dataclass(frozen=True, slots=True)
class Strike:
    """What becomes of one request.

    is_done    it is carried out all the same
    status     the answer, instead of the true one; `code` is in its body, `retry_after` in its headers
    trouble    why there is no answer
    seconds    what passes on the clock before that; None: as long as the request is willing to wait
    corrupts   one byte of what is sent, or read, becomes another; all else is as it should be
    at_gateway the answer comes from the gateway: JSON with a `message`, no problem document
    """

    name: str
    is_done: bool = False
    status: int = 0
    code: str = ""
    trouble: Trouble | None = None
    seconds: float | None = 0.0
    retry_after: float | None = None
    corrupts: bool = False
    at_gateway: bool = False


UNREACHABLE = Strike("unreachable", trouble=Trouble.CONNECT)
RESET = Strike("reset", trouble=Trouble.BROKEN)
LOST = Strike("lost", is_done=True, trouble=Trouble.BROKEN)
STALLED = Strike("stalled", trouble=Trouble.TIMEOUT, seconds=None)
LATE = Strike("late", is_done=True, trouble=Trouble.TIMEOUT, seconds=None)
SLOW = Strike("slow", is_done=True, seconds=20.0)
CORRUPT = Strike("corrupt", is_done=True, corrupts=True)
SLOW_DOWN = Strike("slow_down", status=503, code="SlowDown", retry_after=1, at_gateway=True)
EXPIRED_TOKEN = Strike("expired_token", status=400, code="ExpiredToken")
SKEWED = Strike("skewed", status=403, code="RequestTimeTooSkewed")
UNAUTHORIZED = Strike("unauthorized", status=401, at_gateway=True)

STORM = (UNREACHABLE, RESET, LOST, STALLED, LATE, SLOW, CORRUPT, SLOW_DOWN, EXPIRED_TOKEN, SKEWED)
"""What a bad network and a busy S3 do. All of it can be survived."""
ONLY_S3 = {strike.name for strike in (CORRUPT, EXPIRED_TOKEN, SKEWED)}


def answered(status: int, code: str = "", retry_after: float | None = None, *, at_gateway: bool = False) -> Strike:
    """This answer, and nothing is carried out."""
    name = f"{status} {code}".strip()
    return Strike(name, status=status, code=code, retry_after=retry_after, at_gateway=at_gateway)


Faults = Callable[[Seen], Strike | None]
"""What is done to a request; None: nothing."""


def storm(seed: int, chance: float = 0.1, strikes: Mapping[Strike, float] | None = None) -> Faults:
    """Each of `STORM`, or of `strikes` with the chance of each, strikes so often.

    What happens to a request depends on the seed, on what is asked for and on how often it came before: the same seed
    breaks the same requests, in whatever order threads send them.
    """
    chances = strikes or dict.fromkeys(STORM, chance / len(STORM))
    bounds, counts = list(accumulate(chances.values())), Counter[str]()

    def draw(seen: Seen) -> Strike | None:
        asked = f"{seen.method} {seen.path} {seen.part}"
        counts[asked] += 1
        digest = hashlib.sha256(f"{seed} {asked} {counts[asked]}".encode()).digest()
        point = int.from_bytes(digest[:8], "big") / 2**64
        found = next((s for s, bound in zip(chances, bounds, strict=True) if point < bound), None)
        return None if found and found.name in ONLY_S3 and seen.place != S3 else found

    return draw


@dataclass
class Rule:
    """`strike` for the requests that fit, `times` of them, the first `after` left out."""

    strike: Strike
    times: int = 1
    after: int = 0
    method: str | None = None
    path: str = ""
    part: int | None = None
    place: str | None = None

    def hit(self, seen: Seen) -> bool:
        """Whether it strikes this one; counts."""
        fits = (
            self.method in (None, seen.method)
            and self.place in (None, seen.place)
            and self.part in (None, seen.part)
            and re.search(self.path, seen.path)
        )
        if not fits or self.times <= 0:
            return False
        if self.after:
            self.after -= 1
            return False
        self.times -= 1
        return True


@dataclass
class Script:
    """Rules, the first that fits a request strikes it."""

    rules: list[Rule] = field(default_factory=list)

    def __call__(self, seen: Seen) -> Strike | None:
        return next((rule.strike for rule in self.rules if rule.hit(seen)), None)
