"""From what S3 holds to a sealed upload: OPEN → COMPLETING with the manifest of its parts, or, where one PUT has made
the object already, OPEN → STORED. S3 is asked; the client is never believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portway import crc
from portway.endings import HANDOVER_MS, Endings
from portway.errors import Fault, PartsDiffer, PartsMissing, Refused, UploadGone, WrongState
from portway.model import Part, Status, Upload
from portway.parts import Layout, missing
from portway.ports import Clock, ObjectStore, SessionStore, all_parts, saved_or_current
from portway.signing import checksum_faults

CHECKSUM_ADVICE = "Compare it with the file; if the file is right, cancel this upload and send the file again."


@dataclass(frozen=True, slots=True)
class Sealing:
    objects: ObjectStore
    sessions: SessionStore
    endings: Endings
    now: Clock

    def seal(self, upload: Upload, checksum: str | None, plan: Upload | None = None) -> Upload:
        """An open upload, sealed with what S3 holds; the record as another made it, if he was first.

        `plan` is the upload with its size, where that is known only now (streams.py).
        PartsMissing and PartsDiffer change nothing.
        """
        if upload.is_single:
            stored = self.endings.adopt(upload)
            if stored is None:
                raise PartsMissing(missing((), upload.part_count))
            return stored
        try:
            parts = self.stored_parts(upload)
        except UploadGone as gone:
            current = self.sessions.get(upload.id)
            if current and current.status is not Status.OPEN:
                return current
            raise WrongState(upload.status, "S3 no longer has its parts. Cancel it and create a new one.") from gone
        plan = plan or upload
        gaps = missing((part.number for part in parts), plan.part_count)
        if gaps:
            raise PartsMissing(gaps)
        _compare(plan, parts, checksum)
        now, manifest = self.now(), self.sessions.put_manifest(upload.id, parts)
        sealed = plan.moved(Status.COMPLETING, now, manifest=manifest, checksum=checksum, due_at=now + HANDOVER_MS)
        return saved_or_current(self.sessions.save, upload, sealed)

    def stored_parts(self, upload: Upload) -> Sequence[Part]:
        """Everything that S3 holds of this upload."""
        if upload.is_single:
            found = upload.stored or (self.objects.head(upload.key) if upload.status is Status.OPEN else None)
            return [Part(1, found.size, found.etag, found.checksum)] if found else []
        assert upload.multipart_id is not None
        return all_parts(self.objects, upload.key, upload.multipart_id)


def agreed(upload: Upload, checksum: str | None, size: int | None) -> str | None:
    """The whole checksum, from S3, from create or from complete. Refused when these, or the sizes, contradict."""
    known = upload.stored.checksum if upload.stored else upload.checksum
    faults = checksum_faults("checksum", upload.checksum_algorithm, checksum)
    if checksum and known and checksum != known:
        words = "checksum is another than the one that is known of this upload."
        faults.append(Fault("checksum", "contradicts", words, known, checksum))
    if size is not None and size != upload.size:
        words = "size is another than the one declared at create."
        faults.append(Fault("size", "contradicts", words, upload.size, size))
    if faults:
        raise Refused(faults)
    return checksum or known


def _compare(upload: Upload, parts: Sequence[Part], checksum: str | None) -> None:
    """PartsDiffer unless sizes and, where S3 shows part checksums, the whole checksum are what was declared."""
    layout = Layout(upload.size, upload.part_size)
    faults = [
        Fault(
            f"parts.{part.number}", "size_differs", "The part has another size.", layout.length(part.number), part.size
        )
        for part in parts
        if part.number > layout.count or part.size != layout.length(part.number)
    ]
    if checksum and all(part.checksum for part in parts):
        whole = crc.combine(upload.checksum_algorithm, [(part.checksum or "", part.size) for part in parts])
        if whole != checksum:
            words = f"The parts in S3 make a file with another checksum. {CHECKSUM_ADVICE}"
            faults.append(Fault("checksum", "differs", words, checksum, whole))
    if faults:
        raise PartsDiffer(faults)
