"""Ogg: pages that tile the file, streams by their first packet, duration by the last position. RFC 3533, RFC 7845."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats import flac
from portway.formats.chains import Chain, Followed, Frame, is_silent
from portway.formats.crcs import crc32_ogg
from portway.formats.pixels import measure
from portway.formats.strangers import look_at_whole
from portway.formats.tags import add_duration
from portway.formats.vorbis_comments import look_at_comments
from portway.reader import Reader

SYNC, HEAD, LONGEST = b"OggS", 282, 27 + 255 + 255 * 255
FIRST, NO_POSITION = 0x02, 0xFFFFFFFFFFFFFFFF
COMMENTS = (b"\x03vorbis", b"OpusTags", b"\x81theora")
MAX_TEXTS, MAX_PAGES = 256 << 10, 64


@dataclass(slots=True)
class Stream:
    """One logical stream; what is unknown is zero. `skip` samples at its beginning are not heard."""

    codec: str
    rate: int = 0
    channels: int = 0
    skip: int = 0
    width: int = 0
    height: int = 0
    frame_rate: float = 0


def _walk(reader: Reader, bounds: Bounds, declared: str) -> Anatomy:
    """Facts: container, codecs, sample_rate, channels, width, height, frame_rate, duration_ms, bit_rate."""
    anatomy = Anatomy(facts={"container": "ogg"})
    chain = Chain(reader, parse, SYNC, 0, reader.size, HEAD, LONGEST)
    followed = chain.follow()
    for page in (followed.first[0], followed.last[-1]):
        _check(reader, page)
    streams = _streams(reader, followed.first, anatomy)
    if not streams:
        raise Malformed("no stream of a known codec")
    if declared.startswith("audio/") and any(stream.width for stream in streams.values()):
        raise Malformed(f"video: not {declared}")
    _describe(streams, anatomy, bounds)
    _comments(reader, followed.first, anatomy, bounds)
    _last(streams, followed, anatomy, reader.size)
    if followed.leftover < reader.size and not is_silent(chain, followed):
        _leftover(chain, followed, anatomy)
    look_at_whole(reader, anatomy)
    return anatomy


def parse(data: bytes, at: int) -> Frame | None:
    """The page whose header begins here (RFC 3533, section 6). `marks` are its serial number, flags and position."""
    if len(data) < 28 or data[:5] != SYNC + b"\0" or data[5] > 7:
        return None
    count = data[26]
    if len(data) < 27 + count:
        return None
    length = 27 + count + sum(data[27 : 27 + count])
    position, serial = int.from_bytes(data[6:14], "little"), int.from_bytes(data[14:18], "little")
    return Frame(at, length, marks=(serial, data[5], position))


def _check(reader: Reader, page: Frame) -> None:
    data = reader.read(page.at, page.length)
    if crc32_ogg(data[:22] + bytes(4) + data[26:]) != int.from_bytes(data[22:26], "little"):
        raise Malformed(f"the checksum of the page at {page.at} is wrong")


def _packet(reader: Reader, page: Frame, most: int) -> bytes:
    """The beginning of a page's content."""
    count = reader.read(page.at + 26, 1)[0]
    return reader.read(page.at + 27 + count, min(most, page.length - 27 - count))


def _streams(reader: Reader, pages: list[Frame], anatomy: Anatomy) -> dict[int, Stream]:
    """By serial number: those whose first pages stand at the beginning of the file."""
    found = dict[int, Stream]()
    for page in pages:
        serial, flags, _ = page.marks
        if not flags & FIRST:
            break
        stream = _stream(_packet(reader, page, 128), anatomy)
        if stream:
            found[serial] = stream
    return found


def _stream(packet: bytes, anatomy: Anatomy) -> Stream | None:
    """What the first packet of a stream says (Vorbis I 4.2.2, RFC 7845 5.1, FLAC to Ogg, Theora 6.2, Speex)."""
    packet = packet.ljust(96, b"\0")
    if packet.startswith(b"\x01vorbis"):
        return Stream("vorbis", int.from_bytes(packet[12:16], "little"), packet[11])
    if packet.startswith(b"OpusHead"):
        return Stream("opus", 48_000, packet[9], int.from_bytes(packet[10:12], "little"))
    if packet.startswith(b"\x7fFLAC"):
        flac.describe(packet[17:51], anatomy)
        return Stream("flac", int.from_bytes(packet[27:30]) >> 4, (packet[29] >> 1 & 7) + 1)
    if packet.startswith(b"Speex   "):
        return Stream("speex", int.from_bytes(packet[36:40], "little"), int.from_bytes(packet[48:52], "little"))
    if packet.startswith(b"\x80theora"):
        over, under = int.from_bytes(packet[22:26]), int.from_bytes(packet[26:30])
        size = int.from_bytes(packet[14:17]), int.from_bytes(packet[17:20])
        return Stream("theora", width=size[0], height=size[1], frame_rate=round(over / under, 3) if under else 0)
    return None


def _describe(streams: dict[int, Stream], anatomy: Anatomy, bounds: Bounds) -> None:
    for stream in streams.values():
        kind = "video" if stream.codec == "theora" else "audio"
        if f"{kind}_codec" in anatomy.facts:
            continue
        known = {
            f"{kind}_codec": stream.codec,
            "sample_rate": stream.rate,
            "channels": stream.channels,
            "frame_rate": stream.frame_rate,
        }
        anatomy.facts |= {name: fact for name, fact in known.items() if fact}
        if kind == "video":
            measure(anatomy, bounds, stream.width, stream.height)


def _comments(reader: Reader, pages: list[Frame], anatomy: Anatomy, bounds: Bounds) -> None:
    """The second packets: they begin a page, and may go on over many."""
    for number, page in enumerate(pages[:MAX_PAGES]):
        head = _packet(reader, page, 8)
        mark = next((mark for mark in COMMENTS if head.startswith(mark)), None)
        if mark is None:
            continue
        data = b""
        for each in pages[number : number + MAX_PAGES]:
            if each.marks[0] == page.marks[0] and len(data) < MAX_TEXTS:
                data += _packet(reader, each, LONGEST)
        look_at_comments(data[len(mark) :], anatomy, bounds)


def _last(streams: dict[int, Stream], followed: Followed, anatomy: Anatomy, size: int) -> None:
    """The position of the last page of a stream of sound is how long it sounds; streams that were joined have none."""
    if followed.last[-1].marks[0] not in streams:
        return
    for page in reversed(followed.last):
        serial, _, position = page.marks
        stream = streams.get(serial)
        if stream and stream.rate and position != NO_POSITION:
            add_duration(anatomy, max(0, position - stream.skip) / stream.rate, size)
            return


def _leftover(chain: Chain, followed: Followed, anatomy: Anatomy) -> None:
    at = followed.leftover
    if chain.reader.read(at, 4) == SYNC[: chain.end - at]:
        raise Malformed(f"the page at {at} is not whole")
    anatomy.mark(Trick.TRAILING_DATA, f"{chain.end - at} bytes behind the last page")


walk_audio, walk_video = partial(_walk, declared="audio/ogg"), partial(_walk, declared="video/ogg")
