"""An edited version as the body of one PUT: read by ranges while it is sent, never held as a whole."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from portway.edits import Edit, Kept, size, stretch
from portway.errors import Unavailable
from portway.reader import CHUNK

Read = Callable[[int, int], bytes]
"""(first, length) → bytes of the version that is edited."""


class _Edited(io.RawIOBase):
    """A file of the edit's bytes. botocore seeks in it: to compute a checksum before, and to try again."""

    def __init__(self, edit: Edit, read: Read) -> None:
        self._edit, self._read, self._at = edit, read, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: size(self._edit)}[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        data = b"".join(
            self._kept(piece) if isinstance(piece, Kept) else piece
            for piece in stretch(self._edit, self._at, len(buffer))
        )
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _kept(self, piece: Kept) -> bytes:
        data = self._read(piece.first, piece.length)
        if len(data) != piece.length:
            raise Unavailable(f"{piece.length} bytes were asked for at {piece.first}, {len(data)} came")
        return data


def edited(edit: Edit, read: Read) -> io.BufferedReader:
    """What the edit makes of a file, to be read from beginning to end in requests of 4 MiB where nothing is changed."""
    return io.BufferedReader(_Edited(edit, read), CHUNK)
