"""What can go wrong, as meanings. Each protocol translates them once into its own answers.

PortwayError
├── Refused              the request cannot be accepted as it is; carries every fault at once
├── NotFound             no such upload for this principal (another's upload looks the same)
├── Unauthorized         the token of an upload opens nothing: wrong, ended or taken back, all the same
├── Forbidden            the principal's token lacks what every call needs
├── Gone                 the file existed and was removed
├── WrongState           the upload is past (or before) the state that this call needs
├── PartsMissing         complete was asked for, S3 does not have every part
├── PartsDiffer          what S3 holds is not what was declared: sizes or checksum
├── KeyReused            the Idempotency-Key was used with another body
├── QuotaExceeded        bytes or open uploads of the owner or the tenant are used up
├── RateLimited          more was asked for than the owner's rate allows; says when it will be admitted
├── Busy                 others changed the record at the same time, again and again: try again
├── StoreAnswer          what a store said (raised by ports, handled by use cases)
│   ├── Conflict         the record is no longer as it was read; carries it as it is now
│   ├── Exists           a record with this id is there already; carries it
│   ├── UploadGone       S3 knows no such multipart upload: completed, aborted or removed
│   ├── PartsChanged     S3 refused the manifest: a part, the size or the checksum is another
│   ├── Awaited          the answer comes later, as an event; says how long it is worth waiting
│   └── Unavailable      no answer, or one that decides nothing: the effect may have happened
│       ├── Stray        an object of another origin lies under a key of ours
│       └── ScannerFailed the malware scanner gave no answer that can be believed
└── BadSettings          the environment of the function is wrong

Every class has a stable `code`; none knows an HTTP status.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a request: the field, the rule's code, words; limit and value where there are any."""

    field: str
    code: str
    message: str
    limit: Any = None
    value: Any = None


class PortwayError(Exception):
    """Root of all errors that have a meaning for the caller. `str()` says what happened and what to do next."""

    code: ClassVar[str] = "error"
    retryable: ClassVar[bool] = False


class Refused(PortwayError):
    """Nothing was created or changed. `faults` holds everything that is wrong, in the order of the fields."""

    code = "invalid_request"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(" ".join(fault.message for fault in faults))
        self.faults = tuple(faults)


class NotFound(PortwayError):
    code = "not_found"

    def __init__(self) -> None:
        super().__init__("No such upload. Check the id; only its owner can see an upload.")


class Unauthorized(PortwayError):
    """Says the same whatever is wrong with a token, so that nobody learns anything by trying."""

    code = "bad_token"

    def __init__(self) -> None:
        super().__init__("This token opens no upload, or no longer. Ask the owner of the upload for a new one.")


class Forbidden(PortwayError):
    code = "forbidden"


class Gone(PortwayError):
    code = "gone"

    def __init__(self) -> None:
        super().__init__("This file was removed. Upload it again if you need it.")


class WrongState(PortwayError):
    """`state` is the model's state that stood in the way."""

    code = "wrong_state"

    def __init__(self, state: str, advice: str) -> None:
        super().__init__(f"The upload is in state {state}. {advice}")
        self.state = state


class PartsMissing(PortwayError):
    """`missing` holds inclusive ranges of part numbers."""

    code = "parts_missing"

    def __init__(self, missing: Sequence[tuple[int, int]]) -> None:
        super().__init__("S3 does not have every part yet. Sign and send the missing ones, then complete again.")
        self.missing = tuple(missing)


class PartsDiffer(PortwayError):
    code = "parts_differ"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(" ".join(fault.message for fault in faults))
        self.faults = tuple(faults)


class KeyReused(PortwayError):
    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used with another body. Send a new key for a new upload.")


class QuotaExceeded(PortwayError):
    """`scope` is whose quota: `owner` or `tenant`. `what` is `bytes` or `open_uploads`, and the unit of the figures."""

    code = "quota_exceeded"

    def __init__(self, scope: str, what: str, used: int, limit: int, wanted: int) -> None:
        super().__init__(
            f"The {scope}'s quota of {what} is reached: {used} of {limit} used, {wanted} more wanted. "
            "Finish, cancel or delete something."
        )
        self.scope, self.what, self.used, self.limit, self.wanted = scope, what, used, limit, wanted


REDUCED = (
    "Your rate is lower than usual, because files were refused or uploads left unfinished. Send only what the policy "
    "takes, and cancel what you do not finish: after two days nothing is held against you."
)


class RateLimited(PortwayError):
    """Nothing was done. `what` is `create` or `sign`; after `retry_after_ms` the same request would be admitted.

    `reduced`: the rate is lower than usual, because of how earlier uploads ended.
    """

    code = "rate_limited"
    retryable = True

    def __init__(self, what: str, retry_after_ms: int, reduced: bool = False) -> None:
        words = f"Too fast: your rate of {what} is used up. Send the same request in {retry_after_ms} ms."
        super().__init__(f"{words} {REDUCED}" if reduced else words)
        self.what, self.retry_after_ms, self.reduced = what, retry_after_ms, reduced


class Busy(PortwayError):
    code = "busy"
    retryable = True

    def __init__(self) -> None:
        super().__init__("The record is being changed by others at this moment. Send the same request again.")


class StoreAnswer(PortwayError):
    """Root of what stores say; use cases handle all of these."""


class Conflict(StoreAnswer):
    """`current` is the record as it is now, None when there is none."""

    code = "conflict"

    def __init__(self, current: Any = None) -> None:
        super().__init__("The record is no longer as it was read.")
        self.current = current


class Exists(StoreAnswer):
    code = "exists"

    def __init__(self, current: Any) -> None:
        super().__init__("A record with this id is there already.")
        self.current = current


class UploadGone(StoreAnswer):
    code = "upload_gone"


class PartsChanged(StoreAnswer):
    code = "parts_changed"


class Awaited(StoreAnswer):
    """Nothing can be decided before an event comes. After `until` (milliseconds since the epoch) it will not come."""

    code = "awaited"

    def __init__(self, until: int) -> None:
        super().__init__("The answer will come as an event.")
        self.until = until


class Unavailable(StoreAnswer):
    """The answer is unknown: nobody may conclude from it that the effect did, or did not, happen."""

    code = "unavailable"
    retryable = True


class Stray(Unavailable):
    """An object of another origin lies under a key of ours. Nothing is concluded from it; an operator has to look."""

    code = "stray_object"


class ScannerFailed(Unavailable):
    """The malware scanner is away, broken or set up badly. It is asked again later; nothing is published meanwhile."""

    code = "scanner_failed"


class BadSettings(PortwayError):
    code = "bad_settings"
