"""Documents that are zips of XML parts: parts by name, and their elements one after the other.

Parts are found without regard to capitals, as ECMA-376-2 (6.3.5) demands. A document type in a part is refused: no
office writes one, and every entity bomb needs one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import NamedTuple
from xml.parsers import expat

from portway.content import Anatomy, Bounds, Malformed, Trick
from portway.formats import zip_archive
from portway.formats.zip_directory import ZipMember
from portway.formats.zip_members import is_encrypted, unpacked
from portway.reader import Reader

PART_BYTES = 16 << 20
"""Of a part as much is looked into; a longer one is `unsupported`, and the policy decides."""
SLICE = 64 << 10
MOST_READINGS = 64


class Element(NamedTuple):
    """A start tag, an end tag (`/name`, no attributes) or text (no name). Names without prefix and namespace."""

    name: str
    attributes: Mapping[str, str]
    text: str = ""


class Doctype(Exception):
    """A part has a document type."""


@dataclass(slots=True)
class Package:
    """The parts of a document, by their names in lower case."""

    reader: Reader
    anatomy: Anatomy
    parts: dict[str, ZipMember]

    def part(self, name: str, most: int = PART_BYTES) -> bytes:
        """The first bytes of a part. Malformed when there is none, or when it cannot be unpacked."""
        member = self.parts.get(name.lower())
        if member is None:
            raise Malformed(f"no part {name[:100]!r}")
        return unpacked(self.reader, member, most)

    def elements(self, name: str) -> Iterator[Element]:
        """What a part is made of, in its order. Malformed when it is not XML, Doctype when it has one."""
        data = self.part(name, PART_BYTES + 1)
        is_whole = len(data) <= PART_BYTES
        if not is_whole:
            self.anatomy.mark(Trick.UNSUPPORTED, f"only the first {PART_BYTES} bytes of {name[:100]!r} are looked into")
        try:
            yield from elements(data, self.reader, is_whole)
        except (expat.ExpatError, ValueError, LookupError) as error:
            raise Malformed(f"{name[:100]!r} is not XML: {error}") from error


def walk_parts(reader: Reader, bounds: Bounds, look: Callable[[Package], None]) -> Anatomy:
    """Looks over the archive, and then into its parts where somebody can."""
    anatomy = Anatomy()
    package = _open(reader, bounds, anatomy)
    try:
        if package:
            look(package)
    except Doctype:
        anatomy.mark(Trick.ENTITY_BOMB, "a part has a document type")
    return anatomy


def _open(reader: Reader, bounds: Bounds, anatomy: Anatomy) -> Package | None:
    members = zip_archive.look(reader, bounds, anatomy, is_package=True)
    parts = {member.name.lower(): member for member in members}
    if len(parts) < len(members):
        anatomy.mark(Trick.ARCHIVE_LIES, "two parts of one name")
    return None if not members or any(map(is_encrypted, members)) else Package(reader, anatomy, parts)


def elements(data: bytes, reader: Reader, is_whole: bool = True) -> Iterator[Element]:
    """Doctype where a document type begins; what expat and codecs raise for anything that is not XML."""
    found: list[Element] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = lambda name, attributes: found.extend(
        Element(_local(name), reading) for reading in _readings(attributes)
    )
    parser.EndElementHandler = lambda name: found.append(Element("/" + _local(name), {}))
    parser.CharacterDataHandler = lambda text: found.append(Element("", {}, text))
    for at in range(0, len(data), SLICE):
        reader.check()
        parser.Parse(data[at : at + SLICE], False)
        yield from found
        found.clear()
    if is_whole:
        parser.Parse(b"", True)
        yield from found


def _readings(attributes: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Attributes by their local names. Where two have the same, as in `id` and `r:id`, each is taken in turn: which one
    an office believes is nothing to bet on. ValueError for more readings than any office causes."""
    values: dict[str, list[str]] = {}
    for key, value in attributes.items():
        values.setdefault(_local(key), []).append(value)
    if prod(map(len, values.values())) > MOST_READINGS:
        raise ValueError("attributes of many namespaces with the same names")
    yield from (dict(zip(values, reading, strict=True)) for reading in product(*values.values()))


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _refuse(*_: object) -> None:
    raise Doctype
