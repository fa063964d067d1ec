"""Use cases of an upload, from create to complete. Plain code over ports: no clock, no randomness, no HTTP, no S3.

Everything that can refuse runs before anything that changes the world; the record is written before S3 is called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portway import streams
from portway.declaration import Declaration, Rules, declaration_faults, declaration_warnings, first_record, renewed
from portway.endings import HANDOVER_MS, Endings
from portway.errors import (
    Busy,
    Conflict,
    Exists,
    Fault,
    KeyReused,
    NotFound,
    PartsMissing,
    Refused,
    UploadGone,
    WrongState,
)
from portway.ids import is_id
from portway.model import HAS_OBJECT, Part, Principal, Status, Upload, Word
from portway.outbox import Outbox
from portway.parts import Range, bitmap
from portway.policy import sizes
from portway.ports import (
    Clock,
    NewId,
    ObjectStore,
    PartPage,
    RateLimiter,
    SessionStore,
    UploadPage,
    current_of,
    saved_or_current,
)
from portway.rates import Metered
from portway.reports import noted, range_faults
from portway.sealing import Sealing, agreed
from portway.signing import MAX_TEMPLATE, Form, PartSigner, Window
from portway.status import Snapshot, snapshot

COMPLETABLE = HAS_OBJECT | {Status.OPEN, Status.COMPLETING}
ROUNDS = 4
"""How often a use case reads again after it lost a race, before it says Busy."""


@dataclass(frozen=True, slots=True)
class Created:
    """The upload, the first window of signed parts while it is open (None when none was asked for), and what is odd."""

    upload: Upload
    window: Window | None
    warnings: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Noted:
    """The upload after a report. `missing` is None while S3 was not asked, else what it lacks of what was reported."""

    upload: Upload
    missing: tuple[Range, ...] | None = None


@dataclass(frozen=True, slots=True)
class Uploads:
    objects: ObjectStore
    sessions: SessionStore
    endings: Endings
    sealing: Sealing
    signer: PartSigner
    rules: Rules
    now: Clock
    new_id: NewId
    limiter: RateLimiter
    outbox: Outbox

    def create(self, principal: Principal, wanted: Declaration, upload_id: str | None = None) -> Created:
        """A new upload, or the one that was created before with the same `upload_id` and request.

        Refused (all faults at once), RateLimited, QuotaExceeded, KeyReused; nothing exists then that did not before.
        """
        faults = self.faults(wanted)
        if faults:
            raise Refused(faults)
        self.limiter.take(principal, Metered.CREATE, 1, self.now())
        if wanted.window:
            self.signer.credentials()  # a signer role that is not given now must not leave an upload behind
        upload = first_record(principal, wanted, upload_id or self.new_id(), self.rules, self.now())
        try:
            self.outbox.add(upload, self.rules.policies.quotas.of(upload.tenant))
        except Exists as taken:
            upload = taken.current
        if upload.request_hash != wanted.request_hash:
            raise KeyReused
        if upload.status is Status.CREATING:
            upload = self._open(upload)
        odd = tuple(declaration_warnings(wanted, self.rules))
        numbers = range(1, min(wanted.window, upload.part_count) + 1)
        if upload.status is not Status.OPEN or upload.expires_at <= self.now() or not numbers:
            return Created(upload, None, odd)
        checksums = {number: value for number, value in wanted.part_checksums.items() if number in numbers}
        return Created(upload, self.signer.sign(upload, numbers, Form.URLS, checksums), odd)

    @property
    def default_category(self) -> str:
        """The category of a declaration that names none."""
        return self.rules.policies.default_category

    def faults(self, wanted: Declaration) -> list[Fault]:
        """Everything that is wrong with a declaration. Asking creates nothing."""
        return declaration_faults(wanted, self.rules)

    def sign_parts(
        self,
        principal: Principal,
        upload_id: str,
        numbers: Sequence[int],
        form: Form,
        checksums: Mapping[int, str],
        lengths: Mapping[int, int] | None = None,
    ) -> Window:
        """URLs for these parts. Renews the session when less than half of its life is left; S3 is not asked.

        While the size is not known, `lengths` says those of the parts; what they add is reserved before anybody gets a
        URL (QuotaExceeded). RateLimited before anything is read: each part is a token, MAX_TEMPLATE at most.
        """
        tokens = min(max(1, len(numbers)), MAX_TEMPLATE)
        self.limiter.take(principal, Metered.SIGN, tokens, self.now())
        upload = self.owned(principal, upload_id)
        for _ in range(ROUNDS):
            if upload.status is not Status.OPEN:
                raise WrongState(upload.status, "Only the parts of an open upload can be signed.")
            if upload.expires_at <= self.now():
                raise WrongState(Status.EXPIRED, "The upload has expired. Create a new one.")
            _, most = sizes(self.rules.policies, upload.category)
            planned = streams.grown(upload, numbers, lengths or {}, most)
            window = self.signer.sign(planned, numbers, form, checksums, lengths)
            fresh = renewed(planned, self.rules.lifetime, self.now())
            if fresh is upload:
                return window
            try:
                self.sessions.save(upload, fresh, self.rules.policies.quotas.of(upload.tenant))
                return window
            except Conflict as moved:
                upload = current_of(moved)
        raise Busy

    def progress(self, principal: Principal, upload_id: str, stored: Sequence[Range]) -> Noted:
        """Take the client's report of stored parts: a hint. Completes an `auto_complete` upload that is whole, and
        says what is missing when only the report is."""
        upload = self.owned(principal, upload_id)
        faults = range_faults(stored, upload.part_count)
        if faults:
            raise Refused(faults)
        upload = noted(self.sessions, upload, bitmap(stored), self.now)
        if upload.auto_complete and upload.reported.bit_count() == upload.part_count:
            try:
                return Noted(self._completed(upload), ())
            except PartsMissing as error:
                return Noted(upload, error.missing)
            except WrongState:
                return Noted(upload)  # somebody else ended it: a hint decides nothing
        return Noted(upload)

    def complete(
        self, principal: Principal, upload_id: str, checksum: str | None = None, size: int | None = None
    ) -> Upload:
        """Have S3 put the parts together. The upload is STORED or later then.

        PartsMissing and PartsDiffer change nothing, Refused neither: checksum or size contradict what is known.
        Unavailable: S3 has not answered in time, the upload is COMPLETING
        and the event or the sweeper finishes it. WrongState when it ended without a file.
        """
        return self._completed(self.owned(principal, upload_id), checksum, size)

    def _completed(self, upload: Upload, checksum: str | None = None, size: int | None = None) -> Upload:
        for _ in range(ROUNDS):
            if upload.status not in COMPLETABLE:
                raise WrongState(upload.status, _ADVICE.get(upload.reason or "", "Create a new upload."))
            plan = self._plan(upload, size)
            whole = agreed(plan, checksum, size)
            if upload.status in HAS_OBJECT:
                return upload
            is_open = upload.status is Status.OPEN
            upload = self.sealing.seal(upload, whole, plan) if is_open else self.endings.finish(upload)
        raise Busy

    def abort(self, principal: Principal, upload_id: str) -> Upload:
        """Cancel: the parts are removed from S3 and the quota is given back. Repeating it is fine.

        WrongState once complete was called: the file can be deleted instead.
        """
        upload = self.owned(principal, upload_id)
        for _ in range(ROUNDS):
            if upload.status is Status.ABORTED:
                return upload
            if upload.status is Status.ABORTING:
                upload = self.endings.abandon(upload)
                continue
            if upload.status not in (Status.CREATING, Status.OPEN):
                raise WrongState(upload.status, "Only an upload that is not completed can be cancelled.")
            now = self.now()
            aborting = upload.moved(Status.ABORTING, now, due_at=now + HANDOVER_MS)
            upload = saved_or_current(self.outbox.save, upload, aborting)
        if upload.status is Status.ABORTED:
            return upload
        raise Busy

    def status(self, principal: Principal, upload_id: str) -> Snapshot:
        """The upload as it is now; while it is open S3 is asked what arrived."""
        upload = self.owned(principal, upload_id)
        if upload.status is not Status.OPEN:
            return snapshot(upload, ())
        try:
            return snapshot(upload, self.sealing.stored_parts(upload))
        except UploadGone:  # it was completed or ended meanwhile, or S3 lost it
            return snapshot(self.owned(principal, upload_id), ())

    def stored(self, principal: Principal, upload_id: str, after: int, limit: int) -> PartPage:
        """A page of the parts that S3 has; after complete, of the parts that the file was made of."""
        upload = self.owned(principal, upload_id)
        if upload.manifest or upload.is_single:
            parts = self._kept_parts(upload)
            rest = [part for part in parts if part.number > after]
            return PartPage(tuple(rest[:limit]), rest[limit - 1].number if len(rest) > limit else None)
        if upload.status is not Status.OPEN or upload.multipart_id is None:
            return PartPage(())
        try:
            return self.objects.list_parts(upload.key, upload.multipart_id, after, limit)
        except UploadGone:
            return PartPage(())

    def listed(self, principal: Principal, word: Word | None, cursor: str | None, limit: int) -> UploadPage:
        """The principal's own uploads, newest first."""
        return self.sessions.list_owned(principal, word, cursor, limit)

    def owned(self, principal: Principal, upload_id: str) -> Upload:
        """The principal's own upload. NotFound for another's, exactly as for an unknown id."""
        upload = self.sessions.get(upload_id) if is_id(upload_id) else None
        if upload is None or (upload.tenant, upload.owner) != (principal.tenant, principal.owner):
            raise NotFound
        return upload

    def _plan(self, upload: Upload, size: int | None) -> Upload:
        """What is to be completed: where create was not told the size, the upload as it turned out to be."""
        least, _ = sizes(self.rules.policies, upload.category)
        return streams.measured(upload, size, least) if upload.is_open_ended else upload

    def _kept_parts(self, upload: Upload) -> Sequence[Part]:
        """What a sealed upload was made of, or the one part of a single one."""
        if upload.manifest:
            return self.sessions.get_manifest(upload.id, upload.manifest)
        return self.sealing.stored_parts(upload)

    def _open(self, upload: Upload) -> Upload:
        """CREATING → OPEN, once the world was told. Who loses the race against another create takes his own S3 upload
        away again."""
        multipart_id = self.objects.start(upload.key, upload.content_type, upload.checksum_algorithm, upload.id)
        try:
            return self.outbox.tell_and_save(upload, upload.moved(Status.OPEN, self.now(), multipart_id=multipart_id))
        except Conflict as moved:
            self.objects.abort(upload.key, multipart_id)
            return current_of(moved)


_ADVICE = {
    "parts_changed": "A part changed during complete. Create a new upload and send the file again.",
    "cancelled": "It was cancelled. Create a new upload.",
}
