"""What every CopyStore promises: a large file is put together in the published bucket from parts of one version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pytest

from portway.errors import PartsChanged, UploadGone
from portway.model import ChecksumAlgorithm, Part, StoredObject
from portway.ports import Cut, Headers, all_parts
from tests.contracts.buckets import PUBLISHED, ObjectBackend, outcome
from tests.contracts.objects import CRC32, CRC32C, CRC64, FILE, KEY, LARGE, SESSION, SMALL, WHOLE, crc, served, stored

HEADERS = Headers("audio/x-wav", 'attachment; filename="a.wav"', "private, max-age=60")
CUTS = (Cut(1, 0, len(LARGE)), Cut(2, len(LARGE), len(SMALL)))


def begun(objects: ObjectBackend, cuts: Sequence[Cut] = CUTS) -> tuple[StoredObject, str, tuple[Part, ...]]:
    """A stored file, a copy of it, and the parts that were copied."""
    done = stored(objects)
    copy = objects.copies.begin(FILE, HEADERS, CRC64)
    return done, copy, objects.copies.copy(KEY, done, FILE, copy, cuts)


def test_a_copy_has_the_bytes_and_our_headers(objects: ObjectBackend) -> None:
    """Of the version that was inspected, and nothing of what came with the upload."""
    done, copy, parts = begun(objects)
    made = objects.copies.complete(FILE, copy, parts, done.size, CRC64, None)
    seen = served(objects, PUBLISHED, FILE, made.version_id)
    assert (seen.data == WHOLE, seen.metadata) == (True, {})
    assert Headers(seen.content_type, seen.disposition or "", seen.cache_control or "") == HEADERS


@pytest.mark.parametrize("algorithm", [CRC64, CRC32C, CRC32])
def test_the_checksum_is_carried_over(objects: ObjectBackend, algorithm: ChecksumAlgorithm) -> None:
    """S3 proves that the whole copy has the checksum of the stored object, whichever it has."""
    upload_id = objects.store.start(KEY, "audio/wav", algorithm, SESSION)
    for number, body in enumerate((LARGE, SMALL), 1):
        objects.put_part(KEY, upload_id, number, body)
    listed = objects.store.list_parts(KEY, upload_id).parts
    done = objects.store.complete(KEY, upload_id, listed, len(WHOLE), algorithm, None)
    copy = objects.copies.begin(FILE, HEADERS, algorithm)
    finish = partial(objects.copies.complete, FILE, copy, objects.copies.copy(KEY, done, FILE, copy, CUTS), done.size)
    seen = outcome(lambda: finish(algorithm, crc(SMALL, algorithm)))
    assert seen == objects.expected("whole checksum differs", PartsChanged)
    if seen is PartsChanged:
        made = finish(algorithm, crc(WHOLE, algorithm))
        assert made.checksum == crc(WHOLE, algorithm)


def test_parts_are_copied_in_any_order_and_found_again(objects: ObjectBackend) -> None:
    """Another worker sees what is there, and copies the rest."""
    done, copy, _ = begun(objects, CUTS[1:])
    assert [part.number for part in all_parts(objects.copies, FILE, copy)] == [2]
    objects.copies.copy(KEY, done, FILE, copy, CUTS[:1])
    parts = all_parts(objects.copies, FILE, copy)
    assert [(part.number, part.size) for part in parts] == [(cut.number, cut.length) for cut in CUTS]
    made = objects.copies.complete(FILE, copy, parts, done.size, CRC64, None)
    assert served(objects, PUBLISHED, FILE, made.version_id).data == WHOLE


def test_a_part_copied_again_is_the_same(objects: ObjectBackend) -> None:
    """Two workers with the same cuts do each other no harm."""
    done, copy, (first, *_) = begun(objects)
    (again,) = objects.copies.copy(KEY, done, FILE, copy, CUTS[:1])
    assert (again.number, again.size, again.etag) == (first.number, first.size, first.etag)


def test_only_the_inspected_version_is_copied(objects: ObjectBackend) -> None:
    """A version that is gone, or is not the object that was inspected, gives no part."""
    done, copy, _ = begun(objects, ())
    other = replace(done, etag="0" * 32 + "-1")
    seen = outcome(lambda: objects.copies.copy(KEY, other, FILE, copy, CUTS[:1]))
    assert seen == objects.expected("copy another etag", PartsChanged)
    objects.store.delete(KEY, done.version_id)
    seen = outcome(lambda: objects.copies.copy(KEY, done, FILE, copy, CUTS[1:]))
    assert seen == objects.expected("copy what is gone", PartsChanged)


@pytest.mark.parametrize("is_completed", [True, False])
def test_a_copy_that_was_ended_takes_no_part(objects: ObjectBackend, is_completed: bool) -> None:
    """Neither after it was completed nor after it was aborted; ending it twice is fine."""
    done, copy, parts = begun(objects)
    assert objects.copies.open_uploads(FILE) == (copy,)
    if is_completed:
        objects.copies.complete(FILE, copy, parts, done.size, CRC64, None)
    for _ in range(2):
        objects.copies.abort(FILE, copy)
    seen = outcome(lambda: objects.copies.copy(KEY, done, FILE, copy, CUTS[:1]))
    assert seen == objects.expected("part after the end", UploadGone)
    with pytest.raises(UploadGone):
        objects.copies.list_parts(FILE, copy)
    assert objects.copies.open_uploads(FILE) == ()


def test_versions_are_those_of_the_published_file(objects: ObjectBackend) -> None:
    """None while there is none, whatever the incoming bucket holds; then the newest first, of exactly this key."""
    done, copy, parts = begun(objects)
    assert objects.copies.versions(FILE) == ()
    plain = objects.store.publish(KEY, done, FILE, HEADERS)
    objects.store.publish(KEY, done, FILE + "0", HEADERS)
    made = objects.copies.complete(FILE, copy, parts, done.size, CRC64, None)
    found = objects.copies.versions(FILE)
    assert [each.version_id for each in found] == [made.version_id, plain.version_id]
    assert [each.size for each in found] == [len(WHOLE)] * 2
