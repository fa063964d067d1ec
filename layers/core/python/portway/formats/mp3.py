"""MPEG audio, layers I to III: tags, and frames that chain. ISO/IEC 11172-3, section 2.4.1; ISO/IEC 13818-3.

The header with frames and bytes (Xing, Info, VBRI) is an agreement of encoders; without it a duration is an estimate.
"""

from __future__ import annotations

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats.chains import Chain, Followed, Frame, is_cut, is_silent
from portway.formats.id3 import skip_tags, strip_tags
from portway.formats.strangers import look_at_whole
from portway.formats.tags import add_duration
from portway.reader import Reader

V1_RATES = {
    1: (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    2: (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
}
V2_SHORT = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
V2_RATES = {1: (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256), 2: V2_SHORT, 3: V2_SHORT}
SAMPLE_RATES = {0b11: (44_100, 48_000, 32_000), 0b10: (22_050, 24_000, 16_000), 0b00: (11_025, 12_000, 8_000)}
"""By version: 1, 2 and 2.5."""
LONGEST = 2_881
MAX_ZEROS = 64 << 10


def walk(reader: Reader, bounds: Bounds) -> Anatomy:
    """Facts: container, audio_codec, sample_rate, channels, duration_ms, bit_rate, bit_rate_mode, is_estimated."""
    anatomy = Anatomy()
    first = skip_tags(reader, anatomy, bounds)
    end = strip_tags(reader, anatomy, bounds, first)
    padded = reader.read(first, min(MAX_ZEROS, end - first))
    first += len(padded) - len(padded.lstrip(b"\0"))
    chain = Chain(reader, parse, b"\xff", first, end, 4, LONGEST)
    followed = chain.follow()
    if len(followed.first) < 2 and followed.leftover < end:
        raise Malformed(f"one frame at {first} and no other behind it")
    _describe(chain, followed, anatomy)
    if followed.leftover < end and not is_cut(chain, followed) and not is_silent(chain, followed):
        anatomy.mark(Trick.TRAILING_DATA, f"{end - followed.leftover} bytes behind the last frame")
    look_at_whole(reader, anatomy)
    return anatomy


def parse(data: bytes, at: int) -> Frame | None:
    """The frame whose header of four bytes begins here (section 2.4.2.3). None for free format, which nobody uses."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return None
    version, layer = data[1] >> 3 & 3, 4 - (data[1] >> 1 & 3)
    index, rate = data[2] >> 4, data[2] >> 2 & 3
    if version == 1 or layer == 4 or index in (0, 15) or rate == 3 or data[3] & 3 == 2:
        return None
    bits = (V1_RATES if version == 3 else V2_RATES)[layer][index] * 1000
    hertz, padding = SAMPLE_RATES[version][rate], data[2] >> 1 & 1
    samples = 384 if layer == 1 else 576 if layer == 3 and version != 3 else 1152
    length = (12 * bits // hertz + padding) * 4 if layer == 1 else samples // 8 * bits // hertz + padding
    channels = 1 if data[3] >> 6 == 3 else 2
    return Frame(at, length, (version, layer, hertz), samples, bits, (channels,))


def _describe(chain: Chain, followed: Followed, anatomy: Anatomy) -> None:
    first = followed.first[0]
    version, layer, hertz = first.kind
    anatomy.facts |= {"container": "mp3", "audio_codec": f"mp{layer}", "sample_rate": hertz, "channels": first.marks[0]}
    rates = {frame.bit_rate for frame in followed.first[1:] + followed.last[1:]} or {first.bit_rate}
    told = _told(chain.reader, first, version)
    size = chain.end - chain.first
    if told:
        frames, length, unheard = told
        if length > size + first.length + LONGEST:
            raise Malformed(f"{length} bytes of frames are promised, {size} are there")
        add_duration(anatomy, max(0, frames * first.samples - unheard) / hertz, size)
    elif followed.is_whole:
        add_duration(anatomy, sum(frame.samples for frame in followed.first) / hertz, size)
    else:
        usual = sum(frame.bit_rate for frame in followed.first) / len(followed.first)
        add_duration(anatomy, size * 8 / usual, size)
        anatomy.facts["is_estimated"] = True
    anatomy.facts["bit_rate_mode"] = "constant" if len(rates) == 1 else "variable"


def _told(reader: Reader, first: Frame, version: int) -> tuple[int, int, int] | None:
    """Frames, bytes and samples that are not heard, by the header in the first frame; None without one.

    It stands behind the frame's side information. LAME adds how many samples it put before and behind the sound.
    """
    data = reader.read(first.at, min(first.length, 256))
    mono = first.marks == (1,)
    side = (17 if mono else 32) if version == 3 else (9 if mono else 17)
    for at in (4 + side, 6 + side):  # two bytes of checksum may stand before it
        if data[at : at + 4] in (b"Xing", b"Info"):
            flags = int.from_bytes(data[at + 4 : at + 8])
            length = int.from_bytes(data[at + 12 : at + 16]) if flags & 2 else 0
            has_lame = flags & 15 == 15 and data[at + 120 : at + 124] in (b"LAME", b"Lavc", b"Lavf")
            added = int.from_bytes(data[at + 141 : at + 144]) if has_lame else 0
            count, unheard = int.from_bytes(data[at + 8 : at + 12]), (added >> 12) + (added & 0xFFF)
            return (count, length, unheard) if flags & 1 else None
    if data[36:40] == b"VBRI":
        return int.from_bytes(data[50:54]), int.from_bytes(data[46:50]), 0
    return None
