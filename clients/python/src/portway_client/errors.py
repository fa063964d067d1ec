"""Everything that can go wrong, as one tree. Each error says what happened, and `advice` what to do about it.

PortwayError
├── Refusal                 the API said no; `code`, `detail` and `errors` are the server's
│   ├── InvalidRequest      what was declared is not allowed: each fault in `errors`
│   ├── Unauthorized        the token opens nothing, also not after it was asked for again
│   ├── Forbidden           the token is good, but not for this
│   ├── QuotaExceeded       owner or tenant hold as much as they may
│   ├── NotFound            no such upload or file, for this owner
│   ├── RateLimited         too many requests, for longer than we are willing to wait
│   └── Conflict            the upload is in a state that does not allow it
├── Ended                   the upload came to an end that is no published file
│   ├── Rejected            inspected and not published: `reason` and `findings` say why
│   ├── Expired             nothing happened for too long
│   └── Cancelled           by you, here or elsewhere
├── FileChanged             the file is not what it was when the upload began; nothing of it is published
├── Unreadable              the file cannot be read, or a stream broke
├── NotResumable            there is nothing to go on with, or not with this source
├── StateUnusable           what was remembered of an upload cannot be read
├── Closed                  the client was closed, before or meanwhile
├── Unavailable             no good answer, however often it was asked
│   ├── Offline             no connection for longer than `offline_seconds`
│   └── Untrusted           the server's certificate is not to be trusted
├── PartRefused             S3 does not take a part, also not with a new URL
├── ChecksumMismatch        what arrived is not what was sent, again and again
└── WaitedTooLong           still being checked after `timeout`: the upload goes on without you
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a request: which field, what, and the limit that it breaks if there is one."""

    field: str
    code: str
    message: str
    limit: Any = None
    value: Any = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What inspection says of a file. `severity` is note, warning, review or reject."""

    code: str
    severity: str
    words: str


class PortwayError(Exception):
    """What all of them have. str() is fit for a person: what happened, then what to do."""

    code = "error"
    advice = ""
    retryable = False

    def __init__(
        self, detail: str, *, code: str | None = None, advice: str | None = None, upload_id: str | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code
        self.advice = self.advice if advice is None else advice
        self.upload_id = upload_id

    def __str__(self) -> str:
        return f"{self.detail} {self.advice}".strip()


class Refusal(PortwayError):
    """The API said no. `status` is HTTP's; `errors` are all faults of the request, at once.

    A problem document says itself what to do; advice of ours is for answers without a `code`, which are the gateway's.
    """

    code = "refused"

    def __init__(
        self,
        detail: str,
        *,
        status: int = 0,
        errors: Sequence[Fault] = (),
        retryable: bool = False,
        code: str | None = None,
        upload_id: str | None = None,
    ) -> None:
        super().__init__(detail, code=code, advice="" if code else None, upload_id=upload_id)
        self.status, self.errors, self.retryable = status, tuple(errors), retryable

    def __str__(self) -> str:
        faults = [f"{fault.field}: {fault.message}" for fault in self.errors if fault.message not in self.detail]
        return " ".join(filter(None, [self.detail, *faults, self.advice]))


class InvalidRequest(Refusal):
    code = "invalid_request"


class Unauthorized(Refusal):
    code = "unauthorized"
    advice = "Get a new token (`portway login`), or give the client a function that does."


class Forbidden(Refusal):
    code = "forbidden"
    advice = "Ask an operator whether your token has the claims that this needs."


class QuotaExceeded(Refusal):
    code = "quota_exceeded"
    advice = "Delete files or cancel uploads that are not needed, or ask an operator for more."


class NotFound(Refusal):
    code = "not_found"
    advice = "Check the id; only who created an upload can see it."


class RateLimited(Refusal):
    code = "rate_limited"
    advice = "Try again later, or send fewer files at a time."
    retryable = True


class Conflict(Refusal):
    code = "wrong_state"


class Ended(PortwayError):
    """The upload came to an end that is no published file. `reason` is the server's word."""

    code = "ended"

    def __init__(
        self,
        detail: str,
        *,
        reason: str | None = None,
        findings: Sequence[Finding] = (),
        advice: str | None = None,
        upload_id: str | None = None,
    ) -> None:
        super().__init__(detail, advice=advice, upload_id=upload_id)
        self.reason, self.findings = reason, tuple(findings)


class Rejected(Ended):
    """Inspected and not published; `in_review` means that an operator may still release it."""

    code = "rejected"


class Expired(Ended):
    code = "expired"
    advice = "Send the file again."


class Cancelled(Ended):
    code = "cancelled"


class FileChanged(PortwayError):
    code = "file_changed"
    advice = "Send it again when nobody writes to it."


class Unreadable(PortwayError):
    code = "unreadable"
    advice = "Check that the file is there, and that you may read it."


class NotResumable(PortwayError):
    code = "not_resumable"
    advice = "Send the file from its beginning."


class StateUnusable(PortwayError):
    code = "state_unusable"
    advice = "Go on by the upload's id, or remove the state file and send the file again."


class Closed(PortwayError):
    code = "closed"
    advice = "Make a new client, and close it when nothing is under way; an upload of a file goes on where it stopped."


class Unavailable(PortwayError):
    code = "unavailable"
    advice = "What was sent is kept: try again, and it goes on from there."
    retryable = True


class Offline(Unavailable):
    code = "offline"


class Untrusted(Unavailable):
    code = "untrusted"
    advice = "Check the address, or trust the certificate's authority by SSL_CERT_FILE."
    retryable = False


class PartRefused(PortwayError):
    code = "part_refused"
    advice = "Run `portway doctor`: a proxy may change requests, or the bucket's settings are not ours."


class ChecksumMismatch(PortwayError):
    code = "checksum_mismatch"
    advice = "Something between here and S3, or this machine's memory, changes bytes; try another network or machine."


class WaitedTooLong(PortwayError):
    code = "waited_too_long"
    advice = "Ask for its status later; nothing has to be sent again."
    retryable = True
