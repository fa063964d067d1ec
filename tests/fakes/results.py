"""Results beside published files, in the memory of the fake S3."""

from __future__ import annotations

from typing import BinaryIO

from portway.errors import Unavailable
from portway.model import PublishedObject
from portway.ports import Headers
from tests.fakes.objects import FakeObjects


class FakeResults:
    """A portway.ports.ResultStore over the versions that the other fake holds."""

    def __init__(self, objects: FakeObjects) -> None:
        self._objects = objects

    def read(self, published: PublishedObject, first: int, length: int) -> bytes:
        return self._data(published)[first : first + length]

    def fetch(self, published: PublishedObject, into: BinaryIO) -> None:
        into.write(self._data(published))

    def _data(self, published: PublishedObject) -> bytes:
        found = self._objects.version(published.bucket, published.key, published.version_id)
        if found is None:
            raise Unavailable("no such version")
        return found.data

    def put(self, published: PublishedObject, name: str, body: BinaryIO, size: int, headers: Headers) -> str:
        key = f"{published.key}/{name}"
        self._objects.put_published((published.bucket, key), body.read(), headers)
        return key
