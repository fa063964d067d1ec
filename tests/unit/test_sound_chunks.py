"""WAV and AIFF chunk by chunk: lengths of all kinds, padding, texts of recorders, and what hides between."""

from __future__ import annotations

import pytest

from dev.corpus.media_parts import PAGE, PROGRAM, archive, chunk, id3, riff
from portway.content import Anatomy, Bounds, Malformed
from portway.inspectors.structure import WALKERS
from portway.reader import OverBudget
from tests.unit.sources import reader

FMT = chunk(b"fmt ", bytes.fromhex("0100 0200 80bb0000 00ee0200 0400 1000".replace(" ", "")))
DATA = chunk(b"data", bytes(19_200))
WAV = b"RIFF" + (4 + len(FMT) + len(DATA)).to_bytes(4, "little") + b"WAVE" + FMT + DATA


def walked(data: bytes, declared: str = "audio/x-wav") -> Anatomy:
    return WALKERS[declared](reader(data), Bounds())


def tricks(data: bytes, declared: str = "audio/x-wav") -> list[str]:
    return [mark.trick.value for mark in walked(data, declared).marks]


def wave(*chunks: bytes) -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def wide(length: int = 0xFFFFFFFF) -> bytes:
    """RF64: the lengths stand in `ds64`."""
    data_length = len(DATA) - 8
    sizes = (4 + 36 + len(FMT) + len(DATA)).to_bytes(8, "little") + data_length.to_bytes(8, "little") + bytes(12)
    data = b"data\xff\xff\xff\xff" + bytes(data_length)
    return b"RF64" + length.to_bytes(4, "little") + b"WAVE" + chunk(b"ds64", sizes) + FMT + data


@pytest.mark.parametrize(
    "data",
    [
        WAV,
        WAV + b"\0",
        wide(),
        b"BW64" + wide()[4:],
        b"RIFF\xff\xff\xff\xff" + WAV[8:].replace(DATA[:8], b"data\xff\xff\xff\xff"),
        riff(WAV, chunk(b"LIST", b"INFO" + chunk(b"INAM", b"Title\0"))),
        riff(WAV, chunk(b"LIST", b"adtl" + chunk(b"labl", b"\1\0\0\0Here\0"))),
        riff(WAV, chunk(b"bext", b"Description".ljust(602, b"\0") + b"A=PCM\r\n")),
        riff(WAV, chunk(b"iXML", b"<?xml version='1.0'?><BWFXML>" + b"<NOTE>take</NOTE>" * 200 + b"</BWFXML>")),
        riff(WAV, chunk(b"id3 ", id3(b"TIT2", b"\3Title")), at_end=True),
        riff(WAV, chunk(b"JUNK", bytes(3001))),
        riff(WAV, chunk(b"XYZ1", b"odd"), at_end=True),
    ],
)
def test_usual_files_have_their_facts_and_no_finding(data: bytes) -> None:
    """Lengths in 32 and 64 bits or unknown, texts, notes of recorders, padding of odd lengths, one byte too many."""
    anatomy = walked(data)
    assert anatomy.marks == []
    assert anatomy.facts == {
        "container": "wav",
        "audio_codec": "pcm",
        "sample_rate": 48_000,
        "channels": 2,
        "duration_ms": 100,
        "bit_rate": 1_536_000,
    }


def test_a_last_chunk_without_its_padding_is_usual() -> None:
    """Many writers leave out the byte that makes the end even."""
    assert tricks(wave(FMT, DATA, b"XYZ1\3\0\0\0odd")) == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (WAV + b"\0\0", "trailing_data"),
        (WAV + b"x", "trailing_data"),
        (WAV + PROGRAM, "trailing_data"),
        (riff(WAV, chunk(b"JUNK", PROGRAM)), "second_format"),
        (riff(WAV, chunk(b"iXML", PAGE)), "second_format"),
        (riff(WAV, chunk(b"LIST", b"adtl" + PAGE)), "second_format"),
        (riff(WAV, chunk(b"PAD ", archive()), at_end=True), "second_format"),
        (riff(WAV, chunk(b"LIST", b"INFO" + chunk(b"ICMT", b"a" * 1001))), "metadata_oversized"),
        (riff(WAV, chunk(b"LIST", b"INFO" + chunk(b"ICMT", b"<script>"))), "script"),
        (riff(WAV, chunk(b"bext", bytes(602) + b"A=PCM\r\n" * 200)), "metadata_oversized"),
        (riff(WAV, chunk(b"iXML", b"<BWFXML><LOCATION_GPS/>GPSLatitude</BWFXML>")), "location"),
        (riff(WAV, chunk(b"ID3 ", id3(b"GEOB", b"\0\0\0\0" + PROGRAM))), "embedded_object"),
    ],
)
def test_what_hides_in_a_wav_is_found(data: bytes, expected: str) -> None:
    """Behind it, in padding, in unknown chunks, in texts."""
    assert tricks(data) == [expected]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        WAV[:11],
        b"RIFX" + WAV[4:],
        WAV[:8] + b"AVI " + WAV[12:],
        WAV[:-2],
        wave(DATA, FMT),
        wave(FMT),
        wave(chunk(b"fmt ", bytes(12)), DATA),
        wave(chunk(b"fmt ", bytes(16)), DATA),
        wave(FMT, b"\0\0\0\1\0\0\0\0", DATA),
        wave(FMT, b"data\xff\xff\xff\x7f"),
        riff(WAV, chunk(b"LIST", b"INFO" + b"ICMT\xff\0\0\0")),
        b"RF64" + WAV[4:],
    ],
)
def test_a_wav_that_is_not_whole_is_malformed(data: bytes) -> None:
    """Cut off, without sound or its description, in another order, with chunks that reach out or never end."""
    with pytest.raises(Malformed):
        walked(data)


def test_chunks_have_a_bound() -> None:
    """Those of lists count as well: a file of nothing but empty chunks does not keep anybody busy."""
    empty = [chunk(b"ICMT", b"")] * 6_000
    with pytest.raises(OverBudget, match="chunks"):
        walked(wave(FMT, DATA, *empty, *empty))
    with pytest.raises(OverBudget, match="chunks"):
        walked(wave(FMT, DATA, *[chunk(b"LIST", b"INFO" + b"".join(empty))] * 2))


def test_the_real_format_of_an_extensible_one_is_told() -> None:
    """It stands in the first bytes of its identifier; packed sound says in `fact` how long it is."""
    extended = bytes.fromhex("feff010044ac000088580100020010001600") + bytes(6) + b"\3\0" + bytes(14)
    assert walked(wave(chunk(b"fmt ", extended), DATA)).facts["audio_codec"] == "pcm_float"
    packed = bytes.fromhex("5500010044ac0000803e000001000000")
    facts = walked(wave(chunk(b"fmt ", packed), chunk(b"fact", (88_200).to_bytes(4, "little")), DATA)).facts
    assert (facts["audio_codec"], facts["duration_ms"]) == ("mp3", 2000)
    unknown = walked(wave(chunk(b"fmt ", b"\x99\x99" + packed[2:]), DATA)).facts
    assert "audio_codec" not in unknown
    assert unknown["duration_ms"] == 1200


def be(kind: bytes, body: bytes) -> bytes:
    return kind + len(body).to_bytes(4) + body + bytes(len(body) % 2)


COMM = b"\0\2" + (4410).to_bytes(4) + b"\0\x10" + bytes.fromhex("400eac44000000000000")
SSND = be(b"SSND", bytes(8 + 17_640))


def aiff(*chunks: bytes, kind: bytes = b"AIFF") -> bytes:
    return be(b"FORM", kind + b"".join(chunks))


def test_aiff_has_the_same_facts() -> None:
    """Its rate is a float of eighty bits; AIFF-C names its codec."""
    plain = walked(aiff(be(b"COMM", COMM), SSND), "audio/x-aiff").facts
    assert plain == {
        "container": "aiff",
        "audio_codec": "pcm",
        "sample_rate": 44_100,
        "channels": 2,
        "duration_ms": 100,
        "bit_rate": 1_411_840,
    }
    packed = aiff(be(b"COMM", COMM + b"ulaw\0\0"), SSND, kind=b"AIFC")
    assert walked(packed, "audio/x-aiff").facts["audio_codec"] == "pcm_mulaw"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (aiff(be(b"COMM", COMM), SSND) + PAGE, ["trailing_data"]),
        (aiff(be(b"COMM", COMM), be(b"APPL", PROGRAM), SSND), ["second_format"]),
        (aiff(be(b"COMM", COMM), be(b"ANNO", b"a" * 1001), SSND), ["metadata_oversized"]),
        (aiff(be(b"COMM", COMM), SSND, be(b"ID3 ", id3(b"TIT2", b"\3Title"))), []),
    ],
)
def test_what_hides_in_an_aiff_is_found(data: bytes, expected: list[str]) -> None:
    """As in a WAV."""
    assert tricks(data, "audio/x-aiff") == expected


@pytest.mark.parametrize(
    "data",
    [
        b"",
        aiff(SSND),
        aiff(be(b"COMM", COMM)),
        aiff(be(b"COMM", COMM[:12]), SSND),
        aiff(be(b"COMM", bytes(18)), SSND),
        aiff(be(b"COMM", COMM), SSND)[:-5],
        aiff(be(b"COMM", COMM), SSND, kind=b"8SVX"),
    ],
)
def test_an_aiff_that_is_not_whole_is_malformed(data: bytes) -> None:
    """Without sound or its description, or cut off."""
    with pytest.raises(Malformed):
        walked(data, "audio/x-aiff")
