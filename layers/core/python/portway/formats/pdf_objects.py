"""PDF below its objects: names in any spelling, flat views of dictionaries, packed streams. ISO 32000-2, section 7.

Nothing here builds objects: dictionaries are read for the few keys that say how a stream is packed.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator, Mapping

from portway.content import Bounds, Malformed
from portway.reader import Reader

BLANKS, REGULAR = rb"[\x00\t\n\f\r ]", rb"[^\x00\t\n\f\r ()<>\[\]{}/%]"
ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
LEXEME = re.compile(
    rb"(?P<pass>"
    + BLANKS
    + rb"+|%[^\r\n]*)|(?P<text>\()|(?P<name>/"
    + REGULAR
    + rb"*)|(?P<open><<|\[)|(?P<close>>>|\])"
    rb"|(?P<value>" + REGULAR + rb"+|<[^<>]*>)"
)
PAREN = re.compile(rb"\\.|[()]", re.DOTALL)
MAX_FILTERS, MAX_PACKED, MAX_UNPACKED = 3, 16 << 20, 32 << 20
"""Filters of one stream that we unpack, and its sizes: streams of objects are a few kilobytes."""
FREE, STEP = 1 << 20, 256 << 10
"""Bytes that may come from any few, and bytes that are unpacked at once."""

Dictionary = Mapping[bytes, tuple[bytes, ...]]
"""The tokens of each value on a dictionary's first level, by key without its slash. Keys that come twice have both."""


class Bomb(Exception):
    """The document is built to exhaust its readers; the words are for operators."""


def plain(name: bytes) -> bytes:
    """A name as readers understand it, without its slash (7.3.5): `/J#61vaScript` is `JavaScript`."""
    return ESCAPE.sub(lambda found: bytes((int(found[1], 16),)), name[1:]) if b"#" in name else name[1:]


def end_of_string(data: bytes, at: int) -> int:
    """The offset behind the string whose parenthesis opens here; -1 when it does not end in these bytes."""
    depth = 0
    for found in PAREN.finditer(data, at):
        depth += {b"(": 1, b")": -1}.get(found[0], 0)
        if depth == 0:
            return found.end()
    return -1


def dictionary(data: bytes) -> Dictionary:
    """The first dictionary in these bytes; empty when there is none. Malformed where it does not end."""
    values: dict[bytes, list[bytes]] = {}
    depth, key, has_value = 0, b"", True
    for kind, token in _lexemes(data):
        depth += {"open": 1, "close": -1}.get(kind, 0)
        if kind == "close" and depth <= 0:
            return {each: tuple(tokens) for each, tokens in values.items()}
        if depth == 1 and kind == "name" and has_value:
            key, has_value = plain(token), False
            values.setdefault(key, [])
            continue
        has_value = True
        if key and kind in ("name", "value"):
            values[key].append(b"/" + plain(token) if kind == "name" else token)
    if depth:
        raise Malformed("a dictionary without an end")
    return {}


def number(tokens: tuple[bytes, ...]) -> int | None:
    """A value that is one whole number, not negative; None for a reference or anything else."""
    return int(tokens[0]) if len(tokens) == 1 and tokens[0].isdigit() and len(tokens[0]) < 12 else None


def _lexemes(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Names, values, opening and closing brackets; strings only say that they are there."""
    at = 0
    while at >= 0 and (found := LEXEME.search(data, at)):
        at, kind = found.end(), found.lastgroup or ""
        if kind == "text":
            at = end_of_string(data, found.start())
        if kind != "pass":
            yield kind, found[0]


def unpack(reader: Reader, bounds: Bounds, packed: bytes, about: Dictionary) -> bytes:
    """What a stream of objects or references holds. Bomb where it is far too much, Malformed where nobody can tell."""
    filters = about.get(b"Filter", ())
    if b"F" in about:
        raise Malformed("a stream of objects that lies in another file")
    if len(filters) > MAX_FILTERS:
        raise Bomb(f"{len(filters)} filters of one stream")
    data = packed
    for each in filters:
        data = _unpacked(reader, bounds, data, each)
    return _unpredicted(reader, data, about) if filters else data


def _unpacked(reader: Reader, bounds: Bounds, data: bytes, kind: bytes) -> bytes:
    if kind in (b"/FlateDecode", b"/Fl"):
        return inflate(reader, bounds, data)
    text = re.sub(BLANKS, b"", data)
    try:
        if kind in (b"/ASCIIHexDecode", b"/AHx"):
            return bytes.fromhex(text.partition(b">")[0].decode("latin-1"))
        if kind in (b"/ASCII85Decode", b"/A85"):
            return base64.a85decode(text.removeprefix(b"<~").partition(b"~>")[0])
    except ValueError as error:
        raise Malformed(f"a stream that {kind!r} does not unpack: {error}") from None
    raise Malformed(f"a stream of objects that is packed by {kind[:40]!r}")


def inflate(reader: Reader, bounds: Bounds, packed: bytes) -> bytes:
    """Unpacked by zlib (RFC 1950), step by step."""
    machine, pieces, count = zlib.decompressobj(), list[bytes](), 0
    rest = packed
    try:
        while rest and not machine.eof:
            pieces.append(machine.decompress(rest, STEP))
            rest, count = machine.unconsumed_tail, count + len(pieces[-1])
            reader.unpack(len(pieces[-1]))
            if count > MAX_UNPACKED or (count > FREE and count > bounds.ratio * len(packed)):
                raise Bomb(f"{len(packed)} bytes that unpack to more than {count}")
    except zlib.error as error:
        raise Malformed(f"a stream of objects that does not unpack: {error}") from None
    return b"".join(pieces)


def _unpredicted(reader: Reader, data: bytes, about: Dictionary) -> bytes:
    """Rows as they were before PNG's filters made them smaller (7.4.4.4); cross-reference streams have these."""
    tokens = about.get(b"DecodeParms", ())
    said = dict(zip(tokens[::2], tokens[1::2], strict=False))
    predictor, columns = number((said.get(b"/Predictor", b"1"),)), number((said.get(b"/Columns", b"1"),))
    if predictor == 1 or predictor is None:
        return data
    if predictor < 10 or not columns or columns > 64:
        raise Malformed(f"predictor {predictor} with {columns} columns")
    rows, above = bytearray(), bytes(columns)
    for at in range(0, len(data) - columns, columns + 1):
        above = _row(data[at], data[at + 1 : at + 1 + columns], above)
        rows += above
        if at % (1 << 16) <= columns:
            reader.check()
    return bytes(rows)


def _row(kind: int, row: bytes, above: bytes) -> bytes:
    """One row of bytes after PNG's filter: none, sub, up, average, Paeth (PNG, 9.2)."""
    if kind == 0:
        return row
    if kind == 2:
        return bytes(map(_sum, row, above))
    out, left, corner = bytearray(), 0, 0
    for byte, over in zip(row, above, strict=False):
        guess = (left, left, over, (left + over) // 2, _paeth(left, over, corner))[min(kind, 4)]
        left, corner = (byte + guess) & 0xFF, over
        out.append(left)
    return bytes(out)


def _sum(one: int, other: int) -> int:
    return (one + other) & 0xFF


def _paeth(left: int, over: int, corner: int) -> int:
    guess = left + over - corner
    return min((left, over, corner), key=lambda each: abs(guess - each))
