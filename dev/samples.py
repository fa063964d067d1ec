"""A file that is real and that anybody may have: a few minutes of synthesised music, the same bytes every time."""

from __future__ import annotations

import math
import wave
from array import array
from collections.abc import Iterator
from pathlib import Path

RATE = 44_100
"""Samples per second; 16 bit, one channel."""
SECONDS = 240
"""21.2 MB."""
BEAT_SECONDS = 0.5
SCALE = (220.00, 246.94, 277.18, 329.63, 369.99, 440.00, 493.88, 554.37)
"""A major, pentatonic: any order of these notes sounds well together. Hz."""


def note(frequency: float) -> bytes:
    """One beat of a plucked tone: three partials that fade away."""
    count = int(RATE * BEAT_SECONDS)
    samples = array("h", bytes(2 * count))
    for at in range(count):
        turn = 2 * math.pi * frequency * at / RATE
        tone = math.sin(turn) + math.sin(2 * turn) / 2 + math.sin(3 * turn) / 4
        samples[at] = int(12_000 * tone * math.exp(-4 * at / count) * min(1.0, at / 200))
    if array("h", [1]).tobytes()[0] == 0:  # WAV is little-endian
        samples.byteswap()
    return samples.tobytes()


def tune(beats: int) -> Iterator[int]:
    """Which note of the scale comes next: a small generator of numbers, always the same."""
    state = 1
    for _ in range(beats):
        state = state * 1_103_515_245 + 12_345 & 0x7FFF_FFFF
        yield (state >> 16) % len(SCALE)


def music(path: Path, seconds: int = SECONDS) -> Path:
    """Write a WAV of so many seconds."""
    notes = [note(frequency) for frequency in SCALE]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(b"".join(notes[which] for which in tune(int(seconds / BEAT_SECONDS))))
    return path
