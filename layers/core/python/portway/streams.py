"""A file whose size is told at the end: what may be sent of it is reserved with each window of signed parts. Pure.

Parts are cut as those of any file: all of `part_size` bytes, the last at most that. Until the end `size` is what is
reserved, and `part_count` the highest part that was signed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from portway.errors import Fault, Refused
from portway.model import Upload
from portway.parts import Layout

MAX_PARTS = 10_000


def grown(upload: Upload, numbers: Sequence[int], lengths: Mapping[int, int], most: int) -> Upload:
    """The upload with room for these parts, at most `most` bytes in all. Refused for lengths that no file can have.

    What was reserved stays reserved: a URL that was signed for it may still be used.
    """
    faults = list(_faults(upload, numbers, lengths) if upload.is_open_ended else _unasked(lengths, ()))
    if faults:
        raise Refused(faults)
    if not upload.is_open_ended or not numbers:
        return upload
    count = max(upload.part_count, *numbers)
    size = max(upload.size, (count - 1) * upload.part_size + lengths.get(count, 0))
    if size > most:
        words = f"A file of this category has at most {most} bytes."
        raise Refused([Fault("size", "too_large", words, most, size)])
    return replace(upload, size=size, part_count=count) if (size, count) != (upload.size, upload.part_count) else upload


def measured(upload: Upload, size: int | None, least: int) -> Upload:
    """The upload as a file of `size` bytes, now that its end is known; at least `least`, at most what was reserved."""
    rules = (
        (size is None, "missing", "size is not known yet: complete has to say it.", None),
        (size is not None and size < least, "too_small", f"The category takes files from {least} bytes.", least),
        (
            size is not None and size > upload.size,
            "not_signed",
            f"Parts for {upload.size} bytes were signed. Sign and send the others first.",
            upload.size,
        ),
    )
    faults = [Fault("size", code, words, limit, size) for broken, code, words, limit in rules if broken]
    if faults:
        raise Refused(faults)
    assert size is not None
    return replace(upload, size=size, part_count=Layout(size, upload.part_size).count, is_open_ended=False)


def _faults(upload: Upload, numbers: Sequence[int], lengths: Mapping[int, int]) -> Iterator[Fault]:
    outside = [number for number in numbers if not 1 <= number <= MAX_PARTS]
    nameless = sorted(set(numbers) - set(lengths))
    if outside:
        words = f"A file has the parts 1 to {MAX_PARTS}."
        yield Fault("numbers", "out_of_range", words, [1, MAX_PARTS], outside[:20])
    if nameless:
        words = "The size of the file is not known: say the length of each part that is to be signed."
        yield Fault("lengths", "missing", words, None, nameless[:20])
    yield from _unasked(lengths, numbers)
    if numbers and not outside:
        yield from _length_faults(upload, {n: lengths[n] for n in numbers if n in lengths}, max(numbers))


def _length_faults(upload: Upload, lengths: Mapping[int, int], highest: int) -> Iterator[Fault]:
    """Only the last part of all may be shorter than the others, and only that of an empty file is empty."""
    count, whole = max(upload.part_count, highest), upload.part_size
    for number, length in lengths.items():
        least = whole if number < count else min(1, number - 1)
        if not least <= length <= whole:
            words = f"Part {number} must have from {least} to {whole} bytes: only the last part may be shorter."
            yield Fault(f"lengths.{number}", "out_of_range", words, [least, whole], length)
    last, size = upload.part_count, upload.size
    if 0 < last < count and last not in lengths and size < last * whole:
        words = f"Part {last} was signed as the last one. Sign it again with {whole} bytes before parts behind it."
        yield Fault("numbers", "behind_the_last", words, last, highest)


def _unasked(lengths: Mapping[int, int], numbers: Sequence[int]) -> Iterator[Fault]:
    unasked = sorted(set(lengths) - set(numbers))
    if unasked:
        words = "Lengths are said of the parts that are asked for, and only while the size of the file is not known."
        yield Fault("lengths", "not_asked_for", words, None, unasked[:20])
