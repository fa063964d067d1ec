"""FLAC block by block, Ogg page by page: codecs, comments, checksums, ends."""

from __future__ import annotations

import base64

import pytest

from dev.corpus.media import FLAC, OPUS
from dev.corpus.media_parts import PAGE, PROGRAM, id3, inserted
from portway.content import Anatomy, Bounds, Malformed
from portway.formats.crcs import crc8, crc16, crc32_ogg
from portway.inspectors.structure import WALKERS
from tests.unit.sources import reader


def walked(data: bytes, declared: str) -> Anatomy:
    return WALKERS[declared](reader(data), Bounds())


def tricks(data: bytes, declared: str) -> list[str]:
    return [mark.trick.value for mark in walked(data, declared).marks]


def test_checksums_are_those_of_the_standards() -> None:
    """The check values of the catalogue for CRC-8/SMBUS, CRC-16/UMTS and CRC-32 without reflection from zero."""
    assert crc8(b"123456789") == 0xF4
    assert crc16(b"123456789") == 0xFEE8
    assert crc32_ogg(b"123456789") == 0x89A1897F


def block(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + len(body).to_bytes(3) + body


def comments(*texts: bytes) -> bytes:
    rows = b"".join(len(text).to_bytes(4, "little") + text for text in texts)
    return (4).to_bytes(4, "little") + b"made" + len(texts).to_bytes(4, "little") + rows


def picture(data: bytes) -> bytes:
    return bytes(4) + (9).to_bytes(4) + b"image/png" + bytes(4) + bytes(16) + len(data).to_bytes(4) + data


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (block(1, bytes(4000)), []),
        (block(1, PAGE), ["second_format"]),
        (block(2, b"abcd" + PROGRAM), ["second_format"]),
        (block(99, PROGRAM), ["second_format"]),
        (block(4, comments(b"TITLE=x", b"COMMENT=" + b"a" * 1000)), ["metadata_oversized"]),
        (block(4, comments(b"TITLE=<script>")), ["script"]),
        (block(4, comments(b"Location=+52.1+004.2/")), ["location"]),
        (block(4, b"\xff" * 40), []),
        (block(4, comments(b"TITLE=x")[:-3]), []),
        (block(6, picture(b"\x89PNG\r\n\x1a\n")), []),
        (block(6, picture(PROGRAM)), ["embedded_object"]),
        (block(6, b"\xff" * 30), []),
        (block(4, comments(b"METADATA_BLOCK_PICTURE=" + base64.b64encode(picture(PROGRAM)))), ["embedded_object"]),
        (block(4, comments(b"METADATA_BLOCK_PICTURE=!!!")), []),
    ],
)
def test_blocks_of_flac_are_looked_at(more: bytes, expected: list[str]) -> None:
    """Padding, applications, comments, pictures; what is broken in them is no crash."""
    assert tricks(inserted(FLAC(), 42, more), "audio/flac") == expected


def test_tags_around_flac_are_no_trailing_data() -> None:
    """Some players write them, against the standard."""
    assert tricks(id3(b"TIT2", b"\3x") + FLAC() + b"TAG" + bytes(125), "audio/flac") == []


@pytest.mark.parametrize(
    "change",
    [
        lambda _: b"",
        lambda _: b"fLaC",
        lambda data: data[:100],
        lambda data: data[:-1],
        lambda data: data + b"\1",
        lambda data: data[:-10] + bytes((data[-10] ^ 1,)) + data[-9:],
        lambda data: data[:4] + b"\1" + data[5:],
        lambda data: inserted(data, 42, data[4:42]),
        lambda data: inserted(data, 42, b"\x7f\0\0\0"),
        lambda data: inserted(data, 42, b"\1\0\0\0" * 1001),
        lambda data: data[:4] + block(0x80, bytes(33)) + bytes(100),
    ],
)
def test_a_flac_that_is_not_whole_is_malformed(change: object) -> None:
    """Cut off, longer than its last frame, changed in it, or with blocks that are none."""
    assert callable(change)
    with pytest.raises(Malformed):
        walked(change(FLAC()), "audio/flac")


def page(packet: bytes, serial: int = 1, flags: int = 0, position: int = 0, number: int = 0) -> bytes:
    laces = [255] * (len(packet) // 255) + [len(packet) % 255]
    head = b"OggS\0" + bytes((flags,)) + position.to_bytes(8, "little") + serial.to_bytes(4, "little")
    whole = head + number.to_bytes(4, "little") + bytes(4) + bytes((len(laces), *laces)) + packet
    return whole[:22] + crc32_ogg(whole).to_bytes(4, "little") + whole[26:]


SPEEX = (b"Speex   " + bytes(28) + (16_000).to_bytes(4, "little") + bytes(8) + (1).to_bytes(4, "little")).ljust(
    80, b"\0"
)
THEORA = (
    b"\x80theora\3\2\1"
    + b"\0\x0a\0\x06"
    + (160).to_bytes(3)
    + (96).to_bytes(3)
    + b"\0\0"
    + (30).to_bytes(4)
    + (1).to_bytes(4)
)
VORBIS = b"\x01vorbis" + bytes(4) + b"\2" + (44_100).to_bytes(4, "little") + bytes(14)


def stream(head: bytes, serial: int = 1, end: int = 32_000) -> list[bytes]:
    return [page(head, serial, 2), page(b"something", serial, 4, end, 1)]


def test_codecs_without_an_encoder_here_are_known_by_their_heads() -> None:
    """Speex and Theora, as their specifications write them."""
    facts = walked(b"".join(stream(SPEEX)), "audio/ogg").facts
    assert facts["audio_codec"] == "speex"
    assert (facts["sample_rate"], facts["channels"], facts["duration_ms"]) == (16_000, 1, 2000)
    film, sound = stream(THEORA, 1), stream(VORBIS, 2, 44_100)
    both = walked(film[0] + sound[0] + film[1] + sound[1], "video/ogg").facts
    assert both == {
        "container": "ogg",
        "video_codec": "theora",
        "width": 160,
        "height": 96,
        "frame_rate": 30.0,
        "audio_codec": "vorbis",
        "sample_rate": 44_100,
        "channels": 2,
        "duration_ms": 1000,
        "bit_rate": both["bit_rate"],
    }


def test_a_film_is_no_sound() -> None:
    """Theora under a type for sound."""
    with pytest.raises(Malformed, match="video"):
        walked(b"".join(stream(THEORA)), "audio/ogg")


def test_streams_of_unknown_codecs_only_are_none() -> None:
    """Beside a known one they are let be."""
    with pytest.raises(Malformed, match="known codec"):
        walked(b"".join(stream(b"fishead\0" + bytes(60))), "audio/ogg")
    assert tricks(page(b"fishead\0" + bytes(60), 9, 2) + b"".join(stream(VORBIS)), "audio/ogg") == []


def test_streams_that_were_joined_have_no_duration() -> None:
    """The last page belongs to a stream that began later."""
    facts = walked(b"".join(stream(VORBIS, 1) + stream(VORBIS, 2)), "audio/ogg").facts
    assert "duration_ms" not in facts


@pytest.mark.parametrize("codec", [b"\x03vorbis", b"OpusTags", b"\x81theora"])
def test_comments_are_found_in_every_codec(codec: bytes) -> None:
    """Also those that go on over several pages."""
    head = {b"\x03vorbis": VORBIS, b"OpusTags": b"OpusHead\1\2" + bytes(9), b"\x81theora": THEORA}[codec]
    packet = codec + comments(b"A=" + b"a" * 3000, b"LOCATION=here")
    pages = [
        page(head, 1, 2),
        page(packet[:1020], 1, 0, 0, 1),
        page(packet[1020:], 1, 1, 0, 2),
        page(b"end", 1, 4, 9, 3),
    ]
    assert tricks(b"".join(pages), "video/ogg") == ["metadata_oversized", "location"]


@pytest.mark.parametrize(
    "change",
    [
        lambda _: b"",
        lambda _: b"OggS",
        lambda data: data[:-1],
        lambda data: data[:60],
        lambda data: data[:-3] + b"\1\2\3",
        lambda data: b"x" + data,
        lambda data: data[:4] + b"\1" + data[5:],
        lambda data: data + data[:50],
    ],
)
def test_an_ogg_that_is_not_whole_is_malformed(change: object) -> None:
    """Cut off anywhere, or changed in its first or last page."""
    assert callable(change)
    with pytest.raises(Malformed):
        walked(change(OPUS()), "audio/ogg")


@pytest.mark.parametrize("tail", [PAGE, PROGRAM, b"\0" * 9 + b"x"])
def test_what_follows_the_last_page_is_found(tail: bytes) -> None:
    """But for a few zeros."""
    assert tricks(OPUS() + tail, "audio/ogg") == ["trailing_data"]
    assert tricks(OPUS() + bytes(9), "audio/ogg") == []


def test_a_long_ogg_is_probed() -> None:
    """Its beginning, three places and its end; it is as long as its last page says."""
    middle = [page(bytes(4000), 1, 0, at * 960, at) for at in range(1, 500)]
    data = page(b"OpusHead\1\2" + bytes(9), 1, 2) + b"".join(middle)
    anatomy = walked(data, "audio/ogg")
    assert anatomy.marks == []
    assert anatomy.facts["duration_ms"] == 499 * 20
    half = len(data) // 2
    with pytest.raises(Malformed, match="no chain"):
        walked(data[:half] + bytes(140_000) + data[half + 140_000 :], "audio/ogg")
