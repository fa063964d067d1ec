"""Tracks, information, tags and attachments of Matroska. RFC 9559, section 5.1."""

from __future__ import annotations

from dataclasses import dataclass

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats.codecs import MATROSKA
from portway.formats.ebml import Element, Elements
from portway.formats.strangers import stranger
from portway.formats.tags import enough, note_text

TRACK_ENTRY, TRACK_TYPE, CODEC, DEFAULT_DURATION, VIDEO, AUDIO = 0xAE, 0x83, 0x86, 0x23E383, 0xE0, 0xE1
WIDTH, HEIGHT, RATE, CHANNELS = 0xB0, 0xBA, 0xB5, 0x9F
ENCODINGS, ENCODING, ENCRYPTION = 0x6D80, 0x6240, 0x5035
KINDS = {1: "video", 2: "audio"}
SCALE, DURATION, INFO_TEXTS = 0x2AD7B1, 0x4489, frozenset({0x7BA9, 0x4D80, 0x5741})
TAG, SIMPLE_TAG, TAG_NAME, TAG_STRING, TAG_BINARY = 0x7373, 0x67C8, 0x45A3, 0x4487, 0x4485
ATTACHED, FILE_DATA = 0x61A7, 0x465C
PLACES = ("LOCATION", "RECORDING_LOCATION", "COMPOSITION_LOCATION", "GPS", "COM.APPLE.QUICKTIME.LOCATION")
PICTURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
"""What covers are (RFC 9559, section 21.2)."""
MAX_DEPTH = 8


@dataclass(slots=True)
class Track:
    """What is unknown is zero or empty."""

    kind: str = ""
    codec: str = ""
    width: int = 0
    height: int = 0
    frame_rate: float = 0
    sample_rate: int = 0
    channels: int = 0


def tracks(elements: Elements, parent: Element, anatomy: Anatomy) -> list[Track]:
    """All tracks. Malformed when there is none."""
    found = [_track(elements, each, anatomy) for each in elements.inside(parent) if each.kind == TRACK_ENTRY]
    if not found:
        raise Malformed("no track")
    return found


def _track(elements: Elements, entry: Element, anatomy: Anatomy) -> Track:
    track, duration = Track(), 0
    for each in elements.inside(entry):
        if each.kind == TRACK_TYPE:
            track.kind = KINDS.get(elements.number(each), "other")
        elif each.kind == CODEC:
            track.codec = _codec(elements.text(each, 64))
        elif each.kind == DEFAULT_DURATION:
            duration = elements.number(each)
        elif each.kind in (VIDEO, AUDIO):
            _measures(elements, each, track)
        elif each.kind == ENCODINGS and _is_encrypted(elements, each):
            anatomy.mark(Trick.ENCRYPTED, f"{each}: an encrypted track")
    if track.kind == "video" and duration:
        track.frame_rate = round(1_000_000_000 / duration, 3)
    return track


def _codec(name: str) -> str:
    """The codec by its whole name, or by what stands before a profile: A_AAC/MPEG4/LC."""
    return MATROSKA.get(name) or MATROSKA.get("/".join(name.split("/")[:1]), "")


def _measures(elements: Elements, parent: Element, track: Track) -> None:
    if parent.kind == AUDIO:
        track.sample_rate, track.channels = 8_000, 1  # what is meant where nothing is said (section 5.1.4.1.29)
    for each in elements.inside(parent):
        if each.kind == WIDTH:
            track.width = elements.number(each)
        elif each.kind == HEIGHT:
            track.height = elements.number(each)
        elif each.kind == RATE:
            track.sample_rate = int(elements.real(each))
        elif each.kind == CHANNELS:
            track.channels = elements.number(each)


def _is_encrypted(elements: Elements, parent: Element) -> bool:
    return any(
        inner.kind == ENCRYPTION
        for each in elements.inside(parent)
        if each.kind == ENCODING
        for inner in elements.inside(each)
    )


def information(elements: Elements, parent: Element, anatomy: Anatomy, bounds: Bounds, last_tick: int) -> float:
    """Seconds by the header, else until the last block that was met; texts are looked at."""
    scale, ticks = 1_000_000, 0.0
    for each in elements.inside(parent):
        if each.kind == SCALE:
            scale = elements.number(each)
        elif each.kind == DURATION:
            ticks = elements.real(each)
        elif each.kind in INFO_TEXTS:
            note_text(anatomy, bounds, str(each), elements.text(each, enough(bounds)))
    return (ticks or last_tick) * scale / 1_000_000_000


def tags(elements: Elements, parent: Element, anatomy: Anatomy, bounds: Bounds) -> None:
    """Mark what tags hold."""
    for tag in elements.inside(parent):
        if tag.kind == TAG:
            _simple_tags(elements, tag, anatomy, bounds, MAX_DEPTH)


def _simple_tags(elements: Elements, parent: Element, anatomy: Anatomy, bounds: Bounds, depth: int) -> None:
    """They may hold others of their kind; Malformed when they do so too often."""
    if not depth:
        raise Malformed(f"{parent}: tags in tags in tags")
    for each in elements.inside(parent):
        if each.kind == SIMPLE_TAG:
            _simple_tags(elements, each, anatomy, bounds, depth - 1)
        elif each.kind == TAG_NAME and elements.text(each).upper().startswith(PLACES):
            anatomy.mark(Trick.LOCATION, str(each))
        elif each.kind == TAG_STRING:
            note_text(anatomy, bounds, str(each), elements.text(each, enough(bounds)))
        elif each.kind == TAG_BINARY and stranger(elements.data(each, 16 << 10)):
            anatomy.mark(Trick.EMBEDDED_OBJECT, str(each))


def attachments(elements: Elements, parent: Element, anatomy: Anatomy) -> None:
    """Mark attached files; pictures, as covers are, are not minded."""
    for file in elements.inside(parent):
        data = elements.first(file, FILE_DATA) if file.kind == ATTACHED else None
        if data and not elements.data(data, 16).startswith(PICTURES):
            anatomy.mark(Trick.EMBEDDED_OBJECT, f"{file}: {stranger(elements.data(data, 16 << 10)) or 'a file'}")
