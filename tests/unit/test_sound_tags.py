"""Tags around sound: ID3 of every version, APE, Lyrics3. Long texts, markup, files; none of them is trailing data."""

from __future__ import annotations

import pytest

from dev.corpus.media_parts import PAGE, PROGRAM, archive, id3
from portway.content import Anatomy, Bounds, Malformed
from portway.inspectors.structure import WALKERS
from tests.unit.sources import reader

SOUND = (b"\xff\xfb\x90\x44" + bytes(413)) * 10


def walked(data: bytes) -> Anatomy:
    return WALKERS["audio/mpeg"](reader(data), Bounds())


def tricks(data: bytes) -> list[str]:
    return [mark.trick.value for mark in walked(data).marks]


def tag(body: bytes, version: int = 4, flags: int = 0, footer: bytes = b"") -> bytes:
    """An ID3v2 tag around frames that are there already."""
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3" + bytes((version, 0, flags)) + size + body + (footer and footer + bytes((version, 0, flags)) + size)


def frame3(name: bytes, body: bytes) -> bytes:
    return name + len(body).to_bytes(4) + b"\0\0" + body


def frame2(name: bytes, body: bytes) -> bytes:
    return name + len(body).to_bytes(3) + body


LONG = b"\0" + b"a" * 1010


@pytest.mark.parametrize(
    "before",
    [
        id3(b"TIT2", b"\3Title"),
        tag(frame3(b"TIT2", b"\1" + "Title".encode("utf-16")), 3),
        tag(frame2(b"TT2", b"\0Title"), 2),
        tag(frame3(b"TALB", b"\0" + b"a" * 1000) + bytes(500), 3),
        tag(id3(b"TIT2", b"\3x")[10:], flags=0x10, footer=b"3DI"),
        tag(bytes(4) + b"\6" + b"\1" + bytes(4), 4, 0x40),
        id3(b"APIC", b"\0image/jpeg\0\3\0\xff\xd8\xff\xe0" + bytes(3000)),
        id3(b"GEOB", b"\0application/octet-stream\0a\0b\0" + bytes(100)),
        id3(b"TIT2", b"\3one") + id3(b"TIT2", b"\3two"),
        tag(b"nonsense" * 9),
    ],
)
def test_usual_tags_have_no_finding(before: bytes) -> None:
    """Of versions 2, 3 and 4, with padding, footer, extended header, covers and the notes of players."""
    assert tricks(before + SOUND) == []


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (tag(frame3(b"TIT2", LONG), 3), "metadata_oversized"),
        (tag(frame2(b"COM", LONG), 2), "metadata_oversized"),
        (id3(b"USLT", b"\3eng\0" + b"la " * 900), "metadata_oversized"),
        (id3(b"WOAF", b"javascript:alert(1)"), "script"),
        (tag(frame3(b"COMM", b"\1eng" + "<script>".encode("utf-16")), 3), "script"),
        (tag(frame3(b"TIT2", LONG.replace(b"a", b"\xff")).replace(b"\xff", b"\xff\0"), 3, 0x80), "metadata_oversized"),
        (id3(b"APIC", b"\0image/jpeg\0\3\0" + PROGRAM), "embedded_object"),
        (id3(b"GEOB", b"\0\0a.zip\0\0" + archive()), "embedded_object"),
        (id3(b"PRIV", b"someone\0" + PAGE), "embedded_object"),
        (tag(frame3(b"TIT2", b"\0x") + bytes(40) + PROGRAM, 3), "second_format"),
    ],
)
def test_what_rides_in_a_tag_is_found(before: bytes, expected: str) -> None:
    """In every version, unsynchronised or not, in frames and in padding."""
    assert tricks(before + SOUND * 20) == [expected]


def test_tags_have_their_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not more than eight of them, not more than thousands of frames in one, none longer than the file."""
    assert tricks(id3(b"TIT2", b"\3x") * 7 + SOUND) == []
    for data in (
        id3(b"TIT2", b"\3x") * 9,
        tag(frame2(b"TT2", b"") * 6000, 2),
        b"ID3\4\0\0\0\0\x7f\x7f",
        b"ID3\5\0\0\0\0\0\0",
    ):
        with pytest.raises(Malformed):
            walked(data + SOUND)


def ape(name: bytes, value: bytes, flags: int = 0) -> bytes:
    item = len(value).to_bytes(4, "little") + flags.to_bytes(4, "little") + name + b"\0" + value
    foot = b"APETAGEX" + (2000).to_bytes(4, "little") + (len(item) + 32).to_bytes(4, "little") + b"\1\0\0\0"
    return foot + b"\0\0\0\xa0" + bytes(8) + item + foot + b"\0\0\0\x80" + bytes(8)


OLD = b"TAG" + b"A title".ljust(125, b"\0")
WORDS = b"LYRICSBEGINLYR00005Words"
LYRICS = WORDS + f"{len(WORDS):06}".encode() + b"LYRICS200"


@pytest.mark.parametrize(
    "behind",
    [
        OLD,
        b"TAG+" + bytes(223) + OLD,
        ape(b"Title", b"A title"),
        ape(b"Title", b"A title") + OLD,
        LYRICS + OLD,
        tag(id3(b"TIT2", b"\3x")[10:], flags=0x10, footer=b"3DI"),
        ape(b"Cover Art (Front)", b"cover.jpg\0\xff\xd8\xff", 2),
    ],
)
def test_tags_behind_the_sound_are_no_trailing_data(behind: bytes) -> None:
    """ID3v1 and its extension, APE, Lyrics3, ID3v2.4 with a footer, and several of them."""
    anatomy = walked(SOUND + behind)
    assert anatomy.marks == []
    assert anatomy.facts["duration_ms"] == round(10 * 1152 / 44.1)


@pytest.mark.parametrize(
    ("behind", "expected"),
    [
        (ape(b"Comment", b"a" * 1001), ["metadata_oversized"]),
        (ape(b"Title", b"<script>"), ["script"]),
        (ape(b"Cover Art (Front)", PROGRAM, 2), ["embedded_object"]),
        (b"hidden" + OLD, ["trailing_data"]),
        (LYRICS[:-1], ["trailing_data"]),
        (b"999999LYRICS200", ["trailing_data"]),
        (ape(b"Title", b"x")[32:].replace(b"\x80", b"\xa0"), ["trailing_data"]),
    ],
)
def test_what_rides_behind_the_sound_is_found(behind: bytes, expected: list[str]) -> None:
    """In tags, or between the sound and its tags; tags that lie about their length hide nothing."""
    assert tricks(SOUND + behind) == expected
