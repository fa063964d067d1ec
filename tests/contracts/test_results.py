"""What every ResultStore promises: results lie below their file, and go with it."""

from __future__ import annotations

import io

import pytest

from portway.errors import Unavailable
from portway.model import PublishedObject
from portway.ports import Headers
from tests.contracts.buckets import PUBLISHED, ObjectBackend
from tests.contracts.objects import FILE, KEY, WHOLE, stored

HEADERS = Headers("image/png", "inline", "no-store")
SMALL = Headers("image/webp", 'inline; filename="a"', "private")


def published(objects: ObjectBackend, to_key: str = FILE) -> PublishedObject:
    return objects.store.publish(KEY, stored(objects), to_key, HEADERS)


def put(objects: ObjectBackend, file: PublishedObject, name: str, data: bytes) -> str:
    return objects.results.put(file, name, io.BytesIO(data), len(data), SMALL)


def left(objects: ObjectBackend, file: PublishedObject) -> bool:
    try:
        objects.results.fetch(file, io.BytesIO())
    except Unavailable:
        return False
    return True


def test_the_published_version_is_fetched_whole(objects: ObjectBackend) -> None:
    """Also after somebody published the same key again."""
    first, into = published(objects), io.BytesIO()
    published(objects)
    objects.results.fetch(first, into)
    assert into.getvalue() == WHOLE
    assert objects.results.read(first, 3, 5) == WHOLE[3:8]


def test_a_file_that_is_gone_is_no_empty_file(objects: ObjectBackend) -> None:
    """It is Unavailable: the event comes again, and finds the removal in the record."""
    file = published(objects)
    objects.store.unpublish(file)
    with pytest.raises(Unavailable):
        objects.results.fetch(file, io.BytesIO())
    with pytest.raises(Unavailable):
        objects.results.read(file, 0, 1)


def test_a_result_lies_below_its_file(objects: ObjectBackend) -> None:
    """Under the file's key, with our type and disposition. Putting it again is fine."""
    file = published(objects)
    assert put(objects, file, "small.webp", b"first") == f"{FILE}/small.webp"
    key = put(objects, file, "small.webp", b"again")
    into = io.BytesIO()
    objects.results.fetch(PublishedObject(PUBLISHED, key, current(objects, key), "image/webp"), into)
    assert into.getvalue() == b"again"
    seen = objects.served(PUBLISHED, key, current(objects, key))
    assert seen is not None
    assert (seen.content_type, seen.disposition) == ("image/webp", 'inline; filename="a"')


def test_results_go_with_their_file(objects: ObjectBackend) -> None:
    """Every version of every one of them, and nothing of a file whose key only begins alike."""
    file, other = published(objects), published(objects, f"{FILE}X")
    keys = [put(objects, file, name, b"1") for name in ("a.webp", "a.webp", "b.jpg")]
    versions = [(key, current(objects, key)) for key in keys]
    put(objects, other, "a.webp", b"1")
    objects.store.unpublish(file)
    assert [objects.served(PUBLISHED, key, version) for key, version in versions] == [None] * 3
    assert not left(objects, file)
    assert left(objects, other)
    assert objects.current(f"{other.key}/a.webp")


def current(objects: ObjectBackend, key: str) -> str:
    """The version that a reader gets who names none."""
    version_id = objects.current(key)
    assert version_id
    return version_id
