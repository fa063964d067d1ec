"""Use cases of operators: they see the uploads of every tenant. Who is one is in the verified token, nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from portway.errors import Fault, NotFound, Refused
from portway.model import Principal, Upload, Word
from portway.ports import Clock, RateLimiter, SessionStore, UploadPage
from portway.rates import Risk
from portway.verdicts import ORDER, Reason

PAGE, LOOKS = 100, 10
"""Uploads that are looked at at a time, and how often while nothing fits: one request reads at most 1,000 records."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which uploads: of one tenant, of one owner in it, with one public word, failed for one reason; all of them when
    nothing is given."""

    tenant: str | None = None
    owner: str | None = None
    word: Word | None = None
    reason: Reason | None = None

    def fits(self, upload: Upload) -> bool:
        """What no index has sorted out. A file that was removed is kept for no reason any more."""
        if self.reason and (upload.reason is not self.reason or upload.removed_at):
            return False
        return self.word in (None, upload.word)


@dataclass(frozen=True, slots=True)
class Overview:
    """A page of uploads, and how risky each of their owners looks now."""

    page: UploadPage
    risks: Mapping[Principal, Risk]


@dataclass(frozen=True, slots=True)
class Operators:
    sessions: SessionStore
    limiter: RateLimiter
    now: Clock

    def uploads(self, principal: Principal, asked: Asked, cursor: str | None) -> Overview:
        """Uploads, newest first, at most PAGE. Empty with a cursor: nothing fits among a thousand, more follow.

        NotFound for whoever is no operator. Refused for an owner without tenant, or a cursor that is not ours.
        """
        if not principal.is_operator:
            raise NotFound
        if asked.owner and not asked.tenant:
            words = "An owner is known within a tenant only. Name the tenant too."
            raise Refused([Fault("owner", "without_tenant", words, None, asked.owner)])
        page = self._found(asked, cursor)
        owners = {upload.principal for upload in page.uploads}
        return Overview(page, self.limiter.risks(owners, self.now()) if owners else {})

    def _found(self, asked: Asked, cursor: str | None) -> UploadPage:
        for _ in range(LOOKS):
            page = self._page(asked, cursor)
            if page.uploads or page.cursor is None:
                return page
            cursor = page.cursor
        return page

    def _page(self, asked: Asked, cursor: str | None) -> UploadPage:
        if asked.tenant and asked.owner:
            page = self.sessions.list_owned(Principal(asked.tenant, asked.owner), asked.word, cursor, PAGE)
        elif asked.reason in ORDER:
            page = self.sessions.list_kept(asked.tenant, cursor, PAGE)
        else:
            page = self.sessions.list_all(asked.tenant, asked.word, cursor, PAGE)
        return replace(page, uploads=tuple(each for each in page.uploads if asked.fits(each)))
