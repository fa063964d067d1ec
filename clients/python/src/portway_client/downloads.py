"""A published file, back to this disk: by ranges, so that a broken connection costs what was on its way only."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from portway_client import checksums
from portway_client.asking import Outage, Patience, answered, rested
from portway_client.control import Control
from portway_client.errors import ChecksumMismatch, Unavailable, Unreadable
from portway_client.model import File, Phase
from portway_client.steps import Ask, Fetch, Steps
from portway_client.transport import NoAnswer, Trouble

Target = str | PathLike[str] | BinaryIO
REFUSED = {400, 401, 403}
"""A signed URL that is over, or whose credentials are: another one is asked for."""


class Sink:
    """Where the bytes go, hashed on the way if this installation can."""

    def __init__(self, file: BinaryIO, algorithm: str) -> None:
        self._file, self._algorithm = file, algorithm
        try:
            self._update: checksums.Update | None = checksums.update(algorithm)
        except KeyError:
            self._update = None
        self.size = self._value = 0

    def write(self, piece: bytes) -> None:
        self._file.write(piece)
        self.size += len(piece)
        if self._update:
            self._value = self._update(piece, self._value)

    @property
    def checksum(self) -> str | None:
        """Of everything that was written; None where it cannot be computed."""
        return checksums.encode(self._algorithm, self._value) if self._update else None


@contextlib.contextmanager
def opened(target: Target, file: File) -> Iterator[Sink]:
    """A sink into a file object, or into a file that is there once it is whole. Raises Unreadable."""
    if not isinstance(target, str | PathLike):
        yield Sink(target, file.checksum_algorithm)
        return
    place = Path(os.fspath(target))
    is_special = _is_special(place)
    beside = place if is_special else place.with_name(f".portway-{file.id}.part")
    try:
        with beside.open("wb") as out:
            yield Sink(out, file.checksum_algorithm)
        if not is_special:
            beside.replace(place)
    except OSError as error:
        raise Unreadable(f"{place} cannot be written: {error.strerror}.", advice="Choose another place.") from error
    finally:
        if not is_special:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)


def _is_special(place: Path) -> bool:
    """A device or a pipe is written into; a file moved to the place of /dev/null would be there for everybody."""
    try:
        return not stat.S_ISREG(place.stat().st_mode)
    except OSError:
        return False


def downloaded(file: File, sink: Sink, patience: Patience, control: Control) -> Steps[None]:
    """All of it. Raises ChecksumMismatch, Unavailable, Offline."""
    control.upload_id, control.total = file.id, file.size
    control.enters(Phase.SENDING)
    outage, tries, url = Outage(patience, control), 0, ""
    while sink.size < file.size:
        if not url:
            document = yield from answered(Ask("GET", f"/v1/files/{file.id}/url"), patience, control)
            url = document["url"]
        before = sink.size
        came = yield Fetch(url, before, sink)
        tries = 0 if sink.size > before else tries + 1
        trouble = came.trouble if isinstance(came, NoAnswer) else None
        if trouble is Trouble.HALTED:
            yield from control.goes_on()
        elif trouble is Trouble.CONNECT:
            yield from outage.wait(str(came))
        elif sink.size < file.size:
            if tries > patience.retries:
                raise Unavailable(f"The file does not come: {came}.", upload_id=file.id)
            url = "" if came in REFUSED else url
            yield from rested(control, patience.pause(max(tries, 1)), "the connection broke")
    if sink.checksum and file.checksum and sink.checksum != file.checksum:
        raise ChecksumMismatch("What came is not what was published.", upload_id=file.id)
    control.enters(Phase.DONE)
