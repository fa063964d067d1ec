"""Who works on something, among processes of one machine: a lock that ends with its process, and its number."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FAR = 1 << 30
"""The byte that is locked on Windows, where locked bytes cannot be read."""

if sys.platform == "win32":
    import msvcrt

    def _try(descriptor: int) -> bool:
        os.lseek(descriptor, FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _try(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without locks: then nobody can be told
            return True
        return True


@contextmanager
def locked(file: Path) -> Iterator[str | None]:
    """None while it is ours; else the number of the process that has it. Where no file can be made it is ours."""
    try:
        descriptor, is_ours = _opened(file)
    except OSError:
        yield None
        return
    try:
        if is_ours:
            with suppress(OSError):  # a full disk: then it is locked without a number
                os.ftruncate(descriptor, 0)
                os.write(descriptor, str(os.getpid()).encode())
            yield None
        else:
            yield os.read(descriptor, 32).decode("ascii", "replace") or "?"
    finally:
        if is_ours:
            with suppress(OSError):  # Windows: somebody else has it open
                file.unlink()
        os.close(descriptor)


def _opened(file: Path) -> tuple[int, bool]:
    """Again where the file was removed between being opened and being locked: that lock would be nobody's."""
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        if not _try(descriptor):
            return descriptor, False
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), file.stat()):
                return descriptor, True
        os.close(descriptor)
