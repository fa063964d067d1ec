"""What walkers learn of audio and video is what ffmpeg's own readers say of the same files."""

from __future__ import annotations

import pytest

from dev.corpus.encoded import FRAMES_PER_SECOND, probed
from dev.corpus.media import MADE, SAMPLES
from portway.content import Anatomy, Bounds
from portway.inspectors.structure import WALKERS
from tests.unit.sources import Source, reader

GOOD = [sample for sample in SAMPLES if not sample.is_hostile]
SAME = {"mp3float": "mp3", "mp3on4float": "mp3", "libdav1d": "av1", "libopus": "opus", "mp2float": "mp2"}
"""Decoders of ffmpeg that are not called like their codec."""
FRAME_MS = 1000 / FRAMES_PER_SECOND + 30
"""The longest frame of sound or video in the samples, and what encoders put before the first."""
EXACT = ("width", "height", "sample_rate", "channels", "frame_rate")


def walked(content_type: str, data: bytes | Source) -> Anatomy:
    return WALKERS[content_type](reader(data), Bounds())


def codec(name: str) -> str:
    """A decoder's name as a fact: all plain samples are `pcm` or `pcm_float`."""
    name = SAME.get(name, name)
    if name.startswith(("pcm_s", "pcm_u")):
        return "pcm"
    return "pcm_float" if name.startswith("pcm_f") else name


@pytest.mark.parametrize("name", MADE)
def test_facts_are_those_of_an_independent_reader(name: str) -> None:
    """Duration within a frame; codecs, measures, rates and channels exactly."""
    sample = next(each for each in GOOD if each.name == name)
    data = sample.make()
    anatomy, expected = walked(sample.content_type, data), probed(data)
    assert anatomy.marks == []
    facts = anatomy.facts
    assert facts["duration_ms"] == pytest.approx(expected["duration_ms"], abs=FRAME_MS)
    assert {fact: facts[fact] for fact in EXACT if fact in facts} == {
        fact: expected[fact] for fact in EXACT if fact in facts
    }
    for fact in ("audio_codec", "video_codec"):
        assert facts.get(fact) == (codec(expected[fact]) if fact in expected else None)


@pytest.mark.parametrize("name", MADE)
def test_what_is_there_is_told(name: str) -> None:
    """Every film has its measures, every sound its rate and channels, every file its container and bit rate."""
    sample = next(each for each in GOOD if each.name == name)
    data = sample.make()
    facts, expected = walked(sample.content_type, data).facts, probed(data)
    wanted = {"container", "bit_rate", "duration_ms"}
    wanted |= {"width", "height", "video_codec"} if "video_codec" in expected else set()
    wanted |= {"sample_rate", "channels", "audio_codec"} if "audio_codec" in expected else set()
    assert wanted <= set(facts)
    rate = facts["bit_rate"]
    assert isinstance(rate, int)
    duration = facts["duration_ms"]
    assert isinstance(duration, int)
    assert rate <= len(data) * 8000 / duration * 1.05


@pytest.mark.parametrize("sample", GOOD, ids=lambda sample: sample.name)
def test_a_small_file_is_one_request(sample: object) -> None:
    """Or as many as its first blocks, when it is longer than one of them."""
    made = next(each for each in GOOD if each is sample)
    source = Source(made.make())
    walked(made.content_type, source)
    assert len(source.reads) <= 3
