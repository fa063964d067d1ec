"""What every ObjectStore promises about uploads. Where a back end is known to differ, the difference is asserted."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest

from dev.s3.refused import Refused
from portway.errors import PartsChanged, UploadGone
from portway.model import ChecksumAlgorithm
from tests.contracts.buckets import INCOMING, ObjectBackend, outcome
from tests.contracts.objects import CRC64, KEY, LARGE, SESSION, SMALL, WHOLE, begun, crc, served, stored


def test_every_start_makes_another_upload(objects: ObjectBackend) -> None:
    """Two creates that race leave two uploads under the key, and both can be found and ended."""
    first, second = (objects.store.start(KEY, "audio/wav", CRC64, SESSION) for _ in range(2))
    assert first != second
    assert set(objects.store.open_uploads(KEY)) == {first, second}


def test_open_uploads_are_of_exactly_this_key(objects: ObjectBackend) -> None:
    """A key that is the beginning of another one does not reach the other's uploads."""
    objects.store.start(KEY + "0", "audio/wav", CRC64, SESSION)
    assert objects.store.open_uploads(KEY) == ()


def test_parts_are_listed_as_s3_holds_them(objects: ObjectBackend) -> None:
    """Number, size, ETag without quotes, and a time: the truth about what arrived."""
    upload_id, parts = begun(objects, [LARGE, SMALL])
    assert [(part.number, part.size) for part in parts] == [(1, len(LARGE)), (2, len(SMALL))]
    assert all(len(part.etag) == 32 and part.stored_at for part in parts)
    assert objects.store.list_parts(KEY, upload_id).more_after is None


def test_a_part_sent_again_replaces_the_first(objects: ObjectBackend) -> None:
    """The same number overwrites: the last one counts, once."""
    upload_id, before = begun(objects, [SMALL])
    objects.put_part(KEY, upload_id, 1, b"another")
    (after,) = objects.store.list_parts(KEY, upload_id).parts
    assert after.size == 7
    assert after.etag != before[0].etag


def test_parts_come_in_pages(objects: ObjectBackend) -> None:
    """Whoever follows `more_after` sees every part once, in order."""
    upload_id, _ = begun(objects, [b"part %d" % number for number in range(1, 8)])
    numbers: list[int] = []
    after: int | None = 0
    while after is not None:
        page = objects.store.list_parts(KEY, upload_id, after, limit=3)
        numbers += [part.number for part in page.parts]
        after = page.more_after
    assert numbers == list(range(1, 8))


def test_pages_bear_gaps(objects: ObjectBackend) -> None:
    """Parts arrive in any order: going on after a number means numbers above it, not a position in the list."""
    upload_id = objects.store.start(KEY, "audio/wav", CRC64, SESSION)
    for number in (900, 7, 3):
        objects.put_part(KEY, upload_id, number, b"%d" % number)
    seen = [part.number for part in objects.store.list_parts(KEY, upload_id, after=5).parts]
    assert seen == objects.expected("numbers above 5", [7, 900])


def test_unknown_uploads_have_no_parts(objects: ObjectBackend) -> None:
    """An id that was never given, and the id of another key, are gone, not empty."""
    upload_id, _ = begun(objects, [SMALL])
    assert outcome(lambda: objects.store.list_parts(KEY, "never-given")) == UploadGone
    seen = outcome(lambda: objects.store.list_parts("in/other", upload_id))
    assert seen == objects.expected("parts of another key", UploadGone)


def test_complete_makes_the_object(objects: ObjectBackend) -> None:
    """The parts become one object with their bytes in order; the upload is over."""
    upload_id, parts = begun(objects, [LARGE, SMALL])
    done = objects.store.complete(KEY, upload_id, parts, len(WHOLE), CRC64, crc(WHOLE))
    assert (done.size, done.etag[-2:]) == (len(WHOLE), "-2")
    assert objects.store.open_uploads(KEY) == ()
    with pytest.raises(UploadGone):
        objects.store.list_parts(KEY, upload_id)
    found = objects.store.head(KEY)
    assert found == replace(done, session=SESSION, checksum=found.checksum if found else None)
    seen = served(objects, INCOMING, KEY, done.version_id)
    assert (seen.data, seen.content_type) == (WHOLE, "audio/wav")
    assert seen.metadata == {"portway-upload": SESSION}


@pytest.mark.parametrize("algorithm", list(ChecksumAlgorithm))
def test_the_whole_checksum_is_proved(objects: ObjectBackend, algorithm: ChecksumAlgorithm) -> None:
    """Parts with their checksums, then the whole with its own: the object's checksum is that of all its bytes."""
    upload_id = objects.store.start(KEY, "audio/wav", algorithm, SESSION)
    for number, body in enumerate([LARGE, SMALL], 1):
        objects.put_part(KEY, upload_id, number, body, algorithm, crc(body, algorithm))
    parts = objects.store.list_parts(KEY, upload_id).parts
    whole = crc(WHOLE, algorithm)
    done = objects.store.complete(KEY, upload_id, parts, len(WHOLE), algorithm, whole)
    found = objects.store.head(KEY)
    assert found is not None
    seen = [*(part.checksum for part in parts), done.checksum, found.checksum]
    expected = [crc(LARGE, algorithm), crc(SMALL, algorithm), whole, whole]
    assert (seen == expected) == objects.expected("shows checksums", True)


@pytest.mark.parametrize("body", [b"", b"x", SMALL])
def test_one_part_is_enough(objects: ObjectBackend, body: bytes) -> None:
    """Small files and even empty ones take the same way: one part, as short as it is."""
    done = stored(objects, [body])
    assert done.size == len(body)
    assert served(objects, INCOMING, KEY, done.version_id).data == body


def test_unlisted_parts_are_left_out(objects: ObjectBackend) -> None:
    """The manifest decides: a part that is not in it does not become part of the file."""
    upload_id, parts = begun(objects, [LARGE, SMALL])
    done = objects.store.complete(KEY, upload_id, parts[:1], len(LARGE), CRC64, None)
    assert served(objects, INCOMING, KEY, done.version_id).data == LARGE


def test_a_part_that_changed_is_refused(objects: ObjectBackend) -> None:
    """A part replaced since the manifest was made spoils the upload, which stays as it is."""
    upload_id, parts = begun(objects, [LARGE, SMALL])
    objects.put_part(KEY, upload_id, 2, b"something else, same number")
    with pytest.raises(PartsChanged):
        objects.store.complete(KEY, upload_id, parts, len(WHOLE), CRC64, None)
    assert objects.store.head(KEY) is None
    assert len(objects.store.list_parts(KEY, upload_id).parts) == 2


def test_a_part_that_never_came_is_refused(objects: ObjectBackend) -> None:
    """A manifest with a part that S3 does not have is refused."""
    upload_id, parts = begun(objects, [LARGE])
    with pytest.raises(PartsChanged):
        objects.store.complete(KEY, upload_id, [*parts, replace(parts[0], number=2)], 2 * len(LARGE), CRC64, None)


def test_small_parts_before_the_last_are_refused(objects: ObjectBackend) -> None:
    """Parts below 5 MiB may only stand at the end."""
    upload_id, parts = begun(objects, [SMALL, LARGE])
    with pytest.raises(PartsChanged):
        objects.store.complete(KEY, upload_id, parts, len(WHOLE), CRC64, None)


def test_another_size_is_refused(objects: ObjectBackend) -> None:
    """The size that was declared is proved by S3, byte by byte."""
    upload_id, parts = begun(objects, [LARGE, SMALL])
    seen = outcome(lambda: objects.store.complete(KEY, upload_id, parts, len(WHOLE) + 1, CRC64, None))
    assert seen == objects.expected("size differs", PartsChanged)


def test_another_checksum_is_refused(objects: ObjectBackend) -> None:
    """A file that is not the one whose checksum was declared never becomes an object."""
    upload_id, parts = begun(objects, [LARGE, SMALL])
    seen = outcome(lambda: objects.store.complete(KEY, upload_id, parts, len(WHOLE), CRC64, crc(b"another file")))
    assert seen == objects.expected("whole checksum differs", PartsChanged)


def test_another_part_checksum_is_refused(objects: ObjectBackend) -> None:
    """The manifest's part checksums are compared too."""
    upload_id, parts = begun(objects, [LARGE, SMALL])
    wrong = [replace(parts[0], checksum=crc(b"another part")), parts[1]]
    seen = outcome(lambda: objects.store.complete(KEY, upload_id, wrong, len(WHOLE), CRC64, None))
    assert seen == objects.expected("part checksum differs", PartsChanged)


def test_parts_out_of_order_are_refused(objects: ObjectBackend) -> None:
    """A manifest must ascend."""
    upload_id, parts = begun(objects, [LARGE, LARGE])
    seen = outcome(lambda: objects.store.complete(KEY, upload_id, parts[::-1], 2 * len(LARGE), CRC64, None))
    assert seen == objects.expected("parts descend", PartsChanged)


def test_unknown_uploads_cannot_be_completed(objects: ObjectBackend) -> None:
    """Completing what S3 does not know says so: the object decides then what that means."""
    _, parts = begun(objects, [SMALL])
    seen = outcome(lambda: objects.store.complete(KEY, "never-given", parts, len(SMALL), CRC64, None))
    assert seen == objects.expected("complete unknown", UploadGone)


def test_a_repeated_complete_harms_nothing(objects: ObjectBackend) -> None:
    """S3 may answer the same success again or know nothing any more; in both cases the object stays the same."""
    upload_id, parts = begun(objects, [SMALL])
    first = objects.store.complete(KEY, upload_id, parts, len(SMALL), CRC64, None)
    with suppress(UploadGone):
        assert objects.store.complete(KEY, upload_id, parts, len(SMALL), CRC64, None) == first
    found = objects.store.head(KEY)
    assert found is not None
    assert (found.version_id, found.session) == (first.version_id, SESSION)


def test_abort_ends_an_upload(objects: ObjectBackend) -> None:
    """After an abort nothing of the upload is left, it cannot be completed, and aborting again is fine."""
    upload_id, parts = begun(objects, [SMALL])
    objects.store.abort(KEY, upload_id)
    objects.store.abort(KEY, upload_id)
    objects.store.abort(KEY, "never-given")
    assert objects.store.open_uploads(KEY) == ()
    with pytest.raises(UploadGone):
        objects.store.list_parts(KEY, upload_id)
    seen = outcome(lambda: objects.store.complete(KEY, upload_id, parts, len(SMALL), CRC64, None))
    assert seen == objects.expected("complete aborted", UploadGone)
    assert outcome(lambda: objects.put_part(KEY, upload_id, 1, b"")) == objects.expected("part after the end", Refused)


def test_abort_does_not_touch_the_object(objects: ObjectBackend) -> None:
    """An abort that comes after the complete changes nothing."""
    upload_id, parts = begun(objects, [SMALL])
    done = objects.store.complete(KEY, upload_id, parts, len(SMALL), CRC64, None)
    objects.store.abort(KEY, upload_id)
    assert served(objects, INCOMING, KEY, done.version_id).data == SMALL


def test_an_upload_belongs_to_its_key(objects: ObjectBackend) -> None:
    """Nobody can put a part under a key with the id of another key's upload."""
    upload_id, _ = begun(objects, [SMALL])
    seen = outcome(lambda: objects.put_part("in/other", upload_id, 1, b"x"))
    assert seen == objects.expected("part with another's id", Refused)
