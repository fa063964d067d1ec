"""Audio and video, as encoders make them and as attackers change them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from dev.corpus.encoded import encoded
from dev.corpus.media_parts import (
    PAGE,
    PROGRAM,
    archive,
    box,
    chunk,
    element,
    id3,
    inserted,
    page,
    replaced,
    riff,
    with_boxes,
    with_user_data,
)
from dev.corpus.samples import Sample

FRAGMENTED, WHOLE_FRAGMENTS = (("movflags", "frag_keyframe+empty_moov"),), (("movflags", "frag_every_frame+dash"),)
FIRST = (("movflags", "faststart"),)
LIVE = (("live", "1"),)
TITLE = (("title", "A tone"), ("artist", "Nobody"), ("comment", "Made for a test."))
TYPES = {
    "3gp": ("video/3gpp", "3gp"),
    "adts": ("audio/aac", "aac"),
    "aiff": ("audio/x-aiff", "aiff"),
    "flac": ("audio/flac", "flac"),
    "ipod": ("audio/mp4", "m4a"),
    "matroska": ("video/x-matroska", "mkv"),
    "mov": ("video/quicktime", "mov"),
    "mp2": ("audio/mpeg", "mp2"),
    "mp3": ("audio/mpeg", "mp3"),
    "mp4": ("video/mp4", "mp4"),
    "ogg": ("audio/ogg", "ogg"),
    "opus": ("audio/ogg", "opus"),
    "wav": ("audio/x-wav", "wav"),
    "webm": ("video/webm", "webm"),
}
"""Muxers, the type that their files have, and its usual extension."""
MADE: dict[str, partial[bytes]] = {
    "mp4, H.264 and AAC": partial(encoded, "mp4", "aac", "libx264"),
    "mp4, header first": partial(encoded, "mp4", "aac", "libx264", options=FIRST, metadata=TITLE),
    "mp4 in fragments": partial(encoded, "mp4", "aac", "libx264", options=FRAGMENTED),
    "mp4, a fragment for each frame": partial(encoded, "mp4", "aac", "libx264", options=WHOLE_FRAGMENTS),
    "mp4, H.265 and MP3": partial(
        encoded, "mp4", "libmp3lame", "libx265", encoder=(("x265-params", "log-level=none"),)
    ),
    "mp4, VP9 and Opus": partial(encoded, "mp4", "libopus", "libvpx-vp9"),
    "mp4, MPEG-4 and AC-3": partial(encoded, "mp4", "ac3", "mpeg4"),
    "mp4, FLAC": partial(encoded, "mp4", "flac", rate=96_000, layout="mono"),
    "mp4, no sound": partial(encoded, "mp4", None, "libx264"),
    "mov, ProRes and PCM": partial(encoded, "mov", "pcm_s16le", "prores_ks", frames=3),
    "mov, Motion JPEG": partial(encoded, "mov", "pcm_alaw", "mjpeg", rate=8_000, layout="mono"),
    "mov in fragments": partial(encoded, "mov", "aac", "libx264", options=FRAGMENTED, metadata=TITLE),
    "m4a, AAC": partial(encoded, "ipod", "aac", rate=44_100, metadata=TITLE),
    "m4a, ALAC": partial(encoded, "ipod", "alac"),
    "3gp": partial(encoded, "3gp", "aac", "h263"),
    "wav": partial(encoded, "wav", "pcm_s16le", metadata=TITLE),
    "wav, 24 bits, 96 kHz": partial(encoded, "wav", "pcm_s24le", rate=96_000),
    "wav, float": partial(encoded, "wav", "pcm_f32le", layout="mono"),
    "wav, RF64": partial(encoded, "wav", "pcm_s16le", options=(("rf64", "always"),)),
    "wav, broadcast": partial(encoded, "wav", "pcm_s16le", options=(("write_bext", "1"),), metadata=TITLE),
    "wav, ADPCM": partial(encoded, "wav", "adpcm_ima_wav"),
    "wav, A-law": partial(encoded, "wav", "pcm_alaw", rate=8_000, layout="mono"),
    "aiff": partial(encoded, "aiff", "pcm_s16be", metadata=TITLE),
    "mp3": partial(encoded, "mp3", "libmp3lame", bit_rate=128_000, metadata=TITLE),
    "mp3, variable": partial(encoded, "mp3", "libmp3lame", encoder=(("flags", "+qscale"), ("global_quality", "472"))),
    "mp3, bare": partial(encoded, "mp3", "libmp3lame", options=(("write_xing", "0"), ("id3v2_version", "0"))),
    "mp3, 22 kHz, old tags": partial(
        encoded,
        "mp3",
        "libmp3lame",
        rate=22_050,
        layout="mono",
        options=(("id3v2_version", "3"), ("write_id3v1", "1")),
        metadata=TITLE,
    ),
    "mp3, 8 kHz": partial(encoded, "mp3", "libmp3lame", rate=8_000, layout="mono"),
    "mp2": partial(encoded, "mp2", "mp2"),
    "aac": partial(encoded, "adts", "aac"),
    "flac": partial(encoded, "flac", "flac", metadata=TITLE),
    "flac, mono": partial(encoded, "flac", "flac", rate=44_100, layout="mono"),
    "ogg, Vorbis": partial(encoded, "ogg", "vorbis", metadata=TITLE, encoder=(("strict", "-2"),)),
    "ogg, FLAC": partial(encoded, "ogg", "flac"),
    "opus": partial(encoded, "opus", "libopus", metadata=TITLE),
    "opus, mono": partial(encoded, "opus", "libopus", layout="mono", bit_rate=16_000),
    "webm, VP8 and Vorbis": partial(encoded, "webm", "vorbis", "libvpx", encoder=(("strict", "-2"),)),
    "webm, VP9 and Opus": partial(encoded, "webm", "libopus", "libvpx-vp9", metadata=TITLE),
    "webm, live": partial(encoded, "webm", "libopus", "libvpx-vp9", options=LIVE),
    "matroska, H.264 and AAC": partial(encoded, "matroska", "aac", "libx264", metadata=TITLE),
    "matroska, MPEG-4 and FLAC": partial(encoded, "matroska", "flac", "mpeg4"),
    "matroska, live": partial(encoded, "matroska", "libmp3lame", "libx264", options=LIVE),
}
"""Good files, and how each is made."""
MP4, MOV, M4A = MADE["mp4, header first"], MADE["mov in fragments"], MADE["m4a, AAC"]
WAV, MP3, FLAC, OPUS = MADE["wav"], MADE["mp3"], MADE["flac"], MADE["opus"]
WEBM, MKV, LIVE_WEBM = MADE["webm, VP9 and Opus"], MADE["matroska, H.264 and AAC"], MADE["webm, live"]
FOREIGN = box(b"dinf", box(b"dref", bytes(7) + b"\1" + box(b"url ", bytes(4) + b"file:///etc/passwd\0")))
SELF = box(b"dinf", box(b"dref", bytes(7) + b"\1" + box(b"url ", bytes(3) + b"\1")))
KEYS = box(b"keys", bytes(7) + b"\1" + box(b"mdta", b"com.apple.quicktime.location.ISO6709"))
ATTACHMENTS, TAGS, SEGMENT = 0x1941A469, 0x1254C367, 0x18538067
ATTACHED = element(ATTACHMENTS, element(0x61A7, element(0x466E, b"setup.exe") + element(0x465C, PROGRAM)))
PLACE = element(TAGS, element(0x7373, element(0x67C8, element(0x45A3, b"LOCATION") + element(0x4487, b"+52.1+004.2/"))))

Change = Callable[[bytes], bytes]
HOSTILE: tuple[tuple[str, partial[bytes], Change, str], ...] = (
    ("mp4, a zip behind its end", MP4, lambda data: data + archive(), "trailing_data second_format"),
    ("mp4, a page behind its end", MP4, lambda data: data + PAGE, "trailing_data"),
    ("mp4, a page as padding", MP4, lambda data: with_boxes(data, box(b"free", PAGE)), "second_format"),
    ("mp4, a program as padding", MP4, lambda data: with_boxes(data, box(b"skip", PROGRAM)), "second_format"),
    ("mp4, a PDF as padding", MP4, lambda data: with_boxes(data, box(b"free", b"%PDF-1.7\n%")), "second_format"),
    ("mp4, an archive in a uuid", MP4, lambda data: data + box(b"uuid", bytes(16) + archive()), "second_format"),
    (
        "mp4, a script in an unknown box",
        MP4,
        lambda data: with_boxes(data, box(b"abcd", b"#!/bin/sh")),
        "second_format",
    ),
    ("mp4, cut off", MP4, lambda data: data[:-1000], "malformed"),
    ("mp4 without a header", MP4, lambda data: replaced(data, b"moov", b"free"), "malformed"),
    (
        "mp4, a track longer than its header",
        MP4,
        lambda data: replaced(data, b"trak", b"trak", -4, b"\x7f"),
        "malformed",
    ),
    ("mp4, nothing but boxes", MP4, lambda data: data + box(b"free") * 60_000, "not_scanned"),
    ("mp4, a picture's brand", MP4, lambda data: replaced(data, b"isom", b"avif"), "malformed"),
    (
        "mp4, media in another file",
        MP4,
        lambda data: replaced(data, SELF[8:], FOREIGN[8:][: len(SELF) - 8]),
        "malformed",
    ),
    (
        "mp4, a place",
        MP4,
        lambda data: with_user_data(data, box(b"\xa9xyz", b"\0\x0c\x15\xc7+52.1+004.2/")),
        "location",
    ),
    ("mp4, a script as title", MP4, lambda data: with_user_data(data, box(b"\xa9nam", bytes(4) + PAGE)), "script"),
    ("mp4, a long comment", MP4, lambda data: with_user_data(data, box(b"\xa9cmt", b"a" * 5000)), "metadata_oversized"),
    ("mp4, protected", MP4, lambda data: replaced(data, b"avc1", b"encv", nth=2), "encrypted"),
    ("mov, a place", MOV, lambda data: with_user_data(data, box(b"meta", box(b"hdlr", bytes(24)) + KEYS)), "location"),
    ("mov as mp4", MP4, lambda data: replaced(data, data[8:32], b"qt  \0\0\2\0" + b"qt  " * 4), "malformed"),
    ("m4a, a program as cover", M4A, lambda data: data + box(b"free", archive()), "second_format"),
    ("wav, a page as padding", WAV, lambda data: riff(data, chunk(b"JUNK", PAGE)), "second_format"),
    ("wav, a program behind its end", WAV, lambda data: data + PROGRAM, "trailing_data"),
    ("wav, a zip as chunk", WAV, lambda data: riff(data, chunk(b"abcd", archive()), at_end=True), "second_format"),
    ("wav, cut off", WAV, lambda data: data[: len(data) // 2], "malformed"),
    ("wav, a chunk that reaches out", WAV, lambda data: replaced(data, b"data", b"data\xf0\xff\xff\x7f"), "malformed"),
    ("wav, a long text", WAV, lambda data: riff(data, chunk(b"bext", b"x" * 5000)), "metadata_oversized"),
    (
        "mp3, a program as picture",
        MP3,
        lambda data: id3(b"APIC", b"\0image/png\0\3\0" + PROGRAM) + data,
        "embedded_object",
    ),
    ("mp3, a page in its tag's padding", MP3, lambda data: id3(b"", PAGE) + data, "second_format"),
    ("mp3, a script as title", MP3, lambda data: id3(b"TIT2", b"\3<script>alert(1)</script>") + data, "script"),
    ("mp3, a tag longer than the file", MP3, lambda data: b"ID3\4\0\0\0\x7f\x7f\x7f" + data, "malformed"),
    ("mp3, a zip behind its end", MP3, lambda data: data + archive(), "trailing_data second_format"),
    ("mp3, only a tag", MP3, lambda _: id3(b"TIT2", b"\3nothing"), "malformed"),
    (
        "flac, a page as padding",
        FLAC,
        lambda data: inserted(data, 42, b"\1" + len(PAGE).to_bytes(3) + PAGE),
        "second_format",
    ),
    (
        "flac, a program as application",
        FLAC,
        lambda data: inserted(data, 42, b"\2\0\1\x20abcd" + PROGRAM[:284]),
        "second_format",
    ),
    ("flac, cut off", FLAC, lambda data: data[:-100], "malformed"),
    ("flac, a zip behind its end", FLAC, lambda data: data + archive(), "malformed"),
    ("ogg, a page behind its end", OPUS, lambda data: data + PAGE, "trailing_data"),
    ("ogg, a wrong checksum", OPUS, lambda data: data[:24] + b"\1" + data[25:], "malformed"),
    ("ogg, cut off", OPUS, lambda data: data[:-20], "malformed"),
    ("ogg, a place", OPUS, lambda data: page(data, b"LOCATION=+52.1+004.2/"), "location"),
    ("webm, other codecs", MKV, lambda data: replaced(data, b"matroska", b"webm\0\0\0\0"), "malformed"),
    ("webm, a page behind its end", WEBM, lambda data: data + PAGE, "trailing_data"),
    ("webm, live, a zip behind its end", LIVE_WEBM, lambda data: data + archive(), "trailing_data second_format"),
    (
        "webm, a page as padding",
        WEBM,
        lambda data: inserted(data, data.index(b"\x18S\x80g"), element(0xEC, PAGE)),
        "second_format",
    ),
    ("webm, cut off", WEBM, lambda data: data[:-30], "malformed"),
    ("webm, an attached program", LIVE_WEBM, lambda data: data + ATTACHED, "embedded_object"),
    ("webm, a place", LIVE_WEBM, lambda data: data + PLACE, "location"),
)
"""What is made of a good file, and the tricks that are in it then."""
DECLARED = {"webm, other codecs": ("video/webm", "webm")}


def _type_of(made: partial[bytes]) -> tuple[str, str]:
    kind, extension = TYPES[made.args[0]]
    if kind in ("video/mp4", "video/webm", "video/x-matroska") and len(made.args) < 3:
        return kind.replace("video/", "audio/"), extension
    return kind, extension


def _hostile(name: str, made: partial[bytes], change: Change, codes: str) -> Sample:
    kind = DECLARED.get(name) or _type_of(made)
    return Sample(name, *kind, lambda: change(made()), frozenset(codes.split()))


SAMPLES = (
    *(Sample(name, *_type_of(made), made) for name, made in MADE.items()),
    *(_hostile(*row) for row in HOSTILE),
)
