"""A file that is too large for one request is copied in parts, by whoever is there, in as many turns as it takes.

The copy is a multipart upload under the published key. Its id is on the record before any part of it is made, so that
every worker goes on with the same upload and the same cuts: what one of them copied no other copies again, and whoever
completes it, there is one object. A turn is short, so that a lease outlives it (docs/decisions/0018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from portway.errors import Conflict, PartsChanged, Unavailable, UploadGone
from portway.model import CopyRef, Part, PublishedObject, StoredObject, Upload
from portway.parts import GIB, Layout
from portway.ports import Clock, CopyStore, Cut, Headers, SessionStore, all_parts

Progress = tuple[Upload, PublishedObject | None]
"""The record as it is then, and the published object; None while the file needs another turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """Bytes that one request copies, parts at the same time, and for how long a worker begins more of them.

    S3 copies at most 5 GiB in one request and takes at most 10,000 parts (S3 user guide, "Multipart upload limits").
    """

    copy_bytes: int = GIB
    max_parts: int = 10_000
    at_once: int = 10
    milliseconds: int = 60_000

    def part_size(self, size: int) -> int:
        """Bytes of each part but the last of a file of `size` bytes."""
        return max(self.copy_bytes, -(-size // self.max_parts))


@dataclass(frozen=True, slots=True)
class Copying:
    copies: CopyStore
    sessions: SessionStore
    bucket: str
    turns: Turns
    now: Clock

    def is_large(self, stored: StoredObject) -> bool:
        """Whether one request would copy too much."""
        return stored.size > self.turns.copy_bytes

    def go_on(self, upload: Upload, to_key: str, headers: Headers) -> Progress:
        """One turn of a file whose clean verdict is stored. Unavailable when S3 does not answer, PartsChanged when the
        stored version is gone."""
        stored, copy, end = upload.stored, upload.copying, self.now() + self.turns.milliseconds
        assert stored is not None
        if copy is None:
            upload, copy = self._begun(upload, stored, to_key, headers)
        try:
            parts = self._copied(upload, stored, to_key, copy, end)
            if parts is None:
                return upload, None
            version_id = self._completed(upload, stored, to_key, copy, parts)
        except UploadGone:
            return self._judged(upload, stored, to_key, headers)
        return upload, self._shown(to_key, version_id, headers)

    def _begun(self, upload: Upload, stored: StoredObject, to_key: str, headers: Headers) -> tuple[Upload, CopyRef]:
        """A copy of our own. Whoever lost his lease meanwhile takes it back; what a dead one leaves has no parts, and
        the last look ends it."""
        multipart_id = self.copies.begin(to_key, headers, upload.checksum_algorithm)
        copy = CopyRef(multipart_id, self.turns.part_size(stored.size))
        try:
            return self.sessions.save(upload, replace(upload, copying=copy)), copy
        except Conflict:
            self.copies.abort(to_key, multipart_id)
            raise

    def _copied(
        self, upload: Upload, stored: StoredObject, to_key: str, copy: CopyRef, end: int
    ) -> tuple[Part, ...] | None:
        """Every part, some of them copied now; None when the turn is over before. A turn copies at least one batch."""
        cuts = _cuts(stored.size, copy.part_size)
        there = {part.number: part for part in all_parts(self.copies, to_key, copy.multipart_id)}
        left = [cut for cut in cuts if cut.number not in there]
        while left:
            batch, left = left[: self.turns.at_once], left[self.turns.at_once :]
            copied = self.copies.copy(upload.key, stored, to_key, copy.multipart_id, batch)
            there |= {part.number: part for part in copied}
            if left and self.now() >= end:
                return None
        return tuple(there[cut.number] for cut in cuts)

    def _completed(
        self, upload: Upload, stored: StoredObject, to_key: str, copy: CopyRef, parts: Sequence[Part]
    ) -> str:
        """The version id of the whole copy. UploadGone also when S3 refuses the parts: then their upload dies first."""
        proved = stored.size, upload.checksum_algorithm, stored.checksum
        try:
            return self.copies.complete(to_key, copy.multipart_id, parts, *proved).version_id
        except PartsChanged as refused:
            self.copies.abort(to_key, copy.multipart_id)
            raise UploadGone(str(refused)) from refused

    def _judged(self, upload: Upload, stored: StoredObject, to_key: str, headers: Headers) -> Progress:
        """S3 does not know the copy any more. If it was completed there is an object, whose size and checksum S3 has
        proved; if not, somebody begins another later: Unavailable."""
        whole = [each.version_id for each in self.copies.versions(to_key) if each.size == stored.size]
        if whole:
            return upload, self._shown(to_key, whole[0], headers)
        self.sessions.save(upload, replace(upload, copying=None))
        raise Unavailable("the copy is gone, and begun anew later")

    def _shown(self, to_key: str, version_id: str, headers: Headers) -> PublishedObject:
        return PublishedObject(self.bucket, to_key, version_id, headers.content_type)


def _cuts(size: int, part_size: int) -> tuple[Cut, ...]:
    layout = Layout(size, part_size)
    return tuple(Cut(n, (n - 1) * part_size, layout.length(n)) for n in range(1, layout.count + 1))
