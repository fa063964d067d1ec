"""Audio and video of a gigabyte: few requests, few bytes. The files are sparse: most of them is made as it is read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dev.corpus.encoded import encoded
from dev.corpus.media import FIRST, LIVE
from dev.corpus.media_parts import box, element
from portway.content import Anatomy, Bounds, Malformed
from portway.inspectors.structure import WALKERS
from portway.reader import Budget, Reader
from tests.unit.sources import Sparse

GB = 1 << 30


def walked(content_type: str, source: Sparse) -> Anatomy:
    return WALKERS[content_type](Reader(source, source.size, Budget(), lambda: 0), Bounds())


def parts(data: bytes, kind: bytes) -> tuple[bytes, bytes, bytes]:
    """What stands before a box, its content, and what stands behind it."""
    at = data.index(kind) - 4
    end = at + int.from_bytes(data[at : at + 4])
    return data[:at], data[at + 8 : end], data[end:]


def test_a_gigabyte_of_mp4_with_its_header_at_the_end() -> None:
    """As phones record it: at most three requests and 2 MB, with a header as large as films have."""
    before, media, after = parts(encoded("mp4", "aac", "libx264"), b"mdat")
    at = after.index(b"moov") - 4
    header = after[: at + 8] + box(b"free", bytes(1_400_000)) + after[at + 8 :]
    header = header[:at] + (int.from_bytes(after[at : at + 4]) + 1_400_008).to_bytes(4) + header[at + 4 :]
    size = len(before) + GB
    head = before + b"\0\0\0\1mdat" + GB.to_bytes(8) + media
    source = Sparse(size + len(header), {0: head, size: header})
    anatomy = walked("video/mp4", source)
    assert anatomy.marks == []
    assert (anatomy.facts["width"], anatomy.facts["audio_codec"]) == (128, "aac")
    assert source.requests <= 3
    assert source.read < 2_000_000


def test_a_gigabyte_of_mp4_with_its_header_first() -> None:
    """As the web likes it: the head, and the end."""
    data = encoded("mp4", "aac", "libx264", options=FIRST)
    before, media, _ = parts(data, b"mdat")
    source = Sparse(len(before) + GB, {0: before + b"\0\0\0\1mdat" + GB.to_bytes(8) + media})
    assert walked("video/mp4", source).marks == []
    assert source.requests <= 3
    assert source.read < 1_000_000


def test_a_gigabyte_of_wav() -> None:
    """The head, and the end."""
    data = encoded("wav", "pcm_s16le")
    at = data.index(b"data")
    head = b"RIFF" + (GB - 8).to_bytes(4, "little") + data[8 : at + 4] + (GB - at - 8).to_bytes(4, "little")
    source = Sparse(GB, {0: head})
    facts = walked("audio/x-wav", source).facts
    assert facts["duration_ms"] == round((GB - at - 8) / 192)
    assert source.requests <= 2


def repeated(piece: bytes, first: int) -> Callable[[int, int], bytes]:
    """The same frames over and over from an offset on."""

    def fill(at: int, length: int) -> bytes:
        start = (at - first) % len(piece)
        return (piece * (length // len(piece) + 2))[start : start + length]

    return fill


def test_hundreds_of_megabytes_of_mp3_are_probed() -> None:
    """The beginning, three places on the way and the end; the duration is called an estimate."""
    frame = b"\xff\xfb\x90\x44" + bytes(413)
    source = Sparse(len(frame) * 500_000, {}, repeated(frame, 0))
    anatomy = walked("audio/mpeg", source)
    assert anatomy.marks == []
    assert anatomy.facts["is_estimated"] is True
    assert anatomy.facts["duration_ms"] == pytest.approx(500_000 * 1152 / 44.1, rel=0.01)
    assert source.requests <= 7
    assert source.read < 2_000_000


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.75, 0.9999])
def test_other_bytes_in_a_long_mp3_are_found_where_it_is_probed(share: float) -> None:
    """At the beginning, at the probes and at the end."""
    frame = b"\xff\xfb\x90\x44" + bytes(413)
    size = len(frame) * 20_000
    source = Sparse(size, {int(size * share): b"not a frame " * 3000}, repeated(frame, 0))
    try:
        found = [mark.trick.value for mark in walked("audio/mpeg", source).marks]
    except Malformed:
        return
    assert found == ["trailing_data"]


def test_a_long_matroska_is_not_read_cluster_by_cluster() -> None:
    """The first clusters and the last one; what lies between is jumped over."""
    data = encoded("matroska", "aac", "libx264")
    start = data.index(b"\x1f\x43\xb6\x75")
    segment = data.index(b"\x18\x53\x80\x67")
    one = element(0x1F43B675, element(0xE7, b"\0\1") + element(0xA3, b"\x81\0\0\x80" + bytes(999_980)))
    count = 1000
    head = (
        data[: segment + 4]
        + (start - segment - 12 + count * len(one) | 1 << 56).to_bytes(8)
        + data[segment + 12 : start]
    )
    source = Sparse(start + count * len(one), {0: head}, repeated(one, start))
    assert walked("video/x-matroska", source).marks == []
    assert source.requests < 40
    assert source.read < 12_000_000


def test_a_long_live_recording_is_followed_at_both_ends() -> None:
    """Clusters of unknown length, as browsers write them; the last one tells the duration."""
    data = encoded("webm", "libopus", "libvpx-vp9", options=LIVE)
    start = data.index(b"\x1f\x43\xb6\x75")
    block = element(0xA3, b"\x81\0\0\x80" + bytes(9_991))
    one = b"\x1f\x43\xb6\x75\x01" + b"\xff" * 7 + element(0xE7, (60_000).to_bytes(4)) + block * 100
    count = 200
    source = Sparse(start + count * len(one), {0: data[:start]}, repeated(one, start))
    anatomy = walked("video/webm", source)
    assert anatomy.marks == []
    assert anatomy.facts["duration_ms"] == 60_000
    assert source.read < 16_000_000
