"""AAC without a container: ADTS frames that chain. ISO/IEC 13818-7, section 6.2."""

from __future__ import annotations

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats.chains import Chain, Frame, is_cut, is_silent
from portway.formats.id3 import skip_tags, strip_tags
from portway.formats.mp4_tracks import CHANNELS, RATES
from portway.formats.strangers import look_at_whole
from portway.formats.tags import add_duration
from portway.reader import Reader

LONGEST = 8_191


def walk(reader: Reader, bounds: Bounds) -> Anatomy:
    """Facts: container, audio_codec, sample_rate, channels, duration_ms, bit_rate, is_estimated for long files."""
    anatomy = Anatomy()
    first = skip_tags(reader, anatomy, bounds)
    end = strip_tags(reader, anatomy, bounds, first)
    chain = Chain(reader, parse, b"\xff", first, end, 7, LONGEST)
    followed = chain.follow()
    if len(followed.first) < 2:
        raise Malformed(f"one frame at {first} and no other behind it")
    hertz, channels = followed.first[0].kind
    anatomy.facts |= {"container": "adts", "audio_codec": "aac", "sample_rate": hertz, "channels": channels}
    samples, size = sum(frame.samples for frame in followed.first), end - first
    seen = followed.first[-1].at + followed.first[-1].length - first
    add_duration(anatomy, samples / hertz * size / seen, size)
    if not followed.is_whole:
        anatomy.facts["is_estimated"] = True
    if followed.leftover < end and not is_cut(chain, followed) and not is_silent(chain, followed):
        anatomy.mark(Trick.TRAILING_DATA, f"{end - followed.leftover} bytes behind the last frame")
    look_at_whole(reader, anatomy)
    return anatomy


def parse(data: bytes, at: int) -> Frame | None:
    """The frame whose header of seven bytes begins here."""
    if len(data) < 7 or data[0] != 0xFF or data[1] & 0xF6 != 0xF0:
        return None
    rate, channels = data[2] >> 2 & 15, (data[2] & 1) << 2 | data[3] >> 6
    length = (data[3] & 3) << 11 | data[4] << 3 | data[5] >> 5
    if rate >= len(RATES) or length < 7:
        return None
    return Frame(at, length, (RATES[rate], CHANNELS[channels]), 1024 * ((data[6] & 3) + 1))
