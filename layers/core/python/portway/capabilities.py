"""Use cases of a token for one upload: its owner gives it to a phone or a background process, and takes it back.

A token is `<upload id>.<secret>`. Nothing of it is kept but a hash in the record of the upload: there is no key to look
after, nothing to steal from the table, and one write ends it (docs/decisions/0013).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field, replace

from portway.errors import Busy, Conflict, Fault, Refused, Unauthorized, WrongState
from portway.ids import ALPHABET, ID, SECRET_LENGTH
from portway.model import TERMINAL, Capability, Principal, Status, Upload
from portway.ports import Clock, NewSecret, SessionStore, current_of
from portway.uploads import ROUNDS, Uploads

TOKEN = re.compile(rf"({ID.pattern})\.[{ALPHABET}]{{{SECRET_LENGTH}}}")
NOBODY = hashlib.sha256(b"").hexdigest()
"""Compared with where there is nothing to compare with: a wrong token takes the same time everywhere."""
ENDED = TERMINAL | {Status.ABORTING, Status.EXPIRING}


@dataclass(frozen=True, slots=True)
class Given:
    """A token, shown this once, and when it ends (ms)."""

    token: str = field(repr=False)
    expires_at: int


@dataclass(frozen=True, slots=True)
class Capabilities:
    uploads: Uploads
    sessions: SessionStore
    now: Clock
    new_secret: NewSecret

    def give(self, principal: Principal, upload_id: str, seconds: int | None = None) -> Given:
        """A token for the principal's upload, in place of the one before; by default until the hard end of the upload.

        Refused for another life than that at most. WrongState when nothing is left that it could do.
        """
        upload = self.uploads.owned(principal, upload_id)
        token = f"{upload.id}.{self.new_secret()}"
        for _ in range(ROUNDS):
            ends_at = self._end(upload, seconds)
            number = upload.capability.number if upload.capability else 0
            try:
                self.sessions.save(upload, replace(upload, capability=Capability(number + 1, _hash(token), ends_at)))
                return Given(token, ends_at)
            except Conflict as moved:
                upload = current_of(moved)
        raise Busy

    def revoke(self, principal: Principal, upload_id: str) -> None:
        """From now on the token opens nothing. Fine without one; what it had begun before goes on."""
        upload = self.uploads.owned(principal, upload_id)
        for _ in range(ROUNDS):
            if upload.capability is None or upload.capability.sha256 is None:
                return
            try:
                self.sessions.save(upload, replace(upload, capability=Capability(upload.capability.number + 1)))
                return
            except Conflict as moved:
                upload = current_of(moved)
        raise Busy

    def holder(self, token: str) -> tuple[Principal, str]:
        """In whose name this token acts, and on which upload alone. Unauthorized, whatever is wrong with it.

        Never an operator, whoever gave it.
        """
        named = TOKEN.fullmatch(token)
        upload = self.sessions.get(named[1]) if named else None
        kept = upload.capability if upload else None
        is_known = hmac.compare_digest(_hash(token), (kept and kept.sha256) or NOBODY)
        if not is_known or upload is None or kept is None or kept.ends_at <= self.now():
            raise Unauthorized
        return Principal(upload.tenant, upload.owner), upload.id

    def _end(self, upload: Upload, seconds: int | None) -> int:
        """When the token ends, in ms."""
        now, hard_end = self.now(), upload.created_at + self.uploads.rules.lifetime.most_ms
        left = (hard_end - now) // 1000
        if upload.status in ENDED or left < 1:
            raise WrongState(upload.status, "A token is given while there is something left to do for it.")
        if seconds is None:
            return hard_end
        if not 1 <= seconds <= left:
            words = f"seconds must be from 1 to {left}, the hard end of the upload."
            raise Refused([Fault("seconds", "out_of_range", words, [1, left], seconds)])
        return now + seconds * 1000


def _hash(token: str) -> str:
    """Of the whole token: the id is in it, so that the hash of one upload is worth nothing in the record of another."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
