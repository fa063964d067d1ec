"""MPEG audio and ADTS frame by frame: headers of all versions, what tells a duration, what stands around the frames."""

from __future__ import annotations

import pytest

from portway.content import Anatomy, Bounds, Malformed
from portway.formats import aac, mp3
from portway.inspectors.structure import WALKERS
from tests.unit.sources import reader

HEAD = b"\xff\xfb\x90\x44"  # version 1, layer III, 128 kbit/s, 44.1 kHz, joint stereo
FRAME = HEAD + bytes(413)
MONO = b"\xff\xfb\x90\xc4" + bytes(413)
ADTS = b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(9)  # 16 bytes, 44.1 kHz, two channels


def walked(data: bytes, declared: str = "audio/mpeg") -> Anatomy:
    return WALKERS[declared](reader(data), Bounds())


def tricks(data: bytes, declared: str = "audio/mpeg") -> list[str]:
    return [mark.trick.value for mark in walked(data, declared).marks]


@pytest.mark.parametrize(
    ("head", "kind", "length", "samples"),
    [
        ("fffb9044", (3, 3, 44_100), 417, 1152),
        ("fffb9244", (3, 3, 44_100), 418, 1152),
        ("fff39064", (2, 3, 22_050), 261, 576),
        ("ffe39064", (0, 3, 11_025), 522, 576),
        ("fffd9404", (3, 2, 48_000), 480, 1152),
        ("ffff9804", (3, 1, 32_000), 432, 384),
        ("fffae404", (3, 3, 48_000), 960, 1152),
    ],
)
def test_headers_of_every_version_and_layer(head: str, kind: tuple[int, ...], length: int, samples: int) -> None:
    """Version, layer and rate; how long the frame is and how long it sounds."""
    frame = mp3.parse(bytes.fromhex(head), 0)
    assert frame is not None
    assert (frame.kind, frame.length, frame.samples) == (kind, length, samples)


@pytest.mark.parametrize(
    "head", ["ffeb9044", "fff99044", "fffbf044", "fffb0044", "fffb9c44", "fffb9046", "fefb9044", "fffb"]
)
def test_what_is_no_header(head: str) -> None:
    """Reserved versions, layers, rates and emphasis; free format."""
    assert mp3.parse(bytes.fromhex(head), 0) is None


def tagged(name: bytes, frames: int, length: int = 0, more: bytes = b"", at: int = 36) -> bytes:
    """A first frame that says how many there are; with a length, too, when there is one."""
    flags = (1 | 2 * bool(length) | 12 * bool(more)).to_bytes(4)
    told = name + flags + frames.to_bytes(4) + (length.to_bytes(4) if length else b"") + more
    return (HEAD + bytes(at - 4) + told).ljust(417, b"\0")


def test_a_header_of_frames_tells_the_duration() -> None:
    """Xing's and VBRI's; a length that the file does not have is no small fault."""
    assert walked(tagged(b"Xing", 100) + FRAME * 5).facts["duration_ms"] == round(100 * 1152 / 44.1)
    fraunhofer = (HEAD + bytes(32) + b"VBRI" + bytes(6) + bytes(4) + (200).to_bytes(4)).ljust(417, b"\0")
    assert walked(fraunhofer + FRAME * 5).facts["duration_ms"] == round(200 * 1152 / 44.1)
    with pytest.raises(Malformed, match="promised"):
        walked(tagged(b"Info", 100, 100 * 417) + FRAME * 5)


def test_what_an_encoder_added_is_not_heard() -> None:
    """LAME says how many samples it put around the sound: 576 before, 1152 behind."""
    lame = bytes(104) + b"LAME3.100" + bytes(12) + (576 << 12 | 1152).to_bytes(3)
    data = tagged(b"Info", 10, 6 * 417, lame) + FRAME * 5
    assert walked(data).facts["duration_ms"] == round((10 * 1152 - 1728) / 44.1)


def test_without_a_header_frames_are_counted() -> None:
    """In a file that is followed from end to end."""
    facts = walked(FRAME * 50).facts
    assert facts["duration_ms"] == round(50 * 1152 / 44.1)
    assert (facts["bit_rate_mode"], facts["channels"]) == ("constant", 2)
    assert "is_estimated" not in facts
    assert walked(MONO * 9).facts["channels"] == 1


def test_frames_of_several_rates_are_variable() -> None:
    """The first frame does not count: encoders put their header into one of another rate."""
    other = b"\xff\xfb\xa0\x44" + bytes(518)
    assert walked((FRAME + other) * 5).facts["bit_rate_mode"] == "variable"
    assert walked(other + FRAME * 9).facts["bit_rate_mode"] == "constant"


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        (b"", []),
        (bytes(1000), []),
        (FRAME[:100], []),
        (b"\xff\xf3\x90\x64", ["trailing_data"]),
        (b"\0\0 something else", ["trailing_data"]),
        (FRAME[:100] + b"x" * 500 + b"GARBAGE", ["trailing_data"]),
    ],
)
def test_what_may_follow_the_last_frame(tail: bytes, expected: list[str]) -> None:
    """Zeros of lazy writers, and the frame in which a recording stopped; nothing else."""
    assert tricks(FRAME * 20 + tail) == expected


@pytest.mark.parametrize("data", [b"", b"\0" * 100, FRAME[:200], FRAME, b"x" + FRAME * 9, b"ID3\4\0\0\0\0\0\0"])
def test_what_is_no_mpeg_audio(data: bytes) -> None:
    """Nothing, zeros, less than a frame, other bytes first, a tag without sound."""
    if data == FRAME:
        assert walked(data).facts["duration_ms"] == 26  # one whole frame is a sound
        return
    with pytest.raises(Malformed):
        walked(data)


def test_zeros_before_the_first_frame_are_padding() -> None:
    """Tags are often padded from outside."""
    assert tricks(b"ID3\4\0\0\0\0\0\0" + bytes(700) + FRAME * 5) == []


def test_adts_tells_rate_channels_and_time() -> None:
    """1,024 samples a frame."""
    facts = walked(ADTS * 100, "audio/aac").facts
    assert facts == {
        "container": "adts",
        "audio_codec": "aac",
        "sample_rate": 44_100,
        "channels": 2,
        "duration_ms": round(100 * 1024 / 44.1),
        "bit_rate": round(16 * 8 * 44_100 / 1024),
    }


@pytest.mark.parametrize(
    "head", [b"", b"\xff\xf1\x7c\x80\x02\x1f\xfc", b"\xff\xf1\x50\x80\x00\x1f\xfc", b"\xff\xfb\x50\x80\x02\x1f\xfc"]
)
def test_what_is_no_adts(head: bytes) -> None:
    """Too short, a reserved rate, a frame shorter than its header, another layer."""
    assert aac.parse(head, 0) is None


def test_what_follows_adts_is_found() -> None:
    """Less than two frames are none."""
    assert tricks(ADTS * 9 + b"trailing", "audio/aac") == ["trailing_data"]
    assert tricks(ADTS * 9 + ADTS[:12], "audio/aac") == []
    with pytest.raises(Malformed, match="one frame"):
        walked(ADTS, "audio/aac")


def test_long_adts_is_an_estimate() -> None:
    """Only its beginning, its end and three places between are seen."""
    long = b"\xff\xf1\x50\x80\x80\x1f\xfc" + bytes(1017)
    facts = walked(long * 1200, "audio/aac").facts
    assert facts["is_estimated"] is True
    assert facts["duration_ms"] == pytest.approx(1200 * 1024 / 44.1, rel=0.01)
