"""What every ObjectStore promises about objects: their versions, their bytes, and the way to be published."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portway.edits import Edit, Kept
from portway.errors import PartsChanged, Unavailable
from portway.ports import Headers
from tests.contracts.buckets import PUBLISHED, ObjectBackend, outcome
from tests.contracts.objects import CRC32, FILE, INLINE, KEY, LARGE, SMALL, WHOLE, crc, served, stored

HEADERS = Headers("audio/x-wav", 'attachment; filename="a.wav"', "private, max-age=60")


def test_head_says_none_only_for_nothing(objects: ObjectBackend) -> None:
    """No object, or one whose version was removed: None."""
    assert objects.store.head(KEY) is None
    done = stored(objects, [SMALL])
    objects.store.delete(KEY, done.version_id)
    assert objects.store.head(KEY) is None


def test_reading_gives_exactly_the_range(objects: ObjectBackend) -> None:
    """Inspectors read pieces of one version: inside, over the end, behind it, nothing at all."""
    version_id = stored(objects).version_id
    read = objects.store.read
    assert read(KEY, version_id, 0, 4) == WHOLE[:4]
    assert read(KEY, version_id, len(LARGE) - 3, 10) == WHOLE[len(LARGE) - 3 : len(LARGE) + 7]
    assert read(KEY, version_id, len(WHOLE) - 4, 100) == WHOLE[-4:]
    assert read(KEY, version_id, len(WHOLE), 10) == b""
    assert read(KEY, version_id, 0, 0) == b""


def test_an_empty_object_can_be_read(objects: ObjectBackend) -> None:
    """There is nothing in it, and asking is no error."""
    assert objects.store.read(KEY, stored(objects, [b""]).version_id, 0, 64) == b""


def test_reading_sticks_to_the_version(objects: ObjectBackend) -> None:
    """A later object under the same key does not change what the inspector sees; a version that is gone is no file."""
    first, second = stored(objects, [b"first"]), stored(objects, [b"second"])
    assert objects.store.read(KEY, first.version_id, 0, 10) == b"first"
    objects.store.delete(KEY, first.version_id)
    with pytest.raises(Unavailable):
        objects.store.read(KEY, first.version_id, 0, 10)
    assert objects.store.read(KEY, second.version_id, 0, 10) == b"second"


def test_publish_copies_one_version_under_our_headers(objects: ObjectBackend) -> None:
    """Bytes of the inspected version, type and disposition of ours, nothing of what came with the upload."""
    first = stored(objects, [b"inspected"])
    stored(objects, [b"came later"])
    published = objects.store.publish(KEY, first, FILE, HEADERS)
    assert (published.bucket, published.key, published.content_type) == (PUBLISHED, FILE, "audio/x-wav")
    seen = served(objects, PUBLISHED, FILE, published.version_id)
    assert (seen.data, seen.content_type) == (b"inspected", "audio/x-wav")
    assert (seen.disposition, seen.cache_control) == (HEADERS.disposition, HEADERS.cache_control)
    assert seen.metadata == {}


def test_a_copy_keeps_the_checksum(objects: ObjectBackend) -> None:
    """What was put together from parts is one object afterwards: its checksum stays comparable, its ETag does not."""
    done = stored(objects)
    published = objects.store.publish(KEY, done, FILE, HEADERS)
    assert served(objects, PUBLISHED, FILE, published.version_id).checksum == crc(WHOLE)


def test_publishing_again_is_harmless(objects: ObjectBackend) -> None:
    """A second worker that publishes the same verdict puts the same bytes in the same place."""
    done = stored(objects)
    copies = [objects.store.publish(KEY, done, FILE, INLINE) for _ in range(2)]
    assert all(served(objects, PUBLISHED, FILE, copy.version_id).data == WHOLE for copy in copies)


def test_an_edited_version_is_published_under_our_headers(objects: ObjectBackend) -> None:
    """Stretches of the version and bytes of ours, read on the way; size and checksum are those of the result."""
    done = stored(objects)
    edit: Edit = (b"new ", Kept(3, len(LARGE)), b" and ", Kept(len(WHOLE) - 5, 5))
    expected = b"new " + WHOLE[3:][: len(LARGE)] + b" and " + WHOLE[-5:]
    for _ in range(2):  # repeating it is harmless
        file = objects.store.publish_edited(KEY, done.version_id, FILE, HEADERS, edit)
        assert (file.bucket, file.key, file.size) == (PUBLISHED, FILE, len(expected))
        assert (file.checksum_algorithm, file.checksum) == (CRC32, crc(expected, CRC32))
        seen = served(objects, PUBLISHED, FILE, file.version_id)
        assert (seen.data, seen.content_type, seen.disposition) == (expected, HEADERS.content_type, HEADERS.disposition)
        assert seen.metadata == {}


def test_an_edit_of_what_is_not_there_publishes_nothing(objects: ObjectBackend) -> None:
    """A version that is gone or shorter than the edit says decides nothing, and leaves no half file."""
    done = stored(objects, [SMALL])
    with pytest.raises(Unavailable):
        objects.store.publish_edited(KEY, done.version_id, FILE, HEADERS, (Kept(0, len(SMALL) + 1),))
    objects.store.delete(KEY, done.version_id)
    with pytest.raises(Unavailable):
        objects.store.publish_edited(KEY, done.version_id, FILE, HEADERS, (b"x", Kept(0, 1)))


def test_publish_refuses_another_object(objects: ObjectBackend) -> None:
    """A version that is gone, or is not the object that was inspected, is not published."""
    done = stored(objects, [SMALL])
    seen = outcome(lambda: objects.store.publish(KEY, replace(done, etag="0" * 32 + "-1"), FILE, INLINE))
    assert seen == objects.expected("publish another etag", PartsChanged)
    objects.store.delete(KEY, done.version_id)
    with pytest.raises(PartsChanged):
        objects.store.publish(KEY, done, FILE, INLINE)


def test_delete_removes_one_version(objects: ObjectBackend) -> None:
    """Only the named version goes; naming it again, or a key that never was, is fine."""
    first, second = stored(objects, [b"first"]), stored(objects, [b"second"])
    objects.store.delete(KEY, second.version_id)
    objects.store.delete(KEY, second.version_id)
    objects.store.delete("in/never", first.version_id)
    found = objects.store.head(KEY)
    assert found is not None
    assert found.version_id == first.version_id


def test_unpublish_removes_every_version_of_one_file(objects: ObjectBackend) -> None:
    """Nothing of the file is left, also of earlier copies; a file whose key begins the same stays."""
    done = stored(objects, [SMALL])
    copies = [objects.store.publish(KEY, done, FILE, INLINE) for _ in range(3)]
    neighbour = objects.store.publish(KEY, done, FILE + "0", INLINE)
    objects.store.unpublish(copies[0])
    objects.store.unpublish(copies[0])
    assert [objects.served(PUBLISHED, FILE, copy.version_id) for copy in copies] == [None] * 3
    assert served(objects, PUBLISHED, FILE + "0", neighbour.version_id).data == SMALL
