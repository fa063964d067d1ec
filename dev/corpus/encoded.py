"""Audio and video from real encoders (ffmpeg's, by PyAV), short and made in memory. The same bytes in every run."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from itertools import chain
from math import pi, sin
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import av
from av.audio import AudioFrame, AudioStream
from av.video import VideoFrame, VideoStream

Options = tuple[tuple[str, str], ...]
SIZE, FRAMES, FRAMES_PER_SECOND = (128, 96), 12, 25
RATE, LENGTH = 48_000, 24_000
"""Of sound: samples in a second, and samples in all."""
PIXELS = {"mjpeg": "yuvj420p", "prores_ks": "yuv422p10le", "prores": "yuv422p10le", "qtrle": "rgb24", "png": "rgb24"}
"""Formats of pixels of those encoders that do not take the usual one."""


@cache
def encoded(
    container: str,
    audio: str | None = None,
    video: str | None = None,
    *,
    rate: int = RATE,
    layout: str = "stereo",
    options: Options = (),
    bit_rate: int | None = None,
    metadata: Options = (),
    samples: int = LENGTH,
    frames: int = FRAMES,
    encoder: Options = (),
) -> bytes:
    """A tone and a moving picture of half a second in a container; `options` are the muxer's, `encoder` the codec's."""
    settings = {"fflags": "+bitexact", **dict(options)}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        with av.open(str(path), "w", format=container, options=settings) as target:
            target.metadata.update(dict(metadata))
            work = list[Iterator[Any]]()
            if video:
                picture = cast(VideoStream, target.add_stream(video, rate=FRAMES_PER_SECOND, options=dict(encoder)))
                _prepare_film(picture)
                work.append(_film(picture, frames))
            if audio:
                sound = cast(AudioStream, target.add_stream(audio, rate=rate, options=dict(encoder)))
                _prepare_tone(sound, layout, bit_rate)
                work.append(_tone(sound, layout, samples))
            target.mux(list(chain.from_iterable(work)))
        return path.read_bytes()


def _film(stream: VideoStream, frames: int) -> Iterator[Any]:
    for number in range(frames):
        frame = VideoFrame(*SIZE, "rgb24")
        width = frame.planes[0].line_size
        frame.planes[0].update(bytes((x + 7 * number + y) & 0xFF for y in range(SIZE[1]) for x in range(width)))
        frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_SECOND)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _tone(stream: AudioStream, layout: str, samples: int) -> Iterator[Any]:
    rate, channels = stream.codec_context.sample_rate, stream.codec_context.layout.nb_channels
    frame = AudioFrame("s16", layout, samples)
    frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
    wave = b"".join(
        int(9000 * sin(2 * pi * 440 * at / rate)).to_bytes(2, "little", signed=True) * channels for at in range(samples)
    )
    plane = frame.planes[0]
    plane.update(wave.ljust(plane.buffer_size, b"\0"))
    yield from stream.encode(frame)
    yield from stream.encode(None)


def _prepare_film(stream: VideoStream) -> None:
    stream.width, stream.height = SIZE
    stream.pix_fmt = PIXELS.get(stream.codec_context.name, "yuv420p")
    stream.codec_context.thread_count = 1


def _prepare_tone(stream: AudioStream, layout: str, bit_rate: int | None) -> None:
    formats = stream.codec.audio_formats
    stream.codec_context.format = formats[0] if formats else "s16"
    stream.codec_context.layout = layout
    if bit_rate:
        stream.codec_context.bit_rate = bit_rate


def probed(data: bytes) -> Mapping[str, Any]:
    """What ffmpeg's own demuxers say of a file, under the names of our facts."""
    with av.open(io.BytesIO(data), "r") as source:
        found: dict[str, Any] = {"duration_ms": (source.duration or 0) / 1000}
        for stream in source.streams.audio[:1]:
            context = stream.codec_context
            found |= {"audio_codec": context.name, "sample_rate": context.sample_rate, "channels": context.channels}
        for film in source.streams.video[:1]:
            found |= {"video_codec": film.codec_context.name, "width": film.width, "height": film.height}
            found["frame_rate"] = float(film.average_rate or 0)
        if not source.duration:  # no header says it: the packets do
            ends = [(packet.pts + (packet.duration or 0)) * packet.time_base for packet in source.demux() if packet.pts]
            found["duration_ms"] = float(max(ends) * 1000)
    return found
