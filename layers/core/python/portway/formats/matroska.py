"""Matroska and WebM: doctype, segment, tracks, attachments, tags; clusters are jumped over. RFC 9559; WebM guidelines.

Browsers write segments and clusters of unknown length. Those of short files are followed block by block, of long ones
the first and the last.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats import matroska_parts as parts
from portway.formats.ebml import CRC, VOID, Element, Elements
from portway.formats.matroska_parts import Track
from portway.formats.pixels import measure
from portway.formats.strangers import look_at_padding, look_at_whole
from portway.formats.tags import add_duration
from portway.reader import Reader

HEADER, SEGMENT, CLUSTER = 0x1A45DFA3, 0x18538067, 0x1F43B675
SEEK_HEAD, INFO, TRACKS, CUES, CHAPTERS = 0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1C53BB6B, 0x1043A770
TAGS, ATTACHMENTS = 0x1254C367, 0x1941A469
LEVEL_1 = frozenset({SEEK_HEAD, INFO, TRACKS, CUES, CHAPTERS, TAGS, ATTACHMENTS, CLUSTER})
DOCTYPE, MAX_HEADER = 0x4282, 4096
KNOWN_HEADER = frozenset({0x4286, 0x42F7, 0x42F2, 0x42F3, DOCTYPE, 0x4287, 0x4285, CRC})
TIMESTAMP, SIMPLE_BLOCK, BLOCK_GROUP, BLOCK = 0xE7, 0xA3, 0xA0, 0xA1
MANY, FOLLOWED, TAIL, TRIES = 16, 4 << 20, 4 << 20, 16
"""Clusters, and bytes of clusters of unknown length, that are followed; the end in which the last one is looked for."""
WEBM_CODECS = frozenset({"vp8", "vp9", "av1", "vorbis", "opus"})


@dataclass(slots=True)
class _Segment:
    """What was seen of it: the first of each kind, and when the last block that was met begins, in ticks."""

    first: dict[int, Element] = field(default_factory=dict)
    clusters: int = 0
    last_tick: int = 0
    has_jumped: bool = False


def _walk(reader: Reader, bounds: Bounds, declared: str) -> Anatomy:
    """Facts: container, codecs, width, height, frame_rate, sample_rate, channels, duration_ms, bit_rate."""
    anatomy, elements = Anatomy(), Elements(reader)
    doctype, at = _header(elements, anatomy)
    segment = _at_top(elements, at, SEGMENT, anatomy)
    seen, end = _segment(elements, segment, anatomy, bounds)
    if TRACKS not in seen.first or INFO not in seen.first:
        raise Malformed("no tracks or no information")
    if not seen.clusters:
        raise Malformed("no cluster")
    tracks = parts.tracks(elements, seen.first[TRACKS], anatomy)
    anatomy.facts["container"] = doctype
    _check(doctype, tracks, declared)
    _describe(tracks, anatomy, bounds)
    seconds = parts.information(elements, seen.first[INFO], anatomy, bounds, seen.last_tick)
    add_duration(anatomy, seconds, reader.size)
    _behind(elements, end, anatomy)
    look_at_whole(reader, anatomy)
    return anatomy


def _header(elements: Elements, anatomy: Anatomy) -> tuple[str, int]:
    """The doctype, and where the header ends (RFC 8794, section 8.1)."""
    header = elements.at(0, elements.reader.size)
    if header is None or header.kind != HEADER or header.is_open:
        raise Malformed("no EBML header at 0")
    if header.length > MAX_HEADER:
        raise Malformed(f"an EBML header of {header.length} bytes")
    doctype = ""
    for each in elements.inside(header):
        if each.kind == DOCTYPE:
            doctype = elements.text(each, 32)
        elif each.kind not in KNOWN_HEADER:
            look_at_padding(elements.reader, anatomy, each.body, each.end, str(each))
    if doctype not in ("matroska", "webm"):
        raise Malformed("another doctype than matroska and webm")
    return doctype, header.end


def _at_top(elements: Elements, at: int, wanted: int, anatomy: Anatomy) -> Element:
    """The first element of this kind at the level of the file; only padding may stand before it."""
    while True:
        element = elements.at(at, elements.reader.size)
        if element is None or element.kind not in (wanted, VOID, CRC):
            raise Malformed(f"no whole element {wanted:X} at {at}")
        if element.kind == wanted:
            return element
        look_at_padding(elements.reader, anatomy, element.body, element.end, str(element))
        at = element.end


def _segment(elements: Elements, segment: Element, anatomy: Anatomy, bounds: Bounds) -> tuple[_Segment, int]:
    """What is in the segment, and where it ends."""
    seen, at = _Segment(), segment.body
    while at < segment.end:
        element = elements.at(at, segment.end)
        if element is None or element.kind not in LEVEL_1 | {VOID, CRC}:
            if not segment.is_open or not seen.clusters or _is_cut(elements, at):
                raise Malformed(f"no whole element at {at}, in the segment")
            return seen, at
        at = _look(elements, element, seen, anatomy, bounds)
    return seen, segment.end


def _is_cut(elements: Elements, at: int) -> bool:
    """Whether one of ours begins here, although it does not end in the file."""
    return int.from_bytes(elements.reader.read(at, 4)) in LEVEL_1


def _look(elements: Elements, element: Element, seen: _Segment, anatomy: Anatomy, bounds: Bounds) -> int:
    """Where the next one begins."""
    seen.first.setdefault(element.kind, element)
    if element.kind == CLUSTER:
        seen.clusters += 1
        return _cluster(elements, element, seen)
    if element.is_open:
        raise Malformed(f"{element} has no length")
    if element.kind == ATTACHMENTS:
        parts.attachments(elements, element, anatomy)
    elif element.kind == TAGS:
        parts.tags(elements, element, anatomy, bounds)
    elif element.kind == VOID:
        look_at_padding(elements.reader, anatomy, element.body, element.end, str(element))
    return element.end


def _cluster(elements: Elements, cluster: Element, seen: _Segment) -> int:
    """Where it ends. One of unknown length ends where the next element of its level begins, or with the file."""
    if not cluster.is_open:
        if elements.reader.size - cluster.end < TAIL:  # for the time of the last blocks, where no header says it
            _blocks(elements, cluster, seen)
        return (_jump(elements, cluster, seen) if seen.clusters > MANY else 0) or cluster.end
    at = _jump(elements, cluster, seen) if cluster.at > FOLLOWED else 0
    return at or _blocks(elements, cluster, seen)


def _blocks(elements: Elements, cluster: Element, seen: _Segment) -> int:
    at, start = cluster.body, 0
    while at < cluster.end:
        element = elements.at(at, cluster.end)
        if element is None or element.is_open or element.kind in LEVEL_1:
            break
        if element.kind == TIMESTAMP:
            start = elements.number(element)
        elif element.kind in (SIMPLE_BLOCK, BLOCK_GROUP):
            seen.last_tick = max(seen.last_tick, start + _offset(elements, element))
        at = element.end
    if not cluster.is_open and at != cluster.end:
        raise Malformed(f"no whole element at {at}, in {cluster}")
    return at


def _offset(elements: Elements, element: Element) -> int:
    """Ticks from the cluster's time to the block's: two signed bytes behind the track's number (section 10.1)."""
    block = elements.first(element, BLOCK) if element.kind == BLOCK_GROUP else element
    return int.from_bytes(elements.data(block, 3)[1:], signed=True) if block else 0


def _jump(elements: Elements, cluster: Element, seen: _Segment) -> int:
    """Where the last cluster begins, looked for once in the file's end; 0 when this one is near it, or when none is."""
    reader = elements.reader
    if seen.has_jumped or reader.size - cluster.at < 2 * TAIL:
        return 0
    seen.has_jumped = True
    tail = reader.tail(TAIL)
    at, start = len(tail), reader.size - len(tail)
    for _ in range(TRIES):
        at = tail.rfind(CLUSTER.to_bytes(4), 0, at)
        found = elements.at(start + at, reader.size) if at >= 0 else None
        inner = elements.at(found.body, found.end) if found else None
        if inner and inner.kind in (TIMESTAMP, CRC):
            return start + at
    return 0


def _check(doctype: str, tracks: list[Track], declared: str) -> None:
    """Doctype and codecs are those of the declared type; WebM has five codecs (webmproject.org, "WebM Container")."""
    if declared.endswith("webm"):
        others = {track.codec for track in tracks if track.kind in ("video", "audio")} - WEBM_CODECS
        if doctype != "webm" or others:
            raise Malformed(f"doctype {doctype}, codecs {sorted(others)}: not {declared}")
    if declared.startswith("audio/") and any(track.kind == "video" for track in tracks):
        raise Malformed(f"video: not {declared}")


def _describe(tracks: list[Track], anatomy: Anatomy, bounds: Bounds) -> None:
    for kind in ("video", "audio"):
        track = next((each for each in tracks if each.kind == kind), None)
        if track is None:
            continue
        known = {
            f"{kind}_codec": track.codec,
            "frame_rate": track.frame_rate,
            "sample_rate": track.sample_rate,
            "channels": track.channels,
        }
        anatomy.facts |= {name: fact for name, fact in known.items() if fact}
        if track.width and track.height:
            measure(anatomy, bounds, track.width, track.height)


def _behind(elements: Elements, at: int, anatomy: Anatomy) -> None:
    """Nothing but padding follows the segment."""
    while at < elements.reader.size:
        element = elements.at(at, elements.reader.size)
        if element is None or element.kind != VOID:
            anatomy.mark(Trick.TRAILING_DATA, f"{elements.reader.size - at} bytes behind the segment")
            return
        look_at_padding(elements.reader, anatomy, element.body, element.end, str(element))
        at = element.end


walk_webm, walk_webm_audio, walk_matroska, walk_matroska_audio = (
    partial(_walk, declared=declared)
    for declared in ("video/webm", "audio/webm", "video/x-matroska", "audio/x-matroska")
)
