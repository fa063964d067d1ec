"""The way into the published bucket for large files, in the same memory as the other objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from portway.model import ChecksumAlgorithm, Part, StoredObject
from portway.ports import Cut, Headers
from tests.fakes.objects import FakeObjects, FakeUpload, meanings


class FakeCopies:
    """A portway.ports.CopyStore. Its uploads are those of `objects` that have headers."""

    def __init__(self, objects: FakeObjects) -> None:
        self.objects = objects
        self.list_parts, self.complete = objects.list_parts, objects.complete
        self.abort, self.open_uploads = objects.abort, objects.open_uploads

    def begin(self, to_key: str, headers: Headers, algorithm: ChecksumAlgorithm) -> str:
        multipart_id = self.objects.start(to_key, headers.content_type, algorithm, "")
        self.objects.uploads[multipart_id] = FakeUpload(to_key, headers.content_type, algorithm, "", headers=headers)
        return multipart_id

    def copy(
        self, key: str, stored: StoredObject, to_key: str, multipart_id: str, cuts: Sequence[Cut]
    ) -> tuple[Part, ...]:
        return tuple(self._copy(key, stored, to_key, multipart_id, cut) for cut in cuts)

    def _copy(self, key: str, stored: StoredObject, to_key: str, multipart_id: str, cut: Cut) -> Part:
        with meanings():
            self.objects.opened(to_key, multipart_id)
            data = self.objects.source(key, stored).data[cut.first : cut.first + cut.length]
            return self.objects.upload_part(to_key, multipart_id, cut.number, data)

    def versions(self, to_key: str) -> tuple[StoredObject, ...]:
        held = self.objects.versions.get((self.objects.published, to_key), ())
        return tuple(replace(each.stored, checksum=None, session=None) for each in reversed(held))
