"""Use case after publication: thumbnails, smaller copies and facts are made of a published file, and lie beside it.

Nothing here can take a published file back: what cannot be made is a line in the attempts. The results are told once,
in the record and as an event; whoever made them again put the same under the same keys.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from portway.errors import Busy, Conflict, StoreAnswer
from portway.media_types import canonical
from portway.model import Derived, Status, Upload
from portway.names import content_disposition
from portway.outbox import Outbox
from portway.policy import Policies
from portway.ports import Clock, Headers, ResultStore, SessionStore, current_of
from portway.published import file_of
from portway.reader import Budget, Reader
from portway.results import Made, Maker, NotMade, Source

MakersFor = Callable[[tuple[str, ...], str], Mapping[str, Maker]]
"""(names that a policy asks for, content type) → what can be made of such a file."""
Report = Callable[[str, Exception], None]
"""Tells an operator that the maker of this name has a bug."""
ROUNDS = 4


class Derivation(StrEnum):
    """What became of an event."""

    MADE = "made"
    DUPLICATE = "duplicate"
    NOTHING = "nothing"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class Deriving:
    results: ResultStore
    sessions: SessionStore
    outbox: Outbox
    policies: Policies
    makers_for: MakersFor
    now: Clock
    report: Report

    def published(self, upload_id: str) -> Derivation:
        """Make what the file's category asks for. Unavailable: deliver the event again."""
        upload = self.sessions.get(upload_id)
        if upload is None or upload.published is None or not _is_there(upload):
            return Derivation.TOO_LATE
        if upload.derived_at:
            return Derivation.DUPLICATE
        category = self.policies.categories.get(upload.category)
        makers = self.makers_for(category.results if category else (), canonical(upload.published.content_type))
        if not makers:
            return Derivation.NOTHING
        with TemporaryDirectory() as folder:
            done, failed = self._make(upload, makers, Path(folder))
        return self._tell(upload, done, failed)

    def _make(
        self, upload: Upload, makers: Mapping[str, Maker], folder: Path
    ) -> tuple[tuple[Derived, ...], dict[str, str]]:
        """What was made and is stored, and why what was not was not."""
        done, failed, source = list[Derived](), dict[str, str](), self._source(upload, folder)
        for name, make in makers.items():
            try:
                made = make(source)
            except NotMade:
                failed[name] = "not_made"
                continue
            except StoreAnswer:
                raise
            except Exception as bug:  # a file must not lose its thumbnails because of its PDF
                self.report(name, bug)
                failed[name] = "failed"
                continue
            done += [self._store(upload, each) for each in made]
        return tuple(done), failed

    def _source(self, upload: Upload, folder: Path) -> Source:
        file = file_of(upload)
        assert file is not None
        assert file.size is not None

        def fetch(path: Path) -> None:
            with path.open("wb") as into:
                self.results.fetch(file, into)

        reader = Reader(lambda first, length: self.results.read(file, first, length), file.size, Budget(), self.now)
        facts = upload.verdict.owners_facts if upload.verdict else {}
        return Source(file.size, canonical(file.content_type), facts, folder, reader, fetch)

    def _store(self, upload: Upload, made: Made) -> Derived:
        assert upload.published is not None
        disposition = content_disposition(f"{upload.name}.{made.name}", made.content_type)
        headers = Headers(made.content_type, disposition, self.policies.publish_of(upload.category).cache_control)
        with made.path.open("rb") as body:
            key = self.results.put(upload.published, made.name, body, made.size, headers)
        return Derived(made.name, key, made.content_type, made.size, made.facts)

    def _tell(self, upload: Upload, done: tuple[Derived, ...], failed: Mapping[str, str]) -> Derivation:
        """The results in the record, once. A removal that came between takes them with it at its last look."""
        for _ in range(ROUNDS):
            now, after = self.now(), upload
            for name, code in failed.items():
                after = replace(after, attempts=after.tried(f"derive {name}", code, False, now))
            try:
                self.outbox.save(upload, replace(after, derived=done, derived_at=now))
                return Derivation.MADE
            except Conflict as moved:
                upload = current_of(moved)
            if not _is_there(upload):
                return Derivation.TOO_LATE
            if upload.derived_at:
                return Derivation.DUPLICATE
        raise Busy


def _is_there(upload: Upload) -> bool:
    return upload.status is Status.PUBLISHED and not upload.removing_at
