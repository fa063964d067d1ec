"""What an inspection costs: milliseconds, requests and memory by family, for small files and for a gigabyte.

Small files are the good ones of the corpus (dev/corpus). A gigabyte is sparse: real beginnings and ends, zeros between
them, so that what is measured is the walk and not the network. Two peers read the same bytes through the same source:
`zipfile` a zip's directory, Pillow a picture.
"""

from __future__ import annotations

import io
import statistics
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from time import process_time

from PIL import Image

from bench.bars import judged
from bench.timing import medians
from dev.corpus.encoded import encoded
from dev.corpus.judging import families
from portway import pipeline
from portway.content import Anatomy, Bounds
from portway.formats.zip_directory import locate, members
from portway.inspectors import INSPECTORS
from portway.inspectors.structure import WALKERS
from portway.pipeline import View
from tests.unit.sources import Source, Sparse, reader, unheard, view
from tests.unit.test_archive_ranges import over, ten_gigabytes
from tests.unit.test_media_ranges import parts

GB, ROUNDS = 1 << 30, 5
ROOMY = Bounds(unpacked=1 << 40)
"""As a policy for large archives says."""
MOST_PEAK = 32 << 20
MOST_ZIP, MOST_PICTURE = 4.0, 1.5
"""Bars: times what the peer takes."""


def _inspected(seen: View) -> View:
    pipeline.inspect(seen, INSPECTORS, lambda: 0, unheard)
    return seen


def small() -> Iterator[str]:
    """By family: median and largest milliseconds of CPU for a file, and requests."""
    yield f"good files of the corpus, all inspectors (CPU, median of {ROUNDS} each)"
    for name, samples in families().items():
        taken, requests = list[float](), list[int]()
        for sample in (each for each in samples if not each.is_hostile):
            data, file = sample.make(), f"a.{sample.extension}" if sample.extension else "a"
            sources = [Source(data) for _ in range(ROUNDS)]
            each = list[float]()
            for source in sources:
                begun = process_time()
                _inspected(view(source, sample.content_type, file))
                each.append(process_time() - begun)
            taken.append(statistics.median(each) * 1000)
            requests.append(len(sources[0].reads))
        if taken:
            yield (
                f"  {name}: {len(taken)} files, {statistics.median(taken):.1f} ms, at most {max(taken):.1f} ms"
                f" · at most {max(requests)} requests"
            )


def movie() -> Sparse:
    """As phones record it: the index behind a gigabyte of pictures."""
    before, media, after = parts(encoded("mp4", "aac", "libx264"), b"mdat")
    head = before + b"\0\0\0\1mdat" + GB.to_bytes(8) + media
    return Sparse(len(before) + GB + len(after), {0: head, len(before) + GB: after})


def sound() -> Sparse:
    data = encoded("wav", "pcm_s16le")
    at = data.index(b"data")
    head = b"RIFF" + (GB - 8).to_bytes(4, "little") + data[8 : at + 4] + (GB - at - 8).to_bytes(4, "little")
    return Sparse(GB, {0: head})


def photograph() -> Sparse:
    """All of it has to be read: where a scan ends, only its bytes say."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64)).save(buffer, "JPEG")
    data, middle = buffer.getvalue(), 100 << 20
    return Sparse(len(data) + middle, {0: data[:-2], len(data) - 2 + middle: data[-2:]})


def scanned() -> Sparse:
    """One picture of 400 MiB on one page, as scanners write it."""
    length, parts = 400 << 20, [b"%PDF-1.4\n"]
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<</XObject<</I 4 0 R>>>>>>",
        b"<</Subtype/Image/Width 9/Height 9/BitsPerComponent 8/ColorSpace/DeviceGray/Length %d>>stream\n" % length,
    ]
    offsets = list[int]()
    for number, body in enumerate(objects, 1):
        offsets.append(sum(map(len, parts)))
        parts.append(b"%d 0 obj%s%s" % (number, body, b"" if number == len(objects) else b"endobj\n"))
    head, end = b"".join(parts), b"\nendstream endobj\n"
    table = b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % at for at in offsets)
    start = len(head) + length + len(end)
    tail = end + table + b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start
    return Sparse(len(head) + length + len(tail), {0: head, len(head) + length: tail})


def backup() -> Sparse:
    entry = tarfile.TarInfo("disk.dat")
    entry.size = GB
    head = entry.tobuf(tarfile.USTAR_FORMAT)
    return Sparse(len(head) + entry.size + 1024, {0: head})


LARGE: dict[str, tuple[Callable[[], Sparse], str, str]] = {
    "WAV, 1 GiB": (sound, "audio/x-wav", "a.wav"),
    "MP4, 1 GiB, index at the end": (movie, "video/mp4", "a.mp4"),
    "tar, 1 GiB": (backup, "application/x-tar", "a.tar"),
    "JPEG, 100 MiB": (photograph, "image/jpeg", "a.jpg"),
    "PDF, 400 MiB, one scanned page": (scanned, "application/pdf", "a.pdf"),
    "zip, 10 GiB, 1,000 stored members": (ten_gigabytes, "application/zip", "a.zip"),
}


def large() -> Iterator[str]:
    """CPU, requests, bytes and Python's peak of memory; the bar is on memory: no file may need more than another."""
    yield "large files, all inspectors (one run each; memory is traced, which takes most of the time)"
    largest = 0
    for name, (make, content_type, file) in LARGE.items():
        source = make()
        seen = replace(view(b"", content_type, file, bounds=ROOMY), reader=over(source), declared_size=source.size)
        tracemalloc.start()
        begun = process_time()
        found = [finding.code for finding in pipeline.inspect(seen, INSPECTORS, lambda: 0, unheard).findings]
        assert not found, (name, found)
        seconds, (_, peak) = process_time() - begun, tracemalloc.get_traced_memory()
        tracemalloc.stop()
        yield (
            f"  {name}: {seconds * 1000:.0f} ms, {source.requests} requests of {source.read / 1e6:.1f} MB"
            f" · peak {peak / 1e6:.1f} MB"
        )
        largest = max(largest, peak)
    yield judged("largest peak of them", f"{largest / 1e6:.1f} MB", f"< {MOST_PEAK >> 20} MiB", largest < MOST_PEAK)


class Ranged(io.RawIOBase):
    """A file for peers, read from the same source."""

    def __init__(self, source: Sparse) -> None:
        self.source, self.at = source, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.source.size}[whence]
        return self.at

    def tell(self) -> int:
        return self.at

    def read(self, size: int | None = -1) -> bytes:
        left = self.source.size - self.at
        data = self.source(self.at, left if size is None or size < 0 else min(size, left))
        self.at += len(data)
        return data


def _names(source: Sparse) -> int:
    seen = over(source)
    return len(list(members(seen, locate(seen, Anatomy()))))


def _peer_names(source: Sparse) -> int:
    with zipfile.ZipFile(Ranged(source)) as archive:
        return len(archive.infolist())


def directory() -> Iterator[str]:
    """Names and sizes of 1,000 members of a 10 GiB zip, against the standard library on the same source."""
    sources = {"ours": ten_gigabytes(), "zipfile": ten_gigabytes()}
    asked = {"ours": _names(sources["ours"]), "zipfile": _peer_names(sources["zipfile"])}
    assert asked["ours"] == asked["zipfile"] == 1_000
    requests = {name: source.requests for name, source in sources.items()}
    ways = {"ours": partial(_names, sources["ours"]), "zipfile": partial(_peer_names, sources["zipfile"])}
    taken = medians(ways, ROUNDS)
    ratio, fewer = taken["ours"] / taken["zipfile"], requests["ours"] <= requests["zipfile"]
    yield (
        f"directory of a 10 GiB zip: ours {taken['ours'] * 1000:.1f} ms, zipfile {taken['zipfile'] * 1000:.1f} ms"
        f" · {requests['ours']} and {requests['zipfile']} requests"
    )
    yield judged("  time, ours/zipfile", f"{ratio:.1f}", f"≤ {MOST_ZIP}", ratio <= MOST_ZIP)
    yield judged("  requests, ours", f"{requests['ours']}", f"≤ {requests['zipfile']} (zipfile)", fewer)


def picture() -> Iterator[str]:
    """Every chunk and checksum of a PNG of some megabytes, against Pillow's verify()."""
    file = io.BytesIO()
    Image.effect_noise((2000, 2000), 60).convert("RGB").save(file, "PNG")
    data = file.getvalue()
    ways = {
        "ours": lambda: WALKERS["image/png"](reader(data), Bounds()),
        "Pillow": lambda: Image.open(io.BytesIO(data)).verify(),
    }
    taken = medians(ways, ROUNDS)
    ratio = taken["ours"] / taken["Pillow"]
    yield (
        f"PNG of {len(data) / 1e6:.1f} MB: ours {taken['ours'] * 1000:.1f} ms,"
        f" Pillow verify {taken['Pillow'] * 1000:.1f} ms"
    )
    yield judged("  time, ours/Pillow", f"{ratio:.1f}", f"≤ {MOST_PICTURE}", ratio <= MOST_PICTURE)


def rows() -> Iterator[str]:
    yield from small()
    yield from large()
    yield from short()


def short() -> Iterator[str]:
    """Without the corpus, which takes a while to make, and without large files."""
    yield from directory()
    yield from picture()
