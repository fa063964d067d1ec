"""Movies byte by byte: headers of both widths, brands, sample descriptions, places, media elsewhere, broken tables."""

from __future__ import annotations

import struct

import pytest

from dev.corpus.media_parts import box
from portway.content import Anatomy, Bounds, Malformed
from portway.formats.mp4 import XMP
from portway.inspectors.structure import WALKERS
from tests.unit.sources import reader

FTYP = box(b"ftyp", b"isom\0\0\2\0isommp42")
MEDIA = box(b"mdat", bytes(100))


def full(kind: bytes, body: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, bytes((version,)) + flags.to_bytes(3) + body)


def clock(kind: bytes, units: int, ticks: int, version: int = 0) -> bytes:
    """`mvhd` or `mdhd`: times, units in a second, duration."""
    wide = version == 1
    return full(
        kind, bytes(16 if wide else 8) + units.to_bytes(4) + ticks.to_bytes(8 if wide else 4) + bytes(80), version
    )


def sound(kind: bytes = b"mp4a", channels: int = 2, rate: int = 44_100, more: bytes = b"") -> bytes:
    return box(kind, bytes(16) + struct.pack(">HHII", channels, 16, 0, rate << 16) + more)


def picture(kind: bytes = b"avc1", width: int = 640, height: int = 480) -> bytes:
    return box(kind, bytes(24) + struct.pack(">HH", width, height) + bytes(50))


def track(
    entry: bytes, handler: bytes = b"soun", version: int = 0, tables: bytes = b"", reference: bytes = b""
) -> bytes:
    samples = full(b"stsd", (1).to_bytes(4) + entry)
    info = (box(b"dinf", full(b"dref", (1).to_bytes(4) + reference)) if reference else b"") + box(
        b"stbl", samples + tables
    )
    header = full(b"tkhd", bytes(100), version)
    heart = clock(b"mdhd", 1000, 2500, version) + full(b"hdlr", bytes(4) + handler + bytes(13)) + box(b"minf", info)
    return box(b"trak", header + box(b"mdia", heart))


def movie(*boxes: bytes, ftyp: bytes = FTYP, ticks: int = 2500, version: int = 0) -> bytes:
    return ftyp + MEDIA + box(b"moov", clock(b"mvhd", 1000, ticks, version) + b"".join(boxes))


def walked(data: bytes, declared: str = "video/mp4") -> Anatomy:
    return WALKERS[declared](reader(data), Bounds())


def tricks(data: bytes, declared: str = "video/mp4") -> list[str]:
    return [mark.trick.value for mark in walked(data, declared).marks]


@pytest.mark.parametrize("version", [0, 1])
def test_headers_of_both_widths_are_read(version: int) -> None:
    """Times in 32 and in 64 bits."""
    data = movie(track(sound(), version=version), track(picture(), b"vide", version), version=version)
    anatomy = walked(data)
    assert anatomy.marks == []
    assert anatomy.facts == {
        "container": "mp4",
        "audio_codec": "aac",
        "video_codec": "h264",
        "width": 640,
        "height": 480,
        "sample_rate": 44_100,
        "channels": 2,
        "duration_ms": 2500,
        "bit_rate": 320,
    }


@pytest.mark.parametrize("ticks", [0, 0xFFFFFFFF])
def test_a_duration_that_the_header_does_not_know_is_the_longest_track(ticks: int) -> None:
    """Recorders that were stopped leave it out."""
    assert walked(movie(track(sound()), ticks=ticks)).facts["duration_ms"] == 2500


@pytest.mark.parametrize(
    ("brands", "declared", "is_right"),
    [
        (b"isom\0\0\0\0isom", "video/mp4", True),
        (b"qt  \0\0\0\0qt  ", "video/mp4", False),
        (b"qt  \0\0\0\0qt  isom", "video/mp4", True),
        (b"isom\0\0\0\0isom", "video/quicktime", False),
        (b"qt  \0\0\0\0qt  \0\0\0\0", "video/quicktime", True),
        (b"", "video/quicktime", True),
        (b"", "video/mp4", False),
        (b"heic\0\0\0\0mif1", "video/mp4", False),
        (b"avif\0\0\0\0avif", "video/quicktime", False),
        (b"M4A \0\0\0\0isom", "audio/mp4", True),
        (b"3gp5\0\0\0\0isom", "video/3gpp", True),
    ],
)
def test_brands_are_those_of_the_declared_type(brands: bytes, declared: str, is_right: bool) -> None:
    """QuickTime files that are older than brands have none."""
    data = movie(track(sound()), ftyp=box(b"ftyp", brands) if brands else box(b"wide"))
    if is_right:
        assert walked(data, declared).marks == []
    else:
        with pytest.raises(Malformed, match="brand"):
            walked(data, declared)


def test_sound_may_have_a_cover_but_no_film() -> None:
    """Chapter pictures of an audio book are no video."""
    assert walked(movie(track(sound()), track(picture(b"jpeg"), b"vide")), "audio/mp4").marks == []
    with pytest.raises(Malformed, match="video"):
        walked(movie(track(sound()), track(picture(), b"vide")), "audio/mp4")
    with pytest.raises(Malformed, match="no sound"):
        walked(movie(track(picture(b"jpeg"), b"vide")), "audio/mp4")


def test_what_the_decoder_is_told_is_right_where_the_entry_is_not() -> None:
    """AAC's own configuration: 48 kHz, one channel; MP3 in an entry for AAC."""
    config = b"\x04\x11\x40\x15" + bytes(11) + b"\x05\x02\x11\x88"
    entry = sound(more=full(b"esds", b"\x03\x80\x80\x1a\0\1\0" + config))
    facts = walked(movie(track(entry))).facts
    assert (facts["sample_rate"], facts["channels"], facts["audio_codec"]) == (48_000, 1, "aac")
    other = sound(more=full(b"esds", b"\x03\x10\0\1\0\x04\x0d\x6b" + bytes(12)))
    assert walked(movie(track(other))).facts["audio_codec"] == "mp3"


def test_the_second_version_of_quicktimes_sound_is_read() -> None:
    """Rate as a float, channels in four bytes; nothing for a rate that is none."""
    head = bytes(8) + b"\0\2" + bytes(22)
    entry = box(b"lpcm", head + struct.pack(">dI", 192_000.0, 6) + bytes(20))
    facts = walked(movie(track(entry))).facts
    assert (facts["sample_rate"], facts["channels"]) == (192_000, 6)
    broken = box(b"lpcm", head + struct.pack(">dI", float("nan"), 6) + bytes(20))
    assert walked(movie(track(broken))).facts["sample_rate"] == 1000  # the track's clock


@pytest.mark.parametrize(
    "boxes",
    [
        box(b"udta", box(b"\xa9xyz", b"\0\x08\0\0+52.1+004.2/")),
        box(b"udta", box(b"loci", bytes(20))),
        box(b"gps ", bytes(8)),
        box(b"udta", box(b"XMP_", b"<x:xmpmeta exif:GPSLatitude='1'/>")),
        box(b"meta", full(b"hdlr", bytes(20)) + full(b"keys", box(b"mdta", b"com.apple.quicktime.location.ISO6709"))),
        full(b"meta", full(b"hdlr", bytes(20)) + box(b"ilst", box(b"----", box(b"name", b"\0\0\0\0GPSLatitude")))),
        track(box(b"gpmd", bytes(16)), b"meta"),
    ],
)
def test_every_kind_of_place_is_found(boxes: bytes) -> None:
    """Of QuickTime, Apple, 3GPP, XMP and iTunes, and the telemetry of cameras."""
    assert tricks(movie(track(sound()), boxes)) == ["location"]


def test_a_place_in_a_box_of_its_own_is_found() -> None:
    """XMP beside the movie."""
    data = movie(track(sound())) + box(b"uuid", XMP + b"<x:xmpmeta exif:GPSLatitude='1'/>")
    assert tricks(data) == ["location"]


@pytest.mark.parametrize("flags", [0, 1])
def test_media_in_another_file_are_found(flags: int) -> None:
    """A player would fetch them; those in this file are the usual case."""
    reference = full(b"url ", b"" if flags else b"http://127.0.0.1/\0", flags=flags)
    assert tricks(movie(track(sound(), reference=reference))) == ([] if flags else ["external_reference"])


def test_a_list_of_other_movies_is_a_reference() -> None:
    """QuickTime opens the first that it can load."""
    assert tricks(movie(track(sound()), box(b"rmra", box(b"rmda"))), "video/mp4") == ["external_reference"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (FTYP + MEDIA, "no moov"),
        (FTYP + box(b"moov", clock(b"mvhd", 1, 1) + track(sound())), "no media"),
        (movie(), "no track"),
        (FTYP + MEDIA + box(b"moov", track(sound())), "no mvhd"),
        (FTYP + MEDIA + box(b"moov", full(b"mvhd", bytes(8)) + track(sound())), "only"),
        (FTYP + MEDIA + box(b"moov", clock(b"mvhd", 0, 1) + track(sound())), "time scale"),
        (movie(box(b"trak", full(b"tkhd", bytes(80)))), "no mdia"),
        (movie(box(b"trak", full(b"tkhd", bytes(80)) + box(b"mdia"))), "no hdlr"),
        (movie(box(b"cmov")), "compressed"),
        (movie(track(box(b"mp4a", bytes(20)))), "only 20 bytes"),
        (movie(track(sound(), tables=full(b"stco", (1).to_bytes(4) + (1 << 30).to_bytes(4)))), "behind the end"),
        (movie(track(sound(), tables=full(b"co64", (9).to_bytes(4) + bytes(8)))), "not in it"),
    ],
)
def test_a_movie_that_is_not_whole_is_malformed(data: bytes, words: str) -> None:
    """The words say what is missing."""
    with pytest.raises(Malformed, match=words):
        walked(data)


def test_frames_of_equal_length_have_a_rate() -> None:
    """One entry in the table of times: the clock divided by it."""
    times = full(b"stts", (1).to_bytes(4) + (50).to_bytes(4) + (40).to_bytes(4))
    assert walked(movie(track(picture(), b"vide", tables=times))).facts["frame_rate"] == 25.0
    uneven = full(b"stts", (2).to_bytes(4) + bytes(16))
    assert "frame_rate" not in walked(movie(track(picture(), b"vide", tables=uneven))).facts


def test_a_film_of_too_many_pixels_is_found() -> None:
    """The same bounds as for pictures."""
    assert tricks(movie(track(picture(width=20_000), b"vide"))) == ["pixel_bomb"]


def test_texts_and_files_in_metadata_are_looked_at() -> None:
    """Long texts in any list, programs where a cover should be."""

    def items(body: bytes, kind: int) -> bytes:
        data = box(b"data", kind.to_bytes(4) + bytes(4) + body)
        return box(b"udta", full(b"meta", full(b"hdlr", bytes(20)) + box(b"ilst", box(b"covr", data))))

    assert tricks(movie(track(sound()), items(b"x" * 1001, 1))) == ["metadata_oversized"]
    assert tricks(movie(track(sound()), items("ü".encode("utf-16-be") * 1000, 2))) == []
    assert tricks(movie(track(sound()), items(b"\x7fELF" + bytes(99), 13))) == ["embedded_object"]
    assert tricks(movie(track(sound()), items(b"\xff\xd8\xff\xe0" + bytes(99), 13))) == []


def test_fragments_end_when_their_last_sample_ends() -> None:
    """By the samples' own durations, the fragment's or the movie's usual one; a header for all of them counts first."""

    def fragment(header: bytes, run: bytes) -> bytes:
        start = full(b"tfdt", (10_000).to_bytes(8), 1)
        return box(b"moof", full(b"mfhd", bytes(4)) + box(b"traf", header + start + run)) + MEDIA

    extends = box(b"mvex", full(b"trex", bytes(4) + bytes(4) + (100).to_bytes(4) + bytes(8)))
    plain = movie(track(sound()), extends, ticks=0)
    bare, fixed = full(b"tfhd", bytes(4)), full(b"tfhd", bytes(4) + (7).to_bytes(4), flags=0x8)
    assert walked(plain + fragment(bare, full(b"trun", (5).to_bytes(4)))).facts["duration_ms"] == 10_500
    assert walked(plain + fragment(fixed, full(b"trun", (5).to_bytes(4)))).facts["duration_ms"] == 10_035
    own = full(b"trun", (2).to_bytes(4) + struct.pack(">II", 3, 4), flags=0x100)
    assert walked(plain + fragment(bare, own)).facts["duration_ms"] == 10_007
    promised = box(b"mvex", full(b"mehd", (77_000).to_bytes(4)))
    whole = movie(track(sound()), promised, ticks=0) + fragment(bare, own)
    assert walked(whole).facts["duration_ms"] == 77_000


@pytest.mark.parametrize(("tail", "expected"), [(bytes(4096), []), (bytes(200_000), ["trailing_data"])])
def test_zeros_behind_the_last_box_are_a_recorders(tail: bytes, expected: list[str]) -> None:
    """Cards are written in blocks; more than a little is no rounding."""
    assert tricks(movie(track(sound())) + tail) == expected
