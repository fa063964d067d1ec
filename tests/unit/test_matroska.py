"""Matroska and WebM element by element: doctypes, codecs, tags, attachments, unknown lengths, what hides in padding."""

from __future__ import annotations

import struct

import pytest

from dev.corpus.media_parts import PAGE, PROGRAM, archive, element
from portway.content import Anatomy, Bounds, Malformed
from portway.formats import ebml
from portway.inspectors.structure import WALKERS
from portway.reader import OverBudget
from tests.unit.sources import reader

CLUSTER = element(0x1F43B675, element(0xE7, b"\0") + element(0xA3, b"\x81\0\0\x80frame"))
INFO = element(0x1549A966, element(0x2AD7B1, b"\x0f\x42\x40") + element(0x4489, struct.pack(">d", 1500.0)))
SOUND = element(0xE1, element(0xB5, struct.pack(">f", 48_000.0)) + element(0x9F, b"\2"))
FILM = element(0xE0, element(0xB0, b"\2\x80") + element(0xBA, b"\1\xe0"))
OPUS = element(0xAE, element(0x83, b"\2") + element(0x86, b"A_OPUS") + SOUND)
VP9 = element(0xAE, element(0x83, b"\1") + element(0x86, b"V_VP9") + element(0x23E383, (40_000_000).to_bytes(4)) + FILM)
H264 = element(0xAE, element(0x83, b"\1") + element(0x86, b"V_MPEG4/ISO/AVC") + FILM)
AAC = element(0xAE, element(0x83, b"\2") + element(0x86, b"A_AAC/MPEG4/LC") + element(0xE1, b""))
OPEN = b"\x01" + b"\xff" * 7
"""A length that is not known."""


def header(doctype: bytes = b"webm", more: bytes = b"") -> bytes:
    return element(0x1A45DFA3, element(0x4286, b"\1") + element(0x4282, doctype) + more)


def film(*parts: bytes, doctype: bytes = b"webm", tracks: bytes = VP9 + OPUS, info: bytes = INFO) -> bytes:
    return header(doctype) + element(0x18538067, info + element(0x1654AE6B, tracks) + b"".join(parts))


def walked(data: bytes, declared: str = "video/webm") -> Anatomy:
    return WALKERS[declared](reader(data), Bounds())


def tricks(data: bytes, declared: str = "video/webm") -> list[str]:
    return [mark.trick.value for mark in walked(data, declared).marks]


def test_facts_are_those_of_information_and_tracks() -> None:
    """Duration, codecs, measures, rate of frames."""
    data = film(CLUSTER)
    anatomy = walked(data)
    assert anatomy.marks == []
    assert anatomy.facts == {
        "container": "webm",
        "video_codec": "vp9",
        "width": 640,
        "height": 480,
        "frame_rate": 25.0,
        "audio_codec": "opus",
        "sample_rate": 48_000,
        "channels": 2,
        "duration_ms": 1500,
        "bit_rate": round(len(data) * 8 / 1.5),
    }


def test_what_is_not_said_of_sound_is_as_the_standard_means_it() -> None:
    """8 kHz, one channel; a codec is known by its family."""
    facts = walked(film(CLUSTER, doctype=b"matroska", tracks=AAC), "audio/x-matroska").facts
    assert (facts["audio_codec"], facts["sample_rate"], facts["channels"]) == ("aac", 8000, 1)


@pytest.mark.parametrize(
    ("doctype", "tracks", "declared", "is_right"),
    [
        (b"webm", VP9 + OPUS, "video/webm", True),
        (b"webm", VP9 + OPUS, "video/x-matroska", True),
        (b"matroska", VP9 + OPUS, "video/webm", False),
        (b"webm", H264, "video/webm", False),
        (b"webm", VP9 + AAC, "video/webm", False),
        (b"matroska", H264 + AAC, "video/x-matroska", True),
        (b"webm", OPUS, "audio/webm", True),
        (b"webm", VP9 + OPUS, "audio/webm", False),
        (b"matroska", H264, "audio/x-matroska", False),
        (b"other", VP9, "video/x-matroska", False),
    ],
)
def test_doctype_and_codecs_are_those_of_the_declared_type(
    doctype: bytes, tracks: bytes, declared: str, is_right: bool
) -> None:
    """WebM has five codecs, and sound has no film."""
    data = film(CLUSTER, doctype=doctype, tracks=tracks)
    if is_right:
        assert walked(data, declared).marks == []
    else:
        with pytest.raises(Malformed):
            walked(data, declared)


def tag(name: bytes, text: bytes, depth: int = 1) -> bytes:
    inner = element(0x45A3, name) + element(0x4487, text)
    for _ in range(depth):
        inner = element(0x67C8, inner)
    return element(0x1254C367, element(0x7373, inner))


def attached(data: bytes) -> bytes:
    return element(0x1941A469, element(0x61A7, element(0x466E, b"a") + element(0x465C, data)))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (tag(b"TITLE", b"A title"), []),
        (tag(b"TITLE", b"a" * 1001), ["metadata_oversized"]),
        (tag(b"TITLE", b"<script>"), ["script"]),
        (tag(b"LOCATION", b"+52.1+004.2/"), ["location"]),
        (tag(b"RECORDING_LOCATION", b"NL", 3), ["location"]),
        (attached(b"\xff\xd8\xff\xe0" + bytes(50)), []),
        (attached(b"\0\1\0\0 a font"), ["embedded_object"]),
        (attached(PROGRAM), ["embedded_object"]),
        (element(0xEC, bytes(500)), []),
        (element(0xEC, PAGE), ["second_format"]),
        (element(0xEC, archive()), ["second_format"]),
        (element(0x1C53BB6B, b"") + element(0x114D9B74, b""), []),
    ],
)
def test_what_stands_beside_clusters_is_looked_at(more: bytes, expected: list[str]) -> None:
    """Tags, attachments, padding; covers are no embedded files."""
    assert tricks(film(CLUSTER, more)) == expected


def test_padding_around_the_segment_is_looked_at() -> None:
    """Before it, behind it, and in the header of the file."""
    segment = film(CLUSTER)[len(header()) :]
    assert tricks(header() + element(0xEC, PROGRAM) + segment) == ["second_format"]
    assert tricks(header(more=element(0x4DBB, PAGE)) + segment) == ["second_format"]
    assert tricks(film(CLUSTER) + element(0xEC, bytes(9))) == []
    assert tricks(film(CLUSTER) + element(0xEC, PAGE)) == ["second_format"]
    assert tricks(film(CLUSTER) + b"more") == ["trailing_data"]
    assert tricks(film(CLUSTER) + film(CLUSTER)) == ["trailing_data"]


def test_encrypted_tracks_are_found() -> None:
    """Nobody can look at what they show."""
    secret = element(
        0xAE, element(0x83, b"\1") + element(0x86, b"V_VP9") + element(0x6D80, element(0x6240, element(0x5035, b"")))
    )
    assert tricks(film(CLUSTER, tracks=secret)) == ["encrypted"]


def live(*clusters: bytes, info: bytes = INFO) -> bytes:
    """As browsers record: neither the segment nor its clusters have a length."""
    return header() + b"\x18\x53\x80\x67" + OPEN + info + element(0x1654AE6B, VP9 + OPUS) + b"".join(clusters)


def cluster(ticks: int, *blocks: bytes) -> bytes:
    return b"\x1f\x43\xb6\x75" + OPEN + element(0xE7, ticks.to_bytes(4)) + b"".join(blocks)


BLOCK = element(0xA3, b"\x81\0\x64\x80frame")
GROUP = element(0xA0, element(0xA1, b"\x81\x01\xf4\0frame"))
NO_DURATION = element(0x1549A966, element(0x2AD7B1, b"\x0f\x42\x40"))


def test_recordings_of_unknown_length_are_followed() -> None:
    """Block by block; the last one tells how long it is, where the header does not."""
    data = live(cluster(0, BLOCK), cluster(5_000, BLOCK, GROUP), info=NO_DURATION)
    anatomy = walked(data)
    assert anatomy.marks == []
    assert anatomy.facts["duration_ms"] == 5_500
    assert walked(live(cluster(0, BLOCK))).facts["duration_ms"] == 1500


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (live(cluster(0, BLOCK)) + PAGE, ["trailing_data"]),
        (live(cluster(0, BLOCK)) + PROGRAM, ["trailing_data"]),
        (live(cluster(0, BLOCK)) + tag(b"TITLE", b"x"), []),
    ],
)
def test_what_follows_a_recording_is_found(data: bytes, expected: list[str]) -> None:
    """The file's end is not the recording's."""
    assert tricks(data) == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        header(),
        header() + b"\x18\x53\x80\x67\x80",
        film(),
        film(CLUSTER)[:-1],
        film(CLUSTER)[:60],
        film(CLUSTER, tracks=b""),
        header() + element(0x18538067, CLUSTER),
        film(CLUSTER, b"\0\0\0"),
        film(CLUSTER, element(0x7777, b"")),
        film(CLUSTER, element(0x1F43B675, element(0xE7, b"\0") + b"\xa3\xff")),
        film(CLUSTER, b"\x1c\x53\xbb\x6b" + OPEN),
        film(CLUSTER, tag(b"A", b"b", 9)),
        film(CLUSTER, element(0x1254C367, element(0x7373, b"\x67\xc8\xff"))),
        live(),
        live(cluster(0, BLOCK)) + b"\x1f\x43\xb6",
        live(cluster(0, BLOCK)) + b"\x12\x54\xc3\x67\x90abc",
        element(0x1A45DFA3, element(0x4282, b"webm") + element(0xEC, bytes(5000))) + film(CLUSTER)[len(header()) :],
    ],
)
def test_a_film_that_is_not_whole_is_malformed(data: bytes) -> None:
    """Cut off, without tracks or clusters, with elements that reach out, in deep tags, with a huge header."""
    try:
        anatomy = walked(data)
    except Malformed:
        return
    assert [mark.trick.value for mark in anatomy.marks] == ["trailing_data"]


def test_elements_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of nothing but empty elements does not keep anybody busy."""
    monkeypatch.setattr(ebml, "MAX_ELEMENTS", 100)
    with pytest.raises(OverBudget, match="elements"):
        walked(film(CLUSTER, element(0xEC, b"") * 200))


@pytest.mark.parametrize("data", [struct.pack(">d", float("nan")), struct.pack(">d", float("inf")), b"abc", b""])
def test_a_duration_that_is_no_number_is_left_out(data: bytes) -> None:
    """Unknown facts are never guessed."""
    info = element(0x1549A966, element(0x4489, data))
    assert "duration_ms" not in walked(film(CLUSTER, info=info)).facts
