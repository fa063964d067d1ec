"""What may be asked of the API: fields and their types, and the rules that no policy can switch off."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portway_client import checksums
from portway_client.errors import Fault
from portway_client.model import MIB
from portway_client.testing.answers import Refused, invalid
from portway_client.testing.records import FakeUpload

MAX_PARTS, MAX_WINDOW, MAX_METADATA = 10_000, 1000, 2048
MOST = {"urls": 1000, "template": 10_000}
CONTENT_TYPE = re.compile(r"[\w!#$&^.+-]{1,127}/[\w!#$&^.+-]{1,127}( *;.*)?", re.ASCII)
IN_A_NAME = re.compile("[\0-\x1f\x7f/\\\\\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
ALGORITHMS = ("crc64nvme", "crc32c", "crc32")


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, lives in seconds. What Portway and S3 have; smaller parts make tests quick."""

    part_size: int = 16 * MIB
    min_part: int = 5 * MIB
    max_size: int = 50 << 40
    url_seconds: float = 900.0
    session_seconds: float = 86_400.0
    open_uploads: int = 100
    categories: tuple[str, ...] = ("anything",)

    def part_size_for(self, size: int | None) -> int:
        """The default part, grown so that a file has a thousand parts at most."""
        thousandth = -(-(size or 0) // 1000)
        return max(self.part_size, -(-thousandth // MIB) * MIB if thousandth > self.part_size else 0)


Kind = tuple[str, str, Callable[[Any], bool]]
TEXT: Kind = ("string_type", "a text in quotes", lambda value: isinstance(value, str))
WHOLE: Kind = ("int_type", "a whole number, without quotes", lambda value: type(value) is int)
SIZE: Kind = (*WHOLE[:2], lambda value: value is None or type(value) is int)
YES: Kind = ("bool_type", "true or false, without quotes", lambda value: isinstance(value, bool))
OBJECT: Kind = ("dict_type", "an object: { … }", lambda value: isinstance(value, dict))
LIST: Kind = ("list_type", "an array: [ … ]", lambda value: isinstance(value, list))


def one_of(*choices: str) -> Kind:
    return ("literal_error", f"one of {', '.join(choices)}", lambda value: value in choices)


CREATE: Mapping[str, Kind] = {
    "name": TEXT,
    "size": SIZE,
    "content_type": TEXT,
    "category": TEXT,
    "metadata": OBJECT,
    "part_size": WHOLE,
    "checksum_algorithm": one_of(*ALGORITHMS),
    "checksum": TEXT,
    "part_checksums": OBJECT,
    "strategy": one_of("auto", "multipart", "single"),
    "auto_complete": YES,
    "window": WHOLE,
    "head": TEXT,
}
SIGN: Mapping[str, Kind] = {
    "numbers": LIST,
    "range": LIST,
    "form": one_of("urls", "template"),
    "checksums": OBJECT,
    "lengths": OBJECT,
}
PROGRESS: Mapping[str, Kind] = {"stored": LIST}
COMPLETE: Mapping[str, Kind] = {"checksum": TEXT, "size": WHOLE}
OPTIONAL = {"category", "part_size", "checksum", "head", "numbers", "range", "size"}
"""What may be null."""


def body_of(body: bytes, content_type: str, fields: Mapping[str, Kind], required: Sequence[str]) -> dict[str, Any]:
    """The object in a body, if all its fields are of their types. Raises Refused."""
    if not body and not required:
        return {}
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "unsupported_media_type", "Send the body as application/json.")
    try:
        asked = json.loads(body)
    except ValueError:
        raise Refused(400, "malformed_json", "The body is not JSON. Send one JSON object.") from None
    if not isinstance(asked, dict):
        raise invalid([Fault("body", "not_an_object", "Send one JSON object.")])
    missing = (Fault(name, "missing", f"{name} is missing. Add it.") for name in required if name not in asked)
    found = [*missing, *_form_faults(asked, fields)]
    if found:
        raise invalid(found)
    return {name: value for name, value in asked.items() if value is not None or name == "size"}


def _form_faults(asked: Mapping[str, Any], fields: Mapping[str, Kind]) -> Iterator[Fault]:
    for name, value in asked.items():
        if name not in fields:
            words = f"{name} is not a field of this request. Check its spelling, or leave it out."
            yield Fault(name, "extra_forbidden", words, None, value)
        elif not (value is None and name in OPTIONAL) and not fields[name][2](value):
            yield Fault(name, fields[name][0], f"{name} must be {fields[name][1]}.", None, value)


def create_faults(asked: Mapping[str, Any], limits: Limits) -> Iterator[Fault]:
    """What the rules say of a declaration whose fields have the right types."""
    yield from _name_faults(asked["name"])
    if not CONTENT_TYPE.fullmatch(asked["content_type"]):
        yield Fault("content_type", "malformed", "content_type must be a media type.", 255, asked["content_type"])
    if asked["category"] not in limits.categories:
        known = list(limits.categories)
        yield Fault("category", "unknown", f"category must be one of {', '.join(known)}.", known, asked["category"])
    kept = len(json.dumps(asked.get("metadata", {}), ensure_ascii=False, separators=(",", ":")).encode())
    if kept > MAX_METADATA:
        yield Fault("metadata", "too_large", f"metadata is {kept} bytes as JSON.", MAX_METADATA, kept)
    yield from _size_faults(asked, limits)
    yield from checksum_faults("checksum", asked["checksum_algorithm"], asked.get("checksum"))
    if not 0 <= asked["window"] <= MAX_WINDOW:
        words = f"window must be from 0 to {MAX_WINDOW}."
        yield Fault("window", "out_of_range", words, [0, MAX_WINDOW], asked["window"])


def _name_faults(name: str) -> Iterator[Fault]:
    if not name or name in (".", "..") or len(name) > 255:
        yield Fault(
            "name", "too_long" if name[255:] else "empty", "name must have 1 to 255 characters.", 255, len(name)
        )
    if found := IN_A_NAME.search(name):
        kind = "separator" if found[0] in "/\\" else "control_character"
        yield Fault("name", kind, "Send the base name of the file.", None, name)


def _size_faults(asked: Mapping[str, Any], limits: Limits) -> Iterator[Fault]:
    size, wished = asked["size"], asked.get("part_size")
    if size is not None and size < 0:
        yield Fault("size", "too_small", "size must be 0 or more bytes.", 0, size)
        return
    if size is not None and size > limits.max_size:
        words = f"{asked['category']} takes files up to {limits.max_size} bytes."
        yield Fault("size", "too_large", words, limits.max_size, size)
        return
    least = max(limits.min_part, -(-(size or 0) // MAX_PARTS))
    if wished is not None and not least <= wished <= 5 << 30:
        words = f"part_size must be from {least} to {5 << 30} bytes for this file, or left out."
        yield Fault("part_size", "out_of_range", words, [least, 5 << 30], wished)
    one = size is not None and size <= (wished or limits.part_size_for(size))
    if asked["strategy"] == "single" and not (one and asked.get("checksum")):
        words = "strategy single takes a file of one part whose checksum is given."
        yield Fault("strategy", "needs_size" if size is None else "too_large", words, None, size)


def checksum_faults(field: str, algorithm: str, value: str | None) -> Iterator[Fault]:
    """What is wrong with one base64 checksum."""
    try:
        if value is not None:
            checksums.decode(algorithm, value)
    except ValueError:
        words = f"{field} must be the base64 of a big-endian {algorithm} value."
        yield Fault(field, "malformed_checksum", words, algorithm, value)


def numbers_of(asked: Mapping[str, Any]) -> list[int]:
    """The parts that are asked for. Raises Refused."""
    if ("numbers" in asked) == ("range" in asked):
        raise invalid([Fault("numbers", "either_or", "Give either numbers or range.")])
    if "numbers" in asked:
        return list(asked["numbers"])
    first, last = asked["range"]
    if not 0 <= last - first < MAX_PARTS:
        words = f"range must be [first, last] of at most {MAX_PARTS} parts."
        raise invalid([Fault("range", "out_of_range", words, MAX_PARTS, [first, last])])
    return list(range(first, last + 1))


def sign_faults(upload: FakeUpload, asked: Mapping[str, Any], numbers: Sequence[int]) -> Iterator[Fault]:
    """What forbids to sign these parts of an open upload."""
    form, given = asked.get("form", "urls"), asked.get("checksums", {})
    count, field = upload.part_count or MAX_PARTS, "range" if "range" in asked else "numbers"
    outside = [number for number in numbers if not 1 <= number <= count]
    unasked = sorted(set(given) - set(map(str, numbers)))
    mixed = form == "template" and 0 < len(given) < len(numbers)
    rules = (
        (not numbers, field, "empty", "Name at least one part.", 1),
        (len(numbers) > MOST[form], field, "too_many", f"At most {MOST[form]} parts in this form.", MOST[form]),
        (len(set(numbers)) < len(numbers), field, "repeated", "A part is named twice.", None),
        (outside, field, "out_of_range", f"This upload has the parts 1 to {count}.", [1, count]),
        (unasked, "checksums", "not_asked_for", "Checksums of parts that are not asked for.", None),
        (mixed, "checksums", "mixed", "In the template form all parts have a checksum, or none.", None),
        (upload.is_single and form == "template", "form", "single", "This upload is one PUT: ask for urls.", "urls"),
    )
    yield from (Fault(where, code, words, limit) for broken, where, code, words, limit in rules if broken)
    for number, value in given.items():
        yield from checksum_faults(f"checksums.{number}", upload.algorithm, value)
    yield from _length_faults(upload, asked.get("lengths", {}), numbers)


def _length_faults(upload: FakeUpload, lengths: Mapping[str, int], numbers: Sequence[int]) -> Iterator[Fault]:
    """Lengths are said of a file of unknown size only; all of its parts but the last are whole."""
    wanted = {str(number) for number in numbers} if upload.size is None else set[str]()
    if unasked := sorted(set(lengths) - wanted):
        yield Fault("lengths", "not_asked_for", "Lengths are said of the parts that are asked for.", None, unasked)
    if nameless := sorted(wanted - set(lengths)):
        words = "The size of the file is not known: say the length of each part that is to be signed."
        yield Fault("lengths", "missing", words, None, nameless)
    count, whole = max([upload.signed_count, *numbers]), upload.part_size
    for number in (number for number in numbers if str(number) in lengths and str(number) in wanted):
        least = whole if number < count else min(1, number - 1)
        if not least <= lengths[str(number)] <= whole:
            words = f"Part {number} must have from {least} to {whole} bytes: only the last part may be shorter."
            yield Fault(f"lengths.{number}", "out_of_range", words, [least, whole], lengths[str(number)])
    last = upload.signed_count
    if upload.size is None and 0 < last < count and str(last) not in lengths and upload.signed_bytes < last * whole:
        words = f"Part {last} was signed as the last one. Sign it again with {whole} bytes before parts behind it."
        yield Fault("numbers", "behind_the_last", words, last, count)
